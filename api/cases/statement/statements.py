"""Statements (学时登记情况表): a person's years as a text that is handed out, with a proof that anyone can check.

The text is written from the same answer that a reader gets, sealed beside the event that holds its digest, and handed
out again as the same bytes, also when another has taken its place or it is void: paper cannot be called back, so the
register says how it stands. With it goes the proof that nothing of the person was left out: what the completeness map
says of them, and the event that commits to that map, in the same append unless a statement before has brought it.

Reading: whoever may issue may let a later one take its place. Void is what an office of the register says, never the
employer: a unit that could void its people's statements could keep them from applying.

`tests/api/test_statements.py` shows it.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any, Final

import structlog

from api.cases.belonging.people import sealed_identity
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import acting, by_actor, in_sight, look_at, oneself, places, role_for
from api.cases.statement import statement_shown
from api.cases.statement.statement_facts import put_in_facts, title_of
from api.cases.years import answered
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.base import By, Draft
from ledger.events.person import Identity
from ledger.events.statement import StatementId
from ledger.identifiers import id_number, names
from ledger.ids import new_verify_code
from ledger.maps.file import MapFailed, Proved
from ledger.proof.map_proof import Presence, format_presence
from ledger.streams import statement as statements
from ledger.streams.decision import Decision
from ledger.streams.person import Person, matter_of
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import PersonId
from projections.basis import Axes
from projections.statement.text import statement_text
from projections.timeline_reading import events_about

ISSUING: Final = ("human_resources", "sector_authority", "unit")
VOIDING: Final = ("human_resources", "sector_authority")


def issue(
    house: House, caller: Caller, person: str, fields: dict[str, Any], axes: Axes, asked: Asked
) -> Done | Refusal:
    """Hand out a text about a person's years, on a basis that gives the same answer again."""
    who = _asking(house, caller, person)
    if isinstance(who, Refusal):
        return who
    by, role = who
    answer = _years_of(house, person, fields, axes)
    if isinstance(answer, Refusal):
        return answer
    identity = sealed_identity(house, person)
    if identity is None:
        return Refusal.because("key_destroyed", person=person)
    put_in_facts(house.ledger, house.answers, answer)
    statement, code = StatementId(house.new_id("statement")), new_verify_code()
    basis = answer["basis"]
    proved, presence = _proved(house, person, basis["as_of"])
    head = _head(house, answer, identity, statement, code, clear=fields.get("name") == "clear")
    head["title"] = title_of(house.ledger, person, basis["as_of"])
    head["events"] = sum(one.position <= basis["as_of"] for one in presence.events)
    text = statement_text(answer, head)
    command = statements.IssueStatement(
        statement=statement, text=text, code=code, as_of=basis["as_of"], log_size=basis["log_size"], law=basis["law"],
        rulebooks=tuple(book["digest"] for book in basis["rulebooks"]),
        years=tuple(one["year"] for one in answer["years"]), root=basis["root"], valid_on=axes.valid_on,
        asking=PersonId(person) if role is None else None, role=role,
        presence=format_presence(presence).decode(), map_event=proved.event,
    )
    mapped = [] if proved.event is not None else [Draft(house.map_file.commitment(proved, house.new_id("log")))]

    def decide(reading: Reading) -> Decision:
        actor = None if role is None else reading.actor(caller.id)
        state = reading.state(statement, statements.evolve)
        size = house.ledger.store.size()
        issued = statements.decide_issue(state, command, reading.person(person), actor, size=size)
        return issued if isinstance(issued, Refusal) else (*issued, *mapped)

    done = do(house.ledger, by, asked, decide)
    if mapped and isinstance(done, Done) and done.receipt is not None and not done.replayed:
        with suppress(MapFailed):  # It is issued; the next one commits to a map of its own.
            house.map_file.remember(proved, done.receipt.positions[-1])
    return done


def _years_of(house: House, person: str, fields: dict[str, Any], axes: Axes) -> dict[str, Any] | Refusal:
    """What is answered about somebody's years, or about those that are asked for."""
    answer = answered(house, person, axes)
    if isinstance(answer, Refusal):
        return answer
    if "years" in fields:
        held = {one["year"] for one in answer["years"]}
        if lacking := sorted(set(fields["years"]) - held):  # Paper that silently lacks a year reads as if it had none.
            return Refusal.because("years_not_held", lacking=lacking, held=sorted(held))
        answer["years"] = [one for one in answer["years"] if one["year"] in fields["years"]]
    return answer if answer["years"] else Refusal.because("years_missing")


def _proved(house: House, person: str, as_of: int) -> tuple[Proved, Presence]:
    """What the map says of a person: all that answers know to be about them, or its file has been written to.

    Whoever can write to the file can put every hash in its place: that it lists too little is found only beside it.
    """
    known = events_about(house.answers, person, as_of)
    for is_anew in (False, True):
        if is_anew:
            structlog.get_logger().warning("map_discarded", because="incomplete")
            house.map_file.empty()
        proved = house.map_file.proof_of(person, as_of)
        if isinstance(proved.proof, Presence) and known.issubset(one.position for one in proved.proof.events):
            return proved, proved.proof
    raise MapFailed(house.map_file.path, "从账本重建之后，仍缺少时间线上有的事件")


def _asking(house: House, caller: Caller, person: str) -> tuple[By, str | None] | Refusal:
    """In whose name it is asked for: the person's own, or an office's where they belong."""
    if caller.kind in ("person", "nobody"):
        self = oneself(caller, person)
        return self if isinstance(self, Refusal) else (caller.by("person"), None)
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if no := look_at(house, caller, person, "issue_statement", what=("statement",), route="statements"):
        return no
    found = Reading(house.ledger).person(person)
    matter = None if found is None else matter_of(found)
    role = role_for(actor, ISSUING, matter)
    return standing(actor, role, matter) or (by_actor(caller, actor, role), role)


def _head(
    house: House, answer: dict[str, Any], identity: Identity, statement: str, code: str, *, clear: bool
) -> dict[str, Any]:
    """What the answer does not know: whose it is, and under which marks it is handed out."""
    name = names.Name(identity.name, identity.name_normalised, uncertain=False)
    units = {one["unit"]: house.answers.unit(one["unit"]) for one in answer["affiliations"]}
    return {
        "statement": statement, "code": code, "salt": secrets.token_hex(16), "origin": house.register.signer.origin,
        "name": name.normalised if clear else name.mask(), "id_kind": identity.id_kind,
        "id_number": id_number.IdNumber(identity.id_kind, identity.id_number).mask(),
        "units": {
            unit: {"name": found.names[-1].name, "credit_code": found.credit_code}
            for unit, found in units.items() if found is not None
        },
    }


def supersede(house: House, caller: Caller, statement: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let another statement about the same person take its place."""
    who = _deciding(house, caller, statement, ISSUING)
    if isinstance(who, Refusal):
        return who
    by, role = who
    command = statements.SupersedeStatement(
        by_statement=StatementId(fields["by_statement"]), role=role,
        asking=PersonId(caller.id) if role is None else None,
    )

    def decide(reading: Reading) -> Decision:
        found, person, actor = _read(reading, statement, caller)
        replacement = reading.state(command.by_statement, statements.evolve)
        return statements.decide_supersession(found, command, replacement, person, actor)

    return do(house.ledger, by, asked, decide, upon=statement, show=statement_shown.view)


def void(house: House, caller: Caller, statement: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say for an office of the register that it should not have been handed out, and to the person why."""
    if caller.kind == "person":
        return Refusal.because("official_needed")
    who = _deciding(house, caller, statement, VOIDING)
    if isinstance(who, Refusal):
        return who
    by, role = who
    assert role is not None, "persons were turned away"
    command = statements.VoidStatement(role=role, basis=fields["basis"], words=fields["words"])

    def decide(reading: Reading) -> Decision:
        found, person, actor = _read(reading, statement, caller)
        assert actor is not None, "nor is an account ever taken away"
        return statements.decide_voiding(found, command, person, actor)

    return do(house.ledger, by, asked, decide, upon=statement, show=statement_shown.view)


def _deciding(
    house: House, caller: Caller, statement: str, roles: tuple[str, ...]
) -> tuple[By, str | None] | Refusal:
    """In whose name something is decided about a statement; whoever may not is told nothing of how it stands."""
    reading = Reading(house.ledger)
    found = reading.state(statement, statements.evolve)
    if caller.kind == "person":
        is_own = found is not None and found.person == caller.id
        return (caller.by("person"), None) if is_own else Refusal.because("statement_absent")
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    person = None if found is None else reading.person(found.person)
    if no := in_sight(actor, () if person is None else places(person, house.today), "statement_absent"):
        return no
    matter = None if person is None else matter_of(person)
    role = role_for(actor, roles, matter)
    return standing(actor, role, matter) or (by_actor(caller, actor, role), role)


def _read(reading: Reading, statement: str, caller: Caller) -> tuple[statements.Statement, Person, Actor | None]:
    found = reading.state(statement, statements.evolve)
    assert found is not None, "no statement is ever taken away"
    person = reading.person(found.person)
    assert person is not None, "a statement is a person's"
    return found, person, reading.actor(caller.id) if caller.kind == "actor" else None
