"""Whether what a report announced is what happened, on screens: begun with one button, told where the report is told.

`tests/api/test_replays.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.cases.law import replay_checks as cases
from api.cases.law import replay_reports, replays
from api.console import sending
from api.console.law.replay_names import names_in
from api.console.screen import Asking, Page, Shown, onward
from api.console.words import Mark
from api.house import House
from api.operational.jobs import DONE
from api.replays.page import asked_words
from api.words.year_page import moment as written
from ledger.errors import Refusal
from projections.basis import written_time

_HOLDS: Final[Mapping[bool, Mark]] = {
    True: ("met", "✓", "预告与实际相同"), False: ("short", "✗", "预告与实际不同"),
}
_GOES_ON: Final[Mark] = ("open", "▶", "正在核对")


def begin(asking: Asking, job: str) -> Shown:
    """Have the report of a job checked."""
    came = cases.submit(asking.house, asking.caller, job, sending.asked(asking.house, asking.caller))
    if isinstance(came, Refusal):
        return came
    assert not isinstance(came, dict), "a form is no trial"
    return onward(f"/replays/{came.job.job}")


def stands(asking: Asking, digest: str, rulebooks: Iterable[str]) -> dict[str, Any]:
    """How an announced report stands beside what happened: the mark, where more is told, what can be begun."""
    found = cases.stands(asking.house, digest)
    check, report = found.check, found.report
    is_waiting = bool(cases.waiting(asking.house, rulebooks))
    can = not is_waiting and cases.may_ask(asking.house, asking.caller, found)
    mark = None if check is None else _GOES_ON if cases.is_open(check) else _HOLDS[(check.outcome or {})["holds"]]
    sees = check is not None and not isinstance(replays.visible(asking.house, asking.caller, check.job), Refusal)
    return {
        "mark": mark, "href": f"/replays/{check.job}" if check is not None and sees else None,
        "at": None if check is None or check.ended_at is None else written(written_time(check.ended_at)),
        "begins": f"/replays/{report.job}/check" if report is not None and can else None,
        "is_waiting": is_waiting, "is_gone": report is None,
    }


def report_of(house: House, job: str) -> str | None:
    """The replay whose report a job checks; None of a replay."""
    found = house.jobs.find(job)
    return None if found is None else found.asked.get("check")


def detail(asking: Asking, job: str) -> Shown:
    """What a check that is done came to."""
    found = replays.visible(asking.house, asking.caller, job)
    if isinstance(found, Refusal):
        return found
    assert found.state == DONE, "asked of one that is done"
    told = cases.told(found)
    return Page("replay_check.html", {
        **asked_words(told["question"], names_in(asking.house, told["question"])), "told": told,
        "mark": _HOLDS[told["holds"]], "at": written(told["checked_at"]),
        "recorded": [{**one, "time": written(one["recorded_at"])} for one in told["recorded"]],
        "has_report": replay_reports.settled(asking.house, found._replace(job=told["report"])) is None,
    }, told)
