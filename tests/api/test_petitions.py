"""Applications for titles over HTTP: filed by the person alone, judged by the law, granted by a committee (N 9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.events.access import AccessRecorded
from tests.api.house_kit import BODY, Someone
from tests.api.petition_kit import TITLE, WHY, Bureau, act, bureau_in, no


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with bureau_in(tmp_path_factory.mktemp("bureau") / "data") as bureau:
        yield bureau


@pytest.fixture(scope="module")
def granted(bureau: Bureau) -> tuple[Someone, dict[int, str], BODY]:
    """Somebody with two years met, who handed in a statement, was assessed and granted the title."""
    li, claims = bureau.applicant(years=(2025, 2026))
    statement = li.did(f"/v1/persons/{li.id}/statements", {})["statement"]
    one = bureau.assessed(li, statement=statement)
    return li, claims, act(bureau.committee, one, "grant", {"obtained_on": "2026-11-20"})


def code(answer: object) -> str:
    return str(answer.get_json()["code"])  # type: ignore[attr-defined]


def test_what_is_granted_was_judged_by_the_law_and_is_a_title_from_then_on(
    bureau: Bureau, granted: tuple[Someone, dict[int, str], BODY]
) -> None:
    li, _, one = granted
    seen = li.saw(f"/v1/applications/{one['application']}")

    assert (seen["status"], seen["obtained_on"], seen["applied_on"]) == ("granted", "2026-11-20", "2026-11-20")
    decided = seen["decided"]
    assert (decided["eligible"], decided["years"], decided["consecutive"]) == (True, [2025, 2026], [2025, 2026])
    assert (decided["rulebook"], decided["article"], decided["years_needed"]) == (
        "ningbo-industry/2019-01-01", "第九条", 2)
    assert [title["level"] for title in li.saw(f"/v1/persons/{li.id}")["titles"]] == ["intermediate", "senior"]
    for what, body in (("withdrawal", None), ("assessment", {"minimum_years": 2})):
        whom = li if what == "withdrawal" else bureau.committee
        assert no(whom, one, what, body)["code"] == "application_not_open"


def test_the_packet_lists_what_goes_along_each_with_its_position_and_what_lacks(
    granted: tuple[Someone, dict[int, str], BODY]
) -> None:  # P 15
    li, claims, one = granted
    found = li.saw(f"/v1/applications/{one['application']}/packet")
    kinds = [item["kind"] for item in found["items"]]

    assert kinds == ["statement", "title", *["entry"] * 6, "assessment"]
    assert found["items"][0]["handed_in"] is True
    assert all(1 <= item["position"] <= found["as_of"] for item in found["items"])
    seminar = next(item for item in found["items"] if item["id"] == claims[2025])
    assert (seminar["year"], seminar["route"], len(seminar["evidence"])) == (2025, "advanced_seminar", 1)
    lacking = next(one for one in found["missing"] if one.get("claim") == claims[2025])
    assert (lacking["kind"], lacking["rulebook"], lacking["article"]) == ("card", "zhejiang/2016-08-01", "第十五条")
    assert len(found["missing"]) == 4, "a card of each seminar and each filed class"
    before = li.saw(f"/v1/applications/{one['application']}/packet", as_of=one["events"][0] - 2)
    assert "assessment" not in [item["kind"] for item in before["items"]]


def test_what_becomes_of_the_entries_afterwards_is_listed_and_whether_it_still_holds(bureau: Bureau) -> None:
    li, claims = bureau.applicant(years=(2025, 2026))
    one = bureau.assessed(li)
    path = f"/v1/persons/{li.id}/applications/effects"
    (before,) = li.saw(path)["items"]
    assert (before["changes"], before["holds"], before["now"]) == ([], True, None)

    bureau.revoked(claims[2025])
    (after,) = li.saw(path, claim=claims[2025])["items"]
    (change,) = after["changes"]
    assert (change["claim"], change["used"], change["status_then"], change["status_now"]) == (
        claims[2025], True, "approved", "revoked")
    assert (after["holds"], after["now"]["eligible"], after["now"]["years"]) == (False, False, [2026])
    assert li.saw(path, claim=claims[2026])["items"] == []
    assert bureau.away.get(path, purpose="title_review").get_json()["code"] == "person_absent"
    assert line_of(bureau.committee, one)["effect"] == {"changes": 1, "holds": False}
    again = act(bureau.committee, one, "assessment", {"minimum_years": 2})
    assert line_of(bureau.committee, one)["effect"] is None, "it rests on what is known now"
    assert (again["assessment"]["eligible"], li.saw(path)["items"][0]["changes"]) == (False, [])


def line_of(office: Someone, one: BODY) -> BODY:
    """An application in the list of an office."""
    found = office.saw("/v1/applications", purpose="title_review", limit=200)["items"]
    (line,) = [each for each in found if each["application"] == one["application"]]
    return dict(line)


def test_the_list_of_an_office_says_whose_each_is_by_a_masked_name(bureau: Bureau) -> None:
    li, _ = bureau.applicant()

    assert line_of(bureau.committee, bureau.file(li))["name"] == "李*"


def test_who_falls_short_is_postponed_to_the_year_that_the_law_gives_and_not_granted(bureau: Bureau) -> None:  # N 9
    li, _ = bureau.applicant(years=(2026,))
    tried = bureau.town.nobody.client.post(
        "/v1/applications?dry_run=true", headers=li.headers(), json={
            "person": li.id, "level": "senior", "title_obtained_on": TITLE["obtained_on"], "minimum_years": 2})
    assert (tried.status_code, tried.get_json()["would"]["goal"]["applied_on"]) == (200, "2026-11-20")
    one = bureau.assessed(li)

    refused = no(bureau.committee, one, "grant", {"obtained_on": "2026-11-20"})
    assert (refused["code"], refused["seen"]["article"]) == ("application_short", "第九条")
    later = act(bureau.people, one, "postponement", WHY)
    assert later["status"] == "postponed"
    assert li.saw(f"/v1/applications/{one['application']}")["earliest_year"] == 2027
    assert bureau.file(li)["status"] == "filed", "what is postponed is over, and may be asked for anew"


def test_the_person_applies_for_themselves_once_at_a_time_and_with_their_own_papers(bureau: Bureau) -> None:
    li, _ = bureau.applicant()
    wang, _ = bureau.applicant()
    body = {"person": li.id, "level": "senior", "title_obtained_on": TITLE["obtained_on"], "minimum_years": 2}

    assert code(bureau.clerk.post("/v1/applications", body)) == "person_needed"
    assert code(wang.post("/v1/applications", body)) == "not_your_own"
    strange = li.post("/v1/applications", {**body, "statement": f"stm_{'0' * 22}"})
    assert code(strange) == "statement_absent"
    assert code(li.post("/v1/applications", {**body, "title_obtained_on": "2020-01-01"})) == "title_not_recorded"
    one = li.did("/v1/applications", body)
    twice = li.post("/v1/applications", body).get_json()
    assert (twice["code"], twice["seen"]["application"]) == ("application_under_way", one["application"])
    assert no(wang, one, "withdrawal")["code"] == "application_absent"
    assert act(li, one, "withdrawal")["status"] == "withdrawn"


def test_whoever_assesses_holds_the_place_and_is_neither_the_employer_nor_the_person(bureau: Bureau) -> None:  # D07
    li, _ = bureau.applicant()
    one, body = bureau.file(li), {"minimum_years": 2}
    own = bureau.town.officer(bureau.town.unit("评委会办公室", "330200", "general"), "title_committee", "3302",
                              person=li.id)

    assert no(bureau.clerk, one, "assessment", body)["code"] == "role_not_held"
    assert no(bureau.away, one, "assessment", body)["code"] == "application_absent"
    assert no(own, one, "assessment", body)["code"] == "own_application"
    assert no(bureau.sector, one, "grant", {"obtained_on": "2026-11-20"})["code"] == "role_not_held"
    assert no(bureau.sector, one, "postponement", WHY)["code"] == "application_not_open"
    assert act(bureau.sector, one, "assessment", {"minimum_years": 3})["assessment"]["years_needed"] == 3


def test_a_title_is_entered_by_an_office_where_the_person_belongs_and_on_no_day_to_come(bureau: Bureau) -> None:
    li, _ = bureau.applicant()
    path, senior = f"/v1/persons/{li.id}/titles", {"level": "senior", "obtained_on": "2026-01-08"}

    assert code(bureau.people.post(path, TITLE)) == "title_exists"
    assert code(bureau.clerk.post(path, senior)) == "role_not_held"
    assert code(bureau.away.post(path, senior)) == "person_absent"
    assert code(li.post(path, senior)) == "official_needed"
    late = bureau.people.post(path, {**senior, "obtained_on": "2026-11-21"}).get_json()
    assert (late["status"], late["errors"][0]["code"]) == (422, "day_to_come")
    done = bureau.sector.post(path, senior)
    assert (done.status_code, done.headers["Location"]) == (201, f"/v1/persons/{li.id}")


def test_a_title_that_was_entered_in_error_is_struck_out_and_entered_anew(bureau: Bureau) -> None:
    li, _ = bureau.applicant()
    one, path = bureau.file(li)["application"], f"/v1/persons/{li.id}/title-voidings"

    would = bureau.people.post(path, TITLE, dry_run="true").get_json()["would"]
    assert (would["titles"], would["applications"]) == ([], [one]), "whose years are counted from it is told"
    assert code(bureau.clerk.post(path, TITLE)) == "role_not_held"
    assert code(bureau.away.post(path, TITLE)) == "person_absent"
    assert bureau.people.did(path, TITLE)["titles"] == []
    assert code(bureau.people.post(path, TITLE)) == "title_absent"

    right = {**TITLE, "obtained_on": "2019-12-30"}
    assert [each["obtained_on"] for each in
            bureau.people.did(f"/v1/persons/{li.id}/titles", right)["titles"]] == ["2019-12-30"]


def test_a_title_that_was_granted_here_is_never_struck_out(
    bureau: Bureau, granted: tuple[Someone, dict[int, str], BODY]
) -> None:
    """It is taken away for what was false, by another act and with its grounds."""
    li, _, one = granted
    title = {name: value for name, value in li.saw(f"/v1/persons/{li.id}")["titles"][-1].items() if value is not None}

    refused = bureau.people.post(f"/v1/persons/{li.id}/title-voidings", title).get_json()

    assert (refused["code"], refused["seen"]["application"]) == ("title_granted", one["application"])


def test_an_office_finds_what_was_filed_within_its_scopes_and_everyone_on_a_page_is_recorded(bureau: Bureau) -> None:
    li, _ = bureau.applicant()
    one = bureau.file(li)["application"]

    def listed(whom: Someone, **query: object) -> list[str]:
        found, names = whom.saw("/v1/applications", purpose="title_queue", limit=2, **query), []
        names += [each["application"] for each in found["items"]]
        while found["next_cursor"]:
            found = whom.saw("/v1/applications", purpose="title_queue", limit=2, cursor=found["next_cursor"], **query)
            names += [each["application"] for each in found["items"]]
        return names

    for whom in (bureau.committee, bureau.people, bureau.sector, bureau.clerk):
        names = listed(whom, status="filed")
        assert one in names and names == sorted(names)
        assert one not in listed(whom, status="granted")
    assert one in listed(bureau.committee)
    assert listed(bureau.away) == []
    beside = bureau.town.unit("邻厂", "330203", "industry")
    assert listed(bureau.town.officer(beside, "unit", "330203", unit=beside["unit"])) == []
    assert code(li.get("/v1/applications", purpose="title_queue")) == "not_for_reading"
    assert code(bureau.committee.get("/v1/applications")) == "purpose_missing"
    events = [one.envelope.event for one in bureau.town.house.register.access.read(limit=10_000)]
    assert li.id in {each.subject for each in events
                     if isinstance(each, AccessRecorded) and each.purpose == "title_queue"}


def test_a_first_title_is_applied_for_without_a_present_one_and_its_packet_names_none(bureau: Bureau) -> None:  # N 9
    li, _ = bureau.applicant(years=(2025, 2026), has_title=False)
    one = li.did("/v1/applications", {
        "person": li.id, "level": "assistant", "series": "engineering", "minimum_years": 1})
    assessed = act(bureau.committee, one, "assessment", {"minimum_years": 1})
    decided = li.saw(f"/v1/applications/{one['application']}")

    assert decided["title_obtained_on"] is None and decided["decided"]["eligible"] is None
    assert decided["decided"]["consecutive"] == [2025, 2026]
    assert "首次申报没有现职称" in decided["decided"]["reasons"][0]
    packet = li.saw(f"/v1/applications/{one['application']}/packet")
    assert [item["kind"] for item in packet["items"]] == [*["entry"] * 6, "assessment"]
    act(bureau.committee, assessed, "grant", {"obtained_on": "2026-11-20"})
    assert [title["level"] for title in li.saw(f"/v1/persons/{li.id}")["titles"]] == ["assistant"]


def test_what_a_first_application_rests_on_is_asked_again_when_an_entry_falls(bureau: Bureau) -> None:  # N 10
    li, claims = bureau.applicant(years=(2025, 2026), has_title=False)
    one = li.did("/v1/applications", {"person": li.id, "level": "assistant", "minimum_years": 1})
    act(bureau.committee, one, "assessment", {"minimum_years": 1})
    bureau.revoked(claims[2025])
    (found,) = li.saw(f"/v1/persons/{li.id}/applications/effects")["items"]

    assert found["holds"] is False
    assert (found["now"]["eligible"], found["now"]["consecutive"]) == (False, [])


def test_whoever_holds_a_title_names_it_and_is_no_first_applicant(bureau: Bureau) -> None:
    li, _ = bureau.applicant()
    refused = li.post("/v1/applications", {"person": li.id, "level": "senior", "minimum_years": 2})

    assert (refused.status_code, code(refused)) == (422, "title_held")
    assert TITLE["obtained_on"] in refused.get_data(as_text=True)
    asked = li.saw(f"/v1/persons/{li.id}/eligibility", applied_on="2026-11-20", minimum_years=1, first_title="true")
    assert asked["title"] is None and asked["eligible"] is False


def test_a_first_application_goes_no_further_once_an_older_title_is_entered(bureau: Bureau) -> None:  # N 9
    li, _ = bureau.applicant(years=(2025, 2026), has_title=False)
    one = li.did("/v1/applications", {"person": li.id, "level": "intermediate", "minimum_years": 1})
    assessed = act(bureau.committee, one, "assessment", {"minimum_years": 1})
    bureau.people.did(f"/v1/persons/{li.id}/titles", TITLE)

    assert no(bureau.committee, assessed, "assessment", {"minimum_years": 1})["code"] == "title_held"
    assert no(bureau.committee, assessed, "grant", {"obtained_on": "2026-11-20"})["code"] == "title_held"
    act(li, assessed, "withdrawal")
    named = li.did("/v1/applications", {
        "person": li.id, "level": "intermediate", "minimum_years": 1, "title_obtained_on": TITLE["obtained_on"]})
    assert named["goal"]["title_obtained_on"] == TITLE["obtained_on"]
