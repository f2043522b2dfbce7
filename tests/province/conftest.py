"""Two cities and a province, once for all tests of a file that leave each other alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from province_kit import Three, three


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    with three(tmp_path_factory.mktemp("three")) as made:
        yield made


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[Three]:
    """Three of one test's own, which may do to them what it likes."""
    with three(tmp_path) as made:
        yield made
