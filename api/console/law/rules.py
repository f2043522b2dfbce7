"""The rulebooks for everybody: which hold where, one beside its official text, two compared, and words looked for.

Of a past moment it is the law as it was enacted by then. What is told of a rulebook is found by
`api.cases.law.rulebook_reading`; how one comes into force stands in `proposals`.
`tests/console/test_rule_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from flask import request

from api.cases import workload
from api.cases.claiming.assignment import names_of
from api.cases.doing import Reading
from api.cases.law import proposals as cases
from api.cases.law import rulebook_reading as reading
from api.cases.law.rulebook_reading import OnShelf, Opened, Sentence
from api.cases.standing import acting
from api.console.claiming.claim import done_before, told_basis
from api.console.helping import GLOSSARY
from api.console.law import replay_check
from api.console.moment import Moment, asked_moment
from api.console.screen import Asking, Page, Shown
from api.console.words import Mark
from api.house import House
from api.law_of import law_now
from api.operational.callers import FOUNDER
from api.paper.tables_out import Table
from api.words.year_page import moment as written
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.vocabulary import format_hours
from policies.analysis import Finding
from policies.page import as_json_page
from policies.reading_words import in_words
from policies.render import words_of
from policies.rulebook import Rulebook
from policies.rules import TEXT, Change
from policies.soundness import fold
from projections.basis import written_time

STATES: Final[Mapping[str, Mark]] = {
    "in_force": ("met", "✓", "施行"), "later": ("open", "…", "未到施行日"), "superseded": ("", "–", "已被取代"),
    "ended": ("", "–", "已废止"), "off": ("", "‖", "停用"), "draft": ("open", "✎", "草案"),
    "proposed": ("open", "…", "待施行"),
}
PROPOSALS: Final[Mapping[str, Mark]] = {
    "open": ("open", "…", "待施行"), "enacted": ("met", "✓", "已施行"), "refused": ("short", "✗", "不予施行"),
    "withdrawn": ("", "–", "已撤回"), "overtaken": ("", "–", "已另行施行"),
}
FINDINGS: Final = {
    "gap": "没有规定", "overlap": "两条重叠", "never_wins": "不起作用", "level_out_of_reach": "级别到不了",
    "quote_used_twice": "引文用了两次", "number_not_quoted": "数字不在引文里",
}
_KINDS: Final = {"text": "原文", "row": "条款", "reading": "读法"}
_CHANGES: Final[Mapping[str, Mark]] = {
    "changed": ("open", "△", "改"), "dropped": ("short", "✗", "删"), "added": ("met", "＋", "增"),
}
_BESIDE: Final = 24


class Day(NamedTuple):
    """The moment at which the law is looked at: a position, and the day on which it is asked what is in force."""

    moment: Moment
    position: int
    day: date
    basis: dict[str, Any]


def at(asking: Asking, rest: tuple[str, ...] = ()) -> Day | Refusal:
    """Read the moment from the address."""
    moment = asked_moment(rest=rest)
    position = moment.position(asking.house)
    day = workload.counted_on(asking.house, moment.asked["as_of"])
    return Day(moment, position, day, asking.house.answers.reflects(position))


# The list


def listed(asking: Asking) -> Shown:
    """Every rulebook, where each holds, and the places in which words that are looked for stand."""
    now = at(asking, ("q",))
    if isinstance(now, Refusal):
        return now
    every = reading.shelf(asking.house, now.position, now.day)
    enacted, drafts = ([one for one in every if (one.enacted is None) is is_draft] for is_draft in (False, True))
    asked = now.moment.rest.get("q", "")
    hits = [_hit(one, asked) for one in reading.search(every, asked)]
    glossary = [pair for pair in GLOSSARY if asked and all(term in "".join(pair) for term in asked.split())]
    grid = _grid(asking, now)
    rows, proposals = [shelf_told(one) for one in enacted], proposed(asking, now.moment, now.position)
    name_hands(asking, proposals or ())
    return Page("rules.html", {
        "moment": now.moment, "basis": told_basis(now.basis), "rows": rows, "drafts": list(map(shelf_told, drafts)),
        "grid": grid, "day": now.day, "asked": asked, "hits": hits, "glossary": glossary,
        "is_cut": len(hits) == reading.FOUND_MOST, "proposals": proposals,
    }, {
        "items": list(map(reading.view, every)), "found": list(map(_hit_view, hits)),
        "coverage": [{"region": one["region"], "sectors": {cell["sector"]: [book.id for book in cell["books"]]
                                                           for cell in one["cells"]}} for one in grid],
        **({} if proposals is None else {"proposals": proposals}), **now.basis,
    }, _table(rows, now))


def shelf_told(one: OnShelf) -> dict[str, Any]:
    """A rulebook of the shelf as a row tells it."""
    book, enacted = one.book, one.enacted
    until = book.in_force_to or (None if enacted is None else enacted.last_day)
    return {
        "id": book.id, "href": f"/rules/{book.id}", "document": book.document, "title": book.title, "book": book,
        "issuers": "、".join(book.issuers), "from": book.in_force_from.isoformat(), "until": str(until or ""),
        "state": STATES[one.state], "where": _region(book.scope.region), "sector": _sector(book, book.scope.sector),
        "majors": "、".join(book.scope.majors), "event": None if enacted is None else enacted.event,
        "superseded_by": None if enacted is None else enacted.superseded_by, "is_draft": enacted is None,
    }


def _region(prefix: str) -> str:
    return region(prefix.ljust(6, "0"))


def _sector(book: Rulebook, code: str | None) -> str:
    return "各行业" if code is None else words_of(book).sectors.get(code, code)


def _table(rows: Sequence[Mapping[str, Any]], now: Day) -> Table:
    heads = ("细则", "文号", "名称", "发文", "施行", "止于", "地区", "行业", "状态", "事件")
    told = [(one["id"], one["document"], one["title"], one["issuers"], one["from"], one["until"], one["where"],
             one["sector"], one["state"][2], one["event"]) for one in rows]
    return Table("rules", "学时登记细则", heads, told, now.position, now.basis["as_of_time"])


def _grid(asking: Asking, now: Day) -> list[dict[str, Any]]:
    """Which rulebooks hold where and for whom, those that decide first in front."""
    sectors = law_now(asking.house.answers).vocabulary.sectors
    found = reading.coverage(asking.house, now.position, now.day)
    widest = min((len(code) for code, _ in found), default=0)
    return [{
        "region": code, "words": _region(code) + ("其他各地" if len(code) == widest and len(found) > 1 else ""),
        "cells": [{"sector": sector, "words": sectors.get(sector, sector), "books": books} for sector, books in cells],
    } for code, cells in found]


def proposed(asking: Asking, moment: Moment, position: int) -> list[dict[str, Any]] | None:
    """What was proposed, newest first, for whoever may see it; None for everybody else."""
    if asking.capacity.is_person or not moment.is_now:
        return None
    found = cases.proposals(asking.house, asking.caller, as_of=position)
    if isinstance(found, Refusal):
        return None
    return [{**proposed_told(asking.house, one), "is_own": one["proposed_by"] == asking.caller.id}
            for one in reversed(found["items"])]


def proposed_told(house: House, one: Mapping[str, Any]) -> dict[str, Any]:
    """A proposal as screens tell it: of which organisation whoever proposed and whoever ended it is."""
    ended = one["ended"]
    return {
        **one, "by": office_of(house, one["proposed_by"]), "name": "", "state": PROPOSALS[one["status"]],
        "time": written(one["recorded_at"]), "ended": ended and {
            **ended, "office": office_of(house, ended["by"]), "name": "", "time": written(ended["recorded_at"])},
    }


def name_hands(asking: Asking, told: Sequence[dict[str, Any]]) -> None:
    """Put beside each proposal by which colleague it is and was ended, masked and recorded; of others no name is told.

    Whoever installed the system is nobody's colleague.
    """
    hands = [one["proposed_by"] for one in told] + [one["ended"]["by"] for one in told if one["ended"]]
    actor = acting(asking.house, asking.caller)
    if isinstance(actor, Refusal):
        return
    known = names_of(asking.house, asking.caller, actor, hands, route="rulebook-proposals")
    words = {one: "本人" if it.is_self else it.name or "" for one, it in known.items()}
    for one in told:
        one["name"] = words[one["proposed_by"]]
        if one["ended"]:
            one["ended"]["name"] = words[one["ended"]["by"]]


def office_of(house: House, actor: str) -> str:
    """Of which organisation somebody is."""
    reader = Reading(house.ledger)
    found = reader.actor(actor)
    unit = None if found is None else reader.unit(found.organisation)
    return "安装者" if actor == FOUNDER else "" if unit is None else str(unit.names[-1].name)


def _hit(hit: reading.Hit, asked: str) -> dict[str, Any]:
    """A place that was found, with its words cut to what stands around the first of those that were looked for."""
    before, match, after = _around(hit.words, asked.split()[0])
    return {"hit": hit, "book": hit.shelf.book, "state": STATES[hit.shelf.state], "kind": _KINDS[hit.kind],
            "place": hit.place, "href": f"/rules/{hit.shelf.book.id}#{quote(hit.anchor)}",
            "before": before, "match": match, "after": after}


def _hit_view(one: Mapping[str, Any]) -> dict[str, Any]:
    hit: reading.Hit = one["hit"]
    return {"rulebook": hit.shelf.book.id, "kind": hit.kind, "place": hit.place, "words": hit.words,
            "href": one["href"]}


def _around(words: str, term: str) -> tuple[str, str, str]:
    """What stands before, at and after a word that was looked for; of what is far away, nothing."""
    folded, wanted = fold(words), fold(term)
    first = folded.index(wanted)
    last = first + len(wanted)
    start, end = max(0, first - _BESIDE), min(len(folded), last + 3 * _BESIDE)
    return (("…" if start else "") + folded[start:first], folded[first:last],
            folded[last:end] + ("…" if end < len(folded) else ""))


# One of them


def read(asking: Asking, family: str, version: str) -> Shown:
    """One rulebook beside its text."""
    now = at(asking)
    if isinstance(now, Refusal):
        return now
    found = reading.find(asking.house, f"{family}/{version}", now.position, now.day)
    if isinstance(found, Refusal):
        return found
    one = reading.opened(asking.house, found, now.position, now.day)
    if request.path.endswith(".json"):
        return Page("", data={**as_json_page(found.book), **reading.view(found), **reading.opened_view(one),
                              **now.basis})
    is_office = proposed(asking, now.moment, now.position) is not None
    told = opened_told(one)
    if now.moment.is_now and found.enacted is not None:
        for each in told["reports"]:
            each["check"] = replay_check.stands(asking, each["digest"], (*each["under"], *each["against"]))
    return Page("rule.html", {
        "moment": now.moment, "basis": told_basis(now.basis), "done": done_before(asking), "is_office": is_office,
        "proposal": None, "path": f"/rules/{found.book.id}", **told,
    })


def opened_told(one: Opened) -> dict[str, Any]:
    """What a template tells of a rulebook in full."""
    book = one.shelf.book
    counts = {} if one.counted is None else one.counted.by_clause
    by_article: dict[str, list[Any]] = {name: [] for name in _ruled(one.articles)}
    for each in one.examples:
        by_article.setdefault(each.article, []).append(each)
    by_article = {name: found for name, found in by_article.items() if found}
    return {
        "row": shelf_told(one.shelf), "book": book, "articles": one.articles,
        "named": reading.anchors(one.articles), "ruled": _ruled(one.articles),
        "contents": _contents(one.articles), "counted": one.counted,
        "counts": {clause: {"many": count.decisions, "hours": format_hours(count.assessed)}
                   for clause, count in counts.items()},
        "by_article": by_article, "at_example": {name: f"e{place}" for place, name in enumerate(by_article, 1)},
        "examples": one.examples, "wrong": [each for each in one.examples if not each.holds],
        "findings": findings_told(one.findings),
        "reports": [_report(book, each._asdict()) for each in one.reports],
        "others": [_other(book, each.book) for each in one.family],
        "said": in_words, "shown_in": _shown_in(one.articles), "shown_by": _shown_by(one.examples),
    }


def findings_told(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """What an author should look at, in rows."""
    return [{"kind": FINDINGS.get(one.kind, one.kind), "is_error": one.weight == "error", "where": one.where,
             "words": one.words, "example": "，".join(f"{name}={value}" for name, value in one.example.items())}
            for one in found]


def _other(book: Rulebook, other: Rulebook) -> dict[str, str]:
    """Another version of the same rulebook, and where the two are compared, the earlier first."""
    old, new = sorted((book, other), key=lambda one: (one.in_force_from, one.revision))
    version = other.id.partition("/")[2]
    return {"version": version, "href": f"/rules/{old.id}/{new.id.partition('/')[2]}"}


def _contents(articles: Iterable[Sequence[Sentence]]) -> list[str]:
    """The chapters and articles that begin somewhere."""
    return [piece.article for article in articles for sentence in article for piece in sentence.pieces
            if piece.is_article and piece.article]


def _ruled(articles: Iterable[Iterable[Sentence]]) -> list[str]:
    """The articles that some row speaks of, in the order of the text."""
    return list(dict.fromkeys(group.article for article in articles for sentence in article
                              for group in sentence.groups))


def _shown_in(articles: Iterable[Iterable[Sentence]]) -> dict[str, list[int]]:
    """Of each reading the sentences beside which a row was read so."""
    found: dict[str, list[int]] = {}
    for article in articles:
        for sentence in article:
            named = dict.fromkeys(one for group in sentence.groups for row in group.rows for one in row.readings)
            for one in named:
                found.setdefault(one, []).append(sentence.number)
    return found


def _shown_by(examples: Iterable[Any]) -> dict[str, int]:
    """Of each reading how many examples show it."""
    found: dict[str, int] = {}
    for one in examples:
        for reading_id in one.readings:
            found[reading_id] = found.get(reading_id, 0) + 1
    return found


def _report(book: Rulebook, one: Mapping[str, Any]) -> dict[str, Any]:
    """An impact report in a row."""
    narrowed = [_region(one["region"])] if one["region"] else []
    narrowed += [_sector(book, one["sector"])] if one["sector"] else []
    return {**one, "time": written(written_time(one["recorded_at"])), "where": "，".join(narrowed) or "全部",
            "check": None}


# Two of them


def compare(asking: Asking, family: str, old: str, new: str) -> Shown:
    """What one version of a rulebook changes of another."""
    now = at(asking)
    if isinstance(now, Refusal):
        return now
    found = reading.compared(asking.house, f"{family}/{old}", f"{family}/{new}", now.position, now.day)
    if isinstance(found, Refusal):
        return found
    one, two, changed = found
    return Page("rule_compare.html", {
        "moment": now.moment, "basis": told_basis(now.basis), "path": f"/rules/{family}/{old}/{new}",
        "old": shelf_told(one), "new": shelf_told(two), **changes_told(changed),
    }, {"old": one.book.id, "new": two.book.id, "changes": [change_view(each) for each in changed], **now.basis})


def changes_told(changed: Sequence[Change]) -> dict[str, Any]:
    """Changes for a template: of the rows, then of the words of the text."""
    told = [{"mark": _CHANGES[one.kind], "place": one.place.removeprefix(TEXT).strip() or "文首",
             "before": one.before, "after": one.after, "is_text": one.place.startswith(TEXT)} for one in changed]
    return {"row_changes": [one for one in told if not one["is_text"]],
            "text_changes": [one for one in told if one["is_text"]]}


def change_view(one: Change) -> dict[str, Any]:
    """A change as data."""
    return {"kind": one.kind, "place": one.place, "before": one.before, "after": one.after}
