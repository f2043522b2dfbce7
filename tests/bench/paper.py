"""A statement as PDF: set by Typst and sealed, sixty studies on it, once its fonts have been read; and as the one HTML
file that verifies itself, from its opening in Chromium to the verdict."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from api.cases.statement.statement_verifier import verifier_of
from api.operational.callers import Caller
from api.statements.paper import Paper, paper
from api.statements.pdf import pdf
from api.statements.seal import open_seal
from ledger.offline.verify import policy_of, verify_sealed
from tests.api.house_kit import Town, house_in, study
from tests.bench import Figure
from tests.chromium_kit import program

ENTRIES = 60
ROUNDS = 15


def rows() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, house_in(Path(folder) / "data") as town:
        made, signer = _paper(town), town.house.register.signer
        seal = open_seal(town.house.register.folder.keys, signer, now=town.house.now)
        began = time.perf_counter_ns()
        sealed = pdf(made, seal)
        first = (time.perf_counter_ns() - began) // 1_000
        took = [_micros(lambda: pdf(made, seal)) for _ in range(ROUNDS)]
        policy = policy_of(signer.vkeys[0])
        verified = [_micros(lambda: verify_sealed(sealed, policy)) for _ in range(ROUNDS)]
        alone = verifier_of(town.house.register, "https://xueshi.example", made.file)
        opened = _opened(alone, Path(folder)) if program() else []
    name = f"a statement of {ENTRIES} studies as sealed PDF"
    yield Figure(name, int(statistics.median(took)), "µs", most=500_000)
    yield Figure(f"{name}, the first one, with fonts and programs read", first, "µs")
    yield Figure(f"{name}, verified", int(statistics.median(verified)), "µs")
    yield Figure(f"{name}, size", len(sealed), "bytes")
    if opened:
        alone_name = f"a statement of {ENTRIES} studies as a page that verifies itself"
        yield Figure(f"{alone_name}, opened and verified", int(statistics.median(opened)), "µs", most=1_000_000)
        yield Figure(f"{alone_name}, size", len(alone), "bytes")


def _opened(alone: bytes, folder: Path) -> list[int]:
    """How long Chromium takes from the address to the verdict, from a disk and without network."""
    from playwright.sync_api import sync_playwright

    place = folder / "verify.html"
    place.write_bytes(alone)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()

        def open_it() -> None:
            page.goto(place.as_uri())
            page.wait_for_selector("body[data-verdict=holds]")

        took = [_micros(open_it) for _ in range(ROUNDS)]
        browser.close()
    return took


def _micros(do: object) -> int:
    began = time.perf_counter_ns()
    assert callable(do)
    do()
    return (time.perf_counter_ns() - began) // 1_000


def _paper(town: Town) -> Paper:
    person, works = town.person("郑三五"), town.unit("甬江机械厂", "330203", "industry")
    town.belongs(person, works, "2020-01-01")
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    for number in range(ENTRIES):
        day = f"{2020 + number % 6}-{1 + number % 12:02d}-{1 + number % 28:02d}"
        officer.act(person.submit(study(date=day), title=f"工业互联网标识解析高级研修 第 {number} 期"), "approval")
    statement = person.did(f"/v1/persons/{person.id}/statements", {})["statement"]
    found = paper(town.house, Caller("person", person.id), statement, None, "https://xueshi.example")
    assert isinstance(found, Paper)
    return found
