"""The packet of an application is one archive: its papers under their numbers, proofs that hold, and what it lacks."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator

import pytest

from ledger.offline.verify import policy_of, verify_proof, verify_statement
from tests.api.house_kit import BODY, Someone, Town, study
from tests.api.paper_kit import PDF, digest, png
from tests.api.petition_kit import Bureau, act, bureau_in

PAPERS = (PDF, png())


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with bureau_in(tmp_path_factory.mktemp("packets") / "data") as bureau:
        yield bureau


@pytest.fixture(scope="module")
def applied(bureau: Bureau) -> tuple[Someone, BODY, str]:
    """Somebody with a study that has two papers, who handed in a statement."""
    li, _ = bureau.applicant()
    claim = with_papers(bureau.town, li, bureau.clerk)
    made = li.did(f"/v1/persons/{li.id}/statements", {"name": "clear"})
    return li, bureau.file(li, statement=made["statement"]), claim


def with_papers(town: Town, li: Someone, clerk: Someone) -> str:
    for content in PAPERS:
        place = f"/v1/persons/{li.id}/evidence/{digest(content)}"
        sent = {**li.headers(), "Content-Type": "application/octet-stream"}
        answer = li.client.put(place, data=content, headers=sent)
        assert answer.status_code == 201, answer.get_data(as_text=True)
    shown = [{"kind": kind, "sha256": digest(one)} for kind, one in zip(("certificate", "notice"), PAPERS, strict=True)]
    body = {"person": li.id, "study": study(date="2026-04-02"), "details": {"title": "数控培训"}, "evidence": shown}
    return str(clerk.act(li.did("/v1/claims", body), "approval", {})["claim"])


def opened(whom: Someone, one: BODY, **query: str) -> zipfile.ZipFile:
    answer = whom.get(f"/v1/applications/{one['application']}/packet/archive", **query)
    assert (answer.status_code, answer.content_type) == (200, "application/zip"), answer.get_data(as_text=True)
    data = answer.data
    answer.close()
    return zipfile.ZipFile(io.BytesIO(data))


def test_it_holds_the_papers_as_they_were_handed_in_under_the_numbers_of_its_list(
    applied: tuple[Someone, BODY, str]
) -> None:  # P 15
    li, one, _ = applied
    file = opened(li, one)

    papers = sorted(name for name in file.namelist() if name.startswith("evidence/"))
    assert [file.read(name) for name in papers] == list(PAPERS)
    assert [re.sub("_.*[.]", ".", name) for name in papers] == ["evidence/3-1.pdf", "evidence/3-2.png"]
    told = file.read("目录.txt").decode()
    assert "佐证 3-1，证书、证明，SHA-256 " + digest(PDF) in told and all(name in told for name in papers)
    assert json.loads(file.read("packet.json"))["application"] == one["application"]


def test_each_file_is_in_the_sums_and_each_proof_and_statement_holds(
    bureau: Bureau, applied: tuple[Someone, BODY, str]
) -> None:
    li, one, claim = applied
    file, policy = opened(li, one), policy_of(bureau.town.house.register.signer.vkeys[0])

    sums = dict(reversed(line.split("  ")) for line in file.read("SHA256SUMS").decode().splitlines())
    others = [name for name in file.namelist() if name != "SHA256SUMS"]
    assert sums == {name: hashlib.sha256(file.read(name)).hexdigest() for name in others}
    proved = [verify_proof(file.read(name), policy).events[0]["event"] for name in others if name.startswith("proofs/")]
    submitted = next(event for event in proved if event["type"] == "claim.submitted/1")
    assert submitted["claim"] == claim and digest(PDF) in json.dumps(submitted), "the proof holds the papers' digests"
    (text,) = (name for name in file.namelist() if name.startswith("statement/") and name.endswith(".txt"))
    assert verify_statement(file.read(text), policy).kind == "statement"
    assert f"{text.removesuffix('.txt')}-verify.html" in file.namelist()


def test_what_could_not_be_put_in_and_what_the_law_misses_is_said(bureau: Bureau) -> None:
    li, claims = bureau.applicant(years=(2025,))
    told = opened(li, bureau.file(li)).read("目录.txt").decode()

    assert re.search(r"佐证 \d-1，\S+，SHA-256 \S+：没有放入（.+）", told), told
    assert "缺 学时登记情况表：zhejiang/2016-08-01 第十五条“" in told
    assert f"缺 学时登记卡（学时 {claims[2025]}）" in told


def test_another_person_has_none_of_it_and_an_office_says_what_for(
    bureau: Bureau, applied: tuple[Someone, BODY, str]
) -> None:
    _, one, _ = applied
    place = f"/v1/applications/{one['application']}/packet/archive"

    assert bureau.town.person("别人").get(place).get_json()["code"] == "application_absent"
    assert bureau.people.get(place).get_json()["code"] == "purpose_missing"
    seen = opened(bureau.people, one, purpose="title_application")
    assert any(name.startswith("evidence/") for name in seen.namelist())


def test_as_of_before_it_was_assessed_the_assessment_is_not_in_it(bureau: Bureau) -> None:
    li, _ = bureau.applicant(years=(2025, 2026))
    one = bureau.file(li)
    before = str(bureau.town.house.ledger.store.size())
    act(bureau.committee, one, "assessment", {"minimum_years": 2})

    assert "学时审核结论" in opened(li, one).read("目录.txt").decode()
    assert "学时审核结论" not in opened(li, one, as_of=before).read("目录.txt").decode()


def test_the_same_packet_is_the_same_bytes_but_for_the_checkpoint(applied: tuple[Someone, BODY, str]) -> None:
    li, one, _ = applied
    first, second = opened(li, one), opened(li, one)

    assert first.namelist() == second.namelist() and first.read("packet.json") == second.read("packet.json")
    assert {info.date_time for info in first.infolist()} == {(1980, 1, 1, 0, 0, 0)}
