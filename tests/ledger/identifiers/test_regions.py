"""行政区划代码: which codes were right when, and what became of the land of those that ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.identifiers import regions
from ledger.identifiers.errors import BadRegion

FIRST = date(2016, 1, 1)
TODAY = date(2026, 11, 21)


def reason_of(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(BadRegion) as caught:
        call(*arguments)
    return caught.value.reason


def test_zhejiang_has_eleven_cities_and_ninety_county_units_today() -> None:
    assert len(regions.cities(TODAY)) == 11
    assert len(regions.county_units(TODAY)) == 90


def test_the_counts_of_each_city_are_those_of_the_gazette() -> None:
    counts = {city: sum(regions.within(unit, city[:4]) for unit in regions.county_units(TODAY))
              for city in regions.cities(TODAY)}
    assert counts == {
        "330100": 13, "330200": 10, "330300": 12, "330400": 7, "330500": 5, "330600": 6,
        "330700": 9, "330800": 6, "330900": 4, "331000": 9, "331100": 9,
    }


@pytest.mark.parametrize(
    ("on", "count"),
    [(date(2016, 1, 1), 90), (date(2016, 12, 31), 89), (date(2017, 12, 31), 89), (date(2019, 12, 31), 90),
     (date(2021, 3, 10), 90), (date(2021, 12, 31), 90)],
)
def test_the_number_of_county_units_follows_the_changes(on: date, count: int) -> None:
    assert len(regions.county_units(on)) == count


def test_china_has_thirty_four_provinces_in_the_advice_for_resident_ids() -> None:
    named = [prefix for prefix in (f"{number:02d}" for number in range(100)) if regions.province(prefix)]
    assert len(named) == 34
    assert regions.province("33") == "浙江省"
    assert regions.province("83") is None  # On residence permits only.


@pytest.mark.parametrize(
    ("code", "own", "last_day"),
    [
        ("330204", "江东区", date(2016, 10, 9)),
        ("330283", "奉化市", date(2016, 10, 9)),
        ("331021", "玉环县", date(2017, 5, 3)),
        ("330185", "临安市", date(2017, 8, 10)),
        ("330103", "下城区", date(2021, 4, 8)),
        ("330104", "江干区", date(2021, 4, 8)),
    ],
)
def test_an_old_code_is_known_until_the_province_announced_its_end(code: str, own: str, last_day: date) -> None:
    assert regions.name(code, last_day) == own
    assert regions.known(code, FIRST)
    assert not regions.known(code, last_day + timedelta(days=1))
    assert reason_of(regions.name, code, last_day + timedelta(days=1)) == "unknown_region"


@pytest.mark.parametrize(
    ("code", "own", "first_day"),
    [
        ("330213", "奉化区", date(2016, 9, 14)),
        ("331083", "玉环市", date(2017, 4, 9)),
        ("330112", "临安区", date(2017, 7, 18)),
        ("330383", "龙港市", date(2019, 8, 16)),
        ("330113", "临平区", date(2021, 3, 11)),
        ("330114", "钱塘区", date(2021, 3, 11)),
    ],
)
def test_a_new_code_is_known_from_its_approval(code: str, own: str, first_day: date) -> None:
    assert regions.name(code, first_day) == own
    assert not regions.known(code, first_day - timedelta(days=1))
    assert reason_of(regions.successors, code, first_day - timedelta(days=1)) == "not_yet"


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("330204", ("330212",)),
        ("330283", ("330213",)),
        ("331021", ("331083",)),
        ("330185", ("330112",)),
        ("330103", ("330105",)),
        ("330104", ("330102", "330114")),
        ("330110", ("330110", "330113")),
        ("330109", ("330109", "330114")),
        ("330327", ("330327", "330383")),
        ("330212", ("330203", "330212")),
        ("330102", ("330102",)),
        ("330113", ("330113",)),
        ("330122", ("330122",)),
        ("330100", ("330100",)),
        ("330000", ("330000",)),
    ],
)
def test_successors_hold_the_land_that_a_code_once_had(code: str, after: tuple[str, ...]) -> None:
    assert regions.successors(code, TODAY) == after


def test_between_approval_and_announcement_both_codes_are_right_and_the_new_one_succeeds() -> None:
    between = date(2016, 9, 20)
    assert regions.known("330283", between)
    assert regions.known("330213", between)
    assert regions.successors("330283", between) == ("330213",)


def test_before_a_change_a_code_is_its_own_successor() -> None:
    assert regions.successors("330204", date(2016, 9, 13)) == ("330204",)
    assert regions.successors("330110", date(2021, 3, 10)) == ("330110",)


def test_what_was_recorded_after_a_change_was_announced_means_the_land_as_it_is_now() -> None:
    assert regions.successors("330212", TODAY, since=date(2016, 10, 10)) == ("330212",)
    assert regions.successors("330110", TODAY, since=date(2022, 1, 1)) == ("330110",)
    # Between approval and announcement, 余杭 may still mean the whole of it.
    assert regions.successors("330110", TODAY, since=date(2021, 3, 20)) == ("330110", "330113")


def test_every_known_code_has_a_name_a_known_parent_and_successors_known_at_every_later_change() -> None:
    edges = [change.approved for change in regions.changes()] + [change.announced for change in regions.changes()]
    days = sorted({FIRST, TODAY, *edges, *(edge - timedelta(days=1) for edge in edges)})
    for recorded in days:
        for code in ("330000", *regions.cities(recorded), *regions.county_units(recorded)):
            assert regions.name(code, recorded)
            above = regions.parent(code)
            assert (above is None) == (code == "330000")
            assert above is None or regions.known(above, recorded)
            for later in (day for day in days if day >= recorded):
                after = regions.successors(code, later, since=recorded)
                assert after
                assert all(regions.known(one, later) for one in after), (code, recorded, later)


def test_the_table_of_changes_is_whole() -> None:
    listed = regions.changes()
    assert [change.approved for change in listed] == sorted(change.approved for change in listed)
    for change in listed:
        assert change.approved <= change.announced
        assert change.document
        assert set(change.ended) <= set(change.moves)  # Land does not vanish.
        gained = {after for targets in change.moves.values() for after in targets}
        assert set(change.began) <= gained             # Nor does it appear.
        assert not set(change.ended) & gained


def test_parents_lead_from_county_unit_to_province() -> None:
    assert regions.parent("330114") == "330100"
    assert regions.parent("330100") == "330000"
    assert regions.parent("330000") is None
    assert regions.parent("330204") == "330200"
    assert reason_of(regions.parent, "110101") == "unknown_region"


def test_within_takes_the_prefix_of_a_province_a_city_or_one_code() -> None:
    assert regions.within("330203", "33")
    assert regions.within("330203", "3302")
    assert regions.within("330203", "330203")
    assert regions.within("330000", "33")
    assert not regions.within("330203", "330200")  # Six digits mean that very body.
    assert not regions.within("330203", "3301")
    for prefix in ("", "3", "330", "33020", "3302031", "３３", "x3"):
        assert reason_of(regions.within, "330203", prefix) == "prefix"


def test_days_before_the_ledgers_life_are_not_answered() -> None:
    assert reason_of(regions.known, "330102", date(2015, 12, 31)) == "before_ledger"
    assert reason_of(regions.successors, "330102", date(2015, 12, 31)) == "before_ledger"


def test_codes_of_other_provinces_and_other_text_are_simply_not_known() -> None:
    for code in ("110101", "", "33", "３３０１０２", "330102 ", "330115"):
        assert not regions.known(code, TODAY)
        assert regions.span(code) is None
    assert reason_of(regions.successors, "110101", TODAY) == "unknown_region"
