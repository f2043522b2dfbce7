"""A public course that somebody completed elsewhere, registered on the certificate that they show (N 8, W 11).

Whoever registers the subject there does so, and where the law says that it is done by itself, nobody: that is found by
trying, and decides which subjects the form offers. The file is taken in as evidence of the person's once the rest is in
order. `tests/console/test_certificate_form.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.belonging import people
from api.cases.claiming import evidence
from api.cases.doing import Asked, Done
from api.cases.learning import course_hours
from api.console import deeds, sending, words
from api.console.form import Fault, Field, of_refusal
from api.console.screen import Asking, Page, Shown, onward
from api.evidence.files import MOST as FILE_MOST
from api.refusals.refusals import status_of
from api.routes.fields import Text
from api.routes.schemas.courses import PUBLIC, CertificateBody
from ledger.errors import Refusal
from policies.words import base_vocabulary

AT: Final = "/persons/<person>/course-certificate"
PURPOSE: Final = "course_hours"
SENT_MOST: Final = FILE_MOST + 64 * 1024
_FILE: Final = "paper"
_NAME_MOST: Final = 200
_COMPLETED: Final = (("exam", "考核合格"), ("completion", "学完"))
_AT: Final = {"name_taken": "number", "evidence_in_future": "date", "no_affiliation_on_date": "date"}
_OF_THE_SAMPLE: Final = frozenset({"not_countable", "no_affiliation_on_date"})


class _Body(CertificateBody):
    """Of the person in the address, and the file that is sent along."""

    class Meta(CertificateBody.Meta):
        exclude = ("person", "evidence")


def is_offered(asking: Asking, person: str) -> bool:
    """Say whether whoever looks registers somebody's courses on what they show."""
    return not asking.capacity.is_person and bool(_subjects(asking, person))


def _subjects(asking: Asking, person: str) -> list[tuple[str, str]]:
    """The subjects that whoever asks may register."""
    sample = {"title": "-", "issuer": "-", "number": "-", "hours": 100, "date": asking.house.today}
    tried = {code: _try(asking, person, {**sample, "category": code}, "0" * 64) for code in PUBLIC}
    return [(code, base_vocabulary().categories[code]) for code, no in tried.items()
            if no is None or no.code in _OF_THE_SAMPLE]


def _try(asking: Asking, person: str, fields: dict[str, Any], sha256: str) -> Refusal | None:
    came = course_hours.certify(asking.house, asking.caller, _content(person, fields, sha256), Asked(dry_run=True))
    return came if isinstance(came, Refusal) else None


def _content(person: str, fields: dict[str, Any], sha256: str) -> dict[str, Any]:
    return {**fields, "person": person, "evidence": [{"kind": "certificate", "sha256": sha256}]}


def _fields(subjects: Sequence[tuple[str, str]]) -> list[Field]:
    only = subjects[0][0] if len(subjects) == 1 else ""
    return [
        Field("category", "科目", "choice", tuple(subjects), is_required=True, value=only),
        Field("title", "课程名称", is_required=True, most=200),
        Field("issuer", "出具证明的平台", is_required=True, most=100),
        Field("number", "证明编号", hint="同一人的一份证明只登记一次", is_required=True, most=100),
        Field("hours", "学时", "decimal", is_required=True),
        Field("date", "证明的日期", "date", is_required=True),
        Field("completed_by", "怎样完成", "choice", _COMPLETED, is_required=True, value="exam"),
        Field("platform", "学习的平台", hint="与出具证明的不同时填写", most=100),
        Field(_FILE, "证明的扫描件或照片", "file", hint="PDF 或图片，至多 20 MB；账本只记它的摘要"),
    ]


def new(asking: Asking, person: str) -> Shown:
    """The form."""
    return _form(asking, person, MultiDict(), [], 200)


def register(asking: Asking, person: str) -> Shown:
    """Try it, take in the file, register the course, and show the claim that it came to."""
    fields, faults = deeds.read(_Body, [one for one in _fields(()) if one.kind != "file"], request.form)
    sent = request.files.get(_FILE)
    content = b"" if sent is None or not sent.filename else sent.stream.read()
    if not content:
        faults = [*faults, Fault(_FILE, "证明的扫描件或照片：请选择文件。")]
    if faults:
        return _form(asking, person, request.form, faults, 422)
    sha256 = hashlib.sha256(content).hexdigest()
    came: Done | Refusal | None = _try(asking, person, fields, sha256)
    if came is None:
        came = _kept(asking, person, sha256, content, sent.filename or "" if sent else "")
    if came is None:
        came = course_hours.certify(asking.house, asking.caller, _content(person, fields, sha256),
                                    sending.asked(asking.house, asking.caller))
    if isinstance(came, Refusal):
        said = of_refusal(came, words.documents(asking.house))
        return _form(asking, person, request.form, [Fault(_AT.get(came.code, said.field), said.words)],
                     status_of(came))
    event = came.receipt.positions[0] if came is not None and came.receipt is not None else 0
    return onward(f"/claims/{came.stream}?{urlencode({'purpose': PURPOSE, 'done': event})}")


def _kept(asking: Asking, person: str, sha256: str, content: bytes, called: str) -> Refusal | None:
    name = called.replace("\\", "/").rpartition("/")[2]
    is_plain = Text.is_plain(name, _NAME_MOST) and name.strip(". ")
    kept = evidence.keep(asking.house, asking.caller, person, sha256, name if is_plain else None, lambda: content)
    return kept if isinstance(kept, Refusal) else None


def _form(
    asking: Asking, person: str, typed: MultiDict[str, str], faults: Sequence[Fault], status: int
) -> Shown:
    seen = people.see(asking.house, asking.caller, person, PURPOSE)
    if isinstance(seen, Refusal):
        return seen
    if not (subjects := _subjects(asking, person)):
        return Refusal.because("outside_scope")
    return Page("certificate_form.html", {
        "person": person, "identity": seen[0]["identity"], "faults": faults,
        "fields": deeds.filled(_fields(subjects), typed, faults), "back": f"/persons/{person}/years?purpose={PURPOSE}",
    }, status=status)
