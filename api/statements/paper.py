"""A statement as paper: its sheets, the marks under which anyone may ask about it, and the file that proves it.

All of it comes from the text that was handed out (`projections.statement.sheets`); what is said beside it is how it
stands on the day it is printed, and where to ask: a short address that holds the code and the first half of the text's
digest, so that whoever reads the QR code learns whether the paper is that text. The page and the PDF are both made of
this. `tests/api/printing/test_statement_paper.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from flask import render_template, request

from api.cases.statement import statement_shown
from api.house import House
from api.operational.callers import Caller
from api.paper.qr import drawn
from ledger.errors import Refusal
from ledger.offline.statement_file import digest_of, parse_statement
from policies.shelf import shipped
from projections.statement.certificate import Certificate, certificate
from projections.statement.reading import read_statement
from projections.statement.sheets import Sheet, sheets

DIGITS: Final = 32
"""So many hexadecimal digits of the digest stand in the address: nobody makes another text that begins with them."""

_STANDINGS: Final = {"superseded": "本表已被取代，以新表为准：{}", "voided": "本表已作废，不得使用"}


class Paper(NamedTuple):
    """All that is printed, and the file that goes with it."""

    statement: str
    origin: str
    code: str
    sha256: str
    address: str
    standing: str | None    # Only of a statement that is not in force.
    sheets: tuple[Sheet, ...]
    certificate: Certificate | None   # Of a statement of one year.
    qr: str
    file: bytes

    @property
    def whose(self) -> str:
        """Whose it is, as each page says: a page that comes apart from the others is still of somebody."""
        return " ".join(line for name, cell in self.sheets[0].head if name in ("姓名", "证件") for line in cell)


def paper(house: House, caller: Caller, statement: str, purpose: str | None, base: str) -> Paper | Refusal:
    """The paper of a statement for whoever may see it."""
    seen = statement_shown.see(house, caller, statement, purpose)
    if isinstance(seen, Refusal):
        return seen
    file = statement_shown.file(house, caller, statement, purpose)
    if isinstance(file, Refusal):
        return file
    told, text = seen[0], parse_statement(file).text.decode()
    address = f"{base}/v/{told['code'].replace('-', '')}?d={told['sha256'][:DIGITS]}"
    standing, read = _STANDINGS.get(told["status"]), read_statement(text)
    return Paper(
        statement, house.register.signer.origin, told["code"], digest_of(text), address,
        None if standing is None else standing.format(told["superseded_by"]),
        sheets(read, shipped()), certificate(read), drawn(address, omitsize=True), file,
    )


def base_address(config: Mapping[str, Any]) -> str:
    """Where the service is reached from outside: what it was told, else where it was asked."""
    return str(config.get("PUBLIC_ADDRESS") or request.host_url).rstrip("/")


def page_alone(made: Paper) -> str:
    """The paper as one file that needs nothing beside it, to be kept or printed without the service."""
    return render_template("statement_alone.html", paper=made, style=_style())


@cache
def _style() -> str:
    return resources.files("api").joinpath("static", "statement.css").read_text(encoding="utf-8")


def as_data(made: Paper) -> dict[str, Any]:
    """What a program that sets type is handed."""
    return {"statement": made.statement, "origin": made.origin, "code": made.code,
            "sha256": made.sha256, "address": made.address, "standing": made.standing, "qr": made.qr,
            "whose": made.whose}
