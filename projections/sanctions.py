"""Sanctions as answers: who may not apply, since when and until when, on what basis; which titles were taken away.

A disqualification for one application bars nothing else; one for a term bars from its first day to its last, or to the
day before it was lifted. Whether somebody may apply on a day is asked in `projections/eligibility.py`, which rests on
this.

`tests/projections/test_applications.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from ledger.events.application import ApplicantDisqualified, DisqualificationLifted, Sanction, TitleRevoked
from ledger.streams.application import TERM, is_barred
from projections.files.projection import HOLDS, Effect, Projection, Rows, Table
from projections.pages import Page, paged

if TYPE_CHECKING:
    from projections.opened import Files


class Disqualification(NamedTuple):
    """The right to apply as it was taken, and given back."""

    application: str
    person: str
    cause: str
    article: str
    rulebook: str | None
    document: str | None
    claims: tuple[str, ...]
    case_id: str | None
    lasts: str
    starts: str
    until: str | None
    lifted_on: str | None
    event: int
    lifted_event: int | None

    def bars(self, day: date) -> bool:
        """Say whether nothing can be applied for on a day."""
        return is_barred(day, self.lasts, date.fromisoformat(self.starts), _day(self.until), _day(self.lifted_on))


class Revocation(NamedTuple):
    """A title that was taken away."""

    application: str
    person: str
    level: str
    series: str | None
    obtained_on: str
    revoked_on: str
    cause: str
    article: str
    rulebook: str | None
    document: str | None
    claims: tuple[str, ...]
    case_id: str | None
    event: int


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


# Folding


def _basis(sanction: Sanction) -> dict[str, Any]:
    return {
        "cause": sanction.cause, "article": sanction.article, "rulebook": sanction.rulebook,
        "document": sanction.document, "claims": json.dumps(sanction.claims), "case_id": sanction.case,
    }


def _disqualified(rows: Rows, effect: Effect) -> None:
    event: ApplicantDisqualified = effect.event
    rows.begin("disqualifications", effect.position, {
        "application": event.application, "person": event.person, **_basis(event.sanction), "lasts": event.lasts,
        "starts": event.starts.isoformat(), "until": None if event.until is None else event.until.isoformat(),
        "lifted_on": None, "event": effect.recorded, "lifted_event": None,
    })


def _lifted(rows: Rows, effect: Effect) -> None:
    event: DisqualificationLifted = effect.event
    found = rows.now("disqualifications", ("event", "lifted_on"), {"application": event.application})
    for number in (number for number, lifted_on in found if lifted_on is None):
        rows.change("disqualifications", effect.position, {"application": event.application, "event": number},
                    {"lifted_on": event.on.isoformat(), "lifted_event": effect.recorded})


def _title_revoked(rows: Rows, effect: Effect) -> None:
    event: TitleRevoked = effect.event
    rows.insert("revocations", {
        "event": effect.recorded, "application": event.application, "person": event.person, "level": event.level,
        "series": event.series, "obtained_on": event.obtained_on.isoformat(), "revoked_on": event.on.isoformat(),
        **_basis(event.sanction), "from_position": effect.position,
    })


_BASIS: Final = dict.fromkeys(("cause", "article", "rulebook", "document", "claims", "case_id"), str)


class Sanctions(Projection):
    """The fold."""

    name: ClassVar = "sanctions"
    version: ClassVar = 1
    tables: ClassVar = {
        "disqualifications": Table(
            {"application": str, "person": str, **_BASIS, "lasts": str, "starts": str, "until": str,
             "lifted_on": str, "event": int, "lifted_event": int},
            ("application", "event", "from_position"), (("person",), ("starts",))),
        "revocations": Table(
            {"event": int, "application": str, "person": str, "level": str, "series": str, "obtained_on": str,
             "revoked_on": str, **_BASIS, "from_position": int}, ("event",), (("person",),), dated=False),
    }
    handlers: ClassVar = {
        ApplicantDisqualified: _disqualified, DisqualificationLifted: _lifted, TitleRevoked: _title_revoked,
    }


# Reading

_DISQUALIFICATIONS: Final = (
    f"SELECT {', '.join(Disqualification._fields)} FROM disqualifications WHERE person = :key AND {HOLDS} "
    "ORDER BY starts, event"
)
_BARRED: Final = (  # As `is_barred` says, of everyone.
    f"SELECT {', '.join(Disqualification._fields)} FROM disqualifications WHERE lasts = :term AND starts <= :on "
    "AND (until IS NULL OR until >= :on) AND (lifted_on IS NULL OR lifted_on > :on) "
    f"AND {HOLDS} AND (starts, event) > (:starts, :event) ORDER BY starts, event LIMIT :limit"
)
_REVOCATIONS: Final = (
    f"SELECT {', '.join(Revocation._fields)} FROM revocations WHERE {{}} AND from_position <= :as_of "
    "ORDER BY event"
)


def disqualifications_of(files: Files, person: str, *, as_of: int | None = None) -> list[Disqualification]:
    """Every disqualification of a person, lifted and ended ones too, by first day."""
    reader, at = files.file("sanctions", as_of)
    return [_read(row) for row in reader.rows(_DISQUALIFICATIONS, {"key": person, "as_of": at})]


def disqualified_on(
    files: Files, on: date, *, as_of: int | None = None, after: tuple[str, int] = ("", 0), limit: int = 50
) -> Page[Disqualification]:
    """Everyone who may apply for nothing on a day, whoever has been barred longest first."""
    reader, at = files.file("sanctions", as_of)
    starts, event = after
    values = {"term": TERM, "on": on.isoformat(), "as_of": at, "starts": starts, "event": event, "limit": limit + 1}
    return paged([_read(row) for row in reader.rows(_BARRED, values)], limit, at, lambda one: (one.starts, one.event))


def _read(row: tuple[Any, ...]) -> Disqualification:
    return Disqualification._make(_with_claims(Disqualification._fields, row))


def _with_claims(columns: tuple[str, ...], row: tuple[Any, ...]) -> Iterable[Any]:
    """A row in which the claims are a list in JSON."""
    return (tuple(json.loads(value)) if column == "claims" else value
            for column, value in zip(columns, row, strict=True))


def revocations_of(files: Files, person: str, *, as_of: int | None = None) -> list[Revocation]:
    """Every title that was taken away from a person, oldest first."""
    return _revocations(files, "person = :key", person, as_of)


def revocations_of_all(files: Files, persons: Iterable[str], *, as_of: int | None = None) -> list[Revocation]:
    """Every title that was taken away from several people, oldest first."""
    return _revocations(files, "person IN (SELECT value FROM json_each(:key))", json.dumps(list(persons)), as_of)


def _revocations(files: Files, wanted: str, key: str, as_of: int | None) -> list[Revocation]:
    reader, at = files.file("sanctions", as_of)
    return [Revocation._make(_with_claims(Revocation._fields, row))
            for row in reader.rows(_REVOCATIONS.format(wanted), {"key": key, "as_of": at})]
