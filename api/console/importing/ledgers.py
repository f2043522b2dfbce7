"""Other ledgers as a screen: up to where each was accepted and how long ago, what hangs, what contradicts, the cure.

`tests/province/test_ledger_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import request

from api.cases.importing import ledgers
from api.console.claiming.claim import told_basis
from api.console.screen import Asking, Page, Shown
from api.console.words import Mark
from api.paper.saved import attached
from api.whole import whole
from ledger.errors import Refusal
from ledger.proof.text import in_file_name
from ledger.witnessing.fork import file_name

_WIDE: Final = 240
_MARKS: Final[Mapping[str, Mark]] = {
    "hanging": ("open", "…", "悬而未决"), "contradictory": ("short", "✗", "互相矛盾"),
    "decided": ("met", "✓", "已作决定"),
}
_FINE: Final[Mark] = ("met", "✓", "正常")


def listed(asking: Asking) -> Shown:
    """Every ledger that is trusted, or from which something was accepted."""
    house = asking.house
    given = request.args.get("within", "")
    within = ledgers.DAYS if (asked := whole(given, 4)) is None else asked
    found = ledgers.listed(house, asking.caller, within=max(within, 1))
    if isinstance(found, Refusal):
        return found
    basis = house.answers.reflects(house.answers.position())
    return Page("import_ledgers.html", {
        "basis": told_basis(basis), "rows": [_row(one, within) for one in found], "within": within,
    }, {"items": found, **basis})


def fork(asking: Asking, position: int) -> Shown:
    """What proves that a ledger signed two histories, to be kept and given to anybody."""
    found = ledgers.fork(asking.house, asking.caller, position)
    if isinstance(found, Refusal):
        return found
    origin, proof = found
    words = f"两种历史的证明-{in_file_name(origin)}-事件{position}"
    return attached(proof, "text/plain; charset=utf-8", words, file_name(origin, position))


def _row(one: dict[str, Any], within: int) -> dict[str, Any]:
    """A row of the table: a bar whose length is the agreed time, filled as far as time has passed."""
    days = one["days"]
    wide = 0 if days is None else min(_WIDE, days * _WIDE // within)
    kinds = {trouble["kind"] for trouble in one["troubles"]}
    kind = next((one for one in ("contradictory", "hanging", "decided") if one in kinds), None)
    return {**one, "wide": wide, "is_over": days is not None and days > within,
            "mark": _FINE if kind is None else _MARKS[kind],
            "troubles": [{**trouble, "mark": _MARKS[trouble["kind"]]} for trouble in one["troubles"]]}
