"""Unit transfers (单位变更): asked for by the person, answered by the receiving unit, taken back by the person (W 4).

A first match to a unit is a transfer from none. What is confirmed becomes an affiliation in the same append, and from
its first day on the law of the new place rules. `tests/api/test_transfers.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.callers import Caller
from api.cases.doing import Asked, Done, Reading, do
from api.cases.faults import BadFields, Fault
from api.cases.standing import UNIT, absent, acting, by_actor, in_sight, look, oneself
from api.house import House
from api.law_of import law_now
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.streams import transfer as transfers
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor, Matter
from ledger.streams.unit import Unit, matter_of
from ledger.vocabulary import TransferId


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


def _known_words(house: House, fields: dict[str, Any], to_unit: Unit | None) -> None:
    """Standing and major decide who registers and which rulebook holds (R 2, R 8): a misspelt one would do so too."""
    books = law_now(house.answers).books
    known = sorted({row.person for book in books for row in book.registrars})
    if fields.get("standing") is not None and fields["standing"] not in known:
        raise BadFields([Fault("/standing", "not_by_the_words_of_the_law", f"应为 {'、'.join(known)} 之一。")])
    sector = None if to_unit is None else to_unit.seats[-1].sector
    majors = [major for book in books if book.scope.sector == sector for major in book.declares.majors]
    if majors and fields.get("major") is not None and fields["major"] not in majors:
        raise BadFields([Fault("/major", "not_by_the_words_of_the_law", f"应为 {'、'.join(majors)} 之一。")])


def confirm(house: House, caller: Caller, transfer: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say for the receiving unit that the person belongs to it."""
    command = transfers.ConfirmTransfer(role=UNIT, starts=fields.get("starts"))
    return _answer(house, caller, transfer, asked,
                   lambda found, *read: transfers.decide_confirmation(found, command, *read))


def refuse(house: House, caller: Caller, transfer: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say for the receiving unit that the person does not."""
    command = transfers.RefuseTransfer(role=UNIT, words=fields["words"])
    return _answer(house, caller, transfer, asked,
                   lambda found, *read: transfers.decide_transfer_refusal(found, command, *read))


def withdraw(house: House, caller: Caller, transfer: str, asked: Asked) -> Done | Refusal:
    """Take the request back."""
    if caller.kind != "person":
        return Refusal.because("login_required" if caller.kind == "nobody" else "person_needed")

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
    found = reading.transfer(transfer)
    if found is None:
        return absent(house, caller, "transfer_absent")
    no = look(house, caller, person=found.person, matters=_sides(reading, found), purpose=purpose, what=("transfer",),
              route="transfers", otherwise="transfer_absent")
    return no if no is not None else (view(found), reading.versions[found.transfer])  # type: ignore[index]


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
