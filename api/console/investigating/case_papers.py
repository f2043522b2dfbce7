"""A case's papers in the console: whom it has to be told, the letters, and the sealed bundle (P 17, W 16).

Each is handed out as the use case makes it; whoever fetches one is recorded, and everyone in it.
`tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from api.cases.investigating import bundle as bundles
from api.cases.investigating import notice_letters, notices
from api.console.claiming.claim import told_basis
from api.console.investigating import case_bundle
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown
from api.paper.typesetting import PdfImpossible
from api.refusals.problems import Problem
from api.routes.case_papers import direct_most
from api.routes.exports import archive
from ledger.errors import Refusal


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
    try:
        made = notice_letters.letters_archive(asking.house, found, asking.house.today, as_of=position)
    except PdfImpossible as no:
        raise Problem("service_unavailable", detail=str(no)) from no
    return archive(made, f"处理决定告知书-{case}", f"{case}-notices.zip")


def bundle(asking: Asking, case: str) -> Shown:
    """What is handed over to a court or a disciplinary body; with persons blacked out where that is asked."""
    position = asked_moment(rest=("purpose",)).position(asking.house)
    is_redacted = request.args.get("redacted") == "1"
    made = bundles.bundle(asking.house, asking.caller, case, asking.purpose, as_of=position,
                          redaction=bundles.redacted((), persons=is_redacted), most=direct_most())
    if isinstance(made, Refusal):
        return case_bundle.offered(asking, case, made, as_of=position, is_redacted=is_redacted) \
            if made.code == "bundle_in_background" else made
    return archive(made, *bundles.names_of(case, is_redacted=is_redacted))
