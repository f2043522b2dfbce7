"""What each class of clients does when its time has come."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from typing import Any

from tests.api.house_kit import SHA, study
from tests.bench.december.clients import Answer, Clients, Written
from tests.bench.december.place import DISTRICT, Learner, Place
from tests.bench.december.shape import Due, Shape
from tests.bench.http import YEAR

BATCH = 20
_LINES = "application/x-ndjson"
_WHY = {"words": "同一天多处签到"}


class Scripts:
    """Everyone's part."""

    def __init__(self, clients: Clients, place: Place, shape: Shape, *, seed: int = 1) -> None:
        self._clients, self._place, self._shape = clients, place, shape
        self._dice, self._numbers = random.Random(seed), itertools.count(1)
        self._learners, self._clerks = itertools.cycle(place.people), itertools.cycle(place.clerks)
        self._booking, self._classes = iter(place.people), iter(place.classes)
        self._claims: list[tuple[Learner, str]] = []  # The latest, each with whose it is.
        self._year = YEAR

    async def play(self, due: Due) -> None:
        """Do what is due."""
        play = {
            "looks": self._looks, "claims": self._submits, "approvals": self._approvals, "queues": self._queues,
            "bookings": self._bookings, "rosters": self._rosters, "replay": self._replay,
            "investigation": self._investigation,
        }
        await play[due.kind](due)

    async def _looks(self, due: Due) -> None:
        whose, what = next(self._learners), self._dice.randrange(10)
        path = f"/v1/persons/{whose.person}/years/{self._year}"
        if what >= 6 and self._claims:
            whose, claim = self._claims[-1 - self._dice.randrange(min(len(self._claims), 200))]
            path = f"/v1/claims/{claim}"
        elif what == 5:
            path = f"/v1/exams/{self._dice.choice(self._place.exams)}"
        await self._clients.ask(due.kind, request("GET", path, whose.token), due.at_ns)

    async def _submits(self, due: Due) -> None:
        whose = next(self._learners)
        number = next(self._numbers)
        body = {"person": whose.person, "study": study(date=f"{self._year}-0{1 + number % 9}-{1 + number % 28:02d}"),
                "details": {"title": f"培训{number}"}, "evidence": [{"kind": "certificate", "sha256": SHA}]}
        answer = await self._wrote("claims", "/v1/claims", whose.token, body, due.at_ns)
        if answer is not None:
            self._claims.append((whose, answer.json()["claim"]))

    async def _approvals(self, due: Due) -> None:
        token = next(self._clerks)
        answer = await self._clients.ask("queues", request("GET", f"/v1/work?limit={BATCH}", token), due.at_ns)
        if answer is None or answer.status != 200 or not (items := answer.json()["items"]):
            return
        lines = "".join(json.dumps({"claim": one["id"], "version": one.get("version", 1)}) + "\n" for one in items)
        asked = request("POST", "/v1/claims:bulk?continue_on_failure=true", token, lines.encode(), key=self._key(),
                        content_type=_LINES)
        told = await self._clients.ask("approvals", asked, self._clients.now_ns())
        for line in (told.body.splitlines() if told is not None and told.status == 200 else ()):
            found = json.loads(line)
            if "events" in found:
                self._clients.written.append(Written("approvals", found["claim"], tuple(found["events"])))

    async def _queues(self, due: Due) -> None:
        await self._clients.ask(due.kind, request("GET", "/v1/work?limit=50", next(self._clerks)), due.at_ns)

    async def _bookings(self, due: Due) -> None:
        if (whose := next(self._booking, None)) is not None:
            body = {"exam": self._dice.choice(self._place.exams), "enrolment": whose.enrolment}
            await self._wrote(due.kind, "/v1/bookings", whose.token, body, due.at_ns)

    async def _rosters(self, due: Due) -> None:
        if (training := next(self._classes, None)) is not None:
            body = {"file": training.workbook}
            await self._wrote(due.kind, training.place, self._place.registrar, body, due.at_ns, training.version)

    async def _replay(self, due: Due) -> None:
        body = {"under": "now", "against": "set:zhejiang/2016-08-01"}
        asked = request("POST", "/v1/replays", self._place.policy, json.dumps(body).encode(), key=self._key())
        answer = await self._clients.ask(due.kind, asked, due.at_ns)
        state = answer.json() if answer is not None and answer.status in (200, 202) else {"state": "refused"}
        while state["state"] in ("queued", "running"):
            await asyncio.sleep(2)
            look = request("GET", f"/v1/jobs/{state['job']}", self._place.policy)
            if (answer := await self._clients.ask(due.kind, look, self._clients.now_ns())) is None:
                return
            state = answer.json()
        self._clients.counts[due.kind].outcomes[f"replay_{state['state']}"] += 1

    async def _investigation(self, due: Due) -> None:
        token, at, ends = self._place.supervisor, due.at_ns, self._shape.seconds * 1_000_000_000
        while self._clients.now_ns() < ends:
            asks: list[tuple[str, dict[str, Any] | None]] = [("/v1/findings?purpose=investigation", None)]
            if self._claims:
                whose, claim = self._claims[self._dice.randrange(len(self._claims))]
                asks += [(f"/v1/claims/{claim}/shared?purpose=investigation", None),
                         (f"/v1/persons/{whose.person}/timeline?purpose=investigation", None),
                         ("/v1/cases", {"kind": "falsification", "region": DISTRICT, "claims": [claim], **_WHY})]
            for path, body in asks:
                if body is None:
                    await self._clients.ask(due.kind, request("GET", path, token), at)
                else:
                    await self._wrote(due.kind, path, token, body, at)
                await asyncio.sleep(1)
                at = self._clients.now_ns()

    async def _wrote(
        self, kind: str, path: str, token: str, body: dict[str, Any], due_ns: int, version: int | None = None
    ) -> Answer | None:
        """Write, and remember what was acknowledged; None where it was not."""
        asked = request("POST", path, token, json.dumps(body).encode(), key=self._key(), version=version)
        answer = await self._clients.ask(kind, asked, due_ns)
        if answer is None or answer.status != 201:
            return None
        found = answer.json()
        stream = next(found[name] for name in ("claim", "booking", "case", "training_class") if name in found)
        self._clients.written.append(Written(kind, stream, tuple(found["events"])))
        return answer

    def _key(self) -> str:
        return f"december-{next(self._numbers)}"


def request(
    method: str, path: str, token: str = "", body: bytes = b"", *, key: str = "", version: int | None = None,
    content_type: str = "application/json",
) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    head += f"Idempotency-Key: {key}\r\n" if key else ""
    head += f'If-Match: "v{version}"\r\n' if version is not None else ""
    head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n" if body else ""
    return head.encode() + b"\r\n" + body

