"""What people study, and how a year comes together.

A sketch is a study without its days. A plan is a year's sketches in order; plans are made by judging them under the law
of the day (`policies.person`), so that who meets a requirement does so with caps and shares and all. People of one
place draw from a small pool of plans; what really becomes of their year is left to what happens.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib import resources
from itertools import product
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from api.demo.dice import Dice, digest_of
from api.demo.law import LawOfTheDay
from ledger.events.study import Evidence, Study, StudyDetails
from ledger.vocabulary import Category, format_hours, parse_hours
from policies.assess import REFUSED, UNRULED
from policies.entries import Entry
from policies.person import Bench
from policies.places import NO_LATER, Place
from projections.facts import entry_fields

POOL: Final = 12
_POOLS_MOST: Final = 512
ITEMS_MOST: Final = 14
STEADY, LAX, IDLE = "steady", "lax", "idle"
_SOME_DAY: Final = date(2000, 1, 1)
_OUTPUTS: Final = ("project", "paper", "book", "patent")
_NUMBERS: Final = ("rank", "subjects", "courses", "characters", "minutes")


@cache
def words() -> dict[str, Any]:
    """What there is to study."""
    return tomllib.loads(resources.files(__package__).joinpath("studies.toml").read_text(encoding="utf-8"))


class Sketch(NamedTuple):
    """A study without its days."""

    study: Study
    titles: tuple[str, ...]
    issuer: str
    half_days: int
    filed: bool
    confirms: bool       # Whether the claim brings a document that confirms its hours.
    fallback_centi: int  # What an authority confirms where no rulebook has a rate.


class Claimed(NamedTuple):
    """What a claim says."""

    study: Study
    details: StudyDetails
    evidence: tuple[Evidence, ...]


Plan = tuple[Sketch, ...]


@cache
def sketches(sector: str) -> tuple[tuple[Sketch, ...], ...]:
    """The kinds of professional study in a sector, each as often as it is common, each with its quantities."""
    told = words()
    found: list[tuple[Sketch, ...]] = []
    for kind in told["kind"]:
        if sector in kind["sectors"]:
            titles = tuple(kind["title"].format(topic=topic) for topic in told["topics"][sector])
            found += [tuple(_variants(kind, titles, told["issuers"][sector]))] * kind["weight"]
    return tuple(found)


def _variants(kind: dict[str, Any], titles: tuple[str, ...], issuer: str) -> list[Sketch]:
    fixed = {name: kind[name] for name in ("route", "level", "organiser", "approved_by") if name in kind}
    names = [name for name in ("days", "hours", *_NUMBERS) if name in kind]
    made = []
    for number, values in enumerate(product(*(kind[name] for name in names))):
        given = dict(zip(names, values, strict=True))
        days = given.pop("days", 0)
        fields = {**fixed, **given}
        if "hours" in fields:
            fields["hours_centi"] = parse_hours(fields.pop("hours"))
        if days:
            fields["days_half"] = 2 * days
        confirms = "confirmed" in kind
        hours = parse_hours(kind["confirmed"][number % len(kind["confirmed"])]) if confirms else 500 * (days or 3)
        study = Study(category=Category.PROFESSIONAL, evidence_on=_SOME_DAY, **fields)
        made.append(Sketch(study, titles, issuer, 2 * days, kind.get("filed", False), confirms, hours))
    if "confirmed" in kind and len(made) == 1:  # Without a quantity there is one variant for each number of hours.
        made = [made[0]._replace(fallback_centi=parse_hours(hours)) for hours in kind["confirmed"]]
    return made


@cache
def course(category: Category, sector: str, hours: str, completed_by: str) -> Sketch:
    """A public course."""
    told = words()
    titles = told["general_public"]["titles"] if category is Category.GENERAL_PUBLIC else told["sector_public"][sector]
    study = Study(category=category, route="course", evidence_on=_SOME_DAY, hours_centi=parse_hours(hours),
                  completed_by=completed_by)
    return Sketch(study, tuple(titles), "浙江省专业技术人员继续教育平台（虚构）", 0, False, False, 0)


class Studies:
    """Plans for years, and claims made of them."""

    def __init__(self, dice: Dice, law: LawOfTheDay) -> None:
        self._dice, self._law = dice, law
        self._pools: dict[tuple[Any, ...], list[Plan]] = {}
        self._certificates = 0

    def plan(self, year: int, region: str, sector: str, major: str | None, habit: str) -> Plan:
        """A year's studies for someone who belongs there, as it is their habit."""
        key = (year, region, sector, major, id(self._law.bench))
        pool = self._pools.get(key)
        if pool is None:
            if len(self._pools) >= _POOLS_MOST:
                self._pools.clear()
            pool = self._pools[key] = []
        if len(pool) < POOL:
            pool.append(self._made(Place(date(year, 1, 1).toordinal(), NO_LATER, region, sector, major), year))
            whole = pool[-1]
        else:
            whole = self._dice.one_of(pool)
        if habit == STEADY:
            return whole
        kept = max(1, len(whole) - self._dice.between(1, 3)) if habit == LAX else self._dice.between(0, 2)
        return whole[:kept]

    def _made(self, place: Place, year: int) -> Plan:
        """Draw until the year would be met."""
        bench, sector, dice = self._law.bench, place.sector, self._dice
        chosen = [course(Category.GENERAL_PUBLIC, sector, hours, "exam")
                  for hours in dice.one_of((("18",), ("20",), ("12", "6"), ("12", "8")))]
        if sector != "natural_resources" or dice.happens(200):
            chosen.append(course(Category.SECTOR_PUBLIC, sector, dice.one_of(("6", "12")), "exam"))
        entries = [_entry(bench, sketch, year, at) for at, sketch in enumerate(chosen)]
        while len(chosen) < ITEMS_MOST:
            sketch = dice.one_of(dice.one_of(sketches(sector)))
            with_it = [*entries, _entry(bench, sketch, year, len(chosen))]
            ruled = bench.judge([place], with_it)
            status = ruled.weighed[-1].ruling.status
            if status == REFUSED and not dice.happens(20):
                continue
            if status == UNRULED:
                with_it[-1] = _entry(bench, sketch, year, len(chosen), confirmed=True)
                ruled = bench.judge([place], with_it)
            chosen.append(sketch)
            entries = with_it
            if next(one.met for one in ruled.years if one.year == year) is True:
                break
        return tuple(dice.shuffled(chosen))

    def days_of(self, sketch: Sketch, first: date, last: date) -> tuple[date, date] | None:
        """Find days for a study between two days, begun on a working day; None where there is no room."""
        days = max(0, (sketch.half_days + 1) // 2 - 1)
        room = (last - first).days - days
        if room < 0:
            return None
        ends = last - timedelta(days=self._dice.below(min(20, room + 1)))
        starts = ends - timedelta(days=days)
        weekend = starts.weekday() - 4
        if sketch.half_days and weekend > 0:
            starts, ends = starts - timedelta(days=weekend), ends - timedelta(days=weekend)
        return (starts, ends) if starts >= first else None

    def claimed(self, sketch: Sketch, starts: date, ends: date, last: date) -> Claimed:
        """Give a sketch its days, its title and its papers, which are issued by the last day."""
        dice, study = self._dice, sketch.study
        title = dice.one_of(sketch.titles)
        evidence_on = min(ends + timedelta(days=dice.below(8)), last) if sketch.half_days else ends
        changed: dict[str, Any] = {"evidence_on": evidence_on}
        if sketch.half_days:
            changed["starts"], changed["ends"] = starts, ends
            if sketch.filed:
                changed["filed_on"] = starts - timedelta(days=dice.between(5, 29) if dice.happens(50)
                                                         else dice.between(30, 70))
        if study.route in _OUTPUTS:
            changed["output"] = f"out_{dice.digest()[:16]}"
            changed["participants"] = (study.rank or 1) + dice.below(4)
        if sketch.confirms and not dice.happens(300):
            changed["confirmed_centi"] = sketch.fallback_centi
            changed["document"] = f"虚构发〔{evidence_on.year}〕{dice.between(1, 60)}号"
        papers = [Evidence(kind="certificate", sha256=dice.digest(), issued_on=evidence_on)]
        if sketch.half_days and dice.happens(400):
            papers.append(Evidence(kind="notice", sha256=digest_of(f"{title} {evidence_on.isoformat()[:7]}")))
        if dice.happens(300):
            self._certificates += 1
            details = StudyDetails(title=title, certificate_issuer=sketch.issuer,
                                   certificate_number=f"XF{evidence_on.year}{self._certificates:08d}")
        else:
            details = StudyDetails(title=title)
        return Claimed(replace(study, **changed), details, tuple(papers))


def _entry(bench: Bench, sketch: Sketch, year: int, at: int, *, confirmed: bool = False) -> Entry:
    """A sketch on a day in autumn, as the law weighs it."""
    starts = date(year, 9, 5)
    days = {"starts": starts, "filed_on": starts - timedelta(days=40)} if sketch.filed else {}
    fields = entry_fields(replace(sketch.study, evidence_on=date(year, 9, 12), **days), bench.law.vocabulary)
    if confirmed or sketch.confirms:
        fields |= {"confirmed_hours": format_hours(sketch.fallback_centi), "document": "-"}
    return bench.take(bench.reader.entry_row({**fields, "id": f"e{at}", "person": "p"}))
