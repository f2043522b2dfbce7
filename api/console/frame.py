"""What stands on every page: as whom somebody is here, where they may go from here, and which rules hold.

Whoever acts in several roles chooses one, which is kept in a cookie and means nothing by itself: it narrows what is
shown, and is only ever one of those that the account holds. `tests/console/test_frame.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from api.cases.belonging.people import REGISTERING
from api.cases.doing import Reading
from api.cases.forgetting.erasure import SECURITY_ADMINISTRATOR
from api.cases.importing import imports
from api.cases.log.looks import AUDITOR
from api.cases.standing import HUMAN_RESOURCES, POLICY_OFFICE, SUPERVISOR
from api.cases.titles.petitions import ASSESSING
from api.house import House
from api.operational.callers import Caller
from api.words.telling import role as role_name
from ledger.errors import LedgerError
from ledger.streams.actor import SEPARATED
from projections.errors import ProjectionError

ROLE_COOKIE: Final = "xueshi_role"
KEYS_COOKIE: Final = "xueshi_keys"
LOOK_COOKIE: Final = "xueshi_look"
LOOKS: Final = ("large", "dense")
"""Larger letters, closer rows: what everybody may choose for their browser, none or both."""


class Capacity(NamedTuple):
    """As whom somebody is here: for themselves, or for an organisation in one of their roles."""

    caller: Caller
    organisation: str = ""           # In words.
    roles: tuple[str, ...] = ()      # Every role of the account, in the order of its scopes.
    role: str | None = None          # The one that is chosen; None: none yet, or there is none to choose.
    brings_in: bool = False          # Whether the law of one of their areas lets them bring in what others registered.

    @property
    def is_person(self) -> bool:
        """Say whether somebody acts for themselves."""
        return self.caller.kind == "person"

    @property
    def must_choose(self) -> bool:
        """Say whether somebody has yet to say in which of several roles they work."""
        return len(self.roles) > 1 and self.role is None

    @property
    def reviews(self) -> bool:
        """Say whether anything can wait for the role: the separated administrators decide upon nobody."""
        return not self.is_person and self.role not in (None, *SEPARATED)

    @property
    def sees(self) -> bool:
        """Say whether the role looks at people at all: the policy office makes rules, and looks at nobody."""
        return self.reviews and self.role != POLICY_OFFICE

    @property
    def enters(self) -> bool:
        """Say whether the role enters people who cannot do so themselves."""
        return not self.is_person and self.role in REGISTERING

    @property
    def words(self) -> str:
        """The capacity as the head of each page names it."""
        if self.is_person:
            return "本人"
        parts = [f"经办：{self.organisation}", *([role_name(self.role)] if self.role else [])]
        return " · ".join(parts)


class Way(NamedTuple):
    """A place to go to, and the letter that follows `g`."""

    address: str
    words: str
    letter: str


def capacity_of(house: House, caller: Caller, chosen: str | None) -> Capacity:
    """Find out as whom somebody is here; a role that was chosen holds only while the account has it."""
    if caller.kind == "person":
        return Capacity(caller)
    reading = Reading(house.ledger)
    actor = reading.actor(caller.id)
    if actor is None:
        return Capacity(caller)
    unit = reading.unit(actor.organisation)
    roles = tuple(dict.fromkeys(scope.role for scope in actor.scopes))
    role = chosen if chosen in roles else roles[0] if len(roles) == 1 else None
    return Capacity(caller, "" if unit is None else unit.names[-1].name, roles, role, _brings_in(house, caller))


def _brings_in(house: House, caller: Caller) -> bool:
    with suppress(LedgerError, ProjectionError):  # A page that says why there is no answer can still be shown.
        return imports.may_begin(house, caller) is None
    return False


def ways(capacity: Capacity) -> Iterable[Way]:
    """Where somebody may go."""
    yield Way("/home", "工作台", "h")
    if capacity.is_person:
        yield Way("/claims/new", "申报", "n")
        yield Way("/claims", "我的申报", "c")
        yield Way(f"/persons/{capacity.caller.id}/years", "我的学时", "y")
        yield Way("/me/unit", "我的单位", "u")
        yield Way("/applications", "职称申报", "a")
        yield Way("/courses", "公需课程", "k")
        yield Way("/rules", "规则库", "b")
        return
    if capacity.reviews:
        yield Way("/queue", "审核待办", "w")
        if capacity.role == SUPERVISOR:
            yield Way("/findings", "核查线索", "x")
            yield Way("/cases", "案件", "c")
        yield Way("/classes", "培训班", "t")
        if capacity.brings_in:
            yield Way("/imports", "导入", "i")
        if capacity.sees:
            yield Way("/claims", "申报清单", "s")
            if capacity.role in ASSESSING:
                yield Way("/applications", "职称申报", "p")
            yield Way("/years", "查阅学时", "y")
            yield Way("/units", "单位", "u")
        yield Way("/courses", "公需课程", "k")
    if capacity.role is not None:
        yield Way("/timeline", "时间线", "l")
    if capacity.reviews:
        yield Way("/differences", "差异", "f")
    if capacity.role == HUMAN_RESOURCES:
        yield Way("/year-closings", "关账", "z")
    if capacity.role == POLICY_OFFICE:
        yield Way("/replays", "重放", "d")
    if capacity.role == SECURITY_ADMINISTRATOR:
        yield Way("/erasures", "销毁", "e")
    if capacity.role == AUDITOR:
        yield Way("/access", "查阅日志", "q")
    if capacity.role != POLICY_OFFICE:
        yield Way("/accounts", "账号", "a")
    yield Way("/rules", "规则库", "b")


def here(ways: Sequence[Way], path: str) -> str | None:
    """Of the ways the one that somebody stands on: the longest that the path begins with."""
    path = "/claims/new" if path.startswith("/drafts/") else path  # A draft is a form that was begun there.
    path = "/courses" if path.startswith(("/enrolments/", "/exams", "/bookings/")) else path  # So is what is learned.
    path = "/applications" if path.startswith("/sanctions") else path  # Who may not apply is asked for from there.
    if path.startswith(("/statements/", "/year-closings")):  # For a person, what their years are handed out as.
        path = next((way.address for way in ways if way.address.startswith("/persons/")), path)
    is_thread = path.endswith(("/timeline", "/certificate")) or path.startswith(("/events/", "/evidence/", "/notes"))
    path = "/timeline" if is_thread else path
    fitting = (way.address for way in ways if f"{path}/".startswith(f"{way.address}/"))
    return max(fitting, key=len, default=None)


def rules_in_force(house: House) -> str:
    """The rules in a few words: how many rulebooks are enacted, and the day of the newest."""
    books = house.answers.rulebooks()
    newest = max((book.in_force_from for book in books), default=None)
    return "" if newest is None else f"细则 {len(books)} 部，最新自 {newest} 起"
