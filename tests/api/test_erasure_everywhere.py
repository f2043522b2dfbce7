"""Whoever was forgotten is read nowhere: every question that the service answers, by everyone who may ask it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from api.cases.belonging.people import sealed_identity
from api.cases.forgetting.erasure_purge import purge_all
from api.register.register import SYSTEM
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.events.person import KeyDestroyed
from ledger.ledger import Deciding
from ledger.vocabulary import PersonId
from tests.api.house_kit import house_in
from tests.api.matrix_kit import Scene, scene_in
from tests.api.test_authority_matrix import routes, serving, wanting_a_purpose

NAME = "李明"
EXAMPLES = {"GET /openapi.json"}
"""What gives the same name and number as examples of one."""


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_no_question_that_is_asked_afterwards_fails_or_is_answered_with_the_name(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with house_in(tmp_path / "data") as town:
        serving(town)
        scene = scene_in(town)
        identity = sealed_identity(town.house, scene.ids["person"])
        assert identity is not None and identity.name == NAME
        _forget(scene)

        tried, wrong = 0, []
        for route in routes(scene):
            for who in scene.cast if route.startswith("GET ") else ():
                status, text = _text(scene, route, who)
                tried += 1
                is_told = NAME in text or identity.id_number in text
                if status >= 500 or (is_told and route not in EXAMPLES):
                    wrong.append((route, who, status))

    record_property("tried", tried)
    assert not wrong and tried > 1_000, (tried, sorted({(route, status) for route, _, status in wrong}))


def _forget(scene: Scene) -> None:
    """Destroy the key at once: what a proposal would wait for stands, so that each page has something to show."""
    house, person = scene.town.house, PersonId(scene.ids["person"])
    event = KeyDestroyed(person=person, basis="request", final_after=date(2027, 1, 1))
    decided = Deciding((Draft(event),), {event.stream: house.ledger.store.version(person)})
    assert not isinstance(house.ledger.destroy_key(person, lambda: decided, by=SYSTEM), Refusal)
    purge_all(house)
    assert house.settled() is None


def _text(scene: Scene, route: str, who: str) -> tuple[int, str]:
    """What somebody is answered, whatever it is written in."""
    rule, named = routes(scene)[route], scene.named(route)
    path = rule.build({name: named[name] for name in rule.arguments}, append_unknown=False)
    assert path is not None, route
    query = dict(scene.queries.get(route, {}))
    if rule.endpoint.startswith(("page.", "statement_pages.", "verification.")):
        client, headers, query["purpose"] = scene.browsers[who], {}, "annual_review"
    else:
        client, headers = scene.cast[who].client, scene.cast[who].headers()
        if route in wanting_a_purpose(scene):
            query["purpose"] = "annual_review"
    with client.open(path[1], method="GET", query_string=query, headers=headers) as answer:
        return answer.status_code, answer.get_data().decode("utf-8", "replace")
