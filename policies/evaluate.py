"""`xueshi evaluate`: facts in, rulings out, no store. The law without a ledger.

Two passes over a spool: the first sorts the lines by person onto disk, the second rules part by part; only when every
line has been read does the first byte go to standard output. Size is bounded by disk, not by memory.

`tests/policies/test_evaluate_contract.py` shows the contract sentence by sentence, `test_bad_lines.py` the refusals.
"""

from __future__ import annotations

import argparse
import gc
import os
import pickle
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final, TextIO

import msgspec

from policies.errors import BadLine, RulebookError
from policies.facts import LINE_BYTES_MOST
from policies.law import Law
from policies.lines import Lines
from policies.parts import PROBLEMS_MOST, Problem, rule_part
from policies.person import Bench
from policies.shelf import read_folder, shipped
from policies.spool import Head, Names, Sorter, read_head

BLOCK_BYTES: Final = 1 << 20
TWO_PROCESSES_BYTES: Final = 4 << 20
"""Below this size a second process costs more than it brings."""

DONE, BROKEN, BAD_LINE, READER_WENT_AWAY = 0, 1, 2, 141


class Unwritten(Exception):
    """The answers could not be written to where they were to go; the disk of the spool is not to blame."""


def main_evaluate(stdin: BinaryIO, stdout: BinaryIO, stderr: TextIO, rules: Path | None, explain: bool) -> int:
    """Read facts, write rulings. 0: all is written; 2: a line is bad, nothing is; 1: rules or disk are broken."""
    try:
        law = Law((shipped() if rules is None else read_folder(rules)).books)
    except RulebookError as error:
        stderr.write(f"细则不能使用：{error}\n请改好后再试，或不写 --rules，用随软件发布的细则[{error.code}]\n")
        return BROKEN
    collecting = gc.isenabled()
    gc.disable()                  # Rows are plain values without cycles; looking for cycles costs a fifth of the time.
    try:
        with TemporaryDirectory(prefix="xueshi-evaluate-") as folder:
            return _evaluate(stdin, stdout, stderr, Path(folder), Bench(law), Lines(explain=explain))
    except Unwritten as error:
        stderr.write(f"结果没有写完：{error}；已写出的部分不完整，不要使用；请为标准输出留出空间后再试[output_failed]\n")
        return BROKEN
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        told = f"磁盘出错：{error.strerror or error}；请为临时文件夹留出约输入三倍的空间（TMPDIR 可另指一处）"
        stderr.write(f"{told}[disk_failed]\n")
        return BROKEN
    finally:
        if collecting:
            gc.enable()


def _evaluate(stdin: BinaryIO, stdout: BinaryIO, stderr: TextIO, folder: Path, bench: Bench, lines: Lines) -> int:
    sorter, names = Sorter(folder / "parts"), Names(folder)
    problems = list(_sort(stdin, sorter, names, bench))
    sorter.close()
    problems += _rule(sorter, bench, lines)
    if not any(not problem.whole_file for problem in problems):
        problems += _used_twice(sorter, names.twice())
    if problems:
        _report(problems, stderr)
        return BAD_LINE
    try:
        sorter.answers("entries", stdout)
        sorter.by_person(stdout, headed=False)
        sorter.answers("applications", stdout)
        stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritten(error.strerror) from error
    return DONE


def _sort(stdin: BinaryIO, sorter: Sorter, names: Names, bench: Bench) -> Iterator[Problem]:
    """The first pass: every line into the part of its person."""
    number, problems = 0, 0
    for block in _blocks(stdin):
        heads = _heads(block)
        if heads is not None:
            number += len(block)
            sorter.add(zip(heads, block, strict=True))
            names.add([head.id for head in heads if head.kind == "entry" and isinstance(head.id, str)])
            continue
        rows: list[tuple[Head, bytes]] = []
        for line in block:
            number += 1
            try:
                if len(line) > LINE_BYTES_MOST:
                    cure = f"每行至多 {LINE_BYTES_MOST} 字节；一行只写一条事实"
                    raise BadLine("-", f"超过 {LINE_BYTES_MOST} 字节的一行", cure)
                rows.append((read_head(line), line))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, BadLine) as error:
                sorter.add(rows)
                _remember(names, rows)
                rows = []
                sorter.skip()
                if not line.strip(b" \t\r"):      # A return before the end of a line is space, as everywhere in JSON.
                    continue
                if problems <= PROBLEMS_MOST:
                    yield Problem(number, error if isinstance(error, BadLine) else bench.reader.fault(line))
                problems += 1
        sorter.add(rows)
        _remember(names, rows)


def _heads(block: list[bytes]) -> list[Head] | None:
    """The heads of a block in which every line has one; None where lines must be looked at one by one."""
    try:
        return None if max(map(len, block), default=0) > LINE_BYTES_MOST else list(map(read_head, block))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # The last: nested too deeply.
        return None


def _remember(names: Names, rows: Iterable[tuple[Head, bytes]]) -> None:
    names.add([head.id for head, _ in rows if isinstance(head.id, str) and head.kind == "entry"])


def _blocks(stdin: BinaryIO) -> Iterator[list[bytes]]:
    """Blocks of whole lines. A line without end is cut, not kept."""
    rest = b""
    while block := stdin.read(BLOCK_BYTES):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()[:LINE_BYTES_MOST + 2]
        yield lines
    if rest:
        yield [rest]


def _rule(sorter: Sorter, bench: Bench, lines: Lines) -> list[Problem]:
    """The second pass, by two processes where there is enough to do."""
    sizes = sorter.sizes()
    alone = sum(sizes.values()) < TWO_PROCESSES_BYTES or threading.active_count() > 1 or not hasattr(os, "fork")
    parts = sorted(sizes, key=lambda part: sizes[part], reverse=True)
    found: list[tuple[int, Problem]] = []
    if alone:
        found = _rule_parts(sorter, parts, bench, lines)
    else:
        result = sorter.folder / "second.pickle"
        child = os.fork()
        if child == 0:
            _second_process(sorter, parts[1::2], bench, lines, result)
        found = _rule_parts(sorter, parts[0::2], bench, lines)
        _, status = os.waitpid(child, 0)
        if status:
            raise OSError("第二个进程没有做完")
        found += pickle.loads(result.read_bytes())   # noqa: S301  Written by our own child just now.
    numbers = sorter.numbers({(part, problem.at) for part, problem in found}) if found else {}
    return [problem._replace(at=numbers[part, problem.at]) for part, problem in found]


def _second_process(sorter: Sorter, parts: list[int], bench: Bench, lines: Lines, result: Path) -> None:
    """Rule these parts and leave; never returns, so that nothing of the parent runs twice."""
    status = 1
    try:
        found = _rule_parts(sorter, parts, bench, lines)
        result.write_bytes(pickle.dumps(found))
        status = 0
    finally:
        os._exit(status)


def _rule_parts(sorter: Sorter, parts: Iterable[int], bench: Bench, lines: Lines) -> list[tuple[int, Problem]]:
    return [(part, problem) for part in parts for problem in rule_part(sorter.folder, part, bench, lines, sorter.level)]


def _used_twice(sorter: Sorter, twice: set[str]) -> Iterator[Problem]:
    """The lines on which an entry's id is used again."""
    if not twice:
        return
    first: dict[str, int] = {}
    for number, line in sorter.in_order():
        head = read_head(line)
        if head.kind == "entry" and head.id in twice and isinstance(head.id, str):
            if head.id in first:
                cure = f"这个 id 第 {first[head.id]} 行已经用过；每条记录的 id 应不同"
                yield Problem(number, BadLine("id", head.id, cure), True)
            first.setdefault(head.id, number)


def _report(problems: list[Problem], stderr: TextIO) -> None:
    """Say which lines are bad; what only a comparison of lines shows waits until every single line is readable."""
    single = [problem for problem in problems if not problem.whole_file]
    told = sorted(single or problems, key=lambda problem: problem.at)
    for number, bad, _ in told[:PROBLEMS_MOST]:
        stderr.write(f"第 {number} 行  {bad.told}\n")
    if len(told) > PROBLEMS_MOST:
        stderr.write(f"另有 {len(told) - PROBLEMS_MOST} 行以上有误，改好以上各行后再试\n")
    stderr.write(f"没有输出任何结果：有一行不能读，整份都不评[{BadLine.code}]\n")


def main(arguments: list[str] | None = None) -> int:
    """`python -m policies.evaluate`, for use without the command line of the house."""
    parser = argparse.ArgumentParser(prog="policies.evaluate", description="读事实（NDJSON），写学时评定")
    parser.add_argument("--rules", type=Path, default=None, help="另一套细则的文件夹")
    parser.add_argument("--explain", action="store_true", help="每行附理由 why")
    chosen = parser.parse_args(arguments)
    try:
        return main_evaluate(sys.stdin.buffer, sys.stdout.buffer, sys.stderr, chosen.rules, chosen.explain)
    except BrokenPipeError:
        # The reader has what it wanted (`... | head`); leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_WENT_AWAY


if __name__ == "__main__":
    sys.exit(main())

