"""The words of the law as data: routes with their quantities and levels, sectors, fields, regions.

`words.toml` holds those of the five regulations (`contracts` of the project name them); a rulebook may declare more.
A `Vocabulary` is what one set of rulebooks understands, and is what a line of facts is read against.

`tests/policies/test_bad_lines.py` shows it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from ledger.vocabulary import Category

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Route:
    """One way of earning hours (途径), with what an entry of it must carry."""

    code: str
    name: str
    quantity: tuple[str, ...] = ()   # Exactly one of these is given; none for “one item”.
    needs: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    level_optional: bool = False
    ranked: bool = False
    categories: tuple[str, ...] = (Category.PROFESSIONAL.value,)
    level_names: Mapping[str, str] = field(default_factory=dict)   # Where this route has its own words for a level.


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entry, the form of its value, and its words for people."""

    code: str
    kind: str
    among: tuple[str, ...] = ()
    step_centi: int = 1
    most_centi: int = 0
    most: int = 0
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MinimumWord:
    """A kind of yearly requirement: its Chinese name and the categories that fill it."""

    code: str
    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declarations:
    """What a rulebook adds to the words."""

    sectors: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    fields: tuple[Field, ...] = ()
    minimums: tuple[MinimumWord, ...] = ()
    route_levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    majors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every word that a set of rulebooks understands."""

    sectors: Mapping[str, str]
    categories: Mapping[str, str]
    levels: Mapping[str, str]
    routes: Mapping[str, Route]
    fields: Mapping[str, Field]
    minimums: Mapping[str, MinimumWord]
    counting: Mapping[str, Any]
    labels: Mapping[str, str]

    def with_declared(self, declared: Iterable[Declarations]) -> Vocabulary:
        """These words and those that the rulebooks add."""
        sectors, levels = dict(self.sectors), dict(self.levels)
        routes, fields, minimums = dict(self.routes), dict(self.fields), dict(self.minimums)
        for words in declared:
            sectors |= words.sectors
            levels |= words.levels
            routes |= {route.code: route for route in words.routes}
            fields |= {one.code: one for one in words.fields}
            minimums |= {one.code: one for one in words.minimums}
            for code, more in words.route_levels.items():
                known = routes[code]
                added = tuple(level for level in more if level not in known.levels)
                routes[code] = replace(known, levels=known.levels + added)
        return Vocabulary(sectors, self.categories, levels, routes, fields, minimums, self.counting, self.labels)

    def route_name(self, route: str) -> str:
        """A route in words; a code that nobody named is shown as it is."""
        return self.routes[route].name if route in self.routes else route

    def level_name(self, level: str, route: str | None = None) -> str:
        """A level in the words of its route (省部级 for a project), else in the general ones."""
        own = self.routes[route].level_names if route is not None and route in self.routes else {}
        return own.get(level) or self.levels.get(level, level)

    def field_name(self, name: str) -> str:
        """A field in words."""
        return self.fields[name].name or name if name in self.fields else name

    def value_name(self, name: str, value: str) -> str:
        """One value of a field in words."""
        return self.fields[name].names.get(value, value) if name in self.fields else value

    def label(self, code: str) -> str:
        """Any other code in words."""
        return self.labels.get(code, code)


def route_of(code: str, row: Mapping[str, Any]) -> Route:
    """A route as `words.toml` and `[declares.routes]` write it."""
    return Route(
        code, row["name"],
        quantity=tuple(row.get("quantity", ())), needs=tuple(row.get("needs", ())), levels=tuple(row.get("levels", ())),
        level_optional=row.get("level_optional", False), ranked=row.get("ranked", False),
        categories=tuple(row.get("categories", (Category.PROFESSIONAL.value,))),
        level_names=row.get("level_names", {}),
    )


def field_of(code: str, row: Mapping[str, Any]) -> Field:
    """A field as `words.toml` and `[declares.fields]` write it."""
    told = {"name": row.get("name", ""), "names": row.get("names", {})}
    match row["kind"]:
        case "decimal":
            return Field(code, "decimal", step_centi=centi(row["step"]), most_centi=centi(row["most"]), **told)
        case "integer":
            return Field(code, "integer", most=row["most"], **told)
        case kind:
            return Field(code, kind, among=tuple(row.get("among", ())), **told)


def centi(text: str) -> int:
    """Hundredths of a decimal string of our own data."""
    whole, _, fraction = text.partition(".")
    return int(whole) * 100 + int(fraction.ljust(2, "0")[:2] or 0)


@cache
def base_vocabulary() -> Vocabulary:
    """The words of the five regulations."""
    data = tomllib.loads((HERE / "words.toml").read_text("utf-8"))
    return Vocabulary(
        sectors=data["sectors"],
        categories=data["categories"],
        levels=data["levels"],
        routes={code: route_of(code, row) for code, row in data["routes"].items()},
        fields={code: field_of(code, row) for code, row in data["fields"].items()},
        minimums={
            code: MinimumWord(code, row["name"], tuple(row["categories"]))
            for code, row in data["minimums"].items()
        },
        counting=data["counting"],
        labels=data["labels"],
    )


@cache
def _regions() -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
    data = tomllib.loads((HERE / "regions.toml").read_text("utf-8"))
    known = {
        province: frozenset(
            [f"{province}0000", *(f"{city}{end}" for city in row["cities"] for end in ("00", "01"))]
            + row["counties"] + row["former"]
        )
        for province, row in data["known"].items()
    }
    return frozenset(data["provinces"]), known


def is_region(code: str) -> bool:
    """Whether this is a region code of GB/T 2260; within Zhejiang every county is known by name."""
    provinces, known = _regions()
    if len(code) != 6 or not code.isascii() or not code.isdigit() or code[:2] not in provinces:
        return False
    return code[:2] not in known or code in known[code[:2]]
