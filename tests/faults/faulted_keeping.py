"""More operations that faults are put into: keys that are exchanged, looks that go, a second factor, what a case does.

As those of `faulted_operations.py`, each with what has to hold after it.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from api.cases.investigating import case_bulk
from api.commands import access
from api.operational.second_factor import code_at
from api.register.register import SYSTEM, open_register
from api.service.bulk_runner import BulkRunner
from api.service.composed import composed
from api.settings import Settings
from ledger.access.log import anchor_access, record_accesses
from ledger.events.base import By
from ledger.events.claim import ClaimRevoked
from ledger.vocabulary import PersonId
from tests.api.case_kit import WHY, desk_in
from tests.api.house_kit import Someone, house_in
from tests.faults.faulted_operations import Operation, as_a_command, command, followed, say
from tests.faults.faulted_register import Scene
from tests.waiting import until

DAY_NS = 86_400 * 10**9
LOOKS = 300    # More than fill a tile: only full ones go.


# Keys


def opened(scene: Scene, said: str) -> None:
    """Whatever master key is the present one opens what was sealed."""
    status, told, stderr = scene.ran(
        "person", "show", scene.lived.person, XUESHI_TOKEN=scene.lived.tokens["person"])
    assert status == 0 and "李*" in told, told + stderr


def signed(scene: Scene, said: str) -> None:
    """Whatever keys there are sign, and what was signed before is still known."""
    status, told, stderr = scene.ran("log", "checkpoint")
    assert status == 0, told + stderr


def exchanged(scene: Scene) -> None:
    """Another key was added and signed with."""
    scene.seen["retired"] = key_ids(scene)[0]
    assert scene.ran("keys", "sign-with-new")[0] == 0
    assert scene.ran("log", "checkpoint")[0] == 0


def sign_with_new_again(scene: Scene) -> tuple[int, str, str]:
    """Done, or refused since it was done: both keys sign, and only the name of the file that says so was not synced."""
    ended = scene.ran("keys", "sign-with-new")
    was_done = "[signing_key_not_changed]" in ended[2] and len(key_ids(scene)) == 2
    return (0, "", "") if was_done else ended


def key_ids(scene: Scene) -> list[str]:
    register = open_register(Settings(data_folder=scene.data))
    try:
        return [key.public().key_id.hex() for key in register.signer.keys]
    finally:
        register.close()


# The access log


@contextmanager
def years_later(scene: Scene) -> Iterator[None]:
    """Only what the command asks: whether the time of an entry is over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(access, "time", SimpleNamespace(time_ns=lambda: scene.seen["looked"] + DAY_NS // 48))
        yield


def looked_long_ago(scene: Scene) -> None:
    """Some hundred looks, and one two years and a half later; both under roots that the ledger recorded."""
    scene.seen["looked"] = now = time.time_ns() + 930 * DAY_NS
    register = open_register(Settings(data_folder=scene.data))
    try:
        for looks, at in ((LOOKS, now - 900 * DAY_NS), (1, now)):
            for log in (register.ledger, register.access):
                log.store.clock = lambda at=at: at  # type: ignore[misc]
            record_accesses(register.access, by=By(actor="acr_" + "1" * 22, role="unit"),
                            subjects=[PersonId(scene.lived.person)] * looks, purpose="annual_review", what=("years",),
                            route="years", now_ms=at // 10**6)
            anchor_access(register.ledger, register.access_signer, by=SYSTEM, now=at // 1_000)
    finally:
        register.close()


def prune(scene: Scene) -> int:
    with years_later(scene):
        return scene.run("access", "prune", XUESHI_ACCESS_MONTHS="12")


def prune_again(scene: Scene) -> tuple[int, str, str]:
    with years_later(scene):
        return scene.ran("access", "prune", "--json", XUESHI_ACCESS_MONTHS="12")


def pruned(scene: Scene, said: str) -> None:
    """What was to go is gone, or goes the next time; the checker has looked at the rest."""
    status, told, stderr = prune_again(scene)
    assert status == 0, told + stderr
    assert json.loads(told)["left"] == 0 and json.loads(told)["upto"] == 256, told
    assert "✓" not in said or json.loads(told)["cut"] == 0, "what was said to be gone was gone"


# A second factor


def set_up(scene: Scene) -> None:
    """Somebody sets one up, and has other codes on paper given to them."""
    with composed(Settings(data_folder=scene.data), serves=False) as app:
        li = Someone(app.test_client(), scene.lived.tokens["person"], scene.lived.person)

        def ask(step: str, path: str, body: dict[str, str]) -> Any:
            answer = li.post(f"/v1/second-factor/{path}", body, key=f"the-key-of-{step}-0001")
            say(step=step, status=answer.status_code, body=answer.get_json(), retry=answer.headers.get("Retry-After"))
            return answer.get_json() if answer.status_code < 300 else None

        offered = ask("enrolment", "enrolment", {})
        if offered and ask("confirmation", "confirmation",
                           {"code": code_at(offered["secret"], time.time_ns() // 1_000)}):
            ask("codes", "recovery-codes", {})


def has_one(scene: Scene, said: str) -> None:
    """Whoever was told that they have one has it, with the codes that they were given last; nobody has half of one."""
    first = {line["step"]: line for line in map(json.loads, re.findall(r'^\{"step.*', said, re.MULTILINE))}
    done = [step for step, line in first.items() if line["status"] < 300]
    with composed(Settings(data_folder=scene.data), serves=False) as app:
        li = Someone(app.test_client(), scene.lived.tokens["person"], scene.lived.person)
        has = li.saw("/v1/second-factor")
        assert "confirmation" not in done or has["since"], (done, has)
        assert has["recovery_codes_left"] in ((9, 10) if has["since"] else (0,)), "one is tried here"
        papers = next((first[step]["body"]["recovery_codes"] for step in ("codes", "confirmation") if step in done), [])
        if papers and len(first) == len(done):  # What was not answered may have been done.
            checked = li.post("/v1/second-factor/check", {"code": papers[0]}, key="the-key-of-the-check-0001")
            assert checked.status_code < 300, checked.get_json()


# What a case does to many entries


def asked_for(scene: Scene) -> None:
    """A case revokes three entries, in the background; nobody has begun yet."""
    with house_in(scene.data) as town:
        town.numbers = itertools.count(9_000)
        desk = desk_in(town, 3)
        desk.act(desk.first, "members", {"actor": desk.second.id})
        desk.act(desk.first, "finding", {"finding": "substantiated", **WHY})
        body = {"act": "revoke", "basis": "falsified", **WHY}
        body["list_sha256"] = desk.would(desk.first, "bulk", body)["list_sha256"]
        headers = {**desk.first.headers(version=desk.version(), key="the-key-of-the-bulk-0001"), "Prefer": "wait=0"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(case_bulk, "CHUNK", 1)
            answer = desk.first.client.post(f"/v1/cases/{desk.case}/bulk", json=body, headers=headers)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        scene.seen["bulk"] = answer.get_json()["job"], desk.claims


def go_on(scene: Scene) -> None:
    """A service that has just been begun goes on with what waits."""
    job, _ = scene.seen["bulk"]
    with pytest.MonkeyPatch.context() as patch, house_in(scene.data) as town:
        patch.setattr(case_bulk, "CHUNK", 1)
        runner = BulkRunner(town.house)
        runner.start()
        try:
            found = until(lambda: (now := town.house.jobs.find(job)) is not None and now.ended_at is not None and now)
        finally:
            runner.stop()
    say(state=found.state)


def revoked_once(scene: Scene, said: str) -> None:
    """Each entry was revoked once at most, and all of them where that was said."""
    register = open_register(Settings(data_folder=scene.data))
    try:
        _, claims = scene.seen["bulk"]
        events = (one.envelope.event for one in register.ledger.read(limit=20_000))
        found = Counter(one.claim for one in events if isinstance(one, ClaimRevoked) and one.claim in claims)
    finally:
        register.close()
    assert set(found.values()) <= {1}, found
    assert '"done"' not in said or len(found) == len(claims), found


def go_on_again(scene: Scene) -> tuple[int, str, str]:
    go_on(scene)
    return 0, "", ""


def as_the_log_says(name: str, scene: Scene, said: str) -> None:
    """What was being made anew is, if it says so, what the log says."""
    if "✓" in said:
        status, told, stderr = scene.ran("rebuild", name, "--compare")
        assert status == 0, told + stderr


KEEPING: dict[str, Operation] = {each.name: each for each in (
    command("rewrap of the keys", "keys", "rewrap", "--to", "file:{there}/other.key", holds=opened),
    Operation("another signing key", lambda scene: scene.run("keys", "sign-with-new"), signed, sign_with_new_again),
    Operation("a signing key that is retired",
              lambda scene: scene.run("keys", "retire", scene.seen["retired"]), signed,
              lambda scene: scene.ran("keys", "retire", scene.seen["retired"]), exchanged),
    Operation("looks that go", prune, pruned, prune_again, looked_long_ago),
    *(command(f"rebuild of the {name}", "rebuild", name, holds=partial(as_the_log_says, name), before=followed)
      for name in ("clues", "differences", "looks")),
    Operation("second factor", partial(as_a_command, set_up), has_one, lambda scene: (0, "", "")),
    Operation("bulk act of a case", partial(as_a_command, go_on), revoked_once, go_on_again, asked_for),
)}
