"""After everything that people do, nothing of who they are stands in any file of the register: no name, no number, no
word that they wrote, no password, in no common form and under no plain hash."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from command_kit import xueshi
from house_kit import Someone, Town, house_in, resident_id, study
from paper_kit import PDF, digest

NAME, NUMBER, TITLE, ISSUER = "欧阳金丝雀", resident_id(8_888), "金丝雀的迁徙研究", "金丝雀协会"
CERTIFICATE, FILE, WORDS = "ZS-20260402-金丝雀", "金丝雀结业证书.pdf", "原件与金丝雀所报不符"
PASSWORD = "甬江边的金丝雀有四只 2026"
TEXTS = (NAME, NUMBER, TITLE, ISSUER, CERTIFICATE, FILE, WORDS, PASSWORD)


def forms(text: str) -> list[bytes]:
    """A text as somebody could have written it, and as whoever tries all ID numbers could look it up."""
    raw = text.encode()
    hashes = [hashlib.new(kind, raw, usedforsecurity=False) for kind in ("md5", "sha1", "sha256", "sha512")]
    return [
        raw, text.encode("utf-16-le"), text.encode("gb18030"), json.dumps(text)[1:-1].encode(), quote(text).encode(),
        raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")[:-1], base64.urlsafe_b64encode(raw).rstrip(b"=")[:-1],
        *(one.digest() for one in hashes), *(one.hexdigest().encode() for one in hashes)]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody registered, handed in papers, was sent back, approved and certified."""
    folder = tmp_path_factory.mktemp("names")
    with house_in(folder / "data") as town:
        works = town.unit("某厂", "330203", "industry")
        officer = town.officer(works, "unit", "330203", unit=works["unit"])
        made = town.nobody.did("/v1/persons", {"name": NAME, "id_kind": "resident_id", "id_number": NUMBER})
        person = Someone(town.client(), made["token"], made["person"])
        town.belongs(person, works, "2020-01-01")
        _act(town, person, officer)
        assert town.house.settled() is None
        town.house.register.signer.checkpoint()
    assert xueshi(folder, "backup", "copy").returncode == 0
    return folder


def _act(town: Town, person: Someone, officer: Someone) -> None:
    sent = person.client.put(
        f"/v1/persons/{person.id}/evidence/{digest(PDF)}", data=PDF,
        headers={**person.headers(), "Content-Type": "application/octet-stream",
                 "Content-Disposition": f"attachment; filename*=UTF-8''{quote(FILE)}"})
    assert sent.status_code == 201
    claim = person.did("/v1/claims", {
        **person.claim(study(date="2026-04-02")),
        "details": {"title": TITLE, "certificate_issuer": ISSUER, "certificate_number": CERTIFICATE},
        "evidence": [{"kind": "certificate", "sha256": digest(PDF)}]})
    officer.act(claim, "return", {"words": WORDS})
    approved = person.submit(study(date="2026-05-02"), title=TITLE)
    officer.act(approved, "approval")
    person.did(f"/v1/persons/{person.id}/statements", {})
    person.did("/v1/password", {"password": PASSWORD})


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_of_who_somebody_is_stands_in_any_file_in_clear(lived: Path, text: str) -> None:
    places = [path for path in lived.rglob("*") if path.is_file()]
    assert len(places) > 20

    assert not [str(path.relative_to(lived)) for path in places
                if any(form in path.read_bytes() for form in forms(text))]


def test_a_look_that_is_so_made_finds_what_is_in_clear(tmp_path: Path) -> None:
    """The same look, where there is something to be found."""
    for number, form in enumerate(forms(NUMBER)):
        (tmp_path / str(number)).write_bytes(b"before" + form + b"after")
        assert any(each in (tmp_path / str(number)).read_bytes() for each in forms(NUMBER))
