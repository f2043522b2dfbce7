"""Findings as work: what was found with what was decided about it, within one's scopes and not about oneself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exam_kit import ROLE
from projection_kit import House, living

from ledger.events.actor import Scope
from ledger.events.case import CaseId
from ledger.events.finding import FindingId, Upon
from ledger.streams import finding as findings
from projections.answers import Answers
from projections.files.places import path_of
from projections.findings.findings_file import FindingsFile
from projections.findings.found import finding_id, finding_of
from projections.findings.kept import Kept
from projections.findings.patterns import patterns, thresholds_on
from projections.findings.snapshot import Found, Row
from projections.findings.worklist import Line, View, Wanted, beside, by_pattern, facets, line, lines

TODAY = date(2026, 11, 22)
OFFICE = View((Scope(role=ROLE, region="3302"),), ("acr_own", "per_own"), "unt_own", ("acr_own", "acr_mate"), TODAY)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        made.person()
        yield made


def row(about: str, **more: Any) -> Found:
    """What a pattern gives of one thing."""
    lists = {name: sorted(more.pop(name, ())) for name in ("persons", "claims", "actors", "organisers")}
    keys = tuple((name.removesuffix("s"), one) for name, ids in lists.items() for one in ids)
    told = {"region": "330203", "sector": None, **more}
    return Found(Row(about, told["region"], told["sector"], *(json.dumps(ids) for ids in lists.values()),
                     json.dumps(told.get("events", [1])), "{}", json.dumps({"claims": len(lists["claims"])})), keys)


def plant(house: House, **found: list[Found]) -> Answers:
    """Let the patterns have found exactly this, as of where the log is."""
    answers = house.followed()
    with closing(Kept(house.ledger, path_of(house.folder / "answers", FindingsFile()), patterns().values())) as kept:
        for pattern in patterns().values():
            kept.write(pattern, thresholds_on(pattern, TODAY), found.get(pattern.id, []), at=house.size, run_at=1,
                       looked=None)
    return answers


def done(house: House, answers: Answers, name: str, decide: Any, make: Any, **fields: Any) -> None:
    """Do something about a finding as it is found now, as the officer of the house."""
    found = finding_of(answers, name)
    assert found is not None
    upon = Upon(pattern=found.name, facts_sha256=found.facts_sha256, region=found.region or "", events=found.events,
                persons=found.persons)  # type: ignore[arg-type]
    command = make(role=ROLE, finding=FindingId(name), upon=upon, shown=upon.facts_sha256, **fields)
    house.record(decide(house.load(name, findings.evolve), command, house.officer))


def listed(answers: Answers, wanted: Wanted = Wanted(), view: View = OFFICE) -> list[Line]:  # noqa: B008 - frozen
    return list(lines(answers, view, wanted, as_of=answers.position()).items)


A, B, C = (finding_id("D01", name) for name in "abc")


def test_a_decision_holds_for_its_facts_and_other_facts_wait_again_with_it_beside(house: House) -> None:
    answers = plant(house, D01=[row("a", claims=["clm_1"])])
    done(house, answers, A, findings.decide_ruling_out, findings.RuleOut, words="同一班的通知")
    house.followed()

    (ruled,) = listed(answers)
    assert (ruled.status, ruled.is_new_facts, ruled.owner) == ("ruled_out", False, house.officer.actor)
    plant(house, D01=[row("a", claims=["clm_1"])])
    assert listed(answers)[0].status == "ruled_out", "found again is found as it was"
    plant(house, D01=[row("a", claims=["clm_1", "clm_2"])])
    (again,) = listed(answers)
    assert (again.status, again.is_new_facts, again.owner) == ("pending", True, None)
    assert again.decided is not None and again.decided.status == "ruled_out"
    then = lines(answers, OFFICE, Wanted(), as_of=house.size - 1).items
    assert [one.status for one in then] == ["pending"], "before it was ruled out"


def test_what_is_found_no_more_is_listed_no_more_and_still_seen_by_its_name(house: House) -> None:
    answers = plant(house, D01=[row("a")])
    done(house, answers, A, findings.decide_taking_up, findings.TakeUp, due=date(2026, 11, 1))
    house.followed()
    assert listed(answers, Wanted(is_overdue=True))[0].is_overdue
    plant(house)

    assert listed(answers) == [] and facets(answers, OFFICE, Wanted())["all"] == 0
    ended = line(answers, A, TODAY)
    assert ended is not None and ended.found.until_position is not None and not ended.is_overdue
    path_of(house.folder / "answers", FindingsFile()).unlink()
    plant(house)
    anew = line(answers, A, TODAY)
    assert anew is not None and anew.found.events == (1,), "what was decided upon stands in the log"
    assert line(answers, B, TODAY) is None


def test_a_list_is_narrowed_by_what_was_found_and_by_what_was_done(house: House) -> None:
    answers = plant(house, D01=[row("a", persons=["per_1"]), row("b", claims=["clm_2"]), row("c")], D05=[row("d")])
    done(house, answers, A, findings.decide_taking_up, findings.TakeUp, due=date(2026, 11, 1))
    done(house, answers, B, findings.decide_finding_referral, findings.ReferFinding, words="见附件", to="市监察机关")
    done(house, answers, C, findings.decide_linking, findings.LinkCase, case=CaseId("cas_1"))
    house.followed()
    own = house.officer.actor

    for wanted, expected in (
        (Wanted(pattern="D05"), {finding_id("D05", "d")}), (Wanted(severity="medium"), {finding_id("D05", "d")}),
        (Wanted(status="referred"), {B}), (Wanted(owner=own), {A, B}), (Wanted(is_overdue=True), {A}),
        (Wanted(owner="nobody"), {C, finding_id("D05", "d")}), (Wanted(person="per_1"), {A}),
        (Wanted(claim="clm_2"), {B}), (Wanted(case="cas_1"), {C}), (Wanted(status="ruled_out"), set()),
        (Wanted(pattern="D01", status="pending"), {A, C}),
    ):
        assert {one.found.finding for one in listed(answers, wanted)} == expected, wanted
        assert facets(answers, OFFICE, wanted, own=own)["all"] == len(expected), wanted
    told = facets(answers, OFFICE, Wanted(status="referred"), own=own)
    assert told["status"] == {"pending": 3, "referred": 1} and told["pattern"] == {"D01": 1}
    assert (told["owner"], told["overdue"]) == ({"me": 1, "nobody": 0}, 0)
    assert by_pattern(answers, OFFICE) == {"D01": {"pending": 2, "referred": 1}, "D05": {"pending": 1}}


def test_the_gravest_come_first_and_pages_follow_one_another(house: House) -> None:
    answers = plant(house, D05=[row("d")], D01=[row("a"), row("b"), row("c")])
    whole = [one.found.finding for one in listed(answers)]
    assert whole[-1] == finding_id("D05", "d")

    seen, after = [], None
    while True:
        page = lines(answers, OFFICE, Wanted(), as_of=answers.position(), after=after, limit=3)
        seen += [one.found.finding for one in page.items]
        if (after := page.next) is None:
            break
    assert seen == whole


def test_nobody_is_told_of_what_is_about_them_or_lies_elsewhere(house: House) -> None:
    answers = plant(house, D01=[
        row("a", persons=["per_own"]), row("b", actors=["acr_own"]), row("c", region="330302"), row("d", region="33"),
    ])
    assert listed(answers) == []
    assert facets(answers, OFFICE, Wanted())["all"] == 0, "not even in a number"

    plant(house, D01=[row("a", actors=["acr_mate"], organisers=["unt_own"])])
    assert len(listed(answers)) == 1, "a colleague approved it, and their school taught it"
    staff = {name: [row("s", actors=["acr_mate"])] for name in ("D07", "D08") if name in patterns()}
    organiser = {name: [row("o", organisers=["unt_own"])] for name in ("D06", "D13") if name in patterns()}
    assert staff and organiser
    plant(house, **staff, **organiser)
    assert listed(answers) == [], "a colleague is suspected, or the own organisation"
    assert len(listed(answers, view=OFFICE._replace(colleagues=(), organisation="unt_other"))) == len(
        staff) + len(organiser)


def test_what_shares_an_entry_stands_before_what_shares_an_account(house: House) -> None:
    answers = plant(house, D01=[row("a", claims=["clm_1"], actors=["acr_1"]), row("b", actors=["acr_1"])],
                    D05=[row("d", claims=["clm_1"]), row("e")])
    found = finding_of(answers, A)
    assert found is not None

    near = [one.found.finding for one in beside(answers, OFFICE, found, most=10)]
    assert near == [finding_id("D05", "d"), B]
