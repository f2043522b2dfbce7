"""The four rooms have one direction: facts, law, answers, doors. An import that points outwards fails here, and so does
a circle of files within a room, also one that only types or functions close, and a circle of its folders. So do two
files of tests of one name: the second of them would not be collected.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("ledger", "policies", "projections", "api")

# What each room may import of ours.
MAY_SEE = {
    "ledger": ("ledger",),
    "policies": ("policies", "ledger.vocabulary"),
    "projections": ("projections", "policies", "ledger"),
    "api": ("api", "projections", "policies", "ledger"),
}

# A verifier must be small enough to be read by those who trust nobody: the standard library and one signature library.
PROOF_MAY_SEE = ("ledger.proof", "ledger.errors", "cryptography")


def imports_of(source: str, module: str, *, is_package: bool = False, at_run_time: bool = False) -> frozenset[str]:
    """Every module that the source imports, also by a string given to importlib or written as `module:attribute`."""
    parts = module.split(".")
    package = parts if is_package else parts[:-1]
    return frozenset(
        ".".join([*package[: len(package) - level + 1], *([name] if name else [])]) if level else name
        for level, name, for_types in named_by(source) if not (at_run_time and for_types))


@cache  # Each file is asked about by several tests, and to read it takes longest.
def named_by(source: str) -> frozenset[tuple[int, str, bool]]:
    """What a source names: how many folders up, the name from there, and whether types alone want it."""
    found: set[tuple[int, str, bool]] = set()
    ahead: list[tuple[ast.AST, bool]] = [(ast.parse(source), False)]
    while ahead:
        node, for_types = ahead.pop()
        match node:
            case ast.Import(names=names):
                found |= {(0, name.name, for_types) for name in names}
            case ast.ImportFrom(module=target, names=names, level=level):
                found |= {(level, f"{target}.{name.name}" if target else name.name, for_types) for name in names}
            case ast.Constant(value=str(text)) if ":" in text or "." in text:
                dotted = text.partition(":")[0]
                if dotted.split(".")[0] in ROOMS and all(part.isidentifier() for part in dotted.split(".")):
                    found.add((0, dotted, for_types))
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=orelse):
                ahead += [*((one, True) for one in body), *((one, for_types) for one in orelse)]
                continue
        ahead += [(one, for_types) for one in ast.iter_child_nodes(node)]
    return frozenset(found)


def is_under(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == each or name.startswith(each + ".") for each in allowed)


def modules(room: str) -> list[tuple[str, Path]]:
    return [
        (".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path)
        for path in sorted((ROOT / room).rglob("*.py"))
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_no_import_points_outwards(room: str) -> None:
    outward = [
        f"{module} imports {name}"
        for module, path in modules(room)
        for name in imports_of(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py")
        if name.split(".")[0] in (*ROOMS, "tests") and not is_under(name, MAY_SEE[room])
    ]

    assert outward == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_leads_back_to_itself(room: str) -> None:
    """Whoever reads a file has read what it stands on before, or is told which files must be read at once."""
    files = dict(modules(room))
    graph = {module: {named(name, files) for name in imports_of(path.read_text(encoding="utf-8"), module)} - {module}
             for module, path in files.items() if path.name != "__init__.py"}

    TopologicalSorter(graph).prepare()  # Raises CycleError, which names them.


def folders_of_folders() -> list[str]:
    """Each room, and each folder that has folders in it."""
    packages = {module for room in ROOMS for module, path in modules(room) if path.name == "__init__.py"}
    return sorted({*ROOMS, *(each.rpartition(".")[0] for each in packages if "." in each)})


@pytest.mark.parametrize("within", folders_of_folders())
def test_no_folder_leads_back_to_itself(within: str) -> None:
    """Folders, too, stand upon each other, and so do theirs. What is imported for types is not there when it runs."""
    files = dict(modules(within.partition(".")[0]))
    graph: dict[str, set[str]] = {}
    for module, path in files.items():
        if is_under(module, (within,)):
            seen = imports_of(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py",
                              at_run_time=True)
            led_to = {child(named(name, files), within) for name in seen if name.startswith(f"{within}.")}
            graph.setdefault(child(module, within), set()).update(led_to - {child(module, within), within})

    TopologicalSorter(graph).prepare()  # Raises CycleError, which names them.


def child(module: str, within: str) -> str:
    """What of a folder a module stands in: a folder, or a file by itself."""
    return ".".join(module.split(".")[:within.count(".") + 2])


def named(name: str, files: Mapping[str, Path]) -> str:
    """The module that an imported name stands in."""
    return name if name in files else name.rpartition(".")[0]


def test_no_two_files_of_tests_have_one_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(one for one in {*names} if names.count(one) > 1) == []


def test_the_proof_needs_the_standard_library_and_one_signature_library() -> None:
    heavy = [
        f"{module} imports {name}"
        for module, path in modules("ledger")
        if is_under(module, ("ledger.proof",))
        for name in imports_of(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py")
        if name.split(".")[0] not in sys.stdlib_module_names and not is_under(name, PROOF_MAY_SEE)
    ]

    assert heavy == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import api.cli", "api.cli"),
        ("from api import cli", "api.cli"),
        ("from ..api import cli", "api.cli"),
        ("def f():\n    from projections.years import Years", "projections.years.Years"),
        ("importlib.import_module('policies.rulebook')", "policies.rulebook"),
        ("TABLE = {'x': 'api.commands.log:log'}", "api.commands.log"),
    ],
)
def test_every_way_of_importing_is_seen(source: str, name: str) -> None:
    assert name in imports_of(source, "ledger.claims")
    assert not is_under(name, MAY_SEE["ledger"])


def test_the_law_sees_the_words_of_the_facts_and_nothing_else_of_them() -> None:
    assert is_under("ledger.vocabulary.parse_hours", MAY_SEE["policies"])
    assert not is_under("ledger.errors.Refusal", MAY_SEE["policies"])
    assert not is_under("ledger.vocabulary_more", MAY_SEE["policies"])
