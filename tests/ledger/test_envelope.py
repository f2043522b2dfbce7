"""The envelope: one way to write each event, every byte of it meant, and everything else refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from datetime import date

import msgspec
import pytest
from event_samples import sample_draft
from hypothesis import given
from hypothesis import strategies as st

from ledger.envelope import (
    AT_ONCE,
    LEAF_BYTES_MAX,
    Malformed,
    NotText,
    SealedPart,
    TooLarge,
    act_in,
    check_canonical,
    decode,
    decode_each,
    encode,
    encode_unread,
    read_back,
    wire_type_in,
)
from ledger.errors import LedgerError
from ledger.events.base import By, Draft, Event
from ledger.events.catalogue import CURRENT
from ledger.events.claim import ClaimWithdrawn
from ledger.events.rulebook import RulebookFiled
from ledger.proof.tiles import encode_entries
from ledger.vocabulary import ActId, ClaimId, PersonId, RulebookId, StreamId

BY = By(actor="acr_1", role="registrar")
WITHDRAWN = ClaimWithdrawn(claim=ClaimId("clm_1"), person=PersonId("per_1"))
TIME = 1_700_000_000_000_000

LEAF = (
    b'["xueshi/1","clm_1",1,1700000000000000,["per_1"],"AAAAAAAAAAAAAAAAAAAAAA==",'
    b'{"actor":"acr_1","role":"registrar"},{"type":"claim.withdrawn/1","claim":"clm_1","person":"per_1"},null]'
)


def filed(document: str) -> Draft:
    return Draft(RulebookFiled(rulebook=RulebookId("r/2024-01-01"), filed_with="某厅", filed_on=date(2024, 1, 1),
                               document=document))


# Its bytes


def test_a_leaf_is_this_array_and_nothing_else() -> None:
    envelope = check_canonical(LEAF)

    assert (envelope.format, envelope.stream, envelope.version) == ("xueshi/1", "clm_1", 1)
    assert (envelope.recorded_at, envelope.subjects, envelope.key_owner) == (TIME, ("per_1",), "per_1")
    assert (envelope.by, envelope.event, envelope.sealed) == (BY, WITHDRAWN, None)


def test_what_is_encoded_is_that_array_but_for_its_salt() -> None:
    leaf = encode(StreamId("clm_1"), 1, Draft(WITHDRAWN), BY, None).leaf(TIME)

    salt = json.loads(leaf)[5]
    assert leaf == LEAF.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", salt.encode())
    assert len(b64decode(salt, validate=True)) == 16
    assert msgspec.json.encode(WITHDRAWN) in leaf


def test_no_two_leaves_share_a_salt() -> None:
    encoded = {encode(StreamId("clm_1"), 1, Draft(WITHDRAWN), BY, None).after_time for _ in range(1_000)}

    assert len(encoded) == 1_000


def test_the_sealed_part_is_bound_by_the_digest_of_its_salt_and_ciphertext() -> None:
    part = SealedPart(b"s" * 16, b"ciphertext")

    leaf = encode(StreamId("clm_1"), 1, Draft(WITHDRAWN), BY, part).leaf(TIME)

    assert json.loads(leaf)[8] == b64encode(hashlib.sha256(b"s" * 16 + b"ciphertext").digest()).decode()


@pytest.mark.parametrize("name", CURRENT)
@pytest.mark.parametrize("full", [False, True], ids=["bare", "full"])
def test_every_event_comes_back_as_it_was_written_and_in_its_one_form(name: str, full: bool) -> None:
    draft = sample_draft(CURRENT[name], full=full)

    leaf = encode(StreamId("any"), 3, draft, BY, None).leaf(TIME)

    assert check_canonical(leaf).event == draft.event
    assert json.loads(leaf)[7]["type"] == wire_type_in(leaf).decode() == name
    assert tuple(json.loads(leaf)[4]) == draft.event.subjects()


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_survives_and_is_written_in_one_way(document: str, reason: str) -> None:
    by = By(actor="acr_1", role="registrar", reason=reason)

    leaf = encode(StreamId("rul_x"), 1, filed(document), by, None).leaf(TIME)

    envelope = check_canonical(leaf)
    assert (envelope.event.document, envelope.by.reason) == (document, reason)
    assert json.loads(leaf)[7]["document"] == document, "and any other JSON reader reads the same"
    assert b"\0" not in leaf


def test_a_text_that_looks_like_a_type_is_not_taken_for_it() -> None:
    by = By(actor="acr_1", role='{"type":"claim.approved/1"', reason='{"type":"claim.approved/1"')

    leaf = encode(StreamId("rul_x"), 1, filed('{"type":"x"'), by, None).leaf(TIME)

    assert wire_type_in(leaf) == b"rulebook.filed/1"


@pytest.mark.parametrize(("act", "stream", "found"), [
    ("act_1", "cla_1", b"act_1"), ("act_1", "act_1", None), ("act_1", "act_11", b"act_1"), (None, "cla_1", None)])
def test_which_act_an_event_is_a_row_of_is_read_alone_and_words_cannot_pretend_to_be_one(
    act: str | None, stream: str, found: bytes | None
) -> None:
    by = By(actor="acr_1", role="registrar", reason='x","act":"act_2"', act=None if act is None else ActId(act))

    leaf = encode(StreamId(stream), 1, filed('{"role":"r","act":"act_3"}'), by, None).leaf(TIME)

    assert act_in(leaf) == found


@pytest.mark.parametrize("text", ["\ud800", "前\udfff后"], ids=ascii)
def test_half_a_character_is_refused_and_the_text_is_not_carried_along(text: str) -> None:
    with pytest.raises(NotText) as refused:
        encode(StreamId("rul_x"), 1, filed(text), BY, None)

    assert refused.value.code == "text_malformed"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


# Its size


def test_a_leaf_fits_an_entry_bundle_to_the_last_byte_and_no_further() -> None:
    empty = len(encode(StreamId("rul_x"), 1, filed(""), BY, None).leaf(TIME))

    largest = encode(StreamId("rul_x"), 1, filed("x" * (LEAF_BYTES_MAX - empty)), BY, None).leaf(TIME)
    assert len(largest) == LEAF_BYTES_MAX
    assert len(encode_entries([largest])) == LEAF_BYTES_MAX + 2

    with pytest.raises(TooLarge) as refused:
        encode(StreamId("rul_x"), 1, filed("x" * (LEAF_BYTES_MAX - empty + 1)), BY, None)
    assert (refused.value.size, refused.value.code) == (LEAF_BYTES_MAX + 1, "event_too_large")


# What is refused


BY_TEXT, EVENT_TEXT = b'{"actor":"acr_1","role":"registrar"}', b'"type":"claim.withdrawn/1","claim":"clm_1"'
OTHER_SPELLINGS = {
    "keys of who did it in another order": (BY_TEXT, b'{"role":"registrar","actor":"acr_1"}'),
    "keys of the event in another order": (EVENT_TEXT, b'"claim":"clm_1","type":"claim.withdrawn/1"'),
    "a space after a comma": (b',1,', b', 1,'),
    "a space before the end": (b"null]", b"null ]"),
    "a newline at the end": (b"null]", b"null]\n"),
    "a space at the start": (b'["xueshi', b' ["xueshi'),
    "a duplicate key, the same value": (b'"claim":"clm_1"', b'"claim":"clm_1","claim":"clm_1"'),
    "a duplicate key, another value first": (b'"claim":"clm_1"', b'"claim":"clm_2","claim":"clm_1"'),
    "a default written out": (b'"role":"registrar"', b'"role":"registrar","reason":null'),
    "a needless escape": (b'"registrar"', b'"\\u0072egistrar"'),
    "an escaped slash": (b"claim.withdrawn/1", b"claim.withdrawn\\/1"),
    "a version with a fraction": (b",1,1700", b",1.0,1700"),
    "a time with an exponent": (b"1700000000000000", b"1.7e15"),
    "a tenth element": (b"null]", b"null,null]"),
    "a tenth element with words": (b"null]", b'null,"x"]'),
    "another format": (b"xueshi/1", b"xueshi/2"),
    "a byte order mark": (b'["xueshi', b'\xef\xbb\xbf["xueshi'),
}
NOT_ENVELOPES = {
    "nothing": (LEAF, b""),
    "an empty array": (LEAF, b"[]"),
    "an object": (LEAF, b"{}"),
    "cut in the middle": (LEAF[60:], b""),
    "eight elements": (b",null]", b"]"),
    "two leaves": (b"null]", b"null]" + LEAF),
    "an unknown field of the event": (b'"claim":"clm_1"', b'"claim":"clm_1","hours":5'),
    "an unknown field of who did it": (b'"role":"registrar"', b'"role":"registrar","name":"x"'),
    "a field that is missing": (b'"claim":"clm_1",', b""),
    "a type that nobody declared": (b"claim.withdrawn/1", b"claim.vanished/1"),
    "a version of a type that nobody declared": (b"claim.withdrawn/1", b"claim.withdrawn/99"),
    "no type": (b'"type":"claim.withdrawn/1",', b""),
    "a number where text belongs": (b'"clm_1",1', b"5,1"),
    "text where a number belongs": (b",1,1700", b',"1",1700'),
    "a leading zero": (b",1,1700", b",01,1700"),
    "not a number": (b",1,1700", b",NaN,1700"),
    "bytes that are not UTF-8": (b"registrar", b"registr\xffr"),
    "half a character": (b"registrar", b"\\ud800"),
    "a control character in the open": (b"registrar", b"regi\nstrar"),
    "single quotes": (b'"', b"'"),
}


@pytest.mark.parametrize(("old", "new"), [*OTHER_SPELLINGS.values(), *NOT_ENVELOPES.values()],
                         ids=[*OTHER_SPELLINGS, *NOT_ENVELOPES])
def test_any_other_spelling_is_refused_with_the_bytes_kept_as_evidence(old: bytes, new: bytes) -> None:
    leaf = LEAF.replace(old, new, 1)
    assert leaf != LEAF

    with pytest.raises(Malformed) as refused:
        check_canonical(leaf)

    assert (refused.value.code, refused.value.leaf) == ("leaf_malformed", leaf)
    assert "xueshi fsck" in str(refused.value)


@pytest.mark.parametrize(("old", "new"), NOT_ENVELOPES.values(), ids=list(NOT_ENVELOPES))
def test_what_is_no_envelope_is_not_even_decoded(old: bytes, new: bytes) -> None:
    with pytest.raises(Malformed):
        decode(LEAF.replace(old, new, 1))


def test_of_leaves_that_are_read_together_the_first_that_is_none_is_named() -> None:
    assert decode_each([LEAF, LEAF]) == [decode(LEAF)] * 2
    assert decode_each([]) == []
    with pytest.raises(Malformed) as refused:
        decode_each([LEAF, LEAF[:-1], LEAF[:-2]])
    assert refused.value.leaf == LEAF[:-1]


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(Malformed, match=r"claim\.vanished/1"):
        decode(LEAF.replace(b"claim.withdrawn/1", b"claim.vanished/1"))


def test_every_flipped_bit_is_refused_or_says_something_else() -> None:
    """No bit of a leaf is without meaning: the hash changes with every one, and so does what is read."""
    original = check_canonical(LEAF)

    for place in range(len(LEAF)):
        for bit in range(8):
            changed = bytearray(LEAF)
            changed[place] ^= 1 << bit
            try:
                assert check_canonical(bytes(changed)) != original
            except LedgerError as error:
                assert isinstance(error, Malformed)


@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_an_envelope_or_malformed(data: bytes) -> None:
    for leaf in (data, LEAF[:len(data)] + data, data + LEAF):
        try:
            check_canonical(leaf)
        except LedgerError as error:
            assert isinstance(error, Malformed)


# Older wire versions

UPCASTER = '''
import ledger.events.catalogue as catalogue
from ledger.events.base import Open
from ledger.events.claim import ClaimEvent, ClaimWithdrawn

class FirstWithdrawn(ClaimEvent, tag="claim.withdrawn/0"):
    """How it was written once: with a word that nobody needs any more."""
    mood: Open[str]

class EvenEarlier(ClaimEvent, tag="claim.taken_back/0"):
    """How it was written before that."""

catalogue.OLDER[FirstWithdrawn] = lambda old: ClaimWithdrawn(claim=old.claim, person=old.person)
catalogue.OLDER[EvenEarlier] = lambda old: FirstWithdrawn(claim=old.claim, person=old.person, mood="")
catalogue.EVERY = (*catalogue.CURRENT.values(), *catalogue.OLDER)

from ledger.envelope import Malformed, check_canonical, decode, decode_each

leaf = {leaf!r}
newest = decode(leaf)
first = leaf.replace(b"claim.withdrawn/1", b"claim.withdrawn/0").replace(b'"per_1"}},', b'"per_1","mood":"good"}},')
earlier = leaf.replace(b"claim.withdrawn/1", b"claim.taken_back/0")
for old in (first, earlier):
    assert old != leaf
    assert decode(old) == newest, "read in the newest form"
    assert check_canonical(old) == newest, "and judged canonical as it was written"
    try:
        check_canonical(old + b" ")
    except Malformed:
        continue
    raise AssertionError("an older form has one spelling too")
assert check_canonical(leaf) == newest
assert decode_each([first, leaf, earlier]) == [newest] * 3
print("read")
'''


def test_older_wire_versions_are_read_in_the_newest_form_and_stay_canonical_as_they_were_written() -> None:
    """In a process of its own, where a catalogue with two older forms stands before anything reads it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}

    found = subprocess.run([sys.executable, "-c", UPCASTER.replace("{leaf!r}", repr(LEAF)).replace("}}", "}")],
                           env=environment, check=False, capture_output=True, text=True, timeout=60)

    assert (found.stdout, found.stderr) == ("read\n", "")


def test_an_event_is_not_an_envelope_of_another_kind() -> None:
    assert issubclass(ClaimWithdrawn, Event)
    with pytest.raises(Malformed):
        decode(msgspec.json.encode(WITHDRAWN))


def test_of_many_events_that_are_read_back_together_the_one_of_wrong_types_is_named() -> None:
    people = [f"per_{number}" for number in range(2 * AT_ONCE + 3)]
    for poisoned in (0, AT_ONCE - 1, AT_ONCE, 2 * AT_ONCE, len(people) - 1):
        claims = [17 if at == poisoned else f"clm_{at}" for at in range(len(people))]
        events = [encode_unread(StreamId("clm_x"), 1, Draft(ClaimWithdrawn(claim=claim, person=person)), BY, None)
                  for claim, person in zip(claims, people, strict=True)]

        with pytest.raises(Malformed) as refused:
            read_back(events)

        assert refused.value.leaf == events[poisoned].leaf(0)


def test_an_event_of_wrong_types_is_refused_before_it_can_be_recorded() -> None:
    poisoned = ClaimWithdrawn(claim=17, person="per_x")  # type: ignore[arg-type]

    with pytest.raises(Malformed):
        encode(StreamId("clm_x"), 1, Draft(poisoned), By(actor="acr_x", role="registrar"), None)
