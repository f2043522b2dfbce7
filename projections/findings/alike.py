"""How what people wrote is made comparable: certificate numbers, issuers, titles, authors, addresses, devices.

Two who show one certificate rarely type it alike, and a scan that was read by a machine takes the letter O for a zero.
What is compared is therefore not what was written but a reading of it, and this is the reading:

    number      width, case and spaces are undone; O is read as 0, I and l as 1; every dash is one dash and every
                bracket a round one, but none is dropped: 12-3 and 1-23 are two numbers
    issuer      width, case, spaces and punctuation are undone; a short name stays another name than the long one
    title       the same; fewer than four characters are no title, since they say nothing
    author list the same for each name, in the order given
    address     an IPv4 address as it is, of an IPv6 address the network (/64), since its end changes by the hour
    device      width, case and spaces are undone

A reading can only make two texts equal. Where two numbers were written differently and are equal only as they are read,
the finding says so (`as_written`). Only the beginning of a very long text is read, so that none costs much more.

`tests/projections/findings/test_clues.py` shows it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from ledger.identifiers.characters import is_invisible, typed

NUMBER_MOST: Final = 200
TEXT_MOST: Final = 1_000
AUTHORS_MOST: Final = 200
NAME_MOST: Final = 100
TITLE_LEAST: Final = 4
TELLING_LEAST: Final = 8
"""A number of fewer characters (第3号, 7-001) is given by every issuer: without its issuer it says nothing."""
DIGITS_LEAST: Final = 5

_DASHES: Final = "‐‑‒–—―−－﹣─"
_LIKENESS: Final = (
    dict.fromkeys(map(ord, _DASHES), "-")
    | dict.fromkeys(map(ord, "〔［【〈〖「﹝{["), "(")
    | dict.fromkeys(map(ord, "〕］】〉〗」﹞}]"), ")")
    | {ord("O"): "0", ord("I"): "1", ord("L"): "1", ord("|"): "1"}
)


def number(text: str | None) -> str | None:
    """Read a number as it is compared; None where there is nothing to read."""
    read = "".join(typed(_seen(text, NUMBER_MOST)).split())
    return read.translate(_LIKENESS) or None


def number_as_written(text: str | None) -> str | None:
    """Give a number as it stands, for saying whether two were written alike."""
    return _seen(text, NUMBER_MOST).strip() or None


def is_telling(read: str) -> bool:
    """Say whether a number is long enough to mean one thing without its issuer."""
    return len(read) >= TELLING_LEAST and sum(char.isdigit() for char in read) >= DIGITS_LEAST


def words(text: str | None, most: int = TEXT_MOST) -> str | None:
    """Read an issuer or a name: letters, figures and characters alone."""
    folded = unicodedata.normalize("NFKC", _seen(text, most)).casefold()
    return "".join(filter(str.isalnum, folded)) or None


def title(text: str | None) -> str | None:
    """Read a title; None where it is too short to tell one from another."""
    read = words(text)
    return read if read is not None and len(read) >= TITLE_LEAST else None


def author_list(names: Sequence[str]) -> str | None:
    """Read the authors of one work, in order."""
    read = [name for one in names[:AUTHORS_MOST] if (name := words(one, NAME_MOST))]
    return ";".join(read) or None


def address(text: str | None) -> str | None:
    """Read a network address; one that is none is compared as a word."""
    written = _seen(text, NUMBER_MOST).strip()
    try:
        found = ip_address(written.partition("%")[0])
    except ValueError:
        return words(written)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(IPv6Network((found, 64), strict=False))
        found = found.ipv4_mapped
    return str(found)


def device(text: str | None) -> str | None:
    """Read what a device says of itself."""
    return typed(_seen(text, TEXT_MOST)) or None


def _seen(text: str | None, most: int) -> str:
    """The beginning of a text, without invisible characters."""
    beginning = (text or "")[:most]
    return beginning if beginning.isprintable() else "".join(
        char for char in beginning if char.isspace() or not is_invisible(char))
