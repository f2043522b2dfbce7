"""What the forms of a case send: ids one below another and numbers as texts, where the API has lists and numbers.

`tests/console/test_case_desk.py` shows it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import marshmallow as ma

from api.console.form import Fault
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

_TOLD_MOST: Final = 5  # Whoever pasted the wrong column needs no line for each of its rows.
_NAMED: Final = re.compile(f"({'|'.join(PREFIXES[one] for one in ('claim', 'person', 'actor', 'unit'))})[0-9a-z]{{22}}",
                           re.ASCII)
_EVENT: Final = re.compile("[1-9][0-9]{0,14}", re.ASCII)


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


def strange_ids(field: str, label: str, text: str) -> list[Fault]:
    """What of a list of ids is none that may stand in it, each by what was typed, since lines are not numbered."""
    return [Fault(field, f"{label}：“{one[:40]}”不是编号，应为 clm_、per_、acr_ 或 unt_ 开头的 26 位。")
            for one in dict.fromkeys(ids_of(text)) if not _NAMED.fullmatch(one)][:_TOLD_MOST]


def strange_events(field: str, label: str, text: str) -> list[Fault]:
    """What of a list of events is no number of one."""
    return [Fault(field, f"{label}：“{one[:40]}”不是事件序号，应为正整数，如 128。")
            for one in dict.fromkeys(ids_of(text)) if not _EVENT.fullmatch(one)][:_TOLD_MOST]


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
