"""A second factor that is shown: at a login, and again before what is grave; and of whom one is demanded.

A code is tried under a count of its own, beside that of passwords and made like it: whoever fails waits and nobody is
shut out, least of all by somebody who knows no password, since only then is a code asked for.

What is grave (`fresh`) is done by whoever showed theirs within a quarter of an hour. A program that bears a token types
no codes and is asked for none, but to give out what opens an account.

`tests/api/test_http_second_factor.py` shows it.
"""

from __future__ import annotations

from typing import Literal

from api.cases.doing import Reading
from api.house import House
from api.operational.accounts import Try
from api.operational.callers import Caller
from api.operational.second_factor import FRESH_S
from ledger.errors import Refusal
from ledger.ids import PREFIXES

Next = Literal["in", "code", "enrol"]


def is_demanded(house: House, holder: str) -> bool:
    """Say whether this installation demands a second factor of somebody."""
    rule = house.factors.rule
    if rule.demands_of_all or not rule.demands_of_offices or not holder.startswith(PREFIXES["actor"]):
        return rule.demands_of_all
    actor = Reading(house.ledger).actor(holder)
    return actor is not None and rule.demands(scope.role for scope in actor.scopes)


def after_first(house: House, holder: str, *, by_provider: bool = False) -> Next:
    """What is asked of somebody who has shown a first factor; a provider's word may count for both."""
    if by_provider and house.factors.rule.sign_on_counts:
        return "in"
    if house.factors.has(holder).since is not None:
        return "code"
    return "enrol" if is_demanded(house, holder) else "in"


def tried(holder: str, address: str) -> Try:
    """What the tries of somebody's codes are counted under, apart from those of their password."""
    return Try(f"{holder}\0second factor", address)


def show(house: House, holder: str, code: str, address: str) -> Literal["clock", "paper"] | Refusal:
    """Take a code of somebody's, or say why not."""
    counted = tried(holder, address)
    if (left := house.accounts.begin(counted, now=house.now)) > 0:
        return Refusal.because("login_delayed", retry_after=left)
    kind = house.factors.accept(holder, code, now=house.now)
    if kind is None:
        return Refusal.because("factor_wrong")
    house.accounts.succeeded(counted, now=house.now)
    return kind


def show_again(house: House, caller: Caller, code: str, address: str) -> Caller | Refusal:
    """Take a code of somebody who is in already, and give them as whoever has just shown it."""
    assert caller.opened is not None, "whoever is in came in with something"
    kind = show(house, caller.id, code, address)
    if isinstance(kind, Refusal):
        return kind
    house.operations.shown(caller.opened.digest, now=house.now)
    return caller._replace(opened=caller.opened._replace(shown_at=house.now))


def fresh(house: House, caller: Caller, *, of_tokens: bool = False) -> Refusal | None:
    """Say why something grave has to wait for a code. `of_tokens`: it is asked of whoever bears a token as well."""
    opened = caller.opened
    if opened is None or not (opened.is_session or of_tokens):
        return None
    if opened.shown_at > house.now - FRESH_S * 1_000_000:
        return None
    if house.factors.has(caller.id).since is not None or opened.shown_at:
        return Refusal.because("factor_stale")
    return Refusal.because("factor_demanded") if is_demanded(house, caller.id) else None
