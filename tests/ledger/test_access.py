"""The access log: what is recorded of a look, that it is anchored in the ledger, and that changing it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ledger_kit import BY, LI, OFFICER, House, enter, house_policy, open_house, settle, settle_file, tampered

from ledger.access.log import (
    ANCHOR_EVERY_US,
    BrokenAnchor,
    NotCoded,
    anchor_access,
    broken_anchors,
    record_accesses,
)
from ledger.envelope import decode
from ledger.events.access import AccessRecorded
from ledger.events.base import By
from ledger.events.log import LOG, AccessAnchored
from ledger.fsck.checker import Report, fsck
from ledger.fsck.source import SQLiteSource
from ledger.offline.verify import verify_file
from ledger.proof.checkpoint import Checkpoint, parse_checkpoint
from ledger.proof.notes import parse_note
from ledger.proof.text import encode_base64
from ledger.proving import prove_event
from ledger.signing.signer import Signer, create_signing_key
from ledger.vocabulary import PersonId

ORIGIN = "register.example/access"
NOW_MS = 1_760_000_000_000
DAY = ANCHOR_EVERY_US


@dataclass
class Looked:
    """A ledger with people in it, and the log of who saw them, with a name and a key of its own."""

    house: House
    log: House

    def signer(self) -> Signer:
        return Signer(self.log.store, origin=ORIGIN, folder=self.log.folder, name="access")

    def look(self, times: int = 1, by: By = BY) -> None:
        for number in range(times):
            record_accesses(
                self.log.ledger, by=by, subjects=[LI], purpose="complaint_review", what=("name", "id_number"),
                route="/v1/persons/{person}", now_ms=NOW_MS + number)

    def anchor(self, now: int = 0) -> AccessAnchored | None:
        receipt = anchor_access(self.house.ledger, self.signer(), by=BY, now=now)
        if receipt is None:
            return None
        recorded = self.house.ledger.at(receipt.first)
        assert recorded is not None and isinstance(recorded.envelope.event, AccessAnchored)
        return recorded.envelope.event

    def checkpoint(self) -> Checkpoint:
        return parse_checkpoint(parse_note(self.signer().checkpoint())[0])

    def broken(self) -> list[BrokenAnchor]:
        return broken_anchors(SQLiteSource(self.house.file), SQLiteSource(self.log.file))

    def check(self, file: Path) -> Report:
        signer = self.signer()
        return fsck(file, policy=house_policy(self.log.folder, "access"), published=signer.published(), processes=1)


@pytest.fixture
def looked(tmp_path: Path) -> Iterator[Looked]:
    house = open_house(tmp_path / "house")
    settle(house)
    folder = tmp_path / "log"
    log = open_house(folder)
    create_signing_key(folder, ORIGIN, name="access")
    yield Looked(house, log)
    house.close()
    log.close()


# What is recorded


def test_a_look_says_who_saw_whose_what_and_what_for(looked: Looked) -> None:
    looked.look()
    recorded = looked.log.ledger.at(1)
    assert recorded is not None
    event = recorded.envelope.event
    assert event == AccessRecorded(
        access=event.access, reader=OFFICER, subject=LI, purpose="complaint_review", what=("name", "id_number"),
        route="/v1/persons/{person}")
    assert recorded.envelope.subjects == (LI, OFFICER), "who was seen can be told who saw them"
    assert recorded.envelope.by == BY


def test_readers_never_wait_for_each_other(looked: Looked) -> None:
    looked.look(50)
    accesses = {recorded.envelope.stream for recorded in looked.log.ledger.read()}
    assert len(accesses) == 50 and all(access.startswith("acc_") for access in accesses)
    assert {recorded.envelope.version for recorded in looked.log.ledger.read()} == {1}


def test_nothing_personal_stands_in_it(looked: Looked) -> None:
    enter(looked.house, PersonId("per_zhao"), 7)
    looked.look(3)
    anchored = looked.anchor()
    assert anchored is not None
    assert [looked.log.store.sealed(position) for position in (1, 2, 3)] == [None] * 3, "nothing needs to be sealed"
    assert list(looked.log.store.names()) == []
    settle_file(looked.log)
    data = looked.log.file.read_bytes()
    for words in ("李　明", "李明", "33010000000000", "甬江机械厂", "赵敏"):
        assert words.encode() not in data


@pytest.mark.parametrize(("field", "given"), [
    ("subject", {"subjects": [LI, "330106199001011234"]}), ("subject", {"subjects": ["李明"]}),
    ("purpose", {"purpose": "核查李明的投诉"}), ("purpose", {"purpose": ""}), ("purpose", {"purpose": "a" * 41}),
    ("what", {"what": ("name", "李明")}), ("what", {"what": ("13800000000",)}),
])
def test_words_are_refused_and_not_repeated(looked: Looked, field: str, given: dict[str, object]) -> None:
    asked = {"subjects": [LI], "purpose": "review", "what": ("name",)} | given
    with pytest.raises(NotCoded) as refused:
        record_accesses(looked.log.ledger, by=BY, route=None, now_ms=NOW_MS, **asked)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert not any(words in str(refused.value) for words in ("330106", "李明", "13800000000"))
    assert refused.value.__cause__ is None
    assert looked.log.store.size() == 0


# Anchored


def test_the_ledger_holds_the_access_logs_checkpoint(looked: Looked) -> None:
    looked.look(3)
    anchored, checkpoint = looked.anchor(), looked.checkpoint()
    assert anchored == AccessAnchored(origin=ORIGIN, size=3, root=encode_base64(checkpoint.root))
    assert checkpoint == Checkpoint(ORIGIN, 3, looked.log.store.frontier().root())
    assert looked.house.ledger.at(looked.house.store.size()).envelope.stream == LOG  # type: ignore[union-attr]


def test_it_is_anchored_once_a_day_and_only_when_it_has_grown(looked: Looked) -> None:
    assert looked.anchor() is None, "an empty log has nothing to hold on to"
    looked.look()
    assert looked.anchor() is not None
    recorded_at = decode(looked.house.store.leaves(looked.house.store.size() - 1, 1)[0]).recorded_at
    looked.look()
    assert looked.anchor(recorded_at + DAY - 1) is None
    second = looked.anchor(recorded_at + DAY)
    assert second is not None and second.size == 2
    assert looked.anchor(recorded_at + 9 * DAY) is None, "nobody looked since"
    assert looked.broken() == []


# Tampered with


def test_it_is_a_log_of_the_same_make_checked_and_proved_alike(looked: Looked, tmp_path: Path) -> None:
    looked.look(300)
    note = looked.signer().checkpoint()
    proof = tmp_path / "look.tlog-proof"
    proof.write_bytes(prove_event(looked.log.store, 42, note))
    policy = house_policy(looked.log.folder, "access")
    assert verify_file(proof, policy).checkpoint.origin == ORIGIN
    report = looked.check(settle_file(looked.log))
    assert (report.holds, report.size, report.checkpoints) == (True, 300, 1), report


@pytest.mark.parametrize("statement", [
    "UPDATE events SET leaf = replace(leaf, 'complaint_review', 'complaint_reviey') WHERE position = 2",
    "DELETE FROM events WHERE position = 3",
    "DELETE FROM streams WHERE position = 2",
    "UPDATE checkpoints SET note = x'00'",
])
def test_a_changed_access_log_is_found(looked: Looked, tmp_path: Path, statement: str) -> None:
    looked.look(3)
    looked.signer().checkpoint()
    copy = tampered(settle_file(looked.log), tmp_path / "copy.db", (statement, ()))
    assert not looked.check(copy).holds


def test_a_log_rewritten_by_whoever_holds_its_key_is_found_by_its_anchor(looked: Looked, tmp_path: Path) -> None:
    """Alone such a log is sound to the last signature; the ledger remembers the one that was there."""
    looked.look(3)
    assert looked.anchor() is not None
    position = looked.house.store.size()
    for kept in (2, 3, 4):
        forged = open_house(tmp_path / f"forged {kept}")
        create_signing_key(forged.folder, ORIGIN, name="access")
        other = Looked(looked.house, forged)
        other.look(kept, by=By(actor="acr_nobody", role="registrar"))
        other.signer().checkpoint()
        assert [each.position for each in other.broken()] == [position]
        assert other.check(settle_file(forged)).holds
    assert looked.broken() == []


def test_an_access_log_that_was_cut_back_is_found_by_its_anchor(looked: Looked, tmp_path: Path) -> None:
    looked.look(2)
    looked.signer().checkpoint()
    looked.log.close()
    earlier = tmp_path / "earlier.db"
    earlier.write_bytes(settle_file(looked.log).read_bytes())
    looked.log = open_house(looked.log.folder)
    looked.look(2)
    assert looked.anchor() is not None
    broken = broken_anchors(SQLiteSource(looked.house.file), SQLiteSource(earlier))
    assert [each.size for each in broken] == [4]
