"""A master key that never comes here: a program of the installation wraps and unwraps, and we talk to it by lines.

So any key service or security module can be put behind a few lines of script. The program is started once with no
argument and lives as long as we do; it reads requests from standard input and writes answers to standard output, one
JSON object a line, each flushed at once:

    {"id":1,"do":"wrap","owner":"per_…","key":"<base64 of 32 bytes>"}        {"id":1,"wrapped":"<base64>"}
    {"id":2,"do":"unwrap","owner":"per_…","wrapped":"<base64>"}              {"id":2,"key":"<base64 of 32 bytes>"}
                                                                             {"id":2,"refused":"wrong_key"}

- The owner must be bound in (a key service calls it context or associated data): what was wrapped for one owner and
  does not open for another is refused as `wrong_key`. Other refusals are a word of the program's own, `[a-z_]{1,40}`.
- Up to 64 requests are under way at once; answers may come in any order. An answer has at most 16,384 bytes.
- At the end of standard input the program ends. A program that dies is started again and asked again: both requests may
  be repeated without harm. One that is silent for 30 seconds or answers otherwise is ended, and an error says so.
- Secrets go through these two pipes and nowhere else. What it writes to standard error is thrown away, since nobody
  could say what is in it; it gets no environment variable of ours (`XUESHI_…`), which may hold secrets too.
- The file belongs to whoever runs the service or to root, and nobody else may write it.

`tests/ledger/test_key_command.py` shows it, with `tests/ledger/key_service_peer.py` at the other end.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import threading
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import IO, Final

import msgspec

from ledger.errors import LedgerError
from ledger.keys.master import COMMAND, KEY_BYTES, Owned, WrongKey

UNDER_WAY_MAX: Final = 64
ANSWER_BYTES_MAX: Final = 16_384
TIMEOUT_S: Final = 30
_ENDING_S: Final = 2
_PREFIX: Final = "XUESHI_"
_WORD: Final = re.compile(r"[a-z_]{1,40}")


class CommandUnusable(LedgerError):
    """The program cannot be started, or should not be."""

    code = "master_key_command_unusable"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"主密钥程序 {path} 不可用：{reason}。请核对设置 master_key 与该文件。")


class CommandSilent(LedgerError):
    """The program does not answer."""

    code = "master_key_command_timeout"

    def __init__(self, path: Path, seconds: float) -> None:
        self.path = path
        super().__init__(
            f"主密钥程序 {path} 在 {seconds:g} 秒内没有回答，已将其终止。请检查密钥服务是否可达，再试一次。"
        )


class CommandDied(LedgerError):
    """The program ended before it had answered anything."""

    code = "master_key_command_died"

    def __init__(self, path: Path, status: int) -> None:
        self.path, self.status = path, status
        super().__init__(f"主密钥程序 {path} 未作回答就结束（退出码 {status}）。请单独运行它，查明原因后再试。")


class CommandNonsense(LedgerError):
    """The program says what the format does not know. Its words are not repeated: they might be a key."""

    code = "master_key_command_nonsense"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"主密钥程序 {path} 的回答不合格式：{reason}。未采用，已将其终止。"
            "请按 ledger/keys/command.py 所述格式核对该程序。"
        )


class CommandRefused(LedgerError):
    """The key service says no."""

    code = "master_key_command_refused"

    def __init__(self, path: Path, owner: str, word: str) -> None:
        self.path, self.owner, self.word = path, owner, word
        super().__init__(
            f"密钥服务拒绝处理 {owner} 的密钥（{word}，主密钥程序 {path}）。请核对该服务中的授权与密钥状态。"
        )


class _Ended(Exception):
    """The program's output came to its end."""


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    wrapped: str | None = None
    key: str | None = None
    refused: str | None = None


class CommandMasterKey:
    """A master key behind a program; `close` ends it."""

    def __init__(self, path: Path, *, timeout_s: float = TIMEOUT_S) -> None:
        self.path = path
        self.make = f"{COMMAND}{path}"
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._child: Popen[bytes] | None = None
        _demand_program(path)

    def wrap(self, keys: Sequence[Owned]) -> list[bytes]:
        """Have each key wrapped for its owner."""
        return self._ask("wrap", "key", "wrapped", keys)

    def unwrap(self, wrapped: Sequence[Owned]) -> list[bytes]:
        """Have each key opened that was wrapped for its owner."""
        return self._ask("unwrap", "wrapped", "key", wrapped)

    def close(self) -> None:
        """Let the program end; if it does not, end it."""
        with self._lock:
            self._stop()

    def _ask(self, do: str, given: str, wanted: str, items: Sequence[Owned]) -> list[bytes]:
        found: dict[int, bytes] = {}
        with self._lock:
            while len(found) < len(items):
                asked = {number: _line(number, do, given, item)
                         for number, item in enumerate(items) if number not in found}
                child, is_fresh = self._running()
                exchange = _Exchange(self.path, self._timeout_s, child, items, wanted)
                try:
                    exchange.run(asked)
                except _Ended:
                    status = self._stop()
                    if is_fresh and not exchange.found:  # Else it is started again: it gets on, or had died before.
                        raise CommandDied(self.path, status) from None
                except BaseException:
                    self._stop(at_once=True)  # What it may still say answers no later question.
                    raise
                found |= exchange.found
        return [found[number] for number in range(len(items))]

    def _running(self) -> tuple[Popen[bytes], bool]:
        """Give the child, started now where there is none; with it, whether it was."""
        if self._child is not None and self._child.poll() is not None:
            self._stop()
        if self._child is not None:
            return self._child, False
        self._child = _started(self.path)
        return self._child, True

    def _stop(self, *, at_once: bool = False) -> int:
        child, self._child = self._child, None
        if child is None:
            return 0
        assert child.stdin is not None and child.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # It may be gone already.
            child.stdin.close()
        child.stdout.close()
        if at_once:
            child.kill()
        try:
            return child.wait(_ENDING_S)
        except TimeoutExpired:
            child.kill()
            return child.wait()


class _Exchange:
    """Some requests to one child and their answers: written and read as the pipes allow, so that neither end waits."""

    def __init__(
        self, path: Path, timeout_s: float, child: Popen[bytes], items: Sequence[Owned], wanted: str
    ) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._child, self._items, self._wanted = child, items, wanted
        self.found: dict[int, bytes] = {}
        self._outgoing, self._incoming = bytearray(), bytearray()
        self._under_way: set[int] = set()

    def run(self, asked: Mapping[int, bytes]) -> None:
        """Raises _Ended where the child is gone; what it has answered until then is in `found`."""
        waiting = deque(asked.items())
        stdin, stdout = _pipes(self._child)
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            is_writing = False
            while waiting or self._under_way:
                while waiting and len(self._under_way) < UNDER_WAY_MAX:
                    number, line = waiting.popleft()
                    self._under_way.add(number)
                    self._outgoing += line
                if bool(self._outgoing) != is_writing:
                    is_writing = bool(self._outgoing)
                    _ = selector.register(stdin, selectors.EVENT_WRITE) if is_writing else selector.unregister(stdin)
                ready = selector.select(self._timeout_s)
                if not ready:
                    raise CommandSilent(self._path, self._timeout_s)
                for key, _mask in ready:
                    self._read(stdout) if key.fileobj is stdout else self._write(stdin)

    def _write(self, stdin: IO[bytes]) -> None:
        try:
            del self._outgoing[:os.write(stdin.fileno(), self._outgoing[:ANSWER_BYTES_MAX])]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self._outgoing.clear()  # It reads no more; what it has said is still to be read, up to its end.

    def _read(self, stdout: IO[bytes]) -> None:
        data = os.read(stdout.fileno(), ANSWER_BYTES_MAX)
        if not data:
            raise _Ended
        self._incoming += data
        *lines, rest = self._incoming.split(b"\n")
        self._incoming = rest
        for line in lines:
            self._take(line)
        if len(rest) > ANSWER_BYTES_MAX:
            raise CommandNonsense(self._path, f"一行超过 {ANSWER_BYTES_MAX} 字节")

    def _take(self, line: bytearray) -> None:
        try:
            answer = msgspec.json.decode(line, type=_Answer)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise CommandNonsense(self._path, "不是一行 JSON 对象，或含有未约定的项") from None
        if answer.id not in self._under_way:
            raise CommandNonsense(self._path, "回答了没有问过的编号")
        owner = self._items[answer.id].owner
        if answer.refused is not None:
            self._refuse(owner, answer.refused)
        other = "key" if self._wanted == "wrapped" else "wrapped"
        if getattr(answer, other) is not None or (text := getattr(answer, self._wanted)) is None:
            raise CommandNonsense(self._path, f"应有且只有 {self._wanted}")
        try:
            value = b64decode(text, validate=True)
        except ValueError:
            raise CommandNonsense(self._path, f"{self._wanted} 不是 base64") from None
        if not value or (self._wanted == "key" and len(value) != KEY_BYTES):
            raise CommandNonsense(self._path, f"{self._wanted} 的长度不对")
        self._under_way.remove(answer.id)
        self.found[answer.id] = value

    def _refuse(self, owner: str, word: str) -> None:
        if word == WrongKey.code:
            raise WrongKey(f" {owner} 的密钥")
        if not _WORD.fullmatch(word):
            raise CommandNonsense(self._path, "拒绝的理由应是小写字母与下划线")
        raise CommandRefused(self._path, owner, word)


def _line(number: int, do: str, given: str, item: Owned) -> bytes:
    value = {"id": number, "do": do, "owner": item.owner, given: b64encode(item.key).decode()}
    return msgspec.json.encode(value) + b"\n"


def _demand_program(path: Path) -> None:
    try:
        found = path.stat()
    except OSError as error:
        raise CommandUnusable(path, "文件不存在" if isinstance(error, FileNotFoundError) else "无法查看") from error
    if not path.is_absolute() or not path.is_file() or not os.access(path, os.X_OK):
        raise CommandUnusable(path, "应为可执行文件的绝对路径")
    if found.st_mode & 0o022 or found.st_uid not in (0, os.geteuid()):
        raise CommandUnusable(path, f"权限 {found.st_mode & 0o777:o}、属主 {found.st_uid}：他人可改写；请改为 700")


def _started(path: Path) -> Popen[bytes]:
    _demand_program(path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    try:  # In a session of its own, so that Ctrl-C ends us and not what we still need to end well.
        child = Popen(
            [path], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True, bufsize=0
        )
    except OSError as error:
        raise CommandUnusable(path, f"无法启动（{error.strerror}）") from error
    os.set_blocking(_pipes(child)[0].fileno(), False)
    return child


def _pipes(child: Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert child.stdin is not None and child.stdout is not None
    return child.stdin, child.stdout
