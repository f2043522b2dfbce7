"""A rulebook's life in the ledger: enacted revision by revision, never twice, superseded once."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace
from stream_cast import actor, event, outcome, refusal

from ledger.events.actor import Scope
from ledger.events.rulebook import Impact
from ledger.streams import rulebook as rulebooks
from ledger.streams.rulebook import Rulebook, evolve
from ledger.vocabulary import RulebookId

ROLE = "rulebook_registrar"
BY = actor("law", Scope(role=ROLE, region="33"))
ID = RulebookId("ningbo-industry/2019-01-01")
ENACT = rulebooks.EnactRulebook(
    family="ningbo-industry",
    in_force_from=date(2019, 1, 1),
    revision=1,
    digest="1" * 64,
    document="甬经信组〔2018〕244号",
    role=ROLE,
)
FILE = rulebooks.FileRulebook(
    rulebook=ID, role=ROLE, filed_with="浙江省人社厅", filed_on=date(2018, 12, 20), document="备2018-7"
)
SUPERSEDE = rulebooks.SupersedeRulebook(
    role=ROLE, by_rulebook=RulebookId("ningbo-industry/2027-01-01"), last_day=date(2026, 12, 31)
)
IMPACT = Impact(
    people=300, person_years=900, changed_people=12, changed_person_years=14, moved_entries=20, gained_centi=3_600,
    given_up_centi=1_200, newly_failed=3, newly_passed=4, touched_titles=1, touched_applications=2,
)
REPORT = rulebooks.RecordImpactReport(
    rulebook=ID, role=ROLE, digest="9" * 64, rulebook_digest="7" * 64, under=(ID,),
    against=(RulebookId("zhejiang/2016-08-01"),), log_size=1000, root="f" * 64, impact=IMPACT,
)
ENACTED = Rulebook(ID, digests=("1" * 64,), in_force_from=date(2019, 1, 1))


def test_an_enactment_names_its_version_and_all_revisions_share_its_stream() -> None:
    first = event(rulebooks.decide_enactment(None, ENACT, BY))
    second = event(rulebooks.decide_enactment(ENACTED, replace(ENACT, revision=2, digest="2" * 64), BY))

    assert first.rulebook == second.rulebook == ID
    assert first.stream == second.stream == f"rul_{ID}"
    assert evolve(evolve(None, first), second).revision == 2


@pytest.mark.parametrize("revision", [0, -1, 3])
def test_revisions_are_enacted_one_after_the_other(revision: int) -> None:
    no = refusal(rulebooks.decide_enactment(ENACTED, replace(ENACT, revision=revision, digest="2" * 64), BY))

    assert (no.code, no.seen["expected"]) == ("revision_out_of_order", 2)


def test_a_revision_is_enacted_once_and_with_bytes_of_its_own() -> None:
    again = refusal(rulebooks.decide_enactment(ENACTED, replace(ENACT, digest="2" * 64), BY))
    same_bytes = rulebooks.decide_enactment(ENACTED, replace(ENACT, revision=2), BY)

    assert (again.code, again.seen["digest"]) == ("revision_enacted", "1" * 64)
    assert outcome(same_bytes) == "nothing_changed"


def test_the_encoding_of_a_superseded_rulebook_may_still_be_corrected() -> None:
    gone = evolve(ENACTED, event(rulebooks.decide_supersession(ENACTED, SUPERSEDE, BY)))

    assert (gone.superseded_by, gone.last_day) == ("ningbo-industry/2027-01-01", date(2026, 12, 31))
    corrected = replace(ENACT, revision=2, digest="2" * 64)
    assert outcome(rulebooks.decide_enactment(gone, corrected, BY)) == "RulebookEnacted"


def test_only_what_was_enacted_is_superseded_and_once() -> None:
    filed = Rulebook(ID)
    gone = replace(ENACTED, superseded_by=SUPERSEDE.by_rulebook)
    early = replace(SUPERSEDE, last_day=date(2018, 12, 31))
    itself = replace(SUPERSEDE, by_rulebook=ID)

    assert outcome(rulebooks.decide_supersession(None, SUPERSEDE, BY)) == "rulebook_not_enacted"
    assert outcome(rulebooks.decide_supersession(filed, SUPERSEDE, BY)) == "rulebook_not_enacted"
    assert outcome(rulebooks.decide_supersession(gone, SUPERSEDE, BY)) == "already_superseded"
    assert outcome(rulebooks.decide_supersession(ENACTED, itself, BY)) == "superseded_by_itself"
    assert outcome(rulebooks.decide_supersession(ENACTED, early, BY)) == "date_out_of_order"
    one_day = replace(SUPERSEDE, last_day=date(2019, 1, 1))
    assert outcome(rulebooks.decide_supersession(ENACTED, one_day, BY)) == "RulebookSuperseded"


def test_a_filing_and_a_report_are_recorded_before_or_after_enactment_each_once() -> None:
    assert outcome(rulebooks.decide_impact_report(None, REPORT, BY)) == "ImpactReportRecorded"
    for state in (None, ENACTED):
        filed = evolve(state, event(rulebooks.decide_filing(state, FILE, BY)))
        said = event(rulebooks.decide_impact_report(filed, REPORT, BY))
        reported = evolve(filed, said)

        assert (said.digest, said.rulebook_digest, said.impact) == (REPORT.digest, REPORT.rulebook_digest, IMPACT)
        assert reported.reports == (REPORT.digest,)
        assert outcome(rulebooks.decide_filing(reported, FILE, BY)) == "already_filed"
        assert outcome(rulebooks.decide_impact_report(reported, REPORT, BY)) == "report_exists"
        other = rulebooks.decide_impact_report(reported, replace(REPORT, digest="8" * 64), BY)
        assert outcome(other) == "ImpactReportRecorded"


def test_without_the_role_nothing_is_done_to_the_law() -> None:
    nobody = actor("nobody")

    assert {
        outcome(rulebooks.decide_filing(None, FILE, nobody)),
        outcome(rulebooks.decide_enactment(None, ENACT, nobody)),
        outcome(rulebooks.decide_supersession(ENACTED, SUPERSEDE, nobody)),
        outcome(rulebooks.decide_impact_report(None, REPORT, nobody)),
    } == {"role_not_held"}
