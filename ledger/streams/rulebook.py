"""A rulebook's life in the ledger: filed, enacted revision by revision, superseded, reported on (P 9).

The text of the law stands in its own file and is cited by digest; the ledger knows when it was enacted and nothing of
what it says. One stream a version (`ningbo-industry/2019-01-01`): a new date is an amendment and another stream, a
new revision corrects our encoding or reading on the same one, also after the version was superseded, since the years it
judged are judged by it for ever.

What is put forward, and what becomes of that: `ledger.streams.rulebook_proposal`. Only what the installation came with
was proposed by nobody here.

`tests/ledger/streams/test_rulebook_stream.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.rulebook import (
    Impact,
    ImpactReportRecorded,
    ProposalEnded,
    ProposalRefused,
    ProposalWithdrawn,
    RulebookEnacted,
    RulebookEvent,
    RulebookFiled,
    RulebookProposed,
    RulebookSuperseded,
)
from ledger.streams.decision import Command, Decision, State
from ledger.streams.standing import Actor, standing
from ledger.vocabulary import RulebookId


class Filing(NamedTuple):
    """With whom it was filed, when, as which document."""

    filed_with: str
    filed_on: date
    document: str


class Proposal(NamedTuple):
    """What was put forward, and how that ended if it did; enacted it is when its digest is among the rulebook's."""

    put: RulebookProposed
    ended: str | None = None  # refused or withdrawn.


class Rulebook(State):
    """A rulebook version as it stands. It may be filed, enacted or reported on first: its life has no one beginning."""

    rulebook: RulebookId
    filings: tuple[Filing, ...] = ()
    digests: tuple[str, ...] = ()  # Of revision 1, 2, ... in order.
    in_force_from: date | None = None
    superseded_by: RulebookId | None = None
    last_day: date | None = None
    reports: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    def proposed(self, digest: str) -> Proposal | None:
        """Give the last proposal of these bytes: one that was refused or taken back may be made anew."""
        return next((one for one in reversed(self.proposals) if one.put.digest == digest), None)

    @property
    def revision(self) -> int:
        """Give the newest revision enacted; 0 before the first."""
        return len(self.digests)


class FileRulebook(Command):
    """File it with the office above."""

    rulebook: RulebookId
    role: str
    filed_with: str
    filed_on: date
    document: str


class EnactRulebook(Command):
    """Put a revision of it forward, or in force."""

    family: str
    in_force_from: date
    revision: int
    digest: str
    document: str
    role: str

    @property
    def rulebook(self) -> RulebookId:
        """Name the version, without its revision."""
        return RulebookId(f"{self.family}/{self.in_force_from.isoformat()}")


class SupersedeRulebook(Command):
    """Say what took its place, and its last day."""

    role: str
    by_rulebook: RulebookId
    last_day: date


class RecordImpactReport(Command):
    """Record what a replay under it would change, before or after enactment."""

    rulebook: RulebookId
    role: str
    digest: str
    rulebook_digest: str
    under: tuple[RulebookId, ...]
    against: tuple[RulebookId, ...]
    log_size: int
    root: str
    impact: Impact
    region: str | None = None
    sector: str | None = None


def decide_filing(rulebook: Rulebook | None, command: FileRulebook, by: Actor) -> Decision:
    """File it; the same document with the same office once."""
    if no := standing(by, command.role):
        return no
    filing = Filing(command.filed_with, command.filed_on, command.document)
    if rulebook is not None and filing in rulebook.filings:
        return Refusal.because("already_filed", document=filing.document, filed_on=filing.filed_on)
    filed = RulebookFiled(
        rulebook=command.rulebook,
        filed_with=filing.filed_with,
        filed_on=filing.filed_on,
        document=filing.document,
    )
    return (Draft(filed),)


def decide_enactment(rulebook: Rulebook | None, command: EnactRulebook, by: Actor | None) -> Decision:
    """Enact the next revision, with bytes that no earlier one had. Filing is asked of some by P 9, not of all here.

    `by` None: the installation enacts what it came with, before there is an office that could.
    """
    if by is not None and (no := standing(by, command.role)):
        return no
    digests = () if rulebook is None else rulebook.digests
    if 1 <= command.revision <= len(digests):
        return Refusal.because("revision_enacted", revision=command.revision, digest=digests[command.revision - 1])
    if command.revision != len(digests) + 1:
        return Refusal.because("revision_out_of_order", revision=command.revision, expected=len(digests) + 1)
    if command.digest in digests:
        return Refusal.because("nothing_changed", digest=command.digest)
    enacted = RulebookEnacted(
        rulebook=command.rulebook,
        family=command.family,
        in_force_from=command.in_force_from,
        revision=command.revision,
        digest=command.digest,
        document=command.document,
    )
    return (Draft(enacted),)


def decide_supersession(rulebook: Rulebook | None, command: SupersedeRulebook, by: Actor) -> Decision:
    """Supersede what was enacted, once, not before its first day."""
    if no := standing(by, command.role):
        return no
    if rulebook is None or rulebook.in_force_from is None:
        return Refusal.because("rulebook_not_enacted")
    if rulebook.superseded_by is not None:
        return Refusal.because("already_superseded", by_rulebook=rulebook.superseded_by)
    if command.by_rulebook == rulebook.rulebook:
        return Refusal.because("superseded_by_itself", rulebook=rulebook.rulebook)
    if command.last_day < rulebook.in_force_from:
        return Refusal.because("date_out_of_order", day=command.last_day, changed_on=rulebook.in_force_from)
    superseded = RulebookSuperseded(
        rulebook=rulebook.rulebook, by_rulebook=command.by_rulebook, last_day=command.last_day
    )
    return (Draft(superseded),)


def decide_impact_report(rulebook: Rulebook | None, command: RecordImpactReport, by: Actor) -> Decision:
    """Record a report; the same one once. A draft may be reported on before anything else is known of it."""
    if no := standing(by, command.role):
        return no
    if rulebook is not None and command.digest in rulebook.reports:
        return Refusal.because("report_exists", digest=command.digest)
    recorded = ImpactReportRecorded(
        rulebook=command.rulebook,
        digest=command.digest,
        rulebook_digest=command.rulebook_digest,
        under=command.under,
        against=command.against,
        log_size=command.log_size,
        root=command.root,
        impact=command.impact,
        region=command.region,
        sector=command.sector,
    )
    return (Draft(recorded),)


def evolve(rulebook: Rulebook | None, event: RulebookEvent) -> Rulebook:
    """Accept what happened; any of its events may be the first."""
    return _EVOLVE[type(event)](Rulebook(event.rulebook) if rulebook is None else rulebook, event)


def _filed(rulebook: Rulebook, event: RulebookFiled) -> Rulebook:
    return replace(rulebook, filings=(*rulebook.filings, Filing(event.filed_with, event.filed_on, event.document)))


def _ended(rulebook: Rulebook, event: ProposalEnded) -> Rulebook:
    how = "refused" if isinstance(event, ProposalRefused) else "withdrawn"
    last = rulebook.proposed(event.digest)
    return replace(rulebook, proposals=tuple(
        one._replace(ended=how) if one is last else one for one in rulebook.proposals))


_EVOLVE: Final[dict[type[RulebookEvent], Callable[[Rulebook, Any], Rulebook]]] = {
    RulebookFiled: _filed,
    RulebookProposed: lambda rulebook, event: replace(rulebook, proposals=(*rulebook.proposals, Proposal(event))),
    ProposalRefused: _ended, ProposalWithdrawn: _ended,
    RulebookEnacted: lambda rulebook, event: replace(
        rulebook, digests=(*rulebook.digests, event.digest), in_force_from=event.in_force_from
    ),
    RulebookSuperseded: lambda rulebook, event: replace(
        rulebook, superseded_by=event.by_rulebook, last_day=event.last_day
    ),
    ImpactReportRecorded: lambda rulebook, event: replace(rulebook, reports=(*rulebook.reports, event.digest)),
}
