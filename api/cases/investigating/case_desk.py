"""The desk of a case, over whatever door: members, notes, deadline, widening, requests for material, what is linked.

Acts (each `(house, caller, case, fields, asked) -> Done | Refusal`; `Done.state` is a `ledger.streams.case.Case`, shown
by `api.cases.investigating.inquiries.view`):

    name_member      fields: actor                     release_member   fields: actor, words?
    add_note         fields: words                     set_deadline     fields: due, words
    take_findings    fields: findings                  name_consequence fields: application
    request_material fields: source, what, due, party?
    receive_material fields: number, files, is_complete, words?      end_request fields: number, why, words
    widen            fields: words, claims?/persons?/actors?/organisers?, or a choice
    (`api.cases.investigating.case_choosing`) with
                     the `list_sha256` that `preview_widening(house, caller, case, fields)` showed

Readings (each for a purpose, recorded, for members alone): `notes`, `requests`, `overdue` (over all cases of the
asker's), `bulks` and `bulk` (with progress), `followed` (every effect, also of one act), `named` (a list by the page).

`tests/api/test_case_members.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.cases.cases import is_about, let_in, supervising, works_on
from api.cases.doing import Asked, Done, Reading
from api.cases.investigating import finding_acts
from api.cases.investigating.bulk_jobs import open_job
from api.cases.investigating.case_choosing import chosen_entries, chosen_of, list_digest
from api.cases.investigating.inquiries import in_case, strange
from api.cases.standing import SUPERVISOR
from api.house import House
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.base import Words
from ledger.events.case import Concerned, MaterialWanted
from ledger.streams import application as applications
from ledger.streams import case_members as members
from ledger.streams import case_work as work
from ledger.streams.case import Case
from ledger.streams.claim import Claim
from ledger.streams.claim import evolve as evolve_claim
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor
from ledger.vocabulary import ClaimId
from projections import case_desk_reading as desk
from projections import cases
from projections.basis import written_time
from projections.pages import Page

_After = tuple[Any, ...] | None
_NAMES = ("claims", "persons", "actors", "organisers")


# Acts


def name_member(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let another account work on it; of a case without members, also oneself."""

    def decide(reading: Reading, found: Case, by: Actor) -> Decision:
        to = reading.actor(fields["actor"])
        if to is not None and is_about(reading, to, found.concerned.actors, (), ()):
            return Refusal.because("member_unfit", actor=to.actor)  # A colleague of an account that it is about.
        return members.decide_naming(found, members.NameMember(role=SUPERVISOR), to, by)

    return in_case(house, caller, case, asked, decide)


def release_member(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Let an account work on it no longer."""
    command = members.ReleaseMember(role=SUPERVISOR, words=fields.get("words"))
    return in_case(house, caller, case, asked, lambda _, found, by: members.decide_member_release(
        found, command, fields["actor"], by))


def add_note(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Note something down."""
    command = work.AddNote(role=SUPERVISOR, words=fields["words"])
    return in_case(house, caller, case, asked, lambda _, found, by: work.decide_note(found, command, by))


def set_deadline(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say anew until when it is to be ended."""
    _not_past(house, fields)
    command = work.SetDeadline(role=SUPERVISOR, due=fields["due"], words=fields["words"])
    return in_case(house, caller, case, asked, lambda _, found, by: work.decide_deadline(found, command, by))


def take_findings(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Look into findings of patterns in this case, as far as they are in sight."""
    return finding_acts.take_into_case(house, caller, case, fields, asked)


def name_consequence(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that a sanction followed from it that does not name it."""
    command = work.NameConsequence(role=SUPERVISOR, application=fields["application"])

    def decide(reading: Reading, found: Case, by: Actor) -> Decision:
        sanctioned = reading.state(command.application, applications.evolve)
        return work.decide_consequence(found, command, sanctioned, by)

    return in_case(house, caller, case, asked, decide)


def request_material(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Ask somebody for material until a day."""
    _not_past(house, fields)
    command = work.RequestMaterial(
        role=SUPERVISOR, source=fields["source"], what=fields["what"], due=fields["due"], party=fields.get("party"))
    return in_case(house, caller, case, asked, lambda _, found, by: work.decide_request(found, command, by))


def receive_material(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Take what came of a request, as digests of files."""
    command = work.ReceiveMaterial(
        role=SUPERVISOR, number=fields["number"], files=tuple(fields.get("files", ())),
        is_complete=fields.get("is_complete", True), words=fields.get("words"))
    return in_case(house, caller, case, asked, lambda _, found, by: work.decide_receipt(found, command, by))


def end_request(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Wait for it no longer: withdrawn, or not provided."""
    command = work.EndRequest(role=SUPERVISOR, number=fields["number"], why=fields["why"], words=fields["words"])
    return in_case(house, caller, case, asked, lambda _, found, by: work.decide_request_end(found, command, by))


def widen(house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Look into more: what is named, or what a choice comes to as it was shown."""
    chosen = chosen_of(fields)
    entries = tuple(ClaimId(one) for one in dict.fromkeys(fields.get("claims", ())))
    if chosen is not None:
        found = _entries(house, caller, fields)
        if isinstance(found, Refusal):
            return found
        entries, digest = found
        if fields.get("list_sha256") != digest:
            return Refusal.because("list_changed", list_sha256=digest, rows=len(entries))
    named = Concerned(claims=entries, **{
        name: tuple(dict.fromkeys(fields.get(name, ()))) for name in _NAMES if name != "claims"})
    command = work.WidenCase(role=SUPERVISOR, words=fields["words"], concerned=named, chosen=chosen,
                             list_sha256=fields.get("list_sha256"))

    def decide(reading: Reading, found: Case, by: Actor) -> Decision:
        claims: list[Claim] = []
        for one in reading.states(named.claims, evolve_claim).values():
            if one is None:
                return Refusal.because("claim_absent")
            claims.append(one)
        # What a choice came to lies within the scope it was asked in; what is named is asked for its place.
        if no := strange(house, reading, named if chosen is None else _but_claims(named), by):
            return no
        if is_about(reading, by, named.actors, (), ()):
            return Refusal.because("own_case", actor=by.actor)
        return work.decide_widening(found, command, claims, by)

    return in_case(house, caller, case, asked, decide)


def preview_widening(house: House, caller: Caller, case: str, fields: dict[str, Any]) -> dict[str, Any] | Refusal:
    """What a choice comes to now, how much of it is new to the case, and the digest that the act has to bring."""
    found = _entries(house, caller, fields)
    if isinstance(found, Refusal):
        return found
    entries, digest = found
    entered = let_in(house, caller, case, "case_handling", what="case_choice")
    if isinstance(entered, Refusal):
        return entered
    known = cases.named_among(house.answers, case, entries)
    new = [one for one in entries if one not in known]
    return {"rows": len(entries), "new": len(new), "list_sha256": digest, "claims": new}


def _entries(
    house: House, caller: Caller, fields: dict[str, Any]
) -> tuple[tuple[ClaimId, ...], str] | Refusal:
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = chosen_entries(house, actor, fields)
    if isinstance(found, Refusal):
        return found
    return found, list_digest("widen", found)


def _but_claims(named: Concerned) -> Concerned:
    return Concerned(persons=named.persons, actors=named.actors, organisers=named.organisers)


def _not_past(house: House, fields: dict[str, Any]) -> None:
    if fields["due"] < house.today:
        raise BadFields([Fault("/due", "day_past", f"限期 {fields['due']} 已过；请写今日或以后的日期。")])


# Readings


def notes(house: House, caller: Caller, case: str, purpose: str | None, *, as_of: int) -> dict[str, Any] | Refusal:
    """What had been noted down by a position, in order, in the words in which it was."""
    entered = let_in(house, caller, case, purpose, what="case_notes")
    if isinstance(entered, Refusal):
        return entered
    return {"case": case, "items": [
        {"event": one.event, "noted_at": written_time(one.noted_at), "actor": one.actor,
         "words": said(house, one.event)} for one in desk.notes_of(house.answers, case, as_of=as_of)]}


def requests(
    house: House, caller: Caller, case: str, purpose: str | None, *, as_of: int
) -> dict[str, Any] | Refusal:
    """What had been asked for by a position, of whom and until when; what came of it."""
    entered = let_in(house, caller, case, purpose, what="case_requests")
    if isinstance(entered, Refusal):
        return entered
    return {"case": case, "items": [
        _request(house, one) for one in desk.requests_of(house.answers, case, as_of=as_of)]}


def overdue(house: House, caller: Caller, *, as_of: int) -> dict[str, Any] | Refusal:
    """What is waited for longer than was said, over all cases that the asker works on; of whom it is not told here."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    today = house.today.isoformat()
    late = desk.overdue(house.answers, actor.actor, today, as_of=as_of)
    own = {case for case in dict.fromkeys(one.case_id for one in late) if works_on(house, actor, case)}
    return {"today": today, "items": [
        {"case": one.case_id, "number": one.number, "due": one.due, "event": one.event}
        for one in late if one.case_id in own]}


def bulks(
    house: House, caller: Caller, case: str, purpose: str | None, *, as_of: int | None = None
) -> dict[str, Any] | Refusal:
    """What was and is done to many entries at once, each with how far it was at a position."""
    entered = let_in(house, caller, case, purpose, what="case_bulks")
    if isinstance(entered, Refusal):
        return entered
    return {"case": case, "version": len(entered.case.events),
            "items": [bulk_view(house, one, as_of) for one in desk.bulks_of(house.answers, case, as_of=as_of)]}


def bulk(house: House, caller: Caller, case: str, act: str, purpose: str | None) -> dict[str, Any] | Refusal:
    """One of them."""
    found = bulks(house, caller, case, purpose)
    if isinstance(found, Refusal):
        return found
    for one in found["items"]:
        if one["act"] == act:
            return {"version": found["version"], **one}
    return Refusal.because("act_absent")


def followed(
    house: House, caller: Caller, case: str, purpose: str | None, *, act: str | None, as_of: int, after: _After,
    limit: int,
) -> Page[dict[str, Any]] | Refusal:
    """Every effect of a case, or of one of its acts, in the order in which it took effect."""
    place = (0, 0) if after is None else (after[0], after[1])
    page = desk.followed_of(house.answers, case, act=act, as_of=as_of, after=place, limit=limit)
    shown = [one.person for one in page.items if one.person is not None]
    entered = let_in(house, caller, case, purpose, what="case_effects", shown=shown)
    if isinstance(entered, Refusal):
        return entered
    return page.of([
        {"event": one.event, "case": one.case_id, "what": one.what, "about": one.about, "person": one.person,
         "act": one.act} for one in page.items])


def named(
    house: House, caller: Caller, case: str, kind: str, purpose: str | None, *, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """Whom or what a case names, of one kind (`projections.cases.NAMED`), by the page; an entry as it now stands."""
    place = (0, -1) if after is None else (after[0], after[1])
    page = cases.named_in(house.answers, case, kind, as_of=as_of, after=place, limit=limit)
    items, shown = [{"id": one} for one in page.items], list(page.items)
    if kind not in ("persons", "actors", "organisers"):
        states = house.ledger.load_each(list(page.items), evolve_claim)
        items = [_entry(one, states[one].state) for one in page.items]
        shown = [one["person"] for one in items if "person" in one]
    entered = let_in(house, caller, case, purpose, what=f"case_{kind}",
                     shown=() if kind == "organisers" else shown)
    if isinstance(entered, Refusal):
        return entered
    return page.of(items)


# How it is shown


def said(house: House, event: int) -> str | None:
    """The words that stand sealed beside an event of a case; None where they can no longer be read."""
    recorded = house.ledger.at(event)
    sealed = None if recorded is None else house.ledger.opened(recorded)
    return sealed.words if isinstance(sealed, Words) else None


def bulk_view(house: House, one: desk.BulkAct, as_of: int | None = None) -> dict[str, Any]:
    """An act with how many of its rows stood at a position; the job that goes on with it is the one of now."""
    done, job = one.rows, None
    if one.state != "closed":
        act, _ = house.ledger.load_act(one.act, as_of=as_of)
        done, job = 0 if act is None else act.rows_done, open_job(house, one.act)
    return {
        "act": one.act, "case": one.case_id, "effect": one.effect, "state": one.state, "rows": one.rows,
        "rows_done": done, "list_sha256": one.list_sha256, "basis": one.basis, "chosen": one.chosen,
        "actor": one.actor, "words": said(house, one.opened_event), "opened_event": one.opened_event,
        "opened_at": written_time(one.opened_at), "ended_event": one.ended_event,
        "ended_at": None if one.ended_at is None else written_time(one.ended_at),
        "job": None if job is None else job.job,
    }


def _request(house: House, one: desk.Request) -> dict[str, Any]:
    recorded = house.ledger.at(one.event)
    sealed = None if recorded is None else house.ledger.opened(recorded)
    wanted = sealed if isinstance(sealed, MaterialWanted) else None
    return {
        "number": one.number, "party": one.party, "source": None if wanted is None else wanted.source,
        "what": None if wanted is None else wanted.what, "due": one.due, "status": one.status,
        "is_overdue": one.is_overdue(house.today.isoformat()), "requested_at": written_time(one.requested_at),
        "event": one.event, "files": list(one.files), "ended_event": one.ended_event,
        "received": [{"event": event, "words": said(house, event)} for event in one.received],
        "ended_words": None if one.ended_event is None else said(house, one.ended_event),
    }


def _entry(name: str, claim: Claim | None) -> dict[str, Any]:
    if claim is None:
        return {"id": name}
    return {
        "id": name, "person": claim.person, "status": str(claim.status), "year": claim.year,
        "route": claim.study.route, "training_class": claim.study.training_class,
        "assessed_centi": None if claim.ruling is None else claim.ruling.assessed_centi,
    }

