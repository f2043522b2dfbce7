"""Duplicates: claims that share an occasion, an output, a certificate or another paper, since when, and how they stand.

    occasion     one study, claimed more than once by one person (E 10; AMB-30)
    output       one paper, project or patent, claimed by one person twice or by several people (D03)
    certificate  one certificate or card, the same file to the byte, for two claims or two people (D01, D02)
    paper        any other evidence for two claims of one person; among people, a notice or a schedule is rightly common

A group is something to look at, not a finding: co-authors share an output, a roster may show one file for all. What was
withdrawn no longer belongs to it; what was refused does where another person uses the same, since a forged certificate
that one office refused may come back elsewhere. A revoked claim stays, as its certificate does.

Certificate numbers are sealed and reserved under an HMAC that holds the person, so that none can be used twice by one
person; across people they cannot be compared from what stands open in the log, and are not compared here. Of one claim
it can be asked who else has reserved its number (`ledger.reading.LedgerReading.find_each`), as things stand now.

`tests/projections/test_duplicates.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

import msgspec

from ledger.events.claim import (
    ClaimCorrected,
    ClaimRefused,
    ClaimReopened,
    ClaimRevised,
    ClaimSubmitted,
    ClaimWithdrawn,
)
from ledger.events.study import Evidence, Study
from projections.files.projection import Effect, Projection, Rows, Table

KINDS: Final = ("occasion", "output", "certificate", "paper")
OF_ONE_PERSON: Final = frozenset({"certificate", "card"})
"""Evidence that names whoever it was given to: seen with two people, one of them is not that person."""


class Key(NamedTuple):
    """What claims may share; the owner is empty where people are compared with each other."""

    kind: str
    value: str
    owner: str


_KEY: Final[dict[str, type]] = dict.fromkeys(Key._fields, str)
_CLAIMS: Final = Table(
    {"claim": str, "person": str, "unit": str, "region": str, "sector": str, "keys": str}, ("claim", "from_position"))
_OF_KEY: Final = Table({**_KEY, "claim": str, "refused": int, "since": int}, (*Key._fields, "from_position"))
_SHARERS: Final = Table({**_KEY, "person": str, "claims": int}, (*Key._fields, "person", "from_position"))
_PERSON, _KEYS = _CLAIMS.places("person", "keys")
_CLAIM, _REFUSED, _SINCE = _OF_KEY.places("claim", "refused", "since")
(_SHARES,) = _SHARERS.places("claims")

_encode = msgspec.json.Encoder().encode
_keys = msgspec.json.Decoder(list[Key]).decode


def keys_of(person: str, study: Study, evidence: Sequence[Evidence]) -> list[Key]:
    """Everything by which a claim may be the same as another, each once."""
    keys = [Key("certificate", one.sha256, "") if one.kind in OF_ONE_PERSON else Key("paper", one.sha256, person)
            for one in evidence]
    if study.occasion is not None:
        keys.append(Key("occasion", study.occasion, person))
    if study.output is not None:
        keys.append(Key("output", study.output, ""))
    return keys if len(keys) < 2 else list(dict.fromkeys(keys))


def _submitted(rows: Rows, effect: Effect) -> None:
    event: ClaimSubmitted = effect.event
    claim, person, position = event.claim, event.person, effect.position
    keys = keys_of(person, event.study, event.evidence)
    rows.dated["claims"].hold(claim, [
        claim, person, event.unit, event.region, event.sector, _encode(keys).decode(), position, None])
    for key in keys:
        _take(rows, position, key, claim, person)


def _restated(rows: Rows, effect: Effect) -> None:
    event: ClaimRevised | ClaimCorrected = effect.event
    held = _held(rows, event.claim)
    wanted = keys_of(event.person, event.study, event.evidence)
    if isinstance(event, ClaimCorrected) and not event.evidence:  # A correction that shows nothing new leaves papers.
        wanted += [key for key in held if key.kind in ("certificate", "paper")]
    if set(wanted) == set(held) or (claim := rows.dated["claims"].succeed(event.claim, effect.position)) is None:
        return
    claim[_KEYS] = _encode(wanted).decode()
    for key in held:
        if key not in wanted:
            _drop(rows, effect.position, key, event.claim)
    for key in wanted:
        if key not in held:
            _take(rows, effect.position, key, event.claim, event.person)


def _withdrawn(rows: Rows, effect: Effect) -> None:
    claim: str = effect.event.claim
    for key in _held(rows, claim):
        _drop(rows, effect.position, key, claim)
    rows.dated["claims"].cease(claim, effect.position)


def _refused(rows: Rows, effect: Effect) -> None:
    _mark(rows, effect, refused=1)


def _reopened(rows: Rows, effect: Effect) -> None:
    _mark(rows, effect, refused=0)


def _mark(rows: Rows, effect: Effect, *, refused: int) -> None:
    """Let a claim count among those that share a key, or not."""
    event: ClaimRefused | ClaimReopened = effect.event
    for key in _held(rows, event.claim):
        one = {**key._asdict(), "claim": event.claim}
        if rows.change("held", effect.position, one, {"refused": refused}):
            _count(rows, effect.position, key, claims=1 - 2 * refused)
        else:
            rows.change("keys", effect.position, key._asdict(), {"refused": refused})


def _held(rows: Rows, claim: str) -> list[Key]:
    """Every key that a claim has, alone or with others."""
    row = rows.dated["claims"].holds(claim)
    return [] if row is None else _keys(row[_KEYS])


def _take(rows: Rows, position: int, key: Key, claim: str, person: str) -> None:
    """Let a claim have a key. Nearly every key is one claim's, which costs one look and one row."""
    keys = rows.dated["keys"]
    first = keys.holds(key)
    if first is None:
        keys.hold(key, [*key, claim, 0, position, position, None])
        return
    of_key, other = key._asdict(), first[_CLAIM]
    if other is not None:
        was = {"refused": first[_REFUSED], "since": first[_SINCE]}
        holder = rows.dated["claims"].holds(other)
        assert holder is not None, "whoever has a key stands"
        rows.change("keys", position, of_key, {"claim": None, "refused": 0, "since": position})
        rows.begin("held", position, {**of_key, "claim": other, "person": holder[_PERSON], **was})
        rows.begin("shared", position, {
            **of_key, "claims": 1 - was["refused"], "persons": 1, "since": position})
        _join(rows, position, key, holder[_PERSON])
    rows.begin("held", position, {**of_key, "claim": claim, "person": person, "refused": 0, "since": position})
    _count(rows, position, key, claims=1, persons=_join(rows, position, key, person))


def _drop(rows: Rows, position: int, key: Key, claim: str) -> None:
    """Let a claim have a key no longer; what is left of a group of two is one claim's alone again."""
    of_key = key._asdict()
    gone = rows.now("held", ("person", "refused"), {**of_key, "claim": claim})
    if not gone:
        rows.end("keys", position, of_key)
        return
    ((person, refused),) = gone
    rows.end("held", position, {**of_key, "claim": claim})
    left = rows.now("held", ("claim", "person", "refused", "since"), of_key) if _least(rows, of_key) else []
    parts = _part(rows, position, key, person)
    if len(left) == 1:
        ((other, whose, was, since),) = left
        _part(rows, position, key, whose)
        rows.end("held", position, {**of_key, "claim": other})
        rows.end("shared", position, of_key)
        rows.change("keys", position, of_key, {"claim": other, "refused": was, "since": since})
        return
    _count(rows, position, key, claims=refused - 1, persons=-parts)


def _join(rows: Rows, position: int, key: Key, person: str) -> int:
    """Count a claim of somebody in a group among people: 1 where it is their first. So nobody counts them all again."""
    if key.owner:
        return 0
    who = (*key, person)
    row = rows.dated["sharers"].succeed(who, position)
    if row is None:
        rows.dated["sharers"].hold(who, [*who, 1, position, None])
        return 1
    row[_SHARES] += 1
    return 0


def _part(rows: Rows, position: int, key: Key, person: str) -> int:
    """The same backwards: 1 where it was their last."""
    if key.owner:
        return 0
    row = rows.dated["sharers"].succeed((*key, person), position)
    assert row is not None, "whoever leaves a group was counted"
    row[_SHARES] -= 1
    if row[_SHARES]:
        return 0
    rows.dated["sharers"].cease((*key, person), position)
    return 1


def _least(rows: Rows, of_key: dict[str, str]) -> bool:
    """Whether a group is small enough that its last but one may be going."""
    ((claims,),) = rows.now("shared", ("claims",), of_key)
    return bool(claims <= 2)


def _count(rows: Rows, position: int, key: Key, *, claims: int = 0, persons: int = 0) -> None:
    """Say how many there now are, and since when that is more than one person's one claim."""
    ((had, whose, since),) = rows.now("shared", ("claims", "persons", "since"), key._asdict())
    begins = not _is_group(had, whose) and _is_group(had + claims, whose + persons)
    rows.change("shared", position, key._asdict(), {
        "claims": had + claims, "persons": whose + persons, "since": position if begins else since})


def _is_group(claims: int, persons: int) -> bool:
    return claims > 1 or persons > 1


class Duplicates(Projection):
    """The fold."""

    name: ClassVar = "duplicates"
    version: ClassVar = 4  # Until 3 each page read and sorted every group there is.
    weight: ClassVar = 6
    tables: ClassVar = {
        "claims": _CLAIMS,   # Where each was submitted, and what it shows.
        "keys": _OF_KEY,     # The one claim that has a key; none where several do, and the next three tell.
        "held": Table({**_KEY, "claim": str, "person": str, "refused": int, "since": int},
                      (*Key._fields, "claim", "from_position"), (("person",),)),
        "shared": Table({**_KEY, "claims": int, "persons": int, "since": int}, (*Key._fields, "from_position"),
                        (("since", *Key._fields),)),  # A page is read in its order, and no further.
        "sharers": _SHARERS,
    }
    handlers: ClassVar = {
        ClaimSubmitted: _submitted,
        ClaimRevised: _restated,
        ClaimCorrected: _restated,
        ClaimWithdrawn: _withdrawn,
        ClaimRefused: _refused,
        ClaimReopened: _reopened,
    }
