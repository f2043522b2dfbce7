"""A file is taken in: as it was named, of a type that is taken, harmless, and not one of too many that wait.

Whose it may be and who may send it is for those who call. `tests/api/test_evidence.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple

import structlog

from api.evidence.files import WAITING_FILES_MOST, About
from api.evidence.types import type_of
from api.house import House
from api.operational.callers import Caller
from api.outside.scanner import ScannerAway
from ledger.errors import Refusal
from projections.basis import written_time

OF_DIGEST: Final = 16
"""So many characters of its digest say in the access log which file was opened: it takes codes, and short ones."""


class Kept(NamedTuple):
    """A file that was taken in, and whether it had been here before."""

    view: dict[str, Any]
    is_new: bool


class Opened(NamedTuple):
    """A file as it was handed in."""

    about: About
    content: bytes


def take_in(
    house: House, caller: Caller, owner: str, sha256: str, name: str | None, read: Callable[[], bytes], *,
    cited: Callable[[], Collection[str]] = tuple, kind: Callable[[bytes], str | Refusal] = type_of,
) -> Kept | Refusal:
    """Take in a file for its owner. `cited`: which of those that wait are cited already, asked only when many wait.

    `kind`: says what a file is, or why it is not taken.
    """
    files = house.evidence
    waiting = files.waiting(owner)
    if sha256 not in waiting and len(waiting) >= WAITING_FILES_MOST:
        unused = len(set(waiting).difference(cited()))
        if unused >= WAITING_FILES_MOST:
            return Refusal.because("evidence_full", waiting=unused, most=WAITING_FILES_MOST)
    content = read()
    if hashlib.sha256(content).hexdigest() != sha256:
        return Refusal.because("evidence_differs", bytes=len(content))
    media_type = kind(content)
    if isinstance(media_type, Refusal):
        return media_type
    if (harm := _looked_into(house, content)) is not None:
        return harm
    is_new = sha256 not in files.uploaded(owner)
    about = About(media_type=media_type, bytes=len(content), received_at=house.now, by=caller.id, name=name)
    files.keep(owner, sha256, content, about)
    return Kept(file_view(sha256, about), is_new)


def file_view(sha256: str, about: About) -> dict[str, Any]:
    """Write what is known of a file that was uploaded."""
    return {
        "sha256": sha256, "media_type": about.media_type, "bytes": about.bytes, "name": about.name,
        "received_at": written_time(about.received_at), "by": about.by,
    }


def _looked_into(house: House, content: bytes) -> Refusal | None:
    """What the installation's scanner has against a file; nothing where there is none."""
    if house.outside.scanner is None:
        return None
    try:
        is_harmful = house.outside.scanner.finds(content)
    except ScannerAway as away:
        structlog.get_logger().warning("scanner_away", why=away.why)
        return Refusal.because("scanner_away")
    return Refusal.because("evidence_harmful") if is_harmful else None
