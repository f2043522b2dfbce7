"""Of what came lately only the few kinds are told that an import asks about, from wherever the answers stand."""

from __future__ import annotations

from datetime import date

from api.lately import Lately
from ledger.events.base import By, Draft
from ledger.events.imports import ImportAbandoned, ImportId, ImportOpened
from tests.api.house_kit import Someone, Town


def test_it_tells_the_imports_and_rulebooks_since_a_position_and_looks_back_when_asked(
    town: Town, person: Someone
) -> None:
    ledger = town.house.ledger
    lately, before = Lately(ledger), ledger.store.size()
    assert lately.since(before) == []
    batch = ImportId(town.house.new_id("import"))
    opened = ImportOpened(batch=batch, system="ningbo", file_sha256="a" * 64, rows=0, starts=date(2026, 1, 1),
                          ends=date(2026, 1, 2), region="330200")
    ledger.record([Draft(opened)], by=By(actor="acr_somebody", role="human_resources"))
    town.belongs(person, town.unit("另一厂", "330203", "industry"), "2021-01-01")
    between = ledger.store.size()
    given_up = ImportAbandoned(batch=batch, why="wrong_period")
    ledger.record([Draft(given_up)], by=By(actor="acr_somebody", role="human_resources"), versions={batch: 1})

    assert lately.since(before) == [opened, given_up]
    assert lately.since(between) == [given_up] and lately.since(ledger.store.size()) == []
    first = lately.since(0)
    assert len(first) > 2 and first[-2:] == [opened, given_up], "the rulebooks were enacted before"
    assert lately.since(between) == [given_up]
