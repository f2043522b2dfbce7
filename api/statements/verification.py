"""Public verification: what anybody may know of a statement who holds it in their hands, paper or file.

By its code, or by the file itself. It is said whether there is such a statement, whether it is in force, superseded or
void, and whether what it says has been corrected since; of the person only the masked name, so that the bearer can be
compared with it. A code that was never given out and one that cannot be read are told apart, and neither from a
statement that is void: that one was ours. Whoever guesses meets sixty random bits and a limit for each place.

`tests/api/printing/test_verification.py` shows it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from api.cases.belonging.people import sealed_identity
from api.cases.doing import Reading
from api.house import House
from api.register.register import stop_what_is_behind
from ledger.errors import LedgerError, Refusal
from ledger.identifiers import names
from ledger.ids import format_verify_code, parse_verify_code
from ledger.offline.other_kinds import other_kind
from ledger.offline.statement_file import looks_like_statement
from ledger.offline.verdict import OtherFile, Verdict
from ledger.offline.verify import verify_sealed, verify_statement
from ledger.offline.verify_pdf import HEADER as PDF
from ledger.proof.keys import parse_vkey
from ledger.proof.policy import Policy, trust
from ledger.signing.former_keys import former_keys
from ledger.signing.signer import CheckpointDamaged
from policies.shelf import shipped
from projections.basis import written_time
from projections.statement.again import weighed
from projections.statements import Statement, statement_of_code
from projections.still_so import changed_since

DIGITS_LEAST: Final = 16
"""So many hexadecimal digits of a digest are compared at least: fewer would say little."""

VALID, SUPERSEDED, VOIDED, CORRECTED = "valid", "superseded", "voided", "corrected"
ABSENT, UNREADABLE, OTHER_TEXT, FORGED = "absent", "unreadable", "other_text", "forged"
OTHER_FILE, CUT_SHORT, UNSEALED = "other_file", "cut_short", "unsealed"
STATES: Final = {
    VALID: "有效", SUPERSEDED: "已被更新的版本取代", VOIDED: "已作废", CORRECTED: "当时属实，所载内容此后已有更正",
    ABSENT: "查无此件：本登记机构从未出具过这个核验码", UNREADABLE: "核验码有误：请对照纸面重新输入",
    OTHER_TEXT: "核验码属实，但这份纸面或文件不是当时出具的内容",
    FORGED: "文件不成立：不是本登记机构出具的原件，或已被改动",
    OTHER_FILE: "这不是登记情况表的文件，没有比对",
    CUT_SHORT: "文件不完整，没有比对：只收到前一段",
    UNSEALED: "这份 PDF 没有电子签章，没有比对",
}
ADVICE: Final = {
    VALID: "请核对姓名和年度是否与持有人一致。",
    SUPERSEDED: "它当时是真的；请向持有人索取新的一份。",
    VOIDED: "它当时由本登记机构出具，后来作废，不得再作为证明。",
    CORRECTED: "它当时是真的；所载内容此后有更正、撤销或冻结，请向持有人索取新的一份。",
    ABSENT: "它不是被撤销，而是没有出具过。请核对来源；若有人持此件办事，请告知登记机构。",
    UNREADABLE: "核验码共 12 位，不含字母 I、L、O、U；最后一位是校验位，抄错一位即会发现。",
    OTHER_TEXT: "请不要采信，保留原件，并告知登记机构。",
    FORGED: "请不要采信，保留原件，并告知登记机构。",
    OTHER_FILE: "可以比对的是登记情况表的 PDF 或文本文件；手里只有纸面或照片的，请输入纸上的核验码。",
    CUT_SHORT: "这不说明有人改动过它：请重新下载，或向持有人重新索取整个文件；也可以输入纸上的核验码。",
    UNSEALED: "重新打印或另存的 PDF 里没有证明：请向持有人索取原来的 PDF 或文本文件；也可以输入纸上的核验码。",
}
_UNDECIDED: Final = {"other_file": OTHER_FILE, "pdf_cut_short": CUT_SHORT, "pdf_unsealed": UNSEALED}


def by_code(house: House, text: str, digest: str | None = None) -> dict[str, Any] | Refusal:
    """How the statement of a code stands; with the digest that its QR code holds, whether the paper is that text."""
    if (behind := house.settled()) is not None:
        return behind
    as_of = house.answers.position()
    return {**_by_code(house, parse_verify_code(text), digest, as_of), **house.answers.reflects(as_of)}


def _by_code(house: House, code: str | None, digest: str | None, as_of: int) -> dict[str, Any]:
    if code is None:
        return _told(UNREADABLE)
    found = statement_of_code(house.answers, code, as_of=as_of)
    if found is None:
        with suppress(CheckpointDamaged):
            house.register.signer.demand_extension()  # An older copy does not know what was never issued.
        return _told(ABSENT, code=format_verify_code(code))
    if digest is not None and (len(digest) < DIGITS_LEAST or not found.sha256.startswith(digest.lower())):
        return _told(OTHER_TEXT, code=format_verify_code(code))
    return _standing(house, found, as_of)


def by_file(house: House, data: bytes) -> dict[str, Any] | Refusal:
    """Whether a file is what was handed out, byte for byte, and how it stands now."""
    try:
        verdict = _verified(data, _own(house))
    except LedgerError as error:
        return {**_told(_UNDECIDED.get(error.code, FORGED)), "found": str(error), "error": error.code}
    _demand_own_history(house, verdict)
    event = verdict.events[0]["event"]
    told = by_code(house, event["code"], event["sha256"])
    return told if isinstance(told, Refusal) else {**told, "checked": list(verdict.checked),
                                                   "unproven": list(verdict.unproven)}


def _demand_own_history(house: House, verdict: Verdict) -> None:
    """What bears this log's signature must lie in this log; else here is an older copy of it, or one of two.

    Its bearer is not told that it was never issued: the register stops recording, as where a witness saw more than is
    here, until somebody has found out.
    """
    register = house.register
    if verdict.checkpoint.origin != register.signer.origin:
        return  # What it was called before is in its own first events.
    if not register.signer.must_extend(verdict.note, "送来核验的文件中"):
        stop_what_is_behind(register.ledger, register.signer, register.clock_checked)
        register.signer.demand_extension()


def _verified(data: bytes, policy: Policy) -> Verdict:
    if data.startswith(PDF):
        return weighed(verify_sealed(data, policy), shipped())
    if not looks_like_statement(data):
        raise OtherFile("文件", other_kind(data) or "既不是登记情况表的 PDF，也不是它的文本文件")
    return weighed(verify_statement(data, policy), shipped())


def _own(house: House) -> Policy:
    """The keys that sign or have signed for this register."""
    signer = house.register.signer
    keys = [parse_vkey(line) for line in signer.vkeys]
    known = {(key.name, key.key_id) for key in keys}
    former = [key for key in former_keys(house.register.folder.keys) if (key.name, key.key_id) not in known]
    return trust(*keys, *former)


def _standing(house: House, one: Statement, as_of: int) -> dict[str, Any]:
    since = changed_since(house.answers, one, as_of=as_of)
    state = {"voided": VOIDED, "superseded": SUPERSEDED}.get(one.status, CORRECTED if since["corrected"] else VALID)
    issued = house.stored(one.events[0]).envelope
    decided = house.stored(one.events[-1]).envelope if len(one.events) > 1 else None
    return _told(
        state, code=format_verify_code(one.code), name=_name(house, one.person), years=list(one.years),
        sha256=one.sha256, issued_at=written_time(issued.recorded_at), law=one.law,
        since=None if decided is None else written_time(decided.recorded_at), changed=since["changed"],
        corrections=[{"at": event["recorded_at"], "words": event["words"]} for event in since["events"]]
        if state == CORRECTED else [],
    )


def _told(state: str, **known: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(("code", "name", "sha256", "issued_at", "law", "since"))
    empty |= {"years": [], "changed": False, "corrections": []}
    return {"state": state, "words": STATES[state], "advice": ADVICE[state], **empty, **known}


def _name(house: House, person: str) -> str | None:
    """The name, always masked; nothing of whoever's key is destroyed, or whose data may only be stored (PIPL 47)."""
    state, identity = Reading(house.ledger).person(person), sealed_identity(house, person)
    if identity is None or state is None or state.is_restricted:
        return None
    return names.Name(identity.name, identity.name_normalised, uncertain=False).mask()

