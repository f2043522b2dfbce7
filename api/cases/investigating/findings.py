"""Findings, asked about: by those who supervise where they lie, and never by whom they concern (P 17, W 16).

A list tells how many are concerned and not who; whoever asks for the findings about somebody says what for, and is
recorded. Whoever opens one sees everyone in it, for a purpose, and is recorded as having seen each of them. To whom it
is about, and to the colleagues of an account that it is about, there is none: neither in a list nor in a count.

`tests/api/test_http_findings.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from api.cases.cases import supervising
from api.cases.claiming.assignment import MOST as COLLEAGUES_MOST
from api.cases.claiming.claims import sights
from api.cases.doing import Reading
from api.cases.investigating.finding_acts import is_seen
from api.cases.looked import record_looks
from api.cases.standing import SUPERVISOR, acting, by_actor, in_sight, look_at
from api.house import House
from api.operational.callers import Caller
from api.words import finding_words
from ledger.errors import Refusal
from ledger.events.base import wire_type
from ledger.events.finding import FindingEvent
from ledger.reading import Recorded
from ledger.streams.standing import Actor
from projections.basis import written_time
from projections.event_kinds import words as words_of_events
from projections.findings import patterns as _patterns
from projections.findings import worklist
from projections.findings.decided import decided_by_case
from projections.findings.found import Finding
from projections.findings.found import unasked as unasked_by
from projections.findings.patterns import Pattern, Threshold
from projections.findings.upkeep import EVERYTHING_S
from projections.findings.worklist import Line, View, Wanted
from projections.pages import Page

INPUTS_MOST: Final = 200
"""So many of the events that a finding rests on are told with what they are; of the others, where they stand."""
_After = tuple[Any, ...] | None
_PARTIES: Final = ("persons", "claims", "actors", "organisers", "events")
_PEERS: Final = {"median": "_median", "spread": "_spread", "place": "_place"}
"""How the figure of an outlier's peers is named among what speaks against it (D13)."""
_SAID: Final = ("to", "basis", "document", "due", "case")


def wanted(caller: Caller, query: Mapping[str, Any]) -> Wanted:
    """What is asked for, as the list takes it."""
    owner = query.get("owner")
    return Wanted(
        **{name: query.get(name) for name in ("pattern", "severity", "status", "person", "claim", "case")},
        owner=caller.id if owner == "me" else owner, is_overdue=bool(query.get("overdue")))


def findings(
    house: House, caller: Caller, asked: Wanted, purpose: str | None, *, as_of: int, after: _After, limit: int
) -> Page[dict[str, Any]] | Refusal:
    """The findings within the scopes of whoever supervises, the gravest and oldest first."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if no := _looked_for(house, caller, actor, asked, purpose):
        return no
    page = worklist.lines(house.answers, _view(house, actor), asked, as_of=as_of, after=after, limit=limit)
    return page.of([_head(one) for one in page.items])


def facets(house: House, caller: Caller, asked: Wanted, *, as_of: int) -> dict[str, Any]:
    """How many there are of each pattern, severity and status; each counted without its own narrowing."""
    actor = supervising(house, caller)
    assert not isinstance(actor, Refusal), "whoever is told how many was told which"
    return worklist.facets(house.answers, _view(house, actor), asked, own=actor.actor, as_of=as_of)


def unasked(house: House, asked: Wanted, *, as_of: int) -> list[dict[str, Any]]:
    """The patterns wanted that nobody had asked by then, each with the event and the time from which it is known."""
    first = unasked_by(house.answers, as_of, asked.pattern)
    times = {at: house.answers.reflects(at)["as_of_time"] for at in set(first.values())}
    return [{"pattern": id_, "from_event": at, "from_time": times[at]} for id_, at in first.items()]


def finding(
    house: House, caller: Caller, name: str, purpose: str | None, *, as_of: int | None = None
) -> dict[str, Any] | Refusal:
    """One finding with everything and everyone, for a purpose; each of them is recorded as seen."""
    line = _seen(house, caller, name, as_of)
    if isinstance(line, Refusal):
        return line
    found, actor = line.found, acting(house, caller)
    assert isinstance(actor, Actor), "whoever sees it acts"
    if purpose is None:
        return Refusal.because("purpose_missing")
    concerned = sorted({*found.persons, *found.actors})
    record_looks(house, by_actor(caller, actor, SUPERVISOR), concerned, purpose, what=("finding",), route="findings")
    return _told(house, line)


def head(house: House, caller: Caller, name: str) -> dict[str, Any] | Refusal:
    """What a finding is and how it stands, without anybody in it: what whoever is about to decide is shown again."""
    line = _seen(house, caller, name)
    return line if isinstance(line, Refusal) else _head(line)


def _seen(house: House, caller: Caller, name: str, as_of: int | None = None) -> Line | Refusal:
    """A finding, if there is such a one for whoever asks: to whom it is about now, there was none before either."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if (behind := house.settled()) is not None:
        return behind  # Whoever acts next names the version that stands.
    reading, now = Reading(house.ledger), worklist.line(house.answers, name, house.today)
    line = now if as_of is None else worklist.line(house.answers, name, house.today, as_of=as_of)
    seen = [one is not None and is_seen(reading, one.found, actor) for one in (now, line)]
    if now is not None and seen[0] and line is None and as_of is not None:
        return _not_yet(house, now.found, as_of)
    return line if line is not None and all(seen) else Refusal.because("finding_absent")


def _not_yet(house: House, found: Finding, as_of: int) -> Refusal:
    """Of a moment before it was found: whether it was looked for by then, and since when it is known."""
    asked_from = unasked_by(house.answers, as_of, found.pattern).get(found.pattern)
    code, since = (("finding_not_yet", found.since_position) if asked_from is None
                   else ("finding_not_looked_for", asked_from))
    return Refusal.because(code, pattern=found.pattern, from_event=since,
                           from_time=house.answers.reflects(since)["as_of_time"])


def of_case(house: House, caller: Caller, case: str) -> list[dict[str, Any]] | Refusal:
    """The findings on which a case was opened, to whoever sees them: how many each concerns, and not whom."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    reading = Reading(house.ledger)
    every = (worklist.line(house.answers, one.finding, house.today) for one in decided_by_case(house.answers, case))
    return [_head(one) for one in every if one is not None and is_seen(reading, one.found, actor)]


def beside(house: House, caller: Caller, name: str, most: int = 50) -> list[dict[str, Any]] | Refusal:
    """Other findings that share an entry, a person, an account or an organiser with one, the gravest first."""
    actor = supervising(house, caller)
    line = _seen(house, caller, name)
    if isinstance(actor, Refusal):
        return actor
    if isinstance(line, Refusal):
        return line
    shared = worklist.beside(house.answers, _view(house, actor), line.found, most=most)
    return [_head(one) for one in shared]


def patterns(house: House, caller: Caller) -> dict[str, Any] | Refusal:
    """Every pattern with its text, its thresholds as they were over time, and how many it found."""
    actor = supervising(house, caller)
    if isinstance(actor, Refusal):
        return actor
    counts = worklist.by_pattern(house.answers, _view(house, actor))
    return {"items": [{**_rule(one, house.today), "counts": counts.get(one.id, {})}
                      for one in _patterns.patterns().values()]}


def minutes_between() -> dict[str, int]:
    """So many minutes apart, at least, a pattern is asked that compares everyone with everyone; others at once."""
    return {one.id: EVERYTHING_S // 60 for one in _patterns.patterns().values() if one.looks_at_everything}


def titles() -> dict[str, str]:
    """What each pattern is called."""
    return {one.id: one.title for one in _patterns.patterns().values()}


# Who is told


def _view(house: House, actor: Actor) -> View:
    """What whoever supervises may be told of: within their scopes, and nothing that is about them."""
    colleagues = house.answers.colleagues(actor.organisation, limit=COLLEAGUES_MOST)
    own = (actor.actor,) if actor.person is None else (actor.actor, actor.person)
    scopes = tuple(one for one in actor.scopes if one.role == SUPERVISOR and one.category is None and one.unit is None)
    return View(scopes, own, actor.organisation, tuple(colleagues), house.today)


def _looked_for(house: House, caller: Caller, actor: Actor, asked: Wanted, purpose: str | None) -> Refusal | None:
    """Whoever asks what there is about somebody looks at them."""
    person = asked.person
    if asked.claim is not None:
        reading = Reading(house.ledger)
        claim = reading.claim(asked.claim)
        if no := in_sight(actor, sights(house, reading, claim), "claim_absent"):
            return no
        if claim is not None and person is None:
            person = claim.person
    if person is None:
        return None
    return look_at(house, caller, person, purpose, what=("findings",), route="findings")


# How it is told


def _head(line: Line) -> dict[str, Any]:
    found, decided = line.found, line.decided
    pattern = _patterns.patterns().get(found.pattern)
    return {
        "finding": found.finding, "pattern": found.name, "title": found.pattern if pattern is None else pattern.title,
        "severity": found.severity, "region": found.region or "", "sector": found.sector,
        "sentence": finding_words.sentence(pattern, found.pattern, found.figures), "status": line.status,
        "is_found": line.is_found, "is_new_facts": line.is_new_facts, "owner": line.owner,
        "due": line.due, "is_overdue": line.is_overdue, "cases": [] if decided is None else list(decided.cases),
        "found_at": written_time(found.run_at), "since": found.since_position, "facts_sha256": found.facts_sha256,
        "version": 0 if decided is None else len(decided.events),
        "counts": {name: len(getattr(found, name)) for name in _PARTIES},
    }


def _told(house: House, line: Line) -> dict[str, Any]:
    """A finding in full, as whoever may open it is shown it."""
    found = line.found
    acts = () if line.decided is None else line.decided.events
    pattern = _patterns.patterns().get(found.pattern)
    return {
        **_head(line), "rule": None if pattern is None else _rule(pattern, house.today),
        "thresholds": [_threshold(found, name, value, house.today) for name, value in found.thresholds.items()],
        "figures": found.figures, "counter": found.counter,
        **in_words(found, pattern),
        **{name: list(getattr(found, name)) for name in _PARTIES},
        "rests_on": [_input(house, position) for position in found.events[:INPUTS_MOST]],
        "decisions": [_decision(house, position, found.facts_sha256) for position in acts],
    }


def in_words(found: Finding, pattern: Pattern | None) -> dict[str, list[dict[str, str]]]:
    """The figures and what speaks against them in words; a figure of which that of the peers is known, beside it."""
    counter, figures = ({name: finding_words.filled(found.pattern, label, found.thresholds)
                         for name, label in told.items()} for told in (
        ({}, {}) if pattern is None else (pattern.counter, pattern.figures)))
    compared = [name for name, own in found.figures.items()
                if own is not None and all(f"{name}{one}" in found.counter for one in _PEERS.values())]
    of_peers = {f"{name}{one}" for name in found.figures for one in _PEERS.values()}
    alone = {name: one for name, one in found.figures.items() if name not in compared}
    against = {name: one for name, one in found.counter.items() if name not in of_peers}
    return {
        "figures_words": _pairs(finding_words.pairs(figures, alone, found.pattern)),
        "counter_words": _pairs(finding_words.pairs(counter, against, found.pattern)),
        "compared": [_beside_peers(found, name, figures.get(name, name)) for name in compared],
    }


def _pairs(told: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in told]


def _beside_peers(found: Finding, name: str, label: str) -> dict[str, str]:
    ((called, own),) = finding_words.pairs({name: label}, {name: found.figures[name]})
    peers = {what: found.counter[f"{name}{one}"] for what, one in _PEERS.items()}
    return {"name": called, "value": own, "place": str(peers.pop("place") or ""), **{
        what: "" if one is None else finding_words.value(name, one, label) for what, one in peers.items()}}


def _rule(pattern: Pattern, today: date) -> dict[str, Any]:
    """A pattern as people read it, with every value that its thresholds have had."""
    now = _patterns.thresholds_on(pattern, today)
    histories = _patterns.thresholds().get(pattern.id, {})
    return {
        "pattern": pattern.id, "version": pattern.version, "title": pattern.title, "severity": pattern.severity,
        "rule": _filled(pattern, pattern.rule, now), "reason": _filled(pattern, pattern.reason, now),
        "guard": _filled(pattern, pattern.guard, now),
        "thresholds": [{"name": name, "words": finding_words.limit(pattern.id, name), "value": now[name],
                        "history": _history(histories[name])}
                       for name in pattern.thresholds],
    }


def _filled(pattern: Pattern, text: str, values: Mapping[str, int | str]) -> str:
    """The text with the value of each threshold in the place of its parameter or its name."""
    text = finding_words.filled(pattern.id, text, values)
    for name in pattern.thresholds:
        text = re.sub(rf"(?<![\w:]){name}(?!\w)", str(values[name]), text, flags=re.ASCII)
    return text


def _threshold(found: Finding, name: str, value: int | str, today: date) -> dict[str, Any]:
    """A value under which something was found, why it was that, and what it is now."""
    history = _patterns.thresholds().get(found.pattern, {}).get(name, ())
    of_then = next((one for one in reversed(history) if one.value == value), None)
    of_now = next((one for one in reversed(history) if one.starts <= today), None)
    return {"name": name, "words": finding_words.limit(found.pattern, name), "value": value,
            "now": value if of_now is None else of_now.value, "from": None if of_then is None else of_then.starts,
            "because": "" if of_then is None else finding_words.cited(of_then.because), "history": _history(history)}


def _history(history: Iterable[Threshold]) -> list[dict[str, Any]]:
    """Every value of a threshold, the newest first."""
    return [{"from": one.starts, "value": one.value, "because": finding_words.cited(one.because)}
            for one in reversed(tuple(history))]


def _input(house: House, position: int) -> dict[str, Any]:
    """One of the events that a finding rests on: what it is and where it is read, and nothing of what it says."""
    found = house.ledger.at(position)
    assert found is not None, "a finding rests on what has happened"
    envelope = found.envelope
    kind = wire_type(envelope.event).partition("/")[0]
    return {"event": position, "type": kind, "words": words_of_events().get(kind, kind), "stream": envelope.stream,
            "recorded_at": written_time(envelope.recorded_at), "href": f"/v1/events/{position}"}


def _decision(house: House, position: int, facts_sha256: str) -> dict[str, Any]:
    """What somebody did about it, with their words, and whether that was upon the facts as they are."""
    found = house.ledger.at(position)
    assert found is not None, "its events are in the log"
    envelope = found.envelope
    event = envelope.event
    assert isinstance(event, FindingEvent), "a finding's stream holds what was done about it"
    kind = wire_type(event).partition("/")[0]
    return {
        "event": position, "type": kind, "words": words_of_events().get(kind, kind),
        "recorded_at": written_time(envelope.recorded_at), "actor": envelope.by.actor,
        "organisation": envelope.by.organisation, "pattern": event.upon.pattern,
        "facts_sha256": event.upon.facts_sha256, "is_of_now": event.upon.facts_sha256 == facts_sha256,
        "said": getattr(house.ledger.opened(Recorded(position, envelope)), "words", None) or "",
        **{name: getattr(event, name) for name in _SAID if getattr(event, name, None) is not None},
    }
