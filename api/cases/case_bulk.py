"""The same to many entries of a case at once: shown first, then done as it was shown, in force as one or never (P 17).

    preview(house, caller, case, fields) -> Preview | Refusal
    act(house, caller, case, fields, asked) -> Done | Going | Preview | Refusal     a trial is a preview
    resume(house, caller, case, act, asked) -> Done | Going | Refusal               goes on with what was stopped
    abandon(house, caller, case, act, fields, asked) -> Done | Refusal              fields: words?

Fields: `act` (hold, release, revoke, reinstate), `words`, `basis` for the last two; which entries: `claims`, or a
choice (`api.cases.case_choosing`), or neither for every entry of the case; `list_sha256` as the preview said.
`Preview.rows` are `Row`s: what becomes of each entry, or why it is refused; `Preview.view()` tells it all. The entries
that would be refused are passed over by the act, and the digest covers them, too: whatever changes is shown anew.

A request works for `PATIENCE_MS`, or for as long as it says, up to `PATIENCE_MOST_MS`. What is left then is `Going`,
with how far it is, and a job that goes on with it in the background (`api.cases.bulk_jobs`); any member may also go on
with `resume`, also after a kill, since list, words and basis stand in the log. `Done.state` is a
`ledger.streams.case.Case`; every effect is listed by `api.cases.case_desk.followed(..., act=...)`.

`tests/api/test_case_bulk.py` shows it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from api import refusals
from api.callers import Caller
from api.cases.case_choosing import chosen_entries, chosen_of, list_digest
from api.cases.cases import seen
from api.cases.doing import Asked, Done, Reading, do, done
from api.cases.inquiries import in_case, reached
from api.cases.standing import SUPERVISOR, acting, by_actor, present
from api.house import House
from ledger.case_bulk import CHUNK, Bulk, open_bulk, resume_bulk
from ledger.errors import Refusal
from ledger.events.case import CaseId, Chosen
from ledger.stores.append import Conflict
from ledger.streams import act as acts
from ledger.streams import case_bulk as bulks
from ledger.streams import claim as claims
from ledger.streams import person as persons
from ledger.streams.case import Case, at_work
from ledger.streams.case_bulk import BULK_MOST, Deed, decide_row, grounds_of, may_begin
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import ActId, ActorId, ClaimId, StreamId, format_hours

PATIENCE_MS: Final = 2_000
PATIENCE_MOST_MS: Final = 20_000
"""So long a request writes: some thousand entries; and so long where the caller would rather wait (`Prefer: wait`)."""

_TRIES: Final = 5
_BECOMES: Final = {Deed.HOLD: "frozen", Deed.RELEASE: "approved", Deed.REVOKE: "revoked", Deed.REINSTATE: "approved"}


class Row(NamedTuple):
    """An entry as it is shown: how it stands, and what becomes of it or why nothing does."""

    claim: ClaimId
    version: int
    person: str | None
    status: str | None
    year: int | None
    hours: str | None
    becomes: str | None
    refused: str | None      # The code of the refusal.
    why: str | None          # Its words.

    def view(self) -> dict[str, Any]:
        """The row, by name."""
        return self._asdict()


class Preview(NamedTuple):
    """What an act would do, as everything stands now."""

    case: Case
    version: int             # Of the case.
    deed: Deed
    chosen: Chosen | None
    rows: tuple[Row, ...]
    beyond: int              # Entries that the choice meets and the case does not name: it may be widened by them.
    list_sha256: str

    @property
    def taken(self) -> tuple[Row, ...]:
        """The entries to which it would be done."""
        return tuple(row for row in self.rows if row.refused is None)

    def view(self) -> dict[str, Any]:
        """All of it."""
        refused = Counter(row.refused for row in self.rows if row.refused is not None)
        return {
            "case": self.case.case, "act": self.deed.value, "list_sha256": self.list_sha256,
            "rows": len(self.taken), "refused": len(self.rows) - len(self.taken), "beyond_the_case": self.beyond,
            "refused_by_code": dict(sorted(refused.items())),
            "people": len({row.person for row in self.taken}), "entries": [row.view() for row in self.rows],
        }


class Going(NamedTuple):
    """An act that is open, with rows still to be written."""

    case: CaseId
    version: int             # Of the case.
    act: ActId
    rows: int
    rows_done: int
    deed: str
    job: str | None = None   # What goes on with it in the background.

    def view(self) -> dict[str, Any]:
        """How far it is."""
        return {"case": self.case, "act": self.act, "state": "open", "rows": self.rows, "rows_done": self.rows_done,
                "version": self.version, "job": self.job}


def preview(house: House, caller: Caller, case: str, fields: dict[str, Any]) -> Preview | Refusal:
    """Say of each entry what would become of it; everyone on the list is recorded as seen."""
    found = _shown(house, caller, case, fields)
    if isinstance(found, Preview):
        actor = acting(house, caller)
        assert isinstance(actor, Actor), "whoever was let in acts"
        people = [row.person for row in found.rows if row.person is not None]
        seen(house, caller, actor, (case, *people), "case_handling", "case_bulk")
    return found


def act(
    house: House, caller: Caller, case: str, fields: dict[str, Any], asked: Asked, *, patience_ms: int = PATIENCE_MS
) -> Done | Going | Preview | Refusal:
    """Do it to the list as it was shown; of a trial, show it."""
    if asked.dry_run:
        return preview(house, caller, case, fields)
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    began = time.monotonic()
    entered = _entered(house, caller, case, version=None)
    if isinstance(entered, Refusal):
        return entered
    open_one = entered.case.bulk_open
    asked_for = (fields.get("list_sha256"), fields["act"], fields.get("basis"))
    if open_one is not None and asked_for == (
            open_one.opened.list_sha256, open_one.opened.effect, open_one.opened.basis):
        # The same again: it was stopped on its way, and goes on with the words with which it began.
        return _going_on(house, caller, case, open_one.opened.act, asked, began, patience_ms)
    if asked.version is not None and asked.version != entered.version:
        return _stale(entered)
    shown = _shown(house, caller, case, fields)
    if isinstance(shown, Refusal):
        return shown
    if fields.get("list_sha256") != shown.list_sha256:
        return Refusal.because("list_changed", list_sha256=shown.list_sha256, rows=len(shown.taken))
    command = bulks.OpenBulk(
        role=SUPERVISOR, act=ActId(house.new_id("act")), deed=shown.deed, words=fields["words"],
        claims=tuple(row.claim for row in shown.taken), versions=tuple(row.version for row in shown.taken),
        list_sha256=shown.list_sha256, chunk=CHUNK, basis=fields.get("basis"), chosen=shown.chosen)
    opened = open_bulk(house.ledger, CaseId(case), command, actor=ActorId(caller.id))
    if isinstance(opened, Refusal):
        return opened
    return _written(house, caller, opened, asked, began, patience_ms)


def resume(
    house: House, caller: Caller, case: str, act: str, asked: Asked, *, patience_ms: int = PATIENCE_MS
) -> Done | Going | Refusal:
    """Go on with an act that was stopped, by whichever member."""
    if asked.key is not None and (receipt := house.ledger.store.answered(asked.key)) is not None:
        return done(house.ledger, receipt)
    entered = _entered(house, caller, case, version=asked.version)
    if isinstance(entered, Refusal):
        return entered
    return _going_on(house, caller, case, act, asked, time.monotonic(), 0 if asked.dry_run else patience_ms)


def abandon(
    house: House, caller: Caller, case: str, act: str, fields: dict[str, Any], asked: Asked
) -> Done | Refusal:
    """Give an act up: none of its rows ever takes effect."""
    command = bulks.AbandonBulk(role=SUPERVISOR, words=fields.get("words"))

    def decide(reading: Reading, found: Case, by: Actor) -> Decision:
        return bulks.decide_bulk_abandonment(found, _act_of(house, reading, act), command, by)

    return in_case(house, caller, case, asked, decide)


# What is shown


class _Entered(NamedTuple):
    by: Actor
    case: Case
    version: int


def _entered(house: House, caller: Caller, case: str, *, version: int | None) -> _Entered | Refusal:
    """Give the case to whoever works on it, as it stands; how it stands is not told to others."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    by = present(reading, caller)
    if no := standing(by, SUPERVISOR):
        return no
    reach = reached(reading, case, by)
    found = reach if isinstance(reach, Refusal) else at_work(reach, SUPERVISOR, by, though_closed=True)
    if isinstance(found, Refusal):
        return found
    entered = _Entered(by, found, reading.versions[StreamId(case)])
    return entered if version is None or version == entered.version else _stale(entered)


def _stale(entered: _Entered) -> Refusal:
    return Refusal.because("stale_version", version=entered.version)


def _shown(house: House, caller: Caller, case: str, fields: dict[str, Any]) -> Preview | Refusal:
    """The list as everything stands now, each entry decided as it will be."""
    entered = _entered(house, caller, case, version=None)
    if isinstance(entered, Refusal):
        return entered
    deed, basis = Deed(fields["act"]), fields.get("basis")
    begun = may_begin(entered.case, deed, SUPERVISOR, entered.by)
    if isinstance(begun, Refusal):
        return begun
    listed = _listed(house, entered, fields)
    if isinstance(listed, Refusal):
        return listed
    names, beyond = listed
    if len(names) > BULK_MOST:
        return Refusal.because("too_many_entries", rows=len(names), most=BULK_MOST)
    on = grounds_of(entered.case, deed, SUPERVISOR, fields.get("words") or "-", basis or "-")
    rows = _rows(house, on, names, entered.by)
    lines = (f"{row.claim} {row.version} {row.refused or '-'}" for row in rows)
    digest = list_digest(f"{case} {deed}", lines)
    return Preview(entered.case, entered.version, deed, chosen_of(fields), rows, beyond, digest)


def _listed(
    house: House, entered: _Entered, fields: dict[str, Any]
) -> tuple[tuple[ClaimId, ...], int] | Refusal:
    """Which entries are asked about, and how many more a choice meets that the case does not name."""
    named = entered.case.concerned.claims
    if "claims" in fields:
        return tuple(dict.fromkeys(fields["claims"])), 0
    if chosen_of(fields) is None:
        return named, 0
    met = chosen_entries(house, entered.by, fields)
    if isinstance(met, Refusal):
        return met
    wanted = frozenset(met)
    kept = tuple(one for one in named if one in wanted)
    return kept, len(wanted) - len(kept)


def _rows(house: House, on: bulks.Grounds, names: tuple[ClaimId, ...], by: Actor) -> tuple[Row, ...]:
    entries = house.ledger.load_each(names, claims.evolve)
    whose = dict.fromkeys(one.state.person for name, one in entries.items()
                          if one.state is not None and name in on.named)
    people = house.ledger.load_each(list(whose), persons.evolve)
    rows = []
    for name in names:
        loaded = entries[name]
        entry = loaded.state
        if name not in on.named or entry is None:  # What it is, is told of the case's own entries alone.
            rows.append(_refused(name, 0, None, Refusal.because("claim_not_of_case")))
            continue
        person = people[entry.person]
        if loaded.held_by is not None or person.state is None or person.held_by is not None:
            rows.append(_refused(name, loaded.version, entry, Refusal.because("held_by_act")))
            continue
        decided = decide_row(on, entry, person.state, by)
        rows.append(_refused(name, loaded.version, entry, decided) if isinstance(decided, Refusal)
                    else _row(name, loaded.version, entry)._replace(becomes=_BECOMES[on.deed]))
    return tuple(rows)


def _refused(name: ClaimId, version: int, entry: claims.Claim | None, no: Refusal) -> Row:
    line = refusals.lines().get(no.code)
    return _row(name, version, entry)._replace(refused=no.code, why=None if line is None else line.detail)


def _row(name: ClaimId, version: int, entry: claims.Claim | None) -> Row:
    if entry is None:
        return Row(name, version, None, None, None, None, None, None, None)
    hours = None if entry.ruling is None else format_hours(entry.ruling.assessed_centi)
    return Row(name, version, entry.person, str(entry.status), entry.year, hours, None, None, None)


# What is done


def _going_on(
    house: House, caller: Caller, case: str, act: str, asked: Asked, began: float, patience_ms: int
) -> Done | Going | Refusal:
    bulk = resume_bulk(house.ledger, CaseId(case), act, actor=ActorId(caller.id), role=SUPERVISOR)
    return bulk if isinstance(bulk, Refusal) else _written(house, caller, bulk, asked, began, patience_ms)


def _written(
    house: House, caller: Caller, bulk: Bulk, asked: Asked, began: float, patience_ms: int
) -> Done | Going | Refusal:
    """Write what is left of the list for as long as there is patience, at least some of it, and close."""
    first = None if patience_ms == 0 else bulk.rows_done

    def goes_on(now: Bulk) -> bool:
        return now.rows_done == first or (time.monotonic() - began) * 1_000 < patience_ms

    written = write_on(house, caller, bulk, goes_on)
    if isinstance(written, Refusal):
        return written
    if written.rows_next:
        version = house.ledger.store.version(written.case)
        return Going(written.case, version, written.act.id, written.opened.rows, written.rows_done,
                     written.opened.effect)
    return close(house, caller, written, asked)


def write_on(house: House, caller: Caller, bulk: Bulk, goes_on: Callable[[Bulk], bool]) -> Bulk | Refusal:
    """Write the list chunk by chunk until it is written, or nobody wants to go on; gives how it stands then."""
    tries = _TRIES
    while bulk.rows_next and goes_on(bulk):
        try:
            written = bulk.write()
        except Conflict:  # Somebody else goes on with it, too, or wrote to one of its people: read again.
            again = resume_bulk(house.ledger, bulk.case, bulk.act.id, actor=ActorId(caller.id), role=SUPERVISOR)
            if isinstance(again, Refusal):
                return again
            tries = tries - 1 if again.rows_done == bulk.rows_done else _TRIES
            if not tries:
                raise
            bulk = again
            continue
        if isinstance(written, Refusal):
            return written
    return bulk


def close(house: House, caller: Caller, bulk: Bulk, asked: Asked) -> Done | Refusal:
    """Put every row in force at once."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor

    def decide(reading: Reading) -> Decision:
        by = present(reading, caller)
        found = reached(reading, bulk.case, by)
        if isinstance(found, Refusal):
            return found
        command = bulks.CloseBulk(role=SUPERVISOR)
        return bulks.decide_bulk_closing(found, _act_of(house, reading, bulk.act.id), command, by)

    return do(house.ledger, by_actor(caller, actor, SUPERVISOR), asked._replace(version=None), decide)


def _act_of(house: House, reading: Reading, act: str) -> acts.Act | None:
    """The act itself, read for this decision."""
    found, version = house.ledger.load_act(act)
    reading.versions[StreamId(act)] = version
    return found
