"""`xueshi statement`: a statement (学时登记情况表) issued, looked at, and written as a file that anyone can verify."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.commands.files import OUT
from api.words.telling import AS_OF, AXES, pairs, state, with_options


@click.group()
def statement() -> None:
    """学时登记情况表：出具、查看、取得可离线核验的文件"""


@statement.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@click.option("--year", "years", type=click.IntRange(1950, 2099), multiple=True, help="年度，可多次；默认全部")
@with_options(AXES)
@click.option("--clear-name", is_flag=True, help="姓名不遮盖（证件号码总是遮盖）")
def issue(
    asking: Asking, person: str, years: tuple[int, ...], as_of: str | None, valid_on: str | None, law: str | None,
    clear_name: bool,
) -> int:
    """出具情况表：正文的摘要记入日志，此后改一个字节都会被发现"""
    name = "clear" if clear_name else None
    given = (("years", list(years)), ("as_of", as_of), ("valid_on", valid_on), ("law", law), ("name", name))
    body = {name: value for name, value in given if value}
    return asking.post(f"/v1/persons/{person}/statements", tell, body, done="已出具")


@statement.command()
@asks()
@click.argument("statement", type=Id("statement"))
@PURPOSE
def show(asking: Asking, statement: str, purpose: str | None) -> int:
    """查看一份情况表现在是否有效"""
    return asking.get(f"/v1/statements/{statement}", tell, {"purpose": purpose})


@statement.command("list")
@asks()
@click.argument("person", type=Id("person"))
@with_options((AS_OF,))
@PURPOSE
def list_(asking: Asking, person: str, as_of: str | None, purpose: str | None) -> int:
    """列出一个人的情况表：现状，所载内容此后有没有变化"""
    return asking.get(f"/v1/persons/{person}/statements", _tell_all, {"as_of": as_of, "purpose": purpose})


@statement.command()
@asks()
@click.argument("code")
@with_options((AS_OF,))
@PURPOSE
def find(asking: Asking, code: str, as_of: str | None, purpose: str | None) -> int:
    """凭纸上的核验码查一份情况表的现状"""
    query = {"code": code, "as_of": as_of, "purpose": purpose}
    return asking.get("/v1/statements", lambda body: _tell_standing(body["statement"]), query)


def _tell_all(body: dict[str, Any]) -> None:
    for one in body["items"]:
        _tell_standing(one)
    if not body["items"]:
        click.echo("没有出具过情况表。")


def _tell_standing(one: dict[str, Any]) -> None:
    since = one["since"]
    so = "所载内容已有变化" if since["corrected"] else "此后又有登记" if since["changed"] else "所载内容没有变化"
    years = "、".join(map(str, one["years"]))
    click.echo(f"{one['statement']}  {one['code']}  {state(one['status'])}  {years} 年度  {so}")
    for event in since["events"]:
        click.echo(f"  事件 {event['event']}  {event['recorded_at'][:10]}  {event['words']}  {event['stream']}")


@statement.command()
@asks()
@click.argument("statement", type=Id("statement"))
@OUT
@click.option("--html", "as_html", is_flag=True, help="做成一个 HTML 文件：在浏览器里打开即自行核验，不需要网络")
@PURPOSE
def file(asking: Asking, statement: str, out: Path | None, as_html: bool, purpose: str | None) -> int:
    """取得情况表的文件：正文和证明，用 xueshi verify 或浏览器离线核验"""
    place = f"/v1/statements/{statement}/{'verifier' if as_html else 'file'}"
    then = "核验：用浏览器打开" if as_html else f"核验：xueshi verify {out} --key 公钥"
    return asking.fetch(place, out, {"purpose": purpose}, then=then)


@statement.command()
@asks()
@click.argument("person", type=Id("person"))
@OUT
def carry(asking: Asking, person: str, out: Path | None) -> int:
    """随人携带：本人已登记的全部记录，附证明和检查点；调到别处后交给新的登记部门导入

    文件含本人姓名和证件号码的明文，由本人保管；凭本人的令牌取得，即为同意携带。
    """
    then = f"核验：xueshi verify {out} --key 公钥；新的登记部门：xueshi import hand-over {out} --region 地区"
    status = asking.fetch(f"/v1/persons/{person}/carried", out, then=then)
    if out is not None and out.exists():
        out.chmod(0o600)  # It names them in clear.
    return status


@statement.command("print")
@asks()
@click.argument("statement", type=Id("statement"))
@OUT
@click.option("--pdf", "as_pdf", is_flag=True, help="做成 PDF：电子签章，附正文和证明，可离线核验")
@PURPOSE
def print_(asking: Asking, statement: str, out: Path | None, as_pdf: bool, purpose: str | None) -> int:
    """取得打印页（HTML，不依赖其他文件）或 PDF"""
    place = f"/v1/statements/{statement}/{'pdf' if as_pdf else 'page'}"
    then = f"核验：xueshi verify {out} --key 公钥" if as_pdf else "用浏览器打开，打印为 A4 横向"
    return asking.fetch(place, out, {"purpose": purpose}, then=then)


@statement.command()
@asks()
@click.argument("code")
@click.option("--sha256", help="纸上正文 SHA-256 的前 16 至 64 位，一并比对")
def check(asking: Asking, code: str, sha256: str | None) -> int:
    """公开核验：凭核验码查现状，不需登录；姓名遮盖"""
    return asking.get("/v1/verifications", _tell_check, {"code": code, "sha256": sha256})


def _tell_check(body: dict[str, Any]) -> None:
    click.echo(body["words"])
    pairs((
        ("核验码", body["code"]), ("姓名", body["name"]), ("年度", "、".join(map(str, body["years"]))),
        ("出具时间", body["issued_at"]), ("取代或作废", body["since"]), ("正文摘要", body["sha256"]),
    ))
    for one in body["corrections"]:
        click.echo(f"  {one['at'][:10]}  {one['words']}")
    click.echo(body["advice"])


@statement.command()
@acts_upon("statement")
@click.option("--by", type=Id("statement"), required=True, help="取代它的情况表")
def supersede(asking: Asking, statement: str, by: str) -> int:
    """由另一份情况表取代"""
    return _upon(asking, statement, "supersession", "已被取代", {"by_statement": by})


@statement.command()
@acts_upon("statement")
@click.option("--basis", required=True, help="依据代码，如 issued_in_error")
@click.option("--words", required=True, help="理由")
def void(asking: Asking, statement: str, basis: str, words: str) -> int:
    """作废，并说明理由（登记部门）"""
    return _upon(asking, statement, "voiding", "已作废", {"basis": basis, "words": words})


def _upon(asking: Asking, statement: str, act: str, done: str, body: dict[str, Any]) -> int:
    place = f"/v1/statements/{statement}"
    return asking.post(f"{place}/{act}", tell, body, upon=place, done=done, purpose=f"statement_{act}")


def tell(body: dict[str, Any]) -> None:
    """Tell of a statement."""
    pairs((
        ("情况表编号", body.get("statement")), ("人员", body.get("person")), ("状态", state(body.get("status", ""))),
        ("年度", "、".join(map(str, body.get("years", ())))), ("核验码", body.get("code")),
        ("正文摘要", body.get("sha256")), ("取代者", body.get("superseded_by")),
    ))
