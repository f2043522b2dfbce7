"""What a string names of ours is there: whoever moves a module hears at once of those who name it without an import.

A program that a test hands to another process, a command with `-m`, a place that a test puts something else into: none
of them is an import, and each would be found missing only where it is run, some of them in a torture test at night.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = ("ledger", "policies", "projections", "api", "tests")
OURS: Final = rf"(?:{'|'.join(ROOMS)})(?:\.\w+)+"
RUN: Final = re.compile(rf"-m[\", ]+({OURS})")
WHOLE: Final = re.compile(OURS)
IMPORT: Final = re.compile(rf"\s*(?:from {OURS} import [\w, ()]+|import {OURS})")
MADE_UP: Final = "tests/house/"  # What is tried there has names that nothing bears.


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def file_of(module: str) -> Path | None:
    """Where a module stands; a folder is one too."""
    at = ROOT.joinpath(*module.split("."))
    return next((one for one in (at.with_suffix(".py"), at / "__init__.py", at) if one.exists()), None)


@cache
def names_in(path: Path) -> frozenset[str]:
    """What stands at the top of a file, also under a condition."""
    found: set[str] = set()
    ahead: list[ast.AST] = [ast.parse(path.read_text("utf-8"))] if path.is_file() else []
    while ahead:
        for node in ast.iter_child_nodes(ahead.pop()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found |= {(one.asname or one.name).partition(".")[0] for one in node.names}
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            else:
                ahead.append(node)
    return frozenset(found)


def is_there(dotted: str) -> bool:
    """Say whether it is a module, or something at the top of one; what that holds is not looked at."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        if (path := file_of(".".join(parts[:length]))) is not None:
            return length == len(parts) or parts[length] in names_in(path)
    return False


def named_in(source: str) -> Iterator[str]:
    """What a file of Python names in its strings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).endswith(("setattr", "import_module")):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and WHOLE.fullmatch(first.value):
                yield first.value
        if isinstance(node, ast.List | ast.Tuple):
            for before, one in zip(node.elts, node.elts[1:], strict=False):
                if isinstance(before, ast.Constant) and before.value == "-m" and isinstance(one, ast.Constant):
                    yield str(one.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "import " in node.value:
            yield from imported_by(node.value)


def imported_by(text: str) -> Iterator[str]:
    """What a string imports that is a program, or a piece of one; of a program that is put together, line by line."""
    for line in re.split(r"[\n;]", text):
        if IMPORT.match(line):
            try:
                (node,) = ast.parse(line.strip().rstrip("(").rstrip(",")).body
            except (SyntaxError, ValueError):
                continue  # It is a sentence, or goes on in the next line.
            if isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{one.name}" for one in node.names)
            elif isinstance(node, ast.Import):
                yield from (one.name for one in node.names)


def ours(names: Iterator[str]) -> list[str]:
    return [name for name in names if name.partition(".")[0] in ROOMS and WHOLE.fullmatch(name)]


def test_what_a_string_names_of_ours_is_there() -> None:
    named = [(place, name) for path in tracked("tests/*.py", "api/*.py")
             if not (place := str(path.relative_to(ROOT))).startswith(MADE_UP)
             for name in ours(named_in(path.read_text("utf-8")))]
    run = [(str(path.relative_to(ROOT)), name) for path in tracked("Makefile", ".ci/*", "*.md", "*.service", "*.toml")
           if path.is_file() for name in RUN.findall(path.read_text("utf-8"))]

    assert len(named) > 100 and len(run) > 3, (len(named), len(run))
    assert [one for one in named + run if not is_there(one[1])] == []


def test_what_was_moved_is_missed() -> None:
    program = 'import sys\nfrom ledger.moved_away import Ledger\nfrom ledger.ledger import Ledger, nobody\n'
    source = f'monkeypatch.setattr("api.gone.NAME", 1)\nrun([python, "-P", "-m", "api.replays.gone"])\nX = {program!r}'

    assert sorted(name for name in ours(named_in(source)) if not is_there(name)) == [
        "api.gone.NAME", "api.replays.gone", "ledger.ledger.nobody", "ledger.moved_away.Ledger"]
