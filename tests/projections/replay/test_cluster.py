"""A replay by Spark is the same replay: the function of a worker, here without Spark; a cluster of two workers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from projection_kit import HANGZHOU, NINGBO, House, any_book, course, exam, living

from ledger.events.study import Study
from ledger.vocabulary import Category
from policies.shelf import shipped
from projections.basis import Cited
from projections.books import Books
from projections.replay import cluster, folder, report
from projections.replay.cluster import NoEngine, OtherCode, Unreachable, demand, fingerprint, judging
from projections.replay.coded import Coded
from projections.replay.compiled import Compiled
from projections.replay.reading import Snapshot, read_all
from projections.replay.replayed import Replayed
from projections.replay.sides import Engine, Progress, judge_both
from projections.replay.spread import Laws, rows_of, together
from tests import spark_kit

PROVINCE = ("zhejiang/2016-08-01",)
FIVE = tuple(book.id for book in shipped().books)


@dataclass
class Sent:
    """A broadcast that was not sent anywhere."""

    value: Laws


def in_three_parts(coded: Coded, compiled: Sequence[Compiled], progress: Progress) -> tuple[Replayed, ...]:
    """Do as Spark does: hand each part over in batches of two people, read what returns."""
    judge = judging(Sent(Laws.of(coded, compiled)), fingerprint())
    table = rows_of(coded)
    part = np.arange(table.num_rows) % 3
    rows = [row for each in range(3) for batch in judge(iter(table.filter(pa.array(part == each)).to_batches(2)))
            for row in batch.to_pylist()]
    return together(coded, compiled, iter(rows))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Seven people of two cities with exams, courses and the same paper twice."""
    with living(tmp_path_factory.mktemp("house") / "house") as house:
        for number, region in enumerate((NINGBO, HANGZHOU) * 3 + (NINGBO,)):
            person = house.person(unit=house.unit(region, "industry", name=f"{number} 单位"))
            for study in (exam("2021-06-05", 1 + number), course("2021-04-01", 1_800 + number), paper("k"), paper("k")):
                house.registered(person, study)
        house.followed()
        yield house


def paper(output: str) -> Study:
    from datetime import date

    return Study(category=Category.PROFESSIONAL, route="paper", level="core", rank=1, output=output,
                 evidence_on=date(2022, 5, 9))


def reported(house: House, beside: Path, engine: Engine) -> dict[str, bytes]:
    """Every file of a report."""
    laws = [report.LawNamed("set:" + ",".join(names), tuple(Cited(one, any_book(one).digest, None) for one in names))
            for names in (FIVE, PROVINCE)]
    question = report.Question(*laws, house.size, "2026-06-01T12:00:00+08:00",
                               house.ledger.store.frontier(house.size).root(), None, None)
    answers = house.folder / "answers"
    with Snapshot(answers) as snapshot:
        held = read_all(snapshot)
    found = report.replayed(question, held, Books(any_book), answers, engine=engine)
    beside.mkdir()
    folder.write(question, found, answers, beside, lambda told, digest: f"{told['people']} {digest}")
    return {path.name: path.read_bytes() for path in beside.iterdir()}


def test_what_workers_come_to_makes_the_same_report_to_the_byte(house: House, tmp_path: Path) -> None:
    here = reported(house, tmp_path / "here", judge_both)
    there = reported(house, tmp_path / "there", in_three_parts)

    assert here == there and here["entries.ndjson"].count(b"\n") >= 7


def test_a_worker_with_other_code_refuses(house: House) -> None:
    with pytest.raises(OtherCode, match="不是同一版代码"):
        list(judging(Sent(None), "another digest")(iter([])))  # type: ignore[arg-type]


def test_without_spark_or_without_java_it_is_said_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(NoEngine, match=r"pip install 'xueshi-ledger\[spark\]'"):
        demand("local[2]")
    monkeypatch.setattr(cluster, "find_spec", lambda name: name)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NoEngine, match="default-jre-headless"):
        demand("local[2]")


def test_a_cluster_that_nobody_answers_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: name)
    monkeypatch.setattr(cluster.shutil, "which", lambda name: name)
    for master in ("spark://127.0.0.1:1", "spark://127.0.0.1:port", "mesos://here"):
        with pytest.raises(Unreachable, match=master):
            demand(master)


# ── a real cluster ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if (reason := spark_kit.missing()) is not None:
        pytest.skip(reason)
    with spark_kit.cluster(tmp_path_factory.mktemp("cluster")) as master:
        yield master


def xueshi(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from api.cli import main; main()"
    return subprocess.run([spark_kit.PYTHON, "-c", program, *arguments], env=spark_kit.environment(),
                          capture_output=True, text=True, check=False, cwd=spark_kit.ROOT)


@pytest.mark.torture
@pytest.mark.timeout(3_600)
def test_two_workers_of_a_cluster_make_the_report_that_this_machine_makes(
    master: str, tmp_path: Path, record_property: Any
) -> None:
    data = tmp_path / "data"
    assert xueshi("demo", "--data", str(data), "--people", "400", "--years", "2019-2022").returncode == 0
    made = {}
    for name, options in (("here", []), ("there", ["--engine", "spark", "--master", master])):
        done = xueshi("replay", "--data", str(data), "--under", "now", "--against", f"set:{PROVINCE[0]}", "--out",
                      str(tmp_path / name), *options)
        assert done.returncode == 0, done.stderr
        made[name] = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}

    assert made["here"] == made["there"]
    record_property("tried", made["here"]["entries.ndjson"].count(b"\n"))


@pytest.mark.torture
@pytest.mark.timeout(3_600)
def test_a_worker_that_is_told_to_be_another_program_ends_the_replay_with_a_reason(tmp_path: Path) -> None:
    """Its code differs by a byte: nothing is judged, and nothing is written."""
    if (reason := spark_kit.missing()) is not None:
        pytest.skip(reason)
    other = tmp_path / "other"
    other.mkdir()
    for room in ("ledger", "policies", "projections"):
        subprocess.run(["cp", "-r", spark_kit.ROOT / room, other], check=True)
    with (other / "projections" / "replay" / "kernel.py").open("a", encoding="utf-8") as file:
        file.write("# A byte more.\n")
    data = tmp_path / "data"
    assert xueshi("demo", "--data", str(data), "--people", "50", "--years", "2021-2022").returncode == 0
    with spark_kit.cluster(tmp_path, 1, only={"PYTHONPATH": str(other)}) as master:
        done = xueshi("replay", "--data", str(data), "--under", "now", "--against", f"set:{PROVINCE[0]}", "--out",
                      str(tmp_path / "report"), "--engine", "spark", "--master", master)

    assert done.returncode == 3 and "[spark_failed]" in done.stderr and "不是同一版代码" in done.stderr
    assert not (tmp_path / "report").exists()
