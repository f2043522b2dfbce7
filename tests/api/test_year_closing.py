"""The close of a year: everyone's totals fixed, what comes after told apart, both to be proven."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.offline.verify import policy_of, verify_file, verify_proof
from ledger.proof.merkle import hash_leaf
from ledger.vocabulary import format_hours
from projections.year_totals import check_line
from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, Someone, Town, house_in, study

YEAR = "/v1/year-closings/2025"


class Closed:
    """A town in which a year was closed, with one entry of two people each, and another not decided then."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.works = town.unit("某厂", "330203", "industry")
        self.office = town.officer(town.unit("某人社部门", "330000", "general"), "human_resources", "33")
        self.clerk = town.officer(self.works, "unit", "330203", unit=self.works["unit"])
        self.li, self.wang = town.person("李明"), town.person("王芳")
        for one in (self.li, self.wang):
            town.belongs(one, self.works, "2018-01-01")
        self.first = self.register(self.li, days="2")
        self.second = self.register(self.wang, days="1")
        self.open = self.wang.submit(study(date="2025-06-03", days="3"), "还没有办结的")

    def register(self, whom: Someone, days: str) -> BODY:
        claim = whom.submit(study(date="2025-05-03", days=days), f"{days} 天的培训")
        return self.approve(claim)

    def approve(self, claim: BODY) -> BODY:
        return self.clerk.act(claim, "approval")

    def close(self, **more: object) -> BODY:
        return self.office.did("/v1/year-closings", {"year": 2025, "document": "某文件"}, **more)  # type: ignore[arg-type]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Closed]:
    with house_in(tmp_path / "data") as town:
        yield Closed(town)


def test_a_year_is_tried_closed_and_never_closed_again(made: Closed) -> None:
    size = made.town.house.ledger.store.size()
    tried = made.office.post("/v1/year-closings", {"year": 2025}, dry_run="true").get_json()["would"]
    assert (tried["people"], tried["entries"], tried["still_open"], tried["as_of"]) == (2, 2, 1, size)
    assert made.town.house.ledger.store.size() == size

    closed = made.close()
    assert {name: closed[name] for name in ("people", "entries", "total", "totals_root")} == {
        name: tried[name] for name in ("people", "entries", "total", "totals_root")}
    again = made.office.post("/v1/year-closings", {"year": 2025})
    assert (again.status_code, again.get_json()["code"]) == (409, "year_closed")
    stands = made.li.saw("/v1/year-closings")
    assert [one["year"] for one in stands["items"]] == [2025]
    assert stands["root"] == made.town.house.ledger.store.frontier(stands["log_size"]).root().hex()
    before = made.li.saw("/v1/year-closings", as_of=str(size))
    assert (before["items"], before["as_of"], before["log_size"]) == ([], size, size)


@pytest.mark.parametrize(("year", "status", "code"), [
    (2024, 422, "year_empty"), (2100, 422, "year_not_over"), (1999, 422, "unprocessable_content"),
])
def test_a_year_that_cannot_be_closed_is_refused_with_its_reason(
    made: Closed, year: int, status: int, code: str
) -> None:
    no = made.office.post("/v1/year-closings", {"year": year})
    assert (no.status_code, no.get_json()["code"]) == (status, code)


def test_nobody_but_the_human_resources_of_the_whole_place_closes_it(made: Closed) -> None:
    city = made.town.officer(made.town.unit("某市部门", "330300", "general"), "human_resources", "3303")
    for whom, code in ((made.town.nobody, "login_required"), (made.li, "official_needed"),
                       (made.clerk, "role_not_held"), (city, "outside_scope")):
        assert whom.post("/v1/year-closings", {"year": 2025}).get_json()["code"] == code
        if code != "outside_scope":
            assert whom.get(YEAR).get_json()["code"] == code


def test_what_is_decided_afterwards_is_told_apart_and_the_close_still_holds(made: Closed) -> None:
    at_close = made.li.year(2025)
    closed = made.close()
    assert made.li.year(2025)["closed"]["changed"] == 0
    assert made.office.saw(YEAR)["changes"] == []

    made.approve(made.open)
    made.clerk.act(made.first, "revocation", {"basis": "falsified", "words": "证书有误"})
    now = made.office.saw(YEAR)

    assert now["holds"] and now["totals_root"] == closed["totals_root"] != now["now"]["totals_root"]
    assert made.li.year(2025)["closed"]["changed"] == 1
    expected = {made.open["claim"]: (None, "approved"), made.first["claim"]: ("approved", "revoked")}
    assert {one["claim"]: (one["status_before"], one["status_after"]) for one in now["changes"]} == expected
    late = [entry["claim"] for entry in made.wang.year(2025)["entries"] if entry.get("after_close")]
    assert late == [made.open["claim"]]
    assert made.wang.year(2025)["closed"] == {
        "event": closed["events"][0], "as_of": closed["as_of"], "changed": 1,
        "recorded_at": made.wang.year(2025)["closed"]["recorded_at"]}

    before = made.li.year(2025, as_of=str(closed["as_of"]))  # The view of the close, as it was.
    assert "closed" not in before and before == at_close


def test_a_terminal_says_that_a_year_is_closed_and_what_came_after(made: Closed, tmp_path: Path) -> None:
    made.close()
    made.approve(made.open)
    with answering(made.town.app) as address:
        def told(whom: Someone) -> str:
            return xueshi(tmp_path, "years", "show", whom.id, "2025", "--server", address,
                          XUESHI_TOKEN=str(whom.token)).stdout

        late, none = told(made.wang), told(made.li)
    assert "已关账（事件" in late and "其后更正 1 项" in late and late.count("  关账后更正\n") == 1
    assert "其后没有更正" in none and "关账后更正" not in none


def test_a_person_proves_their_line_of_the_close_to_anyone(made: Closed, tmp_path: Path) -> None:
    closed = made.close()
    made.approve(made.open)
    told = made.wang.saw(f"{YEAR}/persons/{made.wang.id}")
    line, path = told["line"].encode(), [b64decode(one) for one in told["path"]]
    assert line.startswith(f"{made.wang.id} 1 ".encode())  # What came later is not in it.
    check_line(line, told["index"], told["people"], path, b64decode(told["totals_root"]))
    assert hash_leaf(line) != b64decode(told["totals_root"])

    house = made.town.house
    proof = made.town.client().get(f"/v1/events/{told['event']}/proof", headers={
        "Authorization": f"Bearer {house.register.reader_token}"})
    verdict = verify_proof(proof.data, policy_of(house.register.signer.vkeys[0]))
    (event,) = verdict.events
    assert event["event"]["totals_root"] == closed["totals_root"] and event["event"]["year"] == 2025

    file, key = told["file"].encode(), policy_of(house.register.signer.vkeys[0])
    (tmp_path / "line").write_bytes(file)
    verdict = verify_file(tmp_path / "line", key)
    assert verdict.kind == "year_line" and f"第 {told['index'] + 1} 行是：{made.wang.id}，1 条，" in verdict.checked[0]
    hours = format_hours(int(told["line"].split(" ")[2]))
    assert f"专业科目 {hours} 学时" in verdict.checked[0], "whoever reads it counts hours, not hundredths"
    for place in range(0, len(file), 5):
        (tmp_path / "line").write_bytes(bytes([*file[:place], file[place] ^ 1, *file[place + 1:]]))
        with pytest.raises(LedgerError):
            verify_file(tmp_path / "line", key)

    assert made.li.get(f"{YEAR}/persons/{made.wang.id}").status_code == 403
    assert made.office.get(f"{YEAR}/persons/{made.wang.id}").status_code == 403
    refused = made.office.get("/v1/year-closings/2024").get_json()
    assert refused["code"] == "year_open" and "xueshi year list" in str(refused), "at a terminal there is no address"
