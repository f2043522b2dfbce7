"""`xueshi replay`: the whole history under other rulebooks, and the report of who gains and who loses by which clause.

The work is a child process (`api.replays.job`), so that it may take every core at low priority, and a Ctrl-C ends it
wherever it is: nothing is left beside, and the parts that were finished wait among the answers for the same question.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import click

from api.commands.beside import beside as made_beside
from api.commands.options import as_json_option, data_option
from api.terminal.exits import Exit, Stop

STEPS: Final = {
    "follow": "投影追上账本", "read": "读取全部记录", "gather": "按人排列", "judge": "逐人评定", "stage": "按人分片",
    "spark": "集群逐片评定", "check": "抽样重评",
    "person_years": "写出人年度", "entries": "写出记录", "titles": "写出职称", "write": "写入账本",
    "events": "读取事件", "unseal": "启封", "report": "写报告", "prove": "附上证明",
}
_WAIT_S: Final = 5
_PREFIXES: Final = (2, 4)
_HIDDEN: Final = ".xueshi-replay-"


@click.command()
@click.option("--under", metavar="RULES",
              help="新的细则：一份草案（.toml，案例在旁）或草案文件夹；现行的加上这些（now+甲,乙）；恰为这些（set:甲,乙）；"
                   "现行的（now）；各日期当时有效的（then）")
@click.option("--against", metavar="RULES", default="now", show_default=True, help="与之比较的细则，写法相同")
@click.option("--as-of", "as_of", help="截至何时所知：事件位置、带时区的时间或日期（默认到现在）")
@click.option("--valid-on", "valid_on", help="只看到哪一天为止已发生的（YYYY-MM-DD，默认不限）")
@click.option("--region", help="只报告这个区划及其所辖：如 330200 或 3302 指全宁波")
@click.option("--sector", help="只报告这个行业，如 industry")
@click.option("--out", type=click.Path(path_type=Path), help="报告的文件夹（默认 ./replay-摘要前十二位）")
@click.option("--check", "check", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="施行之后核对一份报告：预告的与实际的是否相同")
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True,
              help="由谁评定：本机，或 Spark 集群；报告逐字节相同")
@click.option("--master", metavar="URL", help="Spark 集群，如 spark://主机:7077（默认 local[2]：本机两个进程）")
@click.option("--shared", type=click.Path(file_okay=False, path_type=Path),
              help="集群各机都读得到的文件夹，放按人分片的编码账（默认为本机的临时文件夹）")
@data_option
@as_json_option
def replay(
    under: str | None, against: str, as_of: str | None, valid_on: str | None, region: str | None, sector: str | None,
    out: Path | None, check: Path | None, engine: str, master: str | None, shared: Path | None,
    data_folder: Path | None, as_json: bool,
) -> int:
    """按另一套细则重放全部历史，报告谁多了谁少了、因哪一条

    不写入账本，服务运行时也可用。报告含网页、CSV 和 NDJSON；同样的输入得同样的字节。中途可停下（Ctrl-C），
    再次运行同一命令即接着做。登记报告另用 xueshi rulebook impact。
    """
    if (under is None) == (check is None):
        raise click.UsageError("请写 --under 或 --check 之一")
    if region is not None:
        region = _demand_region(region)
    if out is not None and out.exists() and not (out / "report.json").exists():
        raise Stop(Exit.BAD_INPUT, "replay_out_taken", f"{out} 已存在，而且不是重放报告", "请另选 --out")
    parent = (Path.cwd() if out is None else out.absolute().parent) if check is None else Path(tempfile.gettempdir())
    if not parent.is_dir():
        raise Stop(Exit.BAD_INPUT, "replay_out_unusable", f"没有文件夹 {parent}", "请先建立，或另选 --out")
    if engine == "local" and (master or shared):
        raise click.UsageError("--master 和 --shared 只用于 --engine spark")
    with made_beside(parent, _HIDDEN) as beside, _staging(engine, shared) as staging:
        done = _child({
            "under": under, "against": against if check is None else None, "as_of": as_of,
            "valid_on": valid_on, "region": region, "sector": sector or None,
            "out": None if out is None else str(out.absolute()), "beside": str(beside),
            "check": None if check is None else str(check.absolute()),
            "engine": engine, "master": master or "local[2]", "staging": staging,
            "data_folder": None if data_folder is None else str(data_folder.absolute()),
        }, quiet=as_json)
    return _tell_check(done, as_json) if check is not None else _tell(done, as_json)


@contextmanager
def _staging(engine: str, shared: Path | None) -> Iterator[str | None]:
    """A folder of its own in which a cluster finds the people, and nobody else; gone at the end, however it ends."""
    if engine == "local":
        yield None
        return
    if shared is not None and not shared.is_dir():
        raise Stop(Exit.BAD_INPUT, "replay_shared_unusable", f"没有文件夹 {shared}", "请先建立，或另选 --shared")
    with tempfile.TemporaryDirectory(prefix="xueshi-spark-", dir=shared, ignore_cleanup_errors=True) as folder:
        yield str(Path(folder).absolute())


def _demand_region(region: str) -> str:
    """The code of six digits that a report names; the prefix in which scopes are written says the same."""
    from policies.words import is_region

    code = region.ljust(6, "0") if len(region) in _PREFIXES else region
    if not is_region(code):
        raise Stop(Exit.BAD_INPUT, "region_malformed", f"--region 读到“{region[:20]}”",
                   "应为 GB/T 2260 区划代码或其前缀，如 330203；330200 或 3302 指全宁波，330000 或 33 指全省")
    return code


def _child(asked: Mapping[str, Any], *, quiet: bool) -> dict[str, Any]:
    """Start the child, show how far it is, and give what came of it."""
    process = subprocess.Popen(  # -P: nothing is run that lies in the folder in which somebody happens to stand.
        [sys.executable, "-P", "-m", "api.replays.job"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        encoding="utf-8", start_new_session=True)  # A Ctrl-C is ours: it is told in our own time.
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        for said in _shown((json.loads(line) for line in process.stdout), quiet=quiet):
            if "stop" in said:
                status, code, message, cure = said["stop"]
                raise Stop(Exit(status), code, message.rstrip("。"), cure)
            if "done" in said:
                found: dict[str, Any] = said["done"]
                return found
        raise Stop(Exit.WORLD_IS_WRONG, "replay_died", "重放的子进程中途退出，没有写出报告",
                   "内存或磁盘不足时会如此；可用 --data 与 xueshi doctor 核对环境后再运行，已读取的部分不必重来")
    finally:
        process.terminate()
        try:
            process.wait(_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdin.close()
        process.stdout.close()


def _shown(lines: Iterator[dict[str, Any]], *, quiet: bool) -> Iterator[dict[str, Any]]:
    """Show each step as a bar of its own, and pass on what is no step."""
    from api.terminal.progress import bar

    with ExitStack() as stack:
        step, progress = "", None
        for said in lines:
            if "step" not in said:
                stack.close()
                yield said
                continue
            if said["step"] != step:
                stack.close()
                step = said["step"]
                progress = stack.enter_context(bar(STEPS[step], quiet=quiet))
            assert progress is not None
            progress(*said["of"])


def _tell(done: Mapping[str, Any], as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False))
        return Exit.HOLDS
    from api.replays.names import Names
    from api.replays.page import reach_words

    question = done["question"]
    again = "" if done["new"] else "（此前已有同样的一份，逐字节相同）"
    laws = f"{question['against']['law']} → {question['under']['law']}"
    click.echo(f"✓ 重放完毕{again}：{laws}，到事件 {question['as_of']}。")
    click.echo(f"  {done['people']:,} 人，{done['person_years']:,} 个人年度，{done['entries']:,} 条记录；"
               f"{done['changed_person_years']:,} 个人年度有变化，学时共增 {done['gained']}、共减 {done['given_up']}。")
    click.echo(f"  新变为未达标 {done['newly_failed']:,}，新变为达标 {done['newly_passed']:,}。")
    click.echo(f"  所依年份减少的职称 {done['touched_titles']:,}，"
               f"下一次申报受影响的人 {done['touched_applications']:,}。")
    names = Names.of(done)
    for one in done["amendments"]:
        click.echo(f"  {reach_words(one, names)}")
    click.echo(f"  报告 {done['folder']}/report.html\n  摘要 {done['digest']}")
    return Exit.HOLDS


def _tell_check(done: Mapping[str, Any], as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False))
        return Exit.HOLDS if done["holds"] else Exit.REFUSED
    if done["holds"]:
        many = f"{done['changed_person_years']:,} 个人年度、{done['moved_entries']:,} 条记录"
        click.echo(f"✓ 预告与实际相同：{many}逐一相同。")
    if done["page"] is False:
        click.echo("○ report.html 不是本程序由 report.json 写出的那一页：它被改动过、不在，或由另一版本写出。"
                   "请以 report.json 为准。")
    for one in done["differ"]:
        click.echo(f"✗ {one['file']} 与预告不同，共 {one['many']:,} 行：")
        for line in one["lines"]:
            click.echo(f"  预告 {line['announced'] or '（没有这一行）'}\n  实际 {line['happened'] or '（没有这一行）'}")
    click.echo(f"  报告摘要 {done['digest']}")
    for book in done["rulebooks"]:
        same = "与预告时逐字节相同" if book["announced"] == book["enacted"] else "文件与预告时不同（摘要 " \
            f"{book['announced'][:12]} → {book['enacted'][:12]}）"
        click.echo(f"  {book['id']} 施行于事件 {book['event']}，{same}。")
    for event in done["recorded"]:
        when = event["recorded_at"][:19].replace("T", " ")
        order = "在施行之前" if event["before"] else "在施行之后"
        click.echo(f"✓ {when} 登记为事件 {event['event']}（{event['rulebook']}），{order}；"
                   f"已在 {event['log_size']:,} 个事件的根之下核验。证明：xueshi log prove {event['event']}")
    if not done["recorded"]:
        listed = "、".join(each[:12] for each in done["others"])
        others = listed and f"；登记过的是另外的报告：{listed}"
        click.echo(f"○ 这份报告没有登记在日志中，何时预告无从证明{others}。")
    return Exit.HOLDS if done["holds"] else Exit.REFUSED
