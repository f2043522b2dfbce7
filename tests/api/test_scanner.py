"""A scanner of papers: what it finds harmful is not taken in, and without its answer nothing is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api.doctor.asked_outside import AskedOutside, outside_checks
from api.doctor.checks import Level, found
from api.outside.scanner import Scanner, ScannerAway
from api.service.app import create_app
from api.settings import Settings
from tests.api.house_kit import Someone, Town
from tests.api.paper_kit import PDF, digest

FINDS_EICAR = "if grep -q EICAR; then exit 1; fi"
Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(body: str) -> Path:
        path = tmp_path / f"scanner-{len(list(tmp_path.iterdir()))}"
        path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
        path.chmod(0o700)
        return path
    return write


@pytest.mark.parametrize(("body", "level", "words"), [
    (FINDS_EICAR, Level.OK, "认得测试文件"),
    ("cat > /dev/null", Level.FAIL, "没有认出"),
    ("cat > /dev/null; exit 1", Level.FAIL, "把无害的文件当作有害的"),
    ("cat > /dev/null; exit 2", Level.FAIL, "status_2"),
    ("exit 0", Level.FAIL, "没有认出"),
])
def test_the_doctor_tells_a_scanner_that_looks_from_one_that_only_answers(
    written: Written, body: str, level: Level, words: str
) -> None:
    check, = outside_checks(Settings(paper_scanner=f"command:{written(body)}"))
    told = found(check)
    assert told.level is level and words in told.message


def test_one_that_is_not_there_hangs_or_dies_has_not_answered(written: Written, tmp_path: Path) -> None:
    with pytest.raises(ScannerAway):
        Scanner(tmp_path / "nowhere").finds(PDF)
    with pytest.raises(ScannerAway, match="timeout"):
        Scanner(written("exec sleep 60"), timeout_s=0.1).finds(PDF)
    with pytest.raises(ScannerAway, match="status_-9"):
        Scanner(written("kill -9 $$")).finds(PDF)


def test_it_is_told_the_file_and_none_of_our_secrets(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUESHI_DATABASE", "postgresql://xueshi:secret@localhost/xueshi")
    assert not Scanner(written(f"cat > {tmp_path}/told; env >> {tmp_path}/env")).finds(PDF)

    assert (tmp_path / "told").read_bytes() == PDF
    assert "secret" not in (tmp_path / "env").read_text()


def test_a_harmful_paper_is_not_taken_and_neither_is_one_that_nobody_looked_at(town: Town, written: Written) -> None:
    """V5.4.3."""
    li = town.person("李明")

    def sent(scanner: Path, content: bytes) -> TestResponse:
        app = create_app(replace(town.house, outside=AskedOutside(scanner=Scanner(scanner))))
        someone = Someone(app.test_client(), li.token, li.id)
        return someone.client.put(
            f"/v1/persons/{li.id}/evidence/{digest(content)}", data=content,
            headers={**someone.headers(), "Content-Type": "application/octet-stream"})

    harmful, eicar = PDF.replace(b"%%EOF", b"%EICAR\n%%EOF"), written(FINDS_EICAR)
    refused, away = sent(eicar, harmful), sent(written("exit 2"), PDF)

    assert (refused.status_code, refused.get_json()["code"]) == (422, "evidence_harmful")
    assert (away.status_code, away.get_json()["code"]) == (503, "scanner_away")
    assert town.house.evidence.uploaded(li.id) == []
    assert sent(eicar, PDF).status_code == 201
