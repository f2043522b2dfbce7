"""Another system's records over HTTP: each row taken over, known already or refused with its reason, never twice."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from api.cases.importing import import_rows as cases
from ledger.acts.imports import Rows
from ledger.events.access import AccessRecorded
from tests.api.house_kit import BODY, Someone, Town, resident_id

PERIOD = {"starts": "2026-01-01", "ends": "2026-12-31"}


class Here(NamedTuple):
    """The city's human resources, whose own system sends, and a works of the city."""

    town: Town
    works: BODY
    source: Someone
    colleague: Someone


@pytest.fixture(scope="module")
def here(town: Town, works: BODY) -> Iterator[Here]:
    bureau = town.unit("市人社局", "330200", "general")
    made = Here(town, works, *(town.officer(bureau, "human_resources", "3302") for _ in range(2)))
    made.source.sends("ningbo", "platform")
    yield made


class Learner(NamedTuple):
    someone: Someone
    number: str
    name: str


def learner(here: Here, name: str = "李明") -> Learner:
    """Somebody of the works, with what is printed on their document."""
    number = resident_id(next(here.town.numbers))
    made = here.town.nobody.did("/v1/persons", {"name": name, "id_kind": "resident_id", "id_number": number})
    person = Someone(here.town.client(), made["token"], made["person"])
    here.town.belongs(person, here.works, "2020-01-01")
    return Learner(person, number, name)


def row(one: Learner, record: str, version: int = 1, **study: Any) -> BODY:
    """A record of a course that the city's own system counted four hours for."""
    facts = {"category": "general_public", "route": "course", "date": "2026-05-04", "hours": "4",
             "completed_by": "exam", **study}
    return {"record": record, "version": version, "id_number": one.number, "name": one.name, "study": facts,
            "details": {"title": f"网络课程 {record}"}}


def body(*rows: BODY, system: str = "ningbo", **more: Any) -> BODY:
    text = "\n".join(json.dumps(one, ensure_ascii=False) for one in rows) + "\n"
    return {"system": system, "file": base64.b64encode(text.encode()).decode(), "region": "330200", **PERIOD, **more}


def tried(here: Here, *rows: BODY, **more: Any) -> BODY:
    answer = here.source.post("/v1/imports", body(*rows, **more), dry_run="true")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    would: BODY = answer.get_json()["would"]
    return would


def taken(here: Here, *rows: BODY, **more: Any) -> BODY:
    return here.source.did("/v1/imports", body(*rows, **more))


def aside(said: BODY) -> list[tuple[int, str]]:
    return [(one["row"], one["code"]) for one in said["set_aside"]]


def entries(one: Learner) -> list[BODY]:
    found: list[BODY] = [entry for year in one.someone.years()["years"] for entry in year["entries"]]
    return found


def test_a_trial_says_of_each_row_what_becomes_of_it_and_takes_nothing_over(here: Here) -> None:
    li = learner(here)
    size = here.town.house.ledger.store.size()
    would = tried(here, row(li, "t-1"), row(li, "t-1"), row(li._replace(name="李朋"), "t-2"), row(li, li.number),
                  row(li, "t-3", date="2025-05-04"), {**row(li, "t-4"), "id_number": "330102199003070010"},
                  row(li, "t-5", category="none"), row(li, "t-6", route="never_heard_of"))

    assert (would["rows"], would["accepted"], would["refused"], would["duplicates"]) == (8, 1, 7, 0)
    assert aside(would)[:4] == [(2, "record_twice"), (3, "person_unknown"), (4, "record_names_someone"),
                                (5, "outside_period")]
    assert aside(would)[4][1].endswith("check_digit") and aside(would)[5][1] == "row_malformed"
    assert "/study/category" in would["set_aside"][5]["detail"]
    assert all(one["detail"] for one in would["set_aside"]) and li.number not in json.dumps(would)
    assert here.town.house.ledger.store.size() == size and entries(li) == []
    seen = [one.envelope.event for one in here.town.house.register.access.read(limit=10_000)]
    assert any(isinstance(one, AccessRecorded) and one.purpose == "import_check" and one.subject == li.someone.id
               for one in seen)


def test_what_is_right_is_taken_over_and_what_is_wrong_goes_back_with_its_reason(here: Here) -> None:
    """P 14: unlike a roster, a row that is wrong keeps no other out."""
    li, wang = learner(here), learner(here, "王芳")
    done = taken(here, row(li, "a-1"), row(wang, "a-2"), row(wang, "a-3", date="2025-05-04"))
    place = f"/v1/imports/{done['batch']}"

    assert (done["status"], done["outcome"]["accepted"], done["outcome"]["rejected"]) == ("closed", 2, 1)
    assert aside(done) == [(3, "outside_period")]
    assert [entry["source"]["system"] for entry in entries(li)] == ["ningbo"]
    assert here.source.saw(f"{place}/rows")["items"] == done["set_aside"]
    assert here.source.saw(f"{place}/rows", after=3)["items"] == []
    opened = here.source.saw(place)["events"][0]
    assert here.source.saw(f"{place}/rows", as_of=str(opened))["items"] == [], "nothing was set aside at its opening"
    assert here.source.saw(place)["outcome"]["accepted"] == 2


def test_the_same_file_gets_the_receipt_that_was_given_then(here: Here) -> None:
    li = learner(here)
    rows = (row(li, "b-1"), row(li, "b-2", category="none"))
    done, size = taken(here, *rows), here.town.house.ledger.store.size()

    assert taken(here, *rows) == done
    assert here.town.house.ledger.store.size() == size
    would = tried(here, row(li, "b-1"))
    assert (would["accepted"], aside(would)) == (0, [(1, "duplicate")])


def test_a_newer_version_corrects_what_the_older_one_registered(here: Here) -> None:
    li = learner(here)
    taken(here, row(li, "c-1", version=2))
    before = entries(li)[0]
    would = tried(here, row(li, "c-1", version=3, hours="6"))
    assert (would["accepted"], would["corrections"]) == (1, 1)
    taken(here, row(li, "c-1", version=3, hours="6"))

    after, = entries(li)
    assert after["claim"] == before["claim"] and after["decided"]["counted"] == "6"
    assert aside(tried(here, row(li, "c-1", version=1))) == [(1, "source_older")]
    assert aside(tried(here, row(li, "c-1", version=3))) == [(1, "source_changed")]
    assert aside(tried(here, row(li, "c-1", version=3, hours="6"))) == [(1, "duplicate")]


def test_nobody_else_becomes_the_one_of_whom_a_record_was(here: Here) -> None:
    li, wang = learner(here), learner(here, "王芳")
    taken(here, row(li, "d-1"))

    assert aside(tried(here, row(wang, "d-1", version=2))) == [(1, "person_differs")]


def test_what_is_put_right_here_flows_back_before_the_source_may_put_it_right_again(here: Here) -> None:
    """AMB-05."""
    li, start = learner(here), here.town.house.ledger.store.size()
    seen = list[BODY]()
    for record in ("e-1", "e-2"):
        taken(here, row(li, record))
        new, = {one["claim"] for one in entries(li)} - {one["claim"] for one in seen}
        seen.append(here.colleague.saw(f"/v1/claims/{new}", purpose="check"))
    first, second = seen
    here.colleague.act(first, "correction", {
        "study": {**first["study"], "hours": "2"}, "details": {"title": "网络课程"}})
    here.colleague.act(second, "revocation", {"basis": "falsified", "words": "查实"})

    told = here.source.saw("/v1/imports/changes", system="ningbo", after=start)
    found = {one["record"]: one for one in told["items"]}
    assert (found["e-1"]["what"], found["e-1"]["study"]["hours"], found["e-1"]["version"]) == ("corrected", "2", "1")
    assert (found["e-2"]["what"], found["e-2"]["basis"]) == ("revoked", "falsified")
    assert here.source.saw("/v1/imports/changes", system="ningbo", after=told["position"])["items"] == []
    one = here.source.saw("/v1/imports/changes", system="ningbo", after=start, limit=1)
    rest = here.source.saw("/v1/imports/changes", system="ningbo", after=one["position"])
    assert one["items"] + rest["items"] == told["items"]

    again = row(li, "e-1", version=2, hours="3"), row(li, "e-2", version=2)
    assert aside(tried(here, *again)) == [(1, "changed_here"), (2, "already_revoked")]
    assert aside(tried(here, *again, seen=told["position"])) == [(2, "already_revoked")]


def test_sent_accepted_and_later_undone_add_up_by_source_and_day(here: Here) -> None:
    li = learner(here)
    taken(here, row(li, "f-1"), row(li, "f-2"), row(li, "f-3", category="none"), system="platform")
    claims = [here.colleague.saw(f"/v1/claims/{one['claim']}", purpose="check") for one in entries(li)]
    here.colleague.act(claims[0], "revocation", {"basis": "falsified", "words": "查实"})
    taken(here, row(li, "f-1"), row(li, "f-2", version=2, hours="5"), system="platform")
    line, = here.source.saw("/v1/imports/report", system="platform")["items"]

    assert line == {"system": "platform", "day": here.town.house.today.isoformat(), "batches": 2, "sent": 5,
                    "accepted": 3, "duplicates": 1, "refused": 1, "corrected": 1, "revoked": 1, "frozen": 0}
    tomorrow = (here.town.house.today + timedelta(days=1)).isoformat()
    assert here.source.saw("/v1/imports/report", system="platform", starts=tomorrow)["items"] == []
    assert {one["system"] for one in here.source.saw("/v1/imports/report")["items"]} >= {"platform", "ningbo"}


def test_a_killed_import_counts_nowhere_goes_on_with_its_file_or_is_given_up(
    here: Here, monkeypatch: pytest.MonkeyPatch,
) -> None:
    li, write, written = learner(here), Rows.write, list[int]()
    sent = body(*(row(li, f"g-{number}") for number in range(5)), row(li, "g-5", category="none"))

    def dying(self: Rows, some: Any, *, by: Any) -> Any:
        if written:
            raise KeyboardInterrupt
        written.append(len(some))
        return write(self, some, by=by)

    monkeypatch.setattr(cases, "CHUNK_REGISTERED", 2)
    monkeypatch.setattr(Rows, "write", dying)
    with pytest.raises(KeyboardInterrupt):
        here.source.post("/v1/imports", sent)
    batch = here.source.saw("/v1/imports", system="ningbo")["items"][-1]
    assert (batch["status"], entries(li)) == ("open", [])
    assert here.source.saw(f"/v1/imports/{batch['batch']}")["progress"] == {"done": 2, "total": 5}
    given_up = here.source.did(f"/v1/imports/{batch['batch']}/abandonment", {"why": "killed"},
                               version=batch["version"])
    assert (given_up["status"], entries(li)) == ("abandoned", [])

    written.clear()
    with pytest.raises(KeyboardInterrupt):
        here.source.post("/v1/imports", sent)
    monkeypatch.setattr(Rows, "write", write)
    finished = here.source.did("/v1/imports", sent)
    assert (finished["outcome"]["accepted"], finished["outcome"]["rejected"]) == (5, 1)
    assert len(entries(li)) == 5
    assert here.source.saw("/v1/imports", system="ningbo")["items"][-1]["batch"] == finished["batch"]


def test_a_row_whose_person_or_hand_changed_since_it_was_looked_at_is_decided_anew(
    here: Here, monkeypatch: pytest.MonkeyPatch,
) -> None:
    li, write, anew, decided = learner(here), Rows.write, Rows.write_anew, list[int]()
    another = here.town.unit("宁波另一厂", "330203", "industry")

    def moved(self: Rows, some: Any, *, by: Any) -> Any:
        here.town.belongs(li.someone, another, "2021-01-01")
        return write(self, some, by=by)

    def noted(self: Rows, some: Any) -> Any:
        decided.append(len(some))
        return anew(self, some)

    monkeypatch.setattr(Rows, "write_anew", noted)
    assert taken(here, row(li, "k-1"))["outcome"]["accepted"] == 1
    assert not decided, "nothing had moved"
    monkeypatch.setattr(Rows, "write", moved)
    assert taken(here, row(li, "k-2"), row(li, "k-3"))["outcome"]["accepted"] == 2
    assert decided == [2] and len(entries(li)) == 3
    monkeypatch.setattr(
        Rows, "write", lambda self, some, *, by: write(self, some, by=replace(by, organisation="unt_x")))
    assert taken(here, row(li, "k-4"))["outcome"]["accepted"] == 1
    assert decided == [2, 1]


def test_only_a_department_of_the_place_brings_records_in_and_nobody_uses_up_anothers(here: Here) -> None:
    li, town = learner(here), here.town
    taken(here, row(li, "h-1"))
    clerk = town.officer(here.works, "unit", "330203", unit=here.works["unit"])
    assert clerk.post("/v1/imports", body(row(li, "h-2"))).get_json()["code"] == "role_not_held"
    assert li.someone.post("/v1/imports", body(row(li, "h-2"))).get_json()["code"] == "official_needed"
    wenzhou = town.officer(town.unit("温州市人社局", "330300", "general"), "human_resources", "3303")
    for region in ("330200", "330300"):
        refused = wenzhou.post("/v1/imports", {**body(row(li, "h-2")), "region": region})
        assert (refused.status_code, refused.get_json()["code"]) == (403, "outside_scope")
    assert wenzhou.get("/v1/imports/changes", system="ningbo").get_json()["code"] == "outside_scope"
    nowhere = wenzhou.post("/v1/imports", {**body(row(li, "h-2"), system="lhasa"), "region": "540100"})
    assert nowhere.get_json()["code"] == "outside_scope", "where no rulebook names anybody"
    wenzhou.sends("wenzhou", region="330300")
    own = wenzhou.post("/v1/imports", {**body(row(li, "h-2"), system="wenzhou"), "region": "330300"}, dry_run="true")
    assert aside(own.get_json()["would"]) == [(1, "outside_scope")], "nor people who belong elsewhere"


def test_what_no_import_can_be_is_refused_of_a_trial_as_of_the_act(here: Here) -> None:
    turned = {**body(row(learner(here), "u-1")), "starts": "2026-09-01", "ends": "2026-06-30"}
    for trial in ({"dry_run": "true"}, {}):
        no = here.source.post("/v1/imports", turned, **trial)
        assert (no.status_code, no.get_json()["code"]) == (422, "import_unfit")
    file = base64.b64encode(b'{"record":\n').decode()
    would = here.source.post("/v1/imports", {**body(), "file": file}, dry_run="true").get_json()["would"]
    assert "这一行不是正确的 JSON" in would["set_aside"][0]["detail"], "a row is not the body of a request"


def test_whoever_sends_for_another_says_so(here: Here) -> None:
    li = learner(here)
    done = taken(here, row(li, "i-1"), on_behalf_of=here.works["unit"])
    ledger = here.town.house.ledger

    assert {ledger.at(position).envelope.by.on_behalf_of for position in done["events"]} == {  # type: ignore[union-attr]
        here.works["unit"]}
    assert ledger.read(done["events"][0] - 2, 1)[0].envelope.by.on_behalf_of == here.works["unit"], "so do its rows"
