"""What an account's steps come to, counted from the lines of its timeline."""

from __future__ import annotations

from typing import Any

from projections.conduct import conduct


def step(event: int, at: str, *, waited: int = 60, papers: tuple[int, int] | None = None, own: bool = False,
         request: str | None = None, act: str | None = None, ruling: dict[str, Any] | None = None) -> dict[str, Any]:
    """A line of a decision as a timeline tells it."""
    decision: dict[str, Any] = {"waited_seconds": waited, "own_organisation": own}
    if papers is not None:
        decision |= dict(zip(("evidence", "evidence_opened"), papers, strict=True))
    return {"event": event, "what": "claim.approved", "recorded_at": f"{at}+08:00", "correlation": request, "act": act,
            "decision": decision, "facts": {} if ruling is None else {"ruling": ruling}}


def test_steps_are_counted_by_the_hour_of_the_clock_here_and_the_night_and_the_weekend_are_seen() -> None:
    found = conduct([step(3, "2026-03-07T23:10:00.000000"), step(1, "2026-03-06T09:00:00.000000"),
                     step(2, "2026-03-07T05:59:59.000000")])

    assert found.steps == 3 and found.kinds == {"claim.approved": 3}
    assert {hour for hour, many in enumerate(found.hours) if many} == {5, 9, 23}
    assert (found.at_night, found.on_weekends) == (2, 2), "2026-03-07 was a Saturday"


def test_what_follows_within_a_minute_is_quick_unless_it_came_in_one_request_or_one_act() -> None:
    found = conduct([
        step(1, "2026-03-06T09:00:00.000000"), step(2, "2026-03-06T09:00:59.000000"),
        step(3, "2026-03-06T09:01:59.000000", request="a"), step(4, "2026-03-06T09:01:59.000001", request="a"),
        step(5, "2026-03-06T10:00:00.000000", act="act_1"), step(6, "2026-03-06T10:00:00.000001", act="act_1")])

    assert (found.quick, found.together) == (1, 2)


def test_waiting_papers_and_the_own_organisation_are_told() -> None:
    found = conduct([
        step(1, "2026-03-06T09:00:00.000000", waited=5, papers=(2, 2)),
        step(2, "2026-03-06T10:00:00.000000", waited=900, papers=(2, 0), own=True),
        step(3, "2026-03-06T11:00:00.000000", waited=70, papers=(0, 0)),
        step(4, "2026-03-06T12:00:00.000000", waited=80, papers=(3, 1))])

    assert found.waited_seconds == (5, 70, 900)
    assert (found.with_papers, found.all_opened, found.none_opened) == (3, 1, 1), "where there are none, none is opened"
    assert found.own_organisation == 1


def test_hours_that_an_office_gave_by_itself_are_listed_and_those_of_a_row_are_not() -> None:
    rulings: tuple[dict[str, Any], ...] = (
        {"status": "ruled", "flags": []}, {"status": "ruled", "flags": ["override"]}, {"status": "manual"},
        {"status": "ruled"})
    lines = [step(at, f"2026-03-06T0{at}:00:00.000000", ruling=one) for at, one in enumerate(rulings, start=1)]

    assert [line["event"] for line in conduct(lines).beyond] == [2, 3]


def test_of_no_steps_there_is_nothing_to_say() -> None:
    found = conduct([{"event": 1, "what": "actor.appointed", "recorded_at": "2026-03-06T09:00:00.000000+08:00"}])

    assert (found.steps, found.waited_seconds, sum(found.hours)) == (0, None, 0)
