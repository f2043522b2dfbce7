"""Every answer says up to which event it speaks and under which root, or has a version; what does not is named here."""

from __future__ import annotations

from typing import Final

from tests.api.house_kit import BODY, Someone, Town, study
from tests.api.test_openapi import DESCRIBED

RESTS: Final = ({"as_of", "log_size", "root"}, {"basis"})
"""What an answer says that rests on the log: itself, or in one place with the law and the day it was asked of."""

OUTSIDE: Final = {
    "/v1/access": "of the log of looks: its own position, and where that was last fixed in the ledger",
    "/v1/credentials": "who may knock stands in tables outside the log",
    "/v1/findings/patterns": "the patterns of this version and their thresholds: a finding cites those it was found by",
    "/v1/jobs": "jobs stand in tables outside the log",
    "/v1/jobs/{job}": "as they do one by one",
    "/v1/ledgers/comparison": "size and root are of the other ledger, whose checkpoint was sent",
    "/v1/persons/{person}/drafts": "what is being typed stands outside the log",
    "/v1/persons/{person}/evidence": "papers lie beside the log, by their digests",
    "/v1/projections": "how far each projection is: they differ from each other",
    "/v1/reasons": "the codes of this version, with the words of law that hold today",
    "/v1/replays/{job}/check": "what a check came to, with the log's size that it was made at",
    "/v1/replays/{job}": "how far a job is; each page of what it found says what that rests on",
    "/v1/second-factor": "who may knock stands in tables outside the log",
    "/v1/words": "the words of the law that is in force, which `/v1/rulebooks` names",
    "/v1/year-closings/{year}": "`as_of` and `root` are of the close, and `now` is what stands beside it",
    "/v1/year-closings/{year}/persons/{person}": "a proof: its root is the one that the close fixed",
}
"""What is answered that rests on no position of the ledger, and is no record with a version either."""


def test_every_answer_says_what_it_rests_on_or_stands_here_with_the_reason() -> None:
    schemas, silent, lists = DESCRIBED["components"]["schemas"], set(), 0
    for path, methods in DESCRIBED["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "application/json" in content and not path.endswith("/files/{name}"):  # Of a report, which says it itself.
            named = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            fields = schemas[named]["properties"].keys()
            lists += "items" in fields
            # A record has a version, which is its ETag; a list is of many records, and no version of one says its.
            if not any(names <= fields for names in RESTS) and ("items" in fields or "version" not in fields):
                silent.add(path)

    assert lists > 40
    assert silent == OUTSIDE.keys()


def reflects(answer: BODY) -> BODY:
    return {name: answer[name] for name in ("as_of", "as_of_time", "log_size", "root")}


def test_the_events_of_a_claim_are_those_that_were_known_then(town: Town, person: Someone) -> None:
    made = person.submit(study(), title="某题目")
    person.act(made, "withdrawal")
    path, first = f"/v1/claims/{made['claim']}/events", made["events"][0]

    now, then = person.saw(path), person.saw(path, as_of=str(first))

    assert [one["event"]["type"].partition("/")[0] for one in now["items"]] == ["claim.submitted", "claim.withdrawn"]
    assert then["items"] == now["items"][:1] and (then["version"], now["version"]) == (1, 2)
    assert reflects(then) == town.house.answers.reflects(first)
    assert reflects(now) == town.house.answers.reflects(town.house.answers.position())


def test_a_rulebook_is_read_as_it_was_before_it_was_enacted_not_at_all(town: Town) -> None:
    path = "/v1/rulebooks/wenzhou/2020-11-27"
    now = town.nobody.saw(path)

    then = town.nobody.saw(path, as_of=str(now["event"]))
    before = town.nobody.get(path, as_of=str(now["event"] - 1))

    assert reflects(then) == town.house.answers.reflects(now["event"])
    assert then["text"] == now["text"]
    assert (before.status_code, before.get_json()["code"]) == (404, "rulebook_absent")
