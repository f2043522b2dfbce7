"""`xueshi import`: what comes from other systems, brought in and to be read: files, what came back, how it adds up.

`tests/api/test_import_commands.py` shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.commands import import_fetch, import_ledgers, import_sources
from api.commands.asking import Asking, Id, acts_upon, asks
from api.commands.files import FILE
from api.commands.import_told import (
    tell,
    tell_changes,
    tell_comparison,
    tell_list,
    tell_preview,
    tell_report,
    tell_rows,
)
from api.commands.returned import demand_trial, encoded, workbook_option
from api.words.telling import with_options

_AS_OF = click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")


@click.group("import")
def imports() -> None:
    """从其他系统的导入：试办、导入、放弃，未接受的行，更正回传，对账"""


for _command in (import_fetch.fetch, *import_ledgers.COMMANDS, *import_sources.COMMANDS):
    imports.add_command(_command)


@imports.command()
@asks()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def template(asking: Asking, file: Path) -> int:
    """取导入模板（XLSX）：各列和写法；已有的文件不会被覆盖"""
    return asking.fetch("/v1/import-template", file, then="填好后先用 xueshi import take --dry-run 试办")


@imports.command()
@asks(writes=True)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--system", required=True, help="来源系统代码，如 ningbo")
@click.option("--starts", required=True, help="所属期间的第一天")
@click.option("--ends", required=True, help="所属期间的最后一天")
@click.option("--region", required=True, help="记录所属地区，如 330200")
@click.option("--sector", help="只含一个行业的记录时：行业")
@click.option("--on-behalf-of", type=Id("unit"), help="代哪个单位报送；不写即本单位的系统")
@click.option("--seen", type=click.IntRange(0), help="已取回更正清单到哪个位置（xueshi import changes 给出）")
@workbook_option("试办有被拒的行时，把标红并写明原因的表存到这里（NDJSON 没有）")
def take(asking: Asking, file: Path, workbook: Path | None, **fields: Any) -> int:
    """导入来源的记录（NDJSON、XLSX 或 CSV）；先加 --dry-run 逐行检查。中断后用同一文件再运行即继续"""
    demand_trial(asking, workbook)
    body = {"file": encoded(file), **{name: value for name, value in fields.items() if value is not None}}
    show = tell if not asking.dry_run else lambda would: tell_preview(would, workbook)
    return asking.post("/v1/imports", show, body, done="已导入")


@imports.command()
@acts_upon("batch", kind="import")
@click.option("--why", required=True, help="原因代码，如 wrong_period")
def abandon(asking: Asking, batch: str, why: str) -> int:
    """放弃未完成的导入：其中各行都不生效，文件可再导入"""
    place = f"/v1/imports/{batch}"
    return asking.post(f"{place}/abandonment", tell, {"why": why}, upon=place, done="已放弃")


@imports.command("decide-fork")
@acts_upon("batch", kind="import")
@click.option("--outcome", required=True, type=click.Choice(["continued", "closed"]),
              help="以已接受的历史为准（continued），或不再接受这本账（closed）")
@click.option("--document", required=True, help="决定的文件号")
@click.option("--words", required=True, help="怎样查明的")
def decide_fork(asking: Asking, batch: str, **body: Any) -> int:
    """对签署了两份互相矛盾的历史的账作出决定；此前它的移交一概不接受"""
    place = f"/v1/imports/{batch}"
    return asking.post(f"{place}/fork-decision", tell, body, upon=place, done="已作出决定")


@imports.command()
@acts_upon("batch", kind="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--on", required=True, help="快照的日期")
@click.option("--form", type=click.Choice(["csv", "xlsx"]), default="xlsx", help="差异清单的格式（默认 xlsx）")
@workbook_option("试办时把全部差异存到这里")
def reconcile(asking: Asking, batch: str, file: Path, on: str, form: str, workbook: Path | None) -> int:
    """与来源以后的快照对账（NDJSON、XLSX 或 CSV）；加 --dry-run 只比较，不加则登记已对账"""
    demand_trial(asking, workbook)
    place = f"/v1/imports/{batch}"
    show = tell if not asking.dry_run else lambda would: tell_comparison(would, workbook)
    return asking.post(f"{place}/reconciliation", show, {"file": encoded(file), "on": on, "form": form}, upon=place,
                       done="已登记对账")


@imports.command()
@asks()
@click.argument("batch", type=Id("import"))
@click.option("--after", type=click.IntRange(0), help="从第几行之后")
@click.option("--limit", type=click.IntRange(1, 1_000), help="最多列出多少行")
def rows(asking: Asking, batch: str, **query: Any) -> int:
    """列出一次导入中未接受的行和原因"""
    return asking.get(f"/v1/imports/{batch}/rows", tell_rows, query)


@imports.command()
@asks()
@click.option("--system", required=True, help="来源系统代码")
@click.option("--after", type=click.IntRange(0), help="上次给出的位置")
@click.option("--limit", type=click.IntRange(1, 1_000), help="最多列出多少条")
def changes(asking: Asking, **query: Any) -> int:
    """更正回传：本系统对来源所报记录的更正、冻结、撤销等"""
    return asking.get("/v1/imports/changes", tell_changes, query)


@imports.command()
@asks()
@click.option("--system", help="只看一个来源系统的")
@click.option("--starts", help="从哪天完成的导入起")
@click.option("--ends", help="到哪天为止")
@_AS_OF
@with_options(FILE)
def report(asking: Asking, form: str | None, out: Path | None, **query: Any) -> int:
    """对账：按来源和日期，报送、接受、重复、拒绝、后来更正和撤销的行数"""
    if form is not None:
        return asking.fetch(f"/v1/imports/report.{form}", out, query)
    return asking.get("/v1/imports/report", tell_report, query)


@imports.command("list")
@asks()
@click.option("--system", help="只看一个来源系统的")
@_AS_OF
@click.option("--cursor", help="从上一页给出的位置继续")
@click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条")
@with_options(FILE)
def list_(asking: Asking, form: str | None, out: Path | None, **query: Any) -> int:
    """列出导入，按打开先后；--form 取全部，写成文件"""
    if form is not None:
        return asking.fetch(f"/v1/imports.{form}", out, {name: query[name] for name in ("system", "as_of")})
    return asking.get("/v1/imports", tell_list, query)


@imports.command()
@asks()
@click.argument("batch", type=Id("import"))
@_AS_OF
def show(asking: Asking, batch: str, as_of: str | None) -> int:
    """查看一次导入"""
    return asking.get(f"/v1/imports/{batch}", tell, {"as_of": as_of})
