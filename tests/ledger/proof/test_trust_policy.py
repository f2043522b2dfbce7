"""Trust policies: which file is well formed, which witnesses make a quorum, which checkpoints are believed."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlog_vectors import (
    C2SP_VKEY,
    GOLDEN_ORIGIN,
    GOLDEN_SKEY,
    GOLDEN_VKEY,
    PETER_VKEY,
    WITNESS_LINE,
    WITNESS_TIME,
    WITNESS_VKEY,
    golden_note,
)

from ledger.errors import LedgerError
from ledger.proof.checkpoint import Checkpoint, MalformedCheckpoint, format_checkpoint
from ledger.proof.cosignature import cosign
from ledger.proof.keys import COSIGNATURE, SigningKey, format_vkey, parse_skey, parse_vkey
from ledger.proof.notes import NoteUnverified, SignatureInvalid, format_note, parse_note, sign
from ledger.proof.policy import (
    Group,
    Log,
    MalformedPolicy,
    Policy,
    QuorumUnmet,
    UntrustedLog,
    Witness,
    believe,
    format_policy,
    parse_policy,
    trust,
)

SIGNERS = {name: SigningKey(f"{name}.example", bytes([place]) * 32) for place, name in enumerate(
    ("X1", "X2", "X3", "Y1", "Y2", "Y3"), start=1,
)}
VKEYS = {name: format_vkey(key.public(COSIGNATURE)) for name, key in SIGNERS.items()}
TEXT = f"""# 信任策略：两个机构的见证人
log {GOLDEN_VKEY} https://example.com/log/

witness X1 {VKEYS["X1"]}
\twitness  X2\t{VKEYS["X2"]} https://x2.example/
witness X3 {VKEYS["X3"]}\x20\x20
group X-witnesses 2 X1 X2 X3
  # 另一机构
witness Y1 {VKEYS["Y1"]}
witness Y2 {VKEYS["Y2"]}
witness Y3 {VKEYS["Y3"]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
POLICY = parse_policy(TEXT.encode())
NOTE_TEXT, LOG_SIGNATURES = parse_note(golden_note(15))


def cosigned(*names: str) -> bytes:
    return format_note(NOTE_TEXT, [
        *LOG_SIGNATURES, *(cosign(NOTE_TEXT, SIGNERS[name], 1_700_000_000 + place) for place, name in enumerate(names)),
    ])


def test_a_policy_is_read_with_its_comments_tabs_and_urls() -> None:
    assert POLICY.logs == (Log(parse_vkey(GOLDEN_VKEY), "https://example.com/log/"),)
    assert [witness.name for witness in POLICY.witnesses] == list(SIGNERS)
    assert POLICY.witnesses[1].url == "https://x2.example/"
    assert POLICY.groups[0] == Group("X-witnesses", "2", ("X1", "X2", "X3"))
    assert [group.needed for group in POLICY.groups] == [2, 1, 2]
    assert POLICY.quorum == "X-and-Y"


def test_a_policy_is_written_and_read_again() -> None:
    assert parse_policy(format_policy(POLICY)) == POLICY
    assert format_policy(trust()) == b"quorum none\n"


def test_every_subset_of_the_witnesses_is_judged_as_the_groups_say() -> None:
    for count in range(7):
        for names in combinations(SIGNERS, count):
            expected = sum(name[0] == "X" for name in names) >= 2 and any(name[0] == "Y" for name in names)
            assert POLICY.is_met(names) == expected
    assert not POLICY.is_met(["X-and-Y", "X-witnesses", "Y-witnesses", "none"])   # Groups do not sign.


def test_a_witnessed_checkpoint_is_believed_and_says_who_saw_it_when() -> None:
    believed = believe(cosigned("X1", "Y3", "X3"), POLICY)

    assert believed.checkpoint.size == 15 and believed.log == parse_vkey(GOLDEN_VKEY)
    assert believed.seen == {"X1": 1_700_000_000, "X3": 1_700_000_002, "Y3": 1_700_000_001}


def test_too_few_witnesses_are_named() -> None:
    with pytest.raises(QuorumUnmet, match=r"'X-and-Y'.*'X1'、'X2'") as caught:
        believe(cosigned("X1", "X2"), POLICY)
    assert caught.value.code == "quorum_unmet" and set(caught.value.cosigned) == {"X1", "X2"}
    with pytest.raises(QuorumUnmet, match="（无）"):
        believe(golden_note(15), POLICY)


def test_one_false_cosignature_refuses_a_met_quorum() -> None:
    false = cosign(NOTE_TEXT.replace(b"15", b"16"), SIGNERS["X3"], 0)
    message = cosigned("X1", "X2", "Y1") + format_note(NOTE_TEXT, [false]).removeprefix(NOTE_TEXT + b"\n")

    with pytest.raises(SignatureInvalid, match=r"X3\.example"):
        believe(message, POLICY)


def test_the_published_witness_is_a_quorum_by_itself() -> None:
    policy = parse_policy(f"log {GOLDEN_VKEY}\nwitness 见证 {WITNESS_VKEY}\nquorum 见证\n".encode())

    assert believe(golden_note(15, WITNESS_LINE), policy).seen == {"见证": WITNESS_TIME}
    with pytest.raises(QuorumUnmet):
        believe(golden_note(15), policy)


def test_a_key_alone_is_a_policy_without_witnesses() -> None:
    assert believe(golden_note(15), trust(parse_vkey(GOLDEN_VKEY))).checkpoint.size == 15
    assert believe(golden_note(15, WITNESS_LINE), trust(parse_vkey(GOLDEN_VKEY))).seen == {}
    with pytest.raises(NoteUnverified):
        believe(golden_note(15), trust(parse_vkey(PETER_VKEY)))
    with pytest.raises(NoteUnverified):
        believe(golden_note(15), trust())


def test_a_trusted_log_speaks_for_its_own_origin_only() -> None:
    other = SigningKey("other.example/log", bytes(32))
    message = format_note(NOTE_TEXT, [sign(NOTE_TEXT, other)])

    with pytest.raises(UntrustedLog, match=GOLDEN_ORIGIN) as caught:
        believe(message, trust(other.public(), parse_vkey(GOLDEN_VKEY)))
    assert caught.value.code == "log_untrusted"
    with pytest.raises(UntrustedLog):   # A witness is not a log.
        believe(format_note(NOTE_TEXT, [cosign(NOTE_TEXT, SIGNERS["X1"], 0)]), POLICY)


def test_a_rotated_key_signs_beside_the_old_one() -> None:
    new = SigningKey(GOLDEN_ORIGIN, b"n" * 32)
    message = format_note(NOTE_TEXT, [*LOG_SIGNATURES, sign(NOTE_TEXT, new)])

    assert believe(message, trust(new.public())).log == new.public()
    assert believe(message, trust(new.public(), parse_vkey(GOLDEN_VKEY))).log == new.public()


def test_a_signed_note_that_is_no_checkpoint_is_refused() -> None:
    message = format_note(b"hello\n", [sign(b"hello\n", parse_skey(GOLDEN_SKEY))])

    with pytest.raises(MalformedCheckpoint):
        believe(message, trust(parse_vkey(GOLDEN_VKEY)))


LOG, WITNESS = f"log {GOLDEN_VKEY}", f"witness W {WITNESS_VKEY}"


@pytest.mark.parametrize(("lines", "line", "found"), [
    ([LOG], None, "缺少 quorum"),
    ([""], None, "缺少 quorum"),
    (["quorum none", "quorum none"], 2, "重复"),
    (["quorum W", WITNESS], 1, "未在前面定义"),
    (["quorum"], 1, "不成行"),
    (["quorum none none"], 1, "不成行"),
    (["Quorum none"], 1, "不成行"),
    (["log"], 1, "不成行"),
    ([f"{LOG} a b"], 1, "不成行"),
    ([f"{WITNESS} a b"], 1, "不成行"),
    (["log x"], 1, "公钥行"),
    ([LOG, LOG], 2, "已在前面列出"),
    ([f"log {WITNESS_VKEY}"], 1, "0x04"),
    ([f"witness W {C2SP_VKEY}"], 1, "0x01"),
    ([WITNESS, f"witness V {WITNESS_VKEY}"], 2, "已在前面列出"),
    ([WITNESS, f"witness W {VKEYS['X1']}"], 2, "已被占用"),
    ([f"witness none {WITNESS_VKEY}"], 1, "已被占用"),
    (["# 注释", "", WITNESS, "group W any W"], 4, "已被占用"),
    ([WITNESS, "group none any W"], 2, "已被占用"),
    ([WITNESS, "group G any"], 2, "不成行"),
    ([WITNESS, "group G any none"], 2, "未在前面定义"),
    ([WITNESS, "group G any G"], 2, "未在前面定义"),
    ([WITNESS, "group G any W W"], 2, "只能入组一次"),
    ([WITNESS, "group G any W", "group H any W"], 3, "只能入组一次"),
    *(([WITNESS, f"group G {threshold} W"], 2, "数目") for threshold in ("0", "2", "01", "-1", "1.0", "ALL", "9" * 99)),
    (["quorum none\r"], 1, "0x0d"),
    (["# \x7f"], 1, "0x7f"),
    ([LOG, "# \x00"], 2, "0x00"),
])
def test_a_bad_line_is_named_by_its_number(lines: list[str], line: int | None, found: str) -> None:
    with pytest.raises(MalformedPolicy, match=found) as caught:
        parse_policy("".join(f"{each}\n" for each in lines).encode())
    assert caught.value.where == ("策略文件" if line is None else f"策略文件第 {line} 行")
    assert caught.value.code == "policy_malformed"


def test_a_file_cut_short_is_refused() -> None:
    with pytest.raises(MalformedPolicy, match="截断"):
        parse_policy(b"quorum none")


def test_names_are_opaque_octets() -> None:
    kelvin, ascii_k = "\u212a", "K"
    policy = parse_policy(f"witness {kelvin} {VKEYS['X1']}\nwitness {ascii_k} {VKEYS['X2']}\nquorum K\n".encode())
    assert policy.is_met(["K"]) and not policy.is_met([kelvin])

    raw = b"# \xff\nwitness \xe9\xff " + VKEYS["X1"].encode() + b"\nquorum \xe9\xff\n"
    assert format_policy(parse_policy(raw)) == raw.removeprefix(b"# \xff\n")
    wide = parse_policy(f"witness 见证\u3000 {VKEYS['X1']} 地址\u00a0\nquorum 见证\u3000\n".encode())
    assert parse_policy(format_policy(wide)) == wide and wide.quorum == "见证\u3000"   # Only ASCII space separates.
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(b"quorum \xff\n")
    str(caught.value).encode()   # What is shown can be printed.


def test_dozens_of_each_are_supported() -> None:
    keys = [SigningKey(f"k{number}", bytes([number]) * 32) for number in range(64)]
    policy = Policy(
        tuple(Log(key.public()) for key in keys),
        tuple(Witness(f"w{place}", key.public(COSIGNATURE)) for place, key in enumerate(keys)),
        tuple(Group(f"g{place}", "1", (f"g{place - 1}" if place else "w0", f"w{place + 1}")) for place in range(63)),
        "g62",
    )

    assert parse_policy(format_policy(policy)) == policy
    assert policy.is_met(["w0"]) and not policy.is_met([])


@settings(derandomize=True, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text("quormnegl wts#\n\t1", max_size=60).map(str.encode),
                 st.builds(lambda at, word: f"{TEXT[:at]}{word}{TEXT[at:]}".encode(),
                           st.integers(0, len(TEXT)), st.text("#\n\t 1", max_size=2))))
def test_any_bytes_are_a_policy_or_refused_with_our_error(data: bytes) -> None:
    try:
        policy = parse_policy(data)
    except LedgerError:
        return
    assert parse_policy(format_policy(policy)) == policy


def test_a_checkpoint_of_an_empty_log_is_believed() -> None:
    key = SigningKey("empty.example", bytes(32))
    root = parse_note(golden_note(0))[0].split(b"\n")[2]
    text = b"empty.example\n0\n" + root + b"\n"

    assert believe(format_note(text, [sign(text, key)]), trust(key.public())).checkpoint.size == 0
    assert format_checkpoint(Checkpoint("empty.example", 0, believe(
        format_note(text, [sign(text, key)]), trust(key.public())).checkpoint.root)) == text
