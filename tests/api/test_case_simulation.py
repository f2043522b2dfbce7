"""What would be without the entries of a case, over HTTP and on the command line: who may ask, and what is recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cases.investigating import without
from api.paper.tables_out import file_of
from ledger.events.access import AccessRecorded
from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import BODY, Someone
from tests.api.petition_kit import Bureau, act, bureau_in

WATCH = "supervisor"
WHY = {"words": "签到表有两处笔迹相同"}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    with bureau_in(tmp_path_factory.mktemp("bureau") / "data") as bureau:
        yield bureau


class Found:
    """Somebody with a title that was granted on two years, and a case about an entry of one of them."""

    def __init__(self, bureau: Bureau) -> None:
        self.town = bureau.town
        self.watch = bureau.town.officer(bureau.town.unit("市监督局", "330200", "general"), WATCH, "3302")
        self.li, self.claims = bureau.applicant(years=(2025, 2026))
        self.statement = self.li.did(f"/v1/persons/{self.li.id}/statements", {})["statement"]
        self.application = act(bureau.committee, bureau.assessed(self.li, statement=self.statement), "grant",
                               {"obtained_on": "2026-11-20"})["application"]
        self.case = self.watch.did("/v1/cases", {
            "kind": "falsification", "region": "330203", "claims": [self.claims[2025]], **WHY})["case"]

    def ask(self, whom: Someone | None = None, **query: str) -> BODY:
        found: BODY = (whom or self.watch).saw(f"/v1/cases/{self.case}/simulation", purpose="case_review", **query)
        return found

    def no(self, whom: Someone, **query: str) -> str:
        answer = whom.get(f"/v1/cases/{self.case}/simulation", **query)
        assert answer.status_code >= 400, answer.get_data(as_text=True)
        return str(answer.get_json()["code"])


@pytest.fixture(scope="module")
def found(bureau: Bureau) -> Found:
    return Found(bureau)


def test_a_case_shows_what_would_fall_with_its_entries_and_changes_nothing(found: Found) -> None:
    size = found.town.house.ledger.store.size()
    told = found.ask()

    assert [(one["claim"], one["counts"]) for one in told["claims"]] == [(found.claims[2025], True)]
    (person,) = told["persons"]
    assert (person["person"], person["falls"]) == (found.li.id, True)
    assert person["name"] and "*" in person["name"] and person["id_number"] and "*" in person["id_number"]
    assert [one["statement"] for one in told["statements"]] == [found.statement]
    assert [(one["application"], one["is_so"], one["holds"]) for one in told["applications"]] == [
        (found.application, True, False)]
    assert told["summary"]["titles_falling"] == 1
    assert found.town.house.ledger.store.size() == size
    basis = told["basis"]
    assert found.ask(as_of=str(basis["as_of"])) == told, "the same basis gives the same answer again"


def test_it_is_asked_of_what_is_held_or_of_some_of_the_case(found: Found) -> None:
    refused = {"purpose": "case_review"}
    assert found.no(found.watch, only="held", **refused) == "claim_not_of_case", "nothing of it is held"
    assert found.no(found.watch, claims=found.claims[2026], **refused) == "claim_not_of_case"
    assert found.no(found.watch, claims="clm_1", **refused) == "unprocessable_content"
    assert found.ask(claims=found.claims[2025], held="left_out")["held"] == "left_out"


def test_whoever_is_concerned_or_supervises_another_place_is_told_of_no_case(found: Found) -> None:
    away = found.town.officer(found.town.unit("杭州监督局", "330100", "general"), WATCH, "3301")
    own = found.town.officer(found.town.unit("另一监督局", "330200", "general"), WATCH, "3302", person=found.li.id)
    for whom in (away, own):
        assert found.no(whom, purpose="case_review") == "case_absent"
    assert found.no(found.watch) == "purpose_missing"
    assert found.no(found.li, purpose="case_review") == "official_needed"
    colleague = found.town.officer(found.town.unit("市监督二局", "330200", "general"), WATCH, "3302")
    assert found.no(colleague, purpose="case_review") == "not_a_member"


def test_everyone_who_is_shown_is_recorded_as_seen(found: Found) -> None:
    log = found.town.house.register.access
    before = log.store.size()
    found.ask()
    seen = [one.envelope.event for one in log.read(limit=10_000)[before:]]

    assert [(one.subject, one.what) for one in seen if isinstance(one, AccessRecorded)] == [
        (found.case, ("case_simulation",)), (found.li.id, ("case_simulation",))]


def test_everyone_touched_is_taken_away_as_a_table(found: Found) -> None:
    file = file_of(without.table(found.ask()), "csv")
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    head = next(at for at, row in enumerate(rows) if row and row[0] == "人员")

    assert file.name.startswith("simulation")
    (only,) = [dict(zip(rows[head], row, strict=False)) for row in rows[head + 1:] if row and row[0] == found.li.id]
    assert (only["年度"], only["达标"], only["不计后达标"], only["情况表（份）"], only["授予的职称（项）"]) == (
        "2025", "是", "否", "1", "1")


def test_the_command_line_tells_the_same(found: Found, tmp_path: Path) -> None:
    with answering(found.town.app) as server:
        ended = xueshi(tmp_path, "case", "simulate", found.case, "--purpose", "case_review",
                       XUESHI_TOKEN=str(found.watch.token), XUESHI_SERVER=server)

    assert ended.returncode == 0, ended
    assert "如果 1 项学时不计" in ended.stdout and "1 人有年度由达标变为不达标" in ended.stdout
    assert f"情况表 {found.statement}" in ended.stdout and "不再成立" in ended.stdout
