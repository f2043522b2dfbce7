"""What `xueshi fsck` found: whether it holds, as lines and as a body for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api.keeping.fsck_beside import AccessLog
from ledger.fsck.checker import Report
from ledger.fsck.maps import MapReport
from ledger.fsck.problem import Problem


@dataclass(frozen=True, slots=True)
class Found:
    """What each check came to."""

    report: Report
    access: AccessLog
    rulebooks: int | None    # How many are cited; None: not checked, as the events themselves are wrong.
    unread: tuple[Problem, ...]
    maps: MapReport | None   # None: not asked for, or not checked, as the events themselves are wrong.
    asked_maps: bool
    has_keys: bool

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those of the ledger, of the maps made from it and of the rulebooks that it cites."""
        return (*self.report.problems, *(self.maps.problems if self.maps is not None else ()), *self.unread)

    @property
    def holds(self) -> bool:
        """Whether all that was asked for was checked, and nothing is wrong."""
        checked = self.maps is not None or not self.asked_maps
        return checked and not self.problems and not self.access.problems

    def body(self) -> dict[str, Any]:
        report, maps = self.report, self.maps
        body = {
            "holds": self.holds, "size": report.size, "root": report.root.hex(), "checkpoints": report.checkpoints,
            "sealed": report.sealed, "redacted": report.redacted, "names": report.names,
            "problems": [each._asdict() for each in self.problems], "rulebooks": self.rulebooks,
            "access": {"size": self.access.size, "problems": [each._asdict() for each in self.access.problems]},
        }
        return body if not self.asked_maps else body | {"maps": None if maps is None else {
            "checked": maps.maps, "size": maps.size, "people": maps.people, "holds": maps.holds}}

    def lines(self) -> Iterator[str]:
        report = self.report
        sealed = f"{report.sealed} 个密封部分（另有 {report.redacted} 个已遮盖，不在本文件中）"
        yield f"{report.size} 个事件，{report.checkpoints} 个检查点，{sealed}，{self._names()}。"
        yield f"根 {report.root.hex()}"
        if self.asked_maps:
            yield self._maps()
        yield self._beside()
        each = [*(("", one) for one in self.problems), *(("查阅日志", one) for one in self.access.problems)]
        for log, problem in each:
            where = log if problem.position is None else f"{log}事件 {problem.position}"
            yield f"✗ {where and f'{where}：'}{problem.words} [{problem.code}]"
        yield "✓ 账本完好。" if self.holds else f"✗ 发现 {len(each)} 处问题。请停止写入并保留文件作为证据。"

    def _names(self) -> str:
        if self.report.names is not None:
            return f"{self.report.names} 个保留名称"
        return "事件本身有误，保留名称未核对" if self.has_keys else "没有密钥库，保留名称未核对"

    def _maps(self) -> str:
        if (maps := self.maps) is None:
            return "事件本身有误，完整性地图未核对。"
        if not maps.maps:
            return "没有登记过完整性地图：还没有出具过附完整性证明的情况表。"
        return (f"{maps.maps} 份完整性地图均从事件重建并比较；最近一份到事件 {maps.size} 为止，有 {maps.people} 人。"
                if maps.holds else f"{maps.maps} 份完整性地图从事件重建，其中有不符。")

    def _beside(self) -> str:
        read = "没有查阅日志" if self.access.size is None else f"查阅日志 {self.access.size} 个事件"
        if self.access.size is None and self.access.problems:
            read = "查阅日志读不出"
        cited = "事件本身有误，细则未核对" if self.rulebooks is None else f"所引的细则 {self.rulebooks} 份"
        return f"{read}；{cited}。"
