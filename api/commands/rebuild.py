"""`xueshi rebuild`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from api.commands.options import as_json_option, data_option, opened
from api.terminal.exits import Exit, Stop

if TYPE_CHECKING:
    from api.register.register import Register
    from ledger.ledger import Ledger
    from projections.files.former import Changes, Incomparable
    from projections.files.projection import Projection
    from projections.files.rebuilding import Comparison, Progress

CODED: Final = "coded"
DIFFERENCES: Final = "differences"
CLUES: Final = "clues"
MAP: Final = "map"
LOOKS: Final = "looks"
FINDINGS: Final = "findings"
_Found = TypeVar("_Found")
_ROW_MOST: Final = 300
"""Characters of a row that differs."""


@click.command()
@click.argument("name", required=False)
@data_option
@as_json_option
@click.option("--compare", "is_compared", is_flag=True, help="另建一份与现有的逐行比较，不改动现有的；服务运行时也可用")
def rebuild(name: str | None, data_folder: Path | None, as_json: bool, is_compared: bool) -> int:
    """从账本重建投影（查询所用的表），或与现有的比较

    NAME 为一个投影的名称，如人员（people）、申报（entries），省略时为全部，各核同时重建。建成后先与原来的比较，
    说明何处不同，再换上；中途停止（Ctrl-C）不影响现有文件。重建须先停止服务。升级程序时则不必：旧版程序的服务仍在运行，可用新版程序先建好版本
    有变的投影，旧的照常答复，重新启动服务即换用。
    NAME 为编码账（coded）时，从前者重建供重放用的编码账，服务运行时也可用；为差异（differences）时，
    重新评定认定与评定的差异；为完整性地图（map）或痕迹（clues，核查线索所比对的）时，从账本重建，服务运行时也可用；
    为查阅记录（looks）时，从查阅日志重建。
    不写 NAME 而比较时，其中已有的一并比较。
    """
    from api.telling import logs
    from api.terminal.progress import bar, bars
    from projections.errors import AlreadyFollowed, NotBuilt, ProjectionError
    from projections.files.rebuilding import compare, lacking, rebuild_all

    if name in _BESIDE:
        return _beside(name, data_folder, as_json=as_json, is_compared=is_compared)
    wanted = _wanted(name)
    logs.configure("warning")  # What is discarded is said on standard error, never amid an answer.
    with opened(data_folder) as register:
        ledger, folder = register.ledger, register.folder.projections
        try:
            if is_compared:
                compared: list[dict[str, Any]] = []
                for one in wanted:
                    with bar(f"比较 {one.name}", quiet=as_json) as progress:
                        compared.append(_compared(compare(ledger, folder, one, progress)))
                for each in _standing(folder) if name is None else ():
                    with bar(f"比较 {each}", quiet=as_json) as progress, suppress(NotBuilt):
                        compared.append(_compared_beside(each, _BESIDE[each](register)[1](progress)))
                return _tell_comparisons(compared, as_json)
            with bars(quiet=as_json) as line:
                if name is None:  # While an older program follows, those that only this one has.
                    wanted = lacking(folder, wanted) or wanted
                lines = {one.name: line(f"重建 {one.name}") for one in wanted}
                changed: dict[str, Changes | Incomparable] = {}
                rebuilt = rebuild_all(
                    ledger, folder, wanted, lambda name, done, total: lines[name](done, total),
                    elsewhere=partial(elsewhere, data_folder), found=lambda one: changed.update({one.name: one}))
        except AlreadyFollowed as error:
            raise Stop(Exit.WORLD_IS_WRONG, error.code, str(error), "只比较不重建可加 --compare") from error
        except ProjectionError as error:
            raise Stop(Exit.WORLD_IS_WRONG, error.code, str(error)) from error
    if as_json:
        click.echo(json.dumps({"rebuilt": [
            {"name": one.name, "version": one.version, "position": rebuilt[one.name],
             "compared": _told(changed.get(one.name))} for one in wanted]}, ensure_ascii=False))
        return Exit.HOLDS
    for one in wanted:
        click.echo(f"✓ {one.name} 已从账本重建，处理到事件 {rebuilt[one.name]}。{_waits(folder, one)}")
        _tell_changes(changed.get(one.name))
    return Exit.HOLDS


def _waits(folder: Path, one: Projection) -> str:
    """Whether an older program goes on answering from its own file."""
    from projections.files.former import others

    older = [version for version in others(folder, one) if version < one.version]
    return f"旧版程序仍用第 {max(older)} 版答复；重新启动服务，即换用这第 {one.version} 版。" if older else ""


_INCOMPARABLE: Final = {
    "damaged": "原来的文件读不出", "torn": "原来的文件没有写完", "other_version": "原来的文件不是它名称所示的版本",
    "ahead_of_log": "原来的文件超前于账本", "other_log": "原来的文件不属于这本账",
}


def _told(found: Changes | Incomparable | None) -> dict[str, Any] | None:
    """What a comparison found, as JSON; nothing where nothing stood."""
    if found is None:
        return None
    told = found._asdict()
    if "tables" in told:
        told["tables"] = [one._asdict() for one in found.tables]  # type: ignore[union-attr]
    return told


def _tell_changes(found: Changes | Incomparable | None) -> None:
    from projections.files.former import Incomparable

    if found is None:
        return
    if isinstance(found, Incomparable):
        click.echo(f"  ○ 没有与原来的（第 {found.version} 版）比较：{_INCOMPARABLE[found.because]}。")
        return
    told = f"第 {found.before} 版，到事件 {found.position} 为止，根 {found.root[:12]}"
    if found.are_none:
        click.echo(f"  与原来的（{told}）一致。")
        return
    click.echo(f"  与原来的（{told}）不同之处：")
    for one in found.tables:
        columns = "".join(f"，{word} {'、'.join(names)}" for word, names in (
            ("少了列", one.columns_gone), ("多了列", one.columns_come)) if names)
        if one.is_same and not columns:
            continue
        click.echo(f"    {one.table}：原 {one.before:,} 行，现 {one.after:,} 行；少 {one.gone:,}，多 {one.come:,}，"
                   f"内容不同 {one.other:,}{columns}")
        for before, after in one.shown:
            for sign, row in (("-", before), ("+", after)):
                if row is not None:
                    click.echo(f"      {sign} {_short(row)}")


def _short(row: tuple[Any, ...]) -> str:
    text = json.dumps(row, ensure_ascii=False)
    return text if len(text) <= _ROW_MOST else f"{text[:_ROW_MOST]}……"


@contextmanager
def elsewhere(data_folder: Path | None) -> Iterator[Ledger]:
    """The ledger, in a process of its own."""
    from api.telling import logs

    logs.configure("warning")
    with opened(data_folder) as register:
        yield register.ledger


Works = tuple[Callable[["Progress"], int], Callable[["Progress"], tuple[int, str, str]]]
"""Make it anew, giving the position; compare, giving the position and the digests of what stands and what should."""


def _beside(name: str, data_folder: Path | None, *, as_json: bool, is_compared: bool) -> int:
    """What is made from other projections rather than from events: rebuilt or compared under its own name."""
    from api.telling import logs
    from api.terminal.progress import bar
    from projections.errors import AlreadyFollowed, ProjectionError

    logs.configure("warning")
    with opened(data_folder) as register, bar(f"重建 {name}", quiet=as_json) as progress:
        build, compare = _BESIDE[name](register)
        try:
            position, stands, should = compare(progress) if is_compared else (build(progress), "", "")
        except AlreadyFollowed as error:
            raise Stop(Exit.WORLD_IS_WRONG, error.code, str(error), "只比较不重建可加 --compare") from error
        except ProjectionError as error:
            raise Stop(Exit.WORLD_IS_WRONG, error.code, str(error)) from error
    if is_compared:
        return _tell_comparisons([_compared_beside(name, (position, stands, should))], as_json)
    click.echo(json.dumps({"rebuilt": [{"name": name, "position": position}]}) if as_json
               else f"✓ {name} 已重建，处理到事件 {position}。")
    return Exit.HOLDS


def _coded(register: Register) -> Works:
    """The coded ledger of `xueshi replay`, from what stands of people and entries."""
    from projections.replay.store import compare_coded, rebuild_coded

    folder, ledger = register.folder.projections, register.ledger
    return (lambda progress: rebuild_coded(folder, ledger, progress).position,
            lambda progress: compare_coded(folder, ledger, progress))


def _differences(register: Register) -> Works:
    """The differences between as decided and as evaluated, judged from people, entries and laws."""
    import time

    from api.law_of import Library
    from policies.archive import Archive
    from projections.answers import Answers
    from projections.differences.upkeep import Upkeep

    folder, ledger = register.folder.projections, register.ledger
    library = Library(Archive(register.folder.rulebooks))
    answers = Answers(ledger, folder, book=library.book, now=lambda: time.time_ns() // 1_000)
    upkeep = Upkeep(ledger, folder, answers.judge)
    return upkeep.rebuild, upkeep.compare


def _map(register: Register) -> Works:
    """The completeness map, from whom each event of the log names."""
    from contextlib import closing

    from ledger.maps.entries import MapKey
    from ledger.maps.file import MapFile
    from ledger.maps.tables import discard

    store, key, path = register.ledger.store, MapKey(register.ledger.vault.secret("index")), register.folder.map
    size = store.size()

    def build(progress: Progress) -> int:
        progress(0, size)
        with closing(MapFile(path, store, key)) as made:
            made.empty()
            position = made.content(tell=lambda done: progress(done, size))[0]
        progress(size, size)
        return position

    def compare(progress: Progress) -> tuple[int, str, str]:
        beside = path.with_name("map.1.compare.db")
        progress(0, size)
        discard(beside)
        try:
            with closing(MapFile(path, store, key)) as stands, closing(MapFile(beside, store, key)) as should:
                position, _, root = stands.content()
                made = should.content(position, lambda done: progress(done, position))[2]
        finally:
            discard(beside)
        progress(size, size)
        return position, root.hex(), made.hex()

    return build, compare


def _clues(register: Register) -> Works:
    """What is sealed, made comparable, from every event that has something sealed beside it."""
    from projections.findings.upkeep import Upkeep

    upkeep = Upkeep(register.ledger, register.folder.projections)

    def letting_go(work: Callable[[Progress], _Found]) -> Callable[[Progress], _Found]:
        def done(progress: Progress) -> _Found:
            try:
                return work(progress)
            finally:
                upkeep.stop()
        return done

    return letting_go(upkeep.rebuild_clues), letting_go(upkeep.compare_clues)


def _looks(register: Register) -> Works:
    """Who saw whose data, from the access log, which is a log of its own."""
    from projections import looks

    folder, log = register.folder.projections, register.access
    return partial(looks.rebuild, log, folder), partial(looks.compare, log, folder)


_BESIDE: Final[dict[str, Callable[[Register], Works]]] = {
    CODED: _coded, DIFFERENCES: _differences, MAP: _map, CLUES: _clues, LOOKS: _looks}


def _standing(folder: Path) -> list[str]:
    """What was made beside the projections: each of them when it was first asked for."""
    return [name for name in _BESIDE if any(folder.glob(f"{name}.[0-9]*"))]


def _wanted(name: str | None) -> list[Projection]:
    from projections.answers import projections
    from projections.errors import UnknownProjection

    every = projections()
    wanted = [one for one in every if name in (None, one.name)]
    if name == FINDINGS:  # When it was asked, and under which thresholds, is in no event: made anew, that is lost.
        raise Stop(Exit.BAD_INPUT, "findings_not_rebuilt", "线索（findings）不在这里重建或比较：它按规则查找而来，"
                   "何时查到、当时的界限如何，账本里没有，重建就失去了",
                   "请运行 xueshi findings run --whole：全部重查，按规则列出新增、变化、消失的，沿革照旧")
    if not wanted:
        error = UnknownProjection(str(name), (*(one.name for one in every), *_BESIDE))
        raise Stop(Exit.BAD_INPUT, error.code, str(error))
    return wanted


def _compared(one: Comparison) -> dict[str, Any]:
    return {"name": one.name, "holds": one.holds, "position": one.stands.position, "rows": one.stands.rows,
            "sha256": one.stands.sha256, "rebuilt_sha256": one.should.sha256}


def _compared_beside(name: str, found: tuple[int, str, str]) -> dict[str, Any]:
    position, stands, should = found
    return {"name": name, "holds": stands == should, "position": position, "sha256": stands, "rebuilt_sha256": should}


def _tell_comparisons(compared: list[dict[str, Any]], as_json: bool) -> int:
    holds = all(one["holds"] for one in compared)
    if as_json:
        click.echo(json.dumps({"holds": holds, "projections": compared}))
        return Exit.HOLDS if holds else Exit.REFUSED
    for one in compared:
        rows = f"的 {one['rows']} 行" if "rows" in one else ""
        told = "一致。" if one["holds"] else f"不同。\n  现有 {one['sha256']}\n  重建 {one['rebuilt_sha256']}"
        made = "从账本重建的" if rows else "重新得出的"
        click.echo(f"{'✓' if one['holds'] else '✗'} {one['name']}：到事件 {one['position']} 为止{rows}，与{made}{told}")
    if not holds:
        click.echo("账本是原件，投影可以重建：请停止服务后运行 xueshi rebuild；此前请保留现有文件以查明原因。")
    return Exit.HOLDS if holds else Exit.REFUSED
