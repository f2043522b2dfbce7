"""A roster, judged row by row: who it is, what the law makes of so many days, and whether the ledger would take it.

The ledger is asked once for all who stand alike in its eyes, and again of each row when that is written.

Reading: an ID number that is not registered and one that belongs to another name are answered in the same words: a
roster is no way to ask who is registered here.

`tests/api/test_http_rosters.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from api.cases.belonging.finding import blocks, by_documents
from api.cases.training.class_filings import demanded
from api.cases.training.roster_lists import Listed, Wrong, listed
from api.house import House
from api.law_of import Assessed, assess, bench_now, confirmed
from api.operational.callers import Caller
from api.paper.sheets import Columns, Sheet
from api.refusals import refusals
from ledger.errors import Refusal
from ledger.events.base import By, Name
from ledger.events.study import Ruling, Study, certificate_name, roster_card_name
from ledger.events.training import ClassHeld, ClassId, card_name
from ledger.ids import new_ids
from ledger.reading import Loaded
from ledger.streams import claim as claims
from ledger.streams import training_card as cards
from ledger.streams import training_class as classes
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.streams.training_roster import RegisterRow, decide_row, study_of
from ledger.vocabulary import ClaimId, PersonId, format_hours
from projections.duplicates_reading import owners_of

_NOBODY: Final = "没有证件号码和姓名都与此相符的人员；请按证件核对，尚未注册的请本人先注册。"
_ANOTHERS: Final = "这个登记卡号已给了另一人，或是另一班次、已作废的登记卡的；请与办班单位核对。"


class Desk(NamedTuple):
    """Whoever registers, with the class as it stands and as it stands while a roster is open."""

    house: House
    caller: Caller
    by: By
    actor: Actor
    role: str
    training_class: ClassId
    held: classes.TrainingClass    # With this roster open.
    digest: str
    resumed: bool
    may_confirm: bool              # Whoever registers is an authority, and no organiser or employer (N 8).
    content: bytes = b""           # The list as it came.
    is_check: bool = False         # By the organiser, before the list is handed in: nothing is registered.


class Checked(NamedTuple):
    """A list that was read and judged: who would be registered, who has it already, what is wrong."""

    sheet: Sheet
    columns: Columns
    rows: list[Listed]
    new: list[RegisterRow]
    duplicates: list[int]           # Rows, counted from 0.
    worth: Counter[tuple[int, Ruling]]  # How many get what for how many half days.
    people: dict[PersonId, Loaded[Person]]  # Who was found, as they stood.
    attended: int                   # How many were there, as the organiser said afterwards (W 13).
    registered: int                 # Of them by lists before.
    passed: int                     # How many passed, as the organiser said (考核合格).
    papers: list[dict[str, Any]]    # Which the law wants of such a class, and whether they are here (W 13).

    @property
    def beyond(self) -> int:
        """How many more would be registered than were there: for the office to ask about, not for us to refuse."""
        return max(0, self.registered + len(self.new) - self.attended)

    @property
    def beyond_passed(self) -> int:
        """How many more would be registered than passed: asked about likewise, no text says that all have to pass."""
        return max(0, self.registered + len(self.new) - self.passed)

    @property
    def wrong(self) -> list[Listed]:
        """The rows that keep it from being registered."""
        return [one for one in self.rows if one.wrongs]


def judged(desk: Desk, document: str | None, sheet: Sheet) -> Checked:
    """Read a list and judge every row of it. `document`: by which an authority confirms what no rulebook rules."""
    assert desk.held.held is not None, "whoever registers a class was told that it was held"
    columns, rows = listed(sheet, desk.house.today)
    before = sum(one.rows for one in desk.held.rosters if one.status == "closed")
    checked = Checked(sheet, columns, rows, [], [], Counter(), {}, desk.held.held.attended, before,
                      desk.held.held.passed, demanded(desk.house, desk.held)["papers"])
    judging = _Judging(desk, document, desk.held.held)
    for block in blocks(rows):
        judging.judge(block, checked)
    return checked


class _Judging:
    """Asks of each row who it is, what the law makes of it, and whether the ledger would take it."""

    def __init__(self, desk: Desk, document: str | None, held: ClassHeld) -> None:
        self._desk, self._document, self._held = desk, document, held
        self._today = desk.house.today
        self._bench = bench_now(desk.house.answers)
        self._named = owners_of(desk.house.answers, "occasion", desk.training_class)
        self._ids: list[ClaimId] = []
        self._studies: dict[int, Study] = {}                # By how long somebody was there.
        self._known: dict[Any, Assessed | Refusal] = {}
        self._decided: dict[Any, Refusal | None] = {}

    def judge(self, block: Sequence[Listed], checked: Checked) -> None:
        """Judge the next rows; whom they name, and who holds the numbers of their cards, is looked up for all."""
        fit: list[tuple[Listed, RegisterRow]] = []
        self._ids = [ClaimId(one) for one in new_ids("claim", len(block), now_ms=self._desk.house.now // 1_000)]
        people = by_documents(self._desk.house.ledger,
                              [one.id for one in block if one.id is not None and not one.wrongs])
        for one in block:
            if one.wrongs or one.id is None:
                continue
            found = people.get(one.id)
            if found is None or found.name != one.name:
                one.is_wrong(Wrong("person_unknown", _NOBODY, checked.columns.places["id_number"]))
                continue
            checked.people[found.person.person] = found.loaded
            if self._has_it(found.person):
                checked.duplicates.append(one.row)
                continue
            row = self._row(one, found.person, self._held.days_half if one.days_half is None else one.days_half)
            if isinstance(row, Wrong):
                one.is_wrong(row)
            else:
                fit.append((one, row))
        taken = self._taken([name for _, new in fit for name in self._card_names(new)])
        others = self._of_another(fit)
        for one, new in fit:
            names = self._card_names(new)
            if names and names[0] in taken:
                one.is_wrong(Wrong("card_used", "这个登记卡号已用于本人的另一项申报；请核对。"))
            elif names and (names[1] in taken or new.claim in others):
                one.is_wrong(Wrong("card_of_another", _ANOTHERS, checked.columns.places["card"]))
            else:
                checked.new.append(new)
                checked.worth[new.days_half, new.ruling] += 1

    def _has_it(self, person: Person) -> bool:
        """Whether the class is registered for them, by hand or on another roster; also where that was revoked."""
        name = self._desk.training_class
        return person.person in self._named and any(
            one.study.occasion == name for one in self._desk.house.answers.registered(person.person))

    def _row(self, one: Listed, person: Person, days: int) -> RegisterRow | Wrong:
        if not 1 <= days <= self._held.days_half:  # Before the law: it would judge days that were not held.
            return _no(Refusal.because("attendance_unfit"))
        assessed = self._assessed(person, days)
        if isinstance(assessed, Refusal):
            return _no(assessed)
        ruling = self._ruling(one, assessed)
        if isinstance(ruling, Wrong):
            return ruling
        row = RegisterRow(
            claim=self._ids.pop(), person=PersonId(person.person), on=self._today, role=self._desk.role,
            days_half=days, ruling=ruling, year=assessed.year, card_number=one.card,
        )
        if self._desk.is_check and ruling.status == "unruled":  # What an office confirms is none of theirs to lack.
            return row
        no = self._kept_out(row, person)
        return row if no is None else _no(no)

    def _kept_out(self, row: RegisterRow, person: Person) -> Refusal | None:
        """What the ledger says against a row; the same for everyone who stands alike in what it rests on."""
        desk = self._desk
        alike = (person.affiliation_on(row.on), person.is_restricted, person.is_forgotten,
                 person.person == desk.actor.person, row.days_half, row.ruling)
        if alike not in self._decided:
            decided = decide_row(desk.held, None, row, person, desk.actor)
            self._decided[alike] = decided if isinstance(decided, Refusal) else None
        return self._decided[alike]

    def _card_names(self, row: RegisterRow) -> tuple[Name, ...]:
        """The names that the card of a row is reserved under: as its person's certificate, and as its organiser's."""
        if row.card_number is None:
            return ()
        held = self._desk.held
        return (certificate_name(held.filed.organiser_name, row.card_number, row.person),
                roster_card_name(held.organiser, row.card_number))

    def _of_another(self, fit: Sequence[tuple[Listed, RegisterRow]]) -> set[ClaimId]:
        """The rows whose number stands on a card that is not theirs: somebody else's, another class's, or void."""
        held, ledger = self._desk.held, self._desk.house.ledger
        names = {card_name(held.organiser, new.card_number): new for _, new in fit if new.card_number is not None}
        found = ledger.find_all(list(names))
        issued = ledger.load_each(list(found.values()), cards.evolve)
        return {names[name].claim for name, holder in found.items() if (card := issued[holder].state) is not None
                and (card.person, card.issued.training_class, card.status) != (
                    names[name].person, held.training_class, cards.Status.ISSUED)}

    def _taken(self, names: Sequence[Name]) -> set[Name]:
        """Those that others hold. What was written before the registration was killed holds its own."""
        ledger, roster = self._desk.house.ledger, self._desk.held.open_roster
        found = ledger.find_all(names)
        if self._desk.resumed and roster is not None:
            rows = ledger.load_each(list(found.values()), claims.evolve)
            return {name for name, holder in found.items() if rows[holder].held_by != roster.act}
        return set(found)

    def _assessed(self, person: Person, days: int) -> Assessed | Refusal:
        """What the law makes of so many days; the same for everyone who belongs to the same place."""
        if days not in self._studies:
            self._studies[days] = study_of(self._desk.held, days)
        study = self._studies[days]
        at = person.affiliation_on(study.evidence_on)
        key = None if at is None else (at.region, at.sector, at.major, days)
        if key not in self._known:
            self._known[key] = assess(self._bench, person, study, self._today)
        return self._known[key]

    def _ruling(self, one: Listed, assessed: Assessed) -> Ruling | Wrong:
        """The law's ruling, or where it has none what an authority confirms with a document (W 12)."""
        ruling = assessed.ruling
        if ruling.status == "refused":
            why = "；".join(str(step["arithmetic"]) for step in assessed.why if step.get("arithmetic"))
            return Wrong("not_countable", f"按细则（{_article(ruling)}）不予计算：{why or '不符合规定'}。")
        if ruling.status != "unruled":
            if one.hours_centi is not None and one.hours_centi != ruling.assessed_centi:
                hours = format_hours(ruling.assessed_centi)
                return Wrong("hours_differ", f"按细则（{_article(ruling)}）为 {hours} 学时；请删去所填学时或改为一致。")
            return ruling
        if self._desk.is_check and self._desk.may_confirm and one.hours_centi is None:
            return ruling
        if not self._desk.may_confirm:
            return Wrong("confirmation_not_theirs", "没有细则规定这类班次的学时，由主管部门确认；举办单位不能自填。")
        if one.hours_centi is None or self._document is None:
            return Wrong("ruling_needed", "没有细则规定这类班次的学时；请填写确认学时，并在提交时写明确认的文件号。")
        return confirmed(one.hours_centi, self._document)


def _article(ruling: Ruling) -> str:
    return f"{ruling.rulebook or ''} {'、'.join(ruling.clauses)}".strip()


def _no(refusal: Refusal) -> Wrong:
    return Wrong(refusal.code, refusals.line_of(refusal).told)
