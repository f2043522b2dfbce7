"""The sceptic's reader of facts: which lines of a file are bad, and which field each must be blamed on.

It follows the contract of `xueshi evaluate` and its table of routes, nothing else. Where the contract leaves
open which of two fields is to be named (a course in the category `professional`: category or route?) both are
allowed, so the answer is a set of fields for each bad line. A line it does not know to be bad is left out.
`tests/policies/test_oracle_agrees.py` holds the evaluator to its answers on all of `breakages`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tests.policies.oracle.worth import affiliation_on

WHOLE_LINE = "-"
SECTORS = {"environment", "natural_resources", "industry", "general"}
PAPER_LEVELS = {"core", "national", "provincial", "other", "proceedings"}
OFFICE_LEVELS = {"national", "provincial", "municipal", "county"}
LEVELS = {
    "advanced_seminar": OFFICE_LEVELS,
    "training": {"ministry", "provincial", "municipal", "county"},
    "project": OFFICE_LEVELS,
    "paper": PAPER_LEVELS,
    "book": PAPER_LEVELS,
    "patent": {"invention", "utility_model", "software"},
}
BY_DAYS = {
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
}
QUANTITY = dict.fromkeys(BY_DAYS, "days") | {
    "exam": "subjects",
    "book": "characters",
    "degree_course": "courses",
    "course": "hours",
}
ROUTES = {*LEVELS, *QUANTITY, "courseware", "other"}
WITH_RANK = {"project", "paper", "book", "patent"}
CATEGORIES = {"professional", "general_public", "sector_public"}
FIELDS = {
    "affiliation": {"kind", "person", "from", "to", "region", "sector", "major"},
    "entry": {
        "kind",
        "id",
        "person",
        "date",
        "category",
        "route",
        "level",
        "rank",
        "days",
        "subjects",
        "characters",
        "courses",
        "hours",
        "minutes",
        "completed_by",
        "year",
        "starts",
        "ends",
        "filed_on",
        "occasion",
        "output",
        "confirmed_hours",
        "document",
        "submitted_on",
        "major",
        "platform",
        "organiser",
        "organiser_level",
        "approved_by",
    },
    "application": {"kind", "person", "applied_on", "title_obtained_on", "minimum_years", "committee"},
}


def problems(lines: Sequence[str]) -> dict[int, set[str]]:
    """Line number (from 1) to the fields that may be blamed, for each bad line."""
    found: dict[int, set[str]] = {}
    facts: dict[int, dict[str, Any]] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            fact = json.loads(line)
        except ValueError:
            found[number] = {WHOLE_LINE}
            continue
        if not isinstance(fact, dict):
            found[number] = {WHOLE_LINE}
            continue
        facts[number] = fact
        if fields := set(alone(fact)):
            found[number] = fields
    for number, field in together({n: fact for n, fact in facts.items() if n not in found}):
        found.setdefault(number, set()).add(field)
    return found


def alone(fact: dict[str, Any]) -> Iterator[str]:
    """The fields that are wrong whatever the other lines say."""
    kind = fact.get("kind")
    if not isinstance(kind, str) or kind not in FIELDS:
        yield "kind"
        return
    yield from set(fact) - FIELDS[kind]
    if not is_text(fact.get("person")):
        yield "person"
    yield from {"affiliation": affiliation, "entry": entry, "application": application}[kind](fact)


def affiliation(fact: dict[str, Any]) -> Iterator[str]:
    if not is_date(fact.get("from")):
        yield "from"
    if "to" in fact and (not is_date(fact["to"]) or fact["to"] < str(fact.get("from"))):
        yield "to"
    if not isinstance(fact.get("region"), str) or not re.fullmatch("[0-9]{6}", fact["region"]):
        yield "region"
    if fact.get("sector") not in SECTORS:
        yield "sector"


def application(fact: dict[str, Any]) -> Iterator[str]:
    for name in ("applied_on", "title_obtained_on"):
        if not is_date(fact.get(name)):
            yield name
    if not is_count(fact.get("minimum_years")):
        yield "minimum_years"
    if fact.get("committee", "outside") != "outside":
        yield "committee"


def entry(fact: dict[str, Any]) -> Iterator[str]:
    if not is_text(fact.get("id")):
        yield "id"
    for name in ("date", "starts", "ends", "filed_on", "submitted_on"):
        if (name in fact or name == "date") and not is_date(fact.get(name)):
            yield name
    route, category = fact.get("route"), fact.get("category")
    if category not in CATEGORIES:
        yield "category"
    if not isinstance(route, str) or route not in ROUTES:
        yield "route"
        return
    if category in CATEGORIES and (route == "course") == (category == "professional"):
        yield from ("category", "route")
    yield from quantity(fact, route)
    yield from level_and_rank(fact, route)
    yield from confirmation(fact)
    if "filed_on" in fact and "starts" not in fact:
        yield from ("starts", "filed_on")
    if "year" in fact and is_date(fact.get("date")):
        yield from chosen_year(fact)


def quantity(fact: dict[str, Any], route: str) -> Iterator[str]:
    if route == "courseware":
        if ("hours" in fact) == ("minutes" in fact):
            yield from ("hours", "minutes")
        elif "hours" in fact and not is_decimal(fact["hours"]):
            yield "hours"
        elif "minutes" in fact and not is_count(fact["minutes"]):
            yield "minutes"
        return
    name = QUANTITY.get(route)
    if name in ("days", "hours"):
        if not is_decimal(fact.get(name)) or (name == "days" and Decimal(fact[name]) % Decimal("0.5")):
            yield name
    elif name is not None and not is_count(fact.get(name)):
        yield name
    if route == "course" and fact.get("completed_by") not in ("exam", "completion"):
        yield "completed_by"


def level_and_rank(fact: dict[str, Any], route: str) -> Iterator[str]:
    optional = route == "book" and "level" not in fact
    if (
        (route not in LEVELS
        and "level" in fact)
        or (route in LEVELS
        and not optional
        and fact.get("level") not in LEVELS[route])
    ):
        yield "level"
    if route in WITH_RANK and not is_count(fact.get("rank")):
        yield "rank"


def confirmation(fact: dict[str, Any]) -> Iterator[str]:
    if "confirmed_hours" in fact and not is_decimal(fact["confirmed_hours"]):
        yield "confirmed_hours"
    if "document" in fact and not is_text(fact["document"]):
        yield "document"
    if ("confirmed_hours" in fact) != ("document" in fact):
        yield from ("confirmed_hours", "document")


def chosen_year(fact: dict[str, Any]) -> Iterator[str]:
    """`year` is that of `date`, or one of the two that the occasion spans."""
    if not is_count(fact["year"]):
        yield "year"
    elif fact["year"] != int(fact["date"][:4]) and fact["year"] not in spanned(fact):
        yield from ("year", "starts", "ends")


def spanned(fact: dict[str, Any]) -> tuple[int, ...]:
    """The two years of an occasion across New Year; none for any other."""
    if not is_date(fact.get("starts")) or not is_date(fact.get("ends")):
        return ()
    first, last = int(fact["starts"][:4]), int(fact["ends"][:4])
    return (first, last) if first < last else ()


def together(facts: dict[int, dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """What is wrong only beside the other lines of the file."""
    affiliations: dict[str, list[dict[str, Any]]] = {}
    for number, fact in facts.items():
        if fact["kind"] == "affiliation":
            earlier = affiliations.setdefault(fact["person"], [])
            if any(each["from"] == fact["from"] for each in earlier):
                yield number, "from"
            earlier.append(fact)
    seen: set[str] = set()
    for number, fact in facts.items():
        if fact["kind"] != "entry":
            continue
        if fact["id"] in seen:
            yield number, "id"
        seen.add(fact["id"])
        held = affiliations.get(fact["person"], [])
        if affiliation_on(held, date.fromisoformat(fact["date"])) is None:
            yield number, "date"
        if "year" in fact and held and fact["year"] < min(int(each["from"][:4]) for each in held):
            yield number, "year"


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def is_date(value: object) -> bool:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_decimal(value: object) -> bool:
    return (
        isinstance(value, str)
        and re.fullmatch(r"[0-9]+(\.[0-9]{1,2})?", value) is not None
        and Decimal(value) > 0
    )
