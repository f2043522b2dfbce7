"""Papers on the command line, and where they are after a backup was put in the place of what was lost."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.api.command_kit import Desk, xueshi
from tests.api.house_kit import house_in, study
from tests.api.paper_kit import PDF, digest


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk[str]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "结业证书.pdf").write_bytes(PDF)
    with house_in(folder / "data") as town:
        li = town.person("李明")
        town.belongs(li, town.unit("某厂", "330203", "industry"), "2020-01-01")
        claim = li.did("/v1/claims", {
            "person": li.id, "study": study(), "details": {"title": "某次培训"},
            "evidence": [{"kind": "certificate", "sha256": digest(PDF)}]})
        assert li.token is not None
        return Desk(folder, {"li": li.token}, li.id, claim["claim"])


def test_a_paper_is_uploaded_listed_and_fetched_and_comes_back_with_a_backup(desk: Desk[str]) -> None:
    missing = desk.run("li", "evidence", "fetch", desk.there, digest(PDF), "--out", "none.pdf")
    assert (missing.returncode, "evidence_absent" in missing.stderr) == (1, True)

    told = desk.run("li", "evidence", "upload", desk.person, "结业证书.pdf").stdout
    assert "已收下" in told and digest(PDF) in told
    again = desk.made("li", "evidence", "upload", desk.person, "结业证书.pdf")
    assert (again["media_type"], again["name"]) == ("application/pdf", "结业证书.pdf")
    listed = desk.run("li", "evidence", "list", desk.person).stdout
    assert "PDF" in listed and "结业证书.pdf" in listed
    assert desk.run("li", "evidence", "fetch", desk.there, digest(PDF), "--out", "back.pdf").returncode == 0
    assert (desk.folder / "back.pdf").read_bytes() == PDF

    assert xueshi(desk.folder, "backup", "copy").returncode == 0
    named = {one["name"] for one in json.loads((desk.folder / "copy" / "manifest.json").read_text())["files"]}
    lies = f"evidence/waiting/{desk.person}/{digest(PDF)}"
    assert lies in named and PDF[:20] not in (desk.folder / "copy" / lies).read_bytes()
    shutil.rmtree(desk.folder / "data" / "evidence")
    for name in ("ledger.db", "access.db"):
        (desk.folder / "data" / name).unlink()
    assert xueshi(desk.folder, "restore", "copy", "--with-operations").returncode == 0
    assert desk.run("li", "evidence", "fetch", desk.there, digest(PDF), "--out", "restored.pdf").returncode == 0
    assert (desk.folder / "restored.pdf").read_bytes() == PDF


def test_what_is_no_paper_is_refused_with_the_api_s_own_code(desk: Desk[str]) -> None:
    (desk.folder / "证书.pdf").write_bytes(b"MZ")

    refused = desk.run("li", "evidence", "upload", desk.person, "证书.pdf")
    assert (refused.returncode, "evidence_type_unknown" in refused.stderr) == (1, True)
