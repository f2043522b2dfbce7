"""A hand-over file holds whole or not at all: every byte of it counts, and what is proved cannot be put elsewhere."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from province_kit import Three

from ledger.errors import LedgerError
from ledger.hand_over.check import check, verdict
from ledger.hand_over.file import parse_file, seal_text
from ledger.proof.keys import parse_vkey
from ledger.proof.notes import format_note, sign
from ledger.proof.policy import Policy, trust


@pytest.fixture(scope="module")
def file(there: Three) -> bytes:
    li = there.living()
    for day in (1, 2):
        there.city.counted(li.in_city, date=f"2026-04-0{day}")
    return li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_data()


@pytest.fixture(scope="module")
def policy(there: Three) -> Policy:
    return trust(parse_vkey(there.city.vkey))


def test_it_says_what_was_checked_and_what_that_does_not_prove(there: Three, file: bytes, policy: Policy) -> None:
    told = verdict(check(file, policy))

    assert told.kind == "carried" and told.checkpoint.size == there.city.size()
    assert "本人携带的，2 条记录、1 人" in told.checked[0] and len(told.unproven) == 3


def _flipped(file: bytes, policy: Policy, places: range | list[int]) -> list[int]:
    """The places at which a changed bit goes unnoticed."""
    found = []
    for place in places:
        bent = bytearray(file)
        bent[place] ^= 1
        try:
            check(bytes(bent), policy)
        except LedgerError:
            continue
        found.append(place)
    return found


def test_a_changed_bit_is_noticed_wherever_it_is(file: bytes, policy: Policy) -> None:
    places = sorted(random.Random(1).sample(range(len(file)), 150))

    assert _flipped(file, policy, places) == []
    for cut in (1, 100, len(file) // 2, len(file) - 1):
        with pytest.raises(LedgerError):
            check(file[:cut], policy)


@pytest.mark.torture
def test_a_changed_bit_of_any_byte_is_noticed(
    file: bytes, policy: Policy, record_property: Callable[[str, object], None]
) -> None:
    assert _flipped(file, policy, range(len(file))) == []
    record_property("tried", len(file))


def _sealed_anew(there: Three, lines: list[dict[str, Any]]) -> bytes:
    """The same lines, changed, under a seal that holds: what the ledger itself would have to sign to lie."""
    texts = [json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for one in lines[:-1]]
    digest = hashlib.sha256(b"".join(texts)).digest()
    header = parse_file(b"".join(texts) + json.dumps(lines[-1]).encode() + b"\n")[0][0]
    text = seal_text(header, digest)  # type: ignore[arg-type]
    keys = there.city.town.house.register.signer.keys
    last = {**lines[-1], "sha256": digest.hex(), "lines": len(texts),
            "seal": format_note(text, [sign(text, key) for key in keys]).decode()}
    return b"".join(texts) + json.dumps(last, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _of(lines: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(one for one in lines if one["is"] == kind)


def _first(lines: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = _of(lines, "entry")["events"][0]
    return found


ELSEWHERE = "根不同|缺少哈希|多出|从小到大"
OTHER_SALT = "A" * 22 + "=="


@pytest.mark.parametrize(("bend", "words"), [
    (lambda lines: _of(lines, "entry")["events"].pop(0), f"不是它自己的，或中间缺了|{ELSEWHERE}"),
    (lambda lines: _first(lines).update(position=_first(lines)["position"] + 1), ELSEWHERE),
    (lambda lines: _of(lines, "entry")["events"][-1]["leaf"][7]["ruling"].update(assessed_centi=9_900), "根不同"),
    (lambda lines: _first(lines)["leaf"][6].update(actor="acr_another"), "根不同"),
    (lambda lines: _first(lines).update(salt=OTHER_SALT), "密封部分与事件中的摘要不符"),
    (lambda lines: _first(lines).pop("details"), "没有附上最后一次写明的项目"),
    (lambda lines: _of(lines, "person").update(salt=OTHER_SALT), "密封部分与事件中的摘要不符"),
    (lambda lines: lines[0].update(since=3), ELSEWHERE),
    (lambda lines: lines[0].update(size=lines[0]["size"] - 1), "首行写的是"),
    (lambda lines: lines[0].update(person="per_another"), "却含有别人的记录"),
    (lambda lines: lines.insert(1, lines.pop(2)), "各行的次序不对"),
])
def test_what_even_its_own_ledger_cannot_sign_away_is_refused(
    there: Three, file: bytes, policy: Policy, bend: Callable[[list[dict[str, Any]]], object], words: str
) -> None:
    lines = [json.loads(line) for line in file.split(b"\n")[:-1]]
    assert check(_sealed_anew(there, lines), policy).entries
    bend(lines)
    with pytest.raises(LedgerError, match=words):
        check(_sealed_anew(there, lines), policy)
