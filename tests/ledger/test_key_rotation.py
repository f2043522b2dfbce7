"""Signing keys are exchanged in the open: both sign one text, the old one vouches, what it signed holds for ever."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from key_kit import child
from ledger_kit import ORIGIN, House, check, fill, house_policy, open_house, small_house

from ledger.errors import LedgerError
from ledger.offline.verify import verify_proof
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.keys import PublicKey, SigningKey, format_vkey, generate_key, parse_skey, parse_vkey
from ledger.proof.notes import NoteVerifier, format_note, open_note, parse_note, sign
from ledger.proof.policy import believe, trust
from ledger.proving import prove_event
from ledger.signing.former_keys import former_keys, keys_at_hand
from ledger.signing.rotation import (
    MalformedSuccession,
    RotationRefused,
    What,
    believable,
    follow,
    histories,
    parse_succession,
    retire,
    sign_with_new,
    succession,
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return small_house(tmp_path / "house")


def key_of(house: House) -> PublicKey:
    return parse_vkey(house.signer().vkeys[0])


def secrets_of(house: House) -> list[SigningKey]:
    return [parse_skey(line) for line in (house.folder / "ledger.signing.key").read_text().splitlines()]


def exchanged(house: House) -> tuple[PublicKey, PublicKey]:
    """Exchange the key, as an operator does."""
    old = key_of(house)
    new = sign_with_new(house.folder, ORIGIN)
    house.signer().checkpoint()
    retire(house.folder, ORIGIN, old.key_id.hex())
    return old, new


def test_a_running_signer_signs_with_a_key_from_the_next_checkpoint_on_and_without_it_from_when_it_is_retired(
    house: House,
) -> None:
    signer, old = house.signer(), key_of(house)
    before = signer.checkpoint()
    new = sign_with_new(house.folder, ORIGIN)
    both = signer.checkpoint()
    assert parse_note(both)[0] == parse_note(before)[0], "one text, with one more signature"
    for key in (old, new):
        assert believe(both, trust(key)).checkpoint.size == parse_checkpoint(parse_note(before)[0]).size
    retire(house.folder, ORIGIN, old.key_id.hex())
    fill(house.store, 1)
    after = signer.checkpoint()
    assert [each.key_id for each in parse_note(after)[1]] == [new.key_id]
    assert signer.vkeys == [format_vkey(new)]


def test_a_key_is_not_retired_before_a_checkpoint_with_both_signatures_was_published(house: House) -> None:
    old = key_of(house)
    new = sign_with_new(house.folder, ORIGIN)
    for key in (old, new):
        with pytest.raises(RotationRefused, match="xueshi log checkpoint") as refused:
            retire(house.folder, ORIGIN, key.key_id.hex())
        assert new.key_id.hex() in str(refused.value)
    (house.folder / "ledger.published").unlink()
    with pytest.raises(RotationRefused, match="还没有公布过"):
        retire(house.folder, ORIGIN, old.key_id.hex())
    house.signer().checkpoint()
    assert retire(house.folder, ORIGIN, old.key_id.hex()) == old


def test_whoever_was_not_told_that_a_key_is_retired_is_told_when_they_ask_again(house: House) -> None:
    """As after an error or a kill right at the end: it says to run it once more, and that has to help."""
    old = key_of(house)
    sign_with_new(house.folder, ORIGIN)
    house.signer().checkpoint()
    retire(house.folder, ORIGIN, old.key_id.hex())
    before = (house.folder / "ledger.succession").read_bytes()

    assert retire(house.folder, ORIGIN, old.key_id.hex()) == old
    assert (house.folder / "ledger.succession").read_bytes() == before
    with pytest.raises(RotationRefused, match="没有编号为"):
        retire(house.folder, ORIGIN, old.key_id.hex(), is_compromised=True)


def test_neither_the_only_key_nor_an_unknown_one_is_retired_and_a_third_is_not_added(house: House) -> None:
    with pytest.raises(RotationRefused, match="唯一的签名密钥"):
        retire(house.folder, ORIGIN, key_of(house).key_id.hex())
    with pytest.raises(RotationRefused, match="其中有"):
        retire(house.folder, ORIGIN, "00000000")
    sign_with_new(house.folder, ORIGIN)
    with pytest.raises(RotationRefused, match="上一次更换尚未完成") as refused:
        sign_with_new(house.folder, ORIGIN)
    assert refused.value.code == "signing_key_not_changed"


def test_a_new_key_may_be_given_up_again_and_the_old_one_kept(house: House) -> None:
    old = key_of(house)
    new = sign_with_new(house.folder, ORIGIN)
    house.signer().checkpoint()
    retire(house.folder, ORIGIN, new.key_id.hex(), is_compromised=True)
    assert house.signer().vkeys == [format_vkey(old)]
    assert follow((house.folder / "ledger.succession").read_bytes(), old) == [old]


def test_proofs_from_before_during_and_after_verify_with_the_keys_that_follow_from_either(house: House) -> None:
    old = key_of(house)
    before = prove_event(house.store, 3, house.signer().checkpoint())
    new = sign_with_new(house.folder, ORIGIN)
    during = prove_event(house.store, 3, house.signer().checkpoint())
    retire(house.folder, ORIGIN, old.key_id.hex())
    fill(house.store, 1)
    after = prove_event(house.store, 3, house.signer().checkpoint())

    def holds(proof: bytes, *keys: PublicKey) -> bool:
        try:
            return verify_proof(proof, trust(*keys)).checkpoint.origin == ORIGIN
        except LedgerError:
            return False

    assert [holds(each, old) for each in (before, during, after)] == [True, True, False]
    assert [holds(each, new) for each in (before, during, after)] == [False, True, True]
    learned = follow((house.folder / "ledger.succession").read_bytes(), old)
    assert learned == [old, new]
    assert all(holds(each, *learned) for each in (before, during, after))
    published = believable(house.folder, "ledger", [key_of(house)])
    assert published == [new, old], "the one that signs stands first"
    assert all(holds(each, *published) for each in (before, during, after))


def test_what_a_retired_key_signed_is_believed_here_for_ever(house: House) -> None:
    folder = house.folder
    old, new = exchanged(house)
    house.close()
    assert former_keys(folder) == [old] and keys_at_hand(folder) == [new, old]
    closed = House(folder, house.vault, house.ledger)
    assert check(closed, policy=trust(*keys_at_hand(folder))).holds
    found = check(closed, policy=house_policy(folder))
    assert {each.code for each in found.problems} == {"checkpoint_invalid"}, "the new key alone cannot say so"


def test_an_older_database_that_only_the_retired_key_signed_is_still_extended(house: House) -> None:
    folder = house.folder
    note = house.signer().checkpoint()
    exchanged(house)
    (folder / "ledger.published").write_bytes(note)
    fill(house.store, 1)
    assert parse_checkpoint(parse_note(house.signer().checkpoint())[0]).size == house.store.size()


def test_keys_are_followed_over_several_exchanges_and_from_any_of_them(house: House) -> None:
    keys = [key_of(house)]
    keys += [exchanged(house)[1] for _ in range(3)]
    data = (house.folder / "ledger.succession").read_bytes()
    assert [one.what for one in parse_succession(data)] == [What.SIGNS, What.RETIRED] * 3
    assert follow(data, keys[0]) == keys
    assert follow(data, keys[2]) == [keys[2], keys[3]], "who comes in later learns what comes after"
    assert follow(data, generate_key(ORIGIN).public())[1:] == []
    times = histories(house.folder, "ledger", [keys[3]])
    assert [each.key for each in times] == [keys[3], *keys[:3]]
    assert times[0].since and not times[0].until and times[1].until and not times[1].is_compromised


def test_a_key_whose_secret_is_out_vouches_for_nobody_and_is_not_handed_out(house: House) -> None:
    old = key_of(house)
    new = sign_with_new(house.folder, ORIGIN)
    house.signer().checkpoint()
    retire(house.folder, ORIGIN, old.key_id.hex(), is_compromised=True)
    data = (house.folder / "ledger.succession").read_bytes()
    assert follow(data, old) == [new]
    assert believable(house.folder, "ledger", [new]) == [new]
    assert keys_at_hand(house.folder) == [new, old], "the register itself knows what it signed"
    (spoken,) = [each for each in histories(house.folder, "ledger", [new]) if each.is_compromised]
    assert spoken.key == old and spoken.until


def test_a_stranger_cannot_add_themselves(house: House) -> None:
    """A second signature under the old key's text is anyone's; being vouched for is not."""
    old, stranger = key_of(house), generate_key(ORIGIN)
    (own,) = secrets_of(house)
    vkey = format_vkey(stranger.public())
    text = f"{ORIGIN} key succession/1\nsigns-from 2026-11-21T00:00:00+00:00\n{vkey}\n".encode()
    alone = format_note(text, [sign(text, stranger)])
    assert follow(alone, old) == [old]
    checkpoint = house.signer().checkpoint()
    taken = parse_note(checkpoint)[1][0]
    assert follow(format_note(text, [taken, sign(text, stranger)]), old) == [old], "another text's signature"
    without = format_note(text, [sign(text, own)])
    assert follow(without, old) == [old], "vouched for, and without the secret"
    assert follow(format_note(text, [sign(text, own), sign(text, stranger)]), old) == [old, stranger.public()]


def test_what_is_said_of_keys_can_never_be_taken_for_a_checkpoint(house: House) -> None:
    old, _ = exchanged(house)
    for one in succession(house.folder):
        with pytest.raises(LedgerError):
            believe(one.note, trust(old))
        with pytest.raises(LedgerError):
            parse_checkpoint(parse_note(one.note)[0])


def test_every_flipped_byte_of_the_succession_is_refused_or_teaches_nothing(house: House) -> None:
    old, new = exchanged(house)
    data = (house.folder / "ledger.succession").read_bytes()
    for place in range(len(data)):
        flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]
        try:
            learned = follow(flipped, old)
        except MalformedSuccession:
            continue
        assert set(learned) <= {old, new}, place


@pytest.mark.parametrize("data", [
    b"\xff", b"a", b"a\n\nb", b"x key succession/1\nsigns-from now\nx\n\n\xe2\x80\x94 x AAAA\n",
])
def test_a_file_that_is_no_succession_is_told(data: bytes) -> None:
    with pytest.raises(MalformedSuccession, match="重新索取"):
        follow(data, generate_key(ORIGIN).public())
    assert parse_succession(b"") == []


def test_only_the_owner_reads_the_keys_after_each_exchange(house: House) -> None:
    exchanged(house)
    assert (house.folder / "ledger.signing.key").stat().st_mode & 0o777 == 0o600
    for name in ("ledger.succession", "ledger.former"):
        assert (house.folder / name).stat().st_mode & 0o777 == 0o644, "these are public"
        assert "PRIVATE" not in (house.folder / name).read_text()


STOPPED = """
import os, signal, sys
from pathlib import Path
import ledger.signing.rotation as rotation
folder, origin, after = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
written, write = [], rotation.write_durably
def dying(path, data, *, mode):
    write(path, data, mode=mode)
    written.append(path.name)
    if len(written) == after:
        os.kill(os.getpid(), signal.SIGKILL)
rotation.write_durably = dying
import ledger.signing.former_keys as former
former.write_durably = dying
(rotation.retire if len(sys.argv) > 4 else rotation.sign_with_new)(folder, origin, *sys.argv[4:])
"""


@pytest.mark.parametrize("after", [1, 2])
def test_adding_a_key_that_was_killed_is_ended_by_running_it_again(house: House, after: int) -> None:
    old = key_of(house)
    with child(STOPPED, house.folder, ORIGIN, after) as process:
        assert process.wait(60) == -signal.SIGKILL
    signer = house.signer()
    assert len(signer.vkeys) == 2, "a key that is there signs"
    signer.checkpoint()
    if after == 1:  # Made and not said: said now, of the same key.
        assert sign_with_new(house.folder, ORIGIN) == parse_vkey(signer.vkeys[1])
    data = (house.folder / "ledger.succession").read_bytes()
    assert follow(data, old) == [old, parse_vkey(signer.vkeys[1])]
    with pytest.raises(RotationRefused):
        sign_with_new(house.folder, ORIGIN)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_retiring_a_key_that_was_killed_is_ended_by_running_it_again(house: House, after: int) -> None:
    old = key_of(house)
    new = sign_with_new(house.folder, ORIGIN)
    house.signer().checkpoint()
    with child(STOPPED, house.folder, ORIGIN, after, old.key_id.hex()) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert keys_at_hand(house.folder)[-1] in (old, new)
    if after < 3:
        assert open_note(house.signer().checkpoint(), [NoteVerifier(old)]).verified
        assert retire(house.folder, ORIGIN, old.key_id.hex()) == old
    assert house.signer().vkeys == [format_vkey(new)]
    assert former_keys(house.folder) == [old]
    assert [one.what for one in succession(house.folder)] == [What.SIGNS, What.RETIRED]


def test_two_who_add_a_key_at_once_add_one(house: House) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom ledger.signing.rotation import sign_with_new, RotationRefused\n"
        "try:\n    sign_with_new(Path(sys.argv[1]), sys.argv[2])\n    print('added')\n"
        "except RotationRefused:\n    print('refused')"
    )
    both = [child(script, house.folder, ORIGIN) for _ in range(2)]
    assert sorted(one.communicate(timeout=60)[0] for one in both) == ["added\n", "refused\n"]
    assert len(secrets_of(house)) == 2


def test_a_folder_that_cannot_be_written_changes_nothing(house: House) -> None:
    before = (house.folder / "ledger.signing.key").read_bytes()
    (house.folder / "ledger.signing.key.new").mkdir()  # Root may write anywhere: a folder stands in the way instead.
    with pytest.raises(OSError, match=r"ledger\.signing\.key\.new"):
        sign_with_new(house.folder, ORIGIN)
    assert (house.folder / "ledger.signing.key").read_bytes() == before


def test_a_new_house_has_no_history(tmp_path: Path) -> None:
    house = open_house(tmp_path / "new")
    (only,) = histories(house.folder, "ledger", [key_of(house)])
    assert (only.since, only.until, only.is_compromised) == (None, None, False)
