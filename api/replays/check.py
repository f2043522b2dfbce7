"""After enactment: whether what a report announced is what happened, and that it had been announced.

The same question is asked of the same position under the rulebooks as they were enacted, and every line and every sum
compared: people read the sums. The page is written anew from `report.json`, and another one told. Where the report was
recorded (`xueshi rulebook impact`), the events are found by its digest, held against the log's root, and
set against the enactment: what was recorded before was announced in time, whoever says so now.

`tests/api/test_impact_reports.py` and `tests/api/test_replay_command.py` show it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from api.register.register import Register
from api.replays.files import is_of_people
from api.terminal.exits import Exit, Stop
from ledger.proof.merkle import check_inclusion, hash_leaf, prove_inclusion
from ledger.proof.tiles import TileHashes
from projections.answers import Answers
from projections.basis import read_axes, written_time
from projections.laws import ImpactReport
from projections.replay import report
from projections.replay import report_reading as reports
from projections.replay.folder import Page

_NUMBERS: Final = ("changed_person_years", "moved_entries", "newly_failed", "newly_passed", "touched_titles",
                   "touched_applications")


def as_announced(announced: Mapping[str, Any], answers: Answers) -> report.Question:
    """The same question with the rulebooks as they were enacted; everything it names must have been."""
    as_of = answers.basis(read_axes(str(announced["as_of"])))
    if as_of.root.hex() != announced["root"]:
        raise Stop(Exit.REFUSED, "replay_other_ledger", "报告所依据的不是这本账：同一位置的根不同", "请核对数据文件夹")
    now = {one.id: one for one in answers.basis(read_axes(None, None, "now")).rulebooks}
    laws = []
    for side in ("under", "against"):
        wanted = [one["id"] for one in announced[side]["rulebooks"]]
        if waiting := [name for name in wanted if name not in now]:
            words = f"报告所列的细则尚未施行：{'、'.join(waiting)}"
            raise Stop(Exit.REFUSED, "replay_not_enacted", words, "施行之后再核对")
        laws.append(report.LawNamed(announced[side]["law"], tuple(now[name] for name in wanted)))
    return report.Question(laws[0], laws[1], as_of.as_of, as_of.as_of_time, as_of.root, announced["region"],
                           announced["sector"], read_axes(None, announced.get("valid_on")).valid_on)


def checked(
    register: Register, answers: Answers, announced: Path, beside: Path, digest: str, told: Mapping[str, Any],
    page: Page, *, is_for_office: bool = False,
) -> dict[str, Any]:
    """Whether everything came out as announced; under which bytes; where the announcement is recorded.

    An office that makes rules looks at nobody: of files that speak of people it is told how many lines differ alone.
    """
    differ = what_differs(announced, beside, told)
    if is_for_office:
        differ = [{**one, "lines": []} if is_of_people(one["file"]) else one for one in differ]
    enacted = {one.id: one for one in answers.rulebooks()}
    amended = [{"id": one["id"], "announced": one["digest"], "enacted": enacted[one["id"]].digest,
                "event": enacted[one["id"]].event} for one in told["amendments"]]
    events = {one["id"].partition(".")[0]: int(one["event"]) for one in amended}
    return {
        "holds": not differ, "digest": digest, "differ": differ, "rulebooks": amended,
        "page": None if differ else is_its_page(announced, told, digest, page),
        "recorded": [_recorded(register, one, events[one.rulebook])
                     for one in answers.impact_reports(digest=digest) if one.rulebook in events],
        "others": sorted({one.digest for version in events
                          for one in answers.impact_reports(rulebook=version)} - {digest}),
        **{name: told[name] for name in _NUMBERS},
    }


def what_differs(announced: Path, beside: Path, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What of a report did not come out again, `beside`: sums and lines, the first of them to be shown."""
    made = json.loads((beside / "report.json").read_bytes())
    sums = reports.parted(told, made)
    found = {"report.json": (sums, len(sums))}
    for name in reports.compared(made):
        if not (announced / name).is_file():
            raise reports.Unsound(announced / name, "没有这个文件")
        found[name] = reports.differences(announced / name, beside / name)
    return [{"file": name, "many": many, "lines": [{"announced": one, "happened": two} for one, two in shown]}
            for name, (shown, many) in found.items() if many]


def is_its_page(announced: Path, told: Mapping[str, Any], digest: str, page: Page) -> bool:
    """Say whether the page beside a report is the one that this program makes of it; another version's may differ."""
    try:
        return (announced / "report.html").read_bytes() == page(told, digest).encode()
    except OSError:
        return False


def _recorded(register: Register, found: ImpactReport, enacted: int) -> dict[str, Any]:
    """An announcement, once its leaf is proved to stand under the log's root."""
    store = register.ledger.store
    size = store.size()
    root = store.frontier(size).root()
    hashes = prove_inclusion(found.event - 1, size, TileHashes(store, size))
    (leaf,) = store.leaves(found.event - 1, 1)
    check_inclusion(hash_leaf(leaf), found.event - 1, size, hashes, root)
    return {"rulebook": found.rulebook, "event": found.event, "recorded_at": written_time(found.recorded_at),
            "enacted": enacted, "before": found.event < enacted, "log_size": size, "root": root.hex()}
