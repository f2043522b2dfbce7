"""Forgetting somebody, as this installation has it: how long a proposal rests, and what it has to wait for.

The five texts name no term for which anything is kept, so nothing here is law: it is the office's own rule, and by
default a proposal waits for whatever still runs. `tests/api/test_erasure.py` shows it.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from api.settings import Settings

RESTS_DAYS: Final = 30
KINDS: Final = ("claims", "frozen", "appeals", "transfers", "applications", "sanctions", "elsewhere", "kept")
ALL: Final = "all"


class Rule(NamedTuple):
    """How long a proposal rests, how long after the last hours it may be made, and what it waits for."""

    rests_days: int = RESTS_DAYS
    keep_years: int = 0
    waits_for: frozenset[str] = frozenset(KINDS)


class Ground(NamedTuple):
    """Why somebody is not forgotten yet, in words."""

    what: str
    why: str
    cure: str


@cache
def grounds() -> dict[str, Ground]:
    """Every ground by its kind."""
    text = resources.files(__package__).joinpath("erasure_waits.toml").read_text("utf-8")
    return {kind: Ground(**said) for kind, said in tomllib.loads(text).items()}


def rule_of(settings: Settings) -> Rule:
    """What the settings say."""
    named = settings.erasure_waits_for
    kinds = KINDS if named == ALL else tuple(one.strip() for one in named.split(",") if one.strip())
    return Rule(settings.erasure_rest_days, settings.erasure_keep_years, frozenset(kinds))
