"""A statement shows that nothing of its person was left out, and with any byte of that proof changed it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from ledger_kit import LI, WANG, House, small_house
from map_kit import commit, complete_file, counting, issue_complete, map_file, name_people
from statement_kit import TEXT, issue, statement_file
from test_verify import flips, refused

from ledger.errors import LedgerError
from ledger.events.statement import StatementId, StatementText
from ledger.maps.file import MapFile
from ledger.offline.statement_file import COMPLETENESS, Completeness, format_statement, parse_statement
from ledger.offline.verify import verify_statement
from ledger.proof.map_proof import Absence, Presence, format_presence
from ledger.proving import prove_event

CUT = f"\n{COMPLETENESS}\n".encode()
OTHER = StatementId("stm_0000000000000000000002")


class Town(NamedTuple):
    """A ledger with two people in a map, and the statement of one of them."""

    house: House
    made: MapFile
    positions: tuple[int, int]
    presence: Presence
    text: str
    file: bytes


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    house = small_house(tmp_path_factory.mktemp("completeness") / "house")
    name_people(house.store, [f"per_{number}" for number in range(12)])
    made = map_file(house)
    positions = issue_complete(house, made, LI)
    presence = made.proof_of(LI, 30).proof
    assert isinstance(presence, Presence)
    text = counting(TEXT, 6)
    yield Town(house, made, positions, presence, text, complete_file(house, positions, presence, text))
    house.close()


def reason(data: bytes, house: House) -> str:
    with pytest.raises(LedgerError) as caught:
        verify_statement(data, house.policy)
    return str(caught.value)


def written(town: Town, presence: Presence | bytes, *, map_event: int | None = None, text: str | None = None) -> bytes:
    """The file with another proof in it."""
    note = town.house.signer().latest()
    shown = format_presence(presence) if isinstance(presence, Presence) else presence
    mapped = prove_event(town.house.store, map_event or town.positions[1], note)
    bundle = prove_event(town.house.store, town.positions[0], note)
    return format_statement(town.text if text is None else text, bundle, Completeness(shown, mapped))


def test_a_verdict_lists_every_event_and_says_on_what_that_rests(town: Town) -> None:
    verdict = verify_statement(town.file, town.house.policy)

    assert verdict.checked[3] == (
        f"完整性：截至第 30 个事件，日志中以 {LI} 为当事人的事件就是所列的 6 个，无一遗漏，也无一多出"
        "（依据之内 6 个）：9、10、13、14、15、16。"
    )
    assert verdict.checked[4].startswith("清单通向事件 32 所记的完整性地图（14 人，根 ")
    told = "".join(verdict.unproven)
    assert "以地图属实为前提" in told and "xueshi fsck --map" in told and "监察案件" in told
    assert "不证明所列内容完整无遗" not in told
    assert [event["event"]["type"] for event in verdict.events] == ["statement.issued/1", "log.map_committed/1"]
    assert verdict.complete is not None
    assert (verdict.complete.map_event, verdict.complete.map_size, verdict.complete.people) == (32, 30, 14)
    assert (verdict.complete.events, verdict.complete.within_basis) == ((9, 10, 13, 14, 15, 16), 6)


def test_a_statement_of_before_still_holds_and_says_that_it_does_not_prove_completeness(town: Town) -> None:
    position = issue(town.house, StatementId("stm_0000000000000000000003"), code="7K3M9QXT0AHC")

    verdict = verify_statement(statement_file(town.house, position), town.house.policy)

    assert verdict.complete is None
    assert "不证明所列内容完整无遗" in "".join(verdict.unproven)


def test_every_flipped_byte_is_found(town: Town, tmp_path: Path) -> None:
    start = town.file.index(CUT)
    for changed in flips(town.file[start:]):
        refused(town.file[:start] + changed, town.house.policy, tmp_path)


@pytest.mark.torture
def test_every_flipped_bit_of_the_proof_is_found(town: Town, tmp_path: Path, record_property) -> None:
    start = town.file.index(CUT)
    record_property("tried", (len(town.file) - start) * 8)
    for changed in flips(town.file[start:], all_bits=True):
        refused(town.file[:start] + changed, town.house.policy, tmp_path)


def test_every_cut_is_found_and_that_of_the_whole_proof_too(town: Town, tmp_path: Path) -> None:
    start = town.file.index(CUT)
    for end in range(start, len(town.file)):
        refused(town.file[:end], town.house.policy, tmp_path)
    assert "正文说附有完整性证明，却没有" in reason(town.file[:start + 1], town.house)


def test_every_line_left_out_doubled_or_exchanged_is_found(town: Town, tmp_path: Path) -> None:
    start = town.file.index(CUT) + len(CUT)
    lines = town.file[start:].splitlines(keepends=True)
    for place, line in enumerate(lines):
        refused(town.file[:start] + b"".join(lines[:place] + lines[place + 1:]), town.house.policy, tmp_path)
        if not line.startswith("— ".encode()):  # The same signature twice is one signature (signed-note).
            doubled = b"".join([*lines[:place + 1], *lines[place:]])
            refused(town.file[:start] + doubled, town.house.policy, tmp_path)
        for other in range(place):
            if lines[other] != line:
                changed = [*lines]
                changed[place], changed[other] = changed[other], changed[place]
                refused(town.file[:start] + b"".join(changed), town.house.policy, tmp_path)


def test_an_event_left_out_of_the_list_or_added_to_it_is_found(town: Town) -> None:
    shown = format_presence(town.presence)
    events = re.findall(rb"event [0-9]+ \S+\n", shown)
    for event in events:
        assert "完整性未被证明" in reason(written(town, shown.replace(event, b"")), town.house)
    more = shown + events[-1].replace(b"event 16 ", b"event 17 ")
    assert "完整性未被证明" in reason(written(town, more), town.house)


def test_the_proof_of_another_person_does_not_serve(town: Town) -> None:
    theirs = town.made.proof_of(WANG, 30).proof
    assert isinstance(theirs, Presence)

    assert "完整性未被证明" in reason(written(town, theirs), town.house)


def test_a_proof_of_absence_is_no_proof_of_a_list(town: Town) -> None:
    absent = town.made.proof_of("per_nobody", 30).proof
    assert isinstance(absent, Absence)
    nothing = Presence(absent.key, bytes(32), absent.siblings, ())

    assert "没有列出事件" in reason(written(town, nothing), town.house)


def test_a_map_of_another_size_does_not_serve(town: Town) -> None:
    name_people(town.house.store, [LI])
    later = town.made.proof_of(LI, town.house.store.size())
    position = commit(town.house, later)
    smaller = commit(town.house, later, size=12)
    town.house.signer().checkpoint()
    assert isinstance(later.proof, Presence)

    assert "完整性未被证明" in reason(written(town, town.presence, map_event=position), town.house)
    verdict = verify_statement(written(town, later.proof, map_event=position), town.house.policy)
    assert verdict.complete is not None and verdict.complete.within_basis == 6
    assert "依据之后、地图之内另有" in verdict.checked[3], "a later map shows what came after the basis, too"
    assert "地图只及 12 条" in reason(written(town, later.proof, map_event=smaller), town.house)


def test_an_event_that_commits_to_no_map_does_not_serve(town: Town) -> None:
    assert "是 'person.registered/1'，不是 log.map_committed/1" in reason(
        written(town, town.presence, map_event=9), town.house)
    later = town.made.proof_of(LI, town.house.store.size())
    for changed, words in (
        ({"format": "xueshi-map/9"}, "本程序只识 xueshi-map/1"), ({"size": 10**6}, "所及的事件不在它之前"),
        ({"size": 0}, "所及的事件不在它之前"), ({"root": "short"}, "base64"), ({"root": "AA=="}, "应为 32 字节"),
    ):
        position = commit(town.house, later, **changed)
        town.house.signer().checkpoint()
        assert words in reason(written(town, town.presence, map_event=position), town.house)


def test_a_map_that_is_not_in_the_log_does_not_serve(town: Town, tmp_path: Path) -> None:
    """One that another log holds, or one under another checkpoint than the statement."""
    other = small_house(tmp_path / "other")
    forged = commit(other, map_file(other).proof_of(LI, 18))
    bundle = prove_event(other.store, forged, other.signer().checkpoint())
    parts = parse_statement(town.file)
    assert parts.completeness is not None
    shown = parts.completeness.presence
    assert "没有" in reason(format_statement(town.text, parts.bundle, Completeness(shown, bundle)), town.house)

    name_people(town.house.store, ["per_later"])
    later = prove_event(town.house.store, town.positions[1], town.house.signer().checkpoint())
    assert "不在同一个检查点之内" in reason(
        format_statement(town.text, parts.bundle, Completeness(shown, later)), town.house)
    other.close()


def test_a_text_that_counts_otherwise_than_its_proof_shows_is_found(town: Town) -> None:
    positions = issue_complete(town.house, town.made, LI, OTHER, "7K3M9QXT0AHD", says=5)
    presence = town.made.proof_of(LI, positions[0] - 1).proof
    assert isinstance(presence, Presence)

    data = complete_file(town.house, positions, presence, counting(TEXT, 5))

    assert f"正文说截至依据共 5 个事件，清单上有 {len(presence.events)} 个" in reason(data, town.house)


def test_what_is_sealed_with_the_text_gives_the_same_file_again(town: Town) -> None:
    recorded = town.house.ledger.at(town.positions[0])
    assert recorded is not None
    sealed = town.house.ledger.opened(recorded)
    assert isinstance(sealed, StatementText) and sealed.presence is not None

    again = written(town, sealed.presence.encode(), text=sealed.text)

    assert parse_statement(again).completeness.presence == format_presence(town.presence)  # type: ignore[union-attr]
    assert (sealed.map_event, town.positions[1]) == (None, town.positions[0] + 1)
