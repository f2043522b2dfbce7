"""Three certificates that two people each have shown, the case that is opened on one of them, and what comes of it.

Seven people of a works in Haishu are registered for trainings of 2026. Of three findings one is ruled out, one handed
over, and one leads to a case, which is widened, decided and closed. One of two whose hours were revoked is right in
the end: the province hears her.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final, NamedTuple

from api.service.bulk_runner import BUNDLES, BulkRunner
from projections.findings.found import Finding
from tests.api.finding_kit import PATTERN, WATCH, look
from tests.api.house_kit import BODY, Someone, Town, study
from tests.waiting import until

PURPOSE: Final = {"purpose": "investigation"}
TRAININGS: Final = (  # Who showed which scan: three are each of two people, the last is of its owner alone.
    ("陈立群", "工业机器人系统运维高级研修班", "2026-03-05", "甬机器人研修〔2026〕018号"),
    ("周雅琴", "智能产线数字化改造研修班", "2026-04-16", "甬机器人研修〔2026〕018号"),
    ("沈国梁", "五轴数控加工工艺提升班", "2026-05-14", "浙数控培〔2026〕203号"),
    ("吴海燕", "精密零件三坐标测量技术培训", "2026-05-28", "浙数控培〔2026〕203号"),
    ("徐志明", "模具热处理与表面工程研修班", "2026-06-11", "甬模协〔2026〕77号"),
    ("蒋文娟", "压铸模具寿命分析培训", "2026-06-25", "甬模协〔2026〕77号"),
    ("何建军", "智能产线数字化改造研修班", "2026-04-16", "甬智造培〔2026〕109号"),
)


class Scene(NamedTuple):
    """The people of the works with their entries, in the order above, and who looks into them."""

    town: Town
    people: list[Someone]
    claims: list[str]
    lin: Someone   # Opens the case.
    fang: Someone  # Works on it with Lin.
    hr: Someone    # Decides on the right to apply for a title.

    def found_of(self, *numbers: int) -> Finding:
        """What the patterns found of these entries."""
        (found,) = (one for one in look(self.town)
                    if one.pattern == PATTERN and set(one.claims) == {self.claims[at] for at in numbers})
        return found

    def upon(self, found: Finding, act: str, whom: Someone, **fields: object) -> BODY:
        """Act upon a finding as it is shown."""
        path = f"/v1/findings/{found.finding}"
        seen = whom.saw(path, **PURPOSE)
        return whom.did(f"{path}/{act}", {"facts_sha256": seen["facts_sha256"], **fields}, version=seen["version"])


class Desk(NamedTuple):
    """A case on which Lin and Fang work."""

    scene: Scene
    path: str

    def act(self, what: str, whom: Someone | None = None, /, **fields: object) -> BODY:
        return (whom or self.scene.lin).did(f"{self.path}/{what}", fields or None, version=self.version())

    def read(self, *pages: str) -> None:
        for page in pages:
            assert self.scene.lin.get(f"{self.path}{page}", **PURPOSE).status_code == 200, page

    def shown(self, act: str, **fields: object) -> BODY:
        """The body of an act upon many entries, with the list as a trial has shown it."""
        body: BODY = {"act": act, **fields}
        tried = self.scene.lin.post(f"{self.path}/bulk", body, dry_run="true").get_json()
        return {**body, "list_sha256": tried["would"]["list_sha256"]}

    def begun(self, body: BODY) -> str:
        """Begin an act upon many entries and do not wait for it."""
        lin = self.scene.lin
        headers = {**lin.headers(version=self.version()), "Prefer": "wait=0"}
        answer = lin.client.post(f"{self.path}/bulk", json=body, headers=headers)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        return f"bulk/{answer.get_json()['act']}"

    def version(self) -> int:
        return self.scene.town.house.ledger.store.version(self.path.rpartition("/")[2])


def a_case_and_what_came_of_it(town: Town) -> None:
    scene = _registered(town)
    _one_is_ruled_out_and_one_handed_over(scene)
    desk = _opened(scene)
    _material_is_asked_for(desk)
    _widened_and_held(desk)
    _revoked_together(desk)
    taken = _right_to_apply_is_taken(desk)
    _bundled(desk)
    _closed(desk)
    _one_is_put_right(scene, taken)
    _looks_are_proved(scene)


def _registered(town: Town) -> Scene:
    works = town.unit("宁波甬盛精密机械有限公司", "330203", "industry")
    clerk = town.officer(works, "unit", "330203", unit=works["unit"])
    people, claims = [], []
    for name, title, day, certificate in TRAININGS:
        one = town.person(name)
        town.belongs(one, works, "2019-07-01")
        body = one.claim(study(date=day), title, certificate_number=certificate)
        body["evidence"] = [{"kind": "certificate", "sha256": _digest(certificate)}]
        claims.append(str(clerk.act(one.did("/v1/claims", body), "approval", {})["claim"]))
        people.append(one)
    bureau = town.unit("宁波市继续教育监督检查中心", "330200", "general")
    lin, fang = (town.officer(bureau, WATCH, "3302") for _ in range(2))
    hr = town.officer(town.unit("宁波市职称工作办公室", "330200", "general"), "human_resources", "3302")
    return Scene(town, people, claims, lin, fang, hr)


def _one_is_ruled_out_and_one_handed_over(scene: Scene) -> None:
    lin, fang = scene.lin, scene.fang
    one = scene.found_of(2, 3)
    lin.saw("/v1/findings")
    scene.upon(one, "taking-up", lin, due="2026-12-11")
    scene.upon(one, "assignment", lin, to=fang.id, due="2026-12-18")
    scene.upon(one, "ruling-out", fang,
               words="培训中心来函：两班由同一教务员发证，扫描时把沈国梁的证书误传给吴海燕，两人均有签到和考核成绩")
    other = scene.found_of(4, 5)
    scene.upon(other, "substantiation", lin, basis="第十六条", words="协会存根中该编号只发给徐志明一人")
    linked = scene.upon(other, "case", lin, kind="falsification", due="2027-01-29",
                        words="蒋文娟所附证书与徐志明的系同一份，且协会经办人涉嫌出售证书扫描件")
    Desk(scene, f"/v1/cases/{linked['case']}").act(
        "referral", to="海曙区公安机关", document="甬人社监移〔2026〕9号",
        words="经办人涉嫌出售证书扫描件牟利，随案移送证书存根复印件和询问笔录")
    scene.upon(other, "referral", lin, to="海曙区公安机关", document="甬人社监移〔2026〕9号",
               words="随案移送，由公安机关查明扫描件来源")


def _opened(scene: Scene) -> Desk:
    opened = scene.lin.did("/v1/cases", {
        "kind": "falsification", "region": "330203", "sector": "industry", "claims": scene.claims[:2],
        "pattern": "D02/1", "due": "2026-12-31",
        "words": "陈立群、周雅琴为不同班次的学时出示了编号相同的结业证书，须查明谁参加了培训"})
    desk = Desk(scene, f"/v1/cases/{opened['case']}")
    desk.act("members", actor=scene.fang.id)
    desk.act("linked-findings", findings=[scene.found_of(0, 1).finding])
    desk.act("hold", claims=scene.claims[:1], words="核查期间暂不计入年度学时，以免据此出具证明")
    return desk


def _material_is_asked_for(desk: Desk) -> None:
    desk.act("material-requests", source="宁波工业机器人培训中心", due="2026-12-04",
             what="第十八期研修班的签到原件、考核成绩册和结业证书发放登记簿")
    desk.act("material-requests", desk.scene.fang, source="宁波甬盛精密机械有限公司", due="2026-12-04",
             what="三月五日至六日、四月十六日至十七日的车间考勤和出差审批单")
    desk.act("material-requests/1/receipt", desk.scene.fang, words="登记簿一册、签到表四页，与原件核对无异",
             files=[_digest("证书发放登记簿"), _digest("第十八期签到表")])
    desk.act("notes", desk.scene.fang,
             words="登记簿上第十八期没有陈立群、周雅琴，也没有何建军；四月那期的签到表三人笔迹相同")
    desk.act("material-requests/2/ending", why="not_provided", words="两次书面催要，公司答复考勤系统已更换、无法提供")
    desk.act("deadline", due="2027-01-29", words="需向培训中心负责人补充询问，原限期内不能办结")


def _widened_and_held(desk: Desk) -> None:
    desk.act("claims", claims=desk.scene.claims[6:], words="何建军与周雅琴登记同一班次，签到笔迹相同，一并核查")
    held = desk.shown("hold", words="签到表笔迹存疑，尚未冻结的两项在核查期间一并冻结")
    desk.act("bulk", **held)


def _revoked_together(desk: Desk) -> None:
    scene, words = desk.scene, "证书发放登记簿无此三人，签到表三人笔迹相同"
    desk.read("", "/notes", "/material-requests", "/named", "/simulation")
    desk.act("finding", finding="substantiated", basis="第十六条", words=words)
    everyone = desk.begun(desk.shown("revoke", basis="falsified", words=words))
    desk.act(f"{everyone}/abandonment", scene.fang, words="何建军当日补交了本人的签到照片，名单须重新核对")
    desk.act("bulk", **desk.shown("release", claims=scene.claims[6:],
                                  words="签到照片经培训中心确认，何建军确系本人参加"))
    two = desk.begun(desk.shown("revoke", basis="falsified", claims=scene.claims[:2],
                                words="证书发放登记簿无此二人，签到表两人笔迹相同"))
    desk.read(f"/{two}")
    desk.act(f"{two}/resumption", scene.fang)
    desk.read("/bulk", "/followed")


def _right_to_apply_is_taken(desk: Desk) -> BODY:
    """Of both; gives what was decided of Zhou."""
    scene, taken = desk.scene, {}
    for at in range(2):
        taken = scene.hr.did(f"/v1/persons/{scene.people[at].id}/disqualifications", {
            "cause": "falsified", "document": "人社部发〔2024〕56号", "article": "虚假承诺", "until": "2029-11-22",
            "claims": [scene.claims[at]], "words": "以他人的结业证书登记学时，并在年度承诺书上签字"})
        desk.act("consequences", application=taken["application"])
    return taken


def _bundled(desk: Desk) -> None:
    lin, path = desk.scene.lin, f"{desk.path}/bundles"
    with_names, redacted = ({"purpose": "court_referral", **more} for more in ({}, {"redact": ["name"]}))
    unwanted = _asked(lin, path, with_names)
    lin.did(f"/v1/jobs/{unwanted}/cancellation")
    job = _asked(lin, path, redacted)
    runner = BulkRunner(desk.scene.town.house, work=BUNDLES)
    runner.start()
    try:
        done = until(lambda: (one := lin.saw(f"/v1/jobs/{job}"))["ended_at"] and one,
                     lambda: lin.saw(f"/v1/jobs/{job}"), seconds=300)  # Beside eight others on two cores 60 were few.
    finally:
        runner.stop()
    assert lin.get(done["result"]).status_code == 200, done


def _asked(whom: Someone, path: str, body: dict[str, Any]) -> str:
    answer = whom.post(path, body)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    return str(answer.get_json()["job"])


def _closed(desk: Desk) -> None:
    lin, fang = desk.scene.lin, desk.scene.fang
    desk.act(f"members/{fang.id}/release", words="调任鄞州区，所办事项已交接")
    desk.act("closing")
    desk.read("/notices", "/notices.csv", "/notices.html", "/bundle.zip")
    lin.saw("/v1/cases")
    lin.saw("/v1/jobs")


def _one_is_put_right(scene: Scene, taken: BODY) -> None:
    zhou, claim = scene.people[1], f"/v1/claims/{scene.claims[1]}"
    zhou.act(zhou.saw(claim), "appeal", {
        "words": "四月班的结业证书由我本人领取，上传时误选了同事陈立群发来的文件，原件可供核对"})
    town = scene.town
    office = town.unit("浙江省工业人才工作处", "330000", "industry")
    province = town.officer(office, "sector_authority", "33", sector="industry")  # Above the city that revoked.
    province.act(province.saw(claim, **PURPOSE), "appeal-allowance",
                 {"words": "原件与培训中心补寄的四月班登记簿相符，原撤销决定所依据的签到表系另一场次"})
    colleague = town.officer(town.unit("宁波市职称评审服务处", "330200", "general"), "human_resources", "3302")
    colleague.did(f"/v1/sanctions/{taken['application']}/lifting", version=taken["version"], body={
        "basis": "decided_in_error", "words": "所依据的学时经申诉已恢复，取消申报资格的决定随之解除"})


def _looks_are_proved(scene: Scene) -> None:
    looks = scene.lin.saw("/v1/access", person=scene.people[0].id, **PURPOSE)
    scene.town.house.register.access_signer.checkpoint()
    answer = scene.lin.get(f"/v1/access/{looks['items'][0]['position']}/proof")
    assert answer.status_code == 200, answer.get_data(as_text=True)


def _digest(paper: str) -> str:
    return sha256(paper.encode()).hexdigest()
