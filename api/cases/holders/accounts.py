"""Logging in: by account name and password, set once with a code that the office above hands over; what is open, ended.

An account of a department is opened by whoever may allot it (W 5, R 8), a person's by human resources who have seen
them; whoever holds a token may set a password with it. A login tells nobody whether there is such an account: a name
that nobody bears, one without a password and a wrong one are answered alike and after the same work.

`tests/api/test_http_accounts.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

import structlog

from api.cases.belonging import people
from api.cases.doing import Asked
from api.cases.factor_shown import fresh
from api.cases.holders import actors
from api.cases.standing import handed_over, logged_in
from api.house import House
from api.operational import accounts as _accounts
from api.operational.accounts import HashingBusy, Try
from api.operational.callers import Caller
from api.outside.breached import Unusable
from api.refusals.faults import BadFields, Fault
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.identifiers import id_number
from ledger.identifiers.errors import BadIdentifier
from ledger.ids import PREFIXES
from projections.basis import written_time

_DAY_S: Final = 86_400
_BREACHED: Final = "这个口令在别处泄露过，已列入公开的清单，会最先被人试到。请换一个从没在别处用过的。"


def give_code(house: House, caller: Caller, holder: str, asked: Asked) -> dict[str, Any] | Refusal:
    """Hand over a code with which somebody sets their password, once."""
    is_person = holder.startswith(PREFIXES["person"])
    by = people.hand_for(house, caller, holder) if is_person else actors.hand_for(house, caller, holder)
    if isinstance(by, Refusal):
        return by
    if asked.key is None:
        return {"holder": holder}
    if (stale := fresh(house, caller, of_tokens=True)) is not None:
        return stale
    handed_over(house, by, holder, "persons" if is_person else "actors")
    code = house.accounts.give_code(holder, request=asked.key.key, now=house.now)
    return {"holder": holder, "code": code, "lasts_days": _accounts.CODE_LASTS_S // _DAY_S}


def set_password(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> dict[str, Any] | Refusal:
    """Set one's password: with the code, or with one's token and, where there is one, the password so far.

    Every session ends: whoever knew the old password may have opened them.
    """
    if (wrong := _accounts.unfit(fields["password"])) is not None:
        raise BadFields([Fault("/password", "password_unfit", wrong)])
    try:
        if house.outside.breached is not None and house.outside.breached.hold(fields["password"]):
            raise BadFields([Fault("/password", "password_breached", _BREACHED)])
    except Unusable as why:
        structlog.get_logger().warning("breached_unreadable", why=str(why))
        return Refusal.because("breached_unreadable")
    code, request = fields.get("code"), b"" if asked.key is None else asked.key.key
    try:
        holder = _by_code(house, code, request) if code is not None else _by_token(house, caller, fields)
        if isinstance(holder, Refusal) or asked.key is None:
            return holder if isinstance(holder, Refusal) else {"holder": holder}
        done = house.accounts.set_password(holder, fields["password"], now=house.now, code=code, request=request)
    except HashingBusy:
        return Refusal.because("login_busy")
    if not done:  # Another request has used it since.
        return Refusal.because("code_unknown")
    house.factors.turn_back(holder)
    return {"holder": holder, "sessions_ended": house.operations.end_sessions(holder)}


def _by_code(house: House, code: str, request: bytes) -> str | Refusal:
    holder = house.accounts.holder_of(code, request=request, now=house.now)
    return Refusal.because("code_unknown") if holder is None else holder


def _by_token(house: House, caller: Caller, fields: dict[str, Any]) -> str | Refusal:
    if (no := _has_account(house, caller)) is not None:
        return no
    if not house.accounts.has_password(caller.id):
        return caller.id
    tried = Try(caller.id, caller.id)  # Whoever bears a token tries the password of its holder alone, from anywhere.
    if (left := house.accounts.begin(tried, now=house.now)) > 0:
        return Refusal.because("login_delayed", retry_after=left)
    given = [fields[name] for name in ("current", "password") if name in fields]  # The new one: it was done before.
    if not any(house.accounts.is_password_of(caller.id, one) for one in given):
        return Refusal.because("password_wrong")
    house.accounts.succeeded(tried, now=house.now)
    return caller.id


def log_in(house: House, name: str, password: str, address: str) -> Caller | Refusal:
    """Say who logs in, or why nobody does."""
    holder = _named(house, name.strip())
    tried = Try(holder or name.strip().casefold(), address)
    if (left := house.accounts.begin(tried, now=house.now)) > 0:
        return Refusal.because("login_delayed", retry_after=left)
    try:
        if not house.accounts.is_password_of(holder, password) or holder is None:
            return Refusal.because("login_failed")
    except HashingBusy:
        return Refusal.because("login_busy")
    house.accounts.succeeded(tried, now=house.now)
    return Caller("person" if holder.startswith(PREFIXES["person"]) else "actor", holder)


def _named(house: House, name: str) -> str | None:
    """Whose account it is: by the account's name, or by an ID number or an id."""
    if name.startswith((PREFIXES["person"], PREFIXES["actor"])):
        return name
    found = house.ledger.find(Name("account", actors.account_of(house, name)))
    if found is not None:
        return found
    try:
        number = id_number.parse("resident_id", name, today=house.today)
    except BadIdentifier:
        return None
    return house.ledger.find(Name("id_number", f"{number.kind}:{number.normalised}"))


# What is open in somebody's name


def name_token(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> dict[str, Any] | Refusal:
    """Give whoever asks a further token with a name, for a program that acts for them."""
    if (no := _has_account(house, caller)) is not None:
        return no
    told = {"holder": caller.id, "name": fields["name"]}
    if asked.key is None:
        return told
    if (stale := fresh(house, caller, of_tokens=True)) is not None:
        return stale
    lasts = fields["lasts_days"] * _DAY_S
    token = house.operations.issue(
        caller.id, request=asked.key.key, now=house.now, lasts_s=lasts, name=fields["name"])
    return {**told, "token": token, "expires_at": written_time(house.now + lasts * 1_000_000)}


def every(house: House, caller: Caller) -> dict[str, Any] | Refusal:
    """The tokens and sessions of whoever asks; of a secret nothing."""
    if (no := _has_account(house, caller)) is not None:
        return no
    items = [
        {"credential": one.credential, "kind": one.kind, "name": one.name or None,
         "issued_at": written_time(one.issued_at),
         "expires_at": None if one.expires_at is None else written_time(one.expires_at)}
        for one in house.operations.every(caller.id, now=house.now)
    ]
    return {"holder": caller.id, "password": house.accounts.has_password(caller.id), "items": items}


def end(house: House, caller: Caller, credential: str, asked: Asked) -> dict[str, Any] | Refusal:
    """Make a token or a session of one's own worthless; one that is so already stays so."""
    if (no := _has_account(house, caller)) is not None:
        return no
    known = {one.credential for one in house.operations.every(caller.id, now=house.now)}
    if credential not in known:
        return Refusal.because("credential_absent")
    if asked.key is not None:
        house.operations.end(caller.id, credential)
    return {"holder": caller.id, "credential": credential}


def _has_account(house: House, caller: Caller) -> Refusal | None:
    return logged_in(house, caller) or (None if caller.id else Refusal.because("account_needed"))
