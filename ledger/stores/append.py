"""The append contract: what is asked of every store, and the ways a race can be lost.

One append is all or nothing: events of one or several streams, the versions of whatever else the decision rested on
(`guards`), names to reserve and to free, and the key under which the same request is answered again instead of done
again. A decision that rests on there being no other stream (nobody else booked, no sanction was imposed) has no version
to name: it guards that nothing was recorded since the position up to which everything was read. Exactly one of several
racing appends wins; each other is told which of these it lost on, and why.

The suite `tests/ledger/stores/test_contract.py` runs against every store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.envelope import Encoded
from ledger.errors import LedgerError
from ledger.vocabulary import StreamId

EVENTS_MAX: Final = 2_000  # What is larger is an act: opened, written in chunks, closed (`ledger.acts.running`).


class Guard(NamedTuple):
    """A stream that was read to decide, and the version it had: an actor's scope, an affiliation, a freeze."""

    stream: StreamId
    version: int


class NothingSince(NamedTuple):
    """What was read to decide is all that names somebody or something, up to a position: later events name others.

    What an act puts in force when it closes was named when it was written, not then: who rests on that reads streams.
    """

    named: str
    position: int


AnyGuard = Guard | NothingSince


class Reservation(NamedTuple):
    """A reserved name as the store sees it: an HMAC, so that no store knows a number or a certificate."""

    name: bytes
    kind: str
    holder: StreamId
    owner: str  # Whose key seals the clear name: destroying the key drops it.
    act: str | None = None  # The larger act whose row reserved it: abandoning the act drops it.


class Freeing(NamedTuple):
    """Names of these kinds are no longer held by a stream; under an act, from the act's closing on."""

    holder: StreamId
    kinds: frozenset[str]
    act: str | None = None


class Forgetting(NamedTuple):
    """No name sealed under this owner's key is held or found any more."""

    owner: str


class Closing(NamedTuple):
    """An act took force: what its rows freed is free, what they reserved is held."""

    act: str


class Abandoning(NamedTuple):
    """An act never takes force: what its rows reserved is free, what they freed is held as before."""

    act: str


class OfEvent(NamedTuple):
    """The changes after this one are of the append's event with this number, from 0: a name stands where it is from."""

    number: int


NameChange = Reservation | Freeing | Forgetting | Closing | Abandoning | OfEvent


class RequestKey(NamedTuple):
    """The idempotency key of a request: HMACs of who asked under which key, and of what was asked."""

    key: bytes
    fingerprint: bytes
    status: int = 201  # What the door answered; the body is rendered again from the events.


@dataclass(frozen=True, slots=True)
class Append:
    """One request to the log."""

    events: tuple[Encoded, ...]
    guards: tuple[AnyGuard, ...] = ()
    names: tuple[NameChange, ...] = ()
    request: RequestKey | None = None

    def __post_init__(self) -> None:
        if not self.events:
            raise ValueError("an append without events says nothing")
        if len(self.events) > EVENTS_MAX:
            raise TooManyEvents(len(self.events))


class Receipt(NamedTuple):
    """Where the events of an append stand: `first` and the positions after it."""

    first: int
    events: int
    recorded_at: int
    status: int = 201
    replayed: bool = False

    @property
    def positions(self) -> range:
        return range(self.first, self.first + self.events)


class TooManyEvents(LedgerError):
    """More events than one transaction holds."""

    code = "append_too_large"

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            f"一次最多原子写入 {EVENTS_MAX} 个事件，本次有 {count} 个。请作为批次打开、分段写入、最后关闭。"
        )


class Conflict(LedgerError):
    """Another append won; nothing of this one was written. Read again and decide again."""

    code = "conflict"


class StreamMoved(Conflict):
    """Someone else wrote to the stream first."""

    code = "stream_moved"

    def __init__(self, stream: str, *, expected: int, actual: int) -> None:
        self.stream, self.expected, self.actual = stream, expected, actual
        super().__init__(f"{stream} 已被他人更新：依据的是版本 {expected}，现在是版本 {actual}。请重新读取后再决定。")


class GuardMoved(Conflict):
    """What the decision rested on has changed."""

    code = "guard_moved"

    def __init__(self, stream: str, *, expected: int, actual: int) -> None:
        self.stream, self.expected, self.actual = stream, expected, actual
        super().__init__(
            f"决定所依据的 {stream} 已变化：当时是版本 {expected}，现在是版本 {actual}。请重新读取后再决定。"
        )


class NamedSince(Conflict):
    """Something was recorded of what the decision thought to know everything about."""

    code = "named_since"

    def __init__(self, named: str, *, position: int) -> None:
        self.named, self.position = named, position
        super().__init__(f"作决定期间，{named} 另有新的记录（事件 {position}）。请重新读取后再决定。")


class NameTaken(Conflict):
    """Another stream holds the name: the ID number is registered, the certificate is used, the seat is gone."""

    code = "name_taken"

    def __init__(self, kind: str, *, holder: str) -> None:
        self.kind, self.holder = kind, holder
        words = _KINDS.get(kind, kind)
        super().__init__(f"该{words}已登记在 {holder} 名下，不能重复登记。如属同一事项，请在原记录上办理。")


_KINDS: Final = {
    "id_number": "证件号码", "credit_code": "统一社会信用代码", "certificate": "证书编号", "account": "账号",
    "source": "来源记录的版本", "source_record": "来源记录", "open_transfer": "人员的单位变更申请",
    "verify_code": "核验码",
    "course": "人员已学的课程", "course_of_year": "人员当年的选课", "seat": "考试座位",
    "seat_of_person": "人员的本场考试座位", "exam_of_year": "人员当年的考试报名", "revoked_title": "被撤销的职称",
    "annual_plan": "单位的年度培训计划", "filing_number": "备案号", "card_number": "登记卡号",
    "roster_card": "名单上的登记卡号",
    "class_card": "人员的本班次登记卡", "import_file": "导入文件",
}


class KeyReused(LedgerError):
    """The idempotency key was used before, for another request."""

    code = "idempotency_key_reused"

    def __init__(self, *, first: int) -> None:
        self.first = first
        super().__init__(f"该 Idempotency-Key 已用于另一请求（事件 {first}），内容与本次不同。新的请求请换新的键。")


class Busy(LedgerError):
    """More is waiting than can be written soon."""

    code = "busy"

    def __init__(self, waiting: int, *, retry_after_s: int) -> None:
        self.waiting, self.retry_after_s = waiting, retry_after_s
        super().__init__(
            f"写入队列已满（{waiting} 个请求在等待）。本次未写入，请在 {retry_after_s} 秒后以同一个键重试。"
        )
        self.told = str(self)


class StoreFailed(LedgerError):
    """The disk or the database failed while writing. Without an answer from COMMIT nobody knows: ask by key."""

    code = "store_failed"

    def __init__(self, cause: BaseException, *, cure: str) -> None:
        self.cause, self.cure = cause, cure
        super().__init__(f"存储写入失败（{cause}）。{cure}")
        self.told = f"数据库没有写成。{cure}"


Outcome = Receipt | LedgerError
