"""Which browser tests look with: the one that draws no windows of its own takes a quarter less for the same pages.

A click of its driver ends when the answer to it has begun: whoever asks a page for its words then is told those that
have come. Here a click ends when all that it led to has come, and `expect` waits as long as everybody else
(`be_patient`). What a script does upon a click is waited for by whoever looks for it: `expect`, `wait_for`, or a
selector with `:focus`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from tests.waiting import PATIENCE_S


@cache
def program() -> str | None:
    """Where it is; the whole browser where there is no other; None where there is neither."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@cache
def be_patient() -> None:
    """Have each click wait for the page that it leads to, unless it is told to wait for nothing."""
    from playwright.sync_api import Locator, Page, expect

    expect.set_options(timeout=PATIENCE_S * 1_000)
    for kind in (Locator, Page):
        kind.click = _whole(kind.click)  # type: ignore[method-assign]


def _whole(click: Callable[..., None]) -> Callable[..., None]:
    @wraps(click)
    def whole(at: Any, *words: Any, no_wait_after: bool = False, **how: Any) -> None:
        if no_wait_after:
            click(at, *words, no_wait_after=True, **how)
            return
        click(at, *words, **how)
        getattr(at, "page", at).wait_for_load_state()

    return whole
