"""The question of a replay: two laws, when and where; and what answering it takes, before it is begun.

The address of the form is the question, in the names of `POST /v1/replays`: whoever opens it sees the same question and
what it would take. Only where a draft is attached as a file the question is no address: the draft goes along from page
to page instead, byte for byte, since its digest is its name. `tests/console/test_replay_screens.py` shows it.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import marshmallow as ma
from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.doing import Asked
from api.cases.law import replays
from api.console import sending
from api.console.form import Fault, Field, of_refusal
from api.console.law.replay_names import names_in
from api.console.law.rules import PROPOSALS
from api.console.screen import Asking, Page, Shown, onward
from api.console.words import duration
from api.house import House
from api.refusals.faults import BadFields
from api.refusals.refusals import turns_away
from api.replays.page import asked_words
from api.routes.schemas.replays import ReplayBody
from api.words.plainly import plainly
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.identifiers import regions
from policies.shelf import drafts as shipped_drafts
from policies.words import base_vocabulary
from projections.errors import ProjectionError

SENT_MOST: Final = 2 * 1024 * 1024
FILES_MOST: Final = 300_000
"""So many bytes of a draft and what belongs to it go along from page to page; more is sent to the API."""

_ATTACHED: Final = "drafts"
_BASES: Final = (
    ("now", "现行细则"), ("now+", "现行细则，加上勾选的"), ("then", "各日期当时有效的细则"), ("set:", "恰为勾选的"),
)
_WITH_FILE: Final = (_ATTACHED, "现行细则，加上附上的草案")
_FILES: Final = (("source", "细则文件（.toml）"), ("cases", "案例文件（.cases.toml）"), ("text", "所引原文（选填）"))
_LABELS: Final = {"under": "新的细则", "against": "与之比较的细则", "as_of": "记录时间", "valid_on": "发生时间",
                  "region": "区划", "sector": "行业", "drafts": "草案"}
_SIDES: Final = ("under", "against")
_ASKED: Final = (*_SIDES, "as_of", "valid_on", "region", "sector")
_PLACES: Final = {"as_of_in_future": "as_of", "as_of_malformed": "as_of", "as_of_before_ledger": "as_of",
                  "valid_on_malformed": "valid_on", "outside_scope": "region"}


class Typed(NamedTuple):
    """A question as somebody typed it, the draft that goes with it, and what is wrong."""

    given: dict[str, str]
    draft: dict[str, str]
    faults: list[Fault]


def new(asking: Asking) -> Shown:
    """The question, and once it is asked what answering it takes."""
    given = _given(request.args)
    if (law := request.args.get("law", "").strip()) and "under" not in given:
        return onward(_address(given | _about(asking.house, law)))
    return _form(asking, Typed(given, {}, []))


def send(asking: Asking) -> Shown:
    """Say what it takes, or queue it and go to where one sees how far it is."""
    draft, faults = _draft()
    if request.form.get("step") != "begin":
        given = _composed(request.form)
        faults += [Fault(_field_of(side), f"{_LABELS[side]}：请选择以何为准") for side in _SIDES if not given[side]]
        if given["under"] != _ATTACHED and not faults:
            return onward(_address(given))
        return _form(asking, Typed(given, draft, faults))
    given = _given(request.form)
    fields, faults = _read(given, draft)
    came = faults or _submitted(asking, fields, sending.asked(asking.house, asking.caller))
    if isinstance(came, list):
        return _form(asking, Typed(given, draft, came))
    if isinstance(came, Refusal):
        return came
    assert isinstance(came, replays.Submitted), "it was asked for with a key"
    return onward(f"/replays/{came.job.job}")


def again(question: Mapping[str, Any]) -> str:
    """The address of the same question, asked as of now."""
    asked = {"under": _exactly(question["under"]), "against": _exactly(question["against"]),
             "valid_on": question.get("valid_on"), "region": question["region"], "sector": question["sector"]}
    return _address(asked)


def _exactly(law: Mapping[str, Any]) -> str:
    """A law by the digests of its drafts: under the same id an attached one is not the one that everybody has."""
    drafts = {one["id"]: one["digest"] for one in law["rulebooks"] if one["event"] is None}
    begins = next((code for code, _ in _BASES if code.endswith(("+", ":")) and law["law"].startswith(code)), None)
    if begins is None:
        return str(law["law"])
    return begins + ",".join(drafts.get(one, one) for one in law["law"].removeprefix(begins).split(","))


def _address(asked: Mapping[str, str | None]) -> str:
    return f"/replays/new?{urlencode({name: value for name, value in asked.items() if value})}"


def _given(told: MultiDict[str, str]) -> dict[str, str]:
    return {name: value for name in _ASKED if (value := told.get(name, "").strip())}


def _composed(told: MultiDict[str, str]) -> dict[str, str]:
    """The question that the choices of the form come to."""
    kept = _given(told)
    for side in _SIDES:
        base, books = told.get(f"{side}_base", ""), ",".join(told.getlist(f"{side}_books"))
        kept[side] = f"{base}{books}" if base.endswith(("+", ":")) else base
    return kept


def _about(house: House, law: str) -> dict[str, str]:
    """What one asks about a rulebook: of one in force what it changed, of any other what it would change."""
    enacted = house.answers.rulebooks()
    if any(law in (one.id, one.digest) for one in enacted):
        others = [one.id for one in enacted if law not in (one.id, one.digest)]  # What ended, too, held on its dates.
        return {"under": "now", "against": f"set:{','.join(others)}"}
    return {"under": f"now+{law}", "against": "now"}


# A draft that is attached


def _draft() -> tuple[dict[str, str], list[Fault]]:
    """The draft that was attached, or that went along since; a file of a name again takes the place of the other."""
    try:
        carried = json.loads(b64decode(request.form.get(_ATTACHED, ""), validate=True) or b"{}")
        found = {name: str(carried[name]) for name, _ in _FILES if name in carried}
    except (NotBase64, ValueError, TypeError, RecursionError):
        return {}, [Fault("source", "草案：没有完整传来，请重新选择文件")]
    for name, label in _FILES:
        sent = request.files.get(name)
        if sent is not None and sent.filename:
            with closing(sent):  # A large one lies in a file of its own.
                content = sent.read()
            try:
                found[name] = content.decode("utf-8")
            except UnicodeDecodeError as error:
                return {}, [Fault(name, f"{label}：第 {error.start} 字节不是 UTF-8，请存为 UTF-8")]
    if sum(len(text.encode()) for text in found.values()) > FILES_MOST:
        return {}, [Fault("source", f"草案：几个文件合计超过 {FILES_MOST // 1000} KB，请用接口提交")]
    return found, []


def _packed(draft: Mapping[str, str]) -> str:
    """A draft as a hidden field: a browser would rewrite the ends of its lines."""
    return b64encode(json.dumps(draft, ensure_ascii=False).encode()).decode() if draft else ""


# The form


def _form(asking: Asking, typed: Typed) -> Shown:
    given, draft, faults = typed
    own = replays.own_place(asking.house, asking.caller)
    if isinstance(own, Refusal):
        return own
    estimate = None
    if "under" in given and not faults:
        fields, faults = _read(given, draft)
        tried = faults or _submitted(asking, fields, Asked(dry_run=True))
        if isinstance(tried, Refusal):
            return tried
        if isinstance(tried, list):
            faults = tried
        elif isinstance(tried, dict):
            estimate = tried
    return Page("replay_form.html", {
        "laws": [_law_fields(asking.house, side, given, faults) for side in _SIDES],
        "scope": _scope_fields(asking.house, own, given, faults), "faults": faults, "files": _FILES,
        "wrong": {one.field: one.words for one in faults}, "attached": draft, "drafts": _packed(draft),
        "estimate": estimate and {**asked_words(
            estimate["question"], names_in(asking.house, estimate["question"])), **estimate, "lasts": duration(
            estimate["cost"]["seconds"])},
        "carried": estimate and {**given, "as_of": str(estimate["question"]["as_of"])},  # What was estimated is done.
    }, status=422 if faults else 200)


def _read(given: Mapping[str, str], draft: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    """What was typed, read as the API reads it; of a law that is to be made of rulebooks, none may be ticked yet."""
    empty = [side for side in _SIDES if given.get(side, "").endswith(("+", ":"))]
    if empty:
        return {}, [Fault(_field_of(side), f"{_LABELS[side]}：请勾选至少一部细则，或改选别的") for side in empty]
    asked: dict[str, Any] = dict(given)
    if given.get("under") == _ATTACHED:
        if "source" not in draft:
            return {}, [Fault("source", "草案：请选择细则文件")]
        asked = {**asked, _ATTACHED: [draft]}
        del asked["under"]
    try:
        found: dict[str, Any] = ReplayBody().load(asked)
    except ma.ValidationError as error:
        said: Any = error.messages
        return {}, [Fault(_field_of(name), f"{_LABELS.get(name, name)}：{plainly(_first(words))}")
                    for name, words in said.items()]
    return found, []


def _first(said: Any) -> str:
    """The first message, however deep it stands."""
    while not isinstance(said, str):
        said = next(iter(said.values() if isinstance(said, dict) else said))
    return said


def _field_of(name: str) -> str:
    return {"under": "under_base", "against": "against_base", _ATTACHED: "source"}.get(name, name)


def _submitted(
    asking: Asking, fields: dict[str, Any], asked: Asked
) -> replays.Submitted | dict[str, Any] | list[Fault] | Refusal:
    """Ask for it; what can be mended in the form is said there."""
    try:
        came = replays.submit(asking.house, asking.caller, fields, asked)
    except BadFields as bad:
        return [Fault("source", f"草案：{one.detail}") for one in bad.faults]
    except ProjectionError as error:  # No such law, or no such moment.
        if error.code not in _PLACES and not error.code.startswith("law_"):
            raise
        return [Fault(_PLACES.get(error.code, "under_base"), str(error))]
    if isinstance(came, Refusal) and (came.code in _PLACES or not turns_away(came)):
        return [Fault(_PLACES.get(came.code, ""), of_refusal(came).words)]
    return came


def _law_fields(
    house: House, side: str, given: Mapping[str, str], faults: Iterable[Fault]
) -> tuple[str, list[Field]]:
    law = given.get(side, "now+" if side == "under" else "now")
    base = next((code for code, _ in reversed(_BASES) if law.startswith(code) and code.endswith(("+", ":"))), law)
    named = law.removeprefix(base) if base.endswith(("+", ":")) else ""
    books = _books(house)
    by_name = {name: code for code, _, digest in books for name in (code, digest)}
    ticked = " ".join(by_name.get(name, name) for name in named.split(","))
    fault = next((one.words for one in faults if one.field == f"{side}_base"), "")
    bases = (*_BASES, _WITH_FILE) if side == "under" else _BASES
    return _LABELS[side], [
        Field(f"{side}_base", "以何为准", "choice", options=bases, is_required=True, value=base, fault=fault),
        Field(f"{side}_books", "勾选的细则", "many", options=tuple((code, words) for code, words, _ in books),
              value=ticked),
    ]


def _books(house: House) -> list[tuple[str, str, str]]:
    """Every rulebook that a law may be made of: what is asked for it, what it is called, its digest."""
    enacted = house.answers.rulebooks()
    found = [(one.id, f"{one.document}（{one.id}）", one.digest) for one in enacted]
    known = {one.digest for one in enacted}
    for put in reversed(house.answers.proposals()):  # Of the same bytes the last one says how they stand.
        if put.digest not in known:
            known.add(put.digest)
            became = "" if put.ended is None else f"，{PROPOSALS[put.ended][2]}"
            found.append((put.digest, f"{put.document}（{put.id}，提议 {put.digest[:8]}{became}）", put.digest))
    found += [(one.id, f"{one.document}（{one.id}，草案）", one.digest) for one in shipped_drafts().books]
    return found


def _scope_fields(house: House, own: Scope, given: Mapping[str, str], faults: Iterable[Fault]) -> list[Field]:
    wrong = {one.field: one.words for one in faults}
    region = given.get("region", f"{own.region:0<6}")
    today = house.today
    areas = sorted({regions.PROVINCE, *regions.cities(today), *regions.county_units(today)})
    within = [code for code in areas if code.startswith(own.region)]
    places = tuple((code, _place(code)) for code in (*within, *(() if region in within else (region,))))
    sectors = tuple((code, words) for code, words in base_vocabulary().sectors.items() if own.sector in (None, code))
    return [
        Field("as_of", "记录时间", hint="当时所知的：日期或事件序号，不填为现在", most=60,
              value=given.get("as_of", ""), fault=wrong.get("as_of", "")),
        Field("valid_on", "发生时间", "date", hint="只看到这一天为止已发生的；这样的报告不能登记为影响预告",
              value=given.get("valid_on", ""), fault=wrong.get("valid_on", "")),
        Field("region", "区划", "choice", options=places, hint="只报告这里的人", is_required=True,
              value=region, fault=wrong.get("region", "")),
        Field("sector", "行业", "choice", options=sectors, hint="" if own.sector is None else "本账号的行业",
              blank="全部行业" if own.sector is None else "请选择",
              value=given.get("sector", own.sector or ""), fault=wrong.get("sector", "")),
    ]


def _place(code: str) -> str:
    span = regions.span(code)
    return code if span is None else f"{'　' if code[4:] != '00' else ''}{span.name}（{code}）"
