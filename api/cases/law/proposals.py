"""Proposed rulebooks: put forward by one of the policy office, enacted or refused by another, taken back by the first.

Before it is proposed and before it is enacted a rulebook is examined beside those in force; a draft is refused. Bytes
are kept before the event that cites them, so that whatever is decided under them can be judged by them for ever.
Whoever refuses or takes back says why: by words that everybody of the office reads, and of a refusal by a code
(`policies.reasons`) which says what to do. `tests/api/test_rulebook_proposals.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.cases.doing import Asked, Done, Reading, do
from api.cases.factor_shown import fresh
from api.cases.law.rulebooks import view
from api.cases.standing import POLICY_OFFICE, acting, by_actor, present
from api.house import House
from api.operational.callers import FOUNDER, Caller
from ledger.errors import Refusal
from ledger.events.base import wire_type
from ledger.streams import rulebook as rulebooks
from ledger.streams import rulebook_proposal as streams
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, Matter, standing
from policies.analysis import analyse
from policies.archive import examine
from policies.law import Law
from policies.reasons import reason
from policies.rulebook import Rulebook
from policies.rules import finding_words
from projections.basis import written_time
from projections.laws import Proposed


def propose(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put a revision forward: read, checked, kept, and recorded; it rules nothing until another enacts it."""
    actor = _office(house, caller)
    if isinstance(actor, Refusal):
        return actor
    book = examined(house, fields["source"].encode(), fields["text"].encode())
    command = rulebooks.EnactRulebook(
        family=book.family, in_force_from=book.in_force_from, revision=book.revision, digest=book.digest,
        document=book.document, role=POLICY_OFFICE,
    )

    def decide(reading: Reading) -> Decision:
        by = present(reading, caller)
        if no := standing(by, POLICY_OFFICE, _matter(book)):
            return no
        state = reading.state(f"rul_{command.rulebook}", rulebooks.evolve)
        decided = streams.decide_proposal(state, command, by)
        if not isinstance(decided, Refusal) and not asked.dry_run:
            house.library.archive.keep(book)
        return decided

    return do(house.ledger, by_actor(caller, actor, POLICY_OFFICE), asked, decide)


def enact(house: House, caller: Caller, digest: str, asked: Asked) -> Done | Refusal:
    """Put in force what another proposed, checked once more beside what is in force by now."""
    found = _upon(house, caller, digest)
    if isinstance(found, Refusal):
        return found
    if not asked.dry_run and (stale := fresh(house, caller)) is not None:
        return stale
    if found.ended is None:  # Of what ended nothing is to be found wrong any more: it is told that it did.
        kept = house.library.archive.book(digest)
        assert kept.text is not None, "what was proposed quotes a text"
        examined(house, kept.source, kept.text.encode())
    command = streams.EnactProposal(role=POLICY_OFFICE, digest=digest)
    done = _decided(house, caller, found, asked,
                    lambda state, by: streams.decide_enactment_of_proposal(state, command, by))
    if not isinstance(done, Refusal) and done.receipt is not None:
        house.settled(done.receipt.first)  # From here on every decision in this house rests on it.
    return done


def refuse(house: House, caller: Caller, digest: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say that what another proposed is not enacted, and why."""
    found = _upon(house, caller, digest)
    if isinstance(found, Refusal):
        return found
    command = streams.RefuseProposal(role=POLICY_OFFICE, digest=digest, words=fields["words"])
    return _decided(house, caller, found, asked.because(fields),
                    lambda state, by: streams.decide_proposal_refusal(state, command, by))


def withdraw(house: House, caller: Caller, digest: str, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Take back what oneself proposed, and say why."""
    actor = _office(house, caller)  # Whoever installed the system proposes nothing.
    if isinstance(actor, Refusal):
        return actor
    found = _proposed(house, digest)
    if isinstance(found, Refusal):
        return found
    command = streams.WithdrawProposal(role=POLICY_OFFICE, digest=digest, words=fields["words"])

    def decide(state: rulebooks.Rulebook | None, by: Actor | None) -> Decision:
        assert by is not None, "an official asks"
        return streams.decide_proposal_withdrawal(state, command, by)

    return _decided(house, caller, found, asked, decide)


def _upon(house: House, caller: Caller, digest: str) -> Proposed | Refusal:
    """The last proposal of these bytes, for whoever may decide upon it: the policy office, and the installation."""
    no = may_see(house, caller)
    return no or _proposed(house, digest)


def _decided(
    house: House, caller: Caller, found: Proposed, asked: Asked,
    decide_it: Callable[[rulebooks.Rulebook | None, Actor | None], Decision],
) -> Done | Refusal:
    """Decide upon a proposal as it stands, within one's own place; `None` decides for whoever installed the system."""
    founder = caller.kind == FOUNDER
    actor = None if founder else _office(house, caller)
    if isinstance(actor, Refusal):
        return actor
    matter, stream = _matter(house.library.archive.book(found.digest)), f"rul_{found.rulebook}"

    def decide(reading: Reading) -> Decision:
        by = None if founder else present(reading, caller)
        if by is not None and (no := standing(by, POLICY_OFFICE, matter)):
            return no
        return decide_it(reading.state(stream, rulebooks.evolve), by)

    by = caller.by(FOUNDER) if actor is None else by_actor(caller, actor, POLICY_OFFICE)
    return do(house.ledger, by, asked, decide, upon=stream, show=view)


def _office(house: House, caller: Caller) -> Actor | Refusal:
    """The actor who asks, as somebody of the policy office."""
    actor = acting(house, caller)
    return actor if isinstance(actor, Refusal) else standing(actor, POLICY_OFFICE) or actor


def examined(house: House, source: bytes, text: bytes) -> Rulebook:
    """A rulebook that is sound beside those in force; raises with every problem."""
    beside = [house.library.archive.book(one.digest) for one in house.answers.rulebooks()]
    return examine(source, text, beside)


def _matter(book: Rulebook) -> Matter:
    """An office makes no rules for places beyond its own."""
    return Matter(book.scope.region, book.scope.sector)


def _proposed(house: House, digest: str) -> Proposed | Refusal:
    if (behind := house.settled()) is not None:
        return behind
    found = house.answers.proposals(digest)
    return found[-1] if found else Refusal.because("proposal_absent", digest=digest)


# Proposals


def findings(house: House, fields: dict[str, Any]) -> dict[str, Any]:
    """What an author should look at: gaps, overlaps and rows that never speak, beside the rulebooks in force."""
    book = examined(house, fields["source"].encode(), fields["text"].encode())
    beside = (house.library.archive.book(one.digest) for one in house.answers.rulebooks())
    law = Law((*(one for one in beside if one.id != book.id), book))
    return {"findings": [{"weight": one.weight, "words": finding_words(one)} for one in analyse(law)
                         if one.rulebook == book.id]}


def proposals(house: House, caller: Caller, *, as_of: int) -> dict[str, Any] | Refusal:
    """What had been proposed by a position, oldest first, to the policy office and to whoever installed the system."""
    no = may_see(house, caller)
    return no or {"items": [_view(house, one, as_of) for one in house.answers.proposals(as_of=as_of)]}


def may_see(house: House, caller: Caller) -> Refusal | None:
    """Say no to whoever is neither of the policy office nor installed the system."""
    found = None if caller.kind == FOUNDER else _office(house, caller)
    return found if isinstance(found, Refusal) else None


def proposal(house: House, caller: Caller, digest: str) -> tuple[dict[str, Any], int] | Refusal:
    """The last proposal of these bytes, with source and text, those before it, and the rulebook's version."""
    found = _upon(house, caller, digest)
    if isinstance(found, Refusal):
        return found
    book = house.library.archive.book(digest)
    version = house.ledger.store.version(f"rul_{found.rulebook}")
    former = [_view(house, one) for one in house.answers.proposals(digest) if one.event < found.event]
    return {**_view(house, found), "former": former, "source": book.source.decode(), "text": book.text}, version


def _view(house: House, one: Proposed, as_of: int | None = None) -> dict[str, Any]:
    return {"id": one.id, "digest": one.digest, "document": one.document, "proposed_by": one.actor,
            "event": one.event, "recorded_at": written_time(one.recorded_at), **_became(house, one, as_of)}


def _became(house: House, one: Proposed, as_of: int | None) -> dict[str, Any]:
    """How a proposal stands: whether it waits, was decided upon, or can no longer be enacted."""
    if one.ended is not None:
        return {"status": one.ended, "enacted": None, "ended": _ending(house, one)}
    same = next((each for each in house.answers.rulebooks(as_of) if each.id == one.id), None)
    if same is None:
        return {"status": "open", "enacted": None, "ended": None}
    is_this = same.digest == one.digest
    return {"status": "enacted" if is_this else "overtaken", "enacted": same.event if is_this else None, "ended": None}


def _ending(house: House, one: Proposed) -> dict[str, Any]:
    """Who ended it, when and why."""
    assert one.ended_event is not None and one.ended_at is not None, "what ended has its event"
    found = house.ledger.at(one.ended_event)
    assert found is not None, "what is pointed at stands"
    given = reason(wire_type(found.envelope.event).partition("/")[0], found.envelope.by.reason)
    return {"by": one.ended_by, "event": one.ended_event, "recorded_at": written_time(one.ended_at),
            "words": getattr(house.ledger.opened(found), "words", None),
            "reason": None if given is None else given.under(())}
