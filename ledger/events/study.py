"""One study, in the words and quantities that a rulebook rules on: its facts, its papers, what the law made of it.

A fact is recorded, never its worth: the hours an approver saw (核定学时) are recorded with the rulebook that gave them,
because that is what was decided; the hours that count after caps (计入学时) are an answer and stand nowhere here.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from ledger.events.base import Name, Open, Part, Pseudonym, Sealed, Secret
from ledger.vocabulary import Category, RulebookId

CERTIFICATE: Final = "certificate"
"""The kind of the name that a certificate is reserved under."""
ROSTER_CARD: Final = "roster_card"
"""The kind of the name that a card's number on a roster is reserved under."""


class Evidence(Part):
    """One paper or file that shows the study: its digest, never its content."""

    kind: Open[str]    # certificate, notice, schedule, card, roster, cover, contents, text, ...
    sha256: Open[str]
    issued_on: Open[date | None] = None


class Study(Part):
    """The facts of one study, as claimed: the words and quantities that a rulebook rules on.

    Routes, levels and further fields are open words: rulebooks declare them.
    """

    category: Open[Category]
    route: Open[str]
    evidence_on: Open[date]  # The date of the evidence decides the year and the law (E 10).
    level: Open[str | None] = None
    starts: Open[date | None] = None
    ends: Open[date | None] = None
    year: Open[int | None] = None  # Chosen when the occasion spans two years.
    days_half: Open[int | None] = None
    subjects: Open[int | None] = None
    courses: Open[int | None] = None
    characters: Open[int | None] = None
    minutes: Open[int | None] = None
    hours_centi: Open[int | None] = None
    confirmed_centi: Open[int | None] = None
    document: Open[str | None] = None
    rank: Open[int | None] = None
    participants: Open[int | None] = None
    joint_first: Open[bool] = False
    organiser: Open[str | None] = None
    organiser_level: Open[str | None] = None
    approved_by: Open[str | None] = None
    filing: Open[str | None] = None
    filed_on: Open[date | None] = None
    training_class: Open[str | None] = None
    completed_by: Open[str | None] = None
    platform: Open[str | None] = None
    major: Open[str | None] = None
    occasion: Pseudonym[str | None] = None
    output: Pseudonym[str | None] = None
    further: Open[dict[str, str]] = msgspec.field(default_factory=dict)


class StudyDetails(Sealed):
    """What of a study tells about people: titles, numbers, places, other authors, words, the device that sent it."""

    title: Secret[str]
    certificate_issuer: Secret[str | None] = None
    certificate_number: Secret[str | None] = None
    location: Secret[str | None] = None
    authors: Secret[tuple[str, ...]] = ()
    file_names: Secret[tuple[str, ...]] = ()
    words: Secret[str | None] = None
    address: Secret[str | None] = None
    device: Secret[str | None] = None
    override_reason: Secret[str | None] = None  # Why an authority that corrected it gave more than is ordinary,
    correction_reason: Secret[str | None] = None  # and why an office put it right at all.


class Ruling(Part):
    """What the law made of the study when someone decided: handed in from outside, never asked for here."""

    assessed_centi: Open[int]
    status: Open[str]  # ruled, manual, ...
    rulebook: Open[RulebookId | None] = None
    digest: Open[str | None] = None  # SHA-256 of the rulebook's bytes.
    clauses: Open[tuple[str, ...]] = ()  # What it rests on; where an authority gave the hours, its document last.
    flags: Open[tuple[str, ...]] = ()
    ordinary_centi: Open[int | None] = None  # What its row ordinarily gives, where an authority gave more (N 6(1)).


def certificate_name(issuer: str | None, number: str, person: str) -> Name:
    """The name under which a certificate is reserved: for its person, so two people who show one are no conflict."""
    return Name(CERTIFICATE, f"{issuer or ''}:{number}:{person}")


def roster_card_name(organiser: str, number: str) -> Name:
    """The name under which a card's number on a roster is reserved: an organiser gives it to one person once (D01)."""
    return Name(ROSTER_CARD, f"{organiser}:{number}")
