"""Whoever is on a list is in the access log once before it is shown, however long the list is."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cases import looked
from ledger.envelope import decode
from ledger.events.base import By
from tests.api.house_kit import Ticking, house_in

SOMEBODY = By(actor="acr_" + "1" * 22, role="unit")


def test_everybody_on_a_list_longer_than_one_append_is_recorded_once_and_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looked, "EVENTS_MAX", 2)
    with house_in(tmp_path / "data", Ticking(2_000_000_000_000_000)) as town:
        log = town.house.register.access
        before = log.store.size()

        for seen in (("per_a", "per_b", "per_c", "per_a", "per_d", "per_e"), ()):
            looked.record_looks(town.house, SOMEBODY, seen, "review", what=("name",), route="years")

        new = [decode(leaf).event for leaf in log.store.leaves(before, 10)]
        assert [event.subject for event in new] == ["per_a", "per_b", "per_c", "per_d", "per_e"]
