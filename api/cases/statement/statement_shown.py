"""Statements that were issued, to whoever may see them: text and file, how each stands, whether it is still so.

The person sees their own, an office those of whom it may look at, for a purpose. `tests/api/test_statements.py` and
`tests/api/test_histories.py` show it.
"""

from __future__ import annotations

from typing import Any, TypeVar

from api.cases.doing import Reading
from api.cases.standing import absent, look_at
from api.house import House
from api.operational.callers import Caller
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import Words
from ledger.events.statement import StatementEvent, StatementIssued, StatementText, StatementVoided
from ledger.ids import format_verify_code, parse_verify_code
from ledger.offline.statement_file import Completeness, format_statement
from ledger.proving import NotYetSigned, prove_event
from ledger.reading import Recorded
from ledger.stores.recorder import AppendingRecorder
from ledger.streams import statement as statements
from projections.statements import Statement as Told
from projections.statements import statement_of_code, statements_of
from projections.still_so import changed_since

_Event = TypeVar("_Event", bound=StatementEvent)


def view(statement: statements.Statement) -> dict[str, Any]:
    """A statement as it stands, without its text."""
    issued = statement.issued
    return {
        "statement": issued.statement,
        "person": issued.person,
        "status": statement.status,
        "code": format_verify_code(issued.code),
        "sha256": issued.sha256,
        "as_of": issued.as_of,
        "valid_on": issued.valid_on,
        "law": issued.law,
        "rulebooks": list(issued.rulebooks),
        "years": list(issued.years),
        "log_size": issued.log_size,
        "root": issued.root,
        "superseded_by": statement.superseded_by,
    }


def see(house: House, caller: Caller, statement: str, purpose: str | None) -> tuple[dict[str, Any], int] | Refusal:
    """Show a statement to the person, or to an office for a purpose."""
    found = _visible(house, caller, statement, purpose)
    if isinstance(found, Refusal):
        return found
    state, version = found
    text = _text(house, state)
    return {**view(state), "voided": _voided(house, state), "text": None if text is None else text[1].text}, version


def file(house: House, caller: Caller, statement: str, purpose: str | None) -> bytes | Refusal:
    """The text with its proof, as one file."""
    found = _visible(house, caller, statement, purpose)
    if isinstance(found, Refusal):
        return found
    sealed = _text(house, found[0])
    if sealed is None:
        return Refusal.because("key_destroyed", person=found[0].person)
    position, text = sealed
    map_event = None if text.presence is None else text.map_event or position + 1
    wanted = [one for one in (position, map_event) if one is not None]
    signer, store = house.register.signer, house.ledger.store
    try:
        bundles = _bundles(store, wanted, signer.latest())
    except NotYetSigned:
        bundles = _bundles(store, wanted, signer.checkpoint())
    complete = None if text.presence is None else Completeness(text.presence.encode(), bundles[1])
    return format_statement(text.text, bundles[0], complete)


def of_person(
    house: House, caller: Caller, person: str, purpose: str | None, *, as_of: int
) -> list[dict[str, Any]] | Refusal:
    """Every statement about a person, and of each whether what it says is still so."""
    if no := look_at(house, caller, person, purpose, what=("statement",), route="histories"):
        return no
    return [_with_since(house, one, as_of) for one in statements_of(house.answers, person, as_of=as_of)]


def by_code(
    house: House, caller: Caller, text: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """The statement of a code as someone read it from paper; told to whoever may see whose it is."""
    code = parse_verify_code(text)
    found = None if code is None else statement_of_code(house.answers, code, as_of=as_of)
    if found is None:
        return absent(house, caller, "statement_absent")
    no = look_at(house, caller, found.person, purpose, what=("statement",), route="histories",
                 otherwise="statement_absent")
    return no if no is not None else _with_since(house, found, as_of)


def since_issued(house: House, person: str, statement: str) -> dict[str, Any] | None:
    """What has become of what a statement says, up to now; of one that its asker was shown."""
    position = house.ledger.store.size()
    issued = statements_of(house.answers, person, as_of=position)
    found = next((one for one in issued if one.statement == statement), None)
    return None if found is None else changed_since(house.answers, found, as_of=position)


def _with_since(house: House, one: Told, as_of: int) -> dict[str, Any]:
    return {**one._asdict(), "since": changed_since(house.answers, one, as_of=as_of)}


def _bundles(store: AppendingRecorder, positions: list[int], note: bytes) -> list[bytes]:
    """Prove events under one checkpoint: only together do they say what they say."""
    return [prove_event(store, position, note) for position in positions]


def _visible(
    house: House, caller: Caller, statement: str, purpose: str | None
) -> tuple[statements.Statement, int] | Refusal:
    reading = Reading(house.ledger)
    found = reading.state(statement, statements.evolve)
    if found is None:
        return absent(house, caller, "statement_absent")
    no = look_at(house, caller, found.person, purpose, what=("statement",), route="statements",
                 otherwise="statement_absent")
    return no if no is not None else (found, reading.versions[found.issued.stream])


def _text(house: House, statement: statements.Statement) -> tuple[int, StatementText] | None:
    """Where the text was issued, and the text; None when its key is destroyed."""
    position, _, sealed = _told(house, statement, StatementIssued)
    return (position, sealed) if isinstance(sealed, StatementText) else None


def _voided(house: House, statement: statements.Statement) -> dict[str, Any] | None:
    """Why it is void, in the office's words; None of one that is not."""
    if statement.status is not statements.Status.VOIDED:
        return None
    position, event, sealed = _told(house, statement, StatementVoided)
    words = sealed.words if isinstance(sealed, Words) else None
    return {"event": position, "basis": event.basis, "words": words}


def _told(house: House, statement: statements.Statement, kind: type[_Event]) -> tuple[int, _Event, object]:
    """An event of the statement that has happened: where it stands, and what is sealed beside it, if it can be read."""
    for position, leaf in house.ledger.store.stream(statement.statement):
        envelope = decode(leaf)
        if isinstance(envelope.event, kind):
            return position, envelope.event, house.ledger.opened(Recorded(position, envelope))
    raise AssertionError(f"{statement.statement} has come to be {statement.status} by no {kind.__name__}")
