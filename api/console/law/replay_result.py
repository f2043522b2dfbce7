"""What a replay came to: its sums, the rows of people page by page, and one person's year under both laws.

Sums are shown to the office that makes rules, as its report has them (`api.replays.page`); rows to officials within
whose sight people are, for a purpose, recorded, with masked names. A row leads to the year side by side, and that to
the first step at which the two laws part. `tests/console/test_replay_screens.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from flask import Response, request

from api.cases.belonging.people import identity_of
from api.cases.doing import Reading
from api.cases.law import replay_reports, replay_rows, replay_years
from api.cases.law.replay_checks import rulebooks_of
from api.console import deeds, words
from api.console.as_read import file_as_read
from api.console.claiming.claim import done_before
from api.console.law import announcing, replay_check
from api.console.law.replay_lead import lead
from api.console.law.replay_names import names_in
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.paper.saved import disposition
from api.paper.tables_out import Table, Value
from api.replays.names import Names
from api.replays.page import asked_words, effect_words, view
from api.routes.paging import Cursor, read_cursor, write_cursor
from api.words.year_page import moment as written
from api.words.year_page import region
from ledger.errors import Refusal
from ledger.vocabulary import format_hours, parse_hours
from policies.words import base_vocabulary

ROWS: Final = 50
AT_ONCE: Final = 500
"""So many rows of a file are read, recorded as seen and written at a time."""

KINDS: Final = {"person-years": "个人年度", "entries": "学时记录", "titles": "职称"}
MET: Final[Mapping[bool | None, words.Mark]] = {
    True: ("met", "✓", "达标"), False: ("short", "✗", "未达标"), None: ("open", "…", "未定")}
_SUMS: Final = (("total", "合计"), ("professional", "专业科目"), ("sector_public", "行业公需科目"),
                ("general_public", "一般公需科目"), ("exam_hours", "考试、考核所得"))
_HOW: Final = {"worth": "核定不同", "room": "上限之下所余不同", "duplicate": "重复的取舍不同"}
_TITLE_KINDS: Final = {"granted": "已取得", "next": "下一次申报", "first": "首次申报"}


def sums(asking: Asking, job: Mapping[str, Any]) -> Shown:
    """The report of a job that is done."""
    house, caller, name = asking.house, asking.caller, str(job["job"])
    told = replay_reports.report(house, caller, name)
    if isinstance(told, Refusal):
        return told
    made = replay_reports.file(house, caller, name, "report.json")
    if isinstance(made, Refusal):
        return made
    report = announcing.announced(asking, name)
    if isinstance(report, Refusal):
        return report
    can_announce = any(one.why is None for one in deeds.offered(asking, announcing.ROOM, report))
    mine = replay_rows.may_read(house, caller, name) is None
    said = json.loads(made.content)
    return Page("replay_result.html", {
        **view(said, told["digest"]), "lead": lead(said), "job": job, "files": told["files"], "written": written,
        "kinds": KINDS, "reads_rows": mine, "sizes": words.size, "announced_on": report.state,
        "can_announce": can_announce, "done": done_before(asking), "check": replay_check.stands(
            asking, told["digest"], rulebooks_of(told["question"])) if report.state else None,
    }, told)


def file(asking: Asking, job: str, name: str) -> Shown:
    """A file of a report that speaks of nobody, to be kept."""
    found = replay_reports.file(asking.house, asking.caller, job, name)
    if isinstance(found, Refusal):
        return found
    how = {"Content-Disposition": disposition(f"重放报告-{job}-{found.name.rpartition('.')[0]}", found.name)}
    return Response(found.content, content_type=found.media_type, headers=how)


# Rows


def person_years(asking: Asking, job: str) -> Shown:
    """Person-years whose hours or verdict changed."""
    return _rows(asking, job, "person-years", _person_year, (
        "编号", "姓名", "年度", "地区", "行业", "原合计", "新合计", "变化", "原结论", "新结论"))


def entries(asking: Asking, job: str) -> Shown:
    """Entries that count otherwise, with the clauses that moved them."""
    return _rows(asking, job, "entries", _entry, (
        "编号", "姓名", "年度", "申报编号", "原计入", "新计入", "变化", "变动", "原依据", "新依据"))


def titles(asking: Asking, job: str) -> Shown:
    """Titles that rest on other years."""
    return _rows(asking, job, "titles", _title, (
        "编号", "姓名", "职称", "级别", "日期", "地区", "行业", "所依年份", "原达标年数", "新达标年数"))


Told = Callable[[Mapping[str, Any], Names], tuple[Value, ...]]


def _rows(asking: Asking, job: str, kind: str, tell: Told, heads: Sequence[str]) -> Shown:
    house, purpose = asking.house, asking.purpose
    if no := replay_rows.may_read(house, asking.caller, job):
        return no
    if request.path.endswith(".csv"):
        return _file_of_rows(asking, job, kind, tell, heads)
    can_rank = replay_rows.can_rank(house, job, kind.replace("-", "_"))
    is_ranked = can_rank and request.args.get("order") == "change"
    name = f"{kind} {'by change' if is_ranked else ''}"  # A cursor is of one order.
    found = _page(asking, job, kind, purpose, name, is_ranked=is_ranked)
    if isinstance(found, Refusal):
        return found
    names = names_of(house, [one["person"] for one in found.items])
    called = names_in(house, found.question, found.names)
    rows = [{**one, "name": names[one["person"]], "told": tell(one, called)} for one in found.items]
    following = None
    if found.next is not None:
        following = write_cursor(house.cursor_key, _question(asking, job, name), Cursor(0, list(found.next)))
    question = found.question
    return Page("replay_rows.html", {
        **asked_words(question, called), "job": job, "kind": kind, "kinds": KINDS, "rows": rows, "heads": heads[2:],
        "purpose": purpose, "purposes": words.PURPOSES, "next": following, "is_first": "cursor" not in request.args,
        "can_rank": can_rank, "order": {"order": "change"} if is_ranked else {},
        "met": MET, "clause": called.clause, "how": _HOW, "changed": changed,
    }, {"items": [{name: one[name] for name in one if name != "told"} for one in rows], "next": following,
        "question": question, "digest": found.digest, "sha256": found.sha256})


def _file_of_rows(asking: Asking, job: str, kind: str, tell: Told, heads: Sequence[str]) -> Shown:
    """Every row that somebody may see, however many, as they stand in the report; each is recorded as it is written."""
    purpose = asking.purpose  # Of the request, which is over while the file is still being written.

    def some(after: tuple[int, int]) -> replay_rows.Rows | Refusal:
        return replay_rows.rows(asking.house, asking.caller, job, kind.replace("-", "_"), purpose, after=after,
                                limit=AT_ONCE, what=("replay", "identity"))

    begun = some((0, 0))
    if isinstance(begun, Refusal):
        return begun

    called = names_in(asking.house, begun.question, begun.names)

    def told(some: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Value]]:
        names = names_of(asking.house, [one["person"] for one in some])
        yield from ((one["person"], names[one["person"]], *tell(one, called)) for one in some)

    question = begun.question
    table = Table(f"replay-{kind}", f"重放：{KINDS[kind]}", heads, (), question["as_of"], question["as_of_time"],
                  {"报告摘要": begun.digest})
    return file_as_read(table, begun, some, told)


def _page(
    asking: Asking, job: str, kind: str, purpose: str | None, name: str, *, is_ranked: bool
) -> replay_rows.Rows | Refusal:
    """A page of rows from where the address says."""
    after: tuple[int, int] = (0, 0)
    if cursor := request.args.get("cursor"):
        _, (line, offset) = read_cursor(asking.house.cursor_key, _question(asking, job, name), cursor)
        after = (line, offset)
    return replay_rows.rows(asking.house, asking.caller, job, kind.replace("-", "_"), purpose, after=after, limit=ROWS,
                            what=("replay", "identity"), largest_first=is_ranked)


def _question(asking: Asking, job: str, name: str) -> str:
    return json.dumps(["console", asking.caller.scope, job, name])


def names_of(house: House, people: Iterable[str]) -> dict[str, str]:
    """Masked names; of whoever's key is destroyed, that it is."""
    reading, found = Reading(house.ledger), {}
    for person in dict.fromkeys(people):
        known = reading.person(person)
        identity = None if known is None else identity_of(house, known)
        found[person] = "（已注销）" if identity is None else str(identity["name"])
    return found


def _person_year(row: Mapping[str, Any], called: Names) -> tuple[Value, ...]:
    old, new = row["old"], row["new"]
    return (row["year"], _region(row), called.sector(row["sector"] or ""), old["total"], new["total"],
            Decimal(row["change"]), MET[old["met"]][2], MET[new["met"]][2])


def _region(row: Mapping[str, Any]) -> str:
    return region(row["region"]) if row["region"] else "（无归属）"


def _entry(row: Mapping[str, Any], called: Names) -> tuple[Value, ...]:
    return (row["year"], row["entry"], row["old"], row["new"], Decimal(row["change"]), _HOW[row["how"]],
            called.clause(row["old_clause"]), called.clause(row["new_clause"]))


def _title(row: Mapping[str, Any], called: Names) -> tuple[Value, ...]:
    return (_TITLE_KINDS[row["kind"]], row["level"], row["on"], _region(row),
            called.sector(row["sector"] or ""), effect_words(row), row["old"]["years_met"],
            row["new"]["years_met"])


# One person's year


def year(asking: Asking, job: str, person: str, year: int) -> Shown:
    """A person's year under both laws, side by side."""
    house, purpose = asking.house, asking.purpose
    if no := replay_rows.may_read(house, asking.caller, job):
        return no
    both = replay_years.year(house, asking.caller, job, person, year, purpose)
    if isinstance(both, Refusal):
        return both
    called = names_in(house, both.question, both.names)
    common = {**asked_words(both.question, called), "job": job, "person": person, "year": year, "purpose": purpose,
              "name": names_of(house, [person])[person]}
    data = {"person": person, "year": year, "old": both.old, "new": both.new, "question": both.question}
    if both.old is None or both.new is None:
        return Page("replay_year.html", {**common, "rows": ()}, data, status=404)
    return Page("replay_year.html", {
        **common, "rows": side_by_side(both.old, both.new, called), "entries": entries_of(both.old, both.new),
        "documents": called.documents,
        "verdicts": (MET[both.old["evaluated"]["met"]], MET[both.new["evaluated"]["met"]]),
        "vocabulary": base_vocabulary(), "verdict": words.verdict,
    }, data)


def changed(old: str, new: str) -> dict[str, str] | None:
    """By how much a number of hours changed, with a sign and a word; None where it did not."""
    more = parse_hours(new) - parse_hours(old)
    if not more:
        return None
    return {"sign": "▲" if more > 0 else "▼", "word": "增" if more > 0 else "减", "hours": format_hours(abs(more)),
            "class": "met" if more > 0 else "short"}


def side_by_side(old: Mapping[str, Any], new: Mapping[str, Any], called: Names) -> list[dict[str, Any]]:
    """The sums and requirements of a year, as either law has them."""
    before, after = old["evaluated"], new["evaluated"]
    rows = [{"words": title, "old": before[name], "new": after[name], "change": changed(before[name], after[name]),
             "marks": None} for name, title in _SUMS]
    asked: dict[str, dict[str, Any]] = {}
    for place, side in (("old", before), ("new", after)):
        for one in side["minimums"]:
            key = f"{one['rulebook']} {one['name']}"
            asked.setdefault(key, {"words": called.minimum(key), "old": None, "new": None})[place] = one
    return rows + [{**one, "change": None, "marks": tuple(
        None if one[side] is None else MET[one[side]["met"]] for side in ("old", "new"))} for one in asked.values()]


def entries_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries of a year with what either law makes of each; those that part with the step at which they do."""
    later = {one["claim"]: one for one in new["entries"]}
    found = []
    for one in old["entries"]:
        before, after = one["evaluated"], later[one["claim"]]["evaluated"]
        differ = any(before[name] != after[name] for name in ("status", "assessed", "counted", "rulebook", "clause"))
        found.append({**one, "old": before, "new": after, "change": changed(before["counted"], after["counted"]),
                      "differs": differ, "parting": parting(before["why"], after["why"]) if differ else None})
    return found


def parting(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The first step at which two laws say different things of an entry; of the one that has said all, None."""
    at = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other),
              min(len(old), len(new)))
    return {"number": at + 1, "old": old[at] if at < len(old) else None, "new": new[at] if at < len(new) else None}
