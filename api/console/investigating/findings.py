"""Findings in the console: the list with its counts, one finding with all it rests on, the patterns, what is done.

A list says how many are concerned and not who. A finding is opened for a purpose and recorded; what can be done about
it is found by trying (`deeds.py`), upon the facts that the page shows.

`tests/console/test_finding_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from flask import request

from api.cases import cases
from api.cases.investigating import finding_acts as acts
from api.cases.investigating import findings, inquiries
from api.console import deeds, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import Deed, Pairs, Room, Subject
from api.console.form import Field
from api.console.investigating.case_words import FINDINGS as STATES
from api.console.investigating.case_words import kind_words, place
from api.console.law.replay_result import names_of
from api.console.moment import Moment, asked_moment
from api.console.records import named_units
from api.console.screen import Asking, Page, Shown
from api.console.tracing import lines
from api.house import House
from api.paper.tables_out import Table
from api.routes.paging import Cursor, read_cursor, write_cursor
from api.routes.schemas.findings import (
    FindingCaseBody,
    FindingReferralBody,
    GivingBody,
    RulingOutBody,
    SubstantiationBody,
    TakingUpBody,
)
from api.words import finding_words
from api.words.telling import CASE_KINDS
from api.words.year_page import moment as written
from ledger.errors import Refusal
from ledger.streams.finding import Finding
from projections.errors import ProjectionError
from projections.findings.worklist import Wanted

LIST: Final = "/findings"
PURPOSE: Final = "investigation"
ROWS: Final = 50
CSV_MOST: Final = 5_000
SEVERITIES: Final[Mapping[str, words.Mark]] = {
    "critical": ("short", "‼", "重大"), "high": ("short", "!", "高"), "medium": ("open", "!", "中"),
    "low": ("", "·", "低"),
}
_FILTERS: Final = ("pattern", "severity", "status", "owner", "overdue")
_USUAL_DAYS: Final = 30
NAMES_MOST: Final = 100
OWN_MOST: Final = 10
CASES_MOST: Final = 200


# The list


def listed(asking: Asking) -> Shown:
    """What was found where one supervises, the gravest and oldest first; with how many there are of what."""
    house, caller = asking.house, asking.caller
    moment = asked_moment(rest=(*_FILTERS, "person", "claim", "case", "purpose"))
    asked = findings.wanted(caller, {**moment.rest, "overdue": moment.rest.get("overdue") == "true"})
    position = moment.position(house)
    is_csv, question = request.path.endswith(".csv"), _question(asking, moment)
    after: tuple[Any, ...] | None = None
    if cursor := request.args.get("cursor"):
        position, place = read_cursor(house.cursor_key, question, cursor)
        after = tuple(place)
    page = findings.findings(
        house, caller, asked, asking.purpose, as_of=position, after=after, limit=CSV_MOST if is_csv else ROWS)
    if isinstance(page, Refusal):
        return page
    following = None if page.next is None else write_cursor(
        house.cursor_key, question, Cursor(page.as_of, list(page.next)))
    counts = findings.facets(house, caller, asked, as_of=page.as_of)
    unasked = findings.unasked(house, asked, as_of=page.as_of)
    rows, basis = [_row(one) for one in page.items], house.answers.reflects(page.as_of)
    return Page("findings.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "rows": rows,
        "facets": _facets(counts, moment), "counts": counts, "next": following, "is_first": after is None,
        "no_filters": {**moment.no_filters, "purpose": PURPOSE}, "is_narrowed": bool(moment.rest),
        "minutes": findings.minutes_between().get(moment.rest.get("pattern") or ""),
        "unasked": finding_words.unasked(unasked),
    }, {"items": list(page.items), "facets": counts, "unasked": unasked, "next": following, **basis},
        _table(page.items, basis, moment))


def _question(asking: Asking, moment: Moment) -> str:
    return f"console findings {asking.caller.scope} {sorted(moment.links.items())}"


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "grave": SEVERITIES[one["severity"]], "state": STATES[one["status"]], "concerned": concerned(one),
            "place": place(one), "found": one["found_at"][:10] if one["found_at"] else ""}


def concerned(one: Mapping[str, Any]) -> str:
    """How many it is about, and not who."""
    units = (("persons", "人"), ("claims", "项学时"), ("actors", "个账号"), ("organisers", "个单位"))
    return "，".join(f"{one['counts'][name]} {unit}" for name, unit in units if one["counts"][name])


def _facets(counts: Mapping[str, Any], moment: Moment) -> list[dict[str, Any]]:
    """What the list can be narrowed to, and how many there would be."""
    def choices(name: str, known: Mapping[str, str]) -> list[dict[str, Any]]:
        return [{"code": code, "words": told, "many": counts[name].get(code, 0)} for code, told in known.items()
                if counts[name].get(code) or moment.rest.get(name) == code]

    names = {code: f"{code} {title}" for code, title in findings.titles().items()}
    found = [
        {"name": "status", "title": "状态", "choices": choices("status", _words(STATES))},
        {"name": "severity", "title": "程度", "choices": choices("severity", _words(SEVERITIES))},
        {"name": "owner", "title": "承办", "choices": choices("owner", {"me": "我的", "nobody": "无人承办"})},
        {"name": "pattern", "title": "规则", "choices": choices("pattern", names)},
    ]
    if counts["overdue"] or "overdue" in moment.rest:
        late = [{"code": "true", "words": "已过期限", "many": counts["overdue"]}]
        found.insert(3, {"name": "overdue", "title": "期限", "choices": late})
    return [one for one in found if one["choices"]]


def _words(marks: Mapping[str, words.Mark]) -> dict[str, str]:
    return {code: mark[2] for code, mark in marks.items()}


def _table(items: Sequence[Mapping[str, Any]], basis: Mapping[str, Any], moment: Moment) -> Table:
    heads = ("线索", "规则", "名称", "程度", "状态", "地区", "发现", "人员", "学时", "账号", "单位", "承办", "期限",
             "案件", "事实摘要")
    return Table("findings", "核查线索", heads, [
        (one["finding"], one["pattern"], one["title"], SEVERITIES[one["severity"]][2], STATES[one["status"]][2],
         place(one), one["sentence"], *(one["counts"][name] for name in ("persons", "claims", "actors", "organisers")),
         one["owner"], one["due"], "、".join(one["cases"]), one["facts_sha256"]) for one in items],
        basis["as_of"], basis["as_of_time"], {name: value for name, value in moment.rest.items() if name != "purpose"})


# One of them


def detail(asking: Asking, finding: str) -> Shown:
    """What was seen, what it rests on, what speaks against it, who shares it, what was decided."""
    house, purpose, address = asking.house, asking.purpose, f"{LIST}/{finding}"
    moment = asked_moment(rest=("purpose",))
    position = moment.position(house)
    body = findings.finding(house, asking.caller, finding, purpose, as_of=None if moment.is_now else position)
    if isinstance(body, Refusal):
        return body
    beside = findings.beside(house, asking.caller, finding) if moment.is_now else []
    basis = house.answers.reflects(position)
    subject = _subject(asking, body)
    names = names_of(house, body["persons"][:NAMES_MOST])
    return Page("finding.html", {
        "moment": moment, "basis": told_basis(basis), "done": done_before(asking), "at": address, "body": body,
        "subject": subject, "purpose": purpose, "minutes": findings.minutes_between().get(body["pattern"]),
        "one": _row(body), "names": names, "units": named_units(house, body["organisers"]),
        "inputs": [_input(house, one, names) for one in body["rests_on"]],
        "beside": [] if isinstance(beside, Refusal) else [_row(one) for one in beside],
        "decisions": [{**one, "time": written(one["recorded_at"])} for one in reversed(body["decisions"])],
        "limit": _limit, "figures": _named(body["figures_words"]), "counter": _named(body["counter_words"]),
        "offered": deeds.offered(asking, FINDING, subject) if moment.is_now else [], "people_most": NAMES_MOST,
    }, {**body, **basis})


def _input(house: House, one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """An event that a finding rests on: what it is about and whose, as far as that stands open."""
    found = house.ledger.at(one["event"])
    facts: dict[str, Any] = {} if found is None else msgspec.to_builtins(found.envelope.event)
    return {**one, "time": written(one["recorded_at"]), "name": names.get(str(facts.get("person")), ""),
            "about": "，".join(lines.about(house, facts))}


def _limit(name: str, value: int | str) -> str:
    """A threshold's value as people read it: hours as hours, not in hundredths."""
    return finding_words.value(name, value, "")


def _named(told: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(one["name"], one["value"]) for one in told]


def patterns(asking: Asking) -> Shown:
    """Every pattern: what it looks for, why, its guard, its thresholds over time, how many it found."""
    found = findings.patterns(asking.house, asking.caller)
    if isinstance(found, Refusal):
        return found
    rows = [{**one, "grave": SEVERITIES[one["severity"]]} for one in found["items"]]
    return Page("finding_patterns.html", {
        "rows": rows, "states": STATES, "limit": _limit, "minutes": findings.minutes_between()}, found)


# What is done about one


def _see(asking: Asking, finding: str) -> Subject | Refusal:
    body = findings.head(asking.house, asking.caller, finding)
    return body if isinstance(body, Refusal) else _subject(asking, body)


def _subject(asking: Asking, body: Mapping[str, Any]) -> Subject:
    def becomes(then: Any) -> Pairs:
        if not isinstance(then, Finding):
            return [*now[:3], ("案件", f"{len(body['cases']) + 1} 件"), ("新案所涉", concerned(inquiries.view(then)))]
        state = STATES[then.status(then.upon.facts_sha256)]
        return _stands(asking, state, then.owner, then.due, len(then.cases))

    now = _stands(asking, STATES[body["status"]], body["owner"], body["due"], len(body["cases"]))
    return Subject(body["finding"], f"{LIST}/{body['finding']}", f"{body['pattern']} {body['title']}", body["version"],
                   now, becomes, PURPOSE, body)


def _stands(asking: Asking, state: words.Mark, owner: str | None, due: date | str | None, cases: int) -> Pairs:
    return [("状态", state), ("承办", _owner(asking, owner)), ("期限", str(due or "—")),
            ("案件", f"{cases} 件" if cases else "—")]


def _owner(asking: Asking, owner: str | None) -> str:
    return "无人" if owner is None else "我" if owner == asking.caller.id else f"账号尾号 {owner[-4:]}"


_WORDS: Final = Field(
    "words", "理由", "words", hint="密封记入账本，只给监督此地的经办人看。", is_required=True, most=1000)


def _facts(subject: Subject) -> Field:
    """The facts that the page shows: the deed is upon these and no others."""
    return Field("facts_sha256", "事实摘要", "hidden", value=subject.state["facts_sha256"])


def _due(asking: Asking, *, is_required: bool = True) -> Field:
    until = asking.house.today + timedelta(days=_USUAL_DAYS)
    return Field("due", "期限", "date", is_required=is_required, value=until.isoformat() if is_required else "")


def _taking(asking: Asking, subject: Subject) -> Sequence[Field]:
    return _facts(subject), _due(asking)


def _giving(asking: Asking, subject: Subject) -> Sequence[Field]:
    able = acts.named_takers(asking.house, asking.caller, subject.id)
    return _facts(subject), Field("to", "转交给", "choice", tuple((one.actor, one.words) for one in able),
                                  is_required=True), _due(asking)


def _reasons(_: Asking, subject: Subject) -> Sequence[Field]:
    return _facts(subject), _WORDS


def _substantiating(_: Asking, subject: Subject) -> Sequence[Field]:
    basis = Field("basis", "依据的条款", is_required=True, most=200, hint="如 浙人社发〔2016〕63号 第十六条")
    return _facts(subject), basis, _WORDS


def _referring(_: Asking, subject: Subject) -> Sequence[Field]:
    return (_facts(subject), Field("to", "接收机关", is_required=True, most=200), Field("document", "移送文号"), _WORDS)


def _opening(asking: Asking, subject: Subject) -> Sequence[Field]:
    beside = findings.beside(asking.house, asking.caller, subject.id)
    others = () if isinstance(beside, Refusal) else tuple(
        (one["finding"], f"{one['pattern']} {one['sentence']}") for one in beside if one["status"] != "ruled_out")
    also = [Field("others", "并案的线索", "many", others)] if others else []
    return (_facts(subject), Field("kind", "事由", "choice", tuple(CASE_KINDS.items()), is_required=True),
            _due(asking, is_required=False), *also, _WORDS)


def _tried(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    """What each of them is tried with before anything is typed."""
    return {"facts_sha256": subject.state["facts_sha256"], "due": asking.house.today + timedelta(days=_USUAL_DAYS),
            "words": "-", "basis": "-", "to": "-", "kind": "falsification"}


def _tried_giving(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    able = acts.takers(asking.house, asking.caller, subject.id)
    return {**_tried(asking, subject), "to": able[0] if able else "-"}


FINDING: Final = Room(_see, deeds.named(
    Deed("taking-up", "承办", acts.take_up, TakingUpBody, _taking, _tried, "main",
         note="承办中的线索由承办人决定。记为一个事件。"),
    Deed("assignment", "转交同事", acts.give, GivingBody, _giving, _tried_giving,
         note="转交给本机构能监督此地、与线索无关的经办人。记为一个事件。"),
    Deed("case", "立案", acts.open_case, FindingCaseBody, _opening, _tried, depends=True,
         note="案件涉及线索所列的全部人员、学时和单位；立案后可冻结、推演、处理。"),
    Deed("substantiation", "认定属实", acts.substantiate, SubstantiationBody, _substantiating, _tried,
         note="只就现在的事实作出；学时的撤销另在案件中或逐项决定。记为一个事件，不能删除。"),
    Deed("referral", "移送", acts.refer, FindingReferralBody, _referring, _tried,
         note="移送后就同样的事实不再另作决定。记为一个事件，不能删除。"),
    Deed("ruling-out", "排除", acts.rule_out, RulingOutBody, _reasons, _tried,
         note="只就现在的事实作出：事实不变，不再提示；变了，重新待核查，并附上这次的理由。"),
))


# On the workbench


def investigating(asking: Asking, position: int) -> dict[str, Any]:
    """What waits for whoever investigates: by severity, what they have in hand, what is late, the cases of theirs."""
    house, caller = asking.house, asking.caller
    try:
        counts = findings.facets(house, caller, Wanted(status="pending"), as_of=position)
        own = findings.findings(house, caller, Wanted(status="pending", owner=caller.id), None, as_of=position,
                                after=None, limit=OWN_MOST)
    except ProjectionError as not_yet:  # The workbench is shown while the patterns are first asked.
        return {"why": str(not_yet)}
    led = cases.cases(house, caller, status="open", as_of=position, after=None, limit=CASES_MOST)
    today = house.today.isoformat()
    return {
        "waiting": counts["status"].get("pending", 0), "unowned": counts["owner"]["nobody"],
        "overdue": counts["overdue"],
        "severities": [{"code": code, "words": mark[2], "many": counts["severity"][code]}
                       for code, mark in SEVERITIES.items() if counts["severity"].get(code)],
        "own": [] if isinstance(own, Refusal) else [_row(one) for one in own.items],
        "cases": [] if isinstance(led, Refusal) else [
            {**one, "words": kind_words(one["kind"]), "place": place(one),
             "is_late": one["due"] is not None and one["due"] < today}
            for one in led.items if caller.id in one["members"]],
    }
