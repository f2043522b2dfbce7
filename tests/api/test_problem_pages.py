"""Every code that a door can answer is explained at its address: refusals, errors, and what is wrong with a field."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from api.refusals import meanings, problems, refusals
from api.service.app import create_app
from ledger.identifiers.errors import BadIdentifier
from projections.errors import AsOfInFuture

ROOT: Final = Path(__file__).parents[2]
ROOMS: Final = ("ledger", "policies", "projections", "api")
CODE: Final = re.compile(r'^    code(?:: (?:ClassVar\[)?str\]?)? = "([a-z_]+)"$', re.MULTILINE)
CODE_AT: Final = {"Fault": 1, "Wrong": 0, "blame": 0, "bad": 0, "_wrong": 2}
"""Which argument is the code, of what makes a fault; the console's own stand at fields of a form and have none."""
BY_JOBS_ALONE: Final = {"replay_nobody": 422, "replay_died": 500, "bulk_broke": 500, "bundle_broke": 500}
"""What is found in the background, whose job says itself whether who asked can mend it."""


@cache
def errors() -> dict[str, type[Exception]]:
    """Our packages' errors by their codes, those too that nothing has loaded yet."""
    found: dict[str, type[Exception]] = {}
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        if codes := set(CODE.findall(path.read_text("utf-8"))):
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for one in vars(module).values():
                if (isinstance(one, type) and issubclass(one, tuple(problems.ERRORS))
                        and one.__dict__.get("code") in codes):
                    assert found.setdefault(one.code, one) is one, f"{one.code}: a program cannot tell two errors apart"
    return found


@cache
def faults() -> frozenset[str]:
    """The codes of faults that are written out, in calls and in bodies."""
    return frozenset(code for path in (ROOT / "api").rglob("*.py") if "console" not in path.parts
                     for code in _faults_of(path.read_text("utf-8")))


def _faults_of(source: str) -> Iterator[str]:
    if not re.search(rf'\b(?:{"|".join(CODE_AT)})\(|"code":', source):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (at := CODE_AT.get(ast.unparse(node.func).rpartition(".")[2])) is not None:
            if isinstance(said := node.args[at], ast.Constant):
                yield said.value
        elif isinstance(node, ast.Dict):
            body = {key.value: value for key, value in zip(node.keys, node.values, strict=True)
                    if isinstance(key, ast.Constant)}
            if "detail" in body and isinstance(code := body.get("code"), ast.Constant):
                yield code.value


def reasons() -> set[str]:
    """Why an identifier is none, in the code of its field: `bad_name_empty`."""
    found = set()
    for path in (ROOT / "ledger").rglob("*.py"):
        for name, reason in re.findall(r'raise (Bad\w+)\(\s*"([a-z_]+)"', path.read_text("utf-8")):
            code = {one.__name__: one.code for one in BadIdentifier.__subclasses__()}.get(name)
            found |= {f"{code}_{reason}"} if code else set()
    return found


def test_every_code_that_a_door_can_answer_has_a_page() -> None:
    codes = {*problems.KINDS, *refusals.lines(), *errors(), *faults(), *reasons()}
    pages = {code: problems.explained(code) for code in codes}

    assert len(errors()) > 150 and len(faults()) > 50 and len(reasons()) > 20
    assert [code for code, page in pages.items() if page is None or page["code"] != code] == []
    assert {problems.type_of(code) for code in codes} == {f"/problems/{code}" for code in codes}


def test_no_meaning_is_kept_of_a_code_that_nobody_says() -> None:
    said = {*errors(), *faults(), *reasons()}
    possible = {code for code in meanings.lines() if code.startswith("bad_")}

    assert meanings.lines().keys() - possible - said == set()
    assert meanings.lines().keys() & {*problems.KINDS, *refusals.lines()} == set(), "told in another table"


def test_a_meaning_says_what_why_and_the_cure_with_the_status_of_its_error() -> None:
    for code, line in meanings.lines().items():
        for sentence in line[1:]:
            assert sentence.endswith("。") and sentence.count("。") == 1 and not sentence.isascii(), (code, sentence)
        assert line.status == (BY_JOBS_ALONE.get(code) or status_of(errors().get(code))), code


def status_of(error: type[Exception] | None) -> int:
    """What its table says of an error; what is no error is wrong with what was sent."""
    return 422 if error is None else problems.ERRORS[next(base for base in error.__mro__ if base in problems.ERRORS)]


def test_an_answer_leads_to_the_page_and_says_there_what_it_says_here() -> None:
    body = problems.of_error(AsOfInFuture("9", size=3), "t")
    assert body is not None

    page = create_app(checks=[]).test_client().get(str(body["type"])).get_json()
    assert body["type"] == "/problems/as_of_in_future"
    assert (page["title"], page["status"]) == (body["title"], body["status"])
    assert "as_of=9" in str(body["detail"]) and "as_of=9" not in page["detail"]


def test_a_code_that_is_not_ours_leads_nowhere() -> None:
    assert problems.type_of("made_up") == "about:blank"
    assert problems.problem("made_up", "t", status=503)["title"] == problems.KINDS["service_unavailable"].title
