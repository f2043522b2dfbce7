"""Texts of studies, each taken apart once: what a law may weigh of it as a shape, its day and year, its keys.

A register holds millions of claims and far fewer texts: a class is one text for all who went to it. Texts are known by
numbers for as long as memory allows, shapes for good.

`tests/projections/replay/test_gathered.py` shows it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ledger.events.study import Study
from policies.facts import FIRST_DAY, LAST_DAY
from projections.replay.coded import LEAD_MOST

REMEMBERED_MOST: Final = 200_000

_NOT_WEIGHED: Final = ("evidence_on", "starts", "ends", "year", "document", "participants", "joint_first", "filing",
                       "filed_on", "training_class", "occasion", "output", "further")
_weighed: Final = attrgetter(*(name for name in Study.__struct_fields__ if name not in _NOT_WEIGHED))
_study = msgspec.json.Decoder(Study).decode


class Shape(NamedTuple):
    """What a law may weigh: one text that says it, how long before its start it was filed, whether it can be read."""

    text: str
    lead: int | None
    readable: bool


class Studies:
    """The texts that were seen, by number."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self._numbers: dict[Any, int] = {}
        self._forget()

    def _forget(self) -> None:
        self._known: dict[str, int] = {}
        self._shape, self._day, self._year = array("i"), array("i"), array("h")
        self.keys: dict[int, tuple[str | None, str | None]] = {}
        """Occasion and output, of the few that have one."""

    def numbers(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """The number of each text, good until the next time this is asked."""
        if len(self._known) > REMEMBERED_MOST:
            self._forget()
        found = list(map(self._known.get, texts))
        if None in found:
            found = [self._take(text) if one is None else one for one, text in zip(found, texts, strict=True)]
        return np.array(found, dtype=np.int32)

    def columns(self, numbers: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int16]]:
        """Shape, day and year of each."""
        return np.array(self._shape)[numbers], np.array(self._day)[numbers], np.array(self._year)[numbers]

    def _take(self, text: str) -> int:
        """Take a text apart, unless that was done a moment ago."""
        if (number := self._known.get(text)) is not None:
            return number
        study = _study(text)
        lead, readable = None, is_readable(study)
        if study.filed_on is not None and study.starts is not None:
            lead = max(-LEAD_MOST, min((study.starts - study.filed_on).days, LEAD_MOST))
        key = (_weighed(study), tuple(sorted(study.further.items())), study.document is None, lead, readable)
        shape = self._numbers.get(key)
        if shape is None:
            shape = self._numbers[key] = len(self.shapes)
            self.shapes.append(Shape(text, lead, readable))
        number = self._known[text] = len(self._shape)
        self._shape.append(shape)
        self._day.append(min(max(study.evidence_on, FIRST_DAY), LAST_DAY).toordinal())
        self._year.append(study.year or study.evidence_on.year)
        if study.occasion is not None or study.output is not None:
            self.keys[number] = (study.occasion, study.output)
        return number


def is_readable(study: Study) -> bool:
    """Say whether the dates and keys of a study can be read, as `policies.shapes.check_loose` has it."""
    starts, ends, filed_on = study.starts, study.ends, study.filed_on
    return (
        FIRST_DAY <= study.evidence_on <= LAST_DAY
        and (starts is None or FIRST_DAY <= starts <= LAST_DAY)
        and (ends is None or FIRST_DAY <= ends <= LAST_DAY)
        and (filed_on is None or FIRST_DAY <= filed_on <= LAST_DAY)
        and not (starts is not None and ends is not None and ends < starts)
        and not (filed_on is not None and starts is None)
        and "" not in (study.occasion, study.output, study.document)
    )
