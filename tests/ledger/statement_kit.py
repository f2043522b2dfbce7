"""A statement of a small ledger: issued by the real decision, proved under a checkpoint, written as a file."""

from __future__ import annotations

from ledger_kit import LI, House

from ledger.events.statement import StatementId
from ledger.offline.statement_file import format_statement
from ledger.proving import prove_event
from ledger.streams.statement import IssueStatement, decide_issue

STATEMENT = StatementId("stm_0000000000000000000001")
CODE = "7K3M9QXT0AHB"
TEXT = "学时登记情况表\n\n姓名  李*明\n年度  2026\n合计  8\n"


def issue(house: House, statement: StatementId = STATEMENT, text: str = TEXT, code: str = CODE) -> int:
    """Issue a statement at the head of the log, and give the event's position."""
    size, root = house.store.size(), house.store.frontier(house.store.size()).root()
    command = IssueStatement(
        statement=statement, text=text, code=code, as_of=size, log_size=size, root=root.hex(),
        law="then", rulebooks=("c" * 64,), years=(2026, 2025), asking=LI)
    return house.record(decide_issue(None, command, house.person(LI), size=size))[0]


def statement_file(house: House, position: int, text: str = TEXT) -> bytes:
    """Write the file of an issued statement, under a checkpoint that is signed now."""
    return format_statement(text, prove_event(house.store, position, house.signer().checkpoint()))
