"""Each file of a data folder truncated, emptied, altered, swapped or gone: what a start and the checker say of it.

What is a fact (logs, keys, rulebooks that are cited) is never made anew in silence: the start says which file and what
to do, or the checker does, and the file stays as it was found. What is derived is made anew, with the same answers.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.faulted_register import Scene, made_in

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    yield made_in(tmp_path_factory.mktemp("damaged"))


def halved(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def gone(path: Path) -> None:
    path.unlink()


def altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x41
    path.write_bytes(content)


def swapped(path: Path) -> None:
    """In its place lies a neighbour of the same kind, or the ledger where there is none."""
    others = [one for one in sorted(path.parent.iterdir()) if one.is_file() and one != path]
    others += [above / "ledger.db" for above in path.parents if (above / "ledger.db").exists()]
    shutil.copyfile(next((one for one in others if one.suffix == path.suffix), others[-1]), path)


DAMAGES: tuple[Damage, ...] = (halved, emptied, gone, altered, swapped)


def started(scene: Scene) -> tuple[int, str, str]:
    """A start: the service is put together and asked for somebody's years."""
    return scene.ran("years", "show", scene.lived.person, "--json", XUESHI_TOKEN=scene.lived.tokens["person"])


def totals(answer: str) -> object:
    """What the years come to, without what differs from one asking to the next."""
    return [{name: year[name] for name in ("year", "decided", "evaluated")} for year in json.loads(answer)["years"]]


def checked(scene: Scene) -> tuple[int, str, str]:
    return scene.ran("fsck", "--processes", "1")


def damaged(scene: Scene, name: str, damage: Damage) -> Path:
    scene.fresh()
    path = scene.data / name
    damage(path)
    return path


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def codes(*ended: tuple[int, str, str]) -> set[str]:
    found: set[str] = set()
    for _, told, stderr in ended:
        found.update(re.findall(r"\[([a-z_]+)\]", told + stderr))
        found.update(re.findall(r'^\{.*"code": ?"([a-z_]+)"', told))
    return found


FACTS: tuple[tuple[str, Damage, str], ...] = (
    ("ledger.db", halved, "store_unreadable"),
    ("ledger.db", emptied, "log_missing"),
    ("ledger.db", gone, "no_register"),
    ("ledger.db", swapped, "other_origin"),
    ("access.db", halved, "store_unreadable"),
    ("access.db", emptied, "log_missing"),
    ("access.db", gone, "log_missing"),
    ("keys/people.db", emptied, "keys_missing"),
    ("keys/people.db", gone, "keys_missing"),
    ("keys/people.db", halved, "vault_failed"),
    ("keys/master.key", halved, "master_key_malformed"),
    ("keys/ledger.signing.key", emptied, "signing_key_malformed"),
    ("keys/access.signing.key", swapped, "signing_key_malformed"),
    ("keys/founder.token", emptied, "token_file_damaged"),
    ("keys/reader.token", halved, "token_file_damaged"),
    ("keys/ledger.published", emptied, "checkpoint_invalid"),
    ("keys/ledger.published", altered, "checkpoint_invalid"),
    ("keys/access.published", swapped, "checkpoint_invalid"),
    ("operations.db", halved, "operations_unreadable"),
    ("operations.db", swapped, "operations_unreadable"),
)
ALTERNATELY = FACTS[1::3]


@pytest.mark.parametrize(("name", "damage", "code"), [
    *ALTERNATELY, *(pytest.param(*each, marks=pytest.mark.torture) for each in FACTS if each not in ALTERNATELY)])
def test_a_damaged_fact_is_told_and_left_as_it_was_found(scene: Scene, name: str, damage: Damage, code: str) -> None:
    path = damaged(scene, name, damage)
    before = content(path)

    ended, check = started(scene), checked(scene)

    assert code in codes(ended, check), (ended, check)
    assert content(path) == before, "nothing was made in its place"
    assert ended[0] in (0, 3) and "internal_error" not in codes(ended, check)
    assert name.startswith("operations") or check[0] != 0 or ended[0] == 3, "somebody has to say so"


@pytest.mark.parametrize("damage", [halved, gone])
def test_a_rulebook_that_is_cited_and_lost_is_the_registers_fault_and_not_the_askers(
    scene: Scene, damage: Damage
) -> None:
    """Of every file, in force or decided by: nobody is told that it is unknown, and the checker names it."""
    scene.fresh()
    books = [str(path.relative_to(scene.data)) for path in sorted((scene.data / "rulebooks").glob("*.toml"))]
    assert len(books) > 1
    for book in books:
        path = damaged(scene, book, damage)
        before = content(path)

        ended, check = started(scene), checked(scene)

        assert ended[0] == 3 and "rulebook_missing" in codes(ended), ended
        assert check[0] == 1 and "rulebook_missing" in codes(check) and path.name in check[1], check
        assert content(path) == before


@pytest.mark.parametrize(("asks", "ended"), [
    (("replay", "--under", "now", "--out", "../report"), 3),
    (("replay", "--under", "then", "--against", "set:zhejiang/2016-08-01", "--out", "../report"), 3),
    (("rulebook", "show", "zhejiang/2016-08-01"), 3), (("rebuild", "--compare"), 3), (("export", "parquet", "../p"), 3),
    (("backup", "../copy"), 3), (("doctor",), 1),
])
def test_with_every_rulebook_lost_whoever_asks_by_the_law_in_force_reads_what_is_to_be_put_back(
    scene: Scene, asks: tuple[str, ...], ended: int
) -> None:
    scene.fresh()
    for path in (scene.data / "rulebooks").glob("*.toml"):
        path.unlink()
    before = {path.name for path in scene.place.iterdir()}

    status, told, stderr = scene.ran(*asks)

    said = told + stderr
    assert status == ended, said
    assert ended == 1 or re.search(r"\[(rulebook_missing|backup_failed)\]", said), said
    assert f"{scene.data / 'rulebooks'}/" in said and "请从完好的备份的 rulebooks 文件夹取回" in said, said
    assert {path.name for path in scene.place.iterdir()} == before, "nothing was made of half a law"


def test_whoever_names_a_rulebook_that_nobody_enacted_is_told_so_although_others_are_lost(scene: Scene) -> None:
    scene.fresh()
    for path in (scene.data / "rulebooks").glob("*.toml"):
        path.unlink()

    for name in ("nobody/2020-01-01", "a" * 64):
        status, _, stderr = scene.ran("replay", "--under", f"set:{name}")

        assert status == 2 and "[law_unknown]" in stderr, stderr


def test_a_byte_of_the_access_log_that_changed_is_found_by_the_checker(scene: Scene) -> None:
    scene.fresh()
    access = scene.data / "access.db"
    whole = access.read_bytes()
    place = whole.index(b'["xueshi/1"') + 40
    access.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])

    status, told, stderr = checked(scene)

    assert status == 1 and "查阅日志" in told.split("✗", 1)[1], told + stderr
    found = json.loads(scene.ran("fsck", "--processes", "1", "--json")[1])
    assert found["problems"] == [] and found["access"]["problems"], "which of the two logs is told apart"


@pytest.mark.parametrize("damages", [
    {"people": halved, "entries": swapped, "laws": gone},
    *(pytest.param({each: damage}, marks=pytest.mark.torture)
      for each in ("people", "entries", "laws", "work") for damage in DAMAGES),
])
def test_answers_that_are_damaged_are_made_anew_and_say_the_same(scene: Scene, damages: dict[str, Damage]) -> None:
    scene.fresh()
    before = totals(started(scene)[1])
    scene.fresh()
    for name, damage in damages.items():
        damage(next((scene.data / "projections").glob(f"{name}.*.db")))

    status, told, stderr = started(scene)

    assert status == 0 and totals(told) == before, told + stderr
    assert checked(scene)[0] == 0


def test_an_older_ledger_that_is_copied_back_by_hand_is_neither_written_to_nor_signed(scene: Scene) -> None:
    """Beside the checkpoint that was published since; a restore by the command says so before it is done."""
    scene.fresh()
    shutil.copyfile(scene.data / "ledger.db", scene.place / "older.db")
    withdraw, token = ("claim", "withdraw", scene.lived.waiting["claim"]), scene.lived.tokens["person"]
    assert scene.ran(*withdraw, XUESHI_TOKEN=token)[0] == 0
    assert scene.ran("log", "checkpoint")[0] == 0
    for end in ("-wal", "-shm"):
        (scene.data / f"ledger.db{end}").unlink(missing_ok=True)
    shutil.copyfile(scene.place / "older.db", scene.data / "ledger.db")

    written = scene.ran(*withdraw, XUESHI_TOKEN=token)
    signed, check = scene.ran("log", "checkpoint"), checked(scene)

    assert written[0] == 3 and "log_behind" in codes(written), written
    assert signed[0] == 3 and "log_behind" in codes(signed), signed
    assert check[0] == 1 and "log_behind" in codes(check), check
    assert "旧的副本" in check[1]


@pytest.mark.torture
@pytest.mark.timeout(3_600)
def test_every_file_in_every_way(scene: Scene, record_property: Callable[[str, int], None]) -> None:
    scene.fresh()
    before = totals(started(scene)[1])
    scene.fresh()
    names = sorted(str(path.relative_to(scene.data)) for path in scene.data.rglob("*") if path.is_file())
    tried = 0
    for name in names:
        for damage in DAMAGES:
            if damage is altered and (scene.origin / "data" / name).stat().st_size < 2:
                continue
            path = damaged(scene, name, damage)
            as_found = content(path)
            ended, check = started(scene), checked(scene)
            where = (name, damage.__name__, ended, check)
            assert not {"internal_error", "internal_server_error"} & codes(ended, check), where
            assert ended[0] in (0, 1, 3) and check[0] in (0, 1, 3), where
            assert ended[0] != 0 or totals(ended[1]) == before, where
            if name in ("ledger.db", "access.db", "keys/people.db", "keys/master.key") or "rulebooks" in name:
                assert content(path) == as_found or check[0] == 0, where
                assert ended[0] == 3 or check[0] != 0 or damage is altered, where
            tried += 1
    record_property("tried", tried)
