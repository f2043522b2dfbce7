"""Acts larger than one transaction: killed in the middle, gone on with, closed at once or never in force."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from ledger_kit import (
    BY,
    LI,
    OFFICER,
    RULING,
    WANG,
    House,
    check,
    open_house,
    row,
    settle,
    settle_file,
    submission,
    tampered,
)
from msgspec.structs import replace

from ledger.acts.running import Act, open_act, resume_act
from ledger.errors import Refusal
from ledger.events.base import Draft
from ledger.reading import Held
from ledger.stores.append import GuardMoved, NameTaken, Receipt, StreamMoved, TooManyEvents
from ledger.streams import claim as claims
from ledger.streams import claim_register as register
from ledger.streams.act import Status
from ledger.streams.claim_review import (
    RegisterClaim,
    WithdrawClaim,
    decide_registration,
    decide_submission,
    decide_withdrawal,
)
from ledger.vocabulary import ActId, ClaimId
from tests.forked import PYTHON, Popen

LIST = hashlib.sha256(b"the roster").hexdigest()
CHUNK = 20


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = open_house(tmp_path / "house")
    settle(house)
    return house


def begin(house: House, rows: int, chunk: int = CHUNK) -> Act:
    return going(open_act(
        house.ledger, kind="roster", rows=rows, chunk=chunk, list_sha256=LIST, by=BY, now_ms=1_760_000_000_000))


def resume(house: House, act: ActId) -> Act:
    return going(resume_act(house.ledger, act, list_sha256=LIST, by=BY))


def going(act: Act | Refusal) -> Act:
    assert isinstance(act, Act), act
    return act


def done(outcome: Receipt | Refusal) -> Receipt:
    assert isinstance(outcome, Receipt), outcome
    return outcome


def refusal(outcome: object) -> str:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def claim_of(number: int, roster: str = "row") -> ClaimId:
    return ClaimId(f"clm_{roster}_{number:06d}")


def rows_of(house: House, start: int, count: int, roster: str = "row") -> list[Draft]:
    """Decide the rows of the list from one on, each for the next of two people."""
    officer = house.actor(OFFICER)
    people = [house.person(LI), house.person(WANG)]
    drafts: list[Draft] = []
    for number in range(start, start + count):
        person = people[number % 2]
        command = submission(claim_of(number, roster), person.person, number, origin="batch", role="registrar",
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
    done(act.write(rows_of(house, 0, 20), rows=20))
    assert house.store.version(claim_of(3)) == 2
    assert standing(house, 3) is None
    done(act.write(rows_of(house, 20, 20), rows=20))
    assert standing(house, 39) is None
    done(act.close())
    assert [standing(house, number).status for number in range(40)] == [claims.Status.APPROVED] * 40  # type: ignore[union-attr]
    assert check(house).holds


def test_as_of_a_position_before_an_act_was_closed_its_rows_did_not_count(house: House) -> None:
    act = begin(house, 20)
    written = done(act.write(rows_of(house, 0, 20), rows=20)).positions[-1]
    closed = done(act.close()).positions[-1]

    before, after = (house.ledger.load(claim_of(3), claims.evolve, as_of=at) for at in (written, closed))
    assert (before.state, before.held_by, after.held_by) == (None, act.id, None)
    assert after.state == standing(house, 3) and before.version == after.version == 2


def freeze(house: House, number: int) -> tuple[Draft, ...]:
    command = register.FreezeClaim(role="registrar", words="核查")
    decided = register.decide_freeze(house.claim(claim_of(number)), command, house.person(LI), house.actor(OFFICER))
    assert not isinstance(decided, Refusal), decided
    return decided


def test_a_stream_that_an_open_act_writes_to_is_held_for_everyone_else(house: House) -> None:
    house.record(row(house, claim_of(0), LI, "before"))
    act = begin(house, 1)
    done(act.write(freeze(house, 0), rows=1, versions={claim_of(0): 2}))  # type: ignore[dict-item]
    loaded = house.ledger.load(claim_of(0), claims.evolve)
    assert (loaded.version, loaded.held_by) == (3, act.id)
    assert loaded.state is not None and loaded.state.status is claims.Status.APPROVED, "as it stood before the act"
    with pytest.raises(Held, match="批次尚未关闭") as caught:
        house.ledger.load_free(claim_of(0), claims.evolve)
    assert (caught.value.stream, caught.value.act) == (claim_of(0), act.id)
    assert house.ledger.load_free(LI, lambda state, event: state).held_by is None
    done(act.close())
    freed = house.ledger.load_free(claim_of(0), claims.evolve)
    assert (freed.version, freed.state and freed.state.status) == (3, claims.Status.FROZEN)


def test_what_rests_on_a_held_stream_is_told_when_the_act_closes(house: House) -> None:
    """The closing changes the stream's state and not its version: the act itself is guarded, too."""
    house.record(row(house, claim_of(0), LI, "before"))
    act = begin(house, 1)
    done(act.write(freeze(house, 0), rows=1, versions={claim_of(0): 2}))  # type: ignore[dict-item]
    guards = house.ledger.load(claim_of(0), claims.evolve).guards
    house.record(row(house, claim_of(1), LI, "while it is open"), guards=guards)
    done(act.close())
    with pytest.raises(GuardMoved) as moved:
        house.record(row(house, claim_of(2), LI, "after"), guards=guards)
    assert moved.value.stream == act.id
    house.record(row(house, claim_of(2), LI, "after"), guards=house.ledger.load(claim_of(0), claims.evolve).guards)


def test_what_was_abandoned_never_counts_and_frees_the_stream(house: House) -> None:
    house.record(row(house, claim_of(0), LI, "before"))
    act = begin(house, 30, chunk=10)
    done(act.write([*freeze(house, 0), *rows_of(house, 1, 9)], rows=10, versions={claim_of(0): 2}))  # type: ignore[dict-item]
    done(act.abandon())
    assert standing(house, 5) is None
    loaded = house.ledger.load_free(claim_of(0), claims.evolve)
    assert loaded.state is not None and loaded.state.status is claims.Status.APPROVED
    assert loaded.version == 3, "the next to write goes on after what does not count"
    assert refusal(resume_act(house.ledger, act.id, list_sha256=LIST, by=BY)) == "act_ended"
    assert check(house).holds


# Names


def names_at(house: House, kind: str) -> set[str]:
    return {held.reservation.holder for held in house.store.names() if held.reservation.kind == kind}


def test_the_certificates_of_an_abandoned_roster_can_be_registered_again(house: House) -> None:
    house.record(row(house, claim_of(99), LI, "before"))
    act = begin(house, 20, chunk=10)
    done(act.write(rows_of(house, 0, 10), rows=10))
    with pytest.raises(NameTaken):
        house.record(row(house, claim_of(50), LI, 0))
    done(act.abandon())
    assert names_at(house, "certificate") == {claim_of(99)}
    assert check(house).holds
    again = begin(house, 20)
    done(again.write(rows_of(house, 0, 20, "again"), rows=20))
    done(again.close())
    assert names_at(house, "certificate") == {claim_of(99), *(claim_of(number, "again") for number in range(20))}
    assert check(house).holds


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_certificate_that_an_act_frees_is_free_once_the_act_is_closed(house: House, is_closed: bool) -> None:
    house.record(decided(decide_submission(None, submission(claim_of(0), LI, "0042"), house.person(LI))))
    act = begin(house, 1)
    withdrawn = decided(decide_withdrawal(house.claim(claim_of(0)), WithdrawClaim(person=LI), house.person(LI)))
    done(act.write(withdrawn, rows=1, versions={claim_of(0): 1}))  # type: ignore[dict-item]
    assert check(house).holds
    with pytest.raises(NameTaken) as taken:
        house.record(row(house, claim_of(1), LI, "0042"))
    assert taken.value.holder == claim_of(0), "if the act is abandoned, the claim stands as it did"
    done(act.close() if is_closed else act.abandon())
    assert names_at(house, "certificate") == (set() if is_closed else {claim_of(0)})
    assert check(house).holds


def decided(decision: tuple[Draft, ...] | Refusal) -> tuple[Draft, ...]:
    assert not isinstance(decision, Refusal), decision
    return decision


@pytest.mark.parametrize("statement", [
    "INSERT INTO names SELECT x'aa', kind, 'clm_row_000003', owner, act, 20, NULL FROM names LIMIT 1",
    "UPDATE names SET act = NULL WHERE act IS NOT NULL",
    "UPDATE names SET freed_by = act WHERE act IS NOT NULL",
    "DELETE FROM names WHERE act IS NOT NULL",
])
def test_the_checker_replays_what_acts_do_to_names(house: House, tmp_path: Path, statement: str) -> None:
    given_up, act = begin(house, 10), begin(house, 10)
    done(given_up.write(rows_of(house, 0, 10), rows=10))
    done(given_up.abandon())
    done(act.write(rows_of(house, 0, 10, "again"), rows=10))
    assert check(house).holds, "while the act is open"
    done(act.close())
    assert check(house).holds
    copy = tampered(settle_file(house), tmp_path / "copy.db", (statement, ()))
    assert {problem.code for problem in check(house, copy).problems} == {"name_mismatch"}


# Going on and ending


def test_an_act_is_not_closed_before_its_last_row_and_takes_no_more(house: House) -> None:
    act = begin(house, 10, chunk=9)
    done(act.write(rows_of(house, 0, 9), rows=9))
    size = house.store.size()
    assert refusal(act.close()) == "act_unfinished"
    assert refusal(act.write(rows_of(house, 9, 2), rows=2)) == "chunk_out_of_order"
    assert (house.store.size(), act.rows_next) == (size, 1)
    done(act.write(rows_of(house, 9, 1), rows=1))
    assert act.rows_next == 0
    done(act.close())
    for ended in (act.close(), act.abandon(), act.write(rows_of(house, 10, 1), rows=1),
                  resume_act(house.ledger, act.id, list_sha256=LIST, by=BY)):
        assert refusal(ended) == "act_ended"
    assert act.state is not None and act.state.status is Status.CLOSED


def test_another_list_cannot_go_on_with_an_act_and_no_act_is_no_act(house: House) -> None:
    act = begin(house, 10)
    assert refusal(resume_act(house.ledger, act.id, list_sha256="0" * 64, by=BY)) == "list_changed"
    for absent in (ActId("act_never"), ActId(LI)):
        assert refusal(resume_act(house.ledger, absent, list_sha256=LIST, by=BY)) == "act_absent"
        assert refusal(Act(house.ledger, absent, BY, list_sha256="").abandon()) == "act_absent"
    done(Act(house.ledger, act.id, BY, list_sha256="").abandon())
    assert refusal(resume_act(house.ledger, act.id, list_sha256=LIST, by=BY)) == "act_ended"
    nothing = open_act(house.ledger, kind="roster", rows=0, list_sha256=LIST, by=BY, now_ms=1)
    assert refusal(nothing) == "act_empty"


def test_a_chunk_is_all_or_nothing(house: House) -> None:
    house.record(row(house, claim_of(99), LI, 4))  # The certificate of row 4, used already.
    act = begin(house, 10, chunk=5)
    size = house.store.size()
    with pytest.raises(NameTaken):
        act.write(rows_of(house, 0, 5), rows=5)
    with pytest.raises(TooManyEvents):
        act.write(rows_of(house, 100, 1_000), rows=5)
    assert (house.store.size(), act.rows_done) == (size, 0)
    done(act.write(rows_of(house, 5, 5), rows=5))
    assert act.rows_done == 5


def test_rows_are_not_recorded_without_their_count(house: House) -> None:
    act = begin(house, 10)
    with pytest.raises(AssertionError, match="counts its rows"):
        house.ledger.record(rows_of(house, 0, 1), by=replace(BY, act=act.id))


def test_of_two_that_go_on_with_one_act_one_is_told(house: House) -> None:
    act = begin(house, 10, chunk=5)
    one, other = (resume(house, act.id) for _ in range(2))
    done(one.write(rows_of(house, 0, 5), rows=5))
    with pytest.raises(StreamMoved):
        other.write(rows_of(house, 0, 5), rows=5)
    with pytest.raises(StreamMoved):
        other.abandon()
    assert resume(house, act.id).rows_done == 5


def test_five_thousand_rows_take_force_together(house: House) -> None:
    act = begin(house, 5_000, chunk=500)
    while act.rows_next:
        done(act.write(rows_of(house, act.rows_done, act.rows_next), rows=act.rows_next))
    assert standing(house, 0) is None
    done(act.close())
    assert all(standing(house, number) is not None for number in range(0, 5_000, 97))
    assert house.store.size() == 12 + 1 + 10_000 + 10 + 1
    assert check(house, keys=None).holds


# Killed


WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from ledger_kit import BY, open_house
from ledger.acts.running import resume_act
from test_acts import CHUNK, LIST, rows_of

house = open_house(Path(sys.argv[1]))
act = resume_act(house.ledger, sys.argv[3], list_sha256=LIST, by=BY)
while act.rows_next:
    act.write(rows_of(house, act.rows_done, CHUNK), rows=CHUNK)
    print(act.rows_done, flush=True)
act.close()
"""

ABANDONER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from ledger_kit import BY, open_house
from ledger.acts.running import Act

house = open_house(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
Act(house.ledger, sys.argv[3], BY, list_sha256="").abandon()
print("abandoned", flush=True)
sys.stdin.readline()
"""


def kill_while_writing(folder: Path, act: str, rng: random.Random) -> int:
    """Let a process go on with the act and kill it after some chunk; gives the rows it acknowledged."""
    with Popen(
        [str(PYTHON), "-c", WRITER, str(folder), str(Path(__file__).parent), act], stdout=subprocess.PIPE, text=True,
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
        going_on = resume(house, act)
        assert going_on.rows_done in (acknowledged, acknowledged + CHUNK), "what was acknowledged stands"
        written = [number for number in range(rows) if house.store.version(claim_of(number))]
        assert written == list(range(going_on.rows_done)), "and the count is exact: no row is half there"
        assert standing(house, 0) is None
    assert refusal(going_on.close()) == "act_unfinished"
    while going_on.rows_next:
        done(going_on.write(rows_of(house, going_on.rows_done, CHUNK), rows=CHUNK))
    done(going_on.close())
    assert all(house.store.version(claim_of(number)) == 2 for number in range(rows)), "and none is written twice"
    assert standing(house, rows - 1) is not None
    assert check(house).holds


def test_an_act_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    kill_and_go_on(tmp_path / "house", 3)


@pytest.mark.torture
def test_an_act_that_was_killed_many_times_goes_on_where_it_was(tmp_path: Path, record_property) -> None:
    record_property("tried", 40)
    kill_and_go_on(tmp_path / "house", 40)


def kill_while_abandoning(folder: Path, tries: int) -> set[Status]:
    """Kill a process at a random moment of giving an act up, and look what stands; begin anew when it was given up."""
    rng = random.Random(20261121)
    house = open_house(folder)
    settle(house)
    seen: set[Status] = set()
    rows, roster = 400, "row"
    act = begin(house, rows, chunk=rows)
    done(act.write(rows_of(house, 0, rows), rows=rows))
    for number in range(tries):
        house.close()
        with Popen(
            [str(PYTHON), "-c", ABANDONER, str(folder), str(Path(__file__).parent), act.id],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        ) as child:
            assert child.stdin is not None and child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            child.stdin.write("\n")
            child.stdin.flush()
            time.sleep(rng.uniform(0, 0.012))
            child.send_signal(signal.SIGKILL)
            was_acknowledged = child.stdout.read() == "abandoned\n"
        house = open_house(folder)
        found, _ = house.ledger.load_act(act.id)
        assert found is not None
        seen.add(found.status)
        expected = {claim_of(row, roster) for row in range(rows)} if found.status is Status.OPEN else set()
        assert names_at(house, "certificate") == expected, "all of its names, or none"
        assert found.status is Status.ABANDONED or not was_acknowledged
        assert check(house).holds
        if found.status is Status.ABANDONED:
            roster = f"again_{number}"
            act = begin(house, rows, chunk=rows)
            done(act.write(rows_of(house, 0, rows, roster), rows=rows))
    return seen


def test_an_act_killed_while_it_is_given_up_is_open_with_all_its_names_or_over_with_none(tmp_path: Path) -> None:
    assert kill_while_abandoning(tmp_path / "house", 4)


@pytest.mark.torture
def test_an_act_killed_many_times_while_it_is_given_up_is_never_half_over(tmp_path: Path, record_property) -> None:
    record_property("tried", 60)
    assert kill_while_abandoning(tmp_path / "house", 60) == {Status.OPEN, Status.ABANDONED}
