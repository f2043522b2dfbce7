"""A case over a class of 10,000 entries that never happened: widened, shown, held, found, revoked; stopped and resumed.

Everything goes through the door of a service in this process. What is revoked is written in one request and, in a
second case, in two: the first is told to stop after a second, another member goes on. Each entry is counted: revoked
once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import structlog

from ledger.events.base import Draft
from ledger.events.claim import ClaimApproved, ClaimRevoked, ClaimSubmitted
from ledger.events.person import Affiliation, Identity, PersonAffiliated, PersonRegistered
from ledger.events.study import StudyDetails
from ledger.vocabulary import ClaimId, PersonId, UnitId
from tests.api.house_kit import BODY, Someone, Town, house_in
from tests.bench import Figure
from tests.bench.claims import BY, RULING, STUDY

ENTRIES = 10_000
_AT_ONCE = 400
_CLASSES = tuple(f"cls_{letter * 22}" for letter in "ab")
_WHY = {"words": "全班并未开课"}
_BASIS = {"basis": "falsified", **_WHY}


def rows() -> Iterator[Figure]:
    """Seconds for the list to be shown and for each act."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with TemporaryDirectory() as name, house_in(Path(name) / "data") as town:
        works, bureau = town.unit("某厂", "330203", "industry"), town.unit("市监督局", "330200", "general")
        first, second = (town.officer(bureau, "supervisor", "3302") for _ in range(2))
        for training_class in _CLASSES:
            _register(town, UnitId(works["unit"]), training_class)
        _let_follow(town)

        case = _opened(town, first, second, _CLASSES[0], works["unit"])
        took: dict[str, int] = {}
        with _timed(took, "shown"):
            hold = _shown(first, case, {"act": "hold", **_WHY})
        with _timed(took, "held"):
            _done(town, first, case, hold)
        _let_follow(town)
        _act(town, first, case, "finding", {"finding": "substantiated", **_WHY})
        revoke = _shown(first, case, {"act": "revoke", **_BASIS})
        with _timed(took, "revoked"):
            _done(town, first, case, revoke)
        with _timed(took, "in force in every answer"):
            _let_follow(town)
        with _timed(took, "read at its desk"):
            first.saw(f"/v1/cases/{case}", purpose="case_handling")
        with _timed(took, "closed"):
            _act(town, first, case, "closing", None)
        for what, ms in took.items():
            most = {"most": 10} if what in ("held", "revoked") else {}
            yield Figure(f"case over {ENTRIES:,} entries: {what}", ms / 1_000, "s", **most)
        yield from _stopped(town, first, second, works["unit"])
        _each_once(town)


def _stopped(town: Town, first: Someone, second: Someone, works: str) -> Iterator[Figure]:
    case = _opened(town, first, second, _CLASSES[1], works)
    _act(town, first, case, "finding", {"finding": "substantiated", **_WHY})
    revoke = _shown(first, case, {"act": "revoke", **_BASIS})
    headers = {**first.headers(version=_version(town, case)), "Prefer": "wait=1"}
    took: dict[str, int] = {}
    with _timed(took, "both"):
        begun = first.client.post(f"/v1/cases/{case}/bulk", json=revoke, headers=headers).get_json()
        if begun.get("state") == "open":
            headers = {**second.headers(version=_version(town, case)), "Prefer": "wait=20"}
            while second.client.post(f"/v1/cases/{case}/bulk/{begun['act']}/resumption", json={},
                                     headers=headers).status_code == 202:
                headers = {**second.headers(version=_version(town, case)), "Prefer": "wait=20"}
    yield Figure(f"… revoked in two requests, stopped after {begun.get('rows_done', ENTRIES):,}", took["both"] / 1_000,
                 "s", most=10)


def _let_follow(town: Town) -> None:
    size = town.house.ledger.store.size()
    assert town.house.follower.wait_for(size, 600) and town.house.differing.wait_for(size, 600)
    town.house.map_file.keep_up()


def _each_once(town: Town) -> None:
    """Nothing was doubled, and nothing left out."""
    ledger, counted, after = town.house.ledger, Counter[str](), 0
    while some := ledger.read(after, 5_000):
        counted.update(one.envelope.event.claim for one in some if isinstance(one.envelope.event, ClaimRevoked))
        after = some[-1].position
    assert len(counted) == 2 * ENTRIES and set(counted.values()) == {1}


def _opened(town: Town, first: Someone, second: Someone, training_class: str, works: str) -> str:
    """A case on the works, widened by everyone of the class."""
    opened = first.did("/v1/cases", {"kind": "falsification", "region": "330203", "organisers": [works], **_WHY})
    case = str(opened["case"])
    choice: BODY = {"training_class": training_class, **_WHY}
    shown = first.post(f"/v1/cases/{case}/claims", choice, dry_run="true").get_json()["would"]
    assert shown["new"] == ENTRIES
    _act(town, first, case, "claims", {**choice, "list_sha256": shown["list_sha256"]})
    _act(town, first, case, "members", {"actor": second.id})
    return case


def _shown(whom: Someone, case: str, body: BODY) -> BODY:
    answer = whom.post(f"/v1/cases/{case}/bulk", body, dry_run="true")
    would = answer.get_json()["would"]
    assert would["rows"] == ENTRIES, answer.get_data(as_text=True)[:500]
    return {**body, "list_sha256": would["list_sha256"]}


def _done(town: Town, whom: Someone, case: str, body: BODY) -> None:
    """All of it while somebody waits: in one request, and on a slow day in more."""
    where, sent = "bulk", body
    while True:
        headers = {**whom.headers(version=_version(town, case)), "Prefer": "wait=20"}
        answer = whom.client.post(f"/v1/cases/{case}/{where}", json=sent, headers=headers)
        if answer.status_code != 202:
            assert answer.status_code == 201, answer.get_data(as_text=True)
            return
        where, sent = f"bulk/{answer.get_json()['act']}/resumption", {}


def _act(town: Town, whom: Someone, case: str, what: str, body: BODY | None) -> BODY:
    return whom.did(f"/v1/cases/{case}/{what}", body, version=_version(town, case))


def _version(town: Town, case: str) -> int:
    return town.house.ledger.store.version(case)


@contextmanager
def _timed(took: dict[str, int], what: str) -> Iterator[None]:
    began = time.monotonic_ns()
    yield
    took[what] = (time.monotonic_ns() - began) // 1_000_000


def _register(town: Town, works: UnitId, training_class: str) -> None:
    """So many people who were registered for a class, each with one entry."""
    house, drafts = town.house, list[Draft]()
    at = Affiliation(unit=works, starts=date(2020, 1, 1), region="330203", sector="industry")
    study = msgspec.structs.replace(STUDY, training_class=training_class)
    for number in range(ENTRIES):
        person, claim = PersonId(house.new_id("person")), ClaimId(house.new_id("claim"))
        identity = Identity(name="李明", name_normalised="李明", id_kind="passport",
                            id_number=f"{training_class[4]}{number:08d}")
        named: dict[str, Any] = {"claim": claim, "person": person}
        drafts += [
            Draft(PersonRegistered(person=person), identity), Draft(PersonAffiliated(person=person, affiliation=at)),
            Draft(ClaimSubmitted(**named, unit=works, region="330203", sector="industry", study=study,
                                 steps=("department",), origin="batch"), StudyDetails(title="大课")),
            Draft(ClaimApproved(**named, step="department", ruling=RULING, year=2026)),
        ]
        if len(drafts) >= _AT_ONCE * 4 or number + 1 == ENTRIES:
            house.ledger.record(drafts, by=BY)
            drafts.clear()
