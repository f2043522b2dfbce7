"""The papers that came with a plan or a class: which of them are here, and one of them opened.

Which are kept and which only known by their digest: `api.cases.training.training_files`.
`tests/console/test_training_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.cases.training import training_files
from api.console.claiming.claim import handed_out
from api.console.screen import Asking, Shown
from api.words.codes import LIST_TYPES
from ledger.errors import Refusal


def papers_here(body: Mapping[str, Any]) -> dict[str, str] | None:
    """The papers that are here to be opened, in words, by their digests; None to whom digests alone are shown."""
    return None if body["files"] is None else {one["sha256"]: _in_words(one) for one in body["files"]}


def _in_words(one: Mapping[str, Any]) -> str:
    return f"{LIST_TYPES[one['media_type']]}，{max(1, one['bytes'] // 1024):,} KB"


def of_class(asking: Asking, training_class: str, sha256: str) -> Shown:
    """A paper of a class, to whoever may open it, for a purpose."""
    return _opened(asking, training_class, sha256)


def of_plan(asking: Asking, plan: str, sha256: str) -> Shown:
    """A paper of a plan, likewise."""
    return _opened(asking, plan, sha256)


def _opened(asking: Asking, record: str, sha256: str) -> Shown:
    found = training_files.open_file(asking.house, asking.caller, record, sha256, asking.purpose)
    return found if isinstance(found, Refusal) else handed_out(found, sha256)
