"""The operations that faults are put into, and what has to hold after each.

Each is done by a function in a child of the test (`failing_kit.py`); what it acknowledges it prints at once. `holds`
says afterwards whether what was acknowledged stands.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import structlog
from flask.testing import FlaskClient

from api.cli import _explain
from api.commands import archive
from api.register.register import open_register
from api.service.composed import composed
from api.settings import Settings
from api.telling import logs
from api.terminal.exits import Stop
from projections.answers import projections
from projections.following.follower import Follower
from projections.replay.store import open_coded
from tests.api.house_kit import BODY, Someone, credit_code, resident_id, study
from tests.api.paper_kit import PDF, digest
from tests.faults.faulted_register import Scene

OF_SHEET = ("--system", "ningbo", "--starts", "2026-01-01", "--ends", "2026-12-31", "--region", "330200")


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
    structlog.reset_defaults()  # What is logged beside, by requests and by those who follow, is for no reader of words.
    logs.configure("error", "json")
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
        return [each.format(there=scene.place, person=scene.lived.person) for each in arguments]

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
            assert follower.wait_for(register.ledger.store.size(), 60)
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


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def replayed(scene: Scene, said: str) -> None:
    """A report that is there is the report of a run without a fault, byte for byte."""
    report = scene.place / "report"
    if report.exists():
        found = files_of(report)
        assert scene.seen.setdefault("report", found) == found
    else:
        assert "✓" not in said, said


def export_again(scene: Scene) -> tuple[int, str, str]:
    """Done, or refused since its folder stood whole under its name when it was ended."""
    ended = scene.ran("export", "parquet", str(scene.place / "columns"))
    again = ("export", "parquet", str(scene.place / "columns"), "--check")
    return scene.ran(*again) if "[export_taken]" in ended[2] else ended


def exported(scene: Scene, said: str) -> None:
    """All of it or none: what has the name is what the ledger gives again."""
    if (scene.place / "columns").exists():
        status, told, stderr = scene.ran("export", "parquet", str(scene.place / "columns"), "--check")
        assert status == 0, told + stderr
    else:
        assert "✓" not in said, said


def issued(scene: Scene, said: str) -> None:
    """A statement whose number was told is there; the same request again, under its key, never issues a second."""
    status, told, stderr = scene.ran("statement", "list", scene.lived.person, "--json",
                                     XUESHI_TOKEN=scene.lived.tokens["person"])
    assert status == 0, told + stderr
    numbers = [each["statement"] for each in json.loads(told)["items"]]
    assert len(numbers) <= 2, "one was there, and one was asked for"
    begins = numbers[0].partition("_")[0]
    assert set(re.findall(rf"\b{begins}_[0-9a-z]+", said)) <= set(numbers)


@contextmanager
def next_year() -> Iterator[None]:
    """Only what the archive asks: whether the year is over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "time", SimpleNamespace(time_ns=lambda: 1_798_800_000 * 10**9))    # 2027-01-01
        yield


def back_up_keys(scene: Scene) -> int:
    """At one time in each case: its folder is named after that, and files are met by their names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.keys.backup.time", SimpleNamespace(time_ns=lambda: 1_800_000_000 * 10**9))
        return scene.run("keys", "backup", str(scene.place / "safe"))


def write_archive(scene: Scene) -> int:
    with next_year():
        return scene.run("archive", "write", "2026", str(scene.place / "cold"))


def write_archive_again(scene: Scene) -> tuple[int, str, str]:
    """Done, or refused since its folder stood whole under its name when it was ended."""
    with next_year():
        ended = scene.ran("archive", "write", "2026", str(scene.place / "cold"))
    return scene.ran("archive", "check", str(scene.place / "cold")) if "[archive_taken]" in ended[2] else ended


def archived(scene: Scene, said: str) -> None:
    """All of it or none, and byte for byte what the ledger holds."""
    if (scene.place / "cold").exists():
        status, told, stderr = scene.ran("archive", "check", str(scene.place / "cold"))
        assert status == 0, told + stderr
    else:
        assert "✓" not in said, said


def handed_over(scene: Scene, said: str) -> None:
    """What the other ledger registered counts once or not yet, however often it is brought in."""
    status, told, stderr = scene.ran("years", "show", scene.lived.person, "--json",
                                     XUESHI_TOKEN=scene.lived.tokens["person"])
    assert status == 0, told + stderr
    there = [entry for year in json.loads(told)["years"] for entry in year["entries"] if entry.get("source")]
    assert len(there) <= 1 and (there or not said), told


OPERATIONS: dict[str, Operation] = {each.name: each for each in (
    Operation("append", partial(as_a_command, append), appended, lambda scene: (0, "", "")),
    command("checkpoint", "log", "checkpoint", holds=checkpointed),
    command("rebuild", "rebuild", "entries", holds=rebuilt),
    command("rebuild of the map", "rebuild", "map"),
    command("rebuild of the coded ledger", "rebuild", "coded", holds=compacted, before=followed),
    Operation("compaction", partial(as_a_command, compact), compacted, again_compact, followed),
    command("backup", "backup", "{there}/kept", holds=backed_up),
    command("restore", "restore", "{there}/earlier", "--replace", least=of_backup),
    Operation("backup of the keys", back_up_keys, lambda scene, said: None,
              lambda scene: scene.ran("keys", "backup", str(scene.place / "safe"))),
    command("check", "fsck", "--processes", "1"),
    command("import", "import", "take", "{there}/records.csv", *OF_SHEET, whom="source"),
    command("findings", "findings", "run", "--whole"),
    command("first start", "init", before=no_longer_there, least=lambda scene: 0),
    command("replay", "replay", "--under", "set:zhejiang/2016-08-01", "--out", "{there}/report", holds=replayed,
            before=followed),
    Operation("export", lambda scene: scene.run("export", "parquet", str(scene.place / "columns")), exported,
              export_again, followed),
    command("statement", "statement", "issue", "{person}", "--key", "the-key-of-the-statement-0001",
            whom="person", holds=issued),
    Operation("archive", write_archive, archived, write_archive_again),
    command("import of a hand-over", "import", "hand-over", "{there}/carried.ndjson", "--region", "330200",
            whom="source", holds=handed_over),
)}
