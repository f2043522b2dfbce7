"""Departments bring in what their own systems registered, and whom a rulebook names beside them (P 14, R 8)."""

from __future__ import annotations

from datetime import date

import pytest

from policies.law import Law
from policies.shelf import shipped
from policies.systems import importing_roles

DAY = date(2026, 4, 2)


@pytest.fixture(scope="module")
def law() -> Law:
    return Law(shipped().books)


def test_the_two_departments_of_a_city_bring_in_what_its_system_registered(law: Law) -> None:
    """P 14, also in Ningbo, where the public hours come from a system and the professional ones from units (N 8)."""
    assert set(importing_roles(law, DAY, "330200", None)) == {"human_resources", "sector_authority"}
    assert set(importing_roles(law, DAY, "330200", "industry")) == {"human_resources", "sector_authority"}


def test_the_blasting_association_brings_in_what_its_platform_registered(law: Law) -> None:
    """R 6, R 8, R 9."""
    assert "blasting_association" in importing_roles(law, DAY, "330000", "natural_resources")
    assert "blasting_association" not in importing_roles(law, DAY, "330000", "environment")


def test_neither_a_system_nor_a_unit_brings_anything_in(law: Law) -> None:
    for sector in (None, "industry", "natural_resources", "environment"):
        assert {"system", "unit"}.isdisjoint(importing_roles(law, DAY, "330203", sector))
