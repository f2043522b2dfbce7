"""What people call whatever a report names by a code: rulebooks, and the words that these brought.

A report that says it itself is read by whoever has not got these rulebooks. `tests/projections/replay/test_report.py`
shows it.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.rulebook import Rulebook


def names_of(books: Iterable[Rulebook]) -> dict[str, dict[str, str]]:
    """Documents and titles by the id of a rulebook; requirements and sectors by code, those of the base words apart."""
    found = {book.id: book for book in sorted(books, key=lambda book: book.id)}
    declared = [book.declares for book in found.values()]
    return {
        "documents": {each: book.document for each, book in found.items()},
        "titles": {each: book.title for each, book in found.items()},
        "minimums": {one.code: one.name for words in declared for one in words.minimums},
        "sectors": {code: name for words in declared for code, name in words.sectors.items()},
    }
