"""A class that was never held, in a real browser: from one entry to its whole class, a case, and what became of it.

An investigator sees one entry, pivots to everyone of the class, opens a case over them, holds them at once, sees what
would be without them, decides, revokes; two of them appeal and are put back; titles that rested on it are named, the
statement that somebody holds says at once that it is no longer so, and the bundle for the court verifies.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sysconfig
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.api.house_kit import Someone, resident_id
from tests.api.petition_kit import Bureau, act, bureau_in
from tests.console.browser_kit import Window
from tests.console.console_kit import Browser, serving, with_pages

FOR = "purpose=case_handling"
XUESHI = Path(sysconfig.get_path("scripts")) / "xueshi"
ORGANISER = "recognised_organiser"


class Scene(NamedTuple):
    """Everyone of the class, one who was granted a title on a seminar of the same organiser, and who watches."""

    bureau: Bureau
    school: str
    training_class: str
    pupils: list[Someone]
    entries: list[str]
    chen: Someone
    seminar: str
    code: str                # Of the statement that Chen holds.
    watch: Someone
    colleague: Someone


def scene_in(bureau: Bureau, many: int) -> Scene:
    """Register so many for a class that was put on file, accepted and told to have been held."""
    town = with_pages(bureau.town)
    unit, other, office = (
        town.unit(name, "330200", "industry") for name in ("远山培训中心", "市继续教育基地", "市监督局"))
    teacher, registrar = (town.officer(unit, ORGANISER, "3302") for _ in range(2))
    officer = town.officer(other, ORGANISER, "3302")
    starts = town.house.today - timedelta(9)
    dates = {"starts": starts.isoformat(), "ends": (starts + timedelta(1)).isoformat()}
    made = teacher.did("/v1/classes", {
        "title": "智能产线", "category": "professional", "route": "training", "level": "provincial", "days": "2",
        "headcount": many, "lessons": [{"title": "课", "hours": "8"}], **dates})
    place = f"/v1/classes/{made['training_class']}"
    officer.did(f"{place}/acceptance", {"number": "甬备-远山-1"}, version=1)
    teacher.did(f"{place}/holding", {**dates, "days": "2", "attended": many, "passed": many}, version=2)
    pupils, list_ = [], io.StringIO()
    written = csv.writer(list_)
    written.writerow(("证件号码", "姓名", "出勤天数", "登记卡号"))
    for number in range(many):
        name, document = f"学员{number:03d}", resident_id(next(town.numbers))
        told = town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": document})
        pupils.append(Someone(town.client(), told["token"], told["person"]))
        town.belongs(pupils[-1], bureau.works, "2020-01-01")
        written.writerow((document, name, "", ""))
    hand = Browser(town, registrar)
    check = hand.press(hand.get(f"{place[3:]}/roster"), "逐行检查",
                       file=(io.BytesIO(list_.getvalue().encode("utf-8-sig")), "名册.csv"))
    assert "已办理" in hand.press(check, f"登记这 {many} 人").text
    chen, claims = bureau.applicant(years=(2025, 2026))
    statement = chen.did(f"/v1/persons/{chen.id}/statements", {})
    act(bureau.committee, bureau.assessed(chen, statement=statement["statement"]), "grant",
        {"obtained_on": "2026-11-20"})
    entries = [str(one.year(2026)["entries"][0]["claim"]) for one in pupils]
    watch, colleague = (town.officer(office, "supervisor", "3302") for _ in range(2))
    return Scene(bureau, unit["unit"], made["training_class"], pupils, entries, chen, claims[2026],
                 statement["code"], watch, colleague)


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with bureau_in(tmp_path / "data") as bureau:
        yield scene_in(bureau, request.param)


def bulk(page: Any, served: str, case: str, **typed: str) -> None:
    """Choose entries of a case and what is to be done, and do it as it is shown."""
    page.goto(f"{served}/cases/{case}/bulk")
    for name, value in typed.items():
        field = page.locator(f"#{name}")
        field.select_option(value) if name == "act" or name.endswith("_basis") else field.fill(value)
    page.get_by_role("button", name="下一步：看清单").click()
    page.get_by_role("button", name="项", exact=False).click()
    page.get_by_role("status").get_by_text("已一并生效").wait_for()


@pytest.mark.requires_system("chromium")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", [6, pytest.param(400, marks=pytest.mark.torture)], indirect=True)
def test_a_class_that_never_happened_is_found_held_weighed_revoked_and_two_of_it_are_put_back(
    scene: Scene, chromium: Any, tmp_path: Path
) -> None:
    many, town, office = len(scene.pupils), scene.bureau.town, Browser(scene.bureau.town, scene.watch)
    with serving(town.app) as served:
        window = Window(chromium, served, scene.watch.token)
        page = window.page

        page.goto(f"{served}/claims/{scene.entries[0]}/shared?{FOR}")
        of_class = page.get_by_role("row", name=scene.training_class).first.inner_text()
        assert f"\t{many - 1}\t{many - 1}\t" in of_class, "one entry leads to everyone of the class"

        page.goto(f"{served}/cases/new?claim={scene.entries[0]}&claim={scene.seminar}&unit={scene.school}")
        page.locator("#kind").select_option("falsification")
        page.locator("#region").fill("330203")
        page.locator("#words").fill("签到表笔迹相同，场地当日停用")
        page.get_by_role("button", name="下一步").click()
        page.get_by_text("2 项").first.wait_for()
        page.get_by_role("button", name="立案").click()
        page.get_by_text("已办理").wait_for()
        case = page.url.partition("/cases/")[2].partition("?")[0]

        page.goto(f"{served}/cases/{case}/bulk")
        page.locator("#act").select_option("widen")
        page.locator("#training_class").fill(scene.training_class)
        page.locator("#words").fill("同一班次")
        page.get_by_role("button", name="下一步：看清单").click()
        page.get_by_role("button", name=f"列入本案这 {many - 1} 项").click()
        page.get_by_text(f"{many + 1} 项学时").first.wait_for()
        bulk(page, served, case, act="hold", words="核查")
        assert len(page.get_by_text("冻结学时").all()) >= min(many, 50)

        page.goto(f"{served}/cases/{case}/simulation?{FOR}")
        assert "1 人有年度由达标变为不达标" in page.locator("main").inner_text()
        assert "2026-11-20 取得" in page.locator("main").inner_text(), "the title that rests on it is named beforehand"
        assert window.faults_here() == []

        page.goto(f"{served}/cases/{case}/member")
        page.locator("#actor").fill(scene.colleague.id)
        page.get_by_role("button", name="指定办案人员").click()
        page.goto(f"{served}/cases/{case}/finding")
        page.locator("#finding").select_option("substantiated")
        page.locator("#words").fill("当日场地停用，无人到场")
        page.get_by_role("button", name="登记结论").click()
        bulk(page, served, case, act="revoke", words="培训没有举办", revoke_basis="falsified")
        assert window.said == []

        verified = town.nobody.saw("/v1/verifications", code=scene.code)
        assert "corrected" in str(verified), "whoever holds the statement is told at once"

        for one, entry in list(zip(scene.pupils, scene.entries, strict=True))[:2]:
            one.did(f"/v1/claims/{entry}/appeal", {"words": "另有一次补课，本人到场"},
                    version=one.saw(f"/v1/claims/{entry}")["version"])
        second = Window(chromium, served, scene.colleague.token)
        bulk(second.page, served, case, act="reinstate", words="补课属实", reinstate_basis="evidence_found",
             claims="\n".join(scene.entries[:2]))
        assert second.said == []

    assert [one.year(2026)["decided"]["total"] for one in scene.pupils[:3]] == ["8", "8", "0"]
    letters = office.get(f"/cases/{case}/notices?{FOR}").text
    assert "撤销登记" in letters and "恢复登记" in letters
    closed = office.press(office.get(f"/cases/{case}/closing"), "办结")
    assert "✓ 已办结" in closed.text
    sealed = tmp_path / "bundle.zip"
    with office.client.get(f"/cases/{case}/bundle.zip?{FOR}") as sent:  # Whoever reads it to its end lets go of it.
        sealed.write_bytes(sent.get_data())
    key = tmp_path / "log.key"
    key.write_text(town.nobody.get("/log/key").get_data(as_text=True), encoding="utf-8")
    checked = subprocess.run(
        [XUESHI, "verify", sealed, "--key", key], capture_output=True, text=True, timeout=100, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
