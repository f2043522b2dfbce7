"""A claim's facts in the words that the law weighs: one definition for totals, dry runs and exports.

`Study` holds what was claimed; a rulebook rules on the fields of an entry (`xueshi evaluate`). Hours and days become
decimal strings again, dates texts. Fields that no rulebook at hand declares are not handed over: that law does not know
them.

`tests/projections/test_facts.py` shows each field.
"""

from __future__ import annotations

from typing import Any, Final

from ledger.events.study import Study
from ledger.vocabulary import format_hours
from policies.words import Vocabulary

_PLAIN: Final = (
    "route", "level", "subjects", "courses", "characters", "minutes", "rank", "document", "organiser",
    "organiser_level", "approved_by", "completed_by", "platform", "major", "occasion", "output",
)
_DATES: Final = ("starts", "ends", "filed_on")

_SHOWN: Final = (
    "starts", "ends", "days", "subjects", "courses", "characters", "minutes", "hours", "confirmed_hours", "document",
    "rank",
)


def fields_of(study: Study) -> dict[str, Any]:
    """A study as the fields of an entry, but for id, person and year."""
    fields: dict[str, Any] = {"date": study.evidence_on.isoformat(), "category": study.category.value}
    for name in _PLAIN:
        if (value := getattr(study, name)) is not None:
            fields[name] = value
    for name in _DATES:
        if (day := getattr(study, name)) is not None:
            fields[name] = day.isoformat()
    if study.days_half is not None:
        fields["days"] = format_hours(study.days_half * 50)
    if study.hours_centi is not None:
        fields["hours"] = format_hours(study.hours_centi)
    if study.confirmed_centi is not None:
        fields["confirmed_hours"] = format_hours(study.confirmed_centi)
    return fields


def shown(study: Study) -> dict[str, Any]:
    """What an answer shows of a study, in this order; a title is sealed and left to whoever may open it."""
    fields = fields_of(study)
    return {
        "category": study.category.value, "route": study.route, "level": study.level, "date": fields["date"],
        "title": None, **{name: fields[name] for name in _SHOWN if name in fields},
    }


def entry_fields(study: Study, vocabulary: Vocabulary, submitted_on: str | None = None) -> dict[str, Any]:
    """The fields that a law with these words weighs, those included that its rulebooks declare."""
    fields = fields_of(study)
    for name, text in study.further.items():
        declared = vocabulary.fields.get(name)
        if declared is not None and name not in fields:
            fields[name] = int(text) if declared.kind == "integer" and text.isascii() and text.isdigit() else text
    if submitted_on is not None:
        fields["submitted_on"] = submitted_on
    return fields
