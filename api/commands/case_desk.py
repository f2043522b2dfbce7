"""`xueshi case …` at the desk of a case: members, notes, material, deadline, what it is widened by, many at once.

`tests/api/test_case_commands.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.commands.case_told import decided
from api.words.telling import AS_OF, PAGE, next_page, pairs, table, with_options

DEEDS: Final = {"hold": "冻结", "release": "解冻", "revoke": "撤销", "reinstate": "恢复"}
_DONE: Final = {"open": "未完成", "closed": "已生效", "abandoned": "已放弃"}
_REQUESTS: Final = {"open": "等待中", "complete": "已齐", "withdrawn": "已撤回", "not_provided": "拒不提供"}
_EFFECTS: Final = {"held": "冻结", "released": "解冻", "revoked": "撤销", "reinstated": "恢复",
                   "disqualified": "取消申报资格", "title_revoked": "撤销职称", "named": "记下的处理"}
_KINDS: Final = ("claims", "persons", "actors", "organisers", "held", "released")

_WORDS: Final = click.option("--words", required=True, help="理由")
_CHOICE: Final = (
    click.option("--claim", "claims", multiple=True, type=Id("claim"), help="逐项列出的学时，可重复"),
    click.option("--class", "training_class", type=Id("class"), help="这个班次的"),
    click.option("--organiser", type=Id("unit"), help="这个举办单位的"),
    click.option("--approver", type=Id("actor"), help="由这个经办账号认定的"),
    click.option("--decided-from", help="从这一天起认定的（YYYY-MM-DD）"),
    click.option("--decided-until", help="到这一天为止认定的（YYYY-MM-DD）"),
    click.option("--finding", help="这条线索所涉的"),
    click.option("--list", "list_sha256", help="试办（--dry-run）时给出的清单摘要；清单变了就不办理"),
)


# Members, notes, deadline


@click.command("name-member")
@acts_upon("case")
@click.argument("actor", type=Id("actor"))
def name_member(asking: Asking, case: str, actor: str) -> int:
    """指定办案人员"""
    return _in(asking, case, "members", "已指定", {"actor": actor})


@click.command("release-member")
@acts_upon("case")
@click.argument("actor", type=Id("actor"))
@click.option("--words", help="说明")
def release_member(asking: Asking, case: str, actor: str, words: str | None) -> int:
    """办案人员退出"""
    return _in(asking, case, f"members/{actor}/release", "已退出", {"words": words})


@click.command()
@acts_upon("case")
@_WORDS
def note(asking: Asking, case: str, words: str) -> int:
    """记一条办案笔记"""
    return _in(asking, case, "notes", "已记录", {"words": words})


@click.command()
@asks()
@click.argument("case", type=Id("case"))
@PURPOSE
def notes(asking: Asking, case: str, purpose: str | None) -> int:
    """办案笔记，先记的在前"""
    def tell(body: dict[str, Any]) -> None:
        table(("事件", "记录时间", "经办账号", "内容"), (
            (one["event"], one["noted_at"][:16].replace("T", " "), one["actor"], one["words"] or "（已不能读出）")
            for one in body["items"]), empty="没有笔记。")

    return asking.get(f"/v1/cases/{case}/notes", tell, {"purpose": purpose})


@click.command()
@acts_upon("case")
@click.option("--due", required=True, help="新的办结限期（YYYY-MM-DD）")
@_WORDS
def deadline(asking: Asking, case: str, due: str, words: str) -> int:
    """重定办结限期"""
    return _in(asking, case, "deadline", "已重定", {"due": due, "words": words})


# What it is about, and what followed


@click.command()
@acts_upon("case")
@with_options(_CHOICE)
@click.option("--person", "persons", multiple=True, type=Id("person"), help="所涉的人员，可重复")
@click.option("--actor", "actors", multiple=True, type=Id("actor"), help="所涉的经办账号，可重复")
@click.option("--unit", "organisers", multiple=True, type=Id("unit"), help="所涉的单位，可重复")
@_WORDS
def widen(asking: Asking, case: str, **named: Any) -> int:
    """扩大案件范围；按条件选择的，先加 --dry-run 看清单"""
    def tell(body: dict[str, Any]) -> None:
        if "list_sha256" in body:
            pairs((("符合条件", f"{body['rows']} 项"), ("尚未列入", f"{body['new']} 项"),
                   ("清单摘要", body["list_sha256"])))
        else:
            decided(body)

    return _in(asking, case, "claims", "已扩大", named, tell)


@click.command("link-finding")
@acts_upon("case")
@click.option("--finding", "findings", multiple=True, required=True, help="线索编号，可重复")
def link_finding(asking: Asking, case: str, findings: tuple[str, ...]) -> int:
    """把线索并入案件"""
    return _in(asking, case, "linked-findings", "已并入", {"findings": findings})


@click.command("name-consequence")
@acts_upon("case")
@click.argument("application", type=Id("application"))
def name_consequence(asking: Asking, case: str, application: str) -> int:
    """记下随案件作出的处理：取消资格、撤销职称"""
    return _in(asking, case, "consequences", "已记下", {"application": application})


@click.command()
@asks()
@click.argument("case", type=Id("case"))
@click.option("--kind", type=click.Choice(_KINDS), default="claims", help="哪一类；默认学时")
@AS_OF
@PURPOSE
@with_options(PAGE)
def named(asking: Asking, case: str, **query: Any) -> int:
    """案件所涉的学时、人员、账号、单位，逐页"""
    def tell(body: dict[str, Any]) -> None:
        table(("编号", "人员", "状态", "年度"), (
            (one["id"], one.get("person"), one.get("status"), one.get("year")) for one in body["items"]))
        next_page(body)

    return asking.get(f"/v1/cases/{case}/named", tell, query)


@click.command()
@asks()
@click.argument("case", type=Id("case"))
@click.option("--act", help="只看这一批的")
@AS_OF
@PURPOSE
@with_options(PAGE)
def followed(asking: Asking, case: str, **query: Any) -> int:
    """随案件发生的每一项后果，按生效先后"""
    def tell(body: dict[str, Any]) -> None:
        table(("事件", "后果", "学时或处理", "人员", "批次"), (
            (one["event"], _EFFECTS.get(one["what"], one["what"]), one["about"], one["person"], one["act"])
            for one in body["items"]), empty="还没有后果。")
        next_page(body)

    return asking.get(f"/v1/cases/{case}/followed", tell, query)


# Material


@click.command("request-material")
@acts_upon("case")
@click.option("--source", required=True, help="向谁要求")
@click.option("--what", required=True, help="要求提供什么")
@click.option("--due", required=True, help="何时之前（YYYY-MM-DD）")
@click.option("--party", help="在本系统中登记的，其编号")
def request_material(asking: Asking, case: str, **body: Any) -> int:
    """要求提供材料"""
    return _in(asking, case, "material-requests", "已要求", body)


@click.command("receive-material")
@acts_upon("case")
@click.argument("number", type=click.IntRange(1))
@click.option("--file", "files", multiple=True, help="收到的文件的 SHA-256 摘要，可重复")
@click.option("--partial", is_flag=True, help="还要等其余的")
@click.option("--words", help="说明；没有文件的必须写")
def receive_material(asking: Asking, case: str, number: int, *, partial: bool, **body: Any) -> int:
    """登记收到的材料"""
    return _in(asking, case, f"material-requests/{number}/receipt", "已收到", {**body, "is_complete": not partial})


@click.command("end-request")
@acts_upon("case")
@click.argument("number", type=click.IntRange(1))
@click.option("--why", required=True, type=click.Choice(["withdrawn", "not_provided"]),
              help="不再需要（withdrawn）、拒不提供（not_provided）")
@_WORDS
def end_request(asking: Asking, case: str, number: int, **body: Any) -> int:
    """不再等待材料"""
    return _in(asking, case, f"material-requests/{number}/ending", "已了结", body)


@click.command()
@asks()
@click.argument("case", type=Id("case"))
@PURPOSE
def requests(asking: Asking, case: str, purpose: str | None) -> int:
    """要求提供的材料：向谁、要什么、何时之前、来了什么"""
    def tell(body: dict[str, Any]) -> None:
        table(("编号", "限期", "状态", "文件", "向谁", "要求"), (
            (one["number"], one["due"], "逾期" if one["is_overdue"] else _REQUESTS.get(one["status"], one["status"]),
             len(one["files"]), one["source"], one["what"]) for one in body["items"]), empty="没有要求过材料。")

    return asking.get(f"/v1/cases/{case}/material-requests", tell, {"purpose": purpose})


@click.command()
@asks()
def overdue(asking: Asking) -> int:
    """本人所办案件中逾期的材料要求"""
    return asking.get("/v1/cases/overdue-requests", lambda body: table(("案件", "编号", "限期"), (
        (one["case"], one["number"], one["due"]) for one in body["items"]), empty="没有逾期的。"))


# Many at once


@click.command()
@acts_upon("case")
@click.option("--act", required=True, type=click.Choice(list(DEEDS)),
              help="冻结（hold）、解冻（release）、撤销（revoke）、恢复（reinstate）")
@with_options(_CHOICE)
@click.option("--basis", help="依据代码，如 falsified；撤销和恢复必须写")
@_WORDS
def bulk(asking: Asking, case: str, **body: Any) -> int:
    """批量冻结、解冻、撤销、恢复；先加 --dry-run 看每一项的后果和清单摘要，再以 --list 带上"""
    return _in(asking, case, "bulk", "已受理", body, _bulk_teller(f"批量{DEEDS[body['act']]}已生效。"))


@click.command()
@asks()
@click.argument("case", type=Id("case"))
@PURPOSE
def bulks(asking: Asking, case: str, purpose: str | None) -> int:
    """批量处理，先办的在前；各到哪一步"""
    def tell(body: dict[str, Any]) -> None:
        table(("批次", "处理", "状态", "已写入", "共", "开始", "经办账号"), (
            (one["act"], DEEDS.get(one["effect"], one["effect"]), _DONE.get(one["state"], one["state"]),
             one["rows_done"], one["rows"], one["opened_at"][:10], one["actor"]) for one in body["items"]),
            empty="没有批量处理。")

    return asking.get(f"/v1/cases/{case}/bulk", tell, {"purpose": purpose})


@click.command()
@acts_upon("case")
@click.argument("act")
def resume(asking: Asking, case: str, act: str) -> int:
    """续办没有写完的一批"""
    return _in(asking, case, f"bulk/{act}/resumption", "已受理", {}, _bulk_teller("整批已生效。"))


@click.command()
@acts_upon("case")
@click.argument("act")
@click.option("--words", help="说明")
def abandon(asking: Asking, case: str, act: str, words: str | None) -> int:
    """放弃没有写完的一批；一项也不生效"""
    return _in(asking, case, f"bulk/{act}/abandonment", "已放弃", {"words": words})


def _bulk_teller(over: str) -> Callable[[dict[str, Any]], None]:
    """Tell a list as it would be done, an act that goes on, or what the case has come to; `over`: what is then so."""

    def tell(body: dict[str, Any]) -> None:
        if body.get("state") == "open":
            click.echo(f"还没有写完，尚未生效：{body['rows_done']} / {body['rows']} 项。")
            if body.get("job") is not None:
                click.echo(f"服务在后台续办，看进度：xueshi job show {body['job']}")
            click.echo(f"停下的可以续办：xueshi case resume {body['case']} {body['act']}")
        elif "list_sha256" in body:
            _tell_list(body)
        else:
            click.echo(over)
            decided(body)

    return tell


def _tell_list(body: dict[str, Any]) -> None:
    pairs((("将办理", f"{body['rows']} 项，{body['people']} 人"), ("不能办理", body["refused"] or None),
           ("不在案件之内", body["beyond_the_case"] or None), ("清单摘要", body["list_sha256"])))
    table(("学时", "人员", "年度", "学时数", "现为", "将为", "不能办理的原因"), (
        (one["claim"], one["person"], one["year"], one["hours"], one["status"], one["becomes"], one["refused"])
        for one in body["entries"]), empty="没有符合的学时。")


def _in(
    asking: Asking, case: str, act: str, done: str, body: Mapping[str, Any],
    tell: Callable[[dict[str, Any]], None] = decided,
) -> int:
    place = f"/v1/cases/{case}"
    sent = {name: list(value) if isinstance(value, tuple) else value
            for name, value in body.items() if value is not None and value != ()}
    return asking.post(f"{place}/{act}", tell, sent, upon=place, done=done, purpose="case_handling")


COMMANDS: Final[Iterable[click.Command]] = (
    name_member, release_member, note, notes, deadline, widen, link_finding, name_consequence, named, followed,
    request_material, receive_material, end_request, requests, overdue, bulk, bulks, resume, abandon,
)
"""What `xueshi case` offers beside what is in its own module."""
