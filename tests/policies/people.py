"""Random people for the tests of the law: places and entries of every route, by Hypothesis. No test lives here."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from policies.words import base_vocabulary

WORDS = base_vocabulary()
REGIONS = ("330203", "330302", "330106", "330000")


@st.composite
def entry_facts(draw: st.DrawFn, routes: tuple[str, ...] = tuple(WORDS.routes), first: int = 16) -> dict[str, Any]:
    """The fields of one entry, without id and person."""
    route = WORDS.routes[draw(st.sampled_from(routes))]
    day = f"20{draw(st.integers(first, 24))}-{draw(st.integers(1, 12)):02d}-{draw(st.integers(1, 28)):02d}"
    row: dict[str, Any] = {"route": route.code, "category": draw(st.sampled_from(route.categories)), "date": day}
    if route.levels and not (route.level_optional and draw(st.booleans())):
        row["level"] = draw(st.sampled_from(route.levels))
    if route.ranked:
        row["rank"] = draw(st.integers(1, 8))
    if route.quantity:
        name = draw(st.sampled_from(route.quantity))
        row[name] = draw(
            {
                "days": st.integers(1, 30).map(lambda halves: f"{halves // 2}.5" if halves % 2 else str(halves // 2)),
                "hours": st.integers(1, 4000).map(lambda centi: f"{centi // 100}.{centi % 100:02d}"),
                "subjects": st.integers(1, 8),
                "courses": st.integers(1, 15),
                "characters": st.integers(1, 400_000),
                "minutes": st.integers(1, 2000),
            }[name]
        )
    if "completed_by" in route.needs:
        row["completed_by"] = draw(st.sampled_from(["exam", "completion"]))
    if draw(st.integers(0, 3)) == 0:
        row |= {"confirmed_hours": draw(st.sampled_from(["1", "7.25", "40"])), "document": "文"}
    if draw(st.integers(0, 3)) == 0:
        row[draw(st.sampled_from(["occasion", "output"]))] = draw(st.sampled_from(["a", "b"]))
    if draw(st.booleans()):
        row |= {"starts": day, "filed_on": f"20{draw(st.integers(16, 24))}-06-15"}
    return row


@st.composite
def affiliation_facts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One to three affiliations without a gap, the first long before every entry."""
    starts = [
        "2010-01-01",
        *sorted(draw(st.sets(st.sampled_from(["2019-07-01", "2021-03-05", "2022-12-31"]), max_size=2))),
    ]
    return [
        {"from": start, "region": draw(st.sampled_from(REGIONS)), "sector": draw(st.sampled_from(list(WORDS.sectors)))}
        for start in starts
    ]


people = st.tuples(affiliation_facts(), st.lists(entry_facts(), max_size=14))
the_busy = st.tuples(affiliation_facts(), st.lists(entry_facts(("exam", "paper"), first=23), min_size=8, max_size=14))
"""Who does much of what is capped, within two years: the caps of most of them are reached."""
