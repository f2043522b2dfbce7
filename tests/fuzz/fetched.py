"""What is fetched or brought from elsewhere and belongs to no one file: the tiles of a log, an export as a folder.

A log that lies can sign two histories and hand out any tiles; whoever changes an export can put its manifest right. So
here the notes are signed and the digests computed anew, and what is left to notice is what they say.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from api.client import Reply
from api.commands.asking import problem
from api.terminal.exits import Stop
from api.witness import proving
from api.witness.asking import Answer, Away
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.notes import format_note, sign
from ledger.proof.policy import Log
from ledger.witnessing.state import Suspect
from projections.parquet.folder import FORMAT, MANIFEST, altered, compare, read_manifest
from projections.parquet.schemas import schema, write
from tests.fuzz.rehung import PARTED
from tests.witness.witness_kit import LOG_KEY, ORIGIN, FakeLog

TABLES: Final = ("coded", "rulings")


# The tiles of a log that signed two histories


def log_tiles(data: bytes) -> object:
    """Prove a fork from two checkpoints, whatever they say, and from the tiles in the order in which they are asked."""
    seen, _, rest = data.partition(PARTED)
    offered, *tiles = rest.split(PARTED)
    texts = seen, offered
    told = [parse_checkpoint(text) for text in texts]
    notes = [format_note(text, [sign(text, LOG_KEY)]) for text in texts]
    given = iter(tiles)
    with patch.object(proving, "ask", lambda *_: Answer(200, "", next(given, b""))), suppress(Away):
        return proving.prove(Suspect(told[0].origin, *notes, 1), [Log(LOG_KEY.public(), "http://log.example")])
    return None


def tiles_asked() -> list[bytes]:
    """Two histories, of the longer of which the tiles are handed out; and two of one size."""
    short, other = FakeLog().grown(3), FakeLog().grown(2).grown(5, "something else")
    whole = b"".join(other.read_hashes([(0, index) for index in range(other.size)]))
    return [PARTED.join([short.text(), other.text(), whole, whole]),
            PARTED.join([short.text(), FakeLog().grown(2).grown(1, "x").text()])]


# An export whose manifest agrees with its files


def columns(folder: Path, data: bytes) -> object:
    """Hold an export against one that was made anew: the manifest, then its files in the order of their names."""
    fresh_folder, fresh = _fresh(folder)
    told, *contents = data.split(PARTED)
    shown = folder / "shown"
    for name, content in zip(fresh["files"], contents, strict=False):
        (shown / name).parent.mkdir(parents=True, exist_ok=True)
        (shown / name).write_bytes(content)
    with suppress(ValueError, RecursionError, TypeError, KeyError, AttributeError):
        told = _put_right(told, dict(zip(fresh["files"], contents, strict=False)))
    (shown / MANIFEST).write_bytes(told)
    said = read_manifest(shown)
    found = [*altered(shown, said), *compare(shown, said, fresh_folder, fresh)]
    assert f"{said['people']:,} {said['entries']:,} {''.join(found)}".isprintable()
    return found


def _put_right(told: bytes, contents: dict[str, bytes]) -> bytes:
    said = json.loads(told)
    for name, content in contents.items():
        said["files"][name]["sha256"] = hashlib.sha256(content).hexdigest()
    return json.dumps(said).encode()


@cache
def _fresh(folder: Path) -> tuple[Path, dict[str, Any]]:
    """What the log gives: two tables of a few rows, as an export writes them."""
    import pyarrow as pa

    made, files = folder / "fresh", {}
    for name in TABLES:
        path = made / f"{name}.parquet"
        write(pa.Table.from_pylist([{}, {}, {}], schema=schema(name)), name, path)
        files[path.name] = {"bytes": path.stat().st_size, "rows": 3,
                            "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    return made, {"format": FORMAT, "origin": ORIGIN, "as_of": 3, "log_size": 3, "root": "ab" * 32, "buckets": 1,
                  "people": 3, "entries": 3, "tables": {}, "files": files}


def exported(folder: Path) -> bytes:
    """An export that holds, as `columns` takes it, of another writer's bytes: its rows are read."""
    import pyarrow.parquet as pq

    made, fresh = _fresh(folder)
    plain = folder / "plain.parquet"
    contents = []
    for name in fresh["files"]:
        pq.write_table(pq.ParquetFile(made / name).read(), plain, compression="none")
        contents.append(plain.read_bytes())
    return PARTED.join([json.dumps(fresh).encode(), *contents])


# What a service answers that a command asks


def service_answer(data: bytes) -> object:
    """Read an answer, then what it says of a refusal; something else is no service of this kind."""
    answer = Reply(409, {}, data)
    with suppress(Stop):
        return problem(answer)
    return None
