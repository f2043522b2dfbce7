"""People are found by their documents, hundreds at once, as each would be found alone."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from api.cases.belonging.finding import blocks, by_documents
from api.register.register import SYSTEM
from ledger.acts.running import Act, open_act
from ledger.events.base import Draft
from ledger.events.person import PersonRestricted
from ledger.identifiers.id_number import IdNumber
from ledger.reading import Held
from ledger.vocabulary import PersonId
from tests.api.house_kit import Someone, Town, resident_id


class Entered(NamedTuple):
    """Somebody with the number that is printed on their document."""

    someone: Someone
    document: IdNumber


@pytest.fixture
def entered(town: Town) -> Entered:
    number = resident_id(next(town.numbers))
    made = town.nobody.did("/v1/persons", {"name": "欧阳 娜", "id_kind": "resident_id", "id_number": number})
    return Entered(Someone(town.client(), made["token"], made["person"]), IdNumber("resident_id", number))


def test_whoever_has_a_document_is_found_with_the_name_as_it_is_compared(town: Town, entered: Entered) -> None:
    nobody = IdNumber("resident_id", resident_id(next(town.numbers)))
    other_kind = IdNumber("passport", entered.document.normalised)

    found = by_documents(town.house.ledger, [nobody, entered.document, other_kind, entered.document])

    assert {document: (one.person.person, one.name) for document, one in found.items()} == {
        entered.document: (entered.someone.id, "欧阳娜")}


def test_of_a_person_to_whom_a_larger_act_wrote_the_ledger_says_what_counts(town: Town, entered: Entered) -> None:
    ledger, person = town.house.ledger, PersonId(entered.someone.id)
    act = open_act(ledger, kind="test", rows=1, list_sha256="ab" * 32, by=SYSTEM, now_ms=town.house.now // 1_000)
    assert isinstance(act, Act)
    restricted = Draft(PersonRestricted(person=person, basis="第四十七条"))
    act.write([restricted], rows=1, versions={restricted.event.stream: 1})
    with pytest.raises(Held):
        by_documents(ledger, [entered.document])

    act.abandon()

    assert not by_documents(ledger, [entered.document])[entered.document].person.is_restricted


def test_a_block_is_as_many_as_are_looked_up_at_once() -> None:
    assert [list(block) for block in blocks([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
