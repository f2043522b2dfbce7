"""Records of another system, brought in: a file checked row by row, taken over as one act, once (P 14, N 8, R 6, R 9).

Unlike a roster, what is wrong with some rows keeps no other out: a source sends thousands and mends what came back. The
rows that were set aside stand in the log with their reason, so the source is told the same whenever it asks. Whoever
sends the same file again goes on where a killed import stopped, or is given the receipt of the one that was finished.

Who brings records in is read from the rulebooks (`policies.systems`); for whom they do it, where that is not their own
organisation, is said and recorded. `tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from api.cases.doing import Asked, Done, Reading, do, done
from api.cases.importing import sources
from api.cases.importing.import_rows import Judged, Listed, Terms, judge, rows_at_once
from api.cases.importing.import_shown import view
from api.cases.importing.import_waits import settled
from api.cases.importing.import_words import DUPLICATE
from api.cases.importing.sources import importer_in, place_of
from api.cases.looked import record_looks
from api.cases.standing import HUMAN_RESOURCES, absent, acting, by_actor, in_sight, may_look, may_see, present
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from ledger.acts.imports import Decided, open_import, resume_rows
from ledger.acts.running import insist
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.imports import ImportClosed, ImportId, SetAside, file_name
from ledger.stores.append import Receipt
from ledger.streams import act as acts
from ledger.streams import imports
from ledger.streams.decision import Decision
from ledger.streams.import_source import ImportSource
from ledger.streams.imports import Import
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import ActId, ActorId
from policies.systems import importing_roles
from projections.ledgers import ledger_of


class _Desk(NamedTuple):
    """Whoever brings records in, as what, and the import that was killed, if it goes on."""

    house: House
    caller: Caller
    actor: Actor
    role: str
    by: By
    digest: str
    open_batch: Import | None
    source: ImportSource | None = None


def take(
    house: House, caller: Caller, fields: dict[str, Any], rows: Callable[[], Listed], asked: Asked
) -> Done | Judged | Refusal:
    """Take over what can be taken over of a file; of a trial, say of each row what would become of it.

    The file is taken apart only when it is known that whoever sends it may, and that it was not taken over before.
    """
    desk = _admitted(house, caller, fields, asked)
    if isinstance(desk, Refusal | Done):
        return desk
    act = None if desk.open_batch is None else desk.open_batch.opened.act
    judged = judge(Terms(house, desk.actor, desk.role, fields["system"], fields["starts"], fields["ends"],
                         fields.get("seen", 0), act, desk.source), rows())
    if isinstance(judged, Refusal):
        return judged
    if asked.dry_run:
        if no := imports.unfit(judged.rows, fields["starts"], fields["ends"], is_proved="proof" in fields):
            return no
        _record_seen(desk, judged.seen)
        return judged
    batch = desk.open_batch or _open(desk, fields, judged)
    if isinstance(batch, Refusal):
        return batch
    if batch.opened.rows != judged.rows or list(batch.set_aside) != judged.set_aside:
        return Refusal.because("list_changed", rows=judged.rows)  # The law or the register moved in between.
    if batch.opened.act is not None:
        written = _write(desk, batch, judged.accepted)
        if written is not None:
            return written
    return _close(desk, batch, judged, asked)


def abandon(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Give up one that is open: nothing of it will ever count, and its file may come again."""
    found = importer(house, caller, name)
    if isinstance(found, Refusal):
        return found
    actor, role = found

    def decide(reading: Reading) -> Decision:
        batch = import_of(reading, name)
        command = imports.AbandonImport(role=role, why=fields["why"])
        return imports.decide_import_abandonment(batch, command, present(reading, caller), _act_of(reading, batch))

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=name, show=view)


def decide_fork(house: House, caller: Caller, name: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Settle the two histories of the ledger that an import came from: what was accepted holds, or nothing of it."""
    found = importer(house, caller, name)
    if isinstance(found, Refusal):
        return found
    if (behind := house.settled()) is not None:  # What came at once with this one is asked of the answers.
        return behind
    actor, role = found

    def decide(reading: Reading) -> Decision:
        batch = import_of(reading, name)
        known = None if batch is None or batch.proved is None else ledger_of(house.answers, batch.proved.origin)
        is_beside = known is not None and any(one.batch == name and one.fork is not None for one in known.troubles)
        command = imports.DecideFork(role=role, **fields)
        return imports.decide_fork(batch, command, present(reading, caller), is_beside=is_beside)

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=name, show=view)


def set_aside(
    house: House, caller: Caller, name: str, after: int, limit: int, *, as_of: int | None = None
) -> list[SetAside] | Refusal:
    """The rows of an import that were not taken over, past one of them, for whoever answers for its place."""
    seen = _in_sight(house, caller, name)
    if isinstance(seen, Refusal):
        return seen
    then = seen[1] if as_of is None else house.ledger.load(name, imports.evolve, as_of=as_of).state
    if then is None:
        return Refusal.because("import_absent")
    return [one for one in then.set_aside if one.row > after][:limit]


# Who, and upon what


def importer(house: House, caller: Caller, name: str) -> tuple[Actor, str] | Refusal:
    """The actor who asks and their role for an import that is there, as the law of its place names it."""
    seen = _in_sight(house, caller, name)
    if isinstance(seen, Refusal):
        return seen
    actor, batch = seen
    return importer_in(house, actor, batch.matter)


def _in_sight(house: House, caller: Caller, name: str) -> tuple[Actor, Import] | Refusal:
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    batch = import_of(Reading(house.ledger), name)
    if batch is None:
        return absent(house, caller, "import_absent")
    return in_sight(actor, [batch.matter], "import_absent") or (actor, batch)


def may_begin(house: House, caller: Caller) -> Refusal | None:
    """Say why somebody brings nothing in, from wherever it may come: in none of their areas the law lets them."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    law = law_now(house.answers)
    for scope in actor.scopes:
        roles = importing_roles(law, house.today, scope.region.ljust(6, "0"), scope.sector)
        if scope.role in roles or (not roles and scope.role == HUMAN_RESOURCES):
            return None
    return Refusal.because("role_not_held", actor=actor.actor, role=HUMAN_RESOURCES)


def may_ask(house: House, caller: Caller, system: str | None) -> Refusal | None:
    """Say why somebody may not ask what became of a source's records. Of all sources together every official may."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if (behind := house.settled()) is not None:  # Whose a system's records are is asked of the answers.
        return behind
    place = None if system is None else place_of(house, system)
    return may_look(actor) if place is None else may_see(actor, place)


def for_source(house: House, actor: Actor, system: str, place: Matter) -> tuple[Actor, str] | Refusal:
    """An actor and their role for all that a system sends; where it sent nothing yet, for the place that is named."""
    return importer_in(house, actor, place_of(house, system) or place)


def import_of(reading: Reading, name: str) -> Import | None:
    """An import as a decision reads it."""
    return reading.state(name, imports.evolve)


def _admitted(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> _Desk | Done | Refusal:
    """Where a file is taken in now; what was done before is told again, and whoever comes too early waits."""
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    if (behind := settled(house, fields.get("proof"))) is not None:
        return behind
    return _desk(house, caller, fields, asked)


def _desk(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> _Desk | Done | Refusal:
    """Everything that is decided before a row is judged; a file that was taken over is answered with its receipt."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    place = Matter(fields["region"], fields.get("sector"))
    found = importer_in(house, actor, place)
    if not isinstance(found, Refusal):  # Nobody else may use up the names of a source's records.
        found = for_source(house, actor, fields["system"], place)
    if isinstance(found, Refusal):
        return found
    role, digest = found[1], fields.get("sha256") or hashlib.sha256(fields["file"]).hexdigest()
    by = msgspec.structs.replace(by_actor(caller, actor, role), on_behalf_of=fields.get("on_behalf_of"))
    known = house.ledger.find(file_name(fields["system"], digest))
    batch = None if known is None else import_of(Reading(house.ledger), known)
    if batch is not None and batch.closed is not None and not asked.dry_run:
        return done(house.ledger, _receipt(house, batch))
    if batch is not None and (no := standing(actor, role, batch.matter)):
        return no
    is_open = batch is not None and batch.status is imports.Status.OPEN
    source = None if "proof" in fields else sources.admitted(house, fields["system"])
    if isinstance(source, Refusal):
        if not is_open or source.code != "import_source_closed":  # What was begun may be ended.
            return source
        source = None
    return _Desk(house, caller, actor, role, by, digest, batch if is_open else None, source)


def _receipt(house: House, batch: Import) -> Receipt:
    """When a file was taken over that was taken over before."""
    for position, leaf in house.ledger.store.stream(batch.batch):
        envelope = decode(leaf)
        if isinstance(envelope.event, ImportClosed):
            return Receipt(position, 1 + (batch.opened.act is not None), envelope.recorded_at, replayed=True)
    raise AssertionError("what is closed was closed")


# Taken over


def _open(desk: _Desk, fields: dict[str, Any], judged: Judged) -> Import | Refusal:
    """Say of a file which of its rows are taken over, in the act in which they will be, if there are any."""
    accepted = judged.accepted
    act = None if not accepted else acts.OpenAct(
        act=ActId(desk.house.new_id("act")), kind="import", rows=len(accepted), chunk=rows_at_once(accepted),
        list_sha256=desk.digest)
    command = imports.OpenImport(
        batch=ImportId(desk.house.new_id("import")), role=desk.role, system=fields["system"], file_sha256=desk.digest,
        rows=judged.rows, starts=fields["starts"], ends=fields["ends"], region=fields["region"],
        sector=fields.get("sector"), set_aside=tuple(judged.set_aside), act=act, proof=fields.get("proof"))
    return open_import(desk.house.ledger, command, actor=ActorId(desk.caller.id), by=desk.by)


def _write(desk: _Desk, batch: Import, accepted: Sequence[Decided | None]) -> Refusal | None:
    """Write what is not written yet; killed, it goes on with the same file."""
    rows = resume_rows(desk.house.ledger, batch, by=desk.by)
    if isinstance(rows, Refusal):
        return rows
    if rows.act.state is None or rows.act.state.rows != len(accepted):
        return Refusal.because("list_changed", rows=len(accepted))
    while rows.rows_next:
        first = rows.act.rows_done
        some = [one for one in accepted[first:first + rows.rows_next] if one is not None]
        if len(some) != rows.rows_next:
            return Refusal.because("list_changed", rows=len(accepted))
        written = insist(partial(rows.write, by=desk.actor), some)
        if isinstance(written, Refusal):
            return written
    return None


def _close(desk: _Desk, batch: Import, judged: Judged, asked: Asked) -> Done | Refusal:
    """Put what was accepted in force, and say what became of every row."""

    def decide(reading: Reading) -> Decision:
        known = import_of(reading, batch.batch)
        if (twice := judged.courses.none_twice(reading) or judged.alike.none_since(reading)) is not None:
            return twice
        aside = batch.set_aside
        duplicates = sum(one.code == DUPLICATE for one in aside)
        command = imports.CloseImport(
            role=desk.role, accepted=batch.opened.rows - len(aside), rejected=len(aside) - duplicates,
            duplicates=duplicates, result_sha256=_digest(aside), act=batch.opened.act)
        return imports.decide_import_closing(
            known, command, _act_of(reading, known), present(reading, desk.caller))

    return do(desk.house.ledger, desk.by, asked, decide)


def _act_of(reading: Reading, batch: Import | None) -> acts.Act | None:
    return reading.act(None if batch is None else batch.opened.act)


def _digest(aside: Sequence[SetAside]) -> str:
    """The digest of the result: the rows that were set aside, a JSON object a line."""
    return hashlib.sha256(msgspec.json.Encoder().encode_lines(aside)).hexdigest()


def _record_seen(desk: _Desk, seen: Sequence[str]) -> None:
    record_looks(desk.house, desk.by, seen, "import_check", what=("identity",), route="imports")
