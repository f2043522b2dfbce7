"""The ledger as other rooms use it: decided again after a lost race, and a person forgotten whatever is killed."""

from __future__ import annotations

import signal
import threading
from datetime import date
from pathlib import Path

import pytest
from ledger_kit import (
    BY,
    FIRST,
    LI,
    OFFICER,
    SECOND,
    WANG,
    House,
    check,
    identity,
    open_house,
    settle,
    small_house,
    submission,
    submit,
)

from ledger.errors import Refusal
from ledger.events.base import By, Draft, Words
from ledger.events.person import Identity, KeyDestroyed
from ledger.keys.ring import KeyGone
from ledger.keys.vault import Absent
from ledger.ledger import DECISIONS_MAX, Deciding
from ledger.offline.verify import verify_proof
from ledger.proving import prove_event
from ledger.stores.append import Guard, GuardMoved, NameTaken, Receipt, RequestKey, StreamMoved
from ledger.streams import claim as claims
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.vocabulary import PersonId, StreamId
from tests.forked import PYTHON, run

REQUEST = RequestKey(b"k" * 32, b"f" * 32)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = open_house(tmp_path / "house")
    settle(house)
    submit(house, FIRST, LI, "0042")
    return house


def withdrawal(house: House) -> Deciding:
    """Decide to withdraw, on the claim as it is; the person is only read."""
    loaded = house.ledger.load_free(FIRST, claims.evolve)
    person = house.ledger.load(LI, persons.evolve)
    assert person.state is not None
    drafts = review.decide_withdrawal(loaded.state, review.WithdrawClaim(person=LI), person.state)
    return Deciding(drafts, {StreamId(FIRST): loaded.version}, (Guard(StreamId(LI), person.version),))


def lift(house: House) -> None:
    """Restrict and lift: two events on the person's stream."""
    officer = house.actor(OFFICER)
    restrict = persons.RestrictPerson(role="registrar", basis="第四十七条", words="本人要求")
    house.record(persons.decide_restriction(house.person(LI), restrict, officer))
    house.record(persons.decide_restriction_lift(
        house.person(LI), persons.LiftRestriction(role="registrar", basis="已核"), officer))


# Recording and reading


def test_what_is_recorded_is_read_back_whole(tmp_path: Path) -> None:
    house = small_house(tmp_path / "house")
    recorded = house.ledger.read(0, 100)
    assert [each.position for each in recorded] == list(range(1, 19))
    times = [each.envelope.recorded_at for each in recorded]
    assert times == sorted(set(times))
    opened = house.ledger.opened(recorded[8])
    assert isinstance(opened, Identity) and opened.name_normalised == "李明0"
    assert house.ledger.opened(recorded[1]) is None, "verifying a unit says nothing of people"
    assert house.ledger.at(9) == recorded[8]
    assert house.ledger.at(0) is house.ledger.at(19) is house.ledger.at(-1) is None
    assert house.ledger.find(identity(0).id_name()) == LI
    assert house.ledger.find(identity(7).id_name()) is None
    words = house.ledger.opened(recorded[15])
    assert isinstance(words, Words) and words.words == "核查中"


def test_a_stream_that_is_not_there_has_no_state_and_version_nought(house: House) -> None:
    assert house.ledger.load("clm_never", claims.evolve)[:3] == (None, 0, None)


def test_a_decision_that_lost_a_race_is_made_again_on_what_then_stands(house: House) -> None:
    seen: list[int] = []

    def decision() -> Deciding:
        decided = withdrawal(house)
        seen.append(decided.guards[0].version)
        if len(seen) <= 2:
            lift(house)  # Somebody else is faster, twice.
        return decided

    receipt = house.ledger.decide(decision, by=BY)
    assert isinstance(receipt, Receipt)
    assert seen == [2, 4, 6]
    assert house.claim(FIRST).status is claims.Status.WITHDRAWN


def test_a_decision_that_loses_every_time_says_what_it_lost_on(house: House) -> None:
    tries: list[int] = []

    def decision() -> Deciding:
        decided = withdrawal(house)
        tries.append(1)
        lift(house)
        return decided

    with pytest.raises(GuardMoved) as caught:
        house.ledger.decide(decision, by=BY)
    assert len(tries) == DECISIONS_MAX
    assert (caught.value.stream, caught.value.actual - caught.value.expected) == (LI, 2)
    assert house.claim(FIRST).status is claims.Status.UNDER_REVIEW


def test_a_name_that_is_taken_is_not_decided_again(house: House) -> None:
    tries: list[int] = []

    def decision() -> Deciding:
        tries.append(1)
        command = submission(SECOND, LI, "0042")
        return Deciding(review.decide_submission(None, command, house.person(LI)))

    with pytest.raises(NameTaken) as caught:
        house.ledger.decide(decision, by=BY)
    assert (len(tries), caught.value.kind, caught.value.holder) == (1, "certificate", FIRST)
    house.ledger.decide(lambda: withdrawal(house), by=BY)  # The holder gives it back.
    assert isinstance(house.ledger.decide(decision, by=BY), Receipt)


def test_a_refusal_is_given_back_and_nothing_is_written(house: House) -> None:
    size = house.store.size()
    refusal = Refusal.because("no_such_thing", day="2026-05-20")
    assert house.ledger.decide(lambda: Deciding(refusal), by=BY) is refusal
    assert house.store.size() == size


def test_a_request_that_was_done_is_answered_again_though_it_would_now_be_refused(house: House) -> None:
    first = house.ledger.decide(lambda: withdrawal(house), by=BY, request=REQUEST)
    again = house.ledger.decide(lambda: withdrawal(house), by=BY, request=REQUEST)
    assert isinstance(first, Receipt) and isinstance(again, Receipt)
    assert (again.first, again.replayed) == (first.first, True)
    refused = house.ledger.decide(lambda: withdrawal(house), by=BY)
    assert isinstance(refused, Refusal) and refused.code == "claim_not_open"


def test_of_a_crowd_that_decides_on_one_claim_exactly_one_wins(house: House) -> None:
    outcomes: list[Receipt | Refusal] = []
    threads = [threading.Thread(target=lambda: outcomes.append(house.ledger.decide(lambda: withdrawal(house), by=BY)))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Receipt"] + ["Refusal"] * 7


def test_a_version_that_was_not_read_cannot_be_written_over(house: House) -> None:
    with pytest.raises(StreamMoved):
        house.ledger.record(review.decide_submission(None, submission(FIRST, LI, "0099"), house.person(LI)), by=BY)  # type: ignore[arg-type]


def test_a_name_stands_at_the_event_that_reserved_it_also_in_the_middle_of_a_batch(house: House) -> None:
    one = review.decide_submission(None, submission(SECOND, WANG, "0043"), house.person(WANG))
    withdrawn = withdrawal(house).drafts
    assert isinstance(one, tuple) and isinstance(withdrawn, tuple)
    positions = house.record((*withdrawn, *one))
    (held,) = [held for held in house.store.names() if held.reservation.holder == SECOND]
    assert held.position == positions[1]
    assert check(house).holds


# Restriction


def test_a_restricted_persons_data_is_stored_and_nothing_else(house: House) -> None:
    restrict = persons.RestrictPerson(role="registrar", basis="第四十七条", words="本人要求停止处理")
    house.record(persons.decide_restriction(house.person(LI), restrict, house.actor(OFFICER)))
    assert house.person(LI).is_restricted
    refused = review.decide_submission(None, submission(SECOND, LI, "0043"), house.person(LI))
    assert isinstance(refused, Refusal) and refused.code == "person_restricted"
    recorded = house.ledger.at(house.store.size())
    assert recorded is not None and house.ledger.opened(recorded) == Words(words="本人要求停止处理")


# Forgetting a person


def destruction(house: House, person: PersonId = LI) -> Deciding:
    loaded = house.ledger.load_free(person, persons.evolve)
    if loaded.state is not None and (no := persons.closed_to_processing(loaded.state)):
        return Deciding(no)
    event = KeyDestroyed(person=person, basis="request", final_after=date(2026, 7, 1))
    return Deciding((Draft(event),), {StreamId(person): loaded.version})


def is_forgotten(house: House) -> bool:
    """Every trace of one person reads as destroyed, everyone else's as before, and all of it is proved."""
    ledger, note, policy = house.ledger, house.signer().checkpoint(), house.policy
    opened = {each.position: (each.envelope.key_owner, ledger.opened(each)) for each in ledger.read(0, 100)}
    for position, (owner, sealed) in opened.items():
        verify_proof(prove_event(house.store, position, note), policy)
        if owner != LI:
            assert not isinstance(sealed, Absent)
        elif sealed is not None and sealed is not Absent.DESTROYED:
            return False
    return ledger.find(identity(0).id_name()) is None and ledger.find(identity(1).id_name()) == WANG


def test_a_forgotten_person_reads_as_destroyed_and_every_proof_still_holds(house: House) -> None:
    assert not is_forgotten(house)
    before = [prove_event(house.store, position, house.signer().checkpoint()) for position in (9, 13)]
    receipt = house.ledger.destroy_key(LI, lambda: destruction(house), by=BY, request=REQUEST)
    assert isinstance(receipt, Receipt)
    assert is_forgotten(house)
    for proof in before:
        verify_proof(proof, house.policy)
    assert house.vault.marked() == []
    report = check(house)
    assert report.holds and report.names is not None, report
    again = house.ledger.destroy_key(LI, lambda: destruction(house), by=BY, request=REQUEST)
    assert isinstance(again, Receipt) and again.replayed
    refused = house.ledger.destroy_key(LI, lambda: destruction(house), by=BY)
    assert isinstance(refused, Refusal) and refused.code == "key_destroyed"


def test_nothing_more_is_sealed_for_a_forgotten_person_whoever_decided_it_before(house: House) -> None:
    late = review.decide_submission(None, submission(SECOND, LI, "0043"), house.person(LI))
    house.ledger.destroy_key(LI, lambda: destruction(house), by=BY)
    with pytest.raises(KeyGone):
        house.record(late)
    assert house.store.version(SECOND) == 0


def test_whoever_was_forgotten_may_register_again_as_another(house: House) -> None:
    house.ledger.destroy_key(LI, lambda: destruction(house), by=BY)
    new = PersonId("per_new")
    house.record(persons.decide_person_registration(
        None, persons.RegisterPerson(person=new, identity=identity(0))))
    assert house.ledger.find(identity(0).id_name()) == new
    assert check(house).holds


def test_a_refused_destruction_leaves_key_and_vault_as_they_were(house: House) -> None:
    refusal = Refusal.because("own_record")
    assert house.ledger.destroy_key(LI, lambda: Deciding(refusal), by=BY) is refusal
    assert house.vault.marked() == [] and not is_forgotten(house)


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[3])
from pathlib import Path
from ledger_kit import BY, LI, open_house
from test_ledger import destruction

house = open_house(Path(sys.argv[1]))
owner, name = {"record": (house.store, "append"), "key": (house.vault, "destroy")}[sys.argv[2].split()[1]]
done = getattr(owner, name)

def killed(*given, **named):
    if sys.argv[2].startswith("after"):
        done(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, killed)
house.ledger.destroy_key(LI, lambda: destruction(house), by=BY)
"""


@pytest.mark.parametrize(
    ("moment", "is_recorded"),
    [("before record", False), ("after record", True), ("before key", True), ("after key", True)],
)
def test_a_destruction_that_is_killed_is_finished_by_the_next_opening(
    house: House, moment: str, is_recorded: bool
) -> None:
    size = house.store.size()
    house.close()
    here = str(Path(__file__).parent)
    done = run([str(PYTHON), "-c", KILLED, str(house.folder), moment, here], text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    reopened = open_house(house.folder)
    assert reopened.store.size() == size + is_recorded
    assert is_forgotten(reopened) is is_recorded
    assert reopened.vault.is_destroyed(LI) is is_recorded
    assert reopened.vault.marked() == ([] if is_recorded else [LI]), "a mark alone decides nothing"
    assert check(reopened).holds
    outcome = reopened.ledger.destroy_key(LI, lambda: destruction(reopened), by=BY)
    assert isinstance(outcome, Refusal if is_recorded else Receipt)
    assert is_forgotten(reopened)
    assert reopened.vault.marked() == []


def test_a_destruction_is_no_part_of_an_act_that_may_be_abandoned(house: House) -> None:
    with pytest.raises(AssertionError):
        house.ledger.destroy_key(LI, lambda: destruction(house), by=By(actor="a", role="r", act="act_1"))  # type: ignore[arg-type]
