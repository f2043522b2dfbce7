"""Whoever organises trainings, and whoever answers them: who acts, in which role, in the words of the law.

With whom something is filed is read from the duties of the rulebooks in force where the organiser sits (P 11, N 7,
W 13); whoever answers does so in one of those roles, at the level that the text names. What an organiser that is no
more had in hand is carried on by whoever acts for the one that it went up in (`ledger.streams.succession`).

`tests/api/test_training_filings.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from api.cases.doing import EVOLVE, Asked, Done, Reading, do
from api.cases.standing import HUMAN_RESOURCES, UNIT, acting, by_actor, of_another_level, present, role_for
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.ids import kind_of
from ledger.streams.decision import Decision
from ledger.streams.standing import OF_A_UNIT, Actor, Matter
from ledger.streams.training_hands import of_organiser
from ledger.streams.unit import Unit
from ledger.vocabulary import UnitId
from policies.authority import Office

ORGANISING: Final = ("recognised_organiser", UNIT, "sector_authority", HUMAN_RESOURCES)
"""Who may hold a class: bases, institutions, universities, firms (P 11), and departments themselves (W 14)."""

_What = TypeVar("_What")
Filed = tuple[_What, Matter, tuple[str, ...], tuple[Office, ...]]
"""What was filed, as a matter, with which roles, and the offices that the law names."""


def organising(
    house: House, caller: Caller, asked: Asked, decide_it: Callable[[Reading, str, Actor], Decision], *,
    upon: str | None = None, of: str | None = None, show: Callable[[Any], dict[str, Any]] | None = None,
) -> Done | Refusal:
    """Do something for the organisation that one acts for, or for the organiser of what it is about.

    `of`: the plan, class or card that it is about, where that is not what it is done upon.
    """
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    role = speaking_role(actor, _organiser_of(house, of or upon) or actor.organisation)

    def decide(reading: Reading) -> Decision:
        return decide_it(reading, role, present(reading, caller))

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=upon, show=show)


def _organiser_of(house: House, name: str | None) -> str | None:
    """Whose plan, class or card it is."""
    found = None if name is None else Reading(house.ledger).state(name, EVOLVE[kind_of(name)])
    return None if found is None else str(found.organiser)


def speaking_role(actor: Actor, organiser: str) -> str:
    """The role in which an account speaks for an organiser; else one that it holds, for the refusal to speak of."""
    speaking = (role for role in ORGANISING if of_organiser(UnitId(organiser), role, actor) is None)
    return next(speaking, None) or role_for(actor, ORGANISING, None)


def organisers_of(actor: Actor) -> tuple[str, ...]:
    """For whom an account organises: its own organisation first, then those whose trainings passed on to it."""
    named = (scope.unit for scope in actor.scopes if scope.role in OF_A_UNIT and scope.unit is not None)
    return tuple(dict.fromkeys((actor.organisation, *named)))


def answering(
    house: House, caller: Caller, asked: Asked, upon: str,
    offices: Callable[[Reading], Filed[Any] | Refusal],
    decide_it: Callable[[Any, str, Actor], Decision], show: Callable[[Any], dict[str, Any]],
) -> Done | Refusal:
    """Answer an organiser in the role of an office to which something was filed."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    seen = offices(Reading(house.ledger))
    if isinstance(seen, Refusal):
        return seen
    _, matter, roles, _ = seen
    role = role_for(actor, roles or ORGANISING, matter)

    def decide(reading: Reading) -> Decision:
        found = offices(reading)
        if isinstance(found, Refusal):
            return found
        state, matter, _, named = found
        by = present(reading, caller)
        drafts = decide_it(state, role, by)
        return drafts if isinstance(drafts, Refusal) else of_another_level(named, matter, role, by) or drafts

    return do(house.ledger, by_actor(caller, actor, role), asked, decide, upon=upon, show=show)


def sector_of(house: House, fields: dict[str, Any], organiser: Unit | None) -> str:
    """The sector that was sent, or else the organiser's own."""
    if fields.get("sector") is not None:
        by_the_words("/sector", fields["sector"], law_now(house.answers).vocabulary.sectors)
        return str(fields["sector"])
    return "" if organiser is None else organiser.seat_on(house.today).sector


def by_the_words(pointer: str, given: str, known_words: Iterable[str]) -> None:
    """The words of a filing decide with whom it is filed and which clause counts it: a misspelt one would do so too."""
    words = tuple(known_words)
    if given not in words:
        raise BadFields([Fault(pointer, "not_by_the_words_of_the_law", f"应为 {'、'.join(words)} 之一。")])
