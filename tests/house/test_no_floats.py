"""Hours are whole hundredths: no float literal, no `float()`, no true division in the rooms that count.

A line that needs one for something else (seconds, a share of a progress bar) says so: `# not hours: seconds`.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REASON = "# not hours: "


def floats_in(source: str) -> list[int]:
    """The lines on which a float can arise and no reason stands."""
    lines = source.splitlines()
    return sorted(
        {
            node.lineno
            for node in ast.walk(ast.parse(source))
            if _makes_float(node) and not any(REASON in line for line in lines[node.lineno - 1 : node.end_lineno])
        }
    )


def _makes_float(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=float()):
            return True
        case ast.Call(func=ast.Name(id="float")):
            return True
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return not (_is_path(left) or _is_path(right))
        case ast.AugAssign(op=ast.Div()):
            return True
        case _:
            return False


def _is_path(node: ast.expr) -> bool:
    """A text beside the stroke makes it a path: `folder / "tiles"`; so does a name that says it is one."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            return _is_path(left) or _is_path(right)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().rstrip("_").endswith(("path", "folder", "directory", "root", "here"))
        case ast.Call(func=ast.Name(id="Path")):
            return True
        case _:
            return False


@pytest.mark.parametrize("room", ["ledger", "policies", "projections"])
def test_no_float_is_near_hours(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line in floats_in(path.read_text(encoding="utf-8"))
    ]

    assert found == []


@pytest.mark.parametrize(
    "source", ["x = 4.5", "x = float('4.5')", "x = hours / 2", "x /= 2", "x = 1e3", "x = a / b / 'c' + 1 / 2"]
)
def test_each_source_of_a_float_is_seen(source: str) -> None:
    assert floats_in(source) == [1]


@pytest.mark.parametrize(
    "source",
    ["x = folder / 'a' / name", "x = a // 2", "time.sleep(0.5)  # not hours: seconds", "x = Path(a) / b"],
)
def test_paths_whole_division_and_stated_reasons_pass(source: str) -> None:
    assert floats_in(source) == []
