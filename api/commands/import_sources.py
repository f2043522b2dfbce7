"""`xueshi import sources`, `register-source`, `close-source`: the systems that records are taken over from (P 14).

`tests/api/test_import_sources.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

import click

from api.commands.asking import Asking, asks
from api.words.telling import pairs, table, word

_CATEGORIES: Final = ("professional", "sector_public", "general_public")
_KINDS: Final = ("local_system", "classroom", "sector_platform", "other")
_STATES: Final = {"open": "使用中", "closed": "已停用"}
_SYSTEM = click.option("--system", required=True, help="来源系统代码，如 ningbo")


@click.command("sources")
@asks()
@click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")
def sources(asking: Asking, as_of: str | None) -> int:
    """登记过的来源系统：种类、地区、可以报送的科目"""
    return asking.get("/v1/import-sources", _tell_list, {"as_of": as_of})


@click.command("register-source")
@asks(writes=True)
@_SYSTEM
@click.option("--name", required=True, help="系统的名称")
@click.option("--kind", required=True, type=click.Choice(_KINDS),
              help="登记系统（local_system）、公需课堂（classroom）、行业学习平台（sector_platform）或其他")
@click.option("--region", required=True, help="记录所属地区，如 330200")
@click.option("--sector", help="只含一个行业的记录时：行业")
@click.option("--category", "categories", multiple=True, required=True, type=click.Choice(_CATEGORIES),
              help="可以报送的科目，可多次给出")
@click.option("--platform", help="只报送一个学习平台的：平台的名称")
@click.option("--document", help="依据的文件号")
def register_source(asking: Asking, categories: tuple[str, ...], **given: Any) -> int:
    """登记一个来源系统（该地区的登记部门）；之后才能从它导入"""
    body = {"categories": list(categories), **{name: value for name, value in given.items() if value is not None}}
    return asking.post("/v1/import-sources", _tell, body, done="已登记来源")


@click.command("close-source")
@asks(writes=True)
@click.argument("system")
@click.option("--why", required=True, help="原因代码，如 replaced")
def close_source(asking: Asking, system: str, why: str) -> int:
    """停用一个来源系统：不再导入，已导入的不受影响；范围有变的，停用后重新登记"""
    return asking.post("/v1/import-source-closings", _tell, {"system": system, "why": why}, done="已停用来源")


def _tell(body: dict[str, Any]) -> None:
    from api.cases.importing.sources import KINDS

    pairs((("来源", body["system"]), ("名称", body["name"]), ("种类", KINDS[body["kind"]]), ("地区", body["region"]),
           ("行业", body["sector"]), ("科目", _subjects(body)), ("平台", body["platform"]), ("依据", body["document"]),
           ("状态", _STATES[body["status"]]), ("原因", body["why"])))


def _tell_list(body: dict[str, Any]) -> None:
    from api.cases.importing.sources import KINDS

    table(("来源", "种类", "地区", "科目", "状态", "名称"),
          [(one["system"], KINDS[one["kind"]], one["region"], _subjects(one), _STATES[one["status"]], one["name"])
           for one in body["items"]], empty="没有登记过来源系统。登记：xueshi import register-source")


def _subjects(body: dict[str, Any]) -> str:
    return "、".join(word("category", one) for one in body["categories"])


COMMANDS: Final = (sources, register_source, close_source)
