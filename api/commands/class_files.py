"""`xueshi training upload`, `open`: a class's papers, handed in by its organiser and opened by whoever answers it.

`tests/api/test_filing_commands.py` shows it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click

from api.commands.asking import PURPOSE, Asking, Id, asks
from api.commands.files import OUT, read_bytes
from api.words.codes import CLASS_FILES, LIST_TYPES


@click.command()
@asks()
@click.argument("unit", type=Id("unit"))
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def upload(asking: Asking, unit: str, path: Path) -> int:
    """上传办班材料的原件（办班单位）；申报和举办情况以它的 SHA-256 引用"""
    content = read_bytes(path)
    with asking.client() as client:
        reply = client.put(f"/v1/units/{unit}/evidence/{hashlib.sha256(content).hexdigest()}", content, name=path.name)

    def tell(body: dict[str, Any]) -> None:
        click.echo(f"✓ {'已收下' if reply.status == 201 else '早已在此'}。其 SHA-256 为 {body['sha256']}")

    return asking.tell(reply, tell)


@click.command("open")
@asks()
@click.argument("training_class", type=Id("class"))
@click.argument("sha256")
@OUT
@PURPOSE
def open_paper(asking: Asking, training_class: str, sha256: str, out: Path | None, purpose: str | None) -> int:
    """打开一个班次的材料（办班单位和受理、登记的部门）；各材料的 SHA-256 见 xueshi training show"""
    return asking.fetch(f"/v1/classes/{training_class}/evidence/{sha256}", out, {"purpose": purpose})


def tell_files(body: dict[str, Any]) -> None:
    """The papers that were handed in, and which of them can be opened; to others their digests alone."""
    files = None if body["files"] is None else {one["sha256"]: one for one in body["files"]}
    for one in [*body["evidence"], *(body["held"] or {}).get("evidence", ())]:
        found = (files or {}).get(one["sha256"])
        stands = "" if files is None else "  只登记了摘要" if found is None else (
            f"  {LIST_TYPES[found['media_type']]}，{found['bytes']} 字节，可用 xueshi training open 打开")
        click.echo(f"  材料 {CLASS_FILES.get(one['kind'], one['kind'])}  {one['sha256']}{stands}")
