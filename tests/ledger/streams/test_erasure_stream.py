"""How a person comes to be forgotten: who proposes it, who takes it back, and who may destroy the key when."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace
from stream_cast import LI, PERSON, WANG, actor, drafts, event, outcome, read_table, sealed_fits

from ledger.events.actor import Scope
from ledger.events.base import Hand
from ledger.events.person import ErasureProposed, KeyDestroyed, PersonRestricted, RestrictionLifted
from ledger.streams import erasure
from ledger.streams.decision import Decision, rebuild
from ledger.streams.person import Person, closed_to_processing, evolve
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId

ROLE, DOCUMENT, RESTS_UNTIL = "registrar", "申〔2026〕7号", date(2026, 7, 1)
REGISTRAR = actor("registrar", Scope(role=ROLE, region="33"), person=WANG)
OTHER = Hand(actor=ActorId("acr_other"))
PROPOSED = ErasureProposed(person=LI, hand=OTHER, basis="request", document=DOCUMENT, asked_on=date(2026, 5, 30),
                           not_before=RESTS_UNTIL)
STANDING = replace(PERSON, is_restricted=True, erasure=PROPOSED)

STATES: dict[str, Person | None] = {
    "absent": None,
    "affiliated": PERSON,
    "restricted": replace(PERSON, is_restricted=True),
    "proposed": STANDING,
    "own": replace(STANDING, erasure=replace(PROPOSED, hand=REGISTRAR.hand)),
    "forgotten": replace(PERSON, is_forgotten=True),
}


def proposal(**other: Any) -> erasure.ProposeErasure:
    given = {"role": ROLE, "basis": "request", "document": DOCUMENT, "asked_on": date(2026, 5, 30),
             "not_before": RESTS_UNTIL, "words": "本人书面申请", **other}
    return erasure.ProposeErasure(**given)


def destruction(**other: Any) -> erasure.DestroyKey:
    given = {"role": ROLE, "document": DOCUMENT, "on": RESTS_UNTIL, "final_after": date(2026, 8, 1), **other}
    return erasure.DestroyKey(**given)


COMMANDS: dict[str, Callable[[Person | None, Actor], Decision]] = {
    "Propose": lambda person, by: erasure.decide_erasure_proposal(person, proposal(), by),
    "Withdraw": lambda person, by: erasure.decide_erasure_withdrawal(
        person, erasure.WithdrawErasure(role=ROLE, words="申请人改变主意"), by),
    "TakeBack": lambda person, _: erasure.decide_erasure_withdrawal(
        person, erasure.WithdrawErasure(asking=LI, words="不删了")),
    "Destroy": lambda person, by: erasure.decide_key_destruction(person, destruction(), by),
}

MATRIX = read_table("""
          absent         affiliated       restricted       proposed         own              forgotten
Propose   person_absent  ErasureProposed  ErasureProposed  erasure_proposed erasure_proposed key_destroyed
Withdraw  person_absent  erasure_absent   erasure_absent   ErasureWithdrawn ErasureWithdrawn key_destroyed
TakeBack  person_absent  erasure_absent   erasure_absent   ErasureWithdrawn ErasureWithdrawn key_destroyed
Destroy   person_absent  erasure_absent   erasure_absent   KeyDestroyed     same_hand        key_destroyed
""")


@pytest.mark.parametrize(("command", "state"), list(itertools.product(COMMANDS, STATES)))
def test_a_step_towards_oblivion_does_what_the_matrix_says(command: str, state: str) -> None:
    decision = COMMANDS[command](STATES[state], REGISTRAR)

    assert _first(decision) == MATRIX[command, state]
    if isinstance(decision, tuple):
        assert all(sealed_fits((draft,)) for draft in decision)
        assert {draft.event.stream for draft in decision} == {LI}


def _first(decision: Decision) -> str:
    return outcome(decision[:1] if isinstance(decision, tuple) else decision)


@pytest.mark.parametrize("command", ["Propose", "Withdraw", "Destroy"])
def test_nobody_decides_that_they_themselves_are_forgotten_nor_outside_their_scope(command: str) -> None:
    for code, by in {
        "own_record": replace(REGISTRAR, person=LI),
        "role_not_held": replace(REGISTRAR, scopes=()),
        "outside_scope": replace(REGISTRAR, scopes=(Scope(role=ROLE, region="3301"),)),
    }.items():
        assert outcome(COMMANDS[command](STANDING, by)) == code


def test_from_the_proposal_on_nothing_is_registered_and_whoever_withdraws_gives_back_what_was() -> None:
    proposed = _recorded(PERSON, erasure.decide_erasure_proposal(PERSON, proposal(), REGISTRAR))
    stopped = closed_to_processing(proposed)

    assert stopped is not None and stopped.code == "person_restricted"
    assert _recorded(proposed, COMMANDS["Withdraw"](proposed, REGISTRAR)) == PERSON


def test_whoever_was_restricted_before_stays_so_when_a_proposal_is_withdrawn() -> None:
    before = replace(PERSON, is_restricted=True)
    decided = drafts(erasure.decide_erasure_proposal(before, proposal(), REGISTRAR))

    assert not any(isinstance(draft.event, PersonRestricted) for draft in decided)
    proposed = _recorded(before, decided)
    taken_back = drafts(COMMANDS["Withdraw"](proposed, REGISTRAR))
    assert not any(isinstance(draft.event, RestrictionLifted) for draft in taken_back)
    assert _recorded(proposed, taken_back) == before


def test_what_an_authority_ordered_is_not_the_persons_to_take_back() -> None:
    ordered = replace(STANDING, erasure=replace(PROPOSED, basis="order"))

    assert outcome(COMMANDS["TakeBack"](ordered, REGISTRAR)) == "erasure_ordered"
    assert _first(COMMANDS["Withdraw"](ordered, REGISTRAR)) == "ErasureWithdrawn"


def test_nobody_takes_back_what_somebody_else_asked_for() -> None:
    asking = erasure.WithdrawErasure(asking=WANG, words="不删了")

    assert outcome(erasure.decide_erasure_withdrawal(STANDING, asking)) == "not_the_one_to_be_forgotten"


def test_the_same_person_under_another_account_is_no_second_hand() -> None:
    proposed = replace(STANDING, erasure=replace(PROPOSED, hand=replace(OTHER, person=WANG)))

    assert outcome(COMMANDS["Destroy"](proposed, REGISTRAR)) == "same_hand"


def test_the_day_before_the_rest_is_over_is_too_early_and_another_document_is_another_person() -> None:
    early = erasure.decide_key_destruction(STANDING, destruction(on=date(2026, 6, 30)), REGISTRAR)
    wrong = erasure.decide_key_destruction(STANDING, destruction(document="申〔2026〕8号"), REGISTRAR)

    assert (outcome(early), outcome(wrong)) == ("erasure_too_early", "erasure_of_another_document")


def test_what_is_said_is_said_in_words() -> None:
    assert outcome(erasure.decide_erasure_proposal(PERSON, proposal(words=" "), REGISTRAR)) == "words_missing"
    silent = erasure.WithdrawErasure(role=ROLE, words=" ")
    assert outcome(erasure.decide_erasure_withdrawal(STANDING, silent, REGISTRAR)) == "words_missing"


def test_a_destroyed_key_frees_the_number_and_ends_the_proposal() -> None:
    destroyed = event(COMMANDS["Destroy"](STANDING, REGISTRAR))

    assert isinstance(destroyed, KeyDestroyed)
    assert (destroyed.basis, destroyed.freed()) == ("request", {"id_number"})
    assert evolve(STANDING, destroyed) == replace(STANDING, erasure=None, is_forgotten=True)


def _recorded(person: Person, decision: Decision) -> Person:
    found = rebuild(lambda state, one: evolve(state or person, one), [draft.event for draft in drafts(decision)])
    assert found is not None
    return found
