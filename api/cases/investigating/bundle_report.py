"""The report of a case (案情报告): what it is about, in figures, claim by claim and step by step, each with its event.

It says nothing that does not stand in the bundle beside it: an event number leads to a proof. What was blacked out is
blacked out here. As data it is `case.json`, for people `report.html` and `report.pdf`.

`tests/api/test_case_bundle.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from api.cases.investigating.bundle_contents import Contents, Told
from api.evidence.types import PAPER_KINDS
from api.house import House
from api.paper.documents import Document, Section, Table
from api.words.codes import purpose as purpose_words
from api.words.telling import CASE_KINDS, state, word
from api.words.telling import role as role_name
from api.words.year_page import region
from ledger.ids import PREFIXES
from ledger.vocabulary import format_hours
from projections.basis import written_time
from projections.entries_reading import year_of
from projections.event_kinds import kind_of, words

HIDDEN: Final = "［已遮盖］"
STATUSES: Final = {"open": "在办", "closed": "已办结"}
FINDINGS: Final = {"pending": "待核查", "ruled_out": "排除", "substantiated": "属实", "referred": "移送"}
WHYS: Final = {"case": "案件", "claim": "学时", "person": "身份", "act": "批次", "finding": "线索",
               "cited": "立案所依据", "chosen": "另行选附"}
_WHY_NOT: Final = {"redacted": "遮盖本不附", "destroyed": "密钥已销毁", "absent": "没有这份文件",
                   "damaged": "文件已损坏", "withheld": "不在调取权限内"}
_OF_ACTS: Final = {"act.chunk_written": "写入批次的一段", "act.closed": "批次关闭，生效", "act.abandoned": "批次放弃"}
"""What a timeline does not show, being no step of anybody's record."""
_CLOSED: Final = {"destroyed": "［密钥已销毁］", "withheld": "［未启封］", "redacted": HIDDEN}


def report_data(house: House, contents: Contents) -> dict[str, Any]:
    """What the report says, as data."""
    concerned = {*contents.case["persons"], *(contents.owners[one] for one in contents.claims)}
    names = {one: contents.name_of(one) for one in sorted(concerned)}
    claims = [_claim(house, contents, one, names) for one in contents.claims]
    return {
        "case": {name: value for name, value in contents.case.items() if name != "version"},
        "as_of": contents.as_of,
        "figures": _figures(contents, claims),
        "persons": [{"person": one, "name": name} for one, name in names.items()],
        "claims": claims,
        "findings": contents.detected.told(),
        "events": [_event(house, contents, one) for one in contents.events],
        "papers": [one._asdict() for one in contents.papers],
        "rulebooks": [{"rulebook": one.id, "document": one.document, "sha256": one.digest} for one in
                      contents.rulebooks],
        "redaction": contents.redaction._asdict(),
    }


def report(data: Mapping[str, Any], *, origin: str, purpose: str) -> Document:
    """The same for people."""
    one, figures = data["case"], data["figures"]
    hidden = data["redaction"]["persons"] or data["redaction"]["fields"]
    head = Section(pairs=(
        ("案件", one["case"]), ("事由", CASE_KINDS.get(one["kind"], one["kind"])), ("地区", region(one["region"])),
        ("行业", word("sector", one["sector"]) if one["sector"] else None), ("核查规则", one["pattern"]),
        ("立案", one["opened_at"][:10]), ("状态", STATUSES.get(one["status"], one["status"])),
        ("结论", FINDINGS.get(one["finding"], one["finding"])), ("移送", one["referred_to"]),
        ("办结限期", None if one["due"] is None else str(one["due"])),
        ("材料截至", f"{origin} 第 {data['as_of']} 个事件"), ("调取目的", purpose_words(purpose)),
    ))
    return Document(
        "监察案件移送材料", one["case"], [
            head, *_told_in_figures(figures), _told_claims(data["claims"]), _told_course(data),
            _told_papers(data["papers"]), _told_rulebooks(data["rulebooks"]),
            *_told_findings(data["findings"]), _HOW],
        mark="遮盖本：部分内容已遮盖，事件、证明和签章不受影响" if hidden else None, wide=True)


_HOW: Final = Section("核验", (
    "每一事件的证明在 proofs 文件夹，凭签名的检查点核对；密封部分的盐和密文在 sealed 文件夹。"
    "整份材料用 xueshi verify 离线核验：改动任何一个字节都会被发现。",
    "登记机构的签章说明：材料由登记机构汇集，启封的文字与密封部分一致，佐证是登记时的原件。它不说明登记的内容属实。",
))


def _figures(contents: Contents, claims: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = Counter(kind_of(one.envelope.event) for one in contents.events
                    if one.part.why == "claim" and contents.is_in_force(one))
    years: dict[str, Counter[str]] = {}
    for one in claims:
        if one["year"] is not None:
            row = years.setdefault(str(one["year"]), Counter())
            row["claims"] += 1
            row["assessed_centi"] += one["assessed_centi"]
            row["revoked_centi"] += one["assessed_centi"] if one["status"] == "revoked" else 0
            row["frozen_centi"] += one["assessed_centi"] if one["status"] == "frozen" else 0
    return {
        "claims": len(claims), "persons": len({one["person"] for one in claims} | set(contents.case["persons"])),
        "actors": len(contents.case["actors"]), "organisers": len(contents.case["organisers"]),
        "events": len(contents.events), "papers": len({one.sha256 for one in contents.papers}),
        "by_status": dict(sorted(Counter(one["status"] for one in claims).items())),
        "by_step": {name: kinds[f"claim.{name}"] for name in ("frozen", "released", "revoked", "reinstated",
                                                             "corrected")},
        "by_year": {year: {"claims": row["claims"], **{
            name: format_hours(row[f"{name}_centi"]) for name in ("assessed", "revoked", "frozen")}}
            for year, row in sorted(years.items())},
        "assessed": format_hours(sum(one["assessed_centi"] for one in claims)),
        "revoked": format_hours(sum(one["assessed_centi"] for one in claims if one["status"] == "revoked")),
    }


def _claim(house: House, contents: Contents, claim: str, names: Mapping[str, str | None]) -> dict[str, Any]:
    """A claim as it stood, with the title that was last given to it."""
    version = house.answers.claim(claim, contents.as_of)[-1]
    events = contents.records[claim]
    title = next((one.fields["title"] for one in reversed(events) if "title" in one.fields), None)
    if title is None:
        title = next((_hidden(one) for one in reversed(events) if one.part.sealed not in ("none", "opened")), None)
    study, decision = version.study, version.decision
    return {
        "claim": claim, "person": version.person, "name": names.get(version.person), "title": title,
        "category": study.category.value, "route": study.route, "date": study.evidence_on.isoformat(),
        "year": None if decision is None else year_of(version), "status": version.status, "origin": version.origin,
        "assessed_centi": 0 if decision is None else decision.assessed_centi,
        "assessed": None if decision is None else format_hours(decision.assessed_centi),
        "rulebook": None if decision is None else decision.rulebook, "events": [one.position for one in events],
    }


def _hidden(one: Told) -> str:
    return _CLOSED.get(one.part.sealed, HIDDEN)


def _event(house: House, contents: Contents, one: Told) -> dict[str, Any]:
    """An event as a line of the course of things."""
    by, kind = one.envelope.by, kind_of(one.envelope.event)
    said = one.fields.get("words")
    if said is None and one.part.sealed != "none" and ("words" in one.hidden or not one.fields):
        said = _hidden(one)
    return {
        "position": one.position, "why": one.part.why, "kind": kind,
        "what": words().get(kind) or _OF_ACTS.get(kind, kind),
        "stream": one.envelope.stream, "recorded_at": written_time(one.envelope.recorded_at), "actor": by.actor,
        "role": by.role, "organisation": by.organisation,
        "organisation_name": _unit_name(house, by.organisation, one.position), "act": by.act,
        "in_force": contents.is_in_force(one),
        "sealed": one.part.sealed, "words": said,
    }


def _unit_name(house: House, unit: str | None, position: int) -> str | None:
    if unit is None or not unit.startswith(PREFIXES["unit"]):
        return None
    found = house.answers.unit(unit, position)
    return None if found is None else found.names[-1].name


def _told_in_figures(figures: Mapping[str, Any]) -> list[Section]:
    steps = {"frozen": "冻结", "released": "解冻", "revoked": "撤销", "reinstated": "恢复", "corrected": "更正"}
    return [
        Section("一、数字", pairs=(
            ("所涉", f"学时 {figures['claims']} 项，人员 {figures['persons']} 人，经办账号 {figures['actors']} 个，"
                    f"单位 {figures['organisers']} 个"),
            ("现状", "，".join(f"{state(name)} {count} 项" for name, count in figures["by_status"].items())),
            ("处理", "，".join(f"{told} {figures['by_step'][name]} 次" for name, told in steps.items()
                             if figures["by_step"][name]) or "尚无"),
            ("核定学时", f"合计 {figures['assessed']}，其中现已撤销 {figures['revoked']}"),
            ("所附", f"事件 {figures['events']} 个，佐证 {figures['papers']} 份"),
        ), table=Table(
            ("年度", "项数", "核定学时", "其中已撤销", "其中冻结"),
            [(year, row["claims"], row["assessed"], row["revoked"], row["frozen"])
             for year, row in figures["by_year"].items()], frozenset({1, 2, 3, 4}), (1, 1, 1, 1, 1))
            if figures["by_year"] else None),
    ]


def _told_claims(claims: list[dict[str, Any]]) -> Section:
    rows = [(number, one["name"] or one["person"], one["year"], word("route", one["route"]), one["title"],
             one["assessed"], state(one["status"]), one["claim"],
             f"{one['events'][0]}–{one['events'][-1]}（{len(one['events'])} 个）")
            for number, one in enumerate(claims, 1)]
    heads = ("序号", "人员", "年度", "途径", "项目名称", "核定学时", "现状", "编号", "事件")
    table = Table(heads, rows, frozenset({0, 2, 5}), (4, 12, 5, 12, 18, 7, 6, 23, 13))
    return Section("二、所涉学时", () if rows else ("案件没有点名学时。",), table=table if rows else None)


def _told_course(data: Mapping[str, Any]) -> Section:
    of = {one["claim"]: f" {number}" for number, one in enumerate(data["claims"], 1)}
    of |= {one["person"]: f" {one['name'] or one['person']}" for one in data["persons"]}
    rows = [(one["position"], one["recorded_at"][:19].replace("T", " "),
             WHYS[one["why"]] + of.get(one["stream"], ""),
             one["what"] if one["in_force"] else f"{one['what']}（批次未关闭，未生效）",
             one["organisation_name"] or role_name(one["role"]), one["words"]) for one in data["events"]]
    return Section("三、经过（按登记先后）", table=Table(
        ("事件", "登记时间", "属于", "事项", "办理", "所说的理由"), rows, frozenset({0}), (5, 13, 11, 14, 14, 25)))


def _told_findings(findings: list[dict[str, Any]]) -> list[Section]:
    if not findings:
        return []
    rows = [(one["pattern"], one["sentence"], len(one["events"]), "已不再检出" if one["ended"] else "", one["finding"])
            for one in findings]
    return [Section("六、提示线索", ("规则只提示，不作结论；所查的 SQL 和阈值在 findings 文件夹。",), table=Table(
        ("规则", "查出", "所据事件", "现状", "线索"), rows, frozenset({2}), (6, 38, 7, 10, 22)))]


def _told_papers(papers: list[dict[str, Any]]) -> Section:
    rows = [(number, PAPER_KINDS.get(one["kind"], one["kind"]), one["claim"],
             one["sha256"][:32] + " " + one["sha256"][32:],
             "已附" if one["file"] else _WHY_NOT.get(one["why"], one["why"])) for number, one in enumerate(papers, 1)]
    heads = ("序号", "种类", "学时", "SHA-256", "文件")
    return Section("四、佐证", () if rows else ("没有佐证。",),
                   table=Table(heads, rows, frozenset({0}), (4, 10, 24, 32, 12)) if rows else None)


def _told_rulebooks(books: list[dict[str, Any]]) -> Section:
    rows = [(one["rulebook"], one["document"], one["sha256"][:32] + " " + one["sha256"][32:]) for one in books]
    return Section("五、所依据的细则", () if rows else ("没有按细则认定的学时。",),
                   table=Table(("细则", "文号", "SHA-256"), rows, frozenset(), (18, 22, 32)) if rows else None)
