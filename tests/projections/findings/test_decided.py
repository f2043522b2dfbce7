"""Decisions upon findings as answers: whose each is, what was said upon which facts, then and now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from exam_kit import ROLE
from projection_kit import House, living

from ledger.events.case import CaseId
from ledger.events.finding import FindingId, Upon
from ledger.streams import finding as findings
from ledger.vocabulary import PersonId
from projections.files.rebuilding import compare
from projections.findings.decided import Decisions, decided_by_case, decided_of

SEEN = Upon(pattern="D01/1", facts_sha256="aa", region="330203", events=(3,), events_count=1,
            persons=(PersonId("per_li"),))
CHANGED = Upon(pattern="D01/2", facts_sha256="bb", region="330203", events=(3, 4), events_count=2)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def done(house: House, name: str, decide: Callable[..., Any], make: Callable[..., Any], upon: Upon = SEEN,
         **fields: Any) -> int:
    known = house.load(name, findings.evolve)
    command = make(role=ROLE, finding=FindingId(name), upon=upon, shown=upon.facts_sha256, **fields)
    return int(house.record(decide(known, command, house.officer))[-1])


def test_a_decision_is_of_its_facts_and_the_one_before_can_still_be_asked_for(house: House) -> None:
    name = house.new("fnd")
    taken = done(house, name, findings.decide_taking_up, findings.TakeUp, due=date(2026, 12, 1))
    out = done(house, name, findings.decide_ruling_out, findings.RuleOut, words="同一通知")
    again = done(house, name, findings.decide_taking_up, findings.TakeUp, upon=CHANGED, due=date(2027, 1, 1))
    answers = house.followed()

    then, ruled, now = (decided_of(answers, name, as_of=at) for at in (taken, out, again))
    assert then is not None and ruled is not None and now is not None
    assert (then.status, then.owner, then.due) == ("pending", house.officer.actor, "2026-12-01")
    assert (ruled.status, ruled.decided_on, ruled.due, ruled.persons) == ("ruled_out", "aa", None, ("per_li",))
    assert [now.standing(facts) for facts in ("aa", "bb", None)] == ["ruled_out", "pending", "ruled_out"]
    assert (now.pattern, now.due, now.events, now.persons) == ("D01/2", "2027-01-01", (taken, out, again), ())
    assert decided_of(answers, "fnd_0") is None


def test_a_referral_says_to_whom_and_a_case_knows_its_findings(house: House) -> None:
    one, other = house.new("fnd"), house.new("fnd")
    for name in (one, other):
        done(house, name, findings.decide_linking, findings.LinkCase, case=CaseId("cas_1"))
    done(house, one, findings.decide_linking, findings.LinkCase, case=CaseId("cas_2"))
    done(house, one, findings.decide_finding_referral, findings.ReferFinding, words="见附件", to="市监察机关")
    answers = house.followed()

    assert [each.finding for each in decided_by_case(answers, "cas_1")] == sorted((one, other))
    found = decided_of(answers, one)
    assert found is not None
    assert (found.status, found.referred_to, found.cases) == ("referred", "市监察机关", ("cas_1", "cas_2"))
    made = compare(house.ledger, house.folder / "answers", Decisions(), lambda done, total: None)
    assert made.holds
