"""What was once enacted is read by its digest for ever, and nothing else is taken for it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from policies.archive import Archive, DraftRulebook, RulebookMissing, examine
from policies.errors import UnreadableRulebook
from policies.law import Law
from policies.shelf import shipped

NINGBO = shipped().book("ningbo-industry/2019-01-01")
TEXT = "第一条 参加培训每天登记4个学时。"
SOURCE = """
format = 1
family = "trial"
in_force_from = 2030-01-01
key = "T"
title = "试行细则"
document = "试〔2029〕1号"
issuers = ["试"]
legal_basis = ["浙人社发〔2016〕63号"]
text = "T.txt"
text_sha256 = "DIGEST"
first_year_judged = 2030
[scope]
region = "33"
sector = "industry"
[[clause]]
article = "第一条"
quote = "参加培训每天登记4个学时"
routes = ["training"]
rate = { each = "day", hours = 4 }
""".replace("DIGEST", sha256(TEXT.encode()).hexdigest())


def test_what_is_kept_is_read_back_by_digest_and_gives_the_same_law(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "rulebooks")
    digests = [archive.keep(book) for book in shipped().books]
    assert digests == [book.digest for book in shipped().books]
    again = Archive(tmp_path / "rulebooks").shelf(digests)
    assert again.digest == shipped().digest
    assert Law(again.books).edges == Law(shipped().books).edges
    assert again.book(NINGBO.id).text == NINGBO.text


def test_two_registers_of_one_process_make_one_rulebook_of_the_same_bytes(tmp_path: Path) -> None:
    """And each holds its own bytes against their digest, as if nobody had read them before."""
    mine, theirs = Archive(tmp_path / "mine"), Archive(tmp_path / "theirs")
    for archive in (mine, theirs):
        archive.keep(NINGBO)

    assert mine.book(NINGBO.digest) is theirs.book(NINGBO.digest) is NINGBO
    for path in theirs.folder.iterdir():
        whole = path.read_bytes()
        path.write_bytes(whole + b" ")
        with pytest.raises(RulebookMissing, match="已被改动"):
            Archive(theirs.folder).book(NINGBO.digest)
        path.write_bytes(whole)


def test_keeping_twice_changes_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.keep(NINGBO)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    archive.keep(NINGBO)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".toml", ".txt"]


@pytest.mark.parametrize("suffix", [".toml", ".txt"])
@pytest.mark.parametrize(("harm", "said"), [("gone", "不存在"), ("changed", "已被改动")])
def test_a_lost_or_changed_file_is_told_by_its_path(tmp_path: Path, suffix: str, harm: str, said: str) -> None:
    Archive(tmp_path).keep(NINGBO)
    (path,) = tmp_path.glob(f"*{suffix}")
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RulebookMissing, match=said) as caught:
        Archive(tmp_path).book(NINGBO.digest)
    assert caught.value.path == path


def test_a_rulebook_that_is_to_be_enacted_is_checked_like_a_shipped_one() -> None:
    book = examine(SOURCE.encode(), TEXT.encode(), shipped().books)
    assert (book.id, book.text) == ("trial/2030-01-01", TEXT)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("每天登记4个", "每天登记5个", "应为原文中连续的一段"),
        ('routes = ["training"]', 'routes = ["trainings"]', "trainings"),
        ('region = "33"', 'region = 33', "region"),
        ("format = 1", "format = ", "TOML"),
    ],
)
def test_whatever_is_wrong_with_it_is_told_and_it_is_not_taken(old: str, new: str, said: str) -> None:
    assert old in SOURCE
    with pytest.raises(UnreadableRulebook, match=said):
        examine(SOURCE.replace(old, new).encode(), TEXT.encode(), shipped().books)


def test_the_text_must_be_the_one_that_it_names() -> None:
    with pytest.raises(UnreadableRulebook, match="text_sha256"):
        examine(SOURCE.encode(), f"{TEXT}\n".encode(), shipped().books)
    with pytest.raises(UnreadableRulebook, match="不是 UTF-8"):
        examine(SOURCE.encode(), b"\xff", shipped().books)


def test_a_draft_is_not_enacted() -> None:
    with pytest.raises(DraftRulebook, match="草案"):
        examine(f"draft = true\n{SOURCE}".encode(), TEXT.encode())
