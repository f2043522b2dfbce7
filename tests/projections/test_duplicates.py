"""Claims that share something are grouped, since when, and shown to whoever's scope reaches one of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from projection_kit import DETAILS, NINGBO, WENZHOU, House, exam, living

from ledger.events.actor import Scope
from ledger.events.claim import ClaimSubmitted
from ledger.events.study import Evidence, Study
from ledger.ids import new_id
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.vocabulary import ClaimId, PersonId, UnitId
from projections.duplicates import Duplicates, keys_of
from projections.duplicates_reading import claims_showing, duplicate_groups, duplicates_of
from projections.files.file import ProjectionFile
from projections.files.projection import Effect
from projections.files.reader import Reader

EVERYWHERE = Scope(role="human_resources", region="33")
CERTIFICATE, NOTICE = Evidence(kind="certificate", sha256="a" * 64), Evidence(kind="notice", sha256="b" * 64)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def submit(house: House, person: Any, study: Study, *papers: Evidence) -> Any:
    command = review.SubmitClaim(claim=house.new("clm"), person=person, on=date(2022, 12, 31), study=study,  # type: ignore[arg-type]
                                 details=DETAILS, steps=("sector_authority",), evidence=papers)
    house.record(review.decide_submission(None, command, house.load(person, persons.evolve)))
    return command.claim


def revise(house: House, claim: Any, study: Study, *papers: Evidence) -> None:
    state = house.load(claim, claims.evolve)
    command = review.ReviseClaim(person=state.person, study=study, details=DETAILS, steps=("sector_authority",),
                                 evidence=papers)
    house.record(review.decide_revision(state, command, house.load(state.person, persons.evolve)))


def withdraw(house: House, claim: Any) -> None:
    state = house.load(claim, claims.evolve)
    house.record(review.decide_withdrawal(
        state, review.WithdrawClaim(person=state.person), house.load(state.person, persons.evolve)))


def refuse(house: House, claim: Any) -> None:
    house.on_claim(claim, review.decide_refusal, review.RefuseClaim(role="sector_authority", words="不实"))


def groups(house: House, *scopes: Scope, **wanted: Any) -> dict[str, list[Any]]:
    """What is shared and by which claims."""
    page = duplicate_groups(house.followed(), scopes or (EVERYWHERE,), **wanted)
    return {one["kind"]: [member["claim"] for member in one["members"]] for one in page.items}


def test_one_certificate_with_two_people_is_a_group_and_one_notice_is_none(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    li, wang = house.person(unit=works), house.person(unit=works)
    first = submit(house, li, exam("2021-03-01"), CERTIFICATE, NOTICE)
    assert groups(house) == {}
    second = submit(house, wang, exam("2021-03-01"), CERTIFICATE, NOTICE)
    since = house.size

    (group,) = duplicate_groups(house.followed(), [EVERYWHERE]).items
    assert (group["kind"], group["value"], group["since"]) == ("certificate", "a" * 64, since)
    assert (group["claims"], group["persons"]) == (2, 2)
    assert [(one["claim"], one["person"], one["status"]) for one in group["members"]] == [
        (first, li, "under_review"), (second, wang, "under_review")]
    assert group["members"][0]["unit"] == works


def test_one_person_who_uses_a_paper_an_occasion_or_an_output_twice_is_a_group_of_each(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    twice = [submit(house, li, exam("2021-03-01", occasion="o", output="p"), NOTICE) for _ in range(2)]

    assert groups(house) == {"occasion": twice, "output": twice, "paper": twice}
    assert groups(house, across=True) == {}
    assert groups(house, kind="output") == {"output": twice}


def test_an_occasion_that_many_attend_is_no_group_and_an_output_that_two_claim_is(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    both = [submit(house, house.person(unit=works), exam("2021-03-01", occasion="o", output="p")) for _ in range(2)]

    assert groups(house) == {"output": both}
    assert groups(house, across=True) == {"output": both}


def test_what_is_withdrawn_or_restated_leaves_its_group_and_as_of_then_it_belongs(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    claim = [submit(house, li, exam("2021-03-01", occasion="o")) for _ in range(3)]
    three = house.size
    withdraw(house, claim[0])
    revise(house, claim[1], exam("2021-03-01", occasion="another"))

    assert groups(house) == {}
    assert groups(house, as_of=three) == {"occasion": claim}
    assert groups(house, as_of=three + 1) == {"occasion": claim[1:]}
    revise(house, claim[1], exam("2021-03-01", occasion="o"))
    assert groups(house) == {"occasion": claim[:0:-1]}, "in the order in which they came to it"
    assert duplicate_groups(house.followed(), [EVERYWHERE]).items[0]["since"] == house.size


def test_a_refused_certificate_is_remembered_against_others_and_not_against_whoever_mends_it(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    li, wang = house.person(unit=works), house.person(unit=works)
    forged = submit(house, li, exam("2021-03-01"), CERTIFICATE)
    refuse(house, forged)
    again = submit(house, li, exam("2021-03-01"), CERTIFICATE)
    assert groups(house) == {}
    other = submit(house, wang, exam("2021-03-01"), CERTIFICATE)

    assert groups(house) == {"certificate": [forged, again, other]}
    (group,) = duplicate_groups(house.answers, [EVERYWHERE]).items
    assert (group["claims"], group["persons"]) == (2, 2)
    assert group["members"][0]["status"] == "refused"


def test_a_correction_that_shows_no_new_paper_keeps_those_that_were_shown(house: House) -> None:
    works = house.unit(NINGBO, "industry")
    both = [submit(house, house.person(unit=works), exam("2021-03-01"), CERTIFICATE) for _ in range(2)]
    house.approve(both[0])
    house.correct(both[0], exam("2021-03-01", 2))
    assert groups(house) == {"certificate": both}
    state = house.load(both[0], claims.evolve)
    house.on_claim(both[0], register.decide_correction, register.CorrectClaim(
        role="sector_authority", study=state.study, details=DETAILS, ruling=state.ruling, year=2021,
        evidence=(Evidence(kind="certificate", sha256="c" * 64),)))
    assert groups(house) == {}


def test_a_group_is_shown_to_whoever_reaches_one_of_its_claims_and_to_the_person(house: House) -> None:
    li, wang = house.person(unit=house.unit(NINGBO, "industry")), house.person(unit=house.unit(WENZHOU, "general"))
    both = [submit(house, one, exam("2021-03-01"), CERTIFICATE) for one in (li, wang)]
    shown = {"certificate": both}

    assert groups(house, Scope(role="supervisor", region="3302")) == shown
    assert groups(house, Scope(role="supervisor", region="330302", sector="general")) == shown
    assert groups(house, Scope(role="supervisor", region="3302", sector="general")) == {}
    assert groups(house, Scope(role="supervisor", region="3301")) == {}
    assert duplicate_groups(house.answers, []).items == ()
    assert [one["kind"] for one in duplicates_of(house.answers, li)] == ["certificate"]
    assert duplicates_of(house.answers, house.person()) == []


def test_a_file_in_hand_leads_to_every_claim_that_ever_stood_with_it(house: House) -> None:
    li, wang = house.person(unit=house.unit(NINGBO, "industry")), house.person(unit=house.unit(WENZHOU, "general"))
    first = submit(house, li, exam("2021-03-01"), CERTIFICATE, NOTICE)
    alone = house.size
    second = submit(house, wang, exam("2021-03-01"), CERTIFICATE, NOTICE)

    def shown(sha256: str, region: str, as_of: int | None = None) -> tuple[list[Any], int]:
        found, beyond = claims_showing(
            house.followed(), sha256, [Scope(role="supervisor", region=region)], as_of=as_of)
        return [(one["kind"], one["claim"]) for one in found], beyond

    assert shown("a" * 64, "33") == ([("certificate", first), ("certificate", second)], 0)
    assert shown("b" * 64, "3302") == ([("paper", first)], 1), "notices are no group, and found all the same"
    assert shown("a" * 64, "33", alone) == ([("certificate", first)], 0)
    withdraw(house, second)
    assert shown("a" * 64, "3303") == ([], 1)
    assert shown("c" * 64, "33") == ([], 0)
    assert claims_showing(house.answers, "a" * 64, []) == ([], 1)


def test_pages_of_groups_are_whole(house: House) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    for number in (*range(5), *range(5)):
        submit(house, li, exam("2021-03-01", occasion=f"o{number}"))
    page = duplicate_groups(house.followed(), [EVERYWHERE], limit=2)
    seen = list(page.items)
    while page.next is not None:
        page = duplicate_groups(house.answers, [EVERYWHERE], limit=2, after=page.next, as_of=page.as_of)  # type: ignore[arg-type]
        seen += page.items

    assert [one["value"] for one in seen] == [f"o{number}" for number in range(5)]


def test_a_page_of_groups_is_read_in_its_order_and_no_further(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    li = house.person(unit=house.unit(NINGBO, "industry"))
    for number in (*range(5), *range(5)):
        submit(house, li, exam("2021-03-01", occasion=f"o{number}"))
    answers, asked, rows = house.followed(), list[tuple[str, Any]](), Reader.rows

    def remembered(self: Reader, query: str, values: Any = ()) -> Any:
        asked.append((query, values))
        return rows(self, query, values)

    monkeypatch.setattr(Reader, "rows", remembered)
    first = duplicate_groups(answers, [EVERYWHERE], limit=2)
    duplicate_groups(answers, [EVERYWHERE], limit=2, after=first.next, as_of=first.as_of)  # type: ignore[arg-type]

    reader = answers.file("duplicates", None)[0]
    plans = [" ".join(step[-1] for step in rows(reader, f"EXPLAIN QUERY PLAN {query}", values))
             for query, values in asked if "FROM shared" in query]
    assert len(plans) == 2
    assert all("g USING INDEX idx_shared_since_" in plan and "ORDER BY" not in plan for plan in plans), plans


def test_on_random_lives_the_groups_are_those_that_a_plain_count_finds(house: House) -> None:
    """Every group is counted anew from the claims as the ledger folds them."""
    works, chance = house.unit(NINGBO, "industry"), random.Random(7)
    people = [house.person(unit=works) for _ in range(3)]
    held: list[Any] = []

    def paper() -> tuple[Evidence, ...]:
        return tuple(Evidence(kind=chance.choice(("certificate", "notice")), sha256=chance.choice("ab") * 64)
                     for _ in range(chance.randrange(3)))

    def facts() -> Study:
        return exam("2021-03-01", occasion=chance.choice((None, "o")), output=chance.choice((None, "p", "q")))

    for _ in range(120):
        claim = chance.choice(held) if held else None
        status = None if claim is None else house.load(claim, claims.evolve).status
        step = chance.choice(("submit", "submit", "revise", "withdraw", "refuse"))
        if step == "submit":
            held.append(submit(house, chance.choice(people), facts(), *paper()))
        elif status == "under_review":
            {"revise": lambda one: revise(house, one, facts(), *paper()), "withdraw": lambda one: withdraw(house, one),
             "refuse": lambda one: refuse(house, one)}[step](claim)
    found = {(one["kind"], one["value"], one["members"][0]["person"] if one["kind"] in ("occasion", "paper") else ""):
             (one["claims"], one["persons"], {each["claim"] for each in one["members"]})
             for one in duplicate_groups(house.followed(), [EVERYWHERE], limit=1_000).items}

    assert found == _counted(house, held)
    assert len(found) > 6


def _counted(house: House, held: list[Any]) -> dict[Any, Any]:
    sharing: dict[Any, list[Any]] = {}
    for claim in held:
        state = house.load(claim, claims.evolve)
        if state.status != "withdrawn":
            for key in keys_of(state.person, state.study, state.evidence):
                sharing.setdefault(tuple(key), []).append(state)
    counted = {key: (sum(one.status != "refused" for one in states), len({one.person for one in states}),
                     {one.claim for one in states}) for key, states in sharing.items()}
    return {key: found for key, found in counted.items() if found[0] > 1 or found[1] > 1}


def test_a_claim_joins_a_group_of_any_size_without_anybody_counting_it(tmp_path: Path) -> None:
    """One certificate under a thousand claims would cost each of them a reading of all that came before."""
    file = ProjectionFile(Duplicates(), tmp_path / "made.db", made=True)
    asked: list[str] = []
    file.connection.set_trace_callback(asked.append)
    rows, person = file.rows, new_id("person", now_ms=1)
    for position in range(1, 301):
        claim = ClaimSubmitted(
            claim=ClaimId(new_id("claim", now_ms=position)), person=PersonId(person), unit=UnitId("unt_1"),
            region=NINGBO, sector="industry", study=exam("2021-03-01"), steps=("unit",), evidence=(CERTIFICATE,))
        Duplicates.handlers[ClaimSubmitted](rows, Effect(position, position, None, claim))  # type: ignore[arg-type]

    assert [one for one in asked if one.startswith("SELECT")] == []
    assert rows.now("shared", ("claims", "persons"), {"kind": "certificate", "value": "a" * 64, "owner": ""}) == [
        (300, 1)]
    file.connection.close()
