"""A master key behind a program: the example works, and whatever a program does wrong is told and does no harm."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from key_kit import answering, program, service

from ledger.errors import LedgerError
from ledger.keys.command import (
    CommandDied,
    CommandMasterKey,
    CommandNonsense,
    CommandRefused,
    CommandSilent,
    CommandUnusable,
)
from ledger.keys.master import Owned, WrongKey
from ledger.keys.vault import Vault, open_vault

KEYS = [Owned(f"per_{number}", bytes([number % 256]) * 32) for number in range(300)]
ECHO = 'print(json.dumps({"id": request["id"], "wrapped": request["key"]}), flush=True)'


@pytest.fixture
def master(tmp_path: Path) -> Iterator[CommandMasterKey]:
    with closing(CommandMasterKey(service(tmp_path))) as master:
        yield master


def wrapped_by(master: CommandMasterKey, keys: list[Owned] = KEYS) -> list[Owned]:
    return [Owned(owner, each) for (owner, _), each in zip(keys, master.wrap(keys), strict=True)]


def test_the_example_wraps_and_unwraps_many_at_once_in_the_order_asked(master: CommandMasterKey) -> None:
    wrapped = wrapped_by(master)
    assert master.unwrap(wrapped) == [key for _, key in KEYS]
    assert master.unwrap(wrapped[::-1]) == [key for _, key in KEYS][::-1]
    assert master.unwrap([]) == []


def test_a_vault_works_under_a_program_and_opens_again(tmp_path: Path) -> None:
    make = f"command:{service(tmp_path)}"
    with closing(open_vault(tmp_path / "people.db", make)) as vault:
        secret = vault.secret("index")
        vault.prepare(owner for owner, _ in KEYS)
    with closing(open_vault(tmp_path / "people.db", make)) as again:
        assert again.secret("index") == secret
        assert [each.make for each in again.file.masters()] == [make]


def test_what_was_wrapped_for_one_owner_opens_for_no_other(master: CommandMasterKey) -> None:
    ((owner, wrapped),) = wrapped_by(master, KEYS[:1])
    with pytest.raises(WrongKey, match="per_1"):
        master.unwrap([Owned("per_1", wrapped)])
    assert master.unwrap([Owned(owner, wrapped)]) == [KEYS[0].key], "it goes on after a refusal"


def test_another_service_does_not_open_the_vault_of_the_first(tmp_path: Path) -> None:
    with closing(open_vault(tmp_path / "people.db", f"command:{service(tmp_path)}")) as vault:
        vault.secret("index")
    with pytest.raises(WrongKey, match=r"service\.py"):
        open_vault(tmp_path / "people.db", f"command:{service(tmp_path, 'other')}")


def test_answers_may_come_in_any_order(tmp_path: Path) -> None:
    body = (
        "kept = globals().setdefault('kept', [])\nkept.append(request)\n"
        "if len(kept) == 64 or request['id'] == 299:\n"
        "    for one in reversed(kept):\n"
        "        print(json.dumps({'id': one['id'], 'wrapped': one['key']}))\n"
        "    sys.stdout.flush()\n    kept.clear()"
    )
    with closing(answering(tmp_path / "late.py", body)) as master:
        assert master.wrap(KEYS) == [key for _, key in KEYS]


def test_a_program_that_answers_at_length_before_it_reads_on_holds_nobody_up(tmp_path: Path) -> None:
    """Its answers fill the pipe before ours is read: whoever only wrote would wait for ever."""
    body = 'print(json.dumps({"id": request["id"], "wrapped": "A" * 8_000}), flush=True)'
    with closing(answering(tmp_path / "long.py", body)) as master:
        assert [len(each) for each in master.wrap(KEYS)] == [6_000] * 300


def test_a_program_that_dies_is_started_again_and_asked_again(tmp_path: Path) -> None:
    body = f"if request['id'] % 7 == 6 and not os.path.exists(f'died.{{request[\"id\"]}}'):\n" \
           f"    open(f'died.{{request[\"id\"]}}', 'w'); os._exit(3)\n{ECHO}"
    text = body.replace("died.", f"{tmp_path}/died.")
    with closing(answering(tmp_path / "dying.py", text)) as master:
        assert master.wrap(KEYS[:70]) == [key for _, key in KEYS[:70]]
    assert len(list(tmp_path.glob("died.*"))) == 10


def test_one_that_was_killed_between_two_questions_is_started_again(master: CommandMasterKey) -> None:
    wrapped = wrapped_by(master, KEYS[:1])
    assert master._child is not None
    first = master._child.pid
    master._child.kill()
    assert master.unwrap(wrapped) == [KEYS[0].key]
    assert master._child.pid != first


SECRET = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="  # What no message may repeat.

WRONG = {
    "no json": (f'print("{SECRET}", flush=True)', CommandNonsense),
    "not an object": (f'print(json.dumps(["{SECRET}"]), flush=True)', CommandNonsense),
    "not text": ("sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush()", CommandNonsense),
    "its own question": ("print(line.strip(), flush=True)", CommandNonsense),
    "the wrong part": (f'print(json.dumps({{"id": 0, "key": "{SECRET}"}}), flush=True)', CommandNonsense),
    "both parts": (f'print(json.dumps({{"id": 0, "key": "{SECRET}", "wrapped": "AA=="}}), flush=True)',
                   CommandNonsense),
    "nothing": ('print(json.dumps({"id": 0}), flush=True)', CommandNonsense),
    "no base64": (f'print(json.dumps({{"id": 0, "wrapped": "{SECRET}!"}}), flush=True)', CommandNonsense),
    "empty": ('print(json.dumps({"id": 0, "wrapped": ""}), flush=True)', CommandNonsense),
    "unasked": ('print(json.dumps({"id": 7, "wrapped": "AAAA"}), flush=True)', CommandNonsense),
    "twice": ('print((json.dumps({"id": 0, "wrapped": "AAAA"}) + "\\n") * 2, end="", flush=True); time.sleep(60)',
              CommandNonsense),
    "an endless line": ('print("A" * 40_000, end="", flush=True); time.sleep(60)', CommandNonsense),
    "a refusal in prose": (f'print(json.dumps({{"id": 0, "refused": "{SECRET}"}}), flush=True)', CommandNonsense),
    "a refusal": ('print(json.dumps({"id": 0, "refused": "quota_exceeded"}), flush=True)', CommandRefused),
    "death": (f'sys.stderr.write("{SECRET}"); os._exit(3)', CommandDied),
    "silence": ("time.sleep(60)", CommandSilent),
    "half a line": ('print(\'{"id": 0,\', end="", flush=True); time.sleep(60)', CommandSilent),
    "ended output": ("os.close(1); time.sleep(60)", CommandDied),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_a_program_does_wrong_is_told_by_a_stable_code_and_repeats_no_secret(
    tmp_path: Path, wrong: str, capfd: pytest.CaptureFixture[str]
) -> None:
    body, error = WRONG[wrong]
    waits_s = 0.6 if error is CommandSilent else 30  # Whoever does answer may be slow to begin.
    with closing(answering(tmp_path / "bad.py", body, timeout_s=waits_s)) as master, pytest.raises(LedgerError) as told:
        master.wrap([Owned("per_0", b"k" * 32), Owned("per_1", b"l" * 32)])
    assert type(told.value) is error
    assert told.value.code.startswith("master_key_command_")
    assert SECRET[:12] not in str(told.value) and str(tmp_path / "bad.py") in str(told.value)
    assert told.value.__cause__ is None
    assert capfd.readouterr() == ("", ""), "what it says to standard error goes nowhere"


def test_a_key_of_another_length_is_no_key(tmp_path: Path) -> None:
    body = 'print(json.dumps({"id": request["id"], "key": "AAAA"}), flush=True)'
    with closing(answering(tmp_path / "short.py", body)) as master, pytest.raises(CommandNonsense, match="长度"):
        master.unwrap([Owned("per_0", b"w")])


def test_after_an_error_no_late_answer_is_taken_for_the_next_one(tmp_path: Path) -> None:
    flag = tmp_path / "asked"
    body = f"if not os.path.exists('{flag}'):\n    open('{flag}', 'w'); time.sleep(1)\n{ECHO}"
    with closing(answering(tmp_path / "late.py", body, timeout_s=0.5)) as master:
        with pytest.raises(CommandSilent):
            master.wrap([Owned("per_0", b"a" * 32)])
        master._timeout_s = 20
        assert master.wrap([Owned("per_0", b"b" * 32)]) == [b"b" * 32]


def test_a_program_learns_nothing_from_its_arguments_or_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUESHI_DATABASE", "postgresql://someone:secret@nowhere")
    monkeypatch.setenv("KMS_REGION", "cn-hangzhou")
    seen = tmp_path / "seen"
    body = f"open('{seen}', 'w').write(repr((sys.argv[1:], sorted(os.environ), request)))\n{ECHO}"
    with closing(answering(tmp_path / "curious.py", body)) as master:
        master.wrap(KEYS[:1])
    text = seen.read_text()
    assert text.startswith("([], ") and "KMS_REGION" in text and "XUESHI" not in text


def test_a_vault_keeps_no_key_that_its_service_cannot_open_again(tmp_path: Path) -> None:
    body = (
        'if request["do"] == "wrap":\n    print(json.dumps({"id": request["id"], "wrapped": "AAAA"}), flush=True)\n'
        'else:\n    print(json.dumps({"id": request["id"], "key": "' + SECRET + '"}), flush=True)'
    )
    with closing(Vault(tmp_path / "people.db", answering(tmp_path / "forgetful.py", body))) as vault:
        with pytest.raises(WrongKey):
            vault.prepare(["per_a"])
        assert vault.file.count() == 0


@pytest.mark.parametrize(("make", "words"), [
    (lambda path: path.unlink(), "不存在"), (lambda path: path.chmod(0o600), "可执行"),
    (lambda path: path.chmod(0o722), "他人可改写"), (lambda path: path.chmod(0o770), "他人可改写"),
    (lambda path: os.chown(path, 12345, -1), "属主 12345"),
], ids=["absent", "not executable", "others may write", "a group may write", "another's"])
def test_a_program_that_is_not_fit_is_not_run(tmp_path: Path, make: object, words: str) -> None:
    path = program(tmp_path / "unfit.py", f"open('{tmp_path / 'ran'}', 'w')")
    make(path)  # type: ignore[operator]
    with pytest.raises(CommandUnusable, match=words) as refused:
        CommandMasterKey(path)
    assert refused.value.code == "master_key_command_unusable"
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_no_program_is_told_when_it_is_started(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("no program\n")
    path.chmod(0o700)
    with closing(CommandMasterKey(path)) as master, pytest.raises(CommandUnusable, match="无法启动"):
        master.wrap(KEYS[:1])
    with pytest.raises(CommandUnusable, match="绝对路径"):
        CommandMasterKey(Path("tests/../tests"))


def test_a_program_ends_with_us_and_one_that_does_not_is_ended(tmp_path: Path) -> None:
    with closing(answering(tmp_path / "deaf.py", f"{ECHO}\nwhile True: time.sleep(1)")) as master:
        master.wrap(KEYS[:1])
        child = master._child
        assert child is not None
        began = time.monotonic()
    assert child.poll() is not None and time.monotonic() - began < 30


def test_many_threads_share_one_child(master: CommandMasterKey) -> None:
    found: list[bool] = []

    def work(start: int) -> None:
        keys = KEYS[start:start + 40]
        found.append(master.unwrap(wrapped_by(master, keys)) == [key for _, key in keys])

    threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 240, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [True] * 6
