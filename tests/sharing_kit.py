"""What is compiled once: workers that begin in a fresh clone each prepare a share, and find the rest beside it.

Otherwise each would rewrite the asserts of all tests, and compile all that they load: as long as everything else that
a worker does before its first test. pytest has no door to this, so where it is made otherwise nothing is prepared.

So it is with screens: each service has templates of its own, and hundreds are made where one was meant to serve.
"""

from __future__ import annotations

import os
import py_compile
import sys
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("ledger", "policies", "projections", "api")


def compile_share() -> None:
    """Of the modules that tests load: before the first is loaded."""
    modules = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    for path in [path for path in modules if not Path(cache_from_source(str(path))).exists()][_share()]:
        py_compile.compile(str(path), doraise=False, quiet=2)


def rewrite_share(config: pytest.Config) -> None:
    """Of the tests: before the first is collected."""
    try:
        from _pytest.assertion.rewrite import PYC_TAIL, _rewrite_test, _write_pyc, assertstate_key, get_cache_dir
    except ImportError:
        return
    tests = sorted((ROOT / "tests").rglob("test_*.py"))
    kept = {path: get_cache_dir(path) / f"{path.stem}{PYC_TAIL}" for path in tests}
    for path, pyc in [(path, pyc) for path, pyc in kept.items() if not pyc.exists()][_share()]:
        pyc.parent.mkdir(exist_ok=True)
        digest, code = _rewrite_test(path, config)
        _write_pyc(config.stash[assertstate_key], code, digest, pyc)


def remember_templates() -> None:
    """For all services of this run and of later ones: what is remembered is of the same words, or it is not used."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache()}


def _share() -> slice:
    """The part of this worker; nothing where nobody else is there, or nothing is kept."""
    which, of_all = (os.environ.get(f"PYTEST_XDIST_{name}", "") for name in ("WORKER", "WORKER_COUNT"))
    if not which.startswith("gw") or sys.dont_write_bytecode:
        return slice(0)
    return slice(int(which[2:]), None, int(of_all))
