"""Somebody is forgotten: asked for, proposed, left to rest, done by another hand, and nothing of them is read again."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from api import erasing
from api.cases.forgetting.erasure_purge import purge_all
from api.erasing import KINDS, Rule, grounds, rule_of
from api.operational.second_factor import code_at
from api.service.composed import composed
from api.settings import Settings, SettingsError, load
from ledger.keys import backup as key_backup
from ledger.keys.file import VaultFailed
from ledger.keys.vault import Absent
from tests.api.command_kit import xueshi
from tests.api.house_kit import BODY, Someone, Ticking, Town, house_in, in_the_instant, study
from tests.api.paper_kit import PDF

DAY = 24 * 3600
NOVEMBER = int(datetime(2026, 11, 20, 2, tzinfo=UTC).timestamp()) * 1_000_000
ASKED: dict[str, Any] = {
    "basis": "request", "document": "申〔2026〕7号", "asked_on": "2026-11-18", "words": "本人书面申请"}
DOCUMENT = {"document": ASKED["document"]}
WORDS = {"words": "经核实"}
OPENLY = frozenset(KINDS) - {"elsewhere"}
"""What is waited for but what patterns find: to look for that takes a house longer than all of the rest."""


class Place(NamedTuple):
    """A town with a unit, its clerk, who proposes and who destroys, and somebody with hours to be forgotten."""

    town: Town
    clock: Ticking
    works: BODY
    clerk: Someone
    people: Someone
    security: Someone
    li: Someone
    claim: BODY

    def proposed(self, **other: Any) -> BODY:
        return self.people.did(f"/v1/persons/{self.li.id}/erasure", {**ASKED, **other})

    def saw(self, who: Someone | None = None) -> BODY:
        return (who or self.people).saw(f"/v1/persons/{self.li.id}/erasure")

    def destroying(self, who: Someone | None = None, **other: Any) -> tuple[int, str | None, BODY]:
        version = self.town.house.ledger.store.version(self.li.id)
        answer = (who or self.security).post(
            f"/v1/persons/{self.li.id}/erasure/destruction", {**DOCUMENT, **other}, version=version)
        body: BODY = answer.get_json()
        return answer.status_code, body.get("code"), body

    def withdrawn(self, who: Someone, words: str = "不删了") -> BODY:
        return who.did(f"/v1/persons/{self.li.id}/erasure/withdrawal", {"words": words}, version=self.saw()["version"])

    def day(self, days: int = 0) -> str:
        return (self.town.house.today + timedelta(days=days)).isoformat()

    def rest(self, days: int = 30) -> None:
        self.clock.wait(days * DAY)

    def forgotten(self) -> BODY:
        """Propose, rest and destroy."""
        self.proposed()
        self.rest()
        status, _, body = self.destroying()
        assert status == 201, body
        return body


@contextmanager
def place_in(folder: Path, **rule: Any) -> Iterator[Place]:
    clock = Ticking(NOVEMBER)
    with house_in(folder, clock) as town:
        object.__setattr__(town.house, "erasing", Rule(**{"waits_for": OPENLY, **rule}))
        works = town.unit("某厂", "330203", "industry")
        bureau, province = town.unit("某局", "330200", "general"), town.unit("某厅", "330000", "general")
        clerk = town.officer(works, "unit", "330203", unit=works["unit"])
        people = town.officer(bureau, "human_resources", "3302")
        security = town.officer(province, "security_administrator", "33", person=town.person("安某").id)
        yield somebody_in(Place(town, clock, works, clerk, people, security, town.nobody, {}))


def somebody_in(place: Place) -> Place:
    """The place with somebody else in it, who has hours."""
    li = place.town.person("李忘川")
    place.town.belongs(li, place.works, "2018-01-01")
    return place._replace(li=li, claim=place.clerk.act(li.submit(study(), title="忘川河治理"), "approval", {}))


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place_in(tmp_path_factory.mktemp("erasure") / "data") as found:
        yield found


@pytest.fixture
def place(everywhere: Place) -> Place:
    return somebody_in(everywhere)


def row_of(who: Someone, person: str) -> BODY:
    (row,) = [one for one in who.saw("/v1/erasures", limit=200)["items"] if one["person"] == person]
    return row


def no(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


# The way there


def test_two_hands_and_thirty_days_and_then_nobody_reads_the_name_again(place: Place) -> None:
    would = place.saw()
    assert (would["erasure"], would["in_the_way"], would["stays"]["registered"]) == (None, [], 1)
    assert {one["kind"] for one in would["unreadable"]["sealed"]} >= {"person.registered", "claim.submitted"}
    proposed = place.proposed()
    assert proposed["erasure"]["not_before"] == place.day(30) and proposed["restricted"]
    assert place.destroying()[:2] == (409, "erasure_too_early")
    place.rest()

    status, _, body = place.destroying()

    assert (status, body["forgotten"], body["erasure"], body["final_after"]) == (201, True, None, place.day())
    house = place.town.house
    assert house.ledger.vault.is_destroyed(place.li.id)
    assert house.operations.every(place.li.id, now=house.now) == []
    assert place.li.get(f"/v1/persons/{place.li.id}").status_code == 401, "whose token opens nothing any more"
    done = place.saw()
    assert done["destroyed"]["is_final"] and done["backups"] == []
    assert place.people.saw(f"/v1/persons/{place.li.id}", purpose="annual_review")["identity"] is None


def test_whoever_keeps_the_records_destroys_no_key(place: Place) -> None:
    place.proposed()
    place.rest()

    for who in (place.people, place.clerk):
        assert place.destroying(who)[:2] == (403, "role_not_held")
    assert place.destroying(place.li)[:2] == (403, "official_needed")


def test_another_document_or_none_that_was_proposed_destroys_nobody(place: Place) -> None:
    assert place.destroying()[:2] == (404, "erasure_absent")
    place.proposed()
    place.rest()

    assert place.destroying(document="申〔2026〕8号")[:2] == (422, "erasure_of_another_document")
    far = place.town.officer(place.town.unit("外省某厅", "340000", "general"), "security_administrator", "34",
                             person=place.town.person("远某").id)
    assert place.destroying(far)[:2] == (404, "erasure_absent"), "elsewhere it is not even there"
    assert not place.town.house.ledger.vault.is_destroyed(place.li.id)


def test_from_the_proposal_on_nothing_is_registered_and_the_person_takes_it_back(place: Place) -> None:
    place.proposed()
    assert no(place.li.post("/v1/claims", place.li.claim(study(date="2026-05-02")))) == (403, "person_restricted")

    stale = place.li.post(f"/v1/persons/{place.li.id}/erasure/withdrawal", {"words": "想好了"}, version=1)
    assert no(stale) == (412, "stale_version")
    back = place.withdrawn(place.li, words="想好了，不删")

    assert (back["erasure"], back["restricted"]) == (None, False)
    place.li.submit(study(date="2026-05-02"))
    place.rest()
    assert place.destroying()[:2] == (404, "erasure_absent")


def test_what_an_authority_ordered_the_office_takes_back_and_not_the_person(place: Place) -> None:
    place.proposed(basis="order", document="公函〔2026〕3号")
    path = f"/v1/persons/{place.li.id}/erasure/withdrawal"

    assert no(place.li.post(path, WORDS, version=1)) == (403, "erasure_ordered")
    assert place.withdrawn(place.people)["erasure"] is None
    assert place.proposed()["erasure"]["basis"] == "request", "and it can be proposed anew"


def test_a_trial_writes_nothing(place: Place) -> None:
    size = place.town.house.ledger.store.size()
    path = f"/v1/persons/{place.li.id}/erasure"
    tried = place.people.post(path, ASKED, dry_run="true")

    assert tried.status_code == 200 and tried.get_json()["dry_run"]
    assert place.town.house.ledger.store.size() == size


def test_a_request_of_tomorrow_is_none_yet(place: Place) -> None:
    answer = place.people.post(f"/v1/persons/{place.li.id}/erasure", {**ASKED, "asked_on": "2099-12-01"})

    assert answer.status_code == 422 and answer.get_json()["errors"][0]["pointer"] == "/asked_on"


def test_both_hands_show_their_second_factor_again_with_a_token_too(tmp_path: Path) -> None:
    with place_in(tmp_path / "data") as place:
        _shown_again(place)


def _shown_again(place: Place) -> None:
    def enrolled(who: Someone) -> str:
        secret: str = who.did("/v1/second-factor/enrolment", {})["secret"]
        who.did("/v1/second-factor/confirmation", {"code": code_at(secret, place.clock.now)})
        place.clock.wait(3600)
        return secret

    def shows(who: Someone, secret: str) -> None:
        who.did("/v1/second-factor/check", {"code": code_at(secret, place.clock.now)})

    one, other = enrolled(place.people), enrolled(place.security)
    assert no(place.people.post(f"/v1/persons/{place.li.id}/erasure", ASKED)) == (403, "factor_stale")
    shows(place.people, one)
    place.proposed()
    place.rest()
    assert place.destroying()[:2] == (403, "factor_stale")
    shows(place.security, other)
    assert place.destroying()[0] == 201


def test_who_looks_is_recorded_and_who_has_no_part_in_it_sees_nothing(place: Place) -> None:
    path = f"/v1/persons/{place.li.id}/erasure"
    assert no(place.clerk.get(path)) == (403, "role_not_held")
    assert no(place.security.get(path)) == (404, "erasure_absent"), "until there is something to destroy"
    place.proposed()
    access = place.town.house.register.access.store.size()
    seen = place.saw(place.security)

    assert "忘川" not in str(seen) and seen["unreadable"]["sealed"]
    assert place.town.house.register.access.store.size() == access + 1
    own = place.saw(place.li)
    assert own["erasure"]["document"] == ASKED["document"] and own["in_the_way"] == []


def test_what_was_proposed_is_listed_for_both_hands_without_a_name(place: Place) -> None:
    place.proposed()
    for who in (place.people, place.security):
        row = row_of(who, place.li.id)
        assert (row["status"], row["not_before"]) == ("proposed", place.day(30))
    place.rest()
    place.destroying()
    row = row_of(place.security, place.li.id)
    assert (row["status"], row["final_after"]) == ("destroyed", place.day())
    away = place.town.officer(place.town.unit("温州某局", "330300", "general"), "human_resources", "3303")
    assert away.saw("/v1/erasures")["items"] == []
    assert no(place.clerk.get("/v1/erasures")) == (403, "role_not_held")


def test_the_same_request_sent_again_gets_the_same_answer(place: Place) -> None:
    place.proposed()
    place.rest()
    path = f"/v1/persons/{place.li.id}/erasure/destruction"
    version = place.town.house.ledger.store.version(place.li.id)
    first, again = (place.security.post(path, DOCUMENT, key="the-same-key-of-twenty-two", version=version)
                    for _ in range(2))

    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json() and again.headers["Idempotent-Replayed"] == "true"


# What it waits for


def test_every_ground_says_what_why_and_what_to_do(tmp_path: Path) -> None:
    assert tuple(grounds()) == KINDS
    for ground in grounds().values():
        assert all(ground) and ground.cure.endswith("。")
    table = Path(erasing.__file__).with_name("erasure_waits.toml")
    assert tomllib.loads(table.read_text("utf-8")).keys() == set(KINDS)


def test_a_claim_under_review_a_frozen_one_and_an_appeal_hold_it_up(tmp_path: Path) -> None:
    with place_in(tmp_path / "data") as place:
        _held_up_by_claims(place)


def _held_up_by_claims(place: Place) -> None:
    path = f"/v1/persons/{place.li.id}/erasure"

    def held_up() -> list[str]:
        answer = place.people.post(path, ASKED)
        assert no(answer) == (409, "erasure_held_up")
        return [one["kind"] for one in answer.get_json()["seen"]["in_the_way"]]

    opened = place.li.submit(study(date="2026-05-02"))
    assert held_up() == ["claims"]
    refused = place.clerk.act(opened, "refusal", WORDS)
    appealed = place.li.act(refused, "appeal", WORDS)
    assert held_up() == ["appeals"]
    place.li.act(appealed, "appeal-withdrawal", {})
    frozen = place.clerk.act(place.claim, "freeze", WORDS)
    assert held_up() == ["frozen"]
    place.clerk.act(frozen, "release", WORDS)
    place.proposed()


def test_in_a_services_first_seconds_it_waits_until_the_patterns_were_asked(tmp_path: Path) -> None:
    with place_in(tmp_path / "data", waits_for=frozenset(KINDS)) as place:
        assert place.town.house.detecting.position() == 0, "nobody has looked yet"
        assert place.saw()["in_the_way"] == []
        place.proposed()


def test_a_case_holds_it_up_on_the_last_day_too_and_is_not_named(tmp_path: Path) -> None:
    with place_in(tmp_path / "data", waits_for=frozenset(KINDS)) as place:
        _opened_on_the_last_day(place)


def _opened_on_the_last_day(place: Place) -> None:
    place.proposed()
    place.rest()
    watch = place.town.officer(place.town.unit("监察", "330200", "general"), "supervisor", "3302")
    named, case = {"kind": "falsification", "region": "330203", "claims": [place.claim["claim"]], **WORDS}, list[BODY]()

    with in_the_instant(place.town, lambda: case.append(watch.did("/v1/cases", named))):  # Nothing was in the way yet.
        status, code, body = place.destroying()

    assert (status, code) == (409, "erasure_held_up")
    (ground,) = body["seen"]["in_the_way"]
    assert (ground["kind"], ground["ids"]) == ("elsewhere", []) and case[0]["case"] not in str(body)
    assert "案" not in ground["what"] + ground["why"]
    assert not place.town.house.ledger.vault.is_destroyed(place.li.id)


def test_an_offices_own_term_holds_it_up_until_its_last_day(tmp_path: Path) -> None:
    with place_in(tmp_path / "data", keep_years=6) as place:
        (ground,) = place.saw()["in_the_way"]
        year, day = place.claim["recorded_at"][:4], place.claim["recorded_at"][4:10].replace("-02-29", "-02-28")
        assert (ground["kind"], ground["until"]) == ("kept", f"{int(year) + 6}{day}")


def test_what_a_setting_leaves_out_is_waited_for_no_more(tmp_path: Path) -> None:
    with place_in(tmp_path / "data", waits_for=frozenset({"appeals"}), rests_days=1) as place:
        place.li.submit(study(date="2026-05-02"))
        assert place.proposed()["erasure"]["not_before"] == "2026-11-21"


def test_the_settings_are_read_and_a_ground_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rule_of(Settings()) == Rule()
    monkeypatch.setenv("XUESHI_ERASURE_WAITS_FOR", "claims, frozen")
    assert rule_of(load()).waits_for == {"claims", "frozen"}
    monkeypatch.setenv("XUESHI_ERASURE_WAITS_FOR", "claims,weather")
    with pytest.raises(SettingsError, match="erasure_waits_for"):
        load()


# Afterwards


def test_a_copy_of_the_keys_keeps_a_destruction_from_being_final_and_the_receipt_says_until_when(
    tmp_path: Path,
) -> None:
    with place_in(tmp_path / "data") as place:
        _with_a_copy(place, tmp_path)


def _with_a_copy(place: Place, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    vault = place.town.house.ledger.vault
    copy = key_backup.back_up(vault.file, tmp_path / "keys", origin="localhost/xueshi", days=3_650)
    body = place.forgotten()
    done = place.saw()

    assert body["final_after"] == done["final_after"] and body["final_after"] > "2030"
    assert [one["name"] for one in done["backups"]] == [copy.name] and not done["destroyed"]["is_final"]


def test_files_drafts_password_and_tokens_go_with_the_key_and_do_not_come_back_with_an_old_copy(place: Place) -> None:
    house, li = place.town.house, place.li
    uploaded = li.client.put(f"/v1/persons/{li.id}/evidence/{sha256(PDF).hexdigest()}", data=PDF, headers={
        **li.headers(), "Content-Type": "application/octet-stream"})
    assert uploaded.status_code == 201, uploaded.get_data(as_text=True)
    saved = li.client.put(f"/v1/persons/{li.id}/drafts/one", json={"study": study()}, headers=li.headers())
    assert saved.status_code < 300, saved.get_data(as_text=True)
    house.accounts.set_password(li.id, "四月的甬江边有一座桥 2026", now=house.now)
    would = place.saw()["unreadable"]
    assert (would["evidence_files"], would["drafts"], would["credentials"], would["has_password"]) == (1, 1, 1, True)

    place.forgotten()

    assert house.evidence.uploaded(li.id) == [] and house.claim_drafts.every(li.id) == []
    assert not house.accounts.has_password(li.id)
    house.operations.issue(li.id, request=b"an old copy of the tables", now=house.now)
    house.accounts.set_password(li.id, "四月的甬江边有一座桥 2026", now=house.now)
    purge_all(house)
    assert house.operations.every(li.id, now=house.now) == [] and not house.accounts.has_password(li.id)


def test_whoever_was_forgotten_registers_again_as_another(place: Place) -> None:
    again = {"name": "李忘川", "id_kind": "resident_id", "id_number": _number_of(place)}
    assert no(place.town.nobody.post("/v1/persons", again)) == (409, "name_taken")
    place.forgotten()

    assert place.town.nobody.did("/v1/persons", again)["person"] != place.li.id


def test_killed_after_the_event_what_the_service_kept_goes_with_the_next_hour(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.proposed()
    place.rest()

    def killed(*_: Any) -> None:
        raise MemoryError("the process ends here")

    monkeypatch.setattr("api.cases.forgetting.erasure.purge", killed)
    assert place.destroying()[0] == 500
    monkeypatch.undo()
    house = place.town.house
    assert house.ledger.vault.is_destroyed(place.li.id) and house.operations.every(place.li.id, now=house.now)
    purge_all(house)
    assert house.operations.every(place.li.id, now=house.now) == []


def test_a_vault_that_is_full_for_a_moment_is_asked_again_by_the_service_itself(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event stands and the key as well: whoever asked is told to come back, and nobody has to."""
    place.proposed()
    place.rest()
    house = place.town.house

    def full(_: str) -> None:
        raise VaultFailed(house.ledger.vault.path, "No space left on device")

    monkeypatch.setattr(house.ledger.vault, "destroy", full)
    assert place.destroying()[0] == 503
    monkeypatch.undo()
    assert not house.ledger.vault.is_destroyed(place.li.id) and place.li.id in house.ledger.vault.marked()
    purge_all(house)
    assert house.ledger.vault.is_destroyed(place.li.id) and house.ledger.vault.marked() == []
    assert house.operations.every(place.li.id, now=house.now) == []


def test_a_key_that_an_older_vault_brings_back_is_told_by_the_checker_and_destroyed_again(tmp_path: Path) -> None:
    """Somebody copies an older `people.db` over the present one, instead of `xueshi keys restore`."""
    with place_in(tmp_path / "data") as place:
        copy = tmp_path / "people.db"
        place.town.house.ledger.vault.file.copied(copy)
        place.forgotten()
    for journal in ("people.db-wal", "people.db-shm"):
        (tmp_path / "data" / "keys" / journal).unlink(missing_ok=True)
    shutil.copyfile(copy, tmp_path / "data" / "keys" / "people.db")

    told = xueshi(tmp_path, "fsck")
    assert told.returncode == 1 and "[key_came_back]" in told.stdout and place.li.id in told.stdout
    with composed(Settings(data_folder=tmp_path / "data"), serves=False) as app:
        assert Someone(app.test_client(), place.li.token).get(f"/v1/persons/{place.li.id}").status_code == 401
    assert xueshi(tmp_path, "fsck").returncode == 0


def _number_of(place: Place) -> str:
    from api.cases.belonging.people import sealed_identity

    identity = sealed_identity(place.town.house, place.li.id)
    assert identity is not None
    return identity.id_number


def test_nothing_that_is_asked_afterwards_fails_or_says_the_name(place: Place) -> None:
    """Every question that names a person or what is theirs, on the pages and over HTTP, by everyone who may ask it."""
    statement = place.li.did(f"/v1/persons/{place.li.id}/statements", {})
    number = _number_of(place)
    place.forgotten()
    house, person = place.town.house, place.li.id
    watch = place.town.officer(place.town.unit("监察", "330200", "general"), "supervisor", "3302")
    reader = Someone(place.town.client(), house.register.reader_token)
    claim, paper = place.claim["claim"], statement["statement"]
    asked = [
        f"/v1/persons/{person}", f"/v1/persons/{person}/years", f"/v1/persons/{person}/timeline",
        f"/v1/persons/{person}/affiliations", f"/v1/persons/{person}/erasure", f"/v1/claims/{claim}",
        f"/v1/statements/{paper}", f"/v1/statements/{paper}/file", f"/v1/persons/{person}/evidence",
        f"/v1/units/{place.works['unit']}/years", f"/v1/units/{place.works['unit']}/persons",
        f"/v1/persons/{person}/statements", "/v1/work",
    ]
    for path in asked:
        for who in (place.people, place.clerk, watch):
            answer = who.get(path, purpose="annual_review")
            text = answer.get_data(as_text=True)
            assert answer.status_code < 500, (path, text)
            assert "忘川" not in text and number not in text, path
    for position in range(1, house.ledger.store.size() + 1):
        for path in (f"/v1/events/{position}", f"/v1/events/{position}/proof"):
            answer = reader.get(path)
            assert answer.status_code < 500 and "忘川" not in answer.get_data(as_text=True), path
    for one in house.ledger.read(0, 10_000):
        if one.envelope.key_owner == person and one.envelope.sealed is not None:
            assert house.ledger.opened(one) is Absent.DESTROYED
