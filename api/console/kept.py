"""What was typed is not lost when the session is over, or a file is too large: it is shown, and can be sent on.

A form goes on under a key of the new session, and only when somebody presses the button on this page: nothing that was
sent without a session, or under the key of another one, is ever done by itself. Files cannot be kept by a browser; they
are chosen again. `tests/console/test_kept.py` shows it.
"""

from __future__ import annotations

import re
from typing import Final

from flask import Response, redirect, request
from werkzeug.exceptions import HTTPException

from api.console import sending
from api.console.page import render
from api.console.wanted import login
from api.evidence.files import MOST as FILE_BYTES_MOST
from api.operational.callers import Caller

KEPT_BYTES_MOST: Final = 256 * 1024
"""Of nobody in particular no more is taken in; a list that travels with its check is a file, and chosen again."""

READ_BYTES_MOST: Final = 2 * FILE_BYTES_MOST
"""Of somebody who is known: a file somewhat too large is read past, for what was typed beside it."""

_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]*")
"""What a form says with a word of its own, or of ours: it is carried along, but nobody has to read it."""


def without_session() -> Response:
    """The session ended while somebody typed."""
    request.max_content_length = request.max_form_memory_size = KEPT_BYTES_MOST
    try:
        return _page(401, None)
    except HTTPException:  # Too large, or in pieces that no form has.
        return redirect(login(), 303)  # type: ignore[return-value]


def of_another_session(caller: Caller) -> Response:
    """They have logged in since, or somebody else has: whoever goes on sees as whom."""
    return _page(403, caller)


def too_large(caller: Caller, most: int) -> Response | None:
    """A file that no form takes in: what was typed beside it is kept. None: nothing was, or it cannot be read."""
    request.max_content_length, request.max_form_memory_size = READ_BYTES_MOST, KEPT_BYTES_MOST
    try:
        return _page(413, caller, most) if request.form else None
    except HTTPException:
        return None


def _page(status: int, caller: Caller | None, most: int = 0) -> Response:
    carried = [(name, value) for name, value in request.form.items(multi=True)
               if name not in (sending.KEY, sending.FACTOR) and value]
    typed = [value for _, value in carried if len(value) <= KEPT_BYTES_MOST and not _CODE.fullmatch(value)]
    return render("kept.html", status=status, caller=caller, path=request.full_path.rstrip("?"), carried=carried,
                  typed=typed, had_files=any(one.filename for one in request.files.values()), most=most >> 20)
