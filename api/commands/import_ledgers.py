"""`xueshi import hand-over`, `ledgers`, `compare`: what other ledgers hand over, and how each of them stands (P 14).

A ledger that contradicts itself or us makes the status 1, whatever else the answer says: a script that asks every day
has to notice. What only hangs waits for somebody, and is no contradiction.

`tests/province/test_ledger_commands.py` shows it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from api.commands.asking import Asking, Id, asks
from api.commands.files import read_bytes, write_new
from api.commands.import_told import tell, tell_preview
from api.commands.returned import encoded
from api.terminal.exits import Exit, Stop
from api.words.telling import pairs, table

if TYPE_CHECKING:
    from api.client import Client, Reply

_AT_ONCE: Final = 3  # One is written, one proved, one on its way.
_CONTRADICTS: Final = "contradictory"


@click.command("hand-over")
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

    from api.terminal.progress import bar

    if asking.key is not None and len(files) > 1:
        raise click.UsageError("一个幂等键只用于一个文件；多份请分别给出，或不写 --key。")
    known = {name: value for name, value in fields.items() if value is not None}
    show = tell if not asking.dry_run else _tell_handed
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
    return read_bytes(file).count(b'\n{"is":"entry"')  # Before the first stands the header.


@click.command()
@asks()
@click.option("--within", type=click.IntRange(1, 3_650), help="约定几天移交一次（默认 31）")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="把两份历史互相矛盾的证明写入这个文件夹")
def ledgers(asking: Asking, within: int | None, out: Path | None) -> int:
    """各地的账：接受到哪里、多久以前，哪些没有完成或互相矛盾，怎样办"""
    def no(body: dict[str, Any]) -> Stop | None:
        if out is not None:
            _write_forks(body, out)
        return _contradicting(body)

    return asking.weigh("/v1/ledgers", _tell_ledgers, no, {"within": within})


@click.command()
@asks()
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def compare(asking: Asking, checkpoint: Path) -> int:
    """以对方现在的检查点（其 /log/checkpoint）对账：落后多少，是否变短，是否互相矛盾"""
    return asking.weigh("/v1/ledgers/comparison", _tell_compared, _another_history, {"checkpoint": encoded(checkpoint)})


def _tell_handed(would: dict[str, Any]) -> None:
    pairs((("来自", would["origin"]), ("大小", f"{would['since']} → {would['size']}"),
           ("份", f"{would['part']} / {would['parts']}"), ("携带者", would["carried_by"])))
    for words in would["checked"]:
        click.echo(f"  已核验  {words}")
    tell_preview({**would, "workbook": None}, None)


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


def _write_forks(body: dict[str, Any], out: Path) -> None:
    """A file for each proof: whoever has that ledger's key checks it without us. One that was written stays."""
    from ledger.witnessing.fork import file_name

    found = {out / file_name(one["origin"], trouble["event"]): trouble["fork"].encode()
             for one in body["items"] for trouble in one["troubles"] if trouble["fork"] is not None}
    if found:
        out.mkdir(parents=True, exist_ok=True)
    for file, proof in found.items():
        was_there = file.is_file() and read_bytes(file) == proof
        if not was_there:
            write_new(file, proof)
        click.echo(f"{'已有' if was_there else '已写入'} {file}。核验：xueshi verify {file} --key 该账的公钥", err=True)


def _tell_compared(body: dict[str, Any]) -> None:
    pairs((("账", body["origin"]), ("对方大小", body["size"]), ("已接受", body["accepted"]), ("落后", body["behind"])))
    click.echo(f"{body['words']}。{body['cure']}。[{body['code']}]")


def _contradicting(body: dict[str, Any]) -> Stop | None:
    """Say which ledgers contradict themselves or us; what to do stands at each of them."""
    found = {one["origin"]: trouble for one in body["items"] for trouble in one["troubles"]
             if trouble["kind"] == _CONTRADICTS}
    forked = [one["origin"] for one in body["items"] if any(each["code"] == "forked" for each in one["troubles"])]
    if not found:
        return None
    if forked:
        return Stop(Exit.REFUSED, "ledger_forked", f"{'、'.join(forked)} 签署了两份互相矛盾的历史",
                    "请停止接受，保留双方的检查点，通知该机构和监督方；查明后作出决定（xueshi import decide-fork）")
    return Stop(Exit.REFUSED, "ledgers_differ", f"{'、'.join(found)} 的记录与本系统不一致", "请逐条核对")


def _another_history(body: dict[str, Any]) -> Stop | None:
    if body["kind"] != _CONTRADICTS:
        return None
    return Stop(Exit.REFUSED, f"ledger_{body['code']}", f"{body['origin']}：{body['words']}", body["cure"])


COMMANDS: Final = (hand_over, ledgers, compare)
