"""Claims by their claimant: every field that can be sent comes back, and a trial says what it would come to."""

from __future__ import annotations

import pytest

from api.cases.claiming.study import read_study, study_view
from api.routes.schemas.claims import StudyBody
from tests.api.house_kit import BODY, SHA, Someone, Town, study
from tests.api.test_http_people import seen as seen_by_all

PAPERS = [{"kind": "certificate", "sha256": SHA}]
EVERY_FIELD = {
    "category": "professional", "route": "training", "date": "2026-04-02", "level": "provincial", "days": "2.5",
    "starts": "2026-03-30", "ends": "2026-04-01", "year": 2026, "subjects": 1, "courses": 2, "characters": 30_000,
    "minutes": 90, "hours": "4.25", "confirmed_hours": "12", "document": "某文件", "rank": 2, "participants": 5,
    "joint_first": True, "organiser": "某协会", "organiser_level": "provincial", "approved_by": "provincial",
    "filing": "备案 1", "filed_on": "2026-02-01", "training_class": "某班", "completed_by": "exam",
    "platform": "某平台", "major": "某专业", "occasion": "o-1", "output": "p-1",
    "further": {"author_role": "corresponding"},
}


def test_every_field_of_a_study_comes_back_as_it_was_sent() -> None:
    assert EVERY_FIELD.keys() == StudyBody().fields.keys()
    assert study_view(read_study(StudyBody().load(EVERY_FIELD))) == EVERY_FIELD


def test_details_are_shown_to_the_claimant_and_stand_in_no_event(person: Someone) -> None:
    details = {"certificate_issuer": "某机构", "certificate_number": "2026-1", "location": "某地",
               "authors": ["甲", "乙"], "file_names": ["证书.pdf"], "words": "说明"}
    claim = person.submit(study(), title="某题目", **details)

    shown = person.saw(f"/v1/claims/{claim['claim']}")

    assert shown["details"] == {"title": "某题目", **details}
    assert shown["evidence"] == [{"kind": "certificate", "sha256": SHA}]
    events = person.saw(f"/v1/claims/{claim['claim']}/events")
    assert not any(word in str(events) for word in ("某题目", "某机构", "证书.pdf"))


def test_a_claim_is_shown_as_it_was_with_what_that_rests_on(person: Someone, officer: Someone, town: Town) -> None:
    claim = person.submit(study(), title="原来的题目")
    path, before = f"/v1/claims/{claim['claim']}", str(claim["events"][-1])
    sent = {"study": study(days="3"), "details": {"title": "改过的题目"}, "evidence": PAPERS}
    person.act(person.act(claim, "revision", sent), "withdrawal")

    now, then = person.saw(path), person.saw(path, as_of=before)

    assert (now["status"], now["details"]["title"], now["version"]) == ("withdrawn", "改过的题目", 3)
    assert (then["status"], then["details"]["title"], then["version"]) == ("under_review", "原来的题目", 1)
    assert {name: then[name] for name in ("as_of", "as_of_time", "log_size", "root")} == town.house.answers.reflects(
        int(before))
    basis = {"as_of", "as_of_time", "log_size", "root"}
    assert now.keys() | basis == then.keys() | {"remedy"}  # One appeals now, not then.
    assert person.get(path, as_of=before).headers["ETag"] == '"v1"'
    earlier = person.get(path, as_of=str(int(before) - 1))
    assert (earlier.status_code, earlier.get_json()["code"]) == (404, "claim_absent")
    assert officer.get(path, as_of=before).get_json()["code"] == "purpose_missing", "a look is a look, whenever at"


def test_a_certificate_is_used_once_by_a_person_and_again_after_a_withdrawal(person: Someone) -> None:
    number = {"certificate_issuer": "某机构", "certificate_number": "2026-77"}
    claim = person.submit(study(), **number)
    again = person.post("/v1/claims", person.claim(study(), **number))
    assert (again.status_code, again.get_json()["seen"]) == (409, {"kind": "certificate"})

    person.act(claim, "withdrawal")

    assert person.submit(study(), **number)["status"] == "under_review"


def test_a_claim_that_was_sent_twice_is_found_while_both_are_waiting(person: Someone) -> None:
    first = person.submit(study(starts="2026-04-01", ends="2026-04-02"))
    other = person.claim(study(date="2026-05-09", days="1", starts="2026-05-09", ends="2026-05-09"))
    other["evidence"] = [{"kind": "schedule", "sha256": "7" * 64}]

    def alike(body: BODY) -> list[tuple[str, str, str]]:
        would = person.post("/v1/claims", body, dry_run="true").get_json()["would"]
        return [(one["claim"], one["by"], one["status"]) for one in would["duplicates"]]

    again = person.claim(study(starts="2026-04-01", ends="2026-04-02"))
    assert alike(again) == [(first["claim"], "certificate", "under_review")]
    assert alike({**again, "evidence": other["evidence"]}) == [(first["claim"], "facts", "under_review")]
    assert alike(other) == []
    person.act(first, "withdrawal")
    assert alike(again) == [], "what was taken back is nothing to be the same as"


@pytest.mark.parametrize(("facts", "pointer"), [
    ({"starts": "2026-04-01", "ends": "2026-04-02", "days": "20"}, "/study/days"),
    ({"starts": "2026-04-01", "ends": "2026-04-02", "days": "2.5"}, "/study/days"),
    ({"route": "paper", "level": "core", "rank": 5, "participants": 3}, "/study/rank"),
])
def test_what_no_paper_can_show_is_told_before_it_is_a_claim(person: Someone, facts: BODY, pointer: str) -> None:
    answer = person.post("/v1/claims", person.claim(study(**facts)))

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]
    whole = person.post("/v1/claims", person.claim(study(starts="2026-04-01", ends="2026-04-02")), dry_run="true")
    assert whole.status_code == 200


def test_a_trial_names_what_says_the_same_already_and_what_it_would_count(person: Someone, officer: Someone) -> None:
    kept = officer.act(person.submit(study(days="5", occasion="o-9")), "approval")

    would = person.post("/v1/claims", person.claim(study(days="3", occasion="o-9")), dry_run="true").get_json()["would"]

    assert [(one["claim"], one["by"]) for one in would["duplicates"]] == [(kept["claim"], "occasion")]
    assert (would["year"]["status"], would["year"]["counted"]) == ("duplicate", "0")
    assert would["year"]["before"]["total"] == would["year"]["after"]["total"] == "20"
    missing = {one["name"]: (one["need"], one["have"]) for one in would["year"]["missing"]}
    assert missing["total"] == ("90", "20")


def test_an_office_that_tries_an_approval_or_a_correction_reads_why_and_what_it_does_to_the_year(
    town: Town, person: Someone, officer: Someone
) -> None:
    kept = officer.act(person.submit(study(days="5", occasion="o-9")), "approval")
    second, third = person.submit(study(days="3", occasion="o-9")), person.submit(study(days="2", date="2026-06-01"))

    def tried(claim: BODY, act: str, body: BODY | None = None) -> BODY:
        answer = officer.post(f"/v1/claims/{claim['claim']}/{act}", body, version=claim["version"], dry_run="true")
        return dict(answer.get_json()["would"])

    twice = tried(second, "approval")
    assert (kept["claim"], "occasion") in [(one["claim"], one["by"]) for one in twice["duplicates"]]
    assert (twice["status"], twice["year"]["counted"], twice["year"]["after"]["total"]) == ("approved", "0", "20")
    alone = tried(third, "approval")
    assert (alone["year"]["before"]["total"], alone["year"]["after"]["total"]) == ("20", "28")
    assert (alone["ruling"]["assessed"], alone["ruling"]["why"][0]["arithmetic"]) == ("8", "2 天 × 4 = 8")
    right = {"study": study(days="3", occasion="o-9"), "details": {"title": "某次培训"}, "evidence": kept["evidence"]}
    mended = tried(kept, "correction", right)
    assert (mended["year"]["before"]["total"], mended["year"]["after"]["total"]) == ("20", "12")
    seen = [one for one in seen_by_all(town) if one.subject == person.id and one.what == ("claim", "years")]
    assert [(one.reader, one.purpose) for one in seen] == [(officer.id, "review")] * 3


def test_a_trial_says_what_room_a_cap_leaves(person: Someone, officer: Someone) -> None:
    abroad = {"category": "professional", "route": "overseas", "date": "2026-03-01", "days": "5"}
    officer.act(person.submit(abroad), "approval")

    would = person.post("/v1/claims", person.claim(abroad | {"date": "2026-06-01"}), dry_run="true").get_json()["would"]

    assert (would["ruling"]["assessed"], would["year"]["counted"]) == ("30", "6")
    assert would["ruling"]["why"][0]["quote"]


def test_nothing_is_claimed_or_corrected_to_a_day_that_has_not_come(person: Someone, officer: Someone) -> None:
    claim = officer.act(person.submit(study()), "approval")
    ahead = study(date="2099-01-01")

    answers = [
        person.post("/v1/claims", person.claim(ahead)),
        officer.post(f"/v1/claims/{claim['claim']}/correction", version=claim["version"], body={
            "study": ahead, "details": {"title": "x"}, "year": 2099, "year_because": "misdated"}),
    ]

    assert [(one.status_code, one.get_json()["code"]) for one in answers] == [(422, "evidence_in_future")] * 2
    assert [one["year"] for one in person.years()["years"]][-1] == 2026


def test_a_chosen_year_lies_not_before_one_belonged_anywhere(person: Someone) -> None:
    """`xueshi evaluate` reads no such line, so what is registered must not hold one."""
    spanned = study(date="2020-01-10", starts="2019-12-29", ends="2020-01-10")

    answer = person.post("/v1/claims", person.claim({**spanned, "year": 2019}))

    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/study/year")
    assert person.submit({**spanned, "year": 2020})["study"]["year"] == 2020


def test_what_was_endorsed_is_changed_only_after_it_was_returned(town: Town) -> None:
    unit, bureau = town.unit("某站", "330402", "environment"), town.unit("某局", "330402", "environment")
    person = town.person()
    town.belongs(person, unit, "2020-01-01")
    first = town.officer(unit, "unit", "330402", unit=unit["unit"])
    second = town.officer(bureau, "sector_authority", "330402")
    claim = first.act(person.submit(study()), "endorsement")
    revision = {"study": study(days="3"), "details": {"title": "三天"}, "evidence": PAPERS}

    assert person.refused(claim, "revision", revision)["code"] == "already_endorsed"
    assert first.refused(claim, "approval", {})["code"] == "role_not_held"
    claim = second.act(claim, "return", {"words": "天数不符"})
    claim = person.act(claim, "revision", revision)
    assert (claim["step_due"], claim["steps_taken"]) == ("unit", 0)


def test_one_hand_takes_one_step_whichever_account_it_uses(town: Town) -> None:
    unit, bureau = town.unit("某站", "330402", "environment"), town.unit("某局", "330402", "environment")
    person, clerk = town.person(), town.person()
    town.belongs(person, unit, "2020-01-01")
    first = town.officer(unit, "unit", "330402", unit=unit["unit"], person=clerk.id)
    second = town.officer(bureau, "sector_authority", "330402", person=clerk.id)

    claim = first.act(person.submit(study()), "endorsement")

    assert second.refused(claim, "approval", {})["code"] == "same_hand"


def test_a_pending_claim_stays_with_the_office_it_was_submitted_to(
    town: Town, person: Someone, officer: Someone
) -> None:
    claim = person.submit(study(date="2026-03-01"))
    town.belongs(person, town.unit("别处", "330402", "environment"), "2026-04-01")

    claim = person.act(claim, "revision", {
        "study": study(date="2026-03-02"), "details": {"title": "改期"}, "evidence": PAPERS})
    assert claim["steps"] == ["unit"]
    assert officer.act(claim, "approval")["ruling"]["rulebook"] == "ningbo-industry/2019-01-01"
