"""What is held, told by one digest: however it was numbered, and in however many files it lay.

`tests/projections/replay/test_store.py` shows it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from projections.replay.held import TABLES, Held, Statement


def content(held: Held) -> str:
    """A digest of what is held, however it was numbered and in how many files it lay."""
    digest = hashlib.sha256(json.dumps([held.position, len(held.people)]).encode())
    digest.update(held.people.tobytes())
    words = {"zone": [repr(one) for one in held.zones], "unit": list(held.units),
             "statement": [_sense(one) for one in held.statements]}
    for table in TABLES:
        columns = getattr(held, table)
        for name, column in columns.items():
            if name in words:
                _, first, inverse = np.unique(column, return_index=True, return_inverse=True)
                by_word = np.array([words[name][number] for number in column[first].tolist()], dtype=object)
                ranked, rank = np.unique(by_word, return_inverse=True) if len(by_word) else (by_word, first)
                digest.update("\n".join(ranked.tolist()).encode())
                digest.update(rank[inverse].astype(np.int32).tobytes())
            elif name in ("occasion", "output"):
                digest.update(_first_of_its_key(column).tobytes())
            else:
                digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _sense(statement: Statement) -> str:
    """What a statement says, whichever of the studies that say it was kept."""
    return json.dumps([weighed(statement), *statement[1:]], sort_keys=True, ensure_ascii=False)


def weighed(statement: Statement) -> dict[str, Any]:
    """What a law may weigh of a statement: of its study all but dates and keys, of a document whether there is one."""
    study = json.loads(statement.study)
    dated = ("evidence_on", "starts", "ends", "year", "filed_on", "occasion", "output", "participants", "joint_first",
             "filing", "training_class")
    return {**{name: value for name, value in study.items() if name not in dated},
            "document": study.get("document") is not None}


def _first_of_its_key(column: NDArray[np.int32]) -> NDArray[np.int64]:
    """For each row the first row with its key, or -1 where it has none: the same however keys are numbered."""
    _, first, inverse = np.unique(column, return_index=True, return_inverse=True)
    return np.where(column > 0, first[inverse], -1).astype(np.int64)
