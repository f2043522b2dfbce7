"""One fact before the law, asked for step by step: what to ask next, and what the fact is worth in words.

Asked is only what the law of that date and place needs: the fields that the route must carry, then those that a
condition of one of its clauses would look at. The latter may be left out, which the law takes as shown,
except a filing.

`tests/policies/test_trial.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from policies.assess import MANUAL, REFUSED, RULED, UNRULED
from policies.errors import BadLine
from policies.facts import Affiliation, check_date, check_value
from policies.law import Law
from policies.lines import entry_steps, text
from policies.person import Bench, PersonRuling
from policies.places import places_of
from policies.rulebook import Condition
from policies.shapes import check_affiliation
from policies.words import Field, Route, is_region

PERSON: Final = "某人"
PLACE: Final = ("date", "region", "sector")
VERDICTS: Final = {RULED: "认定", MANUAL: "按确认数计", REFUSED: "不计", UNRULED: "待定"}


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask next about a fact: the field, words for people, and the values to choose from, if closed."""

    field: str
    words: str
    choices: tuple[tuple[str, str], ...] = ()
    optional: bool = False


def next_question(law: Law, known: Mapping[str, Any]) -> Question | None:
    """The next thing that the law needs to know of one fact; None when it knows enough. None in `known` is left out."""
    words = law.vocabulary
    if "date" not in known:
        return Question("date", f"{words.field_name('date')}（YYYY-MM-DD）")
    if "region" not in known:
        return Question("region", "人事隶属地的六位区划代码（如 330203；省本级 330000）")
    if "sector" not in known:
        return Question("sector", "行业", tuple(words.sectors.items()))
    if "route" not in known:
        routes = tuple((one.code, one.name) for one in words.routes.values())
        return Question("route", words.field_name("route"), routes)
    route = words.routes.get(known["route"])
    if route is None:
        return None
    return next((one for one in _of_route(law, route, known) if not _answered(one, route, known)), None)


def _answered(question: Question, route: Route, known: Mapping[str, Any]) -> bool:
    names = route.quantity if question.field in route.quantity else (question.field,)
    return any(name in known for name in names)


def _of_route(law: Law, route: Route, known: Mapping[str, Any]) -> Iterator[Question]:
    """Every question about an entry of this route, in order."""
    words = law.vocabulary
    if len(route.categories) > 1:
        yield Question("category", words.field_name("category"),
                       tuple((one, words.categories[one]) for one in route.categories))
    if route.levels:
        levels = tuple((level, words.level_name(level, route.code)) for level in route.levels)
        yield Question("level", words.field_name("level"), levels, optional=route.level_optional)
    for name in route.quantity:
        hint = "（半天为 0.5）" if name == "days" else ""
        others = [words.field_name(other) for other in route.quantity if other != name]
        instead = f"（没有的不填，改填{'、'.join(others)}）" if others else ""
        yield Question(name, words.field_name(name) + hint + (instead if name == route.quantity[0] else ""))
    for name in (*(("rank",) if route.ranked else ()), *route.needs):
        yield _of_field(words.fields[name], optional=False)
    asked = dict.fromkeys(name for one in _conditions(law, route, known) for name in _looked_at(one, known))
    if route.code == "other":
        asked |= dict.fromkeys(("confirmed_hours", *(("document",) if known.get("confirmed_hours") else ())))
    for name in asked:
        if name not in (*route.quantity, *route.needs):
            yield _of_field(words.fields[name], optional=True)


def _of_field(one: Field, *, optional: bool) -> Question:
    choices = tuple((value, one.names.get(value, value)) for value in one.among)
    form = "（YYYY-MM-DD）" if one.kind == "date" else ""
    return Question(one.code, (one.name or one.code) + form, choices, optional)


def _conditions(law: Law, route: Route, known: Mapping[str, Any]) -> Iterator[Condition]:
    """The conditions that could refuse an entry of this route, on that day and at that place."""
    try:
        day = check_date("date", known["date"])
    except BadLine:
        return
    category = known.get("category") or route.categories[0]
    layer = law.layer(law.interval(day), known["region"], known["sector"], known.get("major"))
    for _, clause in layer.clauses.get((category, route.code), ()):
        yield from clause.conditions
    for _, condition in layer.binding.get((category, route.code), ()):
        yield condition


def _looked_at(condition: Condition, known: Mapping[str, Any]) -> Iterator[str]:
    if condition.when is not None:
        yield condition.when.field
        if known.get(condition.when.field) not in condition.when.among:
            return
    if condition.filing is not None:
        yield condition.filing.by
        if known.get(condition.filing.by) is not None:
            yield condition.filing.before
    elif condition.field is not None:
        yield condition.field


def parsed(law: Law, field: str, answer: str) -> Any:
    """A typed answer as the fact holds it, its form checked. Raises `BadLine`."""
    one = law.vocabulary.fields.get(field)
    plain = answer.isascii() and answer.isdigit() and len(answer) < 12
    return checked(law, field, int(answer) if one is not None and one.kind == "integer" and plain else answer)


def checked(law: Law, field: str, value: object) -> Any:
    """The value of a field, if it has the field's form. Raises `BadLine`."""
    words = law.vocabulary
    if field == "region":
        if not isinstance(value, str) or not is_region(value):
            raise BadLine("region", value, "应为六位 GB/T 2260 区划代码，如 330203；省本级为 330000")
    elif field in ("sector", "route"):
        check_value(Field(field, "choice", among=tuple(words.sectors if field == "sector" else words.routes)), value)
    elif field not in words.fields:
        raise BadLine(field, value, f"没有这个字段；可用 {'、'.join((*PLACE[1:], *words.fields))}")
    else:
        check_value(words.fields[field], value)
    return value


def tried(law: Law, known: Mapping[str, Any]) -> PersonRuling:
    """The ruling on one fact, alone in its year. Raises `BadLine`."""
    bench = Bench(law)
    given = {name: value for name, value in known.items() if value is not None}
    check_date("date", given.get("date"))
    row = {"kind": "affiliation", "person": PERSON, "from": given["date"]}
    row |= {name: given[name] for name in ("region", "sector", "major") if name in given}
    place = bench.reader.read(msgspec.json.encode(row))
    assert isinstance(place, Affiliation)
    span = check_affiliation(place, law.vocabulary)
    values = {name: value for name, value in given.items() if name not in PLACE[1:]}
    route = law.vocabulary.routes.get(values.get("route", ""))
    if route is not None and len(route.categories) == 1:
        values.setdefault("category", route.categories[0])
    entry = bench.entry(**{"id": "1", "person": PERSON, **values})
    return bench.judge(places_of([(*span, place)]), [entry])


def told(ruled: PersonRuling) -> str:
    """What the fact is worth, step by step, with the words of the law."""
    ruling = ruled.weighed[0].ruling
    by = f"{ruling.rulebook} {ruling.article}" if ruling.rulebook else "没有细则规定"
    assessed, counted = text(ruling.assessed), text(ruled.folded.counted[0])
    lines = [f"{VERDICTS[ruling.status]}  核定 {assessed} 学时，计入 {counted} 学时  {by}"]
    for number, step in enumerate(entry_steps(ruled, 0), 1):
        lines.append(f"  {number}. {f'{step.article} ' if step.article else ''}{step.arithmetic}")
        lines += [f"     原文：{step.quote}"] if step.quote else []
    return "\n".join(lines) + "\n"
