"""Everyone who may knock, and one of everything there is to knock at, for the authority matrix. No test lives here.

The place is Ningbo's industry (region 3302), where a unit registers the professional hours of its own people (N 8); Li
works there. A character is named for a role and for what keeps it from Li: `_away` has another city, `_beside` another
unit or sector of the same city, `_own` is Li's own second hand, who must rule on nothing of Li's.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from flask.testing import FlaskClient

from api.console.cookies import SESSION as COOKIE
from ledger.ids import PREFIXES
from policies.shelf import SHIPPED, TEXTS
from projections.findings.found import Finding
from tests.api.finding_kit import PATTERN, look
from tests.api.house_kit import BODY, SHA, Someone, Town, credit_code, study
from tests.api.learning_kit import going_bodies, going_on, going_routes, learning_in
from tests.api.past_class_kit import NUMBER, Training, training_bodies, training_in

ABSENT: Final = "0" * 22
ABSENT_CLAIM: Final = PREFIXES["claim"] + ABSENT
WORDS: Final = {"words": "说明"}
BASIS: Final = {"basis": "falsified", **WORDS}
PAPER: Final = {"kind": "certificate", "sha256": SHA}
REPLAY: Final = {"under": "now", "against": "set:zhejiang/2016-08-01"}
STUDY: Final = {"study": study(), "details": {"title": "某次培训"}, "evidence": [PAPER]}


PRIVATE: Final = ("person", "claim", "transfer", "statement", "card", "enrolment", "booking", "application", "case",
                  "finding")
"""Records whose very existence is somebody's own affair."""


class Scene(NamedTuple):
    """A town with its characters, the ids of what there is by the name that a route gives them, and what is sent."""

    town: Town
    cast: dict[str, Someone]
    browsers: dict[str, FlaskClient]
    ids: dict[str, str]
    ids_by_route: dict[str, dict[str, str]]  # Where a route wants a record in another state.
    bodies: dict[str, BODY]
    queries: dict[str, dict[str, str]]

    def named(self, route: str, *, absent: bool = False) -> dict[str, Any]:
        """What a route's address names: what there is, or an id of the same kind that is nobody's."""
        found = {**self.ids, **self.ids_by_route.get(route, {})}
        if absent:
            found |= {name: PREFIXES[name] + ABSENT for name in PRIVATE}
        return {"year": 2026, "position": 1, "family": "zhejiang", "version": "2016-08-01",
                "digest": "f" * 64, "sha256": SHA, "credential": "0" * 16, "draft": "open",
                "code": "not_found", "rest": "0/000.p/1", "name": "page", "ending": "css",
                "old": "2016-08-01", "new": "2016-08-01", "act": self.ids["batch"], "number": 1, "size": 1,
                "system": "yongcheng",
                **found}


def scene_in(town: Town) -> Scene:
    """Put everyone and everything into a town."""
    works, beside = (town.unit(name, "330203", "industry") for name in ("甬江机械厂", "另一厂"))
    away = town.unit("温州某院", "330302", "environment")
    li, wang = town.person("李明"), town.person("王伟")
    town.belongs(li, works, "2018-01-01")
    town.belongs(wang, away, "2018-01-01")
    training, learning = training_in(town, li), learning_in(town, li)
    cast = _cast(town, (works, beside, away), li, wang)
    cast |= {"organiser": training.teacher}
    learning.watch.did(f"/v1/cases/{learning.case}/members", {"actor": cast["watch"].id},
                       version=town.house.ledger.store.version(learning.case))
    claims, going = _claims(li, cast["unit"]), going_on(town, li, cast["people"])
    transfer = li.did(f"/v1/persons/{li.id}/transfers", {"to_unit": beside["unit"], "starts": "2026-10-01"})
    first, second = (li.did(f"/v1/persons/{li.id}/statements", {}) for _ in range(2))
    waiting, found = town.nobody.did("/v1/units", _unit()), _found(town, works)
    for name in ("open", "dropped"):
        li.client.put(f"/v1/persons/{li.id}/drafts/{name}", json=STUDY, headers=li.headers())
    cast["people"].sends("yongcheng")
    ids = {
        "person": li.id, "unit": works["unit"], "actor": cast["unit"].id, "claim": claims["open"],
        "transfer": transfer["transfer"], "statement": first["statement"], "plan": training.plan,
        "training_class": training.training_class, "card": training.card, "batch": training.batch,
        "course": learning.course, "exam": learning.exam, "enrolment": going.enrolment, "booking": going.booked,
        "application": learning.application, "case": learning.case, "finding": found.finding,
        "job": cast["policy"].post("/v1/replays", REPLAY).get_json()["job"],
    }
    registered = {f"POST /v1/claims/<claim:claim>/{act}": {"claim": claims["registered"]}
                  for act in ("correction", "upholding", "freeze", "revocation")}
    proposer = town.officer(town.unit("政策二处", "330000", "general"), "policy_office", "33")
    (digest,) = proposer.did("/v1/rulebook-proposals", rulebook_anew("2026-12-01"))["proposed"]
    by_route = registered | going_routes(going) | {
        "GET /v1/rulebook-proposals/<sha256:digest>": {"digest": digest},
        **{f"POST /v1/rulebook-proposals/<sha256:digest>/{act}": {"digest": digest}
           for act in ("enactment", "refusal", "withdrawal")},
        "DELETE /v1/persons/<person:person>/drafts/<draft:draft>": {"draft": "dropped"},
        "POST /v1/claims/<claim:claim>/release": {"claim": claims["frozen"]},
        "POST /v1/claims/<claim:claim>/reinstatement": {"claim": claims["revoked"]},
        "POST /v1/claims/<claim:claim>/appeal": {"claim": claims["revoked"]},
        **{f"POST /v1/claims/<claim:claim>/appeal-{act}": {"claim": claims["appealed"]}
           for act in ("withdrawal", "dismissal", "allowance")},
        **{route: {"act": PREFIXES["act"] + ABSENT} for route in (
            "GET /v1/cases/<case:case>/bulk/<act:act>", "POST /v1/cases/<case:case>/bulk/<act:act>/resumption",
            "POST /v1/cases/<case:case>/bulk/<act:act>/abandonment")},
        "GET /v1/sanctions/<application:application>": {"application": learning.sanction},
        "POST /v1/sanctions/<application:application>/lifting": {"application": learning.sanction},
        "POST /v1/units/<unit:unit>/verification": {"unit": waiting["unit"]},
        "POST /v1/units/<unit:unit>/rejection": {"unit": waiting["unit"]},
        "POST /v1/actors/<actor:actor>/reinstatement": {"actor": cast["suspended"].id},
    }
    return Scene(town, cast, {name: _browser(town, one) for name, one in cast.items()}, ids, by_route,
                 {**_bodies(li, works, beside, second["statement"]), **_finding_bodies(found, cast),
                  **training_bodies(training, li.id),
                  **going_bodies(going, town, li.id)},
                 _queries(training, first))


def _cast(town: Town, units: tuple[BODY, BODY, BODY], li: Someone, wang: Someone) -> dict[str, Someone]:
    works, beside, away = units
    here, there, province = (town.unit(name, region, "general") for name, region in (
        ("宁波某局", "330200"), ("温州某局", "330300"), ("省某厅", "330000")))

    def office(role: str, region: str, organisation: BODY = here, **more: Any) -> Someone:
        return town.officer(organisation, role, region, **more)

    suspended = office("human_resources", "3302")
    town.founder.did(f"/v1/actors/{suspended.id}/suspension", version=2)
    separated = ("system_administrator", "security_administrator", "audit_administrator")
    three = {role: office(role, "33", province, person=town.person(role[:2]).id) for role in separated}
    away_too = {role: office(role, "3303", there, person=town.person(role[:3]).id) for role in separated}
    return {
        "nobody": town.nobody, "founder": town.founder,
        "reader": Someone(town.client(), town.house.register.reader_token),
        "self": li, "stranger": wang,
        "unit": town.officer(works, "unit", "330203", unit=works["unit"]),
        "unit_own": town.officer(works, "unit", "330203", unit=works["unit"], person=li.id),
        "unit_beside": town.officer(beside, "unit", "330203", unit=beside["unit"]),
        "unit_away": town.officer(away, "unit", "330302", unit=away["unit"]),
        "sector": office("sector_authority", "3302", sector="industry"),
        "sector_beside": office("sector_authority", "3302", sector="environment"),
        "sector_away": office("sector_authority", "3303", there),
        "people": office("human_resources", "3302"),
        "people_own": office("human_resources", "3302", person=li.id),
        "people_away": office("human_resources", "3303", there),
        "watch": office("supervisor", "3302"), "watch_own": office("supervisor", "3302", person=li.id),
        "watch_away": office("supervisor", "3303", there),
        "blasting": office("blasting_association", "33", province, sector="industry"),
        "blasting_beside": office("blasting_association", "33", province, sector="blasting"),
        "committee": office("title_committee", "3302"), "committee_away": office("title_committee", "3303", there),
        "market": office("talent_market", "3302"), "market_away": office("talent_market", "3303", there),
        "joined_own": town.officer(beside, "unit", "330203", unit=beside["unit"], person=li.id),
        "organiser_away": town.officer(away, "recognised_organiser", "330302", unit=away["unit"]),
        "policy": office("policy_office", "33", province), "policy_away": office("policy_office", "3303", there),
        **{role.removesuffix("_administrator"): one for role, one in three.items()},
        **{f"{role.removesuffix('_administrator')}_away": one for role, one in away_too.items()},
        "suspended": suspended,
    }


def _claims(li: Someone, clerk: Someone) -> dict[str, str]:
    """Claims of Li's, one in each state that something can be decided about."""
    found = {state: li.submit(study(date=f"2026-0{at}-02"))
             for at, state in enumerate(("open", "registered", "frozen", "revoked"), start=2)}
    for state in ("registered", "frozen", "revoked"):
        found[state] = clerk.act(found[state], "approval", {})
    found["appealed"] = li.act(clerk.act(li.submit(study(date="2026-06-02")), "refusal", WORDS), "appeal", WORDS)
    clerk.act(found["frozen"], "freeze", WORDS)
    clerk.act(found["revoked"], "revocation", BASIS)
    return {state: one["claim"] for state, one in found.items()}


def _found(town: Town, works: BODY) -> Finding:
    """What the patterns find where somebody of Li's own unit shows the certificate that Li showed."""
    other = town.person("钱进")
    town.belongs(other, works, "2018-01-01")
    other.submit(study(date="2026-07-02"), "另一次培训")
    return next(one for one in look(town) if one.pattern == PATTERN)


def _finding_bodies(found: Finding, cast: dict[str, Someone]) -> dict[str, BODY]:
    upon, at = {"facts_sha256": found.facts_sha256}, "POST /v1/findings/<finding:finding>/"
    return {
        f"{at}taking-up": {"due": "2099-01-31", **upon},
        f"{at}assignment": {"due": "2099-01-31", "to": cast["watch"].id, **upon},
        f"{at}ruling-out": {**WORDS, **upon}, f"{at}substantiation": {"basis": "第十七条", **WORDS, **upon},
        "POST /v1/cases/<case:case>/linked-findings": {"findings": [found.finding]},
        f"{at}referral": {"to": "监察机关", **WORDS, **upon}, f"{at}case": {"kind": "falsification", **WORDS, **upon},
    }


def rulebook_anew(day: str) -> BODY:
    """Ningbo's rulebook anew, from another day on."""
    source = (SHIPPED / "ningbo-industry" / "2019-01-01.toml").read_text("utf-8")
    return {"source": source.replace("in_force_from = 2019-01-01", f"in_force_from = {day}"),
            "text": next(TEXTS.glob("N-*")).read_text("utf-8")}


def _unit() -> BODY:
    return {"credit_code": credit_code(777), "name": "待核实单位", "region": "330203", "sector": "industry",
            "contact": {"name": "联系人"}}


def _bodies(li: Someone, works: BODY, beside: BODY, other: str) -> dict[str, BODY]:
    at, in_case = "POST /v1/claims/<claim:claim>/", "POST /v1/cases/<case:case>/"
    of, person = "POST /v1/applications/<application:application>/", "POST /v1/persons/<person:person>/"
    scope = {"role": "unit", "region": "330203", "unit": works["unit"]}
    return {
        "POST /v1/units": {**_unit(), "credit_code": credit_code(778)},
        "POST /v1/units/<unit:unit>/rejection": WORDS,
        "POST /v1/units/<unit:unit>/renaming": {"name": "甬江精密机械厂", "starts": "2026-10-01"},
        "POST /v1/units/<unit:unit>/relocation": {"region": "330225", "sector": "industry", "starts": "2026-10-01"},
        "POST /v1/units/<unit:unit>/merger": {"into": beside["unit"], "starts": "2026-10-01"},
        "POST /v1/units/<unit:unit>/closing": {"ends": "2026-10-01"},
        "POST /v1/actors": {"organisation": works["unit"], "account": "new-account", "official": {"name": "某人"}},
        "POST /v1/actors/<actor:actor>/scopes": {**scope, "category": "professional"},
        "POST /v1/actors/<actor:actor>/scope-withdrawals": scope,
        "POST /v1/persons": {"name": "赵六", "id_kind": "resident_id", "id_number": "330102199003070019"},
        "POST /v1/persons/<person:person>/transfers": {"to_unit": beside["unit"], "starts": "2026-10-02"},
        "POST /v1/transfers/<transfer:transfer>/refusal": WORDS,
        "POST /v1/claims": {"person": li.id, **STUDY},
        "PUT /v1/persons/<person:person>/drafts/<draft:draft>": STUDY,
        "POST /v1/cases": {"kind": "falsification", "region": "330203", "persons": [li.id], **WORDS},
        f"{in_case}hold": WORDS, f"{in_case}finding": {"finding": "ruled_out", **WORDS},
        f"{in_case}referral": {"to": "监察机关", **WORDS},
        f"{in_case}members": {"actor": PREFIXES["actor"] + ABSENT}, f"{in_case}notes": WORDS,
        f"{in_case}deadline": {"due": "2099-01-31", **WORDS}, f"{in_case}claims": {"persons": [li.id], **WORDS},
        f"{in_case}consequences": {"application": PREFIXES["application"] + ABSENT},
        f"{in_case}material-requests": {"source": "某学院", "what": "签到原件", "due": "2099-01-31"},
        f"{in_case}material-requests/<int:number>/receipt": WORDS,
        f"{in_case}material-requests/<int:number>/ending": {"why": "withdrawn", **WORDS},
        f"{in_case}bulk": {"act": "release", **WORDS},
        f"{in_case}bundles": {"purpose": "investigation"},
        "POST /v1/applications": {"person": li.id, "level": "senior", "title_obtained_on": "2020-11-30",
                                  "minimum_years": 5},
        f"{of}assessment": {"minimum_years": 5}, f"{of}postponement": WORDS,
        f"{of}grant": {"obtained_on": "2026-06-01"},
        f"{of}disqualification": {"cause": "falsified", **WORDS},
        "POST /v1/sanctions/<application:application>/lifting": BASIS,
        f"{person}erasure": {"basis": "request", "document": "申〔2026〕7号", "asked_on": "2026-01-05", **WORDS},
        f"{person}erasure/withdrawal": WORDS, f"{person}erasure/destruction": {"document": "申〔2026〕7号"},
        f"{person}titles": {"level": "assistant", "obtained_on": "2016-01-01"},
        f"{person}title-voidings": {"level": "intermediate", "obtained_on": "2020-11-30"},
        f"{person}restrictions": {"basis": "申〔2026〕8号", **WORDS},
        f"{person}restriction-liftings": {"basis": "申〔2026〕9号"},
        f"{person}corrections": {"name": "李明明", **WORDS},
        f"{person}departures": {"ends": "2026-10-01"}, f"{person}departure-voidings": {"ends": "2026-10-01"},
        f"{person}affiliation-voidings": {"starts": "2018-01-01"},
        f"{person}disqualifications": {"cause": "falsified", "document": "某文", "article": "某条", **WORDS},
        f"{person}title-revocations": {"level": "intermediate", "obtained_on": "2020-11-30", "claims": [ABSENT_CLAIM],
                                       **WORDS},
        "POST /v1/password": {"password": "四月的甬江边有一座桥 2026"},
        "POST /v1/tokens": {"name": "办公系统", "lasts_days": 30},
        "POST /v1/second-factor/confirmation": {"code": "123456"}, "POST /v1/second-factor/check": {"code": "123456"},
        "POST /v1/actors/<actor:actor>/second-factor-resets": {"reason": "lost"},
        "POST /v1/persons/<person:person>/second-factor-resets": {"reason": "lost"},
        "POST /v1/statements/<statement:statement>/supersession": {"by_statement": other},
        "POST /v1/statements/<statement:statement>/voiding": {"basis": "issued_in_error", **WORDS},
        "POST /v1/rulebook-proposals": rulebook_anew("2027-01-01"),
        **{f"POST /v1/rulebook-proposals/<sha256:digest>/{act}": WORDS for act in ("refusal", "withdrawal")},
        "POST /v1/year-closings": {"year": 2019},
        "POST /v1/import-sources": {"system": "matrix", "name": "某市学时登记系统", "kind": "local_system",
                                    "region": "330200", "categories": ["general_public"]},
        "POST /v1/import-source-closings": {"system": "yongcheng", "why": "replaced"},
        "POST /v1/impact-reports": {"report": "-"}, "POST /v1/replays": REPLAY,
        f"{at}assignment": {"to": None}, f"{at}revision": STUDY, f"{at}return": WORDS, f"{at}refusal": WORDS,
        f"{at}freeze": WORDS,
        f"{at}correction": STUDY, f"{at}upholding": {"decided": "1", "evaluated": "2", **WORDS},
        f"{at}appeal": WORDS, f"{at}appeal-dismissal": WORDS, f"{at}appeal-allowance": WORDS,
        f"{at}revocation": BASIS, f"{at}reinstatement": BASIS,
    }


def _queries(training: Training, statement: BODY) -> dict[str, dict[str, str]]:
    """What a question cannot be asked without."""
    return {
        "GET /v1/cards": {"organiser": training.school["unit"], "number": NUMBER},
        "GET /v1/statements": {"code": statement["code"]},
        "GET /v1/sanctions": {"on": "2027-01-01"},
        "GET /v1/imports/changes": {"system": "ningbo"},
        "GET /v1/hand-over": {"since": "0"}, "GET /v1/ledgers/comparison": {"checkpoint": "Y2hlY2twb2ludA" * 4},
        "GET /v1/access": {"actor": training.teacher.id},
        "GET /v1/shared": {"dimension": "evidence", "value": SHA},
        "GET /v1/shared/events": {"dimension": "evidence", "value": SHA},
        "GET /v1/units/<unit:unit>/members": {"on": "2026-11-01"},
        "GET /v1/persons/<person:person>/eligibility": {"applied_on": "2026-05-20", "minimum_years": "5"},
    }


def _browser(town: Town, someone: Someone) -> FlaskClient:
    """What someone who has logged in on the page looks with."""
    client, house = town.client(), town.house
    if someone.id:
        session = house.operations.issue(someone.id, request=b"matrix", now=house.now, kind="session", lasts_s=3_600)
        client.set_cookie(COOKIE, session)
    return client
