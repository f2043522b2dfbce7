"""A rulebook is put forward on screens: a file of it, with the official text that it quotes.

It is examined before anything is written: what is wrong is said place by place and can be mended in the page, what an
author should look at stands beside what the version in force would become. What becomes of it then: `proposals`.
`tests/console/test_rule_screens.py` shows it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from flask import request

from api.cases.law import proposals as cases
from api.cases.law import rulebook_reading as reading
from api.cases.law.rulebook_reading import OnShelf
from api.console import sending
from api.console.form import Fault, of_refusal
from api.console.law import rules
from api.console.law.proposals import changed, of_error, past_day
from api.console.screen import Asking, Page, Shown, onward
from api.house import House
from api.refusals.refusals import status_of
from ledger.errors import Refusal
from policies.archive import RulebookMissing
from policies.errors import RulebookError

SENT_MOST: Final = 2 * 1024 * 1024
_FILE_MOST: Final = 150_000  # Two of them are carried by a form, which a browser makes a third longer.
_FORM: Final = "/rules/proposals/new"
_SENT: Final = "sent"      # The text that was sent with the form before.


@dataclass(frozen=True)
class Draft:
    """What somebody would propose, as far as it was given: the file, and the text that it quotes."""

    source: bytes = b""
    text: bytes = b""
    text_from: str = ""      # The digest of the rulebook whose text is meant, or `sent`.
    faults: tuple[Fault, ...] = ()

    @property
    def fields(self) -> dict[str, str]:
        """What the use case is handed."""
        return {"source": self.source.decode(), "text": self.text.decode()}


# Proposing


def new(asking: Asking) -> Shown:
    """The form, empty or begun with a rulebook that is there."""
    if (no := cases.may_see(asking.house, asking.caller)) is not None:
        return no
    begun = _begun(asking, request.args.get("from", ""))
    return begun if isinstance(begun, Refusal) else _form(asking, begun)


def _begun(asking: Asking, name: str) -> Draft | Refusal:
    """What the form begins with: nothing, a rulebook of the shelf by its id, or one that was proposed by its digest."""
    if not name:
        return Draft()
    if "/" not in name:
        found = cases.proposal(asking.house, asking.caller, name)
        if isinstance(found, Refusal):
            return found
        return Draft(found[0]["source"].encode(), found[0]["text"].encode(), _SENT)
    now = rules.at(asking)
    known = now if isinstance(now, Refusal) else reading.find(asking.house, name, now.position, now.day)
    if isinstance(known, Refusal):
        return known
    return Draft(known.book.source, text_from=known.book.digest if known.enacted is not None else "")


def propose(asking: Asking) -> Shown:
    """Examine what was sent, and say what it would change; then put it forward."""
    draft, step = _draft(asking.house), request.form.get("step", "")
    if (no := cases.may_see(asking.house, asking.caller)) is not None:
        return no
    if draft.faults or step == "edit":
        return _form(asking, draft, status=422 if draft.faults else 200)
    is_for_real = step == "propose"
    try:
        came = cases.propose(asking.house, asking.caller, draft.fields,
                                 sending.asked(asking.house, asking.caller, dry_run=not is_for_real))
    except RulebookMissing:  # Of one in force: whoever proposes sent nothing wrong.
        raise
    except RulebookError as error:
        return _form(asking, replace(draft, faults=tuple(of_error(error))), status=422)
    if isinstance(came, Refusal):
        said = replace(draft, faults=(of_refusal(came),))
        return came if (status := status_of(came)) in (401, 404) else _form(asking, said, status=status)
    digest = sha256(draft.source).hexdigest()
    if came.receipt is not None:
        return onward(f"/rules/proposals/{digest}?done={came.receipt.first}")
    return _check(asking, draft)


def _form(asking: Asking, draft: Draft, *, status: int = 200) -> Page:
    """The form with what was sent in it."""
    texts = [(one.digest, f"{one.document}（{one.id}）") for one in asking.house.answers.rulebooks()]
    if draft.text and draft.text_from == _SENT:
        texts.insert(0, (_SENT, f"随带的原文（{len(draft.text.decode())} 字）"))
    return Page("rule_propose.html", {
        "source": draft.source.decode(errors="replace"), "text_from": draft.text_from, "texts": texts,
        "text": _carried(draft.text) if draft.text_from == _SENT else "", "faults": draft.faults, "action": _FORM,
    }, status=status)


def _check(asking: Asking, draft: Draft) -> Shown:
    """What would be proposed, and what it changes, before it is."""
    book = cases.examined(asking.house, draft.source, draft.text)
    now = rules.at(asking)
    if isinstance(now, Refusal):
        return now
    found = reading.opened(asking.house, OnShelf(book, None, "proposed"), now.position, now.day)
    return Page("rule_check.html", {
        "row": rules.shelf_told(OnShelf(book, None, "proposed")), "book": book, "action": _FORM,
        "past_day": past_day(asking, book), "source": _carried(draft.source), "text": _carried(draft.text),
        "text_from": draft.text_from, "formerly": _formerly(asking, book.digest),
        "findings": rules.findings_told(found.findings), **changed(asking.house, book, now),
    })


def _formerly(asking: Asking, digest: str) -> list[dict[str, Any]]:
    """The last proposal of these very bytes, where it was refused or taken back."""
    found = cases.proposal(asking.house, asking.caller, digest)
    if isinstance(found, Refusal) or found[0]["ended"] is None:
        return []
    return [rules.proposed_told(asking.house, found[0])]


def _carried(content: bytes) -> str:
    """Bytes as a form carries them: a browser would send other ends of lines, and the digest would be another's."""
    return base64.b64encode(content).decode()


def _draft(house: House) -> Draft:
    """What was sent: files, what was typed, or what the page carried."""
    faults: list[Fault] = []
    source = _file("source_file", faults) or (_typed("source") if "source" in request.form else
                                              _decoded("source_carried"))
    text, text_from = _file("text_file", faults), request.form.get("text_from", "")
    if text:
        text_from = _SENT
    elif text_from == _SENT:
        text = _decoded("text_carried")
    else:
        known = {one.digest for one in house.answers.rulebooks()}
        text = (house.library.archive.book(text_from).text or "").encode() if text_from in known else b""
    if not source.strip():
        faults.append(Fault("source", "细则：请上传文件，或把全文写在下面。"))
    if not text and not faults:
        faults.append(Fault("text_file", "原文：请选择沿用哪一部的原文，或上传公布的原文全文。"))
    for name, content in (("source", source), ("text_file", text)):
        if not _is_text(content):
            called = "细则" if name == "source" else "原文"
            faults.append(Fault(name, f"{called}：不是 UTF-8 文字。请存为 UTF-8 后再上传。"))
            text_from = "" if name == "text_file" else text_from
    return Draft(source, text if _is_text(text) else b"", text_from, tuple(faults))


def _file(name: str, faults: list[Fault]) -> bytes:
    sent = request.files.get(name)
    content = b"" if sent is None or not sent.filename else sent.stream.read(_FILE_MOST + 1)
    if len(content) > _FILE_MOST:
        words = f"文件超过 {_FILE_MOST // 1000} KB。更大的请用命令行提出（xueshi rulebook propose）。"
        faults.append(Fault(name, words))
        return b""
    return content


def _typed(name: str) -> bytes:
    return request.form.get(name, "").replace("\r\n", "\n").encode()


def _decoded(name: str) -> bytes:
    try:
        return base64.b64decode(request.form.get(name, ""), validate=True)
    except ValueError:  # Also of letters that are no base64 at all, before any of it is read.
        return b""


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
