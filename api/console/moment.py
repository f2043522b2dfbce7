"""The as-of bar: at which past somebody looks, in the words and the names that every question here has.

发生时间 is when a study happened (`valid_on`), 记录时间 when we learned of it (`as_of`), 规则 under which law hours are
weighed (`law`). What is not now is said in yellow, and nothing is written from there. `tests/console/test_frame.py`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from flask import request

from api.house import House
from api.routes.door import Refused
from api.routes.listing import moment
from ledger.errors import Refusal
from projections.basis import Axes, read_axes

ALL: Final = ("valid_on", "as_of", "law")
ONLY_RECORDED: Final = ("as_of",)
_MOST: Final = 200


class Moment(NamedTuple):
    """What is asked of time and law, and what else the address holds."""

    axes: tuple[str, ...]              # Which of them a screen knows.
    asked: dict[str, str | None]
    rest: dict[str, str]               # Filters and the like, which stay when the moment changes.

    @property
    def is_now(self) -> bool:
        """Say whether it is now that is looked at, under the law of each day."""
        return not any(self.asked.values())

    @property
    def past(self) -> dict[str, str]:
        """What a link takes along to stay where somebody is in time."""
        return {name: value for name, value in self.asked.items() if value is not None}

    @property
    def links(self) -> dict[str, str]:
        """Everything that the address says."""
        return {**self.rest, **self.past}

    @property
    def no_filters(self) -> dict[str, None]:
        """What a link changes to leave the filters of this page behind."""
        return dict.fromkeys(self.rest)

    def link(self, path: str, **changed: Any) -> str:
        """An address at the same moment; with filters changed, or with None left out."""
        told = {name: value for name, value in {**self.links, **changed}.items() if value not in (None, "")}
        return f"{path}?{urlencode(told, doseq=True)}" if told else path

    def beside(self, path: str) -> str:
        """Another page at the same moment, without the filters of this one."""
        return f"{path}?{urlencode(self.past)}" if self.past else path

    def read(self) -> Axes:
        """The axes as questions take them; raises what they may raise."""
        return read_axes(self.asked.get("as_of"), self.asked.get("valid_on"), self.asked.get("law"))

    def position(self, house: House) -> int:
        """The position that is looked at; now, everything that stands has been followed first. Raises `Refused`."""
        found = moment(house, self.asked.get("as_of"))
        if isinstance(found, Refusal):
            raise Refused(found)
        return found


def asked_moment(axes: tuple[str, ...] = ONLY_RECORDED, rest: tuple[str, ...] = ()) -> Moment:
    """Read the address; `rest` are the names that a screen knows beside the axes."""
    def given(name: str) -> str | None:
        return request.args.get(name, "").strip()[:_MOST] or None

    asked = {name: given(name) for name in axes}
    if asked.get("law") == "then":
        asked["law"] = None
    return Moment(axes, asked, {name: value for name in rest if (value := given(name)) is not None})
