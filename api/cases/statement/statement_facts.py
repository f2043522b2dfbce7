"""What a statement prints of a study and an answer does not say: each fact that the law weighs, papers, who took it.

The answer of `projections.years` holds what a reader wants to see; paper has to hold what a stranger needs to weigh a
study again (`projections.statement.again`). It is all in the log: where the study was last stated, and where it was
decided. Titles and certificates are sealed, and stand there as far as their key does.

`tests/api/printing/test_statement_paper.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.house import local_date
from ledger.envelope import decode
from ledger.events.claim import ClaimCorrected, ClaimRevised, ClaimSubmitted
from ledger.events.study import StudyDetails
from ledger.ledger import Ledger
from ledger.reading import Recorded
from ledger.streams import person as persons
from ledger.streams.person import Person
from projections.answers import Answers
from projections.facts import fields_of

_STATED: Final = (ClaimSubmitted, ClaimRevised, ClaimCorrected)
_WEIGHED: Final = (
    "completed_by", "filed_on", "platform", "organiser", "organiser_level", "approved_by", "major", "occasion",
    "output",
)


def put_in_facts(ledger: Ledger, answers: Answers, answer: dict[str, Any]) -> None:
    """Complete the entries of an answer."""
    entries = [entry for year in answer["years"] for entry in year["entries"]]
    stated = [_stated(ledger, entry["events"]) for entry in entries]
    for entry, one, details in zip(entries, stated, ledger.opened_each(stated), strict=True):
        event = one.envelope.event
        assert isinstance(event, _STATED), "an entry has been stated"
        facts = fields_of(event.study)
        entry.update({name: facts[name] for name in _WEIGHED if name in facts})
        entry["attributed"] = event.study.year
        entry["evidence"] = [one.sha256 for one in event.evidence]
        entry["title"] = details.title if isinstance(details, StudyDetails) else None
        if isinstance(details, StudyDetails) and details.certificate_number is not None:
            entry["certificate"] = " ".join(filter(None, (details.certificate_issuer, details.certificate_number)))
        entry["registered"] = _registered(ledger, answers, entry)


def _stated(ledger: Ledger, events: list[int]) -> Recorded:
    """Where a study was last stated, of the events that made it what it is."""
    found = (ledger.at(position) for position in reversed(events))
    return next(one for one in found if one is not None and isinstance(one.envelope.event, _STATED))


def _registered(ledger: Ledger, answers: Answers, entry: dict[str, Any]) -> dict[str, Any]:
    """Who decided on an entry, and when; of one that was brought in, from where."""
    decided = ledger.at(entry["decided"]["event"])
    assert decided is not None, "what is registered has been decided on"
    by = decided.envelope.by
    office = None if by.organisation is None else answers.unit(by.organisation)
    return {
        "on": local_date(decided.envelope.recorded_at).isoformat(),
        "office": None if office is None else office.names[-1].name,
        "system": entry["source"] and entry["source"]["system"],
    }


def title_of(ledger: Ledger, person: str, as_of: int) -> dict[str, Any] | None:
    """The title that a person obtained last, as far as was recorded by then."""
    state: Person | None = None
    for position, leaf in ledger.store.stream(person):
        if position <= as_of:
            state = persons.evolve(state, decode(leaf).event)
    if state is None or not state.titles:
        return None
    last = max(state.titles, key=lambda one: one.obtained_on)
    return {"level": last.level, "obtained_on": last.obtained_on.isoformat(), "series": last.series}
