"""A course that a source puts back stands once here: beside another claim of it the row is set aside (W 10, P 14)."""

from __future__ import annotations

import base64
from typing import Any

from province_kit import Office, Three, entries

from ledger.errors import Refusal
from ledger.events.base import By
from ledger.events.study import Ruling, Study, StudyDetails
from ledger.streams import claim_review as review
from ledger.streams import person as persons
from ledger.vocabulary import Category, ClaimId, PersonId
from tests.api.house_kit import BODY, Someone, in_the_instant

COURSE = "crs_" + "1" * 22
WHY: BODY = {"basis": "other", "words": "有误"}


def studied(office: Office, li: Someone) -> str:
    """Eighteen hours of one course, as a system registers them: no door takes those from a person there (N 8)."""
    house = office.town.house
    person = house.ledger.load(PersonId(li.id), persons.evolve).state
    study = Study(category=Category.GENERAL_PUBLIC, route="course", evidence_on=house.today, hours_centi=1_800,
                  completed_by="exam", occasion=COURSE)
    command = review.RegisterClaim(
        submission=review.SubmitClaim(
            claim=ClaimId(house.new_id("claim")), person=PersonId(li.id), study=study, on=house.today,
            details=StudyDetails(title="公需科目"), evidence=(), steps=("system",), origin="auto"),
        ruling=Ruling(assessed_centi=1_800, status="manual", clauses=("某文件",)), year=house.today.year)
    drafts = review.decide_registration(None, command, person)
    assert not isinstance(drafts, Refusal), drafts
    house.ledger.record(drafts, by=By(actor="system", role="system"),
                        versions={draft.event.stream: 0 for draft in drafts})
    return str(command.submission.claim)


class Returned:
    """Hours that the city revoked, and the province followed; by now the person has the course as another claim."""

    def __init__(self, there: Three) -> None:
        self.there, self.li = there, there.living()
        self.first = studied(there.city, self.li.in_city)
        there.brought(there.city)
        self.here = entries(self.li.in_province)[-1]["claim"]
        self.watch, self.second, self.above = (
            one.town.officer(one.works, "supervisor", "33") for one in (there.city, there.city, there.province))
        self.act(self.watch, self.first, "revocation")
        there.brought(there.city)
        assert self.status(self.here) == "revoked"

    def act(self, whom: Someone, claim: str, what: str) -> None:
        whom.act(whom.saw(f"/v1/claims/{claim}", purpose="review"), what, WHY)

    def status(self, claim: str) -> str:
        found: str = self.li.in_province.saw(f"/v1/claims/{claim}")["status"]
        return found

    def another(self) -> str:
        return studied(self.there.province, self.li.in_province)


def test_what_a_source_puts_back_beside_another_claim_of_the_course_is_set_aside_and_named(there: Three) -> None:
    case = Returned(there)
    other = case.another()
    case.act(case.second, case.first, "reinstatement")
    file = there.city.file(there.province.accepted(there.city.origin))

    (would,) = there.province.tried(file)["set_aside"]
    assert (would["code"], would["claim"]) == ("course_registered_twice", other) and other in would["detail"]
    done = there.province.took(file)
    (aside,) = done["set_aside"]
    assert (aside["record"], aside["code"], aside["claim"]) == (case.first, "course_registered_twice", other)
    assert (done["outcome"]["rejected"], case.status(case.here), case.status(other)) == (1, "revoked", "approved")

    compared = difference(there, done["batch"], case)
    assert compared["what"][-1] == "course_registered_twice" and compared["beside"] == other

    system, since = f"log:{there.city.origin}", there.province.size()
    case.act(case.above, other, "revocation")
    told, = there.province.people.saw("/v1/imports/changes", system=system, after=since)["items"]
    assert (told["record"], told["version"], told["claim"], told["what"]) == (
        case.first, aside["version"], other, "freed"), "it does not come in again by itself"
    away = there.province.people.saw("/v1/imports/changes", system=f"log:{there.other.origin}", after=since)["items"]
    assert away == [], "nothing of theirs was kept out"
    assert there.province.took(there.city.file())["outcome"]["accepted"] == 1
    assert (case.status(case.here), case.status(other)) == ("approved", "revoked")


def difference(there: Three, batch: str, case: Returned) -> BODY:
    snapshot = base64.b64encode(there.city.file()).decode()
    body: dict[str, Any] = {"file": snapshot, "on": there.province.town.house.today.isoformat()}
    answer = there.province.people.post(f"/v1/imports/{batch}/reconciliation", body, dry_run="true", version=None)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: BODY = next(one for one in answer.get_json()["would"]["items"] if one["record"] == case.first)
    return found


def test_of_two_claims_of_a_course_a_file_may_put_one_back_that_takes_the_other_away(there: Three) -> None:
    """Wherever in the file it says so: each is looked at with what the whole file leaves."""
    case = Returned(there)
    later = studied(there.city, case.li.in_city)
    there.brought(there.city)
    case.act(case.watch, later, "revocation")
    case.act(case.second, case.first, "reinstatement")

    done = there.brought(there.city)
    assert (done["outcome"]["accepted"], done["set_aside"]) == (2, [])
    assert sorted(one["status"] for one in entries(case.li.in_province)) == ["approved", "revoked"]


def test_a_course_that_is_registered_while_a_file_puts_it_back_keeps_the_file_from_taking_force(there: Three) -> None:
    case, others = Returned(there), list[str]()
    case.act(case.second, case.first, "reinstatement")
    file = there.city.file(there.province.accepted(there.city.origin))
    with in_the_instant(there.province.town, lambda: others.append(case.another())):
        no = there.province.takes(file).get_json()

    assert (no["code"], no["seen"]["claim"]) == ("course_registered_twice", others[0])
    case.act(case.above, others[0], "revocation")
    assert there.province.took(file)["outcome"]["accepted"] == 1, "it goes on where it was"
    assert case.status(case.here) == "approved"
