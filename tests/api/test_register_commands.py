"""Every command of the register does what its line of the table says, and tells it in Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.shelf import SHIPPED, TEXTS
from tests.api.command_kit import made, served, xueshi
from tests.api.house_kit import credit_code, resident_id
from tests.api.office_kit import STUDY, Office
from tests.api.paper_kit import digest, png

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    assert xueshi(folder, "init").returncode == 0
    with served(folder):
        yield Office(folder)


def test_a_claim_walks_its_steps_and_each_is_told(office: Office) -> None:
    claim = office.claim()
    assert "待用人单位办理" in office.run(office.token, "claim", "show", claim).stdout
    waiting = office.run(office.clerk_token, "work", "list").stdout
    assert claim in waiting
    assert "学时申报" in waiting

    office.run(office.clerk_token, "claim", "return", claim, "--reason", "evidence_missing", "--words", "请补充日程表")
    assert "理由：佐证材料不全 [evidence_missing]。请补上" in office.run(office.token, "claim", "show", claim).stdout
    assert "evidence_missing" in office.run(office.token, "rulebook", "reasons", "--kind", "claim.returned").stdout
    office.run(office.token, "claim", "revise", claim, *STUDY, "--title", "某培训（补正）", "--evidence",
               "schedule=证书.pdf@2025-05-03")
    endorsed = office.run(office.clerk_token, "claim", "endorse", claim).stdout
    assert "✓ 用人单位 → 行业主管部门" in endorsed
    tried = office.run(office.registrar_token, "claim", "approve", claim, "--dry-run").stdout
    assert "应附  培训文件通知、考试考核合格证、日程安排表  zhejiang-environment/2018-07-15 第八条（一）" in tried
    approved = office.run(office.registrar_token, "claim", "approve", claim, "--opened-evidence", "证书.pdf").stdout
    assert "核定  12 学时，认定，zhejiang-environment/2018-07-15 第八条（一）" in approved

    events = office.run(office.token, "claim", "events", claim).stdout
    assert re.findall(r"claim\.\w+", events) == [
        "claim.submitted", "claim.returned", "claim.revised", "claim.endorsed", "claim.approved"]


def test_a_registered_claim_is_corrected_frozen_released_revoked_and_reinstated(office: Office) -> None:
    claim = office.approved()
    second, second_token = office.officer(office.bureau, "second", "--role", "sector_authority")
    corrected = office.run(office.registrar_token, "claim", "correct", claim, *STUDY[:3], "days=1", STUDY[4],
                           "--title", "某培训").stdout
    assert "核定  6 学时" in corrected
    assert "已冻结" in office.run(office.registrar_token, "claim", "freeze", claim, "--words", "核查").stdout
    assert "已登记" in office.run(office.registrar_token, "claim", "release", claim).stdout
    revoked = office.run(office.registrar_token, "claim", "revoke", claim, "--basis", "falsified", "--words", "不实")
    assert "已撤销" in revoked.stdout
    reinstated = office.run(second_token, "claim", "reinstate", claim, "--basis", "appeal", "--words", "成立")
    assert "已登记" in reinstated.stdout
    made(office.folder, "actor", "dismiss", second)


def test_a_claim_is_withdrawn_or_refused(office: Office) -> None:
    assert "已撤回" in office.run(office.token, "claim", "withdraw", office.claim()).stdout
    claim = office.claim()
    refused = office.run(office.clerk_token, "claim", "refuse", claim, "--words", "不属继续教育").stdout
    assert "已驳回" in refused

    appealed = office.run(office.token, "claim", "appeal", claim, "--words", "有通知为证").stdout
    assert "待答复，由行业主管部门" in appealed and "第十七条" in appealed
    assert "不属继续教育" in office.run(office.token, "claim", "show", claim).stdout
    assert "已撤回申诉" in office.run(office.token, "claim", "withdraw-appeal", claim).stdout


def test_a_claim_that_is_looked_at_tells_its_papers_and_until_when_one_may_appeal(office: Office) -> None:
    (office.folder / "证明.png").write_bytes(png())
    office.run(office.token, "evidence", "upload", office.person, "证明.png")
    claim = str(office.made(office.token, "claim", "submit", office.person, *STUDY, "--title", "某讲座", "--evidence",
                            "certificate=证明.png", "--evidence", "notice=证书.pdf")["claim"])
    told = office.run(office.token, "claim", "show", claim).stdout
    assert f"佐证  证书、证明  证明.png  {digest(png())}" in told
    assert "佐证  通知、日程  只登记了摘要，文件不在本系统  " in told
    office.run(office.token, "evidence", "fetch", claim, digest(png()), "--out", "again.png")
    assert (office.folder / "again.png").read_bytes() == png()

    office.run(office.clerk_token, "claim", "refuse", claim, "--words", "不是本人的")
    refused = office.run(office.token, "claim", "show", claim).stdout
    assert re.search("若不同意，可在 [0-9-]{10} 之前（含当日）申诉，由行业主管部门", refused)
    office.run(office.token, "claim", "appeal", claim, "--words", "是本人的")
    assert "若不同意" not in office.run(office.token, "claim", "show", claim).stdout


def test_whoever_submits_is_told_that_papers_are_uploaded_apart(office: Office) -> None:
    facts = ("claim", "submit", office.person, *STUDY, "--title", "某培训", "--evidence", "certificate=证书.pdf")
    hint = f"xueshi evidence upload {office.person} 文件"

    assert hint not in office.run(office.token, *facts, "--dry-run").stdout
    assert hint in office.run(office.token, *facts).stdout


def test_a_claim_may_be_given_as_json(office: Office) -> None:
    body = '{"study":{"category":"professional","route":"training","level":"provincial","days":"2",' \
        '"date":"2025-05-03"},"details":{"title":"某培训"},' \
        '"evidence":[{"kind":"certificate","sha256":"' + "ab" * 32 + '"}]}'
    ended = xueshi(office.folder, "claim", "submit", office.person, "-", "--dry-run", stdin=body,
                   XUESHI_TOKEN=office.token)

    assert "核定  12 学时" in ended.stdout
    assert xueshi(office.folder, "claim", "submit", office.person, "-", stdin="[]").returncode == 2


def test_what_the_law_does_not_know_is_told_with_the_field(office: Office) -> None:
    ended = xueshi(office.folder, "claim", "submit", office.person, *STUDY[:3], "days=2.3", STUDY[4], "--title", "x",
                   XUESHI_TOKEN=office.token)
    slip = xueshi(office.folder, "claim", "submit", office.person, "training", "--title", "x")

    assert (ended.returncode, "/study/days：" in ended.stderr) == (2, True)
    assert (slip.returncode, "[bad_fact]" in slip.stderr) == (2, True)


def test_years_are_told_with_reasons_and_as_they_were(office: Office) -> None:
    office.approved()
    now = office.run(office.token, "years", "show", office.person, "2025", "--why").stdout
    before = office.run(office.token, "years", "show", office.person, "--valid-on", "2025-01-31").stdout
    of_office = xueshi(office.folder, "years", "show", office.person, XUESHI_TOKEN=office.registrar_token)

    assert "原文：" in now
    assert "发生时间 2025-01-31" in before
    assert "没有登记的学时" in before
    assert (of_office.returncode, "[purpose_missing]" in of_office.stderr) == (1, True)
    office.run(office.registrar_token, "years", "show", office.person, "--purpose", "annual_review")


def test_a_day_that_does_not_exist_is_bad_input(office: Office) -> None:
    ended = xueshi(office.folder, "years", "show", office.person, "--valid-on", "2025-02-30", XUESHI_TOKEN=office.token)

    assert (ended.returncode, "[valid_on_malformed]" in ended.stderr) == (2, True)


def test_a_statement_is_issued_shown_and_written(office: Office) -> None:
    office.approved()
    issued = office.run(office.token, "statement", "issue", office.person, "--year", "2025", "--clear-name").stdout
    (statement,) = set(re.findall(r"stm_[0-9a-z]{22}", issued))
    assert "有效" in office.run(office.token, "statement", "show", statement).stdout
    file = office.run(office.token, "statement", "file", statement).stdout
    office.run(office.token, "statement", "file", statement, "--out", "statement.txt")

    assert file == (office.folder / "statement.txt").read_text(encoding="utf-8")
    assert "李明" in file
    absent = xueshi(office.folder, "statement", "file", "stm_" + "0" * 22, XUESHI_TOKEN=office.token)
    assert (absent.returncode, "[statement_absent]" in absent.stderr) == (1, True)


def test_a_statement_gives_way_to_a_later_one_or_is_void(office: Office) -> None:
    office.approved()
    first, second, third = (
        str(office.made(office.token, "statement", "issue", office.person)["statement"]) for _ in range(3))
    bureau = str(made(office.folder, "actor", "grant", office.registrar, "--role", "human_resources", "--region",
                      "330402")["actor"])
    assert bureau == office.registrar
    told = office.run(office.registrar_token, "statement", "supersede", first, "--by", second).stdout
    assert "已被更新的取代" in told
    assert second in told
    assert "已作废" in office.run(office.registrar_token, "statement", "void", third, "--basis", "issued_in_error",
                                 "--words", "填错年度").stdout


def test_a_scope_in_six_digits_says_that_it_holds_no_county(office: Office) -> None:
    def told(region: str) -> str:
        return xueshi(office.folder, "actor", "grant", office.registrar, "--role", "human_resources",
                      "--region", region, XUESHI_TOKEN="").stdout

    assert "人力社保部门，330400（只限本级；连同所辖各地写 3304）" in told("330400")
    assert "人力社保部门，330000（只限本级；连同所辖各地写 33）" in told("330000")
    assert "人力社保部门，3304\n" in told("3304")


def test_an_event_and_the_words_of_the_law_are_shown(office: Office) -> None:
    shown = xueshi(office.folder, "events", "show", "1").stdout
    words = xueshi(office.folder, "rulebook", "words").stdout

    assert "log.opened/1" in shown
    assert "environment 环保" in words
    assert "advanced_seminar" in words


def test_the_proof_of_an_event_is_kept_as_a_file_that_verifies(office: Office) -> None:
    taken = xueshi(office.folder, "events", "proof", "1", "--out", "event-1.tlog-proof")
    (office.folder / "log.vkey").write_text(xueshi(office.folder, "log", "key").stdout, "utf-8")

    assert "xueshi verify event-1.tlog-proof" in taken.stdout
    verified = xueshi(office.folder, "verify", "event-1.tlog-proof", "--key", "log.vkey")
    assert (verified.returncode, "成立" in verified.stdout) == (0, True)


def test_each_operation_of_the_api_has_its_command() -> None:
    described = json.loads((ROOT / "api" / "openapi.json").read_text("utf-8"))["paths"]
    table = (ROOT / "api" / "commands.md").read_text("utf-8")
    without = [path for path in described if f"{path}`" not in table and f"…/{path.rpartition('/')[2]}`" not in table
               and path != "/v1/persons/{person}/years" and not path.endswith("{year}")]

    assert without == []
    assert "`GET /v1/persons/{person}/years[/{year}]`" in table


def test_a_transfer_is_shown_refused_and_withdrawn(office: Office) -> None:
    other = office.organisation(3, "另一公司")
    _, token = office.officer(other, "other", "--role", "unit", "--unit", other)
    ask = ("transfer", "request", office.person, "--to-unit", other, "--starts", "2026-01-01")
    first = str(office.made(office.token, *ask)["transfer"])
    assert "待接收单位确认" in office.run(office.token, "transfer", "show", first).stdout
    assert "已拒绝" in office.run(token, "transfer", "refuse", first, "--words", "查无此人").stdout
    second = str(office.made(office.token, *ask)["transfer"])
    assert "已撤回" in office.run(office.token, "transfer", "withdraw", second).stdout


def test_an_account_is_suspended_reinstated_stripped_and_dismissed(office: Office) -> None:
    actor, token = office.officer(office.bureau, "temporary", "--role", "human_resources")
    folder = office.folder
    for verb, words in (("suspend", "已停用"), ("reinstate", "在任")):
        assert words in xueshi(folder, "actor", verb, actor).stdout
    assert "权限" in xueshi(folder, "actor", "show", actor).stdout
    lost = office.run(token, "person", "token", office.person)
    office.token = re.findall(r"xsl_[-\w]{43}", lost.stdout)[0]
    assert "只显示这一次" in lost.stdout
    scope = ("--role", "human_resources", "--region", "330402")
    assert "权限" not in xueshi(folder, "actor", "withdraw", actor, *scope).stdout
    assert "已终止" in xueshi(folder, "actor", "dismiss", actor).stdout


def test_a_unit_is_rejected_by_an_office_and_not_by_the_installation(office: Office) -> None:
    unit = str(made(office.folder, "unit", "register", "--name", "假公司", "--region", "330402", "--sector",
                    "environment", "--contact", "某人", "--credit-code", credit_code(9))["unit"])
    _, token = office.officer(office.bureau, "papers", "--role", "human_resources")
    nobody = xueshi(office.folder, "unit", "reject", unit, "--words", "证照不符")

    assert (nobody.returncode, "[login_required]" in nobody.stderr) == (1, True)
    assert "不予核验" in office.run(token, "unit", "reject", unit, "--words", "证照不符").stdout


def test_a_unit_is_renamed_merged_and_closed_and_somebody_retires(office: Office) -> None:
    one, two = office.organisation(21, "老厂"), office.organisation(22, "新厂")
    _, token = office.officer(one, "works", "--role", "unit", "--unit", one)
    _, hr = office.officer(office.bureau, "registry", "--role", "human_resources")
    made_here = made(office.folder, "person", "register", "--name", "鲁师傅", "--id-number", resident_id(77))
    person, own = str(made_here["person"]), str(made_here["token"])
    moved = office.made(own, "transfer", "request", person, "--to-unit", one, "--starts", "2024-01-01")
    office.run(token, "transfer", "confirm", str(moved["transfer"]))

    corrected = office.run(hr, "person", "correct", person, "--name", "鲁大师傅", "--words", "与身份证不符").stdout
    assert "✓ 已更正" in corrected and "鲁大" not in corrected, "what is sealed is not told"
    left = office.run(token, "person", "leave", person, "--ends", "2026-03-31").stdout
    assert "✓ 已登记离开" in left and "2026-03-31" in left
    assert "至今" in office.run(hr, "person", "void-departure", person, "--ends", "2026-03-31").stdout
    assert "已作废" in office.run(hr, "person", "void-affiliation", person, "--starts", "2024-01-01").stdout

    renamed = office.run(hr, "unit", "rename", one, "--name", "新名字的厂", "--starts", "2026-02-01").stdout
    assert "✓ 已更名" in renamed and "新名字的厂" in renamed
    merged = office.run(hr, "unit", "merge", one, "--into", two, "--starts", "2026-03-01").stdout
    assert "状态      已并入" in merged and two in merged
    assert "已注销" in office.run(hr, "unit", "close", two, "--ends", "2026-04-01").stdout


def test_rulebooks_are_listed_shown_proposed_and_enacted_by_another_but_no_draft_is(office: Office) -> None:
    folder = office.folder
    listed = xueshi(folder, "rulebook", "list").stdout
    assert len(re.findall(r"^\S+/\d{4}-\d\d-\d\d", listed, re.MULTILINE)) == 5
    assert "温人社发〔2020〕125号" in xueshi(folder, "rulebook", "show", "wenzhou/2020-11-27").stdout

    source = (SHIPPED / "ningbo-industry" / "2019-01-01.toml").read_text("utf-8")
    (folder / "draft.toml").write_text("draft = true\n" + source, "utf-8")
    amended = source.replace("in_force_from = 2019-01-01", "in_force_from = 2026-03-01")
    (folder / "new.toml").write_text(amended, "utf-8")
    text = str(next(TEXTS.glob("N-*")))
    law, token = office.officer(office.bureau, "law", "--role", "policy_office", "--region", "33")
    draft = xueshi(folder, "rulebook", "propose", "draft.toml", "--text", text, XUESHI_TOKEN=token)
    assert (draft.returncode, "[rulebook_is_draft]" in draft.stderr) == (1, True)
    assert "!" in office.run(token, "rulebook", "propose", "new.toml", "--text", text, "--dry-run").stdout
    (digest,) = office.made(token, "rulebook", "propose", "new.toml", "--text", text)["proposed"]
    own = xueshi(folder, "rulebook", "enact", digest, XUESHI_TOKEN=token)
    assert (own.returncode, "[same_hand]" in own.stderr) == (1, True)
    assert xueshi(folder, "rulebook", "list").stdout == listed
    assert "待施行" in xueshi(folder, "rulebook", "proposals").stdout
    no = xueshi(folder, "rulebook", "refuse", digest, "--words", "不对", XUESHI_TOKEN=token)
    assert (no.returncode, "[own_proposal]" in no.stderr) == (1, True)
    refused = xueshi(folder, "rulebook", "refuse", digest, "--reason", "impact_unclear", "--words", "先登记影响报告")
    assert "✓ 已不予施行" in refused.stdout, refused.stderr
    told = xueshi(folder, "rulebook", "proposals", digest).stdout
    assert "先登记影响报告" in told and "影响还没有查清" in told and "再重新提出" in told
    office.made(token, "rulebook", "propose", "new.toml", "--text", text)
    assert "✓ 已撤回" in office.run(token, "rulebook", "withdraw", digest, "--words", "再等等").stdout
    assert "再等等" in xueshi(folder, "rulebook", "proposals").stdout
    office.made(token, "rulebook", "propose", "new.toml", "--text", text)

    new = xueshi(folder, "rulebook", "enact", digest)
    assert "✓ 已施行" in new.stdout, new.stderr
    assert "施行于事件" in xueshi(folder, "rulebook", "proposals", digest).stdout
    made(folder, "actor", "dismiss", law)
    assert "ningbo-industry/2026-03-01" in xueshi(folder, "rulebook", "list").stdout
