"""The signer never says two things: not after a restored backup, not on a forged history, not twice at once."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from ledger_kit import ORIGIN, House, drop_triggers, fill, open_house, settle_file

from ledger.errors import LedgerError
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.frontier import Frontier
from ledger.proof.keys import format_skey, generate_key, parse_vkey
from ledger.proof.merkle import hash_leaves
from ledger.proof.notes import NoteVerifier, open_note, parse_note
from ledger.proof.policy import believe, trust
from ledger.proof.text import Malformed
from ledger.signing.signer import (
    BadSigningKey,
    CannotPublish,
    CheckpointDamaged,
    LogBehind,
    LogForked,
    Signer,
    SignerElsewhere,
    create_signing_key,
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = open_house(tmp_path / "house")
    fill(house.store, 10)
    return house


def size_of(note: bytes) -> int:
    return parse_checkpoint(parse_note(note)[0]).size


def test_one_size_has_one_note(house: House) -> None:
    first = house.signer().checkpoint()
    assert house.signer().checkpoint() == first
    assert [stored.note for stored in house.store.checkpoints()] == [first]
    fill(house.store, 1, start=10)
    second = house.signer().checkpoint()
    assert (size_of(first), size_of(second)) == (10, 11)
    assert believe(second, house.policy).checkpoint.root == house.store.frontier().root()


def test_an_empty_log_has_a_checkpoint_too(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    assert believe(house.signer().checkpoint(), house.policy).checkpoint.size == 0


def test_a_note_is_kept_in_both_places_before_anyone_has_it(house: House) -> None:
    note = house.signer().checkpoint()
    last = house.store.last_checkpoint()
    assert last is not None and last.note == note == (house.folder / "ledger.published").read_bytes()


def test_a_note_that_could_not_be_kept_is_not_handed_out(house: House) -> None:
    signer = house.signer()
    signer.checkpoint()
    fill(house.store, 1, start=10)
    (house.folder / "ledger.published.new").mkdir()  # Root may write anywhere: a folder stands in the way instead.
    with pytest.raises(CannotPublish, match="磁盘是否已满"):
        signer.checkpoint()
    published = signer.published()
    assert published is not None and size_of(published) == 10
    (house.folder / "ledger.published.new").rmdir()
    assert size_of(signer.checkpoint()) == 11


def test_a_note_that_the_database_does_not_keep_is_seen_by_nobody(house: House) -> None:
    """Kept in the log first: a note that somebody has and the log has lost could not be told from a forged one."""
    signer = house.signer()
    first = signer.checkpoint()
    fill(house.store, 1, start=10)
    with closing(sqlite3.connect(house.file)) as file:
        file.execute("CREATE TRIGGER full BEFORE INSERT ON checkpoints BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(LedgerError):
        signer.checkpoint()
    assert signer.published() == first
    with closing(sqlite3.connect(house.file)) as file:
        file.execute("DROP TRIGGER full")
    assert size_of(signer.checkpoint()) == 11


def test_a_folder_that_is_gone_is_told_with_its_cure(house: House) -> None:
    signer = house.signer()
    shutil.rmtree(house.folder)
    with pytest.raises(CannotPublish, match="请检查该文件夹"):
        signer.checkpoint()


def restored_copy(house: House) -> House:
    """Sign at 10, keep a copy, sign at 12, put the copy back: an older ledger beside a newer published file."""
    house.signer().checkpoint()
    folder = house.folder
    shutil.copyfile(settle_file(house), folder / "kept.db")
    house = open_house(folder)
    fill(house.store, 2, start=10)
    house.signer().checkpoint()
    (folder / "kept.db").replace(settle_file(house))
    return open_house(folder)


def test_a_restored_older_copy_signs_nothing_until_it_has_caught_up(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    fill(house.store, 10)
    older = restored_copy(house)
    with pytest.raises(LogBehind, match="已公布的检查点是 12 条") as caught:
        older.signer().checkpoint()
    assert (caught.value.size, caught.value.published.size) == (10, 12)
    fill(older.store, 2, start=10)  # As long again, but these are other events, with other salts.
    with pytest.raises(LogForked):
        older.signer().checkpoint()
    checkpoints = [stored.size for stored in older.store.checkpoints()]
    assert checkpoints == [10], "what was refused is nowhere persisted"


def test_a_history_that_was_rewritten_with_all_its_hashes_is_refused_with_both_roots(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    fill(house.store, 300)
    honest = parse_checkpoint(parse_note(house.signer().checkpoint())[0])
    file = settle_file(house)
    with closing(sqlite3.connect(file)) as connection:
        drop_triggers(connection)
        leaves = [leaf for (leaf,) in connection.execute("SELECT leaf FROM events ORDER BY position")]
        leaves[6] = leaves[6].replace(b"routine", b"rueitno")
        (tile,) = Frontier().append(hash_leaves(leaves))[1]
        connection.execute("UPDATE events SET leaf = ? WHERE position = 7", (leaves[6],))
        connection.execute("UPDATE tiles SET root = ?, hashes = ?", (tile.root, tile.hashes))
        connection.execute("DELETE FROM checkpoints")
        connection.commit()
    forged = open_house(house.folder)
    with pytest.raises(LogForked) as caught:
        forged.signer().checkpoint()
    assert caught.value.published.root == honest.root
    assert caught.value.computed == forged.store.frontier(300).root() != honest.root


@pytest.mark.parametrize("lost", ["file", "database"])
def test_of_the_two_places_either_may_be_lost(tmp_path: Path, lost: str) -> None:
    house = open_house(tmp_path / "house")
    fill(house.store, 10)
    house.signer().checkpoint()
    published = house.folder / "ledger.published"
    file = settle_file(house)
    if lost == "file":
        published.unlink()
    with closing(sqlite3.connect(file)) as connection:
        drop_triggers(connection)
        if lost == "database":
            connection.execute("DELETE FROM checkpoints")
        connection.execute("DELETE FROM streams WHERE position = 10")
        connection.execute("DELETE FROM events WHERE position = 10")
        connection.commit()
    shorter = open_house(house.folder)
    with pytest.raises(LogBehind):
        shorter.signer().checkpoint()


def test_both_places_must_be_extended_also_when_they_are_of_one_size(tmp_path: Path) -> None:
    one, other = open_house(tmp_path / "one"), open_house(tmp_path / "other")
    shutil.copyfile(one.folder / "ledger.signing.key", other.folder / "ledger.signing.key")
    fill(one.store, 10)
    fill(other.store, 10)
    one.signer().checkpoint()
    (one.folder / "ledger.published").write_bytes(other.signer().checkpoint())
    with pytest.raises(LogForked):
        one.signer().checkpoint()


def test_what_somebody_bears_that_another_copy_signed_stops_this_one_and_what_this_one_extends_does_not(
    tmp_path: Path
) -> None:
    one, other = open_house(tmp_path / "one"), open_house(tmp_path / "other")
    shutil.copyfile(one.folder / "ledger.signing.key", other.folder / "ledger.signing.key")
    fill(one.store, 10)
    fill(other.store, 10)
    own, borne = one.signer().checkpoint(), other.signer().checkpoint()
    fill(one.store, 1, start=10)
    signer = one.signer()

    assert signer.must_extend(own) and not (one.folder / "ledger.seen").exists()
    assert not signer.must_extend(borne, "送来核验的文件中")
    with pytest.raises(LogForked):
        signer.checkpoint()
    assert not signer.must_extend(borne), "it is not forgotten when it is shown again"


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\xff\n\n", "cut", "flipped", "stranger"])
def test_a_damaged_published_file_is_not_passed_over(house: House, damage: bytes | str) -> None:
    signer = house.signer()
    note = signer.checkpoint()
    if damage == "cut":
        damage = note[:-20]
    elif damage == "flipped":
        damage = note.replace(b"\n10\n", b"\n11\n")
    elif damage == "stranger":
        stranger = open_house(house.folder / "stranger")
        damage = stranger.signer().checkpoint()
    assert isinstance(damage, bytes)
    (house.folder / "ledger.published").write_bytes(damage)
    with pytest.raises(CheckpointDamaged, match="取回原文件"):
        signer.checkpoint()


def test_a_second_process_that_signs_is_told_so_and_takes_over_when_the_first_dies(house: House) -> None:
    lock = house.folder / "ledger.signer.lock"
    script = (
        "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(SignerElsewhere, match="另一个进程正在签发"):
            Signer(house.store, origin=ORIGIN, folder=house.folder, wait_ms=50).checkpoint()
        other.kill()
        other.wait()
    assert size_of(house.signer().checkpoint()) == 10


SIGNING = """
import sys
import time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from ledger_kit import open_house
house = open_house(Path(sys.argv[1]))
signer = house.signer()
for _ in range(20):
    sys.stdout.buffer.write(signer.checkpoint() + b"\\0")
    time.sleep(0.01)
"""


def test_several_processes_that_sign_at_once_say_one_thing_of_each_size(house: House) -> None:
    command = [sys.executable, "-c", SIGNING, str(house.folder), str(Path(__file__).parent)]
    signing = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    for number in range(10, 10_000):
        fill(house.store, 1, start=number)
        time.sleep(0.005)
        if all(one.poll() is not None for one in signing):
            break
    notes = [note for one in signing for note in one.communicate()[0].split(b"\0") if note]

    assert len(notes) == 3 * 20, "each waited for its turn"
    assert len(set(notes)) == len({size_of(note) for note in notes}) > 1
    assert [one.returncode for one in signing] == [0] * 3


def key_file(folder: Path, content: bytes | str, mode: int = 0o600) -> Path:
    path = folder / "ledger.signing.key"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "没有密钥"), ("\n\n", "没有密钥"), (b"\xff\xfe", "读不出"), ("nonsense\n", "PRIVATE"),
        (format_skey(generate_key("other.example/log")), "不是日志名"),
    ],
    # A key made anew in each process of a parallel run would give the test another name in each.
    ids=["empty", "blank", "not text", "not a key", "another log's"],
)
def test_a_bad_key_file_is_told_without_its_content(house: House, content: bytes | str, found: str) -> None:
    key_file(house.folder, content)
    with pytest.raises(BadSigningKey, match=found) as caught:
        house.signer()
    if isinstance(content, str) and content.strip():
        assert content.strip()[-40:] not in str(caught.value)


def test_a_key_file_that_others_can_read_is_refused(house: House) -> None:
    (house.folder / "ledger.signing.key").chmod(0o640)
    with pytest.raises(BadSigningKey, match="请改为 600"):
        house.signer()


def test_an_absent_or_doubled_key_is_refused(house: House) -> None:
    path = house.folder / "ledger.signing.key"
    line = path.read_text()
    key_file(house.folder, line + line)
    with pytest.raises(BadSigningKey, match="出现两次"):
        house.signer()
    path.unlink()
    with pytest.raises(BadSigningKey, match="文件不存在"):
        house.signer()


def test_every_flipped_byte_of_the_key_line_is_found(house: House) -> None:
    line = (house.folder / "ledger.signing.key").read_bytes().rstrip(b"\n")
    for place in range(len(line)):
        flipped = bytearray(line)
        flipped[place] ^= 1
        key_file(house.folder, bytes(flipped))
        with pytest.raises(BadSigningKey):
            house.signer()


def test_while_keys_are_exchanged_both_sign_and_each_verifies_alone(house: House) -> None:
    house.signer().checkpoint()
    path = house.folder / "ledger.signing.key"
    old, new = path.read_text(), format_skey(generate_key(ORIGIN)) + "\n"
    key_file(house.folder, new)
    with pytest.raises(CheckpointDamaged, match="新旧两把"):  # The new key alone cannot read what the old one said.
        house.signer().checkpoint()
    key_file(house.folder, old + new)
    both = house.signer()
    note = both.checkpoint()
    assert size_of(note) == 10
    for vkey in both.vkeys:
        assert believe(note, trust(parse_vkey(vkey))).checkpoint.size == 10
        assert len(open_note(note, [NoteVerifier(parse_vkey(vkey))]).unverified) == 1
    key_file(house.folder, new)
    fill(house.store, 1, start=10)
    assert len(house.signer().vkeys) == 1
    assert size_of(house.signer().checkpoint()) == 11


def test_a_signing_key_is_never_made_over_another_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    create_signing_key(tmp_path, ORIGIN)
    path = tmp_path / "ledger.signing.key"
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_signing_key(tmp_path, ORIGIN)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("origin", ["", "https://register.example/log", "register.example/log/", "two words", "a+b"])
def test_a_name_under_which_nothing_could_be_signed_makes_no_key(tmp_path: Path, origin: str) -> None:
    with pytest.raises(Malformed):
        create_signing_key(tmp_path, origin)
    assert list(tmp_path.iterdir()) == []
