"""Threads: everything that happened to one record, to whoever may look at the record itself.

A claim, a transfer or a statement is somebody's and is looked at for a purpose, which its own use case records; so is a
case, by whoever works on it. Units, plans and classes stand open to everyone who is logged in, imports to officials.
`tests/api/test_threads.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from api.cases import cases
from api.cases.belonging import transfers, units
from api.cases.claiming import claims
from api.cases.importing import import_answers
from api.cases.standing import logged_in
from api.cases.statement import statement_shown
from api.cases.training import trainings
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.ids import kind_of
from projections.basis import Axes
from projections.timeline_reading import record_timeline

Gate = Callable[[House, Caller, str, str | None, int], object]


class Thread(NamedTuple):
    """What happened to a record, oldest first, and whose it is, if somebody's."""

    record: str
    person: str | None
    lines: tuple[dict[str, Any], ...]


def _claim(house: House, caller: Caller, record: str, purpose: str | None, _: int) -> object:
    return claims.visible(house, caller, record, purpose, what=("claim", "events"))


def _unit(house: House, caller: Caller, record: str, _: str | None, __: int) -> object:
    return logged_in(house, caller) or units.see(house, record)


def _case(house: House, caller: Caller, record: str, purpose: str | None, _: int) -> object:
    """To whoever works on it; to whoever could not even be told that there is one, there is none."""
    found = cases.let_in(house, caller, record, purpose, what="case_timeline")
    is_told_why = not isinstance(found, Refusal) or found.code in ("purpose_missing", "not_a_member")
    return found if is_told_why else Refusal.because("case_absent")


GATES: Final[dict[str, Gate]] = {
    "claim": _claim, "unit": _unit, "case": _case,
    "transfer": lambda house, caller, record, purpose, _: transfers.see(house, caller, record, purpose),
    "statement": lambda house, caller, record, purpose, _: statement_shown.see(house, caller, record, purpose),
    "plan": lambda house, caller, record, _, at: trainings.plan(house, caller, record, as_of=at),
    "class": lambda house, caller, record, _, at: trainings.training_class(house, caller, record, Axes(at)),
    "import": lambda house, caller, record, _, at: import_answers.import_of(house, caller, record, as_of=at),
}
"""Of each kind of record that has a thread here, who may look at it."""

ABSENT: Final = {
    "claim": "claim_absent", "transfer": "transfer_absent", "statement": "statement_absent", "unit": "unit_absent",
    "plan": "plan_absent", "class": "class_absent", "import": "import_absent",
    "case": "case_absent",
}
OF_SOMEBODY: Final = frozenset({"claim", "transfer", "statement"})
"""What is somebody's, and looked at for a purpose."""


def of_record(house: House, caller: Caller, record: str, purpose: str | None, *, as_of: int) -> Thread | Refusal:
    """Everything that had happened to a record by a position."""
    kind = kind_of(record)
    seen = GATES[kind](house, caller, record, purpose, as_of)
    if isinstance(seen, Refusal):
        return seen
    lines = record_timeline(house.answers, record, as_of=as_of)
    if not lines:
        return Refusal.because(ABSENT[kind])
    person = lines[0]["facts"].get("person") if kind in OF_SOMEBODY else None
    return Thread(record, person, lines)
