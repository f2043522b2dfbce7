"""A province that brings in what its cities registered: proved before it is accepted, once, followed ever after."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from province_kit import Office, Three, entries

from api.cases.importing.import_rows import rows_at_once
from ledger.acts.imports import Decided, Followed
from ledger.events.base import By, Draft, Words
from ledger.events.claim import ClaimCorrected, ClaimWithdrawn
from ledger.events.person import PersonRestricted
from ledger.events.study import Ruling, StudyDetails
from ledger.stores.append import EVENTS_MAX
from ledger.streams.claim import evolve
from ledger.vocabulary import ClaimId, PersonId, RulebookId, StreamId
from projections.files.reader import Reader
from projections.findings.findings_file import FindingsFile
from projections.findings.patterns import patterns
from projections.findings.upkeep import Upkeep
from tests.api.house_kit import BODY, resident_id


def test_what_a_city_registered_counts_in_the_province_as_it_was_decided_there(there: Three) -> None:
    """P 14, AMB-05: whoever decided it, by which rulebook, and where that stands in the city's own log, is kept."""
    li = there.living()
    claim = there.city.counted(li.in_city, "省级研修", days="2", occasion="o-1")
    done = there.brought(there.city)

    assert (done["status"], done["outcome"]["accepted"], done["set_aside"]) == ("closed", 1, [])
    entry, = entries(li.in_province)
    assert entry["decided"]["counted"] == entries(li.in_city)[0]["decided"]["counted"] == "8"
    assert entry["source"]["system"] == "log:ningbo.example/log"
    brought = li.in_province.saw(f"/v1/claims/{entry['claim']}")
    assert brought["details"]["title"] == "省级研修" and brought["study"] == claim["study"]
    assert brought["ruling"]["rulebook"] == claim["ruling"]["rulebook"]
    events = there.province.town.house.ledger.store.stream(entry["claim"])
    assert f'"actor":"{there.city.clerk.id}"'.encode() in events[0][1] and claim["claim"].encode() in events[0][1]


def test_the_same_file_gets_the_same_receipt_and_the_same_entry_comes_in_once(there: Three) -> None:
    li = there.living()
    there.city.counted(li.in_city)
    since = there.province.accepted(there.city.origin)
    file = there.city.file(since)
    done, size = there.province.took(file), there.province.size()

    assert there.province.took(file) == done and there.province.size() == size
    there.city.counted(li.in_city, date="2026-05-02")
    second = there.brought(there.city)
    assert second["outcome"]["accepted"] == 1 and len(entries(li.in_province)) == 2


def test_corrections_holds_revocations_and_reinstatements_follow_whichever_came_in_between(there: Three) -> None:
    li = there.living()
    claim = there.city.counted(li.in_city, days="2")
    there.brought(there.city)
    clerk = there.city.clerk

    corrected = clerk.act(claim, "correction", {
        "study": {**claim["study"], "days": "3"}, "details": {"title": "三天"}, "year": 2026})
    there.brought(there.city)
    entry, = entries(li.in_province)
    assert entry["decided"]["counted"] == entries(li.in_city)[0]["decided"]["counted"] == "12"

    frozen = clerk.act(corrected, "freeze", {"words": "核查"})
    there.brought(there.city)
    assert entries(li.in_province)[0]["status"] == "frozen"
    revoked = clerk.act(frozen, "revocation", {"basis": "falsified", "words": "查实"})
    there.city.counted(there.living().in_city)
    there.brought(there.city)
    assert [one["status"] for one in entries(li.in_province)] == ["revoked"]
    assert there.brought(there.city)["outcome"] == {
        "accepted": 0, "rejected": 0, "duplicates": 0,
        "result_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "act": None}

    colleague = there.city.town.officer(there.city.works, "unit", "330203", unit=there.city.works["unit"])
    back = colleague.act(revoked, "reinstatement", {"basis": "in_error", "words": "复核无误"})
    clerk.act(back, "freeze", {"words": "再核查"})
    there.brought(there.city)
    entry, = entries(li.in_province)
    assert entry["status"] == "frozen"
    assert contradictions(there.province) == []


def contradictions(office: Office) -> list[tuple[Any, ...]]:
    """What a pattern finds in which the ledger contradicts itself; rows that followed are no rows that were lost."""
    house = office.town.house
    folder = house.register.folder.projections
    assert house.settled() is None
    upkeep = Upkeep(house.ledger, folder, lambda *_: None)
    try:
        upkeep.run([patterns()["D15"]], whole=True)
    finally:
        upkeep.stop()
    return Reader(FindingsFile(), folder).rows(
        "SELECT figures FROM finding WHERE pattern = 'D15' AND to_position IS NULL", ())


def test_a_chunk_holds_as_many_rows_as_fit_one_append_whatever_became_of_them() -> None:
    """Their count is one event more; an import of plain entries is written by the thousand."""
    claim, person = ClaimId("clm_1"), PersonId("per_1")

    def one(events: int) -> Decided:
        some = Draft(ClaimWithdrawn(claim=claim, person=person))
        return Decided(Followed(claim, person, ()), (some,) * events, 1, ())

    assert rows_at_once([one(2), one(1), None]) == rows_at_once([one(1)] * 2 + [one(2)]) == 999
    assert rows_at_once([one(2), one(5)]) * 5 + 1 <= EVENTS_MAX < (rows_at_once([one(2), one(5)]) + 1) * 5 + 1
    assert rows_at_once([]) == 999


def test_what_was_revoked_before_it_was_handed_over_is_never_registered_here(there: Three) -> None:
    li = there.living()
    claim = there.city.counted(li.in_city)
    there.city.clerk.act(claim, "revocation", {"basis": "falsified", "words": "查实"})
    done = there.brought(there.city)

    assert [one["code"] for one in done["set_aside"]] == ["revoked_there"] and entries(li.in_province) == []


def test_a_trial_tells_what_was_proved_and_what_would_become_of_each_row_and_writes_nothing(there: Three) -> None:
    li, number = there.living(), resident_id(901)
    unknown = there.city.person(number, "王芳")
    there.city.counted(li.in_city)
    there.city.counted(unknown)
    file, size = there.city.file(there.province.accepted(there.city.origin)), there.province.size()
    would = there.province.tried(file)

    assert (would["rows"], would["accepted"]) == (2, 1) and would["set_aside"][0]["code"] == "person_unknown"
    assert would["origin"] == there.city.origin and "合并" not in would["checked"][0]
    assert there.province.size() == size
    done = there.province.took(file)
    assert done["outcome"]["rejected"] == 1 and "rows_waiting" in there.province.troubles(there.city.origin)

    there.province.person(number, "王芳")
    claim = entries(unknown)[0]["claim"]
    again = there.province.took(there.city.file(there.province.accepted(there.city.origin), also=claim))
    assert again["outcome"]["accepted"] == 1
    assert "rows_waiting" not in there.province.troubles(there.city.origin)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_one_changed_byte_keeps_everything_out(there: Three, place: str) -> None:
    li = there.living()
    there.city.counted(li.in_city)
    file = bytearray(there.city.file(there.province.accepted(there.city.origin)))
    at = {"first": 30, "middle": len(file) // 2, "last": len(file) - 40}[place]
    file[at] ^= 1
    answer, size = there.province.takes(bytes(file)), there.province.size()

    assert answer.status_code == 422 and answer.get_json()["errors"][0]["pointer"] == "/file"
    assert there.province.size() == size and entries(li.in_province) == []


def test_nobody_but_those_who_bring_in_may_and_nothing_is_believed_of_a_ledger_that_is_not_listed(apart: Three) -> None:
    li = apart.living()
    apart.city.counted(li.in_city)
    file = apart.city.file()
    apart.province.believes(apart.other)
    assert apart.province.takes(file).get_json()["errors"][0]["code"] == "note_unverified"
    apart.province.policy.unlink()
    assert apart.province.takes(file).get_json()["code"] == "ledgers_untrusted"
    apart.province.policy.write_text("log nonsense\n", "utf-8")
    assert apart.province.takes(file).get_json()["code"] == "ledgers_policy_unfit"
    apart.province.believes(apart.city)

    assert apart.province.clerk.post("/v1/hand-overs", {"file": "e30K", "region": "330200"}).status_code == 403
    assert apart.city.clerk.get("/v1/hand-over", since=0).get_json()["code"] == "role_not_held"
    assert li.in_city.get("/v1/hand-over", since=0).status_code == 403


def test_an_act_of_many_rows_comes_in_once_it_is_closed(there: Three) -> None:
    """What a city itself brought in from its platform is written in a larger act: in force only with its end."""
    li = there.living()
    file = json.dumps({"record": "p-1", "version": 1, "id_number": li.number, "name": li.name,
                       "study": {"category": "general_public", "route": "course", "date": "2026-05-04", "hours": "4",
                                 "completed_by": "exam"}, "details": {"title": "网络课程"}}, ensure_ascii=False)
    there.city.people.sends("platform")
    there.city.people.did("/v1/imports", {
        "system": "platform", "file": base64.b64encode(file.encode()).decode(), "region": "330200",
        "starts": "2026-01-01", "ends": "2026-12-31"})
    there.brought(there.city)

    assert [one["decided"]["counted"] for one in entries(li.in_province)] == ["4"]


def test_what_was_put_right_in_the_province_goes_first_until_the_city_has_seen_it(there: Three) -> None:
    li = there.living()
    claim = there.city.counted(li.in_city)
    there.brought(there.city)
    entry, = entries(li.in_province)
    here = li.in_province.saw(f"/v1/claims/{entry['claim']}")
    there.province.people.act(here, "correction", {
        "study": {**claim["study"], "days": "1"}, "details": {"title": "一天"}, "year": 2026})
    there.city.clerk.act(claim, "correction", {
        "study": {**claim["study"], "days": "3"}, "details": {"title": "三天"}, "year": 2026})
    file = there.city.file(there.province.accepted(there.city.origin))

    assert [one["code"] for one in there.province.tried(file)["set_aside"]] == ["changed_here"]
    changes = there.province.people.saw("/v1/imports/changes", system=f"log:{there.city.origin}")
    assert [(one["record"], one["what"]) for one in changes["items"]] == [(claim["claim"], "corrected")]
    answer = there.province.takes(file, seen=changes["position"])
    assert answer.get_json()["outcome"]["accepted"] == 1
    assert entries(li.in_province)[0]["decided"]["counted"] == "12"


def decided_otherwise(there: Three, claim: BODY, rulebook: str, digest: str) -> int:
    """Nine hours by some rulebook, as the city's ledger may have them; gives the version of the claim."""
    ruling = Ruling(assessed_centi=900, status="ruled", rulebook=RulebookId(rulebook), digest=digest,
                    clauses=("第六条（一）",))
    ledger, name = there.city.town.house.ledger, ClaimId(claim["claim"])
    known = ledger.load(name, evolve)
    assert known.state is not None
    ledger.record([Draft(ClaimCorrected(claim=name, person=known.state.person, study=known.state.study, ruling=ruling),
                         StudyDetails(title="按新细则"))],
                  by=By(actor="acr_somebody", role="unit"), versions={StreamId(name): known.version})
    return known.version + 1


def test_what_our_law_values_otherwise_counts_as_decided_there_and_is_told_among_the_differences(there: Three) -> None:
    li = there.living()
    claim = there.city.counted(li.in_city)
    decided_otherwise(there, claim, claim["ruling"]["rulebook"], claim["ruling"]["digest"])
    there.brought(there.city)
    entry, = entries(li.in_province)
    assert (entry["decided"]["counted"], entry["evaluated"]["counted"]) == ("9", "8")
    house = there.province.town.house
    assert house.differing.wait_for(house.ledger.store.size(), 60)
    found = there.province.people.saw("/v1/differences", purpose="annual_review",
                                      person=li.in_province.id)["items"]
    assert [one["claim"] for one in found] == [entry["claim"]]


def test_what_was_decided_by_a_rulebook_that_is_not_here_waits_for_it(there: Three) -> None:
    """Nobody could be told why it counts; so it is not taken over until that version is enacted here."""
    li = there.living()
    claim = there.city.counted(li.in_city)
    version = decided_otherwise(there, claim, "ningbo-industry/2030-01-01", "cd" * 32)
    done = there.brought(there.city)

    assert ("rulebook_not_here", claim["claim"]) in [(one["code"], one["record"]) for one in done["set_aside"]]
    assert entries(li.in_province) == [] and "rows_waiting" in there.province.troubles(there.city.origin)
    undone = there.city.clerk.post(f"/v1/claims/{claim['claim']}/revocation",
                                   {"basis": "in_error", "words": "撤回"}, version=version)
    assert undone.status_code == 201
    there.brought(there.city)
    assert "rows_waiting" not in there.province.troubles(there.city.origin)


def test_a_month_in_which_a_city_decided_nothing_can_be_tried_as_it_can_be_brought_in(there: Three) -> None:
    there.brought(there.city)
    file = there.city.file(there.province.accepted(there.city.origin))

    assert there.province.tried(file)["rows"] == 0
    assert there.province.took(file)["status"] == "closed"


def test_a_rulebook_that_was_enacted_here_and_lost_is_no_reason_to_set_a_citys_record_aside(
    there: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    li = there.living()
    claim = there.city.counted(li.in_city)
    archive = there.province.town.house.library.archive
    lost = archive.folder / f"{claim['ruling']['digest']}.toml"
    kept, file = lost.read_bytes(), there.city.file(there.province.accepted(there.city.origin))
    lost.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(archive, "_books", {})  # As after a start.
        answer = there.province.takes(file)
    lost.write_bytes(kept)

    assert (answer.status_code, answer.json["code"]) == (500, "rulebook_missing")
    there.brought(there.city)
    assert [entry["claim"] for entry in entries(li.in_province)], "nothing of it was decided meanwhile"


def test_what_the_province_undid_by_itself_no_version_of_the_city_brings_back(there: Three) -> None:
    li = there.living()
    claim = there.city.counted(li.in_city)
    there.brought(there.city)
    here = li.in_province.saw(f"/v1/claims/{entries(li.in_province)[0]['claim']}")
    undone = there.province.people.act(here, "revocation", {"basis": "in_error", "words": "重复"})
    there.city.clerk.act(claim, "correction", {
        "study": {**claim["study"], "days": "3"}, "details": {"title": "三天"}, "year": 2026})
    since = there.province.accepted(there.city.origin)
    answer = there.province.takes(there.city.file(since), seen=there.province.size())
    assert answer.get_json()["set_aside"][-1]["code"] == "decided_here"
    assert entries(li.in_province)[0]["status"] == "revoked"

    second = there.province.town.officer(there.province.works, "human_resources", "33")
    second.act(undone, "reinstatement", {"basis": "in_error", "words": "并非重复"})
    again = there.city.file(there.province.accepted(there.city.origin), also=claim["claim"])
    assert there.province.took(again)["outcome"]["accepted"] == 1, "once ours is taken back, theirs is followed again"
    assert entries(li.in_province)[0]["decided"]["counted"] == "12"


def test_of_whom_all_processing_stopped_nothing_is_handed_over(there: Three) -> None:
    """PIPL 47: what may only be stored is not sent."""
    li, wang = there.living(), there.living("王芳")
    for one in (li, wang):
        there.city.counted(one.in_city)
    ledger, name = there.city.town.house.ledger, PersonId(li.in_city.id)
    ledger.record([Draft(PersonRestricted(person=name, basis="asked"), Words(words="本人要求"))],
                  by=By(actor="acr_somebody", role="human_resources"),
                  versions={StreamId(name): ledger.store.version(name)})
    answer = there.city.people.get("/v1/hand-over", since=there.province.accepted(there.city.origin))
    left_out = answer.headers["Xueshi-Left-Out"].split(",")
    there.province.took(answer.get_data())

    assert left_out == [entries(li.in_city)[0]["claim"]]
    assert (entries(li.in_province), len(entries(wang.in_province))) == ([], 1)
    no = li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_json()
    assert no["code"] == "nothing_to_carry"
