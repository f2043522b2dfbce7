"""What an error says to whoever asks from outside names no folder, host or words of a driver; the operator hears it.

Every code of an error that can leave over HTTP is tried: each class, made with places that are easy to know again.
"""

from __future__ import annotations

import inspect
import json
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import structlog
from structlog.testing import capture_logs

from api.client import Client, InProcess
from api.refusals.problems import ERRORS, of_error
from ledger.proof.checkpoint import Checkpoint
from ledger.stores.cold import Place
from projections.basis import Basis
from tests.api.house_kit import Someone, Town
from tests.api.test_problem_pages import errors

FOLDER: Final = "/srv/canary/data"
CAUSE: Final = OSError(5, "canary said no", FOLDER)
MADE: Final[dict[str, Any]] = {
    "Path": Path(FOLDER), "Path | str": Path(FOLDER), "Place": Place(1, 2, 2019, FOLDER, "0" * 64),
    "OSError": CAUSE, "BaseException": CAUSE, "BaseException | str": CAUSE, "sqlite3.Error": CAUSE,
    "int": 1, "int | None": 1, "float": 1.0, "bool": True, "bytes": bytes(32), "bytes | None": bytes(32),
    "date": date(2026, 1, 1), "Checkpoint": Checkpoint("xueshi.example/log", 7, bytes(32)),
    "Basis": Basis(1, None, None, "then", (), 1, bytes(32)),
}
SAID_TO_ALL: Final = {("StoreFailed", "cure"), ("DiskFailed", "cause"), ("OnStandby", "primary"), ("NotBuilt", "name")}
"""Words that are written in the code, or that everybody knows."""


def made(error: type[Exception]) -> Exception:
    """An error that found fault with a place. Of what the asker can mend, the words are the asker's own."""
    is_ours = next(ERRORS[base] for base in error.__mro__ if base in ERRORS) >= 500
    given, named = list[Any](), dict[str, Any]()
    for one in list(inspect.signature(error.__init__).parameters.values())[1:]:
        words = FOLDER if is_ours and (error.__name__, one.name) not in SAID_TO_ALL else "x"
        wanted = "str" if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) else str(one.annotation)
        if wanted not in MADE and wanted != "object" and "str" not in wanted:
            assert "told" not in inspect.getsource(error), "it has words for outsiders: make it here"
            return error.__new__(error, FOLDER)
        value = MADE.get(wanted, [words] if "[str" in wanted else words)
        if one.kind is one.KEYWORD_ONLY:
            named[one.name] = value
        elif one.kind is not one.VAR_KEYWORD:
            given.append(value)
    return error(*given, **named)


@pytest.mark.parametrize("code", sorted(errors()))
def test_an_answer_names_nothing_of_the_machine(code: str) -> None:
    said = of_error(made(errors()[code]), "trace")

    assert said is not None and said["detail"]
    assert "canary" not in json.dumps(said, ensure_ascii=False), said


def test_whoever_is_at_the_machine_and_its_log_hear_which_file_it_is(town: Town, officer: Someone) -> None:
    signer, path = town.house.register.signer, town.house.register.folder.keys / "ledger.signing.key"
    whole = path.read_bytes()
    path.write_bytes(b"")
    try:
        with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
            outside = town.client().get("/log/key")
        inside = Client(InProcess(town.client())).get("/log/key")
    finally:
        path.write_bytes(whole)

    (broke,) = [one for one in lines if one["event"] == "failed"]
    assert (outside.status_code, outside.get_json()["code"]) == (500, "signing_key_malformed")
    assert str(path) not in outside.get_data(as_text=True) and "运维手册" in outside.get_json()["detail"]
    assert str(path) in inside.json["detail"]
    assert broke["place"] == str(path)
    assert signer.vkeys, "the key is whole again"
