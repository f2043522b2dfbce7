"""The first way through the house in each of the four places whose steps differ, from registration to a statement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli import cli
from tests.api.house_kit import BODY, SHA, Someone, Town, study


def walk(
    town: Town, region: str, sector: str, offices: list[tuple[str, str]], **belonging: Any
) -> tuple[Someone, list[Someone]]:
    """A person at a unit there, and the officers whose steps a professional claim takes."""
    unit = town.unit("某单位", region, sector)
    bureau = town.unit("某局", region, sector)
    person = town.person()
    town.belongs(person, unit, "2020-01-01", **belonging)
    officers = [
        town.officer(unit, role, area, unit=unit["unit"]) if role == "unit" else town.officer(bureau, role, area)
        for role, area in offices
    ]
    return person, officers


PLACES = {
    "Wenzhou": ("330302", "general", [("sector_authority", "3303")], {}),
    "Ningbo industry": ("330203", "industry", [("unit", "330203")], {}),
    "environment elsewhere": ("330402", "environment", [("unit", "330402"), ("sector_authority", "330402")], {}),
    "natural resources": ("330402", "natural_resources", [("sector_authority", "330402")], {"major": "测绘地理信息"}),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_claim_goes_its_way_from_submission_to_a_year_that_says_why(town: Town, place: str) -> None:
    region, sector, offices, belonging = PLACES[place]
    person, officers = walk(town, region, sector, offices, **belonging)
    facts = study(days="2", organiser_level="provincial")
    if place == "Wenzhou":  # The sector has no rule of its own there: an authority confirms.
        facts |= {"confirmed_hours": "12", "document": "温人社发〔2017〕264号"}

    tried = person.post("/v1/claims", person.claim(facts), dry_run="true")
    assert tried.status_code == 200
    would = tried.get_json()["would"]
    assert [step["role"] for step in would["walk"]] == [role for role, _ in offices]
    assert would["ruling"]["status"] in ("ruled", "manual")
    assert would["year"]["counted"] == would["ruling"]["assessed"] != "0"
    assert would["year"]["after"]["total"] == would["ruling"]["assessed"]
    assert any(one["name"] == "total" for one in would["year"]["missing"])

    claim = person.submit(facts)
    assert claim["steps"] == [role for role, _ in offices]
    claim = officers[0].act(claim, "return", {"words": "请补充日程表"})
    assert (claim["status"], claim["step_due"]) == ("returned", None)
    claim = person.act(claim, "revision", {"study": facts, "details": {"title": "某次培训（补正）"},
                                           "evidence": [{"kind": "schedule", "sha256": SHA}]})
    for officer in officers[:-1]:
        claim = officer.act(claim, "endorsement")
    claim = officers[-1].act(claim, "approval", {"opened_evidence": [SHA]})
    assert (claim["status"], claim["year"]) == ("approved", 2026)
    assert claim["ruling"]["assessed"] == would["ruling"]["assessed"]

    year = person.year(2026)
    (entry,) = year["entries"]
    assert year["decided"]["total"] == year["evaluated"]["total"] == claim["ruling"]["assessed"]
    assert entry["title"] == "某次培训（补正）"
    assert entry["decided"]["event"] == claim["events"][0] == entry["events"][-1]
    assert entry["evaluated"]["why"], "every number leads to its clauses"


def test_what_a_trial_says_is_written_nowhere(town: Town) -> None:
    person, (officer,) = walk(town, "330203", "industry", PLACES["Ningbo industry"][2])
    claim = person.submit(study())
    size = town.house.ledger.store.size()

    for who, path, body in (
        (person, "/v1/claims", person.claim(study())),
        (person, f"/v1/claims/{claim['claim']}/withdrawal", None),
        (officer, f"/v1/claims/{claim['claim']}/approval", {}),
        (officer, f"/v1/claims/{claim['claim']}/return", {"words": "x"}),
        (town.nobody, "/v1/persons", {"name": "张三", "id_kind": "passport", "id_number": "E12345678"}),
        (person, f"/v1/persons/{person.id}/statements", {}),
    ):
        answer = who.post(path, body, dry_run="true")
        assert answer.status_code == 200 or answer.get_json()["code"] == "years_missing", answer.get_json()

    assert town.house.ledger.store.size() == size
    assert person.saw(f"/v1/claims/{claim['claim']}")["version"] == 1


def test_a_revoked_claim_frees_room_under_the_cap_and_comes_back_by_another_hand(town: Town) -> None:
    unit = town.unit("某厂", "330203", "industry")
    person = town.person()
    town.belongs(person, unit, "2020-01-01")
    first, second = (town.officer(unit, "unit", "330203", unit=unit["unit"]) for _ in range(2))
    abroad = [{"category": "professional", "route": "overseas", "days": "5", "date": day}
              for day in ("2026-03-01", "2026-05-01")]
    claims = [first.act(person.submit(facts), "approval") for facts in abroad]
    assert counted(person) == ["30", "6"], "36 a year (N 6)"

    basis = {"basis": "falsified", "words": "材料不实"}
    assert tried(first, claims[0], "revocation", basis) == ("revoked", "36", "30")
    revoked = first.act(claims[0], "revocation", basis)
    assert counted(person) == ["0", "30"]
    assert person.year(2026)["entries"][0]["status"] == "revoked"

    reason = {"basis": "appeal_upheld", "words": "申诉成立"}
    no = first.refused(revoked, "reinstatement", reason)
    assert (no["code"], no["status"]) == ("same_hand", 403)
    assert tried(second, revoked, "reinstatement", reason) == ("approved", "30", "36")
    second.act(revoked, "reinstatement", reason)
    assert counted(person) == ["30", "6"]


def tried(officer: Someone, claim: BODY, act: str, body: BODY) -> tuple[str, str, str]:
    """What a claim would be, and the total of its year before and after."""
    answer = officer.post(f"/v1/claims/{claim['claim']}/{act}", body, version=claim["version"], dry_run="true")
    would = answer.get_json()["would"]
    return would["status"], would["year"]["before"]["total"], would["year"]["after"]["total"]


def counted(person: Someone) -> list[str]:
    return [entry["decided"]["counted"] for entry in person.year(2026)["entries"]]


def test_what_is_frozen_counts_and_says_so_and_a_correction_rules_anew(town: Town) -> None:
    person, (officer,) = walk(town, "330203", "industry", PLACES["Ningbo industry"][2])
    claim = officer.act(person.submit(study(days="2", filed_on="2026-03-01", starts="2026-04-01")), "approval")
    assert claim["ruling"]["assessed"] == "8"

    held = officer.act(claim, "freeze", {"words": "核查中"})
    assert person.year(2026)["entries"][0]["status"] == "frozen"
    assert counted(person) == ["8"]
    no = officer.refused(held, "correction", {"study": study(days="3"), "details": {"title": "x"}})
    assert no["code"] == "claim_frozen"

    claim = officer.act(held, "release")
    claim = officer.act(claim, "correction", {"study": study(days="3"), "details": {"title": "实为三天"}})
    assert (claim["ruling"]["assessed"], claim["study"]["days"], claim["revision"]) == ("12", "3", 2)
    year = person.year(2026)
    assert (counted(person), year["entries"][0]["title"]) == (["12"], "实为三天")
    then = person.years(2026, as_of=str(held["events"][0]))["years"][0]["entries"][0]
    assert (then["decided"]["counted"], then["title"]) == ("8", "某次培训")


def test_a_correction_registers_nothing_that_its_office_could_not_have_approved(town: Town) -> None:
    person, (officer,) = walk(town, "330203", "industry", PLACES["Ningbo industry"][2])
    claim = officer.act(person.submit(study()), "approval")
    course = {"category": "general_public", "route": "course", "date": "2026-04-02", "hours": "90",
              "completed_by": "exam"}
    no = officer.refused(claim, "correction", {"study": course, "details": {"title": "x"}})
    assert (no["code"], no["status"], no["seen"]["article"] != "") == ("registered_automatically", 409, True)
    assert person.year(2026)["decided"]["general_public"] == "0"


@pytest.mark.parametrize("year", [1950, 2025, 2099])
def test_a_correction_moves_a_study_to_no_year_that_the_law_would_not_give_it(town: Town, year: int) -> None:
    person, (officer,) = walk(town, "330203", "industry", PLACES["Ningbo industry"][2])
    claim = officer.act(person.submit(study(date="2026-01-10")), "approval")
    body = {"study": study(date="2026-01-10"), "details": {"title": "x"}, "year": year, "year_because": "misdated"}
    assert officer.refused(claim, "correction", body)["errors"][0]["pointer"] == "/study/year"

    spanned = {**body, "study": study(date="2026-01-10", starts="2025-12-29", ends="2026-01-10"), "year": 2025}
    moved = officer.act(claim, "correction", spanned)
    assert (moved["year"], moved["study"]["year"]) == (2025, 2025)
    assert [one["entries"] != [] for one in person.years()["years"]][-1]
    assert person.years()["years"][-1]["year"] == 2025


def test_from_the_first_day_at_another_unit_the_law_of_that_place_rules(town: Town) -> None:
    person, (officer,) = walk(town, "330203", "industry", PLACES["Ningbo industry"][2])
    bureau, works = town.unit("某局", "330402", "environment"), town.unit("某站", "330402", "environment")
    before = officer.act(person.submit(study(date="2026-03-01")), "approval")
    town.belongs(person, works, "2026-04-01")
    endorses = town.officer(works, "unit", "330402", unit=works["unit"])
    decides = town.officer(bureau, "sector_authority", "330402", sector="environment")

    after = person.submit(study(date="2026-04-02"))
    assert after["steps"] == ["unit", "sector_authority"]
    after = decides.act(endorses.act(after, "endorsement"), "approval")
    assert (before["ruling"]["assessed"], before["ruling"]["rulebook"]) == ("8", "ningbo-industry/2019-01-01")
    assert (after["ruling"]["assessed"], after["ruling"]["rulebook"]) == ("12", "zhejiang-environment/2018-07-15")
    assert counted(person) == ["8", "12"]
    found = [(one["from"], one["to"]) for one in person.years()["affiliations"]]
    assert found == [("2020-01-01", "2026-03-31"), ("2026-04-01", None)]


def test_a_statement_is_handed_out_with_a_proof_that_holds_offline_until_one_byte_changes(
    town: Town, tmp_path: Path
) -> None:
    person, (officer,) = walk(town, "330203", "industry", PLACES["Ningbo industry"][2])
    officer.act(person.submit(study()), "approval")
    made = person.did(f"/v1/persons/{person.id}/statements", {"years": [2026]})
    assert (made["status"], made["years"]) == ("issued", [2026])

    file = person.get(f"/v1/statements/{made['statement']}/file")
    assert file.mimetype == "text/plain"
    text = person.saw(f"/v1/statements/{made['statement']}")["text"]
    assert file.get_data(as_text=True).startswith(f"{text}-- 证明 --\n")
    key, path = tmp_path / "key", tmp_path / "statement.txt"
    key.write_bytes(town.nobody.get("/log/key").data)
    path.write_bytes(file.data)
    assert verified(path, key)
    path.write_bytes(file.data.replace(b"2026", b"2025", 1))
    assert not verified(path, key)


def verified(path: Path, key: Path) -> bool:
    return CliRunner().invoke(cli, ["verify", str(path), "--key", str(key)]).output.startswith("✓")
