"""`xueshi rulebook`: rulebooks enacted in the register. What a rulebook says is read with `xueshi rules`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands.asking import Asking, asks
from api.commands.telling import pairs, table
from api.exits import Exit, Stop


@click.group()
def rulebook() -> None:
    """账本中施行的细则：列出、查看、施行新的一版"""


@rulebook.command("list")
@asks(founder=True)
def list_(asking: Asking) -> int:
    """列出已施行的细则"""
    return asking.get("/v1/rulebooks", _tell_list)


@rulebook.command()
@asks(founder=True)
@click.argument("rulebook")
def show(asking: Asking, rulebook: str) -> int:
    """查看一部已施行的细则（如 wenzhou/2020-11-27）"""
    return asking.get(f"/v1/rulebooks/{rulebook}", tell)


@rulebook.command()
@asks(writes=True, founder=True)
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--text", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
              help="细则所引的官方原文全文（文本文件）")
def enact(asking: Asking, source: Path, text: Path) -> int:
    """施行一版细则（政策部门）：检查、存档、记入日志"""
    return asking.post("/v1/rulebooks", tell, {"source": _text(source), "text": _text(text)}, done="已施行")


@rulebook.command()
@asks()
def words(asking: Asking) -> int:
    """现行细则所用的词：行业、科目、途径、级别"""
    return asking.get("/v1/words", _tell_words)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Stop(Exit.BAD_INPUT, "file_unreadable", f"读不出 {path}", "应为 UTF-8 文本文件") from None


def _tell_list(body: dict[str, Any]) -> None:
    rows = [
        (one["id"], one.get("in_force_from", ""), str(one["digest"])[:12], one.get("event", ""),
         one.get("superseded_by") or "", one.get("document", ""))
        for one in body["items"]
    ]
    table(("细则", "施行", "摘要", "事件", "已被取代", "文号"), rows)


def _tell_words(body: dict[str, Any]) -> None:
    for title, name in (("行业", "sectors"), ("科目", "categories"), ("级别", "levels")):
        pairs([(title, "，".join(f"{code} {word}" for code, word in body[name].items()))])
    table(("途径", "名称", "数量", "级别"),
          [(one["route"], one["name"], "、".join(one["quantity"]), "、".join(one["levels"])) for one in body["routes"]])


def tell(body: dict[str, Any]) -> None:
    """Tell of an enacted rulebook."""
    pairs((
        ("细则", body.get("id") or body.get("rulebook")), ("文号", body.get("document")),
        ("施行", body.get("in_force_from")),
        ("摘要", body.get("digest") or "、".join(body.get("digests", ()))), ("事件", body.get("event")),
        ("已被取代", body.get("superseded_by")),
    ))
