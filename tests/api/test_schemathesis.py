"""The whole description, tried with what it allows and with what it does not: every answer is one that it foretells.

Ids of records that exist are put into the paths, so that the cases reach what lies behind them. Each operation is tried
in one of the two ways, by its name, twice; the exhaustive form tries each in both, and longer. What is sent is the same
each time, unless XUESHI_SEED is a number: then it is that number's, and always that number's.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

from tests.api.house_kit import Someone, Town, study
from tests.api.learning_kit import going_on
from tests.api.past_class_kit import training_in
from tests.api.test_authority_matrix import serving

EXAMPLES, EXAMPLES_EXHAUSTIVE = 2, 60
SEED = os.environ.get("XUESHI_SEED")  # Read before a test is shielded from settings outside.
EXPECTED = ["2xx", "304", "401", "403", "404", "409", "412", "422", "428", "429", "503"]
"""What a well-formed request may come to: the state or the law may say no to anything."""


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    """Lines are sent as they are."""
    return str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def known(town: Town) -> dict[str, Any]:
    """One of everything, and two who may do nearly everything, with the screens beside."""
    serving(town)
    works = town.unit("某厂", "330203", "industry")
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    for version, scope in enumerate((
        {"role": "human_resources", "region": "33"}, {"role": "policy_office", "region": "33"},
        {"role": "supervisor", "region": "33"}, {"role": "sector_authority", "region": "33"},
    ), 2):
        town.founder.did(f"/v1/actors/{officer.id}/scopes", scope, version=version)
    approved = officer.act(person.submit(study()), "approval")
    statement = person.did(f"/v1/persons/{person.id}/statements", {})
    transfer = person.did(f"/v1/persons/{person.id}/transfers", {
        "to_unit": town.unit("另一厂", "330203", "industry")["unit"], "starts": "2026-06-01"})
    training, going = training_in(town, person), going_on(town, person, officer)
    return {
        "tokens": {"officer": officer, "person": person, "founder": town.founder},
        "person": person.id, "unit": works["unit"], "actor": officer.id, "transfer": transfer["transfer"],
        "claim": person.submit(study(date="2026-05-01"))["claim"], "statement": statement["statement"],
        "plan": training.plan, "training_class": training.training_class, "card": training.card,
        "batch": training.batch, "course": going.course, "enrolment": going.enrolment, "exam": going.exam,
        "booking": going.booked, "job": officer.post("/v1/replays", {"under": "now"}).get_json()["job"],
        "family": "wenzhou", "version": "2020-11-27", "position": approved["events"][0], "year": 2026,
    }


DESCRIBED = json.loads((Path(__file__).parents[2] / "api" / "openapi.json").read_text("utf-8"))
OPERATIONS = [f"{method.upper()} {path}" for path, methods in DESCRIBED["paths"].items()
              for method in methods if method in ("get", "post", "put", "delete")]
NOTHING_TO_SPOIL = {"GET /v1/rulebooks", "GET /v1/rulebooks/{family}/{version}", "GET /v1/words",
                    "GET /v1/impact-reports/{digest}", "GET /v1/projections",
                    "POST /v1/claims:bulk"}  # A line that cannot be read is told in its line of the answer.
EVERY_CASE = [(name, mode) for name in OPERATIONS for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
              if mode is GenerationMode.POSITIVE or name not in NOTHING_TO_SPOIL]
CASES = [(name, mode) for name, mode in EVERY_CASE
         if name in NOTHING_TO_SPOIL or (mode is GenerationMode.POSITIVE) == bool(crc32(name.encode()) % 2)]


@pytest.fixture(scope="module")
def schema(town: Town, known: dict[str, Any]) -> Any:
    config = SchemathesisConfig.from_dict({
        **({"generation": {"deterministic": True}} if SEED is None else {"seed": int(SEED)}),
        "checks": {"positive_data_acceptance": {"expected-statuses": EXPECTED}},
    })
    found = schemathesis.openapi.from_dict(DESCRIBED, config=config)  # That it is the service's is another test.
    found.app = town.app
    return found


def named(case: tuple[str, GenerationMode]) -> str:
    return f"{case[0]} {case[1].value}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_every_operation_answers_as_described(
    schema: Any, known: dict[str, Any], case: tuple[str, GenerationMode]
) -> None:
    answers_as_described(schema, known, *case, examples=EXAMPLES)


@pytest.mark.torture
@pytest.mark.parametrize("case", EVERY_CASE, ids=named)
def test_every_operation_answers_as_described_whatever_it_is_sent(
    schema: Any, known: dict[str, Any], case: tuple[str, GenerationMode], record_property: Any
) -> None:
    answers_as_described(schema, known, *case, examples=EXAMPLES_EXHAUSTIVE)
    record_property("tried", EXAMPLES_EXHAUSTIVE)


def answers_as_described(
    schema: Any, known: dict[str, Any], name: str, mode: GenerationMode, *, examples: int
) -> None:
    method, path = name.split(" ")
    operation = schema[path][method]
    someone: Someone = known["tokens"]["officer"]

    @settings(max_examples=examples, derandomize=SEED is None, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE and case.path_parameters:
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        head = {"Authorization": f"Bearer {someone.token}"}
        if mode is GenerationMode.NEGATIVE:
            spoilt = {place for place, one in case.meta.components.items() if one.mode is mode}
            if case.query.get("dry_run") in (True, "true"):
                del case.query["dry_run"]  # A trial may leave out key and version: only words say so.
                assume(spoilt - {ParameterLocation.QUERY})
            if not re.fullmatch(r"Bearer \S+", str(case.headers.get("Authorization", "Bearer x"))):
                head = {}  # It is what was spoilt.
        case.call_and_validate(headers=head)

    (check if SEED is None else seed(int(SEED))(check))()
