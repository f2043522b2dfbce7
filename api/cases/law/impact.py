"""Impact reports: what a replay announces that rulebooks would change, recorded on purpose by the policy office.

The report's own bytes are handed in, so that its digest and its sums are what the event says, and not what somebody
copied. It must rest on this very log: same root at the same position. Each rulebook that only its new law has gets the
event, also a draft; an office records what concerns its own place and sector, as when it enacts.

`tests/api/test_impact_reports.py` shows it.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final

import msgspec

from api.cases.doing import Asked, Done, Reading, do
from api.cases.standing import POLICY_OFFICE, acting, by_actor
from api.house import House
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.rulebook import Impact
from ledger.streams import rulebook as rulebooks
from ledger.streams.decision import Decision
from ledger.streams.standing import Matter, standing
from ledger.vocabulary import HoursCenti, RulebookId, parse_hours
from projections.basis import written_time
from projections.laws import ImpactReport

_COUNTS: Final = ("people", "person_years", "changed_people", "changed_person_years", "moved_entries", "newly_failed",
                  "newly_passed", "touched_titles", "touched_applications")


_Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,60}/[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[0-9]{1,3})?$")]


class _Cited(msgspec.Struct, frozen=True):
    id: _Id
    digest: _Digest


class _Law(msgspec.Struct):
    rulebooks: tuple[_Cited, ...]

    @property
    def ids(self) -> tuple[RulebookId, ...]:
        return tuple(RulebookId(one.id) for one in self.rulebooks)


class _Question(msgspec.Struct):
    as_of: int
    root: _Digest
    under: _Law
    against: _Law
    valid_on: str | None = None
    region: str | None = None
    sector: str | None = None


class _Amendment(msgspec.Struct):
    id: _Id
    digest: _Digest
    region: str
    sector: str | None = None

    @property
    def version(self) -> RulebookId:
        """The version of which this is a revision: one stream holds them all."""
        return RulebookId(self.id.partition(".")[0])


class _Report(msgspec.Struct):
    format: int
    question: _Question
    amendments: tuple[_Amendment, ...]
    gained: str
    given_up: str
    sums: Impact


def _read(text: str) -> _Report | Refusal:
    """Read `report.json`: whether it is one of ours by its form. What it says remains the office's word."""
    from projections.replay.report import READABLE  # With numpy, which most commands and questions do without.

    try:
        told = msgspec.json.decode(text)
        sums = {**{name: told[name] for name in _COUNTS}, "gained_centi": _centi(told["gained"]),
                "given_up_centi": _centi(told["given_up"])}
        report = msgspec.convert({**told, "sums": sums}, _Report)
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError):
        return Refusal.because("report_unreadable")
    brought = {*report.question.under.rulebooks} - {*report.question.against.rulebooks}
    is_ours = report.format in READABLE and {(one.id, one.digest) for one in report.amendments} == {
        (one.id, one.digest) for one in brought}
    return report if is_ours else Refusal.because("report_unreadable", format=report.format)


def _centi(text: str) -> HoursCenti:
    return HoursCenti(0) if text == "0" else parse_hours(text)


def record(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Record what a report announces, on each rulebook that only its new law has."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if no := standing(actor, POLICY_OFFICE):
        return no
    report = _read(fields["report"])
    if isinstance(report, Refusal):
        return report
    if report.question.valid_on is not None:
        return Refusal.because("report_of_a_day", valid_on=report.question.valid_on)
    if not report.amendments:
        return Refusal.because("report_amends_nothing")
    if no := _of_this_log(house, report.question):
        return no
    commands = {one.version: (one, _command(fields["report"], report, one)) for one in report.amendments}

    def decide(reading: Reading) -> Decision:
        by = reading.actor(caller.id)
        drafts: list[Draft] = []
        for version, (one, command) in commands.items():
            if by is not None and (no := standing(by, POLICY_OFFICE, Matter(one.region, one.sector))):
                return no
            state = reading.state(f"rul_{version}", rulebooks.evolve)
            decided = rulebooks.decide_impact_report(state, command, by or actor)
            if isinstance(decided, Refusal):
                return decided
            drafts += decided
        return tuple(drafts)

    return do(house.ledger, by_actor(caller, actor, POLICY_OFFICE), asked, decide)


def _of_this_log(house: House, question: _Question) -> Refusal | None:
    store = house.ledger.store
    if not 0 < question.as_of <= store.size() or store.frontier(question.as_of).root().hex() != question.root:
        return Refusal.because("report_of_another_log", as_of=question.as_of, size=store.size())
    return None


def _command(text: str, report: _Report, one: _Amendment) -> rulebooks.RecordImpactReport:
    question = report.question
    return rulebooks.RecordImpactReport(
        rulebook=one.version, role=POLICY_OFFICE, digest=digest_of(text), rulebook_digest=one.digest,
        under=question.under.ids, against=question.against.ids, log_size=question.as_of, root=question.root,
        impact=report.sums, region=question.region, sector=question.sector,
    )


def digest_of(text: str) -> str:
    """The digest by which a report is known."""
    return hashlib.sha256(text.encode()).hexdigest()


def every(house: House, rulebook: str | None, *, as_of: int) -> dict[str, Any]:
    """What was announced by a position, oldest first: of all rulebooks, or of one version."""
    return {"items": [view(one) for one in house.answers.impact_reports(as_of, rulebook=rulebook)]}


def one(house: House, digest: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """One report: where it had been recorded by a position, on which rulebooks."""
    found = house.answers.impact_reports(as_of, digest=digest)
    if not found:
        return Refusal.because("report_absent", digest=digest)
    return {"digest": digest, "items": [view(each) for each in found]}


def view(report: ImpactReport) -> dict[str, Any]:
    """What one event says: the sums beside what they were narrowed to, without which they mislead."""
    told = report._asdict()
    impact = {"region": told.pop("region"), "sector": told.pop("sector"), **report.impact}
    return {**told, "under": list(report.under), "against": list(report.against), "impact": impact,
            "recorded_at": written_time(report.recorded_at)}
