"""A service whose program has a newer version of a projection: what is lacking says how far it is, the rest answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from structlog.testing import capture_logs

from projections import answers
from projections.files import board
from projections.files.projection import Effect, Handler, Rows
from projections.timeline import Timeline
from tests.api.house_kit import house_in, study
from tests.waiting import until


class Newer(Timeline):
    """Cannot take the first event until it may."""

    version: ClassVar = Timeline.version + 1
    may: ClassVar = False

    def handlers_by_kind(self) -> dict[bytes, Handler]:
        def waiting(handler: Handler) -> Handler:
            def handled(rows: Rows, effect: Effect) -> None:
                if not Newer.may:
                    raise ValueError("not yet")
                handler(rows, effect)
            return handled

        return {kind: waiting(handler) for kind, handler in super().handlers_by_kind().items()}


def test_only_what_has_no_file_of_its_version_yet_is_refused_and_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house_in(tmp_path / "data") as town:
        works = town.unit("甬江机械厂", "330203", "industry")
        person = town.person()
        town.belongs(person, works, "2018-01-01")
        name = person.id
    every = tuple(Newer if one is Timeline else one for one in answers.EVERY)
    monkeypatch.setattr(answers, "EVERY", every)
    monkeypatch.setattr(board, "NEAR_EVENTS", 0)   # As if the log were long.
    with capture_logs(), house_in(tmp_path / "data") as town:   # Each try is logged with all that it saw.
        person = replace(person, client=town.client())
        refused = person.get(f"/v1/persons/{name}/timeline")
        body = refused.get_json()

        assert (refused.status_code, body["code"]) == (503, "projection_not_built")
        assert int(refused.headers["Retry-After"]) == body["seen"]["retry_after"] >= 1
        assert "timeline" in body["detail"] and "已处理 0 / " in body["detail"]
        claim = person.submit(study())   # What is written is read at once, everywhere else.
        assert [one["id"] for one in person.saw("/v1/work")["items"]] == [claim["claim"]]
        assert person.saw(f"/v1/persons/{name}/years")["basis"]["as_of"] == town.house.ledger.store.size()
        size = town.house.ledger.store.size()
        assert town.house.follower.wait_for(size, 0, far_too=False) and not town.house.follower.wait_for(size, 0)
        assert person.saw(f"/v1/persons/{name}/affiliations", as_of=str(size))["as_of"] == size
        told: Mapping[str, object] = next(
            one for one in town.nobody.saw("/v1/projections")["items"] if one["name"] == "timeline")
        assert told["building"] is not None
        Newer.may = True
        until(lambda: person.get(f"/v1/persons/{name}/timeline").status_code == 200)
