"""`xueshi keys show`: every key there is, in numbers and dates, and no secret."""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from api.commands.options import as_json_option, data_option
from api.terminal.exits import Exit, Stop
from api.words.telling import day, pairs, table

if TYPE_CHECKING:
    from ledger.keys.file import KeyFile

LOGS: Final = {"ledger": "账本", "access": "查阅日志"}


@click.command()
@data_option
@as_json_option
def show(data_folder: Path | None, as_json: bool) -> None:
    """查看主密钥、密钥库、备份与到期、签名密钥；不显示任何秘密"""
    from api.register.folder import folder_of
    from api.register.vault_place import has_vault, people_of
    from api.settings import load
    from ledger.keys.ring import open_keys

    settings = load({"data_folder": data_folder})
    folder = folder_of(settings)
    people = people_of(settings)
    if not has_vault(settings):
        shown = people if isinstance(people, Path) else people.shown
        cure = "请用 --data 指定数据文件夹；若密钥库丢失，请用 xueshi keys restore 从备份恢复"
        raise Stop(Exit.WORLD_IS_WRONG, "keys_missing", f"这里没有密钥库 {shown}", cure)
    with closing(open_keys(people)) as file:
        body = {"setting": settings.master_key, **_vault(file), "signing": _signing(folder.keys)}
    if as_json:
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    _tell(body)


def _vault(file: KeyFile) -> dict[str, Any]:
    masters, copies, destroyed = file.masters(), file.copies(), file.destructions()
    kept = [copy for copy in copies if copy.removed is None]
    now, prepared = time.time_ns() // 1_000, file.prepared()
    return {
        "keys": file.count(),
        "prepared": prepared and {"make": prepared[0], "keys": prepared[1]},
        "masters": [
            {"make": each.make, "since": day(each.since), "is_present": each == masters[-1],
             "backups": sum(copy.master == each.serial for copy in kept)}
            for each in masters
        ],
        "destroyed": {
            "final": sum(each.is_final for each in destroyed),
            "not_final": [
                {"owner": each.owner, "destroyed_at": day(each.at), "final_from": day(each.final_from)}
                for each in destroyed if not each.is_final
            ],
        },
        "backups": [
            {"name": copy.name, "place": copy.place, "taken": day(copy.taken), "expires": day(copy.expires),
             "state": "removed" if copy.removed else "due" if copy.expires <= now else "kept",
             "removed": copy.removed and day(copy.removed)}
            for copy in copies
        ],
    }


def _signing(keys: Path) -> list[dict[str, Any]]:
    from ledger.proof.keys import format_vkey, parse_skey
    from ledger.signing.rotation import histories

    found = []
    for name in LOGS:
        path = keys / f"{name}.signing.key"
        lines = path.read_text("ascii").splitlines() if path.exists() else []
        signing = [parse_skey(line).public() for line in lines if line]
        for each in histories(keys, name, signing):
            state = "signing" if each.key in signing else "compromised" if each.is_compromised else "retired"
            found.append({"log": name, "id": each.key.key_id.hex(), "state": state, "since": _day(each.since),
                          "until": _day(each.until), "vkey": format_vkey(each.key)})
    return found


def _day(at: str | None) -> str | None:
    return None if at is None else day(int(datetime.fromisoformat(at).timestamp()) * 1_000_000)


def _tell(body: dict[str, Any]) -> None:
    words = {"removed": "已删除", "due": "已到期，未确认删除", "kept": "保留中"}
    states = {"signing": "签名中", "retired": "已停用", "compromised": "已泄露，停用"}
    present = body["masters"][-1] if body["masters"] else {"make": "（尚未记载，服务启动一次后即有）", "since": ""}
    waiting = body["destroyed"]["not_final"]
    last = max((each["final_from"] for each in waiting), default="")
    pairs([
        ("主密钥", f"{present['make']}　{present['since']} 起"),
        ("设置 master_key", body["setting"]),
        ("密钥", f"{body['keys']} 把"),
        ("已销毁", f"最终销毁 {body['destroyed']['final']} 把，尚未最终销毁 {len(waiting)} 把"
                   + (f"（全部最终销毁不早于 {last}）" if last else "")),
    ])
    for former in body["masters"][:-1]:
        need = f"其下还有 {former['backups']} 份密钥备份，须保留" if former["backups"] else "其下已无密钥备份，可以销毁"
        click.echo(f"  原主密钥 {former['make']}：{need}。")
    if body["prepared"] is not None:
        done, make = body["prepared"]["keys"], body["prepared"]["make"]
        click.echo(f"  正在更换主密钥：已为 {done} 把备好 {make}，尚未切换；再运行一次 xueshi keys rewrap 完成。")
    click.echo()
    copies = [(each["name"], each["taken"], each["expires"], words[each["state"]], each["place"])
              for each in body["backups"]]
    none = "还没有密钥备份：请运行 xueshi keys backup 文件夹。"
    table(("密钥备份", "日期", "到期", "状态", "所在"), copies, empty=none)
    click.echo()
    signing = [(LOGS[each["log"]], each["id"], states[each["state"]], each["since"] or "建账时", each["until"],
                each["vkey"]) for each in body["signing"]]
    table(("签名密钥", "编号", "状态", "自", "至", "公钥"), signing)
