"""What becomes of a proposed rulebook, on screens: read with what it changes, enacted or refused by another hand.

Enacting, refusing and taking back are deeds (`deeds`), each with before, after and its event; whoever had proposed it
reads who refused it and why, and goes on from there. How one is put forward: `proposing`.
`tests/console/test_rule_screens.py` and `tests/console/test_proposal_screens.py` show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from api.cases.doing import Asked, Done
from api.cases.law import proposals as cases
from api.cases.law import rulebook_reading as reading
from api.cases.law.rulebook_reading import OnShelf
from api.console import deeds
from api.console.claiming.claim import done_before
from api.console.form import Fault, Field, of_refusal
from api.console.law import rules
from api.console.moment import Moment
from api.console.screen import Asking, Page, Shown
from api.house import House
from api.routes.schemas.common import Words
from api.routes.schemas.rulebooks import ProposalRefusalBody
from ledger.errors import Refusal
from ledger.streams import rulebook as streams
from policies.archive import RulebookMissing
from policies.errors import RulebookError, UnreadableRulebook
from policies.reasons import OTHER
from policies.rulebook import Rulebook
from policies.rules import Change, changes

TOLD_DAYS: Final = 30
"""So long a refusal stands on the workbench of whoever had proposed it; on the list of rulebooks it stands for ever."""
_REFUSED: Final = "rulebook.proposal_refused"


def proposal(asking: Asking, digest: str) -> Shown:
    """What was proposed, what it changes, what became of it, and who may decide."""
    found = cases.proposal(asking.house, asking.caller, digest)
    if isinstance(found, Refusal):
        return found
    now = rules.at(asking)
    if isinstance(now, Refusal):
        return now
    body, version = found
    book = asking.house.library.archive.book(digest)
    opened = reading.opened(asking.house, OnShelf(book, None, "proposed"), now.position, now.day)
    told = changed(asking.house, book, now)
    subject = _subject(book, body, version, told)
    is_open = body["status"] in ("open", "overtaken")
    put, former = rules.proposed_told(asking.house, body), [rules.proposed_told(asking.house, one)
                                                            for one in body["former"]]
    rules.name_hands(asking, (put, *former))
    return Page("rule_proposal.html", {
        **rules.opened_told(opened._replace(family=())), **told, "is_office": True,
        "proposal": put, "moment": Moment((), {}, {}), "former_proposals": former,
        "announced": sum(one.rulebook_digest == digest for one in opened.reports),
        "is_own": body["proposed_by"] == asking.caller.id, "subject": subject,
        "can": _can(asking, digest) if is_open else None,
        "past_day": past_day(asking, opened.shelf.book) if is_open else "",
        "offered": deeds.offered(asking, _ENDING, subject) if is_open else [], "done": done_before(asking),
        "state": rules.PROPOSALS[body["status"]],
    }, {**body, "changes": [rules.change_view(one) for one in told["changes"]], **reading.opened_view(opened)})


def past_day(asking: Asking, book: Rulebook) -> str:
    """What it means where a version would hold from a day that has passed: whoever looks may have mistyped the year."""
    if book.in_force_from >= asking.house.today:
        return ""
    return "这一天已过：一经施行，此日以来发生的都按这一版评定；已作出的认定不变，与它不同的列入差异。"


def turned_down(found: Sequence[Mapping[str, Any]], today: date) -> list[Mapping[str, Any]]:
    """One's own proposals, newest first, that another hand refused lately, until the same rulebook is proposed anew."""
    since, newer, told = (today - timedelta(days=TOLD_DAYS)).isoformat(), set[str](), []
    for one in found:
        family = one["id"].partition("/")[0]
        if one["is_own"] and one["status"] == "refused" and family not in newer \
                and one["ended"]["recorded_at"][:10] >= since:
            told.append(one)
        newer.add(family)
    return told


def changed(house: House, book: Rulebook, now: rules.Day) -> dict[str, Any]:
    """The newest version of its family before it, and what a rulebook changes of that."""
    before = [one for one in reading.shelf(house, now.position, now.day)
              if one.enacted is not None and one.book.family == book.family and one.book.digest != book.digest]
    before.sort(key=lambda one: (one.book.in_force_from, one.book.revision))
    former = next((one for one in reversed(before)
                   if (one.book.in_force_from, one.book.revision) < (book.in_force_from, book.revision)), None)
    found: list[Change] = [] if former is None else changes(former.book, book)
    return {"former": None if former is None else rules.shelf_told(former), "changes": found,
            **rules.changes_told(found)}


def _can(asking: Asking, digest: str) -> dict[str, Any]:
    """Whether whoever looks may enact it now; if not, why."""
    try:
        came = cases.enact(asking.house, asking.caller, digest, Asked(dry_run=True))
    except RulebookMissing:  # Of one in force: nothing is wrong with what was proposed.
        raise
    except RulebookError as error:
        return {"enact": False, "why": [one.words for one in of_error(error)]}
    if isinstance(came, Done):
        return {"enact": True, "why": []}
    if came.code == "same_hand":
        return {"enact": False, "why": ["这一版是您提出的，须由另一人施行。"]}
    return {"enact": False, "why": [of_refusal(came).words]}


def of_error(error: RulebookError) -> list[Fault]:
    """What is wrong with a rulebook, place by place."""
    problems = error.problems if isinstance(error, UnreadableRulebook) else [str(error)]
    return [Fault("source", one) for one in problems]


# What is done


def _see(asking: Asking, digest: str) -> deeds.Subject | Refusal:
    found = cases.proposal(asking.house, asking.caller, digest)
    if isinstance(found, Refusal):
        return found
    now = rules.at(asking)
    if isinstance(now, Refusal):
        return now
    book = asking.house.library.archive.book(digest)
    return _subject(book, *found, changed(asking.house, book, now))


def _subject(book: Rulebook, body: Mapping[str, Any], version: int, told: Mapping[str, Any]) -> deeds.Subject:
    def becomes(state: streams.Rulebook) -> deeds.Pairs:
        put = state.proposed(book.digest)
        ended = None if put is None else put.ended
        return _pairs(book, told, "enacted" if book.digest in state.digests else ended or body["status"])

    return deeds.Subject(book.digest, f"/rules/proposals/{book.digest}", f"{book.document}《{book.title}》", version,
                         _pairs(book, told, body["status"]), becomes, state=body)


def _pairs(book: Rulebook, told: Mapping[str, Any], status: str) -> deeds.Pairs:
    former = "没有" if told["former"] is None else _version(told["former"]["book"])
    many = f"细则 {len(told['row_changes'])} 处，原文 {len(told['text_changes'])} 处" if told["former"] else "新的一部"
    is_enacted = status == "enacted"
    return (
        ("现状", rules.PROPOSALS[status]),
        (f"{book.in_force_from} 起发生的，按哪一版", _version(book) if is_enacted else former),
        ("改动", many if is_enacted else "—"), ("已作出的认定", "不变，仍是当时核定的学时"),
    )


def _version(book: Rulebook) -> str:
    revision = f"（修订 {book.revision}）" if book.revision > 1 else ""
    return f"{book.document}，{book.in_force_from} 起的一版{revision}"


def _why(_: Asking, __: deeds.Subject) -> Sequence[Field]:
    hint = "写明哪一条、哪里不对、应当怎样：提出人据此修改。政策部门的人看得到。"
    return (deeds.reason_field(_REFUSED), Field("words", "说明", "words", hint=hint, is_required=True, most=1000))


def _why_back(_: Asking, __: deeds.Subject) -> Sequence[Field]:
    return (Field("words", "说明", "words", hint="政策部门的人看得到。", is_required=True, most=1000),)


_ENACTMENT: Final = deeds.Deed(
    "enactment", "施行", cases.enact, look="main",
    note="施行后记为一个事件，不能删除；有误的，另提一个修订，再施行。")
_REFUSAL: Final = deeds.Deed(
    "refusal", "不予施行", cases.refuse, ProposalRefusalBody, _why, lambda _, __: {"words": "-", "reason": OTHER},
    look="bad", note="这一提议从此不再办理，理由告知提出人；改好之后可以重新提出。办理后记为一个事件，不能删除。")
_WITHDRAWAL: Final = deeds.Deed(
    "withdrawal", "撤回", cases.withdraw, Words, _why_back, lambda _, __: {"words": "-"},
    note="撤回之后不再施行，可以另行提出。办理后记为一个事件，不能删除。")
_ENDING: Final = deeds.Room(_see, deeds.named(_REFUSAL, _WITHDRAWAL))
ROOM: Final = deeds.Room(_see, deeds.named(_ENACTMENT, _REFUSAL, _WITHDRAWAL))
