"""`xueshi claim`: one study of one person, from a trial that says what it will be worth to whatever follows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import click

from api.commands import reasons, study
from api.commands.asking import PURPOSE, Asking, Id, acts_upon, asks
from api.commands.claim_told import tell, tell_events, tell_list
from api.commands.files import FILE
from api.commands.shared import shared
from api.terminal.exits import Exit, Stop
from api.words.telling import AS_OF, PAGE, table, with_options

_HANDS = ("unit", "recognised_organiser", "sector_authority", "human_resources", "blasting_association",
          "talent_market", "claimant")
_FLAGS = ("late", "by_analogy", "late_filing", "override")


@click.group()
def claim() -> None:
    """学时申报：试办、提交、审核、认定、更正、冻结、撤销"""


claim.add_command(shared)


SAID = (
    click.option("--title", help="学习项目的名称"),
    click.option("--evidence", "proofs", multiple=True,
                 help="佐证：种类=文件，如 certificate=结业证书.pdf，可加 @签发日期；只取摘要，可多次"),
    click.option("--certificate-issuer", help="证书签发单位"),
    click.option("--certificate-number", help="证书编号"),
    click.option("--location", help="地点"),
)
_FACTS = (click.argument("facts", nargs=-1, required=True), *SAID)
_CONFIRMED = (
    click.option("--confirmed-hours", help="细则没有规定时，主管部门确认的学时"),
    click.option("--override", help="条文写“一般”而留有余地时，主管部门认定的学时；须同时给出 --words 和 --document"),
    click.option("--document", help="确认或认定学时所依据的文件号"),
    click.option("--words", help="另行认定的理由，说给本人"),
)
_STATES = ("under_review", "returned", "withdrawn", "refused", "approved", "frozen", "revoked")
_words = click.option("--words", required=True, help="理由")
_basis = click.option("--basis", required=True, help="依据代码，如 falsified")


def _sent(facts: tuple[str, ...], proofs: tuple[str, ...], details: dict[str, Any]) -> dict[str, Any]:
    return study.body(facts, proofs, details.pop("title"), details.items())


@claim.command()
@asks(writes=True)
@click.argument("person", type=Id("person"))
@with_options(_FACTS)
def submit(asking: Asking, person: str, facts: tuple[str, ...], proofs: tuple[str, ...], **details: Any) -> int:
    """提交申报：字段=值；写 - 则从标准输入读 JSON。先加 --dry-run 看值多少、为什么"""
    return asking.post("/v1/claims", _submitted, {"person": person, **_sent(facts, proofs, details)}, done="已提交")


def _submitted(body: dict[str, Any]) -> None:
    tell(body)
    if body["evidence"] and "walk" not in body:  # A trial has one: nothing waits for anybody yet.
        click.echo(f"佐证只登记了摘要；审核要看的文件，请另行上传：xueshi evidence upload {body['person']} 文件")


@claim.command("list")
@asks()
@click.option("--status", type=click.Choice(_STATES), help="只看这一状态的")
@click.option("--year", type=click.IntRange(1950, 2099), help="只看归属这一年度的")
@click.option("--category", help="只看这一科目的，如 professional")
@click.option("--unit", type=Id("unit"), help="只看经这一单位申报的")
@click.option("--region", help="只看在这一地区申报的：区划代码前缀，如 3303")
@click.option("--officer", type=Id("actor"), help="只看这一经办账号办理过的")
@click.option("--person", type=Id("person"), help="只看这一人员的")
@click.option("--sector", help="只看在这一行业申报的，如 industry")
@click.option("--route", help="只看这一途径的，如 advanced_seminar")
@click.option("--flag", type=click.Choice(_FLAGS), help="只看有这一标记的：补录、比照执行、逾期备案、主管部门认定")
@click.option("--role", type=click.Choice(_HANDS), help="只看等着这一角色办理的；也有退回后等着本人修改的")
@click.option("--holder", type=Id("actor"), help="只看指定给这一经办账号的")
@click.option("--waits-since", help="只看在这一天已经等着的（YYYY-MM-DD）")
@click.option("--sort", type=click.Choice(("-submitted", "submitted")), help="按提交先后：新的在前，或旧的在前")
@click.option("--from", "first", help="自哪一天提交起（YYYY-MM-DD）")
@click.option("--to", "last", help="至哪一天提交为止（YYYY-MM-DD）")
@PURPOSE
@with_options((AS_OF, *PAGE))
@with_options(FILE)
def list_(asking: Asking, form: str | None, out: Path | None, **asked: Any) -> int:
    """列出申报：本人的，或权限内提交的，新的在前；--form 取全部，写成文件"""
    query = {{"first": "from", "last": "to"}.get(name, name): value for name, value in asked.items()}
    if form is not None:
        return asking.fetch(f"/v1/claims.{form}", out, {**query, "cursor": None, "limit": None})
    return asking.get("/v1/claims", tell_list, query)


@claim.command()
@asks()
@click.argument("claim", type=Id("claim"))
@PURPOSE
@click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")
def show(asking: Asking, claim: str, purpose: str | None, as_of: str | None) -> int:
    """查看一项申报，现在的或当时的"""
    return asking.get(f"/v1/claims/{claim}", tell, {"purpose": purpose, "as_of": as_of})


@claim.command()
@asks()
@click.argument("claim", type=Id("claim"))
@PURPOSE
def events(asking: Asking, claim: str, purpose: str | None) -> int:
    """查看一项申报的全部事件"""
    return asking.get(f"/v1/claims/{claim}/events", tell_events, {"purpose": purpose})


@claim.command()
@acts_upon("claim")
@with_options(_FACTS)
def revise(asking: Asking, claim: str, facts: tuple[str, ...], proofs: tuple[str, ...], **details: Any) -> int:
    """本人修改退回的或尚未审核的申报"""
    return _upon(asking, claim, "revision", "已修改", _sent(facts, proofs, details))


@claim.command()
@acts_upon("claim")
def withdraw(asking: Asking, claim: str) -> int:
    """本人撤回"""
    return _upon(asking, claim, "withdrawal", "已撤回")


@claim.command()
@acts_upon("claim")
def endorse(asking: Asking, claim: str) -> int:
    """审核通过，转交下一环节"""
    return _upon(asking, claim, "endorsement", "审核通过")


@claim.command()
@acts_upon("claim")
@click.option("--to", type=Id("actor"), help="转给本机构的哪个经办账号")
@click.option("--back", is_flag=True, help="退还，不再指定")
@click.option("--words", help="交代")
def assign(asking: Asking, claim: str, to: str | None, back: bool, words: str | None) -> int:
    """转办：指定由哪个同事办理这一环节，或退还；不妨碍其他有权的经办人办理"""
    if back == (to is not None):
        raise Stop(Exit.BAD_INPUT, "bad_usage", "--to 与 --back 须选其一", "转给同事写 --to，退还写 --back")
    return _upon(asking, claim, "assignment", "已退还" if back else "已转办",
                 {"to": to, **({} if words is None else {"words": words})})


@claim.command("return")
@acts_upon("claim")
@with_options(reasons.GIVEN)
def send_back(asking: Asking, claim: str, reason: str | None, words: str) -> int:
    """退回修改，并说明理由"""
    return _upon(asking, claim, "return", "已退回", reasons.sent(reason, words))


@claim.command()
@acts_upon("claim")
@click.option("--opened-evidence", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="认定前看过的佐证文件，只取摘要，可多次")
@with_options(_CONFIRMED)
def approve(
    asking: Asking, claim: str, opened_evidence: tuple[Path, ...], words: str | None, **given: str | None
) -> int:
    """认定：学时由细则得出；细则没有规定的，须有确认学时和文件号；条文留有余地的，可另行认定"""
    opened = [study.digest(path) for path in opened_evidence]
    body = ({"opened_evidence": opened} if opened else {}) | _by_hand(words, **given)
    return _upon(asking, claim, "approval", "已认定", body)


def _by_hand(
    reason: str | None, *, confirmed_hours: str | None, override: str | None, document: str | None
) -> dict[str, Any]:
    """Hours that an authority gives, as they are sent: what is missing is for the API to name."""
    if override is not None:
        said = {"hours": override, "reason": reason, "document": document}
        return {"override": {name: value for name, value in said.items() if value is not None}}
    if reason is not None:
        raise Stop(Exit.BAD_INPUT, "bad_usage", "--words 只与 --override 同用", "细则得出的学时不用写理由")
    given = {"confirmed_hours": confirmed_hours, "document": document}
    return {name: value for name, value in given.items() if value is not None}


@claim.command()
@acts_upon("claim")
@with_options(reasons.GIVEN)
def refuse(asking: Asking, claim: str, reason: str | None, words: str) -> int:
    """驳回，并说明理由"""
    return _upon(asking, claim, "refusal", "已驳回", reasons.sent(reason, words))


@claim.command()
@acts_upon("claim")
@with_options(_FACTS)
@with_options(_CONFIRMED)
@click.option("--year", type=int, help="改归的年度")
@click.option("--year-because", help="改归年度的理由代码")
@click.option("--because", help="更正的理由，说给本人")
def correct(
    asking: Asking, claim: str, facts: tuple[str, ...], proofs: tuple[str, ...], words: str | None,
    confirmed_hours: str | None, override: str | None, document: str | None, year: int | None,
    year_because: str | None, because: str | None, **details: Any,
) -> int:
    """更正已登记的学习；原来的版本仍可查，不写 --evidence 的佐证照旧"""
    by_hand = _by_hand(words, confirmed_hours=confirmed_hours, override=override, document=document)
    given = (("year", year), ("year_because", year_because), ("words", because))
    more = {name: value for name, value in given if value is not None}
    return _upon(asking, claim, "correction", "已更正", {**_sent(facts, proofs, details), **by_hand, **more})


@claim.command()
@acts_upon("claim")
@click.option("--decided", required=True, help="所见的认定计入学时，如 24")
@click.option("--evaluated", required=True, help="所见的评定计入学时，如 18")
@_words
def uphold(asking: Asking, claim: str, decided: str, evaluated: str, words: str) -> int:
    """核查差异后维持原认定，并说明理由；数字与现在的不同则不予办理"""
    body = {"decided": decided, "evaluated": evaluated, "words": words}
    return _upon(asking, claim, "upholding", "已维持原认定", body)


@claim.command()
@acts_upon("claim")
@_words
def freeze(asking: Asking, claim: str, words: str) -> int:
    """冻结，并说明理由"""
    return _upon(asking, claim, "freeze", "已冻结", {"words": words})


@claim.command()
@acts_upon("claim")
@click.option("--words", help="说明")
def release(asking: Asking, claim: str, words: str | None) -> int:
    """解冻"""
    return _upon(asking, claim, "release", "已解冻", {"words": words} if words else {})


@claim.command()
@acts_upon("claim")
@_basis
@_words
def revoke(asking: Asking, claim: str, basis: str, words: str) -> int:
    """撤销登记：不再计学时，腾出上限"""
    return _upon(asking, claim, "revocation", "已撤销", {"basis": basis, "words": words})


@claim.command()
@acts_upon("claim")
@_basis
@_words
def reinstate(asking: Asking, claim: str, basis: str, words: str) -> int:
    """恢复已撤销的登记"""
    return _upon(asking, claim, "reinstatement", "已恢复", {"basis": basis, "words": words})


@claim.command()
@acts_upon("claim")
@_words
@click.option("--evidence", "proofs", multiple=True,
              help="佐证：种类=文件，如 certificate=结业证书.pdf，可加 @签发日期；只取摘要，可多次")
def appeal(asking: Asking, claim: str, words: str, proofs: tuple[str, ...]) -> int:
    """本人申诉：不服驳回、撤销或认定的学时；由谁办理、何时答复见答复"""
    return _upon(asking, claim, "appeal", "已申诉", {"words": words, "evidence": study.evidence(proofs)})


@claim.command("withdraw-appeal")
@acts_upon("claim")
def withdraw_appeal(asking: Asking, claim: str) -> int:
    """本人撤回申诉"""
    return _upon(asking, claim, "appeal-withdrawal", "已撤回申诉")


@claim.command("dismiss-appeal")
@acts_upon("claim")
@_words
def dismiss_appeal(asking: Asking, claim: str, words: str) -> int:
    """办理申诉：维持原决定，并说明理由"""
    return _upon(asking, claim, "appeal-dismissal", "已维持原决定", {"words": words})


@claim.command("allow-appeal")
@acts_upon("claim")
@_words
def allow_appeal(asking: Asking, claim: str, words: str) -> int:
    """办理申诉：改变原决定，恢复已撤销的、重新审核被驳回的，或责令更正"""
    return _upon(asking, claim, "appeal-allowance", "已改变原决定", {"words": words})


@claim.command()
@asks(writes=True)
@click.argument("file", type=click.File("rb"))
@click.option("--atomic", is_flag=True, help="整批一次登记，有一行不成就都不办")
@click.option("--continue-on-failure", is_flag=True, help="一行不成，仍办其后的；默认停在第一处")
def batch(asking: Asking, file: BinaryIO, atomic: bool, continue_on_failure: bool) -> int:
    """成批认定无须单独审核的：每行一个 JSON，含申报编号（claim）和版本（version）；- 读标准输入"""
    flags = {"atomic": atomic, "continue_on_failure": continue_on_failure, "dry_run": asking.dry_run}
    with asking.client() as client:
        reply = client.post_lines("/v1/claims:bulk", file.read(), key=asking.key,
                                  query={name: "true" for name, given in flags.items() if given})
    if not reply.ok:
        return asking.tell(reply, tell)
    lines = [json.loads(line) for line in reply.body.splitlines()]
    if asking.as_json:
        sys.stdout.buffer.write(reply.body)
    else:
        table(("行", "申报", "结果"), ((one["index"] + 1, one.get("claim"), _line_told(one)) for one in lines))
    return Exit.HOLDS if all(one["status"] < 400 for one in lines) else Exit.REFUSED


def _line_told(one: Mapping[str, Any]) -> str:
    if "problem" in one:
        return f"✗ {one['problem']['title']} [{one['problem']['code']}]"
    return f"✓ {'可以认定' if 'events' not in one else '已认定'} {one['assessed']} 学时，{one['year']} 年度"


def _upon(asking: Asking, claim: str, act: str, done: str, body: dict[str, Any] | None = None) -> int:
    place = f"/v1/claims/{claim}"
    return asking.post(f"{place}/{act}", tell, body, upon=place, done=done, purpose=f"claim_{act.replace('-', '_')}")
