"""What a change of the API's description breaks for whoever wrote against the one before it.

Nothing may go, nothing more may be asked for, no value may become one of another kind, and none that was taken may be
refused. What is added breaks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_METHODS = ("get", "post", "put", "delete")


def broken(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Each thing that worked and does no longer, by its operation and its place."""
    was, now = (dict(_promises(one)) for one in (before, after))
    gone = [f"{place}: {kind} is gone" for place, kind in was.items() if place not in now and not _is_demand(place)]
    other = [f"{place}: {kind} became {now[place]}" for place, kind in was.items()
             if place in now and now[place] != kind and not _is_demand(place)]
    more = [f"{place}: is asked for now" for place in now.keys() - was.keys()
            if _is_demand(place) and _asked_within(place) in was]
    return sorted([*gone, *other, *more])


def _is_demand(place: str) -> bool:
    return place.endswith(" must")


def _asked_within(place: str) -> str:
    """What a demand is made in: a body or a part of it, or for a parameter its operation."""
    words = place.split(" ")
    return place.rpartition("/")[0] if words[2] == "sent" else " ".join(words[:2])


def _promises(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the description promises, place by place, and what it demands (`must`)."""
    for path, methods in described["paths"].items():
        for method, operation in ((name, one) for name, one in methods.items() if name in _METHODS):
            name = f"{method.upper()} {path}"
            yield name, "operation"
            for one in (*methods.get("parameters", ()), *operation.get("parameters", ())):
                place = f"{name} {one['in']} {one['name']}"
                yield place, _kind(one["schema"])
                yield from ((f"{place}={value}", "choice") for value in one["schema"].get("enum", ()))
                if one.get("required"):
                    yield f"{place} must", ""
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                yield from _fields(described, content["schema"], f"{name} sent {media}", are_demands=True)
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    for media, content in answer.get("content", {}).items():
                        yield from _fields(described, content["schema"], f"{name} {status} {media}", are_demands=False)


def _fields(
    described: dict[str, Any], schema: dict[str, Any], place: str, *, are_demands: bool, within: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """The fields of a body, those of what lies in it too; `place` grows by a slash, so that a field is one word."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name in within:  # What holds its like was told once.
        return
    schema, within = (described["components"]["schemas"][name], (*within, name)) if name else (schema, within)
    yield place, _kind(schema)
    if are_demands:
        yield from ((f"{place}={value}", "choice") for value in schema.get("enum", ()))
    for part in (*schema.get("anyOf", ()), *schema.get("allOf", ()), *([schema["items"]] if "items" in schema else [])):
        yield from _fields(described, part, f"{place}/*", are_demands=are_demands, within=within)
    for field, of in schema.get("properties", {}).items():
        yield from _fields(described, of, f"{place}/{field}", are_demands=are_demands, within=within)
        if (field in schema.get("required", ())) and are_demands:
            yield f"{place}/{field} must", ""
        elif field in schema.get("required", ()):
            yield f"{place}/{field} always", ""


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any")
    return "|".join(sorted(kind)) if isinstance(kind, list) else str(kind)
