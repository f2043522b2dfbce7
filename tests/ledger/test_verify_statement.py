"""A statement verifies offline, and with any byte of it changed or cut away it does not."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_kit import LI, ORIGIN, House, small_house
from statement_kit import STATEMENT, TEXT, issue, statement_file
from test_verify import ALONE, flips, refused

from ledger.errors import LedgerError
from ledger.events.base import Draft
from ledger.events.statement import StatementId, StatementIssued, StatementText
from ledger.offline.statement_file import FILE_BYTES_MAX, SEPARATOR, format_statement
from ledger.offline.verify import Unverified, policy_of, verify_file, verify_statement
from ledger.proof.keys import format_vkey, generate_key
from ledger.proving import prove_event

CUT = f"\n{SEPARATOR}\n".encode()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = small_house(tmp_path_factory.mktemp("statement") / "house")
    yield house
    house.close()


@pytest.fixture(scope="module")
def file(house: House) -> bytes:
    return statement_file(house, issue(house))


def reason(data: bytes, house: House) -> str:
    with pytest.raises(LedgerError) as caught:
        verify_statement(data, house.policy)
    return str(caught.value)


def test_a_verdict_says_whose_it_is_when_it_was_issued_on_what_and_what_is_not_proved(
    house: House, file: bytes, tmp_path: Path
) -> None:
    (tmp_path / "statement.txt").write_bytes(file)

    verdict = verify_file(tmp_path / "statement.txt", house.policy)

    assert verdict.kind == "statement"
    assert verdict.checked[0] == f"正文 5 行 {len(TEXT.encode())} 字节，与事件 19 所记的 SHA-256 一致。"
    assert verdict.checked[1] == (
        f"这是登记机构于 2025-10-09 16:53:20+08:00 为 {LI} 出具的登记情况表 {STATEMENT}，核验码 7K3M-9QXT-0AHB。"
    )
    assert verdict.checked[2] == "所依据的是截至第 18 个事件的记录，规则口径：各日期当时有效的细则，年度 2025、2026。"
    assert "由所给公钥签名" in verdict.checked[-1]
    told = "".join(verdict.unproven)
    assert all(words in told for words in ("属实", "更正、撤销", "取代或作废", "完整无遗", "没有重新计算学时"))
    assert verdict.events[0]["event"]["type"] == "statement.issued/1"
    assert "李*明" not in repr(verdict)


def test_every_flipped_byte_of_a_statement_is_found(house: House, file: bytes, tmp_path: Path) -> None:
    for changed in flips(file):
        refused(changed, house.policy, tmp_path)


@pytest.mark.torture
def test_every_flipped_bit_of_a_statement_is_found(house: House, file: bytes, tmp_path: Path, record_property) -> None:
    record_property("tried", len(file) * 8)
    for changed in flips(file, all_bits=True):
        refused(changed, house.policy, tmp_path)


@pytest.mark.torture
def test_every_byte_put_in_and_every_byte_left_out_is_found(
    house: House, file: bytes, tmp_path: Path, record_property
) -> None:
    record_property("tried", len(file) * 2)
    for place in range(len(file)):
        refused(file[:place] + b"0" + file[place:], house.policy, tmp_path)
        refused(file[:place] + file[place + 1:], house.policy, tmp_path)


def test_every_cut_of_a_statement_is_found(house: House, file: bytes, tmp_path: Path) -> None:
    for end in range(len(file)):
        refused(file[:end], house.policy, tmp_path)
    for added in (b"\n", b" ", b"0", file, CUT[1:]):
        refused(file + added, house.policy, tmp_path)
        refused(added + file, house.policy, tmp_path)


def test_an_error_names_the_part_that_was_changed(house: House, file: bytes) -> None:
    text, proof = file.split(CUT)
    assert "登记情况表正文：正文被改动" in reason(text.replace(b"8", b"9") + CUT + proof, house)
    assert "登记情况表正文：正文被改动" in reason(text.replace(b"  ", b" ", 1) + CUT + proof, house)
    assert "登记情况表正文第 4 行" in reason(text.replace(b"2026", b"2\x0026") + CUT + proof, house)
    assert "没有分隔行" in reason(text + b"\n-- proof --\n" + proof, house)
    assert "有 2 个分隔行" in reason(text + CUT + CUT[1:] + proof, house)
    assert "登记情况表的证明" in reason(text + CUT + proof.replace(b"@v1", b"@v2"), house)
    assert "证明文件的第 1 个哈希" in reason(text + CUT + proof.replace(b"\nindex 18\n", b"\nindex 18\n*"), house)


def test_a_text_does_not_go_with_the_proof_of_another(house: House, file: bytes) -> None:
    other = StatementId("stm_0000000000000000000002")
    position = issue(house, other, TEXT.replace("8", "80"), "7K3M9QXT0AHC")
    another = statement_file(house, position, TEXT.replace("8", "80"))

    assert verify_statement(another, house.policy).events[0]["stream"] == other
    assert "登记情况表正文" in reason(file.split(CUT)[0] + CUT + another.split(CUT)[1], house)


def test_the_proof_of_an_event_of_another_type_makes_no_statement(house: House) -> None:
    note = house.signer().checkpoint()
    for position in (1, 13):
        data = format_statement(TEXT, prove_event(house.store, position, note))
        assert "不是 statement.issued/1" in reason(data, house)


def issued(**change: object) -> StatementIssued:
    fields: dict[str, object] = {
        "statement": StatementId("stm_odd"), "person": LI, "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "code": "7K3M9QXT0AHD", "as_of": 3, "log_size": 3, "law": "then", "rulebooks": (), "years": (2026,),
    }
    return StatementIssued(**(fields | change))  # type: ignore[arg-type]


def test_an_event_that_rests_on_what_came_after_it_is_not_believed_whoever_signed_it(house: House) -> None:
    for number, as_of in enumerate((0, -1, 1_000)):
        event = issued(statement=StatementId(f"stm_odd{number}"), code=f"7K3M9QXT0AJ{number}", as_of=as_of)
        (position,) = house.record((Draft(event, StatementText(text=TEXT)),))
        assert "所依据的位置不在它之前" in reason(statement_file(house, position), house)


def test_a_strangers_key_proves_nothing(file: bytes, tmp_path: Path) -> None:
    namesake = policy_of(format_vkey(generate_key(ORIGIN).public()))
    assert refused(file, namesake, tmp_path) == "note_unverified"


def test_what_is_no_statement_or_too_long_to_be_one_is_told_so(house: House, file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in ("学时登记情况表\n".encode(), b" " * (FILE_BYTES_MAX + 1 - len(file)) + file):
        path.write_bytes(data)
        with pytest.raises(Unverified, match=f"不认识的文件.*{SEPARATOR}"):
            verify_file(path, house.policy)


def test_the_verifier_of_statements_needs_no_more_than_that_of_proofs(
    house: House, file: bytes, tmp_path: Path
) -> None:
    (tmp_path / "statement.txt").write_bytes(file)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, house.signer().vkeys[0], str(tmp_path / "statement.txt")],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )
    assert (done.stdout, done.stderr) == ("statement\n", "")


def test_what_stands_below_the_separator_is_a_proof_that_any_reader_of_proofs_can_check(
    house: House, file: bytes, tmp_path: Path
) -> None:
    (tmp_path / "event.tlog-proof").write_bytes(file.split(CUT)[1])
    assert verify_file(tmp_path / "event.tlog-proof", house.policy).kind == "proof"


def test_the_sealed_text_is_handed_out_again_byte_for_byte_and_stands_nowhere_in_clear(
    house: House, file: bytes
) -> None:
    recorded = house.ledger.at(19)
    assert recorded is not None
    sealed = house.ledger.opened(recorded)
    assert isinstance(sealed, StatementText)
    assert statement_file(house, 19, sealed.text).startswith(file.split(CUT)[0] + CUT)
    stored = b"".join(path.read_bytes() for path in house.folder.iterdir() if path.is_file())
    assert str(STATEMENT).encode() in stored
    assert "李*明".encode() not in stored
