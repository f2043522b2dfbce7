"""Findings over HTTP: for those who supervise the place and whom they are not about; decided upon what was shown."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from api.cases.investigating.finding_acts import upon
from api.cases.investigating.findings import in_words
from api.words.finding_words import NAMED, filled, pairs, sentence, sentences
from ledger.envelope import LEAF_BYTES_MAX
from ledger.events.access import AccessRecorded
from ledger.streams import claim as claims
from projections.findings.found import Finding
from projections.findings.patterns import patterns
from tests.api.command_kit import Ended, answering, xueshi
from tests.api.finding_kit import PATTERN, WATCH, Place, look, looked, place_in, shown_twice
from tests.api.house_kit import BODY, Someone, Town

WHY = {"words": "同一班次统一发的合影，不是证书"}
FOR = {"purpose": "investigation"}


@pytest.fixture(scope="module")
def place(town: Town) -> Place:
    made = place_in(town)
    shown_twice(made)
    return made


@pytest.fixture(scope="module")
def found(place: Place) -> Finding:
    return looked(place)


def at(found: Finding, act: str = "") -> str:
    return f"/v1/findings/{found.finding}" + (f"/{act}" if act else "")


def done(whom: Someone, found: Finding, act: str, **fields: object) -> BODY:
    """Do it upon what is shown now."""
    seen = whom.saw(at(found), **FOR)
    return whom.did(at(found, act), {"facts_sha256": seen["facts_sha256"], **fields}, version=seen["version"])


def no(whom: Someone, found: Finding, act: str, **fields: object) -> str:
    answer = whom.post(at(found, act), {"facts_sha256": found.facts_sha256, **fields}, dry_run="true")
    assert answer.status_code >= 400, answer.get_data(as_text=True)
    return str(answer.get_json()["code"])


def seen(place: Place) -> list[tuple[str, str]]:
    events = [one.envelope.event for one in place.town.house.register.access.read(limit=1_000)]
    return [(one.subject, one.purpose) for one in events if isinstance(one, AccessRecorded)
            and one.what in (("finding",), ("findings",))]


# Read


def test_a_list_tells_what_was_found_and_how_many_it_concerns_and_not_who(place: Place, found: Finding) -> None:
    before = seen(place)
    listed = place.watch.saw("/v1/findings", pattern=PATTERN)
    (one,) = listed["items"]

    assert (one["finding"], one["severity"], one["status"], one["owner"]) == (found.finding, "high", "pending", None)
    assert (one["counts"]["persons"], one["counts"]["claims"], one["is_found"]) == (2, 2, True)
    assert "2 人的 2 项记录出示了同一份证书" in one["sentence"]
    assert listed["facets"]["pattern"][PATTERN] == listed["facets"]["status"]["pending"] == 1
    assert place.li.id not in str(listed) and found.claims[0] not in str(listed)
    assert place.watch.saw("/v1/findings", pattern=PATTERN, status="referred")["items"] == []
    assert seen(place) == before


def test_of_a_moment_before_anybody_looked_it_is_said_since_when_findings_are_known(
    place: Place, found: Finding
) -> None:
    then = place.watch.saw("/v1/findings", as_of="1")
    (since,) = {one["from_event"] for one in then["unasked"]}

    assert then["items"] == [] and {one["pattern"] for one in then["unasked"]} == patterns().keys()
    assert since <= found.since_position and since > 1
    assert place.watch.saw("/v1/findings")["unasked"] == []
    place.town.house.detecting.run([*patterns().values()], whole=True)  # Asked about everything again, as before.
    assert place.watch.saw("/v1/findings", as_of=str(since))["unasked"] == []
    (one,) = place.watch.saw("/v1/findings", as_of="1", pattern="D05")["unasked"]
    assert place.watch.saw("/v1/findings", as_of="1")["unasked"][0]["from_event"] == one["from_event"] == since


def test_whoever_asks_about_somebody_says_what_for_and_is_recorded(place: Place, found: Finding) -> None:
    before = len(seen(place))
    for query in ({"person": place.li.id}, {"claim": found.claims[0]}):
        assert place.watch.get("/v1/findings", **query).get_json()["code"] == "purpose_missing"
        (one,) = place.watch.saw("/v1/findings", pattern=PATTERN, **query, **FOR)["items"]
        assert one["finding"] == found.finding
    who = place.town.house.ledger.load(found.claims[0], claims.evolve).state
    assert [one for one, _ in seen(place)[before:]] == [place.li.id, who.person]
    assert place.away.get("/v1/findings", person=place.li.id, **FOR).get_json()["code"] == "person_absent"
    assert place.away.get("/v1/findings", claim=found.claims[0], **FOR).get_json()["code"] == "claim_absent"


def test_whoever_opens_one_sees_what_it_rests_on_and_everyone_in_it_is_recorded(place: Place, found: Finding) -> None:
    before = len(seen(place))
    assert place.watch.get(at(found)).get_json()["code"] == "purpose_missing"
    one = place.watch.get(at(found), **FOR)
    body = one.get_json()

    assert (one.headers["ETag"], body["version"]) == ('"v0"', 0)
    assert set(body["persons"]) == {place.li.id, place.wang.id} and set(body["claims"]) == set(found.claims)
    assert {who for who, _ in seen(place)[before:]} == {place.li.id, place.wang.id, *found.actors}
    assert body["rule"]["guard"] and body["rule"]["reason"] and ":D02" not in str(body["rule"])
    assert {one["name"] for one in body["thresholds"]} == set(patterns()[PATTERN].thresholds)
    assert [each["event"] for each in body["rests_on"]] == body["events"] == list(found.events)
    for each in body["rests_on"]:
        assert place.watch.saw(each["href"])["event"]["type"].startswith(each["type"])
    assert body["figures_words"] and all(one["name"] != one["name"].lower() or not one["name"].isascii()
                                         for one in body["figures_words"])


def test_every_pattern_is_told_with_its_thresholds_and_counts(place: Place, found: Finding) -> None:
    told = {one["pattern"]: one for one in place.watch.saw("/v1/findings/patterns")["items"]}

    assert told.keys() == patterns().keys()
    assert told[found.pattern]["counts"]["pending"] == 1
    for one in told.values():
        assert {each["name"] for each in one["thresholds"]} == set(patterns()[one["pattern"]].thresholds)
        assert all(each["history"][0]["because"] for each in one["thresholds"])
    assert place.li.get("/v1/findings/patterns").get_json()["code"] == "official_needed"


def test_nobody_but_who_supervises_the_place_sees_one(place: Place, found: Finding) -> None:
    for whom, code in ((place.li, "official_needed"), (place.town.nobody, "login_required"),
                       (place.clerk, "role_not_held"), (place.away, "finding_absent")):
        assert whom.get(at(found), **FOR).get_json()["code"] == code
        assert no(whom, found, "ruling-out", **WHY) == code
    assert place.away.saw("/v1/findings")["items"] == []
    assert place.away.saw("/v1/findings")["facets"]["all"] == 0


def test_to_whom_it_concerns_there_is_none_in_list_count_or_event(place: Place, found: Finding) -> None:  # D07
    town = place.town
    own = town.officer(town.unit("另一监督局", "330200", "general"), WATCH, "3302", person=place.li.id)
    taken = done(place.watch, found, "taking-up", due="2099-01-31")

    assert own.saw("/v1/findings", pattern=PATTERN)["items"] == []
    assert PATTERN not in own.saw("/v1/findings")["facets"]["pattern"]
    for act, fields in (("taking-up", {"due": "2099-01-31"}), ("ruling-out", WHY),
                        ("case", {"kind": "falsification", **WHY})):
        assert no(own, found, act, **fields) == "finding_absent"
    assert own.get(at(found), **FOR).get_json()["code"] == "finding_absent"
    assert place.watch.get(f"/v1/findings/fnd_{'0' * 22}", **FOR).get_json()["code"] == "finding_absent"
    told = place.li.saw(f"/v1/persons/{place.li.id}/timeline")["items"]
    assert told and taken["events"][0] not in [each["event"] for each in told]


# Decided


def test_what_is_taken_up_is_its_owners_to_decide_and_can_be_given_on(place: Place) -> None:
    shown_twice(place, "2026-03-09")
    found = looked(place)
    taken = done(place.watch, found, "taking-up", due="2099-01-31")
    assert (taken["status"], taken["owner"], taken["due"]) == ("pending", place.watch.id, "2099-01-31")
    assert place.li.id not in str(taken), "a write answers how it stands, not whom it is about"

    assert no(place.mate, found, "ruling-out", **WHY) == "finding_of_another"
    assert no(place.watch, found, "assignment", to=place.other.id, due="2099-01-31") == "assignee_elsewhere"
    assert no(place.watch, found, "assignment", to=f"acr_{'0' * 22}", due="2099-01-31") == "actor_absent"
    given = done(place.watch, found, "assignment", to=place.mate.id, due="2099-02-28")
    assert (given["owner"], given["due"]) == (place.mate.id, "2099-02-28")
    assert place.mate.saw("/v1/findings", owner="me")["facets"]["owner"]["me"] == 1
    past = place.mate.post(at(found, "taking-up"), {"facts_sha256": found.facts_sha256, "due": "2020-01-01"},
                           version=given["version"])
    assert past.get_json()["errors"][0]["pointer"] == "/due"


def test_what_was_ruled_out_stays_so_until_its_facts_change_and_then_shows_why(place: Place) -> None:
    shown_twice(place, "2026-03-16")
    found = looked(place)
    if place.watch.saw(at(found), **FOR)["owner"] not in (None, place.watch.id):
        done(place.watch, found, "assignment", to=place.watch.id, due="2099-01-31")
    ruled = done(place.watch, found, "ruling-out", **WHY)
    assert (ruled["status"], ruled["owner"], ruled["due"]) == ("ruled_out", place.watch.id, None)

    look(place.town)
    assert [one["finding"] for one in place.watch.saw("/v1/findings", status="ruled_out")["items"]] == [found.finding]
    assert no(place.watch, found, "taking-up", due="2099-01-31") == "finding_decided"
    shown_twice(place, "2026-03-23")
    again = looked(place)
    one = place.watch.saw(at(found), **FOR)
    assert again.finding == found.finding and again.facts_sha256 != found.facts_sha256
    assert (one["status"], one["is_new_facts"], one["owner"]) == ("pending", True, None)
    assert (one["decisions"][-1]["said"], one["decisions"][-1]["is_of_now"]) == (WHY["words"], False)
    then = place.watch.saw(at(found), as_of=ruled["events"][0], **FOR)
    assert (then["status"], then["is_new_facts"], then["facts_sha256"]) == ("ruled_out", False, found.facts_sha256)
    assert no(place.watch, found, "ruling-out", **WHY) == "finding_changed", "these were not shown"


def test_a_trial_writes_nothing_and_a_repetition_writes_once(place: Place) -> None:
    found = looked(place)
    one = place.watch.saw(at(found), **FOR)
    body = {"facts_sha256": found.facts_sha256, "basis": "第十七条", **WHY}
    tried = place.watch.post(at(found, "substantiation"), body, dry_run="true")
    assert (tried.status_code, tried.get_json()["would"]["status"]) == (200, "substantiated")

    first = place.watch.post(at(found, "substantiation"), body, key="one-key-of-twenty-letters", version=one["version"])
    second = place.watch.post(at(found, "substantiation"), body, key="one-key-of-twenty-letters",
                              version=one["version"])
    assert (first.status_code, second.status_code, second.headers["Idempotent-Replayed"]) == (201, 201, "true")
    assert first.get_json() == second.get_json()
    late = {"facts_sha256": found.facts_sha256, "to": "市监察机关", **WHY}
    stale = place.watch.post(at(found, "referral"), late, version=one["version"])
    assert (stale.get_json()["code"], stale.get_json()["current"]["status"]) == (
        "stale_version", "substantiated")
    referred = done(place.watch, found, "referral", to="市监察机关", document="甬人社移〔2026〕3号", **WHY)
    assert referred["status"] == "referred"
    assert no(place.watch, found, "substantiation", basis="第十七条", **WHY) == "finding_referred"


def test_a_case_is_opened_on_a_finding_in_one_transaction_and_each_knows_the_other(place: Place) -> None:
    shown_twice(place, "2026-04-06")
    found = looked(place)
    one = place.watch.saw(at(found), **FOR)
    body = {"facts_sha256": found.facts_sha256, "kind": "falsification", "due": "2099-06-30", **WHY}
    tried = place.watch.post(at(found, "case"), body, dry_run="true").get_json()["would"]
    kinds = [each["type"] for each in tried["events"]]
    assert (kinds[0], kinds[-2:]) == ("case.opened/1", ["case.findings_taken/1", "finding.linked/1"])
    case = place.watch.did(at(found, "case"), body, version=one["version"])

    assert (case["pattern"].partition("/")[0], case["counts"]["persons"]) == (PATTERN, 2)
    assert len(case["events"]) == len(kinds)
    seen_ = place.watch.saw(f"/v1/cases/{case['case']}", **FOR)
    assert seen_["linked_findings"] == [found.finding]
    assert set(seen_["claims"]) == set(found.claims) and set(found.events) <= set(seen_["findings"])
    assert place.watch.saw(at(found), **FOR)["cases"] == [case["case"]]
    (listed,) = place.watch.saw("/v1/findings", case=case["case"])["items"]
    assert (listed["finding"], listed["status"]) == (found.finding, "pending"), "a case is no verdict"
    absent = place.watch.post(at(found, "case"), {**body, "others": [f"fnd_{'0' * 22}"]}, dry_run="true").get_json()
    assert absent["errors"][0]["pointer"] == "/others/0"


def test_a_case_on_more_entries_than_one_event_names_is_opened_on_all_of_them_at_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown_twice(place, "2026-04-20")
    found = looked(place)
    monkeypatch.setattr("ledger.streams.case.LISTED_MOST", 1)
    body = {"facts_sha256": found.facts_sha256, "kind": "falsification", **WHY}
    tried = place.watch.post(at(found, "case"), body, dry_run="true").get_json()["would"]
    kinds = [each["type"] for each in tried["events"]]
    assert kinds == ["case.opened/1", "case.member_named/1", *["case.widened/1"] * (len(found.claims) - 1),
                     "case.findings_taken/1", "finding.linked/1"] and len(found.claims) > 1
    one = place.watch.saw(at(found), **FOR)
    case = place.watch.did(at(found, "case"), body, version=one["version"])
    assert (case["counts"]["claims"], case["counts"]["persons"]) == (len(found.claims), len(found.persons))
    assert set(place.watch.saw(f"/v1/cases/{case['case']}", **FOR)["claims"]) == set(found.claims)
    monkeypatch.setattr("ledger.streams.case.NAMED_MOST", 1)
    no = place.watch.post(at(found, "case"), body, dry_run="true").get_json()
    assert no["code"] == "too_many_entries"


def test_what_is_found_no_more_is_not_acted_upon_and_its_history_stays(place: Place) -> None:
    found = looked(place)
    for claim in found.claims:
        seen_ = place.watch.saw(f"/v1/claims/{claim}", **FOR)
        place.watch.act(seen_, "revocation", {"basis": "falsified", "words": "材料不实"})
    assert [one for one in look(place.town) if one.pattern == PATTERN] == []

    one = place.watch.saw(at(found), **FOR)
    assert (one["is_found"], bool(one["decisions"])) == (False, True)
    assert no(place.watch, found, "ruling-out", **WHY) == "finding_over"
    assert place.watch.saw("/v1/findings", pattern=PATTERN)["items"] == []


def test_findings_go_their_way_on_the_command_line(place: Place, tmp_path: Path) -> None:
    shown_twice(place, "2026-05-04")
    found = looked(place)
    with answering(place.town.app) as server:

        def run(*arguments: str) -> Ended:
            return xueshi(tmp_path, "findings", *arguments, XUESHI_TOKEN=str(place.watch.token), XUESHI_SERVER=server)

        def told(*arguments: str) -> str:
            ended = run(*arguments)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return ended.stdout

        assert found.finding in told("list", "--pattern", PATTERN)
        before = told("list", "--as-of", "1")
        assert before.startswith("各规则自 ") and "起才开始查找：所问之时有没有，这里不知道。" in before
        assert "没有线索" not in before and f"规则 {PATTERN}自 " in told("list", "--as-of", "1", "--pattern", PATTERN)
        facts = json.loads(told("show", found.finding, "--purpose", "investigation", "--json"))["facts_sha256"]
        shown = told("show", found.finding, "--purpose", "investigation")
        assert "出示了同一份证书" in shown and facts in shown
        assert PATTERN in told("patterns")
        assert "已承办" in told("take-up", found.finding, "--due", "2099-01-31")
        stale = run("rule-out", found.finding, "--facts", "0" * 64, "--words", "存疑")
        assert (stale.returncode, "finding_changed" in stale.stderr) == (1, True)
        assert "试办" in told("confirm", found.finding, "--facts", facts[:12], "--basis", "第十七条", "--words", "属实",
                              "--dry-run")
        assert "已立案" in told("open-case", found.finding, "--kind", "falsification", "--words", "立案核查")
        assert "已排除" in told("rule-out", found.finding, "--facts", facts[:12], "--words", "同班合影")
        assert "同班合影" in told("show", found.finding, "--purpose", "investigation")


def test_a_finding_of_thousands_fits_into_one_event(place: Place, found: Finding) -> None:
    many = found._replace(
        pattern="D13", region="330203", events=tuple(range(10**8, 10**8 + 9_000)), actors=(f"acr_{'z' * 22}",) * 900,
        persons=(f"per_{'z' * 22}",) * 9_000, organisers=(f"unt_{'z' * 22}",) * 900)
    named = upon(many)

    assert len(msgspec.json.encode(named)) < LEAF_BYTES_MAX - 5_000
    assert (named.events_count, named.facts_sha256) == (9_000, found.facts_sha256)


# Words


def test_an_outlier_stands_beside_its_peers(found: Finding) -> None:  # D13
    pattern = patterns()["D13"]
    figures, counter = {"classes": 4, "hours": 12_000, "posted": None}, {
        "peers": 10, "hours_median": 2_142, "hours_spread": 909, "hours_place": 1, "posted_median": None,
        "posted_spread": None, "posted_place": None}
    told = in_words(found._replace(pattern="D13", figures=figures, counter=counter, thresholds={}), pattern)

    (hours,) = told["compared"]
    assert [hours[name] for name in ("value", "median", "spread", "place")] == ["120", "21.42", "9.09", "1"]
    assert [one["value"] for one in told["figures_words"]] == ["4"]
    assert [one["value"] for one in told["counter_words"]] == ["10"]


@pytest.mark.parametrize("id_", patterns())
def test_a_sentence_names_only_what_its_pattern_counts(id_: str) -> None:
    named = {name for part in sentences().get(id_, ()) for _, name in NAMED.findall(part)}

    assert sentences().get(id_), "what was found is told in a sentence"
    assert named <= patterns()[id_].figures.keys()


def test_a_figure_is_told_in_words_and_what_is_not_there_is_not_said() -> None:
    labels = {"shared": "相同的是什么（file 文件；picture 图像）", "more_centi": "多计的学时", "late": "年末才申报",
              "one_class": "是否同一班次", "full": "满员的千分比", "hours": "人均（百分之一学时）"}

    told = {"shared": "file,picture", "more_centi": 1250, "one_class": 0, "gone": None, "full": 950, "hours": 600}
    assert pairs(labels, told) == [("相同的是什么", "文件、图像"), ("多计的学时", "12.5"), ("是否同一班次", "否"),
                                   ("满员", "95%"), ("人均", "6")]
    assert pairs({"burst": "年末突增"}, {"burst": 1}, "D08") == [("年末突增", "是")], "the sentence only asks whether"
    assert pairs({"with": "与什么相冲：training、exam"}, {"with": "exam"}) == [("与什么相冲", "现场考试")]
    assert sentence(None, "D02", {"persons": 2, "claims": 3, "classes": 1}) == "2 人的 3 项记录出示了同一份证书。"
    assert sentence(None, "D99", {}) == "D99。"
    assert filled("D14", "全年够了 :D14_year_centi 学时，:D14_year 年", {"year_centi": 9000, "year": 2026}) == (
        "全年够了 90 学时，2026 年")
