"""A year of Jiaxing's environmental monitoring: its units and accounts, what its people claim and appeal against, their
papers, and at the end somebody who is forgotten."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from api.operational.second_factor import code_at
from tests.api import house_kit
from tests.api.finding_kit import look
from tests.api.house_kit import BODY, Someone, Town, credit_code, resident_id, study
from tests.api.paper_kit import PDF, digest

COUNTY, CITY = "330402", "330400"
PASSWORD, ANEW = "南湖的船六月才开 1921", "烟雨楼前三两声 2026"
PAPER = {"kind": "certificate", "sha256": digest(PDF)}
REVIEW = {"purpose": "claim_review"}
MINUTE, DAY = 60, 86_400


class Jiaxing(NamedTuple):
    """A station whose people claim, with two hands; the county that decides, with two; the city, and its offices."""

    town: Town
    station: BODY
    clerk: Someone
    colleague: Someone
    county: Someone
    second: Someone
    city: Someone
    people: Someone
    security: Someone
    li: Someone
    wait: Callable[[int], None]  # For so many seconds.

    def version(self, stream: str) -> int:
        return self.town.house.ledger.store.version(stream)

    def joins(self, person: Someone, unit: BODY, clerk: Someone, starts: str) -> BODY:
        asked = person.did(f"/v1/persons/{person.id}/transfers", {"to_unit": unit["unit"], "starts": starts})
        return clerk.did(f"/v1/transfers/{asked['transfer']}/confirmation", version=asked["version"])


def hours_and_accounts(town: Town) -> None:
    with clock_that_waits() as wait:
        place = jiaxing_in(town, wait)
        for told in (units_come_and_go, an_account_is_opened_and_guarded, telephones_are_lost, people_join_and_leave,
                     a_claim_is_reviewed_and_corrected, decisions_are_appealed_against, a_batch_is_approved,
                     a_difference_is_upheld, statements_are_handed_out, somebody_is_forgotten):
            told(place)


@contextmanager
def clock_that_waits() -> Iterator[Callable[[int], None]]:
    """A clock of the town that can be put on: a code lasts for half a minute, and a proposal rests for a month."""
    ahead = [0]

    def wait(seconds: int) -> None:
        ahead[0] += seconds * 1_000_000_000

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house_kit, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + ahead[0]))
        yield wait


def jiaxing_in(town: Town, wait: Callable[[int], None]) -> Jiaxing:
    station = unit_in(town, "嘉兴市南湖区环境监测站", COUNTY, "environment", "陆静娴", "0573-80000002")
    county = unit_in(town, "南湖区生态环境保护局", COUNTY, "environment", "费志刚", "0573-80000003")
    city = unit_in(town, "嘉兴市生态环境保护局", CITY, "environment", "钟毓秀", "0573-80000004")
    people = unit_in(town, "嘉兴市人力社保局", CITY, "general", "沈国梁", "0573-80000005")
    center = unit_in(town, "浙江省学时登记管理中心", "330000", "general", "邵明达", "0571-80000006")
    keeper = registered(town, "邵明达")
    li = registered(town, "李文澜", "13800000011")
    place = Jiaxing(
        town, station,
        hand_of(town, station, "陆静娴", "nanhu.lu", "unit", COUNTY, unit=station["unit"]),
        hand_of(town, station, "姚思远", "nanhu.yao", "unit", COUNTY, unit=station["unit"]),
        hand_of(town, county, "费志刚", "nhepb.fei", "sector_authority", COUNTY, sector="environment"),
        hand_of(town, county, "曹慧敏", "nhepb.cao", "sector_authority", COUNTY, sector="environment"),
        hand_of(town, city, "钟毓秀", "jxepb.zhong", "sector_authority", "3304", sector="environment"),
        hand_of(town, people, "沈国梁", "jxhrss.shen", "human_resources", "3304"),
        hand_of(town, center, "邵明达", "center.shao", "security_administrator", "33", keeper.id),
        li, wait)
    place.joins(li, station, place.clerk, "2018-07-01")
    return place


def unit_in(town: Town, name: str, region: str, sector: str, contact: str, phone: str) -> BODY:
    made = applied(town, name, region, sector, contact, phone)
    return town.founder.did(f"/v1/units/{made['unit']}/verification", version=made["version"])


def applied(town: Town, name: str, region: str, sector: str, contact: str, phone: str) -> BODY:
    return town.nobody.did("/v1/units", {
        "credit_code": credit_code(next(town.numbers)), "name": name, "region": region, "sector": sector,
        "contact": {"name": contact, "phone": phone}})


def hand_of(town: Town, office: BODY, name: str, account: str, role: str, region: str, person: str | None = None,
            **limits: Any) -> Someone:
    body = {"organisation": office["unit"], "account": account, "official": {"name": name}}
    made = town.founder.did("/v1/actors", body if person is None else {**body, "person": person})
    town.founder.did(f"/v1/actors/{made['actor']}/scopes", {"role": role, "region": region, **limits},
                     version=made["version"])
    return Someone(town.client(), town.founder.did(f"/v1/actors/{made['actor']}/tokens")["token"], made["actor"])


def registered(town: Town, name: str, phone: str = "13800000012") -> Someone:
    made = town.nobody.did("/v1/persons", {
        "name": name, "id_kind": "resident_id", "id_number": resident_id(next(town.numbers)), "phone": phone})
    return Someone(town.client(), made["token"], made["person"])


def units_come_and_go(place: Jiaxing) -> None:
    town, people = place.town, place.people
    mistaken = applied(town, "秀洲区新塍水质自动站", "330411", "environment", "吴晓东", "0573-80000007")
    people.did(f"/v1/units/{mistaken['unit']}/rejection", {
        "reason": "code_differs", "words": "统一社会信用代码与所附法人证书不一致，请核对后重新登记。"},
        version=mistaken["version"])
    old, sold, small = (unit_in(town, name, "330411", "environment", "顾佩芬", "0573-80000008") for name in (
        "秀洲区环境监测站", "嘉兴柳湾环境检测服务部", "秀洲区王江泾环保服务所"))
    people.did(f"/v1/units/{old['unit']}/renaming", {"name": "秀洲区生态环境监测中心", "starts": "2026-03-01"},
               version=old["version"])
    people.did(f"/v1/units/{old['unit']}/relocation", {
        "region": "330402", "sector": "environment", "starts": "2026-04-01"}, version=old["version"] + 1)
    people.did(f"/v1/units/{small['unit']}/merger", {"into": old["unit"], "starts": "2026-07-01"},
               version=small["version"])
    people.did(f"/v1/units/{sold['unit']}/closing", {"ends": "2026-09-30"}, version=sold["version"])


def an_account_is_opened_and_guarded(place: Jiaxing) -> None:
    """The station's new clerk opens her account with the code that she was given, and sets up an authenticator."""
    town, people = place.town, place.people
    made = people.did("/v1/actors", {
        "organisation": place.station["unit"], "account": "nanhu.jiang",
        "official": {"name": "蒋雨桐", "phone": "13800000013"}})
    at = f"/v1/actors/{made['actor']}"
    people.did(f"{at}/scopes", {"role": "unit", "region": COUNTY, "unit": place.station["unit"],
                                "category": "professional"}, version=made["version"])
    town.nobody.did("/v1/password", {"code": people.did(f"{at}/setup-codes")["code"], "password": PASSWORD})

    jiang = Someone(town.client(), town.founder.did(f"{at}/tokens")["token"], made["actor"])
    jiang.did("/v1/tokens", {"name": "监测站办公系统", "lasts_days": 90})
    secret = shown_codes(place, jiang, {"current": PASSWORD})
    place.wait(20 * MINUTE)  # What she showed counts no longer, so she shows another before she asks for anything.
    jiang.did("/v1/second-factor/check", {"code": code_at(secret, town.house.now)})
    jiang.did("/v1/second-factor/recovery-codes")
    (named,) = (one for one in jiang.saw("/v1/credentials")["items"] if one["name"])
    jiang.did(f"/v1/credentials/{named['credential']}/revocation")
    jiang.did("/v1/second-factor/removal")


def telephones_are_lost(place: Jiaxing) -> None:
    """With them what showed the codes: a clerk's, who does nothing until that is looked into and then retires; and
    somebody's who has lost the token as well."""
    people = place.people
    pan = hand_of(place.town, place.station, "潘建民", "nanhu.pan", "unit", COUNTY, unit=place.station["unit"])
    at = f"/v1/actors/{pan.id}"
    shown_codes(place, pan)
    people.did(f"{at}/second-factor-resets", {"reason": "lost"})
    for what, body in (("suspension", None), ("reinstatement", None), ("scope-withdrawals", {
            "role": "unit", "region": COUNTY, "unit": place.station["unit"]}), ("dismissal", None)):
        people.did(f"{at}/{what}", body, version=place.version(pan.id))

    tang = registered(place.town, "汤亦舒", "13800000014")
    at = f"/v1/persons/{tang.id}"
    place.joins(tang, place.station, place.clerk, "2021-09-01")
    shown_codes(place, tang)
    people.did(f"{at}/second-factor-resets", {"reason": "broken"})
    people.did(f"{at}/tokens")
    place.town.nobody.did("/v1/password", {"code": people.did(f"{at}/setup-codes")["code"], "password": ANEW})


def shown_codes(place: Jiaxing, holder: Someone, body: BODY | None = None) -> str:
    """Set up an authenticator, which shows codes of this secret."""
    secret = str(holder.did("/v1/second-factor/enrolment", body)["secret"])
    holder.did("/v1/second-factor/confirmation", {"code": code_at(secret, place.town.house.now)})
    return secret


def people_join_and_leave(place: Jiaxing) -> None:
    town, people, clerk = place.town, place.people, place.clerk
    yu, here = registered(town, "俞敏之", "13800000015"), place.station["unit"]
    at = f"/v1/persons/{yu.id}"
    asked = yu.did(f"{at}/transfers", {"to_unit": here, "starts": "2019-01-01"})
    clerk.did(f"/v1/transfers/{asked['transfer']}/refusal", {
        "reason": "wrong_start", "words": "聘用合同自 2020 年 3 月 1 日起，请重新申请。"}, version=asked["version"])
    asked = yu.did(f"{at}/transfers", {"to_unit": here, "starts": "2026-12-01"})
    yu.did(f"/v1/transfers/{asked['transfer']}/withdrawal", version=asked["version"])
    place.joins(yu, place.station, clerk, "2020-03-01")
    people.did(f"{at}/corrections", {"name": "俞敏芝", "words": "登记时误写，与居民身份证核对后更正。"})
    clerk.did(f"{at}/departures", {"ends": "2026-08-31"})
    people.did(f"{at}/departure-voidings", {"ends": "2026-08-31"})

    namesake = unit_in(town, "南湖区凤桥环境监测服务部", COUNTY, "environment", "庄立人", "0573-80000009")
    theirs = hand_of(town, namesake, "庄立人", "fengqiao.zhuang", "unit", COUNTY, unit=namesake["unit"])
    place.joins(yu, namesake, theirs, "2026-05-01")
    people.did(f"{at}/affiliation-voidings", {"starts": "2026-05-01"})
    wrong = {"level": "senior", "series": "engineering", "obtained_on": "2021-12-30"}
    people.did(f"{at}/titles", wrong)
    people.did(f"{at}/title-voidings", wrong)
    people.did(f"{at}/restrictions", {"basis": "申〔2026〕8号", "words": "本人书面申请，在核实信息期间停止处理。"})
    people.did(f"{at}/restriction-liftings", {"basis": "申〔2026〕9号"})


def a_claim_is_reviewed_and_corrected(place: Jiaxing) -> None:
    li, clerk, colleague, county = place.li, place.clerk, place.colleague, place.county
    sent = li.client.put(f"/v1/persons/{li.id}/evidence/{PAPER['sha256']}", data=PDF, headers={
        **li.headers(), "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename*=UTF-8''%E7%BB%93%E4%B8%9A%E8%AF%81%E4%B9%A6.pdf"})
    assert sent.status_code == 201, sent.get_data(as_text=True)
    draft = f"/v1/persons/{li.id}/drafts/vocs-2026"
    saved = li.client.put(draft, json=training("挥发性有机物监测技术培训班", "2026-04-17", "3"), headers=li.headers())
    claim = li.did(f"{draft}/submission", version=saved.get_json()["version"])

    claim = clerk.act(claim, "assignment", {"to": colleague.id, "words": "我下周出差，请代为审核。"})
    clerk.saw(f"/v1/claims/{claim['claim']}", **REVIEW)
    paper = colleague.get(f"/v1/claims/{claim['claim']}/evidence/{PAPER['sha256']}", **REVIEW)
    assert paper.data == PDF
    claim = colleague.act(claim, "return", {
        "reason": "wrong_quantity", "words": "结业证书载明培训两天，请按实际天数改正。"})
    claim = li.act(claim, "revision", training("挥发性有机物监测技术培训班", "2026-04-17", "2"))
    claim = county.act(colleague.act(claim, "endorsement"), "approval")
    claim = county.act(claim, "correction", training(
        "挥发性有机物监测技术培训班", "2026-04-17", "2.5", words="结业证书未计半天实操考核，按主办单位日程表更正。"))
    claim = county.act(claim, "freeze", {"words": "该班签到表正在核查，核查期间暂停计入。"})
    claim = county.act(claim, "release", {"words": "签到表核对无误，恢复计入。"})
    claim = county.act(claim, "revocation", {"basis": "falsified", "words": "主办单位来函称学员名册无此人。"})
    place.second.act(claim, "reinstatement", {
        "basis": "decided_in_error", "words": "主办单位更正：名册漏印一页，确有此人，附更正函。"})

    twice = claimed(li, training("水质自动监测运维培训班", "2026-05-22", "2"))
    li.act(twice, "withdrawal")


def training(title: str, day: str, days: str, **more: str) -> BODY:
    return {"study": study(date=day, days=days),
            "details": {"title": title, "certificate_issuer": "浙江省环境监测协会", "location": "杭州市西湖区", **more},
            "evidence": [PAPER]}


def claimed(person: Someone, content: BODY) -> BODY:
    return person.did("/v1/claims", {"person": person.id, **content})


def decisions_are_appealed_against(place: Jiaxing) -> None:
    li, county, city = place.li, place.county, place.city
    unfiled = {"reason": "not_filed", "words": "该班未在年度计划中备案。"}

    def refused(title: str, day: str) -> BODY:
        return county.act(place.clerk.act(claimed(li, training(title, day, "2")), "endorsement"), "refusal", unfiled)

    claim = li.act(refused("土壤采样与制备实务班", "2026-06-12"), "appeal", {"words": "该班在市局年度培训计划之内。"})
    claim = li.act(claim, "appeal-withdrawal")
    claim = li.act(claim, "appeal", {"words": "补充说明：主办单位已于 5 月办理备案，附回执。", "evidence": [PAPER]})
    city.act(claim, "appeal-allowance", {"words": "经查备案回执属实，请按规定重新审核。"})
    claim = li.act(refused("噪声监测仪器推介会", "2026-06-26"), "appeal", {"words": "会议安排了技术讲座，应予认定。"})
    city.act(claim, "appeal-dismissal", {"words": "会议为产品推介，不属于继续教育活动，维持原决定。"})


def a_batch_is_approved(place: Jiaxing) -> None:
    claims = [place.clerk.act(claimed(place.li, training(title, day, "1")), "endorsement") for title, day in (
        ("环境应急监测演练培训", "2026-07-10"), ("实验室质量控制培训", "2026-08-21"))]
    lines = "".join(json.dumps({
        "claim": one["claim"], "version": one["version"], "opened_evidence": [PAPER["sha256"]],
    }) + "\n" for one in claims)
    done = place.county.client.post("/v1/claims:bulk", data=lines, headers={
        **place.county.headers(), "Content-Type": "application/x-ndjson"})
    assert [json.loads(one)["status"] for one in done.get_data(as_text=True).splitlines()] == [201, 201]


def a_difference_is_upheld(place: Jiaxing) -> None:
    """Hours were approved in Ningbo before anybody there knew that he had moved to Jiaxing, which counts more."""
    town = place.town
    works = unit_in(town, "宁波海曙精密轴承厂", "330203", "industry", "戴永康", "0574-80000010")
    clerk = hand_of(town, works, "戴永康", "haishu.dai", "unit", "330203", unit=works["unit"])
    shi = registered(town, "史承志", "13800000016")
    place.joins(shi, works, clerk, "2018-03-01")
    exam = clerk.act(claimed(shi, {
        "study": study(route="exam", subjects=1, date="2026-03-14"),
        "details": {"title": "环境影响评价工程师职业资格考试（单科合格）"}, "evidence": [PAPER]}), "approval")
    place.joins(shi, place.station, place.clerk, "2026-01-01")
    (row,) = clerk.saw("/v1/differences", purpose="annual_review", person=shi.id)["items"]
    clerk.act(exam, "upholding", {
        "decided": row["decided"]["counted"], "evaluated": row["evaluated"]["counted"],
        "words": "报名与学习均在调动之前完成，维持原认定。"})


def statements_are_handed_out(place: Jiaxing) -> None:
    li, at = place.li, f"/v1/persons/{place.li.id}/statements"
    first, second, third = (li.did(at, body) for body in ({"years": [2026]}, {"years": [2026], "name": "clear"}, {}))
    li.did(f"/v1/statements/{first['statement']}/supersession", {"by_statement": second["statement"]},
           version=first["version"])
    place.people.did(f"/v1/statements/{third['statement']}/voiding", {
        "basis": "issued_in_error", "words": "出具时 2018 年的单位尚未核对，请重新申请。"}, version=third["version"])
    place.town.nobody.saw("/v1/verifications", code=second["code"], sha256=second["sha256"])


def somebody_is_forgotten(place: Jiaxing) -> None:
    """Asked for, thought better of, asked for again, left to rest for a month and done by another hand."""
    people = place.people
    xu = registered(place.town, "许如海", "13800000017")
    place.joins(xu, place.station, place.clerk, "2019-05-01")
    look(place.town)  # Nobody is forgotten of whom it is not known whether anything was found.
    at = f"/v1/persons/{xu.id}/erasure"
    asked = {"basis": "request", "document": "嘉人社申〔2026〕37号", "asked_on": "2026-11-20",
             "words": "本人已移居国外，书面申请删除个人资料。"}
    people.did(at, asked)
    xu.did(f"{at}/withdrawal", {"words": "明年可能回国执业，先保留。"}, version=place.version(xu.id))
    people.did(at, {**asked, "document": "嘉人社申〔2026〕41号", "asked_on": "2026-11-23"})
    place.wait(31 * DAY)
    place.security.did(f"{at}/destruction", {"document": "嘉人社申〔2026〕41号"}, version=place.version(xu.id))
