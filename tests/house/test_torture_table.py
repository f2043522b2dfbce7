"""The table of torture results tells of each test what it tried and whether it holds."""

from __future__ import annotations

from tests.torture import table

REPORT = """<testsuites><testsuite>
<testcase classname="tests.ledger.test_kill" name="test_no_acknowledged_event_is_lost" time="12.34">
  <properties><property name="tried" value="12000"/></properties></testcase>
<testcase classname="tests.ledger.test_tree" name="test_every_flip_is_seen[6]" time="0.5"/>
<testcase classname="tests.ledger.test_tree" name="test_every_flip_is_seen[7]" time="1">
  <failure message="x"/></testcase>
</testsuite></testsuites>"""


def test_each_test_is_a_line_with_what_it_tried_its_time_and_its_outcome() -> None:
    lines = table(REPORT, "made somewhere").splitlines()

    assert "| ledger | no acknowledged event is lost | 1 | 12,000 | 12.3 | holds |" in lines
    assert "| ledger | every flip is seen | 2 |  | 1.5 | **1 failed** |" in lines
    assert "made somewhere" in lines
