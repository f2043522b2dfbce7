"""A case's papers in the console: whom it has to be told, the letters, and the sealed bundle (P 17, W 16).

Each is handed out as the use case makes it; whoever fetches one is recorded, and everyone in it.
`tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import IO, Any, Final

from flask import Response, request, send_file

from api.cases import bundle as bundles
from api.cases import notice_letters, notices
from api.console.claim import told_basis
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown
from api.problems import Problem
from api.typesetting import PdfImpossible
from ledger.errors import Refusal

_AT_ONCE_MOST: Final = 8 * 1024 * 1024  # A larger archive is read while it is sent.


def every_notice(asking: Asking, case: str) -> Shown:
    """Whom the case's decisions concern, and what each has to be told."""
    house, moment = asking.house, asked_moment(rest=("purpose",))
    position = moment.position(house)
    found = notices.notices(house, asking.caller, case, asking.purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = house.answers.reflects(position)
    table = notices.notices_table(house, found, as_of=position) if request.path.endswith(".csv") else None
    return Page("case_notices.html", {
        "moment": moment, "basis": told_basis(basis), "case": case, "at": f"/cases/{case}/notices", "found": found,
        "purpose": asking.purpose, "items": [_notice(one) for one in found["items"]],
    }, {**found, **basis}, table)


def _notice(one: Mapping[str, Any]) -> dict[str, Any]:
    until = [each["appeal"]["until"] for each in one["decisions"] if each["appeal"] is not None]
    return {**one, "until": min(until, default=None)}


def letters(asking: Asking, case: str) -> Shown:
    """The letters to all of them, each as PDF, in one archive."""
    position = asked_moment(rest=("purpose",)).position(asking.house)
    found = notices.notices(asking.house, asking.caller, case, asking.purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    return _archive(f"{case}-notices.zip", lambda: notice_letters.letters_archive(
        asking.house, found, asking.house.today, as_of=position))


def bundle(asking: Asking, case: str) -> Shown:
    """What is handed over to a court or a disciplinary body; with persons blacked out where that is asked."""
    position = asked_moment(rest=("purpose",)).position(asking.house)
    is_redacted = request.args.get("redacted") == "1"
    made = bundles.bundle(asking.house, asking.caller, case, asking.purpose, as_of=position,
                          redaction=bundles.redacted((), persons=is_redacted))
    if isinstance(made, Refusal):
        return made
    return _archive(f"{case}{'-redacted' if is_redacted else ''}.zip", lambda: made)


def _archive(name: str, make: Callable[[], IO[bytes]]) -> Response:
    try:
        made = make()
    except PdfImpossible as no:
        raise Problem("service_unavailable", detail=str(no)) from no
    if made.seek(0, os.SEEK_END) > _AT_ONCE_MOST:
        made.seek(0)
        return send_file(made, "application/zip", as_attachment=True, download_name=name, etag=False)
    with made:
        made.seek(0)
        return Response(made.read(), content_type="application/zip",
                        headers={"Content-Disposition": f'attachment; filename="{name}"'})
