"""When the register was last backed up, and last re-read whole, and what came of it: notes beside it for its keepers.

They prove nothing and may be lost: whoever wants to be sure runs the command. A folder that cannot be written to is no
reason to call a backup failed. `tests/console/test_status.py` shows it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from api.register.folder import Folder
from ledger.durable import write_durably

What = Literal["backup", "fsck"]
EVERY: Final[tuple[What, ...]] = ("backup", "fsck")


class Last(NamedTuple):
    """What came of it, when, and how far the log was."""

    at: datetime
    size: int
    holds: bool


def note(folder: Folder, what: What, *, size: int, holds: bool) -> None:
    """Note that it was done now."""
    told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "size": size, "holds": holds}
    with suppress(OSError):
        write_durably(folder.last_done(what), json.dumps(told).encode(), mode=0o600)


def last(folder: Folder, what: What) -> Last | None:
    """When it was last done; None where nobody noted it, or not so that it can be read."""
    try:
        told = json.loads(folder.last_done(what).read_bytes())
        return Last(datetime.fromisoformat(told["at"]), int(told["size"]), told["holds"] is True)
    except (OSError, ValueError, KeyError, TypeError):
        return None
