"""A line that cannot be read is refused by number, field and cure, and nothing of its file is answered."""

from __future__ import annotations

import errno
import io
import json
import os
import re
from typing import Any

import pytest
from law_at_work import NINGBO, Fact, entry, raw, written

from policies.errors import BadLine
from policies.evaluate import main_evaluate
from policies.facts import decimal_centi
from policies.words import Field

APPLICATION: Fact = {
    "kind": "application",
    "person": "p1",
    "applied_on": "2022-08-31",
    "title_obtained_on": "2020-05-05",
    "minimum_years": 2,
}
SEMINAR: Fact = {"route": "advanced_seminar", "level": "municipal", "days": "5"}
COURSE: Fact = {"route": "course", "category": "general_public", "hours": "2", "completed_by": "exam"}
TALK: Fact = {"route": "overseas", "days": "1"}


def bad(field: str, wanted: str, **values: Any) -> Any:
    return pytest.param(field, wanted, entry(**values), id=f"{field}: {json.dumps(values, ensure_ascii=False)[:70]}")


@pytest.mark.parametrize(
    ("field", "wanted", "fact"),
    [
        # Words that nobody declared.
        bad("route", "advanced_seminar", route="seminar", days="1"),
        bad("level", "municipal", **SEMINAR | {"level": "city"}),
        bad("level", "municipal", **SEMINAR | {"level": "core"}),
        bad("category", "professional", category="expert"),
        bad("note", "没有这个字段", note="x"),
        bad("from", "没有这个字段", **{"from": "2020-01-01"}),
        bad("organiser_level", "provincial", organiser_level="city"),
        bad("completed_by", "completion", **COURSE | {"completed_by": "exams"}),
        # What an entry must carry.
        bad("category", "必须给出", category=None),
        bad("route", "必须给出", route=None),
        bad("date", "必须给出", date=None),
        bad("id", "必须给出", id=None),
        bad("person", "必须给出", person=None),
        bad("subjects", "要写 subjects", route="exam"),
        bad("days", "要写 days", route="overseas"),
        bad("characters", "characters", route="book", rank=1),
        bad("courses", "courses", route="degree_course"),
        bad("rank", "要写 rank", route="paper", level="core"),
        bad("rank", "要写 rank", route="book", characters=10000),
        bad("level", "core", route="paper", rank=1),
        bad("hours", "hours", **COURSE | {"hours": None}),
        bad("completed_by", "completed_by", **COURSE | {"completed_by": None}),
        bad("hours", "之一", route="courseware"),
        bad("minutes", "只写一个", route="courseware", hours="1", minutes=45),
        # What does not go together.
        bad("category", "sector_public", **COURSE | {"category": "professional"}),
        bad("category", "professional", category="general_public"),
        bad("level", "没有级别", level="national"),
        bad("level", "没有级别", level="national", **TALK),
        bad("document", "document", confirmed_hours="3"),
        bad("confirmed_hours", "confirmed_hours", document="文"),
        bad("starts", "starts", filed_on="2021-01-01", **TALK),
        # Quantities.
        bad("days", "0.5", **TALK | {"days": "0"}),
        bad("days", "0.5", **TALK | {"days": "-1"}),
        bad("days", "0.5", **TALK | {"days": "1.3"}),
        bad("days", "0.5", **TALK | {"days": "0.25"}),
        bad("days", "0.5", **TALK | {"days": "732"}),
        bad("days", "0.5", **TALK | {"days": "1e1"}),
        bad("days", "0.5", **TALK | {"days": " 1"}),
        bad("days", "0.5", **TALK | {"days": "01"}),
        bad("days", "0.5", **TALK | {"days": "1."}),
        bad("days", "0.5", **TALK | {"days": ".5"}),
        bad("days", "0.5", **TALK | {"days": "+1"}),
        bad("days", "0.5", **TALK | {"days": "１"}),
        bad("days", "带引号", **TALK | {"days": 1}),
        bad("days", "带引号", **TALK | {"days": 1.5}),
        bad("hours", "0.01", **COURSE | {"hours": "1.005"}),
        bad("hours", "8784", **COURSE | {"hours": "8784.01"}),
        bad("hours", "0.01", **COURSE | {"hours": ""}),
        bad("confirmed_hours", "0.01", route="other", confirmed_hours="0.00", document="文"),
        bad("subjects", "整数", route="exam", subjects=0),
        bad("subjects", "整数", route="exam", subjects=-1),
        bad("subjects", "整数", route="exam", subjects="1"),
        bad("subjects", "整数", route="exam", subjects=1.0),
        bad("subjects", "整数", route="exam", subjects=True),
        bad("subjects", "整数", route="exam", subjects=10**30),
        bad("rank", "整数", route="paper", level="core", rank=0),
        bad("minutes", "整数", route="courseware", minutes=10**7),
        bad("characters", "整数", route="book", rank=1, characters=10**9),
        # Dates and years.
        bad("date", "YYYY-MM-DD", date="2021-6-1"),
        bad("date", "YYYY-MM-DD", date="20210601"),
        bad("date", "YYYY-MM-DD", date="2021-02-29"),
        bad("date", "YYYY-MM-DD", date="2021-06-01T00:00:00"),
        bad("date", "2099-12-31", date="2100-01-01"),
        bad("date", "1950-01-01", date="1949-12-31"),
        bad("date", "YYYY-MM-DD", date="0000-00-00"),
        bad("date", "YYYY-MM-DD", date=""),
        bad("submitted_on", "YYYY-MM-DD", submitted_on="soon"),
        bad("year", "starts", year=2020),
        bad("year", "两年之一", year=2019, starts="2020-12-30", ends="2021-01-02"),
        bad("year", "两年之一", year=2020, starts="2020-12-01", ends="2020-12-30"),
        bad("year", "整数", year="2021"),
        bad("ends", "不早于", starts="2021-02-02", ends="2021-02-01"),
        # Texts.
        bad("id", "不空", id=""),
        bad("person", "不空", person=""),
        bad("occasion", "不空", occasion=""),
        bad("output", "不空", output=7),
        bad("id", "不空", id=7),
    ],
)
def test_a_bad_entry_is_refused_with_its_line_its_field_and_the_cure(field: str, wanted: str, fact: Fact) -> None:
    status, out, complaint = raw(written(NINGBO, fact, entry(2)))
    assert (status, out) == (2, b"")
    assert complaint.startswith(f"第 2 行  字段 {field}：")
    assert wanted in complaint.splitlines()[0]


@pytest.mark.parametrize(
    ("field", "fact"),
    [
        ("region", NINGBO | {"region": "999999"}),
        ("region", NINGBO | {"region": "3302"}),
        ("region", NINGBO | {"region": "330299"}),
        ("region", NINGBO | {"region": "33０203"}),
        ("sector", NINGBO | {"sector": "medicine"}),
        ("from", NINGBO | {"from": "2018-13-01"}),
        ("to", NINGBO | {"to": "2017-12-31"}),
        ("major", NINGBO | {"major": ""}),
        ("level", NINGBO | {"level": "national"}),
        ("region", {key: value for key, value in NINGBO.items() if key != "region"}),
        ("applied_on", APPLICATION | {"applied_on": "May"}),
        ("minimum_years", APPLICATION | {"minimum_years": "5"}),
        ("minimum_years", APPLICATION | {"minimum_years": 0}),
        ("committee", APPLICATION | {"committee": "inside"}),
        ("title_obtained_on", {key: value for key, value in APPLICATION.items() if key != "title_obtained_on"}),
        ("kind", {"kind": "person", "person": "p1"}),
        ("kind", {"person": "p1"}),
        ("kind", NINGBO | {"kind": 1}),
    ],
)
def test_a_bad_affiliation_or_application_is_refused_by_its_field(field: str, fact: Fact) -> None:
    status, out, complaint = raw(written(NINGBO | {"person": "p3"}, fact))
    assert (status, out) == (2, b"") and complaint.startswith(f"第 2 行  字段 {field}：")


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"3",
        b'"x"',
        b"null",
        b"{}}",
        b"{'kind': 1}",
        b'{"kind":"entry",}',
        b"NaN",
        b'{"a":\xff}',
        b"\xef\xbb\xbf" + written(NINGBO).strip(),
        b"\r{",
        b'{"kind":"x","person":"\\ud800"}',
        b'{"kind":"' + b"x" * 1_000_000 + b'"}',
        b"[" * 50_000,
        written(NINGBO).strip() + written(NINGBO).strip(),
    ],
)
def test_a_line_that_is_not_one_json_object_is_refused_with_a_dash_for_its_field(line: bytes) -> None:
    status, out, complaint = raw(written(NINGBO) + line + b"\n" + written(entry(1)))
    assert (status, out) == (2, b"")
    assert complaint.startswith("第 2 行  字段 -："), complaint[:200]
    assert len(complaint) < 1000


ESCAPE = "\x1b]0;owned\x07\x1b[2J\u202e\u2028"


@pytest.mark.parametrize(
    "fact",
    [
        entry(1, level=ESCAPE), entry(1, date=ESCAPE), entry(1, **{ESCAPE: "x"}), entry(1, **{ESCAPE * 5_000: "x"}),
        entry(1, subjects=[ESCAPE]), NINGBO | {"region": ESCAPE}, NINGBO | {"kind": ESCAPE},
        entry(1, occasion=[ESCAPE]),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(fact: Fact) -> None:
    line = json.dumps(fact, ensure_ascii=False).encode()   # U+001B must be escaped in JSON, U+202E need not be.
    for given in (line, line[:-1], ESCAPE.encode() + line):
        status, _, complaint = raw(written(NINGBO | {"person": "p9"}) + given + b"\n")
        assert status == 2 and complaint.startswith("第 2 行  字段 ")
        assert complaint.replace("\n", "").isprintable(), complaint
        assert complaint.count("\n") == 2 and len(complaint) < 2_000


def test_a_file_that_comes_from_windows_is_the_same_file() -> None:
    plain = written(NINGBO, entry(1)) + b"\n" + written(entry(2))
    assert raw(plain.replace(b"\n", b"\r\n")) == raw(plain) and raw(plain)[0] == 0
    assert raw(written(NINGBO).replace(b"\n", b"\r\n") + b"{\r\n")[2].startswith("第 2 行  字段 -：")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"kind":"entry"', "个字符处"),
        (b'{"kind":NaN}', "NaN 不是 JSON"),
        (b'{"kind":' + b"9" * 5_000 + b"}", "数字过长"),
        (b"[" * 5_000 + b"]" * 5_000, "JSON"),
        (b"null", "读到 null；"),
        (written(NINGBO | {"to": None}).strip(), "读到 null；"),
        (written(entry(1, subjects=True)).strip(), "读到 true；"),
    ],
)
def test_why_a_line_cannot_be_read_is_said_in_chinese_and_in_the_words_of_json(line: bytes, said: str) -> None:
    status, _, complaint = raw(line + b"\n")
    assert status == 2 and said in complaint and complaint.endswith("整份都不评[line_bad]\n")
    for english in ("Expecting", "delimiter", "limit", "recursion", "None", "True"):
        assert english not in complaint


class Full(io.BytesIO):
    """A standard output with no room left."""

    def writelines(self, lines: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_standard_output_is_not_blamed_on_the_folder_of_the_spool() -> None:
    complaints = io.StringIO()
    assert main_evaluate(io.BytesIO(written(NINGBO, entry(1))), Full(), complaints, None, False) == 1
    assert "标准输出" in complaints.getvalue() and "[output_failed]" in complaints.getvalue()
    assert "TMPDIR" not in complaints.getvalue()


def test_a_name_given_twice_is_refused_whatever_its_values() -> None:
    line = written(entry(1)).strip().replace(b'"subjects": 1', b'"subjects": 1, "subjects" : 1')
    assert raw(written(NINGBO) + line)[2].startswith("第 2 行  字段 subjects：")
    line = written(entry(1)).strip().replace(b'"id": "e1"', b'"id": "e1", "\\u0069d": "e2"')
    assert raw(written(NINGBO) + line)[2].startswith("第 2 行  字段 id：")


def test_quotation_marks_and_escapes_inside_a_text_are_no_fault() -> None:
    status, out, _ = raw(written(NINGBO, entry(1, occasion='say "yes" \\ \u0001 中')))
    assert status == 0 and out


def test_an_id_used_twice_is_refused_where_it_is_used_again() -> None:
    status, out, complaint = raw(written(NINGBO, NINGBO | {"person": "p2"}, entry(1), entry(2), entry(1, person="p2")))
    assert (status, out) == (2, b"")
    assert complaint.startswith("第 5 行  字段 id：读到 “e1”；这个 id 第 3 行已经用过")


def test_two_affiliations_of_a_person_from_one_day_are_refused_on_the_second() -> None:
    assert raw(written(NINGBO, entry(1), NINGBO | {"region": "330106"}))[2].startswith("第 3 行  字段 from：")
    assert raw(written(NINGBO, NINGBO | {"person": "p2"}))[0] == 0


@pytest.mark.parametrize(
    "held", [[], [NINGBO | {"to": "2021-05-31"}], [NINGBO | {"from": "2021-06-02"}], [NINGBO | {"person": "p2"}]]
)
def test_an_entry_dated_outside_every_affiliation_of_its_person_is_refused(held: list[Fact]) -> None:
    status, _, complaint = raw(written(*held, entry(1)))
    assert status == 2 and complaint.startswith(f"第 {len(held) + 1} 行  字段 date：")


def test_a_year_before_the_first_affiliations_year_is_refused() -> None:
    row = entry(1, date="2018-01-03", starts="2017-12-28", ends="2018-01-03", year=2017)
    assert raw(written(NINGBO, row))[2].startswith("第 2 行  字段 year：")
    assert raw(written(NINGBO | {"from": "2017-12-31"}, row))[0] == 0


def test_what_a_missing_optional_field_would_show_is_not_asked_for() -> None:
    fine = [
        entry(1, route="filed_training", days="1"),
        entry(2, route="other"),
        entry(3, starts="2021-01-01"),
        entry(4, year=2021),
        entry(5, route="book", characters=1, rank=1),
        entry(6, submitted_on="2021-06-02"),
    ]
    assert raw(written(NINGBO, *fine))[0] == 0


def test_every_bad_line_is_named_up_to_twenty_and_the_rest_is_counted() -> None:
    lines = [entry(number, route="overseas", days="x") for number in range(30)]
    complaint = raw(written(NINGBO, *lines))[2].splitlines()
    assert [line.split("  ")[0] for line in complaint[:20]] == [f"第 {number} 行" for number in range(2, 22)]
    assert complaint[20].startswith("另有") and "没有输出任何结果" in complaint[21]


def test_what_only_a_comparison_shows_waits_until_every_line_can_be_read() -> None:
    # The unreadable affiliation would make its entries look homeless; only the cause is named.
    complaint = raw(written(NINGBO | {"region": "0"}, entry(1), entry(2)))[2].splitlines()
    assert complaint[0].startswith("第 1 行  字段 region：") and len(complaint) == 2


def test_a_bad_line_in_the_second_process_is_found_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.evaluate.TWO_PROCESSES_BYTES", 0)
    monkeypatch.setattr("policies.parts.PART_BYTES_MOST", 500)
    people = [f"p{number}" for number in range(200)]
    facts = [NINGBO | {"person": name} for name in people] + [
        entry(number, person=name) for number, name in enumerate(people)
    ]
    for number in (250, 333, 399):
        wrong = [*facts[:number], facts[number] | {"subjects": 0}, *facts[number + 1 :]]
        assert raw(written(*wrong))[2].startswith(f"第 {number + 1} 行  字段 subjects：")


def test_a_quantity_is_read_to_its_step_in_plain_digits() -> None:
    hours = Field("hours", "decimal", step_centi=1, most_centi=878_400)
    assert [decimal_centi(text, hours) for text in ("4.5", "4.50", "0.01", "8784")] == [450, 450, 1, 878_400]
    for text in ("4.505", "4.５", "8784.01", "0.00"):
        with pytest.raises(BadLine, match=re.escape("0.01 的倍数，不超过 8784")):
            decimal_centi(text, hours)
    with pytest.raises(BadLine, match="，1 的倍数"):   # A rulebook may let whole days count alone.
        decimal_centi("1.5", Field("days", "decimal", step_centi=100, most_centi=73_100))
