"""Codes of events in words: whoever reads an event is told what a code is called, with the code itself beside it."""

from __future__ import annotations

import pytest

from api.console.tracing.code_words import CODES, OWN_CODES
from api.console.tracing.fields import changes, fields, told_so_far
from tests.console.console_kit import Browser, Cast


def test_why_hours_were_taken_away_is_said_in_words_with_the_code_beside(cast: Cast, li: Browser) -> None:
    page = li.get(f"/events/{cast.claims['revoked']['events'][-1]}")

    assert "依据 弄虚作假 falsified" in page.text
    assert "弄虚作假</code>" not in page.source and "<code>falsified</code>" in page.source


def test_a_ruling_leads_to_its_rulebook_and_to_the_very_clause(cast: Cast, li: Browser) -> None:
    page = li.get(f"/events/{cast.claims['approved']['events'][-1]}")
    led = {words.strip(): address for words, address in page.links if address.startswith("/rules/")}

    clause = next(words for words in led if words.startswith("第"))
    assert led[clause] == f"/rules/ningbo-industry/2019-01-01#{clause}"
    assert any(address == "/rules/ningbo-industry/2019-01-01" and "〔" in words for words, address in led.items())
    assert f'id="{clause}"' in li.get(led[clause].partition("#")[0]).source, "the clause stands where it leads"


@pytest.mark.parametrize(("what", "event", "told"), [
    ("case.bulk_opened", {"effect": "hold", "basis": "decided_in_error"}, ["冻结", "原处理有误"]),
    ("act.opened", {"kind": "roster"}, ["名单登记"]),
    ("class.held", {"evidence": [{"kind": "roster"}]}, ["学员名单"]),
    ("claim.submitted", {"evidence": [{"kind": "roster"}]}, ["名册"]),
    ("claim.submitted", {"study": {"level": "provincial"}}, ["省级"]),
    ("person.title_recorded", {"level": "senior"}, ["副高级"]),
    ("booking.released", {"because": "moved"}, ["改期后本人退座"]),
    ("person.corrected", {"fields": ["name", "phone"]}, ["姓名、电话"]),
    ("claim.revoked", {"basis": "an_office_s_own"}, ["an_office_s_own"]),
])
def test_a_code_is_called_as_its_own_kind_of_event_means_it(
    what: str, event: dict[str, object], told: list[str]
) -> None:
    found = fields(what, event)

    assert [one.value for one in found] == told
    assert all(one.code or one.value.isascii() for one in found), "the code is kept"


def test_clauses_stand_one_by_one_and_are_compared_one_by_one() -> None:
    ruling = {"ruling": {"rulebook": "wenzhou/2020-11-27", "clauses": ["第六条（一）", "浙人社〔2020〕1号"]}}
    before = told_so_far("claim.approved", ruling, {})

    assert [(one.name, one.value) for one in fields("claim.approved", ruling)[1:]] == [
        ("评定 · 所依条款 1", "第六条（一）"), ("评定 · 所依条款 2", "浙人社〔2020〕1号")]
    assert changes("claim.approved", ruling, before) == []


def test_every_word_of_a_code_is_chinese() -> None:
    tables = [*CODES.values(), *(table for own in OWN_CODES.values() for table in own.values())]

    assert [words for table in tables for words in table.values() if words.isascii()] == []
