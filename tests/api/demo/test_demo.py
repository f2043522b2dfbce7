"""`xueshi demo` makes a register like any other, the same each time, in a folder that is empty before."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sysconfig
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from demo_kit import Demo, made, read_all

from api.cases.doing import Reading
from api.cli import run
from api.client import Client, InProcess
from api.demo.calendar import moment
from api.demo.history import ORIGIN, Told
from api.demo.making import FAULTS, make
from api.demo.store import HistoryRecorder
from api.register.folder import Folder
from api.register.register import SYSTEM, open_register
from api.service.composed import composed
from api.settings import load
from api.terminal.exits import Stop
from ledger.events.base import Draft, wire_type
from ledger.events.catalogue import CURRENT
from ledger.events.log import LogOpened
from ledger.identifiers import id_number, unit_code
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.offline.statement_file import COMPLETENESS
from ledger.proof.keys import format_vkey, parse_skey
from ledger.vocabulary import parse_hours
from policies.shelf import shipped
from projections.basis import read_axes
from tests.waiting import until

SMALL = Told(people=30, first_year=2020, last_year=2020, seed=5)

NOT_IN_A_DEMO = {
    "person.erasure_withdrawn/1": "nobody in it thinks better of being forgotten",
    "plan.evaluation_corrected/1": "no office has given an evaluation that was wrong",
    "class.roster_returned/1": "no office has sent a list back",
    "rulebook.proposed/1": "the five came with the installation",
    "rulebook.proposal_refused/1": "nothing was proposed", "rulebook.proposal_withdrawn/1": "nothing was proposed",
    "rulebook.filed/1": "when the real documents were filed is not known, and nothing false is said of them",
    "rulebook.superseded/1": "none of the five was",
    "enrolment.examined/1": "its courses have exams on site, three sessions a year and city, and no quiz",
    "rulebook.impact_report_recorded/1": "a report is of drafts, which are never in force",
    "claim.appealed/1": "whoever was refused in it has accepted that",
    "claim.appeal_withdrawn/1": "nobody has appealed", "claim.appeal_dismissed/1": "nobody has appealed",
    "claim.appeal_allowed/1": "nobody has appealed", "claim.reopened/1": "nobody has appealed",
    "claim.assigned/1": "no office has handed a claim on",
    "claim.upheld/1": "nobody has looked at the differences yet",
    "log.continued/1": "the log keeps its name",
    "exam.moved/1": "every session of it was held when and where it was announced",
    "import_source.registered/1": "its imports are older than the register of sources",
    "import_source.closed/1": "its imports are older than the register of sources",
    "year.closed/1": "nobody has closed a year of it",
    "import.proved/1": "no other ledger hands over to it", "import.contradicted/1": "nor contradicts itself",
    "import.fork_decided/1": "so there is nothing to decide",
    "log.access_anchored/1": "nobody has looked at anything yet",
    "access.recorded/1": "stands in the access log",
    "access.cut/1": "stands in the access log", "log.access_pruned/1": "nobody has looked at anything yet",
    **dict.fromkeys((f"finding.{what}/1" for what in (
        "taken_up", "given", "ruled_out", "substantiated", "referred", "linked")),
        "nobody has looked at what the patterns find in it"),
    "case.findings_taken/1": "nobody has looked at what the patterns find in it",
}


def rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the ledger but the signed checkpoints: signing keys are never the same twice."""
    with closing(sqlite3.connect(folder / "ledger.db")) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: file.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
                for name in names if name != "checkpoints"}


def test_the_same_options_make_the_same_bytes_and_another_seed_another_history(tmp_path: Path) -> None:
    one, two = made(tmp_path / "one", SMALL), made(tmp_path / "two", SMALL)

    assert one.made == two.made
    assert rows(one.folder) == rows(two.folder)
    assert (one.folder / FAULTS).read_bytes() == (two.folder / FAULTS).read_bytes()
    assert made(tmp_path / "other", SMALL._replace(seed=6)).made.root != one.made.root


def test_what_guards_the_register_is_not_known_from_the_seed(tmp_path: Path) -> None:
    one, two = made(tmp_path / "one", SMALL), made(tmp_path / "two", SMALL)

    for name in ("master.key", "ledger.signing.key", "access.signing.key"):
        assert (one.folder / "keys" / name).read_bytes() != (two.folder / "keys" / name).read_bytes()
    tokens = [{line.strip() for line in Folder(each.folder).sample_accounts.read_text("utf-8").splitlines()
               if line.strip().startswith("xsl_")} for each in (one, two)]
    assert tokens[0] and not tokens[0] & tokens[1]


def test_every_kind_of_event_occurs_but_those_that_cannot(demo: Demo) -> None:
    with demo.ledger() as ledger:
        found = Counter(wire_type(one.envelope.event) for one in read_all(ledger))

    assert CURRENT.keys() - found.keys() == NOT_IN_A_DEMO.keys()
    assert sum(found.values()) == demo.made.events


def test_every_event_lies_in_the_years_and_after_the_one_before_it(demo: Demo) -> None:
    with demo.ledger() as ledger:
        times = [one.envelope.recorded_at for one in read_all(ledger)]

    assert times == sorted(set(times))
    assert moment(demo.told.first) <= times[0] < times[-1] < moment(demo.told.last) + 86_400_000_000


def test_rulebooks_are_enacted_at_the_beginning_or_on_the_day_they_come_into_force(demo: Demo) -> None:
    with demo.ledger() as ledger:
        enacted = {one.envelope.event.rulebook: one.envelope.recorded_at for one in read_all(ledger)
                   if wire_type(one.envelope.event) == "rulebook.enacted/1"}

    books = {book.id: max(book.in_force_from, demo.told.first) for book in shipped().books}
    assert {name: moment(day, 0, 2) // 60_000_000 for name, day in books.items()} \
        == {name: at // 60_000_000 for name, at in enacted.items()}


def test_nobody_in_it_has_a_number_that_is_somebodys(demo: Demo) -> None:
    with demo.ledger() as ledger:
        for one in read_all(ledger):
            event = one.envelope.event
            if wire_type(event) == "unit.registered/1":
                assert unit_code.parse(event.credit_code).area == "330000" and event.name.endswith("（虚构）")
            elif wire_type(event) == "person.registered/1" and not ledger.vault.is_destroyed(event.person):
                sealed = ledger.opened(one)
                assert sealed.id_number.startswith("330000")  # type: ignore[union-attr]
                id_number.parse("resident_id", sealed.id_number, today=demo.told.last)  # type: ignore[union-attr]


def test_the_checker_finds_nothing_wrong(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fsck", "--data", str(demo.folder)]) == 0
    assert demo.made.root in capsys.readouterr().out


def test_it_is_served_under_its_own_name_and_its_accounts_can_act(demo: Demo, tmp_path: Path) -> None:
    """An officer of the demo sees their work; a person of it claims what they studied today."""
    folder = shutil.copytree(demo.folder, tmp_path / "data")
    lines = Folder(folder).sample_accounts.read_text("utf-8").splitlines()
    holders = {lines[at + 1].strip(): lines[at + 2].strip() for at in range(2, len(lines), 3)}
    settings = load({"data_folder": folder})
    assert settings.origin == ORIGIN

    with composed(settings) as app:
        nobody = Client(InProcess(app.test_client()))
        officer = next(token for holder, token in holders.items() if holder.startswith("acr_"))
        assert nobody.bearing(officer).get("/v1/work").ok
        house = app.extensions["house"]

        def belongs(person: str) -> bool:
            at = Reading(house.ledger).person(person).affiliation_on(house.today)  # type: ignore[union-attr]
            return at is not None and at.sector == "environment"

        person, token = next((holder, token) for holder, token in holders.items()
                             if holder.startswith("per_") and belongs(holder))
        made = nobody.bearing(token).post("/v1/claims", {
            "person": person, "details": {"title": "今天的培训"},
            "evidence": [{"kind": "certificate", "sha256": "ab" * 32}],
            "study": {"category": "professional", "route": "training", "level": "provincial", "days": "1",
                      "date": house.today.isoformat()}})
        assert made.ok, made.json


def test_answers_follow_it_and_some_meet_their_years_some_do_not_and_some_are_open(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(demo.folder, tmp_path / "data")
    assert run(["rebuild", "--data", str(folder)]) == 0
    assert run(["rebuild", "--compare", "--data", str(folder)]) == 0, capsys.readouterr().out
    verdicts: Counter[object] = Counter()
    with composed(load({"data_folder": folder})) as app:
        house = app.extensions["house"]
        persons = [one.envelope.event.person for one in read_all(house.ledger)
                   if wire_type(one.envelope.event) == "person.registered/1"]
        for person in persons:
            for year in house.answers.years(person, read_axes())["years"]:
                told = year["evaluated"]
                verdicts[told["met"]] += 1
                parts = (told["professional"], told["sector_public"], told["general_public"])
                assert sum(map(parse_hours, parts)) == parse_hours(told["total"])
                for entry in year["entries"]:
                    weighed = entry["evaluated"]
                    assert parse_hours(weighed["counted"]) <= parse_hours(weighed["assessed"])

    assert min(verdicts[True], verdicts[False], verdicts[None]) > 0, verdicts
    assert verdicts[True] > sum(verdicts.values()) // 4


def test_a_statement_of_it_verifies_and_bears_its_name(demo: Demo, tmp_path: Path) -> None:
    """Its origin says what it is, in the text as in the checkpoint."""
    folder = shutil.copytree(demo.folder, tmp_path / "data")
    lines = Folder(folder).sample_accounts.read_text("utf-8").splitlines()
    with demo.ledger() as ledger:
        issued = [one.envelope.event for one in read_all(ledger)
                  if wire_type(one.envelope.event) == "statement.issued/1"]
        key = (folder / "keys" / "ledger.signing.key").read_text("ascii")
    assert len(issued) > 2
    with composed(load({"data_folder": folder})) as app:
        holder = Client(InProcess(app.test_client())).bearing(lines[lines.index(f"  {issued[1].person}") + 1].strip())
        found = holder.get(f"/v1/statements/{issued[1].statement}/file")
        assert found.ok
    paper = tmp_path / "statement.txt"
    paper.write_bytes(found.body)

    assert ORIGIN in paper.read_text("utf-8")
    assert run(["verify", str(paper), "--key", format_vkey(parse_skey(key.strip()).public())]) == 0
    assert f"{COMPLETENESS}\n" in paper.read_text("utf-8")
    assert run(["fsck", "--map", "--data", str(folder), "--processes", "1"]) == 0


def test_a_folder_that_holds_anything_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("不是示例")

    with pytest.raises(Stop) as refused:
        make(tmp_path, SMALL)

    assert refused.value.code == "folder_not_empty"
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_one_that_was_broken_off_is_no_register_until_it_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(folder, SMALL, stop)
    with pytest.raises(Stop) as refused:
        open_register(load({"data_folder": folder}))
    assert refused.value.code == "demo_unfinished"

    again = made(folder, SMALL)
    assert not Folder(folder).demo_unfinished.exists()
    assert again.made == made(tmp_path / "other", SMALL).made


def test_killed_it_says_so_and_what_someone_put_beside_it_is_not_removed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    command = [str(Path(sysconfig.get_path("scripts")) / "xueshi"), "demo", "--data", str(folder), "--people", "5000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        until((folder / "ledger.db").exists)
        running.send_signal(signal.SIGKILL)
    (folder / "mine.txt").write_text("不是示例")

    assert run(["serve", "--port", "0", "--data", str(folder)]) == 3
    with pytest.raises(Stop) as refused:
        make(folder, SMALL)
    assert refused.value.code == "folder_not_empty" and "mine.txt" in refused.value.message
    assert Folder(folder).demo_unfinished.exists()
    (folder / "mine.txt").unlink()
    make(folder, SMALL)


@pytest.mark.parametrize(("arguments", "code"), [
    (["--years", "2030"], "bad_years"),
    (["--years", "2016-2020"], "bad_years"),
    (["--years", "2022-2020"], "bad_years"),
    (["--years", "去年"], "bad_years"),
    (["--people", "3"], "bad_usage"),
    (["--people", "许多"], "bad_usage"),
    (["--seed", "-1"], "bad_usage"),
])
def test_options_that_make_no_sense_are_told_apart_before_anything_is_written(
    arguments: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"

    assert run(["demo", "--data", str(folder), *arguments]) == 2
    assert code in capsys.readouterr().err
    assert not folder.exists()


def test_a_place_where_no_folder_can_be_is_told_with_its_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")

    assert run(["demo", "--data", str(tmp_path / "file")]) == 2
    assert "not_a_folder" in capsys.readouterr().err
    assert run(["demo", "--data", str(tmp_path / "file" / "data")]) == 3
    assert "data_folder_unusable" in capsys.readouterr().err


def test_the_command_says_where_everything_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--people", "30", "--years", "2020", "--seed", "5"]
    assert run(["demo", "--data", str(tmp_path / "one"), *told, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert run(["demo", "--data", str(tmp_path / "two"), *told]) == 0

    assert said["root"] in capsys.readouterr().out
    assert Path(said["faults"]).is_file() and Path(said["accounts"]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("factory", "told"), [
    ("api.demo.store:HistoryFactory", True), ("api.demo.store:HistoryFactory", False),
    ("ledger.stores.sqlite:LedgerFactory", False),
])
def test_only_a_store_that_was_told_so_takes_a_historys_word_for_when_it_was(
    factory: str, told: bool, tmp_path: Path
) -> None:
    """Also there times only grow; an append without a time, or in any other store, is of now."""
    vault = Vault(tmp_path / "people.db", FileMasterKey.create(tmp_path / "master.key"))
    ledger = Ledger(vault, {"PERSISTENCE_MODULE": factory, "SQLITE_DBNAME": str(tmp_path / "ledger.db")})
    if told:
        ledger.store.tell_a_history()  # type: ignore[attr-defined]
    before = time.time_ns() // 1_000
    for version, at in ((0, 2_000), (1, 1_000), (2, 5_000)):
        draft = Draft(LogOpened(origin=ORIGIN))
        made = ledger.prepare([draft], by=SYSTEM, versions={draft.event.stream: version})
        if isinstance(ledger.store, HistoryRecorder):
            ledger.store.append_all([(at, made)])
        else:
            ledger.store.append(made)
    times = [one.envelope.recorded_at for one in read_all(ledger)]
    ledger.close()
    vault.close()

    assert times == [2_000, 2_001, 5_000] if told else min(times) >= before
