"""People written anew put over what was written before: a delta masks the base, person by person.

`tests/projections/replay/test_store.py` shows it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from projections.replay.held import Held

_T = TypeVar("_T", bound=Hashable)


def merged(base: Held, delta: Held) -> Held:
    """Everyone of both; whoever stands in the delta stands there with all that is known of them."""
    people = np.union1d(base.people, delta.people)
    statements, of_statement = _united(base.statements, delta.statements)
    zones, of_zone = _united(base.zones, delta.zones)
    units, of_unit = _united(base.units, delta.units)
    renumbered = {"statement": of_statement, "zone": of_zone, "unit": of_unit}
    is_masked = np.isin(base.people, delta.people)
    kept, come = np.searchsorted(people, base.people), np.searchsorted(people, delta.people)
    shift = {name: int(base.claims[name].max(initial=0)) for name in ("occasion", "output")}

    def together(name: str) -> dict[str, NDArray[Any]]:
        one, two = getattr(base, name), getattr(delta, name)
        stays = ~is_masked[one["person"]]
        person = np.concatenate([kept[one["person"][stays]], come[two["person"]]]).astype(np.int32)
        order = np.argsort(person, kind="stable")
        found = {"person": person[order]}
        for column in one:
            if column == "person":
                continue
            values = two[column]
            if column in renumbered:
                values = renumbered[column][values]
            elif column in shift:
                values = np.where(values > 0, values + shift[column], 0)
            found[column] = np.concatenate([one[column][stays], values.astype(one[column].dtype)])[order]
        return found

    claims, affiliations, departures = map(together, ("claims", "affiliations", "departures"))
    return Held(delta.position, people, claims, affiliations, departures, statements, zones, units)


def _united(one: Sequence[_T], two: Sequence[_T]) -> tuple[tuple[_T, ...], NDArray[np.int32]]:
    """Both without repeats, the first as they were, and the numbers of the second among them."""
    numbers: dict[_T, int] = {}
    for word in one:
        numbers[word] = len(numbers)
    found = [numbers.setdefault(word, len(numbers)) for word in two]
    return tuple(numbers), np.array(found, dtype=np.int32)


