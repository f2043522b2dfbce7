"""Offices, units and those who act for them, from the first day on; later some are renamed, closed, sent away.

The first offices are verified and appointed by the installation, every unit after them by the human resources
department of its place (W 4, W 5). Each has two accounts, since two steps are two people's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from api.demo.calendar import SECOND, Calendar
from api.demo.dice import Dice
from api.demo.pen import Pen
from api.nobodys_numbers import credit_code
from api.operational.callers import FOUNDER
from ledger.events.actor import Official, Scope
from ledger.events.base import By
from ledger.events.unit import Contact
from ledger.streams import actor as actors
from ledger.streams import unit as units
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.streams.unit import Unit
from ledger.vocabulary import ActorId, PersonId, UnitId
from policies.authority import Office

HUMAN_RESOURCES: Final = "human_resources"
AUTHORITY: Final = "sector_authority"
MARK: Final = "（虚构）"
FOUNDING: Final = By(actor=FOUNDER, role=FOUNDER)


@cache
def words() -> dict[str, Any]:
    """What the made-up country is made of."""
    return tomllib.loads(resources.files(__package__).joinpath("country.toml").read_text(encoding="utf-8"))


class Seat(NamedTuple):
    """Where people belong, and in which sector."""

    region: str
    sector: str


class Hand:
    """An account, and whose."""

    __slots__ = ("name", "state", "version")

    def __init__(self, name: str, state: Actor, version: int) -> None:
        self.name, self.state, self.version = name, state, version

    def by(self, role: str) -> By:
        """Name them in an event."""
        return By(actor=self.state.actor, role=role, organisation=self.state.organisation)


class Organisation:
    """An organisation with its accounts."""

    __slots__ = ("hands", "name", "seat", "state", "version")

    def __init__(self, name: str, seat: Seat, state: Unit, version: int) -> None:
        self.name, self.seat, self.state, self.version = name, seat, state, version
        self.hands: tuple[Hand, ...] = ()


class Country:
    """Every organisation and every account, and which of them the law means."""

    def __init__(self, pen: Pen, calendar: Calendar, dice: Dice, account: Callable[[str], str]) -> None:
        self._pen, self._calendar, self._dice, self._account = pen, calendar, dice, account
        self._offices: dict[tuple[str, str, str | None], Organisation] = {}
        self._numbers = 0
        self.seats = [(Seat(one["region"], one["sector"]), int(one["weight"])) for one in words()["seat"]]
        self.units: dict[Seat, list[Organisation]] = {seat: [] for seat, _ in self.seats}
        self.organisers: dict[str, Organisation] = {}

    # Whom the law means

    def office(self, office: Office, seat: Seat, unit: Organisation) -> Organisation:
        """Whoever takes a step of a walk for someone who belongs there."""
        if office.role == "unit":
            return unit
        return self.holding(office.role, office.region, seat.sector)

    def holding(self, role: str, area: str, sector: str) -> Organisation:
        """Whoever holds a role for an area."""
        return (self._offices.get((role, area, sector if role == AUTHORITY else None))
                or self._offices[role, "33", None])

    def human_resources(self, region: str) -> Organisation:
        """The human resources department of a place."""
        return self._offices[HUMAN_RESOURCES, area_of(region), None]

    def offices(self) -> Iterable[Organisation]:
        """Every office."""
        return self._offices.values()

    # The first days

    def open(self, at: int) -> None:
        """Set up every office, one a minute."""
        wanted: dict[tuple[str, str, str | None], str] = {}
        areas = words()["areas"]
        for seat, _ in self.seats:
            for area in {"33": None, seat.region[:4]: None, area_of(seat.region): None}:
                if area in areas:
                    wanted[HUMAN_RESOURCES, area, None] = f"{areas[area]}{words()['bureaus'][HUMAN_RESOURCES]}"
                    wanted[AUTHORITY, area, seat.sector] = f"{areas[area]}{words()['bureaus'][seat.sector]}"
        for body in words()["body"]:
            wanted[body["role"], "33", None] = body["name"]
        for (role, area, sector), name in wanted.items():
            at += 60 * SECOND
            seat = Seat(area.ljust(6, "0"), sector or "general")
            house = self._registered(at, name, seat, "department")
            self._verified(at, house, None)
            scope = Scope(role=role, region=area, sector=sector)
            house.hands = tuple(self._appointed(at, house, scope, None, number) for number in (1, 2))
            self._offices[role, area, sector] = house
        for one in words()["organiser"]:
            self.organisers[one["sector"]] = self.recognise(at + 60 * SECOND, one["name"], one["sector"])

    def recognise(self, at: int, name: str, sector: str) -> Organisation:
        """Let an organiser of the province register, be verified, and get its account."""
        house = self._registered(at, name, Seat("330000", sector), "organiser")
        self._verified(at, house, self.human_resources("330000"))
        scope = Scope(role="recognised_organiser", region="33", unit=house.state.unit)
        house.hands = (self._appointed(at, house, scope, None, 1),)
        return house

    def settle(self, seat: Seat, at: int) -> Organisation:
        """Let a unit register, be verified, and get its two accounts."""
        house = self._registered(at, self._unit_name(seat), seat, "employer")
        office = self.human_resources(seat.region)
        self._verified(at, house, office)
        scope = Scope(role="unit", region=seat.region, unit=house.state.unit)
        house.hands = tuple(self._appointed(at, house, scope, office, number) for number in (1, 2))
        self.units[seat].append(house)
        return house

    def _unit_name(self, seat: Seat) -> str:
        told, dice = words(), self._dice
        city = told["areas"].get(seat.region[:4], told["areas"]["33"])
        first, second = (dice.one_of(told["words"][which]) for which in ("first", "second"))
        return f"{city}{first}{second}{dice.one_of(told['nouns'][seat.sector])}"

    def _registered(self, at: int, name: str, seat: Seat, kind: str) -> Organisation:
        self._numbers += 1
        unit = UnitId(self._dice.id("unit", at))
        command = units.RegisterUnit(
            unit=unit, credit_code=credit_code(self._numbers, kind), name=name + MARK, region=seat.region,
            sector=seat.sector, contact=Contact(name="虚构联系人"), kinds=(kind,),
        )
        events = self._pen.write(
            at, units.decide_unit_registration(None, command), By(actor=unit, role="applicant"))
        return Organisation(name, seat, units.evolve(None, events[0]), 1)

    def _verified(self, at: int, house: Organisation, office: Organisation | None) -> None:
        hand = None if office is None else office.hands[0]
        command = units.VerifyUnit(role=HUMAN_RESOURCES, evidence=(self._dice.digest(),))
        decision = units.decide_verification(house.state, command, None if hand is None else hand.state)
        self.change(at, house, decision, FOUNDING if hand is None else hand.by(HUMAN_RESOURCES))

    def _appointed(self, at: int, house: Organisation, scope: Scope, office: Organisation | None, number: int) -> Hand:
        """Appoint someone and grant them a scope, by the installation or by an office over them."""
        granter = None if office is None else office.hands[0]
        role = FOUNDER if granter is None else HUMAN_RESOURCES
        state, by = (None, FOUNDING) if granter is None else (granter.state, granter.by(HUMAN_RESOURCES))
        actor = ActorId(self._dice.id("actor", at))
        appointing = actors.AppointActor(
            actor=actor, account=self._account(f"demo-{actor}"),
            official=Official(name="虚构经办人"), role=role,
        )
        events = self._pen.write(at, actors.decide_appointment(None, appointing, house.state, state), by)
        hand = Hand(f"{house.name}经办{'一二三'[number - 1]}", actors.evolve(None, events[0]), 1)
        self.about(at, hand, actors.decide_grant(hand.state, actors.GrantScope(scope=scope, role=role), state), by)
        return hand

    # Later

    def change(self, at: int, house: Organisation, decision: Decision, by: By) -> None:
        """Record what happened to an organisation."""
        for event in self._pen.write(at, decision, by, {house.state.unit: house.version}):
            house.state, house.version = units.evolve(house.state, event), house.version + 1

    def about(self, at: int, hand: Hand, decision: Decision, by: By) -> None:
        """Record what happened to an account."""
        for event in self._pen.write(at, decision, by, {hand.state.actor: hand.version}):
            hand.state, hand.version = actors.evolve(hand.state, event), hand.version + 1

    def appoint_person(self, at: int, house: Organisation, person: PersonId) -> Hand:
        """Give an account of an office to someone who is a person of the register as well."""
        scope = house.hands[0].state.scopes[0]
        actor = ActorId(self._dice.id("actor", at))
        command = actors.AppointActor(
            actor=actor, account=self._account(f"demo-{actor}"), official=Official(name="虚构经办人"), role=FOUNDER,
            person=person,
        )
        events = self._pen.write(at, actors.decide_appointment(None, command, house.state, None), FOUNDING)
        hand = Hand(f"{house.name}兼职经办", actors.evolve(None, events[0]), 1)
        grant = actors.GrantScope(scope=scope, role=FOUNDER)
        self.about(at, hand, actors.decide_grant(hand.state, grant, None), FOUNDING)
        return hand

    def live_on(self, first: date, last: date, count: int) -> None:
        """Let some units change and some accounts come and go, so many of each."""
        days = (last - first).days
        for _ in range(count):
            seat = self._dice.one_of(self.seats)[0]
            for part, step in enumerate((self._rejected, self._renamed, self._moved, self._merged, self._closed,
                                         self._someone_passes_through)):
                day = date.fromordinal(first.toordinal() + 30 + self._dice.below(max(1, days - 400)) + part)
                self._calendar.at(self._calendar.office_time(day), step, seat)

    def _rejected(self, seat: Seat) -> None:
        house = self._registered(self._calendar.now, self._unit_name(seat), seat, "employer")
        self._calendar.in_office(2, self._reject, house)

    def _reject(self, house: Organisation) -> None:
        hand = self.human_resources(house.seat.region).hands[0]
        command = units.RejectUnit(role=HUMAN_RESOURCES, words="营业执照与所填信用代码不符")
        self.change(self._calendar.now, house, units.decide_rejection(house.state, command, hand.state),
                    hand.by(HUMAN_RESOURCES))

    def _renamed(self, seat: Seat) -> None:
        found = self.units[seat]
        if found:
            house = self._dice.one_of(found)
            hand = self.human_resources(seat.region).hands[1]
            command = units.RenameUnit(role=HUMAN_RESOURCES, name=self._unit_name(seat) + MARK,
                                       starts=max(self._calendar.today, house.state.changed_on))
            self.change(self._calendar.now, house, units.decide_renaming(house.state, command, hand.state),
                        hand.by(HUMAN_RESOURCES))

    def _lone(self, seat: Seat) -> tuple[Organisation, Hand]:
        """A unit that nobody belongs to yet, and who may change it."""
        house, hand = self.settle(seat, self._calendar.now), self.human_resources(seat.region).hands[0]
        self.units[seat].remove(house)
        return house, hand

    def _moved(self, seat: Seat) -> None:
        house, hand = self._lone(seat)
        sector = next(other.sector for other, _ in self.seats if other.sector != seat.sector)
        command = units.MoveUnit(role=HUMAN_RESOURCES, region=seat.region, sector=sector, starts=self._calendar.today)
        self.change(self._calendar.now, house, units.decide_move(house.state, command, hand.state),
                    hand.by(HUMAN_RESOURCES))

    def _merged(self, seat: Seat) -> None:
        house, hand = self._lone(seat)
        into = self.units[seat][0].state if self.units[seat] else self.organisers["environment"].state
        command = units.MergeUnit(role=HUMAN_RESOURCES, starts=self._calendar.today)
        self.change(self._calendar.now, house, units.decide_merger(house.state, command, into, hand.state),
                    hand.by(HUMAN_RESOURCES))

    def _closed(self, seat: Seat) -> None:
        house, hand = self._lone(seat)
        command = units.CloseUnit(role=HUMAN_RESOURCES, ends=self._calendar.today)
        self.change(self._calendar.now, house, units.decide_closing(house.state, command, hand.state),
                    hand.by(HUMAN_RESOURCES))

    def _someone_passes_through(self, seat: Seat) -> None:
        """A third account of an office: appointed, suspended and let back, in the end without scope and dismissed."""
        at, house = self._calendar.now, self.human_resources(seat.region)
        scope = house.hands[0].state.scopes[0]
        hand = self._appointed(at, house, scope, None, 3)
        steps: list[Callable[[], Decision]] = [
            lambda: actors.decide_suspension(hand.state, actors.SuspendActor(role=FOUNDER), house.state, None),
            lambda: actors.decide_actor_reinstatement(
                hand.state, actors.ReinstateActor(role=FOUNDER), house.state, None),
            lambda: actors.decide_scope_withdrawal(
                hand.state, actors.WithdrawScope(scope=scope, role=FOUNDER), None),
            lambda: actors.decide_dismissal(hand.state, actors.DismissActor(role=FOUNDER), house.state, None),
        ]
        for number, step in enumerate(steps, 1):
            self._calendar.in_office(40 * number, self._step, hand, step)

    def _step(self, hand: Hand, step: Callable[[], Decision]) -> None:
        self.about(self._calendar.now, hand, step(), FOUNDING)


def area_of(region: str) -> str:
    """The area of an office that is of a place's own level: the province, the city, or the county."""
    return region[:2] if region.endswith("0000") else region[:4] if region.endswith("00") else region
