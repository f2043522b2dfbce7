"""A witness cosigns what extends the last that it cosigned, and nothing else, whoever asks and however often."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from witness_kit import LOG_KEY, NOW, ORIGIN, WITNESS_KEY, FakeLog, witness_in

from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.cosignature import CosignatureVerifier, read_time
from ledger.proof.keys import COSIGNATURE, SigningKey
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.notes import format_note, open_note, sign
from ledger.proof.text import encode_base64
from ledger.witnessing.request import MalformedRequest, Request, format_request, parse_request
from ledger.witnessing.state import SUSPECTS_MAX, Seen, State, StateMissing, StateUnusable, Suspect
from ledger.witnessing.witness import Outcome, Witness, signatures_of


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return witness_in(tmp_path)


def cosigned_by_it(log: FakeLog, line: str) -> int:
    """See that a line is the witness's cosignature under the log's checkpoint; the time that it names."""
    note = format_note(log.text(), signatures_of(line))
    (signature,) = open_note(note, [CosignatureVerifier(WITNESS_KEY.public(COSIGNATURE))]).verified
    return read_time(signature.signature)


def test_a_log_that_grows_is_cosigned_each_time(witness: Witness) -> None:
    log, old = FakeLog(), 0
    for count in (0, 1, 1, 5, 0, 300):
        log = log.grown(count)
        said = witness.add(log.body(old))
        assert said.outcome is Outcome.COSIGNED and cosigned_by_it(log, said.text) == NOW
        old = log.size
    seen = witness.state.seen(ORIGIN)
    assert seen is not None and (seen.size, seen.root, seen.at) == (307, log.root(), NOW)


def test_it_keeps_the_note_with_the_logs_signature_and_its_own(witness: Witness) -> None:
    log = FakeLog().grown(3)
    witness.add(log.body(0))
    seen = witness.state.seen(ORIGIN)
    assert seen is not None and seen.note.startswith(log.note())
    cosigned_by_it(log, seen.note.decode().removeprefix(log.note().decode()))


def test_another_size_than_the_last_is_told_the_last(witness: Witness) -> None:
    log = FakeLog().grown(7)
    witness.add(log.body(0))
    assert witness.add(log.grown(1).body(5)) == (Outcome.OTHER_SIZE, "7")
    assert witness.add(log.body(0)) == (Outcome.OTHER_SIZE, "7")


def test_an_older_checkpoint_is_no_way_back(witness: Witness) -> None:
    log = FakeLog().grown(7)
    witness.add(log.body(0))
    older = FakeLog().grown(4)
    assert witness.add(format_request(Request(7, (), older.note()))).outcome is Outcome.MALFORMED  # old > size.
    assert witness.add(older.body(4)) == (Outcome.OTHER_SIZE, "7")


def test_another_history_of_the_same_size_is_refused_and_kept_as_evidence(witness: Witness) -> None:
    log, other = FakeLog().grown(7), FakeLog().grown(6).grown(1, "something else")
    witness.add(log.body(0))
    assert witness.add(other.body(7)).outcome is Outcome.INCONSISTENT
    (suspect,) = witness.state.suspects()
    assert suspect.seen.startswith(log.note()) and suspect.offered == other.note()


def test_a_longer_log_that_changed_its_past_is_refused(witness: Witness) -> None:
    witness.add(FakeLog().grown(7).body(0))
    other = FakeLog().grown(6).grown(5, "something else")
    assert witness.add(other.body(7)).outcome is Outcome.INCONSISTENT
    seen = witness.state.seen(ORIGIN)
    assert seen is not None and seen.size == 7


def test_a_proof_where_none_belongs_is_refused(witness: Witness) -> None:
    log = FakeLog().grown(5)
    assert witness.add(format_request(Request(0, (b"\0" * 32,), log.note()))).outcome is Outcome.INCONSISTENT
    assert witness.state.seen(ORIGIN) is None and witness.state.suspects() == []


def test_an_empty_tree_has_one_root(witness: Witness) -> None:
    text = f"{ORIGIN}\n0\n{encode_base64(bytes(32))}\n".encode()
    forged = format_note(text, [sign(text, LOG_KEY)])
    assert witness.add(format_request(Request(0, (), forged))).outcome is Outcome.INCONSISTENT
    text = format_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT))
    empty = format_note(text, [sign(text, LOG_KEY)])
    assert witness.add(format_request(Request(0, (), empty))).outcome is Outcome.COSIGNED


def test_a_stranger_is_unknown_and_a_forger_unsigned(witness: Witness) -> None:
    stranger = FakeLog(SigningKey("other.example/log", b"\3" * 32)).grown(2)
    assert witness.add(stranger.body(0)).outcome is Outcome.UNKNOWN
    forger = FakeLog(SigningKey(ORIGIN, b"\4" * 32)).grown(2)
    assert witness.add(forger.body(0)).outcome is Outcome.UNSIGNED
    log = FakeLog().grown(2)
    broken = log.body(0).replace(log.note()[-8:-4], b"AAAA")
    assert witness.add(broken).outcome is Outcome.UNSIGNED


@given(st.binary(max_size=400))
def test_whatever_is_no_request_is_malformed(noise: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_request(b"old 1\n" + noise.replace(b"\n", b""))


@given(st.data())
def test_a_request_that_was_changed_in_a_byte_is_never_cosigned_as_another(data: st.DataObject) -> None:
    body = bytearray(FakeLog().grown(5).body(0))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= data.draw(st.integers(1, 255))
    witness = _in_memory()
    said = witness.add(bytes(body))
    if said.outcome is Outcome.COSIGNED:  # Only a line that nobody reads was touched: the text is the same.
        assert bytes(body).split(b"\n\n")[1] == FakeLog().grown(5).text()[:-1]
    else:
        assert said.outcome in (Outcome.MALFORMED, Outcome.UNSIGNED, Outcome.UNKNOWN, Outcome.OTHER_SIZE)


class _Forgetful(State):
    """A memory that is empty each time, and never a file."""

    def __init__(self) -> None: ...

    def seen(self, origin: str) -> Seen | None:
        return None

    def replace(self, before: Seen | None, now: Seen) -> bool:
        return True


def _in_memory() -> Witness:
    return Witness(WITNESS_KEY, _Forgetful(), lambda: [LOG_KEY.public()], lambda: NOW)


def test_the_body_is_read_as_it_was_written() -> None:
    log = FakeLog().grown(300)
    request = Request(7, log.proof(7), log.note())
    assert parse_request(format_request(request)) == request


def test_a_memory_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(StateMissing, match="换用新密钥"):
        State(tmp_path / "witness.db")


def test_only_so_many_contradictions_are_kept(witness: Witness) -> None:
    for number in range(SUSPECTS_MAX + 5):
        witness.state.suspect(Suspect(ORIGIN, b"a", b"%d" % number, NOW))
    assert [each.offered for each in witness.state.suspects()][-1] == b"%d" % (SUSPECTS_MAX + 4)
    assert len(witness.state.suspects()) == SUSPECTS_MAX


def test_what_could_not_be_kept_holds_up_nothing_that_comes_after_it(witness: Witness, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "witness.db", timeout=0)) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON suspects BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        with pytest.raises(StateUnusable, match="disk full"):
            witness.state.suspect(Suspect(ORIGIN, b"a", b"b", NOW))
        other.execute("DROP TRIGGER full")

    witness.state.suspect(Suspect(ORIGIN, b"a", b"b", NOW))
    assert [each.offered for each in witness.state.suspects()] == [b"b"]


def test_of_many_threads_with_two_histories_one_history_is_cosigned(witness: Witness) -> None:
    start = FakeLog().grown(10)
    witness.add(start.body(0))
    said: list[tuple[bytes, Outcome]] = []

    def ask(log: FakeLog) -> None:
        said.append((log.root(), witness.add(log.body(10)).outcome))

    logs = [start.grown(3, word) for word in ("left", "right") for _ in range(4)]
    threads = [threading.Thread(target=ask, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({root for root, outcome in said if outcome is Outcome.COSIGNED}) == 1 and len(said) == len(logs)


_ASK = """
import sys
sys.path.insert(0, {kit!r})
from pathlib import Path
from witness_kit import FakeLog, witness_in
witness = witness_in(Path({folder!r}))
sys.stdin.readline()
print(*(witness.add(FakeLog().grown(10).grown(1, sys.argv[1]).body(old)).outcome.name for old in (10, 10, 11)))
"""


def test_of_two_processes_on_one_folder_one_history_is_cosigned(witness: Witness, tmp_path: Path) -> None:
    witness.add(FakeLog().grown(10).body(0))
    program = _ASK.format(kit=str(Path(__file__).parent), folder=str(tmp_path))
    running = [subprocess.Popen([sys.executable, "-c", program, word], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                text=True, cwd=Path(__file__).parents[2]) for word in ("left", "right")]
    for each in running:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate(timeout=60)[0].split() for each in running]
    assert sorted(said) == [["COSIGNED", "OTHER_SIZE", "COSIGNED"], ["OTHER_SIZE", "OTHER_SIZE", "INCONSISTENT"]]


_DIE = """
import os
import sys
sys.path.insert(0, {kit!r})
from pathlib import Path
from witness_kit import FakeLog, witness_in
witness = witness_in(Path({folder!r}))
stored = witness.state.replace
def replace_and_die(before, now):
    stored(before, now)
    os._exit(7)  # As a kill: nothing is flushed, closed or answered.
witness.state.replace = replace_and_die
witness.add(FakeLog().grown(4).body(0))
"""


def test_killed_between_store_and_answer_it_stands_by_what_it_stored(tmp_path: Path) -> None:
    """In a process of its own: a fork would inherit what threads of other tests hold in SQLite just then."""
    log, other = FakeLog().grown(4), FakeLog().grown(3).grown(1, "something else")
    program = _DIE.format(kit=str(Path(__file__).parent), folder=str(tmp_path))
    died = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], timeout=60)
    assert died.returncode == 7
    witness = witness_in(tmp_path)
    assert witness.add(log.body(0)) == (Outcome.OTHER_SIZE, "4")
    assert witness.add(other.body(4)).outcome is Outcome.INCONSISTENT
    assert witness.add(log.body(4)).outcome is Outcome.COSIGNED
