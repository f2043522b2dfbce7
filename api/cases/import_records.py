"""The records of another system: what a row says of one, and what stands here of it (P 14, AMB-05).

A record is known by its system and its own number in it; which version stands here, and whether it was put right here
since, is read from what happened to its claim. Rows of a larger act count from its closing.

Reading: the digest of a row is keyed, since it covers an ID number and anybody could try them all against an open one.

`tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from api import refusals
from api.cases.import_lists import Wrong
from api.cases.study import read_details, read_study
from api.house import House
from api.law_of import not_yet
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.claim import ClaimCorrected, Source, Study, StudyDetails, record_name
from ledger.identifiers import id_number, names
from ledger.identifiers.errors import BadIdentifier, BadName
from ledger.identifiers.id_number import IdNumber
from ledger.ledger import Held
from ledger.streams import act as acts
from ledger.streams import claim as claims

ROW: Final = "import_row"
"""The kind of evidence that a row is of itself."""

_NAMES_SOMEONE: Final = Wrong(
    "record_names_someone", "来源记录号像是证件号码；请改用来源系统自己的编号，记录号会公开留存。", ("record",))
_TWICE: Final = Wrong(
    "record_twice", "本文件中前面已有同一记录；一个文件中每条记录只写一次，写最新的版本。", ("record",))


class Sent(NamedTuple):
    """A row as it came: its number, counted from 1, and what it says, or what is wrong with its form."""

    row: int
    fields: dict[str, Any] | None
    wrong: Wrong | None = None


class Read(NamedTuple):
    """A row whose form is right, taken apart."""

    sent: Sent
    source: Source
    id: IdNumber
    name: str
    study: Study
    details: StudyDetails
    digest: str


class Known(NamedTuple):
    """What is registered of a record."""

    claim: claims.Claim | None
    source: Source | None        # Of its newest version in force.
    changed: int                 # Where it was last put right here and not by the source; 0: nowhere.
    is_of_this_act: bool

    @property
    def digest(self) -> str | None:
        """The digest of the row that the source sent; None of what was put right here without it."""
        papers = () if self.claim is None else self.claim.evidence
        return next((paper.sha256 for paper in papers if paper.kind == ROW), None)


class Rows:
    """The rows of one file of a system; a record stands in it once."""

    def __init__(self, house: House, system: str) -> None:
        self._house, self._system, self._today = house, system, house.today
        self._records: set[str] = set()

    def read(self, sent: Sent) -> Read | Wrong:
        """Take a row apart, or say what is wrong with it."""
        if sent.wrong is not None or sent.fields is None:
            return sent.wrong or Wrong("invalid", "这一行读不出来。")
        fields = sent.fields
        if _names_someone(fields["record"], self._today):
            return _NAMES_SOMEONE
        if fields["record"] in self._records:
            return _TWICE
        self._records.add(fields["record"])
        try:
            number = id_number.parse(fields["id_kind"], fields["id_number"], today=self._today)
            name = names.parse(fields["name"])
        except BadIdentifier as bad:
            return Wrong(f"{bad.code}_{bad.reason}", bad.text, ("name" if isinstance(bad, BadName) else "id_number",))
        study = read_study(fields["study"])
        if no := not_yet(study, self._today):
            return said_no(no)._replace(at=("date",))
        source = Source(system=self._system, record=fields["record"], version=str(fields["version"]),
                        recorded_at=fields.get("recorded_at"))
        spelled = msgspec.json.encode(msgspec.to_builtins(
            [source, number.kind, number.normalised, name.normalised, study, fields["details"]]), order="sorted")
        return Read(sent, source, number, name.normalised, study, read_details(fields["details"]),
                    hmac.digest(self._house.request_key, spelled, "sha256").hex())


class Register:
    """What stands here of records. `act`: of an import that was killed and goes on, whose rows are its own."""

    def __init__(self, house: House, act: str | None = None) -> None:
        self._ledger, self._act = house.ledger, act
        self._acts: dict[str, bool] = {}

    def known(self, sources: Iterable[Source]) -> dict[str, Known]:
        """What is registered of these records; raises Held while another act writes to one of them."""
        asked = {record_name(one.system, one.record): one.record for one in sources}
        holders = {asked[name]: claim for name, claim in self._ledger.find_all(asked).items()}
        stands = self.of_claims(list(holders.values()))
        return {record: stands[claim] for record, claim in holders.items()}

    def of_claims(self, holders: Sequence[str]) -> dict[str, Known]:
        """The same, by the claims that hold them."""
        loaded = self._ledger.load_each(holders, claims.evolve)
        stories = self._ledger.store.streams(holders)
        found: dict[str, Known] = {}
        for claim in holders:
            held_by = loaded[claim].held_by
            if held_by is not None and held_by != self._act:
                raise Held(claim, held_by)
            source, changed = None, 0
            for position, leaf in stories[claim]:
                envelope = decode(leaf)
                if envelope.by.act is not None and not self._is_closed(envelope.by.act):
                    continue
                said = getattr(envelope.event, "source", None)
                if said is not None:
                    source, changed = said, 0
                elif isinstance(envelope.event, ClaimCorrected):
                    changed = position
            found[claim] = Known(loaded[claim].state, source, changed, held_by is not None)
        return found

    def _is_closed(self, act: str) -> bool:
        if act not in self._acts:
            state, _ = self._ledger.load_act(act)
            self._acts[act] = state is not None and state.status is acts.Status.CLOSED
        return self._acts[act]


def number_of(source: Source) -> int:
    """The version of a record; what came in before versions were numbers is older than all."""
    return int(source.version) if source.version.isdecimal() else 0


def said_no(refusal: Refusal) -> Wrong:
    """A refusal as what is wrong with a row."""
    return Wrong(refusal.code, refusals.lines()[refusal.code].detail)


def _names_someone(record: str, today: date) -> bool:
    try:
        id_number.parse("resident_id", record, today=today)
    except BadIdentifier:
        return False
    return True
