"""One event in full: who may see it, what of it is opened, and that its proof is made and checked for whoever asks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.cases.log import proofs
from api.cases.log.proofs import Opened
from api.console.screens import page_routes
from api.operational.callers import Caller
from api.service.app import create_app
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.offline.verify import policy_of, verify_proof
from ledger.proof.bundle import parse_bundle
from ledger.proof.merkle import hash_leaf
from ledger.reading import Recorded
from tests.api.house_kit import BODY, Someone, Town, house_in, study

WORDS: BODY = {"words": "查一查"}


@pytest.fixture(scope="module")
def li(town: Town, works: BODY) -> Someone:
    person = town.person("李明")
    town.belongs(person, works, "2020-01-01")
    return person


@pytest.fixture(scope="module")
def clerk(town: Town, works: BODY) -> Someone:
    return town.officer(works, "unit", "330203", unit=works["unit"])


@pytest.fixture(scope="module")
def supervisor(town: Town) -> Someone:
    return town.officer(town.unit("监督部门", "330200", "general"), "supervisor", "3302")


@pytest.fixture(scope="module")
def claim(li: Someone) -> BODY:
    return li.submit(study(), title="不公开的题目")


def last(of: BODY) -> int:
    return int(of["events"][-1])


def by(someone: Someone) -> Caller:
    return Caller("person" if someone.id.startswith("per_") else "actor", someone.id)


def seen(town: Town, someone: Someone, position: int, purpose: str | None = "appeal") -> str:
    found = proofs.visible(town.house, by(someone), position, purpose)
    return found.code if isinstance(found, Refusal) else "seen"


def recorded(town: Town, reader: str) -> list[tuple[str, str, tuple[str, ...]]]:
    log = town.house.register.access
    events = [decode(leaf).event for leaf in log.store.leaves(0, 10_000)]
    return [(one.subject, one.purpose, one.what) for one in events if getattr(one, "reader", None) == reader]


def test_an_event_is_seen_by_its_person_by_offices_in_sight_and_by_supervisors(
    town: Town, li: Someone, clerk: Someone, supervisor: Someone, claim: BODY
) -> None:
    event = last(claim)
    away = town.officer(town.unit("远方", "330106", "general"), "human_resources", "330106")
    policy = town.officer(town.unit("政策处", "330000", "general"), "policy_office", "33")

    assert seen(town, li, event, None) == seen(town, clerk, event) == "seen"
    assert seen(town, supervisor, event, None) == "seen", "a supervisor reads the whole ledger"
    assert seen(town, clerk, event, None) == "purpose_missing"
    assert seen(town, town.person("别人"), event) == seen(town, away, event) == "event_absent"
    assert seen(town, policy, event) == "not_for_reading"
    assert (li.id, "appeal", ("claim", "events")) in recorded(town, clerk.id)
    assert seen(town, supervisor, 10**9) == seen(town, li, 0) == "event_absent"


def test_what_stands_open_is_seen_by_everyone_who_is_logged_in_and_what_is_of_officials_by_supervisors(
    town: Town, li: Someone, clerk: Someone, supervisor: Someone, works: BODY
) -> None:
    unit = next(at for at, _ in town.house.ledger.store.stream(works["unit"]))
    account = next(at for at, _ in town.house.ledger.store.stream(clerk.id))

    assert seen(town, li, unit, None) == seen(town, clerk, unit, None) == "seen"
    assert seen(town, clerk, account, None) == "seen", "its own account is no secret to it"
    assert seen(town, town.officer(works, "unit", "330203", unit=works["unit"]), account) == "event_absent"
    assert seen(town, li, account) == "event_absent"
    assert seen(town, supervisor, account, None) == seen(town, li, 1, None) == "seen", "the log's own first event"


def test_whoever_is_looked_into_is_not_shown_that_they_are(town: Town, works: BODY, supervisor: Someone) -> None:
    watched = town.person("被查者")
    town.belongs(watched, works, "2020-01-01")
    account = town.officer(town.unit("监督二处", "330200", "general"), "supervisor", "3302", person=watched.id)
    case = supervisor.did("/v1/cases", {"kind": "falsification", "region": "330203", "persons": [watched.id], **WORDS})
    event = next(at for at, _ in town.house.ledger.store.stream(case["case"]))

    assert seen(town, supervisor, event, None) == "seen"
    assert seen(town, watched, event) == seen(town, account, event) == "event_absent"


def opened(town: Town, someone: Someone, position: int, purpose: str | None) -> Opened:
    found = proofs.visible(town.house, by(someone), position, purpose)
    assert isinstance(found, Recorded)
    told = proofs.opened(town.house, by(someone), found, purpose)
    assert isinstance(told, Opened)
    return told


def test_what_is_sealed_is_opened_for_a_purpose_within_sight_and_numbers_stay_masked(
    town: Town, li: Someone, supervisor: Someone, claim: BODY
) -> None:
    event = last(claim)
    first = next(at for at, _ in town.house.ledger.store.stream(li.id))
    away = town.officer(town.unit("外地监督", "330106", "general"), "supervisor", "3301")

    assert opened(town, supervisor, event, None) == Opened(None, "purpose")
    assert opened(town, away, event, "appeal") == Opened(None, "not_in_sight"), "the ledger is read, not its people"
    assert ("title", "不公开的题目") in (opened(town, supervisor, event, "appeal").fields or {}).items()
    assert (li.id, "appeal", ("sealed",)) in recorded(town, supervisor.id)
    identity = opened(town, supervisor, first, "appeal").fields or {}
    assert identity["name"] == "李*" and "*" in identity["id_number"]
    assert (opened(town, li, event, None).fields or {})["title"] == "不公开的题目"


def test_a_proof_climbs_to_the_signed_root_and_is_the_file_that_strangers_check(
    town: Town, li: Someone, claim: BODY
) -> None:
    town.person("再来一个")  # So that the event is not the last one, whose path is shorter.
    event = last(claim)
    proof = proofs.proved(town.house, event)

    assert proof.fault is None and proof.leaf_hash == hash_leaf(proof.leaf)
    assert proof.steps[-1].computed == proof.checkpoint.root
    verdict = verify_proof(proof.bundle, policy_of(town.house.register.signer.vkeys[0]))
    assert verdict.events[0]["position"] == event
    for size in range(1, 40):  # Of each size of a log, each leaf's path ends in the root.
        if size <= town.house.ledger.store.size():
            assert proofs.proved(town.house, size).steps[-1].computed == proofs.proved(
                town.house, size).checkpoint.root


def test_a_step_that_was_changed_leads_elsewhere(town: Town, claim: BODY) -> None:
    bundle = parse_bundle(proofs.proved(town.house, last(claim)).bundle)
    size, leaf_hash = proofs.proved(town.house, last(claim)).checkpoint.size, hash_leaf(bundle.extra)
    true = proofs.climbed(leaf_hash, bundle, size)[-1].computed

    for at in range(len(bundle.hashes)):
        hashes = list(bundle.hashes)
        hashes[at] = bytes(32)
        changed: Any = proofs.climbed(leaf_hash, type(bundle)(bundle.index, tuple(hashes), bundle.checkpoint), size)
        assert changed[-1].computed != true


def test_an_event_knows_what_came_before_and_after_it_and_what_came_with_it(
    town: Town, li: Someone, clerk: Someone
) -> None:
    claim = li.submit(study(date="2026-05-05"))
    done = clerk.act(claim, "return", {"words": "请补充"})
    positions = [at for at, _ in town.house.ledger.store.stream(claim["claim"])]
    first = town.house.ledger.at(positions[0])
    assert first is not None

    assert proofs.ties(town.house, first)[:2] == (None, last(done))
    assert positions[0] not in proofs.ties(town.house, first).request

def test_an_event_that_was_changed_in_the_store_is_shown_with_a_proof_that_fails(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        person = town.person("李明")
        event = next(at for at, _ in town.house.ledger.store.stream(person.id))
        assert proofs.proved(town.house, event).fault is None
        with closing(sqlite3.connect(tmp_path / "data" / "ledger.db")) as store, store:
            for (trigger,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                store.execute(f"DROP TRIGGER {trigger}")
            store.execute("UPDATE events SET leaf = CAST(replace(leaf, ?, ?) AS BLOB) WHERE position = ?",
                          ('"role":"person"', '"role":"nobody"', event))

        proof = proofs.proved(town.house, event)
        assert proof.fault is not None and proof.checkpoint.root.hex() in proof.fault
        assert not proof.steps or proof.steps[-1].computed != proof.checkpoint.root
        browser = create_app(town.house, blueprints=[page_routes()]).test_client()
        browser.post("/login", data={"token": person.token}, headers={"Sec-Fetch-Site": "same-origin"})
        shown = browser.get(f"/events/{event}").get_data(as_text=True)
        assert "证明不成立" in shown and "与检查点的根不同" in shown and "证明成立" not in shown
