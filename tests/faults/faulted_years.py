"""More operations that faults are put into: a year that ends and moves, another name, keys that come back, a witness.

As those of `faulted_operations.py`, each with what has to hold after it.
"""

from __future__ import annotations

import itertools
import json
from functools import partial

from api.witness.folder import WitnessFolder
from ledger.proof.keys import format_vkey
from ledger.witnessing.witness import Outcome, Witness
from tests.api.house_kit import Someone, house_in, study
from tests.faults.faulted_keeping import opened as opens
from tests.faults.faulted_operations import Operation, as_a_command, command, say, write_archive_again
from tests.faults.faulted_register import Scene
from tests.witness.witness_kit import LOG_KEY, FakeLog

CLAIMS = 120    # Handed in and withdrawn: they fill a tile, and only what fills one moves.


# A year that is moved into its archive


def archived(scene: Scene) -> None:
    """A year of some hundred claims that ended, and its archive."""
    with house_in(scene.data) as town:
        town.numbers = itertools.count(9_000)
        li = Someone(town.client(), scene.lived.tokens["person"], scene.lived.person)
        for number in range(CLAIMS):
            li.act(li.submit(study(date="2026-06-03"), f"培训 {number}"), "withdrawal", {})
        assert town.house.settled() is None
    done(write_archive_again(scene))


def moved(scene: Scene) -> None:
    archived(scene)
    done(scene.ran("archive", "move", str(scene.place / "cold")))


def brought_back(scene: Scene) -> None:
    """There is room to give back."""
    moved(scene)
    done(scene.ran("archive", "bring-back", "2026"))


def stands_with_its_archive(scene: Scene, said: str) -> None:
    """Wherever the bodies lie, every event is there, byte for byte as in the archive, and the archive is known."""
    done(scene.ran("archive", "list"))
    done(scene.ran("archive", "check", str(scene.place / "cold")))


def bring_back_again(scene: Scene) -> tuple[int, str, str]:
    """Done, or refused since it was done."""
    ended = scene.ran("archive", "bring-back", "2026")
    return (0, "", "") if "[archive_other]" in ended[2] and "[]" in scene.ran("archive", "list", "--json")[1] else ended


def done(ended: tuple[int, str, str]) -> None:
    assert ended[0] == 0, ended


# A year that is closed, the whole log as a file, another name


def decided(scene: Scene) -> None:
    """Somebody's hours of a year that is over."""
    with house_in(scene.data) as town:
        li, officer = (
            Someone(town.client(), scene.lived.tokens[who], scene.lived.person) for who in ("person", "officer"))
        officer.act(li.submit(study(date="2025-04-02")), "approval")
        assert town.house.settled() is None


def closed_once(scene: Scene, said: str) -> None:
    """A year is closed or open, and once at most, however often it is asked for."""
    status, told, stderr = scene.ran("year", "list", "--json", XUESHI_TOKEN=scene.lived.tokens["source"])
    assert status == 0, told + stderr
    years = [one["year"] for one in json.loads(told)["items"]]
    assert years in ([], [2025]) and (years or not said), told


def exported(scene: Scene, said: str) -> None:
    """All of it or none, and it verifies with the log's key alone."""
    file = scene.place / "log.ndjson"
    if file.exists():
        done(scene.ran("verify", str(file), "--key", scene.ran("log", "key")[1].splitlines()[0]))
    else:
        assert "✓" not in said, said


NAME = "localhost/another"


def renamed(scene: Scene, said: str) -> None:
    """It signs under one of its names, or says that this was not ended and how it is."""
    with_new = scene.ran("log", "checkpoint", XUESHI_ORIGIN=NAME)
    with_old = scene.ran("log", "checkpoint")
    if with_new[0] and with_old[0]:
        assert f"改名没有完成：请再次运行 xueshi log continue-as {NAME}" in with_new[2], with_new
    assert (with_new[0], with_old[0]) != (0, 0) and ("✓" not in said or with_new[0] == 0), (with_new, with_old)


# A vault that is lost and comes back


def lost(scene: Scene) -> None:
    done(scene.ran("keys", "backup", str(scene.place / "safe")))
    for path in (scene.data / "keys").glob("people.db*"):
        path.unlink()


def restore_keys(scene: Scene) -> tuple[str, ...]:
    (copy,) = (scene.place / "safe").glob("xueshi-keys-*")
    return "keys", "restore", str(copy)


def restore_keys_again(scene: Scene) -> tuple[int, str, str]:
    """Done, or refused since it was done: the vault is in its place."""
    ended = scene.ran(*restore_keys(scene))
    return (0, "", "") if "[vault_present]" in ended[2] else ended


def keys_are_back(scene: Scene, said: str) -> None:
    """All of the vault or none: what is there opens what was sealed."""
    if (scene.data / "keys" / "people.db").exists():
        opens(scene, said)
    else:
        assert "✓" not in said


# A witness


VKEY = format_vkey(LOG_KEY.public())


def sees(scene: Scene) -> None:
    WitnessFolder.create(scene.place / "witness", "witness.example/1").trust(VKEY)


def _witness(scene: Scene) -> Witness:
    here = WitnessFolder(scene.place / "witness")
    return here.witness(here.state())


def cosign(scene: Scene) -> None:
    """A log grows twice, and is cosigned each time; each answer is said at once."""
    witness = _witness(scene)
    try:
        for old, new in ((0, 10), (10, 13)):
            assert witness.add(FakeLog().grown(new).body(old)).outcome is Outcome.COSIGNED
            say(cosigned=new)
    finally:
        witness.state.close()


def remembers(scene: Scene, said: str) -> None:
    """What it has cosigned it never contradicts: another history of that size is refused, the same one goes on."""
    cosigned = [json.loads(line)["cosigned"] for line in said.splitlines() if line.startswith("{")]
    witness = _witness(scene)
    try:
        size = next((seen.size for seen in witness.state.all_seen()), 0)
        assert size >= max(cosigned, default=0), (size, said)
        if size:
            other = FakeLog().grown(size - 1).grown(1, "another").grown(2)
            assert witness.add(other.body(size)).outcome is Outcome.INCONSISTENT
        assert witness.add(FakeLog().grown(20).body(size)).outcome is Outcome.COSIGNED
    finally:
        witness.state.close()


def made_witness(scene: Scene, said: str) -> None:
    """Half of one stands in nobody's way."""
    folder = scene.place / "witness"
    if not (folder / "witness.key").exists():
        assert "✓" not in said, said
        return
    done(scene.ran("witness", "status", "--folder", str(folder)))
    done(scene.ran("witness", "trust", "--folder", str(folder), VKEY))


def make_witness_again(scene: Scene) -> tuple[int, str, str]:
    """Done, or refused since it was done."""
    ended = scene.ran("witness", "init", "witness.example/1", "--folder", str(scene.place / "witness"))
    return (0, "", "") if "[witness_exists]" in ended[2] else ended


YEARS: dict[str, Operation] = {each.name: each for each in (
    command("bodies that move", "archive", "move", "{there}/cold", holds=stands_with_its_archive, before=archived),
    Operation("bodies that come back", lambda scene: scene.run("archive", "bring-back", "2026"),
              stands_with_its_archive, bring_back_again, moved),
    command("room that is given back", "archive", "compact", holds=stands_with_its_archive, before=brought_back),
    command("close of a year", "year", "close", "2025", "--key", "the-key-of-the-close-0001", whom="source",
            holds=closed_once, before=decided),
    command("export of the log", "events", "export", "--out", "{there}/log.ndjson", holds=exported),
    command("another name", "log", "continue-as", NAME, "--why", "renamed", holds=renamed),
    Operation("restore of the keys", lambda scene: scene.run(*restore_keys(scene)), keys_are_back, restore_keys_again,
              lost),
    Operation("cosigning", partial(as_a_command, cosign), remembers, lambda scene: (0, "", ""), sees),
    Operation("first start of a witness",
              lambda scene: scene.run("witness", "init", "witness.example/1", "--folder", str(scene.place / "witness")),
              made_witness, make_witness_again),
)}
