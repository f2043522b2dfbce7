"""The file of findings: its tables, which `kept` writes and `found` reads.

It is derived like any other here, and no event says what is in it: `running.py` asks the patterns and keeps it. It may
be deleted; that costs a new run over the past, and what was found before that run is forgotten with it.
"""

from __future__ import annotations

from typing import ClassVar

from projections.files.projection import Projection, Table
from projections.findings.patterns import LISTS


class FindingsFile(Projection):
    """The tables. No event has a handler: the rows are found, not folded."""

    name: ClassVar = "findings"
    version: ClassVar = 1
    tables: ClassVar = {
        "finding": Table(
            {"finding": str, "pattern": str, "version": int, "severity": str, "rank": int, "about": str, "region": str,
             "sector": str, **dict.fromkeys(LISTS, str), "events": str, "counter": str, "figures": str,
             "facts_sha256": str, "thresholds": str, "since_position": int, "run_at": int},
            ("finding", "from_position"),
            (("pattern", "to_position"), ("to_position", "rank", "since_position", "finding"))),
        # Whom and what each form of a finding names: the keys by which it is looked up.
        "member": Table(
            {"finding": str, "from_position": int, "kind": str, "id": str}, ("finding", "from_position", "kind", "id"),
            (("id",),), dated=False),
        # What each pattern was last asked, and at which position; from `whole_position` on its findings are complete.
        "asked": Table(
            {"pattern": str, "version": int, "fingerprint": str, "position": int, "whole_position": int, "run_at": int},
            ("pattern",), dated=False),
        # Claims that have a paper still being read; they are asked about again once it is.
        "reading": Table({"claim": str}, ("claim",), dated=False),
    }
    handlers: ClassVar = {}
