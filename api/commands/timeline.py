"""`xueshi timeline`: everything that happened to a person, everything that an account did, in order."""

from __future__ import annotations

from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.shared import NAMES
from api.commands.telling import AS_OF, PAGE, next_page, role, table, with_options


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
              help="about：与其有关的；done：其办理的；on_behalf：代其办理的")
@with_options(_WHICH)
def actor(asking: Asking, actor: str, **which: Any) -> int:
    """一个经办账号的时间线：办理了什么、各等了多久、看没看佐证，以及任用和权限的变动"""
    return asking.get(f"/v1/actors/{actor}/timeline", _tell, _query(which))


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
