"""A claim's facts become the fields that the law weighs, each exactly."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from projection_kit import any_book, exam

from ledger.events.study import Study
from ledger.vocabulary import Category
from policies.law import Law
from policies.shelf import shipped
from policies.words import base_vocabulary
from projections.facts import entry_fields, fields_of, shown

FULL: dict[str, Any] = {
    "category": Category.GENERAL_PUBLIC, "route": "r", "evidence_on": date(2021, 3, 1), "level": "l",
    "starts": date(2021, 2, 1), "ends": date(2021, 2, 2), "year": 2021, "days_half": 9, "subjects": 1, "courses": 2,
    "characters": 3, "minutes": 4, "hours_centi": 1_960, "confirmed_centi": 725, "document": "文", "rank": 5,
    "participants": 6, "joint_first": True, "organiser": "o", "organiser_level": "ol", "approved_by": "a",
    "filing": "f", "filed_on": date(2021, 1, 1), "training_class": "t", "completed_by": "exam", "platform": "p",
    "major": "m", "occasion": "oc", "output": "ou", "further": {"related": "yes", "stranger": "x"},
}

NOT_WEIGHED = {"year", "participants", "joint_first", "filing", "training_class", "further"}
"""The year is attributed by the office; these others no rulebook asks for, or they are declared ones."""


def test_each_field_of_a_study_is_handed_over_or_is_named_here() -> None:
    assert set(FULL) == {field.name for field in msgspec.structs.fields(Study)}
    fields = fields_of(Study(**FULL))

    assert fields == {
        "date": "2021-03-01", "category": "general_public", "route": "r", "level": "l", "subjects": 1, "courses": 2,
        "characters": 3, "minutes": 4, "rank": 5, "document": "文", "organiser": "o", "organiser_level": "ol",
        "approved_by": "a", "completed_by": "exam", "platform": "p", "major": "m", "occasion": "oc", "output": "ou",
        "starts": "2021-02-01", "ends": "2021-02-02", "filed_on": "2021-01-01", "days": "4.5", "hours": "19.6",
        "confirmed_hours": "7.25",
    }
    renamed = {"evidence_on": "date", "days_half": "days", "hours_centi": "hours", "confirmed_centi": "confirmed_hours"}
    assert {renamed.get(name, name) for name in set(FULL) - NOT_WEIGHED} == set(fields)
    assert set(fields) - {"date"} <= set(base_vocabulary().fields)


def test_what_is_not_given_is_not_handed_over() -> None:
    assert fields_of(exam("2021-03-01")) == {
        "date": "2021-03-01", "category": "professional", "route": "exam", "subjects": 1}


def test_fields_that_a_rulebook_declares_are_handed_to_a_law_that_knows_them() -> None:
    study = Study(**FULL)
    plain, declared = shipped().vocabulary, Law([any_book("hangzhou-credits/2025-06-06")]).vocabulary

    assert "related" not in entry_fields(study, plain)
    assert entry_fields(study, declared)["related"] == "yes"
    assert "stranger" not in entry_fields(study, declared)
    assert entry_fields(study, plain, "2021-04-01")["submitted_on"] == "2021-04-01"


def test_what_is_shown_has_no_title() -> None:
    assert shown(Study(**FULL)) == {
        "category": "general_public", "route": "r", "level": "l", "date": "2021-03-01", "title": None,
        "starts": "2021-02-01", "ends": "2021-02-02", "days": "4.5", "subjects": 1, "courses": 2, "characters": 3,
        "minutes": 4, "hours": "19.6", "confirmed_hours": "7.25", "document": "文", "rank": 5,
    }
