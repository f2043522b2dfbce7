"""Many entries of a case at once: held, released, revoked, reinstated after an appeal; in force as one or never.

The case says what will be done and to which entries, each with the version that was shown; the larger act
(`ledger.streams.act`) is opened, closed and abandoned in the same appends as the case says so. Each row is a decision
of the entry's own stream (`ledger.streams.claim_register`): what a case does to many is what an office does to one, and
each is refused for the same reasons. An entry that has changed since it was shown stops the act: nothing is ever done
that nobody looked at. It can then be abandoned, and the list be looked at anew.

Reading: entries are revoked on what was found. While nothing is, or when it was ruled out, they are held and released.
Reading: one act at a time in a case. Two lists over the same entries would each be shown what the other undoes.

`tests/ledger/streams/test_case_bulk_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.case import LISTED_MOST, CaseId, Chosen
from ledger.events.case_bulk import BulkAbandoned, BulkClosed, BulkListed, BulkOpened
from ledger.streams import act as acts
from ledger.streams.act import Act
from ledger.streams.case import Bulk, Case, Finding, at_work
from ledger.streams.claim import Claim
from ledger.streams.claim_register import (
    FreezeClaim,
    ReinstateClaim,
    ReleaseClaim,
    RevokeClaim,
    decide_freeze,
    decide_reinstatement,
    decide_release,
    decide_revocation,
)
from ledger.streams.decision import Command, Decision, spoken
from ledger.streams.person import Person
from ledger.streams.standing import Actor
from ledger.vocabulary import ActId, ClaimId

BULK_MOST: Final = 20_000
"""So many entries in one act: half a minute at most, and a list of half a megabyte."""


class Deed(StrEnum):
    """What is done to each entry of a list."""

    HOLD = "hold"            # 冻结
    RELEASE = "release"      # 解冻
    REVOKE = "revoke"        # 撤销
    REINSTATE = "reinstate"  # 恢复


FOUNDED: Final = (Deed.REVOKE, Deed.REINSTATE)
"""What names its basis, entry by entry."""


class OpenBulk(Command):
    """Do the same to every entry of a list, as it was shown."""

    role: str
    act: ActId
    deed: Deed
    words: str
    claims: tuple[ClaimId, ...]
    versions: tuple[int, ...]
    list_sha256: str
    chunk: int
    basis: str | None = None
    chosen: Chosen | None = None


class CloseBulk(Command):
    """Let every row take effect, at once."""

    role: str


class AbandonBulk(Command):
    """Let none ever take effect."""

    role: str
    words: str | None = None


class Grounds(NamedTuple):
    """What every row of one act is decided on."""

    case: CaseId
    role: str
    deed: Deed
    words: str
    basis: str
    named: frozenset[ClaimId]   # Of the case,
    held: frozenset[ClaimId]    # and of these what was ever held in it.


def grounds_of(case: Case, deed: Deed, role: str, words: str, basis: str | None) -> Grounds:
    """Gather what every row is decided on."""
    return Grounds(case.case, role, deed, words, basis or "", frozenset(case.concerned.claims), frozenset(case.held))


def decide_row(on: Grounds, claim: Claim, person: Person, by: Actor) -> Decision:
    """Do to one entry of the case what is done to all, or say why it cannot be done to this one."""
    if claim.claim not in on.named:
        return Refusal.because("claim_not_of_case", claims=[claim.claim])
    if on.deed is Deed.RELEASE and claim.claim not in on.held:
        return Refusal.because("not_held_in_case")  # What another case or office holds is theirs to release.
    return _ROWS[on.deed](on, claim, person, by)


_ROWS: Final[dict[Deed, Callable[[Grounds, Claim, Person, Actor], Decision]]] = {
    Deed.HOLD: lambda on, claim, person, by: decide_freeze(
        claim, FreezeClaim(role=on.role, words=on.words, case=on.case), person, by),
    Deed.RELEASE: lambda on, claim, person, by: decide_release(
        claim, ReleaseClaim(role=on.role, words=on.words, case=on.case), person, by),
    Deed.REVOKE: lambda on, claim, person, by: decide_revocation(
        claim, RevokeClaim(role=on.role, basis=on.basis, words=on.words, case=on.case), person, by),
    Deed.REINSTATE: lambda on, claim, person, by: decide_reinstatement(
        claim, ReinstateClaim(role=on.role, basis=on.basis, words=on.words), person, by),
}


def may_begin(case: Case | None, deed: Deed, role: str, by: Actor) -> Case | Refusal:
    """Give a case in which this may be done to entries now, or say why not."""
    known = at_work(case, role, by, though_closed=deed is Deed.REINSTATE)
    if isinstance(known, Refusal):
        return known
    if (open_one := known.bulk_open) is not None:
        return Refusal.because("bulk_open", act=open_one.opened.act)
    return _unfounded(known, deed) or known


def decide_bulk_opening(case: Case | None, command: OpenBulk, by: Actor) -> Decision:
    """Fix the list and open the act that will write it, in one append."""
    known = may_begin(case, command.deed, command.role, by)
    if isinstance(known, Refusal):
        return known
    if not command.claims:
        return Refusal.because("bulk_empty")
    if len(command.claims) > BULK_MOST:
        return Refusal.because("too_many_entries", rows=len(command.claims), most=BULK_MOST)
    if command.deed in FOUNDED and not (command.basis or "").strip():
        return Refusal.because("basis_missing")
    if (words := spoken(command.words)) is None:
        return Refusal.because("words_missing")
    opening = acts.OpenAct(act=command.act, kind=f"case_{command.deed}", rows=len(command.claims),
                           chunk=command.chunk, list_sha256=command.list_sha256)
    opened = acts.decide_opening(None, opening)
    if isinstance(opened, Refusal):
        return opened
    bulk = BulkOpened(
        case=known.case, act=command.act, effect=command.deed.value, rows=len(command.claims),
        list_sha256=command.list_sha256, hand=by.hand, basis=command.basis, chosen=command.chosen)
    parts = [
        Draft(BulkListed(case=known.case, act=command.act, claims=command.claims[at:at + LISTED_MOST],
                         versions=command.versions[at:at + LISTED_MOST]))
        for at in range(0, len(command.claims), LISTED_MOST)]
    return (Draft(bulk, words), *parts, *opened)


def going_on(case: Case | None, act: str, role: str, by: Actor) -> tuple[Case, Bulk] | Refusal:
    """Give what is being done and is not over, which any member may go on with."""
    known = at_work(case, role, by, though_closed=True)
    if isinstance(known, Refusal):
        return known
    found = next((one for one in known.bulks if one.opened.act == act), None)
    if found is None:
        return Refusal.because("act_absent")
    return (known, found) if found.status == "open" else Refusal.because("act_ended", status=found.status)


def decide_bulk_closing(case: Case | None, act: Act | None, command: CloseBulk, by: Actor) -> Decision:
    """Close when every row is written: case and act say so together."""
    found = _with_act(case, act, command.role, by)
    if isinstance(found, Refusal):
        return found
    known, bulk = found
    if no := _unfounded(known, Deed(bulk.opened.effect)):  # The finding may have changed while it was written.
        return no
    closed = acts.decide_act_closing(act, acts.CloseAct())
    if isinstance(closed, Refusal):
        return closed
    return (Draft(BulkClosed(case=known.case, act=bulk.opened.act, rows=bulk.opened.rows, hand=by.hand)), *closed)


def decide_bulk_abandonment(case: Case | None, act: Act | None, command: AbandonBulk, by: Actor) -> Decision:
    """Abandon whatever is written of it."""
    found = _with_act(case, act, command.role, by)
    if isinstance(found, Refusal):
        return found
    known, bulk = found
    given_up = acts.decide_abandonment(act, acts.AbandonAct())
    if isinstance(given_up, Refusal):
        return given_up
    done = 0 if act is None else act.rows_done
    said = BulkAbandoned(case=known.case, act=bulk.opened.act, rows_done=done, hand=by.hand)
    return (Draft(said, spoken(command.words)), *given_up)


def _unfounded(case: Case, deed: Deed) -> Refusal | None:
    """Say that nothing was found on which entries could be revoked."""
    if deed is Deed.REVOKE and case.finding not in (Finding.SUBSTANTIATED, Finding.REFERRED):
        return Refusal.because("not_substantiated", finding=case.finding)
    return None


def _with_act(case: Case | None, act: Act | None, role: str, by: Actor) -> tuple[Case, Bulk] | Refusal:
    return Refusal.because("act_absent") if act is None else going_on(case, act.act, role, by)
