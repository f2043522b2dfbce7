"""Whose hand speaks in matters of trainings: the organiser's own, or an office's that answers an organiser.

`tests/ledger/streams/test_training_matrix.py` shows it.
"""

from __future__ import annotations

from ledger.errors import Refusal
from ledger.streams.standing import Actor, Matter, speaks_for, standing
from ledger.vocabulary import UnitId


def of_organiser(organiser: UnitId, role: str, by: Actor) -> Refusal | None:
    """Say why this hand does not speak for the organiser. Its region and sector are not asked: it is their own.

    Whoever goes on with what a unit had in hand that is no more speaks for it, too (`ledger.streams.succession`).
    """
    if no := standing(by, role):
        return no
    if not speaks_for(by, organiser, role):
        return Refusal.because("not_the_organiser", organiser=organiser, organisation=by.organisation)
    return None


def of_office(matter: Matter, role: str, by: Actor) -> Refusal | None:
    """Say why this hand may not answer an organiser for an office: without standing, or of the organiser itself."""
    if no := standing(by, role, matter):
        return no
    if by.organisation == matter.unit:
        return Refusal.because("own_training", organisation=by.organisation)
    return None
