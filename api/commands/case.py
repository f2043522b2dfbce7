"""`xueshi case`: what is being looked into, and how it goes on, for those who supervise (P 17, W 16)."""

from __future__ import annotations

from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.commands.case_desk import COMMANDS
from api.commands.case_papers import COMMANDS as PAPERS
from api.commands.case_told import FINDINGS, STATES, cause, decided
from api.commands.simulation import simulate
from api.words.telling import pairs, table

_WORDS = click.option("--words", required=True, help="理由")

_AS_OF = click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")


@click.group()
def case() -> None:
    """监察案件：立案、冻结、结论、移送、办结；在办和已办结的"""


@case.command("list")
@asks()
@click.option("--status", type=click.Choice(["open", "closed"]), help="只看在办的，或已办结的")
@_AS_OF
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条")
def list_(asking: Asking, **query: Any) -> int:
    """列出监督权限内的案件"""
    return asking.get("/v1/cases", _tell_list, query)


@case.command()
@asks()
@click.argument("case", type=Id("case"))
@_AS_OF
@PURPOSE
def show(asking: Asking, case: str, as_of: str | None, purpose: str | None) -> int:
    """查看一个案件"""
    return asking.get(f"/v1/cases/{case}", _tell, {"as_of": as_of, "purpose": purpose})


for one in (simulate, *COMMANDS, *PAPERS):
    case.add_command(one)


@case.command("open")
@asks(writes=True)
@click.option("--kind", required=True, help="事由，如 falsification（弄虚作假）")
@click.option("--region", required=True, help="案件所在的地区，六位区划代码")
@_WORDS
@click.option("--sector", help="行业；不限行业的不写")
@click.option("--claim", "claims", multiple=True, type=Id("claim"), help="所涉的学时，可重复")
@click.option("--person", "persons", multiple=True, type=Id("person"), help="所涉的人员，可重复")
@click.option("--actor", "actors", multiple=True, type=Id("actor"), help="所涉的经办账号，可重复")
@click.option("--organiser", "organisers", multiple=True, type=Id("unit"), help="所涉的单位，可重复")
@click.option("--finding", "findings", multiple=True, type=click.IntRange(1), help="所依据的事件的序号，可重复")
@click.option("--pattern", help="提示它的核查规则及版本，如 D01/1")
@click.option("--due", help="办结限期（YYYY-MM-DD）")
def open_(asking: Asking, **named: Any) -> int:
    """立案"""
    body = {name: list(value) if isinstance(value, tuple) else value for name, value in named.items() if value}
    return asking.post("/v1/cases", decided, body, done="已立案")


@case.command()
@acts_upon("case")
@click.option("--claim", "claims", multiple=True, type=Id("claim"), help="所涉的哪几项，可重复；不写即全部")
@_WORDS
def hold(asking: Asking, case: str, claims: tuple[str, ...], words: str) -> int:
    """冻结案件所涉的学时"""
    body = {"words": words} | ({"claims": list(claims)} if claims else {})
    return _in_case(asking, case, "hold", "已冻结", body)


@case.command()
@acts_upon("case")
@click.option("--finding", required=True, type=click.Choice(["pending", "ruled_out", "substantiated"]),
              help="待核查（pending）、排除（ruled_out）、属实（substantiated）")
@click.option("--basis", help="所依据的条款")
@_WORDS
def find(asking: Asking, case: str, finding: str, basis: str | None, words: str) -> int:
    """登记核查结论"""
    body = {"finding": finding, "words": words} | ({"basis": basis} if basis else {})
    return _in_case(asking, case, "finding", "已登记结论", body)


@case.command()
@acts_upon("case")
@click.option("--to", required=True, help="接收机关")
@click.option("--document", help="移送文号")
@_WORDS
def refer(asking: Asking, case: str, to: str, document: str | None, words: str) -> int:
    """移送案件"""
    body = {"to": to, "words": words} | ({"document": document} if document else {})
    return _in_case(asking, case, "referral", "已移送", body)


@case.command()
@acts_upon("case")
def close(asking: Asking, case: str) -> int:
    """办结案件；已排除的随之解冻"""
    return _in_case(asking, case, "closing", "已办结")


def _in_case(asking: Asking, case: str, act: str, done: str, body: dict[str, Any] | None = None) -> int:
    place = f"/v1/cases/{case}"
    return asking.post(f"{place}/{act}", decided, body, upon=place, done=done, purpose="case_handling")


def _tell_list(body: dict[str, Any]) -> None:
    rows = [(one["case"], one["opened_at"][:10], cause(one), STATES.get(one["status"], one["status"]),
             FINDINGS.get(one["finding"], one["finding"]), one["region"], one["counts"]["claims"],
             one["counts"]["persons"], one["due"]) for one in body["items"]]
    table(("案件", "立案", "事由", "状态", "结论", "地区", "学时", "人员", "限期"), rows, empty="没有案件。")
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


def _tell(body: dict[str, Any]) -> None:
    if body["access"] == "head":
        click.echo("不是办案人员，只见概况。")
    pairs((
        ("案件", body["case"]), ("事由", cause(body)), ("规则", body["pattern"]), ("立案", body["opened_at"][:10]),
        ("状态", STATES.get(body["status"], body["status"])),
        ("结论", FINDINGS.get(body["finding"], body["finding"])), ("移送", body["referred_to"]),
        ("限期", body["due"]), ("地区", body["region"]), ("办案人员", "、".join(body["members"])),
        ("人员", "、".join(body["persons"])), ("账号", "、".join(body["actors"])),
        ("单位", "、".join(body["organisers"])), ("学时", "、".join(body["claims"])),
        ("冻结过", "、".join(body["held"])), ("解冻过", "、".join(body["released"])),
        ("依据", "、".join(f"事件 {one}" for one in body["findings"])),
    ))
