"""One demo for all of these tests; whoever changes it copies it first."""

from __future__ import annotations

import pytest
from demo_kit import TOLD, Demo, made


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return made(tmp_path_factory.mktemp("demo") / "data", TOLD)
