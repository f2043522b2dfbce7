"""`xueshi log continue-as`: the same tree under a new name, the old one never signed again, old papers still good."""

from __future__ import annotations

import errno
import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from command_kit import Ended as Told
from command_kit import made, xueshi
from house_kit import credit_code
from used_kit import used

from api.keeping import continuing
from api.register.register import SYSTEM, Register, open_register
from api.settings import Settings
from ledger.events.base import Draft
from ledger.events.log import LOG, AccessAnchored, LogContinued
from ledger.log_name import names_of
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.text import encode_base64
from ledger.signing.signer import LogForked
from tests.ledger.killing import Ended, killed_at

OLD, NEW = "localhost/xueshi", "localhost/xueshi-2"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register restored to what it was before its last events, which others have seen signed."""
    folder = tmp_path_factory.mktemp("behind")
    known = used(folder)
    (folder / "statement.txt").write_bytes(known.statements[0])
    (folder / "old.key").write_text(xueshi(folder, "log", "key").stdout)
    made(folder, "backup", "copy")
    late = used(folder, people=1, start=50)
    (folder / "late.txt").write_bytes(late.statements[0])
    for name in ("ledger", "access"):
        shutil.copyfile(folder / "data" / "keys" / f"{name}.published", folder / f"{name}.seen")
        (folder / "data" / f"{name}.db").unlink()
    assert made(folder, "restore", "copy")["logs"]["ledger"]["standing"] == "behind"
    return folder


@pytest.fixture
def folder(behind: Path, tmp_path: Path) -> Path:
    return shutil.copytree(behind, tmp_path / "copy")


def renamed(folder: Path, *arguments: str) -> Told:
    return xueshi(folder, *arguments, XUESHI_ORIGIN=NEW)


def opened(folder: Path, origin: str = NEW) -> Register:
    return open_register(Settings(data_folder=folder / "data", origin=origin))


def anchor(register: Register) -> Draft:
    """What the ledger records daily: the access log as it stands."""
    log = register.access.store
    return Draft(AccessAnchored(
        origin=names_of(log)[-1], size=log.size(), root=encode_base64(log.frontier().root())))


def size_and_root(path: Path) -> tuple[int, bytes]:
    checkpoint = parse_checkpoint(parse_note(path.read_bytes())[0])
    return checkpoint.size, checkpoint.root


def test_the_same_tree_goes_on_and_its_first_event_cites_what_was_seen_and_what_stood(folder: Path) -> None:
    before = opened(folder, OLD)
    size, root = before.ledger.store.size(), before.ledger.store.frontier().root()
    before.close()
    seen_size, _ = size_and_root(folder / "ledger.seen")

    told = made(folder, "log", "continue-as", NEW)

    register = opened(folder)
    (_, last) = register.ledger.store.stream(LOG)[-1]
    recorded = register.ledger.at(size + 1)
    assert recorded is not None and isinstance(event := recorded.envelope.event, LogContinued)
    assert last == register.ledger.store.leaves(size, 1)[0]
    assert (event.origin, event.continues, event.size, event.seen_size, event.why) == (
        NEW, OLD, size, seen_size, "log_behind")
    assert told["ledger"]["position"] == size + 1 and told["access"]["origin"] == f"{NEW}/access"
    assert register.ledger.store.frontier(size).root() == root, "the same tree"
    assert names_of(register.access.store) == (f"{OLD}/access", f"{NEW}/access")
    note = register.signer.checkpoint()
    assert parse_checkpoint(parse_note(note)[0]).origin == NEW
    register.ledger.record([anchor(register)], by=SYSTEM, versions={LOG: register.ledger.store.version(LOG)})
    register.signer.checkpoint()
    register.access_signer.checkpoint()
    register.close()
    assert renamed(folder, "fsck").returncode == 0
    again = renamed(folder, "backup", "anew")
    assert again.returncode == 0 and NEW in again.stdout
    assert renamed(folder, "backup", "--check", "anew").returncode == 0


def test_until_then_nothing_is_recorded_and_afterwards_it_is(folder: Path) -> None:
    unit = ("unit", "register", "--credit-code", credit_code(77), "--name", "某厂", "--region", "330203",
            "--sector", "industry", "--contact", "王芳", "--json")
    refused = xueshi(folder, *unit)
    assert refused.returncode != 0 and json.loads(refused.stdout or refused.stderr)["code"] == "log_behind"
    made(folder, "log", "continue-as", NEW)
    done = renamed(folder, *unit)
    assert done.returncode == 0, done.stdout


def test_the_settings_must_name_what_the_log_is_called_now(folder: Path) -> None:
    made(folder, "log", "continue-as", NEW)
    refused = xueshi(folder, "log", "show")
    assert refused.returncode == 3 and "other_origin" in refused.stderr and f"origin 改为 {NEW}" in refused.stderr


def test_under_the_old_name_nothing_can_be_signed_again(folder: Path) -> None:
    secret = (folder / "data" / "keys" / "ledger.signing.key").read_text().strip()
    made(folder, "log", "continue-as", NEW)
    keys = folder / "data" / "keys"
    assert not [path for path in keys.rglob("*") if path.is_file() and secret[-44:].encode() in path.read_bytes()]
    assert (keys / "ledger.1.published").read_bytes() == (folder / "ledger.seen").read_bytes(), "kept as evidence"
    back = renamed(folder, "log", "continue-as", OLD)
    assert back.returncode == 1 and "origin_was_used" in back.stderr
    third = renamed(folder, "log", "continue-as", "localhost/xueshi-3")
    assert third.returncode == 1 and "log_is_current" in third.stderr


def test_papers_of_before_hold_under_the_old_key_and_it_is_told_how_the_log_goes_on(folder: Path) -> None:
    position = made(folder, "log", "continue-as", NEW)["ledger"]["position"]
    assert renamed(folder, "log", "prove", str(position), "--out", "renamed.proof").returncode == 0
    (folder / "all.keys").write_text(renamed(folder, "log", "key", "--former").stdout)

    for paper in ("statement.txt", "late.txt"):
        alone = xueshi(folder, "verify", paper, "--key", "old.key")
        assert alone.returncode == 0, alone.stdout
        both = xueshi(folder, "verify", paper, "renamed.proof", "--key", "all.keys")
        assert both.returncode == 0 and f"此后以 {NEW} 之名继续" in both.stdout
        warned = xueshi(folder, "verify", paper, "--key", "all.keys")
        assert "日志若已改名" in warned.stdout and NEW in warned.stdout
    assert xueshi(folder, "verify", "renamed.proof", "--key", "old.key").returncode == 1
    told = xueshi(folder, "verify", "renamed.proof", "--key", "all.keys").stdout
    assert f"从此以 '{NEW}' 之名继续" in told and "日志若已改名" not in told


def test_whoever_holds_the_old_key_can_learn_the_new_one(folder: Path) -> None:
    made(folder, "log", "continue-as", NEW)
    old = (folder / "old.key").read_text().strip()
    learnt = renamed(folder, "keys", "learn", "data/keys/ledger.succession", "--key", old)
    assert learnt.returncode == 0, learnt.stderr
    assert set(renamed(folder, "log", "key", "--former").stdout.split()) <= set(learnt.stdout.split())
    (folder / "learnt.keys").write_text(learnt.stdout)
    assert renamed(folder, "log", "prove", "1", "--out", "one.proof").returncode == 0
    assert xueshi(folder, "verify", "one.proof", "statement.txt", "--key", "learnt.keys").returncode == 0
    stranger = "localhost/xueshi+9dd7d933+ASWJ0FVxqjaHmZPHQo5rivx4z3dlm/kFgCZU2DO6YHZU"
    none = renamed(folder, "keys", "learn", "data/keys/ledger.succession", "--key", stranger)
    assert NEW not in none.stdout


def test_a_paper_of_before_can_be_proved_anew_under_the_new_name(folder: Path) -> None:
    made(folder, "log", "continue-as", NEW)
    register = opened(folder)
    position = next(position for position in range(1, 99)
                    if type(register.ledger.at(position).envelope.event).__name__ == "StatementIssued")  # type: ignore[union-attr]
    register.close()
    assert renamed(folder, "log", "prove", str(position), "--out", "anew.proof").returncode == 0
    (folder / "new.key").write_text(renamed(folder, "log", "key").stdout)
    assert xueshi(folder, "verify", "anew.proof", "--key", "new.key").returncode == 0


def test_of_a_log_that_forked_the_evidence_of_both_is_kept(folder: Path) -> None:
    """Someone holds a checkpoint past the restored size; the copy was written to by who passed over the warning."""
    register = opened(folder, OLD)
    seen_size, _ = size_and_root(folder / "ledger.seen")
    register.ledger._stopped = None  # What an older program would have done.
    anchored = anchor(register)
    for _ in range(seen_size - register.ledger.store.size() + 3):
        register.ledger.record([anchored], by=SYSTEM, versions={LOG: register.ledger.store.version(LOG)})
    with pytest.raises(LogForked):
        register.signer.checkpoint()
    size = register.ledger.store.size()
    register.close()

    reopened = opened(folder, OLD)
    with pytest.raises(LogForked):
        reopened.ledger.record([anchored], by=SYSTEM, versions={LOG: reopened.ledger.store.version(LOG)})
    reopened.close()
    event = made(folder, "log", "continue-as", NEW)["ledger"]
    assert (event["why"], event["seen_size"], event["size"]) == ("log_forked", seen_size, size)
    assert renamed(folder, "log", "checkpoint").returncode == 0
    assert renamed(folder, "fsck").returncode == 0


def test_a_checkpoint_that_only_others_hold_is_cited(folder: Path) -> None:
    (folder / "data" / "keys" / "ledger.published").unlink()
    event = made(folder, "log", "continue-as", NEW, "--checkpoint", "ledger.seen")["ledger"]
    assert event["seen_size"] == size_and_root(folder / "ledger.seen")[0]


def test_what_is_no_need_or_no_name_is_refused(folder: Path, tmp_path: Path) -> None:
    used(tmp_path, people=0)
    current = xueshi(tmp_path, "log", "continue-as", NEW)
    assert current.returncode == 1 and "log_is_current" in current.stderr
    assert xueshi(tmp_path, "log", "continue-as", "https://a/b", "--why", "renamed").returncode == 2
    assert "bad_origin" in xueshi(tmp_path, "log", "continue-as", f"{NEW}/access", "--why", "renamed").stderr
    strange = xueshi(tmp_path, "log", "continue-as", NEW, "--why", "renamed", "--checkpoint",
                     str(folder / "data" / "keys" / "master.key"))
    assert strange.returncode == 2 and "checkpoint_unreadable" in strange.stderr
    other = xueshi(tmp_path, "log", "continue-as", NEW, "--checkpoint", str(folder / "ledger.seen"))
    assert other.returncode == 1 and "checkpoint_unfit" in other.stderr
    assert made(tmp_path, "log", "continue-as", NEW, "--why", "renamed")["ledger"]["why"] == "renamed"


def test_a_log_whose_signing_key_is_lost_goes_on_under_another_name(tmp_path: Path) -> None:
    used(tmp_path, people=0)
    for name in ("ledger", "access"):
        (tmp_path / "data" / "keys" / f"{name}.signing.key").unlink()
    assert "signing_key_malformed" in xueshi(tmp_path, "log", "checkpoint").stderr
    event = made(tmp_path, "log", "continue-as", NEW, "--why", "key_lost")["ledger"]
    assert event["why"] == "key_lost" and event["seen_size"] > 0
    assert renamed(tmp_path, "log", "checkpoint").returncode == 0


def test_killed_at_any_step_the_same_command_finishes(behind: Path, tmp_path: Path) -> None:
    killed = 0
    for number in range(8, 200, 6):
        folder = shutil.copytree(behind, tmp_path / str(number))
        if killed_at(number, partial(continue_in, folder)) is Ended.DONE:
            break
        killed += 1
        done = xueshi(folder, "log", "continue-as", NEW, "--json")
        assert done.returncode == 0, done.stderr
        register = opened(folder)
        assert names_of(register.ledger.store) == (OLD, NEW)
        assert names_of(register.access.store) == (f"{OLD}/access", f"{NEW}/access")
        register.close()
        assert renamed(folder, "log", "checkpoint").returncode == 0
        assert renamed(folder, "fsck").returncode == 0
        assert (folder / "data" / "keys" / "ledger.1.published").exists()
        assert OLD in (folder / "data" / "keys" / "ledger.former").read_text()
    assert killed >= 3


def continue_in(folder: Path) -> None:
    ended = xueshi(folder, "log", "continue-as", NEW)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("step", ["keep_as_former", "hand_over"])
def test_a_disk_that_is_full_when_the_old_key_is_noted_costs_an_error_and_never_that_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(continuing, step, full)
        ended = xueshi(folder, "log", "continue-as", NEW)
    assert ended.returncode == 3 and "✓" not in ended.stdout, ended.stdout
    stopped = renamed(folder, "log", "checkpoint")
    assert stopped.returncode == 3 and f"改名没有完成：请再次运行 xueshi log continue-as {NEW}" in stopped.stderr

    made(folder, "log", "continue-as", NEW)
    assert renamed(folder, "fsck").returncode == 0, "what the old key signed is believed"
