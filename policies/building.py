"""A rulebook of the bytes of its file: every checked row becomes a frozen value of `rulebook.py`.

`tests/policies/test_rulebook_errors.py` shows what is refused, the case files what is made of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar

from policies import rulebook as law
from policies.errors import UnreadableRulebook, shown
from policies.form import read_form
from policies.words import Declarations, MinimumWord, base_vocabulary, field_of, route_of

T = TypeVar("T")
BUILT_MOST: Final = 64  # Rulebooks that are remembered by their bytes; to build one takes some ten milliseconds.


@lru_cache(BUILT_MOST)
def build(path: str, source: bytes, digest: str, text: str | None) -> law.Rulebook:
    """The rulebook that a file's bytes say; every row becomes a frozen value, once for the same bytes and text.

    A shelf, an archive and a second register in one process each read the bytes and hold them against their digest;
    what they say is worked out for the first of them.
    """
    _, row = read_form(path, source)
    conditions = {one["name"]: _condition(one) for one in row.get("condition", ())}
    wrong = [
        f"clause 第 {index + 1} 条（{one['article']}） conditions：没有名为 {shown(name)} 的 [[condition]]"
        for index, one in enumerate(row.get("clause", ()))
        for name in one.get("conditions", ()) if name not in conditions
    ]
    if wrong:
        raise UnreadableRulebook(path, wrong)
    declares = _declares(row.get("declares", {}))
    revision = row.get("revision", 1)
    version = f"{row['family']}/{row['in_force_from']}"
    return law.Rulebook(
        id=version if revision == 1 else f"{version}.{revision}",
        family=row["family"],
        in_force_from=row["in_force_from"],
        in_force_to=row.get("in_force_to"),
        revision=revision,
        key=row["key"],
        title=row["title"],
        document=row["document"],
        issuers=tuple(row["issuers"]),
        issued_on=row.get("issued_on"),
        scope=_tuples(law.Scope, row["scope"]),
        first_year_judged=row["first_year_judged"],
        draft=row.get("draft", False),
        off=row.get("off", False),
        legal_basis=tuple(row.get("legal_basis", ())),
        supersedes=tuple(row.get("supersedes", ())),
        declares=declares,
        clauses=tuple(_clause(index, one, conditions) for index, one in enumerate(row.get("clause", ()))),
        conditions=tuple(conditions.values()),
        minimums=tuple(_minimum(one, declares) for one in row.get("minimum", ())),
        application=_application(row.get("application")),
        registrars=tuple(_registrar(one) for one in row.get("registrar", ())),
        steps=_tuples(law.Steps, row["steps"]) if "steps" in row else None,
        duties=tuple(_duty(one) for one in row.get("duty", ())),
        consequences=tuple(_tuples(law.Consequence, one) for one in row.get("consequence", ())),
        readings=tuple(_tuples(law.Reading, one) for one in row.get("reading", ())),
        make_up=tuple(_tuples(law.MakeUp, one) for one in row.get("make_up", ())),
        relief=tuple(_tuples(law.Relief, one) for one in row.get("relief", ())),
        rounding=law.Rounding(row["rounding"]["mode"], row["rounding"]["unit"]) if "rounding" in row else None,
        text_name=row.get("text"),
        text=text,
        digest=digest,
        source=source,
    )


def _tuples(make: type[T], row: Mapping[str, Any], **more: Any) -> T:
    """A value whose lists are tuples."""
    return make(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()} | more)


def _hours(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its `hours` named by unit."""
    return {("hours_centi" if key == "hours" else key): value for key, value in row.items()}


def _condition(row: Mapping[str, Any]) -> law.Condition:
    parts: dict[str, Any] = {
        name: _tuples(make, row[name])
        for name, make in (("when", law.When), ("filing", law.Filing), ("binds", law.Binds)) if name in row
    }
    return _tuples(law.Condition, row, **parts)


def _clause(index: int, row: Mapping[str, Any], conditions: Mapping[str, law.Condition]) -> law.Clause:
    parts: dict[str, Any] = {
        name: _tuples(make, _hours(row[name]))
        for name, make in (
            ("rate", law.Rate), ("share", law.Share), ("bonus", law.Bonus), ("class_limit", law.Limit),
            ("cap", law.Cap), ("when", law.When), ("claim_within", law.ClaimWithin),
            ("credit", law.Credit),
        ) if name in row
    }
    if "threshold" in row:
        parts["threshold"] = law.Threshold(row["threshold"]["field"], row["threshold"]["more_than"])
    parts["conditions"] = tuple(conditions[name] for name in row.get("conditions", ()))
    parts["categories"] = tuple(row.get("categories", ("professional",)))
    return _tuples(law.Clause, row, index=index, **parts)


def _minimum(row: Mapping[str, Any], declares: Declarations) -> law.Minimum:
    known = base_vocabulary().with_declared([declares]).minimums
    rest = {key: value for key, value in row.items() if key not in ("cycle", "hours")}
    cycle = row.get("cycle")
    return law.Minimum(
        **rest,
        hours_centi=row.get("hours", 0),
        categories=known[row["name"]].categories if row["name"] in known else (),
        cycle=law.Cycle(cycle["years"], cycle["from_"], cycle["kind"]) if cycle else None,
    )


def _application(row: Mapping[str, Any] | None) -> law.ApplicationRule | None:
    if row is None:
        return None
    pairs = {name: tuple((pair[0], pair[1]) for pair in row[name]) for name in ("first_half_pairs", "other_pairs")}
    return law.ApplicationRule(**{**row, **pairs})


def _registrar(row: Mapping[str, Any]) -> law.Registrar:
    offices = tuple(part.strip() for part in row["office"].split(","))
    return _tuples(law.Registrar, {key: value for key, value in row.items() if key != "office"}, offices=offices)


def _duty(row: Mapping[str, Any]) -> law.Duty:
    plain = ("kind", "article", "quote", "who", "what", "routes", "documents")
    more = {key: value for key, value in row.items() if key not in (*plain, "to")}
    to = tuple(part.strip() for part in row.get("to", "").split(",") if part.strip())
    return _tuples(law.Duty, {key: row[key] for key in plain if key in row}, to=to, more=more)


def _declares(row: Mapping[str, Any]) -> Declarations:
    return Declarations(
        sectors=row.get("sectors", {}),
        levels=row.get("levels", {}),
        routes=tuple(route_of(code, one) for code, one in row.get("routes", {}).items()),
        fields=tuple(field_of(code, one) for code, one in row.get("fields_", {}).items()),
        minimums=tuple(
            MinimumWord(code, one["name"], tuple(one["categories"])) for code, one in row.get("minimums", {}).items()
        ),
        route_levels={code: tuple(more) for code, more in row.get("route_levels", {}).items()},
        majors=tuple(row.get("majors", ())),
    )
