"""What a test has forked ends with the tests: a service that outlived them would hold its port and its folder."""

from __future__ import annotations

import select
import subprocess
import sys

PATIENCE_S = 30
LASTING = "import time; print('there', flush=True); time.sleep(600)"
TESTS = f"from tests.forked import PYTHON, Popen; Popen([str(PYTHON), '-c', {LASTING!r}]).wait()"


def test_a_service_ends_with_tests_that_were_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", TESTS], stdout=subprocess.PIPE) as tests:
        assert tests.stdout is not None
        try:
            assert tests.stdout.readline() == b"there\n"
        finally:
            tests.kill()

        assert select.select([tests.stdout], [], [], PATIENCE_S)[0], "somebody still holds what the tests wrote to"
        assert tests.stdout.read() == b""
