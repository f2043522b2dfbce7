"""`xueshi rulebook`: rulebooks enacted in the register. What a rulebook says is read with `xueshi rules`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from api.commands import reasons as given
from api.commands.asking import Asking, asks
from api.terminal.exits import Exit, Stop
from api.words.telling import pairs, table, with_options


@click.group()
def rulebook() -> None:
    """账本中的细则：列出、查看，一人提出、另一人施行或不予施行"""


@rulebook.command("list")
@asks(founder=True)
@click.option("--as-of", "as_of", help="截至何时所知：事件序号、带时区的时间或日期")
def list_(asking: Asking, as_of: str | None) -> int:
    """列出已施行的细则"""
    return asking.get("/v1/rulebooks", _tell_list, {"as_of": as_of})


@rulebook.command()
@asks(founder=True)
@click.argument("rulebook")
def show(asking: Asking, rulebook: str) -> int:
    """查看一部已施行的细则（如 wenzhou/2020-11-27）"""
    return asking.get(f"/v1/rulebooks/{rulebook}", tell)


@rulebook.command()
@asks(writes=True)
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--text", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
              help="细则所引的官方原文全文（文本文件）")
def propose(asking: Asking, source: Path, text: Path) -> int:
    """提出一版细则（政策部门）：检查、存档、记入日志，待另一人施行；先加 --dry-run 看缺漏和重叠"""
    return asking.post("/v1/rulebook-proposals", tell, {"source": _text(source), "text": _text(text)}, done="已提出")


@rulebook.command()
@asks(founder=True)
@click.argument("digest", required=False)
def proposals(asking: Asking, digest: str | None) -> int:
    """列出提出过的细则；DIGEST 为其中一份的摘要"""
    if digest is not None:
        return asking.get(f"/v1/rulebook-proposals/{digest}", lambda body: _tell_proposals({"items": [body]}))
    return asking.get("/v1/rulebook-proposals", _tell_proposals)


@rulebook.command()
@asks(writes=True, conditional=True, founder=True)
@click.argument("digest")
def enact(asking: Asking, digest: str) -> int:
    """施行另一人提出的一版细则：DIGEST 见 xueshi rulebook proposals"""
    place = f"/v1/rulebook-proposals/{digest}"
    return asking.post(f"{place}/enactment", tell, upon=place, done="已施行")


@rulebook.command()
@asks(writes=True, conditional=True, founder=True)
@click.argument("digest")
@with_options(given.GIVEN)
def refuse(asking: Asking, digest: str, reason: str | None, words: str) -> int:
    """对另一人提出的一版细则不予施行，并说明理由：改好之后可以重新提出"""
    return _end(asking, digest, "refusal", "已不予施行", given.sent(reason, words))


@rulebook.command()
@asks(writes=True, conditional=True)
@click.argument("digest")
@click.option("--words", required=True, help="为何撤回")
def withdraw(asking: Asking, digest: str, words: str) -> int:
    """撤回自己提出的一版细则，并说明理由"""
    return _end(asking, digest, "withdrawal", "已撤回", {"words": words})


def _end(asking: Asking, digest: str, act: str, done: str, body: dict[str, str]) -> int:
    place = f"/v1/rulebook-proposals/{digest}"
    return asking.post(f"{place}/{act}", tell, body, upon=place, done=done)


@rulebook.command()
@asks(writes=True)
@click.argument("report", type=click.Path(exists=True, file_okay=False, path_type=Path))
def impact(asking: Asking, report: Path) -> int:
    """登记一份重放报告（政策部门）：施行之前先把预告的影响记入日志，REPORT 为报告文件夹"""
    return asking.post("/v1/impact-reports", tell, {"report": _text(report / "report.json")}, done="已登记影响报告")


@rulebook.command()
@asks()
@click.argument("digest", required=False)
@click.option("--rulebook", "rulebook", help="只看这一版细则的，如 wenzhou/2020-11-27")
@click.option("--as-of", "as_of", help="截至何时所知：事件序号、带时区的时间或日期")
def impacts(asking: Asking, digest: str | None, rulebook: str | None, as_of: str | None) -> int:
    """列出登记过的影响报告：哪一部细则，何时预告，影响多少人；DIGEST 为其中一份的摘要，说它登记在何处"""
    if digest is not None:
        return asking.get(f"/v1/impact-reports/{digest}", _tell_impacts)
    return asking.get("/v1/impact-reports", _tell_impacts, {"rulebook": rulebook, "as_of": as_of})


@rulebook.command()
@asks()
def words(asking: Asking) -> int:
    """现行细则所用的词：行业、科目、途径、级别"""
    return asking.get("/v1/words", _tell_words)


@rulebook.command()
@asks()
@click.option("--kind", help="只看一类的（如 claim.returned）")
def reasons(asking: Asking, kind: str | None) -> int:
    """退回、驳回、不予备案、不予核验的理由代码：名称、请对方怎么做、所依条文"""
    return asking.get("/v1/reasons", _tell_reasons, {"kind": kind})


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Stop(Exit.BAD_INPUT, "file_unreadable", f"读不出 {path}", "应为 UTF-8 文本文件") from None


def _tell_list(body: dict[str, Any]) -> None:
    rows = [
        (one["id"], one.get("in_force_from", ""), str(one["digest"])[:12], one.get("event", ""),
         one.get("superseded_by") or "", one.get("document", ""))
        for one in body["items"]
    ]
    table(("细则", "施行", "摘要", "事件", "已被取代", "文号"), rows)


_STATES: Final = {"open": "待施行", "refused": "不予施行", "withdrawn": "已撤回", "overtaken": "已另行施行"}


def _tell_proposals(body: dict[str, Any]) -> None:
    rows = [(one["id"], one["document"], one["recorded_at"][:19].replace("T", " "), one["proposed_by"],
             _STATES.get(one["status"]) or f"施行于事件 {one['enacted']}", one["digest"])
            for one in body["items"]]
    table(("细则", "文号", "提出时间", "提出人", "现状", "摘要"), rows, empty="没有提出过细则。")
    for one in body["items"]:
        for each in (*one.get("former", ()), one):
            _tell_ended(each)


def _tell_ended(one: dict[str, Any]) -> None:
    """Tell who ended a proposal without enacting it, why, and what to do."""
    if (ended := one["ended"]) is None:
        return
    when = ended["recorded_at"][:19].replace("T", " ")
    click.echo(f"{one['id']} {one['digest'][:12]}：{ended['by']} {when} {_STATES[one['status']]}"
               f"（事件 {ended['event']}）：{ended['words'] or '说明已遮盖'}")
    given.tell(ended["reason"])


def _tell_impacts(body: dict[str, Any]) -> None:
    rows = [
        (one["rulebook"], one["event"], one["recorded_at"][:19].replace("T", " "), one["log_size"], one["digest"][:12],
         "，".join(one["impact"][name] for name in ("region", "sector") if one["impact"][name]) or "全部",
         one["impact"]["changed_people"], one["impact"]["newly_failed"], one["impact"]["newly_passed"])
        for one in body["items"]
    ]
    table(("细则", "事件", "登记时间", "重放到", "报告摘要", "范围", "有变化的人", "新未达标", "新达标"), rows)


def _tell_reasons(body: dict[str, Any]) -> None:
    rows = [(one["kind"], one["code"], one["title"], one["cure"],
             "、".join(f"{rule['document']} {rule['article']}" for rule in one["rules"])) for one in body["items"]]
    table(("种类", "代码", "理由", "怎么办", "所依条文"), rows)


def _tell_words(body: dict[str, Any]) -> None:
    for title, name in (("行业", "sectors"), ("科目", "categories"), ("级别", "levels")):
        pairs([(title, "，".join(f"{code} {word}" for code, word in body[name].items()))])
    table(("途径", "名称", "数量", "级别"),
          [(one["route"], one["name"], "、".join(one["quantity"]), "、".join(one["levels"])) for one in body["routes"]])


def tell(body: dict[str, Any]) -> None:
    """Tell of an enacted rulebook."""
    pairs((
        ("细则", body.get("id") or body.get("rulebook")), ("文号", body.get("document")),
        ("施行", body.get("in_force_from")),
        ("摘要", body.get("digest") or "、".join(body.get("digests", ()))), ("事件", body.get("event")),
        ("提出过", "、".join(body.get("proposed", ()))),
        ("不予施行", "、".join(body.get("refused", ()))), ("撤回", "、".join(body.get("withdrawn", ()))),
        ("已被取代", body.get("superseded_by")),
        ("影响报告", "、".join(one[:12] for one in body.get("impact_reports", ()))),
    ))
    for one in body.get("findings", ()):
        click.echo(f"  {'✗' if one['weight'] == 'error' else '!'} {one['words']}")
