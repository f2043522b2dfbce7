"""The claim form: which fields a route asks for, what was typed in them, and what is wrong with each.

Fields come from the words of the law in force (`policies.words` and what rulebooks declare), so a rulebook that asks
for one more needs no change here. What was typed is kept as it was typed: a draft may hold anything, and only a trial
says what is wrong. `tests/console/test_filing.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from api.refusals import refusals
from api.whole import whole_or_as_typed
from api.words.plainly import plainly
from ledger.errors import Refusal
from ledger.events.study import Study
from policies.words import Route, Vocabulary, base_vocabulary

NUMBERS: Final = ("rank", "subjects", "courses", "characters", "minutes", "year", "participants")
_HINTS: Final = {
    "days": "半天记 0.5", "date": "证书、文件上的日期：决定计入的年度和适用的细则", "rank": "第一作者填 1",
    "characters": "总字数，如 150000", "occasion": "同一活动有编号的，照填：用来防止重复", "subjects": "合格的科目数",
    "output": "同一成果有编号的（刊号、专利号、立项号），照填：用来防止重复", "year": "活动跨两年的，选其中一年",
    "hours": "课程标定的学时", "filed_on": "培训班备案的日期", "confirmed_hours": "主管部门确认的学时",
    "document": "确认学时的文件号", "participants": "成果共几人完成",
}
_NAMES: Final = {
    "filing": "备案编号", "participants": "完成人数", "training_class": "培训班", "joint_first": "共同第一作者",
}
_DETAILS: Final = (
    ("title", "名称", 200), ("certificate_issuer", "发证单位", 100), ("certificate_number", "证书编号", 100),
    ("location", "地点", 200), ("words", "补充说明", 2000),
)
_MORE: Final = ("organiser", "organiser_level", "approved_by", "platform", "major", "filed_on", "filing", "year",
                "participants", "joint_first", "occasion", "output")
_OUTPUTS: Final = ("project", "paper", "book", "patent")  # What several people may have made together.
_ABOUT_OUTPUTS: Final = ("participants", "joint_first", "output")
_PLAIN: Final = {
    "evidence_missing": "还没有佐证材料。细则要求这类学习出示佐证，请上传后再提交。",
    "stale_version": "这份申报在您填写时已被改变（例如已开始审核）。请核对现在的内容后再次提交；您填写的还在下面。",
}
_PLACE_OF: Final = {
    "no_affiliation_on_date": "study-date", "evidence_in_future": "study-date", "evidence_missing": "evidence",
    "date_out_of_order": "study-ends", "seat_taken": "seat", "seat_absent": "seat",
}


@dataclass(frozen=True)
class Field:
    """One field: where it stands in a claim, what it is called, how it is typed, what was and what is wrong with it."""

    name: str                                   # study.days
    label: str
    kind: str = "text"                # text, words, date, number, decimal, password, choice, many, check or digests.
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    is_required: bool = False
    most: int = 100
    value: str = ""                             # Of `many`, what was ticked, with a space between; of `digests`, each.
    fault: str = ""
    fills: str = ""                             # What a browser may fill it in with, as HTML names it.
    blank: str = "请选择"                        # What a choice says that was not made: where that means all, that.

    @property
    def id(self) -> str:
        """Its id in the page, where a fault leads."""
        return self.name.replace(".", "-")


@dataclass(frozen=True)
class Fault:
    """What is wrong: in words, and at which field, if at one."""

    field: str
    words: str
    code: str = ""   # Of a refusal: which field it is about is found when the page is made (`api.console.marking`).


@dataclass(frozen=True)
class Form:
    """The whole form, in its three blocks and what is seldom needed."""

    route: Route
    what: tuple[Field, ...]
    when: tuple[Field, ...]
    proof: tuple[Field, ...]
    more: tuple[Field, ...]
    evidence: tuple[Mapping[str, Any], ...] = ()


def form_of(words: Vocabulary, route: Route, content: Mapping[str, Any] | None = None,
            faults: Sequence[Fault] = ()) -> Form:
    """The form of a route, with what was typed and what is wrong with it."""
    typed = content or {}
    told = {fault.field: fault.words for fault in reversed(faults)}

    def filled(fields: Iterable[Field]) -> tuple[Field, ...]:
        return tuple(replace(one, value=_typed(typed, one), fault=told.get(one.id, "")) for one in fields)

    details = {name: Field(f"details.{name}", label, "words" if name == "words" else "text", most=most,
                           is_required=name == "title") for name, label, most in _DETAILS}
    first = ("certificate_issuer", "certificate_number")
    known = [_field(words, name) for name in _MORE if route.code in _OUTPUTS or name not in _ABOUT_OUTPUTS]
    declared = [_field(words, name, "study.further.") for name in sorted(further_of(words))]
    return Form(
        route, filled([details["title"], *_what(words, route)]),
        filled([replace(_field(words, "date"), is_required=True), _field(words, "starts"), _field(words, "ends")]),
        filled(details[name] for name in first),
        filled([*known, *declared, details["location"], details["words"]]),
        tuple(one for one in typed.get("evidence", ()) if isinstance(one, Mapping)),
    )


def further_of(words: Vocabulary) -> set[str]:
    """Fields that only a rulebook in force declares."""
    return set(words.fields) - set(base_vocabulary().fields) - set(Study.__struct_fields__)


def _what(words: Vocabulary, route: Route) -> Iterable[Field]:
    """What the route counts by: its subject, level, quantity, rank and what else it needs."""
    if len(route.categories) > 1:
        options = tuple((code, words.categories.get(code, code)) for code in route.categories)
        yield Field("study.category", "科目", "choice", options, is_required=True)
    if route.levels:
        options = tuple((code, words.level_name(code, route.code)) for code in route.levels)
        yield Field("study.level", "级别", "choice", options, is_required=not route.level_optional)
    either = "二者填其一" if len(route.quantity) > 1 else ""
    for name in route.quantity:
        made = _field(words, name)
        yield replace(made, is_required=not either, hint="；".join(filter(None, (made.hint, either))))
    if route.ranked:
        yield replace(_field(words, "rank"), is_required=True)
    for name in route.needs:
        yield replace(_field(words, name), is_required=True)
    if not (route.quantity or route.ranked or route.levels):  # Nothing to count by: an authority confirms the hours.
        yield _field(words, "confirmed_hours")
        yield _field(words, "document")


def _field(words: Vocabulary, name: str, under: str = "study.") -> Field:
    known = words.fields.get(name)
    kind = "number" if name in NUMBERS else "text" if known is None else known.kind
    kind = "check" if name == "joint_first" else kind
    options = () if known is None else tuple((code, words.value_name(name, code)) for code in known.among)
    label = _NAMES.get(name) or words.field_name(name)
    return Field(under + name, label, kind, options, _HINTS.get(name, ""))


def _typed(content: Mapping[str, Any], field: Field) -> str:
    found: Any = content
    for step in field.name.split("."):
        found = found.get(step, "") if isinstance(found, Mapping) else ""
    return "1" if found is True else str(found)


def content_of(form: MultiDict[str, str], route: Route) -> dict[str, Any]:
    """What was typed, in the places that it has in a claim; what was left empty is not there."""
    study: dict[str, Any] = {"route": route.code}
    if len(route.categories) == 1:
        study["category"] = route.categories[0]
    details: dict[str, Any] = {}
    further: dict[str, Any] = {}
    for name, raw in form.items():
        value, field = raw.strip(), name.rpartition(".")[2]
        if not value:
            continue
        if name.startswith("study.further."):
            further[field] = value
        elif name.startswith("study."):
            study[field] = whole_or_as_typed(value) if field in NUMBERS else True if field == "joint_first" else value
        elif name.startswith("details."):
            details[field] = value
    if further:
        study["further"] = further
    papers = [dict(zip(("kind", "sha256", "issued_on"), one.split(" "), strict=False))
              for one in form.getlist("evidence") if one.count(" ") in (1, 2)]
    return {"study": study, "details": details, "evidence": papers}


# What is wrong


def of_errors(errors: Iterable[Mapping[str, Any]], form: Form) -> list[Fault]:
    """What the API would say of fields, at the fields of the form."""
    labels = {one.id: one.label for block in (form.what, form.when, form.proof, form.more) for one in block}
    found = []
    for one in errors:
        place = str(one.get("pointer", "")).strip("/").replace("/", "-")
        field = place if place in labels else "evidence" if place.startswith("evidence") else ""
        words = plainly(str(one["detail"]))
        label = labels.get(place, "佐证材料" if field == "evidence" else "")
        found.append(Fault(field, f"{label}：{words}" if label else words))
    return found


def with_unfilled(form: Form, faults: Sequence[Fault]) -> list[Fault]:
    """Everything that is wrong, with whatever must be filled in and is not, in the order of the form."""
    fields = [one for block in (form.what, form.when, form.proof, form.more) for one in block]
    known, places = {one.field for one in faults}, {one.id: at for at, one in enumerate(fields)}
    missing = [Fault(one.id, f"{one.label}：请{'选择' if one.kind == 'choice' else '填写'}。")
               for one in fields if one.is_required and not one.value and one.id not in known]
    return sorted([*faults, *missing], key=lambda one: places.get(one.field, len(fields)))


def of_refusal(refusal: Refusal, documents: Mapping[str, str] | None = None) -> Fault:
    """What the ledger or the law says, at the field that it is about, with the words it rests on by their documents."""
    line = refusals.line_of(refusal)
    seen: Mapping[str, Any] = refusal.seen

    def rule(one: Mapping[str, Any]) -> str:
        told = (documents or {}).get(str(one.get("rulebook")), one.get("rulebook"))
        return " ".join(str(part) for part in (told, one.get("article")) if part)

    papers = "；".join(f"{one['document']}（{rule(one)}）" for one in seen.get("papers", ()))
    more = (f"应有：{papers}。" if papers else "") + (f"依据：{rule(seen)}。" if rule(seen) else "")
    return Fault(_PLACE_OF.get(refusal.code, ""), _PLAIN.get(refusal.code, line.told) + more,
                 f"{refusal.code}.{seen['kind']}" if refusal.code == "name_taken" and "kind" in seen else refusal.code)
