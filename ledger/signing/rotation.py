"""How one signing key takes the place of another, so that whoever holds the old one can follow.

A new key is added to the file; from then on both sign each checkpoint, on one text. When such a checkpoint was
published the old key can be retired; its public half is kept (`ledger.signing.former_keys`), since what it signed is
checked for ever.

A second signature under a checkpoint tells nobody whose it is: anyone can add a line. So each exchange is also said in
a note of its own, which every key of the file signs, the one that comes and the one that goes among them. They stand
one after the other in `keys/<log>.succession`, which is public:

    <origin> key succession/1            no checkpoint begins so: a name holds no space
    signs-from 2026-11-21T09:30:00+00:00
    <vkey>

    — <origin> <signature of the old key>
    — <origin> <signature of the new key>

The second line is `signs-from`, `signed-until` (retired in good order) or `compromised` (retired, and what only it
signed is no longer to be believed from elsewhere than the register itself). A log that goes on under another name says
its new key so, too, signed by the keys of the old name. `follow` is for whoever holds one key and
wants the others. `tests/ledger/test_key_rotation.py` shows it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from ledger.durable import sync, write_durably
from ledger.errors import LedgerError
from ledger.proof.keys import PublicKey, SigningKey, format_skey, format_vkey, generate_key, parse_skey, parse_vkey
from ledger.proof.notes import NoteVerifier, format_note, open_note, parse_note, sign
from ledger.proof.text import Malformed
from ledger.signing.former_keys import former_keys, keep_as_former
from ledger.signing.signer import load_keys

_TITLE: Final = " key succession/1"


class What(StrEnum):
    """What is said of a key."""

    SIGNS = "signs-from"
    RETIRED = "signed-until"
    COMPROMISED = "compromised"


class RotationRefused(LedgerError):
    """The keys are not to be changed so now."""

    code = "signing_key_not_changed"


class MalformedSuccession(Malformed):
    """The file of successions is not what the format says."""

    code = "succession_malformed"
    cure = "请向登记机构重新索取整份文件"


class Said(NamedTuple):
    """What one note says, believed or not."""

    note: bytes
    origin: str
    what: What
    at: str
    key: PublicKey


class History(NamedTuple):
    """Of one public key: since when it signs and until when it did, as far as anything says so."""

    key: PublicKey
    since: str | None = None
    until: str | None = None
    is_compromised: bool = False


def sign_with_new(folder: Path, origin: str, *, name: str = "ledger") -> PublicKey:
    """Add a new key; killed in between and run again, it goes on with the one that was made."""
    with _alone(folder):
        path = folder / f"{name}.signing.key"
        keys = load_keys(path, origin)
        said = {one.key for one in succession(folder, name) if one.what is What.SIGNS}
        if len(keys) == 2 and keys[1].public() not in said:
            new = keys[1]  # Made, and not yet said.
        elif len(keys) > 1:
            raise RotationRefused(
                f"{path} 中已有 {len(keys)} 把密钥，上一次更换尚未完成。"
                "请先用 xueshi keys retire 停用其中一把，再更换。"
            )
        else:
            new = generate_key(origin)
            keys = [*keys, new]
            _write(path, keys)
        _say(folder, name, keys, What.SIGNS, new.public())
        return new.public()


def retire(folder: Path, origin: str, key_id: str, *, name: str = "ledger", is_compromised: bool = False) -> PublicKey:
    """Take a key out that another has signed beside; killed in between and run again, it ends."""
    with _alone(folder):
        path = folder / f"{name}.signing.key"
        keys = load_keys(path, origin)
        what = What.COMPROMISED if is_compromised else What.RETIRED
        found = [key for key in keys if key.public().key_id.hex() == key_id]
        if not found:
            for one in succession(folder, name):
                if (one.key.key_id.hex(), one.what) == (key_id, what) and one.key in former_keys(folder, name):
                    sync(folder)  # It was taken out, and whoever did it was not told.
                    return one.key
            known = "、".join(key.public().key_id.hex() for key in keys)
            raise RotationRefused(f"{path} 中没有编号为 {key_id} 的密钥；其中有 {known}。请用 xueshi keys show 查看。")
        (old,) = found
        if len(keys) == 1:
            raise RotationRefused(
                f"{key_id} 是唯一的签名密钥，停用后无法签发。请先运行 xueshi keys sign-with-new 加入新的一把。"
            )
        _demand_all_signed(folder / f"{name}.published", keys)
        keep_as_former(folder, [old.public()], name)
        if not any(one.key == old.public() and one.what is not What.SIGNS for one in succession(folder, name)):
            _say(folder, name, keys, what, old.public())
        _write(path, [key for key in keys if key != old])
        return old.public()


def hand_over(folder: Path, new: Path, *, name: str = "ledger") -> None:
    """Let the keys of a name that is given up vouch for the one under which the log goes on; twice changes nothing."""
    with _alone(folder):
        (key,) = (parse_skey(line) for line in new.read_text("ascii").splitlines() if line)
        if all(one.key != key.public() for one in succession(folder, name)):
            lines = (folder / f"{name}.signing.key").read_text("ascii").splitlines()
            _say(folder, name, [*(parse_skey(line) for line in lines if line), key], What.SIGNS, key.public())


def succession(folder: Path, name: str = "ledger") -> list[Said]:
    """What was said here of keys, the earliest first."""
    path = folder / f"{name}.succession"
    return parse_succession(path.read_bytes()) if path.exists() else []


def parse_succession(data: bytes) -> list[Said]:
    """Read the notes; nothing is verified."""
    where = "密钥交替文件"
    try:
        parts = data.decode("utf-8").removesuffix("\n").split("\n\n") if data else []
    except UnicodeDecodeError:
        raise MalformedSuccession(where, "不是 UTF-8 文本") from None
    if len(parts) % 2:
        raise MalformedSuccession(where, "正文与签名不成对")
    return [_read(f"{text}\n\n{signatures.rstrip(chr(10))}\n".encode(), where)
            for text, signatures in zip(parts[::2], parts[1::2], strict=True)]


def follow(data: bytes, *trusted: PublicKey) -> list[PublicKey]:
    """Which keys of the log the holder of some may believe: those that a believed one vouched for, step by step.

    A key that is said to be compromised is believed no more, nor is what it alone vouches for from then on.
    """
    believed = {format_vkey(key): key for key in trusted}
    for said in parse_succession(data):
        signers = [NoteVerifier(key) for key in believed.values()]  # Of a former name, too: it vouches for the next.
        try:
            open_note(said.note, signers)
            open_note(said.note, [NoteVerifier(said.key)])  # Whoever is spoken of has the secret.
        except LedgerError:
            continue
        if said.what is What.SIGNS:
            believed[format_vkey(said.key)] = said.key
        elif said.what is What.COMPROMISED:
            believed.pop(format_vkey(said.key), None)
    return list(believed.values())


def histories(folder: Path, name: str, signing: Iterable[PublicKey]) -> list[History]:
    """Every key of a log with its times, those that sign first."""
    told = succession(folder, name)
    at = {(one.key, one.what): one.at for one in told}
    keys = dict.fromkeys([*signing, *former_keys(folder, name)])
    return [
        History(key, at.get((key, What.SIGNS)), at.get((key, What.RETIRED)) or at.get((key, What.COMPROMISED)),
                (key, What.COMPROMISED) in at)
        for key in keys
    ]


def believable(folder: Path, name: str, signing: Iterable[PublicKey]) -> list[PublicKey]:
    """The keys by which others may check what this log ever signed: all but those whose secret is out."""
    return [each.key for each in histories(folder, name, signing) if not each.is_compromised]


def _read(note: bytes, where: str) -> Said:
    try:
        text, _ = parse_note(note)
        title, told, vkey = text.decode().removesuffix("\n").split("\n")
        what, _, at = told.partition(" ")
        key = parse_vkey(vkey)
        if title != key.name + _TITLE or datetime.fromisoformat(at).tzinfo is None:
            raise ValueError(title)
        return Said(note, key.name, What(what), at, key)
    except (ValueError, LedgerError) as error:
        raise MalformedSuccession(where, "有一段不成形") from error


def _say(folder: Path, name: str, keys: list[SigningKey], what: What, key: PublicKey) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    text = f"{key.name}{_TITLE}\n{what} {at}\n{format_vkey(key)}\n".encode()
    note = format_note(text, [sign(text, each) for each in keys])
    path = folder / f"{name}.succession"
    before = path.read_bytes() + b"\n" if path.exists() else b""
    write_durably(path, before + note, mode=0o644)


def _demand_all_signed(published: Path, keys: list[SigningKey]) -> None:
    """See that what anyone was last shown bears each key's signature: whoever knows one has met the other."""
    cure = "请等服务签发下一个检查点（或运行 xueshi log checkpoint），并让各方取得它之后再停用"
    if not published.exists():
        raise RotationRefused(f"{published} 不存在：还没有公布过由新旧密钥同时签名的检查点。{cure}。")
    note = published.read_bytes()
    for key in keys:
        try:
            open_note(note, [NoteVerifier(key.public())])
        except LedgerError as error:
            key_id = key.public().key_id.hex()
            raise RotationRefused(f"已公布的检查点还没有密钥 {key_id} 的签名。{cure}。") from error


def _write(path: Path, keys: list[SigningKey]) -> None:
    write_durably(path, "".join(f"{format_skey(key)}\n" for key in keys).encode(), mode=0o600)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time changes the keys of a folder; the kernel lets go when it dies."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
