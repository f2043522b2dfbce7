"""Whatever is wrong is answered clearly, in one form, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Iterator

import marshmallow as ma
import pytest

from api.refusals import problems
from api.routes.bodies import Body
from tests.api.house_kit import BODY, SHA, Someone, Town, study


@pytest.fixture(scope="module")
def person(town: Town, works: BODY) -> Someone:
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    return person


@pytest.fixture(autouse=True)
def _nothing_is_written(request: pytest.FixtureRequest, town: Town) -> Iterator[None]:
    """Every test here that is marked so ends with the log as long as it began."""
    for name in ("person", "officer"):
        if name in request.fixturenames:
            request.getfixturevalue(name)
    size = town.house.ledger.store.size()
    yield
    if request.node.get_closest_marker("usefixtures") is None:
        assert town.house.ledger.store.size() == size


writes = pytest.mark.usefixtures("town")
"""Marks a test that writes on its way to what it shows."""


def faults(answer: BODY) -> dict[str, str]:
    return {one.get("pointer", one.get("parameter")): one["detail"] for one in answer["errors"]}


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"", "", 415, "unsupported_media_type"),
        (b"{", "application/json", 400, "bad_request"),
        (b"", "application/json", 400, "bad_request"),
        (b'{"a":NaN}', "application/json", 400, "bad_request"),
        (b'{"person":1,"person":2}', "application/json", 400, "bad_request"),
        (b'{"a":"\\ud800"}', "application/json", 400, "bad_request"),
        (b"\xff{}", "application/json", 400, "bad_request"),
        (b"[" * 100_000, "application/json", 400, "bad_request"),
        (b"[]", "application/json", 422, "unprocessable_content"),
        (b"null", "application/json", 422, "unprocessable_content"),
    ],
)
def test_what_is_not_a_json_object_is_told_apart(
    person: Someone, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = person.client.post("/v1/claims", data=content, content_type=kind, headers=person.headers())

    assert (answer.status_code, answer.get_json()["code"], answer.mimetype) == (status, code, problems.MEDIA_TYPE)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"study": study(days="2.25")}, "/study/days"),
        ({"study": study(days=2)}, "/study/days"),
        ({"study": study(days="0")}, "/study/days"),
        ({"study": study(date="2026-02-30")}, "/study/date"),
        ({"study": study(date="20260402")}, "/study/date"),
        ({"study": study(rank="1")}, "/study/rank"),
        ({"study": study(rank=True)}, "/study/rank"),
        ({"study": study(joint_first="true")}, "/study/joint_first"),
        ({"study": study(hours=4.5)}, "/study/hours"),
        ({"study": study(colour="red")}, "/study/colour"),
        ({"study": study(route="dancing")}, "/study/route"),
        ({"study": study(level="galactic")}, "/study/level"),
        ({"study": study(further={"galaxy": "x"})}, "/study/further/galaxy"),
        ({"study": study(category="hobby")}, "/study/category"),
        ({"study": study(year=2024)}, "/study/year"),
        ({"study": study(route="paper", level="core", days=None)}, "/study/days"),
        ({"details": {}}, "/details/title"),
        ({"details": {"title": "  "}}, "/details/title"),
        ({"details": {"title": "一\x00二"}}, "/details/title"),
        ({"details": {"title": "一\u202e二"}}, "/details/title"),  # Turns round what follows it.
        ({"details": {"title": "一\u200b二"}}, "/details/title"),
        ({"evidence": [{"kind": "certificate", "sha256": SHA.upper()}]}, "/evidence/0/sha256"),
        ({"evidence": {}}, "/evidence"),
        ({"person": "per_x"}, "/person"),
        ({"person": None}, "/person"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_with_its_place_and_cure(
    person: Someone, change: BODY, pointer: str
) -> None:
    answer = person.post("/v1/claims", person.claim(study()) | change)

    assert answer.status_code == 422, answer.get_json()
    assert pointer in faults(answer.get_json()), answer.get_json()
    assert all(not words.isascii() for words in faults(answer.get_json()).values())


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"as_of": "2199-01-01"}, "as_of_in_future"),
        ({"as_of": "99999999"}, "as_of_in_future"),
        ({"as_of": "2199-01-01T00:00:00Z"}, "as_of_in_future"),
        ({"as_of": "yesterday"}, "as_of_malformed"),
        ({"as_of": "2026-01-01T00:00:00"}, "as_of_malformed"),
        ({"valid_on": "2026-13-01"}, "valid_on_malformed"),
        ({"law": "mine"}, "law_malformed"),
        ({"law": "set:atlantis/2020-01-01"}, "law_unknown"),
        ({"as_off": "1"}, "unprocessable_content"),
    ],
)
def test_axes_that_lead_nowhere_are_refused(person: Someone, query: dict[str, str], code: str) -> None:
    answer = person.get(f"/v1/persons/{person.id}/years", **query)

    assert (answer.status_code, answer.get_json()["code"]) == (422, code)


@pytest.mark.parametrize("year", ["٢٠٢٤", "２０２４", "02024", "+2024"])
def test_a_year_is_written_in_one_way(person: Someone, year: str) -> None:
    assert person.get(f"/v1/persons/{person.id}/years/{year}").status_code == 404


def test_a_statement_as_of_the_future_is_refused(person: Someone) -> None:
    answer = person.post(f"/v1/persons/{person.id}/statements", {"as_of": "2199-01-01"})

    assert (answer.status_code, answer.get_json()["code"]) == (422, "as_of_in_future")


@pytest.mark.parametrize(
    "path",
    ["/v1/persons/per_" + "0" * 22, "/v1/claims/clm_" + "0" * 22, "/v1/transfers/trf_" + "0" * 22,
     "/v1/units/unt_" + "0" * 22, "/v1/actors/acr_" + "0" * 22, "/v1/statements/stm_" + "0" * 22,
     "/v1/rulebooks/atlantis/2020-01-01", "/v1/persons/per_short", "/v1/claims/per_" + "0" * 22],
)
def test_what_is_not_there_is_not_found(officer: Someone, path: str) -> None:
    is_personal = any(noun in path for noun in ("persons", "claims", "transfers", "statements"))

    answer = officer.get(path, **({"purpose": "annual_review"} if is_personal else {}))

    assert (answer.status_code, answer.mimetype) == (404, problems.MEDIA_TYPE)


def test_without_a_token_or_with_a_strange_one_nobody_reads_anything(town: Town, person: Someone) -> None:
    for token in (None, "", "xsl_" + "a" * 43, "名字", person.token and person.token[:-1]):
        stranger = Someone(town.client(), token)
        answer = stranger.get(f"/v1/persons/{person.id}") if token != "名字" else town.client().get(
            f"/v1/persons/{person.id}", headers={"Authorization": "Bearer " + "名字".encode().decode("latin-1")})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("given", ["", "Basic !!!", "Bearer", "xsl_without_a_scheme"])
def test_whoever_names_themselves_badly_is_not_taken_for_nobody(town: Town, given: str) -> None:
    body = {"name": "王伟", "id_kind": "resident_id", "id_number": "330102199003070019"}

    answer = town.nobody.client.post(
        "/v1/persons", json=body, headers={"Authorization": given, "Idempotency-Key": "a-key-that-is-long-enough"}
    )

    assert (answer.status_code, answer.get_json()["code"]) == (401, "token_unknown")


@writes
def test_a_claim_that_was_decided_is_not_decided_again(person: Someone, officer: Someone) -> None:
    claim = officer.act(person.submit(study()), "approval")

    for what, body in (("approval", {}), ("refusal", {"words": "x"}), ("return", {"words": "x"})):
        no = officer.refused(claim, what, body)
        assert (no["status"], no["code"], no["seen"]["status"]) == (409, "claim_not_open", "approved")


@writes
def test_nobody_decides_on_their_own_claim(town: Town, works: BODY, person: Someone) -> None:
    claim = person.submit(study())
    self = town.officer(works, "unit", "330203", unit=works["unit"], person=person.id)

    for what, body in (("approval", {}), ("refusal", {"words": "x"}), ("return", {"words": "x"})):
        no = self.refused(claim, what, body)
        assert (no["status"], no["code"]) == (403, "own_claim")


@writes
def test_another_place_another_unit_another_role_or_no_role_cannot_decide(
    town: Town, works: BODY, person: Someone
) -> None:
    claim = person.submit(study())
    other = town.unit("另一厂", "330203", "industry")
    for officer, told in (
        (town.officer(other, "unit", "330203", unit=other["unit"]), (404, "claim_absent")),
        (town.officer(works, "unit", "330204", unit=works["unit"]), (404, "claim_absent")),
        (town.officer(works, "human_resources", "3302"), (403, "role_not_held")),
        (town.officer(works, "unit", "330203", unit=works["unit"], category="general_public"), (403, "outside_scope")),
    ):
        no = officer.refused(claim, "approval", {})
        assert (no["status"], no["code"]) == told
    refused = {"official_needed": (person, town.founder), "login_required": (town.nobody,)}
    for code, someone in ((code, one) for code, these in refused.items() for one in these):
        assert someone.refused(claim, "approval", {})["code"] == code


@writes
def test_an_office_of_another_level_is_told_the_words_that_stand_against_it(town: Town) -> None:
    unit, bureau = town.unit("某院", "330302", "environment"), town.unit("某区局", "330302", "environment")
    person = town.person()
    town.belongs(person, unit, "2020-01-01")
    claim = person.submit(study())
    county = town.officer(bureau, "sector_authority", "330302")

    no = county.refused(claim, "approval", {})

    assert (no["status"], no["code"]) == (403, "not_the_registrar")
    assert (no["seen"]["article"], no["seen"]["region"], no["seen"]["level"]) == ("第二条", "3303", "municipal")
    assert "市级行业主管部门" in no["seen"]["quote"]


@writes
def test_a_suspended_or_dismissed_account_does_nothing_and_reads_nothing(
    town: Town, works: BODY, person: Someone
) -> None:
    claim = person.submit(study())
    officer = town.officer(works, "unit", "330203", unit=works["unit"])
    for what, code in (("suspension", "actor_suspended"), ("dismissal", "actor_dismissed")):
        state = town.founder.saw(f"/v1/actors/{officer.id}")
        town.founder.did(f"/v1/actors/{officer.id}/{what}", version=state["version"])
        assert officer.refused(claim, "approval", {})["code"] == code
        for path in (f"/v1/claims/{claim['claim']}", f"/v1/persons/{person.id}", "/v1/work"):
            answer = officer.get(path, **({} if path == "/v1/work" else {"purpose": "annual_review"}))
            assert answer.status_code == 403, path


@writes
def test_a_person_acts_for_themselves_alone(town: Town, person: Someone) -> None:
    other = town.person()
    claim = person.submit(study())

    asked = other.post("/v1/claims", person.claim(study()))
    assert (asked.status_code, asked.get_json()["code"]) == (403, "not_your_own")
    for path in (f"/v1/persons/{person.id}", f"/v1/persons/{person.id}/years"):
        assert other.get(path).get_json()["code"] == "not_your_own"
    assert other.get(f"/v1/claims/{claim['claim']}").get_json()["code"] == "claim_absent"
    assert other.refused(claim, "withdrawal")["code"] == "claim_absent"
    for path in (f"/v1/persons/{person.id}/statements", f"/v1/persons/{person.id}/transfers"):
        body = {} if path.endswith("statements") else {"to_unit": "unt_" + "0" * 22, "starts": "2026-01-01"}
        assert other.post(path, body).get_json()["code"] == "not_your_own"


@writes
def test_what_no_rulebook_rules_needs_an_authority_and_a_document(town: Town) -> None:
    unit, bureau = town.unit("某院", "330302", "general"), town.unit("某市局", "330300", "general")
    person = town.person()
    town.belongs(person, unit, "2020-01-01")
    officer = town.officer(bureau, "sector_authority", "3303")
    claim = person.submit(study())

    assert officer.refused(claim, "approval", {})["code"] == "ruling_needed"
    assert faults(officer.refused(claim, "approval", {"confirmed_hours": "12"})).keys() == {"/document"}
    done = officer.act(claim, "approval", {"confirmed_hours": "12", "document": "温人社发〔2017〕264号"})
    assert done["ruling"]["status"] == "manual"
    assert (done["ruling"]["assessed"], done["ruling"]["clauses"]) == ("12", ["温人社发〔2017〕264号"])
    year = person.year(2026)
    assert (year["decided"]["total"], year["evaluated"]["total"], year["differs"]) == ("12", "12", False)
    assert year["entries"][0]["evaluated"]["status"] == "manual"


@writes
def test_what_the_law_refuses_can_be_refused_and_not_approved(person: Someone, officer: Someone) -> None:
    claim = person.submit({"category": "professional", "route": "unit_training", "days": "2", "date": "2026-04-02"})

    no = officer.refused(claim, "approval", {})

    assert (no["status"], no["code"]) == (422, "not_countable")
    assert no["seen"]["clauses"] and no["seen"]["why"][0]["quote"]
    assert officer.act(claim, "refusal", {"words": "未备案"})["status"] == "refused"


@writes
def test_hours_that_a_rulebook_gives_are_not_confirmed_otherwise(person: Someone, officer: Someone) -> None:
    claim = person.submit(study())

    no = officer.refused(claim, "approval", {"confirmed_hours": "90", "document": "某文件"})

    assert no["code"] == "confirmation_not_needed"


def test_a_study_before_any_affiliation_and_one_that_a_system_registers_are_refused(person: Someone) -> None:
    early = person.post("/v1/claims", person.claim(study(date="2019-12-31")))
    course = {"category": "general_public", "route": "course", "hours": "12", "completed_by": "exam",
              "date": "2026-04-02"}
    automatic = person.post("/v1/claims", person.claim(course))

    assert early.get_json()["code"] == "no_affiliation_on_date"
    assert (automatic.status_code, automatic.get_json()["code"]) == (409, "registered_automatically")
    assert automatic.get_json()["seen"]["article"] == "第八条"


def test_every_refusal_says_what_why_and_what_to_do(person: Someone) -> None:
    body = person.post("/v1/claims", person.claim(study(date="2019-12-31"))).get_json()

    assert body["detail"].count("。") == 3
    assert (body["title"], body["type"]) == ("佐证日期当天没有隶属关系", "/problems/no_affiliation_on_date")
    assert person.get(body["type"]).get_json()["detail"] == body["detail"]
    assert json.dumps(body["seen"])


def test_a_list_that_is_described_as_not_empty_is_refused_when_it_is() -> None:
    bounded = [(kind.__name__, field) for kind in every(Body) for field in kind._declared_fields.values()
               if "minItems" in field.metadata]

    assert len(bounded) >= 5
    for name, field in bounded:
        with pytest.raises(ma.ValidationError, match="至少 1 项，现为 0 项"):
            field.deserialize([], name, {})


def every(kind: type[Body]) -> Iterator[type[Body]]:
    """What is sent, of every noun."""
    for one in kind.__subclasses__():
        yield one
        yield from every(one)
