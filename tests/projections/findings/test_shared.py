"""What entries share: each dimension is found, told with what speaks for it, and a step further stops at a crowd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from ledger.events.actor import Scope
from projections.files.projection import add_indexes
from projections.findings import having
from projections.findings import shared as sharing
from projections.findings.clue_file import ClueFile
from projections.findings.having import Key, Traced, hour_of, readable
from projections.findings.shared import GUARDS, pivot
from projections.findings.tables import TABLES

NINE = 1_772_672_400_000_000  # 2026-03-05 09:00 here
NINGBO = Scope(role="supervisor", region="3302")


class Tables:
    """Traces and clues with what a test puts into them."""

    def __init__(self, folder: Path) -> None:
        self.traces, self.clues = Database(folder / "traces.db"), Database(folder / "clues.db")
        for db, tables in ((self.traces, TABLES), (self.clues, ClueFile.tables)):
            for name, table in tables.items():
                if name in ("claim", "paper", "clue"):
                    db.table(name).create(table.every_column, pk=table.pk)
                    add_indexes(db, name, table)
        self.claims = 0

    def claim(self, name: str, person: str, *, papers: tuple[tuple[str, str], ...] = (),
              clues: tuple[tuple[str, str], ...] = (), begins: int = 1, ends: int | None = None, **said: Any) -> str:
        claim = f"clm_{name}"
        told = {"unit": "unt_a", "region": "330203", "sector": "industry", "status": "approved",
                "category": "professional", "route": "training", "evidence_on": "2026-03-01", "submitted_at": NINE - 1,
                **said, "claim": claim, "person": person, "since_position": begins, "from_position": begins,
                "to_position": ends}
        self.traces.table("claim").insert(told)
        for kind, sha256 in papers:
            self.traces.table("paper").insert({"claim": claim, "sha256": sha256, "person": person, "kind": kind,
                                               "event": begins, "from_position": begins, "to_position": None})
        for kind, value in clues:
            self.clues.table("clue").insert(
                {"claim": claim, "person": person, "kind": kind, "value": value, "event": begins})
        return claim

    def at(self, as_of: int = 100, *scopes: Scope) -> Traced:
        return Traced(Asked(self.traces), Asked(self.clues), as_of, scopes or (NINGBO,))


class Asked:
    def __init__(self, db: Database) -> None:
        self._db = db
        self.plans: list[str] = []

    def rows(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        self.plans += [step[-1] for step in self._db.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall()]
        return self._db.execute(query, values).fetchall()


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    made = Tables(tmp_path)
    yield made
    made.traces.close()
    made.clues.close()


def of(found: sharing.Pivot, dimension: str) -> sharing.Shared:
    return next(one for one in found.shared if one.key.dimension == dimension)


def test_every_dimension_of_an_entry_says_which_others_and_whose_have_it(tables: Tables) -> None:
    same: dict[str, Any] = {"organiser": "某学会", "training_class": "cls_1", "decided_by": "acr_1", "decided_at": NINE}
    clues = tuple((kind, f"c0{kind}") for kind in ("certificate", "certificate_number", "picture", "document", "device",
                                                   "address"))
    paper = (("certificate", "ab"),)
    first = tables.claim("1", "per_a", papers=paper, clues=clues, **same)
    second = tables.claim("2", "per_b", papers=paper, clues=clues, unit="unt_b",
                          **{**same, "decided_at": NINE + 3_599_999_999})
    tables.claim("3", "per_c", organiser="别的", decided_by="acr_2", decided_at=NINE + 3_600_000_000,
                 clues=(("class_number", "other"),))
    tables.clues.table("clue").insert(
        {"claim": "crd_9", "person": "per_b", "kind": "card_number", "value": "c0certificate_number", "event": 1})

    found = pivot(tables.at(), [first])

    assert [one.key.dimension for one in found.shared] == list(having.DIMENSIONS)
    assert all((one.starts, one.claims, one.persons, one.within) == (1, 1, 1, 1) for one in found.shared)
    assert all([each.claim for each in found.members[one.key]] == [second] for one in found.shared)
    assert of(found, "hour").key.value == "2026-03-05T09" == hour_of(NINE)


def test_whatever_is_asked_is_found_by_an_index(tables: Tables) -> None:
    same: dict[str, Any] = {"organiser": "某学会", "training_class": "cls_1", "decided_by": "acr_1", "decided_at": NINE,
                            "papers": (("card", "ab"),), "clues": (("certificate", "x"), ("device", "y"))}
    for number in range(3):
        tables.claim(str(number), f"per_{number}", **same)
    asked = tables.at()

    assert {one.key.dimension for one in pivot(asked, ["clm_0"]).shared} >= {"hour", "class", "approver", "evidence"}
    plans = asked.traces.plans + asked.clues.plans  # type: ignore[attr-defined,union-attr]
    everything = ("SCAN c", "SCAN p", "SCAN k", "(from_position<")  # What had begun by now is all there is.
    assert plans and [one for one in plans if any(part in one for part in everything)] == []


def test_whoever_shares_by_right_is_told_with_the_reason_and_not_left_out(tables: Tables) -> None:
    for number in range(50):
        tables.claim(f"{number:02d}", f"per_{number:02d}", training_class="cls_1", organiser="某学会", act="act_1",
                     decided_by="acr_1", decided_at=NINE, papers=(("notice", "cd"), ("card", f"e{number}")),
                     clues=(("address", "net"),))
    tables.claim("x", "per_x", papers=(("notice", "cd"),))

    found = pivot(tables.at(), ["clm_00"])

    assert of(found, "class").claims == 49 and of(found, "class").guards == ("class",)
    assert of(found, "hour").guards == ("one_act",)
    assert of(found, "address").guards == ("one_unit", "same_class")
    shown = {one.key.value: one for one in found.shared if one.key.dimension == "evidence"}
    assert shown["cd"].claims == 50 and shown["cd"].same_class == 49 and shown["cd"].guards == ("notice",)
    assert shown["e0"].claims == 0 and shown["e0"].guards == ()
    assert not any(one.is_telling for one in found.shared)
    assert {code for one in found.shared for code in one.guards} <= GUARDS.keys()


def test_a_certificate_that_strangers_show_says_something_by_itself(tables: Tables) -> None:
    first = tables.claim("1", "per_a", training_class="cls_1", papers=(("certificate", "ab"),))
    tables.claim("2", "per_b", training_class="cls_2", papers=(("certificate", "ab"),))
    tables.claim("3", "per_a", papers=(("certificate", "ab"),))

    one = of(pivot(tables.at(), [first]), "evidence")

    assert one.is_telling and (one.claims, one.persons) == (2, 1), "their own other entry is no other person"


def test_beyond_the_scopes_it_is_counted_and_nobody_is_named(tables: Tables) -> None:
    first = tables.claim("1", "per_a", papers=(("certificate", "ab"),))
    tables.claim("2", "per_b", region="330302", papers=(("certificate", "ab"),))
    tables.claim("3", "per_c", region="330302", papers=(("certificate", "ab"), ("certificate", "ff")))
    tables.claim("4", "per_d", region="330302", papers=(("certificate", "ff"),))

    found = pivot(tables.at(), [first])

    assert (of(found, "evidence").claims, of(found, "evidence").within) == (2, 0)
    assert found.members[Key("evidence", "ab")] == [] and found.further == ()


def test_it_is_looked_at_as_of_a_position(tables: Tables) -> None:
    first = tables.claim("1", "per_a", papers=(("certificate", "ab"),), clues=(("device", "d"),))
    tables.claim("2", "per_b", begins=7, papers=(("certificate", "ab"),), clues=(("device", "d"),))
    tables.claim("3", "per_c", ends=5, organiser="某学会")

    assert {one.claims for one in pivot(tables.at(6), [first]).shared} == {0}
    assert {one.claims for one in pivot(tables.at(7), [first]).shared} == {1}
    assert pivot(tables.at(5), keys=[Key("organiser", "某学会")]).shared[0].claims == 0
    assert pivot(tables.at(4), keys=[Key("organiser", "某学会")]).shared[0].claims == 1


def test_a_step_further_goes_on_to_what_several_of_those_found_share(tables: Tables) -> None:
    first = tables.claim("1", "per_a", papers=(("certificate", "ab"),))
    for number in (2, 3, 4):
        tables.claim(f"{number}", f"per_{number}", papers=(("certificate", "ab"),), organiser="某学会",
                     clues=(("device", f"d{number % 2}"),))

    found = pivot(tables.at(), [first])

    assert [(one.key, one.claims, one.persons) for one in found.further] == [
        (Key("organiser", "某学会"), 3, 3), (Key("device", "d0"), 2, 2)]
    assert {one.through for one in found.further} == {(Key("evidence", "ab"),)}


def test_no_step_goes_on_from_a_crowd_and_what_is_more_than_is_counted_says_so(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        tables.claim(f"{number}", f"per_{number}", organiser="某学会", decided_by="acr_1")
    first = tables.claim("x", "per_x", organiser="某学会")
    monkeypatch.setattr(sharing, "FURTHER_MOST", 5)
    found = pivot(tables.at(), [first])
    assert found.stopped == (Key("organiser", "某学会"),) and found.further == ()

    monkeypatch.setattr(having, "COUNT_MOST", 4)
    one = of(pivot(tables.at(), [first]), "organiser")
    assert one.is_more and one.claims == 4


def test_of_many_entries_what_most_of_them_have_is_followed_first(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = [tables.claim(f"{number}", f"per_{number}", organiser="某学会", training_class=f"cls_{number}")
              for number in range(4)]
    monkeypatch.setattr(sharing, "KEYS_MOST", 2)

    found = pivot(tables.at(), starts)

    assert [(one.key.value, one.starts) for one in found.shared] == [("某学会", 4), ("cls_0", 1)] and found.left == 3

def test_a_number_that_says_no_more_than_it_does_with_its_issuer_is_told_once(tables: Tables) -> None:
    for number, person in enumerate(("per_a", "per_b")):
        tables.claim(f"{number}", person, clues=(("certificate", "c"), ("certificate_number", "n")))
    assert [one.key.dimension for one in pivot(tables.at(), ["clm_0"]).shared] == ["certificate"]

    tables.claim("2", "per_c", clues=(("certificate", "of another issuer"), ("certificate_number", "n")))
    assert [(one.key.dimension, one.claims) for one in pivot(tables.at(), ["clm_0"]).shared] == [
        ("certificate", 1), ("number", 2)]


def test_a_number_is_also_found_on_cards_and_classes_and_nothing_sealed_is_compared_without_clues(
    tables: Tables,
) -> None:
    first = tables.claim("1", "per_a", clues=(("certificate_number", "n"),))
    tables.clues.table("clue").insert_all([
        {"claim": "crd_1", "person": "per_b", "kind": "card_number", "value": "n", "event": 1},
        {"claim": "cls_1", "person": "", "kind": "class_number", "value": "n", "event": 1}])

    one = of(pivot(tables.at(), [first]), "number")
    assert (one.claims, one.records) == (0, 2)
    assert pivot(tables.at()._replace(clues=None), [first]).shared == ()


@pytest.mark.parametrize(("dimension", "value"), [
    ("hour", "2026-03-05T24"), ("hour", "2026-03-05"), ("hour", "9999-12-31T23"), ("evidence", ""), ("moon", "1"),
    ("organiser", "长" * 401)])
def test_what_can_be_no_key_is_none(dimension: str, value: str) -> None:
    assert readable(dimension, value) is None
    assert readable("hour", "2026-03-05T09") == Key("hour", "2026-03-05T09")
