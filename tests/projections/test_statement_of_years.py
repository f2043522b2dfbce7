"""A real answer goes on paper as it is: what `projections.years` says is what `projections.statement.text` takes."""

from __future__ import annotations

import json
from pathlib import Path

from projection_kit import NINGBO, course, living, seminar
from test_statement_text import HEAD

from ledger.offline.statement_file import digest_of
from projections.statement.text import statement_text


def test_an_answer_and_its_json_are_the_same_statement(tmp_path: Path) -> None:
    with living(tmp_path / "house") as house:
        person = house.person(unit=house.unit(NINGBO, "industry"))
        claims = [house.registered(person, study) for study in (seminar("2021-05-03"), course("2021-06-01"))]
        answer = house.years(person)
    units = {one["unit"]: HEAD["units"]["unt_works"] for one in answer["affiliations"]}

    text = statement_text(answer, HEAD | {"units": units})

    assert digest_of(text) == digest_of(statement_text(json.loads(json.dumps(answer)), HEAD | {"units": units}))
    assert all(claim in text for claim in claims)
    assert f"根          {answer['basis']['root']}" in text
