"""`xueshi timeline`: everything that happened to a person, everything that an account did, in order."""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.shared import NAMES
from api.words.telling import AS_OF, PAGE, next_page, pairs, role, table, with_options


@click.group()
def timeline() -> None:
    """时间线：一个人、一个经办账号、一份文件或一个编号的每一件事"""


_WHICH = (
    click.option("--kind", "kinds", multiple=True, help="只看这种事件：代码（claim.approved）或一类（claim），可多次"),
    click.option("--from", "first", help="从这一天起记录的（YYYY-MM-DD）"),
    click.option("--to", "last", help="到这一天为止记录的（YYYY-MM-DD）"),
    click.option("--stream", help="只看这条记录的"),
    click.option("--hand", help="只看由这个账号或人员办理的"),
    click.option("--organisation", help="只看以这个单位名义办理的"),
    click.option("--correlation", help="只看同一次请求中的"),
    click.option("--newest", is_flag=True, help="新的在前"),
    AS_OF,
    *PAGE,
    PURPOSE,
)


@timeline.command()
@asks()
@click.argument("person", type=Id("person"))
@with_options(_WHICH)
def person(asking: Asking, person: str, **which: Any) -> int:
    """一个人的时间线：申报的每一步、隶属、变更、职称、情况表……"""
    return asking.get(f"/v1/persons/{person}/timeline", _tell, _query(which))


@timeline.command()
@asks()
@click.argument("actor", type=Id("actor"))
@click.option("--side", type=click.Choice(["about", "done", "on_behalf"]),
              help="与其有关的（about）、其办理的（done）、代其办理的（on_behalf）")
@with_options(_WHICH)
def actor(asking: Asking, actor: str, **which: Any) -> int:
    """一个经办账号的时间线：办理了什么、各等了多久、看没看佐证，以及任用和权限的变动"""
    return asking.get(f"/v1/actors/{actor}/timeline", _tell, _query(which))


@timeline.command()
@asks()
@click.argument("actor", type=Id("actor"))
@click.option("--from", "first", help="从这一天起记录的（YYYY-MM-DD）；与同类相比时，不写即一年")
@click.option("--to", "last", help="到这一天为止记录的（YYYY-MM-DD）")
@with_options((AS_OF,))
@PURPOSE
def conduct(asking: Asking, actor: str, first: str | None, last: str | None, **query: Any) -> int:
    """一个经办账号怎样办理：快慢、时刻、看没看佐证，与权限内的同类账号相比"""
    return asking.get(f"/v1/actors/{actor}/conduct", _tell_conduct, {"from": first, "to": last, **query})


@timeline.command()
@asks()
@click.argument("dimension", type=click.Choice(list(NAMES)))
@click.argument("value")
@click.option("--newest", is_flag=True, help="新的在前")
@with_options((AS_OF, *PAGE))
@PURPOSE
def shared(asking: Asking, newest: bool, **query: Any) -> int:
    """有同一证书编号、文件、设备、主办单位等的，各发生过什么；值取自 xueshi claim shared"""
    return asking.get("/v1/shared/events", _tell, {**query, "newest": "true" if newest else None})


def _query(which: dict[str, Any]) -> dict[str, Any]:
    """The options as they stand in an address."""
    named = {"first": "from", "last": "to"}
    query = {named.get(name, name): value for name, value in which.items()}
    return {**query, "kinds": ",".join(which["kinds"]) or None, "newest": "true" if which["newest"] else None}


def _tell(body: dict[str, Any]) -> None:
    rows = [
        (one["event"] if one["event"] == one["position"] else f"{one['event']}→{one['position']}",
         one["recorded_at"][:19].replace("T", " "), one["words"], role(one["by"]["role"]), one["by"]["actor"],
         one["stream"], _more(one))
        for one in body["items"]
    ]
    table(("事件", "记录时间", "事项", "角色", "经办", "记录", "说明"), rows, empty="没有这样的事项。")
    next_page(body)


_MEASURES: Final = {
    "waited_seconds": "等待的中位（小时）", "quick": "紧接前一件", "together": "成批", "at_night": "22 时至 6 时",
    "on_weekends": "周末", "none_opened": "佐证一份未开",
}


def _tell_conduct(body: dict[str, Any]) -> None:
    kinds = "，".join(f"{kind} {many}" for kind, many in body["kinds"].items())
    pairs((
        ("办结", f"{body['steps']} 件" + ("" if body["is_all"] else "（最近的）") + (f"：{kinds}" if kinds else "")),
        ("时段", f"22 时至 6 时 {body['at_night']} 件，周末 {body['on_weekends']} 件"),
        ("快慢", f"紧接前一件 {body['quick']} 件，成批 {body['together']} 件"),
        ("佐证", f"附有的 {body['with_papers']} 件：全部打开 {body['all_opened']}，一份未开 {body['none_opened']}"),
        ("本单位的", f"{body['own_organisation']} 件"), ("自行给出学时", f"{len(body['beyond'])} 件"),
    ))
    for one in body["peers"] or ():
        click.echo()
        click.echo(f"{role(one['role'])} {one['what']} {one['steps']} 件，同类账号 {one['peers']} 个")
        table(("项目", "本账号", "同类的中位", "四分之一至四分之三", "由高到低"), [
            (_MEASURES[each["name"]], _measure(each, "own"), _measure(each, "middle"),
             f"{_measure(each, 'low')} 至 {_measure(each, 'high')}", f"第 {each['place']}，共 {each['of']}")
            for each in one["measures"]], empty="同类账号太少，不作比较。")


def _measure(one: dict[str, Any], name: str) -> str:
    value: int = one[name]
    return str(value // 3_600) if one["name"] == "waited_seconds" else f"{value // 10}.{value % 10}%"


def _reason(kind: str, code: str | None) -> str:
    """A reason by its code, in words as far as they are known here."""
    from policies.reasons import reason

    found = reason(kind, code)
    return code or "" if found is None else found.title


def _more(one: dict[str, Any]) -> str:
    """What else there is to say of a line: the reason, how long it waited, what was opened, what became of it."""
    said = [_reason(one["what"], one["by"]["reason"])]
    if (decision := one.get("decision")) is not None:
        days, seconds = divmod(decision["waited_seconds"], 86_400)
        said.append(f"等了 {days} 天 {seconds // 3_600} 小时")
        if "evidence" in decision:
            said.append(f"看过佐证 {decision['evidence_opened']}/{decision['evidence']}")
        said.append("本单位" if decision["own_organisation"] else "")
    if (became := one.get("became")) is not None:
        ends = {"closed": "已完成", "abandoned": "已放弃", "open": "未完成"}
        said.append(f"{ends[became['status']]}，{became['rows_done']} 行")
    return "，".join(filter(None, said))
