"""Drafts of claims over HTTP: saved over what was seen, submitted like any claim. `tests/api/test_claim_drafts.py`.

A draft's name is chosen by whoever types it, so saving it twice is saving it once, and no key is needed for that.
"""

from __future__ import annotations

from typing import Any, Final

from api.cases.claiming import claim_drafts as drafts
from api.cases.claiming import claims
from api.cases.doing import Asked, Done
from api.operational.callers import Caller
from api.routes.answers import Told
from api.routes.claims import foreseen
from api.routes.door import Door, house
from api.routes.schemas.claim_drafts import DraftAnswer, DraftBody, DraftsAnswer
from api.routes.schemas.claims import ClaimAnswer, RevisionBody
from api.routes.sent import fields_of
from ledger.errors import Refusal

door = Door("claim_drafts", __name__, description="申报草稿：自动保存、试办、提交")

_OF: Final = "/v1/persons/<person:person>/drafts"
_AT: Final = f"{_OF}/<draft:draft>"
_READS: Final = RevisionBody()


@door.reads(_OF, summary="本人的申报草稿", answers=DraftsAnswer)
def every(caller: Caller, person: str) -> dict[str, Any] | Refusal:
    return drafts.every(house(), caller, person)


@door.reads(_AT, summary="查看草稿", answers=DraftAnswer)
def show(caller: Caller, person: str, draft: str) -> tuple[dict[str, Any], int] | Refusal:
    return drafts.see(house(), caller, person, draft)


@door.saves(_AT, summary="保存草稿（自动保存用；不入账）", body=DraftBody, answers=DraftAnswer)
def save(
    caller: Caller, fields: dict[str, Any], seen: int | None, person: str, draft: str
) -> tuple[dict[str, Any], int] | Refusal:
    kept = drafts.save(house(), caller, person, draft, fields, seen)
    return kept if isinstance(kept, Refusal) else (drafts.view(person, kept), kept.version)


@door.drops(_AT, summary="删去草稿")
def drop(caller: Caller, person: str, draft: str) -> Refusal | None:
    return drafts.drop(house(), caller, person, draft)


@door.writes(f"{_AT}/submission", summary="提交草稿：申报登记入账后，草稿即删去", answers=ClaimAnswer, show=claims.view,
             conditional=True)
def submit(caller: Caller, _: dict[str, Any], asked: Asked, person: str, draft: str) -> Done | Told | Refusal:
    return foreseen(drafts.submit(house(), caller, person, draft, _read, asked))


def _read(content: dict[str, Any]) -> dict[str, Any]:
    """What was typed, read as a claim is read."""
    return fields_of(_READS, content)
