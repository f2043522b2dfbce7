"""A register with something to show: a made-up history, and upon it fictitious people in four places, this morning.

`xueshi serve --sample` seeds an empty register once; one that holds anything is left alone. The history (`api.demo`) is
years that are over. Every step upon it is a request to the API by an account that may take it, so that nothing in the
sample could not have happened: `sample.toml` says who studied what, the rulebooks say what it is worth. Tokens are
written to a file that only its owner can read; one account of each role is told when the service starts.

`tests/journeys/test_sample.py` shows it.
"""

from __future__ import annotations

import hashlib
import os
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import structlog

from api.client import Client, InProcess, Reply
from api.demo.certificate import certificate
from api.house import House
from api.nobodys_numbers import credit_code, resident_id
from api.register.folder import folder_of
from api.register.occupancy import ADDRESS_FILE, Served, occupying
from api.register.register import is_there
from api.settings import Settings
from api.terminal.progress import Progress
from ledger.ids import kind_of

_STREAMS_OF_A_NEW_REGISTER: Final = frozenset({"log", "rulebook"})


class SampleFailed(Exception):
    """The sample did not go through, which is a fault of the sample. The code says what was refused."""

    def __init__(self, path: str, reply: Reply) -> None:
        self.code = str(reply.json.get("code"))
        super().__init__(f"{path}: {reply.status} {self.code} {reply.json.get('detail')} {reply.json.get('errors')}")


class Someone(NamedTuple):
    """Whoever has an id and a token."""

    id: str
    client: Client


HISTORY_PEOPLE: Final = 120
HISTORY_YEARS: Final = 6


def begin(settings: Settings, progress: Progress) -> bool:
    """Write a made-up history where there is no register yet; say whether it was. A database gets none."""
    from api.demo.calendar import day_of, last_morning
    from api.demo.history import Told
    from api.demo.making import make
    from api.telling import logs

    logs.configure("error", settings.log_format)
    folder = settings.data_folder
    if settings.database or (folder.is_dir() and any(one.name != ADDRESS_FILE for one in folder.iterdir())):
        return False
    last = day_of(last_morning(time.time_ns() // 1_000)).year - 1  # Over before anybody of the sample comes in.
    make(folder, Told(HISTORY_PEOPLE, last - HISTORY_YEARS + 1, last, seed=1), progress)
    return True


def prepare(
    settings: Settings, *, upon_history: bool = False, clock: Callable[[], int] = time.time_ns
) -> bool:
    """Seed the register of a data folder if it is empty, or holds the history alone; say whether it was."""
    from api.telling import logs

    logs.configure("error", settings.log_format)
    with suppress(OSError):  # What is wrong with the folder, the service that starts next says with its cure.
        settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return settings.data_folder.is_dir() and _seed(settings, clock, upon_history=upon_history)
    except Served:           # So it does of a service that runs already.
        return False


def _seed(settings: Settings, clock: Callable[[], int], *, upon_history: bool) -> bool:
    from api.service.composed import composed

    if upon_history or not is_there(settings):  # What was begun by the hour at which it is goes on by it.
        clock = in_the_morning(clock)
    with occupying(settings.data_folder), composed(settings, clock=clock) as app:
        house: House = app.extensions["house"]
        if not upon_history and not is_empty(house):
            return False
        path = folder_of(settings).sample_accounts
        former = path.read_text("utf-8").partition("\n\n")[2] if upon_history else ""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as accounts:
            told = script()
            sample = Sample(Client(InProcess(app.test_client())), house.register.founder_token, accounts)
            sample.play(told)
            sample.take_in_hand(told["in_hand"], house.today)
            accounts.write(former)  # Of those who are in the history alone, after those to begin with.
    structlog.contextvars.clear_contextvars()  # The service that starts now is none of the accounts.
    return True


def in_the_morning(clock: Callable[[], int]) -> Callable[[], int]:
    """A clock, in nanoseconds, by which the sample is made on a working morning that is over, at whatever hour it is.

    Offices that decide at night are a pattern of their own (D08); nobody of the sample is to be suspected of it.
    """
    from api.demo.calendar import last_morning

    now = clock()
    behind = now - last_morning(now // 1_000) * 1_000
    return lambda: clock() - behind


def is_empty(house: House) -> bool:
    """Say whether the register holds nothing but its own beginning and the rulebooks."""
    beginning = house.ledger.read(0, 100)
    return all(kind_of(one.envelope.stream) in _STREAMS_OF_A_NEW_REGISTER for one in beginning)


def script() -> dict[str, Any]:
    """Who there is, who studied what, and what is in hand."""
    return tomllib.loads(resources.files(__package__).joinpath("sample.toml").read_text(encoding="utf-8"))


def shown(accounts: Path) -> Iterable[tuple[str, str, str]]:
    """One account of each role, to begin with: its role in words, its name, its token."""
    lines = accounts.read_text("utf-8").splitlines()
    told = script()
    named = [(one.get("shown"), one["name"]) for one in told["person"]]
    named += [(one.get("shown"), _clerk(one)) for one in told["unit"]]
    named += [(one.get("shown"), one["account"]) for one in told["office"]]
    for role, name in named:
        if role is not None and name in lines:
            yield role, name, lines[lines.index(name) + 2].strip()


def _clerk(unit: Mapping[str, Any]) -> str:
    return f"{unit['name'].removesuffix('（示例）')}经办"


class Sample:
    """The sample on its way into a register."""

    def __init__(self, client: Client, founder_token: str, accounts: IO[str]) -> None:
        self._nobody = client
        self._founder = client.bearing(founder_token)
        self._accounts = accounts
        self._units: dict[str, str] = {}
        self._known: dict[str, Someone] = {}
        self._offices: list[tuple[Mapping[str, str], Someone]] = []
        self._clerks: dict[str, Someone] = {}
        self._numbers = iter(range(900, 1_000))  # Those before are the history's.

    def play(self, told: Mapping[str, Any]) -> None:
        """Enter offices, units, people, and what they studied."""
        self._accounts.write("示例账号（虚构）。令牌用于登录页面，或 XUESHI_TOKEN。\n\n")
        for office in told["office"]:
            if "of" in office:  # A colleague in a house that is there already.
                self._units[office["key"]] = self._units[office["of"]]
            else:
                self._unit(office, kind=office.get("kind", "department"))
            scope = office["scope"]
            officer = self._officer(office["key"], office["account"], scope, office.get("official"))
            self._offices.append((scope, officer))
            for source in office.get("sources", ()):
                _did(officer.client, "/v1/import-sources", source)
        for unit in told["unit"]:
            id_ = self._unit(unit, kind="employer")
            scope = {"role": "unit", "region": unit["seat"][0], "unit": id_}
            self._clerks[id_] = self._officer(unit["key"], _clerk(unit), scope)
        for person in told["person"]:
            self._person(person)

    def take_in_hand(self, told: Iterable[Mapping[str, Any]], today: date) -> None:
        """Begin what is under way this morning. A day is so many days from it; who is in braces is known by name."""
        ids = {name: one.id for name, one in self._known.items()}

        def said(value: Any) -> Any:
            if not isinstance(value, str):
                return value
            days, _, part = value.removeprefix("+").partition(".")
            if value.startswith("+"):
                day = today + timedelta(int(days))
                return day.year if part == "year" else day.isoformat()
            return value.format_map(ids)

        for one in told:
            body = {name: said(value) for name, value in one["body"].items()}
            _did(self._known[one["by"]].client, said(one["asks"]), body)

    def _unit(self, unit: Mapping[str, Any], *, kind: str) -> str:
        region, sector = unit["seat"]
        made = _did(self._nobody, "/v1/units", {
            "credit_code": credit_code(next(self._numbers), kind), "name": unit["name"], "region": region,
            "sector": sector, "kinds": [kind], "contact": {"name": "示例联系人"},
        })
        id_: str = made["unit"]
        _did(self._founder, f"/v1/units/{id_}/verification", version=made["version"])
        self._units[unit["key"]] = id_
        return id_

    def _officer(
        self, key: str, name: str, scope: Mapping[str, str], official: Mapping[str, str] | None = None
    ) -> Someone:
        body: dict[str, Any] = {"organisation": self._units[key], "account": f"sample-{key}",
                                "official": {"name": "示例经办人"}}
        if official is not None:  # Of one of the separated three it must be known who they are.
            made = self._registered(official)
            body |= {"official": {"name": official["name"]}, "person": made["person"]}
        made = _did(self._founder, "/v1/actors", body)
        _did(self._founder, f"/v1/actors/{made['actor']}/scopes", scope, version=made["version"])
        token = _did(self._founder, f"/v1/actors/{made['actor']}/tokens")["token"]
        return self._holder(name, made["actor"], token)

    def _person(self, person: Mapping[str, Any]) -> None:
        made = self._registered(person)
        self_ = self._holder(person["name"], made["person"], made["token"])
        for place in person["belongs"]:
            unit = self._units[place["unit"]]
            asked = _did(self_.client, f"/v1/persons/{self_.id}/transfers",
                         {**{name: value for name, value in place.items() if name not in ("unit", "becomes")},
                          "to_unit": unit})
            if place.get("becomes") == "waiting":
                continue
            _did(self._clerks[unit].client, f"/v1/transfers/{asked['transfer']}/confirmation",
                 version=asked["version"])
        for study in person["studies"]:
            self._study(self_, study)

    def _registered(self, person: Mapping[str, Any]) -> dict[str, Any]:
        return _did(self._nobody, "/v1/persons", {
            "name": person["name"], "id_kind": "resident_id",
            "id_number": resident_id(person["born"], next(self._numbers)),
        })

    def _study(self, self_: Someone, told: Mapping[str, Any]) -> None:
        """Submit, pass every step, and do what became of it."""
        study = {"category": "professional", **told}
        title, becomes = study.pop("title"), study.pop("becomes", "approved")
        reason: dict[str, Any] = {name: study.pop(name) for name in ("words", "basis") if name in study}
        was = study.pop("was", {})
        proof = {"kind": "certificate", "sha256": self._handed_in(self_, title)}
        body = {"study": {**study, **was}, "details": {"title": title}, "evidence": [proof]}
        claim = _did(self_.client, "/v1/claims", {"person": self_.id, **body})
        if becomes == "waiting":
            return
        if becomes == "returned":
            self._act(claim, "return", reason)
            return
        for _ in claim["steps"][:-1]:
            claim = self._act(claim, "endorsement")
        claim = self._act(claim, "approval", {"opened_evidence": [proof["sha256"]]})
        if becomes == "corrected":
            self._act(claim, "correction", {**body, "study": study})
        elif becomes != "approved":
            self._act(claim, {"frozen": "freeze", "revoked": "revocation"}[becomes], reason)

    def _handed_in(self, self_: Someone, title: str) -> str:
        """Send the certificate of a study, so that whoever approves can open it; gives its digest."""
        file = certificate(title)
        sha256 = hashlib.sha256(file).hexdigest()
        path = f"/v1/persons/{self_.id}/evidence/{sha256}"
        reply = self_.client.put(path, file, name=f"{title}.pdf")
        if not reply.ok:
            raise SampleFailed(path, reply)
        return sha256

    def _act(self, claim: dict[str, Any], what: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        office = self._office(claim["step_due"] or claim["steps"][-1], claim)
        return _did(office.client, f"/v1/claims/{claim['claim']}/{what}", body, version=claim["version"])

    def _office(self, role: str, claim: Mapping[str, Any]) -> Someone:
        """Whoever may take a step about a claim."""
        if role == "unit":
            return self._clerks[claim["unit"]]
        return next(
            office for scope, office in self._offices
            if scope["role"] == role and claim["region"].startswith(scope["region"])
            and scope.get("sector") in (None, claim["sector"])
        )

    def _holder(self, name: str, id_: str, token: str) -> Someone:
        self._accounts.write(f"{name}\n  {id_}\n  {token}\n")
        self._accounts.flush()
        self._known[name] = Someone(id_, self._nobody.bearing(token))
        return self._known[name]


def _did(
    client: Client, path: str, body: Mapping[str, Any] | None = None, *, version: int | None = None
) -> dict[str, Any]:
    reply = client.post(path, body, version=version)
    if not reply.ok:
        raise SampleFailed(path, reply)
    found: dict[str, Any] = reply.json
    return found
