"""The workbench: for somebody themselves their year and what is under way, for an office what waits and for how long.

`tests/console/test_home.py` shows it.
"""

from __future__ import annotations

from api.console.claiming.claim import done_before, told_basis
from api.console.home.office import office, separated
from api.console.home.person import person
from api.console.moment import asked_moment
from api.console.screen import Asking, Shown


def home(asking: Asking) -> Shown:
    """Where everybody begins."""
    moment = asked_moment()
    position = moment.position(asking.house)
    basis = told_basis(asking.house.answers.reflects(position))
    common = {"moment": moment, "basis": basis, "done": done_before(asking)}
    if asking.capacity.is_person:
        return person(asking, moment, position, common)
    if not asking.capacity.reviews:
        return separated(asking, moment, common)
    return office(asking, moment, position, common)
