"""What each refusal is to the outside: its HTTP status, and the sentences that go with the doors' own codes.

One table for every code there is. Those of the ledger are listed by status, since their sentences stand beside them;
the doors' own have status and sentences in one place. `tests/api/test_http_refusals.py` finds a code that is missing.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal
from ledger.streams import refusals as of_the_ledger

_TURNED_AWAY: Final = (401, 403, 404)


class Line(NamedTuple):
    """A refusal as people are told it."""

    status: int
    what: str
    why: str
    cure: str

    @property
    def title(self) -> str:
        """What was found, without its full stop."""
        return self.what.removesuffix("。")

    @property
    def detail(self) -> str:
        """The whole: what was found, why that is so, what to do."""
        return f"{self.what}{self.why}{self.cure}"

    @property
    def told(self) -> str:
        """The same for whoever sees no fields of a body: without their names."""
        return without_names(self.detail)


_NAMES: Final = re.compile(r"（[a-z][a-z0-9_]*(?:、[a-z][a-z0-9_]*)*(?:，如 [a-z0-9_]+)?）")


def without_names(words: str) -> str:
    """Leave out what stands in brackets for programs alone: the names of fields."""
    return _NAMES.sub("", words)


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(resources.files(__package__).joinpath("refusals.toml").read_text(encoding="utf-8"))


@cache
def lines() -> dict[str, Line]:
    """Give every refusal by its code."""
    table = _table()
    sentences = of_the_ledger.sentences()
    listed = {code: Line(int(status), *sentences[code]) for status, codes in table["ledger"].items() for code in codes}
    return listed | {code: Line(**line) for code, line in table["doors"].items()}


def line_of(refusal: Refusal) -> Line:
    """Say a refusal as it fits what was seen: a plan that is on file already is no identity document."""
    general = lines()[refusal.code]
    of_kind = _table()["taken"].get(str(refusal.seen.get("kind"))) if refusal.code == "name_taken" else None
    if of_kind is not None:
        return Line(general.status, **of_kind)
    fits = _fitting(refusal)
    return general if fits is None else Line(general.status, **fits)


def _fitting(refusal: Refusal) -> dict[str, str] | None:
    """The sentences for what was seen, with its values in them; None where the general ones say all there is."""
    found = _table()["fitting"].get(refusal.code, {})
    if "by" in found:
        found = found.get(str(refusal.seen.get(found["by"])), {})
    try:
        return {part: words.format_map(refusal.seen) for part, words in found.items()} or None
    except KeyError:  # Who refused saw less than the sentences tell.
        return None


def status_of(refusal: Refusal) -> int:
    """Say with which status a refusal is answered."""
    return lines()[refusal.code].status


def turns_away(refusal: Refusal) -> bool:
    """Say whether it speaks of who asks, or of what is not there for them."""
    return status_of(refusal) in _TURNED_AWAY


def no_word_mends(refusal: Refusal) -> bool:
    """Say whether it speaks of that or of how a thing stands: nothing else that one could type would do."""
    return turns_away(refusal) or status_of(refusal) == 409
