"""`xueshi import fetch`: what another ledger decided since it was accepted last, asked for and brought in (P 14).

For a timer: the province has each city's ledger brought in at intervals, and nobody types sizes. What is fetched names
people, so it goes from one service to the other and is never a file. It goes on from what was accepted, so a run that
was cut short, or that is started twice, does nothing twice. Of a ledger that signed two histories nothing is fetched:
which of them holds is for people to find out.

`tests/province/test_fetching.py` shows it.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.asking import Asking, asks
from api.commands.files import read_bytes
from api.commands.handed import header_of
from api.commands.import_told import tell
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from api.client import Client, Reply


@click.command()
@asks()
@click.argument("address")
@click.option("--from-token-file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="存有对方账上人力社保部门账号令牌的文件")
@click.option("--region", required=True, help="记录所属地区，如 330200")
@click.option("--sector", help="只含一个行业的记录时：行业")
def fetch(asking: Asking, address: str, from_token_file: Path, region: str, sector: str | None) -> int:
    """从对方的服务取来上次接受之后的记录，核验并导入；供定时器每隔一段时间运行

    从上次接受到的大小接着取，中断后再运行即继续，重复运行不会多记一条。
    """
    from api.client import connected
    from api.settings import load

    token = read_bytes(from_token_file).decode("ascii", "replace").strip()
    known = {"region": region} | ({} if sector is None else {"sector": sector})
    with connected(load({}), address, token) as there, asking.client() as here:
        reply = there.get("/log/checkpoint")
        if not reply.ok:
            return _refused_there(asking, address, reply)
        origin, size = _origin_and_size(reply.body, address)
        reply = here.get("/v1/ledgers")
        if not reply.ok:
            return asking.tell(reply, _nothing)
        since = _accepted(reply.json, origin)
        if since == size:  # What they hold past what they published is not known here, so it is not denied.
            click.echo(f"{origin} 公布的检查点正在已接受的大小 {since}；其后如有事件，待检查点公布后取来。", err=True)
            return Exit.HOLDS
        return _brought(asking, address, there, here, {"since": since}, known)


def _brought(
    asking: Asking, address: str, there: Client, here: Client, query: dict[str, Any], known: dict[str, Any]
) -> int:
    """Part after part: each is registered before the next is asked for."""
    part, parts = 1, 1
    while part <= parts:
        handed = there.get("/v1/hand-over", {**query, "part": part})
        if not handed.ok:
            return _refused_there(asking, address, handed)
        header = header_of(handed.body)
        parts, query["size"] = header.parts, header.size
        if header.size == query["since"]:  # The checkpoint they publish waits for witnesses, and is an older one.
            click.echo(f"{header.origin} 自大小 {header.size} 以来没有新的事件。", err=True)
            return Exit.HOLDS
        click.echo(f"{header.origin}，{header.since} → {header.size}，第 {part} 份，共 {parts} 份：", err=True)
        taken: Reply = here.post("/v1/hand-overs", {"file": b64encode(handed.body).decode(), **known})
        if (status := asking.tell_written(taken, tell, "已导入")) != Exit.HOLDS:
            return status
        part += 1
    return Exit.HOLDS


def _accepted(body: dict[str, Any], origin: str) -> int:
    """Up to where a ledger was accepted here; nobody's records are fetched that would not be believed."""
    found = next((one for one in body["items"] if one["origin"] == origin), None)
    if found is None or not found["keys"]:
        raise Stop(Exit.REFUSED, "ledger_untrusted", f"{origin} 没有列为可信",
                   "请把它的公钥写入 keys/ledgers.policy，公钥经另一条途径核对")
    if any(trouble["code"] == "forked" for trouble in found["troubles"]):
        raise Stop(Exit.REFUSED, "ledger_forked", f"{origin} 签署了两份互相矛盾的历史，没有取来任何记录",
                   "请先查明哪一种属实，再作出决定（xueshi import decide-fork）；"
                   "证明见 xueshi import ledgers --out 文件夹")
    if any(trouble["code"] == "closed" for trouble in found["troubles"]):
        raise Stop(Exit.REFUSED, "ledger_closed", f"已决定不再接受 {origin} 的移交，没有取来任何记录",
                   "请停用它的定时器（systemctl disable --now xueshi-fetch@名称.timer）")
    return 0 if found["accepted"] is None else int(found["accepted"]["size"])


def _origin_and_size(note: bytes, address: str) -> tuple[str, int]:
    """Whose log an address answers for and how far it is; what it signed is checked where it is brought in."""
    from ledger.errors import LedgerError
    from ledger.proof.checkpoint import parse_checkpoint
    from ledger.proof.notes import parse_note

    try:
        tree = parse_checkpoint(parse_note(note)[0])
    except LedgerError as error:
        why = str(error).rstrip("。")
        told = f"{address} 没有答复检查点（{why}）"
        raise Stop(Exit.BAD_INPUT, "bad_checkpoint", told, "请核对对方的地址") from error
    return tree.origin, tree.size


def _refused_there(asking: Asking, address: str, reply: Reply) -> int:
    """Tell a refusal, and that it is the other side's: the two have different tokens."""
    click.echo(f"{address} 答复：", err=True)
    return asking.tell(reply, _nothing)


def _nothing(_: dict[str, Any]) -> None:
    """Of an answer that is a refusal nothing else is told."""
