"""The verifier believes nothing: every byte of a proof and of an export is flipped, every cut is made.

One thing may change unseen, because the formats say so: a signature line of a key that the policy does not name, and
the cosignatures that a policy does not ask for. Nothing else.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_kit import (
    LI,
    ORIGIN,
    House,
    details,
    fill,
    identity,
    open_house,
    small_house,
)

from ledger.copies.export import export
from ledger.envelope import check_canonical, encode
from ledger.errors import LedgerError
from ledger.events.base import By, Draft
from ledger.events.claim import ClaimSubmitted
from ledger.events.source import Source
from ledger.events.study import Evidence, Study
from ledger.offline.verify import Unverified, policy_of, read_leaf, verify_file, verify_proof
from ledger.offline.verify_export import verify_export
from ledger.proof.cosignature import cosign
from ledger.proof.keys import COSIGNATURE, SigningKey, format_vkey, generate_key
from ledger.proof.merkle import check_consistency
from ledger.proof.notes import format_note, parse_note, parse_signature
from ledger.proof.policy import Policy, parse_policy
from ledger.proving import NoSuchEvent, NotYetSigned, prove_event, prove_growth
from ledger.streams.person import RegisterPerson, decide_person_registration
from ledger.vocabulary import Category, ClaimId, PersonId, StreamId, UnitId

WITNESS = SigningKey("witness.example/w1", b"\x17" * 32)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = small_house(tmp_path_factory.mktemp("verify") / "house")
    yield house
    house.close()


@pytest.fixture(scope="module")
def note(house: House) -> bytes:
    return house.signer().checkpoint()


@pytest.fixture(scope="module")
def proof(house: House, note: bytes) -> bytes:
    return prove_event(house.store, 13, note)


@pytest.fixture(scope="module")
def exported(house: House, note: bytes) -> bytes:
    return b"".join(export(house.store, note))


def refused(data: bytes, policy: Policy, folder: Path) -> str:
    """The code of the error; a file that holds, or an error that is none of ours, fails the test."""
    path = folder / "file"
    path.write_bytes(data)
    with pytest.raises(LedgerError) as caught:
        verify_file(path, policy)
    return caught.value.code


def flips(data: bytes, *, all_bits: bool = False) -> Iterator[bytes]:
    """The data with one bit changed, at every byte; a different bit from byte to byte."""
    for place in range(len(data)):
        for bit in range(8) if all_bits else (place * 5 % 8,):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            yield bytes(changed)


# Proofs


def test_every_event_of_logs_of_one_to_seventy_events_is_proved(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    policy, signer = house.policy, house.signer()
    for size in range(1, 71):
        fill(house.store, 1, start=size - 1)
        note = signer.checkpoint()
        for position in {1, size // 2 or 1, size - 1 or 1, size} if size % 10 else range(1, size + 1):
            verdict = verify_proof(prove_event(house.store, position, note), policy)
            assert verdict.checkpoint.size == size
            assert verdict.events[0]["position"] == position
            assert verdict.events[0]["event"]["claim"] == f"clm_{position - 1:08d}"


def test_growth_is_proved_between_any_two_sizes(house: House) -> None:
    sizes = range(house.store.size() + 1)
    roots = [house.store.frontier(size).root() for size in sizes]
    for new in sizes:
        for old in range(1, new + 1):
            check_consistency(old, new, prove_growth(house.store, old, new), roots[old], roots[new])


def test_an_event_past_the_checkpoint_or_past_the_log_is_not_proved(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    fill(house.store, 3)
    note = house.signer().checkpoint()
    fill(house.store, 1, start=3)
    with pytest.raises(NotYetSigned, match="事件 4 尚未"):
        prove_event(house.store, 4, note)
    for position in (0, -1, 5):
        with pytest.raises(NoSuchEvent, match="编号从 1 起"):
            prove_event(house.store, position, note)


def test_a_verdict_says_what_was_checked_and_what_it_does_not_prove(house: House, proof: bytes) -> None:
    verdict = verify_proof(proof, house.policy)
    assert verdict.kind == "proof"
    assert verdict.events[0]["event"]["type"] == "claim.submitted/1"
    assert any("不证明登记的内容属实" in words for words in verdict.unproven)
    assert "李明" not in repr(verdict) and "论氨氮" not in repr(verdict)


def test_every_flipped_byte_of_a_proof_is_found(house: House, proof: bytes, tmp_path: Path) -> None:
    for changed in flips(proof):
        refused(changed, house.policy, tmp_path)


@pytest.mark.torture
def test_every_flipped_bit_of_a_proof_is_found(house: House, proof: bytes, tmp_path: Path, record_property) -> None:
    record_property("tried", len(proof) * 8)
    for changed in flips(proof, all_bits=True):
        refused(changed, house.policy, tmp_path)


def test_every_cut_of_a_proof_is_found(house: House, proof: bytes, tmp_path: Path) -> None:
    for end in range(len(proof)):
        refused(proof[:end], house.policy, tmp_path)
    refused(proof + b"\n", house.policy, tmp_path)
    refused(proof + proof, house.policy, tmp_path)


def test_a_proof_of_one_event_does_not_prove_another(house: House, note: bytes, tmp_path: Path) -> None:
    proof, other = (prove_event(house.store, position, note) for position in (13, 14))
    lines, others = proof.splitlines(), other.splitlines()
    assert refused(b"\n".join([*lines[:1], others[1], *lines[2:]]) + b"\n", house.policy, tmp_path) == "unprovable"
    assert refused(b"\n".join([*lines[:2], others[2], *lines[3:]]) + b"\n", house.policy, tmp_path) == "unprovable"
    assert refused(b"\n".join([*lines[:1], *lines[2:]]) + b"\n", house.policy, tmp_path) == "unverified"


def test_a_strangers_key_proves_nothing(house: House, proof: bytes, exported: bytes, tmp_path: Path) -> None:
    namesake = policy_of(format_vkey(generate_key(ORIGIN).public()))
    stranger = policy_of(format_vkey(generate_key("other.example/log").public()))
    for policy in (namesake, stranger):
        assert refused(proof, policy, tmp_path) == "note_unverified"
        assert refused(exported, policy, tmp_path) == "note_unverified"


# Witnesses


def witness_policy(house: House, quorum: str = "w1") -> bytes:
    lines = [
        f"log {house.signer().vkeys[0]}",
        f"witness w1 {format_vkey(WITNESS.public(COSIGNATURE))}",
        f"witness w2 {format_vkey(SigningKey('witness.example/w2', bytes(32)).public(COSIGNATURE))}",
        "group both all w1 w2",
        f"quorum {quorum}",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def cosigned(note: bytes) -> bytes:
    text, signatures = parse_note(note)
    return format_note(text, [*signatures, cosign(text, WITNESS, 1_760_000_000)])


def test_a_quorum_of_witnesses_is_asked_for_and_named(house: House, note: bytes, tmp_path: Path) -> None:
    file = tmp_path / "policy"
    file.write_bytes(witness_policy(house))
    policy = policy_of(str(file))
    bare, seen = prove_event(house.store, 3, note), prove_event(house.store, 3, cosigned(note))
    assert refused(bare, policy, tmp_path) == "quorum_unmet"
    assert "见证人 w1 已联署，所记时间 2025-10-09 16:53:20+08:00。" in verify_proof(seen, policy).checked
    assert refused(seen, parse_policy(witness_policy(house, "both")), tmp_path) == "quorum_unmet"
    assert refused(b"".join(export(house.store, note)), policy, tmp_path) == "quorum_unmet"
    (tmp_path / "export").write_bytes(b"".join(export(house.store, cosigned(note))))
    assert "见证人 w1 已联署，所记时间 2025-10-09 16:53:20+08:00。" in verify_file(tmp_path / "export", policy).checked


def test_every_flipped_byte_of_a_witnessed_proof_is_found_where_the_witness_counts(
    house: House, note: bytes, tmp_path: Path
) -> None:
    proof = prove_event(house.store, 3, cosigned(note))
    for changed in flips(proof):
        refused(changed, parse_policy(witness_policy(house)), tmp_path)


def test_only_a_line_of_an_unknown_key_may_change_unseen(house: House, note: bytes, tmp_path: Path) -> None:
    """The one exception of the format, made explicit: such a line is carried and means nothing."""
    proof = prove_event(house.store, 3, cosigned(note))
    start = proof.rindex("— witness".encode())
    policy, path, unseen = house.policy, tmp_path / "file", 0
    for place, changed in enumerate(flips(proof)):
        path.write_bytes(changed)
        try:
            verify_file(path, policy)
        except LedgerError:
            continue
        assert place >= start, f"byte {place} changed unseen"
        assert parse_signature(changed[start:].decode().removesuffix("\n")), "and it is a well-formed line still"
        unseen += 1
    assert unseen > 0


# Exports


def test_an_export_holds_whole_and_redacted(house: House, note: bytes, exported: bytes, tmp_path: Path) -> None:
    path = tmp_path / "export.ndjson"
    path.write_bytes(exported)
    seen: list[tuple[int, int]] = []
    verdict = verify_file(path, house.policy, progress=lambda done, total: seen.append((done, total)))
    assert (verdict.kind, verdict.checkpoint.size, seen[-1]) == ("export", 18, (18, 18))
    assert verdict.checked[1] == "9 个密封部分与各自事件中的摘要一致。"
    path.write_bytes(b"".join(export(house.store, note, redacted=True)))
    verdict = verify_file(path, house.policy)
    assert verdict.checked[1] == "0 个密封部分与各自事件中的摘要一致；9 个已遮盖，未随文件提供。"
    assert b"ciphertext" not in path.read_bytes()


def test_an_export_up_to_an_earlier_checkpoint_leaves_out_what_came_after(house: House, tmp_path: Path) -> None:
    path = tmp_path / "export"
    earlier = house.store.checkpoints()[0]
    path.write_bytes(b"".join(export(house.store, earlier.note)))
    assert verify_file(path, house.policy).checkpoint.size == earlier.size == 12
    assert len(path.read_bytes().splitlines()) == 12 + 2


def test_an_empty_log_is_exported_and_holds(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    path = tmp_path / "export"
    path.write_bytes(b"".join(export(house.store, house.signer().checkpoint())))
    assert verify_file(path, house.policy).checkpoint.size == 0


def test_every_flipped_byte_of_an_export_is_found(tmp_path: Path) -> None:
    house = open_house(tmp_path / "house")
    house.record(decide_person_registration(None, RegisterPerson(person=LI, identity=identity(1))))
    fill(house.store, 1)
    data = b"".join(export(house.store, house.signer().checkpoint()))
    for changed in flips(data):
        refused(changed, house.policy, tmp_path)


@pytest.mark.torture
def test_every_flipped_bit_of_an_export_is_found(
    house: House, exported: bytes, tmp_path: Path, record_property
) -> None:
    record_property("tried", len(exported) * 8)
    for changed in flips(exported, all_bits=True):
        refused(changed, house.policy, tmp_path)


def test_every_cut_of_an_export_is_found(house: House, exported: bytes, tmp_path: Path) -> None:
    ends = {*range(0, len(exported), 23), *range(len(exported) - 200, len(exported))}
    for end in ends | {place for place, byte in enumerate(exported) if byte == 0x0A} - {len(exported)}:
        refused(exported[:end], house.policy, tmp_path)
    refused(exported + b"\n", house.policy, tmp_path)
    refused(exported + exported, house.policy, tmp_path)


def resealed(lines: list[bytes]) -> bytes:
    """Lines with the SHA-256 made right again, as a forger would."""
    body = b"".join(line + b"\n" for line in lines[:-1])
    last = json.loads(lines[-1]) | {"sha256": hashlib.sha256(body).hexdigest()}
    return body + json.dumps(last, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def forged_exports(exported: bytes) -> dict[str, bytes]:
    """What a forger tries who makes the last line's SHA-256 right again."""
    lines = exported.splitlines()
    sealed = next(number for number, line in enumerate(lines) if b"ciphertext" in line)
    open_line = next(number for number, line in enumerate(lines) if b"leaf" in line and b"ciphertext" not in line)
    value = json.loads(lines[sealed])

    def with_line(number: int, line: bytes | None) -> bytes:
        changed = lines.copy()
        changed[number:number + 1] = [] if line is None else [line]
        return resealed(changed)

    def header(**change: object) -> bytes:
        return with_line(0, dumps(json.loads(lines[0]) | change))

    def last(**change: object) -> bytes:
        return resealed([*lines[:-1], dumps(json.loads(lines[-1]) | change)])

    salt = "AAAA" + value["salt"][4:]
    moved = {"leaf": value["leaf"], "salt": value["salt"] + value["ciphertext"][:4], "ciphertext": value["ciphertext"]}
    return {
        "swapped lines": resealed([lines[0], lines[2], lines[1], *lines[3:]]),
        "dropped line": with_line(3, None),
        "doubled line": resealed([*lines[:3], lines[2], *lines[3:]]),
        "header of a smaller log": header(size=17),
        "header of another log": header(origin="other.example/log"),
        "header with more": header(note="真"),
        "header of another form": header(format="xueshi-export/2"),
        "header without number": header(size=True),
        "header with text": header(size="18"),
        "no header": resealed(lines[1:]),
        "another salt": with_line(sealed, dumps(value | {"salt": salt})),
        "a salt of another length": with_line(sealed, dumps(moved)),
        "a salt that is no text": with_line(sealed, dumps(value | {"salt": 7})),
        "a salt that is no base64": with_line(sealed, dumps(value | {"salt": "不"})),
        "half a sealed part": with_line(sealed, dumps({name: value[name] for name in ("leaf", "salt")})),
        "a sealed part where there is none": with_line(
            open_line, dumps(json.loads(lines[open_line]) | {"salt": value["salt"], "ciphertext": "AAAA"})),
        "a sealed part of another event": with_line(
            sealed, dumps(value | {name: json.loads(lines[sealed + 4])[name] for name in ("salt", "ciphertext")})),
        "a rider": with_line(sealed, dumps(value | {"valid": True})),
        "a line of white space": with_line(sealed, lines[sealed].replace(b'{"leaf"', b'{ "leaf"')),
        "a key twice": with_line(sealed, lines[sealed].replace(b"{", b'{"leaf":"",', 1)),
        "no leaf": with_line(sealed, dumps({"salt": value["salt"], "ciphertext": value["ciphertext"]})),
        "a leaf that is no text": with_line(sealed, dumps({"leaf": [value["leaf"]]})),
        "a list": with_line(sealed, b"[]"),
        "a number": with_line(sealed, b"1"),
        "not a number": with_line(sealed, b'{"leaf":NaN}'),
        "a lone surrogate": with_line(sealed, b'{"leaf":"\\ud800"}'),
        "no UTF-8": with_line(sealed, b'{"leaf":"\xff"}'),
        "deep brackets": with_line(sealed, b"[" * 200_000 + b"]" * 200_000),
        "a huge number": with_line(sealed, b'{"leaf":' + b"9" * 10_000 + b"}"),
        "more than it says": last(events=19),
        "fewer than it says": last(events=17.0),
        "a count that is true": last(events=True),
        "another checkpoint": last(checkpoint="no note"),
        "no checkpoint": last(checkpoint=None),
        "a checkpoint of lone surrogates": resealed(lines).replace(b'"checkpoint":"', b'"checkpoint":"\\ud800'),
        "two last lines": resealed([*lines, lines[-1]]),
        "the last line first": resealed([lines[-1], *lines]),
        "nothing between": resealed([lines[0], lines[-1]]),
    }


def test_what_a_forger_makes_consistent_is_still_found(house: House, exported: bytes, tmp_path: Path) -> None:
    for what, data in forged_exports(exported).items():
        (tmp_path / "file").write_bytes(data)
        try:
            verify_export(tmp_path / "file", house.policy)
        except LedgerError as error:
            assert "\ud800" not in str(error), what
            continue
        pytest.fail(f"{what} was believed")


def forged_leaves(leaf: bytes) -> dict[str, bytes]:
    value = json.loads(leaf)

    def changed(place: int, new: object) -> bytes:
        return dumps([*value[:place], new, *value[place + 1:]])

    return {
        "nothing": b"", "no JSON": b"xueshi", "no UTF-8": b'["\xff"]', "an object": b"{}",
        "another format": changed(0, "x/1"),
        "eight": dumps(value[:8]), "ten": dumps([*value, None]), "a stream that is none": changed(1, 7),
        "a version that is none": changed(2, "1"), "a version that is true": changed(2, True),
        "a time that is none": changed(3, None), "a time with a point": changed(3, 1.5),
        "an event that is none": changed(7, []), "a digest that is none": changed(8, {}), "white space": leaf + b" ",
        "an escape": leaf.replace(b"xueshi", b"\\u0078ueshi"), "a lone surrogate": leaf.replace(b"routine", b"\\ud800"),
        "not a number": leaf.replace(b"null", b"NaN"), "deep brackets": b"[" * 200_000 + b"]" * 200_000,
        "a key twice": leaf.replace(b'{"actor"', b'{"actor":"","actor"'),
    }


def test_a_leaf_of_another_form_is_refused_whoever_proves_it(house: House) -> None:
    leaf = next(leaf for leaf in house.store.leaves(0, 100) if leaf.endswith(b"null]"))
    assert read_leaf(leaf, "x")["event"]["type"] == "unit.verified/1"
    for what, forged in forged_leaves(leaf).items():
        try:
            read_leaf(forged, "事件 1")
        except Unverified:
            continue
        pytest.fail(f"{what} was read")


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"c2sp.org/tlog-proof@v1\n" + tail)
       | st.binary(max_size=60).map(lambda tail: b'{"format":"xueshi-export/1","origin":"a","size":1}\n' + tail))
def test_garbage_is_refused_in_our_own_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    policy = policy_of(format_vkey(SigningKey(ORIGIN, bytes(32)).public()))
    refused(data, policy, tmp_path_factory.getbasetemp())


# Keys


def test_a_key_is_given_as_a_line_a_file_of_lines_or_a_policy(house: House, proof: bytes, tmp_path: Path) -> None:
    (vkey,) = house.signer().vkeys
    other = format_vkey(generate_key("other.example/log").public())
    (tmp_path / "keys").write_text(f"{other}\n\n{vkey}\n")
    (tmp_path / "policy").write_text(f"log {vkey}\nquorum none\n")
    for key in (vkey, str(tmp_path / "keys"), str(tmp_path / "policy")):
        assert verify_proof(proof, policy_of(key)).checkpoint.size == 18


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\xff\xff", b"nonsense\n", b"quorum\n", b"log x\nquorum none\n", b"a+b+c\n"]
)
def test_a_file_that_holds_no_key_is_told_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(LedgerError):
        policy_of(str(tmp_path / "keys"))


@pytest.mark.parametrize("key", ["+", "a+b", "\0+", "x" * 5_000 + "+", "register.example/log+00000000+AAAA", "/+"])
def test_a_line_that_is_no_key_is_told_so(key: str) -> None:
    with pytest.raises(LedgerError):
        policy_of(key)


def test_every_flipped_byte_of_a_key_line_is_found(house: House) -> None:
    (vkey,) = house.signer().vkeys
    for changed in flips(vkey.encode()):
        with pytest.raises((LedgerError, OSError)):  # Without a plus it is a file's name, and there is no such file.
            policy_of(changed.decode("utf-8", "replace"))


# One canonical form, written by one library and read by another

TEXT = st.text(max_size=40) | st.text(
    alphabet=st.sampled_from("\0\x01\b\t\n\v\f\r\x1b\x1f\x7f\x80\x9f\"\\/\u2028\u2029\ufeff\ufffe\U0001f600\U00020000\u00adé明")
)


def texts(*names: str) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(dict.fromkeys(names, TEXT))


@given(by=texts("actor", "role", "organisation", "reason", "correlation"),
       text=texts("stream", "claim", "person", "unit", "region", "sector", "route", "level", "document", "record"),
       further=st.dictionaries(TEXT, TEXT, max_size=3), number=st.integers(-(2**63), 2**63 - 1))
def test_what_one_library_writes_the_other_writes_the_same(
    by: dict[str, str], text: dict[str, str], further: dict[str, str], number: int
) -> None:
    study = Study(
        category=Category.PROFESSIONAL, route=text["route"], evidence_on=date(2026, 4, 2), level=text["level"],
        document=text["document"], further=further, hours_centi=number)
    event = ClaimSubmitted(
        claim=ClaimId(text["claim"]), person=PersonId(text["person"]), unit=UnitId(text["unit"]), region=text["region"],
        sector=text["sector"], study=study, steps=(text["route"],), evidence=(Evidence(kind="", sha256=""),),
        source=Source(system="s", record=text["record"], version="1"))
    leaf = encode(StreamId(text["stream"]), 1, Draft(event, details(1)), By(**by, cause=number), None).leaf(2**60)
    assert read_leaf(leaf, "x")["event"]["study"]["route"] == text["route"]
    assert check_canonical(leaf).event == event


def test_the_two_libraries_agree_on_every_character_there_is() -> None:
    for start in range(0, 0x110000, 0x800):
        if not 0xD800 <= start < 0xE000:
            block = ["".join(map(chr, range(start, start + 0x800)))]
            assert msgspec.json.encode(block) == dumps(block), hex(start)


# What the verifier needs

ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        allowed = ("ledger", "ledger.errors", "ledger.vocabulary", "ledger.witnessing", "ledger.witnessing.fork")
        if top in sys.stdlib_module_names or top in ("cryptography", "_cffi_backend", "cffi"):
            return None
        if name in allowed or (name + ".").startswith(("ledger.proof.", "ledger.offline.")):
            return None
        raise ImportError(f"the verifier asked for {name}")
sys.meta_path.insert(0, Refuse())
from pathlib import Path
from ledger.offline.verify import policy_of, verify_file
policy = policy_of(sys.argv[1])
for file in sys.argv[2:]:
    print(verify_file(Path(file), policy).kind)
"""


def test_the_verifier_needs_the_standard_library_and_one_signature_library(
    house: House, proof: bytes, exported: bytes, tmp_path: Path
) -> None:
    (tmp_path / "proof").write_bytes(proof)
    (tmp_path / "export").write_bytes(exported)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, house.signer().vkeys[0], str(tmp_path / "proof"), str(tmp_path / "export")],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )
    assert (done.stdout, done.stderr) == ("proof\nexport\n", "")
