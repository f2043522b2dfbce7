"""Where to listen may be said in two spellings, at every command that listens."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from api.commands.listening import Place, place
from api.commands.serve import serve
from api.commands.standby import standby
from api.commands.witness import witness
from api.terminal.exits import Stop


@pytest.mark.parametrize(("given", "meant"), [
    ((None, None, None), Place(None, None)), ((None, None, 0), Place(None, 0)),
    ((None, "::1", None), Place("::1", None)), ((None, "localhost", 9), Place("127.0.0.1", 9)),
    (("127.0.0.1:0", None, None), Place("127.0.0.1", 0)), (("[::1]:9000", None, None), Place("::1", 9000)),
    (("localhost:9000", None, None), Place("127.0.0.1", 9000)),
])
def test_both_spellings_mean_the_same(given: tuple[str | None, str | None, int | None], meant: Place) -> None:
    assert place(*given) == meant


@pytest.mark.parametrize(("given", "code"), [
    (("127.0.0.1:1", None, 1), "listen_twice"), (("127.0.0.1:1", "127.0.0.1", None), "listen_twice"),
    (("9000", None, None), "bad_address"), ((":9000", None, None), "bad_address"), (("::1", None, None), "bad_address"),
    (("127.0.0.1:65536", None, None), "bad_address"), (("127.0.0.1:" + "9" * 5_000, None, None), "bad_address"),
    ((None, "nowhere", None), "bad_address"),
])
def test_what_is_no_address_is_told_before_anything_is_opened(
    given: tuple[str | None, str | None, int | None], code: str
) -> None:
    with pytest.raises(Stop) as told:
        place(*given)
    assert told.value.code == code


@pytest.mark.parametrize("command", [serve, standby, witness.commands["serve"]])
def test_every_command_that_listens_has_both(command: object) -> None:
    told = CliRunner().invoke(command, ["--help"]).output  # type: ignore[arg-type]
    assert all(option in told for option in ("--listen", "--host", "--port"))
