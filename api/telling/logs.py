"""Log lines: what happened, in which request, by which actor, and never whose data it was.

structlog writes them, JSON when standard error is not a terminal; lines of other libraries pass the
same way. An exception is logged as its type, its stable code and its frames, and never by its message,
since a message may quote what somebody typed. For the same reason a foreign line keeps its template and
its numbers and loses every other argument.

`tests/api/test_logs.py` sends a canary through every opening and looks for it in every line.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sqlite3
import sys
import time
import traceback
import warnings
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from api.telling.redaction import redact, redact_text

_SITE: Final = ("site-packages", "dist-packages")
_AGAIN_S: Final = 60
_KINDS_MOST: Final = 64  # Of breaks that are remembered.


def configure(level: str = "info", style: str = "auto", stream: IO[str] | None = None) -> None:
    """Send every line of this process, ours and the libraries', to `stream` (standard error)."""
    stream = stream or sys.stderr
    is_json = style == "json" or (style == "auto" and not stream.isatty())
    in_colour = structlog.dev.ConsoleRenderer(colors=stream.isatty())
    renderer: Processor = _as_json if is_json else in_colour
    bound: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = _Lines(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*bound, structlog.stdlib.add_logger_name, _describe_foreign],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _hide, renderer],
        )
    )
    handler.addFilter(_without_arguments)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # A library's chatter below a warning is not ours to keep, and may quote a request line.
    for chatty in ("werkzeug", "waitress", "eventsourcing"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # That more is asked than there are threads is said for each request, while every thread waits for it to be said.
    logging.getLogger("waitress.queue").filters[:] = [_Seldom(seconds=1)]
    structlog.configure(  # Ours are not handed through the library's records: each request waits for its line.
        processors=[*bound, _Errors(), _hide, renderer],
        logger_factory=_Said(handler),
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _uncaught
    warnings.showwarning = _warned


def describe(error: BaseException) -> dict[str, object]:
    """An exception as it may be kept: types, codes and frames, back to the first cause, without messages."""
    described: dict[str, object] = {"type": type(error).__qualname__, "frames": _frames(error.__traceback__)}
    code = getattr(error, "code", None)
    if isinstance(code, str | int) and code == redact(code):
        described["code"] = code
    if isinstance(error, OSError) and error.errno is not None:
        described["errno"] = error.errno
    if isinstance(error, sqlite3.Error):
        described["sqlite"] = getattr(error, "sqlite_errorname", None)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        described["because"] = describe(cause)
    return described


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        f"{_shortened(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)
    ]


def _shortened(filename: str) -> str:
    # Where a library lies is no secret, but the folder may carry a person's account name.
    parts = Path(filename).parts
    for place in _SITE:
        if place in parts:
            return "/".join(parts[parts.index(place) + 1 :])
    return "/".join(parts[-2:])


class _Errors:
    """Turns `exc_info` into a description before anything can render its message.

    What breaks in the same way again within a minute is told by its innermost frame: while a database is away every
    request breaks, and an hour of that with all frames would fill the disk of whoever looks for the cause.
    """

    def __init__(self) -> None:
        self._told: dict[bytes, float] = {}

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        info = event.pop("exc_info", None)
        error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
        if isinstance(error, BaseException):
            described = describe(error)
            event["error"] = _in_short(described) if self._is_told(msgspec.json.encode(described)) else described
        return event

    def _is_told(self, described: bytes) -> bool:
        now = time.monotonic()
        if now - self._told.get(described, -_AGAIN_S) < _AGAIN_S:
            return True
        if len(self._told) >= _KINDS_MOST:
            self._told.clear()
        self._told[described] = now
        return False


def _in_short(described: dict[str, object]) -> dict[str, object]:
    frames, because = described["frames"], described.get("because")
    assert isinstance(frames, list)
    return described | {"frames": frames[-1:]} | ({"because": _in_short(because)} if isinstance(because, dict) else {})


def _describe_foreign(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    if record.exc_info and record.exc_info[1] is not None:
        event["error"] = describe(record.exc_info[1])
        event.pop("exc_info", None)
        record.exc_info = record.exc_text = None
    return event


def _without_arguments(record: logging.LogRecord) -> bool:
    if not isinstance(record.msg, dict):    # A dict is one of ours on its way to the formatter.
        known = record.args if isinstance(record.args, tuple) else ()
        kept = tuple(each if isinstance(each, int | float) else "…" for each in known)
        try:
            record.msg, record.args = str(record.msg) % kept if kept else str(record.msg), ()
        except (TypeError, ValueError):
            record.msg, record.args = str(record.msg), ()
    return True


class _Lines(logging.StreamHandler[IO[str]]):
    """Writes each line to the stream's file in one call, where it has one, and lets nobody wait for another's line.

    The system puts a short line into a pipe whole, and appends any to a file whole. The lock that the library holds
    around writing is held while the interpreter changes threads: at each request every other thread ran into it.
    """

    def handle(self, record: logging.LogRecord) -> Any:
        """Pass a record on as the library does, without its lock."""
        kept = self.filter(record)
        if kept:
            self.emit(kept if isinstance(kept, logging.LogRecord) else record)
        return kept

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.write(self.format(record))
        except Exception:
            self.handleError(record)

    def write(self, text: str) -> None:
        """Write a line that is ready."""
        line = text + self.terminator
        try:
            file = self.stream.fileno()  # Asked each time: of a stream that was closed the number is another's.
        except io.UnsupportedOperation:  # It lies in memory.
            self.stream.write(line)
            return
        os.write(file, line.encode("utf-8", "backslashreplace"))


class _Said:
    """What our own loggers hand a finished line to, whatever its level."""

    def __init__(self, lines: _Lines) -> None:
        self._lines = lines

    def __call__(self, *_: object) -> _Said:
        return self

    def msg(self, line: str) -> None:
        """Write it; what cannot be written is told as the library tells it, and disturbs nobody who logs."""
        try:
            self._lines.write(line)
        except Exception:
            self._lines.handleError(logging.makeLogRecord({"msg": "a line could not be written"}))

    debug = info = warning = error = critical = exception = log = msg


class _Seldom(logging.Filter):
    """Lets a line pass at most so often: what is true at each request is no news at each request."""

    def __init__(self, *, seconds: int) -> None:
        super().__init__()
        self._every_ns, self._next_ns = seconds * 1_000_000_000, 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic_ns()
        if now < self._next_ns:
            return False
        self._next_ns = now + self._every_ns
        return True


def _hide(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last step before a line is rendered."""
    hidden = redact(event)
    assert isinstance(hidden, dict)
    hidden["event"] = redact_text(str(event.get("event", "")))
    return hidden


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """A line for programs."""
    try:
        return msgspec.json.encode(event).decode()
    except (TypeError, ValueError, OverflowError):  # Half a character, or a number without end.
        return json.dumps(event, ensure_ascii=False)


def _uncaught(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    structlog.get_logger().critical("uncaught", exc_info=error)


def _warned(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:
    # The message and the source line stay out: both may quote a value.
    structlog.get_logger().warning(
        "python_warning", category=category.__name__, at=f"{_shortened(filename)}:{lineno}"
    )
