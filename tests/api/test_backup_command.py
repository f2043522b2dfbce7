"""`xueshi backup`: served or not, whole or not there, and without a key or a name in it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from command_kit import CLEAN, XUESHI, served, xueshi
from house_kit import credit_code
from used_kit import Used, used

from api.register.folder import Folder
from ledger.proof.keys import parse_skey
from tests.ledger.killing import Ended, killed_at


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Used]:
    folder = tmp_path_factory.mktemp("made")
    known = used(folder)
    assert xueshi(folder, "backup", "copy").returncode == 0
    return folder, known


def test_it_says_what_it_holds_and_the_check_reads_all_of_it(made: tuple[Path, Used]) -> None:
    folder, _ = made
    checked = xueshi(folder, "backup", "--check", "copy", "--json")
    body = json.loads(checked.stdout)
    assert checked.returncode == 0 and body["holds"] and body["is_signature_checked"]
    assert body["ledger"]["size"] > 20 and body["store"] == "sqlite"
    names = {one["name"] for one in body["files"]}
    assert {"ledger.db", "access.db", "operations/operations.db", "ledger.checkpoint"} <= names
    assert {name for name in names if name.startswith("rulebooks/")} == {
        f"rulebooks/{path.name}" for path in Folder(folder / "data").rulebooks.iterdir()}
    told = xueshi(folder, "backup", "--check", "copy").stdout
    assert "逐条重读" in told and "签名已用此处的公钥核对" in told
    away = xueshi(folder, "backup", "--check", "copy", "--data", "elsewhere")
    assert away.returncode == 0 and "没有公钥，签名未核对" in away.stdout


def test_no_key_no_token_and_no_name_stands_in_it(made: tuple[Path, Used]) -> None:
    folder, known = made
    keys = Folder(folder / "data").keys
    master = base64.b64decode((keys / "master.key").read_text().split()[-1])
    lines = [(keys / f"{name}.signing.key").read_text().strip() for name in ("ledger", "access")]
    secrets = [master, *(parse_skey(line).seed for line in lines), *(line[-40:].encode() for line in lines)]
    secrets += [(keys / name).read_bytes().strip() for name in ("reader.token", "founder.token")]
    secrets += [token.encode() for token in known.tokens]
    secrets += [word.encode() for word in ("郑三五", "经办人", "联系人", "13800001234", "七号")]
    for path in (folder / "copy").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [secret for secret in secrets if secret in data], path
    names = {path.name for path in (folder / "copy").rglob("*")}
    assert not names & {path.name for path in keys.iterdir()}


def test_it_works_beside_a_service_and_holds_what_that_has_acknowledged(made: tuple[Path, Used]) -> None:
    folder, _ = made
    with served(folder):
        unit = xueshi(folder, "unit", "register", "--credit-code", credit_code(99), "--name", "某厂",
                      "--region", "330203", "--sector", "industry", "--contact", "王芳", "--json")
        position = json.loads(unit.stdout)["events"][0]
        ended = xueshi(folder, "backup", "beside", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["ledger"]["size"] >= position
    assert xueshi(folder, "backup", "--check", "beside").returncode == 0


def test_it_takes_no_place_that_is_taken_and_none_without_room(made: tuple[Path, Used], tmp_path: Path) -> None:
    folder, _ = made
    taken = xueshi(folder, "backup", "copy")
    assert taken.returncode == 3 and "backup_place_unfit" in taken.stderr and "新的文件夹" in taken.stderr
    nothing = xueshi(tmp_path, "backup", "copy")
    assert nothing.returncode == 3 and "no_register" in nothing.stderr
    assert not (tmp_path / "copy").exists()


def test_killed_in_the_middle_it_leaves_no_backup(made: tuple[Path, Used], tmp_path: Path) -> None:
    folder, _ = made
    killed = 0
    for number in range(1, 40, 2):
        if killed_at(number, partial(back_up, folder, tmp_path / "b")) is Ended.DONE:
            shutil.rmtree(tmp_path / "b")
            break
        killed += 1
        assert not (tmp_path / "b").exists()
    assert killed >= 3
    assert xueshi(folder, "backup", str(tmp_path / "b")).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def back_up(folder: Path, target: Path) -> None:
    ended = xueshi(folder, "backup", str(target))
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    "name", ["ledger.db", "access.db", "ledger.checkpoint", "operations/operations.db", "manifest.json"])
def test_a_damaged_file_is_told_by_its_name(made: tuple[Path, Used], tmp_path: Path, name: str) -> None:
    folder, _ = made
    copy = shutil.copytree(folder / "copy", tmp_path / "copy")
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:])
    told = xueshi(folder, "backup", "--check", str(copy))
    assert told.returncode in (1, 3) and name in told.stdout + told.stderr
    assert "请换用另一份" in told.stderr


def test_a_register_whose_law_is_damaged_is_not_backed_up_as_if_it_were_whole(tmp_path: Path) -> None:
    used(tmp_path, people=0)
    rulebooks = Folder(tmp_path / "data").rulebooks
    one = sorted(rulebooks.glob("*.toml"))[0]
    one.write_bytes(one.read_bytes() + b"# changed\n")
    changed = xueshi(tmp_path, "backup", "copy")
    assert changed.returncode == 3 and one.name in changed.stderr and not (tmp_path / "copy").exists()
    one.unlink()
    missing = xueshi(tmp_path, "backup", "copy")
    assert missing.returncode == 3 and one.name in missing.stderr


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of a few megabytes of its own."""
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False,
                             capture_output=True)
    if mounted.returncode:
        pytest.skip("a small file system can be mounted by root alone")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_disk_that_fills_up_is_told_and_no_half_backup_stays(made: tuple[Path, Used], tmp_path: Path) -> None:
    folder, _ = made
    with small_disk(tmp_path / "disk", "4m") as disk:
        before = xueshi(folder, "backup", str(disk / "copy"))
        assert before.returncode == 3 and "磁盘空间不足" in before.stderr
        assert list(disk.iterdir()) == []
    with small_disk(tmp_path / "disk2", "24m") as disk:  # Enough as it looks, and then somebody else was faster.
        (disk / "filler").write_bytes(b"\0" * 6_000_000)
        script = (
            "import api.keeping.backup, sys\n"
            "api.keeping.backup._SPARE = 0\n"
            "from pathlib import Path\n"
            "room = api.keeping.backup._room\n"
            "def fill(folder):\n"
            "    found = room(folder)\n"
            f"    Path({str(disk / 'other')!r}).write_bytes(b'x' * 18_800_000)\n"
            "    return 0\n"
            "api.keeping.backup._room = fill\n"
            "from api.cli import main\n"
            f"main(['backup', {str(disk / 'copy')!r}])\n"
        )
        ended = subprocess.run([Path(XUESHI).with_name("python"), "-c", script], cwd=folder, env=CLEAN,
                               capture_output=True, text=True, check=False)
        assert ended.returncode == 3 and "backup_failed" in ended.stderr, ended.stderr
        assert "磁盘" in ended.stderr or "space" in ended.stderr
        assert sorted(os.listdir(disk)) == ["filler", "other"]  # noqa: PTH208
