"""Claims listed over HTTP: an office's where its scopes reach, a person's own; narrowed, paged, masked and recorded."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.clock import ALWAYS
from ledger.events.actor import Scope
from projections.claim_lists import Wanted, claims_within
from projections.files.reader import Reader
from tests.api.house_kit import BODY, IN_2026, Someone, Town, house_in, study
from tests.api.test_exports import cells

HERE, THERE = "330203", "330302"
ROUTE = study()["route"]


class Place:
    """Two units in two cities, each with a clerk, a person of each, and one who moves from the first to the second."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.works, self.mill = town.unit("某厂", HERE, "industry"), town.unit("某院", THERE, "general")
        self.clerk = town.officer(self.works, "unit", HERE, unit=self.works["unit"])
        self.away = town.officer(self.mill, "unit", THERE, unit=self.mill["unit"])
        self.city = town.officer(town.unit("市局", "330200", "general"), "human_resources", "3302")
        self.province = town.officer(town.unit("省厅", "330000", "general"), "human_resources", "33")
        self.li, self.wang = town.person("李明"), town.person("王芳")
        town.belongs(self.li, self.works, "2018-01-01")
        town.belongs(self.wang, self.mill, "2018-01-01")
        self.approved = self.clerk.act(self.li.submit(study(date="2026-02-02")), "approval")
        self.open = self.li.submit(study(date="2025-12-02"))
        self.returned = self.clerk.act(self.li.submit(study(date="2026-03-02")), "return", {"words": "请补"})
        self.other = self.wang.submit(study(date="2026-04-02"))

    def listed(self, who: Someone, **asked: Any) -> list[str]:
        """The claims that somebody is told of, the newest first."""
        purpose = {} if who in (self.li, self.wang) else {"purpose": "annual_review"}
        return [one["claim"] for one in who.saw("/v1/claims", **purpose, **asked)["items"]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    looks = itertools.count(IN_2026, 1_000)  # Of two claims of one thousandth of a second chance says which is first.
    folder = tmp_path_factory.mktemp("listed") / "data"
    with house_in(folder, lambda: next(looks), logs_too=True, clock_checked=ALWAYS) as town:
        yield Place(town)


def ids(*claims: BODY) -> list[str]:
    return [one["claim"] for one in claims]


def test_each_is_told_what_was_submitted_where_they_reach_the_newest_first(place: Place) -> None:
    here = ids(place.returned, place.open, place.approved)

    assert place.listed(place.clerk) == place.listed(place.city) == place.listed(place.li) == here
    assert place.listed(place.away) == place.listed(place.wang) == ids(place.other)
    assert place.listed(place.province) == [*ids(place.other), *here]


@pytest.mark.parametrize(("asked", "found"), [
    ({"status": "approved"}, ["approved"]), ({"status": "frozen"}, []), ({"year": 2025}, ["open"]),
    ({"category": "professional"}, ["other", "returned", "open", "approved"]), ({"category": "general_public"}, []),
    ({"region": "3303"}, ["other"]), ({"region": HERE, "status": "returned"}, ["returned"]),
    ({"from": "2000-01-01", "to": "2000-12-31"}, []), ({"from": "2000-01-01", "year": 2025}, ["open"]),
])
def test_an_office_narrows_the_list_by_what_it_looks_for(place: Place, asked: BODY, found: list[str]) -> None:
    assert place.listed(place.province, **asked) == ids(*(getattr(place, name) for name in found))


@pytest.mark.parametrize(("asked", "found"), [
    ({"sector": "general"}, ["other"]), ({"route": "paper"}, []), ({"route": ROUTE, "sector": "general"}, ["other"]),
    ({"flag": "late"}, ["open"]), ({"flag": "by_analogy"}, []), ({"role": "claimant"}, ["returned"]),
    ({"role": "unit"}, ["open"]), ({"role": "sector_authority", "region": THERE}, ["other"]),
    ({"waits_since": "2000-01-01"}, []), ({"waits_since": "2099-01-01"}, ["other", "returned", "open"]),
    ({"sort": "submitted"}, ["approved", "open", "returned", "other"]),
    ({"sort": "submitted", "status": "under_review"}, ["open", "other"]),
])
def test_an_office_asks_what_waits_for_whom_since_when_and_what_is_marked(
    place: Place, asked: BODY, found: list[str]
) -> None:
    assert place.listed(place.province, **asked) == ids(*(getattr(place, name) for name in found))


def test_a_line_says_for_whom_it_waits_and_whose_it_is_then_and_now(place: Place) -> None:
    assert place.listed(place.province, person=place.wang.id) == ids(place.other)
    line = place.li.saw("/v1/claims", status="returned")["items"][0]["waits"]
    assert (line["kind"], line["role"], line["holder"]) == ("claim", "claimant", None)
    approved = place.city.saw("/v1/claims", purpose="review", status="approved")["items"][0]
    assert approved["waits"] is None and approved["flags"] == []

    before = place.approved["events"][-1] - 1  # It waited for its unit then.
    assert place.listed(place.city, as_of=str(before), role="unit") == ids(place.approved)
    assert place.listed(place.li, as_of=str(before), role="unit") == ids(place.approved)
    assert place.listed(place.away, as_of=str(before), role="unit") == []


def test_the_oldest_first_are_paged_like_the_newest(place: Place) -> None:
    first = place.province.saw("/v1/claims", purpose="review", sort="submitted", limit=3)
    rest = place.province.saw("/v1/claims", purpose="review", sort="submitted", limit=3, cursor=first["next_cursor"])
    assert [one["claim"] for one in (*first["items"], *rest["items"])] == place.listed(place.province)[::-1]


def test_what_an_account_has_handled_and_what_came_by_a_unit_is_asked_for(place: Place) -> None:
    assert place.listed(place.province, officer=place.clerk.id) == ids(place.returned, place.approved)
    assert place.listed(place.province, officer=place.away.id) == []
    assert place.listed(place.province, unit=place.mill["unit"]) == ids(place.other)
    assert place.listed(place.clerk, unit=place.mill["unit"]) == [], "narrowing opens nothing"


def test_an_older_moment_gives_the_list_as_it_stood_and_a_page_goes_on_where_the_last_ended(place: Place) -> None:
    at = place.returned["events"][-1] - 1  # It was submitted, and not sent back yet.
    assert place.listed(place.city, as_of=str(at), status="under_review") == ids(place.returned, place.open)
    assert place.listed(place.city, as_of=str(place.approved["events"][-1] - 1), status="approved") == []

    first = place.city.saw("/v1/claims", purpose="annual_review", limit=2)
    rest = place.city.saw("/v1/claims", purpose="annual_review", limit=2, cursor=first["next_cursor"])
    assert [one["claim"] for one in (*first["items"], *rest["items"])] == place.listed(place.city)
    assert rest["next_cursor"] is None and rest["root"] == first["root"]


def test_a_line_says_what_an_office_looks_for_with_the_name_masked(place: Place) -> None:
    line = place.city.saw("/v1/claims", purpose="annual_review", status="approved")["items"][0]

    told = ("name", "status", "region", "unit", "category", "date", "year", "assessed", "rulebook")
    assert tuple(line[name] for name in told) == (
        "李*", "approved", HERE, place.works["unit"], "professional", "2026-02-02", 2026,
        place.approved["ruling"]["assessed"], place.approved["ruling"]["rulebook"])


def test_an_office_says_what_for_and_everyone_on_the_page_is_recorded_before(place: Place) -> None:
    access = place.town.house.register.access
    size = access.store.size()
    assert place.city.get("/v1/claims").get_json()["code"] == "purpose_missing"
    assert access.store.size() == size
    place.listed(place.city)
    seen = access.store.leaves(size, 10)
    assert len(seen) == 1 and place.li.id.encode() in seen[0] and b"annual_review" in seen[0]
    place.listed(place.li)
    assert access.store.size() == size + 1, "one's own is looked at by nobody"
    assert place.town.nobody.get("/v1/claims").status_code == 401
    wrong = place.city.get("/v1/claims", **{"from": "2026-02-01", "to": "2026-01-01", "purpose": "review"}).get_json()
    assert wrong["errors"][0]["code"] == "days_unfit"


def test_the_list_is_taken_away_whole_and_says_what_was_asked(place: Place) -> None:
    rows = cells(place.city.get("/v1/claims.csv", purpose="annual_review", year=2026))
    assert [row[0] for row in rows[-2:]] == ids(place.returned, place.approved) and "李明" not in str(rows)
    assert ["年度", "2026"] in [row[:2] for row in rows]
    assert place.city.get("/v1/claims.xlsx").get_json()["code"] == "purpose_missing"


def test_what_was_given_to_one_hand_is_asked_for_by_that_hand(place: Place) -> None:
    given = place.clerk.act(place.open, "assignment", {"to": place.clerk.id})
    assert place.listed(place.city, holder=place.clerk.id) == ids(place.open)
    assert place.listed(place.city, holder=place.away.id) == [] == place.listed(
        place.city, holder=place.clerk.id, as_of=str(given["events"][-1] - 1))
    assert place.li.saw("/v1/claims", role="unit")["items"][0]["waits"]["holder"] is None, "to a claimant, an office"


def how_read(place: Place, wanted: Wanted, as_of: int | None, patch: pytest.MonkeyPatch) -> tuple[list[str], str]:
    """The claims that the whole province is told of, and how the database went about it."""
    rows, plans = Reader.rows, list[str]()

    def explained(self: Reader, query: str, values: Any = ()) -> Any:
        if " matters m" in query:
            plans.extend(step[-1] for step in rows(self, f"EXPLAIN QUERY PLAN {query}", values))
        return rows(self, query, values)

    with patch.context() as patched:
        patched.setattr(Reader, "rows", explained)
        everywhere = [Scope(role="human_resources", region="33")]
        listed = claims_within(place.town.house.answers, everywhere, wanted, as_of=as_of)
    return [one.version.claim for one in listed.items], "\n".join(plans)


def test_a_list_of_a_past_moment_passes_over_nothing_that_was_claimed_long_since(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, read = how_read(place, Wanted(), place.approved["events"][-1], monkeypatch)

    assert found == ids(place.approved)
    assert re.search(r"SEARCH m .*claim<\?", read), read


def test_of_a_status_that_is_rare_no_other_claims_are_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    found, read = how_read(place, Wanted(status="returned"), None, monkeypatch)
    before, _ = how_read(place, Wanted(status="returned"), place.returned["events"][-1] - 1, monkeypatch)

    assert (found, before) == (ids(place.returned), [])
    assert re.search(r"SEARCH v USING .*status=\? AND claim<\?", read), read
    assert "SCAN" not in read and "TEMP B-TREE" not in read, read


def test_nor_are_claims_read_that_were_made_after_the_last_day_that_is_asked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = place.town.house.today
    found, read = how_read(place, Wanted(last=today), None, monkeypatch)
    before, _ = how_read(place, Wanted(last=today - timedelta(days=1)), None, monkeypatch)
    everywhere = [Scope(role="human_resources", region="33")]
    late, early = (claims_within(place.town.house.answers, everywhere, Wanted(last=day))
                   for day in (date.max, date.min))

    assert found == place.listed(place.province) and before == []
    assert re.search(r"SEARCH m .*claim<\?", read), read
    assert [one.version.claim for one in late.items] == found and not early.items
