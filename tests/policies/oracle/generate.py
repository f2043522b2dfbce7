"""Random fact files that a seed fixes: lives of officials that go out of their way to touch every rule.

`facts` gives a whole file of good lines; `breakages` has the bad ones. Days are often drawn where the law
turns: in-force dates, the last day of a year, 1 July. By hand:

    python tests/policies/oracle/generate.py 7 500 > facts.ndjson     # seed, persons
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

Fact = dict[str, Any]

REGIONS = ("330000", "330100", "330106", "330200", "330203", "330281", "330300", "330302", "330381", "330782")
WORK = (  # Region and sector. Ningbo's industry and the two provincial sectors are where the numbers are.
    *(("330203", "industry"), ("330281", "industry"), ("330200", "industry")) * 5,
    *((region, sector) for region in REGIONS for sector in ("environment", *("natural_resources",) * 2)),
    *((region, sector) for region in ("330000", "330106", "330302") for sector in ("industry", "general")),
)
TURNING_DAYS = (
    "2016-07-31",
    "2016-08-01",
    "2018-07-14",
    "2018-07-15",
    "2018-12-31",
    "2019-01-01",
    "2020-11-26",
    "2020-11-27",
    "2020-12-31",
    "2021-01-01",
    "2023-12-31",
    "2024-01-01",
)
OFFICES = ("national", "provincial", "municipal", "county")
VENUES = ("core", "national", "provincial", "other", "proceedings")
LEVELS = {
    "advanced_seminar": OFFICES,
    "training": ("ministry", *OFFICES[1:]),
    "project": OFFICES,
    "paper": VENUES,
    "book": VENUES,
    "patent": ("invention", "utility_model", "software"),
}
BY_DAYS = (
    "advanced_seminar",
    "training",
    "filed_training",
    "society_training",
    "society_meeting",
    "unit_training",
    "other_training",
    "overseas",
    "service",
    "teaching",
)
ROUTES = (*BY_DAYS, "exam", "project", "paper", "book", "patent", "degree_course", "courseware", "other")
MAJORS = ("地质勘查", "测绘地理信息", "爆破工程", "采矿工程")
PLATFORMS = ("浙江省专业技术人员继续教育学时登记管理系统", "浙江省爆破行业网络学习平台")
NAMES = "abcxyzABZ09张李王龥Ａ𠮷😀"  # Code-point order is not UTF-16 order, nor any alphabet's.


def facts(seed: int, persons: int) -> list[Fact]:
    """A good file: every person's lines, mixed with everyone else's."""
    random = Random(seed)
    lines: list[Fact] = []
    for number in range(persons):
        person = "".join(random.choices(NAMES, k=2)) + str(number)
        lines += life(random, person)
    random.shuffle(lines)
    for number, line in enumerate(each for each in lines if each["kind"] == "entry"):
        line["id"] = f"e{number}"
    return lines


def life(random: Random, person: str) -> list[Fact]:
    affiliations = list(careers(random, person))
    spans = list(spans_of(affiliations))
    number = random.choice((0, 1, 4, 10, 20))
    entries = [entry(random, person, day_within(random, spans), affiliations) for _ in range(number)]
    if random.random() < 0.7:  # A diligent person, or no year would ever be met.
        for year in range(random.randint(2015, 2021), random.randint(2021, 2026)):
            entries += diligence(random, person, year, spans)
    if random.random() < 0.7:
        entries += burst(random, person, spans)
    for original in random.sample(entries, k=len(entries) // 12):  # Claimed again: a tie, or another day's law.
        again = day_within(random, spans).isoformat() if random.random() < 0.5 else original["date"]
        original[random.choice(("occasion", "output"))] = f"again-{random.randint(1, 3)}"
        entries.append({key: value for key, value in original.items() if key != "year"} | {"date": again})
    applications = [application(random, person) for _ in range(random.choice((0, 1, 1, 2, 4)))]
    return [*affiliations, *entries, *applications]


def careers(random: Random, person: str) -> Iterator[Fact]:
    """One to four affiliations; region and sector often stay, or the class B cycle would never be whole."""
    region, sector = random.choice(WORK)
    begins = sorted(
        {some_day(random, 2014, 2019)}
        | {some_day(random, 2015, 2024) for _ in range(random.choice((0, 0, 1, 2, 3)))}
    )
    for begin in begins:
        fact = {
            "kind": "affiliation",
            "person": person,
            "from": begin.isoformat(),
            "region": region,
            "sector": sector,
        }
        if sector == "natural_resources" and random.random() < 0.4:
            fact["major"] = random.choice(MAJORS)
        if random.random() < 0.25:  # Perhaps the same day, perhaps long after the next has begun.
            choices = (
                begin,
                date(begin.year, 12, 31),
                date(begin.year + 1, 12, 30),
                begin + timedelta(random.randint(1, 2500)),
            )
            fact["to"] = random.choice(choices).isoformat()
        yield fact
        if random.random() < 0.2:
            region = random.choice(REGIONS)
        elif random.random() < 0.6:
            region, sector = random.choice(WORK)


def spans_of(affiliations: list[Fact]) -> Iterator[tuple[date, date]]:
    """First and last day of each affiliation, cut by the one after it."""
    for fact, after in zip(affiliations, [*affiliations[1:], None], strict=True):
        end = date.fromisoformat(fact.get("to", "2026-12-31"))
        if after is not None:
            end = min(end, date.fromisoformat(after["from"]) - timedelta(1))
        yield date.fromisoformat(fact["from"]), end


def some_day(random: Random, first: int, last: int) -> date:
    if random.random() < 0.3:
        return date.fromisoformat(random.choice(TURNING_DAYS))
    year = random.randint(first, last)
    if random.random() < 0.4:
        return date(year, *random.choice(((1, 1), (6, 30), (7, 1), (12, 30), (12, 31))))
    return date(year, 1, 1) + timedelta(random.randint(0, 364))


def day_within(random: Random, spans: list[tuple[date, date]]) -> date:
    """A turning day if the person is affiliated then, else any of their days, often first or last."""
    for _ in range(8):
        day = some_day(random, 2016, 2026)
        if any(begin <= day <= end for begin, end in spans):
            return day
    begin, end = random.choice(spans)
    return random.choice((begin, end, begin + timedelta(random.randint(0, (end - begin).days))))


def entry(random: Random, person: str, day: date, affiliations: list[Fact]) -> Fact:
    fact: Fact = {"kind": "entry", "id": "", "person": person, "date": day.isoformat()}
    if random.random() < 0.25:
        fact |= course(random, random.choice(("general_public", "sector_public")), random.randint(1, 2400))
    else:
        fact |= {"category": "professional"} | route(random, random.choice(ROUTES))
    if random.random() < 0.2:
        fact |= confirmation(random)
    for key, chance in (("occasion", 0.25), ("output", 0.2)):
        if random.random() < chance:
            fact[key] = f"{key}-{random.randint(1, 4)}"
    shows(random, fact)
    if random.random() < 0.1:
        fact["submitted_on"] = (day + timedelta(random.randint(-30, 400))).isoformat()
    spanned(random, fact, day, min(int(each["from"][:4]) for each in affiliations))
    filing(random, fact, day)
    return fact


def shows(random: Random, fact: Fact) -> None:
    """Sometimes what a condition asks about is shown, and sometimes it is not what the law wants."""
    if random.random() < 0.6:
        return
    match fact["route"]:
        case "society_training" | "society_meeting":
            fact["organiser"] = random.choice(("省地质学会", "浙江省海洋学会", "浙江大学"))
        case "exam":
            fact["organiser_level"] = random.choice(("national", "provincial", "municipal"))
        case "service" | "teaching":
            fact["approved_by"] = random.choice(("省厅", "市局"))
        case "courseware":
            fact["platform"] = random.choice(PLATFORMS)
            if random.random() < 0.5:
                fact["major"] = random.choice(MAJORS)


def course(random: Random, category: str, centi: int) -> Fact:
    return {
        "category": category,
        "route": "course",
        "hours": decimal(random, centi),
        "completed_by": random.choice(("exam", "exam", "completion")),
    }


def route(random: Random, name: str) -> Fact:
    fact: Fact = {"route": name}
    if name in BY_DAYS:
        fact["days"] = decimal(
            random, 50 * random.choice((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 80))
        )
    if name in LEVELS and (name != "book" or random.random() < 0.7):
        fact["level"] = random.choice(LEVELS[name])
    if name in ("project", "paper", "book", "patent"):
        fact["rank"] = random.randint(1, 8)
    if name == "book":
        fact["characters"] = random.choice((1, 9999, 10000, 19999, 20000, 35000, 300000))
    if name == "exam":
        fact["subjects"] = random.randint(1, 5)
    if name == "degree_course":
        fact["courses"] = random.randint(1, 9)
    if name == "courseware":
        fact |= random.choice(
            (
                {"hours": decimal(random, random.randint(1, 4000))},
                {"minutes": random.choice((1, 44, 45, 89, 90, 2000))},
            )
        )
    if name == "other" and random.random() < 0.6:
        fact |= confirmation(random)
    return fact


def confirmation(random: Random) -> Fact:
    return {"confirmed_hours": decimal(random, random.randint(1, 4000)), "document": "甬经信〔2019〕1号"}


def decimal(random: Random, centi: int) -> str:
    """The same number may be written shorter or longer: 4.5 and 4.50."""
    written = f"{centi // 100}.{centi % 100:02d}"
    return written if random.random() < 0.1 else written.rstrip("0").rstrip(".")


def spanned(random: Random, fact: Fact, day: date, first_year: int) -> None:
    """Sometimes an occasion across New Year with one of its years chosen; sometimes the date's own year."""
    draw = random.random()
    if draw < 0.12:
        turn = random.choice(
            (day.year, day.year, day.year - 1, day.year + 1)
        )  # The certificate may come a year late.
        fact["starts"] = (date(turn, 1, 1) - timedelta(random.randint(1, 40))).isoformat()
        fact["ends"] = (date(turn, 1, 1) + timedelta(random.randint(0, 40))).isoformat()
        if random.random() < 0.8:
            fact["year"] = max(random.choice((turn - 1, turn)), min(first_year, turn))
            if fact["year"] < first_year:
                del fact["year"]
    elif draw < 0.16:
        fact["year"] = day.year


def filing(random: Random, fact: Fact, day: date) -> None:
    needed = fact["route"] in ("filed_training", "unit_training", "other_training")
    if random.random() < (0.85 if needed else 0.03):
        starts = date.fromisoformat(
            fact.setdefault("starts", (day - timedelta(random.randint(0, 9))).isoformat())
        )
        ahead = random.choice((90, 31, 30, 30, 29, 28, 1, 0, -1, -20))
        fact["filed_on"] = (starts - timedelta(ahead)).isoformat()


def diligence(random: Random, person: str, year: int, spans: list[tuple[date, date]]) -> Iterator[Fact]:
    """More or less enough for one year, in few entries, each only if the person is affiliated on its day."""
    wanted: list[Fact] = [
        course(random, "general_public", random.choice((1200, 1199, 1800, 1800, 3000, 3000, 4000))),
        {"category": "professional", "route": "exam", "subjects": 4},
        {
            "category": "professional",
            "route": "advanced_seminar",
            "level": random.choice(OFFICES),
            "days": "6",
        },
        {"category": "professional", "route": "overseas", "days": random.choice(("2", "4.5", "6"))},
        {"category": "professional", "route": "degree_course", "courses": random.randint(2, 8)},
        {
            "category": "professional",
            "route": "courseware",
            "hours": decimal(random, random.choice((1000, 2000, 3600, 5999))),
        },
    ]
    if random.random() < 0.5:
        wanted.append(course(random, "sector_public", random.choice((600, 599, 1800))))
    if random.random() < 0.6:
        wanted.append(
            {"category": "professional", "route": "other", "confirmed_hours": "60", "document": "文1"}
        )
    for each in wanted:
        day = date(year, 1, 1) + timedelta(random.randint(0, 364))
        if random.random() < 0.97 and any(begin <= day <= end for begin, end in spans):
            if each["route"] == "course" and random.random() < 0.8:
                each["completed_by"] = "exam"
            yield {"kind": "entry", "id": "", "person": person, "date": day.isoformat()} | each


def burst(random: Random, person: str, spans: list[tuple[date, date]]) -> Iterator[Fact]:
    """One route again and again in one year, until its cap runs over."""
    year, name = random.randint(2019, 2025), random.choice((*ROUTES, "project", "patent", "book", "courseware"))
    for _ in range(random.randint(3, 9)):
        day = date(year, 1, 1) + timedelta(random.randint(0, 364))
        if any(begin <= day <= end for begin, end in spans):
            fact: Fact = {"kind": "entry", "id": "", "person": person, "date": day.isoformat()}
            fact |= {"category": "professional"} | route(random, name)
            if "rank" in fact:
                fact["rank"] = random.randint(1, 3)
            filing(random, fact, day)
            yield fact


def application(random: Random, person: str) -> Fact:
    applied = some_day(random, 2017, 2026)
    title = date(applied.year - random.randint(0, 7), *random.choice(((1, 1), (11, 30), (12, 31))))
    fact: Fact = {
        "kind": "application",
        "person": person,
        "applied_on": applied.isoformat(),
        "title_obtained_on": title.isoformat(),
        "minimum_years": random.choice((1, 1, 2, 3, 5)),
    }
    if random.random() < 0.15:
        fact["committee"] = "outside"
    return fact


if __name__ == "__main__":
    for line in facts(int(sys.argv[1]), int(sys.argv[2])):
        print(json.dumps(line, ensure_ascii=False))
