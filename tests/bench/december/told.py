"""What a run came to, as a page with a table and as a drawing of how it went."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.december.buckets import Buckets
from tests.bench.december.place import Place
from tests.bench.december.promises import Promise, within
from tests.bench.december.run import Ran
from tests.bench.december.shape import Stretch
from tests.bench.drawn import Band, Line, Panel, drawn

PAGE = Path(__file__).parents[1] / "december.md"
DRAWING = PAGE.with_suffix(".svg")
EVENLY = ("looks", "claims", "queues", "approvals")
CLASSES = ("looks", "claims", "bookings", "queues", "approvals", "rosters", "investigation", "watch")


def write(ran: Ran, place: Place, kept: list[Promise]) -> None:
    """Both files."""
    PAGE.write_text(page(ran, place, kept), encoding="utf-8")
    DRAWING.write_text(drawing(ran), encoding="utf-8")


def page(ran: Ran, place: Place, kept: list[Promise]) -> str:
    """The page."""
    parts = _head(ran, place), _plan(ran), _shape(ran), _promises(kept), _waits(ran), _machine(ran)
    return "\n".join([*(line for part in parts for line in part), ""])


def _head(ran: Ran, place: Place) -> list[str]:
    before, after = ran.load
    return [
        "# A province in December", "",
        f"Written by `python -m tests.bench.december --write`, {datetime.now(UTC):%Y-%m-%d}: "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {ran.workers} process(es) of the service, "
        f"the clients beside it; load of the machine {before:.1f} before, {after:.1f} after. "
        f"A register of {place.positions:,} events and {len(place.people):,} people who ask; "
        f"{float(ran.shape.factor):.3g} of the province ([`shape.toml`](december/shape.toml)). Requests are sent when "
        "they are due, and timed from then.", "",
        f"![how it went]({DRAWING.name})", "",
    ]


def _plan(ran: Ran) -> list[str]:
    """What whoever plans for a province takes from it, in their language: the rest is for whoever doubts it."""
    shape, stretches = ran.shape, {one.name: one for one in ran.shape.stretches}
    opening, rush = stretches["opening"], stretches["rush"]
    province = float(sum(shape.province_per_second.values()))
    each_ms = [_cpu_ms(ran, one) / max(_answers(ran, one), 1) for one in (opening, rush)]
    first = within(ran, "bookings", opening.begins, opening.ends, until_done=False)
    done = [within(ran, "looks", one.begins, one.ends, until_done=True) for one in (opening, rush)]
    asked = sum(within(ran, kind, rush.begins, rush.ends, until_done=False).count for kind in EVENLY)
    later = sum(many for kind in EVENLY for at, many in ran.clients.counts[kind].later.items()
                if rush.begins <= at < rush.ends)
    cores, crowd = os.cpu_count() or 1, f"{shape.tries:,} 人抢 {shape.seats:,} 个座位"
    is_busy = ran.load[0] > cores
    rows = {
        "全省最忙的一分钟要多少处理器":
            f"每个答复 {min(each_ms):.1f} 到 {max(each_ms):.1f} ms，{province:.0f} 个是 "
            f"{province * min(each_ms) / 1_000:.1f} 到 {province * max(each_ms) / 1_000:.1f} 个核",
        f"同一秒开放报名，{crowd}":
            f"一半人 {_ms(first, 0.5)} 内知道抢到没有，千分之一的人要等 {_ms(first, 0.999)} 以上",
        "那时别人查一次要等多久":
            f"一半人 {_ms(done[0], 0.5)}，百分之一的人 {_ms(done[0], 0.99)} 以上",
        f"最后一晚，来的是全省最忙一分钟的 {float(shape.factor) * rush.times:.1f} 倍":
            f"请求 {asked:,} 个，请人稍后再来 {later:,} 次；照办的，一半人 {_ms(done[1], 0.5)} 后得到所要的，"
            f"百分之一的人 {_ms(done[1], 0.99)} 以上",
        "有没有丢失、重复、办不成的": "见“What has to hold”：每一行都须是 kept",
    }
    return [
        "## 给规划机器的人", "",
        f"量的是全省最忙一分钟（每秒 {province:.0f} 个请求）的一部分，在 {cores} 个核上，客户端也占其中。"
        f"{f'别的程序也在忙（之前的负载 {ran.load[0]:.0f}），所以等待的时间偏长。' if is_busy else ''}"
        "怎样由此算出一个省要的机器，见[规模一章](../../api/operators-sizing.md)第五节。", "",
        "| 问 | 答 |", "|---|---|", *(f"| {asks} | {answers} |" for asks, answers in rows.items()), "",
    ]


def _ms(waits: Buckets, share: float) -> str:
    return f"{waits.at(share) // 1_000:,} ms"


def _answers(ran: Ran, stretch: Stretch) -> int:
    return sum(within(ran, kind, stretch.begins, stretch.ends, until_done=True).count for kind in CLASSES)


def _cpu_ms(ran: Ran, stretch: Stretch) -> int:
    some = [one for one in ran.samples if stretch.begins <= one.second <= stretch.ends]
    return some[-1].cpu_ms - some[0].cpu_ms if some else 0


def _shape(ran: Ran) -> list[str]:
    shape = ran.shape
    lines = ["## What comes", "", "| class | the province, busiest minute | here |", "|---|---:|---:|"]
    lines += [f"| {kind} | {float(whole):.2f}/s | {float(shape.per_second[kind]):.2f}/s |"
              for kind, whole in shape.province_per_second.items()]
    stretches = ", ".join(f"{one.name} {one.seconds} s × {one.times}" for one in shape.stretches)
    return [*lines, "", f"Stretches: {stretches}. At the opening {shape.tries:,} people want {shape.seats:,} seats, "
            f"{shape.in_first_second:,} of them in the first second. Besides: rosters of {shape.roster_rows:,} rows, "
            "a replay at the lowest priority, one person who investigates.", ""]


def _promises(kept: list[Promise]) -> list[str]:
    return ["## What has to hold", "", "| | | seen |", "|---|---|---|",
            *(f"| {one.words} | {'kept' if one.is_kept else '**broken**'} | {one.seen} |" for one in kept), ""]


def _waits(ran: Ran) -> list[str]:
    head = "| stretch | class | asked | first answer p50 | p95 | p99 | p99.9 | done p50 | p99 | told to come back |"
    lines = ["## How long it took", "", "Milliseconds from when it was due: to the first answer, whatever it was, and "
             "to the one that was wanted, coming back when told to included.", "", head,
             "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for stretch in ran.shape.stretches[1:]:
        for kind in CLASSES:
            first, done = (within(ran, kind, stretch.begins, stretch.ends, until_done=one) for one in (False, True))
            if first.count:
                cells = [*(f"{first.at(share) // 1_000:,}" for share in (0.5, 0.95, 0.99, 0.999)),
                         *(f"{done.at(share) // 1_000:,}" for share in (0.5, 0.99))]
                later = sum(many for at, many in ran.clients.counts[kind].later.items()
                            if stretch.begins <= at < stretch.ends)
                lines.append(f"| {stretch.name} | {kind} | {first.count:,} | {' | '.join(cells)} | {later:,} |")
    outcomes = [f"| {kind} | {', '.join(f'{name} {many:,}' for name, many in sorted(counts.outcomes.items()))} | "
                f"{', '.join(f'{name} {many:,}' for name, many in sorted(counts.refused.items()))} |"
                for kind, counts in ran.clients.counts.items() if counts.outcomes and kind != "all"]
    return [*lines, "", "| class | came to | refused for a reason |", "|---|---|---|", *outcomes, ""]


def _machine(ran: Ran) -> list[str]:
    lines = ["## The machine", "", "| stretch | answers/s | waiting, most | behind, most | memory, most | "
             "processor | disk grew | clients late, most |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for stretch in ran.shape.stretches:
        some = [one for one in ran.samples if stretch.begins <= one.second <= stretch.ends]
        if len(some) < 2:
            continue
        asked = _answers(ran, stretch)
        grew = (some[-1].disk_bytes - some[0].disk_bytes) / 1e6
        cores = _cpu_ms(ran, stretch) / 1_000 / stretch.seconds
        lines.append(
            f"| {stretch.name} | {asked / stretch.seconds:,.0f} | {max(one.waiting for one in some):,} | "
            f"{max(one.behind for one in some):,} events | {max(one.memory_bytes for one in some) / 1e6:,.0f} MB | "
            f"{cores:.2f} cores | {grew:,.1f} MB | {max(one.late_ms for one in some):,} ms |")
    return lines


def drawing(ran: Ran) -> str:
    """Latency by class, answers, lag, memory over time."""
    bands = [Band(one.name, one.begins, one.ends) for one in ran.shape.stretches]
    waits, rates = list[Line](), list[Line]()
    for kind in CLASSES[:5]:
        counts = ran.clients.counts[kind]
        waits.append(Line(kind, [(at, one.at(0.99) / 1_000) for at, one in sorted(counts.first.items())]))
        rates.append(Line(kind, [(at, one.count) for at, one in sorted(counts.done.items())]))
    some = [one for one in ran.samples if one.second <= ran.shape.seconds]
    return drawn([
        Panel("p99 to the first answer, ms, by second in which it was due", waits, "s", bands, by_tens=True),
        Panel("requests that were done in the end, by second in which they were due", rates, "s", bands),
        Panel("requests", [Line("clients wait for", [(one.second, one.under_way) for one in some]),
                           Line("no thread yet", [(one.second, one.waiting) for one in some])], "s", bands),
        Panel("events that the answers are behind", [Line("behind", [(one.second, one.behind) for one in some])], "s",
              bands),
        Panel("resident memory and growth of disk, MB",
              [Line("memory", [(one.second, one.memory_bytes / 1e6) for one in some]),
               Line("disk grew", [(one.second, (one.disk_bytes - some[0].disk_bytes) / 1e6) for one in some])],
              "s", bands),
    ])
