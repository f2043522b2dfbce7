"""Reading hours: whole hundredths against the standard library's decimal, on the hours that people write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from ledger.vocabulary import format_hours, parse_hours
from tests.bench import Race

COUNT = 100_000


def rows() -> Iterator[Race]:
    draw = random.Random(20261121)
    texts = [format_hours(draw.choice((50, 100, 450)) * draw.randint(1, 40)) for _ in range(COUNT)]
    values = [parse_hours(text) for text in texts]
    assert [Decimal(text) * 100 for text in texts] == values

    yield Race(
        "hours read strictly from text and summed", "hours", COUNT,
        lambda: sum(parse_hours(text) for text in texts),
        lambda: sum(Decimal(text) for text in texts), "decimal.Decimal",
    )
    yield Race("hours written", "hours", COUNT, lambda: [format_hours(value) for value in values])
