"""The drafts A1 to A6 over a made-up history of a few hundred people: what each would change, to the last hour.

The numbers are pinned: whoever changes the history, the drafts or the replay sees what that moves. Every replay judges
some people a second time by the answers, so that none of these numbers rests on columns alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from demo_kit import made

from api.demo.history import Told
from ledger.ledger import Ledger
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
FIVE = tuple(book.id for book in shipped().books)
NUMBERS = ("changed_people", "changed_person_years", "moved_entries", "gained", "given_up", "newly_failed",
           "newly_passed")


class Followed(NamedTuple):
    ledger: Ledger
    folder: Path
    held: Held


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    demo = made(tmp_path_factory.mktemp("replays") / "data", TOLD)
    folder = demo.folder / "answers"
    with demo.ledger() as ledger:
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
    "A2": ("hangzhou-credits/2025-06-06", (11, 11, 22, "165", "0", 0, 0), ["330100"]),
    "A3": ("zhejiang-construction/2022-01-01", NOBODY, []),
    "A4": ("zhejiang-review-notice/2024-01-01", (3, 3, 0, "0", "0", 0, 3),
           ["330200", "330400", "331000"]),
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
        {"how": "worth", "old_clause": "manual", "new_clause": "hangzhou-credits/2025-06-06 一", "entries": 22,
         "gained": "165", "given_up": "0"}]


def test_a5_wenzhous_rule_of_2020_asks_more_public_hours_of_its_people_than_the_law_before_it(
    followed: Followed
) -> None:
    before = tuple(name for name in FIVE if not name.startswith("wenzhou"))
    told = summary(followed, FIVE, before)

    assert tuple(told[name] for name in NUMBERS) == (7, 9, 0, "0", "0", 9, 0)
    assert [one["name"] for one in told["by_city"] if one["changed"]] == ["330300"]
    assert told["newly_short"] == [{"minimum": "wenzhou/2020-11-27 general_public", "person_years": 9}]
