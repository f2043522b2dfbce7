"""A person's year as a page shows it: the answer of `projections.years` put into Chinese words, nothing added.

Pure: what is shown is made of the answer, of the events it names and of the names of units. Every number carries what
it is made of: the entries of a sum, the steps of a ruling with their articles and quoted words, the events of a claim.

`tests/api/test_page.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from api.words.codes import REINSTATING, REVOKING
from ledger.identifiers import regions
from ledger.ids import PREFIXES
from ledger.vocabulary import format_hours, parse_hours
from policies.words import base_vocabulary

BAR_WIDTH: Final = 240
_ID: Final = re.compile(rf"{PREFIXES['claim']}[0-9a-z]+|[a-z][a-z-]*/\d{{4}}-\d\d-\d\d(?:\.\d+)?", re.ASCII)

_SUBJECTS: Final = {
    "total": ("总学时", ("professional", "sector_public", "general_public")),
    "professional": ("专业科目", ("professional",)),
    "public": ("公需科目", ("sector_public", "general_public")),
    "sector_public": ("行业公需科目", ("sector_public",)),
    "general_public": ("一般公需科目", ("general_public",)),
}
_Marks = Mapping[bool | None, tuple[str, str, str]]
_MET: Final = {True: ("met", "✓", "达标"), False: ("short", "✗", "未达标"), None: ("open", "…", "未定")}
_RUNNING: Final = {**_MET, False: ("open", "…", "年度未完")}  # Nobody has fallen short of a year that has days left.
_REASONS: Final = {"in_progress": "周期未满", "undetermined": "有待确认的学时"}
_STATES: Final = {
    "approved": ("met", "✓", "已登记"),
    "frozen": ("open", "‖", "已冻结"),
    "revoked": ("short", "⊘", "已撤销"),
}
_RULED: Final = {
    "refused": ("short", "✗", "不计"),
    "duplicate": ("open", "＝", "重复，只计一次"),
    "unruled": ("open", "…", "待确认"),
}
_FLAGS: Final = {"by_analogy": "比照执行", "late_filing": "逾期备案", "override": "主管部门认定"}
EVENTS: Final = {
    "claim.submitted": "提交", "claim.endorsed": "审核通过", "claim.assigned": "转办", "claim.returned": "退回修改",
    "claim.revised": "修改", "claim.withdrawn": "撤回", "claim.approved": "认定", "claim.refused": "驳回",
    "claim.corrected": "更正", "claim.upheld": "维持", "claim.frozen": "冻结", "claim.released": "解冻",
    "claim.revoked": "撤销", "claim.reinstated": "恢复", "claim.reopened": "重新审核", "claim.appealed": "申诉",
    "claim.appeal_withdrawn": "撤回申诉", "claim.appeal_dismissed": "申诉维持", "claim.appeal_allowed": "申诉改变",
}
BASES: Final = {**REVOKING, **REINSTATING}
"""On what a registration is taken away or put back."""

HANDS: Final = {
    "person": "本人", "unit": "用人单位", "sector_authority": "行业主管部门", "human_resources": "人力社保部门",
    "supervisor": "监督部门", "talent_market": "人才市场", "blasting_association": "爆破协会",
    "recognised_organiser": "认定的举办单位", "system": "系统",
}
QUANTITIES: Final = (
    ("days", "天"), ("hours", "学时"), ("minutes", "分钟"), ("subjects", "科"), ("courses", "门"), ("characters", "字"),
)
_LAWS: Final = {"then": "各日期当时有效的细则", "now": "现行细则"}


def year_view(
    answer: Mapping[str, Any], year: int, *, events: Mapping[int, Mapping[str, Any]], units: Mapping[str, str],
    documents: Mapping[str, str], today: date, beside: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Everything that one year's page shows: the events that entries name by position, units and documents by id.

    It leads to the answer's years, and to those beside them in which nothing is registered yet.
    """
    told = next(one for one in answer["years"] if one["year"] == year)
    titles = {entry["claim"]: entry["title"] or entry["date"] for one in answer["years"] for entry in one["entries"]}
    named = {claim: f"《{title}》" for claim, title in titles.items()} | dict(documents)
    entries = [_entry(one, events, documents, named) for one in told["entries"]]
    return {
        "year": year,
        "closed": None if (closed := told.get("closed")) is None else {
            **closed, "time": moment(closed["recorded_at"])},
        "years": [{"year": one["year"], "mark": _met(one, today), "count": len(one["entries"])}
                  for one in (*answer["years"], *beside)],
        "verdict": verdict(told, today),
        "differs": told["differs"],
        "rows": list(rows(told, today)),
        "differences": [{**one, "title": titles[one["entry"]],
                         "because": _named(one["because"], named)} for one in told["differences"]],
        "entries": entries,
        "assessed": _sum(one["decided"]["assessed"] for one in told["entries"] if one["status"] != "revoked"),
        "decided": told["decided"]["total"],
        "evaluated": told["evaluated"]["total"],
        "places": [_place(one, units) for one in reversed(answer["affiliations"])],
        "basis": basis_view(answer["basis"]),
        "documents": documents,
    }


def basis_view(basis: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer rests on, in words."""
    return {
        **basis,
        "time": moment(basis["as_of_time"]),
        "law_words": _LAWS.get(basis["law"], "指定的细则"),
        "rulebooks": [{**book, "short": book["digest"][:12]} for book in basis["rulebooks"]],
    }


def verdict(told: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The year in one line: reached or not, and what is short by the strictest requirement of each kind."""
    sums = told["evaluated"]
    short: dict[str, int] = {}
    for one in sums["minimums"]:
        if one["met"] is not True and one["name"] in _SUBJECTS:
            gap = parse_hours(one["need"]) - parse_hours(one["have"])
            short[one["name"]] = max(gap, short.get(one["name"], 0))
    words = [f"{title} {format_hours(short[name])}" for name, (title, _) in _SUBJECTS.items() if name in short]
    return {"mark": _met(told, today), "total": sums["total"], "short": "、".join(words)}


def _met(told: Mapping[str, Any], today: date) -> tuple[str, str, str]:
    return _marks(told, today)[told["evaluated"]["met"]]


def _marks(told: Mapping[str, Any], today: date) -> _Marks:
    return _MET if told["year"] < today.year else _RUNNING


def rows(told: Mapping[str, Any], today: date) -> Iterable[dict[str, Any]]:
    """One row a subject, with the strictest requirement that was made of it and every rulebook that makes one."""
    decided, evaluated, marks = told["decided"], told["evaluated"], _marks(told, today)
    asked: dict[tuple[str, int | None, int | None], list[Mapping[str, Any]]] = {}
    for one in evaluated["minimums"]:
        asked.setdefault((one["name"], one.get("from"), one.get("to")), []).append(one)
    shown = {name: () for name in _SUBJECTS if name != "public" or any(key[0] == "public" for key in asked)}
    for name in shown:
        made = next((due for key, due in asked.items() if key[0] == name), [])
        title, categories = _SUBJECTS[name]
        yield _row(name, title, _of(decided, categories), _of(evaluated, categories), made,
                   [one for one in told["entries"] if one["category"] in categories], evaluated["why"], marks)
    for (name, first, last), made in asked.items():
        if name not in _SUBJECTS:
            known = base_vocabulary().minimums.get(name)
            title = f"{known.name if known else name}（{first}–{last}）"
            yield _row(name, title, made[0]["have"], made[0]["have"], made, [], evaluated["why"], marks)


def _row(
    name: str, title: str, decided: str, evaluated: str, made: Sequence[Mapping[str, Any]],
    entries: Sequence[Mapping[str, Any]], why: Iterable[Mapping[str, Any]], marks: _Marks,
) -> dict[str, Any]:
    strictest = max(made, key=lambda one: parse_hours(one["need"]), default=None)
    need = None if strictest is None else strictest["need"]
    articles = {(one["rulebook"], one["article"]) for one in made}
    quotes = [one for one in why if one["step"] == "minimum" and (one["rulebook"], one["article"]) in articles
              and one["arithmetic"].startswith(title.split("（")[0])]
    mark = None
    if strictest is not None:
        mark = marks[strictest["met"]]
        if strictest.get("reason"):
            mark = (*mark[:2], _REASONS.get(strictest["reason"], mark[2]))
    return {
        "name": name, "title": title, "decided": decided, "evaluated": evaluated, "need": need, "mark": mark,
        "gap": None if need is None else _gap(need, evaluated), "bar": None if need is None else _bar(need, evaluated),
        "quotes": quotes,
        "parts": [{"claim": one["claim"], "title": one["title"] or one["date"], "counted": one["evaluated"]["counted"]}
                  for one in entries if one["evaluated"]["counted"] != "0"],
    }


def _gap(need: str, have: str) -> str:
    return format_hours(max(parse_hours(need) - parse_hours(have), 0))


def _bar(need: str, have: str) -> dict[str, int]:
    """A bar as whole units of a picture: its scale is the larger of the two, so that neither leaves it."""
    wanted, there = parse_hours(need), parse_hours(have)
    scale = max(wanted, there, 1)
    return {"width": BAR_WIDTH, "have": there * BAR_WIDTH // scale, "need": wanted * BAR_WIDTH // scale}


def _of(sums: Mapping[str, Any], categories: Iterable[str]) -> str:
    return _sum(sums[name] for name in categories)


def _sum(hours: Iterable[str]) -> str:
    return format_hours(sum(map(parse_hours, hours)))


def _entry(
    entry: Mapping[str, Any], events: Mapping[int, Mapping[str, Any]], documents: Mapping[str, str],
    named: Mapping[str, str],
) -> dict[str, Any]:
    words = base_vocabulary()
    decided, evaluated = entry["decided"], entry["evaluated"]
    level = words.level_name(entry["level"], entry["route"]) if entry["level"] else None
    amounts = [f"{entry[name]} {unit}" for name, unit in QUANTITIES if entry.get(name) is not None]
    rank = f"第 {entry['rank']} 作者" if entry.get("rank") else None
    is_capped = evaluated["counted"] != evaluated["assessed"] and evaluated["status"] in ("ruled", "manual")
    state = _STATES.get(entry["status"], ("open", "…", entry["status"]))
    return {
        "claim": entry["claim"],
        "date": entry["date"],
        "title": entry["title"],
        "about": "，".join(part for part in (words.route_name(entry["route"]), level, *amounts, rank) if part),
        "category": words.categories.get(entry["category"], entry["category"]),
        "state": state if entry["status"] != "approved" else _RULED.get(evaluated["status"], state),
        "flags": [*(_FLAGS.get(flag, flag) for flag in evaluated["flags"]), *(["受上限"] if is_capped else []),
                  *(["关账后更正"] if entry.get("after_close") else [])],
        "decided": {**decided, "rests": _rests(decided["rulebook"], decided["clauses"], documents)},
        "evaluated": {**evaluated, "rests": _rests(evaluated["rulebook"], _clauses(entry), documents),
                      "why": [{**step, "arithmetic": _named(step["arithmetic"], named)}
                              for step in evaluated["why"]]},
        "events": [_event(position, events[position]) for position in entry["events"] if position in events],
    }


def _rests(rulebook: str | None, clauses: Sequence[str], documents: Mapping[str, str]) -> str:
    """A clause of a document; without a rulebook, the document by which an office confirmed the hours, if one did."""
    if rulebook is None:
        return " ".join(("主管部门确认", *clauses)) if clauses else "没有适用的条款"
    return " ".join((documents.get(rulebook, rulebook), *clauses))


def _clauses(entry: Mapping[str, Any]) -> Sequence[str]:
    """What an evaluation rests on: its clause, or where an office confirmed, what that office rested on."""
    evaluated = entry["evaluated"]
    if evaluated["status"] == "manual":
        return tuple(entry["decided"]["clauses"])
    return () if evaluated["clause"] is None else (evaluated["clause"],)


def _event(position: int, event: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(event["event"]["type"]).partition("/")[0]
    role = event["by"]["role"]
    return {"position": position, "time": moment(event["recorded_at"]), "words": EVENTS.get(kind, kind),
            "hand": HANDS.get(role, role)}


def moment(written: str | None) -> str:
    """A time as it is shown: to the second, as the log has it."""
    return "" if written is None else written[:19].replace("T", " ")


def _named(words: str, named: Mapping[str, str]) -> str:
    """Put titles and documents in the place of the ids that arithmetic names entries and rulebooks by."""
    return _ID.sub(lambda found: named.get(found[0], found[0]), words)


def _place(one: Mapping[str, Any], units: Mapping[str, str]) -> dict[str, Any]:
    words = base_vocabulary()
    major = f"，{one['major']}" if one["major"] else ""
    return {
        "unit": units.get(one["unit"], one["unit"]), "from": one["from"], "to": one["to"],
        "where": f"{region(one['region'])}，{words.sectors.get(one['sector'], one['sector'])}{major}",
        "event": one["event"],
    }


def region(code: str) -> str:
    """City and county in words, of a prefix too; a code without a name of its own stands as it is."""
    whole = code.ljust(6, "0")
    own = regions.span(whole)
    if own is None:
        return code
    above = regions.parent(whole)
    city = None if above is None or above == regions.PROVINCE else regions.span(above)
    return f"{city.name if city else ''}{own.name}"
