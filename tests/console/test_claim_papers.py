"""What an office opened of a claim's papers is recorded, and shown beside the claim while it is decided."""

from __future__ import annotations

import hashlib

from ledger.envelope import decode
from tests.api.house_kit import study
from tests.console.console_kit import PNG, Browser, Cast

DIGEST = hashlib.sha256(PNG).hexdigest()


def test_a_paper_that_was_opened_says_so_in_the_pane_and_to_colleagues(cast: Cast) -> None:
    works = cast.town.unit("宁海模具厂", "330226", "industry")
    person = cast.town.person("叶青")
    cast.town.belongs(person, works, "2020-01-01")
    clerk, colleague = (cast.town.officer(works, "unit", "330226", unit=works["unit"]) for _ in range(2))
    person.client.put(f"/v1/persons/{person.id}/evidence/{DIGEST}", data=PNG, headers=person.headers())
    body = person.claim(study())
    body["evidence"] = [{"kind": "certificate", "sha256": DIGEST}]
    claim = person.did("/v1/claims", body)
    browser, other = Browser(cast.town, clerk), Browser(cast.town, colleague)
    pane = browser.get(f"/queue?selected={claim['claim']}")
    assert "打开过" not in pane.text
    access = cast.town.house.register.access.store

    assert browser.client.get(pane.link("打开")).data == PNG

    seen = decode(next(iter(access.leaves(access.size() - 1, 1)))).event
    assert (seen.reader, seen.what) == (clerk.id, ("evidence", f"file_{DIGEST[:16]}"))
    again = browser.get(f"/queue?selected={claim['claim']}")
    assert "✓ 您于 " in again.text and "另有" not in again.text
    assert again.form_with("认定通过")[0].fields["opened_evidence"] == DIGEST
    assert "另有 1 名经办人打开过" in other.get(f"/queue?selected={claim['claim']}").text
    assert "打开过" not in Browser(cast.town, person).get(f"/claims/{claim['claim']}").text
    browser.press(again, "认定通过")
    event = cast.town.house.ledger.at(person.saw(f"/v1/claims/{claim['claim']}/events")["items"][-1]["position"])
    assert event is not None and event.envelope.event.opened_evidence == (DIGEST,)


def test_what_was_opened_long_ago_is_forgotten(cast: Cast) -> None:
    papers, now = cast.town.house.opened_papers, cast.town.house.now
    papers.note("clm_old", DIGEST, "acr_1", now=now - 91 * 86_400_000_000)
    papers.note("clm_new", DIGEST, "acr_1", now=now)

    papers.tidy(now=now)
    assert (papers.of("clm_old"), papers.of("clm_new")) == ({}, {DIGEST: {"acr_1": now}})
