"""What the forms of a case send: ids one below another and numbers as texts, where the API has lists and numbers.

`tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from api.routes.fields import Number
from api.routes.schemas.case_desk import (
    MaterialEndBody,
    MaterialReceiptBody,
    MemberBody,
    SomeWordsBody,
    TakenFindingsBody,
    WideningBody,
)
from api.whole import whole_or_as_typed
from ledger.ids import PREFIXES


def ids_of(text: str) -> list[str]:
    """Ids one below another, or with commas between."""
    return text.replace(",", " ").replace("，", " ").replace("、", " ").split()


def sorted_ids(text: str) -> dict[str, list[str]]:
    """Ids by what they are ids of; what is none of them is taken for an entry's, and refused as one."""
    kinds = {PREFIXES["person"]: "persons", PREFIXES["actor"]: "actors", PREFIXES["unit"]: "organisers"}
    found: dict[str, list[str]] = {}
    for one in dict.fromkeys(ids_of(text)):
        found.setdefault(kinds.get(one[:4], "claims"), []).append(one)
    return found


def _numbered(data: dict[str, Any]) -> dict[str, Any]:
    """The same with the number of a request as a number, where what was typed is one."""
    return {**data, "number": whole_or_as_typed(str(data.get("number", "")))}


class ReceiptForm(MaterialReceiptBody):
    """What came, for which request."""

    number = Number(1, 1_000, required=True)

    @ma.pre_load
    def _typed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**_numbered(data), "is_complete": data.pop("is_complete", "yes") != "no"}


class EndingForm(MaterialEndBody):
    """Why which request is waited for no longer."""

    number = Number(1, 1_000, required=True)

    @ma.pre_load
    def _typed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _numbered(data)


class MemberForm(MemberBody):
    """A colleague who was chosen, or another account by its id."""

    @ma.pre_load
    def _typed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        colleague = data.pop("colleague", None)
        return data if colleague is None or "actor" in data else {**data, "actor": colleague}


class ReleaseForm(MemberBody, SomeWordsBody):
    """Which member, and why."""


class FindingsForm(TakenFindingsBody):
    """Findings one below another."""

    @ma.pre_load
    def _typed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        text = data.get("findings")
        return {**data, "findings": ids_of(text)} if isinstance(text, str) else data


class WideningForm(WideningBody):
    """What is named, whatever it is: its id says so."""

    @ma.pre_load
    def _typed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        text = data.pop("named", None)
        return data if text is None else {**data, **sorted_ids(text)}
