"""`xueshi import`: what was taken over from other systems, to be read."""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import Asking, Id, asks
from api.commands.telling import pairs, table

_STATES: Final = {"open": "导入中", "closed": "已完成", "abandoned": "已放弃"}
_AS_OF = click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")


@click.group("import")
def imports() -> None:
    """从其他系统的导入：列出、查看逐行结果的计数和对账"""


@imports.command("list")
@asks()
@click.option("--system", help="只看一个来源系统的")
@_AS_OF
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条")
def list_(asking: Asking, **query: Any) -> int:
    """列出导入，按打开先后"""
    return asking.get("/v1/imports", _tell_list, query)


@imports.command()
@asks()
@click.argument("batch", type=Id("import"))
@_AS_OF
def show(asking: Asking, batch: str, as_of: str | None) -> int:
    """查看一次导入"""
    return asking.get(f"/v1/imports/{batch}", _tell, {"as_of": as_of})


def _tell_list(body: dict[str, Any]) -> None:
    rows = [(one["batch"], one["system"], f"{one['starts']} 至 {one['ends']}", one["rows"],
             *_counts(one["outcome"]), _STATES.get(one["status"], one["status"])) for one in body["items"]]
    table(("导入", "来源", "数据期间", "行数", "接受", "拒绝", "重复", "状态"), rows, empty="没有导入。")
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


def _counts(outcome: dict[str, Any] | None) -> tuple[object, object, object]:
    if outcome is None:
        return "", "", ""
    return outcome["accepted"], outcome["rejected"], outcome["duplicates"]


def _tell(body: dict[str, Any]) -> None:
    outcome = body["outcome"] or {}
    accepted, rejected, duplicates = _counts(body["outcome"])
    counts = f"接受 {accepted}，拒绝 {rejected}，重复 {duplicates}" if outcome else None
    pairs((
        ("导入", body["batch"]), ("来源", body["system"]), ("状态", _STATES.get(body["status"], body["status"])),
        ("数据期间", f"{body['starts']} 至 {body['ends']}"), ("地区", body["region"]), ("行数", body["rows"]),
        ("结果", counts), ("批次", outcome.get("act")), ("放弃原因", body["why"]), ("文件摘要", body["file_sha256"]),
        ("结果文件摘要", outcome.get("result_sha256")),
    ))
    for one in body["reconciliations"]:
        click.echo(f"  对账 {one['snapshot_on']}：比较 {one['compared']} 条，相异 {one['differences']} 条")
