"""The tables of traces: of each entry, step and change what the patterns D01 to D16 compare, flat, one fact a column.

Rows hold between positions, as everywhere (`projections/projection.py`): `to_position IS NULL` reads them as of now.
Ids and days are text, times microseconds since 1970, hours, marks and days hundredths or halves of whole numbers. What
is sealed (numbers, titles, addresses) is not here: `clues.py` makes it comparable in a file of its own.

Of the minimum field set these have no column, since no event says them openly: the place of a study and the half of a
day on which it began; when a file was uploaded and what is written in it; which device approved; how long an officer
looked (`step.waited` is how long the step had waited, `opened` how many papers were opened).

`tests/projections/findings/test_traces.py` shows them.
"""

from __future__ import annotations

from typing import Any, Final

from projections.table import Table

EVER: Final = {"from_position": int, "to_position": int}
"""Columns of what never ends, so that whoever asks for what holds need not know which tables those are."""


BEGAN: Final = ("from_position",)
"""An index of every table: what is new since a position is found by it."""


def _columns(texts: str, numbers: str = "", **more: type) -> dict[str, type]:
    return {**dict.fromkeys(texts.split(), str), **dict.fromkeys(numbers.split(), int), **more}


def _dated(columns: dict[str, Any], key: tuple[str, ...], *by: str, ends: bool = False) -> Table:
    """A table of what stands otherwise from time to time; what it is looked up by leads to what holds first."""
    indexes = [(*one.split(), "to_position") for one in by]
    return Table(columns, (*key, "from_position"), (*indexes, BEGAN, *([("to_position",)] if ends else [])))


def _once(key: str, texts: str, numbers: str, *indexes: tuple[str, ...]) -> Table:
    """A table of what happened once and stays."""
    columns: dict[str, Any] = {key: int if key == "event" else str, **_columns(texts, numbers), **EVER}
    return Table(columns, (key,), (*indexes, BEGAN), dated=False)


_STUDY: Final = {  # As the newest version of the study says.
    **_columns("category route level major starts ends",
               "days_half hours_centi minutes characters subjects courses"),
    **_columns("evidence_on", "year"),  # The year it was attributed to; until then the chosen one, or of the evidence.
    **_columns("occasion output", "rank participants joint_first"),
    **_columns("organiser organiser_level training_class filing filed_on platform document completed_by approved_by"),
}
CLAIM: Final = _dated(
    {
        **_columns("claim person unit region sector origin status"), **_STUDY,
        **_columns("source_system source_record source_version", "submitted_at submitted_event"),
        **_columns("submitted_by submitted_org", "study_event decided_event decided_at"),
        **_columns("decided_by decided_role decided_org", "assessed_centi"),  # Of the hours that stand, or stood.
        **_columns("ruling_status flags act", "revision papers opened due_at"),   # flags: a list in JSON.
    },
    ("claim",), "person", "unit year", "organiser", "training_class", "occasion", "output", "decided_by", "decided_at",
    "act", "source_system source_record")

TABLES: Final = {
    "claim": CLAIM,
    "paper": _dated(_columns("claim sha256 person kind issued_on", "event"), ("claim", "sha256"), "sha256"),
    # What a hand decided upon a claim: endorsed, returned, approved, refused, corrected, frozen, released, revoked, ...
    "step": _once("event", "claim person actor actor_person organisation role what act correlation",
                  "at waited papers opened assessed_centi", ("claim",), ("actor", "at"), ("actor_person",)),
    # What moved a claim after it was submitted; hours and years as they stood before and stand from here on.
    "change": _once("event", "claim person actor what act", "at centi_before centi_after year_before year_after",
                    ("claim",), ("person",), ("actor",), ("act",)),
    "affiliation": _dated(_columns("person since unit region sector until", "event"), ("person", "since"), "unit",
                          ends=True),
    "departure": _dated(_columns("person unit ends", "event"), ("person", "unit", "ends"), ends=True),
    "person": _dated(_columns("person left_on", "registered_event registered_at forgotten"), ("person",)),
    "actor": _dated(_columns("actor person organisation region role", "event"), ("actor",), "person", "organisation"),
    "transfer": _dated(_columns("transfer person from_unit to_unit starts status", "asked_at confirmed_at event"),
                       ("transfer",), "person"),
    "course": _once("course", "unit region sector category code", "year minutes hours_centi gap_seconds "
                    "challenge_minutes event"),
    "session": _once("event", "enrolment person course",
                     "started_at ended_at minutes heartbeats challenges answered spread_ms answer_ms answer_spread_ms "
                     "recorded_at",
                     ("person",), ("enrolment",)),
    "completion": _once("enrolment", "person course completed_on", "minutes event", ("person",)),
    # Hours of a course that stand in the register as a claim, and by what they were earned: exam or completion.
    "registered": _once("enrolment", "person course claim completed_by booking evidence_on", "hours_centi event",
                        ("claim",), ("person",)),
    "exam": _dated(_columns("exam unit region day status", "year starts_at ends_at seats event"), ("exam",)),
    "booking": _dated(_columns("booking exam person enrolment course status",
                               "present score_centi passed event starts_at ends_at"),
                      ("booking",), "person", "exam", "enrolment"),
    "plan": _dated(_columns("plan organiser region status filed_on", "year filed_at event"), ("plan",), "organiser"),
    "plan_item": _dated(_columns("plan route level", "item days_half headcount month event"), ("plan", "item")),
    # As filed last; `held_` as it took place. Filed anew, `revision` counts on; `first_filed_at` stays.
    "class": _dated(
        {**_columns("class plan organiser region sector status category route level filed_on starts ends filed_by",
                    "item filed_at first_filed_at days_half planned places revision event"),
         **_columns("accepted_office held_starts held_ends held_by",
                    "accepted_at held_at held_days_half attended passed signed held_event")},
        ("class",), "organiser", "plan"),
    "roster": _dated(_columns("act class organiser status opened_by",
                              "opened_at closed_at rows attended event closed_event"), ("act",), "class"),
    "card": _dated(_columns("card person class organiser result status", "attended_half hours_centi event"),
                   ("card",), "person", "class"),
    "application": _dated(_columns("application person unit region sector applied_on outcome title", "at event"),
                          ("application",), "person", "unit"),
    "statement": _dated(_columns("statement person status", "issued_at as_of event"), ("statement",), "person"),
    # Each version of each record of another system, taken over `at`; `recorded_at` is what it says of its own time, and
    # `digest` that of the study as it was taken over.
    "source": _once("event", "system record version digest claim recorded_at", "at", ("system", "record"), ("claim",)),
    "batch": _dated(_columns("batch system region sector act status", "rows accepted opened_at closed_at event"),
                    ("batch",), "act", "system"),
}
"""Every table."""
