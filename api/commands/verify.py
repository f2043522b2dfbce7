"""`xueshi verify`: needs no data folder, no network and no trust but in the key that is given.

What `ledger.offline.verify` proves stands by itself; of a statement the hours are then weighed again, under the law as
shipped.
"""

from __future__ import annotations

import errno
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from api.commands.options import as_json_option
from api.terminal.exits import Exit, Stop
from api.terminal.unreadable import reason

_STDIN: Final = Path("-")
_STDIN_WORDS: Final = "标准输入"


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--key", required=True, help="日志的公钥（vkey 一行），或存有公钥或核验策略的文件")
@click.option("--tsa", type=click.Path(path_type=Path, dir_okay=False),
              help="时间戳机构的根证书（PEM）：一并核验检查点旁、移送材料里的时间戳（.tsr 文件）")
@as_json_option
def verify(files: tuple[Path, ...], key: str, tsa: Path | None, as_json: bool) -> int:
    """离线核验情况表、证明、移送材料、检查点：说明核验了什么，不证明什么

    文件写作 - 的，从标准输入读取。
    """
    from ledger.errors import LedgerError
    from ledger.offline.verify import policy_of

    try:
        policy = policy_of(key)
    except (LedgerError, OSError) as error:
        cure = "公钥形如 名称+8位十六进制+base64，可由 xueshi log key 或 /log/key 得到"
        why = reason(error) if isinstance(error, OSError) else str(error).rstrip("。")
        raise Stop(Exit.BAD_INPUT, "bad_key", f"公钥 {key} 无法使用（{why}）", cure) from error
    verdicts = [_verdict_of(path, policy, tsa, quiet=as_json) for path in files]
    _tell_of_names(verdicts, {log.key.name for log in policy.logs})
    if as_json:
        click.echo(json.dumps({"files": verdicts}, ensure_ascii=False))
    else:
        for verdict in verdicts:
            _tell(verdict)
    return Exit.HOLDS if all(verdict["holds"] for verdict in verdicts) else Exit.REFUSED


def _verdict_of(path: Path, policy: Any, tsa: Path | None, *, quiet: bool) -> dict[str, Any]:
    if path != _STDIN:
        return _verdict(path, policy, tsa, quiet=quiet)
    with _spooled() as spool:
        found = _verdict(spool, policy, tsa, quiet=quiet)
    told = {} if found["holds"] else {"detail": found["detail"].replace(str(spool), spool.name)}
    return {**found, "file": str(_STDIN), **told}


@contextmanager
def _spooled() -> Iterator[Path]:
    """Standard input as a file: what is verified is gone through more than once."""
    import tempfile

    cure = "请核对输入的来源和临时文件夹的空间；这不说明文件是真是假"
    if sys.stdin is None:
        raise Stop(Exit.BAD_INPUT, "file_unreadable", "读不出标准输入（没有打开）", cure)
    with tempfile.TemporaryDirectory() as folder:
        spool = Path(folder, _STDIN_WORDS)
        try:
            with spool.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        except OSError as error:
            raise Stop(Exit.BAD_INPUT, "file_unreadable", f"读不出标准输入（{reason(error)}）", cure) from error
        yield spool


def _verdict(path: Path, policy: Any, tsa: Path | None, *, quiet: bool) -> dict[str, Any]:
    from api.terminal.progress import bar
    from ledger.errors import LedgerError
    from ledger.offline.verify import verify_file
    from ledger.proof.text import encode_base64

    try:
        if path.is_dir() and not (path / "archive.json").exists():  # Of folders, an archive can be verified.
            raise IsADirectoryError(errno.EISDIR, "")
        with bar(f"核验 {path.name}", quiet=quiet) as progress:
            roots = None if tsa is None else tsa.read_bytes()
            found = _handed_over(path, policy, progress) or verify_file(path, policy, roots=roots, progress=progress)
        if found.kind == "statement":
            found = _weighed(found)
        if found.kind in ("checkpoint", "year_line"):
            found = _timed(found, path, tsa)
    except LedgerError as error:
        return {"file": str(path), "holds": False, "code": error.code, "detail": str(error)}
    except OSError as error:
        cure = "请核对文件名和权限；这不说明文件是真是假"
        raise Stop(Exit.BAD_INPUT, "file_unreadable", f"读不出 {path}（{reason(error)}）", cure) from error
    tree = found.checkpoint
    complete = {} if found.kind != "statement" else {
        "complete": None if found.complete is None else found.complete._asdict()}
    return {
        "file": str(path), "holds": True, "kind": found.kind, "origin": tree.origin, "size": tree.size,
        "root": encode_base64(tree.root), "checked": found.checked, "unproven": found.unproven, "events": found.events,
        **complete,
    }


def _handed_over(path: Path, policy: Any, progress: Any) -> Any:
    """What a ledger handed over, or somebody carries along: read with the ledger's own types, since it is large."""
    from ledger.hand_over.file import looks_like_hand_over

    if path.is_dir():
        return None
    with path.open("rb") as file:
        if not looks_like_hand_over(file.read(64)):
            return None
    from ledger.hand_over.check import check
    from ledger.hand_over.check import verdict as told

    return told(check(path.read_bytes(), policy, progress=progress))


def _weighed(found: Any) -> Any:
    """The arithmetic done again, under the rulebooks that are shipped."""
    from policies.shelf import shipped
    from projections.statement.again import weighed

    return weighed(found, shipped())


def _timed(found: Any, path: Path, tsa: Path | None) -> Any:
    """The times of a checkpoint, from the time-stamps that lie beside what it stands in."""
    from dataclasses import replace

    from ledger.proof.checkpoint import format_checkpoint
    from ledger.vocabulary import LOCAL
    from ledger.witnessing.stamp import check_stamp

    beside = sorted(path.parent.glob(f"{path.name}.*.tsr"))
    if tsa is None:
        told = f"旁边有 {len(beside)} 个时间戳，没有核验：请用 --tsa 给出时间戳机构的 CA 证书。"
        return replace(found, unproven=(*found.unproven, told)) if beside else found
    text, roots = format_checkpoint(found.checkpoint), tsa.read_bytes()
    times = [(each.name, check_stamp(each.read_bytes(), text, roots)) for each in beside]
    told_of = tuple(
        f"时间戳 {name}：{stamped.by} 证明这个检查点在 {stamped.at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S} +08:00 已经存在"
        f"（策略 {stamped.policy}，CA 证书 {tsa.name}）。" for name, stamped in times)
    none = () if times else ("旁边没有时间戳（文件名加 .机构.tsr）：时间没有证明。",)
    return replace(found, checked=(*found.checked, *told_of), unproven=(*found.unproven, *none))


def _tell_of_names(verdicts: list[dict[str, Any]], trusted: set[str]) -> None:
    """Say of what was signed under a former name how the log goes on, where one of the files proves it."""
    from ledger.offline.verify import CONTINUED_EVENT

    holding = [verdict for verdict in verdicts if verdict["holds"]]
    proved = [(verdict["origin"], one["event"]) for verdict in holding for one in verdict["events"]]
    names = {event["continues"]: origin for origin, event in proved
             if event["type"] == CONTINUED_EVENT and event["origin"] == origin}
    for verdict in holding:
        origin = verdict["origin"]
        if origin in names:
            told = f"日志 {origin} 此后以 {names[origin]} 之名继续（有所给的证明）；这份文件在旧名称下签发，仍然成立。"
            verdict["checked"] = (*verdict["checked"], told)
        elif origin not in names.values() and (others := sorted(trusted - {origin})):
            told = f"所给公钥中另有 {'、'.join(others)}：日志若已改名，请一并核验改名事件（log.continued）的证明。"
            verdict["unproven"] = (*verdict["unproven"], told)


def _tell(verdict: dict[str, Any]) -> None:
    from ledger.offline.verdict import UNDECIDED

    name = _STDIN_WORDS if verdict["file"] == str(_STDIN) else verdict["file"]
    if not verdict["holds"]:
        words = "无从核验" if verdict["code"] in UNDECIDED else "不成立"
        click.echo(f"✗ {name}：{words}。{verdict['detail']} [{verdict['code']}]")
        return
    click.echo(f"✓ {name}：成立。")
    for words in verdict["checked"]:
        click.echo(f"  已核验  {words}")
    for words in verdict["unproven"]:
        click.echo(f"  未证明  {words}")
