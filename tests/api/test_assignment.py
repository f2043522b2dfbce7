"""A claim is handed to a colleague, taken and given back; it binds nobody and ends with its step."""

from __future__ import annotations

from pathlib import Path

from api.cases.claiming import assignment
from api.operational.callers import Caller
from ledger.errors import Refusal
from tests.api.command_kit import Ended, answering, xueshi
from tests.api.house_kit import BODY, SHA, Someone, Town, study


def office(town: Town) -> tuple[Someone, Someone, Someone, BODY]:
    """A person at a unit of Ningbo's industry and two hands of the unit, which registers them (N 8)."""
    works = town.unit("甬江机械厂", "330203", "industry")
    person = town.person()
    town.belongs(person, works, "2020-01-01")
    first, second = (town.officer(works, "unit", "330203", unit=works["unit"]) for _ in range(2))
    return person, first, second, works


def holder_in(list_of: Someone, claim: BODY) -> str | None:
    holder: str | None = next(
        one["holder"] for one in list_of.saw("/v1/work")["items"] if one["id"] == claim["claim"])
    return holder


def test_a_claim_is_handed_on_and_given_back_as_old_as_it_was(town: Town) -> None:
    person, first, second, _ = office(town)
    claim = person.submit(study())
    since = first.saw("/v1/work")["items"][0]["since"]

    claim = first.act(claim, "assignment", {"to": second.id, "words": "我出差"})
    assert (claim["assigned"], claim["status"], claim["step_due"]) == (second.id, "under_review", "unit")
    assert holder_in(first, claim) == holder_in(second, claim) == second.id
    assert first.saw("/v1/work")["items"][0]["since"] == since
    assert person.saw(f"/v1/claims/{claim['claim']}")["said"][-1]["words"] == "我出差"

    claim = second.act(claim, "assignment", {"to": None})
    assert (claim["assigned"], holder_in(first, claim)) == (None, None)
    then = first.saw("/v1/work", as_of=str(claim["events"][0] - 1))["items"][0]
    assert (then["id"], then["holder"]) == (claim["claim"], second.id), "as of then it was the other's"


def test_whoever_may_decide_still_decides_and_with_the_step_it_ends(town: Town) -> None:
    person, first, second, _ = office(town)
    claim = first.act(person.submit(study()), "assignment", {"to": first.id})
    returned = second.act(claim, "return", {"words": "请补日程"})
    assert (returned["status"], returned["assigned"]) == ("returned", None)

    again = person.act(returned, "revision", {"study": study(days="3"), "details": {"title": "补正"},
                                            "evidence": [{"kind": "certificate", "sha256": SHA}]})
    assert holder_in(first, again) is None
    taken = second.act(again, "assignment", {"to": second.id})
    done = first.act(taken, "approval", {})
    assert (done["status"], done["assigned"]) == ("approved", None)
    lines = {one["what"]: one for actor in (first, second)
             for one in actor.saw(f"/v1/actors/{actor.id}/timeline", purpose="review")["items"]}
    assert lines["claim.approved"]["decision"]["waited_since"] == again["events"][0]
    assert "decision" not in lines["claim.assigned"], "being handed on is no step"


def test_it_goes_to_nobody_who_could_not_take_the_step(town: Town) -> None:
    person, first, second, works = office(town)
    bureau = town.unit("宁波市人社局", "330200", "general")
    beside = town.officer(works, "unit", "330203", unit=bureau["unit"])
    away = town.officer(bureau, "unit", "330203", unit=works["unit"])
    own = town.officer(works, "unit", "330203", unit=works["unit"], person=person.id)
    gone = town.officer(works, "unit", "330203", unit=works["unit"])
    town.founder.did(f"/v1/actors/{gone.id}/suspension", version=2)
    claim = person.submit(study())

    for to, code in ((beside, "assignee_unfit"), (own, "assignee_unfit"), (gone, "assignee_unfit"),
                     (away, "assignee_elsewhere")):
        no = first.refused(claim, "assignment", {"to": to.id})
        assert (no["code"], no["status"]) == (code, 422)
    assert first.refused(claim, "assignment", {"to": "acr_" + "0" * 22})["code"] == "actor_absent"
    assert first.refused(claim, "assignment", {"to": None})["code"] == "assignment_unchanged"
    assert person.refused(claim, "assignment", {"to": second.id})["code"] == "official_needed"
    assert first.refused(first.act(claim, "approval", {}), "assignment", {"to": second.id})["code"] == "claim_not_open"


def test_a_hand_of_a_level_that_the_law_does_not_name_is_given_nothing(town: Town) -> None:
    works = town.unit("嘉兴某院", "330402", "natural_resources")
    person = town.person()
    town.belongs(person, works, "2020-01-01", major="测绘地理信息")
    bureau = town.unit("嘉兴某局", "330402", "natural_resources")
    county, province = (town.officer(bureau, "sector_authority", region) for region in ("330402", "33"))
    claim = person.submit(study())

    no = county.refused(claim, "assignment", {"to": province.id})
    assert no["code"] == "assignee_unfit"


def test_colleagues_are_those_who_could_take_it_by_masked_name_and_recorded(town: Town) -> None:
    person, first, second, works = office(town)
    town.officer(works, "unit", "330204", unit=works["unit"])
    claim = person.submit(study())
    access = town.house.register.access
    before = access.store.size()

    found = assignment.colleagues(town.house, Caller("actor", first.id), claim["claim"])

    assert not isinstance(found, Refusal)
    confirming = found[-1]  # Who confirmed that the person belongs there is of the unit too.
    assert found[0].words == "我"
    assert {one.actor for one in found} >= {first.id, second.id, confirming.actor}
    assert len(found) == 3
    assert confirming.words == f"经*人（账号尾号 {confirming.actor[-4:]}）"
    assert access.store.size() == before + 2, "oneself is nobody's look"


def test_the_command_hands_on_gives_back_and_says_why_a_claim_is_put_right(town: Town, tmp_path: Path) -> None:
    person, first, second, _ = office(town)
    claim = person.submit(study())
    with answering(town.app) as server:

        def run(*arguments: str) -> Ended:
            return xueshi(tmp_path, "claim", *arguments, XUESHI_SERVER=server, XUESHI_TOKEN=str(first.token))

        handed = run("assign", claim["claim"], "--to", second.id, "--words", "我出差")
        assert (handed.returncode, "已转办" in handed.stdout, second.id in handed.stdout) == (0, True, True), handed
        assert "已退还" in run("assign", claim["claim"], "--back").stdout
        neither = run("assign", claim["claim"])
        assert (neither.returncode != 0, "--to 与 --back 须选其一" in neither.stderr) == (True, True), neither
        assert run("approve", claim["claim"]).returncode == 0
        facts = [f"{name}={value}" for name, value in study(days="3").items()]
        right = run("correct", claim["claim"], *facts, "--title", "某次培训", "--because", "证书上是三天")
        assert right.returncode == 0, right.stderr
    assert person.saw(f"/v1/claims/{claim['claim']}")["said"][-1]["words"] == "证书上是三天"
