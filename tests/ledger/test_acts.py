"""Acts larger than one transaction: killed in the middle, gone on with, closed at once or never in force."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ledger_kit import BY, LI, OFFICER, RULING, WANG, House, check, open_house, row, settle, submission

from ledger.acts import Act, ActIncomplete, ActOver, NoSuchAct, OtherList, open_act, resume_act
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.ledger import Held
from ledger.stores.append import NameTaken, StreamMoved, TooManyEvents
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams.claim_review import RegisterClaim, decide_registration
from ledger.vocabulary import ActId, ClaimId

LIST = hashlib.sha256(b"the roster").hexdigest()
CHUNK = 20


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = open_house(tmp_path / "house")
    settle(house)
    return house


def begin(house: House, rows: int) -> Act:
    return open_act(house.ledger, kind="roster", rows=rows, list_sha256=LIST, by=BY, now_ms=1_760_000_000_000)


def claim_of(number: int) -> ClaimId:
    return ClaimId(f"clm_row_{number:06d}")


def rows_of(house: House, start: int, count: int) -> list[Draft]:
    """Decide the rows of the list from one on, each for the next of two people."""
    officer = house.actor(OFFICER)
    people = [house.person(LI), house.person(WANG)]
    drafts: list[Draft] = []
    for number in range(start, start + count):
        person = people[number % 2]
        command = submission(claim_of(number), person.person, number, origin="batch", role="registrar",
                             steps=("registrar",))
        decided = decide_registration(
            None, RegisterClaim(submission=command, ruling=RULING, year=2026), person, officer)
        assert not isinstance(decided, Refusal), decided
        drafts += decided
    return drafts


def standing(house: House, number: int) -> claims.Claim | None:
    return house.ledger.load(claim_of(number), claims.evolve).state


def test_rows_count_in_nothing_until_the_act_is_closed_and_then_all_at_once(house: House) -> None:
    act = begin(house, 40)
    act.write(rows_of(house, 0, 20), rows=20)
    assert house.store.version(claim_of(3)) == 2
    assert standing(house, 3) is None
    act.write(rows_of(house, 20, 20), rows=20)
    assert standing(house, 39) is None
    act.close()
    assert [standing(house, number).status for number in range(40)] == [claims.Status.APPROVED] * 40  # type: ignore[union-attr]
    assert check(house).holds


def test_a_stream_that_an_open_act_writes_to_is_held_for_everyone_else(house: House) -> None:
    house.record(row(house, claim_of(0), LI, "before"))
    freeze = register.decide_freeze(
        house.claim(claim_of(0)), register.FreezeClaim(role="registrar", words="核查"), house.person(LI),
        house.actor(OFFICER))
    assert not isinstance(freeze, Refusal)
    act = begin(house, 1)
    act.write(freeze, rows=1, versions={claim_of(0): 2})  # type: ignore[dict-item]
    loaded = house.ledger.load(claim_of(0), claims.evolve)
    assert loaded.held_by == act.id
    assert loaded.state is not None and loaded.state.status is claims.Status.APPROVED, "as it stood before the act"
    with pytest.raises(Held, match="批次尚未关闭") as caught:
        house.ledger.load_free(claim_of(0), claims.evolve)
    assert (caught.value.stream, caught.value.act) == (claim_of(0), act.id)
    assert house.ledger.load_free(LI, lambda state, event: state).held_by is None
    act.close()
    freed = house.ledger.load_free(claim_of(0), claims.evolve)
    assert (freed.version, freed.state and freed.state.status) == (3, claims.Status.FROZEN)


def test_what_was_abandoned_never_counts_and_frees_the_stream(house: House) -> None:
    house.record(row(house, claim_of(0), LI, "before"))
    freeze = register.decide_freeze(
        house.claim(claim_of(0)), register.FreezeClaim(role="registrar", words="核查"), house.person(LI),
        house.actor(OFFICER))
    assert not isinstance(freeze, Refusal)
    act = begin(house, 30)
    act.write([*freeze, *rows_of(house, 1, 9)], rows=10, versions={claim_of(0): 2})  # type: ignore[dict-item]
    act.abandon()
    assert standing(house, 5) is None
    loaded = house.ledger.load_free(claim_of(0), claims.evolve)
    assert loaded.state is not None and loaded.state.status is claims.Status.APPROVED
    assert loaded.version == 3, "the next to write goes on after what does not count"
    with pytest.raises(ActOver, match="已放弃"):
        Act(house.ledger, act.id, BY)
    assert check(house).holds


def test_an_act_is_not_closed_before_its_last_row_and_takes_no_more(house: House) -> None:
    act = begin(house, 10)
    act.write(rows_of(house, 0, 9), rows=9)
    with pytest.raises(ActIncomplete, match="登记时有 10 行，写入的是 9 行"):
        act.close()
    size = house.store.size()
    with pytest.raises(ActIncomplete):
        act.write(rows_of(house, 9, 2), rows=2)
    assert house.store.size() == size
    act.write(rows_of(house, 9, 1), rows=1)
    act.close()
    with pytest.raises(ActOver, match="已关闭"):
        resume_act(house.ledger, act.id, list_sha256=LIST, by=BY)


def test_another_list_cannot_go_on_with_an_act_and_no_act_is_no_act(house: House) -> None:
    act = begin(house, 10)
    with pytest.raises(OtherList, match="请使用原名册"):
        resume_act(house.ledger, act.id, list_sha256="0" * 64, by=BY)
    with pytest.raises(NoSuchAct, match="没有批次"):
        resume_act(house.ledger, ActId("act_never"), list_sha256=LIST, by=BY)
    with pytest.raises(NoSuchAct):
        resume_act(house.ledger, ActId(LI), list_sha256=LIST, by=BY)


def test_a_chunk_is_all_or_nothing(house: House) -> None:
    house.record(row(house, claim_of(99), LI, 4))  # The certificate of row 4, used already.
    act = begin(house, 10)
    size = house.store.size()
    with pytest.raises(NameTaken):
        act.write(rows_of(house, 0, 10), rows=10)
    with pytest.raises(TooManyEvents):
        act.write(rows_of(house, 100, 1_000), rows=10)
    assert (house.store.size(), act.rows_done) == (size, 0)
    act.write(rows_of(house, 0, 4), rows=4)
    assert act.rows_done == 4


def test_of_two_that_go_on_with_one_act_one_is_told(house: House) -> None:
    act = begin(house, 10)
    one, other = (resume_act(house.ledger, act.id, list_sha256=LIST, by=BY) for _ in range(2))
    one.write(rows_of(house, 0, 5), rows=5)
    with pytest.raises(StreamMoved):
        other.write(rows_of(house, 0, 5), rows=5)
    again = resume_act(house.ledger, act.id, list_sha256=LIST, by=BY)
    assert again.rows_done == 5


def test_five_thousand_rows_take_force_together(house: House) -> None:
    act = begin(house, 5_000)
    for start in range(0, 5_000, 1_000):
        chunk = rows_of(house, start, 1_000)
        act.write(chunk[:1_000], rows=500)
        act.write(chunk[1_000:], rows=500)
    assert standing(house, 0) is None
    act.close()
    assert all(standing(house, number) is not None for number in range(0, 5_000, 97))
    assert house.store.size() == 12 + 1 + 10_000 + 10 + 1
    assert check(house, keys=None).holds


WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from ledger_kit import BY, open_house
from ledger.acts import resume_act
from test_acts import CHUNK, LIST, rows_of

house = open_house(Path(sys.argv[1]))
act = resume_act(house.ledger, sys.argv[3], list_sha256=LIST, by=BY)
while act.rows_done < act.opened.rows:
    act.write(rows_of(house, act.rows_done, CHUNK), rows=CHUNK)
    print(act.rows_done, flush=True)
act.close()
"""


def kill_while_writing(folder: Path, act: str, rng: random.Random) -> int:
    """Let a process go on with the act and kill it after some chunk; gives the rows it acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(Path(__file__).parent), act], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    ) as writer:
        assert writer.stdout is not None
        acknowledged = 0
        for _ in range(rng.randint(1, 4)):
            acknowledged = int(writer.stdout.readline() or acknowledged)
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
        assert writer.wait() == -signal.SIGKILL
    return int(rest[-1]) if rest else acknowledged


def kill_and_go_on(folder: Path, kills: int) -> None:
    rng = random.Random(20261121)
    house = open_house(folder)
    settle(house)
    rows = CHUNK * 6 * kills
    act = begin(house, rows).id
    for _ in range(kills):
        house.close()
        acknowledged = kill_while_writing(folder, act, rng)
        house = open_house(folder)
        going_on = resume_act(house.ledger, act, list_sha256=LIST, by=BY)
        assert going_on.rows_done in (acknowledged, acknowledged + CHUNK), "what was acknowledged stands"
        written = [number for number in range(rows) if house.store.version(claim_of(number))]
        assert written == list(range(going_on.rows_done)), "and the count is exact: no row is half there"
        assert standing(house, 0) is None
    with pytest.raises(ActIncomplete):
        going_on.close()
    while going_on.rows_done < rows:
        going_on.write(rows_of(house, going_on.rows_done, CHUNK), rows=CHUNK)
    going_on.close()
    assert all(house.store.version(claim_of(number)) == 2 for number in range(rows)), "and none is written twice"
    assert standing(house, rows - 1) is not None
    assert check(house).holds


def test_an_act_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    kill_and_go_on(tmp_path / "house", 3)


@pytest.mark.torture
def test_an_act_that_was_killed_many_times_goes_on_where_it_was(tmp_path: Path, record_property) -> None:
    record_property("tried", 40)
    kill_and_go_on(tmp_path / "house", 40)
