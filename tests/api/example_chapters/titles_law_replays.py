"""A year is closed; four people apply for a title on its hours; the law on hours is amended, foretold and checked.

The hours are those of a works in Ningbo, where a unit registers the professional ones of its own people (N 8) and the
city's system sends those of the general course.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from tests.api.house_kit import BODY, Someone, Town, resident_id, study
from tests.api.matrix_kit import rulebook_anew
from tests.api.petition_kit import act
from tests.api.replay_kit import over, running
from tests.api.test_impact_reports import DRAFT, enactable

TODAY: Final = "2026-11-23"
SYSTEM: Final = "yongcheng"
INTERMEDIATE: Final = {"level": "intermediate", "series": "engineering", "obtained_on": "2021-11-30"}
SENIOR: Final = {"level": "senior", "series": "engineering"}
COURSES: Final = {2025: ("高端装备智能制造高级研修班", "数控机床精度保持性专题培训", "人工智能与产业变革"),
                  2026: ("工业机器人系统集成高级研修班", "伺服驱动故障诊断专题培训", "数字浙江与数据安全")}


class Applicant(NamedTuple):
    """Somebody with a title, and of each year the entry of the seminar that they attended."""

    someone: Someone
    seminars: dict[int, str]

    @property
    def place(self) -> str:
        return f"/v1/persons/{self.someone.id}"


class Offices(NamedTuple):
    """A works and its clerk, and whoever of the city decides on its people's titles."""

    town: Town
    works: BODY
    clerk: Someone
    people: Someone
    colleague: Someone
    committee: Someone


def titles_law_replays(town: Town) -> None:
    offices = _offices(town)
    chen, shen, xu, zhou = (_applicant(offices, name, years) for name, years in (
        ("陈海燕", (2025, 2026)), ("沈立峰", (2025, 2026)), ("徐婷", (2025, 2026)), ("周建国", (2026,))))
    _the_year_is_closed(town, chen)
    _one_is_granted_what_she_applied_for(offices, chen)
    _one_falls_short_and_is_postponed(offices, zhou)
    _one_loses_a_title_that_rested_on_a_forgery(offices, shen)
    _one_is_suspected_and_given_her_right_back(offices, xu)
    _the_law_is_amended(town, offices.people)


def _offices(town: Town) -> Offices:
    works = town.unit("甬江精密机械有限公司", "330203", "industry")
    city = town.unit("宁波市人力资源和社会保障局", "330200", "general")
    people, colleague = (town.officer(city, "human_resources", "3302") for _ in range(2))
    people.did("/v1/import-sources", {
        "system": SYSTEM, "name": "甬城专业技术人员继续教育平台", "kind": "local_system", "region": "330200",
        "categories": ["general_public"]})
    return Offices(town, works, _clerk(town, works), people, colleague, town.officer(city, "title_committee", "3302"))


def _clerk(town: Town, works: BODY) -> Someone:
    return town.officer(works, "unit", "330203", unit=works["unit"])


def _applicant(offices: Offices, name: str, years: tuple[int, ...]) -> Applicant:
    """Somebody who has been an engineer of the works for years, and met what these years ask for."""
    town, number = offices.town, resident_id(next(offices.town.numbers))
    made = town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": number})
    one = Someone(town.client(), made["token"], made["person"])
    town.belongs(one, offices.works, "2018-01-01")
    offices.people.did(f"/v1/persons/{one.id}/titles", INTERMEDIATE)
    seminars = {}
    for year in years:
        seminar, training, course = COURSES[year]
        for title, facts in (
            (training, study(route="filed_training", days="6", date=f"{year}-05-08", filed_on=f"{year}-03-01",
                             starts=f"{year}-05-03")),
            (seminar, study(route="advanced_seminar", level="provincial", days="5", date=f"{year}-03-06")),
        ):
            seminars[year] = str(offices.clerk.act(one.submit(facts, title), "approval")["claim"])
        row = {"record": f"{SYSTEM}-{one.id[-6:]}-{year}", "version": 1, "id_number": number, "name": name,
               "study": {"category": "general_public", "route": "course", "date": f"{year}-06-01", "hours": "18",
                         "completed_by": "exam"}, "details": {"title": course}}
        offices.people.did("/v1/imports", {
            "system": SYSTEM, "region": "330200", "starts": f"{year}-01-01", "ends": f"{year}-12-31",
            "file": base64.b64encode(json.dumps(row, ensure_ascii=False).encode() + b"\n").decode()})
    return Applicant(one, seminars)


def _the_year_is_closed(town: Town, chen: Applicant) -> None:
    province = town.officer(town.unit("浙江省人力资源和社会保障厅", "330000", "general"), "human_resources", "33")
    province.did("/v1/year-closings", {"year": 2025, "document": "浙人社函〔2026〕118号"})
    chen.someone.saw(f"/v1/year-closings/2025/persons/{chen.someone.id}")


def _filed(one: Applicant, **more: object) -> BODY:
    return one.someone.did("/v1/applications", {
        "person": one.someone.id, **SENIOR, "title_obtained_on": INTERMEDIATE["obtained_on"], "minimum_years": 2,
        **more})


def _one_is_granted_what_she_applied_for(offices: Offices, chen: Applicant) -> None:
    statement = chen.someone.did(f"{chen.place}/statements")["statement"]
    _granted(offices, _filed(chen, statement=statement))


def _granted(offices: Offices, filed: BODY) -> None:
    assessed = act(offices.committee, filed, "assessment", {"minimum_years": 2})
    act(offices.committee, assessed, "grant", {"obtained_on": TODAY})


def _one_falls_short_and_is_postponed(offices: Offices, zhou: Applicant) -> None:
    act(zhou.someone, _filed(zhou), "withdrawal")
    anew = _filed(zhou, statement=zhou.someone.did(f"{zhou.place}/statements")["statement"])
    assessed = act(offices.committee, anew, "assessment", {"minimum_years": 2})
    act(offices.people, assessed, "postponement", {"words": "2025 年度学时未达到要求，申报时间顺延，请补足后再报。"})


def _one_loses_a_title_that_rested_on_a_forgery(offices: Offices, shen: Applicant) -> None:
    """After the close of its year: what was closed stays as it was, and what became of it is told beside it."""
    _granted(offices, _filed(shen))
    forged = _revoked(offices, shen, "研修班主办单位书面答复：沈立峰未参加该班，结业证书编号不存在。")
    offices.people.did(f"{shen.place}/title-revocations", {
        **SENIOR, "obtained_on": TODAY, "claims": [forged],
        "words": "高级职称以不实的研修学时取得，予以撤销，收回证书。"})
    offices.people.did(f"{shen.place}/disqualifications", {
        "cause": "falsified", "claims": [forged], "document": "人社部发〔2024〕56号", "article": "虚假承诺",
        "until": "2029-11-22", "words": "申报时承诺材料属实，经查研修结业证书系伪造。"})
    offices.people.saw("/v1/year-closings/2025")


def _one_is_suspected_and_given_her_right_back(offices: Offices, xu: Applicant) -> None:
    filed = _filed(xu)
    claim = _revoked(offices, xu, "主办单位学员名册中查无此人。")
    lost = act(offices.people, filed, "disqualification", {
        "cause": "falsified", "claims": [claim], "words": "申报所附研修班学时经查不实，取消本次申报资格。"})
    other = _clerk(offices.town, offices.works)  # Whoever revoked it does not give it back.
    other.act(other.saw(f"/v1/claims/{claim}", purpose="review"), "reinstatement", {
        "basis": "decided_in_error", "words": "主办单位更正：名册漏登一页，徐婷全程参加并考核合格。"})
    offices.colleague.did(f"/v1/sanctions/{lost['application']}/lifting", {
        "basis": "decided_in_error", "words": "所据学时已恢复，原处理依据不成立，恢复申报资格。"},
        version=lost["version"])


def _revoked(offices: Offices, one: Applicant, words: str) -> str:
    claim = one.seminars[2025]
    seen = offices.clerk.saw(f"/v1/claims/{claim}", purpose="review")
    offices.clerk.act(seen, "revocation", {"basis": "falsified", "words": words})
    return claim


def _the_law_is_amended(town: Town, people: Someone) -> None:
    first, second = (town.officer(town.unit(name, "330000", "general"), "policy_office", "33") for name in (
        "浙江省专业技术人员管理处", "浙江省人事政策法规处"))
    _drafts_that_do_not_stand(first, second)
    replay = _foretold(town, first, people)
    report = first.get(f"/v1/replays/{replay}/files/report.json")
    announced = first.post("/v1/impact-reports", {"report": report.get_data(as_text=True)})
    town.nobody.saw(announced.headers["Location"])
    with TemporaryDirectory() as folder:
        rulebook, text = enactable(Path(folder))
        digest, version = _proposed(first, {"source": rulebook.read_text("utf-8"), "text": text.read_text("utf-8")})
    second.did(f"/v1/rulebook-proposals/{digest}/enactment", version=version)
    begun = first.post(f"/v1/replays/{replay}/check").get_json()["job"]
    _over(town, first, begun)
    first.saw(f"/v1/replays/{replay}/check")


def _drafts_that_do_not_stand(first: Someone, second: Someone) -> None:
    digest, version = _proposed(first, rulebook_anew("2027-01-01"))
    second.did(f"/v1/rulebook-proposals/{digest}/refusal", {
        "reason": "scope_or_day_wrong",
        "words": "原文第十一条写明自 2019 年 1 月 1 日起施行，编码写成了 2027 年 1 月 1 日。"}, version=version)
    digest, version = _proposed(first, rulebook_anew("2027-07-01"))
    first.did(f"/v1/rulebook-proposals/{digest}/withdrawal", {
        "words": "施行日期仍与所附原文不符，待修订稿正式印发后重新提出。"}, version=version)


def _proposed(hand: Someone, body: BODY) -> tuple[str, int]:
    done = hand.did("/v1/rulebook-proposals", body)
    return done["proposed"][-1], done["version"]


def _foretold(town: Town, office: Someone, people: Someone) -> str:
    """What the draft would change, beside the law of the province alone; whom it concerns is seen by their own city."""
    question = {"under": f"now+{DRAFT}", "against": "set:zhejiang/2016-08-01"}
    replay = str(office.post("/v1/replays", question).get_json()["job"])
    of_hangzhou = office.post("/v1/replays", {**question, "region": "330100"}).get_json()["job"]
    office.did(f"/v1/jobs/{of_hangzhou}/cancellation")  # That of the province tells of Hangzhou as well.
    _over(town, office, replay)
    office.saw(f"/v1/replays/{replay}")
    for rows in ("person-years", "entries", "titles"):
        people.saw(f"/v1/replays/{replay}/{rows}", purpose="impact_review")
    return replay


def _over(town: Town, office: Someone, job: str) -> None:
    with running(town):
        found = over(office, job)
    assert found["state"] == "done", found
