"""What happens to a rulebook: filed, enacted, superseded, its effect reported. Its text is law and stands elsewhere."""

from __future__ import annotations

from datetime import date

from ledger.events.base import Event, Open
from ledger.vocabulary import RulebookId, StreamId


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


class ImpactReportRecorded(RulebookEvent, tag="rulebook.impact_report_recorded/1"):
    """What a replay under this rulebook would change was reported, before or after enactment."""

    digest: Open[str]
    against: Open[tuple[RulebookId, ...]]
    log_size: Open[int]
    root: Open[str]
