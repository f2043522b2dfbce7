"""Statements, on the last evening: some people are handed one, one takes another's place, one is void.

A statement's text rests on answers, and answers follow the log; so only where the history is small enough to be
followed within seconds are there any. The answers stay, and the service that opens the folder need not make them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from api.cases.belonging.people import last_identity
from api.cases.statement.statement_facts import put_in_facts, title_of
from api.demo.calendar import SECOND, Calendar, moment
from api.demo.claims import Someone
from api.demo.country import HUMAN_RESOURCES, Country
from api.demo.dice import Dice
from api.demo.pen import Pen, decided
from api.law_of import Library
from ledger.events.base import By, Draft
from ledger.events.statement import StatementEvent, StatementId
from ledger.identifiers import id_number, names
from ledger.maps.entries import MapKey
from ledger.maps.file import MapFile
from ledger.proof.map_proof import Presence, format_presence
from ledger.streams import statement as statements
from ledger.streams.decision import Decision
from ledger.streams.statement import Statement
from policies.archive import Archive
from projections.answers import Answers, projections
from projections.basis import read_axes
from projections.following.standby import Standby
from projections.statement.text import statement_text

PEOPLE_MOST: Final = 2_000
_HANDED_OUT: Final = 5
_WAIT_S: Final = 600


class Statements:
    """The last evening's paper."""

    def __init__(self, pen: Pen, calendar: Calendar, dice: Dice, country: Country, origin: str) -> None:
        self._pen, self._dice, self._country, self._origin = pen, dice, country, origin
        self._now = moment(calendar.last, 23, 30)  # Everyone sleeps by then.

    def hand_out(self, whom: list[Someone], archive: Archive, folder: Path) -> None:
        """Follow the log to its end and hand out a few."""
        self._pen.flush()
        ledger = self._pen.ledger
        follower = Standby(ledger, folder, projections())
        map_file = MapFile(folder / "map.1.db", ledger.store, MapKey(ledger.vault.secret("index")))
        try:
            follower.start()
            answers = Answers(ledger, folder, book=Library(archive).book, now=lambda: self._now)
            chosen = [one for one in whom if one.is_open and one.year][:_HANDED_OUT]
            issued = []
            for whose in [*chosen, *chosen[:1]]:
                follower.wait_for(ledger.store.size(), _WAIT_S)
                issued.append(self._issued(whose, answers, map_file))
            if len(chosen) > 1:
                self._superseded(issued[0], issued[-1], chosen[0])
                self._voided(issued[-2], chosen[-1])
            self._pen.flush()
            follower.wait_for(ledger.store.size(), _WAIT_S)
        finally:
            follower.stop()
            map_file.close()

    def _issued(self, whose: Someone, answers: Answers, map_file: MapFile) -> Statement:
        answer = answers.years(whose.id, read_axes())
        assert answer is not None, "whoever asks is registered"
        put_in_facts(self._pen.ledger, answers, answer)
        statement, code = StatementId(self._dice.id("statement", self._now)), self._dice.verify_code()
        basis = answer["basis"]
        proved = map_file.proof_of(whose.id, basis["as_of"])
        assert isinstance(proved.proof, Presence), "they are named by the event that registered them"
        head = self._head(answer, whose, statement, code, answers) | {
            "events": len(proved.proof.events), "title": title_of(self._pen.ledger, whose.id, basis["as_of"])}
        command = statements.IssueStatement(
            statement=statement, text=statement_text(answer, head), presence=format_presence(proved.proof).decode(),
            code=code, as_of=basis["as_of"], log_size=basis["log_size"], law=basis["law"], root=basis["root"],
            rulebooks=tuple(book["digest"] for book in basis["rulebooks"]),
            years=tuple(one["year"] for one in answer["years"]), asking=whose.state.person,
        )
        decision = statements.decide_issue(
            None, command, whose.state, size=self._pen.ledger.store.size())
        mapped = Draft(map_file.commitment(proved, self._dice.id("log", self._now)))
        return self._write(None, (*decided(decision), mapped), By(actor=whose.id, role="person"), statement)

    def _head(
        self, answer: dict[str, Any], whose: Someone, statement: str, code: str, answers: Answers
    ) -> dict[str, Any]:
        identity = last_identity(self._pen.ledger, whose.id)
        assert identity is not None, "whoever asks has their key"
        units = {one["unit"]: answers.unit(one["unit"]) for one in answer["affiliations"]}
        return {
            "statement": statement, "code": code, "salt": self._dice.random(16).hex(), "origin": self._origin,
            "name": names.Name(identity.name, identity.name_normalised, uncertain=False).mask(),
            "id_kind": identity.id_kind,
            "id_number": id_number.IdNumber(identity.id_kind, identity.id_number).mask(),
            "units": {unit: {"name": found.names[-1].name, "credit_code": found.credit_code}
                      for unit, found in units.items() if found is not None},
        }

    def _superseded(self, old: Statement, new: Statement, whose: Someone) -> None:
        command = statements.SupersedeStatement(by_statement=new.statement, asking=whose.state.person)
        decision = statements.decide_supersession(old, command, new, whose.state)
        self._write(old, decision, By(actor=whose.id, role="person"), old.statement)

    def _voided(self, old: Statement, whose: Someone) -> None:
        office = self._country.human_resources(whose.state.affiliations[-1].region).hands[0]
        words = "应按更正后的学时另行出具"
        command = statements.VoidStatement(role=HUMAN_RESOURCES, basis="issued_in_error", words=words)
        decision = statements.decide_voiding(old, command, whose.state, office.state)
        self._write(old, decision, office.by(HUMAN_RESOURCES), old.statement)

    def _write(self, state: Statement | None, decision: Decision, by: By, stream: str) -> Statement:
        """Record it at once: the next answer rests on it."""
        self._now += SECOND
        versions = None if state is None else {stream: 1}
        for event in self._pen.write(self._now, decision, by, versions):
            if isinstance(event, StatementEvent):
                state = statements.evolve(state, event)
        self._pen.flush()
        assert state is not None
        return state
