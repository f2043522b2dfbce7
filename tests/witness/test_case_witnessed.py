"""The bundle of a case carries who saw the log and by when: cosignatures and time-stamps, checked offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tsa_kit import Authority, authority_in
from witness_kit import WITNESS_KEY

from api.witness.authorities import read_authorities
from api.witness.stamping import Stamper
from ledger.errors import LedgerError
from ledger.offline.case_witnessed import wanted_sizes
from ledger.offline.verify_case import verify_case
from ledger.proof.cosignature import cosign
from ledger.proof.keys import COSIGNATURE, format_vkey
from ledger.proof.notes import format_note, parse_note
from ledger.proof.policy import Policy, QuorumUnmet, parse_policy
from ledger.witnessing.kept import Kept, size_of
from ledger.witnessing.stamp import StampInvalid
from tests.api.command_kit import xueshi
from tests.api.house_kit import house_in
from tests.api.test_case_bundle import Change, Files, Place, _resealed, fetched, files_of, placed

pytestmark = pytest.mark.requires_system("openssl")
SEEN_AT = 1_780_000_000


class Watched(NamedTuple):
    """A case whose log was stamped while it was open, and seen by a witness after it; and the policy that says so."""

    place: Place
    kept: Kept
    stamper: Stamper
    roots: bytes
    policy: Policy
    policy_text: str


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "policy").write_text("quorum none\n")
    with (authority_in(folder / "tsa") as (authority, settings),
          house_in(folder / "data", witnesses=str(folder / "policy")) as town):
        place = placed(town)
        register = town.house.register
        kept = Kept(register.folder.witnessed)
        stamper = Stamper(register.signer, read_authorities(settings), kept, is_witnessed=False, wanted=kept.wanted)
        register.signer.checkpoint()
        stamper.round()
        place.watch.did(f"/v1/cases/{place.case}/notes", {"words": "时间戳之后又记了一笔"}, version=_version(place))
        text = (f"log {register.signer.vkeys[0]}\n"
                f"witness w1 {format_vkey(WITNESS_KEY.public(COSIGNATURE))}\nquorum none\n")
        roots = (authority.folder / "ca.pem").read_bytes()
        yield Watched(place, kept, stamper, roots, parse_policy(text.encode()), text)


def _version(place: Place) -> int:
    return int(place.watch.saw(f"/v1/cases/{place.case}", purpose="case_handling")["version"])


def _cosigned(note: bytes) -> bytes:
    text, signatures = parse_note(note)
    return format_note(text, [*signatures, cosign(text, WITNESS_KEY, SEEN_AT)])


def _kept(folder: Path, data: bytes) -> Path:
    (folder / "case.zip").write_bytes(data)
    return folder / "case.zip"


def test_an_earlier_time_stamp_says_by_when_each_event_stood_and_which_came_after(
    watched: Watched, tmp_path: Path
) -> None:
    whole = fetched(watched.place)
    (size,) = watched.kept.dated()
    names = [name for name in files_of(whole) if name.startswith("witnessed/")]
    assert names == [f"witnessed/{size}.checkpoint", f"witnessed/{size}.growth", f"witnessed/{size}.test-tsa.tsr"]

    found = verify_case(_kept(tmp_path, whole), watched.policy, roots=watched.roots)
    told, not_told = "\n".join(found.checked), "\n".join(found.unproven)
    before = sum(one["position"] <= size for one in found.events)
    after = len(found.events) - before
    assert before > 5 and after >= 1
    assert f"CN=A test TSA 证明 {size} 条的检查点在 20" in told and f"所附事件中的 {before} 个最迟那时已经登记" in told
    assert f"较早的检查点（{size} 条）" in told
    assert f"所附最后 {after} 个事件在最近的时间戳之后登记" in not_told and "不证明事件发生在其所称的日期" in not_told
    assert "没有核验：" not in not_told and "见证人没有联署" in not_told


def test_without_the_authoritys_certificate_no_time_is_claimed(watched: Watched, tmp_path: Path) -> None:
    found = verify_case(_kept(tmp_path, fetched(watched.place)), watched.place.policy)
    assert not any("时间戳" in one for one in found.checked)
    assert any("附有 1 个时间戳，没有核验" in one for one in found.unproven)
    assert any("没有核验见证人的联署" in one for one in found.unproven)


def test_certificates_of_another_authority_do_not_do(watched: Watched, tmp_path: Path) -> None:
    path = _kept(tmp_path, fetched(watched.place))
    other = Authority(tmp_path / "other").make()
    with pytest.raises(StampInvalid):
        verify_case(path, watched.policy, roots=(other.folder / "ca.pem").read_bytes())


def test_having_it_made_asks_for_a_time_and_the_next_one_carries_it(watched: Watched, tmp_path: Path) -> None:
    fetched(watched.place)
    last = verify_case(_kept(tmp_path, fetched(watched.place)), watched.policy).events[-1]["position"]
    assert watched.kept.wanted() >= last
    watched.place.town.house.register.signer.checkpoint()
    watched.stamper.round()
    found = verify_case(_kept(tmp_path, fetched(watched.place)), watched.policy, roots=watched.roots)
    assert not any("之后登记" in one for one in found.unproven)
    assert sum("test-tsa" in one for one in found.checked) == 2, "the earlier stamp bounds the earlier events closer"


def test_a_witness_who_saw_its_checkpoint_is_named_with_the_time_and_a_quorum_is_demanded(
    watched: Watched, tmp_path: Path
) -> None:
    strict = parse_policy(watched.policy_text.replace("quorum none", "quorum w1").encode())
    watched.place.watch.did(f"/v1/cases/{watched.place.case}/notes", {"words": "又记一笔"},
                            version=_version(watched.place))
    path = _kept(tmp_path, fetched(watched.place))
    with pytest.raises(QuorumUnmet):
        verify_case(path, strict)

    register = watched.place.town.house.register
    watched.kept.keep_latest(_cosigned(register.signer.checkpoint()))
    found = verify_case(_kept(tmp_path, fetched(watched.place)), strict, roots=watched.roots)
    assert any("见证人 w1 已联署" in one for one in found.checked)
    assert any("见证人的联署只证明" in one for one in found.unproven)


def test_a_witness_who_saw_an_earlier_checkpoint_is_named_beside_the_one_that_nobody_saw_yet(
    watched: Watched, tmp_path: Path
) -> None:
    place, register = watched.place, watched.place.town.house.register
    watched.kept.keep_latest(_cosigned(register.signer.checkpoint()))
    place.watch.did(f"/v1/cases/{place.case}/notes", {"words": "联署之后又记一笔"}, version=_version(place))
    seen = watched.kept.latest()
    assert seen is not None
    found = verify_case(_kept(tmp_path, fetched(place)), watched.policy)
    told = "\n".join(found.checked)
    assert f"较早的检查点（{size_of(seen)} 条）" in told and "见证人 w1 已联署" in told
    assert found.checkpoint.size > size_of(seen)


def _named(files: Files, ending: str) -> str:
    return next(name for name in files if name.startswith("witnessed/") and name.endswith(ending))


def _other_text(files: Files) -> None:
    name = _named(files, ".checkpoint")
    files[name] = files[name].replace(b"\n", b"\nx", 1)


CHANGES: list[tuple[str, Change]] = [
    ("不配套", lambda files, _: files.pop(_named(files, ".growth"))),
    ("不配套", lambda files, _: files.pop(_named(files, ".checkpoint"))),
    ("文件名", lambda files, _: files.update({"witnessed/more.txt": b"x"})),
    ("文件名", lambda files, _: files.update({"witnessed/007.checkpoint": b"x"})),
    ("缺少哈希", lambda files, _: files.update({_named(files, ".growth"): b""})),
    ("base64", lambda files, _: files.update({_named(files, ".growth"): b"x\n"})),
    ("签名与正文不符", lambda files, _: _other_text(files)),
    ("在这个大小的检查点", lambda files, _: files.update({_named(files, ".checkpoint"): files["checkpoint"]})),
    ("时间戳不成立", lambda files, _: files.update({_named(files, ".tsr"): b"x"})),
]


@pytest.mark.parametrize(("words", "change"), CHANGES)
def test_what_goes_along_of_others_is_demanded_whole(
    watched: Watched, tmp_path: Path, words: str, change: Change
) -> None:
    data = _resealed(watched.place, fetched(watched.place), change)
    with pytest.raises(LedgerError, match=words):
        verify_case(_kept(tmp_path, data), watched.policy, roots=watched.roots)


def test_on_the_command_line_the_certificate_is_given_as_a_file(watched: Watched, tmp_path: Path) -> None:
    _kept(tmp_path, fetched(watched.place))
    (tmp_path / "policy").write_text(watched.policy_text)
    (tmp_path / "ca.pem").write_bytes(watched.roots)
    done = xueshi(tmp_path, "verify", "case.zip", "--key", "policy", "--tsa", "ca.pem")
    assert done.returncode == 0 and "最迟那时已经登记" in done.stdout, done.stdout + done.stderr
    (tmp_path / "bad.pem").write_text("x")
    no = xueshi(tmp_path, "verify", "case.zip", "--key", "policy", "--tsa", "bad.pem")
    assert no.returncode == 1 and "[time_stamp_ca_unusable]" in no.stdout


def test_of_each_event_the_earliest_stamp_that_holds_it_is_taken() -> None:
    assert wanted_sizes([3, 5, 9], [4, 6, 8, 20, 30], upto=25) == [4, 6, 20]
    assert wanted_sizes([3, 26], [4, 30], upto=25) == [4]
    assert wanted_sizes([1], [], upto=25) == []
