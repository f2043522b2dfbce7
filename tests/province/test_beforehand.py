"""A hand-over that a process beside the service judges: the same register, whatever dies or moves meanwhile."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from province_kit import Office, Three, entries, parts_of, three

from api import hand_over_helper
from api.cases import hand_over_imports, import_rows
from api.helpers import Helpers
from api.register import open_stores
from api.settings import Settings
from ledger.importing import Rows
from policies.archive import Archive


class Here(Helpers):
    """Helpers that are asked in this process, on a log and keys that were opened a second time."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(lambda: None, (), processes=2)
        stores = open_stores(settings)
        self._open = hand_over_helper._Open(stores.ledger, Archive(settings.data_folder / "rulebooks"))
        self.answered = list[bool]()
        self.meanwhile: Callable[[], object] = lambda: None
        self.close = stores.close  # type: ignore[method-assign]

    def ask(self, work: Callable[[Any], Any], asked: Any, *, much: bool) -> Any:
        hand_over_helper._OPEN[:] = [self._open]
        answer = work(asked)
        self.answered.append(answer is not None)
        self.meanwhile()
        return answer


@pytest.fixture(autouse=True)
def of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_over_imports, "LEAST_BYTES", 0)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    with three(tmp_path_factory.mktemp("beside"), Here) as made:
        made.other.believes(made.city)
        yield made


@pytest.fixture
def beside(ledgers: Three) -> Three:
    helper = helper_of(ledgers.province)
    helper.meanwhile = lambda: None
    helper.answered.clear()
    return ledgers


def helper_of(office: Office) -> Here:
    assert isinstance(office.town.house.helpers, Here)
    return office.town.house.helpers


def new(there: Three, office: Office) -> bytes:
    """What the city decided since the office accepted it last."""
    return there.city.file(office.accepted(there.city.origin))


def written(office: Office, since: int) -> list[str]:
    """What was recorded past a size, but for ids, times and chance: those are told by when they come first."""
    seen: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"<{len(seen)}>")

    ids = r'\b(per|unt|acr|clm|imp|act)_[0-9a-z]{22}\b|"correlation":"[^"]*"|"import_row","sha256":"[0-9a-f]{64}"'
    told = []
    for leaf in office.town.house.ledger.store.leaves(since, 1_000):
        text = re.sub(r'^(\["xueshi/1","[^"]+",\d+,)\d+(,\[[^]]*\],)"[^"]*"', r"\1\2", leaf.decode())
        text = re.sub(r',"[A-Za-z0-9+/]{43}="\]$', ",sealed]", text)
        told.append(re.sub(ids, named, text))
    return told


def test_the_register_has_the_same_to_the_byte_whoever_judged_it(beside: Three) -> None:
    lis = [beside.living() for _ in range(3)]
    claims = [beside.city.counted(li.in_city) for li in lis]
    stranger = beside.city.person("110101199003074514", "赵六")
    beside.city.counted(stranger)
    before = {office.origin: office.size() for office in beside}
    file = new(beside, beside.province)
    done = beside.province.took(file)
    assert beside.other.took(file)["outcome"]["accepted"] == done["outcome"]["accepted"]
    assert (done["outcome"]["accepted"], [one["code"] for one in done["set_aside"]]) == (3, ["person_unknown"])

    clerk = beside.city.clerk
    clerk.act(claims[0], "correction", {
        "study": {**claims[0]["study"], "days": "3"}, "details": {"title": "三天"}, "year": 2026})
    clerk.act(claims[1], "freeze", {"words": "核查"})
    clerk.act(claims[2], "revocation", {"basis": "falsified", "words": "查实"})
    file = new(beside, beside.province)
    assert beside.province.took(file)["outcome"]["accepted"] == beside.other.took(file)["outcome"]["accepted"] == 3
    one, other = (written(office, before[office.origin]) for office in (beside.province, beside.other))
    assert one == other and len(one) > 10
    assert helper_of(beside.province).answered == [True, True], "both were judged beside"


def test_what_moved_after_it_was_judged_is_judged_again_and_stands_once(beside: Three) -> None:
    li, wang = beside.living(), beside.living("王芳")
    for one in (li, wang):
        beside.city.counted(one.in_city)
    helper, house = helper_of(beside.province), beside.province.town.house
    helper.meanwhile = lambda: beside.province.town.belongs(wang.in_province, beside.province.works, "2026-06-01")
    moved = house.ledger.store.version(wang.in_province.id)

    done = beside.province.took(new(beside, beside.province))
    assert house.ledger.store.version(wang.in_province.id) > moved and helper.answered == [True]
    assert (done["status"], done["outcome"]["accepted"]) == ("closed", 2)
    assert [len(entries(one.in_province)) for one in (li, wang)] == [1, 1]


def test_what_moves_between_two_chunks_is_judged_again_from_there(
    beside: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    lis, write = [beside.living() for _ in range(3)], Rows.write_ready
    for li in lis:
        beside.city.counted(li.in_city)

    def moving(self: Rows, ready: Any, *, by: Any) -> Any:
        if self.act.rows_done == 1:
            beside.province.town.belongs(lis[1].in_province, beside.province.works, "2026-06-01")
        return write(self, ready, by=by)

    monkeypatch.setattr(import_rows, "CHUNK_REGISTERED", 1)
    monkeypatch.setattr(Rows, "write_ready", moving)
    done = beside.province.took(new(beside, beside.province))
    assert (done["status"], done["outcome"]["accepted"]) == ("closed", 3)
    assert [len(entries(li.in_province)) for li in lis] == [1, 1, 1]


def test_a_register_that_is_killed_between_two_chunks_goes_on_with_the_same_file(
    beside: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    lis, write = [beside.living() for _ in range(3)], Rows.write_ready
    for li in lis:
        beside.city.counted(li.in_city)

    def dying(self: Rows, ready: Any, *, by: Any) -> Any:
        if self.act.rows_done == 1:
            raise KeyboardInterrupt
        return write(self, ready, by=by)

    monkeypatch.setattr(import_rows, "CHUNK_REGISTERED", 1)
    monkeypatch.setattr(Rows, "write_ready", dying)
    file = new(beside, beside.province)
    with pytest.raises(KeyboardInterrupt):
        beside.province.takes(file)
    assert [entries(li.in_province) for li in lis] == [[], [], []], "nothing of what is open counts"
    done, size = beside.province.took(file), beside.province.size()
    assert (done["outcome"]["accepted"], [len(entries(li.in_province)) for li in lis]) == (3, [1, 1, 1])
    assert beside.province.took(file) == done and beside.province.size() == size


def test_what_does_not_hold_is_refused_in_the_same_words(beside: Three) -> None:
    beside.city.counted(beside.living().in_city)
    whole = new(beside, beside.province)
    for file in (whole[:-2], whole.replace(b'"days_half":4', b'"days_half":8'), b"{}\n", b""):
        size = beside.province.size()
        one, other = (office.takes(file) for office in (beside.province, beside.other))
        said = [{**answer.get_json(), "trace_id": ""} for answer in (one, other)]
        assert one.status_code == other.status_code >= 400 and said[0] == said[1]
        assert beside.province.size() == size
    assert not any(helper_of(beside.province).answered)


def test_a_helper_that_is_killed_takes_nothing_along_and_another_takes_its_place(tmp_path: Path) -> None:
    with three(tmp_path, hand_over_helper.helpers) as there:
        helpers = there.province.town.house.helpers
        assert helpers is not None
        helpers.processes = 2
        assert helpers.wait(300)
        lis = [there.living() for _ in range(3)]
        for li in lis:
            there.city.counted(li.in_city)
        first, second, third = parts_of(there, 3)
        assert there.province.took(first)["outcome"]["accepted"] == 1
        for process in list(helpers.running()):
            os.kill(process, signal.SIGKILL)
        assert there.province.took(second)["outcome"]["accepted"] == 1
        assert not helpers.running(), "what they left was done without them"
        assert there.province.took(third)["outcome"]["accepted"] == 1
        assert [len(entries(li.in_province)) for li in lis] == [1, 1, 1]
        assert helpers.ask(abs, -1, much=True) is None and helpers.wait(300) and helpers.ask(abs, -1, much=False) == 1


def test_on_one_core_nobody_is_asked(beside: Three) -> None:
    helper, li = helper_of(beside.province), beside.living()
    beside.city.counted(li.in_city)
    helper.processes = 1
    try:
        assert beside.province.took(new(beside, beside.province))["outcome"]["accepted"] >= 1
    finally:
        helper.processes = 2
    assert not helper.answered and len(entries(li.in_province)) == 1


def test_whoever_has_nothing_to_do_goes_home() -> None:
    helpers = Helpers(os.getpid, (), processes=2, idle_s=0.01)
    assert helpers.ask(abs, -1, much=False) is None and not helpers.running(), "for so little none begins"
    helpers.wait(300)
    until = time.monotonic() + 60
    while helpers.running() and time.monotonic() < until:
        time.sleep(0.01)
    assert not helpers.running()
    helpers.close()
