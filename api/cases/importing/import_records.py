"""The records of another system: what a row says of one, and what stands here of it (P 14, AMB-05).

A record is known by its system and its own number in it; which version stands here, and whether it was put right here
since, is read from what happened to its claim. Rows of a larger act count from its closing.

What another ledger hands over is a record of that ledger, by the id of its entry, in the version of the position that
decided it; what it had itself from a third is that one's, too, so that it comes in once by whichever way (P 13).

Reading: the digest of a row is keyed, since it covers an ID number and anybody could try them all against an open one.

`tests/api/test_http_imports.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec

from api.cases.claiming.study import read_details, read_study
from api.cases.importing.import_lists import Wrong
from api.house import House
from api.law_of import not_yet
from api.refusals import refusals
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import Name
from ledger.events.claim import ClaimCorrected, ClaimFrozen, ClaimReinstated, ClaimReleased, ClaimRevoked
from ledger.events.source import First, Proven, Source, record_name
from ledger.events.study import Study, StudyDetails
from ledger.hand_over.check import Handed
from ledger.identifiers import id_number, names, resident_id
from ledger.identifiers.characters import typed
from ledger.identifiers.errors import BadIdentifier, BadName
from ledger.identifiers.id_number import IdNumber
from ledger.keyed import Keyed
from ledger.ledger import Ledger
from ledger.reading import Held
from ledger.streams import act as acts
from ledger.streams import claim as claims
from projections.basis import written_time

LEDGER: Final = "log:"
"""Before a log's name where that is the system that a record came from: no other system's code holds a colon."""

ROW: Final = "import_row"
"""The kind of evidence that a row is of itself."""

_NAMES_SOMEONE: Final = Wrong(
    "record_names_someone", "来源记录号像是证件号码；请改用来源系统自己的编号，记录号会公开留存。", ("record",))
_UNREADABLE: Final = Wrong(
    "leaf_unreadable", "这条记录的事件经证明属实，但本程序的版本读不懂；请升级本程序后请对方再移交这一条。")
_OURS: Final = Wrong("duplicate", "这条记录本来就是从本系统带出的。")
_TWICE: Final = Wrong(
    "record_twice", "本文件中前面已有同一记录；一个文件中每条记录只写一次，写最新的版本。", ("record",))


_sorted = msgspec.json.Encoder(order="sorted").encode


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A row as it came: its number, counted from 1, and what it says, or what is wrong with its form."""

    row: int
    fields: dict[str, Any] | None
    wrong: Wrong | None = None
    handed: Handed | None = None  # Of what another ledger handed over, instead of fields.


class Read(msgspec.Struct, frozen=True, gc=False):
    """A row whose form is right, taken apart."""

    sent: Sent
    source: Source
    id: IdNumber
    name: str
    study: Study
    details: StudyDetails
    digest: str
    there: claims.Claim | None = None  # How it stands in the ledger that handed it over.


class Known(NamedTuple):
    """What is registered of a record."""

    claim: claims.Claim | None
    source: Source | None        # Of its newest version in force.
    changed: int                 # Where it was last put right here and not by the source; 0: nowhere.
    is_of_this_act: bool
    version: int                 # Of the claim, for an append that extends it.
    held: int = 0                # Where it was last frozen, released, revoked or reinstated here and not by the source.

    @property
    def digest(self) -> str | None:
        """The digest of the row that the source sent; None of what was put right here: it says that no more."""
        papers = () if self.claim is None or self.changed else self.claim.evidence
        return next((paper.sha256 for paper in papers if paper.kind == ROW), None)


class Rows:
    """The rows of one file of a system; a record stands in it once."""

    def __init__(self, house: House, system: str) -> None:
        self._house, self._system, self._today = house, system, house.today
        self._records: set[str] = set()
        self._keyed = Keyed(house.request_key)
        self._people: dict[tuple[str, str, str], tuple[IdNumber, names.Name] | Wrong] = {}

    def _digest(self, row: list[Any]) -> str:
        """What a row says, under our key."""
        return self._keyed.digest(_sorted(row)).hex()

    def read(self, sent: Sent) -> Read | Wrong:
        """Take a row apart, or say what is wrong with it."""
        if sent.handed is not None:
            return self._handed(sent, sent.handed)
        if sent.wrong is not None or sent.fields is None:
            return sent.wrong or Wrong("invalid", "这一行读不出来。")
        fields = sent.fields
        who = self._who(fields["record"], fields["id_kind"], fields["id_number"], fields["name"])
        if isinstance(who, Wrong):
            return who
        number, name = who
        study = read_study(fields["study"])
        if no := not_yet(study, self._today):
            return said_no(no)._replace(at=("date",))
        source = Source(system=self._system, record=fields["record"], version=str(fields["version"]),
                        recorded_at=fields.get("recorded_at"))
        digest = self._digest([source, number.kind, number.normalised, name.normalised, study, fields["details"]])
        return Read(sent, source, number, name.normalised, study, read_details(fields["details"]), digest)

    def _who(self, record: str, kind: str, document: str, name: str) -> tuple[IdNumber, names.Name] | Wrong:
        """Whose a record is that stands in the file once."""
        if _names_someone(record, self._today):
            return _NAMES_SOMEONE
        if record in self._records:
            return _TWICE
        self._records.add(record)
        known = self._people.get((kind, document, name))  # Most people have several records in a file.
        if known is None:
            known = self._people[kind, document, name] = self._parsed(kind, document, name)
        return known

    def _parsed(self, kind: str, document: str, name: str) -> tuple[IdNumber, names.Name] | Wrong:
        try:
            return id_number.parse(kind, document, today=self._today), names.parse(name)
        except BadIdentifier as bad:
            return Wrong(f"{bad.code}_{bad.reason}", bad.text, ("name" if isinstance(bad, BadName) else "id_number",))

    def _handed(self, sent: Sent, handed: Handed) -> Read | Wrong:
        """The same of an entry that another ledger handed over: it was proved, and is told by its own events."""
        there, decided, whose = handed.state, handed.decided, handed.person
        if there is None or decided is None or handed.details is None:
            return _UNREADABLE
        who = self._who(handed.claim, whose.id_kind, whose.id_number, whose.name)
        if isinstance(who, Wrong):
            return who
        by = decided.envelope.by
        source = Source(
            system=self._system, record=handed.claim, version=str(decided.position),
            recorded_at=written_time(decided.envelope.recorded_at), first=_first(handed.source),
            proven=Proven(origin=self._system.removeprefix(LEDGER), position=decided.position,
                          recorded_at=decided.envelope.recorded_at, actor=str(by.actor), role=by.role,
                          organisation=by.organisation))
        if source.first is not None and source.first.system == ledger_system(self._house.register.signer.origin):
            return _OURS
        digest = self._digest([who[0].kind, who[0].normalised, who[1].normalised, there.study, handed.details,
                               there.evidence, there.ruling, there.year])
        return Read(sent, source, who[0], who[1].normalised, there.study, handed.details, digest, there)


class Register:
    """What stands here of records. `act`: of an import that was killed and goes on, whose rows are its own."""

    def __init__(self, ledger: Ledger, act: str | None = None) -> None:
        self._ledger, self._act = ledger, act
        self._acts: dict[str, bool] = {}

    def known(self, sources: Iterable[Source]) -> dict[str, Known]:
        """What is registered of these records; raises Held while another act writes to one of them."""
        asked: dict[Name, str] = {}
        for one in sources:
            asked[record_name(one.system, one.record)] = one.record
            if one.first is not None:
                asked.setdefault(record_name(one.first.system, one.first.record), one.record)
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
            source, changed, held = None, 0, 0
            for position, leaf in stories[claim]:
                envelope = decode(leaf)
                if envelope.by.act is not None and not self._is_closed(envelope.by.act):
                    continue
                said = getattr(envelope.event, "source", None)
                if said is not None:
                    source, changed, held = said, 0, 0
                elif isinstance(envelope.event, ClaimCorrected):
                    changed = position
                elif isinstance(envelope.event, ClaimFrozen | ClaimReleased | ClaimRevoked | ClaimReinstated):
                    held = position
            found[claim] = Known(loaded[claim].state, source, changed, held_by is not None, loaded[claim].version, held)
        return found

    def _is_closed(self, act: str) -> bool:
        if act not in self._acts:
            state, _ = self._ledger.load_act(act)
            self._acts[act] = state is not None and state.status is acts.Status.CLOSED
        return self._acts[act]


def ledger_system(origin: str) -> str:
    """The system that a ledger's entries come from, by the name of its log."""
    return f"{LEDGER}{origin}"


def _first(source: Source | None) -> First | None:
    """The ledger that registered it first, where the one that hands it over had it from another."""
    if source is None or not source.system.startswith(LEDGER):
        return None
    return source.first or First(system=source.system, record=source.record, version=source.version)


def number_of(source: Source | First) -> int:
    """The version of a record; what came in before versions were numbers is older than all."""
    return int(source.version) if source.version.isdecimal() else 0


def said_no(refusal: Refusal) -> Wrong:
    """A refusal as what is wrong with a row."""
    return Wrong(refusal.code, refusals.line_of(refusal).told)


def _names_someone(record: str, today: date) -> bool:
    if len(typed(record)) not in resident_id.LENGTHS:  # Of nearly every record that is all there is to ask.
        return False
    try:
        id_number.parse("resident_id", record, today=today)
    except BadIdentifier:
        return False
    return True
