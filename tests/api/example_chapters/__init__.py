"""The story from which the description's examples come, in chapters: each a town of its own, in which every operation
that it names is done once, by somebody who may, as one would. What furnishes the town counts as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.api.example_chapters.cases import a_case_and_what_came_of_it
from tests.api.example_chapters.classes_courses_imports import classes_courses_imports
from tests.api.example_chapters.everyone import everyone_and_everything
from tests.api.example_chapters.hours_and_accounts import hours_and_accounts
from tests.api.example_chapters.titles_law_replays import titles_law_replays
from tests.api.house_kit import Town

ALL: Final[list[Callable[[Town], None]]] = [
    hours_and_accounts, classes_courses_imports, titles_law_replays, a_case_and_what_came_of_it,
    everyone_and_everything,  # Whatever no other chapter does.
]
