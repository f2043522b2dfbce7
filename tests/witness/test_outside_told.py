"""How witnesses answer is told where people and monitors look: the status page, its JSON and /metrics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api.doctor.checks import Level
from api.register.folder import folder_of
from api.settings import load
from api.witness.answered import answer_checks
from api.witness.telling import gauges, outside
from ledger.witnessing.kept import Answering, Kept
from tests.api.house_kit import house_in


def test_two_witnesses_that_tell_of_one_fork_at_once_leave_one_proof(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "witnessed")
    with ThreadPoolExecutor(4) as pool:
        for newer in range(10, 30):
            paths = {*pool.map(lambda proof, newer=newer: kept.keep_fork(5, newer, proof), [b"a", b"b", b"c", b"d"])}
            assert len(paths) == 1, "whichever came first"
    assert len(kept.forks()) == 20 == len([*kept.folder.iterdir()])


def test_how_each_witness_answers_is_told_with_its_age(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "witnessed")
    assert [each.values for each in gauges(kept, now_s=1_000)] == [{(): 0}] and outside(kept, now_s=1_000)["each"] == []
    away = Answering("wen", "witness", 0, 0, 400, "timed_out", "没有答复")
    kept.say([Answering("ning\"bo", "witness", 7, 900), away])
    kept.keep_fork(5, 7, b"proof")
    told = {each.name: each.values for each in gauges(kept, now_s=1_000)}
    ning, wen = ("witness", "ning\"bo"), ("witness", "wen")
    assert told["outside_events"] == {ning: 7, wen: 0}
    assert told["outside_age_seconds"] == {ning: 100}
    assert told["outside_failing"] == {ning: 0, wen: 1}
    assert told["log_forks"] == {(): 1}
    assert outside(kept, now_s=1_000)["each"][1]["failing_s"] == 600


def test_the_doctor_tells_how_long_ago_each_signed_and_who_did_not(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert answer_checks(load({"data_folder": data})) == []
    named, = answer_checks(load({"data_folder": data, "witnesses": "policy"}), clock=lambda: 10_000.0)
    assert named.ask()[:2] == (Level.WARN, "还没有谁签过") and not data.exists()

    data.mkdir()
    kept, ning = Kept(folder_of(load({"data_folder": data})).witnessed), Answering("ning", "witness", 1_207, 9_990)
    kept.say([ning, Answering("wen", "witness", 7, 400), Answering("tsa", "authority", 7, 400)])
    assert named.ask() == (Level.OK, "ning 刚才签到 1,207；wen 2 小时前签到 7", "")

    kept.say([ning, Answering("wen", "witness", 7, 400, 9_000, "timed_out", "5 秒内没有答复")])
    level, told, cure = named.ask()
    assert (level, "wen 2 小时前签到 7，16 分钟前起没有答复" in told) == (Level.WARN, True) and "5 秒内没有答复" in cure


def test_a_monitor_reads_it(tmp_path: Path) -> None:
    with house_in(tmp_path / "data") as town:
        kept = Kept(town.house.register.folder.witnessed)
        kept.say([Answering("wen", "witness", 1, 900, 400, "timed_out", "5 秒内没有答复")])
        assert 'xueshi_outside_failing{kind="witness",name="wen"} 1.0' in town.nobody.get("/metrics").text


def test_what_is_told_of_witnesses_leaves_alone_what_is_told_of_authorities(tmp_path: Path) -> None:
    """Two threads tell, each when something changed: one that wrote what it had read would take the other's back."""
    kept = Kept(tmp_path / "witnessed")
    witness = Answering("wen", "witness", 7, 900)
    away = Answering("tsa", "authority", 0, 0, 900, "timed_out", "没有答复")
    kept.say([witness])
    kept.say([away])
    kept.say([witness])

    assert kept.answering() == [witness, away]
