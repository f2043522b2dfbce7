"""The law and the ledger each carry the region codes that they need; where both speak they say the same.

Neither may import the other's table: the ledger knows no law, and the law needs no days on which a code was made
public.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ledger.identifiers.regions import span
from policies.words import is_region

ROOT = Path(__file__).parents[2]
LAW = tomllib.loads((ROOT / "policies" / "regions.toml").read_text("utf-8"))
LEDGER = tomllib.loads((ROOT / "ledger" / "identifiers" / "regions.toml").read_text("utf-8"))
ENDED = {code for change in LEDGER["change"] for code in change["ended"]}
BEFORE_THE_LEDGER = {"330183", "330322"}    # 富阳市 and 洞头县 ended before; only old records name them.


def test_both_know_the_same_provinces() -> None:
    assert set(LAW["provinces"]) == set(LEDGER["provinces"])


def test_both_know_the_same_cities_and_counties_of_today() -> None:
    here: dict[str, Any] = LAW["known"]["33"]
    units = {f"{city}00" for city in here["cities"]} | set(here["counties"])
    assert units | {"330000"} == set(LEDGER["today"])


def test_what_ended_in_the_ledgers_life_is_a_former_code_of_the_law() -> None:
    assert set(LAW["known"]["33"]["former"]) == ENDED | BEFORE_THE_LEDGER
    assert not BEFORE_THE_LEDGER & set(LEDGER["today"])


def test_the_law_takes_every_code_that_the_ledger_ever_knew_in_its_life() -> None:
    assert all(is_region(code) and (span(code) is not None) for code in (*LEDGER["today"], *ENDED))
