"""What is kept of a command that broke: one JSON line in a file, with frames and without messages.

The file is `crash.log` in the data folder when there is one, otherwise a file of its own in the temporary folder: a
command that touches no store leaves no data folder behind because it broke. `tests/api/test_cli.py` shows it.
"""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import IO

import structlog

from api.settings import SettingsError, load
from api.telling import logs


def keep(error: Exception) -> tuple[str, str]:
    """Write the line; return its trace id and the file it stands in."""
    trace_id = uuid.uuid4().hex
    with _file(trace_id) as stream:
        logs.configure(style="json", stream=stream)
        structlog.get_logger().error("command_failed", request_id=trace_id, exc_info=error)
        return trace_id, stream.name


def _file(trace_id: str) -> IO[str]:
    try:
        folder: Path | None = load().data_folder
    except SettingsError:
        folder = None
    if folder is not None and folder.is_dir():
        try:
            return (folder / "crash.log").open("a", encoding="utf-8")
        except OSError:
            pass    # Perhaps this is what broke: fall through to a place that works.
    return tempfile.NamedTemporaryFile(
        "w", prefix=f"xueshi-{trace_id[:8]}-", suffix=".log", delete=False, encoding="utf-8"
    )
