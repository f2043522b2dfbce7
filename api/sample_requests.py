"""The sample, request by request: who registers, who studied what, who decides, and what is in hand this morning.

Every step is a request to the API by an account that may take it, so that nothing in the sample could not have
happened: `sample.toml` says who studied what, the rulebooks say what it is worth.

`tests/journeys/test_sample.py` shows it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from importlib import resources
from typing import IO, Any, Final, NamedTuple

from api.client import Client, Reply
from api.demo.certificate import certificate
from api.nobodys_numbers import credit_code, resident_id

_DAYS: Final = re.compile(r"([+-]\d+)(\.year)?", re.ASCII)


class SampleFailed(Exception):
    """The sample did not go through, which is a fault of the sample. The code says what was refused."""

    def __init__(self, path: str, reply: Reply) -> None:
        self.code = str(reply.json.get("code"))
        super().__init__(f"{path}: {reply.status} {self.code} {reply.json.get('detail')} {reply.json.get('errors')}")


class Someone(NamedTuple):
    """Whoever has an id and a token."""

    id: str
    client: Client


def script() -> dict[str, Any]:
    """Who there is, who studied what, and what is in hand."""
    return tomllib.loads(resources.files(__package__).joinpath("sample.toml").read_text(encoding="utf-8"))


def clerk(unit: Mapping[str, Any]) -> str:
    """What the account of a unit is called."""
    return f"{unit['name'].removesuffix('（示例）')}经办"


class Sample:
    """The sample on its way into a register."""

    def __init__(self, client: Client, founder_token: str, accounts: IO[str], today: date) -> None:
        self._nobody = client
        self._today = today
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
            self._clerks[id_] = self._officer(unit["key"], clerk(unit), scope)
        for person in told["person"]:
            self._person(person)

    def take_in_hand(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Begin what is under way this morning. Who is in braces is known by name."""
        for one in told:
            _did(self._known[one["by"]].client, self._said(one["asks"]), self._dated(one["body"]))

    def _dated(self, told: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._said(value) for name, value in told.items()}

    def _said(self, value: Any) -> Any:
        """A day is so many days from this morning, before or after; a year may be that day's."""
        if not isinstance(value, str):
            return value
        if found := _DAYS.fullmatch(value):
            day = self._today + timedelta(int(found[1]))
            return day.year if found[2] else day.isoformat()
        return value.format_map({name: one.id for name, one in self._known.items()})

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
            self._study(self_, person["name"], study)

    def _registered(self, person: Mapping[str, Any]) -> dict[str, Any]:
        return _did(self._nobody, "/v1/persons", {
            "name": person["name"], "id_kind": "resident_id",
            "id_number": resident_id(person["born"], next(self._numbers)),
        })

    def _study(self, self_: Someone, name: str, told: Mapping[str, Any]) -> None:
        """Submit, pass every step, and do what became of it."""
        study = {"category": "professional", **self._dated(told)}
        title, becomes = study.pop("title"), study.pop("becomes", "approved")
        reason: dict[str, Any] = {name: study.pop(name) for name in ("words", "basis") if name in study}
        was = study.pop("was", {})
        proof = {"kind": "certificate", "sha256": self._handed_in(self_, name, title)}
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

    def _handed_in(self, self_: Someone, name: str, title: str) -> str:
        """Send the certificate of a study, so that whoever approves can open it; gives its digest."""
        file = certificate(name, title)
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
