"""What a city hands over to the province: 20,000 entries made into files, checked proof by proof, and brought in.

Checking is what must not be skipped, so it is what has a bound: seal, checkpoint, every leaf, every commitment, every
story. Bringing in is that and the way of every import: each person found, each record looked up, the ledger's decision,
sealing, and two events and their names written for each entry. Only that is the whole import: the bound on checking is
no bound on it. It is measured as it is done: the command sends one part after another to a service of its own process,
beside which the answers follow. What that costs the service is told apart, and so is how long the answers take, and
what a register takes in that nobody follows meanwhile, over the same route.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import structlog

from api.cases.belonging.finding import blocks
from api.cases.importing.hand_overs import A_PART
from api.house import open_house
from api.register.register import open_register
from api.serve import leave_alone_what_stands
from api.service.app import create_app
from api.settings import Settings
from ledger.events.base import Draft
from ledger.events.claim import ClaimApproved, ClaimSubmitted
from ledger.events.person import Affiliation, Identity, PersonAffiliated, PersonRegistered
from ledger.events.study import Evidence, Ruling, Study, StudyDetails
from ledger.hand_over.check import check
from ledger.hand_over.file import FORMAT, Header
from ledger.hand_over.gathering import gather, hand_over
from ledger.identifiers.resident_id import check_character
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.keys import parse_vkey
from ledger.proof.notes import parse_note
from ledger.proof.policy import Policy, trust
from ledger.vocabulary import Category, ClaimId, PersonId, RulebookId, UnitId
from policies.shelf import shipped
from tests.api.house_kit import BODY, Someone, Town, house_in
from tests.bench import Figure
from tests.bench.claims import BY
from tests.bench.http import XUESHI, cpu_micros, serving

ENTRIES = 20_000
_EACH = 10
_AT_ONCE = 1_000
_ROUNDS = 5


def rows() -> Iterator[Figure]:
    """Entries a second: made, checked, brought in."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with TemporaryDirectory() as name:
        folder = Path(name)
        with house_in(folder / "city", origin="city.example/log") as city:
            claims = _registered(city, city.unit("某厂", "330203", "industry"), with_claims=True)
            began = time.perf_counter()
            file, parts = _files(city, claims)
            yield Figure(f"hand-over of {ENTRIES:,} entries made, twice: whole and in parts",
                         2 * ENTRIES / (time.perf_counter() - began), "entries/s")
            yield Figure("the whole of it as a file, proofs in it", len(file) / ENTRIES, "bytes/entry")
            vkey, = city.house.register.signer.vkeys
        policy = trust(parse_vkey(vkey))
        best = min(_seconds(file, policy) for _ in range(_ROUNDS))
        yield Figure(f"verification alone of {ENTRIES:,} entries handed over: every proof, nothing registered",
                     ENTRIES / best, "entries/s", least=20_000)
        yield from _brought(folder, parts, vkey)


def _files(city: Town, claims: list[str]) -> tuple[bytes, list[bytes]]:
    """What was decided as one file, and as the parts in which it goes."""
    signer = city.house.register.signer
    note = signer.checkpoint()
    size = parse_checkpoint(parse_note(note)[0]).size
    cut = list(blocks(claims, A_PART))

    def made(some: Sequence[str], part: int, parts: int) -> bytes:
        header, store = Header(FORMAT, signer.origin, 0, size, part, parts), city.house.ledger.store
        return b"".join(hand_over(store, gather(city.house.ledger, some, size), header, note, signer.keys))

    return made(claims, 1, 1), [made(some, number, len(cut)) for number, some in enumerate(cut, 1)]


def _brought(folder: Path, parts: list[bytes], vkey: str) -> Iterator[Figure]:
    """The whole command, to a service in which these people have been for years."""
    with house_in(folder / "province") as province:
        bureau = province.unit("省人社厅", "330000", "general")
        people = province.officer(bureau, "human_resources", "33")
        _registered(province, province.unit("某厂", "330203", "industry"), with_claims=False)
        _let_it_settle(province)
        province.house.register.folder.ledgers_policy.write_text(f"log {vkey}\nquorum none\n", "utf-8")
        size = province.house.ledger.store.size()
    shutil.copytree(folder / "province", folder / "copy")
    yield _unfollowed(folder / "copy", parts, str(people.token))
    shutil.rmtree(folder / "copy")
    files = [folder / f"{number:03}.ndjson" for number in range(len(parts))]
    for path, part in zip(files, parts, strict=True):
        path.write_bytes(part)
    with serving(folder / "province", 1) as (port, process):
        used, began = cpu_micros(process), time.perf_counter()
        ended = subprocess.run(
            [XUESHI, "import", "hand-over", *map(str, files), "--region", "330000", "--server",
             f"http://127.0.0.1:{port}"],
            env={**os.environ, "XUESHI_TOKEN": str(people.token)}, capture_output=True, text=True, check=False)
        passed, used = time.perf_counter() - began, cpu_micros(process) - used
        assert ended.returncode == 0, ended.stdout[-2_000:] + ended.stderr[-2_000:]
        yield Figure(f"the whole import of {ENTRIES:,} entries by the command, {len(files)} parts: verified, judged, "
                     "written; answers follow beside it and are not waited for", ENTRIES / passed, "entries/s")
        yield Figure("the same, the service's processor time: the import, and as much as followed meanwhile",
                     used / ENTRIES, "µs/entry")
    with house_in(folder / "province") as province:
        added = province.house.ledger.store.size() - size
        assert added >= 2 * ENTRIES, added
        _let_it_settle(province)
        yield Figure("the same, until every answer has it and what differs; clues are not waited for",
                     ENTRIES / (time.perf_counter() - began), "entries/s")


def _unfollowed(data: Path, parts: list[bytes], token: str) -> Figure:
    """The same of a register whose answers stay where they are, asked over its route."""
    register = open_register(Settings(data_folder=data))
    bodies = [{"file": b64encode(part).decode(), "region": "330000"} for part in parts]
    with closing(register), open_house(register) as house:
        for each in (house.follower, house.differing, house.detecting):
            each.stop()
        app, size = create_app(house, checks=house.checks()), house.ledger.store.size()
        with _as_a_service_is():
            began, used = time.perf_counter(), time.process_time()
            for body in bodies:
                Someone(app.test_client(), token).did("/v1/hand-overs", body, key=uuid4().hex)
            passed, used = time.perf_counter() - began, time.process_time() - used
        assert house.ledger.store.size() - size >= 2 * ENTRIES
    micros = f"{1e6 * used / ENTRIES:.0f} µs of the processor each"
    return Figure(f"the whole import over the route, verified, judged, written, nothing following: {micros}",
                  ENTRIES / passed, "entries/s")


@contextmanager
def _as_a_service_is() -> Iterator[None]:
    """What stands is left alone by the collector of cycles, which else takes a quarter of the time for it."""
    thresholds = gc.get_threshold()
    leave_alone_what_stands()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)


def _seconds(file: bytes, policy: Policy) -> float:
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()  # Of this process alone: others share the machine.
        assert len(check(file, policy).entries) == ENTRIES
        return time.process_time() - began
    finally:
        gc.enable()


def _registered(town: Town, works: BODY, *, with_claims: bool) -> list[str]:
    """People of one works with ten entries each, or the same people without any."""
    house, drafts, claims = town.house, list[Draft](), list[str]()
    at = Affiliation(unit=UnitId(works["unit"]), starts=date(2020, 1, 1), region="330203", sector="industry")
    book = shipped().book("ningbo-industry/2019-01-01")
    ruling = Ruling(assessed_centi=800, status="ruled", rulebook=RulebookId(book.id), digest=book.digest,
                    clauses=("第六条（一）",))
    for number in range(ENTRIES // _EACH):
        person = PersonId(house.new_id("person"))
        shown = _resident_id(number)
        drafts += [Draft(PersonRegistered(person=person), Identity(
            name="李明", name_normalised="李明", id_kind="resident_id", id_number=shown)),
            Draft(PersonAffiliated(person=person, affiliation=at))]
        for each in range(_EACH if with_claims else 0):
            claim = ClaimId(house.new_id("claim"))
            claims.append(claim)
            study = Study(category=Category.PROFESSIONAL, route="training", level="provincial", days_half=4,
                          evidence_on=date(2026, 1, 1) + timedelta(days=each))
            drafts += [
                Draft(ClaimSubmitted(
                    claim=claim, person=person, unit=UnitId(works["unit"]), region="330203", sector="industry",
                    study=study, steps=("unit",), evidence=(Evidence(kind="notice", sha256=f"{len(claims):064x}"),)),
                    StudyDetails(title=f"某次培训 {each}")),
                Draft(ClaimApproved(claim=claim, person=person, step="unit", ruling=ruling, year=2026))]
        if len(drafts) >= _AT_ONCE:
            house.ledger.record(drafts, by=BY)
            drafts.clear()
    if drafts:
        house.ledger.record(drafts, by=BY)
    return claims


def _resident_id(number: int) -> str:
    """A number of nobody, another for each."""
    day = date(1960, 1, 1) + timedelta(days=number // 50)
    body = f"330000{day:%Y%m%d}{number % 50:03d}"
    return body + check_character(body)


def _let_it_settle(town: Town) -> None:
    """Wait until nothing is being made of what was just recorded: three threads would share the interpreter."""
    size = town.house.ledger.store.size()
    assert town.house.follower.wait_for(size, 600) and town.house.differing.wait_for(size, 600)
