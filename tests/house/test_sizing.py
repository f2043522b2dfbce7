"""The plan for seven million people is arithmetic, and the arithmetic is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bench.growth import power, power_of_page
from tests.bench.growth.__main__ import main
from tests.bench.growth.measured import Measured
from tests.bench.growth.told import PAGE, drawing, page

GUIDE = (Path(__file__).parents[2] / "api" / "operators-sizing.md").read_text("utf-8")
NUMBER = r"([\d,.]+)"
PERSON_YEARS = 7_000_000 * 10


def number(text: str) -> float:
    return float(text.replace(",", ""))


def rows(heading: str) -> list[list[str]]:
    """The cells of every table row of a section."""
    section = GUIDE.partition(f"## {heading}")[2].partition("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "]


def test_every_product_of_the_plan_is_what_it_says() -> None:
    each = {name: value for name, value, *_ in rows("一、每人每年")[1:]}
    per = {"亿条": 1e8, "GB": 1e6, "小时": 3_600_000.0}  # Of events; of kilobytes; of milliseconds.
    checked = 0
    for name, value, whole in rows("二、七百万人，十年")[1:]:
        assert value == each[name], f"{name}: two different numbers"
        amount, unit = whole.split(" ")
        exact = number(value.split(" ")[0]) * PERSON_YEARS / per[unit]
        assert abs(exact - number(amount)) <= max(0.06, exact * 0.001), f"{name}: {exact} is not {whole}"
        checked += 1
    assert checked == 7


def test_the_windows_of_a_city_follow_from_the_same_numbers() -> None:
    each = {name: number(value.split(" ")[0]) for name, value, *_ in rows("一、每人每年")[1:] if name != "---"}
    checked = 0
    for size, cores, _, _, build, fsck, backup in [row for row in rows("三、按市分账") if len(row) == 7][1:]:
        person_years = number(size.split(" ")[0]) * 10_000 * 10
        at_once = number(cores.split(" ")[0])
        minutes = {build: person_years * each["建投影"] / 60_000 / at_once,
                   fsck: person_years * each["重读"] / 60_000 / at_once,
                   backup: person_years * each["账本"] / 200_000 / 60}
        for told, exact in minutes.items():
            assert abs(number(told.split(" ")[0]) - exact) <= 0.6, f"{size}: {exact:.1f} is not {told}"
        checked += 1
    assert checked == 3


def test_the_rates_of_december_are_those_of_its_shape() -> None:
    from tests.bench.december.shape import shape

    found = re.search(rf"每秒查询 {NUMBER}、申报 {NUMBER}、待办 {NUMBER}、成批认定 {NUMBER}", GUIDE)
    assert found is not None
    values = [number(one.rstrip("。.")) for one in found.groups()]
    told = dict(zip(("looks", "claims", "queues", "approvals"), values, strict=True))
    exact = {kind: float(rate) for kind, rate in shape().province_per_second.items()}
    assert all(abs(told[kind] - exact[kind]) <= 0.5 for kind in told), (told, exact)


def test_twice_as_many_people_at_twice_the_cost_are_the_power_one_and_a_flat_page_is_none() -> None:
    small, large = (
        Measured(people, 2, 27 * people, 9 * people, *(cost * people for cost in (7, 8, 9, 2, 3)), 23_000 * people,
                 170 * people, 56_000 * people * people, 900 * people, {"work": 5 * people}, {"a year": (5_000, 9_000)})
        for people in (1_000, 2_000))

    assert [power(small, large, cost) for cost in ("events", "append_s", "answers_bytes")] == [1, 1, 2]
    assert power_of_page(small, large, "a year") == 0
    told = page([small, large], "abc1234, 11-23")
    assert "| events | 27,000 | 54,000 | 1.0 |" in told and "| a year | 5.0 / 9.0 | 5.0 / 9.0 | 0.0 |" in told
    assert drawing([small, large]).count("<polyline") == 10


def test_what_people_wrote_lies_beside_the_page_that_the_benchmark_writes_anew() -> None:
    one, other = (Measured(people, 1, *[people] * 11, {}, {"a year": (5, 9)}) for people in (1_000, 2_000))
    stands, written = (re.findall(r"^#.*", text, re.M) for text in (PAGE.read_text("utf-8"), page([one, other], "x")))

    assert stands == written
    assert (PAGE.parent / "screens.md").exists()


def test_the_plan_rests_on_no_less_than_what_was_measured_an_event() -> None:
    planned = {name: number(value.split(" ")[0]) for name, value, *_ in rows("一、每人每年")[1:]}
    largest = {name: number(cells[-1].split(" ")[0]) for name, *cells in (
        [cell.strip() for cell in line.strip("|").split("|")] for line in
        PAGE.read_text("utf-8").partition("## Of a person and year")[2].partition("\n## ")[0].splitlines()
        if re.match(r"\| [a-z].*[\d.]", line))}
    for name, measured in (
            ("账本", "ledger"), ("投影", "answers"), ("编码账", "coded ledger"), ("重读", "fsck"),
            ("建投影", "build every answer"), ("写入", "append the history (decide, seal, write)"),
            ("重放", "replay, with its report")):
        assert planned[name] * 1_000 / planned["事件"] >= largest[measured] / largest["events"], name


@pytest.mark.parametrize("sizes", ["2500", "2500,2500", "0,2500", "many"])
def test_of_one_size_alone_nobody_is_told_how_cost_grows(
    sizes: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["growth", "--people", sizes])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2 and "two different numbers of people or more" in capsys.readouterr().err
