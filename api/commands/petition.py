"""`xueshi application`, what is done: filed, assessed, postponed, granted, withdrawn; the right taken and given back.

`tests/api/test_petition_commands.py` shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.words.telling import AS_OF, PAGE, next_page, pairs, table, with_options

STATES: Final = {
    "none": "处理", "filed": "待审核", "assessed": "已审核", "postponed": "已延期", "granted": "已通过",
    "withdrawn": "已撤回", "disqualified": "已取消资格", "lifted": "已恢复资格",
}
_SINCE: Final = {True: "学时有变，结论仍成立", False: "学时有变，结论不再成立"}
_ANSWERS: Final = {True: "可以申报", False: "不可申报", None: "细则没有规定，不作结论"}
_KINDS: Final = {"statement": "情况表", "title": "现职称", "entry": "学时", "card": "登记卡", "assessment": "审核"}

_words = click.option("--words", required=True, help="理由")
_level = click.option("--level", required=True, help="级别，如 senior")
_obtained = click.option("--obtained-on", required=True, help="取得职称之日（YYYY-MM-DD）")
_series = click.option("--series", help="职称系列")
_years = click.option("--minimum-years", required=True, type=click.IntRange(0, 50), help="该级别规定的资历年限")
_GROUNDS: Final = (
    click.option("--claim", "claims", multiple=True, type=Id("claim"), help="不实的学时，须已撤销，可重复"),
    click.option("--case", type=Id("case"), help="认定属实或已移送的案件"),
    click.option("--document", help="依细则以外的文件处理的，写文号"),
    click.option("--article", help="该文件的条款"),
)
_TERM: Final = (
    click.option("--cause", required=True, type=click.Choice(["short", "falsified"]),
                 help="学时不足（short）、弄虚作假（falsified）"),
    click.option("--starts", help="期限的第一日；不写即今日"),
    click.option("--until", help="期限的最后一日；细则规定期限的，由细则算出"),
)


@click.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@_level
@click.option("--title-obtained-on", help="现职称取得之日（YYYY-MM-DD）；首次申报、尚无职称的不给")
@_years
@_series
@click.option("--committee", type=click.Choice(["inside", "outside"]), help="市外评委会（outside），按其规定")
@click.option("--statement", type=Id("statement"), help="随同提交的学时登记情况表")
def file(asking: Asking, **named: Any) -> int:
    """申报职称（本人）"""
    return asking.post("/v1/applications", _tell, _given(named), done="已提出申报")


@click.command()
@acts_upon("application")
def withdraw(asking: Asking, application: str) -> int:
    """撤回职称申报（本人）"""
    return _upon(asking, application, "withdrawal", "已撤回")


@click.command()
@acts_upon("application")
@_years
def assess(asking: Asking, application: str, minimum_years: int) -> int:
    """审核学时：登记细则的结论；先加 --dry-run 看结论"""
    return _upon(asking, application, "assessment", "已审核", {"minimum_years": minimum_years})


@click.command()
@acts_upon("application")
@_words
def postpone(asking: Asking, application: str, words: str) -> int:
    """学时不足，申报延期"""
    return _upon(asking, application, "postponement", "已延期", {"words": words})


@click.command()
@acts_upon("application")
@_obtained
def grant(asking: Asking, application: str, obtained_on: str) -> int:
    """申报通过：登记取得的职称（评委会、人力社保部门）"""
    return _upon(asking, application, "grant", "已通过", {"obtained_on": obtained_on})


@click.command()
@acts_upon("application")
@with_options(_TERM)
@with_options(_GROUNDS)
@_words
def disqualify(asking: Asking, application: str, **named: Any) -> int:
    """取消申报资格"""
    return _upon(asking, application, "disqualification", "已取消申报资格", _given(named))


@click.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@with_options(_TERM)
@with_options(_GROUNDS)
@_words
def bar(asking: Asking, person: str, **named: Any) -> int:
    """限期不得申报职称（没有申报可取消的）"""
    return asking.post(f"/v1/persons/{person}/disqualifications", _tell, _given(named), done="已登记限期不得申报")


@click.command()
@acts_upon("application")
@click.option("--basis", required=True, help="依据的代码，如 decided_in_error")
@click.option("--on", help="自哪一日恢复；不写即今日")
@_words
def lift(asking: Asking, application: str, **named: Any) -> int:
    """恢复申报资格；不得由取消的人办理"""
    place = f"/v1/sanctions/{application}"
    return asking.post(f"{place}/lifting", _tell, _given(named), upon=place, done="已恢复申报资格",
                       purpose="sanction_review")


@click.command("revoke-title")
@asks(writes=True)
@click.argument("person", type=Id("person"))
@_level
@_obtained
@_series
@with_options(_GROUNDS)
@_words
def revoke_title(asking: Asking, person: str, **named: Any) -> int:
    """撤销已取得的职称（人力社保部门）"""
    return asking.post(f"/v1/persons/{person}/title-revocations", _tell, _given(named), done="已撤销职称")


@click.command()
@asks()
@click.argument("application", type=Id("application"))
@PURPOSE
def sanction(asking: Asking, application: str, purpose: str | None) -> int:
    """查看一次处理：取消的申报资格或撤销的职称"""
    return asking.get(f"/v1/sanctions/{application}", _tell, {"purpose": purpose})


@click.command()
@asks()
@click.argument("application", type=Id("application"))
@AS_OF
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="连同情况表、佐证文件和证明写成一个 ZIP；已有的文件不会被覆盖")
@PURPOSE
def packet(asking: Asking, application: str, as_of: str | None, out: Path | None, purpose: str | None) -> int:
    """列出随申报提交的材料，逐项附证明所在，缺什么；或打成一个 ZIP"""
    place, query = f"/v1/applications/{application}/packet", {"as_of": as_of, "purpose": purpose}
    if out is not None:
        return asking.fetch(f"{place}/archive", out, query, then="解开后核对：sha256sum -c SHA256SUMS")
    return asking.get(place, _tell_packet, query)


@click.command()
@asks()
@click.argument("person", type=Id("person"))
@click.option("--claim", type=Id("claim"), help="只看所依据的学时含这一项、而此后有变化的")
@AS_OF
@PURPOSE
def effects(asking: Asking, person: str, **query: Any) -> int:
    """审核所依据的学时此后的变化，结论是否依然成立"""
    return asking.get(f"/v1/persons/{person}/applications/effects", _tell_effects, query)


@click.command()
@asks()
@click.option("--status", type=click.Choice([one for one in STATES if one != "none"]), help="只看这一状态的")
@with_options((AS_OF, *PAGE))
@PURPOSE
def filed(asking: Asking, **query: Any) -> int:
    """列出权限内的职称申报，按提出先后"""
    return asking.get("/v1/applications", _tell_filed, query)


def _tell_filed(body: dict[str, Any]) -> None:
    rows = [(one["application"], one["applied_on"], one["level"], STATES[one["status"]], one["person"], one["name"],
             one["region"], None if one["decided"] is None else _ANSWERS[one["decided"]["eligible"]],
             None if one["effect"] is None else _SINCE[one["effect"]["holds"]]) for one in body["items"]]
    table(("申报", "申报之日", "级别", "状态", "人员", "姓名", "地区", "学时审核", "审核之后"), rows,
          empty="没有职称申报。")
    next_page(body)


COMMANDS: Final = (
    filed, file, withdraw, assess, postpone, grant, disqualify, bar, lift, revoke_title, sanction, packet, effects,
)


@click.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@_level
@_obtained
@_series
@click.option("--evidence", multiple=True, help="证书的 SHA-256，可重复")
def title(asking: Asking, person: str, **named: Any) -> int:
    """登记已取得的职称（人力社保部门、行业主管部门）"""
    return asking.post(f"/v1/persons/{person}/titles", _tell_titles, _given(named), done="已登记职称")


@click.command("void-title")
@asks(writes=True)
@click.argument("person", type=Id("person"))
@_level
@_obtained
@_series
def void_title(asking: Asking, person: str, **named: Any) -> int:
    """作废登记错的职称（人力社保部门、行业主管部门）；先用 --dry-run 看哪些申报以它起算"""
    return asking.post(f"/v1/persons/{person}/title-voidings", _tell_titles, _given(named), done="已作废")


def _given(named: dict[str, Any]) -> dict[str, Any]:
    """What was written on the command line, as a body."""
    return {name: list(value) if isinstance(value, tuple) else value
            for name, value in named.items() if value is not None and value != ()}


def _upon(asking: Asking, application: str, act: str, done: str, body: dict[str, Any] | None = None) -> int:
    place = f"/v1/applications/{application}"
    return asking.post(f"{place}/{act}", _tell, body, upon=place, done=done, purpose="title_review")


# Telling


def _tell(body: dict[str, Any]) -> None:
    goal, made, taken = body["goal"] or {}, body["assessment"], body["disqualified"]
    pairs((
        ("申报", body["application"]), ("人员", body["person"]), ("状态", STATES.get(body["status"], body["status"])),
        ("级别", goal.get("level")), ("申报之日", goal.get("applied_on")),
        ("学时审核", None if made is None else _ANSWERS[made["eligible"]]),
        ("达标年份", None if made is None else "、".join(map(str, made["years"])) or "没有"),
        ("依据", None if made is None else f"{made['rulebook'] or ''} {made['article'] or ''}".strip()),
        ("最早可申报", None if made is None else made["earliest"]),
    ))
    for reason in () if made is None else made["reasons"]:
        click.echo(f"  ! {reason}")
    if taken is not None:
        until = "仅限本次申报" if taken["lasts"] == "this_application" else f"至 {taken['until'] or '未定期限'}"
        lifted = f"，{taken['lifted_on']} 恢复" if taken["lifted_on"] else ""
        click.echo(f"  取消申报资格：自 {taken['starts']} {until}{lifted}　{_source(taken)}")
    for one in body["revoked_titles"]:
        click.echo(f"  撤销职称：{one['level']} {one['obtained_on']}")


def _source(one: dict[str, Any]) -> str:
    return " ".join(filter(None, (one["rulebook"] or one["document"], one["article"])))


def _tell_packet(body: dict[str, Any]) -> None:
    rows = [(_KINDS[one["kind"]], one["id"], one.get("year"), f"事件 {one['position']}", len(one.get("evidence", ())))
            for one in body["items"]]
    table(("材料", "编号", "年度", "证明", "佐证"), rows, empty="没有材料。")
    for one in body["missing"]:
        of = f" {one['claim']}" if "claim" in one else ""
        click.echo(f"  ! 缺{_KINDS[one['kind']]}{of}：{one['rulebook']} {one['article']} {one['quote']}")


def _tell_effects(body: dict[str, Any]) -> None:
    for one in body["items"]:
        holds = "✓ 依然成立" if one["holds"] else "✗ 不再成立"
        click.echo(f"{holds}　{one['application']} {one['applied_on']} {one['level']}")
        for change in one["changes"]:
            used = "在所用年度" if change["used"] else "不在所用年度"
            click.echo(f"  {change['claim']} {change['year']} 年（{used}）：{change['status_then']} → "
                       f"{change['status_now']}　事件 {'、'.join(map(str, change['events']))}")
    if not body["items"]:
        click.echo("没有。")


def _tell_titles(body: dict[str, Any]) -> None:
    table(("级别", "系列", "取得之日"), [(one["level"], one["series"], one["obtained_on"]) for one in body["titles"]])
