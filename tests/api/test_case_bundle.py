"""The sealed bundle of a case: all is proved offline, no byte can change, a redacted copy holds and says so."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec import to_builtins

from api.cases.investigating import bundle_contents
from ledger.errors import LedgerError
from ledger.events.access import AccessRecorded
from ledger.offline.case_file import MANIFEST, SEAL, Manifest, format_manifest, format_seal, parse_manifest
from ledger.offline.plain_zip import Writer
from ledger.offline.verify import policy_of, verify_file
from ledger.offline.verify_case import verify_case
from ledger.proof.keys import format_vkey, generate_key
from ledger.proof.policy import Policy
from projections.findings.patterns import patterns
from tests.api.command_kit import answering, xueshi
from tests.api.finding_kit import looked, place_in, shown_twice
from tests.api.house_kit import BODY, Someone, Town, house_in_2026, study
from tests.api.paper_kit import PDF, digest, png

NAME, TITLE, NUMBER, WORDS = "欧阳若兰", "数控加工高级研修", "浙技-2026-0417", "签到表有两处笔迹相同"
FOR = {"purpose": "court_referral"}
Files = dict[str, bytes]


class Place(NamedTuple):
    """A case about two claims of one person: one held and revoked, one held; with papers, a member and others."""

    town: Town
    person: Someone
    watch: Someone
    colleague: Someone
    case: str
    claims: list[str]
    policy: Policy


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with house_in_2026(tmp_path_factory.mktemp("bundle") / "data") as town:
        yield placed(town)


def placed(town: Town) -> Place:
    works, bureau = town.unit("某厂", "330203", "industry"), town.unit("市监督局", "330200", "general")
    person = town.person(NAME)
    town.belongs(person, works, "2020-01-01")
    clerk = town.officer(works, "unit", "330203", unit=works["unit"])
    watch, colleague = (town.officer(bureau, "supervisor", "3302") for _ in range(2))
    for content in (PDF, png()):
        answer = person.client.put(
            f"/v1/persons/{person.id}/evidence/{digest(content)}", data=content,
            headers={**person.headers(), "Content-Type": "application/octet-stream"})
        assert answer.status_code == 201, answer.get_data(as_text=True)
    shown = [{"kind": kind, "sha256": digest(one)} for kind, one in (("certificate", PDF), ("notice", png()))]
    details = {"title": TITLE, "certificate_number": NUMBER, "certificate_issuer": "某协会"}
    body = {"person": person.id, "study": study(date="2026-02-02"), "details": details, "evidence": shown}
    claims = [str(clerk.act(made, "approval", {})["claim"]) for made in (
        person.did("/v1/claims", body), person.submit(study(date="2026-02-09")))]
    why = {"words": WORDS}
    case = watch.did("/v1/cases", {"kind": "falsification", "region": "330203", "claims": claims, "pattern": "D01/1",
                                   "findings": [1], **why})
    case = watch.did(f"/v1/cases/{case['case']}/hold", why, version=case["version"])
    watch.did(f"/v1/cases/{case['case']}/finding", {"finding": "substantiated", "basis": "第十六条", **why},
              version=case["version"])
    watch.act(person.saw(f"/v1/claims/{claims[0]}"), "revocation", {"basis": "falsified", **why})
    vkey = town.house.register.signer.vkeys[0]
    return Place(town, person, watch, colleague, str(case["case"]), claims, policy_of(vkey))


def fetched(place: Place, **query: str) -> bytes:
    answer = place.watch.get(f"/v1/cases/{place.case}/bundle.zip", **{**FOR, **query})
    assert (answer.status_code, answer.content_type) == (200, "application/zip"), answer.get_data(as_text=True)
    assert "attachment" in answer.headers["Content-Disposition"]
    return bytes(answer.data)


def refused(whom: Someone, place: Place, **query: str) -> str:
    return str(whom.get(f"/v1/cases/{place.case}/bundle.zip", **query).get_json()["code"])


def files_of(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def whole(place: Place) -> bytes:
    return fetched(place)


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[bytes], Path]:
    def keep(data: bytes) -> Path:
        (tmp_path / "bundle.zip").write_bytes(data)
        return tmp_path / "bundle.zip"

    return keep


# What is in it


def test_everything_in_it_is_proved_and_said_step_by_step(
    place: Place, whole: bytes, kept: Callable[[bytes], Path]
) -> None:
    found = verify_file(kept(whole), place.policy)

    assert (found.kind, found.checkpoint.origin) == ("bundle", place.town.house.register.signer.origin)
    told = "\n".join(found.checked)
    for words in ("不压缩、无重名、无越界路径", f"案件 {place.case} 的事件第 1 至 ", "它点名的 2 项学时",
                  "加盐摘要一致", "规范性文件原文", "佐证文件 2 份", "court_referral"):
        assert words in told, words
    assert "遮盖" not in told and any("属实" in one for one in found.unproven)
    assert any("密钥不随附" in one for one in found.unproven), "what stands opened is signed for, not proved"
    kinds = [one["event"]["type"] for one in found.events]
    for kind in ("person.registered/1", "claim.submitted/1", "claim.frozen/1", "claim.revoked/1", "case.opened/1",
                 "case.held/1", "case.finding_recorded/1"):
        assert kind in kinds


def test_it_holds_papers_as_they_were_handed_in_rulebooks_and_what_was_sealed(place: Place, whole: bytes) -> None:
    files = files_of(whole)

    assert (files[f"evidence/{digest(PDF)}.pdf"], files[f"evidence/{digest(png())}.png"]) == (PDF, png())
    assert sorted(name.rpartition(".")[2] for name in files if name.startswith("rulebooks/")) == ["toml", "txt"]
    told = [json.loads(content)["fields"] for name, content in files.items() if name.startswith("sealed/")]
    assert any(one.get("name") == NAME and "id_number" in one for one in told), "who it is has to be known to a court"
    assert any(one.get("certificate_number") == NUMBER for one in told)
    assert files["findings/D01-1.sql"].startswith(b"-- D01/1 ")
    page = files["report.html"].decode()
    assert "调取的系统自行写明的目的：court_referral" in page, "a code that an interface made up is told to be one"
    for words in (NAME, TITLE, WORDS, "现已撤销 8", "已冻结 1 项", "属实", "核定学时"):
        assert words in page, words
    case = json.loads(files["case.json"])
    assert (case["figures"]["claims"], case["figures"]["by_status"]) == (2, {"frozen": 1, "revoked": 1})
    assert "xueshi verify" in files["README.txt"].decode()


def test_the_same_question_gives_the_same_bytes(place: Place) -> None:
    one = fetched(place)

    assert fetched(place, as_of=str(parse_manifest(files_of(one)[MANIFEST]).as_of)) == one


def test_as_of_before_its_finding_there_is_none(place: Place, whole: bytes, kept: Callable[[bytes], Path]) -> None:
    held = next(one for one in json.loads(files_of(whole)["case.json"])["events"] if one["kind"] == "case.held")
    data = fetched(place, as_of=str(held["position"] + 2))  # Its entries were frozen in the same append.

    assert verify_file(kept(data), place.policy).kind == "bundle"
    assert json.loads(files_of(data)["case.json"])["figures"]["by_status"] == {"frozen": 2}
    assert WORDS in files_of(data)["report.html"].decode()
    assert json.loads(files_of(data)["case.json"])["case"]["finding"] == "pending"


def test_further_events_are_chosen_by_number_and_those_of_strangers_stay_closed(
    place: Place, kept: Callable[[bytes], Path]
) -> None:
    town = place.town
    stranger = town.person("陌生人")
    position = town.house.ledger.store.stream(stranger.id)[0][0]
    data = fetched(place, events=f"2,{position}")

    told = {one.position: one for one in parse_manifest(files_of(data)[MANIFEST]).events}
    assert (told[2].why, told[position].why, told[position].sealed) == ("chosen", "chosen", "withheld")
    assert "陌生人".encode() not in data
    assert "不在调取人权限内" in "".join(verify_file(kept(data), place.policy).checked)
    assert refused(place.watch, place, **FOR, events=str(10**9)) == "event_absent"


def test_the_papers_of_a_plan_or_class_stay_with_who_filed_it(place: Place, kept: Callable[[bytes], Path]) -> None:
    town = place.town
    school = town.unit("甬江学院", "330203", "industry")
    teacher = town.officer(school, "recognised_organiser", "3302", unit=school["unit"])
    item = {"number": 1, "title": "智能制造", "route": "filed_training", "days": "2", "headcount": 30}
    paper = {"kind": "summary", "sha256": digest(b"handed in on paper")}
    plan = teacher.did("/v1/plans", {"year": 2031, "items": [item], "evidence": [paper]})
    position = town.house.ledger.store.stream(str(plan["plan"]))[0][0]
    data = fetched(place, events=str(position))

    manifest = parse_manifest(files_of(data)[MANIFEST])
    assert paper["sha256"] not in {one.sha256 for one in manifest.papers}, "the event cites it, the register has it not"
    assert position in {one["position"] for one in verify_file(kept(data), place.policy).events}


def test_of_a_finding_it_holds_the_rows_the_question_the_thresholds_and_what_was_decided(
    place: Place, kept: Callable[[bytes], Path]
) -> None:
    made = place_in(place.town)
    shown_twice(made)
    found = looked(made)
    seen = made.watch.saw(f"/v1/findings/{found.finding}", **FOR)
    done = made.watch.did(f"/v1/findings/{found.finding}/case", {
        "facts_sha256": found.facts_sha256, "kind": "falsification", "words": WORDS}, version=seen["version"])
    case = next(event["case"] for one in place.town.house.ledger.read(limit=10_000)
                if "case" in (event := to_builtins(one.envelope.event)) and one.position in done["events"])
    data = made.watch.get(f"/v1/cases/{case}/bundle.zip", **FOR).data
    files = files_of(data)

    told = json.loads(files[f"findings/{found.finding}.json"])
    assert (told["forms"][-1]["facts_sha256"], told["forms"][-1]["claims"]) == (
        found.facts_sha256, list(found.claims))
    assert files[f"findings/{found.pattern}-{found.version}.sql"].decode() == patterns()[found.pattern].sql
    assert "findings/thresholds.toml" in files and "六、提示线索" in files["report.html"].decode()
    kinds = {one["event"]["type"].partition("/")[0] for one in verify_file(kept(data), place.policy).events}
    assert {"case.opened", "claim.submitted"} <= kinds and any(one.startswith("finding.") for one in kinds)


def test_of_a_claim_elsewhere_that_is_chosen_nothing_is_opened(place: Place, kept: Callable[[bytes], Path]) -> None:
    town = place.town
    works, away = town.unit("温州某厂", "330302", "general"), town.person("远方人")
    town.belongs(away, works, "2020-01-01")
    away.client.put(f"/v1/persons/{away.id}/evidence/{digest(png(3))}", data=png(3),
                    headers={**away.headers(), "Content-Type": "application/octet-stream"})
    claim = away.did("/v1/claims", {
        "person": away.id, "study": study(date="2026-02-02"), "details": {"title": "他处的培训"},
        "evidence": [{"kind": "certificate", "sha256": digest(png(3))}]})
    position = town.house.ledger.store.stream(str(claim["claim"]))[0][0]
    data = fetched(place, events=str(position))

    manifest = parse_manifest(files_of(data)[MANIFEST])
    assert {one.sealed for one in manifest.events if one.position == position} == {"withheld"}
    assert [(one.file, one.why) for one in manifest.papers if one.claim == claim["claim"]] == [(None, "withheld")]
    assert "他处的培训".encode() not in data and png(3) not in data
    assert "不在调取人权限内 1 份" in "".join(verify_file(kept(data), place.policy).checked)
    assert json.loads(files_of(data)["case.json"])["figures"]["claims"] == 2


# Who gets it


def test_it_is_for_those_who_work_on_the_case_for_a_purpose_and_everyone_in_it_is_recorded(place: Place) -> None:
    house = place.town.house
    before = house.register.access.store.size()
    fetched(place)

    seen = [one.envelope.event for one in house.register.access.read(before, 100)]
    assert {one.what for one in seen if isinstance(one, AccessRecorded)} == {("case_bundle",)}
    assert {(place.case, "court_referral"), (place.person.id, "court_referral")} <= {
        (one.subject, one.purpose) for one in seen if isinstance(one, AccessRecorded)}
    assert refused(place.watch, place) == "purpose_missing"
    assert refused(place.colleague, place, **FOR) == "not_a_member"
    assert refused(place.person, place, **FOR) == "official_needed"
    assert refused(place.town.nobody, place, **FOR) == "login_required"
    away = place.town.officer(place.town.unit("温州监督局", "330300", "general"), "supervisor", "3303")
    assert refused(away, place, **FOR) == "case_absent"


def test_what_is_too_long_is_refused_and_not_cut(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_contents, "EVENTS_MOST", 3)
    assert refused(place.watch, place, **FOR) == "bundle_too_large"
    monkeypatch.undo()
    monkeypatch.setattr(bundle_contents, "PAPERS_BYTES_MOST", 10)
    assert refused(place.watch, place, **FOR) == "bundle_too_large"
    assert refused(place.watch, place, **FOR, redact="nothing_such") == "unprocessable_content"


def test_what_would_be_hundreds_of_pages_is_no_pdf_and_the_rest_is_whole(
    place: Place, kept: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cases.investigating.bundle.SET_MOST", 3)
    files = files_of(data := fetched(place))

    assert "report.pdf" not in files and "没有 report.pdf" in files["README.txt"].decode()
    assert {"report.html", "case.json"} <= files.keys() and verify_file(kept(data), place.policy).kind == "bundle"


def test_of_whoever_was_forgotten_everything_is_proved_and_nothing_can_be_read(
    place: Place, kept: Callable[[bytes], Path]
) -> None:
    town = place.town
    works, gone = town.unit("旧厂", "330203", "industry"), town.person("已忘之人")
    town.belongs(gone, works, "2020-01-01")
    gone.client.put(f"/v1/persons/{gone.id}/evidence/{digest(PDF)}", data=PDF,
                    headers={**gone.headers(), "Content-Type": "application/octet-stream"})
    claim = gone.did("/v1/claims", {"person": gone.id, "study": study(date="2026-02-02"), "details": {"title": "往事"},
                                    "evidence": [{"kind": "certificate", "sha256": digest(PDF)}]})
    case = place.watch.did("/v1/cases", {"kind": "falsification", "region": "330203", "claims": [claim["claim"]],
                                         "words": WORDS})["case"]
    town.house.ledger.vault.destroy(gone.id)
    data = place.watch.get(f"/v1/cases/{case}/bundle.zip", **FOR).data

    told = "".join(verify_file(kept(data), place.policy).checked)
    assert "密钥已销毁、不能再启封 2 个" in told and "密钥已销毁 1 份" in told
    assert WORDS in files_of(data)["report.html"].decode(), "what the case says is under the case's own key"
    assert f"<td>{gone.id}</td>" in files_of(data)["report.html"].decode(), "nobody knows the name"


def test_a_paper_that_is_damaged_is_named_and_the_rest_goes_along(place: Place, kept: Callable[[bytes], Path]) -> None:
    folder = place.town.house.register.folder.evidence
    (path,) = (one for one in folder.rglob(digest(PDF)) if one.parent.name == place.person.id)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        data = fetched(place)
    finally:
        path.write_bytes(whole)

    assert "登记机构保存的文件已损坏 1 份" in "".join(verify_file(kept(data), place.policy).checked)
    assert [name for name in files_of(data) if name.startswith("evidence/")] == [f"evidence/{digest(png())}.png"]


# Redacted


def test_fields_that_are_blacked_out_stand_nowhere_in_the_copy_and_every_proof_holds(
    place: Place, kept: Callable[[bytes], Path]
) -> None:
    data = fetched(place, redact="name,certificate_number")
    found = verify_file(kept(data), place.policy)

    assert NAME.encode() not in data and NUMBER.encode() not in data and TITLE.encode() in data
    assert any("这是遮盖本：遮盖了证书编号、姓名" in one for one in found.checked)
    assert any("遮盖之处写的是什么" in one for one in found.unproven)
    proofs = {name: content for name, content in files_of(fetched(place)).items()
              if name.startswith("proofs/")}
    assert proofs.items() <= files_of(data).items(), "the events and their proofs are the same"
    assert not [name for name in files_of(data) if name.startswith("evidence/")], "nobody knows what stands on papers"


def test_a_copy_without_persons_tells_nothing_of_what_was_sealed(
    place: Place, whole: bytes, kept: Callable[[bytes], Path]
) -> None:
    data = fetched(place, redact_persons="true")
    found = verify_file(kept(data), place.policy)

    for words in (NAME, TITLE, NUMBER, WORDS):
        assert words.encode() in whole and words.encode() not in data
    assert not [name for name in files_of(data) if name.startswith(("sealed/", "evidence/"))]
    assert any("0 个密封部分已启封" in one and "已遮盖" in one for one in found.checked)
    assert "遮盖本" in files_of(data)["report.html"].decode() and "遮盖本" in files_of(data)["README.txt"].decode()


# What is changed is found


def _found(path: Path, data: bytes, policy: Policy) -> None:
    path.write_bytes(data)
    with pytest.raises(LedgerError):
        verify_case(path, policy)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1:]


def test_flipped_bytes_are_found_wherever_they_are(place: Place, whole: bytes, tmp_path: Path) -> None:
    chance = random.Random(9)
    tail = range(len(whole) - 22, len(whole))
    for at in (*range(12), *tail, *(chance.randrange(len(whole)) for _ in range(300))):
        _found(tmp_path / "x.zip", _flipped(whole, at), place.policy)
    for data in (whole[:-1], whole + b"\n", whole[:len(whole) // 2], b"PK", b"PK\x05\x06" + b"\0" * 18):
        _found(tmp_path / "x.zip", data, place.policy)


@pytest.mark.torture
@pytest.mark.timeout(3_600)
def test_every_flipped_byte_of_a_bundle_is_found(
    place: Place, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    data = fetched(place, redact_persons="true")
    for at in range(len(data)):
        _found(tmp_path / "x.zip", _flipped(data, at), place.policy)
    record_property("tried", len(data))


def test_another_log_did_not_sign_it(place: Place, whole: bytes, kept: Callable[[bytes], Path]) -> None:
    stranger = policy_of(format_vkey(generate_key("another.example/log").public()))

    with pytest.raises(LedgerError, match="没有任何已知密钥"):
        verify_case(kept(whole), stranger)


Change = Callable[[Files, dict[str, Any]], Any]


def _resealed(place: Place, whole: bytes, change: Change) -> bytes:
    """The bundle as a register would have to sign it that left something out or put something else in."""
    files = files_of(whole)
    manifest = parse_manifest(files[MANIFEST])
    told = manifest._asdict()
    del files[MANIFEST], files[SEAL]
    change(files, told)
    made = io.BytesIO()
    writer = Writer(made)
    listed = []
    for name, content in files.items():
        writer.put(name, content)
        listed.append(type(manifest.files[0])(name, len(content), digest(content)))
    written = format_manifest(Manifest(**{**told, "files": tuple(listed)}))
    signer = place.town.house.register.signer
    writer.put(MANIFEST, written)
    writer.put(SEAL, format_seal(signer.origin, place.case, written, signer.keys))
    writer.finish()
    return made.getvalue()


def _drop(files: Files, told: dict[str, Any], kind: str) -> None:
    """Leave out an event with everything that belongs to it."""
    position = next(one["position"] for one in json.loads(files["case.json"])["events"] if one["kind"] == kind)
    told["events"] = tuple(one for one in told["events"] if one.position != position)
    files.pop(f"proofs/{position}.tlog-proof")
    files.pop(f"sealed/{position}.json", None)


def _first(files: Files, folder: str) -> str:
    return next(name for name in files if name.startswith(folder))


def _salted(files: Files) -> None:
    name = _first(files, "sealed/")
    part = json.loads(files[name])
    part["salt"] = "A" * 22 + "=="
    files[name] = (json.dumps(part, ensure_ascii=False, indent=1) + "\n").encode()


CHANGES: list[tuple[str, Change]] = [
    ("连续无缺", lambda files, told: _drop(files, told, "claim.frozen")),
    ("连续无缺", lambda files, told: _drop(files, told, "case.held")),
    ("与事件中的摘要不符", lambda files, _: _salted(files)),
    ("有无与目录或事件不符", lambda files, _: files.pop(_first(files, "sealed/"))),
    ("所引的那一份", lambda files, _: files.update({_first(files, "rulebooks/"): b"x = 1\n"})),
    ("缺少所依据的细则", lambda _, told: told.update(rulebooks=())),
    ("没有列入目录", lambda _, told: told.update(papers=told["papers"][1:])),
    ("与事件所记的摘要不符", lambda files, _: files.update({_first(files, "evidence/"): b"other"})),
    ("同一个大小", lambda _, told: told.update(size=told["size"] + 1)),
    ("没有所给的这一把", lambda files, _: files.update(
        {"key.vkey": format_vkey(generate_key("x.example/log").public()).encode() + b"\n"})),
    ("不是同一个日志、同一个案件", lambda _, told: told.update(case=f"cas_{'0' * 22}")),
    ("密封部分的状态", lambda _, told: told.update(
        events=(told["events"][0]._replace(sealed="x"), *told["events"][1:]))),
    ("证明的位置或检查点", lambda _, told: told.update(events=(*told["events"], told["events"][0]))),
]


@pytest.mark.parametrize(("words", "change"), CHANGES)
def test_a_seal_does_not_cover_what_the_events_do_not_bear_out(
    place: Place, whole: bytes, kept: Callable[[bytes], Path], words: str, change: Change
) -> None:
    with pytest.raises(LedgerError, match=words):
        verify_case(kept(_resealed(place, whole, change)), place.policy)


def test_sealed_again_without_a_change_it_is_the_same(place: Place, whole: bytes) -> None:
    assert _resealed(place, whole, lambda *_: None) == whole


# On the command line


def test_it_is_fetched_and_verified_on_the_command_line(place: Place, tmp_path: Path) -> None:
    (tmp_path / "log.vkey").write_text(f"{place.town.house.register.signer.vkeys[0]}\n")
    with answering(place.town.app) as server:
        done = xueshi(tmp_path, "case", "bundle", place.case, "--out", "case.zip", "--redact", "name",
                      "--purpose", "court_referral", XUESHI_TOKEN=str(place.watch.token), XUESHI_SERVER=server)
    assert done.returncode == 0 and "xueshi verify case.zip" in done.stdout, done.stdout + done.stderr
    checked = xueshi(tmp_path, "verify", "case.zip", "--key", "log.vkey")
    assert checked.returncode == 0 and "✓ case.zip：成立。" in checked.stdout
    assert "遮盖本" in checked.stdout and "未证明" in checked.stdout
    found: BODY = json.loads(xueshi(tmp_path, "verify", "case.zip", "--key", "log.vkey", "--json").stdout)["files"][0]
    assert (found["holds"], found["kind"]) == (True, "bundle")

    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("../up.txt", b"\0" * 100_000)
    no = xueshi(tmp_path, "verify", "bomb.zip", "--key", "log.vkey")
    assert no.returncode == 1 and "[archive_malformed]" in no.stdout
