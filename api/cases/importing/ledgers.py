"""Other ledgers as they stand with us: accepted up to where, how old that is, what hangs and what contradicts (P 14).

The province has each department's system brought in at intervals (定期); of what length they are P 14 does not say, so
whoever asks may: a month unless they do. A checkpoint that somebody fetched from the ledger itself (`GET
/log/checkpoint`) is held against what was accepted: so many events behind, older than it was, or another history.

`tests/province/test_reconciling.py` shows it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any, Final

from api.cases.belonging.finding import blocks
from api.cases.doing import Reading
from api.cases.importing.hand_over_imports import trusted
from api.cases.importing.import_records import Register, ledger_system, number_of
from api.cases.importing.imports import import_of
from api.cases.standing import acting, may_look
from api.house import House, local_date
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from api.words.codes import FORK_OUTCOMES
from ledger.errors import LedgerError, Refusal
from ledger.events.imports import SetAside
from ledger.events.source import Source
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.cosignature import CosignatureVerifier, read_time
from ledger.proof.keys import format_vkey
from ledger.proof.notes import open_note, parse_note
from ledger.proof.policy import believe
from ledger.proof.text import encode_base64
from ledger.reading import Held
from ledger.witnessing.fork import format_fork
from projections.basis import written_time
from projections.ledgers import HANGING, Known, Trouble, ledger_of, ledgers

DAYS: Final = 31
"""How long after the last one the next is expected: P 14 says 定期 and no more. Reading: a month."""

_SETTLED: Final = frozenset({"duplicate", "revoked_there", "source_older", "record_twice"})
"""Why a row was set aside that waits for nothing."""

_NO_FORK: Final = {"fork": None, "decision": None}

WORDS: Final[dict[str, tuple[str, str]]] = {
    "never": ("列为可信，还没有移交过", "请对方移交：xueshi hand-over --since 0"),
    "overdue": ("超过约定的时间没有新的移交", "请对方移交上次接受之后的记录"),
    "batch_open": ("有一次导入没有完成", "用同一文件再导入一次即继续；不要的，放弃它"),
    "parts_missing": ("一次移交的各份没有到齐", "请对方补交缺的份，或从上次接受的大小起重新移交"),
    "rows_waiting": ("有记录没有接受，下次不会自动再移交", "按原因办理（如请本人注册）后，请对方用 --also 再移交"),
    "forked": ("这本账签署了两份互相矛盾的历史", "通知该机构和监督方，查明后作出决定"),
    "continued": ("这本账签署过两份互相矛盾的历史，已决定以接受的一种为准", "照常移交；另一种仍不接受"),
    "closed": ("这本账签署过两份互相矛盾的历史，已决定不再接受它的移交", "仍要接受的，由登记部门另行决定"),
    "contradicted": ("这本账签署过两份互相矛盾的历史，单凭这份检查点看不出它延续哪一种", "停止接受，先查明哪一种属实"),
    "differs": ("与对方以后的快照比较，记录不一致", "逐条核对：对方更正的请其移交，本系统更正的请其取回"),
    "behind": ("对方的账比已接受的长", "请对方移交上次接受之后的记录"),
    "older": ("对方现在的检查点比已接受的旧", "请对方说明账为何变短；保留双方的检查点"),
    "same": ("对方的账与已接受的一致", "无需办理"),
}
"""What hangs, contradicts or agrees, and the cure."""


def _may_look(house: House, caller: Caller) -> Refusal | None:
    actor = acting(house, caller)
    return actor if isinstance(actor, Refusal) else may_look(actor) or house.settled()


def listed(
    house: House, caller: Caller, *, within: int = DAYS, as_of: int | None = None
) -> list[dict[str, Any]] | Refusal:
    """Every ledger that is believed, or that something had been accepted of by a position."""
    if (no := _may_look(house, caller)) is not None:
        return no
    policy = trusted(house)
    keys: dict[str, list[str]] = {}
    for log in () if isinstance(policy, Refusal) else policy.logs:
        keys.setdefault(log.key.name, []).append(format_vkey(log.key))
    known = {one.origin: one for one in ledgers(house.answers, as_of=as_of)}
    return [_view(house, origin, keys.get(origin, []), known.get(origin), within)
            for origin in sorted(keys.keys() | known.keys())]


def fork(house: House, caller: Caller, event: int) -> tuple[str, bytes] | Refusal:
    """What proves two histories of a ledger, by our event that keeps them, and whose they are.

    Whoever has its key need not believe us.
    """
    if (no := _may_look(house, caller)) is not None:
        return no
    return next(((one.origin, format_fork(trouble.fork))
                 for one in ledgers(house.answers) for trouble in one.troubles
                 if trouble.event == event and trouble.fork is not None), Refusal.because("fork_absent", event=event))


def compare(house: House, caller: Caller, encoded: str) -> dict[str, Any] | Refusal:
    """Hold a checkpoint that was fetched from a ledger against what was accepted of it. It writes nothing."""
    if (no := _may_look(house, caller)) is not None:
        return no
    policy = trusted(house)
    if isinstance(policy, Refusal):
        return policy
    try:
        tree = believe(b64decode(encoded, validate=True), policy).checkpoint
    except ValueError:
        raise BadFields([Fault("/checkpoint", "invalid", "应为检查点原文的 base64。")]) from None
    except LedgerError as error:
        raise BadFields([Fault("/checkpoint", error.code, str(error))]) from error
    known = ledger_of(house.answers, tree.origin)
    accepted = None if known is None else known.accepted
    upto = 0 if accepted is None else accepted.size
    seen = None if known is None else known.seen.get(tree.size)
    forks = [] if known is None else known.forks
    against = seen.note if seen is not None and seen.root != encode_base64(tree.root) else next(
        (one.older.decode() for one in forks if tree == parse_checkpoint(parse_note(one.newer)[0])), None)
    if against is not None:
        code = "forked"
    elif tree.size > upto:
        code = _ahead(known)
    else:
        code = "same" if tree.size == upto else "older"
    return {"origin": tree.origin, "size": tree.size, "root": encode_base64(tree.root), "accepted": upto,
            "behind": tree.size - upto, **_told(code), "against": against}


def cosigned(house: House, note: str) -> list[tuple[str, str]] | None:
    """Which witnesses in our policy cosigned a checkpoint, and when each saw it; None: it lists no witness."""
    policy = trusted(house)
    if isinstance(policy, Refusal) or not policy.witnesses:
        return None
    try:
        found = open_note(note.encode(), [CosignatureVerifier(one.key) for one in policy.witnesses])
    except LedgerError:  # By none of them, or by somebody who only says so.
        return []
    return [(one.name, written_time(read_time(one.signature) * 1_000_000)) for one in found.verified]


def _ahead(known: Known | None) -> str:
    """What is said of a checkpoint that is newer than what was accepted: of two histories it does not say which."""
    if known is None or not known.forks:
        return "behind"
    if known.forked is not None or known.decided is None:
        return "contradicted"
    return "behind" if known.decided.outcome == "continued" else known.decided.outcome


def _view(house: House, origin: str, keys: list[str], known: Known | None, within: int) -> dict[str, Any]:
    accepted: dict[str, Any] | None = None
    days: int | None = None
    if known is not None and known.accepted is not None:
        at = house.stored(known.accepted.position).envelope.recorded_at
        days = (house.today - local_date(at)).days
        accepted = {"size": known.accepted.size, "root": known.accepted.root, "checkpoint": known.accepted.note,
                    "batch": known.accepted.batch, "event": known.accepted.position, "at": written_time(at)}
    troubles = [] if known is None else [_trouble(house, one) for one in known.troubles]
    if known is not None and (waiting := list(_waiting(house, known))):
        batch, count = waiting[-1][0], len(waiting)
        troubles.append({**_told("rows_waiting"), "batch": batch, "event": None, "at": None, "number": count,
                         **_NO_FORK})
    is_closed = known is not None and known.decided is not None and known.decided.outcome == "closed"
    is_awaited = bool(keys) and not is_closed
    if days is None and is_awaited:
        troubles.append({**_told("never"), "batch": None, "event": None, "at": None, "number": 0, **_NO_FORK})
    elif days is not None and days > within and is_awaited:
        troubles.append({**_told("overdue"), "batch": None, "event": None, "at": None, "number": days, **_NO_FORK})
    longest = max(known.seen, default=0) if known is not None else 0
    return {
        "origin": origin, "system": ledger_system(origin), "keys": keys, "accepted": accepted, "days": days,
        "behind": longest - (accepted["size"] if accepted is not None else 0),
        "batches": 0 if known is None else known.batches, "carried": 0 if known is None else known.carried,
        "entries": 0 if known is None else known.accepted_rows, "troubles": troubles,
    }


def _waiting(house: House, known: Known) -> Iterator[tuple[str, str]]:
    """The records that were refused and are not here in that version since, each with the import that refused it."""
    refused: dict[str, tuple[str, SetAside]] = {}
    reading = Reading(house.ledger)
    for batch in known.refused_in:
        found = import_of(reading, batch)
        assert found is not None, "an import is never taken away"
        for one in found.set_aside:
            refused[one.record] = batch, one
    refused = {record: (batch, one) for record, (batch, one) in refused.items() if one.code not in _SETTLED}
    system = ledger_system(known.origin)
    register = Register(house.ledger)
    for some in blocks(list(refused)):
        try:
            here = register.known(Source(system=system, record=one, version="0") for one in some)
        except Held:  # They are being written: nothing waits that is on its way.
            continue
        for record in some:
            batch, aside = refused[record]
            stands = here.get(record)
            if stands is None or stands.source is None or number_of(stands.source) < int(aside.version):
                yield batch, record


def _trouble(house: House, one: Trouble) -> dict[str, Any]:
    at = written_time(house.stored(one.event).envelope.recorded_at)
    fork = None if one.fork is None else format_fork(one.fork).decode()
    return {**_told(one.code), "batch": one.batch, "event": one.event, "at": at, "number": one.number, "fork": fork,
            "decision": None if one.decision is None else one.decision._asdict()}


def _told(code: str) -> dict[str, Any]:
    words, cure = WORDS[code]
    hangs = code in HANGING or code in ("never", "overdue", "behind")
    kind = "agrees" if code == "same" else "decided" if code in FORK_OUTCOMES else "contradictory"
    return {"code": code, "kind": "hanging" if hangs else kind, "words": words, "cure": cure}
