"""Which rulebooks were enacted, and what was announced of them, is known from the position of their event on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from projection_kit import FIVE, any_book, living

from ledger.events.rulebook import Impact
from ledger.streams import rulebook as rulebooks
from ledger.streams import rulebook_proposal as proposals
from ledger.streams.decision import Decision


def test_rulebooks_are_known_from_their_enactment_on(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        first = house.size - len(FIVE)
        answers = house.followed()

        assert [one.id for one in answers.rulebooks()] == sorted(FIVE)
        assert answers.rulebooks(first) == []
        assert [one.id for one in answers.rulebooks(first + 1)] == [FIVE[0]]
        known = {one.id: one for one in answers.rulebooks()}["wenzhou/2020-11-27"]
        assert (known.family, known.in_force_from, known.revision) == ("wenzhou", "2020-11-27", 1)
        assert known.digest == any_book("wenzhou/2020-11-27").digest


def test_a_revision_stands_beside_the_one_it_corrects(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        stream = "rul_wenzhou/2020-11-27"
        command = rulebooks.EnactRulebook(family="wenzhou", in_force_from=date(2020, 11, 27), revision=2,
                                          digest="d" * 64, document="文", role="policy_office")
        house.record(rulebooks.decide_enactment(house.load(stream, rulebooks.evolve), command, house.officer))
        ids = [one.id for one in house.followed().rulebooks() if one.family == "wenzhou"]

        assert ids == ["wenzhou/2020-11-27", "wenzhou/2020-11-27.2"]


def test_what_was_superseded_says_by_what_from_then_on(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        before = house.size
        command = rulebooks.SupersedeRulebook(
            role="policy_office", by_rulebook="wenzhou/2027-01-01", last_day=date(2026, 12, 31))  # type: ignore[arg-type]
        state = house.load("rul_wenzhou/2020-11-27", rulebooks.evolve)
        house.record(rulebooks.decide_supersession(state, command, house.officer))
        answers = house.followed()

        def superseded(as_of: int) -> list[tuple[str, str | None]]:
            return [(one.id, one.last_day) for one in answers.rulebooks(as_of) if one.superseded_by is not None]

        assert superseded(before) == []
        assert superseded(before + 1) == [("wenzhou/2020-11-27", "2026-12-31")]


def test_a_proposal_stands_as_it_stood_then_and_the_same_file_is_told_from_its_earlier_proposal(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        stream, digest = "rul_wenzhou/2031-01-01", "d" * 64
        command = rulebooks.EnactRulebook(family="wenzhou", in_force_from=date(2031, 1, 1), revision=1, digest=digest,
                                          document="文", role="policy_office")

        def do(decided: Decision) -> int:
            house.record(decided)
            return house.size

        def state() -> rulebooks.Rulebook | None:
            return house.load(stream, rulebooks.evolve)

        refusal = proposals.RefuseProposal(role="policy_office", digest=digest, words="不对")
        withdrawal = proposals.WithdrawProposal(role="policy_office", digest=digest, words="不要了")
        before = house.size
        put = do(proposals.decide_proposal(state(), command, house.officer))
        no = do(proposals.decide_proposal_refusal(state(), refusal, None))
        anew = do(proposals.decide_proposal(state(), command, house.officer))
        back = do(proposals.decide_proposal_withdrawal(state(), withdrawal, house.officer))
        answers = house.followed()

        def stood(as_of: int) -> list[tuple[int, str | None, int | None]]:
            return [(one.event, one.ended, one.ended_event) for one in answers.proposals(digest, as_of=as_of)]

        assert stood(before) == []
        assert stood(put) == [(put, None, None)]
        assert stood(no) == [(put, "refused", no)]
        assert stood(anew) == [(put, "refused", no), (anew, None, None)]
        assert stood(back) == [(put, "refused", no), (anew, "withdrawn", back)]
        assert answers.proposals() == answers.proposals(digest)


def test_an_impact_report_is_shown_from_its_event_on_whether_its_rulebook_was_enacted_or_not(tmp_path: Path) -> None:
    numbers = {name: at for at, name in enumerate(Impact.__struct_fields__)}
    with living(tmp_path / "house") as house:
        before = house.size
        for rulebook, digest in (("wenzhou/2027-01-01", "8" * 64), ("wenzhou/2020-11-27", "9" * 64)):
            command = rulebooks.RecordImpactReport(
                rulebook=rulebook, role="policy_office", digest=digest, rulebook_digest="7" * 64,  # type: ignore[arg-type]
                under=("zhejiang/2016-08-01", rulebook), against=("zhejiang/2016-08-01",),  # type: ignore[arg-type]
                log_size=before, root="f" * 64, impact=Impact(**numbers),
                region="330200")
            state = house.load(f"rul_{rulebook}", rulebooks.evolve)
            house.record(rulebooks.decide_impact_report(state, command, house.officer))
        answers = house.followed()

        assert answers.impact_reports(before) == []
        draft, enacted = answers.impact_reports()
        assert (draft.rulebook, draft.event, draft.log_size) == ("wenzhou/2027-01-01", before + 1, before)
        assert (draft.under, draft.against) == (("zhejiang/2016-08-01", draft.rulebook), ("zhejiang/2016-08-01",))
        assert (draft.impact, draft.region, draft.sector) == (numbers, "330200", None)
        assert answers.impact_reports(before + 1) == [draft]
        assert answers.impact_reports(rulebook="wenzhou/2020-11-27") == answers.impact_reports(digest="9" * 64) \
            == [enacted]
