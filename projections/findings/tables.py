"""The tables of traces: of each entry, step and change what the patterns D01 to D16 compare, flat, one fact a column.

Rows hold between positions, as everywhere (`projections/files/projection.py`): `to_position IS NULL` reads them as of
now. Ids and days are text, times microseconds since 1970, hours, marks and days hundredths or halves of whole numbers.
What is sealed (numbers, titles, addresses) is not here: `clues.py` makes it comparable in a file of its own.

Of the minimum field set these have no column, since no event says them openly: the place of a study and the half of a
day on which it began; when a file was uploaded and what is written in it; which device approved; how long an officer
looked (`step.waited` is how long the step had waited, `opened` how many papers were opened).

`tests/projections/findings/test_traces.py` shows them.
"""

from __future__ import annotations

from typing import Any, Final

from projections.tables.table import Table

EVER: Final = {"from_position": int, "to_position": int}
"""Columns of what never ends, so that whoever asks for what holds need not know which tables those are."""


BEGAN: Final = ("from_position",)
"""An index of nearly every table: what is new since a position is found by it."""


def _columns(texts: str, numbers: str = "", **more: type) -> dict[str, type]:
    return {**dict.fromkeys(texts.split(), str), **dict.fromkeys(numbers.split(), int), **more}


def _dated(
    columns: dict[str, Any], key: tuple[str, ...], *by: str, sparsely: tuple[str, ...] = (), ends: bool = False
) -> Table:
    """A table of what stands otherwise from time to time, and what it is looked up by; `sparsely`: few rows have it."""
    indexes = [tuple(one.split()) for one in by]
    return Table(columns, (*key, "from_position"), (*indexes, BEGAN, *([("to_position",)] if ends else [])), sparsely)


def _once(key: str, texts: str, numbers: str, *indexes: tuple[str, ...]) -> Table:
    """A table of what happened once and stays."""
    columns: dict[str, Any] = {key: int if key == "event" else str, **_columns(texts, numbers), **EVER}
    return Table(columns, (key,), (*indexes, BEGAN), dated=False)


# What a claim says, as its newest version does, where it came from, and how it stands. Until it is decided nearly every
# one is under review: it has one row for both, which goes on from where it was decided and says since when it had stood
# open and said the same; so whoever asks as of a position between the two knows what it was.
STANDING: Final = ("status", "decided_event", "decided_at", "decided_by", "assessed_centi", "ruling_status", "flags",
                   "due_at")
CLAIM: Final = _dated(
    {
        **_columns("claim person unit region sector origin"),
        **_columns("category route level starts ends", "days_half hours_centi minutes characters subjects courses"),
        **_columns("evidence_on", "year"),  # The year it was attributed to, or the chosen one, or of the evidence.
        **_columns("occasion output", "rank participants joint_first"),
        **_columns("organiser training_class filed_on platform document source_system", "submitted_at submitted_event"),
        **_columns("submitted_by act", "study_event papers"),
        **_columns("status", "decided_event decided_at"), **_columns("decided_by", "assessed_centi"),
        **_columns("ruling_status flags", "due_at"),   # Of the hours that stand, or stood. flags: a list in JSON.
        "since_position": int,
    },
    ("claim",), "person", "unit year",
    sparsely=("organiser", "training_class", "output", "act", "decided_by", "decided_at"),
)._replace(found_by=("claim",), goes_on=STANDING)

TABLES: Final = {
    "claim": CLAIM,
    # No pattern asks which are new: a claim that comes to show others is said anew itself.
    "paper": Table(_columns("claim sha256 person kind issued_on", "event"), ("claim", "sha256", "from_position"),
                   (("sha256",),), found_by=("claim",)),
    # What a hand decided upon a claim: endorsed, returned, approved, refused, corrected, frozen, released, revoked, ...
    "step": _once("event", "claim person actor actor_person organisation role what act correlation",
                  "at waited papers opened", ("claim",), ("actor", "at"), ("actor_person",)),
    # Corrected, frozen, released, revoked, reinstated; hours and years as they stood before and stand from here on.
    "change": _once("event", "claim person actor what act", "at centi_before centi_after year_before year_after",
                    ("person",), ("act",)),
    "affiliation": _dated(_columns("person since unit region sector until", "event"), ("person", "since"), "unit",
                          ends=True),
    "departure": _dated(_columns("person unit ends", "event"), ("person", "unit", "ends"), ends=True),
    "person": _dated(_columns("person left_on", "registered_event registered_at forgotten"), ("person",)),
    "actor": _dated(_columns("actor person organisation region role", "event"), ("actor",), "person", "organisation"),
    "transfer": _dated(_columns("transfer person from_unit to_unit starts", "event"), ("transfer",), "person"),
    "course": _once("course", "unit region sector category code", "year minutes hours_centi gap_seconds "
                    "challenge_minutes event"),
    "session": _once("event", "enrolment person course",
                     "started_at ended_at minutes heartbeats challenges answered spread_ms answer_ms answer_spread_ms "
                     "recorded_at",
                     ("person",), ("enrolment",)),
    "completion": _once("enrolment", "person course completed_on", "minutes event", ("person",)),
    # Hours of a course that stand in the register as a claim, and by what they were earned: exam or completion. An
    # enrolment has another claim where the first was revoked with its pass and another exam was sat.
    "registered": _once("claim", "enrolment person course completed_by booking evidence_on", "hours_centi event",
                        ("enrolment",), ("person",)),
    "exam": _dated(_columns("exam unit region day status", "year starts_at ends_at seats event"), ("exam",)),
    "booking": _dated(_columns("booking exam person enrolment course status",
                               "present score_centi passed event starts_at ends_at"),
                      ("booking",), "person", "exam", "enrolment"),
    "plan": _dated(_columns("plan organiser region status filed_on", "year filed_at event"), ("plan",), "organiser"),
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
    # Each version of each record of another system, taken over `at`; `recorded_at` is what it says of its own time, and
    # `digest` that of the study as it was taken over.
    "source": _once("event", "system record version digest claim recorded_at", "at", ("system", "record"), ("claim",)),
    "batch": _dated(_columns("batch system region sector act status", "rows accepted opened_at closed_at event"),
                    ("batch",), "act", "system"),
}
"""Every table."""
