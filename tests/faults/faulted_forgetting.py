"""Somebody is forgotten over the door, after the rest, by the second hand, with a fault at some call.

Whatever happens: the log and the vault say the same once the next service stands, and what the service kept besides
goes with the key or is all there. The same request again ends what was begun.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from api.erasing import Rule
from api.house import open_house
from api.register.register import open_register
from api.service.composed import composed
from api.settings import Settings
from ledger.envelope import decode
from ledger.events.person import KeyDestroyed
from tests.api.house_kit import Someone, Ticking, Town, house_in, study
from tests.api.paper_kit import PDF
from tests.faults.faulted_operations import Operation, as_a_command, say
from tests.faults.faulted_register import Scene

RULE = Rule(rests_days=1, waits_for=frozenset({"claims"}))  # What patterns find is found when they come to it.
DAY_US = 86_400 * 1_000_000
REQUEST = "the-key-of-the-destruction-0001"
DOCUMENT = {"document": "申〔2026〕7号"}


class Forgotten(NamedTuple):
    """Who is to be forgotten, by whom, and the bytes of their key as they lie in the vault."""

    person: str
    own: str
    security: str
    version: int
    wrapped: bytes


def rested(scene: Scene) -> None:
    """Proposed two days ago: somebody with hours, a file, a draft, a password and a token; and a copy of the keys."""
    with house_in(scene.data, Ticking(time.time_ns() // 1_000 - 2 * DAY_US)) as town:
        object.__setattr__(town.house, "erasing", RULE)
        town.numbers = itertools.count(9_000)
        works, bureau = town.unit("某厂", "330203", "industry"), town.unit("某局", "330200", "general")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        people = town.officer(bureau, "human_resources", "3302")
        security = town.officer(town.unit("某厅", "330000", "general"), "security_administrator", "33",
                                person=town.person("安某").id)
        li = town.person("李忘川")
        town.belongs(li, works, "2018-01-01")
        clerk.act(li.submit(study()), "approval", {})
        _keep_things(town, li)
        assert town.house.settled() is None
        people.did(f"/v1/persons/{li.id}/erasure", {
            **DOCUMENT, "basis": "request", "asked_on": town.house.today.isoformat(), "words": "本人书面申请"})
        version = town.house.ledger.store.version(li.id)
        assert town.house.settled() is None
    status, _, told = scene.ran("keys", "backup", str(scene.place / "kept-keys"))
    assert status == 0, told
    with closing(sqlite3.connect(scene.data / "keys" / "people.db")) as vault:
        (wrapped,) = vault.execute("SELECT wrapped FROM keys WHERE owner = ?", (li.id,)).fetchone()
    scene.seen["forgotten"] = Forgotten(li.id, str(li.token), str(security.token), version, wrapped)


def _keep_things(town: Town, li: Someone) -> None:
    sent = li.client.put(f"/v1/persons/{li.id}/evidence/{hashlib.sha256(PDF).hexdigest()}", data=PDF, headers={
        **li.headers(), "Content-Type": "application/octet-stream"})
    saved = li.client.put(f"/v1/persons/{li.id}/drafts/one", json={"study": study()}, headers=li.headers())
    assert sent.status_code == 201 and saved.status_code < 300, (sent.get_json(), saved.get_json())
    town.house.accounts.set_password(li.id, "四月的甬江边有一座桥 2026", now=town.house.now)


def destroy(scene: Scene) -> None:
    """The second hand does it, and looks what it has come to."""
    found: Forgotten = scene.seen["forgotten"]
    with house_in(scene.data) as town:  # What a whole service does at its start is met by other operations.
        object.__setattr__(town.house, "erasing", RULE)
        security = Someone(town.client(), found.security)
        path = f"/v1/persons/{found.person}/erasure"
        done = security.post(f"{path}/destruction", DOCUMENT, key=REQUEST, version=found.version)
        say(step="destruction", status=done.status_code, body=done.get_json(), retry=done.headers.get("Retry-After"))
        seen = security.get(path)
        say(step="seen", status=seen.status_code, body=seen.get_json(), retry=seen.headers.get("Retry-After"))


def wholly(scene: Scene, said: str) -> None:
    """The next service ends it or has it stand as it was; what was acknowledged is done; the same request does it."""
    found: Forgotten = scene.seen["forgotten"]
    first = {line["step"]: line for line in map(json.loads, re.findall(r'^\{"step.*', said, re.MULTILINE))}
    is_acknowledged = "destruction" in first and first["destruction"]["status"] == 201
    is_recorded = _one_or_the_other(scene, found)
    assert is_recorded or not is_acknowledged, first
    settings = Settings(data_folder=scene.data, erasure_waits_for="claims")
    with composed(settings, serves=False) as app:  # What it tidies at its start is tidied now.
        own = Someone(app.test_client(), found.own, found.person)
        assert own.get(f"/v1/persons/{found.person}").status_code == (401 if is_recorded else 200)
        _demand_kept_or_gone(scene, found, is_recorded)
        answer = Someone(app.test_client(), found.security).post(
            f"/v1/persons/{found.person}/erasure/destruction", DOCUMENT, key=REQUEST, version=found.version)
        assert answer.status_code == 201 and answer.get_json()["forgotten"], answer.get_json()
        assert ("Idempotent-Replayed" in answer.headers) == is_recorded, "done once"
        if is_acknowledged:
            assert answer.get_json() == first["destruction"]["body"]
        assert own.get(f"/v1/persons/{found.person}").status_code == 401
        _demand_kept_or_gone(scene, found, is_forgotten=True)
    assert _one_or_the_other(scene, found)


def _one_or_the_other(scene: Scene, found: Forgotten) -> bool:
    """Opened alone, the log and the vault agree; of a key that is destroyed no byte is left."""
    register = open_register(Settings(data_folder=scene.data))
    try:
        vault = register.ledger.vault
        events = [decode(leaf).event for _, leaf in register.ledger.store.stream(found.person)]
        times = sum(isinstance(one, KeyDestroyed) for one in events)
        assert times <= 1 and vault.is_destroyed(found.person) == (times == 1)
        assert times == 0 or found.person not in vault.marked()
    finally:
        register.close()
    holding = [path.name for path in (scene.data / "keys").glob("people.db*") if found.wrapped in path.read_bytes()]
    assert bool(holding) == (times == 0), holding
    return times == 1


def _demand_kept_or_gone(scene: Scene, found: Forgotten, is_forgotten: bool) -> None:
    """What the service keeps besides the log: all of it or nothing."""
    register = open_register(Settings(data_folder=scene.data))
    try:
        with open_house(register) as house:
            kept: dict[str, Any] = {
                "files": house.evidence.uploaded(found.person), "drafts": house.claim_drafts.every(found.person),
                "password": house.accounts.has_password(found.person),
                "tokens": house.operations.every(found.person, now=house.now)}
    finally:
        register.close()
    assert {name: bool(what) for name, what in kept.items()} == dict.fromkeys(kept, not is_forgotten), kept
    assert not is_forgotten or not _mentions(scene.data / "evidence", found.person)


def _mentions(folder: Path, person: str) -> list[str]:
    return [str(path) for path in folder.rglob("*") if person in path.name]


FORGETTING: dict[str, Operation] = {"destruction": Operation(
    "destruction", partial(as_a_command, destroy), wholly, lambda scene: (0, "", ""), rested)}
