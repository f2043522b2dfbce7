"""Paper of the console: what goes along with an application, and a card (P 15), each as a sheet that prints.

A sheet has the look of a statement's. It says what the use cases answer, with the events that prove it; whoever looks
at another's names a purpose. `tests/console/test_paper_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app

from api.cases.belonging import people
from api.cases.titles import packet_files, packets
from api.cases.training import card_paper
from api.console.claiming.claim import told_basis
from api.console.moment import asked_moment
from api.console.screen import Asking, Page, Shown
from api.console.words import documents
from api.paper.documents import set_as_pdf
from api.paper.saved import attached
from api.paper.typesetting import PdfImpossible
from api.refusals.problems import Problem
from api.routes.exports import archive
from api.statements.paper import base_address
from api.words.telling import RESULTS
from ledger.errors import Refusal
from ledger.vocabulary import LOCAL


def packet(asking: Asking, application: str) -> Shown:
    """The list of what goes along with an application, with its annexes under their numbers, and what lacks."""
    house, address = asking.house, f"/applications/{application}/packet"
    moment = asked_moment(rest=("purpose",))
    position = moment.position(house)
    found = packets.packet(house, asking.caller, application, asking.purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = house.answers.reflects(position)
    seen = people.see(house, asking.caller, found["person"], asking.purpose)
    return Page("packet.html", {
        "identity": None if isinstance(seen, Refusal) else seen[0]["identity"],
        "moment": moment, "basis": told_basis(basis), "path": address, "one": found,
        "lines": packet_files.lines(found), "kinds": packet_files.KINDS,
        "aim": packet_files.aim(house, found, position), "documents": documents(house),
    }, {**found, **basis})


def packet_archive(asking: Asking, application: str) -> Shown:
    """The same with every file, as one archive."""
    position = asked_moment(rest=("purpose",)).position(asking.house)
    made = packet_files.archive(asking.house, asking.caller, application, asking.purpose, as_of=position,
                                address=base_address(current_app.config))
    if isinstance(made, Refusal):
        return made
    return archive(made, f"职称申报材料-{application}", f"{application}.zip")


def card(asking: Asking, card: str) -> Shown:
    """The card of somebody who attended a class, as it is printed."""
    house, address = asking.house, f"/cards/{card}/paper"
    moment = asked_moment(rest=("purpose",))
    position = moment.position(house)
    found = card_paper.sheet(house, asking.caller, card, asking.purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = house.answers.reflects(position)
    return Page("card_paper.html", {
        "moment": moment, "basis": told_basis(basis), "path": address, "sheet": found,
        "result": RESULTS[found["card"]["result"]],
    }, {**found, **basis})


def card_pdf(asking: Asking, card: str) -> Shown:
    """The same, set as a PDF."""
    house = asking.house
    position = asked_moment(rest=("purpose",)).position(house)
    found = card_paper.sheet(house, asking.caller, card, asking.purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = told_basis(house.answers.reflects(position))
    paper = card_paper.document(found, result=RESULTS[found["card"]["result"]],
                                basis=f"截至 {basis['time']}（事件 {basis['as_of']}）")
    try:
        made = set_as_pdf(paper, datetime.fromtimestamp(house.now // 1_000_000, LOCAL))
    except PdfImpossible as no:
        raise Problem("service_unavailable", detail=str(no)) from no
    return attached(made, "application/pdf", _card_words(found), f"{card}.pdf")


def _card_words(found: Mapping[str, Any]) -> str:
    """What the file of a card is called: whose it is as the card itself says, and its number."""
    whose = (found["identity"] or {}).get("name")
    return "-".join(filter(None, ("学时登记卡", whose, found["card"]["number"])))
