"""A server that has gone silent, its cable cut: what was said to it is given up soon, and few wait to learn of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

from cutting_proxy import CuttingProxy
from postgres_kit import Server

from ledger.stores.postgres_connections import connect
from ledger.stores.postgres_target import Target


def test_five_seconds_of_silence_end_a_connection_on_both_sides(postgres: str) -> None:
    """A primary that was cut off is missed, and a standby serves, within ten."""
    with connect(Target(postgres, "ledger")) as connection:
        line = socket.socket(fileno=socket.dup(connection.fileno()))
        with line:
            asked = [line.getsockopt(socket.IPPROTO_TCP, option) for option in (
                socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL)]
        names = ("tcp_user_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval")
        query = f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}"
        answered = connection.execute(query.encode()).fetchone()

    assert asked == [5_000, 3, 1]
    assert answered == ("5000", "3", "1")


def test_an_address_may_ask_for_more_patience(postgres: str) -> None:
    target = Target(f"{postgres}?tcp_user_timeout=30000&connect_timeout=9", "ledger")

    assert (target.parameters["tcp_user_timeout"], target.parameters["connect_timeout"]) == ("30000", "9")


def test_of_a_server_that_is_silent_the_sessions_of_another_database_know_at_once(postgres_server: Server) -> None:
    databases = [postgres_server.new_database() for _ in range(2)]
    with CuttingProxy(postgres_server.port) as proxy, socket.create_server(("127.0.0.1", 0)) as silent:
        head, port = databases[0].rpartition("/")[0].rsplit(":", 1)
        one, other = (Target(f"{head}:{port},127.0.0.1:{proxy.port}/{each.rpartition('/')[2]}", "ledger")
                      for each in databases)
        for target in (one, other):
            with connect(target) as connection:
                assert connection.info.port == proxy.port
        proxy.to = silent.getsockname()[1]
        for target in (one, other, one):
            with connect(target) as connection:
                assert connection.info.port == int(port)
        came = len(list(waiting(silent)))
    for each in databases:
        postgres_server.drop_database(each)

    assert came == 1, "one waited for it"


def waiting(listening: socket.socket) -> Iterator[None]:
    """Those who came and were not answered."""
    listening.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            yield
