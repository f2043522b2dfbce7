"""Papers on the command line, and where they are after a backup was put in the place of what was lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.command_kit import Ended, made, xueshi
from tests.api.house_kit import house_in, study
from tests.api.paper_kit import PDF, digest


class Desk(NamedTuple):
    folder: Path
    person: str
    token: str
    claim: str

    def run(self, *arguments: str) -> Ended:
        return xueshi(self.folder, *arguments, XUESHI_TOKEN=self.token)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "结业证书.pdf").write_bytes(PDF)
    with house_in(folder / "data") as town:
        li = town.person("李明")
        town.belongs(li, town.unit("某厂", "330203", "industry"), "2020-01-01")
        claim = li.did("/v1/claims", {
            "person": li.id, "study": study(), "details": {"title": "某次培训"},
            "evidence": [{"kind": "certificate", "sha256": digest(PDF)}]})
        assert li.token is not None
        return Desk(folder, li.id, li.token, claim["claim"])


def test_a_paper_is_uploaded_listed_and_fetched_and_comes_back_with_a_backup(desk: Desk) -> None:
    missing = desk.run("evidence", "fetch", desk.claim, digest(PDF), "--out", "none.pdf")
    assert (missing.returncode, "evidence_absent" in missing.stderr) == (1, True)

    told = desk.run("evidence", "upload", desk.person, "结业证书.pdf").stdout
    assert "已收下" in told and digest(PDF) in told
    again = made(desk.folder, "evidence", "upload", desk.person, "结业证书.pdf", XUESHI_TOKEN=desk.token)
    assert (again["media_type"], again["name"]) == ("application/pdf", "结业证书.pdf")
    listed = desk.run("evidence", "list", desk.person).stdout
    assert "PDF" in listed and "结业证书.pdf" in listed
    assert desk.run("evidence", "fetch", desk.claim, digest(PDF), "--out", "back.pdf").returncode == 0
    assert (desk.folder / "back.pdf").read_bytes() == PDF

    assert xueshi(desk.folder, "backup", "copy").returncode == 0
    named = {one["name"] for one in json.loads((desk.folder / "copy" / "manifest.json").read_text())["files"]}
    lies = f"evidence/waiting/{desk.person}/{digest(PDF)}"
    assert lies in named and PDF[:20] not in (desk.folder / "copy" / lies).read_bytes()
    shutil.rmtree(desk.folder / "data" / "evidence")
    for name in ("ledger.db", "access.db"):
        (desk.folder / "data" / name).unlink()
    assert xueshi(desk.folder, "restore", "copy", "--with-operations").returncode == 0
    assert desk.run("evidence", "fetch", desk.claim, digest(PDF), "--out", "restored.pdf").returncode == 0
    assert (desk.folder / "restored.pdf").read_bytes() == PDF


def test_what_is_no_paper_is_refused_with_the_api_s_own_code(desk: Desk) -> None:
    (desk.folder / "证书.pdf").write_bytes(b"MZ")

    refused = desk.run("evidence", "upload", desk.person, "证书.pdf")
    assert (refused.returncode, "evidence_type_unknown" in refused.stderr) == (1, True)
