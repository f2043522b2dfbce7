"""Files of other registers, made to hang together again after a mutation: what a register that lies can sign.

A change breaks a digest or a seal first, and a fuzzer would see nothing of what stands behind them. So here the digest
is computed anew and the seal is made with a key that is trusted; what is left to notice is what the file says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import msgspec
from joserfc import jws
from joserfc.jwk import KeySet, OKPKey

from api.outside.provider import Asked, NotProven, Provider, ProviderAway, Said
from ledger.archive import MANIFEST, Manifest, format_manifest
from ledger.errors import LedgerError
from ledger.file_digest import sha256_of
from ledger.hand_over.check import check
from ledger.hand_over.file import AnyLine, End, Ended, Entry, Hashes, Header, Whose, format_file, hash_lines
from ledger.offline.verify import verify_proof
from ledger.offline.verify_archive import verify_archive
from ledger.offline.verify_leaf import FORMAT
from ledger.offline.year_line import YEAR_EVENT, format_line, verify_line
from ledger.proof.bundle import Bundle, format_bundle
from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.keys import SigningKey, generate_key, parse_vkey
from ledger.proof.merkle import OutOfTree, hash_leaf, root_of
from ledger.proof.multiproof import prove_many
from ledger.proof.notes import format_note, sign
from ledger.proof.policy import trust
from ledger.proof.text import encode_base64

PARTED: Final = b"\n--part--\n"
ARCHIVED: Final = ("vkey", MANIFEST, "checkpoint", "tiles.parquet", "edges.parquet", "events/000000001.parquet")
"""What an archive of a few events consists of, in the order in which a fuzzed one has it."""

ORIGIN: Final = "fuzzed.example/log"
_LEAVES: Final = 64
_read_line = msgspec.json.Decoder(AnyLine).decode


# A hand-over whose register signs whatever it says


@cache
def _key() -> SigningKey:
    return generate_key(ORIGIN)


def hand_over(data: bytes) -> object:
    """Check a hand-over as it is, and as its register would have signed it."""
    with suppress(LedgerError):
        check(data, trust(_key().public()))
    return check(_signed(data), trust(_key().public()))


def _signed(data: bytes) -> bytes:
    """The lines that can be read, in a log of its own in which they stand where they say, proved and sealed."""
    lines = list(_readable(data))
    body = [line for line in lines if not isinstance(line, Header | Hashes | End)]
    header = next((line for line in lines if isinstance(line, Header)), Header("", ORIGIN, 0, 0))
    leaves = {position - 1: hash_leaf(leaf) for position, leaf in _leaves(body) if 0 < position <= _LEAVES}
    tree = [leaves.get(index, bytes(32)) for index in range(_LEAVES)]
    header = msgspec.structs.replace(header, origin=ORIGIN, size=_LEAVES)
    try:
        proof = prove_many(sorted(leaves), header.since, _LEAVES, _in_memory(tree))
    except OutOfTree:
        proof = []
    text = format_checkpoint(Checkpoint(ORIGIN, _LEAVES, root_of(tree)))
    note = format_note(text, [sign(text, _key())])
    return b"".join(format_file((header, *body, *hash_lines(proof)), note, [_key()]))


def _readable(data: bytes) -> Iterable[AnyLine]:
    for text in data.split(b"\n"):
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield _read_line(text)


def _leaves(lines: Iterable[AnyLine]) -> Iterable[tuple[int, bytes]]:
    for line in lines:
        if isinstance(line, Ended | Whose):
            yield line.position, bytes(line.leaf)
        elif isinstance(line, Entry):
            yield from ((one.position, bytes(one.leaf)) for one in line.events)


def _in_memory(tree: Sequence[bytes]) -> Any:
    """Reads subtrees of a list of hashes."""
    return SimpleNamespace(read_hashes=lambda subtrees: [
        root_of(tree[index << level:(index + 1) << level]) for level, index in subtrees])


# A year's archive whose manifest agrees with its files


def archive(folder: Path, data: bytes) -> object:
    """Check a folder whose files are the parts of what is given, the manifest put right where it can be read."""
    parts = dict(zip(ARCHIVED, data.split(PARTED), strict=False))
    for name in ARCHIVED[1:]:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(parts.get(name, b""))
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        told = msgspec.json.decode(parts.get(MANIFEST, b""), type=Manifest)
        files = {name: msgspec.structs.replace(one, bytes=path.stat().st_size, sha256=sha256_of(path))
                 if name in parts else one for name, one in told.files.items() for path in (folder / name,)}
        (folder / MANIFEST).write_bytes(format_manifest(msgspec.structs.replace(told, files=files)))
    return verify_archive(folder, trust(parse_vkey(parts["vkey"])))


def parted(folder: Path, vkey: bytes) -> bytes:
    """An archive as `archive` takes it."""
    return PARTED.join([vkey, *((folder / name).read_bytes() for name in ARCHIVED[1:])])


# What a provider says of somebody, signed by it


@cache
def _provider() -> tuple[Provider, dict[str, Any], OKPKey]:
    key = OKPKey.generate_key("Ed25519", {"kid": "1"})
    provider = Provider("https://provider.example", "client", "", "https://xueshi.example/return")
    described = {"issuer": provider.issuer, "id_token_signing_alg_values_supported": ["Ed25519"]}
    provider._key_set = lambda *_: KeySet([key])  # type: ignore[method-assign]  # Nobody is asked.
    return provider, described, key


def id_token(data: bytes) -> object:
    """Check a token as it came, and one that says the same in a signature that holds."""
    provider, described, key = _provider()
    signed = jws.serialize_compact({"alg": "Ed25519", "kid": "1"}, data, key, algorithms=["Ed25519"])
    for token in (data.decode("latin-1"), signed):
        with suppress(NotProven, ProviderAway):
            return provider._claims({"id_token": token}, described, Asked("s", "n", "v"), now_s=1_795_000_000)
    return None


def provider_answers(data: bytes) -> object:
    """Sign somebody on by what a provider answers: what it says of itself, its keys, its token."""
    answers = data.split(PARTED) + [b""] * 3
    provider = Provider("https://provider.example", "client", "secret", "https://xueshi.example/return")
    order = iter(answers)
    provider._ask = lambda *_: Said(200, next(order, b""))  # type: ignore[method-assign]  # Nobody is asked.
    asked = Asked("s", "n", "v" * 48)
    try:
        provider.demand_there()
        provider.address(asked)
        provider.identity({"code": "c", "iss": provider.issuer}, asked, now_s=1_795_000_000)
    except (NotProven, ProviderAway) as no:
        return str(no)
    return None


def answered_by_one() -> bytes:
    """What a provider would answer; nobody knows the key of its token."""
    described = {"issuer": "https://provider.example", "authorization_endpoint": "https://provider.example/a?b=c",
                 "token_endpoint": "https://provider.example/t", "jwks_uri": "https://provider.example/k",
                 "id_token_signing_alg_values_supported": ["Ed25519", "RS256"],
                 "token_endpoint_auth_methods_supported": ["client_secret_post"]}
    key = OKPKey.generate_key("Ed25519", {"kid": "1", "use": "sig"})
    token = jws.serialize_compact({"alg": "Ed25519", "kid": "1"}, claims(), key, algorithms=["Ed25519"])
    said = {"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": token}
    keys = {"keys": [key.as_dict(private=False), {"kty": "RSA", "n": "sXch" * 86, "e": "AQAB", "use": "sig"},
                     {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                      "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
    return PARTED.join(json.dumps(one).encode() for one in (described, keys, said))


def claims() -> bytes:
    """What a provider would say."""
    said = {"iss": "https://provider.example", "aud": "client", "sub": "li", "nonce": "n", "exp": 1_795_000_100,
            "iat": 1_795_000_000, "acr": "2", "amr": ["otp"]}
    return json.dumps(said).encode()



# A line of a closed year under an event that a register signed, whatever the event says


def year_line(data: bytes) -> object:
    """Check a line whose proof is made anew around what stands after it, as the event that closed the year."""
    head, _, event = data.partition(b"\n\n")
    text = format_checkpoint(Checkpoint(ORIGIN, 1, hash_leaf(event)))
    proof = format_bundle(Bundle(0, (), format_note(text, [sign(text, _key())]), event))
    return verify_line(head + b"\n\n" + proof, trust(_key().public()), verify_proof)


def closed_line() -> bytes:
    """What a register with one person would give out."""
    line = b"per_1 1 2400 0 0\n"
    event = {"type": YEAR_EVENT, "year": 2025, "people": 1, "totals_root": encode_base64(hash_leaf(line))}
    leaf = [FORMAT, "yrc_2025", 1, 1_795_000_000_000_000, [], "c2FsdA", {"actor": "acr_1"}, event, None]
    return format_line(line, 0, [], json.dumps(leaf, separators=(",", ":")).encode())
