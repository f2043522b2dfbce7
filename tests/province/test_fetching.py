"""A province has its cities' ledgers fetched at intervals, as a timer does: what is new, once, and of no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from province_kit import Office, Three, entries, kept_twice

from api.cases.importing import hand_overs
from tests.api.command_kit import Ended, answering, xueshi


class Fetching:
    """The services of a city and of the province, and the command between them."""

    def __init__(self, there: Three, folder: Path, stack: ExitStack) -> None:
        self.there, self.folder = there, folder
        self.city, self.province = (stack.enter_context(answering(one.town.app))
                                    for one in (there.city, there.province))
        (folder / "token").write_text(f"{there.city.people.token}\n")

    def __call__(self, by: Office | None = None) -> Ended:
        return xueshi(self.folder, "import", "fetch", self.city, "--from-token-file", "token", "--region", "330200",
                      "--server", self.province, XUESHI_TOKEN=str((by or self.there.province).people.token))


@pytest.fixture
def fetching(apart: Three, tmp_path: Path) -> Iterator[Fetching]:
    with ExitStack() as stack:
        yield Fetching(apart, tmp_path, stack)


def test_what_is_new_is_brought_in_however_often_it_is_fetched(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, (li, wang) = fetching.there, (fetching.there.living(), fetching.there.living("王芳"))
    claim = there.city.counted(li.in_city)
    there.city.counted(wang.in_city)
    monkeypatch.setattr(hand_overs.make, "__kwdefaults__", {**hand_overs.make.__kwdefaults__, "at_once": 1})
    first = fetching()
    assert first.returncode == 0 and "第 2 份，共 2 份" in first.stderr, first.stderr
    assert there.province.accepted(there.city.origin) == there.city.size()
    chen, size = there.living("陈静"), there.province.size()
    for _ in range(2):
        again = fetching()
        assert (again.returncode, there.province.size()) == (0, size) and "没有新的事件" not in again.stderr
        assert f"公布的检查点正在已接受的大小 {there.province.accepted(there.city.origin)}；" in again.stderr
        there.city.counted(chen.in_city)  # Newer than what the city published, and not told before it.

    there.city.clerk.act(claim, "revocation", {"basis": "falsified", "words": "查实"})
    there.city.town.house.register.signer.checkpoint()
    assert fetching().returncode == 0
    assert [entries(one.in_province)[0]["status"] for one in (li, wang)] == ["revoked", "approved"]
    assert not list(fetching.folder.glob("*.ndjson")), "what names people lies in no file"


def test_while_the_citys_published_checkpoint_waits_for_witnesses_nothing_is_written_for_nothing(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = fetching.there
    signer = there.city.town.house.register.signer
    older = signer.checkpoint()
    there.city.counted(there.living().in_city)
    assert fetching().returncode == 0
    size = there.province.size()
    monkeypatch.setattr(type(signer), "handed_out", lambda one: older)

    again = fetching()

    assert (again.returncode, there.province.size()) == (0, size), again.stderr
    assert "没有新的事件" in again.stderr


def test_nothing_is_fetched_of_a_ledger_that_is_not_listed_or_that_signed_two_histories(fetching: Fetching) -> None:
    there = fetching.there
    there.city.counted(there.living().in_city)
    there.province.believes(there.other)
    seen, none = there.city.town.house.register.access.store.size(), fetching()
    assert none.returncode == 1 and "[ledger_untrusted]" in none.stderr
    there.province.believes(there.city)
    kept_twice(there.province.town.house, there.city.origin)
    forked = fetching()
    assert forked.returncode == 1 and "[ledger_forked]" in forked.stderr
    people = there.province.people
    batch = people.saw(f"/v1/imports/{there.province.ledger(there.city.origin)['troubles'][0]['batch']}")
    people.did(f"/v1/imports/{batch['batch']}/fork-decision", {
        "outcome": "closed", "document": "浙人社函〔2026〕88号", "words": "已查明"}, version=batch["version"])
    closed = fetching()
    assert closed.returncode == 1 and "[ledger_closed]" in closed.stderr
    assert there.city.town.house.register.access.store.size() == seen, "nobody's data left the city"


def test_who_may_not_hand_over_or_bring_in_is_told_so_by_either_side(fetching: Fetching) -> None:
    there = fetching.there
    there.city.counted(there.living().in_city)
    no = fetching(there.other).stderr
    assert "[token_unknown]" in no and "答复：" not in no
    (fetching.folder / "token").write_text(str(there.city.clerk.token))
    ended = fetching()
    assert ended.returncode == 1 and "[role_not_held]" in ended.stderr
    assert f"{fetching.city} 答复：\n" in ended.stderr, "the city says no, not the province"


@pytest.mark.parametrize("said", [
    b"", b"<!doctype html>\n<title>login</title>", b"{}\n", b"[]\n", b"null\n", b"[" * 100_000, b"\xff\n",
    b'{"is":"hand-over","format":"x","origin":"x","since":0,"size":"../../x"}\n', b'{"is":"end"}\n',
], ids=lambda said: said[:20].decode("latin-1"))
def test_whatever_answers_in_a_citys_place_and_hands_nothing_over_is_told_and_nothing_is_brought_in(
    fetching: Fetching, said: bytes
) -> None:
    there = fetching.there
    there.city.counted(there.living().in_city)
    there.city.town.house.register.signer.checkpoint()
    note, size = there.city.town.client().get("/log/checkpoint").data, there.province.size()
    elsewhere = Flask("elsewhere")
    elsewhere.add_url_rule("/log/checkpoint", "note", lambda: note)
    elsewhere.add_url_rule("/v1/hand-over", "said", lambda: said)

    with answering(elsewhere) as fetching.city:
        ended = fetching()

    assert (ended.returncode, there.province.size()) == (3, size), ended.stderr
    assert ended.stderr.endswith("[not_this_api]\n") and "Traceback" not in ended.stderr
