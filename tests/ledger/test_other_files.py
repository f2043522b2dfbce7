"""Whoever brings another file than the original is told what it is, and nobody is called a forger for it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_kit import House, small_house
from statement_kit import STATEMENT, TEXT, issue, statement_file

from ledger.errors import LedgerError
from ledger.events.statement import StatementId
from ledger.offline.other_kinds import KINDS, other_kind
from ledger.offline.statement_file import SEPARATOR
from ledger.offline.verdict import OtherFile
from ledger.offline.verify import verify_file

CUT = f"\n{SEPARATOR}\n".encode()
OTHER = StatementId("stm_0000000000000000000002")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = small_house(tmp_path_factory.mktemp("others") / "house")
    yield house
    house.close()


@pytest.fixture(scope="module")
def file(house: House) -> bytes:
    return statement_file(house, issue(house))


def said(data: bytes, house: House, folder: Path) -> str:
    (folder / "file").write_bytes(data)
    with pytest.raises(LedgerError) as caught:
        verify_file(folder / "file", house.policy)
    return str(caught.value)


@pytest.mark.parametrize(("beginning", "words"), KINDS[:-1])
def test_a_picture_a_page_or_a_document_is_named_and_not_called_forged(
    house: House, tmp_path: Path, beginning: bytes, words: str
) -> None:
    (tmp_path / "file").write_bytes(beginning + TEXT.encode() + CUT)

    with pytest.raises(OtherFile, match="真假都无从说起") as caught:
        verify_file(tmp_path / "file", house.policy)
    assert words in str(caught.value) and "已被改动" not in str(caught.value)
    assert other_kind(beginning.upper()) == words


def test_of_an_archive_from_elsewhere_it_is_said_that_it_may_never_have_been_a_bundle(
    house: House, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "papers.zip", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")

    with pytest.raises(LedgerError, match="或本来就不是移送材料"):
        verify_file(tmp_path / "papers.zip", house.policy)
    assert other_kind((tmp_path / "papers.zip").read_bytes()) == KINDS[-1][1], "a page that knows no bundles names it"


def test_what_an_editor_has_done_to_a_file_is_told(house: House, file: bytes, tmp_path: Path) -> None:
    text, proof = file.split(CUT)

    assert "换行被改成了 CRLF" in said(file.replace(b"\n", b"\r\n"), house, tmp_path)
    assert "另存为 GBK" in said(file.decode().encode("gb18030"), house, tmp_path)
    assert "改成了 UTF-16" in said(file.decode().encode("utf-16"), house, tmp_path)
    assert "只有正文，没有附证明" in said(text + f"\n“{SEPARATOR}”以下是证明\n".encode(), house, tmp_path)
    assert "没有分隔行。" in said(text + b"\n-- proof --\n" + proof, house, tmp_path), "nothing is guessed at"


def test_a_proof_of_another_statement_is_told_apart_from_a_changed_text(house: House, tmp_path: Path) -> None:
    texts = {number: f"{TEXT}本表编号    {number}\n" for number in (StatementId(f"{STATEMENT[:-1]}7"), OTHER)}
    mine, others = (statement_file(house, issue(house, number, text, f"7K3M9QXT0AK{at}"), text)
                    for at, (number, text) in enumerate(texts.items()))

    swapped = said(mine.split(CUT)[0] + CUT + others.split(CUT)[1], house, tmp_path)
    changed = said(mine.replace("学时".encode(), "课时".encode(), 1), house, tmp_path)

    assert f"所附证明是另一份 {OTHER} 的，不是正文自称的 {STATEMENT[:-1]}7" in swapped
    assert "正文被改动，凭核验码 7K3M-9QXT-0AK0 可查" in changed
