"""What nobody may find: no name and no number in any byte of the store, of its journal, or of an error."""

from __future__ import annotations

import json
import sqlite3
import traceback
from base64 import b64decode
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hash_only_checker import check
from store_kit import BY

from ledger.envelope import SealedPart
from ledger.errors import LedgerError
from ledger.events.base import Draft, Name
from ledger.events.claim import ClaimSubmitted, ClaimWithdrawn
from ledger.events.person import Identity, IdentityChange, KeyDestroyed, PersonCorrected, PersonRegistered
from ledger.events.study import Study, StudyDetails
from ledger.keys.master import FileMasterKey, WrongKey
from ledger.keys.ring import KeyGone
from ledger.keys.vault import Absent, Vault
from ledger.ledger import Ledger
from ledger.proof.merkle import check_inclusion, hash_leaf, prove_inclusion
from ledger.proof.tiles import TileHashes
from ledger.stores.append import Append, NameTaken
from ledger.vocabulary import Category, ClaimId, PersonId, StreamId, UnitId

PERSON, OTHER = PersonId("per_canary"), PersonId("per_other")
CANARIES = ["欧阳探针", "欧陽探針", "330203198001010013", "13800138000", "浙江探针出版社", "ZJ-CANARY-2020-0042",
            "探针论文题目", "探针备注", "canary-photo.jpg", "198.51.100.77"]
IDENTITY = Identity(name=CANARIES[1], name_normalised=CANARIES[0], id_kind="resident_id", id_number=CANARIES[2],
                    phone=CANARIES[3])
DETAILS = StudyDetails(title=CANARIES[6], certificate_issuer=CANARIES[4], certificate_number=CANARIES[5],
                       words=CANARIES[7], file_names=(CANARIES[8],), address=CANARIES[9])


def registered(person: PersonId, identity: Identity = IDENTITY) -> Draft:
    return Draft(PersonRegistered(person=person), identity)


def submitted(claim: str, person: PersonId = PERSON) -> Draft:
    study = Study(category=Category.PROFESSIONAL, route="paper", evidence_on=date(2020, 5, 1))
    return Draft(ClaimSubmitted(claim=ClaimId(claim), person=person, unit=UnitId("unt_x"), region="330203",
                                sector="industry", study=study, steps=("registrar",)), DETAILS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def vault(folder: Path) -> Iterator[Vault]:
    vault = Vault(folder / "vault.sqlite", FileMasterKey.create(folder / "master.key"))
    yield vault
    vault.close()


@pytest.fixture
def ledger(folder: Path, vault: Vault) -> Iterator[Ledger]:
    ledger = Ledger.in_file(folder / "ledger.sqlite", vault)
    ledger.record([registered(PERSON), submitted("clm_1")], by=BY)
    yield ledger
    ledger.close()


def spellings(word: str) -> list[bytes]:
    """How a word might stand in a file: in either encoding, escaped, or as the start of a base64 text."""
    return [word.encode(), word.encode("utf-16-le"), word.encode("gb18030"), json.dumps(word)[1:-1].encode(),
            word.encode().hex().encode()]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def assert_no_canary(content: dict[str, bytes]) -> None:
    for name, data in content.items():
        for word in CANARIES:
            for spelling in spellings(word):
                assert spelling not in data, f"a canary stands in {name}"


def test_no_name_and_no_number_stands_in_any_file_and_yet_it_is_given_back(ledger: Ledger, folder: Path) -> None:
    files = bytes_of(folder)

    assert {"ledger.sqlite", "ledger.sqlite-wal", "vault.sqlite", "master.key"} <= files.keys()
    assert b"claim.submitted/1" in files["ledger.sqlite-wal"], "the journal holds what was written"
    assert_no_canary(files)
    assert [ledger.opened(recorded) for recorded in ledger.read()] == [IDENTITY, DETAILS]
    ledger.close()
    assert_no_canary(bytes_of(folder))


def test_the_look_up_finds_by_clear_name_what_is_stored_under_none(ledger: Ledger) -> None:
    assert ledger.find(IDENTITY.id_name()) == PERSON
    assert ledger.find(Name("id_number", "resident_id:330203198001010030")) is None
    assert ledger.find(Name("account", IDENTITY.id_name().value)) is None, "a name of another kind is another name"


def test_names_under_another_index_key_have_nothing_in_common(ledger: Ledger, folder: Path) -> None:
    other = Vault(folder / "other.sqlite", FileMasterKey.create(folder / "other.key"))
    with_other = Ledger.in_memory(other)
    with_other.record([registered(PERSON)], by=BY)

    assert ({held.reservation.name for held in ledger.store.names()}
            & {held.reservation.name for held in with_other.store.names()}) == set()
    other.close()


def all_errors(ledger: Ledger, folder: Path) -> Iterator[LedgerError]:
    """Everything that can go wrong with personal data in hand."""
    attempts = [
        lambda: ledger.record([registered(OTHER)], by=BY),
        lambda: ledger.record([submitted("clm_2")], by=BY),
        lambda: ledger.record([registered(PERSON)], by=BY),
        lambda: ledger.record([Draft(PersonCorrected(person=OTHER, fields=("id_number",)),
                                     IdentityChange(identity=IDENTITY, words=CANARIES[7]))], by=BY),
        lambda: ledger.store.append(Append((
            *ledger.prepare([registered(OTHER)], by=BY).events, *ledger.prepare([submitted("clm_1")], by=BY).events))),
        lambda: ledger.vault.open(ledger.read()[0].envelope, ledger.store.sealed(2)),
    ]
    for attempt in attempts:
        try:
            attempt()  # type: ignore[no-untyped-call]
        except LedgerError as error:
            yield error
    ledger.vault.destroy(OTHER)
    try:
        ledger.record([registered(OTHER)], by=BY)
    except LedgerError as error:
        yield error


def test_no_error_repeats_what_was_to_be_sealed(ledger: Ledger, folder: Path) -> None:
    errors = list(all_errors(ledger, folder))

    assert {type(error) for error in errors} >= {NameTaken, WrongKey, KeyGone}
    assert len(errors) == 7
    for error in errors:
        shown = "".join([str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)])
        assert_no_canary({type(error).__name__: shown.encode()})


def test_after_a_key_is_destroyed_nobody_reads_and_every_proof_still_holds(ledger: Ledger, folder: Path) -> None:
    ledger.record([registered(OTHER, msgspec.structs.replace(IDENTITY, id_number="330203198001010030"))], by=BY)
    before, proofs = ledger.store.leaves(0, 9), prove_all(ledger)
    wrapped = wrapped_key(folder, PERSON)

    ledger.vault.destroy(PERSON)
    ledger.record([Draft(KeyDestroyed(person=PERSON, basis="request", final_after=date(2027, 1, 1)))], by=BY,
                  versions={StreamId(PERSON): 1})

    assert [ledger.opened(recorded) for recorded in ledger.read(0, 2)] == [Absent.DESTROYED, Absent.DESTROYED]
    assert Absent.DESTROYED.value == "已销毁"
    assert isinstance(ledger.opened(ledger.read(2, 1)[0]), Identity), "nobody else's key is gone"
    assert ledger.find(IDENTITY.id_name()) is None, "the look-up forgot as well"
    assert ledger.store.leaves(0, 3) == before
    for index, (proof, size, root) in enumerate(proofs):
        check_inclusion(hash_leaf(ledger.store.leaves(index, 1)[0]), index, size, proof, root)
    assert wrapped not in b"".join(bytes_of(folder).values())
    ledger.close()
    assert wrapped not in b"".join(bytes_of(folder).values())
    check(folder / "ledger.sqlite")


def prove_all(ledger: Ledger) -> list[tuple[list[bytes], int, bytes]]:
    size = ledger.store.size()
    hashes = TileHashes(ledger.store, size)
    return [(prove_inclusion(index, size, hashes), size, ledger.store.frontier().root()) for index in range(size)]


def wrapped_key(folder: Path, owner: str) -> bytes:
    connection = sqlite3.connect(folder / "vault.sqlite")
    try:
        [(wrapped,)] = connection.execute("SELECT wrapped FROM keys WHERE owner = ?", (owner,)).fetchall()
    finally:
        connection.close()
    assert isinstance(wrapped, bytes)
    return wrapped


def test_a_redacted_copy_reads_as_redacted(ledger: Ledger) -> None:
    assert ledger.vault.open(ledger.read()[0].envelope, None) is Absent.REDACTED


def test_a_sealed_part_cannot_be_moved_to_another_event_of_the_same_person(ledger: Ledger) -> None:
    ledger.record([submitted("clm_2")._replace(sealed=StudyDetails(title="another"))], by=BY)
    events = ledger.read()

    for recorded in events:
        for other in events:
            if other.position != recorded.position:
                part = ledger.store.sealed(other.position)
                assert part is not None
                with pytest.raises(WrongKey):
                    ledger.vault.open(recorded.envelope, part)
                rewritten = msgspec.structs.replace(recorded.envelope, sealed=part.digest())
                with pytest.raises(WrongKey):  # Nor when the leaf is rewritten to fit: the place is sealed too.
                    ledger.vault.open(rewritten, part)


def test_every_changed_byte_of_a_sealed_part_is_noticed(ledger: Ledger) -> None:
    [recorded] = ledger.read(0, 1)
    part = ledger.store.sealed(1)
    assert part is not None
    assert recorded.envelope.sealed == part.digest()

    for place in range(len(part.ciphertext)):
        changed = bytearray(part.ciphertext)
        changed[place] ^= 1
        with pytest.raises(WrongKey):
            ledger.vault.open(recorded.envelope, SealedPart(part.salt, bytes(changed)))
        assert SealedPart(part.salt, bytes(changed)).digest() != recorded.envelope.sealed
        rewritten = msgspec.structs.replace(recorded.envelope, sealed=SealedPart(part.salt, bytes(changed)).digest())
        with pytest.raises(WrongKey):
            ledger.vault.open(rewritten, SealedPart(part.salt, bytes(changed)))
    for length in range(len(part.ciphertext)):
        cut = SealedPart(part.salt, part.ciphertext[:length])
        with pytest.raises(WrongKey):
            ledger.vault.open(msgspec.structs.replace(recorded.envelope, sealed=cut.digest()), cut)


def test_two_records_of_the_same_facts_look_different_in_every_part(folder: Path, vault: Vault) -> None:
    """Salts and nonces: nobody can tell by comparing that two people have the same certificate or the same events."""
    ledger = Ledger.in_memory(vault)
    for number in range(20):
        ledger.record([Draft(ClaimWithdrawn(claim=ClaimId(f"clm_{number}"), person=PERSON))], by=BY)
    events = [recorded.envelope for recorded in ledger.read()]

    assert len({envelope.salt for envelope in events}) == 20
    assert all(len(b64decode(envelope.salt)) == 16 for envelope in events)
    vault.prepare([PERSON])
    parts = [vault.seal(PERSON, IDENTITY, stream=StreamId("per_x"), version=1) for _ in range(20)]
    assert len({part.salt for part in parts}) == len({part.ciphertext[:12] for part in parts}) == 20
