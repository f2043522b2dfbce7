"""Everyone's differences: whose, of which kind, since when, for which office; however the file came to them."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from projection_kit import (
    FIVE,
    HANGZHOU,
    NINGBO,
    WENZHOU,
    House,
    any_book,
    close_house,
    exam,
    living,
    open_house,
    seminar,
)
from test_random_histories import live, many_times, steps

from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.events.study import Ruling
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import person as persons
from projections.books import Books
from projections.differences.bulk import Disagreement
from projections.differences.person import Judge
from projections.differences.queue import (
    DifferencesBehind,
    DifferencesFile,
    Filters,
    Reach,
    read_entries,
    read_offices,
    read_waiting,
    read_years,
    within,
)
from projections.differences.upkeep import Stopped, Upkeep
from projections.entries import Entries
from projections.errors import AlreadyFollowed
from projections.files.places import path_of
from projections.files.reader import Reader
from tests.forked import PYTHON, Popen

ALL = Filters()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with living(tmp_path / "house") as made:
        yield made


def upkeep_of(house: House, *, each_most: int = 1_000) -> Upkeep:
    answers = house.followed()
    judge = Judge(house.ledger, answers._people, answers._entries, answers._laws, Books(any_book))
    return Upkeep(house.ledger, house.folder / "answers", judge, each_most=each_most)


@pytest.fixture
def upkeep(house: House) -> Iterator[Upkeep]:
    made = upkeep_of(house)
    yield made
    made.stop()


def reader_of(house: House) -> Reader:
    return Reader(DifferencesFile(), house.folder / "answers")


def entries(house: House, upkeep: Upkeep, filters: Filters = ALL, as_of: int | None = None, **rest: Any) -> list[Any]:
    house.followed()
    upkeep.catch_up()
    reader = reader_of(house)
    at = within(reader, as_of)
    assert at is not None
    page = read_entries(reader, rest.get("reach"), filters, as_of=at, after=None, limit=200)
    return list(page.items)


def manual(centi: int) -> Ruling:
    """What an authority confirmed with a document: it stands where no rulebook rules."""
    return Ruling(assessed_centi=centi, status="manual", clauses=("甬人社函〔2021〕9号",))


def test_a_difference_says_whose_it_is_what_parts_and_since_when(house: House, upkeep: Upkeep) -> None:
    works, station = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "environment")
    person = house.person(unit=works)
    claim = house.registered(person, exam("2021-09-01"))
    assert entries(house, upkeep) == []
    moved = house.affiliate(person, station, "2021-07-01")
    house.registered(person, exam("2022-09-01"))
    (found,) = entries(house, upkeep)
    (year,) = read_years(reader_of(house), None, ALL, as_of=house.size, after=None, limit=9).items

    assert (found["claim"], found["person"], found["year"], found["kind"]) == (claim, person, 2021, "belonging")
    assert found["office"] == {"role": "sector_authority", "region": NINGBO, "sector": "industry",
                               "category": "professional", "unit": works}, "whoever decided it may correct it"
    assert found["decided"] == {"counted": "6", "rulebook": "ningbo-industry/2019-01-01", "clause": "第六条（八）"}
    assert (found["evaluated"]["counted"], found["evaluated"]["rulebook"]) == ("30", "zhejiang-environment/2018-07-15")
    assert (found["since"], found["upheld"]) == (moved, None)
    assert (year["person"], year["year"], year["region"], year["sector"]) == (person, 2021, HANGZHOU, "environment")
    assert (year["decided"]["total"], year["evaluated"]["total"], year["entries"]) == ("6", "30", 1)
    assert year["since"] == moved


def test_a_difference_is_gone_once_the_entry_was_corrected_and_stays_known_as_it_was(
    house: House, upkeep: Upkeep
) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.registered(person, exam("2021-03-01"), ruling=manual(900))
    (before,) = entries(house, upkeep)
    stood = house.size
    house.correct(claim, exam("2021-03-01"))

    assert before["kind"] == "worth"
    assert entries(house, upkeep) == []
    assert entries(house, upkeep, as_of=stood) == [before]


def test_a_revoked_entry_differs_no_longer_but_may_move_another(house: House, upkeep: Upkeep) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claims = [house.registered(person, seminar(day), ruling=manual(2400)) for day in ("2021-05-03", "2021-06-03")]
    assert [(one["claim"], one["kind"]) for one in entries(house, upkeep)] == [(claims[1], "room")]
    house.revoke(claims[0])

    assert entries(house, upkeep) == []


def test_under_a_rulebook_that_is_enacted_later_everyone_is_judged_again(tmp_path: Path) -> None:
    for each_most in (1_000, 0):
        house = open_house(tmp_path / f"house{each_most}")
        house.settle()
        house.enact("zhejiang/2016-08-01")
        works = house.unit(NINGBO, "industry")
        people = [house.person(unit=works) for _ in range(3)]
        claims = [house.registered(person, exam("2021-03-01"), ruling=manual(900)) for person in people[:2]]
        house.registered(people[2], exam("2021-03-01"), ruling=manual(600))
        upkeep = upkeep_of(house, each_most=each_most)
        # P has no rate for it: what an authority confirmed stands.
        assert entries(house, upkeep) == []
        house.enact("ningbo-industry/2019-01-01")
        enacted = house.size
        found = entries(house, upkeep)

        assert [(one["claim"], one["kind"], one["since"]) for one in found] == [
            (claim, "worth", enacted) for claim in claims]
        assert all((one["decided"]["counted"], one["evaluated"]["counted"]) == ("9", "6") for one in found)
        upkeep.stop()
        close_house(house)


def test_a_difference_is_gone_once_the_law_agrees_with_what_was_decided(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    house.settle()
    house.enact("zhejiang/2016-08-01")
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"))  # Decided by N 6(8), which nobody has enacted yet.
    upkeep = upkeep_of(house)
    (before,) = entries(house, upkeep)
    stood = house.size
    house.enact("ningbo-industry/2019-01-01")

    assert (before["kind"], before["decided"]["counted"], before["evaluated"]["counted"]) == ("worth", "6", "0")
    assert before["evaluated"]["rulebook"] is None, "unruled: no rulebook in force has the route"
    assert entries(house, upkeep) == []
    assert entries(house, upkeep, as_of=stood) == [before]
    upkeep.stop()
    close_house(house)


def uphold(house: House, claim: Any, upkeep: Upkeep) -> Any:
    state = house.load(claim, claims.evolve)
    found = upkeep.judge.against(state.person, claim, house.size)
    assert found is not None
    row, against = found
    command = register.UpholdClaim(
        role="sector_authority", decided_centi=row.decided_centi, evaluated_centi=row.evaluated_centi,
        against=against, as_of=house.size, words="经核实，维持原认定")
    return house.on_claim(claim, register.decide_upholding, command)


def test_what_an_office_let_stand_waits_no_longer_until_its_numbers_move(house: House, upkeep: Upkeep) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    claim = house.registered(person, exam("2021-03-01"), ruling=manual(900))
    scope = [Scope(role="sector_authority", region="3302")]

    def waiting() -> list[str]:
        entries(house, upkeep)
        return [one.id for one in read_waiting(reader_of(house), scope, as_of=house.size, after=None, limit=9)]

    assert waiting() == [claim]
    upheld = uphold(house, claim, upkeep)
    assert waiting() == []
    (row,) = entries(house, upkeep)
    assert (row["upheld"], row["since"]) == (upheld, house.size - 1)
    refused = register.decide_upholding(
        house.load(claim, claims.evolve),
        register.UpholdClaim(role="sector_authority", decided_centi=900, evaluated_centi=600,
                             against=upkeep.judge.against(person, claim, house.size)[1],  # type: ignore[index]
                             as_of=house.size, words="再次"),
        house.load(person, persons.evolve), house.officer)
    assert isinstance(refused, Refusal) and refused.code == "already_upheld"
    # A transfer that comes in late moves the number: what was looked at is not what now differs.
    house.affiliate(person, house.unit(HANGZHOU, "environment"), "2021-01-01")
    assert waiting() == [claim]


def test_work_is_shown_to_exactly_those_whose_scope_reaches_it(house: House, upkeep: Upkeep) -> None:
    for region, sector in ((NINGBO, "industry"), (WENZHOU, "general")):
        person = house.person(unit=house.unit(region, sector))
        house.registered(person, exam("2021-03-01"), ruling=manual(900))
    count = len(entries(house, upkeep))

    def seen(**scope: Any) -> list[str]:
        reached = Scope(**{"role": "sector_authority", "region": "33", **scope})
        return [one["office"]["region"] for one in entries(house, upkeep, reach=Reach((reached,)))]

    assert count == len(seen()) >= 1
    assert seen(region="3302") == [NINGBO]
    assert seen(sector="industry") == [NINGBO]
    watching = Reach((), (Scope(role="supervisor", region="3302"),))
    assert [one["office"]["region"] for one in entries(house, upkeep, reach=watching)] == [NINGBO], "of every role"
    assert seen(role="human_resources") == seen(category="general_public") == seen(region="3301") == []
    assert entries(house, upkeep, reach=Reach(())) == []


def test_lists_are_filtered_counted_and_paged(house: House, upkeep: Upkeep) -> None:
    works, bureau = house.unit(NINGBO, "industry"), house.unit(WENZHOU, "natural_resources")
    one, two = house.person(unit=works), house.person(unit=bureau)
    first = [house.registered(one, exam(f"202{year}-03-01"), ruling=manual(900)) for year in (1, 2)]
    house.registered(two, exam("2021-03-01"), ruling=manual(100))
    everything = entries(house, upkeep)
    reader, size = reader_of(house), house.size

    assert [found["claim"] for found in entries(house, upkeep, Filters(region="3302"))] == first
    assert [found["claim"] for found in entries(house, upkeep, Filters(person=one, year=2022))] == first[1:]
    assert entries(house, upkeep, Filters(kind="room")) == entries(house, upkeep, Filters(region="3301")) == []
    pages, after = [], None
    while not pages or after is not None:
        page = read_entries(reader, None, ALL, as_of=size, after=after, limit=1)
        pages.append(page.items)
        after = page.next
    assert [found for page in pages for found in page] == everything
    offices = read_offices(reader, None, ALL, as_of=size)
    assert sum(office["waiting"] for office in offices) == len(everything)
    (ningbo,) = [office for office in offices if office["region"] == NINGBO]
    assert ningbo == {"role": "sector_authority", "region": NINGBO, "sector": "industry", "waiting": 2, "upheld": 0,
                      "since": everything[0]["since"], "kinds": {"worth": 2}}
    ningbos = Reach((Scope(role="sector_authority", region="3302"),))
    years = read_years(reader, ningbos, ALL, as_of=size, after=None, limit=9)
    assert [(year["person"], year["year"]) for year in years.items] == [(one, 2021), (one, 2022)]
    assert read_years(reader, None, Filters(kind="room"), as_of=size, after=None, limit=9).items == ()


def test_while_the_file_is_being_made_it_has_no_answer(house: House, upkeep: Upkeep) -> None:
    house.followed()
    assert within(reader_of(house), None) is None
    upkeep._open()   # It is there, and says nothing yet.
    assert within(reader_of(house), None) is None and within(reader_of(house), house.size) is None


def test_a_position_before_the_file_was_made_is_not_known_there_and_one_past_it_not_yet(
    house: House, upkeep: Upkeep
) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"), ruling=manual(900))
    made_at = house.size
    (row,) = entries(house, upkeep)

    assert within(reader_of(house), made_at - 1) is None
    assert row["since"] == made_at, "and yet it says since when"
    house.person()
    with pytest.raises(DifferencesBehind):
        within(reader_of(house), house.size)


def test_rows_of_a_larger_act_differ_from_its_closing_on(house: House, upkeep: Upkeep) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    entries(house, upkeep)
    act = house.roster(1)
    claim = house.row(act, person, exam("2021-03-01"))
    house.affiliate(person, house.unit(HANGZHOU, "environment"), "2021-01-01")
    assert entries(house, upkeep) == []
    act.close()
    (found,) = entries(house, upkeep)

    assert (found["claim"], found["since"], found["kind"]) == (claim, house.size, "belonging")


# However the file came to it


def as_of_each(house: House, upkeep: Upkeep, known_from: int) -> None:
    """At every position the rows are what is judged there."""
    reader = reader_of(house)
    people = [person for (person,) in house.answers._people.rows("SELECT DISTINCT person FROM persons")]
    for at in range(known_from, house.size + 1):
        rows = read_entries(reader, None, ALL, as_of=at, after=None, limit=500).items
        judged = {claim for person in people for claim in upkeep.judge.differences(person, at).entries}
        assert {row["claim"] for row in rows} == judged, at
        years = read_years(reader, None, ALL, as_of=at, after=None, limit=500).items
        expected = {(person, year) for person in people for year in upkeep.judge.differences(person, at).years}
        assert {(row["person"], row["year"]) for row in years} == expected, at


def in_a_rush(upkeep: Upkeep, most: int) -> None:
    """Go on in pieces of so many events, up to where everything stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("projections.differences.upkeep.EVENTS_IN_A_RUSH", most)
        while (before := upkeep.position()) < upkeep.judge.position():
            upkeep.catch_up(is_rush=True)
            assert before < upkeep.position() <= before + most


def check(history: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        house = open_house(Path(folder) / "house")
        try:
            house.settle()
            house.enact(*FIVE[:2])
            house.followed()
            rng = random.Random(len(history))
            upkeep = upkeep_of(house)
            upkeep.catch_up()
            known_from = house.size
            live(house, history)
            house.followed()
            in_a_rush(upkeep, 2)
            house.enact(*FIVE[2:])
            if rng.random() < 0.5:
                house.followed()
                upkeep.catch_up()
            live(house, [(what, number + 1, study) for what, number, study in reversed(history)])
            house.followed()
            upkeep.catch_up()
            position, stands, should = upkeep.compare(lambda done, total: None)
            assert (position, stands) == (house.size, should), "followed, and made at once one by one"
            as_of_each(house, upkeep, known_from)
            upkeep.stop()
            bulk = upkeep_of(house, each_most=0)
            assert bulk.compare(lambda done, total: None) == (position, stands, should), "and by the kernel"
            bulk.stop()
        finally:
            close_house(house)


@settings(max_examples=5, derandomize=True, deadline=None, phases=(Phase.generate,))
@given(steps)
def test_followed_judged_one_by_one_and_found_in_bulk_it_is_the_same_at_every_position(history: list[Any]) -> None:
    check(history)


@pytest.mark.torture
def test_the_same_many_times(record_property: Any) -> None:
    many_times(check, 100, record_property, phases=(Phase.generate,))


def test_a_disagreement_between_bulk_and_one_by_one_stops_it(house: House) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"), ruling=manual(900))
    first = upkeep_of(house, each_most=0)
    first.catch_up()
    stands = entries(house, first)
    house.follower.stop()
    # Somebody altered the rows after they were brought into columns.
    with sqlite3.connect(path_of(house.folder / "answers", Entries())) as damaged:
        damaged.execute("""UPDATE studies SET study = replace(study, '"subjects":1', '"subjects":2')""")
    damaged.close()

    first.stop()
    with pytest.raises(Disagreement, match=person):
        upkeep_of(house, each_most=0).rebuild(lambda done, total: None)
    reader = reader_of(house)
    assert list(read_entries(reader, None, ALL, as_of=house.size, after=None, limit=9).items) == stands


def test_a_rebuild_that_is_cancelled_leaves_what_stands(house: House, upkeep: Upkeep) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"), ruling=manual(900))
    stands = entries(house, upkeep)

    def cancelled(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upkeep.rebuild(cancelled)
    assert entries(house, upkeep) == stands
    assert upkeep.rebuild(lambda done, total: None) == house.size
    assert entries(house, upkeep) == stands


_REBUILDING = """
import sys
from pathlib import Path
sys.path.insert(0, {kit!r})
from projection_kit import any_book, open_house
from test_differences import upkeep_of
house = open_house(Path({folder!r}), start=False)
upkeep = upkeep_of(house, each_most={each_most})
print("ready", flush=True)
while True:
    upkeep.rebuild(lambda done, total: None)
"""


@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=[pytest.mark.torture, pytest.mark.timeout(600)])])
def test_a_rebuild_that_is_killed_leaves_rows_and_position_of_one_moment(house: House, kills: int) -> None:
    works, station = house.unit(NINGBO, "industry"), house.unit(HANGZHOU, "environment")
    for _ in range(6):
        person = house.person(unit=works)
        house.registered(person, exam("2021-09-01"))
        house.affiliate(person, station, "2021-07-01")
    made = upkeep_of(house)
    stands = entries(house, made)
    made.stop()
    house.follower.stop()
    rng = random.Random(7)
    for each_most in (1_000, 0) * (kills // 2):
        script = _REBUILDING.format(kit=str(Path(__file__).parent), folder=str(house.folder), each_most=each_most)
        with Popen([str(PYTHON), "-c", script], stdout=subprocess.PIPE, text=True) as rebuilding:
            assert rebuilding.stdout is not None
            assert any("ready" in line for line in rebuilding.stdout)
            time.sleep(rng.random() / 4)
            rebuilding.kill()
        assert list(read_entries(reader_of(house), None, ALL, as_of=within(reader_of(house), None), after=None,
                                 limit=99).items) == stands
    after = upkeep_of(house)
    assert after.rebuild(lambda done, total: None) == house.size
    assert entries(house, after) == stands
    after.stop()


def test_one_process_has_the_file_and_another_waits(house: House, upkeep: Upkeep) -> None:
    entries(house, upkeep)
    other = upkeep_of(house)
    with pytest.raises(AlreadyFollowed):
        other.rebuild(lambda done, total: None)
    upkeep.stop()
    assert other.rebuild(lambda done, total: None) == house.size
    other.stop()


def test_a_file_that_was_deleted_or_damaged_is_made_anew(house: House, upkeep: Upkeep) -> None:
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"), ruling=manual(900))
    stands = entries(house, upkeep)
    path = path_of(house.folder / "answers", DifferencesFile())
    path.unlink()
    house.person()
    assert entries(house, upkeep) == stands
    upkeep.stop()
    path.write_bytes(b"nothing of a file" * 1_000)
    again = upkeep_of(house)
    assert entries(house, again) == stands
    again.stop()


def test_it_follows_by_itself_and_says_how_far_it_is(house: House, upkeep: Upkeep) -> None:
    upkeep.start()
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"), ruling=manual(900))

    assert upkeep.wait_for(house.size, 60)
    assert upkeep.lag() == (house.size, 0, None, None)


def test_whoever_stops_it_in_the_middle_is_not_kept_waiting(house: House) -> None:
    upkeep = upkeep_of(house)
    upkeep._stopping.set()
    person = house.person(unit=house.unit(NINGBO, "industry"))
    house.registered(person, exam("2021-03-01"), ruling=manual(900))
    house.followed()

    with pytest.raises(Stopped):
        upkeep.rebuild(lambda done, total: None)
