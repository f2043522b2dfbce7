"""What is on the desk of a case, as answers: material asked for, notes, acts upon many entries, what followed.

`tests/projections/test_case_desk_answers.py` shows it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from projections.files.projection import HOLDS
from projections.pages import Page, paged

if TYPE_CHECKING:
    from projections.opened import Files


class Request(NamedTuple):
    """Material that was asked for; `received` are the events with which something of it came."""

    case_id: str
    number: int
    party: str | None
    due: str
    status: str            # open, complete, withdrawn, not_provided
    event: int
    requested_at: int      # In microseconds.
    received: tuple[int, ...]
    files: tuple[str, ...]
    ended_event: int | None

    def is_overdue(self, today: str) -> bool:
        """Say whether it is waited for longer than was said."""
        return self.status == "open" and self.due < today


class Note(NamedTuple):
    """Something that was noted down: where its words stand in the log."""

    event: int
    case_id: str
    actor: str
    noted_at: int


class BulkAct(NamedTuple):
    """What is or was done to many entries at once."""

    act: str
    case_id: str
    effect: str            # hold, release, revoke, reinstate
    rows: int
    list_sha256: str
    basis: str | None
    chosen: dict[str, Any]
    state: str             # open, closed, abandoned
    actor: str
    opened_event: int
    opened_at: int
    ended_event: int | None
    ended_at: int | None


class Followed(NamedTuple):
    """One thing that followed from a case."""

    event: int
    case_id: str
    what: str              # held, released, revoked, reinstated, disqualified, title_revoked, named
    about: str             # The claim, or the application that holds the sanction.
    person: str | None
    act: str | None        # The bulk act of which it is a row.


def requests_of(files: Files, case: str, *, as_of: int | None = None) -> list[Request]:
    """What was asked for in a case, in order."""
    reader, at = files.file("cases", as_of)
    query = f"SELECT {', '.join(Request._fields)} FROM requests WHERE case_id = :case AND {HOLDS} ORDER BY number"
    return [_request(row) for row in reader.rows(query, {"case": case, "as_of": at})]


def overdue(files: Files, member: str, today: str, *, as_of: int | None = None) -> list[Request]:
    """What is waited for longer than was said, in the open cases that somebody works on; the longest first."""
    reader, at = files.file("cases", as_of)
    query = (f"SELECT {', '.join(Request._fields)} FROM requests WHERE status = 'open' AND due < :today AND {HOLDS} "
             "AND case_id IN (SELECT case_id FROM cases, json_each(cases.members) WHERE cases.status = 'open' "
             f"AND {HOLDS} AND json_each.value = :member) ORDER BY due, case_id, number")
    return [_request(row) for row in reader.rows(query, {"today": today, "as_of": at, "member": member})]


def notes_of(files: Files, case: str, *, as_of: int | None = None) -> list[Note]:
    """What was noted down in a case, in order."""
    reader, at = files.file("cases", as_of)
    query = f"SELECT {', '.join(Note._fields)} FROM notes WHERE case_id = :case AND event <= :as_of ORDER BY event"
    return [Note._make(row) for row in reader.rows(query, {"case": case, "as_of": at})]


def bulks_of(files: Files, case: str, *, as_of: int | None = None) -> list[BulkAct]:
    """What was done to many entries of a case at once, in order."""
    reader, at = files.file("cases", as_of)
    query = f"SELECT {', '.join(BulkAct._fields)} FROM bulks WHERE case_id = :case AND {HOLDS} ORDER BY opened_event"
    return [_bulk(row) for row in reader.rows(query, {"case": case, "as_of": at})]


def followed_of(
    files: Files, case: str, *, act: str | None = None, as_of: int | None = None, after: tuple[int, int] = (0, 0),
    limit: int = 50,
) -> Page[Followed]:
    """What followed from a case, in the order in which it took effect; or the rows of one of its acts."""
    reader, at = files.file("cases", as_of)
    query = (f"SELECT {', '.join(Followed._fields)}, position FROM followed WHERE case_id = :case "
             "AND (:act IS NULL OR act = :act) AND position <= :as_of AND (position, event) > (:position, :event) "
             "ORDER BY position, event LIMIT :limit")
    values = {"case": case, "act": act, "as_of": at, "position": after[0], "event": after[1], "limit": limit + 1}
    page = paged(list(reader.rows(query, values)), limit, at, lambda row: (row[-1], row[0]))
    return page.of([Followed._make(row[:-1]) for row in page.items])


def _request(row: tuple[Any, ...]) -> Request:
    found = Request._make(row)
    return found._replace(received=tuple(json.loads(row[7])), files=tuple(json.loads(row[8])))


def _bulk(row: tuple[Any, ...]) -> BulkAct:
    found = BulkAct._make(row)
    return found._replace(chosen=json.loads(row[6]))
