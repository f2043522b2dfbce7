"""A register served by a process of its own, and people who reach it as anyone would: over HTTP, with the client.

    with serving(folder) as town:
        works = town.unit("某厂", "330203", "industry")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        li = town.person("李明")
        town.belongs(li, works, clerk, "2025-01-01")
        claim = li.did("/v1/claims", town.claim(li, "某培训", route="training", level="provincial", days="2"))
"""

from __future__ import annotations

import hashlib
import itertools
import os
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.client import Client, Reply, connected
from api.settings import Settings
from ledger.identifiers.resident_id import check_character
from ledger.identifiers.unit_code import check_character as unit_check_character
from tests.forked import Popen, programs

XUESHI = str(Path(sysconfig.get_path("scripts")) / "xueshi")
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
PAPER = hashlib.sha256("结业证书".encode()).hexdigest()

Body = dict[str, Any]


@dataclass
class Someone:
    """Whoever bears a token."""

    client: Client
    id: str = ""
    token: str = ""

    def did(self, path: str, body: Body | None = None, *, version: int | None = None) -> Body:
        """Write, and expect that it is done."""
        reply = self.client.post(path, body, version=version)
        assert reply.status == 201, reply.body.decode()
        found: Body = reply.json
        return found

    def saw(self, path: str, **query: Any) -> Body:
        """Read, and expect an answer."""
        reply = self.client.get(path, query)
        assert reply.status == 200, reply.body.decode()
        found: Body = reply.json
        return found

    def act(self, claim: Body, what: str, body: Body | None = None) -> Body:
        """Do something about a claim as it was last seen, and see what it has become."""
        return self.did(f"/v1/claims/{claim['claim']}/{what}", body, version=claim["version"])

    def refused(self, claim: Body, what: str, body: Body | None = None) -> Body:
        reply: Reply = self.client.post(f"/v1/claims/{claim['claim']}/{what}", body, version=claim["version"])
        assert reply.status >= 400, reply.body.decode()
        found: Body = reply.json
        return found

    def year(self, year: int, **query: Any) -> Body:
        found: Body = self.saw(f"/v1/persons/{self.id}/years/{year}", **query)["years"][0]
        return found

    def counted(self, year: int) -> list[str]:
        return [entry["evaluated"]["counted"] for entry in self.year(year)["entries"]]


class Town:
    """The served register, and its installation, which lets the first offices in."""

    def __init__(self, folder: Path, client: Client) -> None:
        self.folder = folder
        self.nobody = Someone(client)
        self.founder = self.bearing((folder / "data" / "keys" / "founder.token").read_text("ascii").strip())
        self.numbers = itertools.count(1)

    def bearing(self, token: str, id_: str = "") -> Someone:
        return Someone(self.nobody.client.bearing(token), id_, token)

    def unit(self, name: str, region: str, sector: str) -> Body:
        code = f"91330000{next(self.numbers):09d}"
        made = self.nobody.did("/v1/units", {
            "credit_code": code + unit_check_character(code), "name": name, "region": region, "sector": sector,
            "contact": {"name": "联系人"},
        })
        return self.founder.did(f"/v1/units/{made['unit']}/verification", version=made["version"])

    def officer(self, organisation: Body, role: str, region: str, **limits: Any) -> Someone:
        body = {"organisation": organisation["unit"], "account": f"account-{next(self.numbers)}",
                "official": {"name": "经办人"}}
        made = self.founder.did("/v1/actors", body)
        scope = {"role": role, "region": region, **limits}
        self.founder.did(f"/v1/actors/{made['actor']}/scopes", scope, version=made["version"])
        return self.bearing(self.founder.did(f"/v1/actors/{made['actor']}/tokens")["token"], made["actor"])

    def person(self, name: str) -> Someone:
        body = f"33000019900101{next(self.numbers):03d}"
        made = self.nobody.did("/v1/persons", {
            "name": name, "id_kind": "resident_id", "id_number": body + check_character(body),
        })
        return self.bearing(made["token"], made["person"])

    def belongs(self, person: Someone, unit: Body, clerk: Someone, starts: str, **more: Any) -> None:
        """Match a person to a unit: asked for by the one, confirmed by the other."""
        body = {"to_unit": unit["unit"], "starts": starts, **more}
        asked = person.did(f"/v1/persons/{person.id}/transfers", body)
        clerk.did(f"/v1/transfers/{asked['transfer']}/confirmation", version=asked["version"])

    def claim(self, person: Someone, title: str, **study: Any) -> Body:
        return {"person": person.id, "study": {"category": "professional", **study}, "details": {"title": title},
                "evidence": [{"kind": "certificate", "sha256": PAPER}]}

    def xueshi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside the service."""
        return subprocess.run([programs() / "xueshi", *arguments], cwd=self.folder, env=ENVIRONMENT,
                              capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def serving(folder: Path, *, kill: bool = False) -> Iterator[Town]:
    """Serve a register in a folder, made where there is none, until the block ends; with `kill`, without a goodbye."""
    command = [XUESHI, "serve", "--port", "0"]
    with Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip().partition("：")[2]
        try:
            with connected(Settings(), address) as client:
                yield Town(folder, client)
        except BaseException:
            process.kill()  # Or what failed would wait for a service that nobody ends.
            raise
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        assert process.wait(timeout=60) == (-signal.SIGKILL if kill else 0)
