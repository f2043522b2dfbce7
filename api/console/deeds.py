"""What is done about a record that is no claim: one page a deed, with before and after, what it wants, and its result.

Which deeds are offered is found by trying each through its use case, as of claims (`api.console.claiming.acts`): what
would be turned away for who asks or for the state is not offered. A page shows how the record stands and what it would
become; where that depends on what is typed, it can be tried first. `tests/console/test_registering.py` and others show
it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import marshmallow as ma
from flask import request
from werkzeug.datastructures import FileStorage, MultiDict

from api.cases.doing import Asked, Done
from api.console import sending, words
from api.console.form import Fault, Field, of_refusal
from api.console.screen import Asking, Page, Shown, onward
from api.refusals.faults import BadFields
from api.refusals.problems import Problem
from api.refusals.refusals import no_word_mends, status_of, turns_away
from api.routes.sent import faults_of
from api.whole import whole_or_as_typed
from api.words.plainly import plainly
from ledger.errors import Refusal
from policies.reasons import reasons

Pairs = Sequence[tuple[str, Any]]
"""How something stands: names, and values in words or as a `words.Mark`."""


class Subject(NamedTuple):
    """What a deed is done upon, as its page tells it."""

    id: str
    address: str                        # Where it is shown in full, and the result said.
    title: str
    version: int | None                 # None: nothing of it is changed by what is done, something new begins.
    stands: Pairs
    becomes: Callable[[Any], Pairs]     # The same of what a trial came to.
    purpose: str | None = None          # What it is looked at for, where it is somebody else's.
    state: Any = None                   # As the use case gave it, for the fields that depend on it.

    @property
    def onward(self) -> str:
        """Its page, for the same purpose."""
        return self.address if self.purpose is None else f"{self.address}?{urlencode({'purpose': self.purpose})}"


Run = Callable[..., Done | Refusal]
See = Callable[[Asking, str], "Subject | Refusal | Page"]


def _no_fields(_: Asking, __: Subject) -> Sequence[Field]:
    return ()


def _nothing_typed(_: Asking, __: Subject) -> Mapping[str, Any]:
    return {}


_DIGESTS_MOST: Final = 20 * 66  # Each of 64 letters, and what a browser sends for the end of a line.
_PAPERS: Final = "选择文件（合计至多 8 MB），或粘贴 SHA-256 摘要。登记的只是摘要，不含内容；文件不保存，请自行存档。"


def papers(label: str, name: str = "evidence", most: int = _DIGESTS_MOST) -> Field:
    """Ask for papers that an act rests on: chosen here for their digests, or given by those."""
    return Field(name, label, "digests", most=most, hint=_PAPERS)


def _anything(_: Subject) -> bool:
    return True


def _nothing_along(_: Asking, __: Subject, ___: Mapping[str, Any]) -> str:
    return ""


UNTYPED: Final = "-"
"""What a text is tried with before anybody typed one: nothing that a page should show as if it were one."""


class Deed(NamedTuple):
    """Something that can be done about a record."""

    code: str                # Also the last part of its address, here as in the API.
    name: str                # On its button.
    run: Run
    body: type[ma.Schema] | None = None
    fields: Callable[[Asking, Subject], Sequence[Field]] = _no_fields
    tried: Callable[[Asking, Subject], Mapping[str, Any]] = _nothing_typed  # With what it is tried before it is typed.
    look: str = "quiet"      # Of its button: main, quiet or bad.
    is_own: bool | None = False  # The person's, not an office's; None: whoever's it is.
    depends: bool = False    # Whether what it comes to depends on what is typed, so that it is worth trying first.
    note: str = "办理后记为一个事件，不能删除；有误的，另行更正。"
    along: Callable[[Asking, Subject, Mapping[str, Any]], str] = _nothing_along
    """What else would come of what is tried, in words, beside what becomes of the record itself."""
    wants: Callable[[Subject], bool] = _anything
    """Whether the record has what it must be done upon: without that it could only be refused, and is not offered."""


class Room(NamedTuple):
    """Records of one kind, and what can be done about them."""

    see: See
    deeds: Mapping[str, Deed]


class Offered(NamedTuple):
    """A deed that can be done, and what the law would have said first, if anything."""

    deed: Deed
    why: str | None


def named(*deeds: Deed) -> Mapping[str, Deed]:
    """Deeds by their codes."""
    return {deed.code: deed for deed in deeds}


def offered(asking: Asking, room: Room, subject: Subject) -> list[Offered]:
    """The deeds that somebody can do about a record now."""
    found = []
    for deed in room.deeds.values():
        if deed.is_own in (None, asking.capacity.is_person) and deed.wants(subject):
            came = _tried(asking, deed, subject, deed.tried(asking, subject))
            if isinstance(came, Done):
                found.append(Offered(deed, None))
            elif came is None or not no_word_mends(came):
                why = None if came is None else of_refusal(came, words.documents(asking.house)).words
                found.append(Offered(deed, why))
    return found


def shown(room: Room, code: str) -> Callable[..., Shown]:
    """The page of a deed, to be read before it is done."""

    def show(asking: Asking, **named: str) -> Shown:
        found = room.see(asking, *named.values())
        return _page(asking, room.deeds[code], found, MultiDict(), []) if isinstance(found, Subject) else found

    show.__name__ = _name(room, code, "shown")
    return show


def done(room: Room, code: str) -> Callable[..., Shown]:
    """Do it, and say what it came to; or try it, and show what it would."""

    def do_it(asking: Asking, **named: str) -> Shown:
        deed, found = room.deeds[code], room.see(asking, *named.values())
        if not isinstance(found, Subject):
            return found
        typed = digested(deed.fields(asking, found), request.form, request.files)
        fields, faults = read(deed.body, deed.fields(asking, found), typed)
        if faults:
            return _page(asking, deed, found, typed, faults, status=422)
        if typed.get("step") == "try":
            return _page(asking, deed, found, typed, [], given=fields)
        came = _run(asking, deed, found, fields, sending.asked(asking.house, asking.caller))
        if not isinstance(came, Done):
            return _not_done(asking, deed, found, typed, came)
        event = came.receipt.positions[0] if came.receipt is not None else 0
        about = {"done": event} | ({} if found.purpose is None else {"purpose": found.purpose})
        return onward(f"{found.address}?{urlencode(about)}")

    do_it.__name__ = _name(room, code, "done")
    return do_it


def _name(room: Room, code: str, what: str) -> str:
    return f"{what}_{getattr(room.see, '__module__', '').rpartition('.')[2]}_{code.replace('-', '_')}"


def _not_done(asking: Asking, deed: Deed, subject: Subject, typed: MultiDict[str, str], came: Refusal | list[Fault]
              ) -> Shown:
    if isinstance(came, list):
        return _page(asking, deed, subject, typed, came, status=422)
    if turns_away(came):
        return came
    return _page(asking, deed, subject, typed, [of_refusal(came, words.documents(asking.house))],
                 status=status_of(came), is_stale=came.code == "stale_version")


def _page(
    asking: Asking, deed: Deed, subject: Subject, typed: MultiDict[str, str], faults: Sequence[Fault], *,
    given: Mapping[str, Any] | None = None, status: int = 200, is_stale: bool = False,
) -> Shown:
    tried = deed.tried(asking, subject)
    came = _tried(asking, deed, subject, tried if given is None else given)
    if isinstance(came, Refusal) and no_word_mends(came) and not faults:
        return came
    fields = deed.fields(asking, subject)  # What was tried with what is neither typed nor offered is nobody's wish.
    is_shown = given is not None or not deed.depends or all(
        one.value and one.value == str(tried.get(one.name, one.value)) for one in fields if one.is_required)
    after = subject.becomes(came.state) if isinstance(came, Done) and is_shown else None
    why = of_refusal(came, words.documents(asking.house)).words if isinstance(came, Refusal) else None
    return Page("deed.html", {
        "deed": deed, "subject": subject, "fields": filled(fields, typed, faults),
        "faults": faults, "is_stale": is_stale, "rows": _rows(subject.stands, after), "has_after": after is not None,
        "why": None if faults else why, "is_tried": given is not None,
        "along": deed.along(asking, subject, given or tried) if isinstance(came, Done) else "",
    }, status=status)


def _rows(before: Pairs, after: Pairs | None) -> list[dict[str, Any]]:
    """How it stands and what it would become, name by name."""
    now, then = dict(before), dict(after or ())
    then = {name: "（按所填）" if value == UNTYPED else value for name, value in then.items()}
    return [{"name": name, "before": now.get(name, "—"), "after": then.get(name, "—"),
             "changes": after is not None and now.get(name) != then.get(name)} for name in {**now, **then}]


def _tried(asking: Asking, deed: Deed, subject: Subject, given: Mapping[str, Any]) -> Done | Refusal | None:
    """What a deed would come to, without writing anything; None where even its fields do not fit each other."""
    came = _run(asking, deed, subject, dict(given), Asked(dry_run=True))
    return None if isinstance(came, list) else came


def _run(asking: Asking, deed: Deed, subject: Subject, fields: dict[str, Any], asked: Asked
         ) -> Done | Refusal | list[Fault]:
    given = (fields,) if deed.body is not None else ()
    try:
        return deed.run(asking.house, asking.caller, subject.id, *given, asked)
    except BadFields as bad:
        return faults_at(deed.fields(asking, subject), (one._asdict() for one in bad.faults))


# What is typed


def reason_field(kind: str) -> Field:
    """Why something of this kind is done, by its code."""
    options = tuple((one.code, one.title) for one in reasons()[kind])
    return Field("reason", "理由", "choice", options, is_required=True)


WORDS: Final = Field("words", "说明", "words", hint="本人看得到。", is_required=True, most=1000)
"""The reason in words, which goes with every decision against somebody."""


def read(body: type[ma.Schema] | None, fields: Sequence[Field], typed: MultiDict[str, str]
         ) -> tuple[dict[str, Any], list[Fault]]:
    """What was typed, read as the API reads it; and what is wrong with it."""
    if body is None:
        return {}, []
    sent = {one.name: value for one in fields if (value := _sent(one, typed)) not in ("", [])}
    missing = [Fault(one.id, f"{one.label}：请{'选择' if one.kind in ('choice', 'many') else '填写'}。")
               for one in fields if one.is_required and one.name not in sent]
    try:
        return body().load(_nested(sent)), missing
    except ma.ValidationError as error:
        problem: Problem = faults_of(error)
        told: Any = problem.members.get("errors", ())
        said = {fault.field for fault in missing}
        return {}, [*missing, *(one for one in faults_at(fields, told) if one.field not in said)]


def _sent(field: Field, typed: MultiDict[str, str]) -> Any:
    if field.kind == "many":
        return [one for one in typed.getlist(field.name) if one]
    value = typed.get(field.name, "").strip()
    if field.kind == "digests":
        return value.split()
    return whole_or_as_typed(value, 9) if field.kind == "number" else value


def digested(
    fields: Sequence[Field], typed: MultiDict[str, str], files: MultiDict[str, FileStorage]
) -> MultiDict[str, str]:
    """What was typed, and beside digests those of the files that were chosen: of a file nothing else is kept."""
    found = MultiDict(typed)
    for one in fields:
        if one.kind == "digests":
            chosen = [hashlib.sha256(file.read()).hexdigest()
                      for file in files.getlist(one.name) if file.filename]
            found[one.name] = " ".join(dict.fromkeys([*typed.get(one.name, "").lower().split(), *chosen]))
    return found


def _nested(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by their places: `contact.name` stands within `contact`."""
    found: dict[str, Any] = {}
    for name, value in sent.items():
        head, _, rest = name.partition(".")
        if rest:
            found.setdefault(head, {})[rest] = value
        else:
            found[head] = value
    return found


def faults_at(fields: Sequence[Field], errors: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """What the API would say of fields, at the fields of the form."""
    labels, found = {one.id: one.label for one in fields}, []
    for one in errors:
        place = str(one.get("pointer", "")).strip("/").replace("/", "-")
        field = next((name for name in labels if place and (  # A part that is missing is said at its first field.
            f"{place}-".startswith(f"{name}-") or name.startswith(f"{place}-"))), "")
        told = plainly(str(one["detail"]))
        found.append(Fault(field, f"{labels[field]}：{told}" if field else told))
    return found


def filled(fields: Sequence[Field], typed: MultiDict[str, str], faults: Sequence[Fault]) -> list[Field]:
    """Fields with what was typed in them, and what is wrong with it; untouched, as they are offered."""
    told = {fault.field: fault.words.partition("：")[2] or fault.words for fault in reversed(faults)}
    return [replace(one, value=_typed(one, typed), fault=told.get(one.id, "")) for one in fields]


def _typed(field: Field, typed: MultiDict[str, str]) -> str:
    if not typed or field.kind in ("password", "hidden"):  # A secret is typed anew; what is hidden, nobody typed.
        return field.value
    return " ".join(typed.getlist(field.name)) if field.kind == "many" else typed.get(field.name, field.value)
