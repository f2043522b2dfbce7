"""What can be wrong with an answer: a projection that fails, files that another process owns, axes that lead nowhere.

Every error of this package is a `ProjectionError` with a stable `code`; its text is for people and is Chinese.
`tests/projections/test_follower.py` and `tests/projections/test_basis.py` show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Final

_SOON_S: Final = 2
_LATE_S: Final = 600


class ProjectionError(Exception):
    """The root of this package's errors."""

    code: ClassVar[str] = "projection_error"
    told: str = ""    # As of `ledger.errors.LedgerError`.


class ProjectionFailed(ProjectionError):
    """A projection could not take an event. Its rows stand up to the position before; the others go on."""

    code = "projection_failed"

    def __init__(self, name: str, *, position: int, cause: BaseException | str) -> None:
        self.name, self.position, self.cause = name, position, cause
        self.because = cause if isinstance(cause, str) else type(cause).__name__  # Of another process only its name.
        super().__init__(
            f"投影 {name} 处理事件 {position} 时出错（{self.because}），停在 {position - 1}，其余投影照常。"
            "账本不受影响；请按日志中的追踪信息排除原因，它会自行重试，也可运行 xueshi rebuild 重建。"
        )


class AlreadyFollowed(ProjectionError):
    """Another process of this host owns the projections' files."""

    code = "follower_running"

    def __init__(self, folder: Path, *, process: str) -> None:
        self.folder, self.process = folder, process
        super().__init__(
            f"{folder} 的投影正由另一个进程维护（进程号 {process or '不详'}）。"
            "同一台机器只能有一个；请先停止它，或只读使用。"
        )


class RebuildDied(ProjectionError):
    """A process that made projections ended before it was done; what stood stands."""

    code = "rebuild_died"

    def __init__(self) -> None:
        super().__init__(
            "重建所用的一个进程中途退出，现有文件未受影响。"
            "内存或磁盘不足时会如此；请核对后重新运行 xueshi rebuild。"
        )


class NotBuilt(ProjectionError):
    """The file of a projection is not there yet."""

    code = "projection_not_built"

    def __init__(self, name: str, *, done: int = 0, total: int = 0, seconds_left: int | None = None) -> None:
        self.name = name
        self.retry_after = _SOON_S if seconds_left is None else max(_SOON_S, min(seconds_left, _LATE_S))
        far = f"（已处理 {done:,} / {total:,} 个事件）" if total else ""
        left = "" if seconds_left is None else f"，约还需 {seconds_left} 秒"
        super().__init__(f"投影 {name} 正在建立{far}{left}，暂时不能查询；不涉及它的照常。"
                         "请稍后重试；进度见就绪检查（/readyz）。")
        self.told = str(self)


class Unreadable(ProjectionError):
    """The file of a projection cannot be read."""

    code = "projection_unreadable"

    def __init__(self, path: Path, cause: BaseException) -> None:
        self.path, self.cause = path, cause
        super().__init__(f"投影文件 {path} 无法读取（{cause}）。账本不受影响。服务运行时会自行核对，损坏的会重建，"
                         "请稍后重试；服务没有运行时，请运行 xueshi rebuild。")


class UnknownProjection(ProjectionError):
    """There is no projection of that name."""

    code = "projection_unknown"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        super().__init__(f"没有投影 {name}；现有：{'、'.join(known)}。")


class AsOfMalformed(ProjectionError):
    """`as_of` is none of its three forms."""

    code = "as_of_malformed"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"记录时间（as_of）读到“{text[:60]}”，应为事件位置（如 41）、带时区的时间（如 2026-11-21T10:00:00+08:00，"
            "在网址中加号写作 %2B）或日期（如 2026-11-21，指当日结束时）。"
        )


class AsOfInFuture(ProjectionError):
    """Nothing is known yet as of then."""

    code = "as_of_in_future"

    def __init__(self, text: str, *, size: int) -> None:
        self.text, self.size = text, size
        super().__init__(f"记录时间（as_of={text}）尚未到来：账本现有 {size} 个事件。请改用已有的位置或已过的时间。")


class AsOfBeforeLedger(ProjectionError):
    """Nothing was recorded yet then: what was said of anybody's hours, this ledger cannot know."""

    code = "as_of_before_ledger"

    def __init__(self, text: str, *, began: str | None) -> None:
        self.text, self.began = text, began
        super().__init__(
            f"记录时间（as_of={text}）早于账本的第一个事件（{began}）：当时怎么说，账本无从知道。导入的历史记录另有"
            "来源系统的登记时间（source_recorded_at），见各条记录；要看哪些学习在某日前已发生，请用发生时间（valid_on）。"
        )


class NotFollowedYet(ProjectionError):
    """The log holds the position that is asked about, the answers do not yet."""

    code = "projection_behind"

    def __init__(self, *, wanted: int, position: int) -> None:
        self.wanted, self.position = wanted, position
        super().__init__(f"查询所需的事件 {wanted} 已入账，投影只处理到 {position}。请稍后重试。")
        self.told = str(self)


class KindUnknown(ProjectionError):
    """Lines of a timeline are asked for by a kind that no event is of."""

    code = "kind_unknown"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"没有 {text[:60]} 这种事件。请写事件的代码（如 claim.approved）或一类（如 claim）；"
                         "全部代码见 xueshi events schema。")


class ValidOnMalformed(ProjectionError):
    """`valid_on` is not a date."""

    code = "valid_on_malformed"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"发生时间（valid_on）读到“{text[:60]}”，应为日期，如 2026-11-21。")


class LawMalformed(ProjectionError):
    """`law` is none of its three forms."""

    code = "law_malformed"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"规则（law）读到“{text[:60]}”，应为当时的细则（then）、现行的细则（now）"
            "或指定的细则（set:甲,乙，如 set:wenzhou/2020-11-27，草案可加 @摘要）。"
        )


class LawUnknown(ProjectionError):
    """A rulebook that is asked for, or that a decision rests on, is not kept here."""

    code = "law_unknown"

    def __init__(self, name: str, near: Iterable[str] = ()) -> None:
        self.name = name
        meant = "、".join(near)
        hint = f"是否想写 {meant}？" if meant else "请核对编号；"
        super().__init__(f"这里没有细则 {name[:80]}。{hint}已施行的细则见 /v1/rulebooks，草案请给出摘要。")


class SectorUnknown(ProjectionError):
    """A sector that none of the rulebooks at hand has a word for; nobody can belong there."""

    code = "sector_unknown"

    def __init__(self, sector: str, known: Iterable[str]) -> None:
        self.sector = sector
        super().__init__(f"没有行业 {sector[:40]}。请从这些代码中选：{'、'.join(known)}。")


class LawChanged(ProjectionError):
    """A rulebook of this id has other bytes than those that are asked for, and those are not kept here."""

    code = "law_changed"

    def __init__(self, name: str, *, wanted: str, found: str) -> None:
        self.name, self.wanted, self.found = name, wanted, found
        super().__init__(
            f"细则 {name} 现在的内容（摘要 {found[:12]}）不是所问的（摘要 {wanted[:12]}），后者没有保存在这里。"
            "草案改动后原来的答复无从重现；请改问现在的内容，或取回原来的草案。"
        )


class UnknownYear(ProjectionError):
    """A year outside the ledger's life."""

    code = "year_out_of_range"

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(f"年度读到 {year}，应在 1950 到 2099 之间。")


class TitleUnknown(ProjectionError):
    """Nothing says from which title on a person's years are to be counted."""

    code = "title_unknown"

    def __init__(self, person: str, on: object) -> None:
        self.person = person
        super().__init__(
            f"{person} 到 {on} 为止没有登记的职称，或已被撤销，年限无从起算。"
            "请先登记职称，或给出现职称的取得日期；尚无职称的，按首次申报来问。"
        )
