"""The time of a checkpoint, by OpenSSL's time-stamping authority on loopback: had, kept, served and verified."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers_kit import OneLedger, size
from tsa_kit import POLICY, Authority, authority_in

import api
from api.cli import run
from api.doctor.checks import Level
from api.service.app import create_app
from api.terminal.exits import Stop
from api.witness.authorities import read_authorities
from api.witness.routes import witnessed_routes
from api.witness.stamping import EVERY_S, Stamper
from api.witness.submitting import read_policy
from ledger.proof.notes import parse_note
from ledger.witnessing.der import ordered
from ledger.witnessing.stamp import StampInvalid, StampUnreadable, ask_for, check_stamp

pytestmark = pytest.mark.requires_system("openssl")
TEXT = b"a checkpoint of some log\n1\nx\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, Path]]:
    with authority_in(tmp_path_factory.mktemp("tsa") / "tsa") as found:
        yield found


@pytest.fixture
def authority(made: tuple[Authority, Path]) -> Authority:
    made[0].status = 200
    made[0].answers.clear()
    return made[0]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[OneLedger]:
    (tmp_path / "policy").write_text("quorum none\n")
    ledger = OneLedger(tmp_path / "data", "a.example/log", tmp_path / "policy").open()
    yield ledger
    ledger.close()


def stamper(ledger: OneLedger, settings: Path, wanted: int = 0) -> Stamper:
    return Stamper(ledger.register.signer, read_authorities(settings), ledger.kept, is_witnessed=False,
                   wanted=lambda: wanted, clock=lambda: ledger.seconds * 1_000_000_000)


def test_a_stamp_holds_for_its_text_its_authority_its_policy_and_its_question_alone(authority: Authority) -> None:
    question = ask_for(TEXT)
    reply, roots = authority.reply(question.der), (authority.folder / "ca.pem").read_bytes()
    stamped = check_stamp(reply, TEXT, roots, policy=POLICY, nonce=question.nonce)
    assert (stamped.by, stamped.policy) == ("CN=A test TSA", POLICY)
    other = Authority(authority.folder.with_name("other")).make()
    for change in ({"text": TEXT + b"x"}, {"roots": (other.folder / "ca.pem").read_bytes()}, {"policy": "1.2.3.5"},
                   {"nonce": question.nonce + 1}, {"answer": reply[:-1]}, {"answer": b""}):
        given = {"answer": reply, "text": TEXT, "roots": roots, "policy": POLICY, "nonce": question.nonce, **change}
        with pytest.raises(StampInvalid):
            check_stamp(given.pop("answer"), given.pop("text"), given.pop("roots"), **given)
    shutil.rmtree(other.folder)


@pytest.mark.parametrize(("was", "put"), [
    (b"A test CA", b"\xff test CA"), (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x6a"),
], ids=["names that are no text", "a version that there is not"])
def test_a_certificate_that_the_library_ends_upon_is_told_as_what_it_is(
    authority: Authority, was: bytes, put: bytes
) -> None:
    """The one was a panic of the library, which no `except Exception` holds: it ended whoever asked, for good."""
    der = ssl.PEM_cert_to_DER_cert((authority.folder / "ca.pem").read_text())
    roots = ssl.DER_cert_to_PEM_cert(der.replace(was, put)).encode()

    with pytest.raises(StampUnreadable, match="无法解析"):
        check_stamp(authority.reply(ask_for(TEXT).der), TEXT, roots)



def test_a_stamp_that_was_changed_in_a_byte_is_never_another_time(authority: Authority) -> None:
    question = ask_for(TEXT)
    reply, roots = authority.reply(question.der), (authority.folder / "ca.pem").read_bytes()
    at = check_stamp(reply, TEXT, roots).at
    for place in range(0, len(reply), 7):
        changed = bytes([*reply[:place], reply[place] ^ 1, *reply[place + 1:]])
        try:
            assert check_stamp(changed, TEXT, roots).at == at
        except StampInvalid:
            continue


def test_an_authority_that_sends_its_chain_as_it_comes_is_understood(authority: Authority) -> None:
    """OpenSSL does not sort the certificates, which DER wants and strict readers demand."""
    for number in range(3):  # In whichever order these two happen to lie.
        chained = Authority(authority.folder.with_name(f"chained{number}")).make("certs = ca.pem\n")
        question = ask_for(TEXT)
        reply = chained.reply(question.der)
        stamped = check_stamp(reply, TEXT, (chained.folder / "ca.pem").read_bytes(), nonce=question.nonce)
        assert stamped.by == "CN=A test TSA" and len(ordered(reply)) == len(reply)
        with pytest.raises(StampInvalid):
            check_stamp(reply, TEXT + b"x", (chained.folder / "ca.pem").read_bytes())
        shutil.rmtree(chained.folder)


@given(st.binary(max_size=200))
def test_what_is_no_time_stamp_is_given_back_as_it_is(noise: bytes) -> None:
    assert len(ordered(noise)) == len(noise) and sorted(ordered(noise)) == sorted(noise)


def test_one_checkpoint_a_day_is_stamped_and_kept(
    ledger: OneLedger, authority: Authority, made: tuple[Authority, Path]
) -> None:
    ledger.sign()
    stamping = stamper(ledger, made[1])
    stamping.round()
    ledger.grow(3)
    ledger.sign()
    stamping.round()
    assert ledger.kept.dated() == [1] and list(ledger.kept.stamps(1)) == ["test-tsa"]
    ledger.seconds += EVERY_S
    stamping.round()
    assert ledger.kept.dated() == [1, 4] and list(ledger.kept.stamps(4)) == ["test-tsa"]
    assert stamping.check()[0] is Level.OK


def test_what_is_wanted_is_stamped_at_once(
    ledger: OneLedger, authority: Authority, made: tuple[Authority, Path]
) -> None:
    ledger.sign()
    stamper(ledger, made[1]).round()
    ledger.grow(3)
    ledger.sign()
    stamper(ledger, made[1], wanted=3).round()
    assert ledger.kept.dated() == [1, 4]


def test_an_authority_that_is_away_is_asked_again_for_the_same_checkpoint(
    ledger: OneLedger, authority: Authority, made: tuple[Authority, Path]
) -> None:
    stamping = stamper(ledger, made[1])
    ledger.sign()
    authority.status = 503
    stamping.round()
    (told,) = ledger.kept.answering()
    assert (told.code, told.size) == ("status_503", 0) and stamping.check()[0] is Level.WARN
    authority.status = 200
    stamping.round()
    assert ledger.kept.stamps(1) == {}  # Not yet: it is asked less often.
    ledger.seconds += 10
    stamping.round()
    assert list(ledger.kept.stamps(1)) == ["test-tsa"] and stamping.check()[0] is Level.OK


def test_the_answer_to_another_question_is_not_kept(
    ledger: OneLedger, authority: Authority, made: tuple[Authority, Path]
) -> None:
    ledger.sign()
    text, _ = parse_note(ledger.sign())
    authority.answers.append(authority.reply(ask_for(text).der))  # Of the same text, and yet of another's asking.
    stamping = stamper(ledger, made[1])
    stamping.round()
    assert ledger.kept.stamps(1) == {} and ledger.kept.answering()[0].code == "time_stamp_invalid"


def test_whoever_has_the_files_verifies_the_time(
    ledger: OneLedger, authority: Authority, made: tuple[Authority, Path], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ledger.sign()
    stamper(ledger, made[1]).round()
    client = create_app(blueprints=[witnessed_routes(ledger.kept)]).test_client()
    assert client.get("/log/checkpoints").get_json() == {
        "checkpoints": [{"size": 1, "time_stamps": ["test-tsa"]}], "forks": []}
    note, stamp = client.get("/log/checkpoints/1"), client.get("/log/checkpoints/1/test-tsa.tsr")
    called = [each.headers["Content-Disposition"].partition("=")[2] for each in (note, stamp)]
    assert called == ['"checkpoint.1"', '"checkpoint.1.test-tsa.tsr"'], "as `xueshi verify` looks for them"
    assert size(note.data) == 1 and stamp.content_type == "application/timestamp-reply"
    assert client.get("/log/checkpoints/2").status_code == client.get("/log/forks/none").status_code == 404
    (tmp_path / "day").write_bytes(note.data)
    (tmp_path / "day.test-tsa.tsr").write_bytes(stamp.data)
    command = ["verify", str(tmp_path / "day"), "--key", ledger.vkey]
    assert run([*command, "--tsa", str(authority.folder / "ca.pem")]) == 0
    assert "CN=A test TSA 证明这个检查点在 20" in capsys.readouterr().out
    assert run(command) == 0
    assert "旁边有 1 个时间戳，没有核验" in capsys.readouterr().out
    (tmp_path / "day.test-tsa.tsr").write_bytes(authority.reply(ask_for(TEXT).der))
    assert run([*command, "--tsa", str(authority.folder / "ca.pem")]) == 1
    assert "[time_stamp_invalid]" in capsys.readouterr().out


def test_openssl_itself_verifies_what_was_kept(
    ledger: OneLedger, authority: Authority, made: tuple[Authority, Path]
) -> None:
    ledger.sign()
    stamper(ledger, made[1]).round()
    note = ledger.kept.at(1)
    assert note is not None
    (authority.folder / "checkpoint.1").write_bytes(note)
    guide = (Path(api.__file__).parent / "operators-witness.md").read_text("utf-8")
    cut = next(line for line in guide.splitlines() if line.startswith("sed "))
    subprocess.run(["/bin/sh", "-c", cut.replace("checkpoint.1234", "checkpoint.1")], cwd=authority.folder, check=True)
    assert (authority.folder / "text").read_bytes() == parse_note(note)[0]
    (authority.folder / "kept.tsr").write_bytes(ledger.kept.stamps(1)["test-tsa"])
    authority.openssl("ts", "-verify", "-data", "text", "-in", "kept.tsr", "-CAfile", "ca.pem")


@pytest.mark.parametrize("text", [
    "", "[[authority]]\nname = 'x'\n", "[[authority]]\nname='X Y'\nurl='http://a/'\nca='ca.pem'\n",
    "[[authority]]\nname='x'\nurl='ftp://a/'\nca='ca.pem'\n", "[[authority]]\nname='x'\nurl='http://a/'\nca='none'\n",
    "[[authority]]\nname='x'\nurl='http://a/'\nca='ca.pem'\npolicy='y'\n", "nonsense",
    "[[authority]]\nname='x'\nurl='http://a/'\nca='der.pem'\n",
])
def test_a_file_of_authorities_that_cannot_be_used_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    (tmp_path / "der.pem").write_bytes(bytes(9))
    (tmp_path / "authorities.toml").write_text(text)
    with pytest.raises(Stop) as caught:
        read_authorities(tmp_path / "authorities.toml")
    assert caught.value.code == "time_stamps_malformed"


def test_a_file_that_is_not_there_is_told_with_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for read in (read_authorities, read_policy):
        with pytest.raises(Stop) as caught:
            read(Path("none"))
        assert f"{tmp_path}/none" in str(caught.value)
