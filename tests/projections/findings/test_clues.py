"""Clues: equal values have equal clues, nothing else is kept, all go with the key; hostile files do no harm."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import exam_kit
import pytest
from pattern_kit import TITLE, Register, kept, paper, training
from projection_kit import BY
from training_kit import School

from ledger.events.base import Draft, Name
from ledger.events.person import KeyDestroyed
from ledger.ledger import Deciding
from ledger.streams import person as persons
from ledger.vocabulary import PersonId, StreamId
from projections.files.content import content
from projections.findings import alike, marks
from projections.findings.clue_file import KINDS, clue_of
from projections.findings.clues import Clues
from projections.findings.marks import BYTES_MOST, NONE, marks_of

DAYS = ("2021-03-01", "2021-03-02", 4)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Register]:
    with kept(tmp_path) as made:
        yield made


def clues(there: Register) -> Clues:
    return Clues(there.house.ledger, there.folder, lambda _, sha256: there.files.get(sha256))


def rows(there: Register, *, of: str | None = None, kind: str | None = None) -> list[tuple[str, str]]:
    """Kind and value of everything there is to a record, once everything was taken and read."""
    with clues(there) as kept_up:
        kept_up.catch_up()
        kept_up.read_papers(1_000)
        with closing(sqlite3.connect(kept_up.path)) as file:
            query = "SELECT kind, value FROM clue WHERE ? IN (claim, '') AND ? IN (kind, '') ORDER BY kind, value"
            return file.execute(query, (of or "", kind or "")).fetchall()


# What is alike


@pytest.mark.parametrize(("one", "other"), [
    ("XF2021-0077", "ｘｆ２０２１－００７７"), ("XF2021-0077", " xf2021—0077 "), ("XF2021-0077", "XF2O21-OO77"),
    ("A1111B", "AIl|lB"), ("甬备〔2026〕7号", "甬备[2026] 7号"), ("XF\u200b2021", "XF2021"),
])
def test_numbers_that_people_mistake_for_each_other_are_read_alike(one: str, other: str) -> None:
    assert alike.number(one) == alike.number(other) is not None


@pytest.mark.parametrize(("one", "other"), [
    ("12-3", "1-23"), ("XF2021-0077", "XF2021-0078"), ("XF8021", "XFB021"), ("第7号", "第七号"),
])
def test_numbers_that_are_two_stay_two(one: str, other: str) -> None:
    assert alike.number(one) != alike.number(other)


def test_a_number_says_something_without_its_issuer_only_where_it_is_long_enough() -> None:
    assert alike.is_telling("XF20210077") and not alike.is_telling("N7-001") and not alike.is_telling("ABCDEFGH1")


def test_titles_authors_and_addresses_are_read_without_what_is_chance() -> None:
    assert alike.title("《论 氨氮 在线监测》") == alike.title("论氨氮在线监测") is not None
    assert alike.title("论文") is None, "too short to tell one from another"
    assert alike.author_list(("李 明", "Wang F.")) == alike.author_list(("李明", "wang f"))
    assert alike.author_list(("李明", "王芳")) != alike.author_list(("王芳", "李明")) and alike.author_list(()) is None
    assert alike.address("2001:db8:1:2:aaaa::1") == alike.address("2001:db8:1:2::99") == "2001:db8:1:2::/64"
    assert alike.address("::ffff:192.0.2.7") == alike.address("192.0.2.7") == "192.0.2.7"
    assert alike.address(None) is alike.device(" ") is alike.number("") is alike.words("《》") is None


# What is kept


def test_of_a_claim_everything_sealed_becomes_a_clue_and_no_word_of_it_is_kept(there: Register) -> None:
    said: dict[str, Any] = {
        "certificate_issuer": "宁波市工业培训基地", "certificate_number": "XF2021-0O77", "authors": ("李明", "王芳"),
        "address": "192.0.2.7", "device": "Mozilla/5.0 (Windows)"}
    claim = there.claim(there.person(), training(*DAYS), **said)
    found = dict(rows(there, of=claim))

    assert found.keys() == {"certificate", "certificate_as_written", "certificate_number", "title", "author_list",
                            "address", "device"} < set(KINDS)
    lookup = there.house.ledger.lookup
    assert found["certificate_number"] == lookup.hidden(Name("clue:number", "XF2021-0077"))[:16].hex()
    assert found["title"] == clue_of(lookup, "title", TITLE)
    for path in there.folder.iterdir():
        held = path.read_bytes()
        for word in ("2021-0", "192.0.2.7", "mozilla", "Mozilla", "李明", "培训"):
            assert word.encode() not in held, path.name


def test_cards_classes_and_certificates_are_of_one_family_of_numbers(there: Register) -> None:
    school, holder = School(there.house), there.person()
    name = school.file()
    school.accept(name, "XF2026-0001")
    school.hold(name)
    card = school.card(name, holder, "xf2026-0OO1")
    claim = there.claim(holder, training(*DAYS), certificate_number="XF2026-0001")
    values = [value for record in (name, card, claim) for kind, value in rows(there, of=record) if "number" in kind]

    assert len(values) == 3 and len(set(values)) == 1


def test_of_a_session_it_is_kept_from_where_it_was_studied(there: Register) -> None:
    house, who = there.house, there.person()
    enrolment = exam_kit.enrol(house, who, exam_kit.publish(house))
    state = house.load(enrolment, exam_kit.enrolments.evolve)
    for number, address in enumerate(("192.0.2.7", "192.0.2.7", "192.0.2.8")):
        at = exam_kit.NOON + number * 10**10
        command = exam_kit.enrolments.RecordStudy(
            started_at=at, ended_at=at + 60_000_000, minutes=1, heartbeats=2, challenges=0, answered=0, address=address,
            device="虚构设备")
        house.record(exam_kit.enrolments.decide_study(state, command, house.load(who, persons.evolve)))
        state = house.load(enrolment, exam_kit.enrolments.evolve)
    found = rows(there, of=enrolment)

    assert [kind for kind, _ in found] == ["address"] * 3 + ["device"] * 3
    assert len(set(found)) == 3, "an address and a device have a row for each session"


def test_what_is_restated_is_forgotten_and_what_is_withdrawn_leaves_nothing(there: Register) -> None:
    who, picture = there.person(), b"\xff\xd8\xff\xda\0\x04AB" + bytes(9_000) + b"\xff\xd9"
    there.files["ab" * 32] = picture
    claim = there.claim(who, training(*DAYS), paper("ab"), certificate_number="XF2021-0077", device="first")
    before = dict(rows(there, of=claim))
    there.revise(claim, training(*DAYS), paper("cd"), certificate_number="XF2021-0078")
    after = dict(rows(there, of=claim))

    assert before["picture"] and "picture" not in after and after["title"] == before["title"]
    assert after["certificate"] != before["certificate"] and after["device"] == before["device"]
    there.withdraw(claim)
    assert rows(there, of=claim) == []


def test_a_correction_that_shows_no_paper_leaves_what_is_known_of_its_papers(there: Register) -> None:
    there.files["ab" * 32] = b"\xff\xd8\xff\xda\0\x04AB" + bytes(9_000) + b"\xff\xd9"
    claim = there.registered(there.person(), training(*DAYS), paper("ab"), certificate_number="XF2021-0077")
    rows(there)
    there.correct(claim, training("2021-03-01", "2021-03-01", 2), certificate_number="XF2021-0078")

    assert [kind for kind, _ in rows(there, of=claim)] == [
        "certificate", "certificate_number", "picture", "title"]


def test_rows_of_an_act_count_when_it_is_closed(there: Register) -> None:
    act = there.house.roster(1)
    claim = there.registered(there.person(), training(*DAYS), act=act)
    assert rows(there, of=claim) == []
    act.close()

    assert [kind for kind, _ in rows(there, of=claim)] == ["title"]


def test_a_persons_clues_go_with_their_key_and_are_the_same_when_made_anew(there: Register) -> None:
    gone, stays = there.person(), there.person()
    for who in (gone, stays):
        there.claim(who, training(*DAYS), paper("ab"), certificate_number="XF2021-0077")
    number = rows(there, kind="certificate_number")[0][1]
    assert len(rows(there, kind="certificate_number")) == 2
    _destroy(there, gone)

    assert len(rows(there, kind="certificate_number")) == 1
    held = b"".join(path.read_bytes() for path in there.folder.iterdir())
    assert held.count(number.encode()) == 3, "in the table and its two indexes, once each"
    one = _content(there)
    for path in there.folder.iterdir():
        path.unlink()
    rows(there)
    assert _content(there) == one


def _destroy(there: Register, person: str) -> None:
    """Let the key go, as whoever keeps the register does once nothing may be kept any more."""
    ledger, stream = there.house.ledger, StreamId(person)
    event = KeyDestroyed(person=PersonId(person), basis="request", final_after=date(2026, 2, 1))
    decided = Deciding((Draft(event),), {stream: ledger.store.version(stream)})
    ledger.destroy_key(person, lambda: decided, by=BY)


def _content(there: Register) -> str:
    with clues(there) as kept_up, closing(sqlite3.connect(kept_up.path)) as file:
        return content(file).sha256


# Stopped and started again


def test_however_it_is_cut_into_pieces_the_content_is_the_same(there: Register) -> None:
    for number in range(4):
        claim = there.claim(there.person(), training(*DAYS), paper("ab"), certificate_number=f"XF2021-007{number}")
        if number % 2:
            there.revise(claim, training(*DAYS), paper("cd"))
    with clues(there) as kept_up:
        for position in range(1, there.house.size + 1):
            assert kept_up.catch_up(position) == position
        while kept_up.read_papers(1):
            pass
    in_pieces = _content(there)
    for path in there.folder.iterdir():
        path.unlink()
    rows(there)

    assert _content(there) == in_pieces


KEEPER = """
import sys, time
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from projection_kit import open_house
from projections.findings.clues import Clues
house = open_house(Path(sys.argv[1]), start=False)
kept_up = Clues(house.ledger, Path(sys.argv[2]), lambda *_: time.sleep(0.001) or bytes(9))
for position in range(4, house.size // 2, 4):  # However fast it is, there is something left to do.
    kept_up.catch_up(position)
    kept_up.read_papers(3)
    print("keeps", flush=True)
sys.stdin.read()
"""


def test_killed_in_the_midst_it_goes_on_from_where_it_stood(there: Register) -> None:
    for number in range(40):
        there.claim(there.person(), training(*DAYS), paper("ab"), certificate_number=f"XF2021-{number:04d}")
    folder = Path(__file__).parent
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(there.house.folder), str(there.folder), str(folder), str(folder.parent)],
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder.parents[2],
    ) as process:
        assert process.stdout is not None
        assert "keeps\n" in iter(process.stdout.readline, ""), "after lines of the log, if any"
        time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    with clues(there) as left:
        assert 0 < left.position < there.house.size
    rows(there)
    after_it = _content(there)
    for path in there.folder.iterdir():
        path.unlink()
    rows(there)

    assert _content(there) == after_it


def test_a_damaged_sealed_part_hides_itself_alone(there: Register) -> None:
    claims = [there.claim(there.person(), training(*DAYS), certificate_number=f"XF2021-007{n}") for n in range(3)]
    with closing(sqlite3.connect(there.house.folder / "ledger.db")) as file:
        ((position, _),) = there.house.ledger.store.stream(claims[1])
        for (trigger,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {trigger}")
        file.execute("UPDATE sealed SET ciphertext = zeroblob(length(ciphertext)) WHERE position = ?", (position,))
        file.commit()

    assert [bool(rows(there, of=claim)) for claim in claims] == [True, False, True]


# Papers


SCAN = b"\xff\xda\0\x04AB" + os.urandom(16_000).replace(b"\xff", b"\0") + b"\xff\xd9"


def pdf(body: bytes) -> bytes:
    return b"%PDF-1.7\n" + body + b"\nstartxref\n0\n%%EOF"


def info(producer: bytes, created: bytes) -> bytes:
    return b"1 0 obj\n<< /Producer " + producer + b" /CreationDate " + created + b" >>\nendobj"


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
        for name, body in chunks)


def test_a_pdf_tells_by_what_and_when_it_was_written_in_whichever_way_it_says_so() -> None:
    plain = marks_of(pdf(info(b"(WPS \\(\\127PS\\))", b"(D:20210305091011+08'00')"))).document
    assert plain == "WPS (WPS)\n2021-03-05T01:10:11+00:00"
    wide = (b"\xfe\xff" + "WPS (WPS)".encode("utf-16-be")).hex().encode()
    assert marks_of(pdf(info(b"<" + wide + b">", b"(D:20210305011011Z)"))).document == plain
    packed = zlib.compress(info(b"(WPS (WPS))", b"(D:20210305011011)"))
    assert marks_of(pdf(b"5 0 obj\n<< /Type /ObjStm >>\nstream\n" + packed + b"\nendstream")).document == plain
    xmp = b"<pdf:Producer>WPS (WPS)</pdf:Producer><xmp:CreateDate>2021-03-05T09:10:11+08:00</xmp:CreateDate>"
    assert marks_of(pdf(xmp)).document == plain


@pytest.mark.parametrize("body", [
    info(b"(WPS)", b"(D:2021030509)"), info(b"(WPS)", b"(D:19700101000000Z)"), info(b"(WPS)", b"(D:20219999999999Z)"),
    info(b"()", b"(D:20210305011011Z)"), info(b"(WPS)", b"(D:20210305011011+99'99')"), b"no dictionary at all",
    info(b"(" + b"(" * 500, b"(D:20210305011011Z)"), info(b"<zz>", b"(D:20210305011011Z)"),
    info(b"(WPS)", b"(D:20210305011011Z)") + b"\ntrailer << /Encrypt 9 0 R >>",
], ids=["no second", "a clock never set", "no such day", "no producer", "no such zone", "nothing",
        "brackets without end", "no digits", "encrypted"])
def test_a_pdf_that_says_nothing_that_can_be_believed_has_no_mark(body: bytes) -> None:
    assert marks_of(pdf(body)) == NONE


def test_one_scan_is_one_picture_however_it_was_saved() -> None:
    bare = marks_of(b"\xff\xd8\xff\xe0\0\x04AB" + SCAN).picture
    assert bare is not None
    assert marks_of(b"\xff\xd8\xff\xe1\0\x10" + b"another camera" + SCAN + b"and more behind").picture == bare
    in_pdf = pdf(b"1 0 obj\n<< /Filter /DCTDecode >>\nstream\r\n\xff\xd8\xff\xe0\0\x04AB" + SCAN + b"\nendstream")
    assert marks_of(in_pdf).picture == bare
    pixels = os.urandom(10_000)
    assert marks_of(png((b"IHDR", b"x" * 13), (b"IDAT", pixels), (b"IEND", b""))).picture == marks_of(
        png((b"IHDR", b"x" * 13), (b"tEXt", b"Date\0today"), (b"IDAT", pixels[:50]), (b"IDAT", pixels[50:]),
            (b"IEND", b""))).picture is not None


def test_a_seal_or_a_letterhead_is_no_picture_of_a_paper() -> None:
    small = b"\xff\xd8\xff\xe0\0\x04AB\xff\xda\0\x04AB" + bytes(4_000) + b"\xff\xd9"
    assert marks_of(small).picture is None
    letterhead = b"stream\n\xff\xd8\xff\xe0\0\x04AB" + SCAN + b"\nendstream"
    assert marks_of(pdf(letterhead + b"\nstream\n" + bytes(40_000) + b"\nendstream")).picture is None


def hostile() -> Iterator[tuple[str, bytes]]:
    """Files that are meant to do harm: each must end soon, in little memory, and without an error."""
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9)
    yield "a PDF bomb", pdf(b"<< /Type /ObjStm >>\nstream\n" + bomb + b"\nendstream\n")
    yield "many bombs", pdf((b"<< /Type /ObjStm >>\nstream\n" + bomb + b"\nendstream\n") * 100)
    yield "bombs within", pdf(b"/ObjStm\nstream\n" + zlib.compress(bomb) + b"\nendstream")
    yield "a million streams", pdf(b"stream\nendstream\n" * 400_000)
    yield "a stream without end", b"%PDF-1.4\n" + b"stream" * 1_000_000
    yield "a million dictionaries", pdf(b"/Producer (" * 500_000)
    yield "half a megabyte of brackets", pdf(b"/Producer " + b"(" * 500_000)
    yield "a million opened tags", pdf(b"<pdf:Producer>" * 500_000)
    yield "nothing but a head", b"%PDF-"
    yield "a JPEG of segments", b"\xff\xd8" + b"\xff\xe0\0\x02" * 2_000_000
    yield "a JPEG of fill bytes", b"\xff\xd8" + b"\xff" * 2_000_000
    yield "a JPEG of length nought", b"\xff\xd8\xff\xe0\0\0" * 9
    yield "a JPEG cut off", b"\xff\xd8\xff\xda\0"
    yield "a PNG of empty chunks", b"\x89PNG\r\n\x1a\n" + (bytes(4) + b"abcd" + bytes(4)) * 500_000
    yield "a PNG that promises much", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT" + bytes(99)
    yield "noise", os.urandom(100_000)
    yield "nothing", b""


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in hostile()])
def test_a_hostile_file_has_no_marks_and_does_no_harm(data: bytes) -> None:
    began = time.process_time()
    assert marks_of(data) == NONE
    assert time.process_time() - began < 1


def test_a_file_beyond_measure_is_not_looked_into_and_time_that_is_up_is_up() -> None:
    good = pdf(info(b"(WPS)", b"(D:20210305011011Z)") + b"\nstream\n" * 3)
    assert marks_of(good).document and marks_of(good + bytes(BYTES_MOST)) == NONE
    assert marks_of(pdf(b"stream\nendstream\n" * 1_000), millis_most=0) == NONE
    assert marks.PARTS_MOST < 10**5, "what is found hangs on the file, not on how fast the machine is"


def test_texts_beyond_measure_cost_no_more_than_others(there: Register) -> None:
    huge = "\ufdfa" * 200_000
    began = time.process_time()
    for read in (alike.number(huge), alike.title(huge), alike.author_list((huge,) * 1_000), alike.device(huge),
                 alike.address(huge), alike.number("\u200b" * 10**6)):
        assert read is None or len(read) < 10**7
    assert time.process_time() - began < 1
    claim = there.claim(there.person(), training(*DAYS), title=huge, certificate_number="0" * 100_000)
    assert {len(value) for _, value in rows(there, of=claim)} == {32}


def test_papers_are_read_once_a_few_at_a_time_and_only_those_that_name_one_person(there: Register) -> None:
    asked: list[str] = []

    def papers(person: str, sha256: str) -> bytes | None:
        asked.append(sha256[:2])
        return None

    there.claim(there.person(), training(*DAYS), paper("ab"), paper("cd", "notice"), paper("ef", "card"))
    there.claim(there.person(), training(*DAYS), paper("ab"))
    with Clues(there.house.ledger, there.folder, papers) as kept_up:
        kept_up.catch_up()
        assert kept_up.unread == 3 and len(kept_up.due()) == 3
        assert kept_up.read_papers(1) == 2 and kept_up.read_papers(5) == 0 == kept_up.read_papers(5)
    assert sorted(asked) == ["ab", "ab", "ef"]
