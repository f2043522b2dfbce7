"""An office for tests of commands: everyone in it acts through `xueshi`, each with a token. No test lives here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.api.command_kit import Ended, made, xueshi
from tests.api.house_kit import credit_code, resident_id

STUDY = ("category=professional", "route=training", "level=provincial", "days=2", "date=2025-05-03")


class Office:
    """A register with a unit and a bureau in Jiaxing, those who act for them, and a person who belongs to the unit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "证书.pdf").write_bytes(b"paper")
        self.unit = self.organisation(1, "某公司")
        self.bureau = self.organisation(2, "某局")
        self.clerk, self.clerk_token = self.officer(self.unit, "clerk", "--role", "unit", "--unit", self.unit)
        self.registrar, self.registrar_token = self.officer(self.bureau, "registrar", "--role", "sector_authority")
        person = made(folder, "person", "register", "--name", "李明", "--id-number", resident_id(1))
        self.person, self.token = str(person["person"]), str(person["token"])
        transfer = self.made(self.token, "transfer", "request", self.person, "--to-unit", self.unit, "--starts",
                             "2025-01-01")
        self.made(self.clerk_token, "transfer", "confirm", str(transfer["transfer"]))

    def organisation(self, number: int, name: str) -> str:
        unit = str(made(self.folder, "unit", "register", "--name", name, "--region", "330402", "--sector",
                        "environment", "--contact", "某人", "--credit-code", credit_code(number))["unit"])
        made(self.folder, "unit", "verify", unit, "--evidence", "证书.pdf")
        return unit

    def officer(self, organisation: str, account: str, *scope: str) -> tuple[str, str]:
        appoint = ("actor", "appoint", organisation, "--account", account, "--name", "某人")
        actor = str(made(self.folder, *appoint)["actor"])
        made(self.folder, "actor", "grant", actor, "--region", "330402", *scope)
        return actor, str(made(self.folder, "actor", "token", actor)["token"])

    def run(self, token: str, *arguments: str, **more: str) -> Ended:
        ended = xueshi(self.folder, *arguments, XUESHI_TOKEN=token, **more)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended

    def made(self, token: str, *arguments: str) -> dict[str, Any]:
        return made(self.folder, *arguments, XUESHI_TOKEN=token)

    def claim(self, *facts: str, title: str = "某培训") -> str:
        return str(self.made(self.token, "claim", "submit", self.person, *(facts or STUDY), "--title", title,
                             "--evidence", "certificate=证书.pdf")["claim"])

    def approved(self) -> str:
        claim = self.claim()
        self.run(self.clerk_token, "claim", "endorse", claim)
        self.run(self.registrar_token, "claim", "approve", claim, "--opened-evidence", "证书.pdf")
        return claim
