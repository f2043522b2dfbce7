"""A register on several machines: a database with a standby, hosts that serve, a proxy in front of them.

    with cluster(tmp_path, hosts=2) as machines:
        one, other = machines.services
        town = machines.town()                     # people who come through the proxy
        machines.standby.promote()

The hosts share one file system, as machines that have a folder mounted do; each has a data folder of its own.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from api.client import Client, Reply
from api.register.sharing import statuses
from api.settings import Settings
from tests.journeys.register_kit import ENVIRONMENT, XUESHI, Town
from tests.machines.network_kit import PREFIX, Host, Network, network
from tests.memory_kit import temporary
from tests.postgres_kit import FOLDER, USER, Server, sweep
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
NGINX = ROOT / "api" / "deploy" / "nginx.conf"
PORT, TLS_PORT = 8040, 8443
REGISTER, KEYS = "register", "keys"


class Primary(Server):
    """A PostgreSQL that others on the network reach."""

    def __init__(self, folder: Path, host: Host, **settings: str) -> None:
        self.host = host
        super().__init__(folder, settings={
            "listen_addresses": f"127.0.0.1,{host.address}", "wal_keep_size": "128MB", "shared_buffers": "32MB",
            **settings,
        })
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all,replication all {PREFIX}.0/24 scram-sha-256\n")

    def start(self) -> None:
        with self.host.inside():
            super().start()

    def connect(self, database: str, **rest: Any) -> psycopg.Connection[Any]:
        with self.host.inside():
            return super().connect(database, **rest)

    def tell(self, *statements: str) -> None:
        """Do something as its administrator."""
        with self.connect("postgres") as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def ask(self, question: str) -> Any:
        """Ask it for one value."""
        with self.connect("postgres") as connection:
            row = connection.execute(question).fetchone()  # type: ignore[call-overload]
        return row[0]


class Standby(Primary):
    """A copy of a primary that follows it, confirms what it has, and can take its place."""

    def __init__(self, folder: Path, host: Host, primary: Primary) -> None:
        self._primary = primary
        super().__init__(folder, host)

    def _make(self, settings: dict[str, str]) -> None:
        self.password = self._primary.password
        source = (f"host={self._primary.host.address} port={self._primary.port} user={USER} password={self.password} "
                  "application_name=standby")
        with self.host.inside():
            subprocess.run([self._binaries / "pg_basebackup", "-d", source, "-D", self.data, "-R", "-X", "stream",
                            "-c", "fast", "--no-sync"], check=True, capture_output=True, cwd="/", **self._as_owner())
        lines = {**settings, "port": str(self.port), "unix_socket_directories": str(self.folder), "hot_standby": "on"}
        with (self.data / "postgresql.auto.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in lines.items())

    def promote(self) -> None:
        """Let it take the primary's place."""
        assert self.ask("SELECT pg_promote(true, 30)"), "it is a standby"

    def pause(self) -> None:
        """Let it fall behind."""
        self.tell("SELECT pg_wal_replay_pause()")


@dataclass
class Service:
    """`xueshi serve` on a host."""

    host: Host
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[str] | None = None
    command: list[str] = field(default_factory=lambda: [XUESHI, "serve"])

    @property
    def address(self) -> str:
        return f"http://{self.host.address}:{PORT}"

    @property
    def log(self) -> str:
        return (self.folder / "stderr").read_text("utf-8")

    def start(self) -> None:
        """Start it, and wait until it says where it is."""
        self.begin()
        self.await_ready()

    def begin(self) -> None:
        self.folder.mkdir(exist_ok=True)
        with self.host.inside(), (self.folder / "stderr").open("a") as stderr:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env={**ENVIRONMENT, **self.environment}, stdout=subprocess.PIPE,
                stderr=stderr, text=True, start_new_session=True)

    def await_ready(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        assert "http://" in self.process.stdout.readline(), self.log

    def stop(self) -> None:
        """Let it end what it has begun, as an upgrade does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0, self.log
        self.process.communicate()
        self.process = None

    def kill(self) -> None:
        """End it wherever it is."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None

    def run(self, *arguments: str, program: Sequence[str] = (XUESHI,)) -> subprocess.CompletedProcess[str]:
        """Run a command on this host."""
        with self.host.inside():
            return subprocess.run([*program, *arguments], cwd=self.folder, env={**ENVIRONMENT, **self.environment},
                                  capture_output=True, text=True, timeout=120, check=False)


class FromHost:
    """Requests sent from a host, each on a connection of its own: which machine takes it is for others to say."""

    def __init__(self, host: Host, address: str, port: int, *, trusting: Path | None = None) -> None:
        self._host, self._place = host, (address, port)
        self.address = f"http{'s' if trusting else ''}://{address}:{port}"
        self._context = None
        if trusting is not None:
            self._context = ssl.create_default_context(cafile=str(trusting))
            self._context.check_hostname = False

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        with self._host.inside():
            connection = (http.client.HTTPConnection(*self._place, timeout=90) if self._context is None else
                          http.client.HTTPSConnection(*self._place, timeout=90, context=self._context))
            connection.connect()  # From here on the connection is of that host, wherever this thread goes.
        try:
            connection.request(method, path, body=body, headers={**headers, "Connection": "close"})
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def close(self) -> None:
        """Nothing is kept."""


@dataclass
class Cluster:
    """All machines."""

    lan: Network
    folder: Path
    primary: Primary
    standby: Standby
    services: list[Service]
    visitor: Host
    proxy: Host
    certificate: Path
    nginx: subprocess.Popen[bytes] | None = None

    def client(self) -> Client:
        """Somebody who comes through the proxy."""
        return Client(FromHost(self.visitor, self.proxy.address, TLS_PORT, trusting=self.certificate))

    def direct(self, service: Service) -> Client:
        """Somebody who comes to one host."""
        return Client(FromHost(self.visitor, service.host.address, PORT))

    def town(self) -> Town:
        """People who come through the proxy."""
        return SharedTown(self.folder, self.client())


class SharedTown(Town):
    """A town whose founder's token lies in the folder that hosts share."""

    def __init__(self, folder: Path, client: Client) -> None:
        (folder / "data").mkdir(exist_ok=True)
        if not (link := folder / "data" / "keys").exists():
            link.symlink_to(folder / "shared" / "keys")
        super().__init__(folder, client)


@contextmanager
def cluster(folder: Path, *, hosts: int = 2, proxied: bool = True, **settings: str) -> Iterator[Cluster]:
    """Make all machines and let them serve until the block ends."""
    with ExitStack() as stack:
        lan = stack.enter_context(network())
        sweep(temporary())
        databases = [Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=temporary())) for _ in range(2)]
        for each in databases:
            stack.callback(shutil.rmtree, each, ignore_errors=True)
        primary = Primary(databases[0], lan.host("db1"))
        stack.callback(primary.stop)
        primary.start()
        primary.tell(f"CREATE DATABASE {REGISTER}", f"CREATE DATABASE {KEYS}")
        standby = Standby(databases[1], lan.host("db2"), primary)
        stack.callback(standby.stop)
        standby.start()
        primary.tell("ALTER SYSTEM SET synchronous_standby_names = 'standby'",
                     "ALTER SYSTEM SET synchronous_commit = 'remote_apply'", "SELECT pg_reload_conf()")
        until(lambda: primary.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1)
        shared = folder / "shared"
        shared.mkdir(mode=0o700)
        proxy, visitor = lan.host("proxy"), lan.host("visitor")
        common = {"XUESHI_DATABASE": address_of(primary, standby, REGISTER),
                  "XUESHI_KEY_DATABASE": address_of(primary, standby, KEYS), "XUESHI_SHARED_FOLDER": str(shared),
                  "XUESHI_ALLOW_REMOTE": "true", "XUESHI_LISTEN_PORT": str(PORT), "XUESHI_WORKERS": "1",
                  "XUESHI_TRUSTED_PROXIES": proxy.address, "PYTHONUNBUFFERED": "1", **settings}
        services = []
        for number in range(hosts):
            host = lan.host(f"app{number + 1}")
            services.append(Service(host, folder / f"app{number + 1}", {**common, "XUESHI_LISTEN_HOST": host.address}))
            stack.callback(services[-1].kill)
        with services[0].host.inside():
            statuses(settings_of(services[0]), taking=True)
        for service in services:
            service.begin()
        for service in services:
            service.await_ready()
        machines = Cluster(lan, folder, primary, standby, services, visitor, proxy, folder / "proxy.crt")
        if proxied:
            stack.enter_context(proxying(machines))
        yield machines


def settings_of(service: Service) -> Settings:
    """The settings that a service has from its environment, as far as others use them."""
    return Settings(data_folder=service.folder / "data", database=service.environment["XUESHI_DATABASE"],
                    key_database=service.environment["XUESHI_KEY_DATABASE"],
                    shared_folder=service.environment["XUESHI_SHARED_FOLDER"])


def address_of(primary: Primary, standby: Standby, database: str) -> str:
    """Both servers in one address: whichever is the primary is meant."""
    return (f"postgresql://{USER}:{primary.password}@{primary.host.address}:{primary.port},"
            f"{standby.host.address}:{standby.port}/{database}")


@contextmanager
def proxying(machines: Cluster) -> Iterator[None]:
    """Put nginx in front, with the configuration that is shipped and this network's addresses in it."""
    folder = machines.folder
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=xueshi.example.gov.cn", "-keyout", folder / "proxy.key", "-out",
                    machines.certificate], check=True, capture_output=True)
    written = configured(folder, [service.host.address for service in machines.services], machines.proxy.address)
    with machines.proxy.inside():
        subprocess.run(["nginx", "-t", "-q", "-c", written, "-p", folder], check=True)
        machines.nginx = subprocess.Popen(["nginx", "-c", written, "-p", folder, "-g", "daemon off;"])
    try:
        until(lambda: answers(machines))
        yield
    finally:
        machines.nginx.send_signal(signal.SIGTERM)
        machines.nginx.wait(60)


def configured(folder: Path, addresses: list[str], proxy: str) -> Path:
    """The shipped configuration with what has to be changed changed, and nothing else."""
    text = NGINX.read_text("utf-8")
    exchanged = {
        "        server 10.0.0.21:8040 max_fails=2 fail_timeout=5s;": "\n".join(
            f"        server {address}:{PORT} max_fails=2 fail_timeout=5s;" for address in addresses),
        "        server 10.0.0.22:8040 max_fails=2 fail_timeout=5s;": "",
        "listen 80;": f"listen {proxy}:8080;", "listen 443 ssl http2;": f"listen {proxy}:{TLS_PORT} ssl http2;",
        "/etc/nginx/xueshi.crt": str(folder / "proxy.crt"), "/etc/nginx/xueshi.key": str(folder / "proxy.key"),
        "pid /run/nginx.pid;": f"user root;\npid {folder}/nginx.pid;", "/var/log/nginx/": f"{folder}/",
        "/var/lib/nginx/xueshi": f"{folder}/cache", "worker_processes auto;": "worker_processes 1;",
    }
    for old, new in exchanged.items():
        assert old in text, f"{old} is to be changed and does not stand there"
        text = text.replace(old, new)
    (written := folder / "nginx.conf").write_text(text, "utf-8")
    return written


def answers(machines: Cluster) -> bool:
    """Whether anybody answers through the proxy."""
    try:
        return machines.client().get("/livez").status == 200
    except (OSError, http.client.HTTPException):
        return False


def is_away(error: BaseException) -> bool:
    """Whether a request got no answer at all, as when a line is cut."""
    return isinstance(error, (OSError, http.client.HTTPException, socket.timeout))
