"""`xueshi import`: what comes from other systems, brought in and to be read: files, what came back, how it adds up.

`tests/api/test_import_commands.py` shows it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from api.commands.asking import Asking, Id, acts_upon, asks
from api.commands.files import FILE
from api.commands.returned import demand_trial, encoded, keep_returned, workbook_option
from api.words.telling import pairs, table, with_options

if TYPE_CHECKING:
    from api.client import Client, Reply

_AT_ONCE: Final = 3  # One is written, one proved, one on its way.
_WHAT: Final = {"corrected": "更正", "frozen": "冻结", "released": "解冻", "revoked": "撤销", "reinstated": "恢复"}
_STATES: Final = {"open": "导入中", "closed": "已完成", "abandoned": "已放弃"}
_AS_OF = click.option("--as-of", help="按当时所知：事件序号、带时区的时间或日期")


@click.group("import")
def imports() -> None:
    """从其他系统的导入：试办、导入、放弃，未接受的行，更正回传，对账"""


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
    show = _tell if not asking.dry_run else lambda would: _tell_preview(would, workbook)
    return asking.post("/v1/imports", show, body, done="已导入")


@imports.command("hand-over")
@asks(writes=True)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--region", required=True, help="记录所属地区，如 330200")
@click.option("--sector", help="只含一个行业的记录时：行业")
@click.option("--on-behalf-of", type=Id("unit"), help="代哪个单位报送；不写即本单位的系统")
@click.option("--seen", type=click.IntRange(0), help="来源已取回更正清单到哪个位置（xueshi import changes 给出）")
def hand_over(asking: Asking, files: tuple[Path, ...], **fields: Any) -> int:
    """导入另一本账移交（xueshi hand-over）或个人携带的文件：先核验全部证明，再逐行接受

    多份的，一次给出即依次导入；中断后再运行即继续，已导入的不会重复。
    """
    import time

    from api.terminal.exits import Exit
    from api.terminal.progress import bar

    if asking.key is not None and len(files) > 1:
        raise click.UsageError("一个幂等键只用于一个文件；多份请分别给出，或不写 --key。")
    known = {name: value for name, value in fields.items() if value is not None}
    show = _tell if not asking.dry_run else _tell_handed
    lines, done, began = [_entries_in(file) for file in files], 0, time.monotonic()
    with bar("导入", quiet=asking.as_json) as progress, closing(_replies(asking, files, known)) as replies:
        progress(done, sum(lines))
        for file, entries, reply in zip(files, lines, replies, strict=True):
            click.echo(f"{file}：", err=True)
            status = asking.tell_written(reply, show, "已导入")
            if status != Exit.HOLDS:
                return status
            done += entries
            progress(done, sum(lines))
    if len(files) > 1:
        passed = time.monotonic() - began
        rate = f"用时 {passed:.1f} 秒，每秒 {done / passed:,.0f} 条"
        click.echo(f"共 {len(files)} 份，{done:,} 条记录，{rate}。", err=True)
    return Exit.HOLDS


def _replies(asking: Asking, files: Sequence[Path], known: dict[str, Any]) -> Generator[Reply, None, None]:
    """Send file by file and give the answers in their order; of several a service has the next ones while it writes."""
    from concurrent.futures import Future, ThreadPoolExecutor

    def send(file: Path, client: Client) -> Reply:
        return client.post("/v1/hand-overs", {"file": encoded(file), **known}, key=asking.key, dry_run=asking.dry_run)

    def send_beside(file: Path) -> Reply:
        with asking.client() as client:  # A connection each: one carries one request at a time.
            return send(file, client)

    with asking.client() as client:
        if not client.is_remote or len(files) == 1:
            yield from (send(file, client) for file in files)
            return
    with ThreadPoolExecutor(_AT_ONCE) as senders:
        under_way: deque[Future[Reply]] = deque()
        try:
            for file in files:
                under_way.append(senders.submit(send_beside, file))
                if len(under_way) == _AT_ONCE:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            senders.shutdown(cancel_futures=True)  # What was sent is ended; what was not stays where it is.


def _entries_in(file: Path) -> int:
    """How many entries a file hands over, by its lines: it is checked where it is sent."""
    with file.open("rb") as lines:
        return sum(line.startswith(b'{"is":"entry"') for line in lines)


@imports.command()
@asks()
@click.option("--within", type=click.IntRange(1, 3_650), help="约定几天移交一次（默认 31）")
def ledgers(asking: Asking, within: int | None) -> int:
    """各地的账：接受到哪里、多久以前，哪些没有完成或互相矛盾，怎样办"""
    return asking.get("/v1/ledgers", _tell_ledgers, {"within": within})


@imports.command()
@asks()
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def compare(asking: Asking, checkpoint: Path) -> int:
    """以对方现在的检查点（其 /log/checkpoint）对账：落后多少，是否变短，是否互相矛盾"""
    return asking.get("/v1/ledgers/comparison", _tell_compared, {"checkpoint": encoded(checkpoint)})


@imports.command()
@acts_upon("batch", kind="import")
@click.option("--why", required=True, help="原因代码，如 wrong_period")
def abandon(asking: Asking, batch: str, why: str) -> int:
    """放弃未完成的导入：其中各行都不生效，文件可再导入"""
    place = f"/v1/imports/{batch}"
    return asking.post(f"{place}/abandonment", _tell, {"why": why}, upon=place, done="已放弃")


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
    show = _tell if not asking.dry_run else lambda would: _tell_comparison(would, workbook)
    return asking.post(f"{place}/reconciliation", show, {"file": encoded(file), "on": on, "form": form}, upon=place,
                       done="已登记对账")


@imports.command()
@asks()
@click.argument("batch", type=Id("import"))
@click.option("--after", type=click.IntRange(0), help="从第几行之后")
@click.option("--limit", type=click.IntRange(1, 1_000), help="最多列出多少行")
def rows(asking: Asking, batch: str, **query: Any) -> int:
    """列出一次导入中未接受的行和原因"""
    return asking.get(f"/v1/imports/{batch}/rows", _tell_rows, query)


@imports.command()
@asks()
@click.option("--system", required=True, help="来源系统代码")
@click.option("--after", type=click.IntRange(0), help="上次给出的位置")
@click.option("--limit", type=click.IntRange(1, 1_000), help="最多列出多少条")
def changes(asking: Asking, **query: Any) -> int:
    """更正回传：本系统对来源所报记录的更正、冻结、撤销等"""
    return asking.get("/v1/imports/changes", _tell_changes, query)


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
    return asking.get("/v1/imports/report", _tell_report, query)


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
        ("结果", counts), ("批次", outcome.get("act")), ("放弃原因", body.get("why")),
        ("文件摘要", body["file_sha256"]), ("结果文件摘要", outcome.get("result_sha256")),
    ))
    if body.get("set_aside"):
        _tell_rows({"items": body["set_aside"]})
    for one in body.get("reconciliations", ()):
        click.echo(f"  对账 {one['snapshot_on']}：比较 {one['compared']} 条，相异 {one['differences']} 条")


def _tell_comparison(would: dict[str, Any], workbook: Path | None) -> None:
    from api.cases.importing.import_comparisons import WHAT

    pairs((("比较", would["compared"]), ("相异", would["differences"]), ("期间之外", would["outside"]),
           ("读不出的行", would["unread"])))
    for code, count in would["counts"].items():
        if count:
            click.echo(f"  {WHAT.get(code, code)}：{count}")
    table(("记录", "差异", "来源版本", "所据版本", "不同的内容"),
          [(one["record"], "；".join(WHAT.get(code, code) for code in one["what"]), one["there"] or "",
            one["here"] or "", "、".join(one["fields"])) for one in would["items"]], empty="没有差异。")
    if would["problems"]:
        table(("行", "代码", "原因"), [(one["row"], one["code"], one["detail"]) for one in would["problems"]])
    keep_returned(workbook, would["table"]["content"])


def _tell_preview(would: dict[str, Any], workbook: Path | None) -> None:
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


def _tell_handed(would: dict[str, Any]) -> None:
    pairs((("来自", would["origin"]), ("大小", f"{would['since']} → {would['size']}"),
           ("份", f"{would['part']} / {would['parts']}"), ("携带者", would["carried_by"])))
    for words in would["checked"]:
        click.echo(f"  已核验  {words}")
    _tell_preview({**would, "workbook": None}, None)


def _tell_ledgers(body: dict[str, Any]) -> None:
    rows = []
    for one in body["items"]:
        accepted = one["accepted"] or {}
        rows.append((one["origin"], accepted.get("size", "—"), accepted.get("at", "")[:10],
                     "—" if one["days"] is None else f"{one['days']} 天", one["behind"], one["batches"], one["carried"],
                     one["entries"]))
    table(("账", "接受到", "于", "距今", "落后", "移交", "携带", "接受行数"), rows,
          empty="没有列为可信的账（keys/ledgers.policy）。")
    for one in body["items"]:
        for trouble in one["troubles"]:
            number = f" {trouble['number']}" if trouble["number"] else ""
            at = f"，事件 {trouble['event']}" if trouble["event"] is not None else ""  # Rows that wait have none.
            where = f"（{trouble['batch']}{at}）" if trouble["batch"] else ""
            click.echo(f"  {one['origin']} {trouble['words']}{number}{where}。{trouble['cure']} [{trouble['code']}]")


def _tell_compared(body: dict[str, Any]) -> None:
    pairs((("账", body["origin"]), ("对方大小", body["size"]), ("已接受", body["accepted"]), ("落后", body["behind"])))
    click.echo(f"{body['words']}。{body['cure']}。[{body['code']}]")


def _tell_rows(body: dict[str, Any]) -> None:
    table(("行", "记录", "版本", "代码"),
          [(one["row"], one["record"], one["version"], one["code"]) for one in body["items"]],
          empty="没有未接受的行。")


def _tell_changes(body: dict[str, Any]) -> None:
    table(("事件", "记录", "版本", "办理", "学时", "依据"),
          [(one["event"], one["record"], one["version"], _WHAT[one["what"]], one.get("assessed", ""),
            one.get("basis", "")) for one in body["items"]], empty="没有更正。")
    click.echo(f"下次从这里继续：--after {body['position']}；报送新版本时写 --seen {body['position']}")


def _tell_report(body: dict[str, Any]) -> None:
    table(("来源", "日期", "批次", "报送", "接受", "重复", "拒绝", "后来更正", "现已撤销", "现被冻结"),
          [tuple(one[name] for name in ("system", "day", "batches", "sent", "accepted", "duplicates", "refused",
                                        "corrected", "revoked", "frozen")) for one in body["items"]],
          empty="这些日子没有完成的导入。")
