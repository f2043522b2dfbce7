"""How long it is kept who looked at whose data, and how what is older leaves the access log.

Security demands six months at least, whoever looked at whom is itself about people, and nothing of them is kept longer
than its purpose. So entries past their time are taken out, oldest first: in a leaf's place stands its hash, and the
tree, every root that was signed or recorded, and every proof of what stays go on as they were. The ledger records each
time up to where, before anything is gone; the checker (`ledger.fsck.checker`) takes no other gap.

Only what a root recorded in the ledger already holds fast is taken out, in full tiles, a portion a transaction: what is
killed between two of them is gone on with. No entry younger than the least time is ever taken out, whatever is asked
for, and a clock that jumped ahead is not believed past the last such root.

The service does it by itself, hourly. In PostgreSQL no row of a log changes but by its tables' owner: there a function
of theirs does it (`stores/migrations/0003_access_cut.sql`), which holds each entry against the ledger's record, the
least time and its hash before it goes; so a service without any right to change a row need only call it.
`tests/ledger/test_access_pruning.py` shows it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, NamedTuple

from ledger.access.log import ANCHOR_EVERY_US, said_in
from ledger.envelope import decode, encode
from ledger.errors import LedgerError
from ledger.events.access import AccessCut, AccessRecorded
from ledger.events.base import By, Draft
from ledger.events.log import LOG, AccessAnchored, AccessPruned
from ledger.fsck.source import Source
from ledger.ledger import Ledger
from ledger.proof.merkle import hash_leaf
from ledger.proof.text import encode_base64
from ledger.proof.tiles import TILE_WIDTH
from ledger.stores.recorder import AppendingRecorder

MONTHS_LEAST: Final = 6  # 网络安全法: logs are kept for six months at least.
PORTION: Final = 8 * TILE_WIDTH
AT_ONCE: Final = 16 * PORTION


class TooShort(LedgerError):
    """A time shorter than the law lets it be."""

    code: ClassVar[str] = "access_months_too_few"

    def __init__(self, months: int) -> None:
        super().__init__(
            f"查阅记录的保存期限是 {months} 个月，少于网络安全法要求的 {MONTHS_LEAST} 个月：没有清除任何一条。"
            f"请把 access_months 设为不少于 {MONTHS_LEAST}。")


class Pruned(NamedTuple):
    """How far entries are taken out."""

    upto: int       # Up to which entry they are to go; 0: none ever was.
    cut: int        # How many of them this time.
    left: int       # At most so many have yet to go: the next time goes on.
    before: int     # In microseconds; 0 where none ever went.


def month_before(now: int, months: int) -> int:
    """The same day so many months ago; of a month that is shorter, its last."""
    day = datetime.fromtimestamp(now // 1_000_000, UTC)
    index = day.year * 12 + day.month - 1 - months
    first = datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    back = first.replace(day=min(day.day, last.day), hour=day.hour, minute=day.minute, second=day.second)
    return int(back.timestamp()) * 1_000_000


def last_pruned(ledger: Ledger) -> tuple[int, AccessPruned] | None:
    """What the ledger recorded last of it, with its position."""
    return next(((position, event) for position, leaf in reversed(ledger.store.stream(LOG))
                 if isinstance(event := decode(leaf).event, AccessPruned)), None)


def due(ledger: Ledger, log: Ledger, *, months: int, now: int) -> AccessPruned | None:
    """What is to be taken out by now and is not recorded yet; raises TooShort."""
    if months < MONTHS_LEAST:
        raise TooShort(months)
    anchors = [(envelope.recorded_at, envelope.event) for _, leaf in ledger.store.stream(LOG)
               if isinstance((envelope := decode(leaf)).event, AccessAnchored)]
    if not anchors:
        return None
    at, anchor = anchors[-1]
    before = month_before(min(now, at + ANCHOR_EVERY_US), months)
    upto = min(log.store.position_at(before), anchor.size) // TILE_WIDTH * TILE_WIDTH
    found = last_pruned(ledger)
    if upto <= (0 if found is None else found[1].upto):
        return None
    return AccessPruned(origin=anchor.origin, upto=upto, before=before, months=months)


def goes_by_itself(log: Ledger) -> bool:
    """Say whether the service may take entries out of this store, or its owner has to."""
    return log.store.may_cut()


def prune(
    ledger: Ledger, log: Ledger, *, months: int, now: int, by: By, most: int | None = AT_ONCE, waits: bool = False
) -> Pruned:
    """Record what is to go, and take it out, at most so many entries; raises TooShort.

    `waits`: it is recorded once a day, and what is recorded now goes the next time, so that a copy of both logs that is
    being made holds what it says.
    """
    found, events = last_pruned(ledger), ledger.store.version(LOG)
    is_early = waits and found is not None and now - _recorded_at(ledger, found[0]) < ANCHOR_EVERY_US
    if (to_go := due(ledger, log, months=months, now=now)) is not None and not is_early:
        ledger.record([Draft(to_go)], by=by, versions={LOG: events})
        found = found if waits else last_pruned(ledger)
    if found is None:
        return Pruned(0, 0, 0, 0)
    upto, cut = found[1].upto, 0
    begin = _begins(log, upto)
    while begin < upto and (most is None or cut < most):
        end = min(begin + PORTION, upto)
        cut += _cut(log.store, begin, end)
        begin = end
    return Pruned(upto, cut, upto - begin, found[1].before)


def _recorded_at(ledger: Ledger, position: int) -> int:
    recorded = ledger.at(position)
    assert recorded is not None, "it was read a moment ago"
    return recorded.envelope.recorded_at


def cut_upto(source: Source) -> int:
    """Up to where a stored ledger says that entries of its access log are gone; what cannot be read says nothing."""
    with source.one_moment() as view:
        return max((event.upto for _, event in said_in(view, AccessPruned)), default=0)


def _begins(log: Ledger, upto: int) -> int:
    """After which entry something has yet to go: they go in order, so what is left is found from the end."""
    begin = upto
    while begin > 0:
        before = (begin - 1) // PORTION * PORTION
        if not any(type(decode(leaf).event) is AccessRecorded for leaf in log.store.leaves(before, begin - before)):
            return begin
        begin = before
    return 0


def _cut(store: AppendingRecorder, after: int, last: int) -> int:
    """Take the entries of one portion out; what else stands there, such as the log's own beginning, stays."""
    cut = []
    for position, leaf in enumerate(store.leaves(after, last - after), after + 1):
        envelope = decode(leaf)
        if type(envelope.event) is AccessRecorded:
            stays = AccessCut(access=envelope.stream, leaf_hash=encode_base64(hash_leaf(leaf)))
            written = encode(envelope.stream, envelope.version, Draft(stays), _NOBODY, None)
            cut.append((position, written.leaf(envelope.recorded_at)))
    if cut:
        with store.changing() as change:
            change.cut(cut)
    return len(cut)


_NOBODY: Final = By(actor="system", role="system")
