"""The shelf holds exactly the five regulations, with their texts and digests, and tells versions apart."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from policies.errors import ConflictingRulebooks, UnknownRulebook, UnreadableRulebook
from policies.law import Law
from policies.shelf import SHIPPED, TEXTS, Shelf, read_folder, rulebook_files, shipped

FIVE = [
    "ningbo-industry/2019-01-01",
    "wenzhou/2020-11-27",
    "zhejiang-environment/2018-07-15",
    "zhejiang-natural-resources/2021-01-01",
    "zhejiang/2016-08-01",
]


def test_the_five_regulations_are_shipped_under_the_ids_that_outsiders_know() -> None:
    assert [book.id for book in shipped().books] == FIVE
    assert not any(book.draft for book in shipped().books)


def test_every_text_is_the_one_whose_digest_its_rulebook_names() -> None:
    for path in rulebook_files(SHIPPED):
        plain = tomllib.loads(path.read_text("utf-8"))
        assert sha256((TEXTS / plain["text"]).read_bytes()).hexdigest() == plain["text_sha256"]


def test_a_rulebook_is_found_by_id_and_by_digest_and_an_unknown_one_is_named() -> None:
    shelf = shipped()
    book = shelf.book("wenzhou/2020-11-27")
    assert shelf.book(book.digest) is book
    assert sha256(book.source).hexdigest() == book.digest
    with pytest.raises(UnknownRulebook, match="wenzhou/2020-11-27"):
        shelf.book("wenzhou/2021-01-01")


def test_the_same_bytes_twice_are_one_rulebook_and_other_bytes_under_one_id_are_a_conflict() -> None:
    book = shipped().book("wenzhou/2020-11-27")
    assert Shelf.of([book, book]).books == (book,)
    with pytest.raises(ConflictingRulebooks, match="revision = 2"):
        Shelf.of([book, replace(book, digest="0" * 64)])


def test_the_digest_of_a_shelf_depends_on_its_rulebooks_only() -> None:
    assert shipped().digest == Shelf.of(reversed(shipped().books)).digest
    assert shipped().digest != shipped().only(FIVE[:4]).digest


def test_a_law_of_fewer_rulebooks_is_another_law() -> None:
    law = Law(shipped().only(["zhejiang/2016-08-01"]).books)
    assert [book.id for book in law.in_force(date(2022, 1, 1))] == ["zhejiang/2016-08-01"]


@pytest.mark.parametrize(
    ("day", "count"),
    [
        ("2016-07-31", 0),
        ("2016-08-01", 1),
        ("2018-07-14", 1),
        ("2018-07-15", 2),
        ("2018-12-31", 2),
        ("2019-01-01", 3),
        ("2020-11-26", 3),
        ("2020-11-27", 4),
        ("2020-12-31", 4),
        ("2021-01-01", 5),
    ],
)
def test_each_regulation_is_in_force_from_its_day_on(day: str, count: int) -> None:
    assert len(Law(shipped().books).in_force(date.fromisoformat(day))) == count


def test_of_one_family_the_newest_version_is_in_force_and_of_one_version_the_newest_revision() -> None:
    first = shipped().book("wenzhou/2020-11-27")
    later = replace(first, id="wenzhou/2022-01-01", in_force_from=date(2022, 1, 1), digest="1")
    corrected = replace(first, id="wenzhou/2020-11-27.2", revision=2, digest="2")
    law = Law([first, later, corrected])
    assert [book.id for book in law.in_force(date(2021, 12, 31))] == ["wenzhou/2020-11-27.2"]
    assert [book.id for book in law.in_force(date(2022, 1, 1))] == ["wenzhou/2022-01-01"]


def test_a_rulebook_ends_on_its_last_day_and_when_another_supersedes_it() -> None:
    first = replace(shipped().book("wenzhou/2020-11-27"), in_force_to=date(2021, 6, 30), digest="1")
    other = replace(
        first,
        id="sea/2021-03-01",
        family="sea",
        in_force_from=date(2021, 3, 1),
        in_force_to=None,
        supersedes=("wenzhou",),
        digest="2",
    )
    assert Law([first]).in_force(date(2021, 6, 30)) == (first,)
    assert Law([first]).in_force(date(2021, 7, 1)) == ()
    assert Law([first, other]).in_force(date(2021, 2, 28)) == (first,)
    assert Law([first, other]).in_force(date(2021, 3, 1)) == (other,)
    of_one_version = replace(other, supersedes=(first.id,))
    assert Law([first, of_one_version]).in_force(date(2021, 3, 1)) == (of_one_version,)


def test_an_overlay_that_is_off_is_on_the_shelf_and_never_in_force() -> None:
    off = replace(shipped().book("wenzhou/2020-11-27"), off=True)
    assert Shelf.of([off]).books == (off,)
    assert Law([off]).in_force(date(2022, 1, 1)) == ()


def test_reading_a_folder_twice_gives_the_same_digests(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "copy")
    assert read_folder(tmp_path / "copy").digest == shipped().digest


def test_a_rulebook_may_end_on_the_day_on_which_it_begins(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / "wenzhou", tmp_path / "wenzhou")
    file = tmp_path / "wenzhou" / "2020-11-27.toml"
    file.write_text(f"in_force_to = 2020-11-27\n{file.read_text('utf-8')}", "utf-8")
    (book,) = read_folder(tmp_path).books
    assert book.in_force_to == book.in_force_from


def test_a_folder_that_is_none_or_holds_no_rulebook_is_refused_with_what_it_should_hold(tmp_path: Path) -> None:
    for folder, said in ((tmp_path / "nowhere", "没有这个文件夹"), (tmp_path, "文件夹里没有细则")):
        with pytest.raises(UnreadableRulebook, match=f"{said}.*<family>/<日期>.toml"):
            read_folder(folder)
