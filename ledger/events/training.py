"""What happens to trainings: a year's plan, a class, the card of one person in one class.

Three streams, each with one owner. A plan (年度培训项目计划) is filed, acknowledged by each of its recipients and
evaluated (P 11, P 12). A class (培训班) is filed, accepted, held, and its roster is registered by an office (N 3, N 7,
W 13, W 14). A card (学时登记卡) is one person's paper of one class (P 15).

When something was filed and when it began are facts; whether that was in time is law (N 7). What an organiser says of
its classes is public; numbers of cards are sealed under the person they were handed to, and officials' words always.

`tests/ledger/streams/test_training_matrix.py` shows what is decided from these.
"""

from __future__ import annotations

from datetime import date
from typing import NewType

from ledger.events.base import Event, Hand, Name, Open, Part, Pseudonym, Sealed, Secret, Words
from ledger.events.study import Evidence
from ledger.vocabulary import ActId, Category, PersonId, StreamId, UnitId

PlanId = NewType("PlanId", str)
ClassId = NewType("ClassId", str)
CardId = NewType("CardId", str)


# A year's plan


class PlanItem(Part):
    """One class that the plan foresees. Its number names it, also when the plan is filed anew."""

    number: Open[int]
    title: Open[str]
    route: Open[str]
    days_half: Open[int]
    headcount: Open[int]
    level: Open[str | None] = None
    month: Open[int | None] = None
    seeks_funding: Open[bool] = False  # It is to be held with public money (财政资助, P 12).


class PlanEvent(Event):
    """The base of all events of a plan's stream."""

    plan: Pseudonym[PlanId]
    organiser: Pseudonym[UnitId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.plan)

    def subjects(self) -> tuple[str, ...]:
        return (self.organiser,)


class PlanFiled(PlanEvent, tag="plan.filed/1"):
    """An organiser reported what it is going to hold in a year (报备); filed anew, it begins anew."""

    year: Open[int]
    region: Open[str]  # The organiser's seat on that day: offices of its own level take the plan (P 11).
    sector: Open[str]
    recipients: Open[tuple[str, ...]]  # Who has to acknowledge it, as the law of the place says.
    items: Open[tuple[PlanItem, ...]]
    filed_on: Open[date]
    hand: Pseudonym[Hand]  # Whoever filed does not acknowledge.
    evidence: Open[tuple[Evidence, ...]] = ()

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (Name("annual_plan", f"{self.organiser}:{self.year}"),)


class PlanAcknowledged(PlanEvent, tag="plan.acknowledged/1"):
    """One recipient put the plan on file (备案); it is on file when each of them has."""

    recipient: Open[str]
    office: Pseudonym[UnitId]
    hand: Pseudonym[Hand]


class PlanReturned(PlanEvent, tag="plan.returned/1"):
    """A recipient sent it back to be mended (退回)."""

    sealed_as = Words

    recipient: Open[str]
    office: Pseudonym[UnitId]


class PlanEvaluated(PlanEvent, tag="plan.evaluated/1"):
    """A recipient judged how the plan was carried out (评估): what next year's filing rests on (P 12).

    The counts are those that the office saw. P 12 names no scale: three grades and words.
    """

    sealed_as = Words

    recipient: Open[str]
    office: Pseudonym[UnitId]
    grade: Open[str]  # excellent, qualified, unqualified
    classes_held: Open[int]
    attended: Open[int]


class PlanEvaluationCorrected(PlanEvent, tag="plan.evaluation_corrected/1"):
    """A recipient put its evaluation right (更正), on a document and with the reason; the former one stays to be seen.

    The counts are those of the day of the correction: what was held since then is judged with it.
    """

    sealed_as = Words

    recipient: Open[str]
    office: Pseudonym[UnitId]
    grade: Open[str]
    classes_held: Open[int]
    attended: Open[int]
    document: Open[str]  # On which it rests (文号).


# A class


class Lesson(Part):
    """One subject of a class and the hours that its timetable gives it."""

    title: Open[str]
    hours_centi: Open[int]


class ClassEvent(Event):
    """The base of all events of a class's stream."""

    training_class: Pseudonym[ClassId]
    organiser: Pseudonym[UnitId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.training_class)

    def subjects(self) -> tuple[str, ...]:
        return (self.organiser,)


class ClassFiled(ClassEvent, tag="class.filed/1"):
    """An organiser reported a class before it is held; changed afterwards, it is filed anew, and that counts from then.

    A department's own class is filed with nobody (W 14): it has no recipient.
    """

    organiser_name: Open[str]
    title: Open[str]
    category: Open[Category]
    route: Open[str]
    region: Open[str]
    sector: Open[str]
    lessons: Open[tuple[Lesson, ...]]
    starts: Open[date]
    ends: Open[date]
    days_half: Open[int]
    headcount: Open[int]
    filed_on: Open[date]
    hand: Pseudonym[Hand]  # Whoever filed does not accept.
    level: Open[str | None] = None
    recipient: Open[str | None] = None
    room: Open[int | None] = None      # How many the room holds (D06).
    location: Open[str | None] = None  # Public, as the notice of the class is.
    plan: Pseudonym[PlanId | None] = None
    item: Open[int | None] = None
    approval: Open[str | None] = None  # The document that approved it (批准文号, W 13, R B1).
    evidence: Open[tuple[Evidence, ...]] = ()


class ClassAccepted(ClassEvent, tag="class.accepted/1"):
    """The recipient put the class on file (备案) under a number of its own."""

    recipient: Open[str]
    office: Pseudonym[UnitId]
    number: Open[str]

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        return (Name("filing_number", f"{self.office}:{self.number}"),)


class ClassRefused(ClassEvent, tag="class.refused/1"):
    """The recipient did not put it on file, and said why."""

    sealed_as = Words

    recipient: Open[str]
    office: Pseudonym[UnitId]


class ClassHeld(ClassEvent, tag="class.held/1"):
    """It took place: as it was, not as it was filed, with the papers that are handed in afterwards (W 13)."""

    starts: Open[date]
    ends: Open[date]
    days_half: Open[int]
    attended: Open[int]
    passed: Open[int]
    hand: Pseudonym[Hand]  # Whoever says who was there does not register them.
    evidence: Open[tuple[Evidence, ...]] = ()  # summary, roster, attendance


class ClassRosterReturned(ClassEvent, tag="class.roster_returned/1"):
    """An office sent back the list that the organiser had handed in, to be mended and handed in anew (W 13)."""

    sealed_as = Words

    office: Pseudonym[UnitId]
    list_sha256: Open[str]


class ClassRosterOpened(ClassEvent, tag="class.roster_opened/1"):
    """An office began to register those who were there, all at once; the act holds the rows."""

    act: Pseudonym[ActId]
    rows: Open[int]
    list_sha256: Open[str]


class ClassRosterClosed(ClassEvent, tag="class.roster_closed/1"):
    """Every row is registered, from the closing of the act on."""

    act: Pseudonym[ActId]
    rows: Open[int]


class ClassRosterAbandoned(ClassEvent, tag="class.roster_abandoned/1"):
    """No row of it will ever be registered; another roster may be opened."""

    act: Pseudonym[ActId]


# A card


class CardEvent(Event):
    """The base of all events of a card's stream."""

    card: Pseudonym[CardId]
    person: Pseudonym[PersonId]

    @property
    def stream(self) -> StreamId:
        return StreamId(self.card)

    def subjects(self) -> tuple[str, ...]:
        return (self.person,)


class CardNumber(Sealed):
    """What is printed on the card (卡号)."""

    number: Secret[str]


class CardIssued(CardEvent, tag="card.issued/1"):
    """The organiser certified to one person what they attended of one class.

    A number is an organiser's own, so it is unique among the cards of one organiser, voided ones too (D01).
    """

    sealed_as = CardNumber

    training_class: Pseudonym[ClassId]
    organiser: Pseudonym[UnitId]
    attended_half: Open[int]
    hours_centi: Open[int]  # As printed on the card; what they count for is decided on the claim.
    result: Open[str]       # passed, failed

    def names(self, sealed: Sealed | None) -> tuple[Name, ...]:
        assert isinstance(sealed, CardNumber)
        return (card_name(self.organiser, sealed.number), Name("class_card", f"{self.training_class}:{self.person}"))


class CardVoided(CardEvent, tag="card.voided/1"):
    """It should not have been issued (作废). Its number is never used again, the person may have another."""

    sealed_as = Words

    def freed(self) -> frozenset[str]:
        return frozenset({"class_card"})


def card_name(organiser: UnitId, number: str) -> Name:
    """Give the name under which a card is found by what is printed on it."""
    return Name("card_number", f"{organiser}:{number}")
