"""What happens to a rulebook: filed, proposed, refused or enacted, superseded, its effect reported.

Its text stands elsewhere. Rulebooks concern no person. What is said of a proposal in words is sealed all the same,
since people write names into it: under the key of the rulebook's own stream, so that nobody's forgetting takes it away.
"""

from __future__ import annotations

from datetime import date

from ledger.events.base import Event, Hand, Open, Part, Pseudonym, Words
from ledger.vocabulary import ActorId, HoursCenti, RulebookId, StreamId


class RulebookEvent(Event):
    """The base of all events of a rulebook's stream; rulebooks concern no person.

    One stream a version: `ningbo-industry/2019-01-01`. Its revisions (`.2`, `.3`) are enacted on the same stream.
    """

    rulebook: Open[RulebookId]

    @property
    def stream(self) -> StreamId:
        return StreamId(f"rul_{self.rulebook}")

    def subjects(self) -> tuple[str, ...]:
        return ()


class RulebookFiled(RulebookEvent, tag="rulebook.filed/1"):
    """Filed with the office above (备案, P 9)."""

    filed_with: Open[str]
    filed_on: Open[date]
    document: Open[str]


class RulebookProposed(RulebookEvent, tag="rulebook.proposed/1"):
    """Somebody put a revision forward to be enacted; another enacts it. The bytes are kept from here on."""

    family: Open[str]
    in_force_from: Open[date]
    revision: Open[int]
    digest: Open[str]
    document: Open[str]
    hand: Pseudonym[Hand]  # Whoever proposed does not enact.


class ProposalEnded(RulebookEvent):
    """The base of what ends a proposal without its being enacted: of the one that stood, by the digest of its bytes."""

    sealed_as = Words

    digest: Open[str]
    proposed_by: Pseudonym[ActorId]

    def subjects(self) -> tuple[str, ...]:
        return (self.stream, self.proposed_by)  # The stream first: its key seals the words.


class ProposalRefused(ProposalEnded, tag="rulebook.proposal_refused/1"):
    """Another hand looked at what was proposed, found it wrong, and said why, by a code and in words (不予施行)."""


class ProposalWithdrawn(ProposalEnded, tag="rulebook.proposal_withdrawn/1"):
    """The hand that had proposed it took it back, and said why."""


class RulebookEnacted(RulebookEvent, tag="rulebook.enacted/1"):
    """In force from a day on. The digest is that of the bytes, which every backup keeps."""

    family: Open[str]
    in_force_from: Open[date]
    revision: Open[int]
    digest: Open[str]
    document: Open[str]


class RulebookSuperseded(RulebookEvent, tag="rulebook.superseded/1"):
    """Another version or document took its place."""

    by_rulebook: Open[RulebookId]
    last_day: Open[date]


class Impact(Part):
    """The sums of a report, so that they can be read where the report is not at hand."""

    people: Open[int]
    person_years: Open[int]
    changed_people: Open[int]
    changed_person_years: Open[int]
    moved_entries: Open[int]
    gained_centi: Open[HoursCenti]
    given_up_centi: Open[HoursCenti]
    newly_failed: Open[int]
    newly_passed: Open[int]
    touched_titles: Open[int]        # Granted, and resting on fewer years met under the other law (N 10).
    touched_applications: Open[int]  # People for whom the years that count towards the next title differ (N 9).


class ImpactReportRecorded(RulebookEvent, tag="rulebook.impact_report_recorded/1"):
    """What a replay under this rulebook would change was reported, before or after enactment."""

    digest: Open[str]            # Of report.json, which names the digest of each of its files.
    rulebook_digest: Open[str]   # Of the very bytes that were replayed, a draft's as well.
    under: Open[tuple[RulebookId, ...]]
    against: Open[tuple[RulebookId, ...]]
    log_size: Open[int]          # What was known: the history up to this position, with this root.
    root: Open[str]
    impact: Open[Impact]
    region: Open[str | None] = None   # What the report was narrowed to, and its sums with it.
    sector: Open[str | None] = None
