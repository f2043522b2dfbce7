"""`xueshi training upload`, `open`: papers of plans and classes, handed in by the organiser, opened by whoever answers.

`tests/api/test_filing_commands.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.files import OUT, read_bytes
from api.terminal.exits import Exit, Stop
from api.words.codes import LIST_TYPES


@click.command()
@asks()
@click.argument("unit", type=Id("unit"))
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def upload(asking: Asking, unit: str, path: Path) -> int:
    """上传办班材料的原件（办班单位）；计划、申报和举办情况以它的 SHA-256 引用"""
    content = read_bytes(path)
    with asking.client() as client:
        reply = client.put(f"/v1/units/{unit}/evidence/{hashlib.sha256(content).hexdigest()}", content, name=path.name)

    def tell(body: dict[str, Any]) -> None:
        click.echo(f"✓ {'已收下' if reply.status == 201 else '早已在此'}。其 SHA-256 为 {body['sha256']}")

    return asking.tell(reply, tell)


@click.command("open")
@asks()
@click.argument("record")
@click.argument("sha256")
@OUT
@PURPOSE
def open_paper(asking: Asking, record: str, sha256: str, out: Path | None, purpose: str | None) -> int:
    """打开一个计划（pln_）或班次（cls_）的材料（办班单位和受理的部门）；SHA-256 见 xueshi training show"""
    return asking.fetch(f"{place_of(record)}/evidence/{sha256}", out, {"purpose": purpose})


_PLACES: Final = {"pln_": "/v1/plans", "cls_": "/v1/classes"}


def place_of(record: str) -> str:
    """Where a plan or a class is, by its id."""
    if record[:4] not in _PLACES or len(record) != 26 or not (record.isascii() and record[4:].isalnum()):
        cure = "应为以 pln_ 或 cls_ 开头、共 26 位的编号"
        raise Stop(Exit.BAD_INPUT, "bad_usage", f"读不懂编号 {record[:60]}", cure)
    return f"{_PLACES[record[:4]]}/{record}"


def tell_files(body: dict[str, Any], kinds: Mapping[str, str]) -> None:
    """The papers that were handed in, and which of them can be opened; to others their digests alone."""
    files = None if body["files"] is None else {one["sha256"]: one for one in body["files"]}
    for one in [*body["evidence"], *(body.get("held") or {}).get("evidence", ())]:
        found = (files or {}).get(one["sha256"])
        stands = "" if files is None else "  只登记了摘要" if found is None else (
            f"  {LIST_TYPES[found['media_type']]}，{found['bytes']} 字节，可用 xueshi training open 打开")
        click.echo(f"  材料 {kinds.get(one['kind'], one['kind'])}  {one['sha256']}{stands}")
