"""How a command asks the API: the options that every such command has, and what becomes of the answer.

`--json` prints the API's own body, byte for byte, also when it says no. Otherwise the answer is told in a few lines of
Chinese, and a problem becomes `Stop` with the API's own code: 1 when it was refused, 2 when what was sent cannot be
used, 3 when the service is at fault. `tests/api/test_client.py` shows it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from api.commands.files import hand_over
from api.commands.options import as_json_option, data_option
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from api.client import Client, Reply

Show = Callable[[dict[str, Any]], None]
_Command = TypeVar("_Command", bound=Callable[..., Any])

BAD_INPUT: Final = frozenset({400, 406, 411, 413, 414, 415, 428, 431})
"""Statuses that say that what was sent cannot be used; so does a problem that names fields."""

_SHOWN_MOST: Final = 10

PURPOSE: Final = click.option("--purpose", help="查阅他人信息的目的代码，如 annual_review，逐次留痕；查阅本人的不需要")


class Id(click.ParamType[str]):
    """An id of one kind, checked before anything is asked."""

    name = "编号"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take an id as it is printed."""
        from ledger.ids import PREFIXES

        text = str(value)
        prefix = PREFIXES[self.kind]
        rest = text.removeprefix(prefix)
        if rest == text or len(rest) != 22 or not (rest.isascii() and rest.isalnum()):
            self.fail(f"应为以 {prefix} 开头、共 {len(prefix) + 22} 位的编号", param, ctx)
        return text


class Asking(NamedTuple):
    """Whom a command asks, and how."""

    server: str | None
    data_folder: Path | None
    token: str | None
    token_file: Path | None
    as_json: bool
    founder: bool              # Without another token, that of the installation will do, where it can be read.
    key: str | None = None
    version: int | None = None
    dry_run: bool = False

    def get(self, path: str, show: Show, query: Mapping[str, Any] | None = None) -> int:
        """Read, and tell the answer."""
        with self.client() as client:
            reply = client.get(path, query)
        return self.tell(reply, show)

    def weigh(
        self, path: str, show: Show, no: Callable[[dict[str, Any]], Stop | None], query: Mapping[str, Any] | None = None
    ) -> int:
        """Read, and tell the answer; where that says that something does not hold, so does the status, and why last."""
        with self.client() as client:
            reply = client.get(path, query)
        status = self.tell(reply, show)
        said = no(reply.json) if reply.ok else None
        if said is not None and not self.as_json:
            raise said
        return status if said is None else said.status

    def post(
        self, path: str, show: Show, body: Mapping[str, Any] | None = None, *, upon: str | None = None,
        done: str = "已登记", purpose: str | None = None,
    ) -> int:
        """Write, and tell what was done or would be. `upon`: the record whose version is fetched unless it is given."""
        with self.client() as client:
            version = self.version
            if upon is not None and version is None and not self.dry_run:
                seen = client.get(upon, {"purpose": purpose})
                if not seen.ok:
                    return self.tell(seen, show)
                version = int(seen.headers["etag"].strip('W/"v'))
            reply = client.post(path, body, key=self.key, version=version, dry_run=self.dry_run)
        return self.tell_written(reply, show, done)

    def tell_written(self, reply: Reply, show: Show, done: str) -> int:
        """Print the answer to what was written."""
        status = self.tell(reply, lambda answer: _written(answer, show, done, replayed="idempotent-replayed" in
                                                          reply.headers))
        return Exit.BAD_INPUT if reply.ok and _faults(reply.json) else status

    def tell(self, reply: Reply, show: Show, *, empty: bool = False) -> int:
        """Print an answer as it was asked for, or say why there is none. `empty`: a yes says nothing more."""
        if self.as_json:
            sys.stdout.buffer.write(reply.body + (b"\n" if sys.stdout.isatty() else b""))
            return Exit.HOLDS if reply.ok else _status(reply.status, reply.json)
        if not reply.ok:
            raise problem(reply)
        show({} if empty else reply.json)
        return Exit.HOLDS

    def fetch(self, path: str, out: Path | None, query: Mapping[str, Any] | None = None, *, then: str = "") -> int:
        """Read a file, and put it where it was asked for; `then` says what to do with it."""
        with self.client() as client:
            reply = client.get(path, query)
        if not reply.ok:
            return self.tell(reply, lambda _: None)
        return hand_over(reply.body, out, then)

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Reach the API with the token that was given."""
        from api.client import connected
        from api.settings import load

        settings = load({"data_folder": self.data_folder})
        with connected(settings, self.server, self._token(settings.data_folder)) as client:
            yield client

    def _token(self, folder: Path) -> str | None:
        if self.token is not None:
            return self.token.strip()
        if self.token_file is not None:
            return _read(self.token_file)
        own = folder / "keys" / "founder.token"
        if self.founder and self.server is None and own.exists():
            return _read(own)
        return None


def asks(*, writes: bool = False, conditional: bool = False, founder: bool = False) -> Callable[[_Command], Any]:
    """Give a command the options of asking; it gets an `Asking` first."""
    options = [
        click.option("--server", envvar="XUESHI_SERVER", help="服务地址；默认用本机正在运行的服务，没有则直接打开账本"),
        data_option,
        click.option("--token", envvar="XUESHI_TOKEN", help="令牌；会出现在进程列表中，宜用环境变量 XUESHI_TOKEN"),
        click.option("--token-file", envvar="XUESHI_TOKEN_FILE", help="存有令牌的文件",
                     type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        as_json_option,
    ]
    if writes:
        options += [
            click.option("--key", help="幂等键；重试时用原来的键，不会重复登记（默认每次新建）"),
            click.option("--dry-run", is_flag=True, help="只试办：给出完整的决定和依据，不写入"),
        ]
    if conditional:
        options.append(click.option("--version", type=click.IntRange(1), help="所依据的版本（默认取当前版本）"))

    def decorate(command: _Command) -> Any:
        @wraps(command)
        def asking(**given: Any) -> Any:
            own = {name: given.pop(name) for name in Asking._fields if name in given}
            return command(Asking(founder=founder, **own), **given)

        for option in reversed(options):
            asking = option(asking)
        return asking

    return decorate


def acts_upon(record: str, *, kind: str | None = None) -> Callable[[_Command], Any]:
    """Give a command that writes about one record its id first, beside the options of asking; its version is held."""
    def decorate(command: _Command) -> Any:
        named = click.argument(record, type=Id(kind or record))(command)
        return asks(writes=True, conditional=True)(named)

    return decorate


def problem(reply: Reply) -> Stop:
    """A problem (RFC 9457) as the end of a command: its own code, its own words, and each field that is wrong."""
    try:
        return _problem(reply, reply.json)
    except (TypeError, KeyError, AttributeError, RecursionError):  # Whoever answered so is no service of this kind.
        from api.client import not_this_api

        raise not_this_api() from None


def _problem(reply: Reply, body: dict[str, Any]) -> Stop:
    words = [str(body.get("detail") or body.get("title", ""))]
    words += [f"\n  {_place(one)}：{one['detail']}" for one in body.get("errors", ())]
    words += [f"\n  {name}：{shown}" for name, value in body.get("seen", {}).items() if (shown := _shown(value))]
    if reply.status >= 500:
        words.append(f"\n  追踪号 {body.get('trace_id')}")
    return Stop(_status(reply.status, body), str(body["code"]), "".join(words).rstrip("。"))


def _shown(value: Any) -> str:
    """What a refusal calls “the one shown”, on a line; what is a file by itself (a signed note) only --json has."""
    if isinstance(value, Mapping):
        return "，".join(filter(None, map(_shown, value.values())))
    if isinstance(value, list):
        more = f" 等 {len(value)} 项" if len(value) > _SHOWN_MOST else ""
        return "；".join(filter(None, map(_shown, value[:_SHOWN_MOST]))) + more
    return "" if value is None or "\n" in str(value) else str(value)


def _place(fault: Mapping[str, Any]) -> str:
    return str(fault.get("pointer") or fault.get("parameter") or "请求体")


def _status(status: int, body: Any) -> Exit:
    if status >= 500:
        return Exit.WORLD_IS_WRONG
    said = body if isinstance(body, dict) else {}
    if status in BAD_INPUT or said.get("errors") or str(said.get("code")).endswith("_malformed"):
        return Exit.BAD_INPUT
    return Exit.REFUSED


def _faults(answer: dict[str, Any]) -> int:
    """How many rows of a list that was only tried keep all of it out: the act itself would be refused."""
    return int(answer["would"].get("errors") or 0) if answer.get("dry_run") else 0


def _written(answer: dict[str, Any], show: Show, done: str, *, replayed: bool) -> None:
    if answer.get("dry_run"):
        wrong = _faults(answer)
        click.echo(f"试办：有 {wrong} 行错误，全部改正之前不能办理；未写入任何内容。" if wrong
                   else "试办：可以办理，未写入任何内容。")
        show(answer["would"])
        return
    events = "、".join(map(str, answer.get("events", ())))
    when = f"，{answer['recorded_at'][:19].replace('T', ' ')}" if "recorded_at" in answer else ""
    again = "（此前已办理，未重复登记）" if replayed else ""
    click.echo(f"✓ {done}{again}。" + (f"事件 {events}{when}" if events else ""))
    show(answer)


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        cure = "请核对权限；文件中应只有令牌一行"
        raise Stop(Exit.BAD_INPUT, "token_unreadable", f"读不出令牌文件 {path}", cure) from None
