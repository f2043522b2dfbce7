"""`xueshi evaluate` keeps its contract, sentence by sentence: each test is one sentence that outsiders hold us to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from law_at_work import NINGBO, Fact, answers, entry, of_kind, raw, written

from policies.shelf import SHIPPED

ROOT = Path(__file__).parents[2]

EXAMPLE = [
    NINGBO,
    {
        "kind": "entry",
        "id": "e1",
        "person": "p1",
        "date": "2019-05-03",
        "category": "professional",
        "route": "advanced_seminar",
        "level": "municipal",
        "days": "5",
    },
    {
        "kind": "entry",
        "id": "e2",
        "person": "p1",
        "date": "2019-06-11",
        "category": "professional",
        "route": "paper",
        "level": "core",
        "rank": 2,
    },
    {
        "kind": "entry",
        "id": "e3",
        "person": "p1",
        "date": "2019-09-01",
        "category": "general_public",
        "route": "course",
        "hours": "12",
        "completed_by": "exam",
    },
    {
        "kind": "application",
        "person": "p1",
        "applied_on": "2024-05-10",
        "title_obtained_on": "2018-11-30",
        "minimum_years": 5,
    },
]


def minimum(ruling: Fact, family: str, name: str) -> Fact:
    return next(one for one in ruling["minimums"] if one["rulebook"].startswith(family + "/") and one["name"] == name)


def year(rulings: list[Fact], number: int) -> Fact:
    return next(one for one in of_kind("year", rulings) if one["year"] == number)


def test_the_example_of_the_contract_is_answered_to_the_byte() -> None:
    lines = raw(written(*EXAMPLE))[1].decode().splitlines()
    assert lines[0] == (
        '{"kind":"entry","id":"e1","person":"p1","year":2019,"status":"ruled","rulebook":"ningbo-industry/2019-01-01",'
        '"clause":"第六条（一）","assessed":"24","counted":"24","flags":[]}'
    )
    shown = year([json.loads(line) for line in lines], 2019)
    expected = {
        "kind": "year",
        "person": "p1",
        "year": 2019,
        "total": "44",
        "professional": "32",
        "sector_public": "0",
        "general_public": "12",
        "exam_hours": "12",
        "met": False,
    }
    assert {key: shown[key] for key in expected} == expected
    assert {
        "name": "total",
        "rulebook": "zhejiang/2016-08-01",
        "article": "第八条",
        "need": "90",
        "have": "44",
        "met": False,
    } in shown["minimums"]
    last = json.loads(lines[-1])
    reasons = last.pop("reasons")
    assert last == {
        "kind": "application",
        "person": "p1",
        "applied_on": "2024-05-10",
        "eligible": False,
        "years_met": 0,
        "years_needed": 5,
        "consecutive": [],
    }
    assert reasons and all(isinstance(reason, str) for reason in reasons)


def test_the_module_runs_as_a_command_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "policies.evaluate", "--explain"],
        input=written(*EXAMPLE),
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert all("why" in json.loads(line) for line in done.stdout.splitlines())


def test_no_facts_give_no_rulings() -> None:
    assert raw(b"") == (0, b"", "")
    assert raw(b"\n  \n\t\n") == (0, b"", "")


def test_entries_come_in_the_order_given_then_years_by_person_and_year_then_applications_in_the_order_given() -> None:
    people = ["𠮷", "z", "王", "B", "a"]
    facts = [NINGBO | {"person": name} for name in people]
    facts += [entry(number, person=name, date=f"20{19 + number % 3}-05-05") for number, name in enumerate(people * 3)]
    facts += [
        {
            "kind": "application",
            "person": name,
            "applied_on": "2022-05-10",
            "title_obtained_on": "2019-01-01",
            "minimum_years": 1,
        }
        for name in reversed(people)
    ]
    rulings = answers(*facts)
    kinds = [ruling["kind"] for ruling in rulings]
    assert kinds == sorted(kinds, key=["entry", "year", "application"].index)
    assert [one["id"] for one in of_kind("entry", rulings)] == [f"e{number}" for number in range(15)]
    keys = [(one["person"], one["year"]) for one in of_kind("year", rulings)]
    assert keys == [(name, number) for name in sorted(people) for number in range(2018, 2023)]
    assert [one["person"] for one in of_kind("application", rulings)] == list(reversed(people))


def test_year_lines_run_from_the_first_affiliation_to_the_last_entry_or_application_year() -> None:
    assert [one["year"] for one in of_kind("year", answers(NINGBO, entry(date="2020-01-01")))] == [2018, 2019, 2020]
    applied = {
        "kind": "application",
        "person": "p1",
        "applied_on": "2021-05-10",
        "title_obtained_on": "2019-01-01",
        "minimum_years": 1,
    }
    rulings = answers(NINGBO, entry(date="2020-01-01"), applied)
    assert [one["year"] for one in of_kind("year", rulings)] == [2018, 2019, 2020, 2021]
    assert answers(NINGBO) == []


def test_an_affiliation_may_stand_on_a_later_line_than_the_entry() -> None:
    assert answers(entry(), NINGBO)[0]["status"] == "ruled"


def test_a_later_affiliation_ends_the_one_before_it_in_whatever_order_they_are_written() -> None:
    later = NINGBO | {"from": "2021-01-01", "region": "330106", "sector": "environment"}
    for held in ([NINGBO, later], [later, NINGBO]):
        first, second = answers(*held, entry(1, date="2020-12-31"), entry(2, date="2021-01-01"))[:2]
        assert first["rulebook"] == "ningbo-industry/2019-01-01"
        assert second["rulebook"] == "zhejiang-environment/2018-07-15"


def test_after_a_short_affiliation_that_ended_a_long_one_nothing_holds() -> None:
    short = NINGBO | {"from": "2020-01-01", "to": "2020-06-30"}
    status, _, complaint = raw(written(NINGBO, short, entry(date="2020-07-01")))
    assert status == 2 and "第 3 行" in complaint and "date" in complaint


def test_blank_lines_are_skipped_and_counted_in_line_numbers() -> None:
    text = b"\n" + written(NINGBO) + b"  \n" + written(entry(days="x", route="overseas"))
    assert raw(text)[2].startswith("第 4 行  字段 days")


def test_hours_are_written_exactly_without_trailing_zeros() -> None:
    held = {"kind": "affiliation", "person": "p1", "from": "2018-01-01", "region": "330106", "sector": "environment"}
    rows = [
        entry(1, route="project", level="municipal", rank=3),
        entry(2, route="courseware", hours="2.50"),
        entry(3, route="courseware", hours="0.05"),
        entry(4, route="training", level="provincial", days="4"),
    ]
    assert [one["assessed"] for one in of_kind("entry", answers(held, *rows))] == ["19.6", "2.5", "0.05", "24"]


def test_rulebook_and_clause_are_given_for_ruled_refused_and_duplicate_and_null_otherwise() -> None:
    rows = [
        entry(1, occasion="a"),
        entry(2, occasion="a"),
        entry(3, route="filed_training", days="1"),
        entry(4, route="patent", level="software", rank=1),
        entry(5, route="other", confirmed_hours="3", document="文"),
        entry(6, route="other", confirmed_hours="9", document="文", output="o"),
        entry(7, route="other", confirmed_hours="8", document="文", output="o"),
    ]
    told = of_kind("entry", answers(NINGBO, *rows))
    assert [one["status"] for one in told] == [
        "ruled",
        "duplicate",
        "refused",
        "unruled",
        "manual",
        "manual",
        "duplicate",
    ]
    book = "ningbo-industry/2019-01-01"
    assert [(one["rulebook"], one["clause"]) for one in told] == [
        (book, "第六条（八）"),
        (book, "第六条（八）"),
        (book, "第六条（二）"),
        (None, None),
        (None, None),
        (None, None),
        (None, None),
    ]
    assert [(one["assessed"], one["counted"]) for one in told] == [
        ("6", "6"),
        ("6", "0"),
        ("0", "0"),
        ("0", "0"),
        ("3", "3"),
        ("9", "9"),
        ("8", "0"),
    ]


def test_whatever_is_not_simply_ruled_says_why_even_without_explain() -> None:
    rows = [
        entry(1, occasion="a"),
        entry(2, occasion="a"),
        entry(3, route="filed_training", days="1"),
        entry(4, route="patent", level="software", rank=1),
        entry(5, route="other", confirmed_hours="3", document="文"),
    ]
    told = of_kind("entry", answers(NINGBO, *rows))
    assert "why" not in told[0]
    assert all(one["why"] and one["why"][0]["arithmetic"] for one in told[1:])


def test_each_key_is_decided_on_its_own_and_losing_under_either_is_a_duplicate() -> None:
    # e2 wins the occasion over e1 and loses the output to e3; e1 does not come back.
    rows = [entry(1, occasion="o"), entry(2, subjects=2, occasion="o", output="x"), entry(3, subjects=3, output="x")]
    assert [one["status"] for one in of_kind("entry", answers(NINGBO, *rows))] == ["duplicate", "duplicate", "ruled"]


def test_an_occasion_and_an_output_of_one_name_are_two_keys() -> None:
    rows = [entry(1, occasion="same"), entry(2, output="same")]
    assert [one["status"] for one in of_kind("entry", answers(NINGBO, *rows))] == ["ruled", "ruled"]


def test_refused_and_unruled_entries_neither_become_duplicates_nor_displace_others() -> None:
    rows = [
        entry(1, route="filed_training", days="9", occasion="o"),
        entry(2, occasion="o"),
        entry(3, route="patent", level="software", rank=1, occasion="o"),
    ]
    assert [one["status"] for one in of_kind("entry", answers(NINGBO, *rows))] == ["refused", "ruled", "unruled"]


def test_keys_are_shared_within_one_person_only() -> None:
    rows = [entry(1, occasion="o"), entry(2, occasion="o", person="p2")]
    told = of_kind("entry", answers(NINGBO, NINGBO | {"person": "p2"}, *rows))
    assert [one["status"] for one in told] == ["ruled", "ruled"]


def test_flags_are_sorted_and_a_year_is_the_attributed_one() -> None:
    row = entry(1, route="overseas", days="7", date="2020-01-03", starts="2019-12-28", ends="2020-01-03", year=2019)
    told = answers(NINGBO, row)
    assert (told[0]["year"], told[0]["flags"], told[0]["counted"]) == (2019, [], "36")
    assert [one["year"] for one in of_kind("year", told)] == [2018, 2019]  # The last entry year is the attributed one.


def test_exam_hours_are_those_counted_from_exams_and_from_courses_completed_by_exam() -> None:
    rows = [
        entry(1, subjects=9),
        entry(2, category="general_public", route="course", hours="4", completed_by="exam"),
        entry(3, category="general_public", route="course", hours="5", completed_by="completion"),
        entry(4, route="overseas", days="1"),
    ]
    assert year(answers(NINGBO, *rows), 2021)["exam_hours"] == "40"


def test_minimums_are_ordered_by_rulebook_id_and_then_by_name() -> None:
    held = NINGBO | {"region": "330302", "sector": "natural_resources"}
    told = year(answers(held, entry(1, route="courseware", hours="1")), 2021)
    assert [(one["rulebook"], one["name"]) for one in told["minimums"]] == [
        ("wenzhou/2020-11-27", "total"),
        ("wenzhou/2020-11-27", "professional"),
        ("wenzhou/2020-11-27", "general_public"),
        ("zhejiang-natural-resources/2021-01-01", "total"),
        ("zhejiang-natural-resources/2021-01-01", "professional"),
        ("zhejiang-natural-resources/2021-01-01", "general_public"),
        ("zhejiang-natural-resources/2021-01-01", "class_b_cycle"),
        ("zhejiang/2016-08-01", "total"),
        ("zhejiang/2016-08-01", "professional"),
        ("zhejiang/2016-08-01", "public"),
    ]


def test_a_cycle_names_its_years_and_is_in_progress_before_the_last() -> None:
    held = NINGBO | {"region": "330106", "sector": "natural_resources"}
    told = answers(
        held,
        entry(1, route="overseas", days="1", date="2021-01-01"),
        entry(2, route="overseas", days="1", date="2023-01-01"),
    )
    book = "zhejiang-natural-resources"
    assert minimum(year(told, 2022), book, "class_b_cycle") == {
        "name": "class_b_cycle",
        "rulebook": f"{book}/2021-01-01",
        "article": "第六条（二）",
        "need": "36",
        "have": "6",
        "met": None,
        "reason": "in_progress",
        "from": 2021,
        "to": 2023,
    }
    last = minimum(year(told, 2023), book, "class_b_cycle")
    assert (last["have"], last["met"], "reason" in last) == ("12", False, False)


def test_a_years_verdict_follows_its_minimums_in_the_stated_order() -> None:
    held = {"kind": "affiliation", "person": "p1", "from": "2021-01-01", "region": "330106", "sector": "general"}
    public = entry(2, category="general_public", route="course", hours="18", completed_by="exam")
    unruled = entry(3, route="exam", subjects=1)
    confirmed = entry(4, route="other", confirmed_hours="72", document="文")
    assert year(answers(held, public, confirmed), 2021)["met"] is True
    assert year(answers(held, public, unruled), 2021)["met"] is None
    assert year(answers(held, unruled), 2021)["met"] is False  # Public hours are short and nothing could fill them.
    assert year(answers(held | {"to": "2021-12-30"}, public), 2021)["minimums"] == []
    assert year(answers(held | {"to": "2021-12-30"}, public), 2021)["met"] is None


def test_an_unruled_public_course_could_fill_public_minimums_only() -> None:
    held = {"kind": "affiliation", "person": "p1", "from": "2015-01-01", "region": "330106", "sector": "general"}
    # Dated before P is in force, attributed to no other year: 2016 has no minimums, so look at 2017 by attribution.
    row = entry(
        1,
        category="general_public",
        route="course",
        hours="18",
        completed_by="exam",
        date="2016-07-31",
        starts="2016-07-31",
        ends="2017-01-02",
        year=2017,
    )
    told = year(answers(held, row), 2017)
    assert [(one["name"], one["met"]) for one in told["minimums"]] == [
        ("total", None),
        ("professional", False),
        ("public", None),
    ]
    assert told["met"] is False


def test_an_applications_own_year_is_judged_on_the_day_of_application() -> None:
    rows = [
        entry(1, subjects=6, date="2022-01-05"),
        entry(2, route="overseas", days="6", date="2022-01-06"),
        entry(3, category="general_public", route="course", hours="18", completed_by="exam", date="2022-01-07"),
        entry(4, subjects=6, date="2021-01-05"),
        entry(5, route="overseas", days="6", date="2021-01-06"),
        entry(6, category="general_public", route="course", hours="18", completed_by="exam", date="2021-01-07"),
    ]
    moved = NINGBO | {"from": "2022-09-01", "region": "330302", "sector": "general"}
    applied = {"kind": "application", "person": "p1", "title_obtained_on": "2020-05-05", "minimum_years": 2}
    told = of_kind(
        "application",
        answers(
            NINGBO,
            moved,
            *rows,
            applied | {"applied_on": "2022-08-31"},
            applied | {"applied_on": "2022-01-06"},
            applied | {"applied_on": "2022-01-07"},
            applied | {"applied_on": "2022-09-01"},
        ),
    )
    assert [(one["eligible"], one["years_met"], one["consecutive"]) for one in told] == [
        (True, 2, [2021, 2022]),
        (False, 1, []),
        (True, 2, [2021, 2022]),  # What is dated on the day itself counts.
        (None, 2, [2021, 2022]),
    ]
    assert [bool(one["reasons"]) for one in told] == [False, True, False, True]


def test_a_committee_outside_leaves_the_answer_open_and_still_counts_the_years() -> None:
    applied = {
        "kind": "application",
        "person": "p1",
        "applied_on": "2022-08-31",
        "title_obtained_on": "2020-05-05",
        "minimum_years": 2,
        "committee": "outside",
    }
    told = of_kind("application", answers(NINGBO, applied))[0]
    assert (told["eligible"], told["years_met"], told["years_needed"], told["consecutive"]) == (None, 0, 2, [])


def test_an_application_of_somebody_without_affiliation_is_answered_openly() -> None:
    applied = {
        "kind": "application",
        "person": "p9",
        "applied_on": "2022-08-31",
        "title_obtained_on": "2020-05-05",
        "minimum_years": 2,
    }
    assert answers(applied)[0]["eligible"] is None


def test_another_folder_of_rulebooks_is_the_law_instead_of_those_shipped(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED, rules)
    book = rules / "ningbo-industry" / "2019-01-01.toml"
    book.write_text(
        book.read_text("utf-8").replace(
            'rate    = { each = "subject", hours = 6 }', 'rate    = { each = "subject", hours = "7.5" }'
        ),
        "utf-8",
    )
    assert answers(NINGBO, entry(), rules=rules)[0]["assessed"] == "7.5"
    assert answers(NINGBO, entry())[0]["assessed"] == "6"


def test_a_folder_without_rulebooks_is_said_to_be_so(tmp_path: Path) -> None:
    status, out, complaint = raw(written(NINGBO), rules=tmp_path)
    assert (status, out) == (1, b"") and "<family>/<日期>.toml" in complaint


def test_a_later_revision_of_a_version_rules_and_bears_its_number(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(SHIPPED, rules)
    first = (rules / "ningbo-industry" / "2019-01-01.toml").read_text("utf-8")
    (rules / "ningbo-industry" / "2019-01-01.2.toml").write_text(
        first.replace("in_force_from = 2019-01-01", "in_force_from = 2019-01-01\nrevision = 2"), "utf-8"
    )
    assert answers(NINGBO, entry(), rules=rules)[0]["rulebook"] == "ningbo-industry/2019-01-01.2"


def test_every_line_explains_itself_with_articles_and_arithmetic() -> None:
    told = answers(*EXAMPLE, explain=True)
    assert all(line["why"] and all(step["arithmetic"] for step in line["why"]) for line in told)
    first = {step["step"]: step for step in told[0]["why"]}
    assert (first["rate"]["article"], first["rate"]["arithmetic"]) == ("第六条（一）", "5 天 × 6 = 30")
    assert first["class_limit"]["arithmetic"] == "每班次一般不超过 24：30 → 24"
    assert "最多计 36" in first["cap"]["arithmetic"]
    shown = year(told, 2019)["why"]
    assert any("专业科目还差 28：" in step["arithmetic"] for step in shown)
    assert any(step["arithmetic"] == "专业科目：e1 24 + e2 8 = 32" for step in shown)


@pytest.mark.parametrize("explain", [False, True])
def test_a_large_file_through_two_processes_is_answered_as_a_small_one(
    explain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(3)
    people = [f"p{number}" for number in range(120)]
    facts: list[Fact] = [NINGBO | {"person": name} for name in people]
    facts += [
        entry(
            number,
            person=random.choice(people),
            subjects=random.randint(1, 4),
            date=f"20{random.randint(19, 23)}-0{random.randint(1, 9)}-11",
            occasion=random.choice([None, "o1", "o2"]),
        )
        for number in range(1_200)
    ]
    random.shuffle(facts)
    alone = raw(written(*facts), explain=explain)
    monkeypatch.setattr("policies.evaluate.TWO_PROCESSES_BYTES", 0)
    monkeypatch.setattr("policies.parts.PART_BYTES_MOST", 4000)  # Parts are sorted once more.
    monkeypatch.setattr("policies.spool.IDS_HELD_MOST", 200)
    assert raw(written(*facts), explain=explain) == alone
    assert alone[0] == 0 and len(of_kind("entry", [json.loads(line) for line in alone[1].splitlines()])) == 1_200


def test_a_reader_that_goes_away_is_told_nothing() -> None:
    program = [sys.executable, "-m", "policies.evaluate"]
    facts = written(NINGBO, *(entry(number) for number in range(8_000)))
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write(facts)
    process.stdin.close()
    assert process.stdout.readline().startswith(b'{"kind":"entry","id":"e0"')
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), complaint) == (141, b"")
