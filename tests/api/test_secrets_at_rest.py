"""Every secret of a register in use: where it lies, in which form, who may read it; and that it lies nowhere else.

The table is in `api/security.md`; what stands in it is held against a folder in which people have worked.
"""

from __future__ import annotations

import base64
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from command_kit import Ended, xueshi
from used_kit import Used, used

from api.register.folder import Folder
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.proof.keys import parse_skey

SECURITY = Path(__file__).parents[2] / "api" / "security.md"
_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| `([0-7]{4})` \|", re.MULTILINE)


class Register(NamedTuple):
    folder: Path
    known: Used
    secrets: dict[str, list[bytes]]
    said: list[Ended]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    folder = tmp_path_factory.mktemp("secrets")
    known = used(folder)
    said = [xueshi(folder, *words, XUESHI_SIGN_ON_SECRET="canary-of-the-provider") for words in (
        ("backup", "copy"), ("events", "export", "--out", "whole.ndjson"), ("keys", "show"),
        ("config", "show", "--json"), ("doctor", "--json"), ("log", "show"),
        ("log", "key"), ("fsck", "--json"), ("keys", "backup", "of-keys"))]
    yield Register(folder, known, secrets_of(folder / "data", known), said)


def secrets_of(data: Path, known: Used) -> dict[str, list[bytes]]:
    """Every secret there is, in each form in which somebody could have written it."""
    keys = Folder(data).keys
    raw: dict[str, bytes] = {"master.key": base64.b64decode((keys / "master.key").read_text().split()[-1])}
    for name in ("ledger", "access"):
        raw[f"{name}.signing.key"] = parse_skey((keys / f"{name}.signing.key").read_text().strip()).seed
    vault = Vault(keys / "people.db", FileMasterKey(keys / "master.key"))
    raw["people.db"] = vault.secret("index")
    vault.close()
    found = {name: [one, one.hex().encode(), base64.b64encode(one), base64.urlsafe_b64encode(one).rstrip(b"=")]
             for name, one in raw.items()}
    for name in ("reader.token", "founder.token"):
        found[name] = [(keys / name).read_bytes().strip()]
    found["tokens"] = [token.encode() for token in known.tokens]
    found["a setting"] = [b"canary-of-the-provider"]
    return found


def test_each_secret_of_the_table_is_there_and_for_its_owner_alone(register: Register) -> None:
    rows = _ROW.findall(SECURITY.read_text("utf-8"))
    assert len(rows) >= 6
    for name, _, _, mode in rows:
        found = sorted(path for path in (register.folder / "data").glob(name))
        assert found, f"{name} of the table is not there"
        for path in found:
            assert f"{stat.S_IMODE(path.stat().st_mode):04o}" == mode, path.name


def test_no_file_of_the_register_is_anybody_elses_but_what_is_public(register: Register) -> None:
    open_ = {path.name for path in (register.folder / "data").rglob("*")
             if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077}
    assert all(re.search(r"\.(published|former|succession|seen|said|stopped)$", name) for name in open_), open_
    folders = [path for path in [register.folder / "data", *(register.folder / "data").rglob("*")] if path.is_dir()]
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folders)


def test_a_secret_lies_in_its_own_file_and_in_no_other(register: Register) -> None:
    places = [path for path in register.folder.rglob("*") if path.is_file()]
    for path in places:
        data = path.read_bytes()
        here = {name for name, forms in register.secrets.items() if any(form in data for form in forms)}
        allowed = {path.name} if path.parent.name == "keys" else {"tokens"} & here if "sample" in path.name else set()
        assert here <= allowed, f"{path.relative_to(register.folder)} holds {here}"
    assert len(places) > 20


def test_no_command_says_a_secret(register: Register) -> None:
    for ended in register.said:
        told = (ended.stdout + ended.stderr).encode()
        assert not [name for name, forms in register.secrets.items() if any(form in told for form in forms)]
    assert "********" in register.said[3].stdout, "the setting was there, and masked"


def test_passwords_and_codes_are_kept_in_no_form_that_can_be_turned_back(register: Register) -> None:
    """What each is kept as the accounts say themselves; here that the file holds the one form and not the other."""
    data = b"".join(path.read_bytes() for path in (register.folder / "data").glob("operations.db*"))
    assert data and not any(token.encode() in data for token in register.known.tokens)
