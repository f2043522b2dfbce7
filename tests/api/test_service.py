"""The HTTP service: health, version, and one form for everything that is not what was asked for."""

from __future__ import annotations

import errno
import inspect
import os
from typing import ClassVar

import pytest
from flask import Blueprint, Flask, abort

from api.doctor.checks import Check, Level, Reach
from api.refusals import problems
from api.secrecy import OPERATOR
from api.service.app import VERSION, create_app
from ledger.errors import LedgerError
from ledger.stores.errors import Unreadable
from tests.api.house_kit import Town


class DiskIsFull(LedgerError):
    code: ClassVar[str] = "disk_full"


@pytest.fixture
def app() -> Flask:
    doors = Blueprint("doors", __name__)

    @doors.get("/bug")
    def bug() -> str:
        raise ZeroDivisionError("the secret is 42")

    @doors.get("/full")
    def full() -> str:
        raise DiskIsFull("/srv 已满，请腾出空间")

    @doors.get("/read-only")
    def read_only() -> str:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    @doors.get("/refuse/<int:status>")
    def refuse(status: int) -> str:
        abort(status)

    @doors.get("/kept")
    def kept() -> tuple[str, dict[str, str]]:
        return "x", {"Cache-Control": "public, max-age=31536000, immutable"}

    return create_app(blueprints=[doors])


def test_the_process_says_that_it_lives_and_which_version_it_is(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/livez").get_json() == {"status": "alive"}
    assert client.get("/version").get_json() == {"name": "xueshi-ledger", "version": VERSION}


def test_the_first_page_leads_to_the_others(app: Flask) -> None:
    answer = app.test_client().get("/")

    assert {"/livez", "/readyz", "/version"} <= set(answer.get_json()["addresses"])
    assert "学时账" in answer.get_data(as_text=True), "Chinese is sent as it is, not escaped"


def test_it_is_ready_when_no_check_fails() -> None:
    checks = [Check("a", lambda: (Level.OK, "", "")), Check("b", lambda: (Level.WARN, "/a/folder", ""))]

    answer = create_app(checks=checks).test_client().get("/readyz")

    assert answer.status_code == 200
    assert answer.get_json()["checks"] == [{"check": "a", "level": "ok"}, {"check": "b", "level": "warn"}]


def test_it_is_not_ready_when_one_check_fails_or_breaks_and_tells_only_names() -> None:
    def broken() -> tuple[Level, str, str]:
        raise RuntimeError("canary")

    checks = [Check("disk", lambda: (Level.FAIL, "canary", "canary")), Check("store", broken)]

    answer = create_app(checks=checks).test_client().get("/readyz")

    assert (answer.status_code, answer.mimetype) == (503, problems.MEDIA_TYPE)
    assert int(answer.headers["Retry-After"]) > 0
    assert [each["check"] for each in answer.get_json()["checks"] if each["level"] == "fail"] == ["disk", "store"]
    assert "canary" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 422, 428, 429, 500, 501, 503]
)
def test_every_refusal_has_one_form(app: Flask, status: int) -> None:
    answer = app.test_client().get(f"/refuse/{status}")
    body = answer.get_json()

    assert (answer.status_code, answer.mimetype) == (status, problems.MEDIA_TYPE)
    assert body["status"] == status
    assert body["trace_id"] == answer.headers["X-Request-Id"]
    assert body["detail"] and not body["detail"].isascii()
    assert body["code"].isascii()


def test_an_unknown_address_and_a_wrong_method_have_the_same_form(app: Flask) -> None:
    missing, wrong = app.test_client().get("/nothing"), app.test_client().post("/livez")

    assert (missing.status_code, missing.get_json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.get_json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]


def test_a_bug_is_told_without_its_message(app: Flask) -> None:
    answer = app.test_client().get("/bug")

    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_server_error")
    assert "secret" not in answer.get_data(as_text=True)


def test_an_error_of_ours_speaks_for_itself_to_the_operator_alone(app: Flask) -> None:
    client = app.test_client()
    outside, inside = (client.get("/full", environ_overrides=who).get_json() for who in ({}, {OPERATOR: True}))

    assert outside["status"] == inside["status"] == 500
    assert (inside["code"], inside["detail"]) == ("disk_full", "/srv 已满，请腾出空间")
    assert outside["code"] == "disk_full" and "/srv" not in outside["detail"] and "管理员" in outside["detail"]


def test_a_disk_that_says_no_is_no_bug_and_comes_again(app: Flask) -> None:
    answer = app.test_client().get("/read-only")

    assert (answer.status_code, answer.get_json()["code"]) == (503, "disk_failed")
    assert int(answer.headers["Retry-After"]) > 0 and "只读" in answer.get_json()["detail"]


@pytest.mark.parametrize("code", problems.KINDS)
def test_the_type_of_a_problem_is_a_page_of_this_service(app: Flask, code: str) -> None:
    page = app.test_client().get(str(problems.problem(code, "t")["type"]))

    assert page.status_code == 200
    assert page.get_json()["code"] == code


def test_an_unknown_kind_of_problem_has_no_page(app: Flask) -> None:
    assert app.test_client().get("/problems/none").status_code == 404


@pytest.mark.parametrize(("wanted", "title", "language"), [
    ({}, "没有这个页面或记录", "zh-CN"),
    ({"Accept-Language": "fr"}, "没有这个页面或记录", "zh-CN"),
    ({"Accept-Language": "en;q=0.8, zh-Hans-CN"}, "没有这个页面或记录", "zh-CN"),
    ({"Accept-Language": "en-GB, zh;q=0.8"}, "Not found", "en, zh-CN"),
])
def test_a_problem_bears_its_title_in_the_language_that_is_wanted(
    app: Flask, wanted: dict[str, str], title: str, language: str
) -> None:
    answer = app.test_client().get("/nothing", headers=wanted)

    body = answer.get_json()
    assert (body["title"], answer.headers["Content-Language"]) == (title, language)
    assert body["detail"] == "请核对地址；记录一经登记不会被删除。", "what was found, and the law, are told in Chinese"
    assert answer.headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize("path", ["/livez", "/nothing", "/bug"])
def test_every_answer_bears_the_headers_that_protect_its_reader(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Language"] == "zh-CN"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_an_answer_that_may_be_kept_says_so_itself(app: Flask) -> None:
    assert "immutable" in app.test_client().get("/kept").headers["Cache-Control"]


@pytest.mark.parametrize("offered", ["0123456789abcdef" * 2, "01890a5d-ac96-774b-bcce-b302099a8057"])
def test_a_callers_request_id_is_taken_over(app: Flask, offered: str) -> None:
    assert app.test_client().get("/livez", headers={"X-Request-Id": offered}).headers["X-Request-Id"] == offered


@pytest.mark.parametrize("offered", ["330203199002304567", "张三", "", "A" * 32, "0123456789abcdef" * 2 + "0"])
def test_a_request_id_that_could_be_personal_is_replaced(app: Flask, offered: str) -> None:
    answer = app.test_client().get("/livez", headers={"X-Request-Id": offered.encode().decode("latin-1")})

    assert len(answer.headers["X-Request-Id"]) == 32
    assert answer.headers["X-Request-Id"] != offered


def test_what_rests_on_the_ledger_is_not_asked_while_it_does_not_answer() -> None:
    away, asked = [True], []

    def read() -> None:
        if away:
            raise Unreadable("PostgreSQL somewhere", RuntimeError("canary"), cure="")

    def count() -> tuple[Level, str, str]:
        asked.append(1)
        return Level.OK, "", ""

    reach = Reach(read)
    client = create_app(checks=[reach.check(), reach.before(Check("projections", count))]).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, "canary" in answer.get_data(as_text=True), asked) == (503, False, [])
    assert answer.get_json()["checks"] == [
        {"check": "ledger", "level": "fail"}, {"check": "projections", "level": "fail"}]

    away.clear()
    assert (client.get("/readyz").status_code, asked) == (200, [1])


def test_readiness_says_which_process_answers_and_which_duties_it_has() -> None:
    leases = {"keeper": lambda: True, "follower": lambda: False}

    body = create_app(leases=leases).test_client().get("/readyz").get_json()

    assert (body["process"], body["leases"]) == (os.getpid(), ["keeper"])


def test_no_view_is_a_coroutine_since_none_is_asked_whether_it_is(town: Town) -> None:
    app = town.app
    hooks = [hook for funcs in (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
             for some in funcs.values() for hook in some]

    assert [one for one in (*app.view_functions.values(), *hooks) if inspect.iscoroutinefunction(one)] == []
