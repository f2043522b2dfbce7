"""How imports are told on a terminal: what became of a file, row by row where rows were set aside, and how it adds up.

`tests/api/test_import_commands.py` shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from api.commands.returned import keep_returned
from api.words.codes import FORK_OUTCOMES
from api.words.telling import pairs, table

_WHAT: Final = {"corrected": "更正", "frozen": "冻结", "released": "解冻", "revoked": "撤销", "reinstated": "恢复",
                "freed": "在册的另一条已撤销，可以再报送"}
_STATES: Final = {"open": "导入中", "closed": "已完成", "abandoned": "已放弃"}


def tell_list(body: dict[str, Any]) -> None:
    """Imports, one a line."""
    rows = [(one["batch"], one["system"], f"{one['starts']} 至 {one['ends']}", one["rows"],
             *_counts(one["outcome"]), _STATES.get(one["status"], one["status"])) for one in body["items"]]
    table(("导入", "来源", "数据期间", "行数", "接受", "拒绝", "重复", "状态"), rows, empty="没有导入。")
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


def _counts(outcome: dict[str, Any] | None) -> tuple[object, object, object]:
    if outcome is None:
        return "", "", ""
    return outcome["accepted"], outcome["rejected"], outcome["duplicates"]


def tell(body: dict[str, Any]) -> None:
    """One import."""
    outcome = body["outcome"] or {}
    accepted, rejected, duplicates = _counts(body["outcome"])
    summed = f"接受 {accepted}，拒绝 {rejected}，重复 {duplicates}" if outcome else None
    pairs((
        ("导入", body["batch"]), ("来源", body["system"]), ("状态", _STATES.get(body["status"], body["status"])),
        ("数据期间", f"{body['starts']} 至 {body['ends']}"), ("地区", body["region"]), ("行数", body["rows"]),
        ("结果", summed), ("批次", outcome.get("act")), ("放弃原因", body.get("why")),
        ("文件摘要", body["file_sha256"]), ("结果文件摘要", outcome.get("result_sha256")),
    ))
    if body.get("set_aside"):
        tell_rows({"items": body["set_aside"]})
    for one in body.get("fork_decisions", (body["fork_decision"],) if body.get("fork_decision") else ()):
        click.echo(f"  两种历史：{FORK_OUTCOMES[one['outcome']]}（{one['document']}）")
    for one in body.get("reconciliations", ()):
        click.echo(f"  对账 {one['snapshot_on']}：比较 {one['compared']} 条，相异 {one['differences']} 条")


def tell_comparison(would: dict[str, Any], workbook: Path | None) -> None:
    """How a later snapshot compares."""
    from api.cases.importing.import_comparisons import WHAT

    pairs((("比较", would["compared"]), ("相异", would["differences"]), ("期间之外", would["outside"]),
           ("读不出的行", would["unread"])))
    for code, count in would["counts"].items():
        if count:
            click.echo(f"  {WHAT.get(code, code)}：{count}")
    table(("记录", "差异", "来源版本", "所据版本", "不同的内容", "在册的另一条"),
          [(one["record"], "；".join(WHAT.get(code, code) for code in one["what"]), one["there"] or "",
            one["here"] or "", "、".join(one["fields"]), one["beside"] or "")
           for one in would["items"]], empty="没有差异。")
    if would["problems"]:
        table(("行", "代码", "原因"), [(one["row"], one["code"], one["detail"]) for one in would["problems"]])
    keep_returned(workbook, would["table"]["content"])


def tell_preview(would: dict[str, Any], workbook: Path | None) -> None:
    """What would become of the rows of a file."""
    pairs((
        ("行数", would["rows"]), ("接受", would["accepted"]), ("其中更正", would["corrections"]),
        ("重复", would["duplicates"]), ("拒绝", would["refused"]),
    ))
    for one in would["worth"]:
        rested = f"{one['rulebook'] or ''} {'、'.join(one['clauses'])}".strip()
        click.echo(f"  {one['assessed']} 学时 × {one['rows']} 行  {rested}")
    table(("行", "记录", "版本", "代码", "原因"),
          [(one["row"], one["record"], one["version"], one["code"], one["detail"]) for one in would["set_aside"]],
          empty="各行都可接受。")
    keep_returned(workbook, would["workbook"])


def tell_rows(body: dict[str, Any]) -> None:
    """The rows that were set aside."""
    table(("行", "记录", "版本", "代码", "在册的另一条", "原因"),
          [(one["row"], one["record"], one["version"], one["code"], one["claim"] or "", one["detail"])
           for one in body["items"]], empty="没有未接受的行。")


def tell_changes(body: dict[str, Any]) -> None:
    """What was put right here of what a source sent."""
    table(("事件", "记录", "版本", "办理", "学时", "依据"),
          [(one["event"], one["record"], one["version"], _WHAT[one["what"]], one.get("assessed", ""),
            one.get("basis", "")) for one in body["items"]], empty="没有更正。")
    click.echo(f"下次从这里继续：--after {body['position']}；报送新版本时写 --seen {body['position']}")


def tell_report(body: dict[str, Any]) -> None:
    """How it adds up, by source and day."""
    table(("来源", "日期", "批次", "报送", "接受", "重复", "拒绝", "后来更正", "现已撤销", "现被冻结"),
          [tuple(one[name] for name in ("system", "day", "batches", "sent", "accepted", "duplicates", "refused",
                                        "corrected", "revoked", "frozen")) for one in body["items"]],
          empty="这些日子没有完成的导入。")
