"""Everyone of the authority matrix and one of everything: what anybody of them may do is asked once, a write as a trial
(`furnished` has really done many of them)."""

from __future__ import annotations

import tomllib

from tests.api.house_kit import Town
from tests.api.matrix_kit import scene_in
from tests.api.test_authority_matrix import TABLE, asked, done, read, routes

THESE_FIRST = ("self", "unit", "organiser", "sector", "people", "watch", "committee", "policy", "system", "security",
               "audit")


def everyone_and_everything(town: Town) -> None:
    scene, table = scene_in(town), tomllib.loads(TABLE.read_text("utf-8"))
    cast = [*THESE_FIRST, *(who for who in scene.cast if who not in THESE_FIRST)]
    for route in routes(scene):
        if " /v1/" in route:
            told = read(table[route], cast)
            who = next((one for one in cast if done(told[one])), None)
            if who is not None:
                asked(scene, route, who)
