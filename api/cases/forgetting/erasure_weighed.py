"""What forgetting somebody would do, counted before it is done: what stands in the way, what goes, what stays.

Who looks into whom is for those who do: a case and an undecided finding stand in the way like anything else, under one
name that says neither. `tests/api/test_erasure.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, NamedTuple

from api.cases.doing import Reading
from api.cases.titles.petitions import application_of
from api.erasing import grounds
from api.house import SETTLE_S, House, local_date
from ledger.errors import Refusal
from ledger.streams import claim as claims
from ledger.streams import finding as findings
from ledger.streams.application import Application
from ledger.streams.application import Status as Applied
from ledger.streams.claim import Claim, Status
from ledger.streams.person import Person
from projections.applications import applications_of
from projections.basis import written_time
from projections.cases import open_about
from projections.event_kinds import kind_of, words
from projections.findings.found import of_person
from projections.sanctions import disqualifications_of
from projections.statements import statements_of
from projections.timeline_reading import events_about


class Waits(NamedTuple):
    """Something that has to end first. What is not for everyone is named by nothing but its kind."""

    kind: str
    ids: tuple[str, ...] = ()
    until: date | None = None


def in_the_way(house: House, reading: Reading, person: Person) -> list[Waits]:
    """What the rule of this installation has somebody's oblivion wait for; what is decided rests on all that is read.

    All must have been `settled`: whose claims and cases there are is asked of the answers.
    """
    names = house.answers.claims_of(person.person)
    held = [one for one in reading.states(names, claims.evolve).values() if one is not None]
    applied = _applications(house, reading, person.person)
    found = [
        _claims("claims", [one for one in held if one.is_open]),
        _claims("frozen", [one for one in held if one.status is Status.FROZEN]),
        _claims("appeals", [one for one in held if one.appeal is not None and one.appeal.outcome is None]),
        Waits("transfers", _transfers(house, person.person)),
        Waits("applications", tuple(
            str(one.application) for one in applied if one.status in (Applied.FILED, Applied.ASSESSED))),
        Waits("sanctions", tuple(str(one.application) for one in applied if one.bars(house.today))),
    ]
    wanted = house.erasing.waits_for
    waiting = [one for one in found if one.ids and one.kind in wanted]
    if "elsewhere" in wanted and _looked_into(house, reading, person.person, names):
        waiting.append(Waits("elsewhere"))
    if "kept" in wanted and (until := _kept_until(house, person.person)) is not None and house.today < until:
        waiting.append(Waits("kept", until=until))
    return waiting


def settled(house: House) -> Refusal | None:
    """Wait until the answers speak of all that stands, and until the patterns were asked once if that is waited for.

    In a service's first seconds they never were; where the first time takes longer, reading what they found says so.
    """
    if "elsewhere" in house.erasing.waits_for:
        house.detecting.wait_until_there(SETTLE_S)
    return house.settled()


def told(waiting: list[Waits]) -> list[dict[str, Any]]:
    """The same in words."""
    return [{"kind": one.kind, **grounds()[one.kind]._asdict(), "ids": list(one.ids), "until": one.until}
            for one in waiting]


def weighed(house: House, person: str) -> dict[str, Any]:
    """What nobody could read any more, how long a copy of the key would last, and what would go on being proved."""
    position = house.answers.position()
    sealed = _sealed(house, person, position)
    return {
        "unreadable": {
            "sealed": sealed,
            "evidence_files": len(house.evidence.uploaded(person)),
            "drafts": len(house.claim_drafts.every(person)),
            "credentials": len(house.operations.every(person, now=house.now)),
            "has_password": house.accounts.has_password(person),
            "has_second_factor": house.factors.has(person).since is not None,
        },
        "backups": backups(house),
        "final_after": final_after(house),
        "stays": {
            "events": len(events_about(house.answers, person, position)),
            "registered": len(house.answers.registered(person)),
            "statements": len(statements_of(house.answers, person)),
        },
    }


def backups(house: House) -> list[dict[str, Any]]:
    """The copies of the keys that are not known to be gone: until the last is, a destruction is not final."""
    return [{"name": one.name, "taken": written_time(one.taken), "expires": written_time(one.expires)}
            for one in house.ledger.vault.file.copies() if one.removed is None]


def final_after(house: House) -> date:
    """The day by which no copy of a key that is destroyed now may be left."""
    kept = [one.expires for one in house.ledger.vault.file.copies() if one.removed is None]
    return local_date(max([house.now, *kept]))


def _claims(kind: str, held: list[Claim]) -> Waits:
    return Waits(kind, tuple(str(one.claim) for one in held))


def _applications(house: House, reading: Reading, person: str) -> list[Application]:
    names = [one.application for one in applications_of(house.answers, person)]
    names += [one.application for one in disqualifications_of(house.answers, person)]
    found = (application_of(reading, name) for name in dict.fromkeys(names))
    return [one for one in found if one is not None]


def _transfers(house: House, person: str) -> tuple[str, ...]:
    found = house.answers.person(person)
    return () if found is None else tuple(one.transfer for one in found.transfers if one.status == "requested")


def _looked_into(house: House, reading: Reading, person: str, claims_of: list[str]) -> bool:
    """Whether a case is open about them, or what a pattern finds of them is not decided, as far as was looked."""
    if open_about(house.answers, [person, *claims_of]):
        return True
    for one in of_person(house.answers, person):
        state = reading.state(one.finding, findings.evolve)
        if state is None or state.status(one.facts_sha256) is findings.Status.PENDING:
            return True
    return False


def _kept_until(house: House, person: str) -> date | None:
    """The day on which the office's own term is over; None where it has none, or the person never had any hours."""
    years = house.erasing.keep_years
    positions = [one.registered_event for one in house.answers.registered(person) if one.registered_event is not None]
    if not years or not positions:
        return None
    last = house.ledger.at(max(positions))
    assert last is not None, "what the answers speak of stands in the log"
    day = local_date(last.envelope.recorded_at)
    return date(day.year + years, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


def _sealed(house: House, person: str, position: int) -> list[dict[str, Any]]:
    """How many events of which kind hold something under the person's key."""
    counted: Counter[str] = Counter()
    for number in events_about(house.answers, person, position):
        found = house.ledger.at(number)
        if found is not None and found.envelope.sealed is not None and found.envelope.key_owner == person:
            counted[kind_of(found.envelope.event)] += 1
    names = words()
    return [{"kind": kind, "name": names[kind], "events": count} for kind, count in sorted(counted.items())]
