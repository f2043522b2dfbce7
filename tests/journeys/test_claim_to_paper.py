"""From a claim to a paper that anyone can verify: a real service, real HTTP, in the four places whose steps differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.journeys.register_kit import PAPER, Body, Someone, Town, serving


class Place(NamedTuple):
    """Where people belong, who takes the steps of their claims, what three days of provincial training are worth."""

    region: str
    sector: str
    steps: tuple[tuple[str, str], ...]
    belonging: Body
    study: Body
    assessed: str
    rests_on: tuple[str | None, str]


_TRAINING: Body = {"route": "training", "level": "provincial", "days": "3"}
_CONFIRMED: Body = {"confirmed_hours": "12", "document": "温人社发〔2025〕示例 1 号"}
PLACES = {
    # W 12: no step of the unit. The sector has no rule of its own there: an authority confirms with a document.
    "Wenzhou": Place("330302", "general", (("sector_authority", "3303"),), {}, {**_TRAINING, **_CONFIRMED}, "12",
                     (None, "温人社发〔2025〕示例 1 号")),
    # N 8 ends at the unit; N 6(4): four hours a day.
    "Ningbo industry": Place("330203", "industry", (("unit", "330203"),), {}, _TRAINING, "12",
                             ("ningbo-industry/2019-01-01", "第六条（四）")),
    # E 11, P 13: the unit, then the authority of the county; E 8(1): six hours a day.
    "environment elsewhere": Place(
        "330402", "environment", (("unit", "330402"), ("sector_authority", "330402")), {}, _TRAINING, "18",
        ("zhejiang-environment/2018-07-15", "第八条（一）")),
    # R 8: the county's bureau; R 6 B2: six hours a day.
    "natural resources": Place(
        "331002", "natural_resources", (("sector_authority", "331002"),), {"major": "测绘地理信息"}, _TRAINING, "18",
        ("zhejiang-natural-resources/2021-01-01", "第六条（二）2")),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with serving(tmp_path_factory.mktemp("journey")) as town:
        yield town


class Settled(NamedTuple):
    person: Someone
    unit: Body
    officers: list[Someone]


def settle(town: Town, place: Place, name: str) -> Settled:
    """A person who belongs there since 2025, and the officers whose steps a claim takes."""
    unit = town.unit(f"某单位（{name}）", place.region, place.sector)
    bureau = town.unit(f"某局（{name}）", place.region, place.sector)
    clerk = town.officer(unit, "unit", place.region, unit=unit["unit"])
    person = town.person("李明")
    town.belongs(person, unit, clerk, "2025-01-01", **place.belonging)
    officers = [clerk if role == "unit" else town.officer(bureau, role, area) for role, area in place.steps]
    return Settled(person, unit, officers)


def decide(claim: Body, officers: list[Someone]) -> Body:
    for officer in officers[:-1]:
        claim = officer.act(claim, "endorsement")
    return officers[-1].act(claim, "approval", {"opened_evidence": [PAPER]})


@pytest.mark.parametrize("name", PLACES)
def test_a_study_becomes_hours_and_hours_become_a_paper_that_verifies(town: Town, name: str, tmp_path: Path) -> None:
    place = PLACES[name]
    person, _, officers = settle(town, place, name)
    wanted = town.claim(person, "某培训", date="2025-05-06", **place.study)

    # Tried first: what it will be worth and why, and nothing is written.
    tried = person.client.post("/v1/claims", wanted, dry_run=True).json["would"]
    assert (tried["ruling"]["assessed"], tried["year"]["counted"]) == (place.assessed, place.assessed)
    assert tried["ruling"]["why"]
    assert [step["role"] for step in tried["walk"]] == [role for role, _ in place.steps]
    assert person.saw("/v1/work")["items"] == []

    # Submitted, returned, mended, decided.
    claim = person.did("/v1/claims", wanted)
    assert claim["claim"] in [one["id"] for one in officers[0].saw("/v1/work")["items"]]
    claim = officers[0].act(claim, "return", {"words": "请补充日程表"})
    claim = person.act(claim, "revision", {name: value for name, value in wanted.items() if name != "person"})
    claim = decide(claim, officers)
    assert (claim["status"], claim["ruling"]["assessed"]) == ("approved", place.assessed)
    year = person.year(2025)
    (entry,) = year["entries"]
    assert (entry["decided"]["rulebook"], entry["decided"]["clauses"][0]) == place.rests_on
    assert year["evaluated"]["total"] == place.assessed

    # Corrected: two days it was.
    fewer = {**wanted, "study": {**wanted["study"], "days": "2"}}
    correction = {name: value for name, value in fewer.items() if name != "person"}
    corrected = officers[-1].act(claim, "correction", correction)
    assert corrected["revision"] == claim["revision"] + 1
    known_before = person.saw(f"/v1/persons/{person.id}/years/2025", as_of=claim["events"][-1])
    assert known_before["years"][0]["entries"][0]["days"] == "3"
    assert person.year(2025)["entries"][0]["days"] == "2"

    # A paper, verified offline by whoever has the key; with one byte changed it is worth nothing.
    made = person.did(f"/v1/persons/{person.id}/statements", {"years": [2025]})
    file = person.client.get(f"/v1/statements/{made['statement']}/file").body
    key = town.nobody.client.get("/log/key").body
    (tmp_path / "key").write_bytes(key)
    (tmp_path / "statement.txt").write_bytes(file)
    assert verify(town, tmp_path / "statement.txt", tmp_path / "key") == (0, True)
    for at in range(0, len(file), len(file) // 3):
        (tmp_path / "forged.txt").write_bytes(file[:at] + bytes([file[at] ^ 1]) + file[at + 1:])
        assert verify(town, tmp_path / "forged.txt", tmp_path / "key") == (1, False), at


def verify(town: Town, file: Path, key: Path) -> tuple[int, bool]:
    ended = town.xueshi("verify", str(file), "--key", str(key))
    return ended.returncode, "成立。" in ended.stdout and "不成立" not in ended.stdout


def test_what_is_revoked_leaves_its_room_under_the_cap_to_another_entry(town: Town) -> None:
    person, unit, (clerk,) = settle(town, PLACES["Ningbo industry"], "revoked")
    other = town.officer(unit, "unit", "330203", unit=unit["unit"])
    claims = [
        clerk.act(person.did("/v1/claims", town.claim(person, "国外研修", route="overseas", days="5", date=day)),
                  "approval")
        for day in ("2025-03-05", "2025-06-05")
    ]
    assert person.counted(2025) == ["30", "6"], "36 a year (N 6)"

    revoked = clerk.act(claims[0], "revocation", {"basis": "falsified", "words": "材料不实"})
    assert person.counted(2025) == ["0", "30"]
    assert clerk.refused(revoked, "reinstatement", {"basis": "appeal", "words": "x"})["code"] == "same_hand"

    other.act(revoked, "reinstatement", {"basis": "appeal", "words": "申诉成立"})
    assert person.counted(2025) == ["30", "6"]
    then = person.year(2025, as_of=revoked["events"][-1])["entries"]
    assert [entry["evaluated"]["counted"] for entry in then] == ["0", "30"], "what was known stays to be seen"


def test_from_the_first_day_at_another_unit_the_law_of_that_place_rules(town: Town) -> None:
    ningbo, jiaxing = PLACES["Ningbo industry"], PLACES["environment elsewhere"]
    person, _, (clerk,) = settle(town, ningbo, "before")
    _, unit, officers = settle(town, jiaxing, "after")
    first, second = (town.claim(person, "某培训", date=day, **place.study)
                     for day, place in (("2025-03-31", ningbo), ("2025-04-01", jiaxing)))
    before = clerk.act(person.did("/v1/claims", first), "approval")
    town.belongs(person, unit, officers[0], "2025-04-01")
    after = decide(person.did("/v1/claims", second), officers)

    assert [one["ruling"]["assessed"] for one in (before, after)] == ["12", "18"]
    assert [one["ruling"]["rulebook"].partition("/")[0] for one in (before, after)] == [
        "ningbo-industry", "zhejiang-environment"]
    assert person.counted(2025) == ["12", "18"]


REFUSALS: dict[str, tuple[int, str]] = {
    "a stranger approves": (404, "claim_absent"),
    "the claimant approves": (403, "official_needed"),
    "decided twice": (409, "claim_not_open"),
    "a stale version": (412, "stale_version"),
    "a paper of the future": (422, "as_of_in_future"),
}


def test_what_may_not_be_is_refused_with_its_code_and_leaves_nothing_behind(town: Town) -> None:
    person, _, (clerk,) = settle(town, PLACES["Ningbo industry"], "refused")
    stranger = settle(town, PLACES["environment elsewhere"], "stranger").officers[0]
    study = town.claim(person, "某培训", date="2025-05-06", **PLACES["Ningbo industry"].study)
    claim = person.did("/v1/claims", study)
    found: dict[str, tuple[int, str]] = {}

    def note(what: str, problem: Body) -> None:
        found[what] = (problem["status"], problem["code"])

    note("a stranger approves", stranger.refused(claim, "approval", {}))
    note("the claimant approves", person.refused(claim, "approval", {}))
    decided = clerk.act(claim, "approval", {})
    note("a stale version", clerk.refused(claim, "revocation", {"basis": "falsified", "words": "x"}))
    note("decided twice", clerk.refused(decided, "approval", {}))
    future = person.client.post(f"/v1/persons/{person.id}/statements", {"as_of": "2999-01-01"})
    note("a paper of the future", future.json)

    assert found == REFUSALS
    events: list[Any] = person.saw(f"/v1/claims/{claim['claim']}/events")["items"]
    assert [one["event"]["type"] for one in events] == ["claim.submitted/1", "claim.approved/1"]


def test_a_killed_service_has_lost_nothing_that_it_answered(tmp_path: Path) -> None:
    with serving(tmp_path, kill=True) as town:
        person, _, (clerk,) = settle(town, PLACES["Ningbo industry"], "killed")
        study = town.claim(person, "某培训", date="2025-05-06", **PLACES["Ningbo industry"].study)
        clerk.act(person.did("/v1/claims", study), "approval", {})
        kept = person.saw(f"/v1/persons/{person.id}/years")
    assert town.xueshi("fsck").returncode == 0
    with serving(tmp_path) as again:
        same = again.bearing(person.token, person.id)
        assert same.saw(f"/v1/persons/{person.id}/years") == kept
