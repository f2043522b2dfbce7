"""Three real ledgers in one process: two cities that run their own, and the province into which they are brought.

    with three(tmp_path) as there:
        li = there.living("李明")                        # One person, registered with each of the three.
        claim = there.city.counted(li.in_city, days="2")  # Claimed, endorsed and approved there.
        there.brought(there.city)                         # Handed over and brought in.

Each has its own folder, keys and origin; the province believes the cities by a policy file.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.test import TestResponse

from api.cases.importing import hand_overs
from api.house import House, open_house
from api.log_routes import log_routes
from api.operational.callers import Caller
from api.register.register import open_register
from api.service.app import create_app
from api.settings import Settings
from ledger.events.base import By, Draft
from ledger.events.imports import ImportClosed, ImportId, ImportOpened, ImportProved
from ledger.hand_over.file import FORMAT, Header
from ledger.hand_over.gathering import gather, hand_over
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.cosignature import cosign
from ledger.proof.keys import COSIGNATURE, SigningKey, format_vkey
from ledger.proof.notes import format_note, parse_note, sign
from tests.api.house_kit import BODY, Someone, Town, resident_id, study

REGION = "330200"


class Office(NamedTuple):
    """A ledger: human resources who hand over and bring in, a unit, and its clerk, who registers."""

    town: Town
    origin: str
    people: Someone
    works: BODY
    clerk: Someone

    @property
    def vkey(self) -> str:
        return self.town.house.register.signer.vkeys[0]

    @property
    def policy(self) -> Path:
        return self.town.house.register.folder.ledgers_policy

    def believes(self, *others: Office) -> None:
        lines = "".join(f"log {one.vkey}\n" for one in others)
        self.policy.write_text(f"{lines}quorum none\n", "utf-8")

    def person(self, number: str, name: str) -> Someone:
        made = self.town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": number})
        found = Someone(self.town.client(), made["token"], made["person"])
        self.town.belongs(found, self.works, "2018-01-01")
        return found

    def counted(self, person: Someone, title: str = "某次培训", **facts: Any) -> BODY:
        """A study that was claimed, and approved by the one office that the law of the place has look at it (N 8)."""
        return self.clerk.act(person.submit(study(**facts), title), "approval")

    def size(self) -> int:
        return self.town.house.ledger.store.size()

    def file(self, since: int = 0, **query: Any) -> bytes:
        answer = self.people.get("/v1/hand-over", since=since, **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data()

    def accepted(self, origin: str) -> int:
        return int((self.ledger(origin)["accepted"] or {"size": 0})["size"])

    def ledger(self, origin: str, **query: Any) -> BODY:
        found: BODY = next(one for one in self.people.saw("/v1/ledgers", **query)["items"] if one["origin"] == origin)
        return found

    def troubles(self, origin: str, **query: Any) -> list[str]:
        return [one["code"] for one in self.ledger(origin, **query)["troubles"]]

    def takes(self, file: bytes, *, seen: int | None = None, **more: Any) -> TestResponse:
        return self.people.post("/v1/hand-overs", in_body(file) | ({} if seen is None else {"seen": seen}), **more)

    def took(self, file: bytes) -> BODY:
        answer = self.takes(file)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        found: BODY = answer.get_json()
        return found

    def tried(self, file: bytes) -> BODY:
        answer = self.takes(file, dry_run="true")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: BODY = answer.get_json()["would"]
        return found


class Living(NamedTuple):
    """One person as each of the three knows them."""

    number: str
    name: str
    in_city: Someone
    in_other: Someone
    in_province: Someone


class Three(NamedTuple):
    """Two cities and the province."""

    city: Office
    other: Office
    province: Office

    def living(self, name: str = "李明") -> Living:
        number = resident_id(next(self.province.town.numbers) + 500)
        return Living(number, name, *(office.person(number, name) for office in self))

    def brought(self, city: Office) -> BODY:
        """What was decided since it was accepted last, handed over and brought in."""
        return self.province.took(city.file(self.province.accepted(city.origin)))


def parts_of(there: Three, parts: int, *, at_once: int = 1) -> list[bytes]:
    """What the city decided from the beginning, in so many parts of so many entries."""
    house, size, found = there.city.town.house, None, list[bytes]()
    caller = house.tokens.caller(there.city.people.token, now=house.now, trace="t")
    assert isinstance(caller, Caller)
    for part in range(1, parts + 1):
        made = hand_overs.make(house, caller, 0, part=part, size=size, at_once=at_once)
        assert isinstance(made, hand_overs.Made) and made.header.parts == parts, made
        size = made.header.size
        found.append(made.content)
    return found


def other_history(apart: Three, li: Living, folder: Path) -> bytes:
    """What the city's keys sign of a log that is another one from the start, as going on from what was accepted."""
    with office_in(folder / "again", apart.city.origin) as again:
        other = again.person(li.number, li.name)
        claims = [again.counted(other, date=f"2026-04-0{day}")["claim"] for day in range(1, 9)]
        ledger, size = again.town.house.ledger, again.size()
        text = format_checkpoint(Checkpoint(apart.city.origin, size, ledger.store.frontier(size).root()))
        keys = apart.city.town.house.register.signer.keys
        header = Header(FORMAT, apart.city.origin, apart.province.accepted(apart.city.origin), size)
        return b"".join(hand_over(ledger.store, gather(ledger, claims, size), header,
                                  format_note(text, [sign(text, key) for key in keys]), keys))


def cosigned_by(office: Office, witness: str, seconds: int) -> str:
    """Let a witness cosign what the ledger signs now, at a POSIX time; its public key."""
    signer, key = office.town.house.register.signer, SigningKey(witness, b"\5" * 32)
    text, signatures = parse_note(signer.checkpoint())
    note = format_note(text, [*signatures, cosign(text, key, seconds)])
    signer.cosigned = lambda: note
    return format_vkey(key.public(COSIGNATURE))


def in_body(file: bytes) -> BODY:
    return {"file": base64.b64encode(file).decode(), "region": REGION}


def entries(person: Someone) -> list[BODY]:
    found: list[BODY] = [entry for year in person.years()["years"] for entry in year["entries"]]
    return found


def kept_twice(house: House, origin: str) -> None:
    """Record two imports that came at the same moment and rest on histories that contradict each other."""
    for root in ("one", "other"):
        batch = ImportId(house.new_id("import"))
        house.ledger.record([
            Draft(ImportOpened(batch=batch, system=f"log:{origin}", file_sha256=root * 9, rows=0, starts=house.today,
                               ends=house.today, region=REGION)),
            Draft(ImportProved(batch=batch, origin=origin, since=0, size=9, root=root, part=1, parts=1,
                               checkpoint="-")),
            Draft(ImportClosed(batch=batch, accepted=0, rejected=0, duplicates=0, result_sha256="-")),
        ], by=By(actor="acr_somebody", role="human_resources"))


@contextmanager
def office_in(folder: Path, origin: str) -> Iterator[Office]:
    register = open_register(Settings(data_folder=folder, origin=origin), create=True)
    try:
        register.signer.checkpoint()
        with open_house(register) as house:
            town = Town(house, create_app(house, checks=house.checks(), blueprints=[log_routes(register)]))
            bureau = town.unit("市人社局", REGION, "general")
            works = town.unit("某厂", "330203", "industry")
            yield Office(
                town, origin, town.officer(bureau, "human_resources", "3302"), works,
                town.officer(works, "unit", "330203", unit=works["unit"]))
    finally:
        register.close()


@contextmanager
def three(folder: Path) -> Iterator[Three]:
    with ExitStack() as stack:
        there = Three(*(stack.enter_context(office_in(folder / name, f"{name}.example/log"))
                        for name in ("ningbo", "wenzhou", "zhejiang")))
        there.province.believes(there.city, there.other)
        yield there
