"""`xueshi application` and `xueshi eligibility`: applications for titles, sanctions, and who may apply on a day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

from api.commands import petition
from api.commands.asking import PURPOSE, Asking, Id, asks
from api.words.codes import NO_TITLE
from api.words.telling import AXES, LOG_SIZE, law, pairs, steps, table, with_options

_ANSWERS: Final = {True: "✓ 可以申报", False: "✗ 不可申报", None: "… 细则没有规定，不作结论"}
_MET: Final = {True: "达标", False: "未达标", None: "待定或无要求"}

_AS_OF = click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")


@click.group()
def application() -> None:
    """职称申报：提出、审核、通过，资格和职称的取消，材料"""


for _command in petition.COMMANDS:
    application.add_command(_command)


@application.command("list")
@asks()
@click.argument("person", type=Id("person"))
@_AS_OF
@PURPOSE
def list_(asking: Asking, person: str, as_of: str | None, purpose: str | None) -> int:
    """列出一个人的职称申报和处理"""
    return asking.get(f"/v1/persons/{person}/applications", _tell_person, {"as_of": as_of, "purpose": purpose})


@application.command()
@asks()
@click.argument("application", type=Id("application"))
@_AS_OF
@PURPOSE
def show(asking: Asking, application: str, as_of: str | None, purpose: str | None) -> int:
    """查看一次职称申报"""
    return asking.get(f"/v1/applications/{application}", _tell, {"as_of": as_of, "purpose": purpose})


@application.command()
@asks()
@click.option("--on", required=True, help="哪一天（YYYY-MM-DD）")
@_AS_OF
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条")
@PURPOSE
def barred(asking: Asking, **query: Any) -> int:
    """列出权限之内某日不得申报职称的人"""
    return asking.get("/v1/sanctions", _tell_barred, query)


@click.command()
@asks()
@click.argument("person", type=Id("person"))
@click.option("--applied-on", required=True, help="申报之日（YYYY-MM-DD）")
@click.option("--minimum-years", required=True, type=click.IntRange(0, 50), help="该级别规定的资历年限")
@click.option("--level", help="拟申报的级别")
@click.option("--committee", type=click.Choice(["inside", "outside"]), help="市外评委会（outside），按其规定")
@click.option("--title-obtained-on", help="现职称取得之日；不给则取已登记的最近一个")
@click.option("--first-title", is_flag=True, help="首次申报，尚无职称")
@with_options((*AXES, LOG_SIZE))
@PURPOSE
@click.option("--why", is_flag=True, help="逐步列出条款、原文和算式")
def eligibility(asking: Asking, person: str, why: bool, first_title: bool, **query: Any) -> int:
    """某日可否申报职称：按细则看学时，并计被取消的资格"""
    query["first_title"] = "true" if first_title else None
    return asking.get(f"/v1/persons/{person}/eligibility", lambda body: _tell_eligibility(body, why=why), query)


def _tell_eligibility(body: dict[str, Any], *, why: bool) -> None:
    hours, basis, title = body["hours"], body["basis"], body["title"]
    click.echo(f"{body['applied_on']} {_ANSWERS[body['eligible']]}　{law(basis)}　第 {basis['as_of']} 个事件")
    for reason in body["reasons"]:
        click.echo(f"  ! {reason}")
    pairs((
        ("现职称", NO_TITLE if title is None else f"{title['level']} {title['obtained_on']}".strip()),
        ("达标年数", f"{hours['years_met']}" + ("" if title is None else f"，需 {hours['years_needed']}")),
        ("连续两年", "、".join(map(str, hours["consecutive"])) or "没有"),
        ("逐年", "，".join(f"{one['year']} {_MET[one['met']]}" for one in hours["years"])),
    ))
    _tell_sanctions(body["sanctions"], body["revoked_titles"])
    if why:
        steps(hours["why"])


def _tell_person(body: dict[str, Any]) -> None:
    rows = [(one["application"], one["applied_on"], one["level"], petition.STATES.get(one["status"], one["status"]),
             one["earliest_year"]) for one in body["applications"]]
    table(("申报", "申报之日", "级别", "状态", "延至"), rows, empty="没有职称申报。")
    _tell_sanctions(body["disqualifications"], body["revoked_titles"])


def _tell_sanctions(taken: list[Mapping[str, Any]], revoked: list[Mapping[str, Any]]) -> None:
    for one in taken:
        until = "仅限本次申报" if one["lasts"] == "this_application" else f"至 {one['until'] or '未定期限'}"
        lifted = f"，{one['lifted_on']} 恢复" if one["lifted_on"] else ""
        click.echo(f"  取消申报资格：自 {one['starts']} {until}{lifted}　{_source(one)}　事件 {one['event']}")
    for one in revoked:
        click.echo(f"  撤销职称：{one['level']} {one['obtained_on']}，{one['revoked_on']} 撤销　{_source(one)}"
                   f"　事件 {one['event']}")


def _tell_barred(body: dict[str, Any]) -> None:
    rows = [(one["person"], one["name"], one["starts"], one["until"] or "未定期限", _source(one),
             f"事件 {one['event']}") for one in body["items"]]
    table(("人员", "姓名", "自", "至", "依据", "登记"), rows, empty="没有人。")
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


def _source(one: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (one["rulebook"] or one["document"], one["article"])))


def _tell(body: dict[str, Any]) -> None:
    decided = body["decided"]
    pairs((
        ("申报", body["application"]), ("人员", body["person"]),
        ("状态", petition.STATES.get(body["status"], body["status"])),
        ("级别", body["level"]), ("申报之日", body["applied_on"]),
        ("现职称取得", body["title_obtained_on"] or NO_TITLE),
        ("资历年限", body["minimum_years"]), ("单位", body["unit"]), ("延至", body["earliest_year"]),
        ("学时审核", None if decided is None else _ANSWERS[decided["eligible"]]),
        ("依据", None if decided is None else f"{decided['rulebook'] or ''} {decided['article'] or ''}".strip()),
    ))
    for reason in () if decided is None else decided["reasons"]:
        click.echo(f"  ! {reason}")
