"""What hangs between two ledgers and what contradicts is found, with the cure; two signed histories are kept."""

from __future__ import annotations

import base64
from pathlib import Path

from province_kit import Three, entries, in_body, kept_twice, other_history

from api.cases.importing import hand_overs
from ledger.events.imports import ImportContradicted
from ledger.offline.verify import verify_file
from ledger.proof.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.proof.keys import parse_vkey
from ledger.proof.notes import format_note, parse_note, sign
from ledger.proof.policy import trust
from projections.ledgers import ledger_of
from tests.api.finding_kit import look
from tests.api.house_kit import BODY, study


def encoded(note: bytes) -> str:
    return base64.b64encode(note).decode()


def test_a_ledger_that_was_never_heard_of_or_not_for_too_long_is_told(apart: Three) -> None:
    assert apart.province.troubles(apart.city.origin) == ["never"]
    apart.city.counted(apart.living().in_city)
    apart.brought(apart.city)
    told = apart.province.ledger(apart.city.origin)

    assert told["troubles"] == [] and told["days"] == 0 and told["behind"] == 0
    assert told["accepted"]["size"] == parse_checkpoint(parse_note(told["accepted"]["checkpoint"].encode())[0]).size
    assert told["keys"] == [apart.city.vkey] and told["entries"] == 1


def test_parts_that_did_not_all_come_and_an_import_that_nobody_ended_hang(apart: Three) -> None:
    lis = [apart.living() for _ in range(3)]
    for li in lis:
        apart.city.counted(li.in_city)
    caller = apart.city.town.house.tokens.caller(apart.city.people.token, now=apart.city.town.house.now, trace="t")
    parts = [hand_overs.make(apart.city.town.house, caller, 0, part=part, size=size, at_once=1)  # type: ignore[arg-type]
             for part, size in ((1, None), (2, apart.city.size()), (3, apart.city.size()))]
    assert [part.header.parts for part in parts] == [3, 3, 3]  # type: ignore[union-attr]
    apart.province.took(parts[0].content)  # type: ignore[union-attr]

    assert apart.province.accepted(apart.city.origin) == 0
    assert apart.province.troubles(apart.city.origin) == ["parts_missing", "never"]
    assert apart.province.ledger(apart.city.origin)["troubles"][0]["number"] == 2
    for part in parts[2:0:-1]:
        apart.province.took(part.content)  # type: ignore[union-attr]
    assert apart.province.accepted(apart.city.origin) == apart.city.size()
    assert apart.province.troubles(apart.city.origin) == []
    assert [len(entries(li.in_province)) for li in lis] == [1, 1, 1]


def test_a_gap_an_older_checkpoint_and_an_overlap_are_refused_with_the_size_to_begin_at(apart: Three) -> None:
    li = apart.living()
    apart.city.counted(li.in_city)
    first, size = apart.city.file(), apart.city.size()
    apart.city.counted(li.in_city, date="2026-05-01")
    later, whole = apart.city.file(size), apart.city.file()

    no = apart.province.takes(later).get_json()
    assert (no["code"], no["seen"]) == ("hand_over_gap", {"accepted": 0, "since": size})
    apart.province.took(first)
    no = apart.province.takes(whole).get_json()
    assert (no["code"], no["seen"]) == ("hand_over_overlaps", {"accepted": size, "since": 0})
    apart.province.took(later)
    old = apart.city.file(0, size=size)
    assert apart.province.took(first)["status"] == "closed", "the same file is answered with its receipt"
    assert old == first


def decided(apart: Three, outcome: str) -> BODY:
    """An office of the province found out which of a city's two histories holds."""
    trouble = next(one for one in apart.province.ledger(apart.city.origin)["troubles"] if one["fork"])
    batch = apart.province.people.saw(f"/v1/imports/{trouble['batch']}")
    return apart.province.people.did(f"/v1/imports/{trouble['batch']}/fork-decision", {
        "outcome": outcome, "document": "浙人社函〔2026〕88号", "words": "备份恢复有误，另一份已作废。"},
        version=batch["version"])


def test_a_ledger_that_signed_two_histories_is_refused_and_both_notes_are_kept(apart: Three, tmp_path: Path) -> None:
    """The city's keys sign a log that is another one from the start: what was accepted can no longer be extended."""
    li = apart.living()
    apart.city.counted(li.in_city)
    apart.brought(apart.city)
    before = apart.province.ledger(apart.city.origin)["accepted"]
    file = other_history(apart, li, tmp_path)
    answer = apart.province.takes(file, dry_run="true")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "ledger_forked")
    assert apart.province.troubles(apart.city.origin) == [], "a trial keeps nothing"
    answer = apart.province.takes(file)
    seen = answer.get_json()["seen"]

    assert seen["accepted"] == before["checkpoint"] and seen["root"] != seen["accepted_root"] == before["root"]
    assert apart.province.troubles(apart.city.origin) == ["forked"] and len(entries(li.in_province)) == 1
    store = apart.province.town.house.ledger
    kept = [one.envelope.event for one in store.read(0, 10_000) if isinstance(one.envelope.event, ImportContradicted)]
    assert [(one.accepted, one.checkpoint) for one in kept] == [(seen["accepted"], seen["checkpoint"])]
    size = apart.province.size()
    assert apart.province.takes(file).status_code == 409 and apart.province.size() == size, "evidence is kept once"

    trouble, = apart.province.ledger(apart.city.origin)["troubles"]
    (tmp_path / "a.fork").write_text(trouble["fork"], "utf-8")
    verdict = verify_file(tmp_path / "a.fork", trust(parse_vkey(apart.city.vkey)))
    assert verdict.kind == "fork" and verdict.checkpoint.size > before["size"], "nobody need believe us"
    told = apart.province.people.saw("/v1/ledgers/comparison", checkpoint=encoded(seen["checkpoint"].encode()))
    assert (told["code"], told["against"]) == ("forked", before["checkpoint"])
    apart.city.counted(li.in_city, date="2026-05-01")
    newer = encoded(apart.city.town.house.register.signer.checkpoint())
    told = apart.province.people.saw("/v1/ledgers/comparison", checkpoint=newer)
    assert (told["code"], told["kind"]) == ("contradicted", "contradictory"), "which it goes on from is not known"


def test_nothing_more_is_taken_over_of_two_histories_until_an_office_decides(apart: Three, tmp_path: Path) -> None:
    """Also of what goes on from the accepted one, and of what a person carried along: nobody knows which holds."""
    li = apart.living()
    claim = apart.city.counted(li.in_city)
    apart.brought(apart.city)
    before, people = apart.province.accepted(apart.city.origin), apart.province.people
    file = other_history(apart, li, tmp_path)
    seen = apart.province.takes(file).get_json()["seen"]
    apart.city.counted(li.in_city, date="2026-05-01")
    onward, carried = apart.city.file(before), li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_data()
    for one in (onward, carried):
        no = apart.province.takes(one).get_json()
        assert no["code"] == "ledger_contradicted" and no["seen"]["origin"] == apart.city.origin
        assert (no["seen"]["accepted"], no["seen"]["checkpoint"]) == (seen["accepted"], seen["checkpoint"])
    assert apart.province.accepted(apart.city.origin) == before

    decided(apart, "continued")
    trouble, = apart.province.ledger(apart.city.origin)["troubles"]
    assert (trouble["code"], trouble["kind"], trouble["decision"]["document"]) == (
        "continued", "decided", "浙人社函〔2026〕88号") and trouble["fork"], "the proof is kept"
    newer = encoded(apart.city.town.house.register.signer.checkpoint())
    assert people.saw("/v1/ledgers/comparison", checkpoint=newer)["code"] == "behind"
    apart.province.took(onward)
    assert len(entries(li.in_province)) == 2 and apart.province.takes(file).get_json()["code"] == "ledger_forked"
    apart.city.clerk.act(claim, "revocation", {"basis": "falsified", "words": "查实"})
    apart.brought(apart.city)
    assert sorted(one["status"] for one in entries(li.in_province)) == ["approved", "revoked"]


def test_a_ledger_that_is_closed_is_told_so_and_awaited_no_more_and_a_later_fork_opens_it_anew(
    apart: Three, tmp_path: Path
) -> None:
    li = apart.living()
    apart.city.counted(li.in_city)
    apart.brought(apart.city)
    before = apart.province.accepted(apart.city.origin)
    apart.province.takes(other_history(apart, li, tmp_path))
    decided(apart, "closed")
    apart.city.counted(li.in_city, date="2026-05-01")
    onward = apart.city.file(before)
    no = apart.province.takes(onward).get_json()
    assert (no["code"], no["seen"]["document"]) == ("ledger_closed", "浙人社函〔2026〕88号")
    assert apart.province.troubles(apart.city.origin) == ["closed"]
    newer = encoded(apart.city.town.house.register.signer.checkpoint())
    assert apart.province.people.saw("/v1/ledgers/comparison", checkpoint=newer)["code"] == "closed"

    apart.province.takes(other_history(apart, li, tmp_path / "third"))
    assert "forked" in apart.province.troubles(apart.city.origin), "what was decided before settles nothing later"
    assert apart.province.takes(onward).get_json()["code"] == "ledger_contradicted"
    decided(apart, "continued")
    assert apart.province.troubles(apart.city.origin) == ["continued", "continued"]
    apart.province.took(onward)


def test_a_ledgers_own_checkpoint_says_how_far_it_is_ahead_or_that_it_is_another_history(apart: Three) -> None:
    li = apart.living()
    apart.city.counted(li.in_city)
    apart.brought(apart.city)
    note = apart.city.people.get("/log/checkpoint").get_data()
    people = apart.province.people
    assert people.saw("/v1/ledgers/comparison", checkpoint=encoded(note))["code"] == "same"
    apart.city.counted(li.in_city, date="2026-05-01")
    ahead = people.saw("/v1/ledgers/comparison",
                       checkpoint=encoded(apart.city.town.house.register.signer.checkpoint()))
    assert (ahead["code"], ahead["behind"] > 0) == ("behind", True)

    key, = apart.city.town.house.register.signer.keys
    text = format_checkpoint(Checkpoint(apart.city.origin, ahead["accepted"], b"x" * 32))
    forged = format_note(text, [sign(text, key)])
    told = people.saw("/v1/ledgers/comparison", checkpoint=encoded(forged))
    known = ledger_of(apart.province.town.house.answers, apart.city.origin)
    assert told["code"] == "forked" and known is not None and known.accepted is not None
    assert told["against"] == known.accepted.note
    nonsense = encoded(b"no checkpoint at all, but long")
    assert people.get("/v1/ledgers/comparison", checkpoint=nonsense).status_code == 422


def test_one_study_that_two_cities_and_the_province_registered_counts_once_and_is_found(there: Three) -> None:
    """P 14: one study is one entry, wherever it was registered (D09, and the year counts it once)."""
    li = there.living()
    same = {"occasion": "全省研修班-2026-1", "starts": "2026-04-01", "ends": "2026-04-02", "days": "2"}
    there.city.counted(li.in_city, "全省研修班", **same)
    there.other.counted(li.in_other, "全省研修班", **same)
    there.province.counted(li.in_province, "全省研修班", **same)
    for city in (there.city, there.other):
        there.brought(city)

    found = entries(li.in_province)
    assert len(found) == 3 and sum(float(one["evaluated"]["counted"]) > 0 for one in found) == 1
    groups = li.in_province.saw(f"/v1/persons/{li.in_province.id}/duplicates")["items"]
    assert [(one["kind"], one["claims"]) for one in groups if one["kind"] == "occasion"] == [("occasion", 3)]
    two = [one for one in look(there.province.town) if one.pattern == "D09" and li.in_province.id in one.persons]
    assert len(two) == 3 and all(one.figures["systems"] == 2 for one in two), "each of the three with each other"


def test_one_certificate_for_which_two_cities_gave_hours_is_found_also_when_one_corrected_them(there: Three) -> None:
    """Who corrects hours and shows no paper says nothing of the papers: what was shown stays shown, here and there."""
    li = there.living()
    first, _ = (
        office.clerk.act(person.submit(study(date=day), title), "approval")
        for office, person, title, day in ((there.city, li.in_city, "绿色制造", "2026-04-02"),
                                           (there.other, li.in_other, "绿色制造研修", "2026-04-03")))
    for city in (there.city, there.other):
        there.brought(city)
    corrected = there.city.clerk.act(first, "correction", {
        "study": {**first["study"], "days": "1"}, "details": {"title": "绿色制造"}, "year": 2026})
    assert corrected["evidence"] == first["evidence"]
    there.brought(there.city)

    groups = li.in_province.saw(f"/v1/persons/{li.in_province.id}/duplicates")["items"]
    (of_both,) = [one for one in groups if one["kind"] == "certificate"]
    assert len([one for one in of_both["members"] if one["person"] == li.in_province.id]) == 2
    found, = [one for one in look(there.province.town) if one.pattern == "D09" and li.in_province.id in one.persons]
    assert found.figures["systems"] == 2


def test_what_the_ledger_hands_over_whole_is_held_against_what_stands_here(apart: Three) -> None:
    """Corrected or revoked there and counted here, revoked here and counted there: told, not undone."""
    li = apart.living()
    kept, corrected, revoked, undone = (
        apart.city.counted(li.in_city, f"第{number}次", date=f"2026-04-0{number}") for number in range(1, 5))
    batch = apart.brought(apart.city)["batch"]
    apart.city.clerk.act(corrected, "correction", {
        "study": {**corrected["study"], "days": "3"}, "details": {"title": "三天"}, "year": 2026})
    apart.city.clerk.act(revoked, "revocation", {"basis": "falsified", "words": "查实"})
    here = next(one["claim"] for one in entries(li.in_province)
                if li.in_province.saw(f"/v1/claims/{one['claim']}")["study"]["date"] == "2026-04-04")
    apart.province.people.act(li.in_province.saw(f"/v1/claims/{here}"), "revocation",
                              {"basis": "in_error", "words": "误登"})
    snapshot = {"file": in_body(apart.city.file())["file"], "on": apart.province.town.house.today.isoformat()}
    place = f"/v1/imports/{batch}"
    answer = apart.province.people.post(f"{place}/reconciliation", snapshot, dry_run="true",
                                        version=apart.province.people.saw(place)["version"])
    assert answer.status_code == 200, answer.get_data(as_text=True)
    told = {one["record"]: one["what"] for one in answer.get_json()["would"]["items"]}

    assert told == {corrected["claim"]: ["newer_there"], revoked["claim"]: ["newer_there", "revoked_there"],
                    undone["claim"]: ["revoked_here"]}
    assert kept["claim"] not in told
    apart.province.people.did(f"{place}/reconciliation", snapshot,
                              version=apart.province.people.saw(place)["version"])
    assert apart.province.troubles(apart.city.origin) == ["differs"]
    assert apart.province.ledger(apart.city.origin)["troubles"][0]["number"] == 3
    assert apart.brought(apart.city)["outcome"]["accepted"] == 2


def test_two_histories_that_came_at_the_same_moment_are_found_afterwards(apart: Three) -> None:
    """Each was the next when it was looked at; what they say of one size cannot both be so."""
    kept_twice(apart.province.town.house, apart.city.origin)

    assert apart.province.troubles(apart.city.origin) == ["forked"]
    decided(apart, "continued")
    assert apart.province.troubles(apart.city.origin) == ["continued"]
