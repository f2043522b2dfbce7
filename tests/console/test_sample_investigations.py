"""An investigator with the sample: from the workbench by links alone to what was planted, and what is done about it."""

from __future__ import annotations

import re
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from api.console.tracing.fields import fields
from api.console.tracing.lines import whole
from ledger.envelope import decode
from projections.event_kinds import kind_of
from tests.console.console_kit import Browser, Read
from tests.waiting import until

FOR = "purpose=investigation"
CODE = re.compile(r"[a-z][a-z0-9_:/.-]*")


@pytest.fixture(scope="module")
def watch(sample: tuple[Any, dict[str, str]]) -> Browser:
    """The supervisor's browser, once the patterns were asked."""
    app, tokens = sample
    browser: Any = Browser(SimpleNamespace(client=app.test_client), SimpleNamespace(token=tokens["监督部门"]))  # type: ignore[arg-type]
    until(lambda: len({one["pattern"] for one in browser.json("/findings.json?limit=100").get("items", ())}) >= 14,
          "the patterns were never asked")
    return browser


def opened(watch: Browser, pattern: str) -> Read:
    """The first finding of a pattern, as the workbench leads to it."""
    page = watch.get(watch.get("/home").link("核查线索"))
    listed = watch.get(next(address for words, address in page.links if words.startswith(pattern)))
    return watch.get(next(address for _, address in listed.links if address.startswith("/findings/fnd_")))


def test_a_certificate_of_two_people_leads_to_a_case_and_to_hours_that_no_longer_count(watch: Browser) -> None:
    found = opened(watch, "D01")
    assert "同一个证书编号" in found.text and "怎样不误伤" in found.text
    claim = next(address for _, address in found.links if address.startswith("/claims/clm_"))
    assert "已登记" in watch.get(claim).text

    pivot = watch.get(watch.get(claim).link("与之相同"))
    assert "证书编号" in pivot.text and "没有相同的理由" in pivot.text

    form = watch.get(found.link("立案"))
    case = watch.press(form, "立案", kind="falsification", words="两人同号")
    at = next(address.partition("?")[0] for _, address in case.links if address.startswith("/cases/cas_"))
    held = watch.press(watch.get(f"{at}/bulk"), "下一步：看清单", act="hold", words="核查")
    assert "已一并生效" in watch.press(held, "冻结这 2 项").text
    assert "‖ 已冻结" in watch.get(claim).text
    watch.press(watch.get(f"{at}/finding"), "登记结论", finding="substantiated", words="经发证单位核实")
    list_ = watch.press(watch.get(f"{at}/bulk"), "下一步：看清单", act="revoke", words="证书不实",
                        revoke_basis="falsified")
    watch.press(list_, "撤销这 2 项")
    assert "✓ 已办结" in watch.press(watch.get(f"{at}/closing"), "办结").text
    assert "已撤销" in watch.get(claim).text


def test_approvals_at_night_lead_to_the_account_and_how_it_stands_among_its_peers(watch: Browser) -> None:
    suspected = watch.json("/findings.json?pattern=D08")["items"]
    assert len(suspected) == 1, "the planted account, and nobody else, at whatever hour the sample was made"
    found = opened(watch, "D08")
    assert "深夜" in found.text
    account = watch.get(next(address for _, address in found.links if address.startswith("/actors/acr_")))

    assert "一天中的时刻" in account.text and "与同类账号相比" in account.text
    assert "没有打开" in account.text or "一份未开" in account.text
    assert "更早的" in account.text and len(account.source.encode()) < 100_000, "the first page of many is soon read"


def test_days_that_were_raised_lead_to_what_the_officer_saw_before(watch: Browser) -> None:
    found = opened(watch, "D14")
    claim = next(address for _, address in found.links if address.startswith("/claims/clm_"))
    correction = watch.get([address for _, address in found.links if address.startswith("/events/")][-1])

    assert "更正" in correction.text
    assert "核定学时" in correction.text, "in what it differs from the version before"
    before = watch.get(correction.link("为止"))
    assert "您看的不是现在" in before.text and claim.partition("?")[0] in before.address


def test_study_that_nobody_sat_through_says_why_and_what_speaks_against_it(watch: Browser) -> None:
    found = opened(watch, "D10")

    assert "应答" in found.text and "相反的情况" in found.text
    assert {"承办", "排除"} <= found.buttons()
    taken = watch.press(watch.get(found.link("承办")), "承办")
    assert "已办理" in taken.text and "无人" not in taken.text


def test_no_code_of_any_event_of_the_sample_stands_where_words_belong(sample: tuple[Any, dict[str, str]]) -> None:
    """Names of systems, of files and of keys are codes to whoever gave them; everything else is told."""
    store = sample[0].extensions["house"].ledger.store
    named = {"rulebook", "system", "family", "origin", "output", "occasion", "format", "claims", "opened_evidence"}
    raw: dict[tuple[str, str], str] = {}
    seen = Counter[str]()
    for leaf in store.leaves(0, store.size()):
        event = decode(leaf).event
        what = kind_of(event)
        seen[what] += 1
        if seen[what] <= 60:  # A kind says little that is new after so many.
            raw |= {(what, one.path): one.value for one in fields(what, whole(event))
                    if CODE.fullmatch(one.value) and not one.kind and one.path.split(".")[-1] not in named}

    assert raw == {}
    assert len(seen) > 60
