"""Events: every field says what it tells about people, every type has a name for ever, and its schema is the truth."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from event_samples import sample_draft, sample_struct

import ledger.events
from ledger.events.base import OPEN, SEALED, By, Event, Open, Part, Pseudonym, Sealed, Secret, wire_type
from ledger.events.catalogue import CURRENT, EVERY, OLDER, privacy, schemas, upcast
from ledger.stores.append import NameTaken
from ledger.stores.sqlite_rows import NEVER_FREED

WIRE_NAME = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*/[1-9][0-9]*")


def subclasses(base: type) -> Iterator[type]:
    for each in base.__subclasses__():
        yield each
        yield from subclasses(each)


# The catalogue


def test_every_event_of_every_module_stands_in_the_catalogue() -> None:
    for module in pkgutil.iter_modules(ledger.events.__path__, "ledger.events."):
        importlib.import_module(module.name)

    declared = {each for each in subclasses(Event)
                if each.__module__.startswith("ledger.") and "/" in wire_type(each)}

    assert declared == set(EVERY)
    assert len(CURRENT) + len(OLDER) == len(EVERY)


@pytest.mark.parametrize("event", EVERY, ids=wire_type)
def test_a_wire_name_is_noun_verb_and_number(event: type[Event]) -> None:
    assert WIRE_NAME.fullmatch(wire_type(event))
    assert CURRENT.get(wire_type(event)) is event or event in OLDER


def test_no_wire_name_is_borne_twice() -> None:
    names = [wire_type(event) for event in EVERY]

    assert len(set(names)) == len(names)
    assert list(CURRENT) == [wire_type(event) for event in CURRENT.values()]


def test_an_event_in_its_newest_form_stays_as_it_is() -> None:
    for event in CURRENT.values():
        newest = sample_struct(event, full=True)
        assert upcast(newest) is newest


@pytest.mark.parametrize("full", [False, True], ids=["bare", "full"])
@pytest.mark.parametrize("event", CURRENT.values(), ids=wire_type)
def test_an_event_names_its_stream_its_subjects_and_its_reserved_names(event: type[Event], full: bool) -> None:
    draft = sample_draft(event, full=full)

    assert isinstance(draft.event.stream, str)
    assert all(isinstance(subject, str) for subject in draft.event.subjects())
    if event.sealed_as is not None:
        assert draft.event.subjects(), "somebody's key must seal it"
    kinds = {name.kind for name in draft.event.names(draft.sealed)} | draft.event.freed()
    for kind in kinds:
        assert kind not in str(NameTaken(kind, holder="clm_1")), "a person who loses reads Chinese, not a code"


def test_every_kind_that_is_freed_is_a_kind_that_is_reserved() -> None:
    drafts = [sample_draft(event, full=True) for event in CURRENT.values()]
    reserved = {name.kind for draft in drafts for name in draft.event.names(draft.sealed)}
    freed = {kind for draft in drafts for kind in draft.event.freed()}

    assert freed <= reserved
    assert freed.isdisjoint(NEVER_FREED), "no index has these by who holds them"


def test_events_are_values() -> None:
    event = sample_struct(CURRENT["claim.withdrawn/1"], full=True)

    with pytest.raises(AttributeError):
        event.person = "per_2"
    assert event == sample_struct(CURRENT["claim.withdrawn/1"], full=True)
    assert hash(event) == hash(sample_struct(CURRENT["claim.withdrawn/1"], full=True))


# What a field tells about people


@pytest.mark.parametrize("struct", [By, *EVERY], ids=lambda struct: struct.__name__)
def test_every_field_of_an_event_is_declared_and_none_is_sealed_in_the_open_part(struct: type[msgspec.Struct]) -> None:
    declared = privacy(struct)

    assert len(declared) >= len(struct.__struct_fields__)
    assert {name: kind for name, kind in declared.items() if kind not in ("open", "pseudonymous")} == {}


@pytest.mark.parametrize("event", [event for event in EVERY if event.sealed_as], ids=wire_type)
def test_a_sealed_struct_holds_nothing_but_sealed_fields(event: type[Event]) -> None:
    assert event.sealed_as is not None
    assert issubclass(event.sealed_as, Sealed)
    assert set(privacy(event.sealed_as).values()) == {"sealed"}


def test_every_sealed_struct_is_sealed_by_some_event_or_stands_in_one_that_is() -> None:
    used: set[str] = set()
    for event in EVERY:
        if event.sealed_as is not None:
            used |= {name.partition(".")[0] for name in privacy(event.sealed_as)}

    assert {each.__name__ for each in subclasses(Sealed) if each.__module__.startswith("ledger.")} <= used


class Plain(Part):
    """A part with a field that says nothing."""

    said: Open[str]
    unsaid: str


class Twice(Part):
    """A part that says two things of one field."""

    both: Annotated[str, OPEN, SEALED]


class Wrapped(Part):
    """A part that holds the others, in the ways in which events hold parts."""

    inner: Open[Plain]
    many: Open[tuple[Plain, ...]]
    by_word: Open[dict[str, Twice]]
    perhaps: Pseudonym[Twice | None] = None


class Loose(Event, tag="test.loose/1"):
    """An event with an undeclared field."""

    said: Open[str]
    unsaid: date | None = None


@pytest.mark.parametrize(("struct", "undeclared"), [
    (Plain, {"Plain.unsaid"}), (Twice, {"Twice.both"}), (Loose, {"Loose.unsaid"}),
    (Wrapped, {"Plain.unsaid", "Twice.both"}),
])
def test_an_undeclared_field_is_found_wherever_it_hides(struct: type[msgspec.Struct], undeclared: set[str]) -> None:
    assert {name for name, kind in privacy(struct).items() if kind is None} == undeclared


def test_the_three_declarations_are_told_apart() -> None:
    class All(Part):
        """One field of each kind."""

        a: Open[str]
        b: Pseudonym[str]
        c: Secret[str]

    globals()["All"] = All  # Where the hints of a class in a function are looked for.
    assert privacy(All) == {"All.a": "open", "All.b": "pseudonymous", "All.c": "sealed"}


def hints_in(hint: Any) -> Iterator[Any]:
    yield hint
    if get_origin(hint) is not None:
        for argument in get_args(hint):
            yield from hints_in(argument)


@pytest.mark.parametrize("struct", [By, *EVERY, *subclasses(Part), *subclasses(Sealed)], ids=lambda each: each.__name__)
def test_no_field_is_a_float_or_anything_that_can_be_changed(struct: type[msgspec.Struct]) -> None:
    for field, hint in get_type_hints(struct, include_extras=True).items():
        if field in struct.__struct_fields__:
            assert not {float, list, set, object, Any} & {kind for kind in hints_in(hint) if isinstance(kind, type)}


# Schemas: a small checker of the part of JSON Schema 2020-12 that they use, which fails on any word it does not know

SCHEMAS = schemas()
ANNOTATIONS = {"title", "description", "default", "x-privacy", "$schema", "$defs", "examples"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,), "null": (type(None),),
}


def accepts(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    return all(holds(word, rule, value, schema, root) for word, rule in schema.items() if word not in ANNOTATIONS)


def holds(word: str, rule: Any, value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    match word:
        case "$ref":
            return accepts(root["$defs"][rule.removeprefix("#/$defs/")], value, root)
        case "type":
            return isinstance(value, TYPES[rule]) and not (rule == "integer" and isinstance(value, bool))
        case "anyOf":
            return any(accepts(each, value, root) for each in rule)
        case "enum":
            return value in rule
        case "const":
            return bool(value == rule)
        case "format":
            return rule != "date" or (isinstance(value, str) and bool(date.fromisoformat(value)))
        case "required":
            return set(rule) <= value.keys()
        case "properties":
            return all(accepts(each, value[name], root) for name, each in rule.items() if name in value)
        case "additionalProperties":
            further = [value[name] for name in value.keys() - schema.get("properties", {}).keys()]
            return not further if rule is False else rule is True or all(accepts(rule, each, root) for each in further)
        case "items":
            return all(accepts(rule, each, root) for each in value)
    raise AssertionError(f"this checker does not know {word!r}")


def demand_valid(schema: dict[str, Any], root: dict[str, Any]) -> None:
    """Every reference leads somewhere, every required property is described, every description is a schema."""
    if "$ref" in schema:
        assert schema["$ref"].removeprefix("#/$defs/") in root["$defs"]
    assert set(schema.get("required", ())) <= schema.get("properties", {}).keys()
    assert schema.get("type", "object") in TYPES
    parts = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    parts += [schema[word] for word in ("items", "additionalProperties") if isinstance(schema.get(word), dict)]
    for part in parts:
        demand_valid(part, root)


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items(), ids=list(SCHEMAS))
def test_a_schema_is_valid_and_plain_json(name: str, schema: dict[str, Any]) -> None:
    read = json.loads(json.dumps(schema))

    demand_valid(read, read)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == name


@pytest.mark.parametrize("full", [False, True], ids=["bare", "full"])
@pytest.mark.parametrize("name", CURRENT)
def test_a_schema_accepts_what_is_encoded_and_refuses_what_is_not(name: str, full: bool) -> None:
    schema, draft = SCHEMAS[name], sample_draft(CURRENT[name], full=full)
    value = json.loads(msgspec.json.encode(
        {"event": draft.event, "by": sample_struct(By, full=full), "sealed": draft.sealed}))

    assert accepts(schema, value, schema)

    assert not accepts(schema, {**value, "event": {**value["event"], "surplus": 1}}, schema)
    assert not accepts(schema, {**value, "event": {**value["event"], "type": "another.type/1"}}, schema)
    for field in [field.encode_name for field in msgspec.structs.fields(CURRENT[name]) if field.required]:
        without = {key: kept for key, kept in value["event"].items() if key != field}
        assert not accepts(schema, {**value, "event": without}, schema)
    assert not accepts(schema, {"event": value["event"]}, schema)


@pytest.mark.parametrize("name", CURRENT)
def test_a_schema_says_of_each_field_what_it_tells_about_people(name: str) -> None:
    schema = SCHEMAS[name]

    for definition in schema["$defs"].values():
        for field, described in definition.get("properties", {}).items():
            assert field == "type" or described.get("x-privacy") in ("open", "pseudonymous", "sealed"), field
