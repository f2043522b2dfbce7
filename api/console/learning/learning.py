"""What the screens of courses and exams have in common: words of statuses, how far one has come, whose it is to do.

`tests/console/test_course_screens.py` and `tests/console/test_exam_screens.py` show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from api.cases.doing import Asked, Done
from api.cases.learning import courses, exams
from api.cases.standing import acting
from api.console import words
from api.console.form import Field
from api.console.moment import Moment
from api.console.screen import Asking
from api.house import House
from api.law_of import law_now
from api.refusals.faults import BadFields
from api.whole import whole
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.events.course import CoursePublished
from ledger.vocabulary import Category
from policies.authority import NobodyRegisters
from policies.courses import course_law
from policies.words import base_vocabulary
from projections.pages import Page as Part

MOST: Final = 1_000
"""So many courses or sessions of a year are counted for the facets; where there are more, it is said."""

ROWS: Final = 25
ENROLMENTS: Final[Mapping[str, words.Mark]] = {
    "enrolled": ("open", "…", "学习中"), "completed": ("met", "✓", "已学完"), "registered": ("met", "✓", "已登记学时"),
    "cancelled": ("", "–", "已退选"),
}
EXAMS: Final[Mapping[str, words.Mark]] = {
    "scheduled": ("open", "…", "待考"), "held": ("met", "✓", "已举行"), "called_off": ("short", "✗", "已取消"),
}
BOOKINGS: Final[Mapping[str, words.Mark]] = {
    "booked": ("open", "…", "待考"), "released": ("", "–", "已退座"), "attended": ("open", "…", "已到场，待成绩"),
    "absent": ("short", "✗", "缺考"), "passed": ("met", "✓", "合格"), "failed": ("short", "✗", "不合格"),
}
ANNOUNCED: Final = Field("announced_on", "公布之日", "date", hint="不写即今天；学时以此为佐证日期")
_PUBLIC: Final = (Category.GENERAL_PUBLIC.value, Category.SECTOR_PUBLIC.value)
_FACETS: Final = (("category", "科目"), ("region", "地区"))
_AT_ONCE: Final = 200
_BAR: Final = 240

Ask = Callable[[tuple[Any, ...] | None, int], Part[dict[str, Any]] | Refusal]
"""Asks for a page after a place, for at most so many."""


def every(ask: Ask) -> list[dict[str, Any]] | Refusal:
    """Page after page, up to as many as are counted."""
    found: list[dict[str, Any]] = []
    after: tuple[Any, ...] | None = None
    while len(found) < MOST:
        page = ask(after, _AT_ONCE)
        if isinstance(page, Refusal):
            return page
        found += page.items
        if (after := page.next) is None:
            break
    return found


def kept(found: Iterable[dict[str, Any]], moment: Moment) -> list[dict[str, Any]]:
    """What the facets leave."""
    return [one for one in found if all(moment.rest.get(name) in (None, one[name]) for name, _ in _FACETS)]


def in_order(rows: list[dict[str, Any]], moment: Moment, sorts: Mapping[str, Callable[[Any], Any]]
             ) -> list[dict[str, Any]]:
    """In the order that is asked for; without one, as they come."""
    asked = moment.rest.get("sort", "")
    name = asked.removeprefix("-")
    return sorted(rows, key=sorts[name], reverse=asked.startswith("-")) if name in sorts else rows


def facets(found: Sequence[dict[str, Any]], moment: Moment) -> list[dict[str, Any]]:
    """What a list can be narrowed to, with how much of it there is."""
    told: dict[str, Callable[[str], Any]] = {"category": base_vocabulary().categories.get, "region": region}
    shown = []
    for name, title in _FACETS:
        counted = Counter(one[name] for one in found)
        choices = [{"code": code, "words": told[name](code), "many": many} for code, many in counted.most_common()]
        if len(choices) > 1 or moment.rest.get(name):
            shown.append({"name": name, "title": title, "choices": choices})
    return shown


def page_of(rows: Sequence[dict[str, Any]], moment: Moment) -> tuple[int, int, Sequence[dict[str, Any]]]:
    """Which page is asked for, of how many, and its rows."""
    pages = max(1, -(-len(rows) // ROWS))
    number = min(max(1, whole(moment.rest.get("page", "")) or 1), pages)
    return number, pages, rows[(number - 1) * ROWS:number * ROWS]


def year_asked(moment: Moment, otherwise: int) -> int:
    """The year that is asked for."""
    given = moment.rest.get("year", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) == 4 else otherwise


def own_studies(asking: Asking, position: int) -> dict[str, Any] | Refusal:
    """What a person chose and booked, the newest first; of an office, nothing."""
    house, caller = asking.house, asking.caller
    if not asking.capacity.is_person:
        return {"enrolments": [], "bookings": []}
    found = exams.of_person(house, caller, caller.id, None, as_of=position)
    if isinstance(found, Refusal):
        return found
    chosen = {name: exams.course(house, caller, name, as_of=position)
              for name in {one["course"] for one in found["enrolments"]}}
    seats = {name: exams.exam(house, caller, name, as_of=position)
             for name in {one["exam"] for one in found["bookings"]}}
    held = {one["enrolment"]: _held(one, exam, house.today) for one in found["bookings"]
            if one["status"] in ("booked", "attended") and not isinstance(exam := seats[one["exam"]], Refusal)}
    newest = {one["enrolment"]: seats[one["exam"]] for one in found["bookings"]}
    return {
        **found,
        "enrolments": [_enrolment(one, course) | {
            "seat": held.get(one["enrolment"]), "is_off": _is_off(newest.get(one["enrolment"]))}
                       for one in reversed(found["enrolments"])
                       if not isinstance(course := chosen[one["course"]], Refusal)],
        "bookings": [{**one, "of": exam, "state": BOOKINGS[one["status"]]} for one in reversed(found["bookings"])
                     if not isinstance(exam := seats[one["exam"]], Refusal)],
    }


def _is_off(exam: Mapping[str, Any] | Refusal | None) -> bool:
    """Whether the session that somebody booked last was called off: they are told where they look first."""
    return exam is not None and not isinstance(exam, Refusal) and exam["status"] == "called_off"


def _held(one: Mapping[str, Any], exam: Mapping[str, Any], today: date) -> dict[str, str]:
    """The seat that somebody holds, in words: when to come, or that the mark is waited for."""
    is_over = one["status"] == "attended" or str(exam["day"]) < today.isoformat()
    moved = "（改过）" if one["moves"] < exam["moves"] else ""
    words = "已考，待成绩" if is_over else f"考试 {exam['day']} {exam['starts']}{moved}，{one['seat']} 号座位"
    return {"booking": one["booking"], "words": words}


def _enrolment(one: dict[str, Any], course: dict[str, Any]) -> dict[str, Any]:
    return {**one, "title": course["title"], "needed": course["minutes"], "hours": course["hours"],
            "region": course["region"], "sector": course["sector"], "state": ENROLMENTS[one["status"]],
            "subject": subject_of(course), "bar": bar(one["minutes"], course["minutes"])}


def bar(have: int, most: int) -> dict[str, Any]:
    """How far something has come, as a bar."""
    return {"width": _BAR, "have": min(_BAR, have * _BAR // max(most, 1)), "is_full": have >= most}


def subject_of(one: Mapping[str, Any]) -> str:
    """The subject of a course or a session, with its sector, in words."""
    vocabulary = base_vocabulary()
    named = vocabulary.categories.get(one["category"], one["category"])
    return named if one["sector"] is None else f"{named}（{vocabulary.sectors.get(one['sector'], one['sector'])}）"


def rules_of(house: House, published: CoursePublished) -> list[dict[str, Any]]:
    """The words of the law of a course's place that want its exam to be sat on site (W 7, W 10)."""
    law = course_law(law_now(house.answers), house.today, published.region, published.sector, published.category.value)
    return [] if law.on_site is None else [{
        "document": words.documents(house).get(law.rulebook or "", ""), "article": law.on_site.article,
        "quote": law.on_site.quote, "what": law.on_site.what}]


# Whose it is to publish


def places(asking: Asking) -> Iterable[tuple[str, str]]:
    """For which places and subjects an office may publish courses and hold exams, by trying; as a form holds them."""
    actor = acting(asking.house, asking.caller)
    if isinstance(actor, Refusal):
        return
    sectors, tried = law_now(asking.house.answers).vocabulary.sectors, set[tuple[str, str, str]]()
    for scope in actor.scopes:
        for category in _PUBLIC if scope.category is None else (scope.category,):
            wanted = [""] if category == Category.GENERAL_PUBLIC else [scope.sector] if scope.sector else list(sectors)
            for sector in wanted:
                place = (scope.region.ljust(6, "0"), category, sector)
                if place not in tried and _may_publish(asking, place):
                    yield "|".join(place), f"{region(place[0])} · " + subject_of(
                        {"category": category, "sector": sector or None})
                tried.add(place)


def publishes(asking: Asking) -> bool:
    """Say whether there is any place for which somebody may publish courses."""
    return not asking.capacity.is_person and next(iter(places(asking)), None) is not None


def _may_publish(asking: Asking, place: tuple[str, str, str]) -> bool:
    code, category, sector = place
    if category not in _PUBLIC:
        return False
    law = course_law(law_now(asking.house.answers), asking.house.today, code, sector or None, category)
    fields = {"region": code, "category": category, "year": asking.house.today.year, "code": "-", "title": "-",
              "minutes": 1, "hours": law.hours_centi or 100} | ({"sector": sector} if sector else {})
    try:
        return isinstance(courses.publish(asking.house, asking.caller, fields, Asked(dry_run=True)), Done)
    except (BadFields, NobodyRegisters):
        return False
