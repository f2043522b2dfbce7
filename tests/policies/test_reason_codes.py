"""Why something was returned or refused: codes of known events, each quotation in the regulation that it names."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from ledger.events.base import Words, wire_type
from ledger.events.catalogue import CURRENT
from policies.law import Law
from policies.reasons import OTHER, Reason, reason, reasons
from policies.shelf import shipped
from policies.soundness import fold

TODAY = date(2026, 11, 1)
NUMBERS = "一二三四五六七八九"
ARTICLES = [f"第{number}条" for number in (*NUMBERS, "十", *(f"十{one}" for one in NUMBERS), "二十")]
KINDS = {"claim.returned", "claim.refused", "transfer.refused", "plan.returned", "class.refused",
         "class.roster_returned", "unit.rejected", "rulebook.proposal_refused"}


def test_every_return_and_refusal_has_its_reasons_and_its_words() -> None:
    kinds = {wire_type(event).partition("/")[0]: event for event in CURRENT.values()}
    undone = {kind for kind in kinds if re.search(r"[._](returned|refused|rejected)$", kind)}

    assert set(reasons()) == KINDS == undone
    assert all(kinds[kind].sealed_as is Words for kind in KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_codes_are_told_apart_and_the_last_one_leaves_it_to_the_words(kind: str) -> None:
    listed = reasons()[kind]
    codes = [one.code for one in listed]

    assert len(set(codes)) == len(codes) == len({one.title for one in listed})
    assert codes[-1] == OTHER
    assert all(re.fullmatch("[a-z][a-z_]{0,39}", code) for code in codes)
    assert all(one.cure.endswith("。") and not one.title.endswith("。") for one in listed)


def test_each_quotation_stands_in_the_article_of_the_regulation_that_it_names() -> None:
    books = {book.family: book for book in shipped().books}
    quoted = [rule for listed in reasons().values() for one in listed for rule in one.rules]

    assert len(quoted) > 20
    for rule in quoted:
        text, named = fold(books[rule.family].text or ""), ARTICLES.index(rule.article.partition("（")[0])
        before = text[:text.index(fold(rule.quote))]
        begins = before.rindex(ARTICLES[named])
        assert ARTICLES[named + 1] not in before[begins:], rule


def test_a_reason_is_told_with_the_words_that_hold_in_the_place() -> None:
    law, falsified = Law(shipped().books), reason("claim.refused", "falsified")
    assert isinstance(falsified, Reason)

    ningbo = falsified.where(law, TODAY, "330203", "industry")
    wenzhou = falsified.where(law, TODAY, "330302", None)

    assert {rule["rulebook"] for rule in ningbo["rules"]} == {"ningbo-industry/2019-01-01", "zhejiang/2016-08-01"}
    assert {rule["rulebook"] for rule in wenzhou["rules"]} == {"wenzhou/2020-11-27", "zhejiang/2016-08-01"}
    assert ("甬经信组〔2018〕244号", "第十条") in {(rule["document"], rule["article"]) for rule in ningbo["rules"]}


def test_words_that_an_amendment_left_out_are_no_longer_cited() -> None:
    falsified = reason("claim.refused", "falsified")
    assert isinstance(falsified, Reason)
    amended = [replace(book, text="第十条 略。") if book.family == "ningbo-industry" else book
               for book in shipped().books]

    cited = {rule["rulebook"] for rule in falsified.under(amended)["rules"]}
    assert cited == {book.id for book in shipped().books} - {"ningbo-industry/2019-01-01"}


def test_what_was_given_by_a_newer_program_or_before_there_were_codes_is_no_reason_here() -> None:
    assert reason("claim.returned", None) is None
    assert reason("claim.returned", "of_a_newer_program") is None
