"""Unit transfers (单位变更): asked for by the person, answered by the receiving unit, taken back by the person (W 4).

A first match to a unit is a transfer from none. What is confirmed becomes an affiliation in the same append, and from
its first day on the law of the new place rules. `tests/api/test_transfers.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from api.cases import reasons
from api.cases.belonging.people import identity_of
from api.cases.doing import Asked, Done, Reading, do
from api.cases.events import events_of
from api.cases.standing import UNIT, absent, acting, by_actor, in_sight, look, not_a_person, oneself
from api.house import House
from api.law_of import assess, bench_now, law_now
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.events.person import Affiliation, PersonAffiliated
from ledger.streams import claim as claims
from ledger.streams import person as people
from ledger.streams import transfer as transfers
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor, Matter
from ledger.streams.unit import Unit, matter_of
from ledger.vocabulary import TransferId, format_hours


def request(house: House, caller: Caller, person: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Ask to belong to a unit from a day on."""
    self = oneself(caller, person)
    if isinstance(self, Refusal):
        return self
    transfer = TransferId(house.new_id("transfer"))
    command = transfers.RequestTransfer(
        transfer=transfer, person=self, starts=fields["starts"], major=fields.get("major"),
        standing=fields.get("standing"), evidence=tuple(fields.get("evidence", ())),
    )

    def decide(reading: Reading) -> Decision:
        to_unit = reading.unit(fields["to_unit"])
        _known_words(house, fields, to_unit)
        held = house.ledger.find(Name("open_transfer", self))
        waiting = None if held is None else reading.transfer(held)
        return transfers.decide_request(
            reading.transfer(transfer), command, reading.person(self), to_unit, waiting
        )

    return do(house.ledger, caller.by("person"), asked, decide)


def prospects(house: House, transfer: transfers.Transfer) -> dict[str, Any]:
    """What a transfer would do to the claims of its person (AMB-28): who holds each, and what each would be worth.

    What waits stays with the offices it was submitted to, and what they registered is theirs to correct; a study is
    judged where its person belonged on the day of its evidence, so one from the first day on moves to the new law.
    """
    house.settled()
    reading = Reading(house.ledger)
    before, unit = reading.person(transfer.person), reading.unit(transfer.to_unit)
    assert before is not None and unit is not None, "a transfer is between what is registered"
    seat = unit.seat_on(transfer.starts)
    there = Affiliation(unit=unit.unit, starts=transfer.starts, region=seat.region, sector=seat.sector,
                        major=transfer.major, standing=transfer.standing)
    after = people.evolve(before, PersonAffiliated(person=before.person, affiliation=there, transfer=transfer.transfer))
    found = house.ledger.load_each(list(house.answers.claims_of(before.person)), claims.evolve)
    held = [loaded.state for loaded in found.values() if loaded.state is not None]
    return {"claims": [_moved(house, one, before, after) for one in held if one.is_open or one.is_registered]}


def _moved(house: House, claim: claims.Claim, before: Person, after: Person) -> dict[str, Any]:
    bench, day = bench_now(house.answers), claim.study.evidence_on
    moves = before.affiliation_on(day) != after.affiliation_on(day)
    worth = [None if isinstance(one, Refusal) else format_hours(one.ruling.assessed_centi)
             for one in (assess(bench, whose, claim.study, house.today) for whose in (before, after))]
    submitted, registered = claim.submitted, claim.is_registered
    return {
        "claim": claim.claim, "status": claim.status, "date": day.isoformat(),
        "held_by": {"role": claim.steps[-1] if registered else claim.step_due, "region": submitted.region,
                    "unit": submitted.unit},
        "law_moves": moves, "assessed": {"before": worth[0], "after": worth[1]},
    }


class Choices(NamedTuple):
    """Which words the law in force has for somebody of a unit: their standing and, where it has any, their major."""

    standings: tuple[str, ...]
    majors: tuple[str, ...]


def choices(house: House, unit: Unit | None) -> Choices:
    """The words that decide who registers and which rulebook holds (R 2, R 8)."""
    books = law_now(house.answers).books
    sector = None if unit is None else unit.seats[-1].sector
    return Choices(tuple(sorted({row.person for book in books for row in book.registrars})),
                   tuple(major for book in books if book.scope.sector == sector for major in book.declares.majors))


def _known_words(house: House, fields: dict[str, Any], to_unit: Unit | None) -> None:
    """A misspelt standing or major would decide as well."""
    known = choices(house, to_unit)
    for name, among in (("standing", known.standings), ("major", known.majors)):
        if (among or name == "standing") and fields.get(name) is not None and fields[name] not in among:
            raise BadFields([Fault(f"/{name}", "not_by_the_words_of_the_law", f"应为 {'、'.join(among)} 之一。")])


def confirm(house: House, caller: Caller, transfer: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say for the receiving unit that the person belongs to it."""
    command = transfers.ConfirmTransfer(role=UNIT, starts=fields.get("starts"))
    return _answer(house, caller, transfer, asked,
                   lambda found, *read: transfers.decide_confirmation(found, command, *read))


def refuse(house: House, caller: Caller, transfer: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say for the receiving unit that the person does not."""
    command = transfers.RefuseTransfer(role=UNIT, words=fields["words"])
    return _answer(house, caller, transfer, asked.because(fields),
                   lambda found, *read: transfers.decide_transfer_refusal(found, command, *read))


def withdraw(house: House, caller: Caller, transfer: str, asked: Asked) -> Done | Refusal:
    """Take the request back."""
    if no := not_a_person(caller):
        return no

    def decide(reading: Reading) -> Decision:
        found = reading.transfer(transfer)
        if found is None or found.person != caller.id:  # Of another's request not even that there is one.
            return Refusal.because("transfer_absent")
        person = reading.person(found.person)
        assert person is not None, "whoever asked is registered"
        command = transfers.WithdrawTransfer(person=found.person)
        return transfers.decide_transfer_withdrawal(found, command, person)

    return do(house.ledger, caller.by("person"), asked, decide, upon=transfer, show=view)


def see(house: House, caller: Caller, transfer: str, purpose: str | None) -> tuple[dict[str, Any], int] | Refusal:
    """Show a transfer to the person, or to either unit's side for a purpose."""
    reading = Reading(house.ledger)
    found = _seen(house, caller, reading, transfer, purpose, ("transfer",))
    if isinstance(found, Refusal):
        return found
    return {**view(found), "said": _said(house, reading, found)}, reading.versions[found.transfer]  # type: ignore[index]


class Sheet(NamedTuple):
    """Everything that is known of a transfer, as of one position, for whoever answers it or asked for it."""

    transfer: transfers.Transfer
    version: int
    body: dict[str, Any]             # As it is answered, with its events.
    identity: dict[str, Any] | None  # Whose it is, masked; None: the key is destroyed.
    to_unit: Unit
    from_unit: Unit | None


def sheet(
    house: House, caller: Caller, transfer: str, purpose: str | None, *, as_of: int | None = None
) -> Sheet | Refusal:
    """Show a transfer whole, in one look."""
    reading = Reading(house.ledger)
    found = _seen(house, caller, reading, transfer, purpose, ("transfer", "identity"))
    if isinstance(found, Refusal):
        return found
    loaded = house.ledger.load(transfer, transfers.evolve, as_of=as_of)
    if (state := loaded.state) is None:
        return Refusal.because("transfer_absent")
    person, to_unit = reading.person(found.person), reading.unit(found.to_unit)
    assert person is not None and to_unit is not None, "a transfer is between what is registered"

    def then(one: dict[str, Any], name: str) -> bool:
        return as_of is None or one[name] <= as_of

    body = {**view(state), "said": [one for one in _said(house, reading, found) if then(one, "event")],
            "events": [one for one in events_of(house, transfer)["items"] if then(one, "position")]}
    before = None if found.from_unit is None else reading.unit(found.from_unit)
    return Sheet(state, loaded.version, body, identity_of(house, person), to_unit, before)


def of_person(house: House, caller: Caller, *, as_of: int) -> list[dict[str, Any]] | Refusal:
    """Every transfer that somebody asked for themselves, whatever came of it, the newest first."""
    if no := not_a_person(caller):
        return no
    found = house.answers.person(caller.id, as_of)
    return [] if found is None else [one._asdict() for one in reversed(found.transfers)]


def _seen(
    house: House, caller: Caller, reading: Reading, transfer: str, purpose: str | None, what: tuple[str, ...]
) -> transfers.Transfer | Refusal:
    found = reading.transfer(transfer)
    if found is None:
        return absent(house, caller, "transfer_absent")
    no = look(house, caller, person=found.person, matters=_sides(reading, found), purpose=purpose, what=what,
              route="transfers", otherwise="transfer_absent")
    return found if no is None else no


def _said(house: House, reading: Reading, transfer: transfers.Transfer) -> list[dict[str, Any]]:
    """What was said of it, with the words of law that hold where it leads."""
    unit = reading.unit(transfer.to_unit)
    assert unit is not None, "a transfer is to what is registered"
    seat = unit.seat_on(transfer.starts)
    return list(reasons.said(house, transfer.transfer, seat.region, seat.sector))


def _sides(reading: Reading, transfer: transfers.Transfer) -> list[Matter]:
    """Where a transfer is seen from: the unit that is left, and the one that is joined."""
    sides = [reading.unit(one) for one in (transfer.to_unit, transfer.from_unit) if one is not None]
    return [matter_of(one) for one in sides if one is not None]


def _answer(
    house: House, caller: Caller, transfer: str, asked: Asked,
    decide_it: Callable[[transfers.Transfer, Person, Unit, Actor], Decision],
) -> Done | Refusal:
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor

    def decide(reading: Reading) -> Decision:
        found = reading.transfer(transfer)
        if no := in_sight(actor, () if found is None else _sides(reading, found), "transfer_absent"):
            return no
        assert found is not None, "what is not there is in nobody's sight"
        person, unit, by = reading.person(found.person), reading.unit(found.to_unit), reading.actor(caller.id)
        assert person is not None and unit is not None and by is not None, "a transfer is between what is registered"
        return decide_it(found, person, unit, by)

    return do(house.ledger, by_actor(caller, actor, UNIT), asked, decide, upon=transfer, show=view)


def view(transfer: transfers.Transfer) -> dict[str, Any]:
    """A transfer as it stands."""
    return {
        "transfer": transfer.transfer,
        "person": transfer.person,
        "status": transfer.status,
        "to_unit": transfer.to_unit,
        "from_unit": transfer.from_unit,
        "starts": transfer.starts,
        "major": transfer.major,
        "standing": transfer.standing,
    }
