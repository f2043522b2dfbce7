"""Who saw whose data, folded from the access log: asked by account and by person, kept up by whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.access.log import record_accesses
from ledger.events.base import By
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from projections import looks as module
from projections.files.places import path_of
from projections.looks import Asked, Looks, keep_up, look_at, looks

CLERK, OTHER = "acr_" + "1" * 22, "acr_" + "2" * 22
LI, WANG = "per_" + "1" * 22, "per_" + "2" * 22


def log_in(folder: Path) -> Ledger:
    folder.mkdir()
    return Ledger.in_file(folder / "access.db", Vault(folder / "people.db", FileMasterKey.create(folder / "key")))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Ledger]:
    made = log_in(tmp_path / "log")
    yield made
    made.close()
    made.vault.close()


def saw(log: Ledger, reader: str, *subjects: str, purpose: str = "review") -> None:
    by = By(actor=reader, role="unit", organisation="unt_" + "1" * 22)
    record_accesses(log, by=by, subjects=subjects, purpose=purpose, what=("claims",), route="histories", now_ms=1)


def test_it_is_asked_by_account_and_by_person_the_newest_first(log: Ledger, tmp_path: Path) -> None:
    saw(log, CLERK, LI, WANG)
    saw(log, OTHER, LI, purpose="appeal")
    at = keep_up(log, tmp_path)

    assert [(one.reader, one.purpose, one.what) for one in looks(tmp_path, Asked(subject=LI), upto=at).items] == [
        (OTHER, "appeal", ("claims",)), (CLERK, "review", ("claims",))]
    assert [one.subject for one in looks(tmp_path, Asked(reader=CLERK), upto=at).items] == [WANG, LI]
    assert looks(tmp_path, Asked(subject=LI, purpose="appeal"), upto=at).items[0].position == at
    assert looks(tmp_path, Asked(subject=LI, last=1), upto=at).items == ()
    found = look_at(tmp_path, 1)
    assert found is not None and found.subject == LI and look_at(tmp_path, 9) is None


def test_pages_are_of_one_moment_and_what_came_since_is_read_with_the_next_question(
    log: Ledger, tmp_path: Path
) -> None:
    for _ in range(3):
        saw(log, CLERK, LI)
    at = keep_up(log, tmp_path)
    first = looks(tmp_path, Asked(subject=LI), upto=at, limit=2)
    saw(log, OTHER, LI)
    assert keep_up(log, tmp_path) == at + 1

    assert first.next is not None
    second = looks(tmp_path, Asked(subject=LI), upto=first.as_of, after=first.next[0], limit=2)
    assert [one.position for one in (*first.items, *second.items)] == [3, 2, 1] and second.next is None


def test_of_a_long_log_a_piece_is_read_for_each_question(
    log: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saw(log, CLERK, *(f"per_{number:022d}" for number in range(10)))
    monkeypatch.setattr(module, "AT_ONCE", 2)

    assert [keep_up(log, tmp_path, 4) for _ in range(4)] == [4, 8, 10, 10]


def test_a_file_that_is_of_another_log_is_made_anew(log: Ledger, tmp_path: Path) -> None:
    saw(log, CLERK, LI, WANG)
    keep_up(log, tmp_path)
    other = log_in(tmp_path / "other")
    saw(other, OTHER, WANG, LI, LI)

    assert keep_up(other, tmp_path) == 3
    assert {one.reader for one in looks(tmp_path, Asked(subject=LI), upto=3).items} == {OTHER}
    path_of(tmp_path, Looks()).unlink()
    assert keep_up(other, tmp_path) == 3
    other.close()
    other.vault.close()


def test_one_look_is_found_by_itself(log: Ledger, tmp_path: Path) -> None:
    by = By(actor=CLERK, role="unit", organisation=None)
    record_accesses(log, by=by, subjects=[LI], purpose="review", what=("case",), route=None, now_ms=1)
    keep_up(log, tmp_path)

    found = look_at(tmp_path, 1)
    assert found is not None and (found.organisation, found.route, found.role) == (None, None, "unit")
