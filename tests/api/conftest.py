"""What tests of the doors begin with: a house, a unit in it, somebody who belongs there, and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.course_kit import School, school_in
from tests.api.house_kit import BODY, Someone, Town, house_in
from tests.api.learning_kit import Scene, learning_in


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("house") / "data") as town:
        yield town


@pytest.fixture(scope="module")
def works(town: Town) -> BODY:
    return town.unit("某厂", "330203", "industry")


@pytest.fixture
def person(town: Town, works: BODY) -> Someone:
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    return person


@pytest.fixture(scope="module")
def officer(town: Town, works: BODY) -> Someone:
    return town.officer(works, "unit", "330203", unit=works["unit"])


@pytest.fixture(scope="module")
def scene(town: Town, works: BODY) -> Scene:
    li = town.person("李明")
    town.belongs(li, works, "2020-01-01")
    return Scene(town, li, learning_in(town, li))


@pytest.fixture(scope="session")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with school_in(tmp_path_factory.mktemp("school") / "data") as school:
        yield school
