"""An impact report is recorded on purpose, before enactment; afterwards it is proved announced, and true."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli import run
from api.sample import prepare
from api.settings import load
from policies.shelf import DRAFTS
from tests.api.command_kit import made, xueshi
from tests.api.house_kit import Someone, Town, credit_code, house_in, study

PROVINCE = "set:zhejiang/2016-08-01"
DRAFT = "hangzhou-credits/2025-06-06"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("impact") / "data") as town:
        works, person = town.unit("某厂", "330203", "industry"), town.person()
        town.belongs(person, works, "2020-01-01")
        officer = town.officer(works, "unit", "330203", unit=works["unit"])
        officer.act(person.submit(study(date="2026-02-01")), "approval")
        yield town


@pytest.fixture(scope="module")
def office(town: Town) -> Someone:
    return town.officer(town.unit("某政策部门", "330200", "general"), "policy_office", "33")


@pytest.fixture(scope="module")
def report(town: Town, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The five against the province alone: four rulebooks come."""
    out = tmp_path_factory.mktemp("report") / "report"
    data = town.house.register.folder.root
    assert run(["replay", "--data", str(data), "--under", "now", "--against", PROVINCE, "--out", str(out)]) == 0
    return (out / "report.json").read_text("utf-8")


def changed(report: str, change: Callable[[dict[str, Any]], object]) -> str:
    told = json.loads(report)
    change(told)
    return json.dumps(told)


@pytest.mark.parametrize(("change", "code"), [
    (lambda told: told.update(format=99), "report_unreadable"),
    (lambda told: told.pop("newly_failed"), "report_unreadable"),
    (lambda told: told.update(gained="much"), "report_unreadable"),
    (lambda told: told["amendments"].pop(), "report_unreadable"),
    (lambda told: told["question"]["under"]["rulebooks"][0].update(id="../.."), "report_unreadable"),
    (lambda told: told["question"].update(root="0" * 64), "report_of_another_log"),
    (lambda told: told["question"].update(as_of=10**12), "report_of_another_log"),
    (lambda told: (told["question"].update(under=told["question"]["against"]), told.update(amendments=[])),
     "report_amends_nothing"),
    (lambda told: told["question"].update(valid_on="2024-12-31"), "report_of_a_day"),
])
def test_what_is_no_report_of_this_log_is_refused(
    town: Town, office: Someone, report: str, change: Callable[[dict[str, Any]], object], code: str
) -> None:
    size = town.house.ledger.store.size()
    no = office.post("/v1/impact-reports", {"report": changed(report, change)})

    assert (no.status_code, no.get_json()["code"]) == (422, code)
    assert office.post("/v1/impact-reports", {"report": "一纸空文"}).get_json()["code"] == "report_unreadable"
    assert town.house.ledger.store.size() == size


def test_only_the_policy_office_announces_and_only_within_its_place(town: Town, report: str) -> None:
    bureau, other = town.unit("某局", "330200", "general"), town.unit("某部门", "330300", "general")
    body = {"report": report}

    assert town.officer(bureau, "human_resources", "33").post("/v1/impact-reports", body).status_code == 403
    assert town.person().post("/v1/impact-reports", body).status_code == 403
    assert town.nobody.post("/v1/impact-reports", body).status_code == 401
    assert town.founder.post("/v1/impact-reports", body).status_code == 403, "an office announces, not the installer"
    no = town.officer(other, "policy_office", "3303").post("/v1/impact-reports", body)
    assert (no.status_code, no.get_json()["code"]) == (403, "outside_scope")


def test_a_report_is_recorded_once_on_each_rulebook_that_it_brings_and_read_by_everyone(
    town: Town, office: Someone, report: str
) -> None:
    before, told = town.house.ledger.store.size(), json.loads(report)
    digest = hashlib.sha256(report.encode()).hexdigest()
    assert town.nobody.saw("/v1/impact-reports")["items"] == []
    assert office.post("/v1/impact-reports", {"report": report}, dry_run="true").status_code == 200
    done = office.post("/v1/impact-reports", {"report": report})

    assert (done.status_code, done.headers["Location"]) == (201, f"/v1/impact-reports/{digest}")
    assert len(done.get_json()["events"]) == len(told["amendments"]) == 4
    one = town.nobody.saw(done.headers["Location"])
    assert {each["rulebook"]: each["rulebook_digest"] for each in one["items"]} == {
        each["id"]: each["digest"] for each in told["amendments"]}
    first = one["items"][0]
    assert (first["log_size"], first["root"]) == (told["question"]["as_of"], told["question"]["root"])
    assert (first["against"], len(first["under"])) == (["zhejiang/2016-08-01"], 5)
    assert first["impact"]["changed_people"] == told["changed_people"] == 1
    assert first["impact"]["gained_centi"] == 100 * int(told["gained"])
    assert (first["impact"]["region"], first["impact"]["sector"]) == (None, None), "of everyone everywhere"
    of_one = town.nobody.saw("/v1/impact-reports", rulebook="wenzhou/2020-11-27")
    assert [each["digest"] for each in of_one["items"]] == [digest]
    assert town.nobody.saw("/v1/impact-reports", as_of=str(before)) == {
        "items": [], **town.house.answers.reflects(before)}
    assert town.nobody.saw("/v1/rulebooks/wenzhou/2020-11-27")["impact_reports"] == [digest]
    assert town.nobody.saw("/v1/rulebooks/zhejiang/2016-08-01")["impact_reports"] == []
    again = office.post("/v1/impact-reports", {"report": report})
    assert (again.status_code, again.get_json()["code"]) == (409, "report_exists")
    absent = town.nobody.get(f"/v1/impact-reports/{'0' * 64}")
    assert (absent.status_code, absent.get_json()["code"]) == (404, "report_absent")


# From draft to enactment, by commands


def enactable(folder: Path) -> tuple[Path, Path]:
    """The draft as it would be published: with the text that it quotes, and no longer a draft."""
    source = (DRAFTS / f"{DRAFT}.toml").read_text("utf-8").replace("draft         = true\n", "")
    text = "\n".join(re.findall(r'quote\s*=\s*"([^"]*)"', source)) + "\n"
    named = f'text = "A2.txt"\ntext_sha256 = "{hashlib.sha256(text.encode()).hexdigest()}"\n[scope]'
    rulebook, words = folder / "A2.toml", folder / "A2.txt"
    rulebook.write_text(source.replace("[scope]", named, 1), "utf-8")
    words.write_text(text, "utf-8")
    return rulebook, words


def test_what_was_announced_before_is_proved_after_enactment(tmp_path: Path) -> None:
    """Drafted, replayed, announced, enacted, checked; an unrecorded report of the same draft says so."""
    assert prepare(load({"data_folder": tmp_path / "data"}))
    unit = made(tmp_path, "unit", "register", "--name", "某政策部门", "--region", "330000", "--sector", "general",
                "--contact", "某人", "--credit-code", credit_code(900))["unit"]
    (tmp_path / "证书.pdf").write_bytes(b"paper")
    made(tmp_path, "unit", "verify", unit, "--evidence", "证书.pdf")
    actor = made(tmp_path, "actor", "appoint", unit, "--account", "law", "--name", "某人")["actor"]
    made(tmp_path, "actor", "grant", actor, "--region", "33", "--role", "policy_office")
    token = made(tmp_path, "actor", "token", actor)["token"]
    for name, rest in (("report", ()), ("other", ("--region", "330200"))):
        made(tmp_path, "replay", "--under", f"now+{DRAFT}", "--out", name, *rest)

    announced = xueshi(tmp_path, "rulebook", "impact", "report", XUESHI_TOKEN=token)
    assert announced.returncode == 0 and "已登记影响报告" in announced.stdout, announced.stderr
    listed = made(tmp_path, "rulebook", "impacts", "--rulebook", DRAFT)["items"]
    assert [one["rulebook"] for one in listed] == [DRAFT]
    assert DRAFT in xueshi(tmp_path, "rulebook", "impacts").stdout
    assert made(tmp_path, "rulebook", "impacts", listed[0]["digest"])["items"] == listed
    early = xueshi(tmp_path, "replay", "--check", "report")
    assert early.returncode == 1 and "[replay_not_enacted]" in early.stderr

    rulebook, text = enactable(tmp_path)
    proposed = made(tmp_path, "rulebook", "propose", str(rulebook), "--text", str(text), XUESHI_TOKEN=token)["proposed"]
    event = made(tmp_path, "rulebook", "enact", proposed[-1])["events"][0]
    checked = made(tmp_path, "replay", "--check", "report")
    assert checked["holds"] and checked["others"] == []
    (recorded,) = checked["recorded"]
    assert (recorded["event"], recorded["enacted"], recorded["before"]) == (listed[0]["event"], event, True)
    assert [(one["id"], one["event"]) for one in checked["rulebooks"]] == [(DRAFT, event)]
    told = xueshi(tmp_path, "replay", "--check", "report").stdout
    assert "在施行之前" in told and f"xueshi log prove {recorded['event']}" in told

    other = made(tmp_path, "replay", "--check", "other")
    assert (other["holds"], other["recorded"], other["others"]) == (True, [], [checked["digest"]])
    assert "没有登记在日志中" in xueshi(tmp_path, "replay", "--check", "other").stdout
