"""Where a command listens, in either spelling: `--host` and `--port`, or both as `--listen HOST:PORT`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import click

_DIGITS: Final = 5
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Place(NamedTuple):
    """What was given; None where nothing was."""

    host: str | None
    port: int | None


def listen_options(port: int) -> Callable[[_Function], _Function]:
    """The three options; `port` is what stands where none is given."""
    def decorate(function: _Function) -> _Function:
        for option in (
            click.option("--listen", metavar="地址:端口", help="监听地址和端口写在一起，例如 127.0.0.1:9000"),
            click.option("--port", "listen_port", type=click.IntRange(0, 65535),
                         help=f"监听端口（默认 {port}；0 表示任选）"),
            click.option("--host", "listen_host", help="监听地址（默认 127.0.0.1，只限本机）"),
        ):
            function = option(function)
        return function
    return decorate


def place(listen: str | None, host: str | None, port: int | None) -> Place:
    """Read what was given; raises Stop where it says the same twice, or is no address."""
    import ipaddress

    from api.terminal.exits import Exit, Stop

    if listen is not None:
        if host is not None or port is not None:
            raise Stop(Exit.BAD_INPUT, "listen_twice", "监听地址写了两次", "--listen 与 --host、--port 请只用一种")
        host, colon, number = listen.rpartition(":")
        if not (colon and host and number.isascii() and number.isdecimal() and len(number) <= _DIGITS):
            cure = "形如 127.0.0.1:8041，IPv6 形如 [::1]:8041"
            raise Stop(Exit.BAD_INPUT, "bad_address", f"监听地址 {listen} 不能用", cure)
        if (port := int(number)) > 65_535:
            raise Stop(Exit.BAD_INPUT, "bad_address", f"端口 {number} 不能用", "应为 0 到 65535")
    if host is None:
        return Place(None, port)
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise Stop(Exit.BAD_INPUT, "bad_address", f"监听地址 {host} 不能用", "应为 IP 地址，例如 127.0.0.1") from None
    return Place(host, port)
