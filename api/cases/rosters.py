"""A roster by spreadsheet: checked row by row, then registered as one act, all of it or nothing (W 13, W 14, N 8).

Whoever brings the same file again goes on where a killed registration stopped, or is given the receipt of the one that
was finished. A file in which anything is wrong registers nobody; who has the class already is passed over and counted.
Who registers is read from the rulebooks (`policies.authority`); that it is another hand than the one that said who was
there, and what keeps anyone from being registered, is the ledger's to say: it is asked once for all who stand alike in
its eyes, and again of each row when that is written.

Reading: an ID number that is not registered and one that belongs to another name are answered in the same words, and of
a trial everyone who was found is recorded as looked at: a roster is no way to ask who is registered here.

`tests/api/test_http_rosters.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from api import refusals
from api.callers import Caller
from api.cases.class_filings import class_of, class_view
from api.cases.doing import Asked, Done, Reading, do, done
from api.cases.faults import BadFields, Fault
from api.cases.finding import blocks, by_documents
from api.cases.roster_lists import HEADS, NOTES, Listed, Wrong, listed, marks_of, told
from api.cases.standing import acting, by_actor, of_another_level, present, role_for
from api.house import House
from api.law_of import Assessed, assess, bench_now, confirmed, law_now
from api.sheets import Columns, Sheet, cell_name, read, returned, template
from ledger.access import record_accesses
from ledger.acts import CHUNK_REGISTERED, insist
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import By, Name
from ledger.events.claim import Ruling, Study, certificate_name
from ledger.events.training import ClassId, ClassRosterClosed
from ledger.ids import new_ids
from ledger.rosters import open_roster, resume_roster
from ledger.stores.append import EVENTS_MAX, Receipt
from ledger.streams import act as acts
from ledger.streams import claim as claims
from ledger.streams import training_class as classes
from ledger.streams import training_roster as rosters
from ledger.streams.decision import Decision
from ledger.streams.person import Person
from ledger.streams.standing import Actor, standing
from ledger.streams.training_roster import RegisterRow, decide_row, study_of
from ledger.vocabulary import ActId, ActorId, ClaimId, PersonId, StreamId, format_hours
from policies.authority import Office, roster_offices
from projections.duplicates import owners_of

TOLD_MOST: Final = 200
"""So many rows are told in an answer; the workbook that goes back has them all."""

_NOBODY: Final = "没有证件号码和姓名都与此相符的人员；请按证件核对，尚未注册的请本人先注册。"


class Checked(NamedTuple):
    """A list that was read and judged: who would be registered, who has it already, what is wrong."""

    sheet: Sheet
    columns: Columns
    rows: list[Listed]
    new: list[RegisterRow]
    duplicates: list[int]           # Rows, counted from 0.
    worth: Counter[tuple[int, Ruling]]  # How many get what for how many half days.
    seen: list[str]

    @property
    def wrong(self) -> list[Listed]:
        """The rows that keep it from being registered."""
        return [one for one in self.rows if one.wrongs]


def register(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Checked | Refusal:
    """Register everyone on a list; of a trial, say of each row what would become of it."""
    desk = _desk(house, caller, name, fields, asked)
    if isinstance(desk, Refusal | Done):
        return desk
    checked = _Judging(desk, fields.get("document")).checked(read(fields["file"]))
    if asked.dry_run:
        _record_seen(desk, checked.seen)
        return checked
    if wrong := checked.wrong:
        raise BadFields(Fault("/file", one.wrongs[0].code, words_of(checked, one)) for one in wrong[:TOLD_MOST])
    if not checked.new:
        return Refusal.because("roster_all_registered", duplicates=len(checked.duplicates))
    return _written(desk, checked.new, asked)


def abandon(house: House, caller: Caller, name: str, asked: Asked) -> Done | Refusal:
    """Give up the registration that is open: none of its rows will ever count."""
    role = _role(house, caller, name)
    if isinstance(role, Refusal):
        return role
    actor, as_role = role

    def decide(reading: Reading) -> Decision:
        held = class_of(reading, name)
        command = rosters.AbandonRoster(role=as_role)
        return rosters.decide_roster_abandonment(
            held, command, _act_of(reading, held), present(reading, caller))

    return do(house.ledger, by_actor(caller, actor, as_role), asked, decide, upon=name, show=class_view)


def blank() -> bytes:
    """The workbook to be filled in."""
    return template("名单", HEADS, NOTES)


# Who, and upon what


class _Desk(NamedTuple):
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


def _role(house: House, caller: Caller, name: str) -> tuple[Actor, str] | Refusal:
    """The actor who asks, and of the roles that the law lets register this class the one that they hold."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = class_of(Reading(house.ledger), name)
    if found is None:
        return Refusal.because("class_absent")
    offices = _offices(house, found)
    role = role_for(actor, [one.role for one in offices], found.matter)
    no = standing(actor, role, found.matter) or of_another_level(offices, found.matter, role, actor)
    return no if no is not None else (actor, role)


def _offices(house: House, found: classes.TrainingClass) -> tuple[Office, ...]:
    """The offices that the law lets register this class."""
    filed = found.filed
    return roster_offices(law_now(house.answers), filed.starts, filed.region, filed.sector, filed.category.value)


def _desk(
    house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked
) -> _Desk | Done | Refusal:
    """Everything that is decided before a row is read; a list that was registered is answered with its receipt."""
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    if (behind := house.settled()) is not None:  # Who has the class already is asked of the answers.
        return behind
    registrar = _role(house, caller, name)
    if isinstance(registrar, Refusal):
        return registrar
    actor, role = registrar
    reading = Reading(house.ledger)
    found = class_of(reading, name)
    assert found is not None, "a class is never taken away"
    digest = hashlib.sha256(fields["file"]).hexdigest()
    opening = rosters.OpenRoster(role=role, act=ActId(house.new_id("act")), rows=1, chunk=1, list_sha256=digest)
    decided = rosters.decide_roster_opening(found, opening, actor)
    if isinstance(decided, Refusal) and decided.code == "roster_exists" and not asked.dry_run:
        return done(house.ledger, _receipt(house, found, digest))
    version = reading.versions[StreamId(name)]
    if asked.version is not None and asked.version != version:
        return Refusal.because("stale_version", version=version, current={**class_view(found), "version": version})
    resumed = found.open_roster is not None and found.open_roster.list_sha256 == digest
    if isinstance(decided, Refusal) and not resumed:
        return decided
    held = found
    for draft in () if isinstance(decided, Refusal) else decided:
        if draft.event.stream == name:
            held = classes.evolve(held, draft.event)  # type: ignore[arg-type]
    may_confirm = any(one.role == role and one.level is not None for one in _offices(house, found))
    return _Desk(house, caller, by_actor(caller, actor, role), actor, role, ClassId(name), held, digest, resumed,
                 may_confirm)


def _receipt(house: House, found: classes.TrainingClass, digest: str) -> Receipt:
    """When a list was registered that was registered before."""
    act = next(one.act for one in found.rosters if one.list_sha256 == digest and one.status == "closed")
    for position, leaf in reversed(house.ledger.store.stream(found.training_class)):
        envelope = decode(leaf)
        if isinstance(envelope.event, ClassRosterClosed) and envelope.event.act == act:
            return Receipt(position, 1, envelope.recorded_at, replayed=True)
    raise AssertionError("what is closed was closed")


# What each row comes to


@dataclass(slots=True)
class _Judging:
    """Asks of each row who it is, what the law makes of it, and whether the ledger would take it."""

    desk: _Desk
    document: str | None

    def checked(self, sheet: Sheet) -> Checked:
        house, held = self.desk.house, self.desk.held
        self._today = house.today
        columns, rows = listed(sheet, self._today)
        checked = Checked(sheet, columns, rows, [], [], Counter(), [])
        self._bench, self._known = bench_now(house.answers), dict[Any, Assessed | Refusal]()
        self._named = owners_of(house.answers, "occasion", self.desk.training_class)
        assert held.held is not None, "whoever registers a class was told that it was held"
        for block in blocks(rows):
            self._judge(block, checked)
        return checked

    _today: date = date.min
    _ids: list[ClaimId] = field(default_factory=list)
    _bench: Any = None
    _known: Any = None
    _studies: dict[int, Study] = field(default_factory=dict)  # By how long somebody was there.
    _decided: dict[Any, Refusal | None] = field(default_factory=dict)
    _named: frozenset[str] = frozenset()

    def _judge(self, block: Sequence[Listed], checked: Checked) -> None:
        """Judge the next rows; whom they name, and who holds the numbers of their cards, is looked up for all."""
        held, judged = self.desk.held.held, list[tuple[Listed, RegisterRow]]()
        assert held is not None, "see above"
        self._ids = [ClaimId(one) for one in new_ids("claim", len(block), now_ms=self.desk.house.now // 1_000)]
        people = by_documents(self.desk.house.ledger,
                              [one.id for one in block if one.id is not None and not one.wrongs])
        for one in block:
            if one.wrongs or one.id is None:
                continue
            found = people.get(one.id)
            if found is None or found.name != one.name:
                one.is_wrong(Wrong("person_unknown", _NOBODY, checked.columns.places["id_number"]))
                continue
            checked.seen.append(found.person.person)
            if self._has_it(found.person):
                checked.duplicates.append(one.row)
                continue
            row = self._row(one, found.person, held.days_half if one.days_half is None else one.days_half)
            if isinstance(row, Wrong):
                one.is_wrong(row)
            else:
                judged.append((one, row))
        taken = self._taken([self._card_name(new) for _, new in judged if new.card_number is not None])
        for one, new in judged:
            if new.card_number is not None and self._card_name(new) in taken:
                one.is_wrong(Wrong("card_used", "这个登记卡号已用于本人的另一项申报；请核对。"))
            else:
                checked.new.append(new)
                checked.worth[new.days_half, new.ruling] += 1

    def _has_it(self, person: Person) -> bool:
        """Whether the class is registered for them, by hand or on another roster; also where that was revoked."""
        name = self.desk.training_class
        return person.person in self._named and any(
            one.study.occasion == name for one in self.desk.house.answers.registered(person.person))

    def _row(self, one: Listed, person: Person, days: int) -> RegisterRow | Wrong:
        held = self.desk.held
        assert held.held is not None, "see above"
        if not 1 <= days <= held.held.days_half:  # Before the law: it would judge days that were not held.
            return _no(Refusal.because("attendance_unfit"))
        assessed = self._assessed(person, days)
        if isinstance(assessed, Refusal):
            return _no(assessed)
        ruling = self._ruling(one, assessed)
        if isinstance(ruling, Wrong):
            return ruling
        row = RegisterRow(
            claim=self._ids.pop(), person=PersonId(person.person), on=self._today, role=self.desk.role,
            days_half=days, ruling=ruling, year=assessed.year, card_number=one.card,
        )
        no = self._kept_out(row, person)
        return row if no is None else _no(no)

    def _kept_out(self, row: RegisterRow, person: Person) -> Refusal | None:
        """What the ledger says against a row; the same for everyone who stands alike in what it rests on."""
        desk = self.desk
        alike = (person.affiliation_on(row.on), person.is_restricted, person.is_forgotten,
                 person.person == desk.actor.person, row.days_half, row.ruling)
        if alike not in self._decided:
            decided = decide_row(desk.held, None, row, person, desk.actor)
            self._decided[alike] = decided if isinstance(decided, Refusal) else None
        return self._decided[alike]

    def _card_name(self, row: RegisterRow) -> Name:
        assert row.card_number is not None, "of a row without a card nothing is reserved"
        return certificate_name(self.desk.held.filed.organiser_name, row.card_number, row.person)

    def _taken(self, names: Sequence[Name]) -> set[Name]:
        """Those that others hold. What was written before the registration was killed holds its own."""
        ledger, roster = self.desk.house.ledger, self.desk.held.open_roster
        found = ledger.find_all(names)
        if self.desk.resumed and roster is not None:
            rows = ledger.load_each(list(found.values()), claims.evolve)
            return {name for name, holder in found.items() if rows[holder].held_by != roster.act}
        return set(found)

    def _assessed(self, person: Person, days: int) -> Assessed | Refusal:
        """What the law makes of so many days; the same for everyone who belongs to the same place."""
        if days not in self._studies:
            self._studies[days] = study_of(self.desk.held, days)
        study = self._studies[days]
        at = person.affiliation_on(study.evidence_on)
        key = None if at is None else (at.region, at.sector, at.major, days)
        if key not in self._known:
            self._known[key] = assess(self._bench, person, study, self._today)
        found: Assessed | Refusal = self._known[key]
        return found

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
        if not self.desk.may_confirm:
            return Wrong("confirmation_not_theirs", "没有细则规定这类班次的学时，由主管部门确认；举办单位不能自填。")
        if one.hours_centi is None or self.document is None:
            return Wrong("ruling_needed", "没有细则规定这类班次的学时；请填写确认学时，并在提交时写明确认的文件号。")
        return confirmed(one.hours_centi, self.document)


def _article(ruling: Ruling) -> str:
    return f"{ruling.rulebook or ''} {'、'.join(ruling.clauses)}".strip()


def _no(refusal: Refusal) -> Wrong:
    return Wrong(refusal.code, refusals.lines()[refusal.code].detail)


# Registered


def _written(desk: _Desk, rows: Sequence[RegisterRow], asked: Asked) -> Done | Refusal:
    """Write every row in an act of its own and close it with the class; killed, it goes on with the same file."""
    ledger, actor = desk.house.ledger, ActorId(desk.caller.id)
    if desk.resumed:
        roster = resume_roster(ledger, desk.training_class, list_sha256=desk.digest, actor=actor, role=desk.role)
    else:
        roster = open_roster(ledger, desk.training_class, rows=len(rows), list_sha256=desk.digest, actor=actor,
                             role=desk.role, now_ms=desk.house.now // 1_000, chunk=CHUNK_REGISTERED)
    if isinstance(roster, Refusal):
        return roster
    if roster.act.state is None or roster.act.state.rows != len(rows):
        return Refusal.because("list_changed", rows=len(rows))  # Somebody has been registered by hand since.
    while roster.rows_next:
        first = roster.act.rows_done
        written = insist(roster.write, rows[first:first + roster.rows_next])
        if isinstance(written, Refusal):
            return written

    def decide(reading: Reading) -> Decision:
        held = class_of(reading, desk.training_class)
        command = rosters.CloseRoster(role=desk.role)
        return rosters.decide_roster_closing(held, command, _act_of(reading, held), present(reading, desk.caller))

    return do(ledger, desk.by, asked, decide)


def _act_of(reading: Reading, held: classes.TrainingClass | None) -> acts.Act | None:
    """The act of the roster that is open."""
    return reading.act(None if held is None or held.open_roster is None else held.open_roster.act)


def _record_seen(desk: _Desk, seen: Sequence[str]) -> None:
    for some in blocks(seen, EVENTS_MAX):
        record_accesses(
            desk.house.register.access, by=desk.by, subjects=some,
            purpose="roster_check", what=("identity",), route="rosters", now_ms=desk.house.now // 1_000)


# How it is shown


def preview(checked: Checked) -> dict[str, Any]:
    """What a list would come to: which column is what, how many are new, known already or wrong, and why."""
    wrong = checked.wrong
    return {
        "columns": told(checked.columns),
        "ignored_columns": list(checked.columns.unknown),
        "rows": len(checked.rows),
        "new": len(checked.new),
        "duplicates": len(checked.duplicates),
        "errors": len(wrong),
        "problems": [{"row": one.row + 1, "code": one.wrongs[0].code, "detail": words_of(checked, one)}
                     for one in wrong[:TOLD_MOST]],
        "duplicate_rows": [row + 1 for row in checked.duplicates[:TOLD_MOST]],
        "worth": [
            {"days": format_hours(days * 50), "hours": format_hours(ruling.assessed_centi), "status": ruling.status,
             "rulebook": ruling.rulebook, "clauses": list(ruling.clauses), "flags": list(ruling.flags),
             "people": people}
            for (days, ruling), people in checked.worth.most_common()
        ],
    }


def words_of(checked: Checked, one: Listed) -> str:
    """What is wrong with a row, with the place on the screen."""
    words = "；".join(wrong.words for wrong in one.wrongs)
    place = one.wrongs[0].column
    if words.startswith("第 "):
        return words
    where = f"第 {one.row + 1} 行" if place is None else cell_name(one.row, place)
    return f"{where}：{words}"


def returned_workbook(checked: Checked) -> bytes | None:
    """The list as it came, what is wrong in red with the reason; None where nothing is."""
    if not checked.wrong:
        return None
    wide = max(len(row) for row in checked.sheet.rows)
    return returned(checked.sheet.rows, checked.columns.row, marks_of(checked.rows, wide))
