"""Rulebooks: proposed by one of the policy office, enacted by another, and shown to everyone with their text.

Each time they are examined. Bytes are kept before the event that cites them, so that whatever is decided under them can
be judged by them for ever. A draft is refused. `tests/api/test_rulebooks.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.cases.doing import Asked, Done, Reading, do
from api.cases.factor_shown import fresh
from api.cases.standing import POLICY_OFFICE, acting, by_actor, present
from api.house import House
from api.law_of import law_now
from api.operational.callers import FOUNDER, Caller
from ledger.errors import Refusal
from ledger.streams import rulebook as rulebooks
from ledger.streams.decision import Decision
from ledger.streams.standing import Actor, Matter, standing
from policies.analysis import analyse
from policies.archive import examine
from policies.law import Law
from policies.rulebook import Rulebook
from policies.rules import finding_words
from projections.basis import written_time
from projections.laws import Enacted, Proposed


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
        decided = rulebooks.decide_proposal(state, command, by)
        if not isinstance(decided, Refusal) and not asked.dry_run:
            house.library.archive.keep(book)
        return decided

    return do(house.ledger, by_actor(caller, actor, POLICY_OFFICE), asked, decide)


def enact(house: House, caller: Caller, digest: str, asked: Asked) -> Done | Refusal:
    """Put in force what another proposed, checked once more beside what is in force by now."""
    founder = caller.kind == FOUNDER
    actor = None if founder else _office(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = _proposed(house, digest)
    if isinstance(found, Refusal):
        return found
    if not asked.dry_run and (stale := fresh(house, caller)) is not None:
        return stale
    kept = house.library.archive.book(digest)
    assert kept.text is not None, "what was proposed quotes a text"
    book = examined(house, kept.source, kept.text.encode())
    command = rulebooks.EnactProposal(role=POLICY_OFFICE, digest=digest)

    def decide(reading: Reading) -> Decision:
        by = None if founder else reading.actor(caller.id)
        if by is not None and (no := standing(by, POLICY_OFFICE, _matter(book))):
            return no
        state = reading.state(f"rul_{found.rulebook}", rulebooks.evolve)
        return rulebooks.decide_enactment_of_proposal(state, command, by)

    by = caller.by(FOUNDER) if actor is None else by_actor(caller, actor, POLICY_OFFICE)
    done = do(house.ledger, by, asked, decide, upon=f"rul_{found.rulebook}", show=view)
    if not isinstance(done, Refusal) and done.receipt is not None:
        house.settled(done.receipt.first)  # From here on every decision in this house rests on it.
    return done


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
    return found[0] if found else Refusal.because("proposal_absent", digest=digest)


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
    no = may_see_proposals(house, caller)
    return no or {"items": [_proposal_view(house, one, as_of) for one in house.answers.proposals(as_of=as_of)]}


def may_see_proposals(house: House, caller: Caller) -> Refusal | None:
    """Say no to whoever is neither of the policy office nor installed the system."""
    found = None if caller.kind == FOUNDER else _office(house, caller)
    return found if isinstance(found, Refusal) else None


def proposal(house: House, caller: Caller, digest: str) -> tuple[dict[str, Any], int] | Refusal:
    """One proposal with its source and the text it quotes, at the version of the rulebook that an enactment is upon."""
    if (no := may_see_proposals(house, caller)) is not None:
        return no
    found = _proposed(house, digest)
    if isinstance(found, Refusal):
        return found
    book = house.library.archive.book(digest)
    version = house.ledger.store.version(f"rul_{found.rulebook}")
    return {**_proposal_view(house, found), "source": book.source.decode(), "text": book.text}, version


def _proposal_view(house: House, one: Proposed, as_of: int | None = None) -> dict[str, Any]:
    enacted = next((each.event for each in house.answers.rulebooks(as_of) if each.digest == one.digest), None)
    return {"id": one.id, "digest": one.digest, "document": one.document, "proposed_by": one.actor,
            "event": one.event, "recorded_at": written_time(one.recorded_at), "enacted": enacted}


def view(rulebook: rulebooks.Rulebook) -> dict[str, Any]:
    """A rulebook's life so far."""
    return {
        "rulebook": rulebook.rulebook,
        "in_force_from": rulebook.in_force_from,
        "revision": rulebook.revision,
        "digests": list(rulebook.digests),
        "proposed": [one.digest for one in rulebook.proposals],
        "superseded_by": rulebook.superseded_by,
        "last_day": rulebook.last_day,
        "impact_reports": list(rulebook.reports),
    }


def enacted_view(one: Enacted) -> dict[str, Any]:
    """One enacted revision."""
    return {
        "id": one.id, "family": one.family, "in_force_from": one.in_force_from, "revision": one.revision,
        "digest": one.digest, "document": one.document, "event": one.event, "superseded_by": one.superseded_by,
        "last_day": one.last_day,
    }


def every(house: House, *, as_of: int) -> dict[str, Any]:
    """Every rulebook that had been enacted by a position, by id."""
    return {"items": [enacted_view(one) for one in house.answers.rulebooks(as_of)]}


def one(house: House, name: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """One revision that had been enacted by a position, with its source and the text it quotes."""
    found = next((each for each in house.answers.rulebooks(as_of) if each.id == name), None)
    if found is None:
        return Refusal.because("rulebook_absent", rulebook=name)
    book = house.library.archive.book(found.digest)
    version = f"{found.family}/{found.in_force_from}"
    announced = [one.digest for one in house.answers.impact_reports(as_of, rulebook=version)]
    return {**enacted_view(found), "impact_reports": announced, "source": book.source.decode(), "text": book.text}


def words(house: House) -> dict[str, Any]:
    """The words that the law as of now understands: what may be sent as sector, route, level and so on."""
    known = law_now(house.answers).vocabulary
    return {
        "sectors": dict(known.sectors),
        "categories": dict(known.categories),
        "levels": dict(known.levels),
        "routes": [
            {
                "route": route.code, "name": route.name, "categories": list(route.categories),
                "quantity": list(route.quantity), "needs": list(route.needs), "levels": list(route.levels),
                "level_optional": route.level_optional, "ranked": route.ranked,
            }
            for route in known.routes.values()
        ],
    }
