"""Evidence files: in under their digest, sealed while they lie, out through a claim to whoever may see it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.cases.tidying import tidy_evidence
from api.evidence.files import MOST, WAITING_FILES_MOST, WAITS_S
from tests.api.house_kit import BODY, Someone, Town, study
from tests.api.paper_kit import PDF, digest, png

NAME = "attachment; filename*=UTF-8''%E7%BB%93%E4%B8%9A%E8%AF%81%E4%B9%A6.pdf"


def sent(by: Someone, person: Someone, content: bytes, *, named: str | None = None, **headers: str) -> TestResponse:
    """Send a file under its digest, or under another."""
    given = {**({} if by.token is None else {"Authorization": f"Bearer {by.token}"}),
             "Content-Type": "application/octet-stream", **headers}
    return by.client.put(f"/v1/persons/{person.id}/evidence/{named or digest(content)}", data=content, headers=given)


def claimed(person: Someone, *digests: str, **facts: str) -> BODY:
    return person.did("/v1/claims", {
        "person": person.id, "study": study(**facts), "details": {"title": "某次培训"},
        "evidence": [{"kind": "certificate", "sha256": one} for one in digests]})


def lying(town: Town) -> list[Path]:
    return [path for path in town.house.register.folder.evidence.rglob("*") if path.is_file()]


def test_a_paper_goes_in_under_its_digest_and_out_through_the_claim_that_cites_it(
    town: Town, person: Someone, officer: Someone
) -> None:
    taken = sent(person, person, PDF, **{"Content-Disposition": NAME})
    assert (taken.status_code, taken.get_json()["media_type"]) == (201, "application/pdf")
    claim = claimed(person, digest(PDF))

    shown = officer.saw(f"/v1/claims/{claim['claim']}", purpose="claim_review")
    assert [(one["sha256"], one["name"], one["bytes"]) for one in shown["files"]] == [
        (digest(PDF), "结业证书.pdf", len(PDF))]
    opened = officer.get(f"/v1/claims/{claim['claim']}/evidence/{digest(PDF)}", purpose="claim_review")
    assert (opened.status_code, opened.data) == (200, PDF)
    assert opened.headers["Content-Type"] == "application/pdf"
    assert opened.headers["Content-Disposition"] == NAME
    assert opened.headers["Content-Security-Policy"].startswith("sandbox")
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    access = town.house.register.access
    recorded = access.at(access.store.size())
    assert recorded is not None
    seen: Any = recorded.envelope.event
    assert (seen.reader, seen.subject, seen.what) == (officer.id, person.id, ("evidence", f"file_{digest(PDF)[:16]}"))


def test_sent_again_it_is_the_same_and_its_owner_sees_it_listed(person: Someone) -> None:
    assert [sent(person, person, PDF).status_code for _ in range(2)] == [201, 200]

    listed = person.saw(f"/v1/persons/{person.id}/evidence")["items"]
    assert [(one["sha256"], one["name"], one["by"]) for one in listed] == [(digest(PDF), None, person.id)]


def test_what_lies_on_the_disk_tells_nothing_of_the_paper_or_its_name(town: Town, person: Someone) -> None:
    sent(person, person, PDF, **{"Content-Disposition": NAME})

    (path,) = [path for path in lying(town) if path.parent.name == person.id]
    data = path.read_bytes()
    assert path.name == digest(PDF) and path.stat().st_mode & 0o077 == 0
    assert not any(words in data for words in (PDF[:20], "结业证书".encode(), b"application/pdf"))


def test_one_that_was_changed_on_the_disk_is_told_apart_and_not_handed_out(town: Town, person: Someone) -> None:
    sent(person, person, PDF)
    claim = claimed(person, digest(PDF))
    (path,) = [path for path in lying(town) if path.parent.name == person.id]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)

    answer = person.get(f"/v1/claims/{claim['claim']}/evidence/{digest(PDF)}")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "evidence_damaged")


@pytest.mark.parametrize(("content", "code"), [
    (b"MZ\x90\x00 certificate.pdf", "evidence_type_unknown"), (PDF[:30], "evidence_broken"),
    (png(20_000, 20_000), "evidence_unpacks"), (b"", "evidence_type_unknown"),
])
def test_what_is_no_paper_is_refused_whatever_it_is_called(
    town: Town, person: Someone, content: bytes, code: str
) -> None:
    before = lying(town)
    answer = sent(person, person, content, **{"Content-Type": "application/pdf", "Content-Disposition": NAME})

    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    assert lying(town) == before


def test_what_came_through_otherwise_than_it_was_sent_is_refused(person: Someone) -> None:
    answer = sent(person, person, PDF, named="ab" * 32)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "evidence_differs")


def test_twenty_megabytes_are_taken_and_a_byte_more_is_not(person: Someone) -> None:
    full = PDF[:9] + b" " * (MOST - len(PDF)) + PDF[9:]
    assert sent(person, person, full).status_code == 201

    answer = sent(person, person, full + b" ")
    assert (answer.status_code, answer.get_json()["code"]) == (413, "content_too_large")


@pytest.mark.parametrize("name", [
    "%2E%2E%2Fkeys%2Fmaster.key", "..%5Cmaster.key", "%2Fetc%2Fpasswd", "..", "%20", "a%0D%0AX-Evil%3A%201", "a%00b",
    "%E2%80%AEfdp.exe", "a" * 201,
])
def test_a_name_that_is_a_path_or_hides_something_is_refused(town: Town, person: Someone, name: str) -> None:
    answer = sent(person, person, PDF, **{"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})

    assert (answer.status_code, answer.get_json()["code"]) == (422, "unprocessable_content"), answer.get_json()
    assert not [path for path in lying(town) if path.parent.name == person.id]


@pytest.mark.parametrize("path", ["..%2F..%2Fkeys%2Fmaster.key", "AB" * 32, "ab" * 31, "ab" * 32 + "%2F.."])
def test_an_address_that_is_no_digest_is_no_address(person: Someone, path: str) -> None:
    answer = person.client.put(f"/v1/persons/{person.id}/evidence/{path}", data=PDF,
                               headers={"Authorization": f"Bearer {person.token}"})
    assert answer.status_code == 404


def test_another_persons_papers_are_neither_listed_nor_added_to_nor_opened(
    town: Town, person: Someone, officer: Someone
) -> None:
    sent(person, person, PDF)
    claim = claimed(person, digest(PDF))
    other, far = town.person(), town.officer(town.unit("温州某院", "330302", "environment"), "human_resources", "3303")
    place = f"/v1/claims/{claim['claim']}/evidence/{digest(PDF)}"

    assert [sent(who, person, png()).get_json()["code"] for who in (town.nobody, other, far)] == [
        "login_required", "not_your_own", "person_absent"]
    assert [who.get(place, purpose="claim_review").get_json()["code"] for who in (town.nobody, other, far)] == [
        "login_required", "claim_absent", "claim_absent"]
    assert officer.get(place).get_json()["code"] == "purpose_missing"
    assert officer.get(f"/v1/persons/{person.id}/evidence").get_json()["code"] == "person_needed"


def test_an_office_may_add_a_paper_for_somebody_in_its_scope(person: Someone, officer: Someone) -> None:
    assert sent(officer, person, png()).get_json()["by"] == officer.id


def test_a_claim_opens_only_what_it_showed_and_a_digest_alone_opens_nothing(person: Someone) -> None:
    sent(person, person, PDF)
    sent(person, person, png())
    claim = claimed(person, digest(PDF), "cd" * 32)
    at = f"/v1/claims/{claim['claim']}/evidence"

    assert [person.get(f"{at}/{one}").status_code for one in (digest(PDF), digest(png()), "cd" * 32)] == [200, 404, 404]


def test_whose_key_is_destroyed_their_papers_are_gone_with_it(town: Town, person: Someone, officer: Someone) -> None:
    sent(person, person, PDF)
    claim = claimed(person, digest(PDF))
    ledger = town.house.ledger

    town.house.ledger.vault.destroy(person.id)

    answer = officer.get(f"/v1/claims/{claim['claim']}/evidence/{digest(PDF)}", purpose="claim_review")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "key_destroyed")
    tidy_evidence(town.house)
    assert not [path for path in lying(town) if path.parent.name == person.id]
    assert ledger.vault.is_destroyed(person.id)


def test_after_some_weeks_what_a_claim_cites_is_kept_and_the_rest_is_cleared_away(
    town: Town, person: Someone
) -> None:
    cited, orphan, young = PDF, png(3, 3), png(4, 4)
    for content in (cited, orphan, young):
        assert sent(person, person, content).status_code == 201
    claim = claimed(person, digest(cited))
    person.act(claim, "withdrawal")  # It was shown all the same, and whoever asks later must find it.
    folder = town.house.register.folder.evidence / "waiting" / person.id
    for content in (cited, orphan):
        then = time.time() - WAITS_S - 1
        os.utime(folder / digest(content), (then, then))

    tidy_evidence(town.house)

    left = {one["sha256"] for one in person.saw(f"/v1/persons/{person.id}/evidence")["items"]}
    assert left == {digest(cited), digest(young)}
    assert person.get(f"/v1/claims/{claim['claim']}/evidence/{digest(cited)}").data == cited
    assert [path.name for path in folder.iterdir()] == [digest(young)]
    assert sent(person, person, cited).status_code == 200, "it lies there for good"


def test_while_the_answers_lag_nothing_is_cleared_away(town: Town, person: Someone) -> None:
    sent(person, person, png(5, 5))
    files, (path,) = town.house.evidence, [path for path in lying(town) if path.parent.name == person.id]
    due = int(path.stat().st_mtime) + WAITS_S

    files.tidy(lambda _: None, now_s=due)
    assert path.exists()
    files.tidy(lambda _: set(), now_s=due - 1)
    assert path.exists()
    files.tidy(lambda _: set(), now_s=due)
    assert not path.exists() and not path.parent.exists()


def test_nobody_fills_the_disk_with_what_they_never_claim(town: Town, person: Someone) -> None:
    files = town.house.register.folder.evidence / "waiting" / person.id
    sent(person, person, PDF)
    for number in range(WAITING_FILES_MOST - 1):
        (files / f"{number:064x}").write_bytes(b"-")

    answer = sent(person, person, png())
    assert (answer.status_code, answer.get_json()["code"]) == (409, "evidence_full")
    assert sent(person, person, PDF).status_code == 200
    for path in files.iterdir():
        path.unlink()


def test_a_claim_that_shows_nothing_is_told_which_papers_the_law_asks_for(person: Someone) -> None:
    body = {"person": person.id, "study": study(), "details": {"title": "某次培训"}}

    refused = person.post("/v1/claims", body).get_json()

    assert refused["code"] == "evidence_missing"
    assert [(one["document"], one["article"]) for one in refused["seen"]["papers"]] == [("学习证明材料", "第八条")]
    would = person.post("/v1/claims", person.claim(study()), dry_run="true").get_json()["would"]
    assert would["papers"] == refused["seen"]["papers"]
