"""A service that prints, and somebody with two studies and a statement in it, for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.house_kit import BODY, Someone, Town
from tests.api.printing_kit import issued, printing_house, settled


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with printing_house(tmp_path_factory.mktemp("printing")) as town:
        yield town


@pytest.fixture(scope="module")
def person(house: Town) -> Someone:
    return settled(house)


@pytest.fixture(scope="module")
def made(person: Someone) -> BODY:
    return issued(person, name="clear")
