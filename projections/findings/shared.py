"""What entries share: from one entry to every other one that shows, names, came from or was decided by the same.

    certificate, number   its certificate by issuer and number; by the number alone, cards and classes too
    evidence              a file, the same to the byte          picture, document   what a file tells of its making
    device, address       whence it was sent
    class, organiser      where it was earned                   approver, hour      who decided it, in which hour

To share is no fault. A class of fifty shares its class, its organiser, its notice and the minute in which its roster
closed; an office approves whatever its area sends in. Where that is so it is said with the count (`guards`) and nothing
is hidden. What is counted, and so far as it is counted, are other entries than those that were begun with.

A second step goes on from whatever was found to what several of those share among themselves. No step goes on from
a crowd: of what more than `FURTHER_MOST` entries share the next step would be half the register, and it says so.

Who has what is read in `having.py`. `tests/projections/findings/test_shared.py` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from projections.findings.having import (
    DIMENSIONS,
    Key,
    Member,
    Traced,
    clues_of,
    having,
    is_of_one_person,
    keys_of,
    of_claims,
    papers_of,
)

KEYS_MOST: Final = 16
"""So much of what many entries have is followed, whatever most of them have first."""
STARTS_MOST: Final = 400
FURTHER_MOST: Final = 100
FURTHER_CLAIMS_MOST: Final = 400
FURTHER_KEYS_MOST: Final = 12


class Shared(NamedTuple):
    """Something that was begun with, and who else has it."""

    key: Key
    starts: int            # So many of the entries that were begun with have it.
    claims: int            # So many others,
    persons: int           # of so many other people,
    within: int            # so many of them within sight;
    same_class: int        # so many of the very class that was begun with.
    records: int           # Cards, classes and studies that have it beside entries.
    is_more: bool          # More than are counted.
    guards: tuple[str, ...]

    @property
    def is_telling(self) -> bool:
        """Say whether others have it who have no reason to."""
        return self.claims > 0 and not self.guards


class Further(NamedTuple):
    """Something that several of those found share among themselves, and that was not begun with."""

    key: Key
    through: tuple[Key, ...]   # By which of the first step they were found.
    claims: int
    persons: int


class Pivot(NamedTuple):
    """What was begun with, what it shares, and a step further."""

    starts: tuple[str, ...]
    left: int                          # So many keys of theirs were not followed.
    shared: tuple[Shared, ...]
    further: tuple[Further, ...]
    stopped: tuple[Key, ...]           # From these nothing further was sought: too many have them.
    members: dict[Key, list[Member]]   # Of each key, the others within sight, oldest first.


def pivot(traced: Traced, starts: Sequence[str] = (), keys: Sequence[Key] = ()) -> Pivot:
    """Begin with entries, or with something that entries may have."""
    begun = tuple(dict.fromkeys(starts))[:STARTS_MOST]
    had = Counter(dict.fromkeys(keys, 0)) if keys else keys_of(traced, begun)
    wanted = _in_order(had)
    own = of_claims(traced, begun)
    shared, members, stopped = [], {}, []
    with_issuer: list[list[Member]] = []
    for key in wanted[:KEYS_MOST]:
        one, others = _shared(traced, key, had[key], own)
        if key.dimension == "certificate":
            with_issuer.append(others)
        elif key.dimension == "number" and not one.records and others in with_issuer:
            continue  # The number by itself says no more than it does with its issuer.
        shared.append(one)
        members[key] = [each for each in others if each.within]
        if one.claims > FURTHER_MOST:
            stopped.append(key)
    further = _further(traced, shared, members, {*had})
    return Pivot(begun, max(0, len(wanted) - KEYS_MOST), tuple(shared), tuple(further), tuple(stopped), members)


def _in_order(had: Counter[Key]) -> list[Key]:
    """What most of them have first; among equals what says most by itself."""
    return sorted(had, key=lambda key: (-had[key], DIMENSIONS.index(key.dimension), key.value))


def _shared(traced: Traced, key: Key, starts: int, own: Sequence[Member]) -> tuple[Shared, list[Member]]:
    """Who else has it, and what there is to say for them."""
    found, records, is_more = having(traced, key)
    begun, people = {one.claim for one in own}, {one.person for one in own}
    classes = {one.training_class for one in own} - {None}
    others = sorted(one for one in found if one.claim not in begun)
    same_class = sum(one.training_class in classes for one in others)
    shared = Shared(
        key, starts, len(others), len({one.person for one in others} - people), sum(one.within for one in others),
        same_class, len(records), is_more, tuple(_guards(traced, key, own, others, same_class)) if others else ())
    return shared, others


def _guards(
    traced: Traced, key: Key, own: Sequence[Member], others: Sequence[Member], same_class: int
) -> Iterable[str]:
    """What speaks for those who share it, as codes; `GUARDS` says each in Chinese."""
    everyone = [*own, *others]
    if key.dimension in ("class", "organiser", "approver"):
        yield key.dimension
    if key.dimension == "hour":
        yield "one_act" if any(one.act is not None for one in everyone) else "hour"
    if key.dimension in ("device", "address") and len({one.unit for one in everyone}) == 1:
        yield "one_unit"
    if key.dimension == "evidence" and not is_of_one_person(traced, key.value):
        yield "notice"
    if key.dimension not in ("class", "hour") and same_class == len(others):
        yield "same_class"


GUARDS: Final = {
    "class": "同班的人本就同班。",
    "organiser": "一个主办单位办许多班，参加的人多是常事。",
    "approver": "账号按职责办理本地区、本单位的申报，经其手不说明什么。",
    "hour": "忙时一小时办理很多件是常事。",
    "one_act": "整批登记的在同一时刻生效，不是逐件办理的。",
    "one_unit": "都是同一单位的：一个单位常共用一台电脑、一个网络出口。",
    "notice": "不是写明本人的证书：通知、日程一类的材料，许多人可以出示同一份。",
    "same_class": "都是同一班的：同班的人可以出示同一份材料。",
}


# A step further


def _further(
    traced: Traced, shared: Sequence[Shared], members: dict[Key, list[Member]], begun: set[Key]
) -> list[Further]:
    """What two or more of the people found have in common, that nobody began with; whatever most of them have first."""
    through: dict[str, list[Key]] = {}
    for key in (each.key for each in shared if 0 < each.claims <= FURTHER_MOST):
        for member in members[key]:
            through.setdefault(member.claim, []).append(key)
    claims = sorted(through)[:FURTHER_CLAIMS_MOST]
    people: dict[str, str] = {}
    by_key: dict[Key, list[str]] = {}
    for one in of_claims(traced, claims):
        people[one.claim] = one.person
        for key in _own_keys(one):
            by_key.setdefault(key, []).append(one.claim)
    for claim, sha256 in papers_of(traced, claims) if claims else ():
        by_key.setdefault(Key("evidence", sha256), []).append(claim)
    for claim, key in clues_of(traced, claims):
        by_key.setdefault(key, []).append(claim)
    found = Counter({key: len(having) for key, having in by_key.items()
                     if key not in begun and len({people.get(claim) for claim in having}) > 1})
    return [_led(key, by_key[key], through, people) for key in _in_order(found)[:FURTHER_KEYS_MOST]]


def _own_keys(one: Member) -> Iterable[Key]:
    if one.training_class:
        yield Key("class", one.training_class)
    if one.organiser:
        yield Key("organiser", one.organiser)
    if one.decided_by:
        yield Key("approver", one.decided_by)


def _led(key: Key, claims: Sequence[str], through: dict[str, list[Key]], people: dict[str, str]) -> Further:
    by = dict.fromkeys(each for claim in claims for each in through[claim])
    return Further(key, tuple(sorted(by, key=lambda one: DIMENSIONS.index(one.dimension))), len(claims),
                   len({people[claim] for claim in claims if claim in people}))
