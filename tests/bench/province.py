"""What a city hands over to the province: 20,000 entries made into a file, checked proof by proof, and brought in.

Checking is what must not be skipped, so it is what has a bound: seal, checkpoint, every leaf, every commitment, every
story. Bringing in is that and the way of every import: each person found, each record looked up, the ledger's decision,
sealing, and two events and their names written for each entry. Only that is the whole import: the bound on checking is
no bound on it. One process does all here, so that it is also slowed by whoever follows what it writes.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from api.callers import Caller
from api.cases import hand_over_imports
from api.cases.doing import Asked, Done
from ledger.events.base import Draft
from ledger.events.claim import ClaimApproved, ClaimSubmitted, Evidence, Ruling, Study, StudyDetails
from ledger.events.person import Affiliation, Identity, PersonAffiliated, PersonRegistered
from ledger.hand_over import gather, hand_over
from ledger.hand_over_check import check
from ledger.hand_over_file import FORMAT, Header
from ledger.identifiers.resident_id import check_character
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.keys import parse_vkey
from ledger.proof.notes import parse_note
from ledger.proof.policy import Policy, trust
from ledger.vocabulary import Category, ClaimId, PersonId, RulebookId, UnitId
from policies.shelf import shipped
from tests.api.house_kit import BODY, Town, house_in
from tests.bench import Figure
from tests.bench.claims import BY

ENTRIES = 20_000
_EACH = 10
_AT_ONCE = 1_000
_ROUNDS = 5


def rows() -> Iterator[Figure]:
    """Entries a second: made, checked, brought in."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with (TemporaryDirectory() as name, house_in(Path(name) / "city") as city,
          house_in(Path(name) / "province") as province):
        works = city.unit("某厂", "330203", "industry")
        claims = _registered(city, works, with_claims=True)
        note = city.house.register.signer.checkpoint()
        size = parse_checkpoint(parse_note(note)[0]).size
        keys = city.house.register.signer.keys
        header = Header(FORMAT, city.house.register.signer.origin, 0, size)

        began = time.perf_counter()
        gathered = gather(city.house.ledger, claims, size)
        file = b"".join(hand_over(city.house.ledger.store, gathered, header, note, keys))
        yield Figure(f"hand-over of {ENTRIES:,} entries made", ENTRIES / (time.perf_counter() - began), "entries/s")
        yield Figure("hand-over, a file of it", len(file) / ENTRIES, "bytes/entry")

        policy = trust(parse_vkey(city.house.register.signer.vkeys[0]))
        best = min(_seconds(file, policy) for _ in range(_ROUNDS))
        yield Figure(f"hand-over of {ENTRIES:,} entries checked, every proof, nothing registered", ENTRIES / best,
                     "entries/s", least=20_000)

        bureau = province.unit("省人社厅", "330000", "general")
        people = province.officer(bureau, "human_resources", "33")
        _registered(province, province.unit("某厂", "330203", "industry"), with_claims=False)
        _let_it_settle(province)
        began, computed = time.perf_counter(), time.thread_time()
        done = _brought(province, people.token, file, policy)
        passed, computed = time.perf_counter() - began, time.thread_time() - computed
        yield Figure(f"hand-over of {ENTRIES:,} entries brought in, end to end, answers made beside it",
                     ENTRIES / passed, "entries/s")
        yield Figure("hand-over brought in, by the importing thread's own computing", ENTRIES / computed, "entries/s")
        _let_it_settle(province)
        yield Figure("hand-over brought in, until every answer has it", ENTRIES / (time.perf_counter() - began),
                     "entries/s")
        assert done == ENTRIES, done


def _seconds(file: bytes, policy: Policy) -> float:
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()  # Of this process alone: others share the machine.
        assert len(check(file, policy).entries) == ENTRIES
        return time.process_time() - began
    finally:
        gc.enable()


def _brought(town: Town, token: str | None, file: bytes, policy: Policy) -> int:
    """Straight to the use case: a file of this size would go over HTTP in parts."""
    house = town.house
    caller = house.tokens.caller(token, now=house.now, trace="bench")
    assert isinstance(caller, Caller)
    done = hand_over_imports.accept(house, caller, check(file, policy), {"file": file, "region": "330000"}, Asked())
    assert isinstance(done, Done), done
    return int(done.state.closed.accepted)


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
