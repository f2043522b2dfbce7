"""Paper of the console: what goes along with an application, and a card (P 15), each as a sheet that prints.

A sheet has the look of a statement's. It says what the use cases answer, with the events that prove it; whoever looks
at another's names a purpose. `tests/console/test_paper_screens.py` shows it.
"""

from __future__ import annotations

from flask import current_app, send_file

from api.cases import card_paper, packet_files, packets
from api.commands.telling import RESULTS
from api.console.claim import told_basis
from api.console.moment import Moment, asked_moment
from api.console.records import purpose_of
from api.console.screen import Asking, Page, Shown
from api.statement_paper import base_address
from ledger.errors import Refusal


def packet(asking: Asking, application: str) -> Shown:
    """The list of what goes along with an application, with its annexes under their numbers, and what lacks."""
    house, address = asking.house, f"/applications/{application}/packet"
    seen = _seen(asking, address)
    if not isinstance(seen, tuple):
        return seen
    moment, purpose, position = seen
    found = packets.packet(house, asking.caller, application, purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = house.answers.reflects(position)
    return Page("packet.html", {
        "moment": moment, "basis": told_basis(basis), "path": address, "one": found,
        "lines": packet_files.lines(found), "kinds": packet_files.KINDS,
        "aim": packet_files.aim(house, found, position),
    }, {**found, **basis})


def packet_archive(asking: Asking, application: str) -> Shown:
    """The same with every file, as one archive."""
    seen = _seen(asking, f"/applications/{application}/packet.zip")
    if not isinstance(seen, tuple):
        return seen
    _, purpose, position = seen
    made = packet_files.archive(asking.house, asking.caller, application, purpose, as_of=position,
                                address=base_address(current_app.config))
    if isinstance(made, Refusal):
        return made
    return send_file(made, "application/zip", as_attachment=True, download_name=f"{application}.zip", etag=False)


def card(asking: Asking, card: str) -> Shown:
    """The card of somebody who attended a class, as it is printed."""
    house, address = asking.house, f"/cards/{card}/paper"
    seen = _seen(asking, address)
    if not isinstance(seen, tuple):
        return seen
    moment, purpose, position = seen
    found = card_paper.sheet(house, asking.caller, card, purpose, as_of=position)
    if isinstance(found, Refusal):
        return found
    basis = house.answers.reflects(position)
    return Page("card_paper.html", {
        "moment": moment, "basis": told_basis(basis), "path": address, "sheet": found,
        "result": RESULTS[found["card"]["result"]],
    }, {**found, **basis})


def _seen(asking: Asking, address: str) -> tuple[Moment, str | None, int] | Refusal | Page:
    """When somebody looks and what for; or the question what for."""
    moment = asked_moment(rest=("purpose",))
    position = moment.position(asking.house)
    if isinstance(position, Refusal):
        return position
    purpose = purpose_of(asking, moment, address)
    return purpose if isinstance(purpose, Page) else (moment, purpose, position)
