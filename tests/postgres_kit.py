"""A private PostgreSQL for tests: made by `initdb` in a folder of its own, gone with the session, known to nobody else.

It listens on a port of loopback that it alone has and on a socket in its folder, under a random password, with fsync
on: what a test shows of durability would mean nothing without it. PostgreSQL refuses to run as root, so root starts it
as the user that Debian's package makes. It dies with the process that started it, even one that is killed; what that
one could not remove the next one does.

A test gets a database of its own, copied from a template that was migrated once.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import hmac
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from tests.memory_kit import temporary
from tests.waiting import until

SCHEMAS: Final = ("ledger", "access")
"""The two logs of a register: one database holds both."""

USER: Final = "xueshi"
_SERVERS_USER: Final = "postgres"
_TEMPLATE: Final = "migrated"
_START_S: Final = 60
FOLDER: Final = "xueshi-pg-"
_PR_SET_PDEATHSIG: Final = 1


class NotRunnable(Exception):
    """There is no PostgreSQL here that a test could start; the text says why."""


def binaries() -> Path:
    """Where `initdb` and `postgres` are: on PATH, or where Debian puts them; raises NotRunnable."""
    on_path = shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    for folder in found:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    raise NotRunnable("PostgreSQL is not installed; `sh tests/setup-system.sh` says how to get it")


class Server:
    """A running server. `settings` are lines for its configuration, over the kit's own."""

    def __init__(self, folder: Path, *, data: Path | None = None, settings: dict[str, str] | None = None) -> None:
        self.folder, self.data = folder, data or folder / "data"
        self.password = secrets.token_urlsafe(12)
        self.port, held = _held_port()
        weakref.finalize(self, os.close, held)
        self._binaries = binaries()
        self._owner = _owner()
        self._process: subprocess.Popen[bytes] | None = None
        self._made, self._has_template = 0, False
        self._kept: psycopg.Connection[Any] | None = None
        if self._owner is not None:
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)
        self._make(settings or {})

    def _make(self, settings: dict[str, str]) -> None:
        words = self.folder / "password"
        words.write_text(self.password)
        words.chmod(0o644)  # In a folder that nobody else may enter.
        made = subprocess.run(
            [self._binaries / "initdb", "-D", self.data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={words}",
             "--encoding=UTF8", "--locale=C", "--no-sync"],
            capture_output=True, check=False, cwd="/", **self._as_owner())
        if made.returncode:
            raise NotRunnable(f"initdb: {made.stderr.decode(errors='replace').strip()}")
        lines = {
            "port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder),
            "fsync": "on", "max_connections": "200", "shared_buffers": "128MB", "max_wal_size": "512MB",
            "log_destination": "stderr", "logging_collector": "off", "log_min_messages": "warning", **settings,
        }
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in lines.items())

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [self._binaries / "postgres", "-D", self.data], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            preexec_fn=functools.partial(_die_with_parent, ctypes.CDLL(None)), **self._as_owner())
        log.close()
        end = time.monotonic() + _START_S
        while True:
            try:
                self.connect("postgres", connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > end:
                    self.stop()
                    raise NotRunnable(f"postgres does not start: {self.log()[-2_000:]}") from None
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop it: SIGQUIT at once, as a crash would; SIGINT after what is under way was rolled back."""
        if self._kept is not None:
            self._kept.close()
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def log(self) -> str:
        """What the server had to say."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def conninfo(self, database: str, *, port: int | None = None) -> str:
        """The URI under which a database is found, here or through a proxy at another port."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{port or self.port}/{database}"

    def connect(self, database: str, **rest: Any) -> psycopg.Connection[Any]:
        """Connect past everything of ours."""
        return psycopg.connect(self.conninfo(database), autocommit=True, **rest)

    def new_database(self, *, migrated: bool = True) -> str:
        """Make a database and give its conninfo: with the tables of both logs, or empty."""
        if migrated and not self._has_template:
            with self.connect("postgres") as connection:
                self._make_template(connection)
            self._has_template = True
        return self._copied(_TEMPLATE if migrated else "template0")

    def copy_of(self, conninfo: str) -> str:
        """Make a database like another, which nobody is connected to."""
        return self._copied(conninfo.rpartition("/")[2])

    def _copied(self, template: str) -> str:
        self._made += 1
        name = f"test_{self._made}"
        self._tell(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.conninfo(name)

    def drop_database(self, conninfo: str) -> None:
        """Drop it, whoever is still connected."""
        name = sql.Identifier(conninfo.rpartition("/")[2])
        self._tell(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def soften_password(self) -> None:
        """Let it be proved in one round instead of 4,096: of a password that nobody could guess they protect nothing.

        They are a third of what a connection costs, of which a run makes thousands.
        """
        salt, of = secrets.token_bytes(16), functools.partial(hmac.digest, digest="sha256")
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), salt, iterations=1)
        stored, server = hashlib.sha256(of(salted, b"Client Key")).digest(), of(salted, b"Server Key")
        of_salt, of_stored, of_server = (b64encode(part).decode() for part in (salt, stored, server))
        self._tell(sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(USER), sql.Literal(f"SCRAM-SHA-256$1:{of_salt}${of_stored}:{of_server}")))

    def _tell(self, statement: sql.Composed) -> None:
        """On a connection that is kept: two for each test's database took as long as to make and to drop it."""
        if self._kept is not None and not self._kept.closed:
            try:
                self._kept.execute(statement)
                return
            except psycopg.OperationalError:
                if not self._kept.closed:
                    raise
        self._kept = self.connect("postgres")  # The first, or the server has thrown out everybody.
        self._kept.execute(statement)

    def _make_template(self, connection: psycopg.Connection[Any]) -> None:
        from ledger.stores.postgres_schema import migrate

        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        for schema in SCHEMAS:
            migrate(self.conninfo(_TEMPLATE), schema)

    def _as_owner(self) -> dict[str, Any]:
        if self._owner is None:
            return {}
        return {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}


@contextmanager
def running(
    *, place: Path | None = None, data: Path | None = None, settings: dict[str, str] | None = None
) -> Iterator[Server]:
    """Make and start a server in a folder of `place`; afterwards nothing of it is left. Raises NotRunnable."""
    place = place or temporary()
    sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=place))
    server = None
    try:
        server = Server(folder, data=data, settings=settings)
        server.start()
        server.soften_password()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def waiting_for_a_standby(server: Server) -> Iterator[None]:
    """Have the server wait for a standby that is nowhere before it says that something stands."""
    with server.connect("postgres") as connection:
        connection.execute("SET synchronous_commit = local")
        try:
            _set_standby(connection, "nowhere")
            with server.connect("postgres") as other:
                until(lambda: _waits(other, connection), "nobody waits for it")
            yield
        finally:
            _set_standby(connection, "")


def _set_standby(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    connection.execute("SELECT pg_reload_conf()")
    while connection.execute("SHOW synchronous_standby_names").fetchone() != (name,):
        pass


@contextmanager
def small_disk(server: Server, size: str) -> Iterator[Path]:
    """A disk of its own that only the server's user may enter."""
    folder = server.folder / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    shutil.chown(folder, _SERVERS_USER, _SERVERS_USER)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def _waits(committing: psycopg.Connection[Any], looking: psycopg.Connection[Any]) -> bool:
    """Say whether a commit is held up by now: processes of a server hear of a setting one after another."""
    asked, pid = committing.pgconn, committing.info.backend_pid
    asked.send_query(b"SELECT pg_logical_emit_message(true, 'xueshi', '')")
    held, is_over = False, False
    while not (held or is_over):
        asked.consume_input()
        is_over = not asked.is_busy()
        held = bool(looking.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'SyncRep'",
            (pid,)).fetchone())
    while asked.get_result() is not None:
        """Until it says that it is over."""
    return held


def sweep(place: Path) -> None:
    """Remove the folders of those who were killed and could not."""
    for folder in place.glob(f"{FOLDER}*"):
        number = folder.name.removeprefix(FOLDER).partition("-")[0]
        if number.isdecimal() and not Path(f"/proc/{number}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Whom root must start it as; None: whoever is asking."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_SERVERS_USER)
    except KeyError:
        raise NotRunnable(f"PostgreSQL does not run as root, and there is no user {_SERVERS_USER}") from None


def _held_port() -> tuple[int, int]:
    """A port, and the socket that holds it: while that is open nobody else is given it, also when the server is down.

    The server binds it too, since both allow that and only it listens; to whoever takes any port the kernel gives
    another, while one that was let go again would go to whichever of a thousand services and connections comes first.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port: int = held.getsockname()[1]
    return port, held.detach()


def _die_with_parent(libc: ctypes.CDLL) -> None:
    """Have the kernel stop the server when the tests are killed; run in the child after its user was changed."""
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
