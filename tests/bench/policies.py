"""The law's four speeds: one person with reasons against zen-engine, the whole command, every case, static analysis.

zen-engine gets a decision table (JDM) made of the same rulebooks: one row for each clause, route, level and quantity,
the most specific rulebook first, with article and quoted words as outputs. It answers one entry's rate; shares, caps,
duplicates, sums, requirements and the verdict of each year, which are in our time, are not in its.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import zen

from policies.analysis import analyse
from policies.assess import Fact, assess
from policies.entries import Entry
from policies.facts import Affiliation
from policies.law import Law
from policies.person import Bench, PersonRuling
from policies.places import Place, places_of
from policies.rulebook import Clause, Rulebook
from policies.shapes import check_affiliation
from policies.shelf import drafts, shipped
from policies.soundness import QUANTITY
from policies.steps import of_ruling
from tests.bench import Figure, Race, seconds
from tests.bench.facts import ENTRIES_EACH, life, write

ROOT = Path(__file__).parents[2]
PERSONS = 400
ROUNDS = 7
CASES = 60_000
MILLION = 1_000_000


def rows() -> Iterator[Race | Figure]:
    yield from _one_person()
    yield _whole_command()
    yield _every_case()
    for name, books in (("the five", shipped().books), ("the five and every draft", shipped().books + drafts().books)):
        took = [seconds(lambda books=books: analyse(Law(books))) for _ in range(ROUNDS)]
        yield Figure(f"static analysis of {name}", statistics.median(took), "s", most=0.5)


# ── one person ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _one_person() -> Iterator[Race | Figure]:
    bench, random = Bench(Law(shipped().books)), Random(7)
    people = [_read(bench, random, f"p{number}") for number in range(PERSONS)]
    decision = zen.ZenEngine().create_decision(json.dumps(decision_table(shipped().books), ensure_ascii=False))
    asked = [_questions(places, entries) for places, entries in people]
    for (places, entries), questions in zip(people[:40], asked[:40], strict=True):
        _agree(bench.judge(places, entries), [decision.evaluate(each)["result"] for each in questions])
    yield Race(
        f"one person with {ENTRIES_EACH} entries, with reasons", "persons", PERSONS,
        lambda: [_told(bench.judge(places, entries)) for places, entries in people],
        lambda: [[decision.evaluate(each) for each in questions] for questions in asked],
        "zen-engine", 5.0, ROUNDS,
    )
    took = [seconds(lambda: [_told(bench.judge(*one)) for one in people]) for _ in range(ROUNDS)]
    yield Figure("the same, each", statistics.median(took) / PERSONS * 1e6, "µs", most=60)


def _told(ruled: PersonRuling) -> list[Any]:
    """The reasons of every entry, as they would be cited; written once for each distinct fact."""
    return [of_ruling(one.ruling) for one in ruled.weighed]


def _read(bench: Bench, random: Random, person: str) -> tuple[list[Place], list[Entry]]:
    held, entries = [], []
    for _, fact in sorted(life(random, person), key=lambda dated: dated[0]):   # As they are registered.
        if fact["kind"] == "entry":
            fact = {"kind": "entry", "id": f"e{len(entries)}", **fact}
        one = bench.read(json.dumps(fact, ensure_ascii=False).encode())
        if isinstance(one, Affiliation):
            held.append((*check_affiliation(one, bench.law.vocabulary), one))
        elif isinstance(one, Entry):
            entries.append(one)
    return places_of(held), entries


def _questions(places: list[Place], entries: list[Entry]) -> list[dict[str, Any]]:
    """The entries as zen-engine takes them: with the place, which our side finds by date, already found."""
    asked = []
    for entry in entries:
        values = entry.shape.values
        place = next(one for one in reversed(places) if entry.date >= "2022-07-01" or one is places[0])
        asked.append({
            "date": int(entry.date.replace("-", "")), "region": place.region, "sector": place.sector,
            "category": values["category"], "route": values["route"], "level": values.get("level", ""),
            "quantity": next((name for name in ("hours", "minutes") if name in values), ""),
        })
    return asked


def _agree(ruled: PersonRuling, answers: list[Any]) -> None:
    """Both found the same clause, or both none; what a condition refuses has its clause too."""
    for one, answer in zip(ruled.weighed, answers, strict=True):
        ours = (one.ruling.rulebook, one.ruling.clause.article) if one.ruling.clause is not None else (None, None)
        theirs = (answer["rulebook"], answer["article"]) if answer else (None, None)
        # A condition that binds is refused by another rulebook than the one that has the rate.
        assert ours[1] == theirs[1], (ours, theirs, one.ruling.fact)


def decision_table(books: tuple[Rulebook, ...]) -> dict[str, Any]:
    """The rates of these rulebooks as a JDM decision: first row wins."""
    ordered = sorted(books, key=lambda book: (book.scope.specificity, book.id), reverse=True)
    table = [row for book in ordered for clause in book.clauses for row in _table_rows(book, clause)]
    inputs = ("date", "region", "sector", "category", "route", "level", "quantity")
    outputs = ("rulebook", "article", "quote", "each", "hours_centi")
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": name} for name in inputs],
        "outputs": [{"id": f"out_{name}", "name": name, "field": name} for name in outputs],
        "rules": [{"_id": str(number), **row} for number, row in enumerate(table)],
    }
    nodes = [("in", "inputNode", None), ("table", "decisionTableNode", content), ("out", "outputNode", None)]
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [{"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}}
                  | ({"content": held} if held else {}) for name, kind, held in nodes],
        "edges": [{"id": "1", "type": "edge", "sourceId": "in", "targetId": "table"},
                  {"id": "2", "type": "edge", "sourceId": "table", "targetId": "out"}],
    }


def _table_rows(book: Rulebook, clause: Clause) -> Iterator[dict[str, str]]:
    if clause.rate is None:
        hours: dict[str, int] = dict.fromkeys(clause.levels, 0)
    elif clause.rate.by_level:
        hours = {**clause.rate.by_level, **{one: clause.rate.by_level[to] for one, to in clause.analogy.items()}}
    else:
        hours = {"": clause.rate.hours_centi or 0}
    quantity = QUANTITY.get(clause.rate.each, "") if clause.rate is not None else ""
    for category, route, (level, centi) in product(clause.categories, clause.routes, hours.items()):
        yield {
            "date": f">= {book.in_force_from:%Y%m%d}", "region": f'startsWith($, "{book.scope.region}")',
            "sector": json.dumps(book.scope.sector) if book.scope.sector else "", "category": json.dumps(category),
            "route": json.dumps(route), "level": json.dumps(level) if level else "",
            "quantity": json.dumps(quantity) if route == "courseware" else "",
            "out_rulebook": json.dumps(book.id), "out_article": json.dumps(clause.article, ensure_ascii=False),
            "out_quote": json.dumps(clause.quote, ensure_ascii=False),
            "out_each": json.dumps(clause.rate.each if clause.rate else "none"), "out_hours_centi": str(centi),
        }


# ── the rest ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _whole_command() -> Figure:
    """From standard input to standard output, the start of the interpreter included."""
    with TemporaryDirectory() as folder:
        facts = Path(folder) / "facts.ndjson"
        write(facts, -(-MILLION // ENTRIES_EACH))

        def once() -> None:
            with facts.open("rb") as given, (Path(folder) / "answers").open("wb") as taken:
                program = [sys.executable, "-m", "policies.evaluate"]
                subprocess.run(program, stdin=given, stdout=taken, cwd=ROOT, check=True)

        took = statistics.median(seconds(once) for _ in range(3))
    return Figure("evaluate, the whole command, a million entries (100,000 a second)", took, "s", most=10)


Case = tuple[tuple[int, str, str, None], Fact]


def cases(law: Law, count: int) -> list[Case]:
    """So many distinct cases of an entry, over places, stretches of dates, routes, levels, ranks and quantities."""
    random, words = Random(3), law.vocabulary
    found: dict[str, Case] = {}
    sectors, routes = list(words.sectors), list(words.routes.values())
    while len(found) < count:
        route = random.choice(routes)
        values: dict[str, Any] = {"category": random.choice(route.categories), "route": route.code}
        if route.levels:
            values["level"] = random.choice(route.levels)
        if route.ranked:
            values["rank"] = random.randint(1, 9)
        for name in route.quantity[:1]:
            whole = words.fields[name].kind == "integer"
            values[name] = random.randint(1, 100) * 5_000 if name == "characters" else random.randint(1, 60)
            values[name] = values[name] if whole else str(values[name])
        values |= dict.fromkeys(route.needs, "exam")
        place = (random.randint(1, len(law.edges)), random.choice(("330203", "330302", "330106", "330782", "330000")),
                 random.choice(sectors), None)
        lead = random.randint(-40, 400) if route.code.endswith("training") else None
        found.setdefault(repr((place, values, lead)), (place, Fact(values, None, lead)))
    return list(found.values())


def _every_case() -> Figure:
    books = shipped().books
    every = cases(Law(books), CASES)

    def ruled() -> None:
        law = Law(books)
        for place, fact in every:
            assess(law.layer(*place), fact)

    took = [seconds(ruled) for _ in range(ROUNDS)]
    return Figure(f"rule {CASES:,} distinct cases, each once", statistics.median(took), "s", most=0.3)
