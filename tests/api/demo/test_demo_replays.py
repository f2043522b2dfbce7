"""The drafts A1 to A6 over a made-up history of a few hundred people: what each would change, to the last hour.

The numbers are pinned: whoever changes the history, the drafts or the replay sees what that moves. Every replay judges
some people a second time by the answers, so that none of these numbers rests on columns alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from demo_kit import Demo, made
from demo_kit import read_all as read_events

from api.demo.history import Told
from ledger.events.base import By, Draft
from ledger.events.person import PersonAffiliated
from ledger.ledger import Ledger
from ledger.streams import person as persons
from policies.shelf import Shelf, drafts, shipped
from projections.answers import projections
from projections.basis import Cited
from projections.books import Books
from projections.following.follower import Follower
from projections.replay import report
from projections.replay.held import Held
from projections.replay.reading import Snapshot, read_all

TOLD = Told(people=300, first_year=2018, last_year=2025, seed=11)
SHELF = Shelf.of((*shipped().books, *drafts().books))
LATER = Told(people=150, first_year=2021, last_year=2026, seed=11)
NEW_SECTORS = ("natural_science_research", "construction", "marine_fisheries")
FIVE = tuple(book.id for book in shipped().books)
NUMBERS = ("changed_people", "changed_person_years", "moved_entries", "gained", "given_up", "newly_failed",
           "newly_passed")


class Followed(NamedTuple):
    ledger: Ledger
    folder: Path
    held: Held


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    yield from following(made(tmp_path_factory.mktemp("replays") / "data", TOLD))


@pytest.fixture(scope="module")
def sorted_anew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """A history up to 2026 in which everyone of no sector of their own was put into one that a draft is about."""
    yield from following(made(tmp_path_factory.mktemp("sorted") / "data", LATER), put_into_new_sectors)


def put_into_new_sectors(ledger: Ledger) -> None:
    """In turn, from the day after they came to their unit: what an office enters once such a sector is declared."""
    happened = [one.envelope.event for one in read_events(ledger)]
    people = dict.fromkeys(event.person for event in happened if isinstance(event, PersonAffiliated))
    turn = cycle(NEW_SECTORS)
    for person in people:
        found = ledger.load(person, persons.evolve)
        last = found.state.affiliations[-1]
        if last.sector == "general":
            anew = msgspec.structs.replace(last, sector=next(turn), starts=last.starts + timedelta(days=1))
            ledger.record((Draft(PersonAffiliated(person=person, affiliation=anew)),),
                          by=By(actor=last.unit, role="human_resources"), versions={person: found.version})


def following(demo: Demo, first: Callable[[Ledger], None] = lambda ledger: None) -> Iterator[Followed]:
    folder = demo.folder / "answers"
    with demo.ledger() as ledger:
        first(ledger)
        follower = Follower(ledger, folder, projections())
        follower.start()
        try:
            assert follower.wait_for(ledger.store.size(), 60)
            with Snapshot(folder) as snapshot:
                yield Followed(ledger, folder, read_all(snapshot))
        finally:
            follower.stop()


def law(names: tuple[str, ...]) -> report.LawNamed:
    cited = tuple(Cited(name, SHELF.book(name).digest, None) for name in names)
    return report.LawNamed(f"set:{','.join(names)}", cited)


def summary(followed: Followed, under: tuple[str, ...], against: tuple[str, ...]) -> dict[str, Any]:
    size = followed.ledger.store.size()
    question = report.Question(law(under), law(against), size, "2026-01-01T12:00:00+08:00",
                               followed.ledger.store.frontier(size).root(), None, None)
    found = report.replayed(question, followed.held, Books(SHELF.book), followed.folder)
    return report.summary(question, found, followed.folder)


NOBODY = (0, 0, 0, "0", "0", 0, 0)
DRAFTS = {
    "A1": ("natural-science-research/2026-05-10", NOBODY, []),   # Of a sector that nobody here belongs to, as A3, A6.
    "A2": ("hangzhou-credits/2025-06-06", (8, 8, 16, "122", "0", 0, 2), ["330100", "330200"]),
    "A3": ("zhejiang-construction/2022-01-01", NOBODY, []),
    "A4": ("zhejiang-review-notice/2024-01-01", (1, 1, 0, "0", "0", 0, 1), ["330400"]),
    "A6": ("zhejiang-marine-fisheries/2026-01-01", NOBODY, []),
}


@pytest.mark.parametrize("key", DRAFTS)
def test_a_draft_beside_the_five_changes_this_and_no_more(followed: Followed, key: str) -> None:
    draft, wanted, cities = DRAFTS[key]
    told = summary(followed, (*FIVE, draft), FIVE)

    assert tuple(told[name] for name in NUMBERS) == wanted
    assert [one["name"] for one in told["by_city"] if one["changed"]] == cities
    assert told["people"] > 290 and told["judged_twice"] == report.SAMPLE


def test_a2_gives_a_rate_of_its_own_to_what_had_to_be_confirmed_by_hand(followed: Followed) -> None:
    """杭州学分制: 8 a day; half a year of the history, Hangzhou alone."""
    told = summary(followed, (*FIVE, DRAFTS["A2"][0]), FIVE)

    assert told["by_clause"] == [
        {"how": "worth", "old_clause": "manual", "new_clause": "hangzhou-credits/2025-06-06 一", "entries": 16,
         "gained": "122", "given_up": "0"}]


def test_a5_wenzhous_rule_of_2020_asks_more_public_hours_of_its_people_than_the_law_before_it(
    followed: Followed
) -> None:
    before = tuple(name for name in FIVE if not name.startswith("wenzhou"))
    told = summary(followed, FIVE, before)

    assert tuple(told[name] for name in NUMBERS) == (4, 5, 0, "0", "0", 5, 0)
    assert [one["name"] for one in told["by_city"] if one["changed"]] == ["330300"]
    assert told["newly_short"] == [{"minimum": "wenzhou/2020-11-27 general_public", "person_years": 5}]


REACHED = {
    "A1": ("natural-science-research/2026-05-10", (1, 1, 1, "0", "5", 0, 0), (7, 7)),
    "A3": ("zhejiang-construction/2022-01-01", (2, 2, 0, "0", "0", 2, 0), (9, 37)),
    "A6": ("zhejiang-marine-fisheries/2026-01-01", NOBODY, (7, 7)),   # The same 90, 60 and 18 as the province asks.
}


@pytest.mark.parametrize("key", REACHED)
def test_a_draft_with_a_sector_of_its_own_changes_this_once_people_belong_there(
    sorted_anew: Followed, key: str
) -> None:
    draft, wanted, reach = REACHED[key]
    told = summary(sorted_anew, (*FIVE, draft), FIVE)
    (amendment,) = told["amendments"]

    assert tuple(told[name] for name in NUMBERS) == wanted
    assert (amendment["people"], amendment["person_years"]) == reach
    assert {one["name"] for one in told["by_sector"] if one["changed"]} <= {amendment["sector"]}


def test_a3_asks_in_the_last_year_of_four_for_what_all_four_brought(sorted_anew: Followed) -> None:
    """浙建〔2017〕5号: 360 hours in all, 240 professional, 72 public, from 2022 to 2025."""
    told = summary(sorted_anew, (*FIVE, REACHED["A3"][0]), FIVE)

    assert told["newly_short"] == [
        {"minimum": "zhejiang-construction/2022-01-01 total_in_cycle", "person_years": 2},
        {"minimum": "zhejiang-construction/2022-01-01 professional_in_cycle", "person_years": 1},
        {"minimum": "zhejiang-construction/2022-01-01 public_in_cycle", "person_years": 1}]
    assert [one["name"] for one in told["by_year"] if one["changed"]] == ["2025"]
