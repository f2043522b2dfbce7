"""Papers of a plan or class themselves: handed in by its organiser, opened by its people and by those who answer it.

W 13 has an office review what an organiser hands in before anybody has the hours, and P 11 has two put its plan on
file, so they must be able to read it. A paper is about many, so it is sealed under the key of the unit that organises.
The list may be a spreadsheet: the office registers it as it came (`api.cases.training.rosters`). A digest without a
file stays possible: what was handed over elsewhere stays there.

Reading: whoever may look at who was there may open what says it, for a purpose, and so may the organiser; each opening
is recorded before anything is seen. It is recorded as of the plan or class: whom a scanned page names nobody has told
us. To anyone else there is no such file.

`tests/api/test_training_files.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from api.cases.doing import Reading
from api.cases.looked import record_looks
from api.cases.standing import absent, acting, by_actor, may_look, may_see, seeing_scopes
from api.cases.taking_in import OF_DIGEST, Kept, Opened, file_view, take_in
from api.cases.training.organising import organisers_of, speaking_role
from api.cases.training.roster_lists import NAMES, NEEDED
from api.evidence.files import About
from api.evidence.types import CSV, LISTS, XLSX, type_of
from api.house import House
from api.operational.callers import Caller
from api.paper.sheets import columns, read
from api.refusals.faults import BadFields
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.training import ClassFiled, ClassHeld, PlanFiled
from ledger.ids import kind_of
from ledger.keys.vault import Absent
from ledger.streams import training_class as classes
from ledger.streams import training_plan as plans
from ledger.streams.standing import Actor, Matter
from ledger.streams.training_hands import of_organiser
from ledger.streams.unit import unfit
from ledger.vocabulary import UnitId
from projections import trainings_reading as _trainings
from projections.pages import Page


class _Kind(NamedTuple):
    """What has papers: how its stream is read, and the route by which it was looked at."""

    evolve: Callable[[Any, Any], Any]
    route: str


_KINDS: Final = {"plan": _Kind(plans.evolve, "plans"), "class": _Kind(classes.evolve, "classes")}
_AT_ONCE: Final = 200
_UNKEPT: Final = "evidence_type_unknown"


def keep(
    house: House, caller: Caller, unit: str, sha256: str, name: str | None, sent: Callable[[], bytes]
) -> Kept | Refusal:
    """Take in a paper for the unit that one acts for. `sent` is called only once that is known."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = Reading(house.ledger).unit(unit)
    if found is None:
        return Refusal.because("unit_absent")
    is_over = found.ended_on is not None and found.unit != actor.organisation  # What it held is another's to end.
    if no := of_organiser(found.unit, speaking_role(actor, unit), actor) or (None if is_over else unfit(found)):
        return no
    return take_in(house, caller, unit, sha256, name, sent, cited=lambda: cited_by_trainings(house, unit),
                   kind=_kind_of)


def _kind_of(content: bytes) -> str | Refusal:
    """What a paper of a class is; a spreadsheet only where it names people, as the list of a class does (W 13)."""
    found = type_of(content)
    if not isinstance(found, Refusal) or found.code != _UNKEPT:
        return found
    try:
        columns(read(content).rows, NAMES, NEEDED)
    except BadFields:
        return found
    return XLSX if content.startswith(b"PK") else CSV


def list_of(house: House, held: ClassHeld | None, returned: str | None) -> str | None:
    """The digest of the newest list that the organiser handed in with a holding and that can be read here; none once
    it was sent back (`returned`)."""
    if held is None or returned is not None:
        return None
    return next((one.sha256 for one in reversed(held.evidence) if one.kind == "roster"
                 and isinstance(about := house.evidence.about(held.organiser, one.sha256), About)
                 and about.media_type in LISTS), None)


def keep_chosen(
    house: House, caller: Caller, of: str | None, sha256: str, name: str | None, content: bytes
) -> Refusal | None:
    """Take in what was chosen on a page, for the organiser of a plan or class or, of a new one, for one's own unit.

    Of what is no paper the digest alone is registered.
    """
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    filed = None if of is None else Reading(house.ledger).state(of, _KINDS[kind_of(of)].evolve)
    kept = keep(house, caller, actor.organisation if filed is None else filed.organiser, sha256, name, lambda: content)
    return kept if isinstance(kept, Refusal) and kept.code != _UNKEPT else None


def open_file(house: House, caller: Caller, name: str, sha256: str, purpose: str | None) -> Opened | Refusal:
    """Give a paper of a plan or class to whoever may open it, recorded like every look."""
    kind = _KINDS[kind_of(name)]
    actor, filed = acting(house, caller), Reading(house.ledger).state(name, kind.evolve)
    if isinstance(actor, Refusal) or filed is None or not _opens(actor, filed.organiser, filed.matter):
        return absent(house, caller, "evidence_absent")
    if sha256 not in _cited_in(house, name):
        return Refusal.because("evidence_absent")
    if purpose is None:
        return Refusal.because("purpose_missing")
    what = (kind_of(name), "evidence", f"file_{sha256[:OF_DIGEST]}")
    record_looks(house, by_actor(caller, actor, seeing_scopes(actor)[0].role), (name,), purpose, what=what,
                 route=kind.route)
    opened = house.evidence.open(filed.organiser, sha256)
    if isinstance(opened, Absent):
        return Refusal.because("key_destroyed")
    return Refusal.because("evidence_absent") if opened is None else Opened(*opened)


def here(
    house: House, caller: Caller, organiser: str, matter: Matter, digests: Iterable[str]
) -> list[dict[str, Any]] | None:
    """Which of a plan's or class's papers are here to be opened, told to whoever may; None to anyone else.

    The name that a file has with its organiser may be somebody's, so it comes with the file, when that is opened.
    """
    actor = acting(house, caller)
    if isinstance(actor, Refusal) or not _opens(actor, organiser, matter):
        return None
    known = {sha256: house.evidence.about(organiser, sha256) for sha256 in digests}
    return [{name: value for name, value in file_view(sha256, about).items() if name != "name"}
            for sha256, about in known.items() if isinstance(about, About)]


def cited_by_trainings(house: House, unit: str) -> set[str]:
    """The digest of everything that a unit's plans and classes ever showed: what was reviewed stays to be opened."""
    return {sha256 for name in (*_every(house, unit, _trainings.plans, "plan"),
                                *_every(house, unit, _trainings.classes, "training_class"))
            for sha256 in _cited_in(house, name)}


def _every(house: House, unit: str, ask: Callable[..., Page[Any]], called: str) -> Iterator[str]:
    """The ids of everything that one asks for of a unit, page by page."""
    after: Any = None
    while True:
        page = ask(house.answers, organiser=unit, after=after, limit=_AT_ONCE)
        yield from (getattr(one, called) for one in page.items)
        if (after := page.next) is None:
            return


def _cited_in(house: House, name: str) -> set[str]:
    events = (decode(leaf).event for _, leaf in house.ledger.store.stream(name))
    return {one.sha256 for event in events if isinstance(event, PlanFiled | ClassFiled | ClassHeld)
            for one in event.evidence}


def _opens(actor: Actor, organiser: UnitId | str, matter: Matter) -> bool:
    """Its own people, and the offices that may look at who was there; neither without a right to look at anybody."""
    return may_look(actor) is None and (organiser in organisers_of(actor) or may_see(actor, matter) is None)
