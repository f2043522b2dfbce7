"""A roster by spreadsheet: checked row by row, then registered as one act, all of it or nothing (W 13, W 14, N 8).

Whoever brings the same file again goes on where a killed registration stopped, or is given the receipt of the one that
was finished. A file in which anything is wrong registers nobody; who has the class already is passed over and counted.
Who registers is read from the rulebooks (`policies.authority`); that it is another hand than the one that said who was
there is the ledger's to say. Which papers of the class lack a trial tells, for the office that reviews them to weigh
(W 13). Of a trial everyone who was found is recorded as looked at.

The organiser brings the list (W 13: 培训结束后提交): it tries it as whoever registers would, and hands it in with the
papers of the class; the office registers what was handed in, by its digest, as one act, or sends it
back with the reason.

`tests/api/test_http_rosters.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from api.cases.doing import Asked, Done, Reading, do, done
from api.cases.looked import record_looks
from api.cases.standing import acting, by_actor, of_another_level, present, role_for
from api.cases.training import training_files
from api.cases.training.class_filings import class_of, class_view, hold
from api.cases.training.organising import organisers_of, speaking_role
from api.cases.training.roster_judging import Checked, Desk, judged
from api.cases.training.roster_lists import HEADS, NOTES, Listed, marks_of, told
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from api.paper.sheets import cell_name, read, returned, template
from api.refusals.faults import BadFields, Fault
from ledger.acts.rosters import open_roster, resume_roster
from ledger.acts.running import CHUNK_REGISTERED, insist
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.training import ClassId, ClassRosterClosed
from ledger.keys.vault import Absent
from ledger.stores.append import Receipt
from ledger.streams import act as acts
from ledger.streams import training_class as classes
from ledger.streams import training_roster as rosters
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, standing
from ledger.streams.training_hands import of_organiser
from ledger.vocabulary import ActId, ActorId, StreamId, UnitId, format_hours
from policies.authority import NobodyRegisters, Office, roster_offices

_OF_THEIR_OWN: Final = ("recognised_organiser", "unit")

TOLD_MOST: Final = 200
"""So many rows are told in an answer; the workbook that goes back has them all."""


def register(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Checked | Refusal:
    """Register everyone on a list; of a trial, say of each row what would become of it."""
    desk = _desk(house, caller, name, fields, asked)
    if isinstance(desk, Refusal | Done):
        return desk
    checked = judged(desk, fields.get("document"), read(desk.content))
    if asked.dry_run:
        _record_seen(desk, list(checked.people))
        return checked
    if wrong := checked.wrong:
        raise BadFields(Fault("/file", one.wrongs[0].code, words_of(one)) for one in wrong[:TOLD_MOST])
    if not checked.new:
        return Refusal.because("roster_all_registered", duplicates=len(checked.duplicates))
    return _written(desk, checked, asked)


def hand_in(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Checked | Refusal:
    """Let the organiser bring a list in which nothing is wrong; it waits until an office registers it."""
    checked = register(house, caller, name, {"file": fields["file"]}, Asked(dry_run=True))
    if not isinstance(checked, Checked) or checked.wrong:
        return checked
    found = class_of(Reading(house.ledger), name)
    assert found is not None and found.held is not None, "a list is tried of a class that was held"
    held, digest = found.held, hashlib.sha256(fields["file"]).hexdigest()
    kept = training_files.keep(house, caller, found.organiser, digest, fields.get("name"), lambda: fields["file"])
    if isinstance(kept, Refusal):
        return kept
    papers = [{"kind": one.kind, "sha256": one.sha256, "issued_on": one.issued_on} for one in held.evidence
              if one.kind != "roster"]
    told = {"starts": held.starts, "ends": held.ends, "days": held.days_half, "attended": held.attended,
            "passed": held.passed, "evidence": [*papers, {"kind": "roster", "sha256": digest}]}
    return hold(house, caller, name, told, asked)


def send_back(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Return to the organiser the list that it handed in, to be mended and handed in anew."""
    role = _role(house, caller, name)
    if isinstance(role, Refusal):
        return role
    actor, as_role = role

    def decide(reading: Reading) -> Decision:
        command = rosters.ReturnRoster(role=as_role, words=fields["words"])
        return rosters.decide_roster_return(class_of(reading, name), command, present(reading, caller))

    return do(house.ledger, by_actor(caller, actor, as_role), asked.because(fields), decide, upon=name,
              show=class_view)


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


def offices_of(house: House, name: str) -> tuple[Office, ...]:
    """The offices that the law lets register a class; none where the law names nobody."""
    found = class_of(Reading(house.ledger), name)
    try:
        return () if found is None else _offices(house, found)
    except NobodyRegisters:
        return ()


def is_for(house: House, actor: Actor, name: str, role: str | None) -> bool:
    """Say whether a class waits for this account's office, in this of its roles or in any: for a department that the
    law names, and for an organiser or a unit only if the class is its own, or passed on to it."""
    found = class_of(Reading(house.ledger), name)
    is_own = found is not None and found.organiser in organisers_of(actor)
    offices = [one for one in offices_of(house, name)
               if role in (None, one.role) and (is_own or one.role not in _OF_THEIR_OWN)]
    if found is None or not offices:
        return False
    held = role_for(actor, [one.role for one in offices], found.matter)
    return standing(actor, held, found.matter) is None and of_another_level(
        offices, found.matter, held, actor) is None


def _offices(house: House, found: classes.TrainingClass) -> tuple[Office, ...]:
    """The offices that the law lets register this class."""
    filed = found.filed
    return roster_offices(law_now(house.answers), filed.starts, filed.region, filed.sector, filed.category.value)


def _desk(
    house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked
) -> Desk | Done | Refusal:
    """Everything that is decided before a row is read; a list that was registered is answered with its receipt."""
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    if (behind := house.settled()) is not None:  # Who has the class already is asked of the answers.
        return behind
    reading = Reading(house.ledger)
    found = class_of(reading, name)
    registrar = _role(house, caller, name)
    checker = _checker(house, caller, found) if asked.dry_run and found is not None else None
    if isinstance(registrar, Refusal) and checker is None:
        return registrar
    assert found is not None, "a class is never taken away"
    hand = None if isinstance(registrar, Refusal) else registrar
    is_check = hand is None or (checker is not None and _said_who_was_there(found, hand[0]))
    if is_check and checker is not None:
        hand = checker
    assert hand is not None, "whoever neither registers nor checks was told so"
    actor, role = hand
    content = handed_in(house, found, fields["list_sha256"]) if "list_sha256" in fields else fields["file"]
    if isinstance(content, Refusal):
        return content
    digest = hashlib.sha256(content).hexdigest()
    if is_check:
        found = replace(found, list_returned=None)  # Handed in, it comes anew, also where other papers were mended.
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
    asking = acting(house, caller)
    assert not isinstance(asking, Refusal), "nobody else came so far"
    by = by_actor(caller, asking, speaking_role(asking, found.organiser) if is_check else role)
    return Desk(house, caller, by, actor, role, ClassId(name), held, digest, resumed, may_confirm, content, is_check)


def registers(house: House, caller: Caller, name: str) -> bool:
    """Say whether this account may register the lists of a class: not as the hand that said who was there."""
    found, registrar = class_of(Reading(house.ledger), name), _role(house, caller, name)
    return found is not None and not isinstance(registrar, Refusal) and not _said_who_was_there(found, registrar[0])


def handed_in(house: House, found: classes.TrainingClass, sha256: str) -> bytes | Refusal:
    """A list that the organiser handed in with the papers of a class that was held."""
    shown = () if found.held is None else found.held.evidence
    opened = None
    if any(one.kind == "roster" and one.sha256 == sha256 for one in shown):
        opened = house.evidence.open(found.organiser, sha256)
    if isinstance(opened, Absent):
        return Refusal.because("key_destroyed")
    return Refusal.because("evidence_absent") if opened is None else opened[1]


def _said_who_was_there(found: classes.TrainingClass, actor: Actor) -> bool:
    return found.held is not None and actor.is_same_hand(found.held.hand)


def _checker(house: House, caller: Caller, found: classes.TrainingClass) -> tuple[Actor, str] | None:
    """As whom an organiser tries its own list: whoever will register it, who is nobody yet."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal) or of_organiser(found.organiser, speaking_role(actor, found.organiser), actor):
        return None
    offices = offices_of(house, found.training_class)
    if not offices:
        return None
    scope = Scope(role=offices[0].role, region="")
    return Actor(ActorId("-"), UnitId("-"), None, scopes=(scope,)), scope.role


def _receipt(house: House, found: classes.TrainingClass, digest: str) -> Receipt:
    """When a list was registered that was registered before."""
    act = next(one.act for one in found.rosters if one.list_sha256 == digest and one.status == "closed")
    for position, leaf in reversed(house.ledger.store.stream(found.training_class)):
        envelope = decode(leaf)
        if isinstance(envelope.event, ClassRosterClosed) and envelope.event.act == act:
            return Receipt(position, 1, envelope.recorded_at, replayed=True)
    raise AssertionError("what is closed was closed")


# Registered


def _written(desk: Desk, checked: Checked, asked: Asked) -> Done | Refusal:
    """Write every row in an act of its own and close it with the class; killed, it goes on with the same file."""
    ledger, actor, rows = desk.house.ledger, ActorId(desk.caller.id), checked.new
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
        written = insist(partial(roster.write, people=checked.people), rows[first:first + roster.rows_next])
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


def _record_seen(desk: Desk, seen: Sequence[str]) -> None:
    record_looks(desk.house, desk.by, seen, "roster_check", what=("identity",), route="rosters")


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
        "attended": checked.attended,
        "registered": checked.registered,
        "beyond": checked.beyond,
        "passed": checked.passed,
        "beyond_passed": checked.beyond_passed,
        "papers": checked.papers,
        "problems": [{"row": one.row + 1, "code": one.wrongs[0].code, "detail": words_of(one)}
                     for one in wrong[:TOLD_MOST]],
        "duplicate_rows": [row + 1 for row in checked.duplicates[:TOLD_MOST]],
        "worth": [
            {"days": format_hours(days * 50), "hours": format_hours(ruling.assessed_centi), "status": ruling.status,
             "rulebook": ruling.rulebook, "clauses": list(ruling.clauses), "flags": list(ruling.flags),
             "people": people}
            for (days, ruling), people in checked.worth.most_common()
        ],
    }


def words_of(one: Listed) -> str:
    """What is wrong with a row, with the place on the screen."""
    words = "".join(wrong.words for wrong in one.wrongs)
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
