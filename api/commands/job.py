"""`xueshi job`: what a service does while one is away (replays, acts of cases): watched, cancelled, reports fetched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.case_desk import DEEDS
from api.commands.replay import STEPS
from api.commands.waiting import waited
from api.terminal.exits import Exit, Stop
from api.words.telling import PAGE, next_page, pairs, table, with_options

if TYPE_CHECKING:
    from api.client import Client

_STATES: Final = {"queued": "排队", "running": "进行中", "done": "已做完", "failed": "没有做成", "cancelled": "已取消"}
_ROWS: Final = ("person-years", "entries", "titles")


@click.group()
def job() -> None:
    """作业：服务在后台做的重放、案件的批量处理和移送材料，查看进度和结果、取消"""


_id = click.argument("job", type=Id("job"))


@job.command()
@asks(writes=True)
@click.option("--under", metavar="RULES",
              help="新的细则：现行的加上这些（now+甲,乙）；恰为这些（set:甲,乙）；现行的（now）；各日期当时有效的（then）")
@click.option("--drafts", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="随附的草案：存放各版（<细则名>/<日期>.toml）及其案例的文件夹，与 --under 二者择一")
@click.option("--against", metavar="RULES", help="与之比较的细则，写法相同（默认 now）")
@click.option("--as-of", "as_of", help="截至何时所知：事件位置、带时区的时间或日期（默认到现在）")
@click.option("--valid-on", "valid_on", help="只看到哪一天为止已发生的（YYYY-MM-DD，默认不限）")
@click.option("--region", help="只报告这个区划（默认为本账号的地区）")
@click.option("--sector", help="只报告这个行业（默认为本账号的行业）")
@click.option("--wait", is_flag=True, help="等到做完")
def replay(asking: Asking, drafts: Path | None, wait: bool, **asked: str | None) -> int:
    """提交一次重放（政策部门）；加 --dry-run 看要多久、草案合不合规。不写入账本"""
    body: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if drafts is not None:
        body["drafts"] = _read(drafts)
    with asking.client() as client:
        reply = client.post("/v1/replays", body, key=asking.key, dry_run=asking.dry_run)
        if reply.ok and not asking.dry_run and _is_served(client) and wait:
            reply = waited(asking, client, reply.json["job"])
    return asking.tell(reply, lambda answer: _tell_trial(answer["would"]) if asking.dry_run else _tell(answer))


@job.command("list")
@asks()
@with_options(PAGE)
def list_(asking: Asking, cursor: str | None, limit: int | None) -> int:
    """列出本人提交的作业，新的在前"""
    return asking.get("/v1/jobs", _tell_all, {"cursor": cursor, "limit": limit})


@job.command()
@asks()
@_id
@click.option("--wait", is_flag=True, help="等到做完")
def show(asking: Asking, job: str, wait: bool) -> int:
    """查看一项作业：排到哪里、做到哪里、结果在何处"""
    with asking.client() as client:
        reply = waited(asking, client, job) if wait and _is_served(client) else client.get(f"/v1/jobs/{job}")
    return asking.tell(reply, _tell)


@job.command()
@asks(writes=True)
@_id
def cancel(asking: Asking, job: str) -> int:
    """取消一项尚未做完的作业"""
    return asking.post(f"/v1/jobs/{job}/cancellation", _tell, done="已取消")


@job.command()
@asks()
@_id
@click.option("--out", type=click.Path(path_type=Path), help="存放报告中不涉及个人的文件的新文件夹")
def report(asking: Asking, job: str, out: Path | None) -> int:
    """查看重放的结果；加 --out 取得报告，可用 xueshi rulebook impact 登记"""
    with asking.client() as client:
        reply = client.get(f"/v1/replays/{job}")
        if reply.ok and out is not None:
            _fetch(client, reply.json["files"], out)
    return asking.tell(reply, lambda answer: _tell_report(answer, out))


@job.command()
@asks()
@_id
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="写成这个 ZIP；已有的文件不会被覆盖")
def bundle(asking: Asking, job: str, out: Path) -> int:
    """取走后台做成的移送材料：只给提交它的人，留痕，取完即删"""
    return asking.fetch(f"/v1/jobs/{job}/bundle.zip", out, then=f"核验：xueshi verify {out} --key 公钥")


@job.command()
@asks()
@_id
@click.argument("kind", type=click.Choice(_ROWS))
@PURPOSE
@with_options(PAGE)
def rows(
    asking: Asking, job: str, kind: str, purpose: str | None, cursor: str | None, limit: int | None
) -> int:
    """重放中有变化的人年度、记录或职称：权限之内的，逐次留痕"""
    query = {"purpose": purpose, "cursor": cursor, "limit": limit}
    return asking.get(f"/v1/replays/{job}/{kind}", _tell_rows, query)


def _read(folder: Path) -> list[dict[str, str]]:
    """A folder of drafts as it is sent: each rulebook with its cases, and the text that it names beside it."""
    import tomllib

    from policies.shelf import CASES_SUFFIX, rulebook_files

    found = []
    for path in rulebook_files(folder):
        try:
            draft = {"source": path.read_text("utf-8")}
            cases = path.with_name(path.stem + CASES_SUFFIX)
            if cases.is_file():
                draft["cases"] = cases.read_text("utf-8")
            named = tomllib.loads(draft["source"]).get("text")
            text = path.parent / Path(str(named)).name
            if named is not None and text.is_file():
                draft["text"] = text.read_text("utf-8")
        except (OSError, ValueError, RecursionError):
            raise Stop(Exit.BAD_INPUT, "file_unreadable", f"读不出 {path}", "应为 UTF-8 的 TOML 文件") from None
        found.append(draft)
    return found


def _is_served(client: Client) -> bool:
    """Say whether there is a service that does it; without one nobody need wait."""
    from api.client import InProcess

    if isinstance(client.transport, InProcess):
        click.echo("没有服务在运行：排着的作业等下一次 xueshi serve 再做；在本机直接重放，用 xueshi replay。", err=True)
        return False
    return True


def _fetch(client: Client, files: list[dict[str, Any]], out: Path) -> None:
    """Put every file that speaks of nobody into a new folder, each held against its digest."""
    from hashlib import sha256

    from api.commands.asking import problem

    try:
        out.mkdir()
    except OSError:
        raise Stop(Exit.BAD_INPUT, "replay_out_taken", f"{out} 已存在，或无法建立", "请另选 --out") from None
    for one in files:
        if one["href"] is None or not one["href"].endswith(f"/files/{one['name']}"):
            continue
        reply = client.get(one["href"])
        if not reply.ok:
            raise problem(reply)
        if one["sha256"] not in (None, sha256(reply.body).hexdigest()):
            raise Stop(Exit.REFUSED, "replay_report_unsound", f"{one['name']} 与其摘要不符", "请再取一次")
        (out / one["name"]).write_bytes(reply.body)


def _tell(body: dict[str, Any]) -> None:
    progress = body["progress"]
    step = None if progress is None else STEPS.get(progress["step"], progress["step"])
    left = None if progress is None or progress["eta"] is None else f"，这一步还要约 {progress['eta']} 秒"
    pairs((
        ("作业", body["job"]), ("状态", _STATES.get(body["state"], body["state"])), _about(body["question"]),
        ("排在前面", body["ahead"]),
        ("进度", step and f"{step} {progress['done']:,} / {progress['total']:,}{left or ''}"),
        ("估计", _cost(body)), ("结果", body["result"] and _result(body)),
        ("原因", body["error"] and body["error"]["detail"]), ("说明", body["ledger"]),
    ))


def _about(question: dict[str, Any]) -> tuple[str, str]:
    """What a job is about, by its kind."""
    if "purpose" in question:
        return "移送材料", f"案件 {question['case']}，截至第 {question['as_of']} 个事件"
    if "case" in question:
        deed = DEEDS.get(question["effect"], question["effect"])
        return "批量处理", f"{deed} {question['rows']:,} 项，案件 {question['case']}"
    return "重放", _laws(question)


def _cost(body: dict[str, Any]) -> str:
    people, entries, seconds = (body["cost"][name] for name in ("people", "entries", "seconds"))
    return f"{f'{people:,} 人、' if people else ''}{entries:,} 条，约 {seconds} 秒"


def _result(body: dict[str, Any]) -> str | None:
    question = body["question"]
    if "purpose" in question:
        return f"xueshi job bundle {body['job']} --out 文件.zip，保留到 {body['kept_until'][:16].replace('T', ' ')}"
    if "case" in question:
        return None if body["state"] in ("queued", "running") else f"xueshi case bulks {question['case']}"
    return f"xueshi job report {body['job']}，保留到 {_until(body)}"


def _until(body: dict[str, Any]) -> str:
    if body["kept_for"]:
        return f"{'、'.join(body['kept_for'])} 施行并核对，或被退回、撤回"
    return str(body["kept_until"])[:10]


def _tell_trial(would: dict[str, Any]) -> None:
    cost = would["cost"]
    click.echo("试办：可以重放，没有排队。")
    pairs((("重放", _laws(would["question"])), ("细则", "合规"), ("说明", would["ledger"]),
           ("估计", f"{cost['people']:,} 人、{cost['entries']:,} 条，约 {cost['seconds']} 秒")))


def _tell_all(body: dict[str, Any]) -> None:
    table(("作业", "状态", "提交", "结束", "内容"), (
        (one["job"], _STATES.get(one["state"], one["state"]), one["made_at"][:19].replace("T", " "),
         (one["ended_at"] or "")[:19].replace("T", " "), "：".join(_about(one["question"]))) for one in body["items"]
    ), empty="没有提交过作业。")
    next_page(body)


def _tell_report(body: dict[str, Any], out: Path | None) -> None:
    pairs((
        ("重放", _laws(body["question"])), ("摘要", body["digest"]),
        ("评定", f"{body['people']:,} 人、{body['person_years']:,} 个人年度、{body['entries']:,} 条"),
        ("有变化", f"{body['changed_people']:,} 人、{body['changed_person_years']:,} 个人年度，"
                   f"学时共增 {body['gained']}、共减 {body['given_up']}"),
        ("新未达标", body["newly_failed"]), ("新达标", body["newly_passed"]),
        ("职称", f"所依年份减少的 {body['touched_titles']:,}，下一次申报受影响的 {body['touched_applications']:,} 人"),
        ("保留到", _until(body)), ("说明", body["ledger"]),
        ("报告", None if out is None else f"{out}/report.html"),
    ))


def _tell_rows(body: dict[str, Any]) -> None:
    heads = tuple(body["items"][0]) if body["items"] else ()
    table(heads, ([_cell(one) for one in row.values()] for row in body["items"]), empty="这一页上没有权限之内的人。")
    next_page(body)


def _cell(value: Any) -> Any:
    """A cell of one line: of a year under a law its total, of a title the years that it rests on."""
    if isinstance(value, dict):
        return value.get("total", value.get("years_met"))
    return "；".join(map(str, value)) if isinstance(value, list) else value


def _laws(question: dict[str, Any]) -> str:
    area = "，".join(filter(None, (question["region"], question["sector"]))) or "全部"
    return f"{question['against']['law']} → {question['under']['law']}，到事件 {question['as_of']}，{area}"
