"""One event: everything it says in Chinese, what it hangs together with, and its proof up to the signed checkpoint.

Each hash of the proof is computed anew for this page and ticked; the file that `xueshi verify` takes is handed out.
What is sealed is opened only on purpose, by a button that says so, and that is recorded.

`tests/console/test_timeline_screens.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from flask import request

from api.cases.events import event_view
from api.cases.law import proposals
from api.cases.log import histories, proofs
from api.cases.log.proofs import Proof
from api.cases.log.threads import OF_SOMEBODY
from api.console.screen import Asking, Page, Shown
from api.console.tracing import event_notes, lines
from api.console.tracing.fields import Change, Field, changes, fields, told_so_far
from api.console.words import PURPOSES, documents
from api.house import House
from api.paper.saved import attached
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.rulebook import ProposalEnded, RulebookProposed
from ledger.ids import PREFIXES
from ledger.proof.text import encode_base64
from ledger.reading import Recorded
from projections.event_kinds import kind_of, words
from projections.timeline_reading import record_timeline

_WHY_NOT: Final = {
    "destroyed": "密钥已销毁，密封的内容谁也打不开了；证明仍然成立。",
    "redacted": "这份副本已遮盖密封的内容；证明仍然成立。",
    "not_in_sight": "密封的内容不在您的权限范围内，或不是某一个人的。", "purpose": "",
}
_SHORT: Final = 20


def event(asking: Asking, position: int) -> Shown:
    """One event with its proof."""
    house, caller = asking.house, asking.caller
    purpose = asking.purpose
    found = proofs.visible(house, caller, position, purpose)
    if isinstance(found, Refusal):
        return found
    is_asked = request.args.get("open") == "yes"
    opened = proofs.opened(house, caller, found, purpose) if is_asked else None
    if isinstance(opened, Refusal):
        return opened
    what = kind_of(found.envelope.event)
    proof = proofs.proved(house, position)
    sealed = None if opened is None or opened.fields is None else fields(what, opened.fields)
    line = _line(asking, found, purpose)
    return Page("event.html", {
        "position": position, "what": what, "words": words().get(what, what), "line": line,
        "envelope": found.envelope, "fields": _marked(house, found), "ties": proofs.ties(house, found),
        "has_sealed": found.envelope.sealed is not None, "sealed": sealed,
        "why_not": _why_not(asking, found, opened), "proposal": _proposal(asking, found),
        "proof": _proof_view(proof), "purpose": purpose, "purposes": PURPOSES, "lead": _lead(asking, found, purpose),
        "notes": event_notes.told(asking, (position,)).get(position), "may_note": event_notes.may_note(asking),
        "noted": request.args.get("noted"), "books": documents(house),
        "leaf": json.dumps(json.loads(proof.leaf), ensure_ascii=False, indent=1),
    }, {**event_view(*found), "sealed": None if opened is None else opened.fields, "proof": _proof_data(proof)})


def proof_file(asking: Asking, position: int) -> Shown:
    """The proof of an event as a file, for whoever may see the event."""
    purpose = None if asking.capacity.is_person else request.args.get("purpose")
    found = proofs.handed_out(asking.house, asking.caller, position, purpose)
    if isinstance(found, Refusal):
        return found
    return attached(found, "text/plain; charset=utf-8", f"事件 {position} 的证明", f"event-{position}.tlog-proof")


def _why_not(asking: Asking, found: Recorded, opened: proofs.Opened | None) -> str:
    """Why what is sealed is not shown; of what no purpose would open none is asked for."""
    if opened is not None:
        return "" if opened.why is None else _WHY_NOT[opened.why]
    return "" if proofs.can_open(asking.house, asking.caller, found) else _WHY_NOT["not_in_sight"]


def _proposal(asking: Asking, found: Recorded) -> str | None:
    """The proposed rulebook that an event is about, for whoever may read proposals: there its words stand."""
    event = found.envelope.event
    if not isinstance(event, RulebookProposed | ProposalEnded) or asking.capacity.is_person:
        return None
    return None if proposals.may_see(asking.house, asking.caller) else event.digest


def _lead(asking: Asking, found: Recorded, purpose: str | None) -> Callable[[str], str | None]:
    """Where an id in an event leads: a supervisor reads the whole ledger, but follows only whom their scope reaches."""
    house, caller, owner = asking.house, asking.caller, found.envelope.key_owner

    @cache
    def may(record: str) -> bool:
        if record.startswith(PREFIXES["actor"]):
            return caller.kind == "actor" and histories.follows(house, caller, record)
        if record.startswith(PREFIXES["person"]):
            return proofs.in_sight(house, caller, record)
        if record.startswith(tuple(PREFIXES[kind] for kind in OF_SOMEBODY)):
            return owner is not None and may(owner)
        return caller.kind == "actor" or not record.startswith(PREFIXES["import"])

    return lambda record: lines.leads(record, purpose) if may(record) else None


def _line(asking: Asking, found: Recorded, purpose: str | None) -> dict[str, Any] | None:
    """The event as its record's thread tells it; None of what says nothing for itself, or has not taken effect."""
    told = record_timeline(asking.house.answers, found.envelope.stream)
    own = [one for one in told if one["event"] == found.position]
    if not own:
        return None
    line, owner = lines.told(asking, own, purpose)[0], found.envelope.key_owner
    is_near = owner is not None and proofs.in_sight(asking.house, asking.caller, owner)
    return line if is_near else {**line, "then": []}  # What was seen then is a person's, as they are.


def _marked(house: House, found: Recorded) -> list[tuple[Field, Change | None]]:
    """Every field, and of what it changes what was said before."""
    what, event = kind_of(found.envelope.event), found.envelope.event
    before: dict[str, str] = {}
    for position, leaf in house.ledger.store.stream(found.envelope.stream):
        if position >= found.position:
            break
        earlier = decode(leaf).event
        before = told_so_far(kind_of(earlier), lines.payload(earlier), before)
    changed = {one.path: one for one in changes(what, lines.payload(event), before) if one.before is not None}
    return [(one, changed.get(one.path)) for one in fields(what, lines.whole(event))]


def _proof_view(proof: Proof) -> dict[str, Any]:
    checkpoint = proof.checkpoint
    return {
        "holds": proof.fault is None, "fault": proof.fault, "leaf_hash": proof.leaf_hash.hex(),
        "steps": [{"sibling": one.sibling.hex()[:_SHORT], "is_left": one.is_left,
                   "computed": one.computed.hex()[:_SHORT]} for one in proof.steps],
        "is_root": proof.steps[-1].computed == checkpoint.root if proof.steps else proof.leaf_hash == checkpoint.root,
        "size": checkpoint.size, "root": checkpoint.root.hex(), "origin": checkpoint.origin, "note": proof.note,
        "bytes": len(proof.leaf),
    }


def _proof_data(proof: Proof) -> dict[str, Any]:
    return {
        "holds": proof.fault is None, "fault": proof.fault, "leaf": encode_base64(proof.leaf),
        "leaf_hash": proof.leaf_hash.hex(), "size": proof.checkpoint.size, "root": proof.checkpoint.root.hex(),
        "steps": [{"sibling": one.sibling.hex(), "side": "left" if one.is_left else "right",
                   "computed": one.computed.hex()} for one in proof.steps],
        "checkpoint": proof.note,
    }
