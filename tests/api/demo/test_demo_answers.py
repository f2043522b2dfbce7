"""What is planted in a demo is what the answers find: shared papers, and every line of whoever is in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_kit import Demo, read_all

from api.evidence.types import PAPER_KINDS
from ledger.events.act import ActClosed
from ledger.events.actor import Scope
from ledger.events.claim import ClaimRevised, ClaimSubmitted
from ledger.events.study import StudyDetails, certificate_name
from ledger.reading import Recorded
from policies.rulebook import Rulebook
from projections.answers import Answers, projections
from projections.duplicates_reading import duplicate_groups
from projections.files.rebuilding import rebuild
from projections.timeline_reading import Wanted, person_timeline

PROVINCE = [Scope(role="supervisor", region="33")]


def no_law(digest: str) -> Rulebook:
    raise KeyError(digest)


@pytest.fixture(scope="module")
def told(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Answers, list[Recorded]]]:
    folder: Path = tmp_path_factory.mktemp("answers")
    with demo.ledger() as ledger:
        for one in projections():
            rebuild(ledger, folder, one, lambda *_: None)
        yield Answers(ledger, folder, book=no_law, now=lambda: 0), list(read_all(ledger))


def test_the_groups_are_the_planted_ones_and_no_other(demo: Demo, told: tuple[Answers, list[Recorded]]) -> None:
    """Of certificates and occasions only faults are planted; two authors of one paper are honest, too (D03)."""
    groups = duplicate_groups(told[0], PROVINCE, limit=1_000).items

    for kind, patterns in (
        ("certificate", {("D02", True)}), ("occasion", {("D09", True)}), ("output", {("D03", True), ("D03", False)}),
    ):
        planted = {frozenset(one["claims"]) for one in demo.plants() if (one["pattern"], one["fault"]) in patterns}
        found = {frozenset(member["claim"] for member in one["members"]) for one in groups if one["kind"] == kind}
        assert found == planted, kind
        assert planted


def test_from_one_of_two_people_with_one_number_the_other_is_found(demo: Demo) -> None:
    faults = [plant["claims"] for plant in demo.plants() if (plant["pattern"], plant["fault"]) == ("D01", True)]
    honest = [plant["claims"] for plant in demo.plants() if (plant["pattern"], plant["fault"]) == ("D01", False)]
    with demo.ledger() as ledger:

        def others(claim: str) -> set[str]:
            submitted = next(one for one in read_all(ledger) if one.envelope.stream == claim)
            said = ledger.opened(submitted)
            assert isinstance(said, StudyDetails) and said.certificate_number is not None
            issuer, number = said.certificate_issuer, said.certificate_number
            held = ledger.find_each("certificate", lambda person: certificate_name(issuer, number, person))
            return {holder for _, holder in held} - {claim}

        assert faults and all(others(first) == {second} and others(second) == {first} for first, second in faults)
        assert honest and not any(others(claim) for plant in honest for claim in plant)


def test_each_persons_timeline_holds_every_event_that_names_them(told: tuple[Answers, list[Recorded]]) -> None:
    answers, events = told
    closed = {one.envelope.event.act for one in events if isinstance(one.envelope.event, ActClosed)}
    named: dict[str, set[int]] = {}
    for one in events:
        by = one.envelope.by
        if by.act is not None and by.act not in closed:
            continue  # A row of an act that was broken off took effect nowhere.
        concerned = getattr(one.envelope.event, "concerned", None)  # Whom a case is about: not told, but theirs.
        about = () if concerned is None else concerned.persons
        for who in {*one.envelope.subjects, *about, by.actor, by.on_behalf_of or ""}:
            named.setdefault(who, set()).add(one.position)
    people = sorted(who for who in named if who.startswith("per_"))[::7]

    for person in people:
        page = person_timeline(answers, person, Wanted(), limit=5_000)
        assert {line["event"] for line in page.items} == named[person]
        places = [(line["position"], line["event"]) for line in page.items]
        assert places == sorted(places)
    assert len(people) > 10


def test_every_paper_of_it_is_of_a_kind_that_people_are_told_in_words(told: tuple[Answers, list[Recorded]]) -> None:
    kinds = {paper.kind for one in told[1] if isinstance(one.envelope.event, ClaimSubmitted | ClaimRevised)
             for paper in one.envelope.event.evidence}

    assert "schedule" in kinds and kinds <= PAPER_KINDS.keys()
