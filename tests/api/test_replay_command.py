"""`xueshi replay` from end to end: a report of the sample history, refused input, kills, the check after enactment."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from api.cli import run
from api.replays.check import is_its_page, what_differs
from api.replays.page import page as page_of
from api.sample import prepare
from api.settings import load
from policies.shelf import DRAFTS, shipped
from projections.replay.report_reading import Unsound, read
from tests.forked import REAL, Popen

PROVINCE = "set:zhejiang/2016-08-01"


@pytest.fixture(autouse=True, scope="module")
def _the_child_is_forked() -> Iterator[None]:
    """What each of these replays would load anew is loaded; how the child begins by itself has a test of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.commands.replay.subprocess", SimpleNamespace(**{**vars(subprocess), "Popen": Popen}))
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "data"
    assert prepare(load({"data_folder": folder}))
    return folder


@pytest.fixture(scope="module")
def announced(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the five against the province alone."""
    out = tmp_path_factory.mktemp("announced") / "report"
    assert run(["replay", "--data", str(data), "--under", "now", "--against", PROVINCE, "--out", str(out)]) == 0
    return out


def replayed(data: Path, capfd: pytest.CaptureFixture[str], *options: str, status: int = 0) -> str:
    capfd.readouterr()
    assert run(["replay", "--data", str(data), *options]) == status
    told = capfd.readouterr()
    return told.out if status == 0 else told.err


def test_a_report_is_written_whole_and_the_same_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = json.loads(replayed(data, capfd, "--under", "now", "--against", PROVINCE, "--json"))

    assert done["new"] and done["changed_person_years"] >= 1
    folder = tmp_path / f"replay-{done['digest'][:12]}"
    assert str(folder) == done["folder"] and [path.name for path in tmp_path.iterdir()] == [folder.name]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert done["digest"] in page and "<svg" in page and "<script" not in page and "http://" not in page
    accounts = (data / "sample-accounts.txt").read_text(encoding="utf-8")
    names = [line for line in accounts.splitlines() if len(line) in (2, 3)]
    assert names and not any(name in page for name in names), "people stand under their ids"

    told = json.loads((folder / "report.json").read_bytes())
    assert [one["kind"] for one in told["titles"]] == ["first"], "somebody in Ningbo has not met two years in a row"
    assert "没有一项职称所依的达标年份有变化" in page_of({**told, "titles": []}, done["digest"])
    told["titles"] = [{"kind": "granted", "effect": "less", "city": "330200", "rule": None, "titles": 2, "people": 1},
                      {"kind": "next", "effect": "more", "city": "", "rule": "乙 第九条", "titles": 1, "people": 1},
                      {"kind": "first", "effect": "less", "city": "330200", "rule": "乙 第九条", "titles": 3,
                       "people": 3}]
    assert told["units"] == len(told["by_unit"])
    told["units"] += 1_000
    with_titles = " ".join(re.sub("<[^>]*>", " ", page_of(told, done["digest"])).split())
    assert "已取得的职称 减少 宁波市 没有细则规定，只计年数 2 1" in with_titles
    assert f"另有 {1_000 + max(0, len(told['by_unit']) - 30):,} 个见 groups.csv".replace(",", "") in with_titles
    assert "下一次申报 增加 （无归属） 乙 第九条 1 1" in with_titles
    assert "首次申报 新变为不符合连续两年 宁波市 乙 第九条 3 3" in with_titles
    assert "不再受限于连续两年的，也还要" in with_titles
    for one in told["verdicts"]:
        one["person_years"] = {True: 50, False: 47, None: 3}[one["old"]] if one["old"] is one["new"] else 0
    drawn = re.findall(r"<text[^>]*>([^<]*)<", page_of(told, done["digest"]))
    narrow = ["达标 50", "未达标 47", "未定 3"]
    assert drawn[:8] == ["原", *narrow, "新", *narrow], "what is too narrow for its words is named over the bar"

    again = replayed(data, capfd, "--under", "now", "--against", PROVINCE)
    assert "逐字节相同" in again and done["digest"] in again


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with unsound drafts and a folder that is no report."""
    shutil.copytree(DRAFTS / "hangzhou-credits", tmp_path / "drafts" / "hangzhou-credits")
    (tmp_path / "drafts" / "hangzhou-credits" / "2025-06-06.cases.toml").unlink()
    (tmp_path / "taken").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


NOW = ("--under", "now")
TORTURE = pytest.mark.torture  # Of those that differ by a value alone: each is a process of its own.


@pytest.mark.parametrize(("options", "status", "code"), [
    (("--under", "drafts"), 1, "rules_unsound"),
    (("--under", "set:nobody/2020-01-01"), 2, "law_unknown"),
    pytest.param((*NOW, "--as-of", "2999-01-01"), 2, "as_of_in_future", marks=TORTURE),
    ((*NOW, "--as-of", "999999"), 2, "as_of_in_future"),
    pytest.param((*NOW, "--as-of", "soon"), 2, "as_of_malformed", marks=TORTURE),
    pytest.param((*NOW, "--valid-on", "yesterday"), 2, "valid_on_malformed", marks=TORTURE),
    (("--under", "/nowhere"), 2, "rules_folder_absent"),
    pytest.param(("--under", "drfats"), 2, "rules_folder_absent", marks=TORTURE),
    ((*NOW, "--region", "3399"), 2, "region_malformed"),
    pytest.param((*NOW, "--region", "3311"), 1, "replay_nobody", marks=TORTURE),
    ((*NOW, "--region", "331100"), 1, "replay_nobody"),
    ((*NOW, "--sector", "nothing"), 2, "sector_unknown"),
    ((*NOW, "--out", "taken"), 2, "replay_out_taken"),
    ((*NOW, "--out", "a/b"), 2, "replay_out_unusable"),
    (("--check", "taken"), 2, "replay_report_unsound"),
    ((*NOW, "--engine", "spark", "--shared", "none"), 2, "replay_shared_unusable"),
    ((*NOW, "--master", "local"), 2, "bad_usage"),
    ((), 2, "bad_usage"), ((*NOW, "--check", "taken"), 2, "bad_usage"),
])
def test_what_cannot_be_asked_is_said_before_or_instead_of_work(
    data: Path, empty: Path, capfd: pytest.CaptureFixture[str], options: tuple[str, ...], status: int, code: str
) -> None:
    assert f"[{code}]" in replayed(data, capfd, *options, status=status)
    assert sorted(path.name for path in empty.iterdir()) == ["drafts", "taken"], "nothing was begun"


def test_without_a_register_there_is_nothing_to_replay(empty: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert replayed(empty / "none", capfd, *NOW, status=3).rstrip().endswith("[no_register]")


def test_a_child_whose_caller_still_listens_ends_in_order(empty: Path) -> None:
    command = [sys.executable, "-P", "-m", "api.replays.job"]
    asked = {"check": None, "under": "now", "against": None, "data_folder": str(empty)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        child.stdin.flush()
        assert json.loads(child.stdout.readline())["stop"][1] == "no_register"
        assert (child.wait(), child.stderr.read()) == (0, b""), "it was not waited for who reads what never comes"


def test_nothing_is_run_that_lies_where_somebody_happens_to_stand(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("api.commands.replay.subprocess", subprocess)
    (tmp_path / "api").mkdir()
    for name in ("api/__init__", "api/replay_job", "json"):
        (tmp_path / f"{name}.py").write_text("print('{\"done\": {}}')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert json.loads(replayed(data, capfd, "--under", "now", "--out", "report", "--json"))["new"]


def test_without_projections_they_are_made_first(data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    shutil.rmtree(copy / "projections")
    told = [json.loads(replayed(folder, capfd, "--under", PROVINCE, "--out", str(tmp_path / name), "--json"))
            for name, folder in (("one", data), ("two", copy))]

    assert told[0]["digest"] == told[1]["digest"]


def test_a_folder_of_drafts_stands_beside_the_law_in_force(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    drafts = tmp_path / "drafts"
    shutil.copytree(DRAFTS / "hangzhou-credits", drafts / "hangzhou-credits")
    shutil.copytree(DRAFTS / "national-title-supervision", drafts / "national-title-supervision")
    told = [json.loads(replayed(data, capfd, "--under", under, "--out", str(tmp_path / name), "--json"))
            for name, under in (("one", str(drafts)), ("two", "now+hangzhou-credits/2025-06-06"))]

    assert told[0]["digest"] == told[1]["digest"]
    rulebooks = told[0]["question"]["under"]["rulebooks"]
    assert len(rulebooks) == len(shipped().books) + 1 and [one["event"] for one in rulebooks].count(None) == 1
    assert read(tmp_path / "one")[1] == told[0]["digest"], "what is off takes part in nothing and is not announced"
    shutil.rmtree(drafts / "hangzhou-credits")
    assert "停用" in replayed(data, capfd, "--under", str(drafts), status=1)


def test_one_draft_in_a_file_of_any_name_stands_beside_the_law_in_force(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    draft = DRAFTS / "hangzhou-credits" / "2025-06-06.toml"
    shutil.copy(draft, tmp_path / "ours.toml")
    assert "没有案例文件 ours.cases.toml" in replayed(data, capfd, "--under", str(tmp_path / "ours.toml"), status=1)
    shutil.copy(draft.with_suffix(".cases.toml"), tmp_path / "ours.cases.toml")
    told = [json.loads(replayed(data, capfd, "--under", under, "--out", str(tmp_path / name), "--json"))
            for name, under in (("one", str(tmp_path / "ours.toml")), ("two", "now+hangzhou-credits/2025-06-06"))]

    assert told[0]["digest"] == told[1]["digest"] and told[0]["question"]["under"]["law"].startswith("now+")
    assert "没有文件夹或文件" in replayed(data, capfd, "--under", str(tmp_path / "theirs.toml"), status=2)


def test_the_folder_of_one_draft_is_told_from_a_folder_of_drafts(
    data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = replayed(data, capfd, "--under", str(DRAFTS / "hangzhou-credits"), status=2)

    assert f"请写它的上一级 {DRAFTS}，" in told and "rules check" not in told and "[rules_folder_of_one]" in told


def test_a_draft_whose_sector_nobody_belongs_to_says_so_and_not_only_that_nothing_changed(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    told = replayed(data, capfd, "--under", "now+zhejiang-marine-fisheries/2026-01-01", "--out", str(out))

    said = "浙海经发〔2026〕：施行以来，没有一个人年末属于它的范围（浙江省，海洋渔业）。请核对单位登记的地区和行业。"
    assert "0 个人年度有变化" in told and said in told
    assert said in (out / "report.html").read_text(encoding="utf-8")


def test_after_enactment_what_was_announced_is_what_happened(
    data: Path, announced: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Announced are the five, all of them enacted; then a line is not what happened, a file is cut, a draft waits."""
    report = shutil.copytree(announced, tmp_path / "report")
    # As a program wrote it that knew nothing of `valid_on` and told of no first titles.
    told = {**json.loads((report / "report.json").read_bytes()), "titles": []}
    for name in ("titles.ndjson", "titles.csv", "groups.csv"):
        left = b"".join(line for line in (report / name).read_bytes().splitlines(keepends=True) if b"first" not in line)
        (report / name).write_bytes(left)
        told["files"][name] = hashlib.sha256(left).hexdigest()
    question = {name: value for name, value in told["question"].items() if name not in ("valid_on", "log_size")}
    (report / "report.json").write_text(json.dumps({**told, "format": 2, "question": question}), encoding="utf-8")
    checked = replayed(data, capfd, "--check", str(report))
    assert "✓ 预告与实际相同" in checked and "○ 这份报告没有登记在日志中" in checked

    lines = report / "person_years.ndjson"
    whole = lines.read_text(encoding="utf-8")
    lines.write_text(whole[:-1], encoding="utf-8")
    assert "[replay_report_unsound]" in replayed(data, capfd, "--check", str(report), status=2)

    lines.write_text(whole.replace('"change":"', '"change":"9', 1), encoding="utf-8")
    told = json.loads((report / "report.json").read_bytes())
    told["files"][lines.name] = hashlib.sha256(lines.read_bytes()).hexdigest()
    (report / "report.json").write_text(json.dumps(told), encoding="utf-8")
    assert run(["replay", "--data", str(data), "--check", str(report)]) == 1
    assert "✗ person_years.ndjson 与预告不同，共 1 行" in capfd.readouterr().out

    draft = tmp_path / "draft"
    replayed(data, capfd, "--under", "now+hangzhou-credits/2025-06-06", "--out", str(draft))
    assert "[replay_not_enacted]" in replayed(data, capfd, "--check", str(draft), status=1)


def test_what_a_machine_that_died_left_hidden_is_tidied_and_what_another_replay_holds_is_not(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    left, held = (tmp_path / f".xueshi-replay-{name}" for name in ("left", "held"))
    for folder in (left, held):
        folder.mkdir()
        (folder / "person_years.ndjson").write_text("half", encoding="utf-8")
    descriptor = os.open(held, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    time.sleep(1.1)
    # Refused or not: whoever comes next tidies.
    nobody = replayed(data, capfd, *NOW, "--valid-on", "2001-01-01", "--out", str(tmp_path / "report"), status=1)
    os.close(descriptor)

    assert "[replay_nobody]" in nobody, "nothing had happened by that day"
    assert [path.name for path in tmp_path.iterdir()] == [held.name]


def test_sums_that_were_made_smaller_by_hand_are_not_what_happened(announced: Path, tmp_path: Path) -> None:
    """The lines are right, the sums that people read are not; then a table alone, a page alone, another amendment."""
    happened, announced = announced, shutil.copytree(announced, tmp_path / "announced")
    told, digest = read(announced)
    assert what_differs(announced, happened, told) == [] and is_its_page(announced, told, digest, page_of)

    (differ,) = what_differs(announced, happened, {**told, "people": 1, "changed_people": 0})
    assert (differ["file"], differ["many"]) == ("report.json", 2)
    assert differ["lines"][0]["announced"] == '{"changed_people": 0}'
    without = {name: value for name, value in told.items() if name != "changed_people"}
    assert what_differs(announced, happened, without)[0]["lines"][0]["announced"] == ""

    table = announced / "groups.csv"
    table.write_bytes(table.read_bytes() + b"year,2999\r\n")
    assert [one["file"] for one in what_differs(announced, happened, told)] == ["groups.csv"]
    table.unlink()
    with pytest.raises(Unsound, match="没有这个文件"):
        what_differs(announced, happened, told)
    with pytest.raises(Unsound, match=r"groups\.csv 不能使用：没有这个文件"):
        read(announced)  # As whoever saved from a page what speaks of nobody.
    shutil.copy(happened / "groups.csv", table)
    page = announced / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("未达标", "达标"), encoding="utf-8")
    assert not is_its_page(announced, told, digest, page_of) and what_differs(announced, happened, told) == []

    amended = [{**told["amendments"][0], "id": "nobody/2020-01-01"}, *told["amendments"][1:]]
    for wrong in ({"amendments": amended}, {"amendments": []}, {"question": {}}, {"files": []}):
        (announced / "report.json").write_text(json.dumps({**told, **wrong}), encoding="utf-8")
        with pytest.raises(Unsound):
            read(announced)


def test_cancelled_or_killed_nothing_torn_is_left_and_the_next_one_is_whole(
    data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = [str(REAL), "replay", "--data", str(data), "--under", "now"]
    for number in range(4):
        process = Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.25 + 0.2 * number)  # not hours: seconds
        process.send_signal(signal.SIGINT if number < 3 else signal.SIGKILL)
        process.communicate(timeout=60)
        for left in (path for path in tmp_path.iterdir() if not path.name.startswith(".")):
            # Also when it was not told: a cancel or a kill may come between the report and the word that it is there.
            for line in (left / "SHA256SUMS").read_text("ascii").splitlines():
                sha256, name = line.split("  ")
                assert hashlib.sha256((left / name).read_bytes()).hexdigest() == sha256, "whole or not at all"
        if process.returncode == 130:
            assert not list(tmp_path.glob(".*")), "whoever cancels finds nothing half-made left behind"
    done = json.loads(replayed(data, capfd, "--under", "now", "--out", str(tmp_path / "whole"), "--json"))
    assert (Path(done["folder"]) / "SHA256SUMS").exists()
