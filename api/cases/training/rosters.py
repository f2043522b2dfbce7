"""A roster by spreadsheet: checked row by row, then registered as one act, all of it or nothing (W 13, W 14, N 8).

Whoever brings the same file again goes on where a killed registration stopped, or is given the receipt of the one that
was finished. A file in which anything is wrong registers nobody; who has the class already is passed over and counted.
Who registers: `api.cases.training.roster_offices`. That it is another hand than the one that said who was there is the
ledger's to say. Which papers of the class lack a trial tells, for the office that reviews them to weigh (W 13). Of a
trial everyone who was found is recorded as looked at.

The organiser brings the list (W 13: 培训结束后提交): it tries it as whoever registers would, and hands it in with the
papers of the class; the office registers what was handed in, by its digest, as one act, or sends it back with the
reason.

`tests/api/test_http_rosters.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from api.cases.doing import Asked, Done, Reading, do, done
from api.cases.looked import record_looks
from api.cases.standing import acting, by_actor, present
from api.cases.training import training_files
from api.cases.training.class_filings import class_of, class_view, hold
from api.cases.training.organising import speaking_role
from api.cases.training.roster_judging import Checked, Desk, judged
from api.cases.training.roster_lists import HEADS, NOTES
from api.cases.training.roster_offices import hand_for, offices_by_law, registrar
from api.cases.training.roster_shown import TOLD_MOST, words_of
from api.house import House
from api.operational.callers import Caller
from api.paper.sheets import read, template
from api.refusals.faults import BadFields, Fault
from ledger.acts.rosters import open_roster, resume_roster
from ledger.acts.running import CHUNK_REGISTERED, insist
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.training import ClassId, ClassRosterClosed
from ledger.keys.vault import Absent
from ledger.stores.append import Receipt
from ledger.streams import act as acts
from ledger.streams import training_class as classes
from ledger.streams import training_roster as rosters
from ledger.streams.decision import Decision
from ledger.vocabulary import ActId, ActorId, StreamId


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
    role = registrar(house, caller, name)
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
    role = registrar(house, caller, name)
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


# What is decided before a row is read


def _desk(
    house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked
) -> Desk | Done | Refusal:
    """Who reads which list upon which class; a list that was registered is answered with its receipt."""
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    if (behind := house.settled()) is not None:  # Who has the class already is asked of the answers.
        return behind
    reading = Reading(house.ledger)
    found = class_of(reading, name)
    hand = hand_for(house, caller, name, found, is_trial=asked.dry_run)
    if isinstance(hand, Refusal):
        return hand
    assert found is not None, "a class is never taken away"
    actor, role, is_check = hand
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
    may_confirm = any(one.role == role and one.level is not None for one in offices_by_law(house, found))
    asking = acting(house, caller)
    assert not isinstance(asking, Refusal), "nobody else came so far"
    by = by_actor(caller, asking, speaking_role(asking, found.organiser) if is_check else role)
    return Desk(house, caller, by, actor, role, ClassId(name), held, digest, resumed, may_confirm, content, is_check)


def handed_in(house: House, found: classes.TrainingClass, sha256: str) -> bytes | Refusal:
    """A list that the organiser handed in with the papers of a class that was held."""
    shown = () if found.held is None else found.held.evidence
    opened = None
    if any(one.kind == "roster" and one.sha256 == sha256 for one in shown):
        opened = house.evidence.open(found.organiser, sha256)
    if isinstance(opened, Absent):
        return Refusal.because("key_destroyed")
    return Refusal.because("evidence_absent") if opened is None else opened[1]


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
