"""Every refusal there is has a status and its sentences, and none has more than one."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from api.refusals import refusals
from ledger.errors import Refusal
from ledger.streams import refusals as of_the_ledger

ROOT = Path(__file__).parents[2]
TABLE = tomllib.loads((ROOT / "api" / "refusals" / "refusals.toml").read_text("utf-8"))
DOORS = [*(ROOT / "api").rglob("*.py")]


def codes_in(source: str) -> set[str]:
    """The codes that are written out in calls of `Refusal.because` and `Refusal`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Refusal.because", "Refusal") and node.args:
            found |= {one.value for one in ast.walk(node.args[0])
                      if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {code for code in found if re.fullmatch("[a-z_]+", code)} - {"nobody", "person"}


def test_every_refusal_of_the_ledger_has_one_status() -> None:
    listed = [code for codes in TABLE["ledger"].values() for code in codes]

    assert sorted(listed) == sorted(set(listed))
    assert set(listed) == set(of_the_ledger.sentences())
    assert not set(listed) & set(TABLE["doors"])


def test_every_code_that_the_doors_say_is_in_the_table_and_every_code_of_theirs_is_said() -> None:
    said = {code for path in DOORS for code in codes_in(path.read_text("utf-8"))}
    texts = "".join(path.read_text("utf-8") for path in DOORS)

    assert said <= set(refusals.lines())
    assert [code for code in TABLE["doors"] if f'"{code}"' not in texts] == []


@pytest.mark.parametrize("code", TABLE["doors"])
def test_each_sentence_is_one_and_says_what_why_and_the_cure(code: str) -> None:
    line = refusals.lines()[code]

    assert line.status in (400, 401, 403, 404, 409, 410, 412, 422, 429, 503)
    for sentence in line[1:]:
        assert sentence.endswith("。") and sentence.count("。") == 1, sentence
        assert not sentence.isascii()


def test_a_cure_that_leads_to_an_address_of_the_api_names_the_screen_or_the_command_as_well() -> None:
    """Who reads it on a screen or a terminal has no use for the one alone."""
    files = [ROOT / "api" / "refusals" / f"{name}.toml" for name in ("refusals", "errors", "faults")]
    cures = re.findall('^cure = "(.*)"$', "".join(one.read_text("utf-8") for one in files), re.MULTILINE)
    named = [one for one in cures if "/v1/" in one]

    assert named and [one for one in named if "xueshi " not in one and not re.search("（/(?!v1)[a-z]", one)] == []


@pytest.mark.parametrize("kind", TABLE["taken"])
def test_a_name_that_is_taken_is_spoken_of_as_what_it_is(kind: str) -> None:
    line = refusals.line_of(Refusal.because("name_taken", kind=kind))

    assert line.status == refusals.lines()["name_taken"].status
    assert "令牌" not in line.detail, "that is said of people alone"
    for sentence in line[1:]:
        assert sentence.endswith("。") and sentence.count("。") == 1, sentence
    events = "".join(path.read_text("utf-8") for path in (ROOT / "ledger" / "events").glob("*.py"))
    assert f'Name("{kind}", ' in events or f': Final = "{kind}"' in events


def fitted() -> list[tuple[str, str, dict[str, str]]]:
    """What fits better than a code's own sentences, by the value that was seen, or by none."""
    found = []
    for code, table in TABLE["fitting"].items():
        cases = table.items() if "by" in table else [("", table)]
        found += [(code, value, words) for value, words in cases if value != "by"]
    return found


@pytest.mark.parametrize(("code", "value", "words"), fitted(), ids=lambda one: one if isinstance(one, str) else "")
def test_what_was_seen_stands_in_the_sentences_that_fit_it(code: str, value: str, words: dict[str, str]) -> None:
    named = set(re.findall(r"\{(\w+)[:}]", "".join(words.values())))
    shown = {name: f"〔{number}〕" for number, name in enumerate(sorted(named))}  # Some are cut to a day.
    seen = shown | {TABLE["fitting"][code].get("by", "-"): value}

    line = refusals.line_of(Refusal.because(code, **seen))
    assert line.status == refusals.lines()[code].status and line != refusals.lines()[code]
    assert all(one in line.detail for one in shown.values())
    for sentence in line[1:]:
        assert sentence.endswith("。") and sentence.count("。") == 1, sentence
    if named:
        assert refusals.line_of(Refusal(code, {})) == refusals.lines()[code], "who refused saw less"
