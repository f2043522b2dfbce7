"""Every refusal that the ledger can give has its sentences, every sentence its refusal, and every event its evolve."""

from __future__ import annotations

import ast
import datetime
import re
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

import ledger.streams
from ledger.events import act as act_events
from ledger.events import actor as actor_events
from ledger.events import application as application_events
from ledger.events import case as case_events
from ledger.events import claim as claim_events
from ledger.events import course as course_events
from ledger.events import exam as exam_events
from ledger.events import finding as finding_events
from ledger.events import import_source as import_source_events
from ledger.events import imports as import_events
from ledger.events import person as person_events
from ledger.events import rulebook as rulebook_events
from ledger.events import statement as statement_events
from ledger.events import training as training_events
from ledger.events import transfer as transfer_events
from ledger.events import unit as unit_events
from ledger.events import year as year_events
from ledger.events.base import Event
from ledger.events.catalogue import CURRENT
from ledger.events.log import LOG
from ledger.streams import (
    act,
    actor,
    application,
    case,
    claim,
    course,
    enrolment,
    exam,
    finding,
    import_source,
    imports,
    person,
    rulebook,
    statement,
    training_card,
    training_class,
    training_plan,
    transfer,
    unit,
    year,
)
from ledger.streams.decision import Beheaded
from ledger.streams.refusals import sentences

SOURCES = sorted(Path(ledger.streams.__file__).parent.glob("*.py"))


def codes_in(source: Path) -> list[str]:
    """List the codes that a module refuses with; one that is not written out where it is given is a mistake."""
    codes = []
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in ("Refusal", "Refusal.because"):
            code = node.args[0]
            assert isinstance(code, ast.Constant) and isinstance(code.value, str), f"{source.name}:{node.lineno}"
            codes.append(code.value)
    return codes


def test_every_code_has_its_sentences_and_every_sentence_its_code() -> None:
    given = {code for source in SOURCES for code in codes_in(source)}

    assert len(given) > 50
    assert given == set(sentences())


@pytest.mark.parametrize("code", sorted(sentences()))
def test_a_refusal_says_what_why_and_what_to_do_in_whole_chinese_sentences(code: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    for part in sentences()[code]:
        assert re.fullmatch(r"[^\x00-\x2f\x3a-\x7f]{4,60}。", part), part
    assert str(sentences()[code]).count("。") >= 3


STREAMS: dict[type[Event], tuple[Any, type[Event] | None]] = {
    person_events.PersonEvent: (person.evolve, person_events.PersonRegistered),
    transfer_events.TransferEvent: (transfer.evolve, transfer_events.TransferRequested),
    unit_events.UnitEvent: (unit.evolve, unit_events.UnitRegistered),
    actor_events.ActorEvent: (actor.evolve, actor_events.ActorAppointed),
    claim_events.ClaimEvent: (claim.evolve, claim_events.ClaimSubmitted),
    rulebook_events.RulebookEvent: (rulebook.evolve, None),
    statement_events.StatementEvent: (statement.evolve, statement_events.StatementIssued),
    course_events.CourseEvent: (course.evolve, course_events.CoursePublished),
    course_events.EnrolmentEvent: (enrolment.evolve, course_events.PersonEnrolled),
    exam_events.ExamEvent: (exam.evolve, exam_events.ExamScheduled),
    exam_events.BookingEvent: (exam.evolve_booking, exam_events.SeatBooked),
    application_events.ApplicationEvent: (application.evolve, None),
    case_events.CaseEvent: (case.evolve, case_events.CaseOpened),
    finding_events.FindingEvent: (finding.evolve, None),
    training_events.PlanEvent: (training_plan.evolve, training_events.PlanFiled),
    training_events.ClassEvent: (training_class.evolve, training_events.ClassFiled),
    training_events.CardEvent: (training_card.evolve, training_events.CardIssued),
    import_events.ImportEvent: (imports.evolve, import_events.ImportOpened),
    import_source_events.ImportSourceEvent: (import_source.evolve, import_source_events.ImportSourceRegistered),
    year_events.YearEvent: (year.evolve, None),
    act_events.ActEvent: (act.evolve, act_events.ActOpened),
}
OF_THE_LOG = {"log.opened/1", "log.continued/1", "log.access_anchored/1", "log.map_committed/1", "access.recorded/1",
              "log.access_pruned/1", "access.cut/1"}
"""Nothing of a person, unit or rulebook is decided from these."""


def example(hint: Any) -> Any:
    """Make the plainest value of a type, so that an event added tomorrow is tried too."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        wanted = {field.name for field in msgspec.structs.fields(hint) if field.required}
        return hint(**{name: example(of) for name, of in get_type_hints(hint).items() if name in wanted})
    if get_origin(hint) is tuple:
        return (example(get_args(hint)[0]),)
    if get_args(hint):
        return example(get_args(hint)[0])
    hint = getattr(hint, "__supertype__", hint)
    if hint is datetime.date:
        return datetime.date(2026, 5, 20)
    return next(iter(hint)) if hasattr(hint, "__members__") else {str: "x", int: 1, bool: False}[hint]


@pytest.mark.parametrize("name", sorted(CURRENT.keys() - OF_THE_LOG))
def test_every_event_in_the_catalogue_is_accepted_by_its_stream_and_none_comes_before_the_first(name: str) -> None:
    event = example(CURRENT[name])
    ((evolve, first),) = [kept for base, kept in STREAMS.items() if isinstance(event, base)]

    before = None if first is None or isinstance(event, first) else evolve(None, example(first))

    assert evolve(before, event) is not None
    assert isinstance(event.stream, str) and event.stream
    if first is not None and not isinstance(event, first):
        with pytest.raises(Beheaded, match="xueshi fsck"):
            evolve(None, event)


def test_events_of_the_log_itself_name_their_streams() -> None:
    assert {example(CURRENT[name]).stream for name in OF_THE_LOG} == {LOG, "x"}
