"""Rulebooks: enacted by the policy office after they were examined, and shown to everyone with their text.

Bytes are kept before the event that cites them, so that whatever is decided under them can be judged by them for ever.
A draft is refused. `tests/api/test_rulebooks.py` shows it.
"""

from __future__ import annotations

from typing import Any

from api.callers import FOUNDER, Caller
from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import POLICY_OFFICE, acting, by_actor
from api.house import House
from api.law_of import law_now
from ledger.errors import Refusal
from ledger.streams import rulebook as rulebooks
from ledger.streams.decision import Decision
from ledger.streams.standing import Matter, standing
from policies.archive import examine
from projections.laws import Enacted


def enact(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Put a rulebook in force: read, checked, kept, and recorded; from its day on it rules."""
    founder = caller.kind == FOUNDER
    actor = None if founder else acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if actor is not None and (no := standing(actor, POLICY_OFFICE)):
        return no
    beside = [house.library.archive.book(one.digest) for one in house.answers.rulebooks()]
    book = examine(fields["source"].encode(), fields["text"].encode(), beside)
    command = rulebooks.EnactRulebook(
        family=book.family, in_force_from=book.in_force_from, revision=book.revision, digest=book.digest,
        document=book.document, role=POLICY_OFFICE,
    )
    matter = Matter(book.scope.region, book.scope.sector)  # An office makes no rules for places beyond its own.

    def decide(reading: Reading) -> Decision:
        by = None if founder else reading.actor(caller.id)
        if by is not None and (no := standing(by, POLICY_OFFICE, matter)):
            return no
        state = reading.state(f"rul_{command.rulebook}", rulebooks.evolve)
        decided = rulebooks.decide_enactment(state, command, by)
        if not isinstance(decided, Refusal) and not asked.dry_run:
            house.library.archive.keep(book)
        return decided

    by = caller.by(FOUNDER) if actor is None else by_actor(caller, actor, POLICY_OFFICE)
    done = do(house.ledger, by, asked, decide)
    if not isinstance(done, Refusal) and done.receipt is not None:
        house.settled(done.receipt.first)  # From here on every decision in this house rests on it.
    return done


def view(rulebook: rulebooks.Rulebook) -> dict[str, Any]:
    """A rulebook's life so far."""
    return {
        "rulebook": rulebook.rulebook,
        "in_force_from": rulebook.in_force_from,
        "revision": rulebook.revision,
        "digests": list(rulebook.digests),
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


def every(house: House) -> dict[str, Any] | Refusal:
    """Every rulebook that was enacted, by id."""
    if (behind := house.settled()) is not None:
        return behind
    return {"items": [enacted_view(one) for one in house.answers.rulebooks()]}


def one(house: House, name: str) -> dict[str, Any] | Refusal:
    """One enacted revision with its source and the text it quotes."""
    if (behind := house.settled()) is not None:
        return behind
    found = next((each for each in house.answers.rulebooks() if each.id == name), None)
    if found is None:
        return Refusal.because("rulebook_absent", rulebook=name)
    book = house.library.archive.book(found.digest)
    version = f"{found.family}/{found.in_force_from}"
    announced = [one.digest for one in house.answers.impact_reports(rulebook=version)]
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
