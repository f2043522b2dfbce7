"""A small register in which there is something to do of everything, and the operations that faults are put into.

Each operation is done by a function in a child of the test (`failing_kit.py`); what it acknowledges it prints at once.
`holds` says afterwards whether what was acknowledged stands.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from flask.testing import FlaskClient

from api import logs
from api.cli import _explain, run
from api.composed import composed
from api.exits import Stop
from api.register import open_register
from api.settings import Settings
from projections.answers import projections
from projections.follower import Follower
from projections.replay.store import open_coded
from tests.api.command_kit import made, xueshi
from tests.api.house_kit import BODY, Someone, credit_code, house_in, resident_id, study
from tests.api.paper_kit import PDF, digest

HEADS = ("来源记录号", "版本", "证件号码", "姓名", "科目类别", "途径", "日期", "学时", "完成方式", "课程名称")
OF_SHEET = ("--system", "ningbo", "--starts", "2026-01-01", "--ends", "2026-12-31", "--region", "330200")


class Lived(NamedTuple):
    """What is known of the scene from outside."""

    person: str
    tokens: Mapping[str, str]
    waiting: BODY
    approved: BODY
    size: int


@dataclass(frozen=True)
class Scene:
    """The register as it was made, and a place in which copies of it are tried, always under one name."""

    origin: Path
    place: Path
    lived: Lived
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.place / "data"

    def fresh(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.origin, self.place)

    def begin(self, operation: Operation) -> None:
        """A copy in which the operation is about to be done; what comes before it is done once."""
        made = self.origin.with_name(f"before {operation.name}")
        if not made.exists():
            self.fresh()
            operation.before(self)
            shutil.copytree(self.place, made)
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(made, self.place)

    def ran(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Run a command on the copy, here and without a fault."""
        return xueshi(self.place, *arguments, XUESHI_DATA_FOLDER=str(self.data), **environment)

    def run(self, *arguments: str, **environment: str) -> int:
        """Run a command on the copy: what a child does."""
        os.chdir(self.place)
        os.environ.update(XUESHI_DATA_FOLDER=str(self.data), **environment)
        return int(run(arguments))


def made_in(folder: Path) -> Scene:
    """Make the scene: a person with an approved entry and a waiting one, a statement, a backup; then some more."""
    origin = folder / "origin"
    with house_in(origin / "data") as town:
        works, bureau = town.unit("某厂", "330203", "industry"), town.unit("市人社局", "330200", "general")
        officer = town.officer(works, "unit", "330203", unit=works["unit"])
        source = town.officer(bureau, "human_resources", "3302")
        number = resident_id(7_001)
        made_person = town.nobody.did("/v1/persons", {"name": "李明", "id_kind": "resident_id", "id_number": number})
        li = Someone(town.client(), made_person["token"], made_person["person"])
        town.belongs(li, works, "2020-01-01")
        approved = officer.act(li.submit(study(date="2026-04-02")), "approval")
        li.did(f"/v1/persons/{li.id}/statements", {})
        town.house.register.signer.checkpoint()
        town.house.register.access_signer.checkpoint()
        assert town.house.settled() is None
        open_coded(town.house.register.folder.projections, town.house.ledger)
        made(origin, "backup", "earlier")
        waiting = li.submit(study(date="2026-05-02"))
        assert town.house.settled() is None
        size = town.house.ledger.store.size()
    with (origin / "records.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADS, *(
            (f"k-{record}", "1", number, "李明", "一般公需", "course", "2026-05-04", "4", "exam", "网络课程")
            for record in range(3))])
    tokens = {"officer": str(officer.token), "source": str(source.token), "person": str(li.token)}
    return Scene(origin, folder / "there", Lived(li.id, tokens, waiting, approved, size))


class Operation(NamedTuple):
    """Something that takes several steps on the disk."""

    name: str
    work: Callable[[Scene], int]
    holds: Callable[[Scene, str], None]
    again: Callable[[Scene], tuple[int, str, str]]
    before: Callable[[Scene], None] = lambda scene: None
    least: Callable[[Scene], int] = lambda scene: scene.lived.size


# Appends, over the doors of the service

REGISTERED = ("unit", "person", "claim", "approval", "statement", "withdrawal")
"""Steps that end in the log; each was answered once it was there."""


def say(**words: Any) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


def steps(scene: Scene, client: FlaskClient) -> None:
    """Some requests of several people, each under a key of its own, and what was answered to each."""
    lived = scene.lived
    nobody, person, officer = (
        Someone(client, lived.tokens.get(who), lived.person) for who in ("nobody", "person", "officer"))

    def ask(step: str, who: Someone, path: str, body: BODY, version: int | None = None) -> BODY | None:
        answer = who.post(path, body, key=f"the-key-of-step-{step}-0001", version=version)
        found = answer.get_json()
        say(step=step, status=answer.status_code, body=found, retry=answer.headers.get("Retry-After"),
            replayed="Idempotent-Replayed" in answer.headers)
        return found if answer.status_code == 201 else None

    ask("unit", nobody, "/v1/units", {
        "credit_code": credit_code(8_001), "name": "新厂", "region": "330203", "sector": "industry",
        "contact": {"name": "联系人", "phone": "13800001234"}})
    ask("person", nobody, "/v1/persons",
        {"name": "王芳", "id_kind": "resident_id", "id_number": resident_id(7_002)})
    sent = person.client.put(
        f"/v1/persons/{person.id}/evidence/{digest(PDF)}", data=PDF,
        headers={**person.headers(), "Content-Type": "application/octet-stream",
                 "Content-Disposition": "attachment; filename*=UTF-8''a.pdf"})
    say(step="evidence", status=sent.status_code, body=sent.get_json(), retry=sent.headers.get("Retry-After"),
        replayed=False)
    claim = ask("claim", person, "/v1/claims", {
        **person.claim(study(date="2026-06-02")), "evidence": [{"kind": "certificate", "sha256": digest(PDF)}]})
    ask("approval", officer, f"/v1/claims/{lived.waiting['claim']}/approval", {}, version=lived.waiting["version"])
    ask("statement", person, f"/v1/persons/{person.id}/statements", {})
    if claim is not None:
        ask("withdrawal", person, f"/v1/claims/{claim['claim']}/withdrawal", {}, version=claim["version"])
    seen = person.get(f"/v1/persons/{person.id}/years")
    say(step="years", status=seen.status_code, body=seen.get_json(), retry=seen.headers.get("Retry-After"),
        replayed=False)


def append(scene: Scene) -> None:
    os.environ["XUESHI_DATA_FOLDER"] = str(scene.data)
    structlog.reset_defaults()
    logs.configure("error", "json")
    with composed(Settings(data_folder=scene.data), serves=False) as app:
        steps(scene, app.test_client())


def appended(scene: Scene, said: str) -> None:
    """Each request is asked again: what was done is answered, what was not is done now; nothing is done twice."""
    first = {line["step"]: line for line in map(json.loads, said.splitlines())}
    before = json.loads(scene.ran("fsck", "--processes", "1", "--json")[1])["size"]
    acknowledged = [step for step, line in first.items() if step in REGISTERED and line["status"] == 201]
    assert before >= scene.lived.size + len(acknowledged)
    for step, line in _asked_again(scene).items():
        assert line["status"] in (200, 201), line
        if step in acknowledged:
            assert line["replayed"] and _id(line["body"]) == _id(first[step]["body"]), f"{step} was done once more"


def _id(body: BODY) -> list[Any]:
    return [body.get(name) for name in ("person", "unit", "claim", "statement")]


def _asked_again(scene: Scene) -> dict[str, Any]:
    """What a service that is begun anew answers to the same requests, with what stands afterwards."""
    found: list[dict[str, Any]] = []
    keep, globals()["say"] = say, lambda **words: found.append(words)
    try:
        with composed(Settings(data_folder=scene.data), serves=False) as app:
            steps(scene, app.test_client())
    finally:
        globals()["say"] = keep
    return {line["step"]: line for line in found}


# Commands

def as_a_command(work: Callable[[Scene], None], scene: Scene) -> int:
    """Do something that is no command of its own, and say what goes wrong in it as one does."""
    try:
        work(scene)
    except Stop as stop:
        print(f"{stop.message}。[{stop.code}]", file=sys.stderr)
        return stop.status
    except Exception as error:
        return _explain(error)
    return 0



def command(name: str, *arguments: str, holds: Callable[[Scene, str], None] = lambda scene, said: None,
            whom: str | None = None, before: Callable[[Scene], None] = lambda scene: None,
            least: Callable[[Scene], int] = lambda scene: scene.lived.size) -> Operation:
    def environment(scene: Scene) -> dict[str, str]:
        return {} if whom is None else {"XUESHI_TOKEN": scene.lived.tokens[whom]}

    def words(scene: Scene) -> list[str]:
        return [each.format(there=scene.place) for each in arguments]

    return Operation(
        name, lambda scene: scene.run(*words(scene), **environment(scene)), holds,
        lambda scene: scene.ran(*words(scene), **environment(scene)), before, least)


def checkpointed(scene: Scene, said: str) -> None:
    """Whatever was handed out is what the log still is: the next one extends it."""
    if said:
        status, text, told = scene.ran("log", "checkpoint")
        assert status == 0 and text == said, told


def backed_up(scene: Scene, said: str) -> None:
    if not (scene.place / "kept").exists():
        assert "✓" not in said
        return
    status, told, stderr = scene.ran("backup", "--check", str(scene.place / "kept"))
    assert status == 0, told + stderr


def rebuilt(scene: Scene, said: str) -> None:
    status, told, stderr = scene.ran("rebuild", "--compare", "entries")
    assert status == 0, told + stderr


def compact(scene: Scene) -> None:
    """Read the coded ledger on: everyone's past changed since, so it is written as one base."""
    register = open_register(Settings(data_folder=scene.data))
    try:
        say(was=open_coded(register.folder.projections, register.ledger).was)
    finally:
        register.close()


def compacted(scene: Scene, said: str) -> None:
    status, told, stderr = scene.ran("rebuild", "coded", "--compare")
    assert status == 0, told + stderr


def followed(scene: Scene) -> None:
    """The answers are at the head, the coded ledger is not."""
    register = open_register(Settings(data_folder=scene.data))
    try:
        follower = Follower(register.ledger, register.folder.projections, projections())
        follower.start()
        try:
            assert follower.wait_for(register.ledger.store.size(), 20)
        finally:
            follower.stop()
    finally:
        register.close()


def again_compact(scene: Scene) -> tuple[int, str, str]:
    register = open_register(Settings(data_folder=scene.data))
    try:
        open_coded(register.folder.projections, register.ledger)
    finally:
        register.close()
    return 0, "", ""


def no_longer_there(scene: Scene) -> None:
    shutil.rmtree(scene.data)


def of_backup(scene: Scene) -> int:
    return int(json.loads((scene.place / "earlier" / "manifest.json").read_text())["ledger"]["size"])


OPERATIONS: dict[str, Operation] = {each.name: each for each in (
    Operation("append", partial(as_a_command, append), appended, lambda scene: (0, "", "")),
    command("checkpoint", "log", "checkpoint", holds=checkpointed),
    command("rebuild", "rebuild", "entries", holds=rebuilt),
    command("rebuild of the map", "rebuild", "map"),
    command("rebuild of the coded ledger", "rebuild", "coded", holds=compacted, before=followed),
    Operation("compaction", partial(as_a_command, compact), compacted, again_compact, followed),
    command("backup", "backup", "{there}/kept", holds=backed_up),
    command("restore", "restore", "{there}/earlier", "--replace", least=of_backup),
    command("backup of the keys", "keys", "backup", "{there}/safe"),
    command("check", "fsck", "--processes", "1"),
    command("import", "import", "take", "{there}/records.csv", *OF_SHEET, whom="source"),
    command("findings", "findings", "run", "--whole"),
    command("first start", "init", before=no_longer_there, least=lambda scene: 0),
)}
