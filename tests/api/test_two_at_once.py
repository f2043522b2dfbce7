"""Two requests of chance in one instant come to what they come to one after the other: seats, applications, sanctions,
titles, hours and proposals to forget.

A history is drawn from a seed and lived twice, in two towns that are alike. In one of them the second request of each
pair is done after the first has read and decided, right before it is recorded; in the other it is simply done before.
What everyone is told, and what stands in the end, is the same. A seed that fails is put into KEPT.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol

import pytest

from ledger.stores.admission import Admission
from tests.api.course_kit import School, school_in
from tests.api.house_kit import BODY, Someone, Town, in_the_instant
from tests.api.petition_kit import TITLE, WHY, Bureau, bureau_in

KEPT: tuple[int, ...] = ()
PAIRS = 14
NATIONAL = {"document": "人社部发〔2024〕56号", "article": "虚假承诺", "until": "2029-11-19"}
FORGETTING = {"basis": "request", "document": "申〔2026〕7号", "asked_on": "2026-11-18", "words": "本人书面申请"}


class Request(NamedTuple):
    """What somebody asks for, with the version that they have seen."""

    who: Someone
    path: str
    body: BODY
    version: int | None = None

    def send(self) -> tuple[int, BODY]:
        answer = self.who.post(self.path, self.body, version=self.version)
        return answer.status_code, answer.get_json()


class Life(Protocol):
    """What may be asked for in one town, in the same words as in the other."""

    town: Town
    made: dict[str, list[str]]

    def acts(self) -> list[tuple[str, int]]:
        """Everything that somebody might ask for now."""

    def asked(self, act: str, number: int) -> Request:
        """One of them, as a request."""

    def stands(self) -> object:
        """What there is, without ids."""


class Titles:
    """Somebody who applies for titles, and the offices that assess, grant, bar and give back."""

    def __init__(self, bureau: Bureau) -> None:
        self.bureau, self.town = bureau, bureau.town
        self.li, claims = bureau.applicant(years=(2023, 2025, 2026))
        self.ground = bureau.revoked(claims[2023])
        self.claims = [claims[2025], claims[2026]]
        self.made: dict[str, list[str]] = {"application": []}

    def acts(self) -> list[tuple[str, int]]:
        known = range(max(0, len(self.made["application"]) - 3), len(self.made["application"]))
        return [("apply", 0), ("apply", 1), ("apply", 0), ("bar", 0), ("bar", 0), ("title", 0), ("title", 1),
                ("forget", 0), ("keep", 0), ("revoke", 0), ("reinstate", 0),
                *((act, number) for number in known for act in ("assessment", "grant", "lifting", "grant", "lifting"))]

    def asked(self, act: str, number: int) -> Request:
        at, bureau, version = f"/v1/persons/{self.li.id}", self.bureau, self.town.house.ledger.store.version
        level = ("senior", "deputy")[number % 2]
        if act == "apply":
            return Request(self.li, "/v1/applications", {
                "person": self.li.id, "level": level, "series": "engineering",
                "title_obtained_on": TITLE["obtained_on"], "minimum_years": 2})
        if act == "bar":
            grounds = {"cause": "falsified", **WHY, "claims": [self.ground], **NATIONAL}
            return Request(bureau.people, f"{at}/disqualifications", grounds)
        if act == "title":
            return Request(bureau.people, f"{at}/titles", {**TITLE, "level": level, "obtained_on": "2026-10-01"})
        if act == "forget":
            return Request(bureau.people, f"{at}/erasure", FORGETTING)
        if act == "keep":
            return Request(bureau.colleague, f"{at}/erasure/withdrawal", WHY, version(self.li.id))
        if act in ("revoke", "reinstate"):
            claim = self.claims[number]
            path = f"/v1/claims/{claim}/{'revocation' if act == 'revoke' else 'reinstatement'}"
            return Request(bureau.clerk, path, {"basis": "falsified" if act == "revoke" else "other", **WHY},
                           version(claim))
        one = self.made["application"][number]
        if act == "lifting":
            return Request(bureau.colleague, f"/v1/sanctions/{one}/lifting", {"basis": "decided_in_error", **WHY},
                           version(one))
        body = {"minimum_years": 2} if act == "assessment" else {"obtained_on": "2026-11-20"}
        return Request(bureau.committee, f"/v1/applications/{one}/{act}", body, version(one))

    def stands(self) -> object:
        return plain(self.li.saw(f"/v1/persons/{self.li.id}/applications"))


class Seats:
    """Three who completed a course, and an exam with two seats that may be moved, called off and booked anew."""

    def __init__(self, school: School) -> None:
        self.school, self.town = school, school.town
        course = school.course(minutes=1)
        self.people = [school.learner() for _ in range(3)]
        self.enrolments = [school.studied(one, school.enrolled(one, course), 1)["enrolment"] for one in self.people]
        self.exams = [school.exam(seats=2)["exam"], school.exam(seats=1)["exam"]]
        self.made: dict[str, list[str]] = {"booking": []}

    def acts(self) -> list[tuple[str, int]]:
        booked = len(self.made["booking"])
        return [*(("book", number) for number in range(6)), *(("book", number) for number in range(6)),
                *(("release", number) for number in range(max(0, booked - 4), booked)),
                ("move", 0), ("move", 1), *([("call off", 0), ("call off", 1)] if booked > 2 else [])]

    def asked(self, act: str, number: int) -> Request:
        version = self.town.house.ledger.store.version
        if act == "book":
            body = {"exam": self.exams[number // 3], "enrolment": self.enrolments[number % 3]}
            return Request(self.people[number % 3], "/v1/bookings", body)
        if act == "release":
            one = self.made["booking"][number]
            whose = self.town.house.ledger.store.stream(one)  # Whoever booked gives it up.
            who = next(each for each in self.people if each.id.encode() in whose[0][1])
            return Request(who, f"/v1/bookings/{one}/release", {}, version(one))
        exam = self.exams[number]
        if act == "move":
            elsewhere = {"place": "新考点", "because": "place"}
            return Request(self.school.office, f"/v1/exams/{exam}/move", elsewhere, version(exam))
        return Request(self.school.office, f"/v1/exams/{exam}/closing", {"held": False}, version(exam))

    def stands(self) -> object:
        return plain([self.school.office.saw(f"/v1/exams/{exam}") for exam in self.exams])


Twins = tuple[Callable[[], Life], Callable[[], Life]]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Twins]]:
    with ExitStack() as held:
        def folder(name: str) -> Path:
            return tmp_path_factory.mktemp(name) / "data"

        bureaus = [held.enter_context(bureau_in(folder("bureau"))) for _ in range(2)]
        schools = [held.enter_context(school_in(folder("school"))) for _ in range(2)]
        yield {"titles": (lambda: Titles(bureaus[0]), lambda: Titles(bureaus[1])),
               "seats": (lambda: Seats(schools[0]), lambda: Seats(schools[1]))}


OWN_TO_A_TOWN = re.compile(r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{22}|[0-9-]{10}T.*|ai-[0-9]+")


def plain(value: Any) -> Any:
    """An answer without what is each town's own: ids, times, roots, and which seat chance gave."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name not in ("root", "seat")}
    if isinstance(value, list):
        return sorted((plain(one) for one in value), key=str)  # Of one instant ids stand in the order of asking.
    return "-" if isinstance(value, str) and OWN_TO_A_TOWN.fullmatch(value) else value


def at_once(life: Life, first: Request, second: Request) -> tuple[list[tuple[int, BODY]], bool]:
    """Have the second done in the instant of the first; what each is told, and whether there was such an instant."""
    told: list[tuple[int, BODY]] = []
    try:
        with in_the_instant(life.town, lambda: told.append(second.send())):
            answer = first.send()
    except AssertionError:  # The first was refused, and recorded nothing.
        assert not told
        return [answer, second.send()], False
    return [answer, *told], True


def live(seed: int, first: Life, second: Life) -> Counter[str]:
    rng, met = Random(seed), Counter[str]()
    for _ in range(PAIRS):
        acts = first.acts()
        assert acts == second.acts()
        pair = [rng.choice(acts), rng.choice(acts)]
        one, other = ([life.asked(*act) for act in pair] for life in (first, second))
        told, was_within = at_once(first, one[0], one[1])
        order = (1, 0) if was_within else (0, 1)
        apart = {at: other[at].send() for at in order}
        said = [(status, body.get("code")) for status, body in told]
        assert said == [(apart[at][0], apart[at][1].get("code")) for at in (0, 1)], (seed, pair, was_within, said)
        for life, answers in ((first, dict(enumerate(told))), (second, apart)):
            for kind, ids in life.made.items():
                ids += [answers[at][1][kind] for at in order
                        if answers[at][0] == 201 and answers[at][1].get(kind) not in (None, *ids)]
        met["within" if was_within else "apart"] += 1
        met.update(f"{act} {body.get('code', 'done')}" for (act, _), (_, body) in zip(pair, told, strict=True))
        assert first.stands() == second.stands(), (seed, pair)
    return met


@pytest.mark.parametrize("what", ["titles", "seats"])
def test_two_in_one_instant_come_to_what_they_come_to_one_after_the_other(
    twins: dict[str, Twins], what: str
) -> None:
    met = Counter[str]()
    for seed in (*KEPT, *range(6)):
        met += live(seed, *(make() for make in twins[what]))

    assert met["within"] > 20, met


@pytest.mark.parametrize("what", ["titles", "seats"])
def test_without_the_guard_of_what_is_not_there_they_do_not(
    twins: dict[str, Twins], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Admission, "_named_at", lambda self, guard: None)
    with pytest.raises(AssertionError):
        for seed in range(40):
            live(seed, *(make() for make in twins[what]))


@pytest.mark.torture
@pytest.mark.parametrize("what", ["titles", "seats"])
def test_hundreds_of_histories_of_two_at_once(
    twins: dict[str, Twins], what: str, record_property: Any
) -> None:
    record_property("tried", 300)
    for seed in range(1_000, 1_300):
        live(seed, *(make() for make in twins[what]))
