"""Notices of a case: everyone whom a decision concerns, with what changed, how to appeal and what relied on it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from api.cases.investigating import notice_letters, notices
from api.paper import typesetting
from ledger.events.access import AccessRecorded
from tests.api.case_kit import desk_in
from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, Someone
from tests.api.petition_kit import WHY, Bureau, bureau_in

FONTS = Path("/usr/share/fonts/opentype/noto")
FOR = {"purpose": "case_notice"}
needs_fonts = pytest.mark.skipif(not FONTS.is_dir(), reason="needs fonts-noto-cjk; see `sh tests/setup-system.sh`")


class Place(NamedTuple):
    """A case about the hours of two people: of one they are revoked after a statement and an assessment, the other's
    were held and are released.
    """

    bureau: Bureau
    li: Someone
    wang: Someone
    watch: Someone
    other: Someone
    case: str
    claims: dict[int, str]
    freed: str
    code: str
    application: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with bureau_in(tmp_path_factory.mktemp("notices") / "data") as bureau:
        yield placed(bureau)


def placed(bureau: Bureau) -> Place:
    li, claims = bureau.applicant(years=(2025, 2026))
    wang, freed = bureau.applicant(years=(2026,))
    statement = li.did(f"/v1/persons/{li.id}/statements", {"name": "clear"})
    application = bureau.assessed(li)
    town = bureau.town
    office = town.unit("市监督局", "330200", "general")
    watch, other = (town.officer(office, "supervisor", "3302") for _ in range(2))
    first = open_case(watch, [freed[2026]])
    for what, body in (("hold", WHY), ("finding", {"finding": "ruled_out", **WHY}), ("closing", None)):
        first = watch.did(f"/v1/cases/{first['case']}/{what}", body, version=first["version"])
    case = open_case(watch, [*claims.values(), freed[2026]])
    bureau.revoked(claims[2025])
    return Place(bureau, li, wang, watch, other, str(case["case"]), claims, freed[2026], str(statement["code"]),
                 str(application["application"])) if first["status"] == "closed" else pytest.fail("it is closed")


def open_case(watch: Someone, claims: list[str]) -> BODY:
    return watch.did("/v1/cases", {"kind": "falsification", "region": "330203", "claims": claims, **WHY})


def saw(place: Place, case: str | None = None, **query: str) -> BODY:
    return place.watch.saw(f"/v1/cases/{case or place.case}/notices", **{**FOR, **query})


# What it says


def test_each_person_is_told_what_changed_why_and_where_and_until_when_to_appeal(place: Place) -> None:  # P 17
    found = saw(place)
    (one,) = found["items"]

    assert found["counts"] == {"persons": 1, "claims": 1, "statements": 1, "applications": 1}
    assert (one["person"], one["name"], one["unit_name"]) == (place.li.id, "李明", "某厂")
    (decision,) = one["decisions"]
    assert (decision["claim"], decision["kind"], decision["basis"], decision["words"]) == (
        place.claims[2025], "claim.revoked", "falsified", "经核实")
    assert (decision["hours_before"], decision["hours_after"]) == ("36", "0")
    appeal = decision["appeal"]
    assert (appeal["office"], appeal["document"], appeal["article"], appeal["days"]) == (
        "sector_authority", "浙人社发〔2016〕63号", "第十七条", 60)
    assert (appeal["made"], appeal["until"] > decision["on"]) == (False, True)
    assert one["years"] == [{"year": 2025, "before": {"total": "90", "met": True},
                             "after": {"total": "54", "met": False}}]


def test_what_relied_on_a_revoked_entry_is_named_with_whether_it_still_holds(place: Place) -> None:
    (one,) = saw(place)["items"]

    (statement,), (application,) = one["statements"], one["applications"]
    assert (statement["code"], statement["claims"], statement["corrected"]) == (
        place.code, [place.claims[2025]], True)
    assert (application["application"], application["claims"], application["holds"]) == (
        place.application, [place.claims[2025]], False)


def test_nothing_decided_is_nobody_to_be_told_and_as_of_before_it_is_so_too(place: Place) -> None:
    (decision,) = saw(place)["items"][0]["decisions"]

    assert saw(place, as_of=str(decision["event"] - 1))["items"] == []
    empty = open_case(place.watch, [place.claims[2026]])
    assert saw(place, str(empty["case"]))["counts"]["persons"] == 0


def test_what_a_case_says_of_its_reasons_is_not_told(place: Place) -> None:
    closed = next(one["case"] for one in place.watch.saw("/v1/cases", status="closed")["items"])
    (one,) = saw(place, closed)["items"]
    (decision,) = one["decisions"]

    assert (one["person"], decision["kind"], decision["claim"]) == (place.wang.id, "claim.released", place.freed)
    assert (decision["words"], decision["appeal"], decision["hours_after"]) == (None, None, decision["hours_before"])


def test_an_appeal_that_was_made_is_not_offered_again_and_a_reinstatement_follows_it(place: Place) -> None:
    wang, claims = place.bureau.applicant(years=(2025,))
    case = str(open_case(place.watch, [claims[2025]])["case"])
    place.bureau.revoked(claims[2025])
    wang.act(wang.saw(f"/v1/claims/{claims[2025]}"), "appeal", {"words": "证书是真的"})
    (one,) = saw(place, case)["items"]
    assert one["decisions"][0]["appeal"]["made"] is True
    assert "已提出申诉" in notice_letters.letters_page({"items": [one]}, place.bureau.town.house.today).decode()

    seen = place.bureau.sector.saw(f"/v1/claims/{claims[2025]}", **FOR)
    place.bureau.sector.act(seen, "appeal-allowance", WHY)
    (one,) = saw(place, case)["items"]
    assert [each["kind"] for each in one["decisions"]] == ["claim.revoked", "claim.reinstated"]
    assert [each["appeal"] for each in one["decisions"]] == [None, None]
    assert one["years"][0]["before"] == one["years"][0]["after"]


def test_of_a_larger_act_nobody_is_told_before_it_is_in_force_as_one(place: Place) -> None:
    town = place.bureau.town
    desk = desk_in(town, 2)
    desk.act(desk.first, "finding", {"finding": "substantiated", **WHY})
    asked = {"act": "revoke", "basis": "falsified", **WHY}
    asked["list_sha256"] = desk.would(desk.first, "bulk", asked)["list_sha256"]
    begun = desk.first.client.post(f"/v1/cases/{desk.case}/bulk", json=asked, headers={
        **desk.first.headers(version=desk.version()), "Prefer": "wait=0"}).get_json()
    assert (begun["state"], desk.saw(desk.first, "/notices")["items"]) == ("open", [])

    desk.act(desk.first, f"bulk/{begun['act']}/resumption")
    found = desk.saw(desk.first, "/notices")
    assert [one["person"] for one in found["items"]] == sorted(one.id for one in desk.people)
    assert {one["decisions"][0]["hours_after"] for one in found["items"]} == {"0"}
    assert {one["decisions"][0]["words"] for one in found["items"]} == {None}, "its words are the case's"
    bundle = desk.first.get(f"/v1/cases/{desk.case}/bundle.zip", **FOR).data
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        told = {one["kind"] for one in json.loads(file.read("case.json"))["events"] if one["why"] == "act"}
    assert {"act.opened", "act.closed"} <= told, "that it is in force is proved, too"


# Who may see it


def test_it_is_for_those_who_work_on_the_case_and_everyone_on_it_is_recorded(place: Place) -> None:
    house, path = place.bureau.town.house, f"/v1/cases/{place.case}/notices"
    before = house.register.access.store.size()
    saw(place)

    seen = [one.envelope.event for one in house.register.access.read(before, 100)]
    assert (place.li.id, ("case_notices",), "case_notice") in {
        (one.subject, one.what, one.purpose) for one in seen if isinstance(one, AccessRecorded)}
    for end in ("", ".csv", ".html", ".zip"):
        for whom, query, code in ((place.watch, {}, "purpose_missing"), (place.other, FOR, "not_a_member"),
                                  (place.li, FOR, "official_needed"),
                                  (place.bureau.town.nobody, FOR, "login_required")):
            assert whom.get(path + end, **query).get_json()["code"] == code


def test_a_list_that_is_too_long_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "PERSONS_MOST", 0)

    answer = place.watch.get(f"/v1/cases/{place.case}/notices", **FOR)
    assert answer.get_json()["code"] == "list_too_long"


# On paper


def test_the_list_is_taken_away_as_csv(place: Place) -> None:
    answer = place.watch.get(f"/v1/cases/{place.case}/notices.csv", **FOR)
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))

    assert rows[0][0] == "案件处理告知名单" and rows[3][:2] == ["行数", "1"]
    told = dict(zip(rows[4], rows[5], strict=True))
    assert (told["姓名"], told["处理"], told["处理前学时"], told["处理后学时"], told["依据"]) == (
        "李明", "撤销", "36", "0", "弄虚作假")
    assert told["受影响的情况表"] == place.code and told["受影响的申报"] == place.application


def test_a_letter_names_nobody_else_and_no_case(place: Place) -> None:
    answer = place.watch.get(f"/v1/cases/{place.case}/notices.html", **FOR)
    page = answer.data.decode()

    for words in ("学时认定处理告知书", "李明：", "撤销", "弄虚作假", place.code, "不再成立",
                  "宁波市海曙区行业主管部门", "浙人社发〔2016〕63号第十七条", "60 日内"):
        assert words in page, words
    for words in (place.case, place.wang.id, place.watch.id, "cas_", "<script", "://"):
        assert words not in page, words


@needs_fonts
def test_everyone_gets_a_letter_as_pdf_and_the_same_question_gives_the_same_bytes(place: Place) -> None:
    first, again = (place.watch.get(f"/v1/cases/{place.case}/notices.zip", **FOR) for _ in range(2))

    assert (first.status_code, first.content_type, first.data == again.data) == (200, "application/zip", True)
    with zipfile.ZipFile(io.BytesIO(first.data)) as file:
        assert file.namelist() == [f"letters/{place.li.id}.pdf", "letters.html", "notices.csv", "README.txt"]
        letter = file.read(f"letters/{place.li.id}.pdf")
    assert letter.startswith(b"%PDF-") and len(letter) > 10_000


@needs_fonts
def test_a_name_that_the_font_lacks_makes_no_empty_box_but_a_page(place: Place) -> None:
    house, found = place.bureau.town.house, saw(place)
    strange = {**found, "items": [{**found["items"][0], "name": "李\U0001F9FF"}]}

    with notice_letters.letters_archive(house, strange, house.today, as_of=found["as_of"]) as made:
        file = zipfile.ZipFile(made)
        assert file.namelist()[0] == f"letters/{place.li.id}.html"
        assert "做不出 PDF" in file.read("README.txt").decode()


def test_without_the_font_there_are_no_letters_and_the_page_still_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetting, "_FONT_FOLDERS", ())
    typesetting._compiler.cache_clear()
    try:
        answer = place.watch.get(f"/v1/cases/{place.case}/notices.zip", **FOR)
        bundle = place.watch.get(f"/v1/cases/{place.case}/bundle.zip", **FOR)
    finally:
        typesetting._compiler.cache_clear()

    assert (answer.status_code, answer.get_json()["code"]) == (503, "service_unavailable")
    assert "fonts-noto-cjk" in answer.get_json()["detail"]
    assert place.watch.get(f"/v1/cases/{place.case}/notices.html", **FOR).status_code == 200
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as file:
        assert "report.pdf" not in file.namelist()
        assert "没有 report.pdf" in file.read("README.txt").decode(), "what is not there is said"


def test_the_list_and_the_letters_are_had_on_the_command_line(place: Place, tmp_path: Path) -> None:
    with answering(place.bureau.town.app) as server:

        def run(*arguments: str) -> str:
            ended = xueshi(tmp_path, "case", "notices", place.case, "--purpose", "case_notice", *arguments,
                           XUESHI_TOKEN=str(place.watch.token), XUESHI_SERVER=server)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return ended.stdout

        told = run()
        assert "李明" in told and "36 → 0" in told and place.claims[2025] in told
        assert json.loads(run("--json"))["counts"]["persons"] == 1
        run("--as", "html", "--out", "letters.html")
    assert "李明：" in (tmp_path / "letters.html").read_text("utf-8")
