"""Which browser tests look with: the one that draws no windows of its own takes a quarter less for the same pages."""

from __future__ import annotations

import shutil
from functools import cache


@cache
def program() -> str | None:
    """Where it is; the whole browser where there is no other; None where there is neither."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")
