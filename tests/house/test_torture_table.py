"""The table of torture results tells of each test what it tried and whether it holds."""

from __future__ import annotations

from pathlib import Path

from tests.torture import found, kept, table

REPORT = """<testsuites><testsuite>
<testcase classname="tests.ledger.test_kill" name="test_no_acknowledged_event_is_lost" time="12.34">
  <properties><property name="tried" value="12000"/></properties></testcase>
<testcase classname="tests.ledger.test_tree" name="test_every_flip_is_seen[6]" time="0.5"/>
<testcase classname="tests.ledger.test_tree" name="test_every_flip_is_seen[7]" time="1">
  <failure message="x"/></testcase>
</testsuite></testsuites>"""


def test_each_test_is_a_line_with_what_it_tried_its_time_its_outcome_and_the_commit_it_was_run_at() -> None:
    lines = table(found(REPORT, "abc1234, 11-22")).splitlines()

    assert "| ledger | no acknowledged event is lost | 1 | 12,000 | 12.3 | holds | abc1234, 11-22 |" in lines
    assert "| ledger | every flip is seen | 2 |  | 1.5 | **1 failed** | abc1234, 11-22 |" in lines


def test_a_part_that_is_run_again_leaves_the_other_lines_and_drops_those_whose_test_is_gone(tmp_path: Path) -> None:
    room = tmp_path / "tests" / "ledger"
    room.mkdir(parents=True)
    (room / "test_tree.py").write_text("def test_every_flip_is_seen(")
    results = tmp_path / "results.md"
    results.write_text(table(found(REPORT, "abc1234, 11-22")), encoding="utf-8")

    stands = kept(results, tmp_path)

    assert list(stands) == [("ledger", "every flip is seen")]
    after = table({**stands, **found(REPORT.replace("12.34", "0.5"), "def5678, 11-23")})
    assert "| ledger | no acknowledged event is lost | 1 | 12,000 | 0.5 | holds | def5678, 11-23 |" in after
    assert "abc1234" not in after, "what was run again is of its new commit"
