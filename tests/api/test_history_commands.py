"""The commands of histories and of open work say what the API says, in a few lines of Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.api.command_kit import served, xueshi
from tests.api.office_kit import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    assert xueshi(folder, "init").returncode == 0
    with served(folder):
        yield Office(folder)


@pytest.fixture(scope="module")
def claim(office: Office) -> str:
    return office.approved()


def test_a_timeline_is_told_line_by_line_and_goes_on_where_it_ended(office: Office, claim: str) -> None:
    told = office.run(office.token, "timeline", "person", office.person).stdout
    assert re.search(rf"提交学时申报 +\S* +{office.person} +{claim}", told)
    assert re.search(r"学时认定 +行业主管部门", told)
    one_kind = ("--newest", "--kind", "claim.approved")
    assert len(office.run(office.token, "timeline", "person", office.person, *one_kind).stdout.splitlines()) == 2
    page = office.run(office.token, "timeline", "person", office.person, "--limit", "2").stdout
    cursor = re.search(r"--cursor (\S+)", page)
    assert cursor is not None
    more = office.run(office.token, "timeline", "person", office.person, "--limit", "2", "--cursor", cursor[1]).stdout
    assert not set(more.splitlines()[1:3]) & set(page.splitlines())
    slip = xueshi(office.folder, "timeline", "person", office.person, "--kind", "claim.praised",
                  XUESHI_TOKEN=office.token)
    assert (slip.returncode, "kind_unknown" in slip.stderr) == (1, True)


def test_an_accounts_timeline_tells_how_long_a_decision_waited_and_what_was_opened(office: Office, claim: str) -> None:
    told = office.run(office.registrar_token, "timeline", "actor", office.registrar, "--side", "done").stdout

    assert re.search(rf"学时认定 .*{claim} +等了 0 天 0 小时，看过佐证 1/1", told)
    own = office.run(office.clerk_token, "timeline", "actor", office.clerk, "--kind", "claim").stdout
    assert re.search(rf"审核通过，转下一环节 .*{claim} +等了 0 天 0 小时，本单位", own)


def test_affiliations_and_members_are_told(office: Office) -> None:
    told = office.run(office.token, "person", "affiliations", office.person).stdout
    assert re.search(rf"2025-01-01 +至今 +{office.unit} +330402", told)
    members = office.run(office.clerk_token, "unit", "members", office.unit, "--purpose", "staff_list").stdout
    assert re.search(rf"{office.person} +2025-01-01 +至今", members)
    before = ("--on", "2024-12-31", "--purpose", "staff_list")
    none = office.run(office.clerk_token, "unit", "members", office.unit, *before).stdout
    assert "2024-12-31 没有人隶属于该单位" in none


def test_what_claims_share_is_told(office: Office, claim: str) -> None:
    other = office.claim(title="同一张证书")
    told = office.run(office.token, "duplicates", "show", office.person).stdout
    assert "同一证书文件" in told and claim in told and other in told
    listed = office.run(office.registrar_token, "duplicates", "list", "--kind", "certificate", "--purpose",
                        "spot_check").stdout
    assert claim in listed
    shown = office.run(office.registrar_token, "duplicates", "file", "证书.pdf", "--purpose", "paper_in_hand").stdout
    assert claim in shown and other in shown and "权限之外" not in shown
    alone = office.run(office.registrar_token, "duplicates", "number", claim, "--purpose", "spot_check").stdout
    assert "没有写证书编号" in alone
    assert "没有共用材料的申报" in office.run(
        office.registrar_token, "duplicates", "list", "--across", "--purpose", "spot_check").stdout


def test_a_statement_is_found_by_its_code_and_says_whether_it_is_still_so(office: Office, claim: str) -> None:
    office.run(office.token, "statement", "issue", office.person)
    listed = office.run(office.token, "statement", "list", office.person).stdout
    assert "所载内容没有变化" in listed
    code = listed.split()[1]
    office.run(office.registrar_token, "claim", "freeze", claim, "--words", "核查")
    found = office.run(office.token, "statement", "find", code).stdout
    assert re.search(rf"{code}  有效  2025 年度  所载内容已有变化", found)
    assert re.search(rf"冻结 +{claim}", found)


def test_open_work_is_counted_and_each_says_its_days(office: Office) -> None:
    waiting = office.claim(title="待办的一项")
    listed = office.run(office.clerk_token, "work", "list").stdout
    assert re.search(rf"{waiting} +学时申报 +用人单位 .* 0$", listed, re.MULTILINE)
    overview = office.run(office.clerk_token, "work", "overview").stdout
    assert re.search(rf"[0-9]+ +0 .*用人单位 +330402 .*{office.unit}", overview)
    assert "天数算到" in overview
    assert waiting in office.run(
        office.clerk_token, "work", "of", office.person, "--purpose", "complaint_review").stdout
    assert "没有待办" in office.run(office.clerk_token, "work", "list", "--as-of", "1").stdout


def test_each_projection_is_told_with_its_lag(office: Office) -> None:
    told = office.run(office.token, "projections", "list").stdout

    assert re.search(r"^timeline +[0-9]+ +0 +正常$", told, re.MULTILINE)
    assert "账本现有" in told
