"""What is sent with an act upon a claim: what was typed, as the API reads it, and the papers of an appeal.

An appeal takes files as a claim's form does, with the same limits, and looks into them the same way; what is recorded
is their digests. `tests/console/test_claim.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

import marshmallow as ma
from flask import request

from api.cases.claiming import evidence
from api.console import words
from api.console.claiming.claim_trial import put_papers
from api.console.form import Fault
from api.console.screen import Asking
from api.words.plainly import plainly
from ledger.errors import Refusal

Papers = list[dict[str, str]]

WITH_PAPERS: Final = "appeal"
"""The act that papers may go with."""

_LABELS: Final = {
    "words": "说明", "basis": "依据", "confirmed_hours": "确认学时", "document": "文件号", "to": "转给谁",
    "override-hours": "另行认定学时", "override-reason": "另行认定的理由",
}


def papers(asking: Asking, code: str) -> tuple[Papers, Fault | None, bool]:
    """The papers that go with an act, what is wrong with the one that came, and whether only papers were put right."""
    if code != WITH_PAPERS:
        return [], None, False
    carried = (one.split(" ") for one in request.form.getlist("evidence"))
    content: dict[str, Any] = {"evidence": [dict(zip(("kind", "sha256"), one, strict=False)) for one in carried]}
    step = request.form.get("step", "")
    fault = put_papers(asking, asking.caller.id, content, step)
    return content["evidence"], fault, step == "upload" or step.startswith("remove ")


def paper_names(asking: Asking) -> dict[str, str]:
    """What somebody handed in, by digest, with the names that the files had."""
    found = evidence.of_person(asking.house, asking.caller, asking.caller.id)
    return {} if isinstance(found, Refusal) else {one["sha256"]: one["name"] or "" for one in found["items"]}


def told(asking: Asking, code: str, put: Papers) -> dict[str, Any]:
    """The same as a page shows it."""
    if code != WITH_PAPERS:
        return {"put": [], "files": {}, "papers": {}}
    return {"put": put, "files": paper_names(asking), "papers": words.PAPERS}


def fields(code: str, body: type[ma.Schema] | None, papers: Papers) -> tuple[dict[str, Any], Fault | None]:
    """What was typed, with the papers that go with it, read as the API reads it."""
    if body is None:
        return {}, None
    schema = body()
    sent: dict[str, Any] = {name: value for name in schema.fields if (value := request.form.get(name, "").strip())}
    if code == "assignment" and request.form.get("to", "") == "":
        sent["to"] = None
    if "override" in schema.fields and (override := _override(sent)):
        sent["override"] = override
    elif "override" in schema.fields and "confirmed_hours" not in sent:
        sent.pop("document", None)  # It stands there of the claim, and goes with hours that an authority gives.
    if code == "return" and "returned" in request.form:  # Beside the list one form is for several acts.
        sent["reason"] = request.form["returned"]
    if "opened_evidence" in schema.fields and (opened := request.form.getlist("opened_evidence")):
        sent["opened_evidence"] = opened
    if papers:
        sent["evidence"] = papers
    try:
        found: dict[str, Any] = schema.load(sent)
    except ma.ValidationError as error:
        messages: Any = error.messages
        field, said = next(iter(messages.items()))
        if isinstance(said, dict):  # Of hours given by hand: which of what they need.
            part, said = next(iter(said.items()))
            field = "document" if part == "document" else f"{field}-{part}"
        label = _LABELS.get(field, "")
        told = plainly(str(said[0] if isinstance(said, list) else said))
        return {}, Fault(field, f"{label}：{told}" if label else told)
    return found, None


def _override(sent: dict[str, Any]) -> dict[str, str]:
    """Hours past the ordinary as they were typed; the document goes with them then."""
    typed = {name: request.form.get(f"override.{name}", "").strip() for name in ("hours", "reason")}
    override = {name: value for name, value in typed.items() if value}
    if override and "document" in sent:
        override["document"] = sent.pop("document")
    return override
