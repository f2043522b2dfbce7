"""A QR code as a drawing that stands in a page. `tests/console/test_second_factor_screens.py` shows one."""

from __future__ import annotations

import io
from typing import Any

import segno


def drawn(content: str, *, error: str = "q", **how: Any) -> str:
    """Draw it; at error level `q` it is still read with a quarter of it damaged."""
    written = io.BytesIO()
    segno.make(content, error=error, micro=False).save(
        written, kind="svg", border=2, xmldecl=False, svgclass=None, lineclass=None, title=None, **how)
    return written.getvalue().decode().strip()
