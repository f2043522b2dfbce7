"""The same hours stand or count once, whatever is decided about them in whichever order (W 10, E 10, AMB-30)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.course_kit import PEOPLE, School, school_in
from tests.api.house_kit import BODY, Someone, in_the_instant, study
from tests.api.test_course_hours import Place, register

WRONG: BODY = {"basis": "other", "words": "成绩更正为不合格"}
WHY: BODY = {"words": "成绩原本无误"}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with school_in(tmp_path_factory.mktemp("twice") / "data") as school:
        yield school


class Twice:
    """Somebody whose hours were revoked with a wrong mark, who sat again and has them by another exam."""

    def __init__(self, school: School) -> None:
        self.school, course = school, school.course(minutes=1)
        self.li = school.learner()
        self.enrolment = school.studied(self.li, school.enrolled(self.li, course), 1)
        seat, self.year = self.sat("71.5", course["year"]), course["year"]
        first = seat["claim"]
        self.marked(seat["booking"], "40")
        self.revoked = school.second.act(self.claim(first), "revocation", WRONG)
        self.seat = self.sat("80", self.year)
        self.later = self.seat["claim"]

    def exam(self, year: int) -> BODY:
        return self.school.exam(year=year, day=self.school.day(2), book_until=self.school.day(1))

    def sat(self, score: str, year: int) -> BODY:
        """Book a session, come, and be marked."""
        seat = self.school.booked(self.li, self.enrolment, self.exam(year))
        self.school.pass_days(2)
        at = f"/v1/bookings/{seat['booking']}"
        self.school.office.did(f"{at}/attendance", {"present": True}, version=1)
        return self.school.office.did(f"{at}/result", {"score": score}, version=2)

    def marked(self, booking: str, score: str) -> None:
        at = f"/v1/bookings/{booking}"
        self.school.second.did(f"{at}/result-correction", {"score": score, "words": "张冠李戴"},
                               version=self.li.saw(at)["version"])

    def claim(self, name: str) -> BODY:
        return self.li.saw(f"/v1/claims/{name}")

    def hours(self) -> list[str]:
        """What counts, year by year: an exam at the end of December may be told in January."""
        found = [one["decided"]["general_public"] for one in self.li.years()["years"]]
        return [each for each in found if each != "0"]


def test_what_was_revoked_does_not_come_back_beside_hours_that_were_earned_anew(school: School) -> None:
    twice = Twice(school)
    above = school.town.officer(school.town.unit("省人力社保厅", "330000", "general"), PEOPLE, "33")
    appealed = twice.li.act(twice.revoked, "appeal", WHY)
    size = school.town.house.ledger.store.size()

    for no in (above.refused(appealed, "appeal-allowance", WHY), school.office.refused(
            appealed, "reinstatement", {"basis": "other", "words": "有误"})):
        assert (no["code"], no["seen"]["claim"]) == ("course_registered_twice", twice.later)
        assert f"请先撤销 {twice.later}" in no["detail"]
    assert (school.town.house.ledger.store.size(), twice.hours()) == (size, ["18"])
    assert above.act(appealed, "appeal-dismissal", {"words": "学时已另行登记"})["appeal"]["status"] == "dismissed"


def test_what_comes_back_instead_of_the_later_hours_keeps_others_from_being_earned(school: School) -> None:
    twice = Twice(school)
    above = school.town.officer(school.town.unit("省人力社保厅二处", "330000", "general"), PEOPLE, "33")
    appealed = twice.li.act(twice.revoked, "appeal", WHY)
    school.second.act(twice.claim(twice.later), "revocation", {"basis": "other", "words": "以原登记为准"})
    assert twice.hours() == []

    allowed = above.act(appealed, "appeal-allowance", WHY)
    assert (allowed["status"], twice.hours()) == ("approved", ["18"])
    later = school.office.refused(twice.claim(twice.later), "reinstatement", {"basis": "other", "words": "有误"})
    assert (later["code"], later["seen"]["claim"]) == ("course_registered_twice", twice.revoked["claim"])
    twice.marked(twice.seat["booking"], "30")
    third, mine = twice.exam(twice.year), twice.enrolment["enrolment"]
    no = twice.li.post("/v1/bookings", {"exam": third["exam"], "enrolment": mine}).get_json()
    assert (no["code"], no["seen"]["claim"]) == ("hours_registered", twice.revoked["claim"]), "these stand"


def test_a_case_puts_no_course_back_beside_another_and_of_two_of_one_list_the_first(school: School) -> None:
    twice, why = Twice(school), {"words": "申诉成立"}
    watch = school.town.officer(school.town.unit("监督处", "330300", "general"), "supervisor", "3303")
    case = watch.did("/v1/cases", {"kind": "falsification", "region": "330302", **why,
                                   "claims": [twice.revoked["claim"], twice.later]})["case"]
    at = f"/v1/cases/{case}"

    def shown() -> list[str | None]:
        asked = {"act": "reinstate", "basis": "other", **why}
        answer = watch.post(f"{at}/bulk", asked, version=watch.saw(at, purpose="investigation")["version"],
                            dry_run="true")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [one["refused"] for one in answer.get_json()["would"]["entries"]]

    watch.did(f"{at}/finding", {"finding": "substantiated", **why},
              version=watch.saw(at, purpose="investigation")["version"])
    assert shown() == ["course_registered_twice", "not_revoked"]
    school.second.act(twice.claim(twice.later), "revocation", {"basis": "other", "words": "以原登记为准"})
    assert shown() == [None, "course_registered_twice"]

    back = {"act": "reinstate", "basis": "other", **why}
    version = watch.saw(at, purpose="investigation")["version"]
    digest = watch.post(f"{at}/bulk", back, version=version, dry_run="true").get_json()["would"]["list_sha256"]
    with in_the_instant(school.town, lambda: school.office.act(
            twice.claim(twice.later), "reinstatement", {"basis": "other", "words": "有误"})):
        no = watch.post(f"{at}/bulk", {**back, "list_sha256": digest}, version=version).get_json()
    assert (no["code"], no["seen"]["claim"]) == ("course_registered_twice", twice.later)
    (act,) = (one["act"] for one in watch.saw(f"{at}/bulk", purpose="investigation")["items"])
    watch.did(f"{at}/bulk/{act}/abandonment", why, version=watch.saw(at, purpose="investigation")["version"])
    assert twice.claim(twice.revoked["claim"])["status"] == "revoked"


def test_of_two_claims_of_one_course_that_are_put_back_in_one_instant_one_stands(school: School) -> None:
    twice, back = Twice(school), {"basis": "other", "words": "有误"}
    school.second.act(twice.claim(twice.later), "revocation", {"basis": "other", "words": "以原登记为准"})
    with in_the_instant(school.town, lambda: school.office.act(twice.claim(twice.later), "reinstatement", back)):
        no = school.office.refused(twice.claim(twice.revoked["claim"]), "reinstatement", back)

    assert (no["code"], no["seen"]["claim"]) == ("course_registered_twice", twice.later)
    assert twice.hours() == ["18"]


def test_a_correction_makes_no_claim_another_course_that_stands_and_keeps_the_course_that_it_is(
    school: School,
) -> None:
    place, year = Place(school, "330402", "environment"), school.town.house.today.year
    li = school.learner(works=place.works)
    courses = [place.people.did("/v1/courses", school.course_body(region="330400", minutes=1)) for _ in range(2)]
    first, second = (
        register(place.people, school.studied(li, school.enrolled(li, one), 1)).get_json() for one in courses)

    def correct(occasion: str | None) -> BODY:
        facts = {name: first["study"][name] for name in ("category", "route", "hours", "completed_by")}
        given = facts | {"date": first["study"]["date"]} | ({} if occasion is None else {"occasion": occasion})
        return {"study": given, "details": {"title": "更正"}, "words": "名称有误"}

    no = place.people.refused(first, "correction", correct(f"{courses[1]['code']}/{year}"))
    assert (no["code"], no["seen"]["claim"]) == ("course_registered_twice", second["claim"])
    kept = place.people.act(first, "correction", correct(None))
    assert kept["study"]["occasion"] == f"{courses[0]['code']}/{year}"


def factory(school: School) -> tuple[Someone, Someone, Someone]:
    """Somebody at a works of Ningbo's industry, where the unit registers, and two of its hands."""
    works = school.town.unit("某厂", "330203", "industry")
    one, other = (school.town.officer(works, "unit", "330203", unit=works["unit"]) for _ in range(2))
    return school.learner(works=works), one, other


def counted(who: Someone, year: int) -> list[tuple[str, str, str]]:
    return [(one["status"], one["decided"]["counted"], one["evaluated"]["status"])
            for one in who.year(year)["entries"]]


def test_of_one_occasion_the_law_counts_one_claim_whatever_comes_back_or_is_released(school: School) -> None:
    """E 10: reinstated or released, both stand to be seen, and one says of itself that it counts for nothing."""
    (li, one, other), facts = factory(school), study(date=school.day(-40), occasion="same")
    year = int(facts["date"][:4])
    first, _ = (one.act(li.submit(facts), "approval") for _ in range(2))
    once = [("approved", "8", "ruled"), ("approved", "0", "duplicate")]
    assert counted(li, year) == once

    first = one.act(first, "revocation", WRONG)
    assert [each[1] for each in counted(li, year)] == ["0", "8"]
    first = other.act(first, "reinstatement", {"basis": "other", "words": "有误"})
    assert counted(li, year) == once
    first = one.act(first, "freeze", {"words": "核查"})
    assert [each[1] for each in counted(li, year)] == ["8", "0"]
    one.act(first, "release")
    assert counted(li, year) == once


def test_a_refused_claim_is_not_looked_at_anew_while_another_has_its_certificate(school: School) -> None:
    li, one, _ = factory(school)
    bureau = school.town.officer(school.town.unit("海曙某局", "330203", "industry"), "sector_authority", "330203")
    shown = {"certificate_issuer": "某机构", "certificate_number": "77"}
    refused = one.act(li.submit(study(date=school.day(-40)), **shown), "refusal", {"words": "看不清"})
    later = one.act(li.submit(study(date=school.day(-39)), **shown), "approval")
    appealed = li.act(refused, "appeal", WHY)

    no = bureau.refused(appealed, "appeal-allowance", WHY)
    assert (no["code"], no["seen"]["kind"]) == ("name_taken", "certificate")
    assert "以这一条为准的，请先撤回、驳回或更正后来那条" in no["detail"]
    one.act(later, "correction", {"study": study(date=school.day(-39)), "details": {"title": "另一证书"}})
    assert bureau.act(appealed, "appeal-allowance", WHY)["status"] == "under_review"
