"""`xueshi training`, what is done: plans, classes and cards; a roster by spreadsheet, tried before it is registered.

A plan or a class has too many fields for options: it is written as JSON in a file (or `-`, standard input), in the
words of the API, and tried with `--dry-run`. `tests/api/test_filing_commands.py` shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from api.commands import reasons, study
from api.commands.asking import Asking, Id, acts_upon, asks
from api.commands.files import READ, read_json
from api.commands.returned import demand_trial, encoded, keep_returned, workbook_option
from api.commands.training_files import open_paper, place_of, upload
from api.terminal.exits import Exit, Stop
from api.words.telling import (
    CARD_STATES,
    CLASS_PAPERS,
    CLASS_STATES,
    GRADES,
    PLAN_STATES,
    ROSTER_STATES,
    filed,
    pairs,
    role,
    table,
    with_options,
)

_words = click.option("--words", required=True, help="理由")
_grade = click.option("--grade", type=click.Choice(["excellent", "qualified", "unqualified"]), required=True,
                      help="优（excellent）、合格（qualified）、不合格（unqualified）")
_EFFECTS: Final = {None: "及时", "late_filing": "计入并标注", "not_filed": "不计"}


@click.command("file-plan")
@asks(writes=True)
@click.argument("file", type=READ)
def file_plan(asking: Asking, file: Path) -> int:
    """申报年度计划：JSON 文件，或 - 从标准输入读；向哪些部门备案由细则决定"""
    return asking.post("/v1/plans", _tell_plan, read_json(file), done="已申报")


@click.command("file-class")
@asks(writes=True)
@click.argument("file", type=READ)
def file_class(asking: Asking, file: Path) -> int:
    """申报培训班：JSON 文件，或 -；先加 --dry-run 看备案是否及时"""
    return asking.post("/v1/classes", _tell_class, read_json(file), done="已申报")


@click.command()
@asks(writes=True, conditional=True)
@click.argument("record")
@click.argument("file", type=READ)
def refile(asking: Asking, record: str, file: Path) -> int:
    """变更后重新申报计划（pln_）或班次（cls_）：JSON 文件，或 -"""
    place, tell = place_of(record), _tell_plan if record.startswith("pln_") else _tell_class
    return asking.post(f"{place}/refiling", tell, read_json(file), upon=place, done="已重新申报")


@click.command()
@acts_upon("plan")
def acknowledge(asking: Asking, plan: str) -> int:
    """备案计划（受理部门）"""
    return _upon_plan(asking, plan, "acknowledgement", "已备案")


@click.command("return")
@acts_upon("plan")
@with_options(reasons.GIVEN)
def send_back(asking: Asking, plan: str, reason: str | None, words: str) -> int:
    """退回计划修改（受理部门）"""
    return _upon_plan(asking, plan, "return", "已退回", reasons.sent(reason, words))


@click.command()
@acts_upon("plan")
@_grade
@_words
def evaluate(asking: Asking, plan: str, grade: str, words: str) -> int:
    """评估计划的实施（受理部门）；举办的班次和人数取自账本"""
    return _upon_plan(asking, plan, "evaluation", "已评估", {"grade": grade, "words": words})


@click.command("correct-evaluation")
@acts_upon("plan")
@_grade
@click.option("--document", required=True, help="更正所依据的文号")
@_words
def correct_evaluation(asking: Asking, plan: str, **given: str) -> int:
    """更正本部门的评估（受理部门）；原来的评估仍可查看"""
    return _upon_plan(asking, plan, "evaluation-correction", "已更正评估", given)


@click.command()
@acts_upon("training_class", kind="class")
@click.option("--number", required=True, help="备案号")
def accept(asking: Asking, training_class: str, number: str) -> int:
    """备案培训班（受理部门）"""
    return _upon_class(asking, training_class, "acceptance", "已备案", {"number": number})


@click.command()
@acts_upon("training_class", kind="class")
@with_options(reasons.GIVEN)
def refuse(asking: Asking, training_class: str, reason: str | None, words: str) -> int:
    """不予备案（受理部门）"""
    return _upon_class(asking, training_class, "refusal", "不予备案", reasons.sent(reason, words))


@click.command()
@acts_upon("training_class", kind="class")
@click.option("--starts", required=True, help="实际开班日期")
@click.option("--ends", required=True, help="实际结束日期")
@click.option("--days", required=True, help="实际天数，0.5 的倍数")
@click.option("--attended", type=click.IntRange(0), required=True, help="参加人数")
@click.option("--passed", type=click.IntRange(0), required=True, help="考核合格人数")
@click.option("--evidence", "proofs", multiple=True,
              help="材料：种类=文件，如 summary=总结.pdf；可多次。只取摘要，原件另行上传")
def hold(asking: Asking, training_class: str, proofs: tuple[str, ...], **held: Any) -> int:
    """登记举办情况：总结、名单、考勤（办班单位）"""
    body = {**held, "evidence": study.evidence(proofs)}
    return _upon_class(asking, training_class, "holding", "已登记举办情况", body)


@click.command()
@asks()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def template(asking: Asking, file: Path) -> int:
    """取名单模板（XLSX）；已有的文件不会被覆盖"""
    return asking.fetch("/v1/roster-template", file, then="填好后先用 xueshi training roster --dry-run 试办")


@click.command()
@acts_upon("training_class", kind="class")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--handed-in", help="不另给文件，登记办班单位交来的这份名单（SHA-256）")
@click.option("--document", help="细则没有规定学时的，确认学时所依据的文件号")
@workbook_option("试办有错误时，把标红并写明原因的名单存到这里")
def roster(
    asking: Asking, training_class: str, file: Path | None, handed_in: str | None, document: str | None,
    workbook: Path | None,
) -> int:
    """按名单（XLSX 或 CSV）统一登记；先加 --dry-run 逐行检查，办班单位也可。中断后用同一文件再运行即继续"""
    demand_trial(asking, workbook)
    if (file is None) == (handed_in is None):
        raise Stop(Exit.BAD_INPUT, "bad_usage", "名单", "请给出名单文件，或用 --handed-in 指明交来的名单，只能一种")
    body = ({"list_sha256": handed_in} if file is None else {"file": encoded(file)}) | (
        {"document": document} if document else {})
    place = f"/v1/classes/{training_class}"
    show = _tell_class if not asking.dry_run else lambda would: _tell_preview(would, workbook)
    return asking.post(f"{place}/rosters", show, body, upon=place, done="名单已统一登记")


@click.command("return-roster")
@acts_upon("training_class", kind="class")
@with_options(reasons.GIVEN)
def return_roster(asking: Asking, training_class: str, reason: str | None, words: str) -> int:
    """退回办班单位交来的名册（登记部门）；改好后可重新提交"""
    return _upon_class(asking, training_class, "roster-return", "已退回", reasons.sent(reason, words))


@click.command()
@acts_upon("training_class", kind="class")
def abandon(asking: Asking, training_class: str) -> int:
    """放弃未完成的名单登记：其中各行都不生效"""
    return _upon_class(asking, training_class, "roster-abandonment", "已放弃")


@click.command()
@asks(writes=True)
@click.argument("training_class", type=Id("class"))
@click.argument("person", type=Id("person"))
@click.option("--number", required=True, help="卡号，本单位内不重复")
@click.option("--attended-days", required=True, help="出勤天数，0.5 的倍数")
@click.option("--hours", required=True, help="卡上的学时")
@click.option("--result", type=click.Choice(["passed", "failed"]), default="passed",
              help="考核：合格（passed，默认）、不合格（failed）")
def issue(asking: Asking, training_class: str, person: str, **printed: Any) -> int:
    """出具学时登记卡（办班单位）"""
    body = {"training_class": training_class, "person": person, **printed}
    return asking.post("/v1/cards", _tell_card, body, done="已出具")


@click.command()
@acts_upon("card")
@_words
def void(asking: Asking, card: str, words: str) -> int:
    """作废学时登记卡（办班单位）；卡号不再使用"""
    place = f"/v1/cards/{card}"
    return asking.post(f"{place}/voiding", _tell_card, {"words": words}, upon=place, done="已作废",
                       purpose="card_voiding")


COMMANDS: Final = (
    file_plan, file_class, refile, acknowledge, send_back, evaluate, correct_evaluation, accept, refuse, hold, upload,
    open_paper, template, roster, return_roster, abandon, issue, void,
)


def _upon_plan(asking: Asking, plan: str, act: str, done: str, body: dict[str, Any] | None = None) -> int:
    place = f"/v1/plans/{plan}"
    return asking.post(f"{place}/{act}", _tell_plan, body, upon=place, done=done)


def _upon_class(asking: Asking, name: str, act: str, done: str, body: dict[str, Any] | None = None) -> int:
    place = f"/v1/classes/{name}"
    return asking.post(f"{place}/{act}", _tell_class, body, upon=place, done=done)


# Telling


def _tell_plan(body: dict[str, Any]) -> None:
    pairs((
        ("计划", body["plan"]), ("办班单位", body["organiser"]), ("年度", body["year"]),
        ("状态", PLAN_STATES.get(body["status"], body["status"])), ("项目", body["items"]),
        ("受理", "、".join(map(role, body["recipients"]))), ("尚待备案", "、".join(map(role, body["missing"]))),
    ))
    for one in body.get("last_year", ()):
        grade = GRADES.get(one["grade"], one["grade"])
        click.echo(f"  上年度评估 {role(one['recipient'])}：{grade}，举办 {one['classes_held']} 班")


def _tell_class(body: dict[str, Any]) -> None:
    pairs((
        ("班次", body["training_class"]), ("名称", body["title"]),
        ("状态", CLASS_STATES.get(body["status"], body["status"])),
        ("拟办", f"{body['starts']} 至 {body['ends']}，{body['days']} 天，{body['headcount']} 人"),
        ("受理", body["recipient"] and role(body["recipient"])), ("备案号", body["number"]),
        ("申报", filed(body)),
        ("名单", "、".join(
            f"{one['rows']} 人（{ROSTER_STATES.get(one['status'], one['status'])}）" for one in body["rosters"])),
        ("退回的名册", body["list_returned"]),
    ))
    for duty in body.get("duties", ()):
        late = f"迟 {duty['late_by']} 天，" if duty["late_by"] else ""
        click.echo(f"  备案期限 {duty['rulebook']} {duty['article']}：提前 {duty['days']} 天；{late}"
                   f"{_EFFECTS.get(duty['effect'], duty['effect'])}")
    tell_papers(body.get("papers", []))


def tell_papers(papers: list[dict[str, Any]]) -> None:
    """The papers that the law wants of a class, those that lack marked (W 13)."""
    by_rule: dict[str, list[str]] = {}
    for one in papers:
        mark = "! " if one["state"] in ("lacking", "late", "returned") else ""
        told = f"{mark}{one['document']} {CLASS_PAPERS[one['state']]}"
        by_rule.setdefault(f"{one['rulebook']} {one['article']}", []).append(told)
    for rule, told_all in by_rule.items():
        click.echo(f"  应报材料 {rule}：{'；'.join(told_all)}")


def _tell_card(body: dict[str, Any]) -> None:
    pairs((
        ("登记卡", body["card"]), ("人员", body["person"]), ("班次", body["training_class"]),
        ("状态", CARD_STATES.get(body["status"], body["status"])), ("出勤", f"{body['attended_days']} 天"),
        ("学时", body["hours"]),
    ))


def _tell_preview(would: dict[str, Any], workbook: Path | None) -> None:
    taken = "、".join(f"{one['name']}（{one['column']}）" for one in would["columns"])
    pairs((
        ("列", taken), ("未用的列", "、".join(would["ignored_columns"])), ("行数", would["rows"]),
        ("新增", would["new"]), ("重复", would["duplicates"]), ("错误", would["errors"]),
    ))
    if would["beyond"]:
        click.echo(f"  ! 多出 {would['beyond']} 人：总结报参加 {would['attended']} 人，"
                   f"此前登记 {would['registered']} 人，这份新增 {would['new']} 人。请先与办班单位核对总结和名单。")
    elif would["beyond_passed"]:
        click.echo(f"  ! 考核合格 {would['passed']} 人，此前登记 {would['registered']} 人，这份新增 {would['new']} 人："
                   f"有 {would['beyond_passed']} 人没有合格。请先与办班单位核对哪些人合格。")
    tell_papers(would["papers"])
    for one in would["worth"]:
        clauses = "、".join(one["clauses"])
        rested = f"{one['rulebook'] or ''} {clauses}".strip()
        click.echo(f"  {one['days']} 天 {one['hours']} 学时 × {one['people']} 人  {rested}")
    table(("行", "代码", "原因"), [(one["row"], one["code"], one["detail"]) for one in would["problems"]],
          empty="没有错误，可以登记。")
    keep_returned(workbook, would["workbook"])
