"""The second factor of an account: set up, confirmed by a code, given up, and taken away when the device is gone.

Setting one up wants the password where there is one, and changing it a code: whoever found a session open cannot put
their own device in its holder's place. One that this installation demands can be changed and not given up. Of a lost
device its holder has codes on paper; without these, whoever could hand them a code for a password takes the factor
away, with a reason, which is recorded in the access log before it happens, and every session ends.

`tests/api/test_http_second_factor.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.cases.belonging import people
from api.cases.doing import Asked
from api.cases.factor_shown import fresh, is_demanded, show_again, tried
from api.cases.holders import actors
from api.cases.looked import record_looks
from api.cases.standing import logged_in
from api.house import House
from api.operational.accounts import HashingBusy, Try
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.ids import PREFIXES
from projections.basis import written_time

REASONS: Final = {"lost": "设备遗失", "broken": "设备损坏或更换", "suspected": "疑为他人所用", "left": "持有人已离岗"}
"""Why a factor is taken away, by the code that is recorded."""


def state(house: House, caller: Caller) -> dict[str, Any] | Refusal:
    """What whoever asks has, and whether it is demanded."""
    if (no := _has_account(house, caller)) is not None:
        return no
    has = house.factors.has(caller.id)
    return {"holder": caller.id, "since": None if has.since is None else written_time(has.since),
            "recovery_codes_left": has.paper_left, "demanded": is_demanded(house, caller.id)}


def enrol(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> dict[str, Any] | Refusal:
    """Offer a secret; it counts once a code of it was given back."""
    if no := _has_account(house, caller) or _may_change(house, caller, fields):
        return no
    if asked.key is None:
        return {"holder": caller.id}
    offered = house.factors.offer(caller.id, request=asked.key.key, now=house.now)
    return {"holder": caller.id, "secret": offered.secret, "address": offered.address}


def confirm(house: House, caller: Caller, code: str, asked: Asked, address: str) -> dict[str, Any] | Refusal:
    """Take what was offered, with a code of it; the codes on paper are shown this once."""
    if (no := _has_account(house, caller)) is not None:
        return no
    if asked.key is None:
        return {"holder": caller.id}
    papers = taken(house, caller.id, code, asked.key.key, address)
    if isinstance(papers, Refusal):
        return papers
    if caller.opened is not None:
        house.operations.shown(caller.opened.digest, now=house.now)
    return {"holder": caller.id, "recovery_codes": list(papers)}


def taken(house: House, holder: str, code: str, request: bytes, address: str) -> tuple[str, ...] | Refusal:
    """Take what was offered, also from somebody whose login is only half done."""
    counted = tried(holder, address)
    if (left := house.accounts.begin(counted, now=house.now)) > 0:
        return Refusal.because("login_delayed", retry_after=left)
    papers = house.factors.take(holder, code, request=request, now=house.now)
    if papers is None:
        is_offered = house.factors.offered(holder, now=house.now) is not None
        return Refusal.because("factor_wrong" if is_offered else "factor_not_offered")
    house.accounts.succeeded(counted, now=house.now)
    return papers


def check(house: House, caller: Caller, code: str, asked: Asked, address: str) -> dict[str, Any] | Refusal:
    """Check a code once more, before an act that is grave."""
    if no := _has_account(house, caller) or _absent(house, caller.id):
        return no
    if asked.key is None:
        return {"holder": caller.id}
    shown = show_again(house, caller, code, address)
    return shown if isinstance(shown, Refusal) else {
        "holder": caller.id, "recovery_codes_left": house.factors.has(caller.id).paper_left}


def new_papers(house: House, caller: Caller, asked: Asked) -> dict[str, Any] | Refusal:
    """Give new codes on paper; the old ones open nothing any more."""
    if no := _has_account(house, caller) or _absent(house, caller.id) or fresh(house, caller, of_tokens=True):
        return no
    if asked.key is None:
        return {"holder": caller.id}
    return {"holder": caller.id,
            "recovery_codes": list(house.factors.new_papers(caller.id, request=asked.key.key))}


def give_up(house: House, caller: Caller, asked: Asked) -> dict[str, Any] | Refusal:
    """Give it up, where the installation does not demand one."""
    if no := _has_account(house, caller) or _absent(house, caller.id) or fresh(house, caller, of_tokens=True):
        return no
    if is_demanded(house, caller.id):
        return Refusal.because("factor_kept")
    if asked.key is not None:
        house.factors.drop(caller.id)
    return {"holder": caller.id}


def reset(house: House, caller: Caller, holder: str, reason: str, asked: Asked) -> dict[str, Any] | Refusal:
    """Take away a factor whose holder has lost it; by whoever may hand them a setup code for their password."""
    is_person = holder.startswith(PREFIXES["person"])
    by = people.hand_for(house, caller, holder) if is_person else actors.hand_for(house, caller, holder)
    if isinstance(by, Refusal):
        return by
    if no := fresh(house, caller, of_tokens=True) or _absent(house, holder):
        return no
    if asked.key is None:
        return {"holder": holder, "reason": reason}
    record_looks(house, by, (holder,), f"factor_reset_{reason}", what=("second_factor",),
                 route="persons" if is_person else "actors")
    house.factors.drop(holder)
    return {"holder": holder, "reason": reason, "sessions_ended": house.operations.end_sessions(holder)}


def _may_change(house: House, caller: Caller, fields: dict[str, Any]) -> Refusal | None:
    """Say why somebody may not set one up now: it takes a code of the present one, or else the password."""
    if house.factors.has(caller.id).since is not None:
        return fresh(house, caller, of_tokens=True)
    if not house.accounts.has_password(caller.id):
        return None
    counted = Try(caller.id, caller.id)
    if (left := house.accounts.begin(counted, now=house.now)) > 0:
        return Refusal.because("login_delayed", retry_after=left)
    try:
        if not house.accounts.is_password_of(caller.id, fields.get("current", "")):
            return Refusal.because("password_wrong")
    except HashingBusy:
        return Refusal.because("login_busy")
    house.accounts.succeeded(counted, now=house.now)
    return None


def _absent(house: House, holder: str) -> Refusal | None:
    return Refusal.because("factor_absent") if house.factors.has(holder).since is None else None


def _has_account(house: House, caller: Caller) -> Refusal | None:
    return logged_in(house, caller) or (None if caller.id else Refusal.because("account_needed"))
