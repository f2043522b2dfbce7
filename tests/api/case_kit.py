"""A case about a whole class: people of a works who were registered together, and three who watch over the place."""

from __future__ import annotations

from typing import NamedTuple

from tests.api.house_kit import BODY, Someone, Town, study

WATCH = "supervisor"
WHY = {"words": "签到表有两处笔迹相同"}
FOR = {"purpose": "case_handling"}


class Desk(NamedTuple):
    """A case with its entries, its first member, a colleague who is none, and another bureau's."""

    town: Town
    people: list[Someone]
    claims: list[str]
    clerk: Someone
    first: Someone
    second: Someone
    third: Someone
    away: Someone
    case: str

    def version(self) -> int:
        return self.town.house.ledger.store.version(self.case)

    def act(self, whom: Someone, what: str, body: BODY | None = None, **more: object) -> BODY:
        return whom.did(f"/v1/cases/{self.case}/{what}", body, version=self.version(), **more)  # type: ignore[arg-type]

    def no(self, whom: Someone, what: str, body: BODY | None = None, **more: object) -> str:
        answer = whom.post(f"/v1/cases/{self.case}/{what}", body, version=self.version(), **more)  # type: ignore[arg-type]
        assert answer.status_code >= 400, answer.get_data(as_text=True)
        return str(answer.get_json()["code"])

    def would(self, whom: Someone, what: str, body: BODY) -> BODY:
        answer = whom.post(f"/v1/cases/{self.case}/{what}", body, dry_run="true")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: BODY = answer.get_json()["would"]
        return found

    def saw(self, whom: Someone, what: str = "", **query: str) -> BODY:
        return whom.saw(f"/v1/cases/{self.case}{what}", **{**FOR, **query})

    def statuses(self, claims: list[str] | None = None) -> list[str]:
        watch = self.first
        return [str(watch.saw(f"/v1/claims/{one}", **FOR)["status"]) for one in claims or self.claims]


def desk_in(town: Town, people: int = 3, named: int | None = None) -> Desk:
    """Register an entry of each of so many people, and open a case on the first `named` of them."""
    works = town.unit("某厂", "330203", "industry")
    clerk = town.officer(works, "unit", "330203", unit=works["unit"])
    everyone, claims = [], []
    for number in range(people):
        one = town.person(f"学员{'甲乙丙丁戊己庚辛'[number]}")
        town.belongs(one, works, "2020-01-01")
        claims.append(str(clerk.act(one.submit(study(date=f"2026-0{2 + number}-02")), "approval", {})["claim"]))
        everyone.append(one)
    bureau, other = town.unit("市监督局", "330200", "general"), town.unit("温州监督局", "330300", "general")
    first, second, third = (town.officer(bureau, WATCH, "3302") for _ in range(3))
    opened = first.did("/v1/cases", {"kind": "falsification", "region": "330203", "claims": claims[:named], **WHY})
    return Desk(town, everyone, claims, clerk, first, second, third, town.officer(other, WATCH, "3303"),
                str(opened["case"]))
