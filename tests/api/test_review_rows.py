"""Some rows of the security review that no other test shows: what pages and scripts are, what is logged of doors."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from structlog.testing import capture_logs

from api.console.screens import page_routes
from api.service.app import create_app
from tests.api.command_kit import CLEAN
from tests.api.house_kit import Town

HERE = {"Sec-Fetch-Site": "same-origin"}
ROOT = Path(__file__).parents[2]
PACKAGES = ("ledger", "policies", "projections", "api")
SCRIPTS = sorted((ROOT / "api" / "static").glob("*.js"))
OF_OUR_CHILD = {"policies/evaluate.py": {"pickle"}}    # What it has just written, in a folder of their own.
TYPED = ("zzz", "zzz' OR '1'='1", "zzz') --", 'zzz" OR ""="', "%", ".*", "(z")
TURNS_TEXT_INTO_CODE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|__proto__|postMessage"
    r"|setTimeout\(['\"]")
KEEPS_IN_THE_BROWSER = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|openDatabase")
MAY_BE_GUESSED = {"api/demo/dice.py": "random", **dict.fromkeys(  # A made-up history, the same each time; trace ids.
    ("api/refusals/unserved.py", "api/service/app.py", "api/telling/crash.py"), "uuid")}


class Fields(HTMLParser):
    """The fields of a page's forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.found[str(given["name"])] = given


@pytest.fixture(scope="module")
def app(town: Town) -> Flask:
    return create_app(town.house, blueprints=[page_routes()])


@pytest.mark.parametrize(("path", "secrets"), [("/login", {"password", "token"}), ("/password", {"password"})])
def test_what_is_secret_is_masked_as_it_is_typed_and_a_manager_may_fill_it_in(
    app: Flask, path: str, secrets: set[str]
) -> None:
    """V6.2.6, V6.2.7."""
    fields = Fields(app.test_client().get(path).get_data(as_text=True)).found

    assert secrets <= set(fields)
    for name in secrets:
        assert fields[name]["type"] == "password" and "onpaste" not in fields[name], name
    assert str(fields["password"]["autocomplete"]).endswith("-password"), "a manager knows which it is"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_of_ours_turns_text_into_markup_or_code(script: Path) -> None:
    """V3.2.2, V15.3.6."""
    assert TURNS_TEXT_INTO_CODE.findall(script.read_text("utf-8")) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_of_ours_keeps_anything_in_the_browser(script: Path) -> None:
    """V14.3.3: what a page said is gone with it; which cookies there are, `tests/api/test_cookies.py` counts."""
    assert KEEPS_IN_THE_BROWSER.findall(script.read_text("utf-8")) == []


def test_nothing_that_is_not_to_be_guessed_comes_from_a_generator_that_can_be() -> None:
    """V6.5.3, V11.5.1: `secrets`, `os.urandom` and what libraries of cryptography draw; never `random` or an UUID."""
    for path in (path for name in PACKAGES for path in (ROOT / name).rglob("*.py")):
        named = {each for one in ast.walk(ast.parse(path.read_text("utf-8"))) for each in (
            [found.name for found in one.names] if isinstance(one, ast.Import) else
            [one.module or ""] if isinstance(one, ast.ImportFrom) else [])}
        allowed = {MAY_BE_GUESSED.get(path.relative_to(ROOT).as_posix())}
        assert named & {"random", "uuid", "numpy.random"} <= allowed, path


def test_no_answer_lets_a_page_of_another_site_read_it(app: Flask, town: Town) -> None:
    """V3.4.2, V3.5.2: also when it asks beforehand; so a field that is not on the safe list cannot be sent."""
    li = town.person()
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "authorization", "Authorization": f"Bearer {li.token}"}
    for method in ("GET", "OPTIONS", "POST"):
        for path in ("/v1/words", f"/v1/persons/{li.id}", "/v1/claims", "/login", "/openapi.json", "/nowhere"):
            answer = app.test_client().open(path, method=method, headers=asked)
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")], (method, path)


def test_no_module_of_ours_runs_text_as_code_or_reads_objects_that_do(tmp_path: Path) -> None:
    """V1.3.2, V1.5.2."""
    runs = {"eval", "exec", "compile", "pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml"}
    for path in (path for name in PACKAGES for path in (ROOT / name).rglob("*.py")):
        for one in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = [one.func.id] if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) else \
                [each.name for each in one.names] if isinstance(one, ast.Import) else \
                [one.module or ""] if isinstance(one, ast.ImportFrom) else []
            found = runs & {name.partition(".")[0] for name in named}
            found -= OF_OUR_CHILD.get(path.relative_to(ROOT).as_posix(), set())
            assert not found, f"{path}: {found}"


def test_what_is_typed_is_never_part_of_a_question_to_a_database(app: Flask, town: Town) -> None:
    """V1.2.4, V1.2.9: whatever it is, nothing more is found by it than by any other word, and nothing breaks."""
    office = town.officer(town.unit("某市人社局", "330200", "general"), "human_resources", "3302")
    described = office.client.get("/openapi.json").get_json()["paths"]
    asked = 0
    for path, operations in described.items():
        if "{" in path or "get" not in operations or not path.startswith("/v1/"):
            continue
        for name in (one["name"] for one in operations["get"].get("parameters", ()) if one.get("in") == "query"):
            answers = [office.get(path, **{name: text}) for text in TYPED]
            assert {answer.status_code for answer in answers} <= {200, 400, 403, 404, 422}, (path, name, answers)
            items = [answer.get_json()["items"] for answer in answers
                     if answer.is_json and answer.status_code == 200 and "items" in answer.get_json()]
            assert all(one == items[0] for one in items), (path, name)
            asked += 1
    assert asked > 100


def test_no_address_answers_a_trace(app: Flask) -> None:
    """V13.4.4."""
    for path in ("/", "/login", "/livez", "/v1/claims", "/openapi.json"):
        assert app.test_client().open(path, method="TRACE").status_code == 405, path


def test_a_service_needs_nothing_but_its_four_packages(tmp_path: Path) -> None:
    """V13.4.1, V15.2.3: what the operators' guide takes away from a clone is missed by nothing."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    script = ("import sys; sys.path[:] = [sys.argv[1], *[one for one in sys.path if '/lib' in one]]\n"
              "import api; assert api.__file__.startswith(sys.argv[1]), api.__file__\n"
              "from api.cli import run; sys.exit(run(['init']) or run(['doctor']) or run(['fsck']))")
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True,
                           check=False, env={**CLEAN, "XUESHI_DATA_FOLDER": str(tmp_path / "data")})

    assert ended.returncode == 0 and "✓ 账本完好" in ended.stdout, ended.stdout + ended.stderr
    guide = (ROOT / "api" / "operators-running.md").read_text("utf-8")
    assert "rm -rf .git tests" in guide


def test_each_login_that_is_tried_is_a_line_with_how_it_ended_and_nothing_of_what_was_typed(
    app: Flask, town: Town
) -> None:
    """V16.3.1."""
    li, client = town.person("李明"), app.test_client()
    with capture_logs() as lines:
        client.post("/login", data={"name": "李明", "password": "四月的甬江边有一座桥"}, headers=HERE)
        client.post("/login", data={"token": li.token}, headers=HERE)

    tried = [line for line in lines if line["event"] == "request"]
    assert [(line["route"], line["status"]) for line in tried] == [("/login", 401), ("/login", 303)]
    assert not re.search(f"{li.token}|甬江|李明", repr(lines))


def test_a_door_that_stayed_shut_is_a_line_with_its_status(app: Flask, town: Town) -> None:
    """V16.3.2."""
    li, other = town.person("李明"), town.person("王伟")
    with capture_logs() as lines:
        refused = app.test_client().get(f"/v1/persons/{other.id}/years", headers=li.headers())

    assert refused.status_code in (403, 404)
    assert [line["status"] for line in lines if line["event"] == "request"] == [refused.status_code]
