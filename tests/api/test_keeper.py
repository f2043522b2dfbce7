"""The keeper: signs on a timer, anchors the access log daily, and shows what went wrong until it goes right."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.beside.keeper import Keeper
from api.doctor.checks import Level
from api.register.register import SYSTEM, Register, open_register
from api.settings import Settings
from ledger.access.log import ANCHOR_EVERY_US, anchor_access, record_accesses
from ledger.envelope import decode
from ledger.events.base import Draft
from ledger.events.log import LOG, AccessAnchored
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.text import encode_base64
from ledger.proof.tiles import TILE_WIDTH
from ledger.signing.signer import LogBehind, LogForked
from ledger.stores.append import StreamMoved
from tests.waiting import until


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    register = open_register(Settings(data_folder=tmp_path / "data"), create=True)
    yield register
    register.close()


def published_size(register: Register) -> int:
    note = register.signer.published()
    return 0 if note is None else parse_checkpoint(parse_note(note)[0]).size


def anchors(register: Register) -> list[AccessAnchored]:
    events = [decode(leaf).event for _, leaf in register.ledger.store.stream(LOG)]
    return [event for event in events if isinstance(event, AccessAnchored)]


def test_there_is_a_checkpoint_before_the_first_visitor_and_a_new_one_at_the_end(register: Register) -> None:
    keeper = Keeper(register, every_s=3_600)
    keeper.start()
    first = published_size(register)
    register.ledger.record(
        [Draft(AccessAnchored(origin="x/y", size=9, root="x"))], by=SYSTEM,
        versions={LOG: register.ledger.store.version(LOG)},
    )
    keeper.stop()

    assert first == register.ledger.store.size() - 1
    assert published_size(register) == register.ledger.store.size()


def test_the_timer_signs_what_came_in(register: Register) -> None:
    keeper = Keeper(register, every_s=1)
    keeper.start()
    register.ledger.record(
        [Draft(AccessAnchored(origin="x/y", size=9, root="x"))], by=SYSTEM,
        versions={LOG: register.ledger.store.version(LOG)},
    )

    until(lambda: published_size(register) == register.ledger.store.size())
    until(lambda: keeper.check()[0] is Level.OK)
    keeper.stop()


def test_a_checkpoint_that_could_not_be_signed_shows_until_it_can_be(register: Register) -> None:
    keeper = Keeper(register, every_s=3_600)
    register.signer.checkpoint()
    behind = register.folder.published
    good = behind.read_bytes()
    behind.write_bytes(good.replace(b"\n1\n", b"\n9\n", 1))  # A published note that nobody has signed.
    keeper._round()

    assert keeper.check()[0] is Level.FAIL
    behind.write_bytes(good)
    keeper._round()
    assert keeper.check()[0] is Level.OK


def test_the_access_log_is_anchored_once_a_day_and_only_when_it_has_grown(register: Register) -> None:
    now = time.time_ns() // 1_000

    def anchor(at: int) -> None:
        anchor_access(register.ledger, register.access_signer, by=SYSTEM, now=at)

    anchor(now)
    anchor(now + 60_000_000)
    assert len(anchors(register)) == 1
    anchor(now + 2 * ANCHOR_EVERY_US)
    assert len(anchors(register)) == 1, "nothing was read meanwhile"
    record_accesses(register.access, by=SYSTEM, subjects=["per_x"], purpose="review", what=("name",), route=None,
                    now_ms=now // 1_000)
    anchor(now + 2 * ANCHOR_EVERY_US)

    last = anchors(register)[-1]
    assert last.size == register.access.store.size()
    assert last.root == encode_base64(register.access.store.frontier().root())
    assert last.origin == "localhost/xueshi/access"


def test_after_a_clock_that_was_ahead_the_access_log_goes_on_being_anchored(register: Register) -> None:
    """The last anchor bears a time that will not come for years."""
    now, looks = time.time_ns() // 1_000, TILE_WIDTH
    anchor_access(register.ledger, register.access_signer, by=SYSTEM, now=now)
    for seen, in_all in ((looks - 1, 1), (1, 2)):
        record_accesses(register.access, by=SYSTEM, subjects=["per_x"] * seen, purpose="review", what=("name",),
                        route=None, now_ms=now // 1_000)
        anchor_access(register.ledger, register.access_signer, by=SYSTEM, now=now - 900 * ANCHOR_EVERY_US)
        assert len(anchors(register)) == in_all


def note_something(register: Register) -> int:
    """Record an event; gives the log's size."""
    register.ledger.record(
        [Draft(AccessAnchored(origin="x/y", size=9, root="x"))], by=SYSTEM,
        versions={LOG: register.ledger.store.version(LOG)},
    )
    return register.ledger.store.size()


def is_signed(register: Register, size: int) -> None:
    until(lambda: published_size(register) >= size, "nobody signs")


def test_of_two_keepers_one_signs_and_the_other_goes_on_when_it_has_gone(register: Register) -> None:
    first, second = Keeper(register, every_s=1), Keeper(register, every_s=1)
    first.start()
    second.start()
    assert (first.holds(), second.holds()) == (True, False)
    is_signed(register, note_something(register))
    first.stop()

    is_signed(register, note_something(register))
    assert (first.holds(), second.holds()) == (False, True)
    assert [keeper.check()[0] for keeper in (first, second)] == [Level.OK] * 2
    second.stop()


def test_that_nobody_signs_is_seen_by_whoever_stands_by(register: Register) -> None:
    later_s = [0]
    asleep = Keeper(register, every_s=2)
    beside = Keeper(register, every_s=2, clock=lambda: time.time_ns() + later_s[0] * 1_000_000_000)
    assert asleep._lease.try_take(), "and then it is stopped"
    register.signer.checkpoint()
    beside.start()
    note_something(register)
    assert beside.check()[0] is Level.OK
    later_s[0] = 60

    level, words, cure = beside.check()
    assert (level, "还没有检查点" in words, bool(cure)) == (Level.FAIL, True, True)
    asleep._lease.release()
    is_signed(register, register.ledger.store.size())  # One that has gone leaves it to the other.
    assert beside.check()[0] is Level.OK
    beside.stop()


def test_a_keeper_that_comes_too_late_to_anchor_signs_all_the_same(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise StreamMoved("log", expected=1, actual=2)

    monkeypatch.setattr("api.beside.keeper.anchor_access", lost)
    size = note_something(register)
    keeper = Keeper(register, every_s=3_600)
    keeper.start()

    assert published_size(register) == size
    assert keeper.check()[0] is Level.OK
    keeper.stop()


def test_a_running_service_whose_log_turns_out_to_be_an_older_copy_records_nothing_more(
    register: Register, tmp_path: Path
) -> None:
    """As when a database is put back to yesterday behind its back, while others have seen today's checkpoint."""
    keeper = Keeper(register, every_s=3_600)
    keeper.start()
    keeper.stop()
    register.close()
    shutil.copytree(register.folder.root, tmp_path / "later")
    later = open_register(Settings(data_folder=tmp_path / "later"))
    note_something(later)
    later.signer.checkpoint()
    later.close()
    here = open_register(Settings(data_folder=register.folder.root))
    watching = Keeper(here, every_s=3_600)
    watching.start()
    note_something(here)
    here.folder.published.write_bytes(later.folder.published.read_bytes())

    def is_stopped() -> bool:
        try:
            note_something(here)
        except (LogBehind, LogForked):
            return True
        return False

    until(is_stopped)
    assert watching.check()[0] is Level.FAIL
    watching.stop()
    here.close()
