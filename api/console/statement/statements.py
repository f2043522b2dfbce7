"""A person's statements (学时登记情况表): what was handed out and how each stands, a new one, and one in full.

A new one is tried first: what it would say is read before it is recorded. One that was handed out is never changed: a
newer takes its place, or an office says that it is void. `tests/console/test_statement_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import request
from werkzeug.datastructures import MultiDict

from api.cases import years
from api.cases.belonging import people
from api.cases.importing import hand_overs
from api.cases.statement import statement_shown, statements
from api.console import deeds, sending, words
from api.console.claiming.claim import done_before, told_basis
from api.console.deeds import WORDS, Deed, Pairs, Room, Subject
from api.console.form import Fault, Field, of_refusal
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown, onward
from api.paper.tables_out import Table
from api.refusals.refusals import status_of, turns_away
from api.routes.fields import Many, QueryNumber
from api.routes.ledgers import as_file
from api.routes.schemas.statements import StatementBody, SupersessionBody, VoidingBody
from api.words.codes import VOIDING
from api.words.year_page import moment as written
from ledger.errors import Refusal
from ledger.ids import format_verify_code
from projections.basis import read_axes, written_time

ISSUE: Final = "issue_statement"
STATES: Final[Mapping[str, words.Mark]] = {
    "issued": ("met", "✓", "有效"), "superseded": ("", "→", "已被更新的取代"), "voided": ("short", "⊘", "已作废"),
}
CORRECTED: Final[words.Mark] = ("open", "!", "所载内容此后有更正")
ADDED: Final[words.Mark] = ("open", "＋", "此后这些年度另有登记")
LAWS: Final = (("then", "各日期当时有效的细则"), ("now", "现行细则"))


class FormBody(StatementBody):
    """What a form says of a statement: in a form, years are text."""

    years = Many(QueryNumber(1950, 2099), 60, unique=True)


# What was handed out


def listed(asking: Asking, person: str) -> Shown:
    """Every statement about a person, the newest first."""
    place = f"/persons/{person}/statements"
    moment = asked_moment(rest=("purpose",))
    position, purpose = moment.position(asking.house), asking.purpose
    found = statement_shown.of_person(asking.house, asking.caller, person, purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = asking.house.answers.reflects(position)
    rows = [_row(asking, one) for one in reversed(found)]
    heads = ("编号", "核验码", "年度", "出具时间", "状态", "取代它的")
    table = Table("statements", "登记情况表", heads, [
        (one["statement"], one["code_words"], one["years_words"], one["issued_at"], one["state"][2],
         one["superseded_by"]) for one in rows], position, basis["as_of_time"])
    return Page("statements.html", {
        "moment": moment, "basis": told_basis(basis), "rows": rows, "person": person, "place": place,
        "purpose": purpose, "may_issue": moment.is_now and _may_issue(asking),
        "may_carry": moment.is_now and asking.caller.id == person and hand_overs.has_something_to_carry(
            asking.house, person),
    }, {"items": found, **basis}, table)


def _row(asking: Asking, one: Mapping[str, Any]) -> dict[str, Any]:
    issued = asking.house.ledger.at(one["events"][0])
    return {**one, "state": _mark(one["status"], one["since"]), "years_words": years_words(one["years"]),
            "code_words": format_verify_code(one["code"]),
            "issued_at": "" if issued is None else written(written_time(issued.envelope.recorded_at))[:16]}


def _mark(status: str, since: Mapping[str, Any] | None) -> words.Mark:
    """How it stands: one that is in force may say what is no longer so, or leave out what came since."""
    if status != "issued" or since is None or not since["changed"]:
        return STATES[status]
    return CORRECTED if since["corrected"] else ADDED


def years_words(found: Sequence[int]) -> str:
    """Years as one says them: those that follow each other from the first to the last."""
    told = sorted(found)
    is_run = len(told) > 2 and told[-1] - told[0] == len(told) - 1
    return f"{told[0]}–{told[-1]}" if is_run else "、".join(map(str, told))


def _may_issue(asking: Asking) -> bool:
    return asking.capacity.is_person or any(role in statements.ISSUING for role in asking.capacity.roles)


def carried(asking: Asking, person: str) -> Shown:
    """All that is registered of whoever asks, with its proofs: taken along to where they work from now on."""
    made = hand_overs.carry(asking.house, asking.caller, person)
    return made if isinstance(made, Refusal) else as_file(made)


# A new one


def new(asking: Asking, person: str) -> Shown:
    """What is to stand in it."""
    return _form(asking, person, MultiDict(), [])


def issue(asking: Asking, person: str) -> Shown:
    """Try it, and show what it would say; or hand it out."""
    known = _known(asking, person)
    if isinstance(known, Refusal):
        return known
    typed = request.form
    fields, faults = deeds.read(FormBody, _fields(known), typed)
    if faults:
        return _form(asking, person, typed, faults, status=422)
    axes = read_axes(fields.get("as_of"), fields.get("valid_on"), fields.get("law"), None)
    is_for_real = typed.get("step") == "issue"
    asked = sending.asked(asking.house, asking.caller, dry_run=not is_for_real)
    came = statements.issue(asking.house, asking.caller, person, fields, axes, asked)
    if isinstance(came, Refusal):
        if turns_away(came):
            return came
        return _form(asking, person, typed, [of_refusal(came, words.documents(asking.house))], status=status_of(came))
    if not is_for_real:
        return _form(asking, person, typed, [], would=came.drafts[0].sealed.text)  # type: ignore[union-attr]
    event = came.receipt.positions[0] if came.receipt is not None else 0
    more = "" if asking.capacity.is_person else f"&purpose={ISSUE}"
    return onward(f"/statements/{came.stream}/record?done={event}{more}")


def _known(asking: Asking, person: str) -> list[int] | Refusal:
    """The years that a person has, as whoever may issue sees them."""
    purpose = None if asking.capacity.is_person else ISSUE
    seen = people.see(asking.house, asking.caller, person, purpose)
    if isinstance(seen, Refusal):
        return seen
    answer = years.answered(asking.house, person, read_axes())
    return answer if isinstance(answer, Refusal) else [one["year"] for one in answer["years"]]


def _fields(known: Iterable[int]) -> tuple[Field, ...]:
    every = tuple((str(year), f"{year} 年度") for year in known)
    return (
        Field("years", "年度", "many", every, is_required=True, value=" ".join(code for code, _ in every[-3:])),
        Field("law", "规则", "choice", LAWS, value="then", is_required=True),
        Field("valid_on", "发生时间截至", "date", hint="空着，则不限"),
        Field("name", "姓名", "choice", (("masked", "遮盖"), ("clear", "全名（用于职称申报）")), value="masked",
              is_required=True, hint="证件号码总是遮盖"),
    )


def _form(asking: Asking, person: str, typed: MultiDict[str, str], faults: Sequence[Fault], *,
          would: str | None = None, status: int = 200) -> Shown:
    known = _known(asking, person)
    if isinstance(known, Refusal):
        return known
    return Page("statement_new.html", {
        "person": person, "fields": deeds.filled(_fields(known), typed, faults), "faults": faults, "would": would,
        "has_years": bool(known),
    }, status=status)


# One in full


def see(asking: Asking, statement: str) -> Subject | Refusal:
    """A statement, as a deed is done upon it."""
    purpose = None if asking.capacity.is_person else asking.purpose or ISSUE
    found = statement_shown.see(asking.house, asking.caller, statement, purpose)
    if isinstance(found, Refusal):
        return found
    body, version = found
    return Subject(statement, f"/statements/{statement}/record", f"{years_words(body['years'])} 年度", version,
                   _stands(body), lambda state: _stands(statement_shown.view(state)), purpose, body)


def _stands(body: Mapping[str, Any]) -> Pairs:
    return (("状态", STATES[body["status"]]), ("取代它的", body["superseded_by"] or "—"))


def detail(asking: Asking, statement: str) -> Shown:
    """One statement: its code and basis, how it stands, its files, what can be done about it."""
    if asking.purpose is None and not asking.capacity.is_person:
        return Refusal.because("purpose_missing")
    subject = see(asking, statement)
    if isinstance(subject, Refusal):
        return subject
    body = subject.state
    if (behind := asking.house.settled()) is not None:
        return behind
    since = statement_shown.since_issued(asking.house, body["person"], body["statement"])
    return Page("statement_one.html", {
        "subject": subject, "body": body, "state": _mark(body["status"], since), "since": since,
        "person": body["person"], "years_words": years_words(body["years"]),
        "law_words": dict(LAWS).get(body["law"], body["law"]),
        "deeds": [each for each in deeds.offered(asking, ROOM, subject)
                  if each.deed.code != "supersession" or _newer(asking, subject)[0].options],
        "done": done_before(asking), "purpose": subject.purpose,
        "voided": body["voided"], "bases": dict(VOIDING),
    }, {**{name: value for name, value in body.items() if name != "text"}, "since": since, "version": subject.version})


# What is done about one


def _newer(asking: Asking, subject: Subject) -> Sequence[Field]:
    """The statements that could take its place: those handed out since that stand."""
    position = asked_moment().position(asking.house)  # Whatever was handed out a moment ago is followed by then.
    found = statement_shown.of_person(
        asking.house, asking.caller, subject.state["person"], subject.purpose, as_of=position)
    every = [] if isinstance(found, Refusal) else sorted(found, key=lambda one: -one["events"][0])
    at = next((at for at, one in enumerate(every) if one["statement"] == subject.id), 0)
    later = [(one["statement"], f"{years_words(one['years'])} 年度，核验码 {format_verify_code(one['code'])}")
             for one in every[:at] if one["status"] == "issued"]
    return (Field("by_statement", "由哪一份取代", "choice", tuple(later), is_required=True,
                  value=later[0][0] if later else ""),)


def _newest(asking: Asking, subject: Subject) -> Mapping[str, Any]:
    return {"by_statement": _newer(asking, subject)[0].value or subject.id}


def _void_fields(_: Asking, __: Subject) -> Sequence[Field]:
    return (Field("basis", "依据", "choice", tuple(VOIDING.items()), is_required=True, value="issued_in_error"), WORDS)


def _void_tried(_: Asking, __: Subject) -> Mapping[str, Any]:
    return {"basis": "issued_in_error", "words": "-"}


_NOTE: Final = "纸已交出，收不回来；任何人凭核验码查到的状态随即改变。"
ROOM: Final = Room(see, deeds.named(
    Deed("supersession", "由更新的取代", statements.supersede, SupersessionBody, _newer, _newest, is_own=None,
         note=_NOTE),
    Deed("voiding", "作废", statements.void, VoidingBody, _void_fields, _void_tried, look="bad", note=_NOTE),
))
