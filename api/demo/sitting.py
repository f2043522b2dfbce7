"""Who sits before the screen while a course is studied: people, each in their own way, and now and then nobody (D10).

A person reads what is asked and answers in some seconds, never twice alike; a browser signs by its timer, so that signs
of life alone tell nobody apart. Once in each course something is planted among those whom nothing else befalls, and
beside it what only looks like it:

    a program answers for somebody     and a quick one, who is quick but not like a clock
    one sits for seventeen hours       and one for a whole afternoon
    one sits for three at once         and three colleagues do behind one address of their office, on alike machines

What chance there is comes from dice of its own, so that the rest of a history does not hang on it.

`tests/api/demo/test_demo_faults.py` shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from api.demo.calendar import SECOND, day_of, moment
from api.demo.dice import Dice
from api.demo.exams import Learner
from api.demo.plants import Plants
from ledger.streams.enrolment import MINUTE, RecordStudy
from ledger.vocabulary import ClaimId

_FREE: Final = 6          # Learners from this number on: what befalls the others is `exams`' to say.
_TOGETHER: Final = 3
_ENDLESS: Final = 960     # Minutes that count,
_ENDLESS_SPAN: Final = 1_020
_AFTERNOON: Final = 240   # and of a long afternoon.
_STAGGER_S: Final = 90
_CHALLENGE: Final = 15
_DEVICE: Final = "虚构浏览器 1.0（虚构系统）"


class _Plan(NamedTuple):
    """What is planted in a course, and how many play in it."""

    name: str
    words: str
    honest: str
    honest_words: str
    players: int


_PLANS: Final = (
    _Plan("program", "程序代为应答：用时几乎一样，不像人", "quick", "应答很快，但快慢不一", 1),
    _Plan("endless", "一次连续学习十七小时", "afternoon", "一个下午学了四小时", 1),
    _Plan("three_at_once", "一人替三人学：同一设备，依次相隔九十秒开始",
          "office", "三名同事在单位各自学习，同一出口地址", _TOGETHER),
)


class _Part(NamedTuple):
    """What somebody plays."""

    name: str
    place: int        # Among those who play it together.
    address: str
    enrols: date | None
    claims: list[str]


class Sitters:
    """Who sits there."""

    def __init__(self, plants: Plants, dice: Dice) -> None:
        self._plants, self._dice = plants, dice
        self._parts: dict[Learner, _Part] = {}
        self._courses = 0

    def cast(self, learners: Sequence[Learner], year: int) -> None:
        """Give some of a course's learners a part: what is planted in turn, then what looks like it."""
        plan = _PLANS[self._courses % len(_PLANS)]
        self._courses += 1
        free = list(learners[_FREE:])
        for fault, name, words in ((True, plan.name, plan.words), (False, plan.honest, plan.honest_words)):
            those, free = free[:plan.players], free[plan.players:]
            if len(those) < plan.players:
                return
            plant = self._plants.put("D10", fault, words)
            together = date(year, 3, 1) + timedelta(days=self._dice.below(20)) if plan.players > 1 else None
            address = self._address()
            for place, who in enumerate(those):
                self._parts[who] = _Part(name, place, address, together, plant.further)
                plant.persons.append(who.whose.id)
            plant.holds = lambda those=those: all(  # type: ignore[misc]
                who.enrolment is not None and len(who.enrolment.sessions) > 1 for who in those)

    def enrols_on(self, who: Learner, day: date) -> date:
        """The day on which somebody enrols: the drawn one, or that of those who do it together."""
        part = self._parts.get(who)
        return day if part is None or part.enrols is None else part.enrols

    def registered(self, who: Learner, claim: ClaimId) -> None:
        """Hours that came of it."""
        if who in self._parts:
            self._parts[who].claims.append(claim)

    def session(self, who: Learner, evening: int, now: int, minutes: int) -> RecordStudy:
        """A session that ended just now, or earlier that day, as the server counted it."""
        dice, part = self._dice, self._parts.get(who)
        name = "" if part is None else part.name
        address = part.address if part is not None and name in ("three_at_once", "office") else self._address()
        started = now - (minutes + 15) * MINUTE  # A quarter of an hour of it away.
        ended, answer, varies, day = now, dice.between(3_500, 14_000), dice.between(1_200, 3_300), day_of(now)
        if part is not None:
            if name == "program":
                started, answer, varies = moment(day, 3), 1_200 + dice.below(9), 3 + dice.below(5)
                ended = started + minutes * MINUTE
            elif name == "quick":
                answer, varies = dice.between(1_900, 2_600), dice.between(450, 900)
            elif name == "endless" and evening == 1:
                minutes, started = _ENDLESS, now - _ENDLESS_SPAN * MINUTE
            elif name == "afternoon" and evening == 1:
                minutes, started = _AFTERNOON, now - (_AFTERNOON + 30) * MINUTE
            elif name == "three_at_once":
                started = moment(day, 18) + evening * 137 * SECOND + part.place * _STAGGER_S * SECOND
                ended = started + (minutes + 10) * MINUTE
            elif name == "office":
                started = moment(day, 12) + dice.between(60, 900) * SECOND
                ended = started + (minutes + 1) * MINUTE
        asked = minutes // _CHALLENGE
        return RecordStudy(
            started_at=started, ended_at=ended, minutes=minutes, heartbeats=2 * minutes, challenges=asked,
            answered=asked, spread_ms=dice.between(4, 60), answer_ms=answer, answer_spread_ms=varies, address=address,
            device=_DEVICE if name in ("three_at_once", "office") else f"{_DEVICE}；{who.whose.number}")

    def _address(self) -> str:
        """An address of those that stand in no network but in books (RFC 5737)."""
        net = self._dice.one_of(("192.0.2", "198.51.100", "203.0.113"))
        return f"{net}.{self._dice.between(1, 254)}"
