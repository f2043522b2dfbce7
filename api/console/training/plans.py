"""One year's plan: what is foreseen, who put it on file, how it was judged, and what can be done about it.

Words that were said to its organiser are for its own people and for the offices it filed with.
`tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.cases.belonging.ended import words_of
from api.cases.doing import Reading
from api.cases.training import trainings
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import offered
from api.console.moment import asked_moment
from api.console.records import passage_of, unit_name
from api.console.screen import Asking, Page, Shown
from api.console.training import training_forms
from api.console.training.papers_filed import papers_here
from api.console.training.training_deeds import PLAN_MARKS, PLANS, plan_subject
from api.console.training.training_lists import organisers
from api.words.codes import PLAN_FILES
from api.words.telling import GRADES, funded
from api.words.telling import role as role_name
from api.words.year_page import region
from ledger.errors import Refusal
from policies.words import base_vocabulary


def plan(asking: Asking, plan: str) -> Shown:
    """One year's plan: what is foreseen, who put it on file, what came of it."""
    house = asking.house
    moment = asked_moment()
    position = moment.position(house)
    body = trainings.plan(house, asking.caller, plan, as_of=position)
    if isinstance(body, Refusal):
        return body
    basis = house.answers.reflects(position)
    said = body["said"]
    done = {one["recipient"]: one for one in body["acknowledged"]}
    return Page("plan.html", {
        "moment": moment, "basis": told_basis(basis), "one": body, "state": PLAN_MARKS[body["status"]],
        "organiser": words_of(Reading(house.ledger), unit_name(house, body["organiser"]), body["unit_ended"]),
        "vocabulary": base_vocabulary(),
        "place": region(body["region"]), "grades": GRADES, "role_name": role_name,
        "way": [{"words": "申报", "about": str(body["filed_on"]), "state": "done"}, *(
            {"words": f"{role_name(role)}备案",
             "about": unit_name(house, done[role]["office"]) if role in done else "",
             "state": "done" if role in done else "off" if body["status"] == "returned" else "now"}
            for role in body["recipients"])],
        "judged": _judged(asking, body["evaluations"], body["year"]),
        "corrected": _judged(asking, body["corrected"], body["year"]),
        "seeks": funded(body["items"]) > 0,
        "last_year": _judged(asking, body["last_year"], body["year"] - 1),
        "offers": offered(asking, PLANS, plan_subject(asking, body)) if moment.is_now else [],
        "file_kinds": PLAN_FILES, "files": papers_here(body),
        "may_refile": moment.is_now and training_forms.why_not_refile_plan(asking, body) is None,
        "may_file": moment.is_now and body["organiser"] in organisers(asking),
        "said": said, "events": passage_of(house, plan, position, said), "done": done_before(asking),
    }, {**body, **basis})


def _judged(asking: Asking, evaluations: Sequence[Mapping[str, Any]], year: int) -> list[dict[str, Any]]:
    """How departments judged the plan of a year, each by its name."""
    return [{**one, "year": year, "office_words": unit_name(asking.house, one["office"])} for one in evaluations]
