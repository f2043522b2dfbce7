"""A canary is sent through every opening; it must be in no line.

The canary is a name, an ID number and a phone number. A pattern finds the numbers anywhere; only abstinence keeps a
name out, and that is what most of these tests hold us to.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
from flask import Blueprint, Flask, request

from api.service.app import create_app
from api.telling import logs
from api.telling.redaction import REDACTED, redact, redact_text
from tests.api.house_kit import SHA, Someone, house_in, study

NAME = "欧阳金丝雀"
ID_NUMBER = "330203199002304567"    # 30 February: nobody's.
ID_NUMBER_OLD = "330203900131456"
PHONE = "13800138000"
CANARY = f"{NAME} {ID_NUMBER} {PHONE}"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, hook, shown = logging.getLogger(), sys.excepthook, warnings.showwarning
    handlers, level = root.handlers[:], root.level
    captured = io.StringIO()
    logs.configure("debug", "json", captured)
    yield captured
    root.handlers[:], sys.excepthook, warnings.showwarning = handlers, hook, shown
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def app() -> Flask:
    doors = Blueprint("doors", __name__)

    @doors.route("/break/<path:rest>", methods=["GET", "POST"])
    def break_down(rest: str) -> str:
        try:
            raise KeyError(rest)
        except KeyError as cause:
            raise ValueError(f"cannot read {request.get_data(as_text=True)} {rest} {CANARY}") from cause

    @doors.get("/log-badly")
    def log_badly() -> str:
        person = {"phone": PHONE}
        structlog.get_logger().warning(f"about {ID_NUMBER}", person_name=NAME, person=person, seen=[ID_NUMBER])
        logging.getLogger("library").error("cannot serve %s after %d tries", CANARY, 3)
        return "done"

    return create_app(blueprints=[doors])


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def assert_no_canary(text: str) -> None:
    for part in (NAME, ID_NUMBER, PHONE, quote(NAME), NAME.encode("unicode_escape").decode()):
        assert part not in text


@pytest.mark.parametrize("path", ["/break/x", "/livez", "/nothing-here"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_no_opening_of_a_request_reaches_the_log(app: Flask, stream: io.StringIO, path: str, method: str) -> None:
    answer = app.test_client().open(
        f"{path}/{quote(CANARY)}?name={quote(CANARY)}",
        method=method,
        headers={
            "X-Request-Id": ID_NUMBER,
            "User-Agent": quote(CANARY),
            "Authorization": f"Bearer {ID_NUMBER}",
            "Cookie": f"who={ID_NUMBER}",
            "Referer": f"http://localhost/{quote(CANARY)}",
        },
        data=json.dumps({"name": CANARY}, ensure_ascii=False),
        content_type="application/json",
    )

    assert lines(stream)[-1]["event"] == "request"
    assert_no_canary(stream.getvalue())
    assert_no_canary(answer.get_data(as_text=True))
    assert_no_canary(str(answer.headers))


def test_a_strange_method_is_not_quoted(app: Flask, stream: io.StringIO) -> None:
    app.test_client().open("/livez", method=f"X{ID_NUMBER}")

    assert lines(stream)[-1]["method"] == "other"


def test_what_broke_is_logged_with_its_frames_and_causes_and_without_a_message(
    app: Flask, stream: io.StringIO
) -> None:
    trace_id = app.test_client().get(f"/break/{quote(CANARY)}").get_json()["trace_id"]

    failed = next(line for line in lines(stream) if line["event"] == "failed")
    assert failed["error"]["type"] == "ValueError"
    assert failed["error"]["because"]["type"] == "KeyError"
    assert any("test_logs.py" in frame and frame.endswith(" break_down") for frame in failed["error"]["frames"])
    assert failed["request_id"] == trace_id


def test_what_breaks_alike_again_and_again_is_told_with_its_frames_once_a_minute(
    app: Flask, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    for now in (1_000.0, 1_001.0, 1_059.0, 1_061.0):
        monkeypatch.setattr("api.telling.logs.time.monotonic", lambda now=now: now)
        app.test_client().get("/break/a-door")

    first, *again, later = (line["error"] for line in lines(stream) if line["event"] == "failed")
    assert len(first["frames"]) > 1 and later == first
    for one in again:
        assert one == first | {"frames": first["frames"][-1:],
                               "because": first["because"] | {"frames": first["because"]["frames"][-1:]}}


def test_what_is_logged_badly_is_caught_by_the_net(app: Flask, stream: io.StringIO) -> None:
    app.test_client().get("/log-badly")

    ours, theirs = (line for line in lines(stream) if line["event"] != "request")
    assert_no_canary(stream.getvalue())
    assert ours["event"] == f"about {REDACTED}"
    assert (ours["person_name"], ours["person"], ours["seen"]) == (REDACTED, {"phone": REDACTED}, [REDACTED])
    assert theirs["event"] == "cannot serve … after 3 tries"
    assert theirs["request_id"] == ours["request_id"]


def test_a_librarys_exception_loses_its_message(stream: io.StringIO) -> None:
    try:
        raise OSError(2, CANARY)
    except OSError:
        logging.getLogger("waitress").exception("Exception while serving %s", f"/people/{CANARY}")

    (line,) = lines(stream)
    assert_no_canary(stream.getvalue())
    assert line["event"] == "Exception while serving …"
    assert (line["error"]["type"], line["error"]["errno"]) == ("FileNotFoundError", 2)


def test_that_threads_are_short_is_said_once_a_second_and_not_for_each_request(stream: io.StringIO) -> None:
    for depth in range(1, 200):
        logging.getLogger("waitress.queue").warning("Task queue depth is %d", depth)

    assert [line["event"] for line in lines(stream)] == ["Task queue depth is 1"]


def test_where_only_errors_are_wanted_no_library_warns(stream: io.StringIO) -> None:
    logs.configure("error", "json", stream)
    logging.getLogger("waitress").warning("total open connections reached the connection limit")
    logging.getLogger("waitress").error("Exception while serving")

    assert [line["event"] for line in lines(stream)] == ["Exception while serving"]


def test_a_warning_loses_its_message(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logs.configure("debug", "json", stream)    # Again: pytest puts its own hook in place for each test.
        warnings.warn(CANARY, stacklevel=1)

    assert lines(stream)[0]["category"] == "UserWarning"
    assert_no_canary(stream.getvalue())


def test_an_exception_that_nobody_caught_loses_its_message(stream: io.StringIO) -> None:
    try:
        raise RuntimeError(CANARY)
    except RuntimeError as error:
        sys.excepthook(RuntimeError, error, error.__traceback__)

    assert lines(stream)[0]["error"]["type"] == "RuntimeError"
    assert_no_canary(stream.getvalue())


def test_a_value_of_an_unknown_type_is_named_and_not_printed(stream: io.StringIO) -> None:
    class Person:
        def __repr__(self) -> str:
            return CANARY

    structlog.get_logger().info("seen", who=Person(), raw=CANARY.encode(), **{ID_NUMBER: 1})

    assert_no_canary(stream.getvalue())
    assert lines(stream)[0]["who"] == "<Person>"


def test_a_line_bears_time_level_request_and_actor(app: Flask, stream: io.StringIO) -> None:
    app.test_client().get("/livez", headers={"X-Request-Id": "0123456789abcdef" * 2})

    (line,) = lines(stream)
    assert line["timestamp"].endswith("Z")
    assert (line["level"], line["actor"], line["route"]) == ("info", "anonymous", "/livez")
    assert line["request_id"] == "0123456789abcdef" * 2


def test_on_a_terminal_lines_are_for_people_and_elsewhere_for_programs() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    root = logging.getLogger()
    handlers = root.handlers[:]
    for stream in (terminal, pipe):
        logs.configure("info", "auto", stream)
        structlog.get_logger().info("seen", who=NAME.encode())
    root.handlers[:] = handlers
    structlog.reset_defaults()

    assert "\x1b[" in terminal.getvalue()
    assert json.loads(pipe.getvalue())["event"] == "seen"
    assert_no_canary(terminal.getvalue())


@pytest.mark.parametrize(
    "text",
    [
        ID_NUMBER, ID_NUMBER[:-1] + "X", ID_NUMBER[:-1] + "x", ID_NUMBER_OLD, PHONE, f"+86 {PHONE}", f"86{PHONE}",
        "138-0013-8000", "330203 19900230 4567", f"身份证{ID_NUMBER}的人", f"id={ID_NUMBER}&x=1", f"a{ID_NUMBER}b",
        ID_NUMBER.translate({ord("0") + n: ord("０") + n for n in range(10)}), "33020319900230456Ｘ",
    ],
)
def test_a_personal_number_is_found_however_it_is_written(text: str) -> None:
    hidden = redact_text(text)

    assert REDACTED in hidden
    assert sum(character.isdigit() for character in hidden) <= 1


@pytest.mark.parametrize(
    "text",
    ["2026-11-21T11:50:32.682339Z", "91330203MA2CL0P12B", "12800138000", "1763725832682339000", "3302", "a" * 64],
)
def test_what_is_nobodys_number_stays(text: str) -> None:
    assert redact_text(text) == text


def test_numbers_that_are_numbers_are_hidden_too() -> None:
    assert redact({"n": int(ID_NUMBER), "m": 7, "b": True}) == {"n": REDACTED, "m": 7, "b": True}


def test_no_door_of_the_house_lets_a_name_a_number_or_a_title_into_the_log(
    stream: io.StringIO, tmp_path: Path
) -> None:
    number, phone, title = "33010219700307001X", "13912345678", "金丝雀的论文"
    person_body = {"name": NAME, "id_kind": "resident_id", "id_number": number, "phone": phone}
    details = {"title": title, "certificate_number": number, "authors": [NAME], "words": f"{NAME} {phone}"}
    with house_in(tmp_path / "data") as town:
        works = town.unit("某厂", "330203", "industry")
        made = town.nobody.did("/v1/persons", person_body)
        person = Someone(town.client(), made["token"], made["person"])
        town.belongs(person, works, "2020-01-01")
        officer = town.officer(works, "unit", "330203", unit=works["unit"])
        claim = person.did("/v1/claims", person.claim(study()) | {"details": details})
        claim = officer.act(claim, "return", {"words": f"请{NAME}补充"})
        claim = person.act(claim, "revision", {
            "study": study(), "details": details, "evidence": [{"kind": "certificate", "sha256": SHA}]})
        claim = officer.act(claim, "approval", {})
        statement = person.did(f"/v1/persons/{person.id}/statements", {"name": "clear"})
        for path in (f"/v1/persons/{person.id}", f"/v1/persons/{person.id}/years", f"/v1/claims/{claim['claim']}",
                     f"/v1/statements/{statement['statement']}", f"/v1/statements/{statement['statement']}/file"):
            officer.get(path, purpose="annual_review")
            officer.get(path, purpose=CANARY)
            person.get(path, **{NAME: number})
        for body in (person_body, person_body | {"phone": number}, person_body | {"name": number * 9}, {NAME: number}):
            town.nobody.post("/v1/persons", body)
            town.nobody.post("/v1/persons", body, dry_run="true")
        person.post("/v1/claims", person.claim(study(route=NAME, major=number)) | {"details": details})
        person.post("/v1/claims", person.claim(study()) | {"details": details}, key=number)
        person.post("/v1/claims", person.claim(study(days="3")) | {"details": details}, key=number)
        person.get("/v1/work", cursor=number)
        town.nobody.post("/v1/units", {"credit_code": number, "contact": {"name": NAME, "phone": phone}})
        appointed = {"organisation": works["unit"], "account": "canary", "official": {"name": NAME}}
        town.founder.post("/v1/actors", appointed)
        town.founder.post("/v1/rulebook-proposals", {"source": f"family = '{NAME}'", "text": number})

    assert len(lines(stream)) > 40
    for part in (NAME, number, phone, title, quote(NAME)):
        assert part not in stream.getvalue()
    for log in ("ledger.db", "access.db", "operations.db"):  # What is sealed stands nowhere in clear.
        stored = b"".join(path.read_bytes() for path in (tmp_path / "data").glob(f"{log}*"))
        for part in (NAME, number, phone, title):
            assert part.encode() not in stored, log


def test_lines_of_many_threads_into_a_pipe_stay_whole() -> None:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    reading, writing = os.pipe()
    read: list[bytes] = []

    def read_all() -> None:
        with os.fdopen(reading, "rb") as pipe:
            read.extend(pipe)

    reader = threading.Thread(target=read_all)
    reader.start()
    try:
        with os.fdopen(writing, "w") as pipe:
            logs.configure("info", "json", pipe)
            crowd = [threading.Thread(target=_say_often, args=(number,)) for number in range(8)]
            for each in crowd:
                each.start()
            for each in crowd:
                each.join()
            logging.getLogger().handlers[:] = handlers
    finally:
        reader.join()
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
        structlog.reset_defaults()
    lines = [json.loads(line) for line in read]
    assert sorted((line["speaker"], line["count"]) for line in lines) == [(s, c) for s in range(8) for c in range(100)]


def _say_often(speaker: int) -> None:
    for count in range(100):
        structlog.get_logger().info("said", speaker=speaker, count=count, words="学时" * 100)


def test_a_line_for_a_stream_that_was_closed_goes_into_no_file_that_was_opened_since(
    tmp_path: Path, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    closed = (tmp_path / "log").open("w")
    number = closed.fileno()
    logs.configure("info", "json", closed)
    closed.close()
    descriptor = os.open(tmp_path / "ledger.db", os.O_RDWR | os.O_CREAT)
    assert descriptor == number, "it has the number that the log had"
    structlog.get_logger().info("said")
    os.close(descriptor)

    assert (tmp_path / "ledger.db").read_bytes() == b""
    assert stream.getvalue() == ""


def test_a_line_with_half_a_character_is_written_all_the_same(stream: io.StringIO) -> None:
    structlog.get_logger().info("said", words="\ud83d", number=10**30)

    (line,) = lines(stream)
    assert (line["event"], line["number"]) == ("said", 10**30)
