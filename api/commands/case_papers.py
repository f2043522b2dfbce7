"""`xueshi case bundle` and `notices`: a case's papers, for a court and for whom it concerns (P 17, W 16)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.files import OUT, hand_over
from api.terminal.exits import Exit, Stop
from api.words.telling import AS_OF, table, with_options

if TYPE_CHECKING:
    from api.client import Client, Reply

_AS: Final = {"csv": ".csv", "html": ".html", "pdf": ".zip"}


@click.command()
@asks()
@click.argument("case", type=Id("case"))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="写成这个 ZIP；已有的文件不会被覆盖")
@click.option("--event", "events", multiple=True, type=click.IntRange(1), help="另行选附的事件的序号，可重复")
@click.option("--redact", multiple=True,
              help="遮盖这一密封的项目，如姓名（name）、证件号码（id_number）、理由（words），可重复；佐证文件不附")
@click.option("--redact-persons", is_flag=True, help="遮盖全部个人信息和文字；佐证文件不附")
@with_options((AS_OF,))
@PURPOSE
def bundle(
    asking: Asking, case: str, out: Path, events: tuple[int, ...], redact: tuple[str, ...], redact_persons: bool,
    as_of: str | None, purpose: str | None,
) -> int:
    """打成移送材料：签章的 ZIP，含事件、证明、细则、佐证和报告，用 xueshi verify 离线核验"""
    query: dict[str, Any] = {"as_of": as_of, "purpose": purpose, "events": ",".join(map(str, events)) or None,
                             "redact": ",".join(redact) or None, "redact_persons": "true" if redact_persons else None}
    with asking.client() as client:
        reply = client.get(f"/v1/cases/{case}/bundle.zip", query)
        if not reply.ok and reply.json.get("code") == "bundle_in_background":
            body = {"as_of": as_of, "purpose": purpose, "events": list(events), "redact": list(redact),
                    "redact_persons": redact_persons}
            reply = _made(asking, client, case, {name: value for name, value in body.items() if value})
    if not reply.ok:
        return asking.tell(reply, lambda _: None)
    return hand_over(reply.body, out, f"核验：xueshi verify {out} --key 公钥")


def _made(asking: Asking, client: Client, case: str, body: dict[str, Any]) -> Reply:
    """Have the service make it in the background, wait for that, and fetch it."""
    from api.commands.asking import problem
    from api.commands.waiting import waited

    reply = client.post(f"/v1/cases/{case}/bundles", body)
    if not reply.ok:
        return reply
    job = reply.json["job"]
    click.echo(f"由服务在后台制作：作业 {job}。\n可以中断本命令，之后用 xueshi job bundle {job} 取走。", err=True)
    done = waited(asking, client, job)
    if not done.ok:
        return done
    if done.json["state"] != "done":
        why = done.json["error"] or {"code": "job_over", "detail": "作业已取消"}
        raise Stop(Exit.REFUSED, why["code"], why["detail"].rstrip("。"), "请查看 xueshi job show，或重新提交")
    fetched = client.get(f"/v1/jobs/{job}/bundle.zip")
    if not fetched.ok:
        raise problem(fetched)
    return fetched


@click.command()
@asks()
@click.argument("case", type=Id("case"))
@click.option("--as", "form", type=click.Choice(list(_AS)),
              help="写成文件：名单（csv）、打印页（html）、每人一份的 ZIP（pdf）")
@OUT
@with_options((AS_OF,))
@PURPOSE
def notices(
    asking: Asking, case: str, form: str | None, out: Path | None, as_of: str | None, purpose: str | None
) -> int:
    """列出案件的处理决定应告知的人，或做成告知书"""
    place, query = f"/v1/cases/{case}/notices", {"as_of": as_of, "purpose": purpose}
    if form is None:
        return asking.get(place, _tell, query)
    return asking.fetch(f"{place}{_AS[form]}", out, query)


def _tell(body: dict[str, Any]) -> None:
    rows = [(one["name"] or one["person"], each["year"], each["what"],
             f"{each['hours_before']} → {each['hours_after']}", each["appeal"]["until"] if each["appeal"] else None,
             len(one["statements"]), len(one["applications"]), each["claim"])
            for one in body["items"] for each in one["decisions"]]
    heads = ("人员", "年度", "处理", "学时", "申诉截止", "情况表", "申报", "学时编号")
    table(heads, rows, empty="案件还没有对学时的处理决定。")


COMMANDS: Final = (bundle, notices)
