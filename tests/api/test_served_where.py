"""A register that is served elsewhere than before says so before it is used; one that was restored does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_kit import made, xueshi

from api.doctor.checks import Level
from api.doctor.home_check import home
from api.register import home as homes
from api.register.folder import Folder
from api.register.home import demand_keys, known_to_lack, note, noted, settle, strange
from api.terminal.exits import Stop
from ledger.vocabulary import PersonId
from tests.ledger.ledger_kit import open_house
from tests.ledger.ledger_kit import settle as lived_in


@pytest.fixture
def served(tmp_path: Path) -> Folder:
    """A folder that was served here; of a ledger only its file is looked at."""
    folder = Folder(tmp_path / "data")
    folder.root.mkdir()
    folder.ledger.write_bytes(b"a ledger")
    note(folder, 12)
    return folder


class Machine:
    """What the system says of a machine."""

    def __init__(self, patch: pytest.MonkeyPatch, root: Path, name: str, *cards: str, software: str = "") -> None:
        root.mkdir()
        (root / "machine-id").write_text(f"{name}\n")
        for number, address in enumerate(cards):
            (root / f"eth{number}" / "device").mkdir(parents=True)
            (root / f"eth{number}" / "address").write_text(f"{address}\n")
        if software:
            (root / "docker0").mkdir()
            (root / "docker0" / "address").write_text(f"{software}\n")
        patch.setattr(homes, "_MACHINE", root / "machine-id")
        patch.setattr(homes, "_CARDS", root)


def test_a_copy_of_the_folder_says_where_the_original_was_served_until_somebody_has_looked(served: Folder) -> None:
    copy = Folder(shutil.copytree(served.root, served.root.with_name("copy")))

    level, told, cure = home(copy)
    assert level is Level.WARN and "复制来的" in told and str(served.root) in told and "到事件 12" in told
    assert "served-here" in cure
    note(copy, 30)
    assert strange(copy), "a service that was started on it does not make it the original"
    assert home(served)[0] is Level.OK, "the original has nothing to tell"
    settle(copy, 30)
    assert home(copy)[0] is Level.OK


def test_an_older_ledger_that_was_put_back_by_hand_is_told(served: Folder) -> None:
    (served.root / "ledger.bak").write_bytes(served.ledger.read_bytes())
    (served.root / "ledger.bak").replace(served.ledger)

    assert "复制来的" in strange(served)


@pytest.mark.parametrize(("name", "cards", "is_told"), [
    ("one", ("aa:01",), False), ("one", ("aa:02", "aa:01"), False), ("one", (), False),
    ("one", ("aa:02",), True), ("two", ("aa:01",), True), ("", ("aa:01",), False)])
def test_a_clone_of_the_machine_is_told_and_a_second_card_or_a_container_is_not(
    served: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, cards: tuple[str, ...], *, is_told: bool
) -> None:
    Machine(monkeypatch, tmp_path / "first", "one", "aa:01", software="dd:01")
    settle(served, 12)
    Machine(monkeypatch, tmp_path / "then", name, *cards, software="dd:02")

    assert ("另一台机器" in strange(served)) == is_told
    told = served.home.read_text("utf-8")
    assert "aa:01" not in told and '"one"' not in told, "what a machine is called is nobody else's business"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"cards": 1}', b"\xff"])
def test_a_note_that_cannot_be_read_tells_nothing_and_is_written_anew(served: Folder, content: bytes) -> None:
    served.home.write_bytes(content)

    assert home(served)[0] is Level.OK
    note(served, 13)
    assert noted(served) is not None


def test_a_vault_without_the_keys_of_people_who_were_registered_since_is_not_opened(tmp_path: Path) -> None:
    """In one database: a copy of the folder served meanwhile, with a vault of its own."""
    house = open_house(tmp_path / "data")
    folder = Folder(tmp_path / "data")
    house.vault.prepare(["per_before"])
    note(folder, house.store.size())
    house.close()
    shutil.copyfile(folder.root / "people.db", tmp_path / "older.db")
    house = open_house(folder.root)
    lived_in(house)
    demand_keys(folder, house.ledger)
    house.close()
    for end in ("-wal", "-shm"):
        (folder.root / f"people.db{end}").unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "older.db", folder.root / "people.db")

    house = open_house(folder.root)
    with pytest.raises(Stop) as refused:
        demand_keys(folder, house.ledger)
    assert refused.value.code == "keys_elsewhere"
    assert "per_li" in str(refused.value) and "acr_clerk" in str(refused.value) and "最近一次服务" in refused.value.cure

    house.vault.destroy(PersonId("per_wang"))
    assert house.vault.lacks(["per_wang", "per_li", "per_before"]) == {"per_li"}, "who is forgotten is not missed"
    known_to_lack(folder, house.store.size())
    demand_keys(folder, house.ledger)
    house.close()


def test_an_announced_restore_is_not_called_a_copy_and_a_copy_is_told_by_the_doctor(tmp_path: Path) -> None:
    assert xueshi(tmp_path, "init").returncode == 0
    data = Folder(tmp_path / "data")
    note(data, 1)
    made(tmp_path, "backup", "kept")
    data.ledger.unlink()
    made(tmp_path, "restore", "kept")
    assert strange(data) == "" and noted(data) is None

    note(data, 1)
    shutil.copytree(data.root, tmp_path / "copy")
    told = xueshi(tmp_path, "doctor", "--data", "copy")
    assert "! warn  home" in told.stdout and "served-here" in told.stdout
    assert "✓ 已记下" in xueshi(tmp_path, "log", "served-here", "--data", "copy").stdout
    assert "✓ ok    home" in xueshi(tmp_path, "doctor", "--data", "copy").stdout
