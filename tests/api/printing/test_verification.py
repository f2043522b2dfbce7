"""Anybody may verify: by code, by QR code, by file; valid, superseded, void, corrected since, never there."""

from __future__ import annotations

import io
import re

import pytest
from werkzeug.test import TestResponse

from api.operational.addresses import PER_MINUTE
from api.register.register import SYSTEM
from ledger.events.base import Draft
from ledger.events.person import PersonRestricted
from ledger.ids import new_verify_code
from ledger.vocabulary import PersonId
from tests.api.house_kit import BODY, Someone, Town, study
from tests.api.printing_kit import issued, settled

VOID: BODY = {"basis": "issued_in_error", "words": "出具时填写有误"}


@pytest.fixture(scope="module")
def bureau(house: Town) -> Someone:
    return house.officer(house.unit("人社局", "330200", "general"), "human_resources", "3302")


def asked(house: Town, code: str, **more: str) -> BODY:
    return house.nobody.saw("/v1/verifications", code=code, **more)


def dropped(house: Town, data: bytes) -> TestResponse:
    return house.client().post("/verify", data={"file": (io.BytesIO(data), "statement")})


def file_of(person: Someone, made: BODY, form: str = "file") -> bytes:
    return person.get(f"/v1/statements/{made['statement']}/{form}").data


def test_a_statement_in_force_is_valid_and_tells_a_masked_name_and_nothing_else_of_the_person(
    house: Town, person: Someone
) -> None:
    made = issued(person, name="clear")

    told = asked(house, made["code"].lower().replace("-", " "))

    assert (told["state"], told["name"], told["code"]) == ("valid", "郑*五", made["code"])
    assert (told["years"], told["sha256"]) == (made["years"], made["sha256"])
    page = house.client().get(f"/verify?code={made['code']}").get_data(as_text=True)
    assert "有效" in page and "郑*五" in page
    for secret in (person.id, "郑三五", "330102", made["statement"]):
        assert secret not in page and secret not in str(told)


def test_what_was_superseded_or_voided_was_once_true_and_says_since_when(
    house: Town, person: Someone, bureau: Someone
) -> None:
    first, second, third = issued(person), issued(person), issued(person)
    person.did(f"/v1/statements/{first['statement']}/supersession", {"by_statement": second["statement"]}, version=1)
    bureau.did(f"/v1/statements/{third['statement']}/voiding", VOID, version=1)

    superseded, voided = asked(house, first["code"]), asked(house, third["code"])

    assert (superseded["state"], voided["state"]) == ("superseded", "voided")
    assert superseded["since"] > superseded["issued_at"] and voided["since"] > voided["issued_at"]
    assert "当时由本登记机构出具" in voided["advice"] and VOID["words"] not in str(voided), "its words are sealed"
    assert second["code"] not in str(superseded), "a paper does not lead to the next one's code"


def test_what_has_been_corrected_since_is_told_by_what_happened(house: Town) -> None:
    person, works = house.person("孙改正"), house.unit("某厂", "330203", "industry")
    house.belongs(person, works, "2024-01-01")
    officer = house.officer(works, "unit", "330203", unit=works["unit"])
    claim = officer.act(person.submit(study()), "approval")
    made = issued(person)
    officer.act(claim, "freeze", {"words": "核查中"})

    told = asked(house, made["code"])

    assert told["state"] == "corrected" and told["corrections"], told
    assert claim["claim"] not in str(told) and "核查中" not in str(told)


def test_of_whoever_asked_that_their_data_only_be_stored_no_name_is_shown(house: Town) -> None:
    person = settled(house, "周限制")
    made = issued(person)
    ledger, restricted = house.house.ledger, PersonRestricted(person=PersonId(person.id), basis="第四十七条")
    ledger.record([Draft(restricted)], by=SYSTEM, versions={restricted.stream: ledger.store.version(person.id)})

    told = asked(house, made["code"])

    assert (told["state"], told["name"]) == ("valid", None)
    assert "限制处理" in house.client().get(f"/verify?code={made['code']}").get_data(as_text=True)


def test_what_was_never_there_is_told_apart_from_what_cannot_be_read(house: Town) -> None:
    code = new_verify_code()

    never, typo = asked(house, code), asked(house, "7K3M-9QXT-0AHU")

    assert (never["state"], typo["state"]) == ("absent", "unreadable")
    assert "没有出具过" in never["advice"] and "校验位" in typo["advice"]
    page = house.client().get(f"/v/{code}")
    assert page.status_code == 404 and "查无此件" in page.get_data(as_text=True)


def test_a_true_code_on_another_text_is_found_by_the_digest_of_the_qr_code(house: Town, person: Someone) -> None:
    made = issued(person)
    code, digest = made["code"].replace("-", ""), made["sha256"][:32]

    assert asked(house, code, sha256=digest)["state"] == "valid"
    assert asked(house, code, sha256="0" * 32)["state"] == "other_text"
    assert "有效" in house.client().get(f"/v/{code}?d={digest}").get_data(as_text=True)
    for wrong in (digest[::-1], digest[:4]):
        page = house.client().get(f"/v/{code}?d={wrong}").get_data(as_text=True)
        assert "不是当时出具的内容" in page and "郑*五" not in page


def test_a_file_is_compared_byte_for_byte_and_then_its_standing_is_told(house: Town, person: Someone) -> None:
    made = issued(person)
    data = file_of(person, made)

    page = dropped(house, data).get_data(as_text=True)
    assert "有效" in page and "无一遗漏" in page and "不证明登记的内容属实" in page
    forged = dropped(house, data.replace(b"8", b"9", 1)).get_data(as_text=True)
    assert "文件不成立" in forged and "SHA-256" in forged and "郑*五" not in forged
    page = dropped(house, data.replace(b"\n", b"\r\n")).get_data(as_text=True)
    assert "文件不成立" in page and "改成了 CRLF" in page
    nothing = dropped(house, b"")
    assert nothing.status_code == 422 and '<a href="#file">没有选择文件' in nothing.get_data(as_text=True)


def test_whoever_shows_a_photograph_or_another_file_is_not_told_that_it_is_forged(house: Town) -> None:
    for other, words in ((b"\xff\xd8\xff\xe0", "是图片"), (b"hello", "既不是登记情况表"), (b"\x00" * 100, "既不是")):
        page = dropped(house, other).get_data(as_text=True)
        assert "没有比对" in page and "请输入纸上的核验码" in page and words in page
        assert "不成立" not in page and "不要采信" not in page


@pytest.mark.requires_system("pdfsig")
def test_a_pdf_is_verified_with_its_seal_and_one_cut_short_or_printed_anew_is_not_called_forged(
    house: Town, person: Someone
) -> None:
    data = file_of(person, issued(person), "pdf")

    assert "印章签署" in dropped(house, data).get_data(as_text=True)
    changed = dropped(house, data + b"\n").get_data(as_text=True)
    assert "签章之后又有改动" in changed and "文件不成立" in changed and "pdf_changed" in changed
    for other, code, words in ((data[:9_000], "pdf_cut_short", "文件不完整"), (data[:-30], "pdf_cut_short", "重新下载"),
                               (b"%PDF-1.7\n%%EOF\n", "pdf_unsealed", "重新打印或另存")):
        page = dropped(house, other).get_data(as_text=True)
        assert f"<code>{code}</code>" in page and words in page and "没有比对" in page
        assert "不成立" not in page and "不要采信" not in page


def test_the_page_works_without_a_script_and_loads_nothing_from_elsewhere(house: Town) -> None:
    answer = house.client().get("/verify")
    page = answer.get_data(as_text=True)

    assert answer.status_code == 200 and "<script" not in page and " style=" not in page
    assert "script-src" not in answer.headers["Content-Security-Policy"] or "'self'" in answer.headers[
        "Content-Security-Policy"]
    assert page.count("<form") == 2 and 'enctype="multipart/form-data"' in page


def test_whoever_asks_too_often_from_one_place_waits(house: Town) -> None:
    client = house.client()
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}

    answers = [client.get("/v1/verifications?code=7K3M-9QXT-0AHU", environ_base=elsewhere).status_code
               for _ in range(PER_MINUTE["verification"] + 40)]

    assert answers[-1] == 429 and set(answers[:300]) == {200}
    def late(address: str, **headers: str) -> TestResponse:
        """The first answer that is none: meanwhile one more request a fifth of a second is let through."""
        answers = (client.get(address, environ_base=elsewhere, headers=headers) for _ in range(300))
        return next(answer for answer in answers if answer.status_code == 429)

    assert int(late("/verify?code=7K3M").headers["Retry-After"]) > 0
    assert late("/verify/offline")
    page = late("/verify", Accept="text/html,*/*;q=0.8")
    assert page.content_type == "text/html; charset=utf-8"
    words = page.get_data(as_text=True)
    assert re.search(r"请在 \d+ 秒后重试", words) and 'href="/verify"' in words
