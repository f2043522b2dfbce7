"""A record of a course that stands here on its certificate: set aside, named, taken over once that is gone."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from ledger.acts.imports import Rows
from tests.api.house_kit import BODY, SHA, Someone, Town, in_the_instant, resident_id

WHY: BODY = {"basis": "other", "words": "登记有误"}


class Here(NamedTuple):
    """Ningbo: its human resources bring records in, a unit registers what a printed certificate shows (N 8)."""

    town: Town
    works: BODY
    clerk: Someone
    people: Someone


@pytest.fixture(scope="module")
def here(town: Town) -> Iterator[Here]:
    works = town.unit("甬江机械厂", "330203", "industry")
    made = Here(town, works, town.officer(works, "unit", "330203", unit=works["unit"]),
                town.officer(town.unit("市人社局", "330200", "general"), "human_resources", "3302"))
    made.people.sends("classroom", "platform")
    yield made


class Learner(NamedTuple):
    someone: Someone
    known: BODY

    def hours(self) -> str:
        """What they have of the sector's public courses in 2026."""
        found: str = self.someone.years(2026)["years"][0]["decided"]["sector_public"]
        return found


def learner(here: Here) -> Learner:
    known = {"name": "周宁", "id_kind": "resident_id", "id_number": resident_id(next(here.town.numbers))}
    made = here.town.nobody.did("/v1/persons", known)
    someone = Someone(here.town.client(), made["token"], made["person"])
    here.town.belongs(someone, here.works, "2020-01-01")
    return Learner(someone, known)


def certified(here: Here, one: Learner, **fields: Any) -> BODY:
    return here.clerk.did("/v1/course-certificates", {
        "person": one.someone.id, "category": "sector_public", "title": "工业互联网", "issuer": "省经信厅网络课堂",
        "number": f"JX-{one.someone.id[-6:]}", "hours": "6", "date": "2026-05-06",
        "evidence": [{"kind": "certificate", "sha256": SHA}], **fields})


def row(one: Learner, record: str, title: str = "工业 互联网", version: int = 1, **study: Any) -> BODY:
    """A record of the classroom: no certificate, and not the certificate's day."""
    facts = {"category": "sector_public", "route": "course", "date": "2026-05-04", "hours": "6", "completed_by": "exam"}
    return {"record": record, "version": version, "id_number": one.known["id_number"], "name": one.known["name"],
            "study": facts | study, "details": {"title": title}}


def body(*rows: BODY, system: str = "classroom") -> BODY:
    text = "\n".join(json.dumps(one, ensure_ascii=False) for one in rows)
    return {"system": system, "file": base64.b64encode(text.encode()).decode(), "region": "330200",
            "starts": "2025-01-01", "ends": "2026-12-31"}


def taken(here: Here, *rows: BODY, **more: Any) -> BODY:
    return here.people.did("/v1/imports", body(*rows, **more))


def revoked(here: Here, claim: BODY) -> None:
    here.clerk.act(here.clerk.saw(f"/v1/claims/{claim['claim']}", purpose="check"), "revocation", WHY)


def aside(said: BODY) -> list[tuple[str, str, str | None]]:
    return [(one["record"], one["code"], one["claim"]) for one in said["set_aside"]]


def test_a_record_of_a_course_that_stands_on_its_certificate_is_set_aside_and_named(here: Here) -> None:
    """N 8: 6 hours and not 12, whichever of the two came first."""
    li = learner(here)
    claim = certified(here, li)["claim"]
    rows = row(li, "a-1"), row(li, "a-2", "工业互联网（二）"), row(li, "a-3", date="2025-05-04")
    would = here.people.post("/v1/imports", body(*rows), dry_run="true").get_json()["would"]
    done = taken(here, *rows)

    assert (would["accepted"], would["refused"]) == (2, 1)
    assert claim in would["set_aside"][0]["detail"] and "2026-05-06" in would["set_aside"][0]["detail"]
    assert aside(would) == aside(done) == [("a-1", "course_looks_registered", claim)]
    assert here.people.saw(f"/v1/imports/{done['batch']}/rows")["items"] == done["set_aside"]
    assert done["outcome"]["rejected"] == 1 and "课程名称" in done["set_aside"][0]["detail"]
    assert li.hours() == "12", "another course, and the certificate"


def test_once_the_certificate_is_revoked_the_record_comes_in_with_the_next_file(here: Here) -> None:
    li = learner(here)
    stands = certified(here, li)
    assert aside(taken(here, row(li, "b-1")))
    revoked(here, stands)

    done = taken(here, row(li, "b-1", version=2))
    assert (done["set_aside"], li.hours()) == ([], "6")
    assert taken(here, row(li, "b-1", version=3, hours="4"))["set_aside"] == [], "and is put right by its source"
    assert li.hours() == "4"


def test_what_one_system_sends_is_told_apart_by_its_own_numbers_and_another_systems_is_not(here: Here) -> None:
    li = learner(here)
    assert taken(here, row(li, "c-1"), row(li, "c-2"))["set_aside"] == []
    stands = {entry["claim"] for year in li.someone.years()["years"] for entry in year["entries"]}
    (said,) = aside(taken(here, row(li, "c-1"), system="platform"))

    assert said[:2] == ("c-1", "course_looks_registered") and said[2] in stands
    assert aside(taken(here, row(li, "c-3", category="general_public"), system="platform")) == []


def test_a_record_with_the_number_of_a_certificate_is_told_as_which_claim_that_stands(here: Here) -> None:
    li = learner(here)
    stands = certified(here, li, issuer="课堂", number="N-7")
    one = row(li, "d-1", "另一门课程")
    one["details"] |= {"certificate_number": "N-7", "certificate_issuer": "课堂"}

    assert aside(taken(here, one)) == [("d-1", "certificate_used", stands["claim"])]


def test_a_certificate_that_comes_while_a_record_is_written_keeps_the_file_from_taking_force(
    here: Here, monkeypatch: pytest.MonkeyPatch,
) -> None:
    li, write, claims = learner(here), Rows.write, list[BODY]()

    def and_then(self: Rows, some: Any, *, by: Any) -> Any:
        done = write(self, some, by=by)
        claims.append(certified(here, li))
        return done

    def refused() -> tuple[str, str]:
        no = here.people.post("/v1/imports", body(row(li, "e-1"))).get_json()
        return no["code"], no["seen"]["claim"]

    monkeypatch.setattr(Rows, "write", and_then)
    assert refused() == ("course_looks_registered", claims[0]["claim"])
    revoked(here, claims[0])
    with in_the_instant(here.town, lambda: claims.append(certified(here, li, number="another"))):
        assert refused() == ("course_looks_registered", claims[1]["claim"])
    assert refused() == ("course_looks_registered", claims[1]["claim"])
    revoked(here, claims[1])
    assert taken(here, row(li, "e-1"))["set_aside"] == [], "it goes on where it was"
    assert li.hours() == "6"
