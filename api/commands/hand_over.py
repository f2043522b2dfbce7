"""`xueshi hand-over`: what was decided here since a checkpoint, as files for another ledger to bring in.

`tests/province/test_ledger_commands.py` shows it.
"""

from __future__ import annotations

from pathlib import Path

import click

from api.commands.asking import Asking, asks
from api.commands.files import read_bytes, write_new
from api.commands.handed import header_of
from api.register.folder import made_folder
from api.terminal.exits import Exit, Stop


@click.command("hand-over")
@asks()
@click.option("--since", required=True, help="接收方最近一次接受的检查点：大小，或存有检查点的文件；从未移交过为 0")
@click.option("--also", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="以前未被接受、要再移交的申报编号，一行一个的文件")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="写入的文件夹；没有即新建")
def hand_over(asking: Asking, since: str, also: Path | None, out: Path) -> int:
    """移交：某个检查点之后认定、更正、撤销的记录，附证明，供导入

    文件含姓名和证件号码的明文，只可经受保护的渠道交给接收的机构。
    """
    from ledger.hand_over.file import file_name

    query = {"since": str(_size(since)), "also": None if also is None else _listed(also)}
    made_folder(out)
    part, parts, size, left_out = 1, 1, None, 0
    with asking.client() as client:
        while part <= parts:
            reply = client.get("/v1/hand-over", {**query, "part": str(part), "size": size})
            if not reply.ok:
                return asking.tell(reply, lambda _: None)
            header = header_of(reply.body)
            parts, size = header.parts, str(header.size)
            name = out / file_name(header)
            write_new(name, reply.body, mode=0o600)  # It names people in clear.
            entries = reply.body.count(b'\n{"is":"entry"')
            left_out += len([one for one in reply.headers.get("xueshi-left-out", "").split(",") if one])
            click.echo(f"✓ {name}：{entries} 条记录，{len(reply.body):,} 字节（第 {part} 份，共 {parts} 份）")
            part += 1
    if left_out:
        click.echo(f"有 {left_out} 条没有移交：其本人的密钥已销毁，或其信息已停止处理。")
    click.echo(f"到大小 {size} 为止。接收方：xueshi import hand-over {out}/*.ndjson --region 地区；"
               f"核验：xueshi verify {out}/*.ndjson --key 公钥")
    return Exit.HOLDS


def _size(since: str) -> int:
    """A size as it was given, or that of a checkpoint."""
    from api.whole import whole

    if (size := whole(since)) is not None:
        return size
    from ledger.errors import LedgerError
    from ledger.proof.checkpoint import parse_checkpoint
    from ledger.proof.notes import parse_note

    try:
        return parse_checkpoint(parse_note(read_bytes(Path(since)))[0]).size
    except LedgerError as error:
        cure = "应为接收方最近一次接受的检查点的大小，或其检查点文件（xueshi import ledgers 给出）"
        why = str(error).rstrip("。")
        raise Stop(Exit.BAD_INPUT, "bad_checkpoint", f"{since} 不是检查点（{why}）", cure) from error


def _listed(file: Path) -> str:
    return ",".join(line.strip() for line in read_bytes(file).decode("utf-8-sig", "replace").splitlines()
                    if line.strip())
