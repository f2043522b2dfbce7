"""The three axes of every question, and the basis that an answer echoes.

    as_of       when we knew it: a position, a time with its offset, or a date (the end of that day at +08:00)
    valid_on    when it happened: what had not happened by that day is left out
    law         then: the rulebooks enacted by `as_of`; now: those enacted at the log's head; set:a,b: exactly these,
                each by id, by digest, or by both (id@digest): a draft's id may come to mean other bytes

A basis names the position, its time, the rulebooks by digest, and the size and root of the log that the answer rests
on: the position itself, or for `now` the head. The same basis gives the same bytes again, however long the log grows.

Reading: a bare date of today, whose end has not come, means all that is known; any later date is in the future.

`tests/projections/test_basis.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from ledger.vocabulary import LOCAL
from projections.errors import AsOfInFuture, AsOfMalformed, LawMalformed, ValidOnMalformed
from projections.laws import Enacted

_POSITION: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_HERE: Final = _EPOCH.astimezone(LOCAL)
_MICROSECOND: Final = timedelta(microseconds=1)
_SET_MOST: Final = 64

THEN: Final = "then"
NOW: Final = "now"


class Moment(NamedTuple):
    """A time as it was asked for: everything recorded before it is known."""

    text: str
    before: int         # Microseconds since 1970 in UTC.
    day: date | None    # Where a bare date was given.


@dataclass(frozen=True, slots=True)
class Axes:
    """The axes as they were asked for. The rest is given only to answer an old basis again."""

    as_of: int | Moment | None = None
    valid_on: date | None = None
    law: str = THEN
    head: int | None = None                     # Its `log_size`, for `now`.
    digests: tuple[tuple[str, str], ...] = ()   # What its rulebooks were, by id, for a set.

    @property
    def law_set(self) -> tuple[str, ...] | None:
        """The names of `law=set:...`, each once, in the order given, or none; None for the other two."""
        return tuple(dict.fromkeys(filter(None, self.law[4:].split(",")))) if self.law.startswith("set:") else None


def read_axes(
    as_of: str | None = None, valid_on: str | None = None, law: str | None = None, log_size: int | None = None
) -> Axes:
    """Read the axes of a question; raises AsOfMalformed, ValidOnMalformed or LawMalformed."""
    return Axes(
        None if as_of is None else _as_of(as_of),
        None if valid_on is None else _valid_on(valid_on),
        THEN if law is None else _law(law),
        log_size,
    )


def axes_of(basis: dict[str, Any]) -> Axes:
    """The axes that give the answer of an echoed basis again."""
    valid_on, law = basis["valid_on"], basis["law"]
    valid_on = None if valid_on is None else date.fromisoformat(valid_on)
    named = tuple((one["id"], one["digest"]) for one in basis["rulebooks"]) if law.startswith("set:") else ()
    return Axes(basis["as_of"], valid_on, law, basis["log_size"], named)


def _as_of(text: str) -> int | Moment:
    if _POSITION.fullmatch(text):
        return int(text)
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            begins = microseconds(datetime(day.year, day.month, day.day, tzinfo=LOCAL))
            return Moment(text, begins + timedelta(1) // _MICROSECOND, day)  # There is a 9999-12-31, and no day after.
        if found := _TIME.fullmatch(text):
            days, clock, fraction, offset = found.groups()
            offset = "+00:00" if offset in "Zz" else offset
            at = datetime.fromisoformat(f"{days}T{clock}{(fraction or '.0').ljust(7, '0')}{offset}")
            return Moment(text, microseconds(at), None)
    except (ValueError, OverflowError):
        pass
    raise AsOfMalformed(text)


def _valid_on(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValidOnMalformed(text)


def _law(text: str) -> str:
    if text in (THEN, NOW):
        return text
    names = text.removeprefix("set:").split(",")
    if not text.startswith("set:") or not all(names) or len(names) > _SET_MOST:
        raise LawMalformed(text)
    return text


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 in UTC, exact."""
    return (at - _EPOCH) // _MICROSECOND


def written_time(recorded_at: int) -> str:
    """A recorded time as people here read it."""
    return (_EPOCH_HERE + timedelta(microseconds=recorded_at)).isoformat(timespec="microseconds")


def position_of(
    as_of: int | Moment, *, size: int, now: int, position_at: Callable[[int], int]
) -> int:
    """The position that an `as_of` names; raises AsOfInFuture."""
    if isinstance(as_of, int):
        if as_of > size:
            raise AsOfInFuture(str(as_of), size=size)
        return as_of
    today = (_EPOCH + now * _MICROSECOND).astimezone(LOCAL).date()
    if as_of.day > today if as_of.day is not None else as_of.before > now:
        raise AsOfInFuture(as_of.text, size=size)
    return min(position_at(as_of.before), size)


class Cited(NamedTuple):
    """A rulebook that an answer rests on, and the event that enacted it; none for a draft."""

    id: str
    digest: str
    event: int | None

    @classmethod
    def of(cls, enacted: Enacted) -> Cited:
        """Cite what was enacted."""
        return cls(enacted.id, enacted.digest, enacted.event)


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer rests on, exactly."""

    as_of: int
    as_of_time: str | None
    valid_on: date | None
    law: str
    rulebooks: tuple[Cited, ...]
    log_size: int
    root: bytes

    @property
    def digests(self) -> tuple[str, ...]:
        """The rulebooks' digests: equal digests are equal law."""
        return tuple(one.digest for one in self.rulebooks)

    def as_json(self) -> dict[str, Any]:
        """The basis as an answer echoes it."""
        return {
            "as_of": self.as_of,
            "as_of_time": self.as_of_time,
            "valid_on": None if self.valid_on is None else self.valid_on.isoformat(),
            "law": self.law,
            "rulebooks": [one._asdict() for one in self.rulebooks],
            "log_size": self.log_size,
            "root": self.root.hex(),
        }
