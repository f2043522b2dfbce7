"""A study as it is sent and answered, and as the ledger holds it: the two directions side by side.

The words are those of `xueshi evaluate`: `date` is the day of the evidence, quantities and hours are decimal strings.
Fields that only a rulebook declares travel in `further`. `tests/api/test_claims.py` sends each and reads it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from api.cases.taking_in import file_view
from api.evidence.files import About, EvidenceFiles
from api.refusals.faults import BadFields, Fault
from ledger.events.study import Evidence, Study, StudyDetails
from ledger.vocabulary import Category
from projections.facts import fields_of

_OTHER_NAMES: Final = {"date": "evidence_on", "days": "days_half", "hours": "hours_centi",
                       "confirmed_hours": "confirmed_centi"}
_ONLY_RECORDED: Final = ("year", "participants", "filing", "training_class")


def read_study(fields: dict[str, Any]) -> Study:
    """Take up what was sent, already checked field by field."""
    named = {_OTHER_NAMES.get(name, name): value for name, value in fields.items()}
    return Study(**{**named, "category": Category(fields["category"])})


def demand_possible(study: Study) -> None:
    """Refuse what no paper can show, before it is a claim: a slip of the hand would else be worth what it says."""
    faults = []
    if study.starts is not None and study.ends is not None and study.days_half is not None:
        span = (study.ends - study.starts).days + 1
        if study.days_half > 2 * span > 0:  # The order of the two days is told where the law reads them.
            words = f"读到 {fields_of(study)['days']} 天；{study.starts} 至 {study.ends} 共 {span} 天。"
            faults.append(Fault("/study/days", "more_days_than_passed", words))
    if study.rank is not None and study.participants is not None and study.rank > study.participants:
        words = f"读到第 {study.rank} 名；参与人数（participants）为 {study.participants}。"
        faults.append(Fault("/study/rank", "rank_beyond_participants", words))
    if faults:
        raise BadFields(faults)


def study_view(study: Study) -> dict[str, Any]:
    """Write a study as it would be sent."""
    view = fields_of(study)
    view |= {name: value for name in _ONLY_RECORDED if (value := getattr(study, name)) is not None}
    if study.joint_first:
        view["joint_first"] = True
    if study.further:
        view["further"] = study.further
    return view


def read_evidence(fields: dict[str, Any]) -> tuple[Evidence, ...]:
    """Take up the digests of what shows the study."""
    return tuple(Evidence(**one) for one in fields.get("evidence", ()))


def evidence_view(evidence: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    """Write them as they would be sent."""
    named: list[dict[str, Any]] = [
        {"kind": one.kind, "sha256": one.sha256, "issued_on": one.issued_on and one.issued_on.isoformat()}
        for one in evidence
    ]
    return [{name: value for name, value in one.items() if value is not None} for one in named]


def files_view(files: EvidenceFiles, person: str, digests: Iterable[str]) -> list[dict[str, Any]]:
    """Write of these papers those that are here to be opened."""
    found = {sha256: files.about(person, sha256) for sha256 in digests}
    return [file_view(sha256, about) for sha256, about in found.items() if isinstance(about, About)]


def read_details(fields: dict[str, Any]) -> StudyDetails:
    """Take up what tells about people."""
    lists: dict[str, Any] = {name: tuple(fields[name]) for name in ("authors", "file_names") if name in fields}
    return StudyDetails(**(fields | lists))


def details_view(details: StudyDetails) -> dict[str, Any]:
    """Write it as it would be sent."""
    told = (name for name in details.__struct_fields__ if not name.endswith("_reason"))  # Offices said those.
    named: dict[str, Any] = {name: getattr(details, name) for name in told}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in named.items()
            if value not in (None, ())}
