"""A bulk act of a case runs through a real ledger: in force as one or never, also where it was killed in the middle."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from ledger_kit import BUREAU, LI, OFFICER, WANG, House, check, open_house, row, settle

from ledger.acts.case_bulk import Bulk, open_bulk, resume_bulk, words_of
from ledger.errors import Refusal
from ledger.events.actor import Official, Scope
from ledger.events.base import By
from ledger.events.case import CaseId, Concerned
from ledger.events.claim import ClaimRevoked
from ledger.reading import Held
from ledger.stores.append import Receipt
from ledger.streams import actor as actors
from ledger.streams import case as cases
from ledger.streams import case_bulk as bulks
from ledger.streams import case_members as members
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams import unit as units
from ledger.streams.case import Case
from ledger.streams.case_bulk import Deed
from ledger.vocabulary import ActId, ActorId, ClaimId, PersonId
from tests.children import ended

ROLE = "supervisor"
WATCH, OTHER = ActorId("acr_watch"), ActorId("acr_other")
CASE, LIST = CaseId("cas_1"), "d" * 64
ENTRIES = tuple(ClaimId(f"clm_{number}") for number in range(5))


def by(actor: ActorId) -> By:
    return By(actor=actor, role=ROLE, organisation=BUREAU)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return lived_in(tmp_path / "house")


def lived_in(folder: Path, entries: tuple[ClaimId, ...] = ENTRIES) -> House:
    """Registered entries, and a case about them with two members that found it so."""
    house = open_house(folder)
    settle(house)
    for actor in (WATCH, OTHER):
        appoint = actors.AppointActor(
            actor=actor, account=f"account-{actor}", official=Official(name="赵敏"), role=ROLE)
        house.record(actors.decide_appointment(None, appoint, house.load(BUREAU, units.evolve), None))
        grant = actors.GrantScope(scope=Scope(role=ROLE, region="33"), role=ROLE)
        house.record(actors.decide_grant(house.actor(actor), grant, None))
    for number, entry in enumerate(entries):
        house.record(row(house, entry, (LI, WANG)[number % 2], number))
    watch = house.actor(WATCH)
    opening = cases.OpenCase(case=CASE, kind="falsification", region="330203", role=ROLE, words="同一笔迹",
                             concerned=Concerned(claims=entries))
    house.record(cases.decide_opening(None, opening, [house.claim(one) for one in entries], watch), by=by(WATCH))
    house.record(members.decide_naming(
        case_of(house), members.NameMember(role=ROLE), house.actor(OTHER), watch), by=by(WATCH))
    find = cases.RecordFinding(role=ROLE, finding=cases.Finding.SUBSTANTIATED, words="属实")
    house.record(cases.decide_finding(case_of(house), find, watch), by=by(WATCH))
    return house


def case_of(house: House) -> Case:
    found: Case = house.load(CASE, cases.evolve)
    return found


def versions(house: House) -> tuple[int, ...]:
    return tuple(house.store.version(one) for one in ENTRIES)


def begin(house: House, deed: Deed = Deed.REVOKE, actor: ActorId = WATCH, act: str = "act_1") -> Bulk:
    command = bulks.OpenBulk(
        role=ROLE, act=ActId(act), deed=deed, words="由他人代签", claims=ENTRIES, versions=versions(house),
        list_sha256=LIST, chunk=2, basis=None if deed in (Deed.HOLD, Deed.RELEASE) else "第十六条")
    return going(open_bulk(house.ledger, CASE, command, actor=actor))


def going(bulk: Bulk | Refusal) -> Bulk:
    assert isinstance(bulk, Bulk), bulk
    return bulk


def done(outcome: Receipt | Refusal) -> Receipt:
    assert isinstance(outcome, Receipt), outcome
    return outcome


def finish(bulk: Bulk) -> Receipt:
    while bulk.rows_next:
        done(bulk.write())
    return done(bulk.close())


def statuses(house: House) -> set[str]:
    return {str(house.claim(one).status) for one in ENTRIES}


def revocations(house: House) -> list[str]:
    events = (one.envelope.event for one in house.ledger.read(limit=1_000))
    return [event.claim for event in events if isinstance(event, ClaimRevoked)]


def test_rows_count_when_the_act_is_closed_and_case_and_act_say_so_together(house: House) -> None:
    bulk = begin(house)
    while bulk.rows_next:
        done(bulk.write())
        assert statuses(house) == {"approved"}, "until it is closed nothing of it is in force"
    closed = done(bulk.close())

    assert len(closed.positions) == 2
    assert statuses(house) == {"revoked"}
    assert sorted(revocations(house)) == sorted(ENTRIES)
    assert [one.status for one in case_of(house).bulks] == ["closed"]
    assert check(house).holds


def test_an_act_that_was_killed_in_the_middle_is_gone_on_with_by_another_member_and_nothing_is_doubled(
    tmp_path: Path,
) -> None:
    lived_in(tmp_path / "house").close()

    def child() -> None:
        begin(open_house(tmp_path / "house")).write()
        os.kill(os.getpid(), signal.SIGKILL)

    assert ended(child) == -signal.SIGKILL

    house = open_house(tmp_path / "house")
    bulk = going(resume_bulk(house.ledger, CASE, "act_1", actor=OTHER, role=ROLE))
    assert (bulk.rows_done, bulk.rows_next, statuses(house)) == (2, 2, {"approved"})
    assert words_of(house.ledger, CASE, "act_1") == "由他人代签"
    finish(bulk)

    assert sorted(revocations(house)) == sorted(ENTRIES), "each once"
    assert statuses(house) == {"revoked"}
    assert check(house).holds


def test_an_act_that_is_given_up_leaves_everything_as_it_was_and_may_be_begun_anew(house: House) -> None:
    bulk = begin(house)
    done(bulk.write())
    with pytest.raises(Held):
        house.ledger.load_free(ENTRIES[0], claims.evolve)
    done(bulk.abandon("名单有误"))

    assert statuses(house) == {"approved"}
    assert [one.status for one in case_of(house).bulks] == ["abandoned"]
    no = resume_bulk(house.ledger, CASE, "act_1", actor=WATCH, role=ROLE)
    assert isinstance(no, Refusal) and no.code == "act_ended"
    finish(begin(house, act="act_2"))
    assert statuses(house) == {"revoked"}


def test_an_entry_that_changed_since_it_was_shown_stops_the_act_and_nothing_of_it_takes_effect(house: House) -> None:
    bulk = begin(house)
    done(bulk.write())
    freeze = register.FreezeClaim(role=ROLE, words="另案")
    house.record(register.decide_freeze(house.claim(ENTRIES[3]), freeze, house.person(WANG), house.actor(OTHER)))

    no = bulk.write()
    assert isinstance(no, Refusal) and (no.code, no.seen["claim"]) == ("list_changed", ENTRIES[3])
    done(bulk.abandon())
    assert revocations(house) and statuses(house) == {"approved", "frozen"}


def test_a_case_whose_entries_are_held_in_bulk_is_not_closed_before_they_are_decided_on(house: House) -> None:
    finish(begin(house, Deed.HOLD))
    case, watch = case_of(house), house.actor(WATCH)
    entries = [house.claim(one) for one in ENTRIES]
    people: dict[PersonId, object] = {one: house.person(one) for one in (LI, WANG)}
    close = cases.CloseCase(role=ROLE)

    assert (set(case.held), statuses(house)) == (set(ENTRIES), {"frozen"})
    no = cases.decide_case_closing(case, close, entries, people, watch)  # type: ignore[arg-type]
    assert isinstance(no, Refusal) and no.code == "claims_undecided"
    finish(begin(house, Deed.RELEASE, act="act_2"))
    freed = [house.claim(one) for one in ENTRIES]
    assert not isinstance(cases.decide_case_closing(case_of(house), close, freed, people, watch), Refusal)  # type: ignore[arg-type]


def test_what_one_hand_revoked_another_reinstates_also_in_a_case_that_is_closed(house: House) -> None:  # D14
    finish(begin(house))
    close = cases.CloseCase(role=ROLE)
    house.record(cases.decide_case_closing(case_of(house), close, [], {}, house.actor(WATCH)), by=by(WATCH))
    same = begin(house, Deed.REINSTATE, act="act_2")
    no = same.write()
    assert isinstance(no, Refusal) and no.code == "same_hand"
    done(same.abandon())

    finish(begin(house, Deed.REINSTATE, OTHER, act="act_3"))
    assert statuses(house) == {"approved"}
    assert case_of(house).is_closed
    assert OFFICER not in case_of(house).members


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments_until_it_is_closed(
    tmp_path: Path, seed: int, record_property: Callable[[str, object], None],
) -> None:
    """The large form: a thousand entries, ten a chunk, each run killed after some milliseconds."""
    dice, entries = Random(seed), tuple(ClaimId(f"clm_{number}") for number in range(1_000))
    house = lived_in(tmp_path / "house", entries)
    shown = tuple(house.store.version(one) for one in entries)
    command = bulks.OpenBulk(
        role=ROLE, act=ActId("act_1"), deed=Deed.REVOKE, words="由他人代签", claims=entries, versions=shown,
        list_sha256=LIST, chunk=10, basis="falsified")
    going(open_bulk(house.ledger, CASE, command, actor=WATCH))
    house.close()
    kills = 0
    while _run_and_kill(tmp_path / "house", dice.uniform(0.02, 0.12)):
        kills += 1

    house = open_house(tmp_path / "house")
    record_property("tried", kills)
    after, revoked = 0, Counter[str]()
    while some := house.ledger.read(after, 1_000):
        revoked.update(one.envelope.event.claim for one in some if isinstance(one.envelope.event, ClaimRevoked))
        after = some[-1].position
    assert kills and revoked == dict.fromkeys(entries, 1)
    assert {str(house.claim(one).status) for one in entries} == {"revoked"}
    assert check(house).holds


def _run_and_kill(folder: Path, seconds: float) -> bool:
    """Go on with the act in a child that is killed after a while; whether it was still at it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            resumed = resume_bulk(open_house(folder).ledger, CASE, "act_1", actor=OTHER, role=ROLE)
            if isinstance(resumed, Bulk):  # The last one may have been killed right after it had closed it.
                finish(resumed)
            status = 0
        finally:
            os._exit(status)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)
