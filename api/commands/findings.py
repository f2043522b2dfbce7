"""`xueshi findings`: what patterns show, and what people make of it, for those who supervise (P 17, W 16).

Whoever decides names the facts that they were shown, as `show` tells them: upon others nothing is decided.
"""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.commands.findings_run import SEVERITIES, run
from api.terminal.exits import Exit, Stop
from api.words.telling import AS_OF, pairs, table

STATES: Final = {"pending": "待核查", "ruled_out": "排除", "substantiated": "属实", "referred": "移送"}
_FOR: Final = "investigation"
_LEAST: Final = 8

_WORDS = click.option("--words", required=True, help="理由")
_DUE = click.option("--due", required=True, help="承办期限（YYYY-MM-DD）")
_FACTS = click.option("--facts", required=True, help=f"所据事实的摘要，见 xueshi findings show，前 {_LEAST} 位以上即可")
_FACTS_IF_KNOWN = click.option("--facts", default="", help="所据事实的摘要；不写即现在的")


@click.group()
def findings() -> None:
    """核查线索：规则提示的，承办、转交、排除、属实、移送、立案"""


findings.add_command(run)


@findings.command("list")
@asks()
@click.option("--pattern", help="只看一条规则的，如 D01")
@click.option("--severity", type=click.Choice(list(SEVERITIES)), help="只看一种严重程度的")
@click.option("--status", type=click.Choice(list(STATES)), help="只看一种状态的")
@click.option("--owner", help="由谁承办：本账号（me）、无人（nobody）或账号编号")
@click.option("--person", type=Id("person"), help="涉及某人的；须写明 --purpose")
@click.option("--claim", type=Id("claim"), help="涉及某项学时的；须写明 --purpose")
@click.option("--case", type=Id("case"), help="据以立了某个案件的")
@click.option("--overdue", is_flag=True, default=None, help="只看期限已过的")
@AS_OF
@PURPOSE
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条")
def list_(asking: Asking, **query: Any) -> int:
    """列出监督权限内的线索，严重的、发现得早的在前"""
    return asking.get("/v1/findings", _tell_list, query | {"overdue": "true" if query["overdue"] else None})


@findings.command()
@asks()
@click.argument("finding", type=Id("finding"))
@AS_OF
@PURPOSE
def show(asking: Asking, finding: str, as_of: str | None, purpose: str | None) -> int:
    """查看一条线索：发现了什么、依据、相反的情况、办理经过"""
    return asking.get(f"/v1/findings/{finding}", _tell, {"as_of": as_of, "purpose": purpose})


@findings.command()
@asks()
def patterns(asking: Asking) -> int:
    """核查规则：名称、界限和各状态的条数"""
    return asking.get("/v1/findings/patterns", _tell_patterns)


@findings.command("take-up")
@acts_upon("finding")
@_DUE
@_FACTS_IF_KNOWN
def take_up(asking: Asking, finding: str, due: str, facts: str) -> int:
    """承办一条线索，或改期限"""
    return _act(asking, finding, "taking-up", "已承办", facts, {"due": due})


@findings.command()
@acts_upon("finding")
@click.option("--to", required=True, type=Id("actor"), help="本机构的另一个监督账号")
@_DUE
@_FACTS_IF_KNOWN
def give(asking: Asking, finding: str, to: str, due: str, facts: str) -> int:
    """转交给本机构的另一位经办人"""
    return _act(asking, finding, "assignment", "已转交", facts, {"to": to, "due": due})


@findings.command("rule-out")
@acts_upon("finding")
@_FACTS
@_WORDS
def rule_out(asking: Asking, finding: str, facts: str, words: str) -> int:
    """排除：事实不变即不再提示"""
    return _act(asking, finding, "ruling-out", "已排除", facts, {"words": words})


@findings.command()
@acts_upon("finding")
@_FACTS
@click.option("--basis", required=True, help="所依据的条款")
@_WORDS
def confirm(asking: Asking, finding: str, facts: str, basis: str, words: str) -> int:
    """认定属实"""
    return _act(asking, finding, "substantiation", "已认定属实", facts, {"basis": basis, "words": words})


@findings.command()
@acts_upon("finding")
@_FACTS
@click.option("--to", required=True, help="接收机关")
@click.option("--document", help="移送文号")
@_WORDS
def refer(asking: Asking, finding: str, facts: str, to: str, document: str | None, words: str) -> int:
    """移送"""
    body = {"to": to, "words": words} | ({"document": document} if document else {})
    return _act(asking, finding, "referral", "已移送", facts, body)


@findings.command("open-case")
@acts_upon("finding")
@click.option("--kind", required=True, help="事由，如 falsification（弄虚作假）")
@click.option("--with", "others", multiple=True, type=Id("finding"), help="并案的其他线索，可重复")
@click.option("--due", help="办结限期（YYYY-MM-DD）")
@_FACTS_IF_KNOWN
@_WORDS
def open_case(asking: Asking, finding: str, facts: str, **named: Any) -> int:
    """由线索立案"""
    body = {name: list(value) if isinstance(value, tuple) else value for name, value in named.items() if value}
    return _act(asking, finding, "case", "已立案", facts, body)


def _act(asking: Asking, finding: str, act: str, done: str, facts: str, body: dict[str, Any]) -> int:
    """Do it upon the facts that were named, which have to be those that stand now."""
    place = f"/v1/findings/{finding}"
    with asking.client() as client:
        seen = client.get(place, {"purpose": _FOR})
    if not seen.ok:
        return asking.tell(seen, _tell)
    known: str = seen.json["facts_sha256"]
    if facts and not (len(facts) >= _LEAST and known.startswith(facts)):
        raise Stop(Exit.REFUSED, "finding_changed", "该线索现在的事实与所写的摘要不同",
                   f"请用 xueshi findings show {finding} 重新查看，再作决定")
    if asking.version is None:
        asking = asking._replace(version=seen.json["version"])
    return asking.post(f"{place}/{act}", _tell_decided, {**body, "facts_sha256": known}, done=done)


def _tell_decided(body: dict[str, Any]) -> None:
    if "finding" not in body or "kind" in body:  # A case.
        pairs((("案件", body["case"]), ("事由", body["kind"]), ("限期", body["due"])))
        return
    pairs((("线索", body["finding"]), ("规则", body["pattern"]), ("状态", STATES.get(body["status"], body["status"])),
           ("承办", body["owner"]), ("期限", body["due"]), ("案件", "、".join(body["cases"]))))


def _tell_list(body: dict[str, Any]) -> None:
    rows = [(one["finding"], one["pattern"], SEVERITIES.get(one["severity"], one["severity"]),
             STATES.get(one["status"], one["status"]) + ("（事实已变）" if one["is_new_facts"] else ""),
             f"{one['due']}{'，已过' if one['is_overdue'] else ''}" if one["due"] else None, one["region"],
             one["sentence"]) for one in body["items"]]
    if rows or not body["unasked"]:
        table(("线索", "规则", "程度", "状态", "期限", "地区", "发现"), rows, empty="没有线索。")
    if body["unasked"]:  # Of a moment before they were asked, "none" would be more than is known.
        from api.words.finding_words import unasked

        click.echo(unasked(body["unasked"]))
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


def _tell(body: dict[str, Any]) -> None:
    rule = body["rule"]
    pairs((
        ("线索", body["finding"]), ("规则", f"{body['pattern']} {body['title']}"),
        ("程度", SEVERITIES.get(body["severity"], body["severity"])), ("发现", body["sentence"]),
        ("状态", STATES.get(body["status"], body["status"]) + ("（事实已变）" if body["is_new_facts"] else "")),
        ("承办", body["owner"]), ("期限", body["due"]), ("案件", "、".join(body["cases"])), ("地区", body["region"]),
        ("内容", rule.get("rule")), ("理由", rule.get("reason")), ("防误报", rule.get("guard")),
        ("相反的情况", "；".join(f"{name} {value}" for name, value in body["counter"].items())),
        ("人员", "、".join(body["persons"])), ("学时", "、".join(body["claims"])), ("账号", "、".join(body["actors"])),
        ("单位", "、".join(body["organisers"])),
        ("依据", "、".join(f"事件 {one['event']}" for one in body["rests_on"])), ("事实摘要", body["facts_sha256"]),
    ))
    if body["decisions"]:
        table(("日期", "办理", "由谁", "事实", "说明"), [
            (one["recorded_at"][:10], one["words"], one["actor"], "现在的" if one["is_of_now"] else "以前的",
             one["said"]) for one in body["decisions"]])


def _tell_patterns(body: dict[str, Any]) -> None:
    rows = [(one["pattern"], SEVERITIES.get(one["severity"], one["severity"]),
             *(one["counts"].get(code, 0) for code in STATES), one["title"]) for one in body["items"]]
    table(("规则", "程度", *STATES.values(), "名称"), rows, empty="没有核查规则。")
