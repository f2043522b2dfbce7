"""`xueshi keys`: what an operator does to keys, said plainly, with no secret anywhere, beside a service and without."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from house_kit import Someone, house_in
from used_kit import Used, used

from api.client import connected
from api.commands import keys as keys_command
from api.register.folder import Folder
from api.register.register import SYSTEM, open_register
from api.settings import Settings, SettingsError, load
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.person import KeyDestroyed
from ledger.ledger import Deciding
from ledger.streams import person as persons
from ledger.vocabulary import PersonId
from tests.api.command_kit import CLEAN, XUESHI, made, served, xueshi

PEER = Path(__file__).parents[1] / "ledger" / "key_service_peer.py"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Used]:
    """A register that two people use, made once; each test has a copy."""
    folder = tmp_path_factory.mktemp("keys")
    return folder, used(folder)


@pytest.fixture
def there(pattern: tuple[Path, Used], tmp_path: Path) -> Path:
    shutil.copytree(pattern[0] / "data", tmp_path / "data")
    return tmp_path


def service(folder: Path) -> str:
    path = folder / "kms.py"
    path.write_text(f"#!{sys.executable}\n{PEER.read_text()}")
    path.chmod(0o700)
    path.with_suffix(".secret").write_bytes(bytes(range(32)))
    return f"command:{path}"


def forget(folder: Path, person: str, database: str = "") -> None:
    """Destroy a person's key, event first."""
    register = open_register(Settings(data_folder=folder / "data", database=database))
    try:
        loaded = register.ledger.load(person, persons.evolve)
        event = KeyDestroyed(person=PersonId(person), basis="第四十七条", final_after=date(2027, 1, 1))

        def decide() -> Deciding:
            return Deciding((Draft(event),), {event.stream: loaded.version})

        assert not isinstance(register.ledger.destroy_key(person, decide, by=SYSTEM), Refusal)
        register.signer.checkpoint()
    finally:
        register.close()


def readable(folder: Path, **environment: str) -> bool:
    """Whether the register opens and `fsck` finds it whole, names and all."""
    ended = xueshi(folder, "fsck", "--processes", "1", **environment)
    return ended.returncode == 0 and "个保留名称" in ended.stdout


def test_show_tells_what_there_is_and_no_secret(there: Path) -> None:
    body = made(there, "keys", "show")
    assert body["masters"] == [{"make": "file:master.key", "since": body["masters"][0]["since"], "is_present": True,
                                "backups": 0}]
    assert body["keys"] > 5 and body["backups"] == [] and body["destroyed"] == {"final": 0, "not_final": []}
    assert [(each["log"], each["state"]) for each in body["signing"]] == [("ledger", "signing"), ("access", "signing")]
    said = xueshi(there, "keys", "show").stdout
    assert "还没有密钥备份" in said and "签名中" in said
    secrets = [(there / "data" / "keys" / name).read_text().split()[-1] for name in
               ("master.key", "ledger.signing.key", "access.signing.key", "founder.token")]
    assert not any(secret in said + json.dumps(body) for secret in secrets)


def test_a_destruction_becomes_final_when_the_copy_that_held_the_key_is_gone(
    there: Path, pattern: tuple[Path, Used]
) -> None:
    person = pattern[1].people[0]
    kept = made(there, "keys", "backup", "safe")
    forget(there, person)
    body = made(there, "keys", "show")["destroyed"]
    assert body["final"] == 0
    assert [(each["owner"], each["final_from"]) for each in body["not_final"]] == [(person, kept["expires"])]
    assert "尚未最终销毁 1 把" in xueshi(there, "keys", "show").stdout
    made(there, "keys", "backup", "safe")  # Made after: it never held the key.
    ended = xueshi(there, "keys", "expire", "--now", kept["backup"])
    assert ended.returncode == 0 and "1 把最终销毁，0 把尚有备份" in ended.stdout
    assert not (there / "safe" / kept["backup"]).exists()
    assert made(there, "keys", "show")["destroyed"] == {"final": 1, "not_final": []}


def test_a_copy_past_its_time_that_is_not_found_waits_for_a_word(there: Path) -> None:
    kept = made(there, "keys", "backup", "safe")
    (there / "safe" / kept["backup"]).rename(there / "elsewhere")
    with closing(sqlite3.connect(there / "data" / "keys" / "people.db")) as connection:
        connection.execute("UPDATE backups SET expires = taken")
        connection.commit()
    ended = xueshi(there, "keys", "expire")
    assert ended.returncode == 1 and f"--gone {kept['backup']}" in ended.stdout
    assert made(there, "keys", "show")["backups"][0]["state"] == "due"
    assert xueshi(there, "keys", "expire", "--gone", kept["backup"]).returncode == 0
    assert made(there, "keys", "show")["backups"][0]["state"] == "removed"
    again = xueshi(there, "keys", "expire", "--gone", kept["backup"])
    assert again.returncode == 3 and "[key_backup_unknown]" in again.stderr


def test_a_copy_goes_neither_beside_the_original_nor_beside_the_master_key(there: Path) -> None:
    for place in ("data/keys/copies", "data"):
        ended = xueshi(there, "keys", "backup", place)
        assert ended.returncode == 2 and "[backup_beside_original]" in ended.stderr
    (there / "safe").mkdir()
    shutil.move(there / "data" / "keys" / "master.key", there / "safe" / "master.key")
    ended = xueshi(there, "keys", "backup", "safe", XUESHI_MASTER_KEY=f"file:{there / 'safe' / 'master.key'}")
    assert ended.returncode == 2 and "[backup_beside_master]" in ended.stderr
    (there / "occupied").write_text("a file")
    assert list((there / "safe").iterdir()) == [there / "safe" / "master.key"]


def test_a_running_service_is_backed_up_and_gets_its_new_signing_key_without_a_stop(there: Path) -> None:
    with served(there):
        assert xueshi(there, "keys", "backup", "safe").returncode == 0
        old = xueshi(there, "log", "key").stdout.strip()
        early = xueshi(there, "keys", "retire", old.split("+")[1])
        assert early.returncode == 1 and "唯一的签名密钥" in early.stderr
        assert xueshi(there, "keys", "sign-with-new").returncode == 0
        early = xueshi(there, "keys", "retire", old.split("+")[1])
        assert early.returncode == 1 and "[signing_key_not_changed]" in early.stderr
        address = (there / "data" / "serve.address").read_text().strip()
        published = there / "data" / "keys" / "ledger.published"
        assert xueshi(there, "log", "checkpoint").stdout.count("— localhost/xueshi ") == 2
        assert published.read_text().count("— ") == 2
        assert xueshi(there, "keys", "retire", old.split("+")[1]).returncode == 0
        with connected(Settings(), address) as client:
            lines = client.get("/log/key").body.decode().splitlines()
            succession = client.get("/log/key/succession").body
        assert len(lines) == 2 and lines[1] == old and lines[0] != old
        assert succession == (there / "data" / "keys" / "ledger.succession").read_bytes()


def test_a_statement_from_before_during_or_after_verifies_with_what_its_holder_has(
    there: Path, pattern: tuple[Path, Used]
) -> None:
    old = xueshi(there, "log", "key").stdout.strip()
    (there / "before").write_bytes(pattern[1].statements[0])
    xueshi(there, "keys", "sign-with-new")
    xueshi(there, "log", "checkpoint")
    again(there, pattern, "during")
    new = xueshi(there, "log", "key").stdout.split()[1]
    xueshi(there, "keys", "retire", old.split("+")[1])
    again(there, pattern, "after", people=1)
    learned = xueshi(there, "keys", "learn", "data/keys/ledger.succession", "--key", old)
    assert learned.stdout.split() == [old, new]
    (there / "believed").write_text(learned.stdout)
    told = {key: [xueshi(there, "verify", file, "--key", key).returncode for file in ("before", "during", "after")]
            for key in (old, new, "believed")}
    assert told == {old: [0, 0, 1], new: [1, 0, 0], "believed": [0, 0, 0]}
    assert readable(there), "and fsck believes what the retired key signed"


def again(there: Path, pattern: tuple[Path, Used], name: str, people: int = 0) -> None:
    """Have the first person's statement handed out anew, under whatever signs now."""
    if people:
        used(there, people=people, start=30)
    with house_in(there / "data") as town:
        holder = Someone(town.nobody.client, pattern[1].tokens[0], pattern[1].people[0])
        issued = holder.saw(f"/v1/persons/{holder.id}/statements")["items"][0]["statement"]
        (there / name).write_bytes(holder.get(f"/v1/statements/{issued}/file").get_data())


def test_a_key_whose_secret_is_out_is_no_longer_handed_out(there: Path) -> None:
    old = xueshi(there, "log", "key").stdout.strip()
    xueshi(there, "keys", "sign-with-new")
    xueshi(there, "log", "checkpoint")
    ended = xueshi(there, "keys", "retire", old.split("+")[1], "--compromised")
    assert ended.returncode == 0 and "已声明泄露" in ended.stdout
    assert [each["state"] for each in made(there, "keys", "show")["signing"]] == ["signing", "compromised", "signing"]
    learned = xueshi(there, "keys", "learn", "data/keys/ledger.succession", "--key", old)
    assert old not in learned.stdout and learned.returncode == 0
    assert readable(there)


def test_the_access_log_has_a_key_of_its_own_to_exchange(there: Path) -> None:
    before = made(there, "keys", "show")["signing"]
    assert xueshi(there, "keys", "sign-with-new", "--log", "access").returncode == 0
    after = made(there, "keys", "show")["signing"]
    assert [each["log"] for each in after] == ["ledger", "access", "access"]
    assert after[2]["since"] is not None and after[2]["vkey"].startswith("localhost/xueshi/access+")
    assert after[:2] == before


# The master key


def test_rewrapping_goes_to_a_new_file_to_a_program_and_back_and_the_former_is_kept_as_long_as_a_copy_needs_it(
    there: Path,
) -> None:
    xueshi(there, "keys", "backup", "safe")
    ended = xueshi(there, "keys", "rewrap", "--to", "file:data/keys/next.key")
    assert ended.returncode == 0 and "原主密钥 file:master.key 须保留到" in ended.stdout
    assert "请把设置改为" not in ended.stdout and readable(there)
    make = service(there)
    ended = xueshi(there, "keys", "rewrap", "--to", make)
    assert f'master_key = "{make}"' in ended.stdout
    refused = xueshi(there, "fsck")
    assert refused.returncode == 3 and "[master_key_setting]" in refused.stderr
    assert readable(there, XUESHI_MASTER_KEY=make)
    back = made(there, "keys", "rewrap", "--to", "file:data/keys/last.key", XUESHI_MASTER_KEY=make)
    assert back["present"] == "file:last.key" and back["former_needed_until"] is not None
    assert not back["is_setting_right"], "the environment still names the program"
    again = xueshi(there, "keys", "rewrap", "--to", "file:data/keys/last.key", XUESHI_MASTER_KEY=make)
    assert f"环境变量 XUESHI_MASTER_KEY 还是 {make}" in again.stdout, "a line in the file would change nothing"
    assert 'master_key = "' not in again.stdout
    body = made(there, "keys", "show")
    assert [each["make"] for each in body["masters"]] == ["file:master.key", "file:next.key", make, "file:last.key"]
    assert [each["backups"] for each in body["masters"]] == [1, 0, 0, 0]
    assert readable(there)


def test_beside_a_service_a_rewrap_prepares_and_the_service_goes_on(there: Path, pattern: tuple[Path, Used]) -> None:
    with served(there):
        ended = xueshi(there, "keys", "rewrap", "--to", "file:data/keys/next.key")
        assert ended.returncode == 1 and "[rewrap_prepared]" in ended.stderr and "请停止服务" in ended.stderr
        assert made(there, "keys", "show")["prepared"]["make"] == "file:next.key"
        assert "正在更换主密钥" in xueshi(there, "keys", "show").stdout
        address = (there / "data" / "serve.address").read_text().strip()
        with connected(Settings(), address) as client:
            person, token = pattern[1].people[0], pattern[1].tokens[0]
            shown = client.bearing(token).get(f"/v1/persons/{person}", {})
    assert shown.status == 200 and "郑*五" in shown.body.decode(), "and opens what is sealed"
    assert xueshi(there, "keys", "rewrap", "--to", "file:data/keys/next.key").returncode == 0
    assert made(there, "keys", "show")["prepared"] is None
    assert readable(there)


def test_a_rewrap_command_that_is_killed_is_ended_by_running_it_again(there: Path) -> None:
    for delay in (0.25, 0.35, 0.45, 0.55):
        command = [XUESHI, "keys", "rewrap", "--to", f"file:data/keys/next-{delay}.key"]
        with subprocess.Popen(command, cwd=there, env=CLEAN, stdout=subprocess.DEVNULL) as process:
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        assert readable(there), "one of the two opens everything"
        assert xueshi(there, *command[1:]).returncode == 0
        assert xueshi(there, *command[1:]).returncode == 0, "and a third run finds it done"
        assert readable(there)


@pytest.mark.parametrize(("to", "status", "code"), [
    ("master.key", 2, "bad_master_key"), ("file:", 2, "bad_master_key"), ("kms:x", 2, "bad_master_key"),
    ("command:nowhere", 3, "master_key_command_unusable"), ("file:nowhere/x.key", 3, "master_key_not_made"),
    ("file:data/xueshi.txt", 3, "master_key_malformed"),
])
def test_what_is_no_master_key_is_told_and_nothing_is_changed(there: Path, to: str, status: int, code: str) -> None:
    (there / "data" / "xueshi.txt").write_text("no key")
    (there / "data" / "xueshi.txt").chmod(0o600)
    ended = xueshi(there, "keys", "rewrap", "--to", to)
    assert ended.returncode == status and f"[{code}]" in ended.stderr
    assert [each["make"] for each in made(there, "keys", "show")["masters"]] == ["file:master.key"]


def test_a_register_may_begin_under_a_program(tmp_path: Path) -> None:
    make = service(tmp_path)
    assert xueshi(tmp_path, "init", XUESHI_MASTER_KEY=make).returncode == 0
    assert not (tmp_path / "data" / "keys" / "master.key").exists()
    assert made(tmp_path, "keys", "show", XUESHI_MASTER_KEY=make)["masters"][0]["make"] == make
    assert readable(tmp_path, XUESHI_MASTER_KEY=make)


@pytest.mark.parametrize("value", ["", "kms", "file:relative", "command:relative", "command:", "file"])
def test_the_setting_is_one_of_three_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("XUESHI_MASTER_KEY", value)
    if value == "file":
        assert load({"data_folder": tmp_path}).master_key == "file"
        return
    with pytest.raises(SettingsError, match="command:程序的绝对路径"):
        load({"data_folder": tmp_path})


# Losing the vault


def lose(there: Path) -> None:
    (there / "broken").mkdir()
    for each in (there / "data" / "keys").glob("people.db*"):
        each.rename(there / "broken" / each.name)


def test_without_its_vault_a_register_does_not_open_over_an_empty_one(there: Path) -> None:
    lose(there)
    for command in (("log", "checkpoint"), ("keys", "show"), ("keys", "backup", "safe"), ("serve",)):
        ended = xueshi(there, *command)
        assert ended.returncode == 3 and "[keys_missing]" in ended.stderr, command
    assert not (there / "data" / "keys" / "people.db").exists()


def test_a_restored_vault_knows_who_was_forgotten_and_names_who_is_lost(
    there: Path, pattern: tuple[Path, Used]
) -> None:
    kept = made(there, "keys", "backup", "safe")
    forget(there, pattern[1].people[0])
    later = used(there, people=1, start=30).people[0]
    present = xueshi(there, "keys", "restore", f"safe/{kept['backup']}")
    assert present.returncode == 3 and "[vault_present]" in present.stderr
    lose(there)
    done = made(there, "keys", "restore", f"safe/{kept['backup']}")
    assert done["destroyed_again"] == [pattern[1].people[0]]
    assert later in done["missing"] and pattern[1].people[1] not in done["missing"]
    assert [each["owner"] for each in made(there, "keys", "show")["destroyed"]["not_final"]] == [pattern[1].people[0]]
    register = open_register(Settings(data_folder=there / "data"))
    try:
        assert register.ledger.vault.is_destroyed(pattern[1].people[0])
    finally:
        register.close()


def test_a_restore_that_is_stopped_when_the_vault_is_in_place_leaves_a_register_that_is_served(
    there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = made(there, "keys", "backup", "safe")
    with served(there):
        """Where it was served last is noted, and up to which event."""
    used(there, people=1, start=30)
    lose(there)
    own = keys_command._put_in_place

    def stopped(*given: Any) -> None:
        own(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(keys_command, "_put_in_place", stopped)
        assert xueshi(there, "keys", "restore", f"safe/{kept['backup']}").returncode not in (0, 1)
    with served(there):
        """Who is lost was not taken for somebody of another folder."""


def test_a_copy_from_before_a_rewrap_says_which_master_key_it_needs(there: Path) -> None:
    kept = made(there, "keys", "backup", "safe")
    make = service(there)
    xueshi(there, "keys", "rewrap", "--to", make)
    lose(there)
    refused = xueshi(there, "keys", "restore", f"safe/{kept['backup']}", XUESHI_MASTER_KEY=make)
    former = f"file:{there / 'data' / 'keys' / 'master.key'}"
    assert refused.returncode == 3 and f"XUESHI_MASTER_KEY={former}" in refused.stderr
    assert sorted(each.name for each in (there / "data" / "keys").glob("people*")) == []
    assert xueshi(there, "keys", "restore", f"safe/{kept['backup']}", XUESHI_MASTER_KEY=former).returncode == 0
    assert readable(there)


def test_a_vault_is_restored_only_while_nobody_serves_and_over_a_ledger(there: Path) -> None:
    kept = made(there, "keys", "backup", "safe")
    with served(there):
        ended = xueshi(there, "keys", "restore", f"safe/{kept['backup']}")
        assert ended.returncode == 3 and "[register_served]" in ended.stderr
    lose(there)
    Folder(there / "data").ledger.rename(there / "ledger.db")
    ended = xueshi(there, "keys", "restore", f"safe/{kept['backup']}")
    assert ended.returncode == 3 and "请先用 xueshi restore" in ended.stderr
    assert not (there / "data" / "ledger.db").exists()


def test_over_postgresql_keys_are_exchanged_lost_and_restored_the_same(
    there: Path, pattern: tuple[Path, Used], postgres: str
) -> None:
    within = {"XUESHI_DATABASE": postgres}
    assert xueshi(there, "move", **within).returncode == 0
    kept = made(there, "keys", "backup", "safe", **within)
    assert xueshi(there, "keys", "rewrap", "--to", "file:data/keys/next.key", **within).returncode == 0
    later = made(there, "keys", "backup", "safe", **within)
    assert later["backup"] != kept["backup"] and later["master"] == "file:next.key"
    forget(there, pattern[1].people[0], database=postgres)
    lose(there)
    refused = xueshi(there, "log", "checkpoint", **within)
    assert refused.returncode == 3
    done = made(there, "keys", "restore", f"safe/{later['backup']}", **within)
    assert (done["destroyed_again"], done["missing"]) == ([pattern[1].people[0]], [])
    assert xueshi(there, "log", "checkpoint", **within).returncode == 0
