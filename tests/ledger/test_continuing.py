"""A log goes on under another name: its own events say how it is called, and what signed before still counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger_kit import BY, ORIGIN, House, check, fill, open_house

from ledger.events.base import Draft
from ledger.events.log import LOG, LogContinued, LogOpened
from ledger.ledger import Deciding
from ledger.log_name import names_of
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.keys import format_vkey, generate_key
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.notes import parse_note
from ledger.proof.policy import trust
from ledger.signing.former_keys import former_keys, keep_as_former, keys_at_hand
from ledger.signing.signer import CheckpointDamaged, LogForked, Signer, create_signing_key
from ledger.stores.append import RequestKey

NEW = "register.example/log-2"


def continued(house: House, name: str = NEW, continues: str = ORIGIN) -> None:
    event = LogContinued(origin=name, continues=continues, seen_size=9, seen_root="r", size=3, root="s",
                         why="log_behind")
    house.ledger.record([Draft(event)], by=BY, versions={LOG: house.store.version(LOG)})


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = open_house(tmp_path / "house")
    house.ledger.record([Draft(LogOpened(origin=ORIGIN))], by=BY)
    fill(house.store, 300)
    house.signer().checkpoint()
    return house


def anew(house: House) -> Signer:
    """Give the old key up for one of the new name."""
    keep_as_former(house.folder, keys_at_hand(house.folder))
    (house.folder / "ledger.published").rename(house.folder / "ledger.1.published")
    (house.folder / "ledger.signing.key").unlink()
    create_signing_key(house.folder, NEW)
    return Signer(house.store, origin=NEW, folder=house.folder)


def test_the_names_of_a_log_stand_in_its_own_stream(house: House, tmp_path: Path) -> None:
    assert names_of(house.store) == (ORIGIN,)
    continued(house)
    continued(house, "register.example/log-3", NEW)
    assert names_of(house.store) == (ORIGIN, NEW, "register.example/log-3")
    assert names_of(open_house(tmp_path / "empty").store) == ()


def test_the_first_checkpoint_under_a_new_name_extends_what_the_old_key_signed(house: House) -> None:
    continued(house)
    note = anew(house).checkpoint()
    assert parse_checkpoint(parse_note(note)[0]).origin == NEW
    assert check(house, policy=trust(*keys_at_hand(house.folder))).holds, "checkpoints of both names are believed"
    assert not check(house, policy=trust(*(parse for parse in keys_at_hand(house.folder) if parse.name == NEW))).holds


def test_without_the_event_another_name_is_a_stranger(house: House) -> None:
    with pytest.raises(CheckpointDamaged):
        anew(house).checkpoint()


def test_what_stands_under_a_former_name_in_the_database_must_be_extended_all_the_same(
    house: House, tmp_path: Path
) -> None:
    other = open_house(tmp_path / "other")
    other.ledger.record([Draft(LogOpened(origin=ORIGIN))], by=BY)
    fill(other.store, 300)
    continued(other)
    stored = house.store.last_checkpoint()
    assert stored is not None
    other.store.save_checkpoint(stored)  # Of another tree.
    (other.folder / "ledger.signing.key").unlink()
    create_signing_key(other.folder, NEW)
    with pytest.raises(LogForked):
        Signer(other.store, origin=NEW, folder=other.folder).checkpoint()


def test_a_copy_that_does_not_extend_what_was_published_proves_by_its_own_last_checkpoint(tmp_path: Path) -> None:
    house, ahead = open_house(tmp_path / "house"), open_house(tmp_path / "ahead")
    (ahead.folder / "ledger.signing.key").write_bytes((house.folder / "ledger.signing.key").read_bytes())
    fill(house.store, 5)
    own = house.signer().checkpoint()
    fill(ahead.store, 9)
    (house.folder / "ledger.published").write_bytes(ahead.signer().checkpoint())
    assert house.signer().latest() == own
    assert house.signer().published() != own, "what was published is still what was published"


def test_former_keys_are_kept_once_and_without_their_secrets(tmp_path: Path) -> None:
    one, other = generate_key(ORIGIN), generate_key(NEW)
    assert former_keys(tmp_path) == []
    keep_as_former(tmp_path, [one.public()])
    keep_as_former(tmp_path, [other.public(), one.public()])
    assert former_keys(tmp_path) == [one.public(), other.public()]
    text = (tmp_path / "ledger.former").read_text()
    assert text == "".join(f"{format_vkey(key.public())}\n" for key in (one, other)) and "PRIVATE" not in text
    assert keys_at_hand(tmp_path) == [one.public(), other.public()]
    assert keys_at_hand(tmp_path, "access") == []


def test_a_ledger_that_was_told_to_stop_records_nothing_and_answers_what_was_done(house: House) -> None:
    key = RequestKey(b"k" * 32, b"f" * 32)
    draft = Draft(LogContinued(origin="a/b", continues="c/d", seen_size=1, seen_root="r", size=1, root="s", why="x"))
    done = house.ledger.record([draft], by=BY, versions={LOG: 1}, request=key)
    size = house.store.size()
    seen = Checkpoint("a/b", 0, EMPTY_ROOT)
    house.ledger.stop_recording(lambda: LogForked(published=seen, computed=b""))
    with pytest.raises(LogForked):
        house.ledger.record([draft], by=BY, versions={LOG: 2})
    with pytest.raises(LogForked):
        house.ledger.decide(lambda: Deciding((draft,), {LOG: 2}), by=BY)
    again = house.ledger.record([draft], by=BY, versions={LOG: 1}, request=key)
    assert again.replayed and again.first == done.first
    assert house.store.size() == size
