"""A plan or a class as it is typed: a form with rows, read as the API reads it, told at its fields; papers by digest.

`tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import marshmallow as ma
from flask import request

from api.cases.doing import Done
from api.console import sending, words
from api.console.form import Fault, Field, of_refusal
from api.house import House
from api.refusals.problems import Problem
from api.routes.fields import Text
from api.routes.sent import faults_of
from api.whole import whole, whole_or_as_typed
from api.words.codes import HOLDING_PAPERS
from api.words.plainly import plainly
from api.words.telling import CLASS_PAPERS
from ledger.errors import Refusal

ROWS_MORE, ROWS_MOST = 3, 500
CHOSEN: Final = "办班文件、批件"
PAPERS_KEPT: Final = ("PDF、JPEG、PNG 或 OFD（名单也可为表格），合计至多 20 MB：密封保存，"
                      "受理、登记的部门可以打开；其他格式只登记摘要")
_NAME_MOST: Final = 200
_EVIDENCE: Final = ("kind", "sha256", "issued_on")
_NUMBERS: Final = ("headcount", "room", "year", "number", "month")
_FLAGS: Final = ("seeks_funding",)
YES: Final = "true"


class Paper(NamedTuple):
    """A form: its fields, and the rows of a list in it."""

    noun: str                        # As in its address: plans or classes.
    title: str
    body: type[ma.Schema]
    fields: Sequence[Field]
    rows: str                        # The list's name in what is sent,
    rows_title: str                  # and over it.
    columns: Sequence[Field]
    run: Callable[..., Done | Refusal]
    upon: str | None = None          # What is filed anew; None: something new.

    @property
    def action(self) -> str:
        """Where it is sent."""
        return f"/{self.noun}/new" if self.upon is None else f"/{self.noun}/{self.upon}/refiling"


class Read(NamedTuple):
    """What was typed, as it was typed and as the use case takes it, with what is wrong."""

    typed: Mapping[str, str]
    many: int                        # Rows that are shown.
    fields: dict[str, Any]
    faults: list[Fault]


def wanted(house: House, papers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The papers that the law wants of a class, each with how it stands (W 13)."""
    documents = words.documents(house)
    return [{"mark": (*_STANDS.get(one["state"], ("open", "!")), one["document"]), "words": CLASS_PAPERS[one["state"]],
             "rule": f"{documents.get(one['rulebook'], one['rulebook'])} {one['article']}", "quote": one["quote"]}
            for one in papers]


_STANDS: Final = {"handed_in": ("met", "✓"), "to_come": ("", "–")}


# As it would be sent


def of_class(one: Mapping[str, Any]) -> dict[str, Any]:
    """A class as it would be sent."""
    named = ("title", "category", "route", "level", "starts", "ends", "days", "headcount", "room", "location",
             "sector", "recipient", "plan", "item", "approval", "evidence", "lessons")
    found: dict[str, Any] = _sendable({name: one[name] for name in named})
    return found


def of_plan(one: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's items as they would be sent."""
    found: dict[str, Any] = _sendable({name: one[name] for name in ("items", "evidence")})
    return found


def _sendable(found: Any) -> Any:
    """As JSON has it: days as text, and what is not there left out."""
    if isinstance(found, Mapping):
        return {name: _sendable(value) for name, value in found.items() if value not in (None, [], ())}
    if isinstance(found, list | tuple):
        return [_sendable(one) for one in found]
    return found if isinstance(found, int | str) else str(found)


# What is typed


def flat(body: Mapping[str, Any]) -> dict[str, str]:
    """What would be sent, as it is typed."""
    typed = {name: str(value) for name, value in body.items() if not isinstance(value, list | dict)}
    if "plan" in body:
        typed["within"] = f"{body['plan']} {body['item']}"
    for name in ("lessons", "items", "evidence"):
        for at, row in enumerate(body.get(name, ())):
            typed |= {f"{name}.{at}.{column}": YES if value is True else str(value)
                      for column, value in row.items() if value is not False}
    return typed


def read_of(paper: Paper, keep: Keep) -> Read:
    """Read what was typed as the API reads it; rows in which nothing stands are passed over."""
    form, (chosen, unkept) = request.form, papers({"document": ""}, keep)
    unseen = (sending.KEY, sending.VERSION, "step", "rows", "evidence")
    typed = {name: value.strip() for name, value in form.items() if name not in unseen}
    carried = [dict(zip(_EVIDENCE, one.split(" "), strict=False)) for one in form.getlist("evidence")]
    for at, one in enumerate([*carried, *chosen]):
        typed |= {f"evidence.{at}.{name}": value for name, value in one.items()}
    many = ROWS_MORE if (given := whole(form.get("rows", ""), 4)) is None else min(given, ROWS_MOST)
    sent: dict[str, Any] = {field.name: _value(field.name, value) for field in paper.fields
                            if (value := typed.get(field.name))}
    plan, _, item = str(sent.pop("within", "")).partition(" ")
    if plan:
        sent |= {"plan": plan, "item": _value("number", item)}
    rows = {at: row for at in range(many) if (row := row_of(paper, typed, at))}
    places = dict(enumerate(rows))
    sent |= {paper.rows: list(rows.values())} | ({"evidence": kept} if (kept := evidence_of(typed)) else {})
    missing = [Fault(field.id, f"{field.label}：请{'选择' if field.kind == 'choice' else '填写'}。")
               for field in paper.fields if field.is_required and field.name not in sent]
    if not rows:
        missing.append(Fault(f"{paper.rows}-0-{paper.columns[0].name}", f"{paper.rows_title}：至少填写一行。"))
    fields, errors = loaded(paper.body, sent)
    said = {fault.field for fault in missing}
    faults = [one for one in faults_of_paper(paper, errors, places)
              if one.field not in said and not (one.field == "" and missing)]
    return Read(typed, many, fields, [*missing, *faults, *(
        Fault(f"paper_{kind}", f"{CHOSEN}：{of_refusal(no).words}") for kind, no in unkept)])


def row_of(paper: Paper, typed: Mapping[str, str], at: int) -> dict[str, Any]:
    """What stands in a row; nothing where it was left empty."""
    return {one.name: _value(one.name, value) for one in paper.columns
            if (value := typed.get(f"{paper.rows}.{at}.{one.name}"))}


def _value(name: str, value: str) -> bool | int | str:
    if name in _FLAGS:
        return value == YES
    return whole_or_as_typed(value, 9) if name in _NUMBERS else value


def loaded(body: type[ma.Schema], sent: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """What would be sent, as the use case takes it, or what is wrong with it."""
    try:
        found: dict[str, Any] = body().load(sent)
        return found, ()
    except ma.ValidationError as error:
        problem: Problem = faults_of(error)
        return {}, problem.members.get("errors", ())


def faults_of_paper(paper: Paper, errors: Any, places: Mapping[int, int]) -> list[Fault]:
    """What the API would say, at the fields of the form."""
    labels = {one.id: one.label for one in paper.fields}
    found = []
    for one in errors:
        parts = str(one.get("pointer", "")).strip("/").split("/")
        told = plainly(str(one["detail"]))
        if parts[0] == paper.rows and len(parts) == 3 and parts[1].isdecimal():
            at = places.get(int(parts[1]), int(parts[1]))
            label = next((each.label for each in paper.columns if each.name == parts[2]), parts[2])
            found.append(Fault(f"{paper.rows}-{at}-{parts[2]}", f"第 {at + 1} 行{label}：{told}"))
        elif parts[0] in labels:
            found.append(Fault(parts[0], f"{labels[parts[0]]}：{told}"))
        else:
            found.append(Fault("within" if parts[0] in ("plan", "item") else "", told))
    return found


# Papers


Keep = Callable[[str, str | None, bytes], Refusal | None]
"""Take in a file under its digest, with the name that it has here, or say why not."""


def papers(
    kinds: Mapping[str, str] = HOLDING_PAPERS, keep: Keep | None = None
) -> tuple[list[dict[str, Any]], list[tuple[str, Refusal]]]:
    """The digests of the files that were chosen, by their kinds, and which could not be kept that should be."""
    found, unkept = [], []
    for kind in kinds:
        sent = request.files.get(f"paper_{kind}")
        if sent is None or not sent.filename:
            continue
        sent.stream.seek(0)  # A page that is shown again with what is wrong reads it once more.
        content = sent.stream.read()
        sha256, name = hashlib.sha256(content).hexdigest(), sent.filename.replace("\\", "/").rpartition("/")[2]
        is_name = name.strip(". ") != "" and Text.is_plain(name, _NAME_MOST)
        no = None if keep is None else keep(sha256, name if is_name else None, content)
        if no is None:
            found.append({"kind": kind, "sha256": sha256})
        else:
            unkept.append((kind, no))
    return found, unkept


def evidence_of(typed: Mapping[str, str]) -> list[dict[str, str]]:
    """The papers whose digests travel with the form."""
    found = []
    for at in range(50):
        if f"evidence.{at}.sha256" not in typed:
            break
        found.append({name: value for name in _EVIDENCE if (value := typed.get(f"evidence.{at}.{name}"))})
    return found
