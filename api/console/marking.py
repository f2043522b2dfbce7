"""A refusal that is about one field is shown at that field too, whichever form it stands in.

A refusal says no to a whole act; where it speaks of one thing that was typed, whoever typed it should not have to look
for it. Which refusal is about what stands in one table here; which field of a form that is, is found by its name, so no
form has to know either. The summary at the top leads there, and the field says that it is what is wrong (WCAG 3.3.1).

`tests/console/test_marking.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

from api.console.form import Fault, Field

ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    # When
    "no_affiliation_on_date": ("date", "starts", "valid_on"), "evidence_in_future": ("date", "issued_on"),
    "date_out_of_order": ("ends", "starts", "date"), "dates_unfit": ("ends", "starts"),
    "basis_in_future": ("basis_on", "on", "date"), "exam_not_held_yet": ("day", "date"),
    "book_until_unfit": ("book_until",), "pass_mark_unfit": ("pass_mark", "full_mark"),
    "score_above_full_mark": ("score",), "term_unfit": ("until", "term"), "class_not_over": ("ends", "starts"),
    "affiliation_exists": ("starts",), "earliest_year_past": ("earliest_year", "year"),
    # Of which year
    "year_locked": ("year", "date"), "year_closed": ("year", "date"), "year_not_over": ("year",),
    "year_empty": ("year",), "year_open": ("year",), "years_missing": ("years", "first"),
    "years_not_held": ("years",), "plan_exists": ("year",),
    "not_in_year": ("year",),
    # How much
    "ruling_needed": ("confirmed_hours", "hours"), "override_no_room": ("confirmed_hours", "hours"),
    "override_out_of_bounds": ("gap_seconds", "challenge_minutes", "hours"),
    "attendance_unfit": ("attended_days", "attended"), "counts_unfit": ("passed", "attended"),
    "confirmation_not_needed": ("confirmed_hours",), "confirmation_not_theirs": ("confirmed_hours",),
    # Which course, subject, exam, class
    "course_not_public": ("category", "matter"), "course_not_of_year": ("year", "course"),
    "course_exists": ("code",), "course_learned": ("course",), "course_enrolled": ("course",),
    "course_chosen": ("course",), "course_looks_registered": ("title",),
    "exam_of_another_course": ("course", "year"), "class_absent": ("training_class",), "plan_absent": ("plan",),
    "item_absent": ("item", "plan"), "items_unfit": ("items",), "lessons_missing": ("lessons",),
    "registered_automatically": ("category", "matter", "route"), "exam_on_site": ("category", "matter"),
    "not_the_registrar": ("category", "matter"), "recipients_unfit": ("recipient", "recipients"),
    "seat_taken": ("seat",), "seat_absent": ("seat",), "exam_full": ("seat",),
    # By which words and papers
    "words_missing": ("words",), "basis_missing": ("basis", "document"), "evidence_missing": ("evidence", "paper"),
    "sanction_baseless": ("basis",), "evidence_differs": ("evidence", "paper"),
    "evidence_broken": ("evidence", "paper"), "evidence_type_unknown": ("evidence", "paper"),
    "evidence_harmful": ("evidence", "paper"), "erasure_of_another_document": ("document",),
    "finding_unfit": ("outcome", "finding"),
    # Whom
    "person_absent": ("person", "id_number"), "unit_absent": ("unit", "to_unit", "organisation"),
    "person_unknown": ("person",), "assignee_unfit": ("to", "holder"), "assignee_elsewhere": ("to", "holder"),
    "member_unfit": ("member", "actor"), "member_absent": ("member", "actor"), "scope_needs_unit": ("unit",),
    "role_not_allotted": ("role",), "not_the_office_above": ("region",), "role_reserved": ("role",),
    "roles_incompatible": ("role",), "merged_into_itself": ("into", "unit"), "title_exists": ("title", "level"),
    "title_not_recorded": ("title", "level"), "title_held": ("title_obtained_on",),
    "password_wrong": ("current", "password"),
    # A name that is taken, by what it names
    "name_taken.annual_plan": ("year",), "name_taken.filing_number": ("number",), "name_taken.card_number": ("number",),
    "card_on_roster": ("number",), "card_elsewhere": ("certificate_number",),
    "name_taken.credit_code": ("credit_code",), "name_taken.account": ("account",), "name_taken.course": ("code",),
    "name_taken.exam_of_year": ("day",), "name_taken.course_of_year": ("code",), "name_taken.import_file": ("file",),
}
"""Of each refusal that is about something typed, how a field may be called where that is typed; the first that a form
has is meant."""


def marked(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a page tells, with each refusal that is about a field of it put there, in the summary and at the field."""
    faults: Sequence[Any] = told.get("faults") or ()
    if not any(isinstance(one, Fault) and one.code in ABOUT for one in faults):
        return dict(told)
    ids = [one.id for one in _every(told.values()) if one.kind != "hidden"]
    placed = [_placed(one, ids) for one in faults]
    wrong = {one.field: _brief(one.words) for one in reversed(placed) if one.code in ABOUT and one.field}
    return {name: _with(value, wrong) for name, value in told.items()} | {"faults": placed}


def _placed(fault: Fault, ids: Sequence[str]) -> Fault:
    if fault.field in ids or fault.code not in ABOUT:
        return fault
    stems = ABOUT[fault.code]  # Of that very name rather than of a row's, or of a part that is called so.
    found = (one for fits in (str.__eq__, _ends) for stem in stems for one in ids if fits(one, stem))
    return replace(fault, field=next(found, fault.field))


def _ends(name: str, stem: str) -> bool:
    return name.endswith(f"-{stem}")


def _brief(words: str) -> str:
    """At the field, what was found; why and what to do stand in the summary."""
    return words.partition("。")[0] + "。"


def _every(values: Iterable[Any]) -> Iterator[Field]:
    """Every field that is told of, wherever it stands."""
    for value in values:
        if isinstance(value, Field):
            yield value
        elif isinstance(value, list | tuple):
            yield from _every(value)
        elif is_dataclass(value) and not isinstance(value, type):
            yield from _every(getattr(value, one.name) for one in fields(value))


def _with(value: Any, wrong: Mapping[str, str]) -> Any:
    """The same, in which fields say what is wrong with them."""
    if isinstance(value, Field):
        return value if value.fault or value.id not in wrong else replace(value, fault=wrong[value.id])
    if isinstance(value, list):
        return [_with(one, wrong) for one in value]
    if type(value) is tuple:
        return tuple(_with(one, wrong) for one in value)
    if is_dataclass(value) and not isinstance(value, type) and any(True for _ in _every([value])):
        return replace(value, **{one.name: _with(getattr(value, one.name), wrong) for one in fields(value)})
    return value
