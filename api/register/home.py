"""Where a register is served, noted at each start: a copy of it, or a clone of its machine, is told before it is used.

Of two copies that serve in turn each goes on from where they parted, and nothing in either says so; what they sign is
two histories under one name. What differs is the place: another machine, another file under the same name. That is no
proof, since a register may be moved, so it is told until somebody says that it is served here from now on (`xueshi log
served-here`). A restore says so itself.

What is proof is a vault that lacks keys of people who were registered since it was last served here: they were made in
another one. There the start is refused, while nothing is lost yet: the folder that served last has the keys of all.

`tests/api/test_served_where.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from api.register.folder import Folder
from api.terminal.exits import Exit, Stop
from ledger.durable import write_durably
from ledger.envelope import decode
from ledger.ledger import Ledger
from ledger.vocabulary import LOCAL

_MACHINE: Final = Path("/etc/machine-id")
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_CARDS: Final = Path("/sys/class/net")
_LOOKED_AT: Final = 1_000
_SERVED_HERE: Final = "xueshi log served-here"


class Home(NamedTuple):
    """A place, as far as anybody may read it. Only what both notes have is compared."""

    host: str
    folder: str
    machine: str            # Nothing where the system has no name of its own, as in some containers.
    cards: tuple[str, ...]  # Of network cards that are no mere software: a clone of a machine is given others.
    file: int               # Of the ledger's file; 0 where it lies in a database.
    size: int               # How long the log was when this was noted.
    since: str
    boot: str = ""          # Since when this system runs, and by how much its clock differed from that then: whoever
    clock_s: int = 0        # sets the clock changes the difference, and nothing else does.


def here(folder: Folder, size: int = 0) -> Home:
    """This place, now."""
    root = folder.root.absolute()
    now = datetime.now(LOCAL).isoformat(sep=" ", timespec="minutes")
    return Home(socket.gethostname(), str(root), _hidden(_read(_MACHINE)), _cards(), _file(folder.ledger), size, now,
                boot=_hidden(_read(_BOOT)), clock_s=_clock_s())


def noted(folder: Folder) -> Home | None:
    """Where it was served last; None where nobody noted it, or not so that it can be read."""
    try:
        told = json.loads(folder.home.read_bytes())
        return Home(**{**told, "cards": tuple(told["cards"]), "file": int(told["file"]), "size": int(told["size"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def strange(folder: Folder) -> str:
    """In words, why this is not the place where it was served last; nothing where it is, or where nobody can tell."""
    before, now = noted(folder), here(folder)
    if before is None:
        return ""
    other = []
    if (before.machine and now.machine and before.machine != now.machine) or (
            before.cards and now.cards and not {*before.cards} & {*now.cards}):
        other.append("这是另一台机器，或它的克隆")
    if before.file and now.file and before.file != now.file:
        other.append("账本文件是复制来的")
    if not other:
        return ""
    return f"{'；'.join(other)}。上次在 {before.host} 的 {before.folder} 服务（{before.since}，到事件 {before.size}）"


def set_by_s(folder: Folder) -> tuple[int, str]:
    """By how many seconds the clock was set, forward or back, since the service was started here; and when that was.

    A machine that stood still, or was put back to a picture of itself, and was given the right time afterwards shows
    the same.
    """
    before = noted(folder)
    if before is None or not before.boot or before.boot != _hidden(_read(_BOOT)):
        return 0, ""
    return _clock_s() - before.clock_s, before.since


def note(folder: Folder, size: int) -> None:
    """Note that it is served here, unless somebody has yet to say so. A disk that refuses stops no service."""
    if not strange(folder):
        settle(folder, size)


def settle(folder: Folder, size: int) -> None:
    """Note that it is served here from now on."""
    _write(folder, here(folder, size))


def known_to_lack(folder: Folder, size: int) -> None:
    """Note that up to here the vault is known to lack keys: it was restored, and whoever did so was told whose."""
    if (before := noted(folder)) is not None:
        _write(folder, before._replace(size=size))


def demand_keys(folder: Folder, ledger: Ledger) -> None:
    """See that the vault has the keys of whoever was registered since the log was last served from here."""
    before = noted(folder)
    if before is None:
        return
    lacking = sorted(ledger.vault.lacks(_owners(ledger, before.size)))
    if not lacking:
        return
    told = f"{'、'.join(lacking[:3])}{' 等' if len(lacking) > 3 else ''}"
    cure = (f"请停用这一份，改用最近一次服务的那个数据文件夹（或以它的密钥备份 xueshi keys restore）；"
            f"确实找不回、愿意从此读不出的，运行 {_SERVED_HERE}")
    message = f"另有一份数据文件夹服务过这本账：此后新登记的 {len(lacking)} 个编号（{told}），这里的密钥库没有密钥"
    raise Stop(Exit.WORLD_IS_WRONG, "keys_elsewhere", message, cure)


def _owners(ledger: Ledger, after: int) -> set[str]:
    """Whose keys seal something of the newest events."""
    first = max(after, ledger.store.size() - _LOOKED_AT)
    read = map(decode, ledger.store.leaves(first, _LOOKED_AT))
    return {one.key_owner for one in read if one.sealed is not None and one.key_owner is not None}


def _write(folder: Folder, home: Home) -> None:
    with suppress(OSError):
        write_durably(folder.home, json.dumps(home._asdict(), ensure_ascii=False).encode(), mode=0o600)


def _cards() -> tuple[str, ...]:
    return tuple(sorted({_hidden(address) for address in _addresses() if address}))


def _addresses() -> Iterator[str]:
    with suppress(OSError):
        yield from (_read(card / "address") for card in _CARDS.iterdir() if (card / "device").exists())


def _clock_s() -> int:
    return time.time_ns() // 1_000_000_000 - time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000_000


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _hidden(name: str) -> str:
    """What a machine is called is nobody else's business: enough of it to tell it from others."""
    return hashlib.sha256(f"xueshi/{name}".encode()).hexdigest()[:16] if name else ""


def _file(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0
