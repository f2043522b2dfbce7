"""A course that was completed elsewhere, registered on its certificate by whoever the law names (N 8, W 11)."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest

from tests.api.course_kit import School
from tests.api.house_kit import Someone
from tests.console.console_kit import PNG, Browser
from tests.console.school_kit import school_with_pages

TYPED = {"title": "工业互联网", "issuer": "省经信厅网络课堂", "number": "JX-2026-0017", "hours": "6",
         "date": "2026-05-06", "completed_by": "exam"}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    with school_with_pages(tmp_path_factory.mktemp("certificates") / "data") as school:
        yield school


@pytest.fixture(scope="module")
def cast(school: School) -> tuple[Someone, Browser]:
    """Somebody of a unit in Ningbo's industry, and the unit's clerk."""
    works = school.town.unit("甬江机械厂", "330203", "industry")
    clerk = school.town.officer(works, "unit", "330203", unit=works["unit"])
    return school.learner("钱江", works), Browser(school.town, clerk)


def paper() -> tuple[BytesIO, str]:
    return BytesIO(PNG), "证明.png"


def test_the_unit_registers_what_is_typed_and_keeps_the_file_as_evidence(cast: tuple[Someone, Browser]) -> None:
    li, clerk = cast
    form = clerk.get(clerk.get(f"/persons/{li.id}/years?purpose=course_hours").link("凭证明登记课程"))
    assert "行业公需" in form.text and "一般公需" not in form.text, "N 8: the general one registers itself"

    empty = clerk.press(form, "登记", 422)
    assert "请选择文件" in empty.text and "证明编号：请填写" in empty.text
    lacking = clerk.press(form, "登记", 422, **TYPED)
    assert "请选择文件" in lacking.text and 'value="JX-2026-0017"' in lacking.source, "what was typed is kept"
    claim = clerk.press(form, "登记", **TYPED, paper=paper())

    assert claim.address.startswith("/claims/clm_") and "已办理：" in claim.text and "已登记" in claim.text
    assert "证明.png" in claim.text
    again = clerk.press(form, "登记", 409, **{**TYPED, "title": "又一次"}, paper=paper())
    assert "证明编号" in again.text


def test_what_is_no_picture_and_what_does_not_count_is_refused_and_nothing_is_registered(
    cast: tuple[Someone, Browser], school: School
) -> None:
    li, clerk = cast
    form, before = clerk.get(f"/persons/{li.id}/course-certificate"), school.town.house.ledger.store.size()
    odd = clerk.send(form, "登记", **{**TYPED, "number": "2"}, paper=(BytesIO(b"MZ program"), "证明.pdf"))
    assert odd.status_code >= 400
    online = {**TYPED, "number": "3", "completed_by": "completion"}
    assert clerk.send(form, "登记", **online, paper=paper()).status_code == 422

    assert school.town.house.ledger.store.size() == before


def test_whoever_does_not_register_it_is_neither_offered_nor_given_the_form(
    cast: tuple[Someone, Browser], school: School
) -> None:
    li, _ = cast
    own = Browser(school.town, li)
    assert "凭证明登记课程" not in own.get(f"/persons/{li.id}/years").text
    own.get(f"/persons/{li.id}/course-certificate", 403)
    other = school.town.unit("别的厂", "330203", "industry")
    stranger = Browser(school.town, school.town.officer(other, "unit", "330203", unit=other["unit"]))
    stranger.get(f"/persons/{li.id}/course-certificate", 404)
