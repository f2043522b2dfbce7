"""Registering somebody else: an office or a unit enters a professional who cannot do so themselves (W 4, P 7).

What is typed is checked first, for whether the number is registered already too, and read once more before it is
recorded. Who may is the use case's to say; no password is set for anyone: human resources hand over a code with which
the person sets their own. `tests/console/test_entering.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases.belonging import people
from api.cases.doing import Asked
from api.cases.holders import accounts
from api.cases.standing import acting
from api.console import deeds, sending
from api.console.belonging.registration import PERSON_FIELDS
from api.console.claiming.claim import done_before
from api.console.form import Fault, of_refusal
from api.console.screen import Asking, Page, Shown, onward
from api.console.tracing.field_words import ID_KINDS
from api.refusals.faults import BadFields
from api.refusals.refusals import status_of, turns_away
from api.routes.schemas.people import PersonBody
from ledger.envelope import decode
from ledger.errors import Refusal

NEW: Final = "/persons/new"
ENTERED: Final = "/persons/<person>/registered"


def new(asking: Asking) -> Shown:
    """The form, for those who may."""
    if isinstance(no := acting(asking.house, asking.caller), Refusal):
        return no
    if not asking.capacity.enters:
        return Refusal.because("role_not_held")
    return _form(MultiDict(), [])


def send(asking: Asking) -> Shown:
    """Check it, and show it once more; then enter the person."""
    if isinstance(no := acting(asking.house, asking.caller), Refusal):
        return no
    typed, step = request.form, request.form.get("step")
    content, faults = deeds.read(PersonBody, PERSON_FIELDS, typed)
    if faults or step == "back":
        return _form(typed, [] if step == "back" else faults)
    asked = sending.asked(asking.house, asking.caller) if step == "do" else Asked(dry_run=True)
    try:
        came = people.register(asking.house, asking.caller, content, asked)
    except BadFields as bad:
        return _form(typed, deeds.faults_at(PERSON_FIELDS, (one._asdict() for one in bad.faults)))
    if isinstance(came, Refusal):
        if turns_away(came):
            return came
        return _form(typed, [Fault("id_number", of_refusal(came).words)], status=status_of(came))
    if came.receipt is not None:
        return onward(f"/persons/{came.stream}/registered?done={came.receipt.positions[0]}")
    carried = [(one.name, typed.get(one.name, "").strip()) for one in PERSON_FIELDS]
    told = [(one.label, ID_KINDS.get(value, value) or "—")
            for one, (_, value) in zip(PERSON_FIELDS, carried, strict=True)]
    return Page("person_check.html", {"told": told, "carried": carried})


def _form(typed: MultiDict[str, str], faults: Sequence[Fault], *, status: int | None = None) -> Shown:
    return Page("person_new.html", {"fields": deeds.filled(PERSON_FIELDS, typed, faults), "faults": faults},
                status=status or (422 if faults else 200))


def entered(asking: Asking, person: str) -> Shown:
    """The page after, to whoever entered them or lets them in: their number here, and how they come in; no name."""
    return _entered(asking, person)


def hand_over(asking: Asking, person: str) -> Shown:
    """Give out a code with which they set their password: shown this once."""
    given = accounts.give_code(asking.house, asking.caller, person, sending.asked(asking.house, asking.caller))
    return given if isinstance(given, Refusal) else _entered(asking, person, given)


def _entered(asking: Asking, person: str, given: dict[str, object] | None = None) -> Shown:
    if isinstance(no := acting(asking.house, asking.caller), Refusal):
        return no
    refused = accounts.give_code(asking.house, asking.caller, person, Asked(dry_run=True))
    if isinstance(refused, Refusal) and not _is_entered_by(asking, person):
        return Refusal.because("person_absent")  # Who is registered is nobody else's to find out.
    return Page("person_entered.html", {
        "person": person, "done": done_before(asking), "given": given,
        "can_hand_over": not isinstance(refused, Refusal)}, status=200 if given is None else 201)


def _is_entered_by(asking: Asking, person: str) -> bool:
    first = next(iter(asking.house.ledger.store.stream(person)), None)
    return first is not None and decode(first[1]).by.actor == asking.caller.id
