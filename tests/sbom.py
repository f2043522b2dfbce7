"""What is installed at run time, as CycloneDX 1.6: `python -m tests.sbom [--all] [--table]`, from the locks.

Versions and digests are those of `requirements.lock` (with `--all` of `requirements-dev.lock`), licences what each
installed package says of itself. Which of them have advisories nobody knows without a network: give the file to a
program that has one (OSV, https://osv.dev: `osv-scanner --sbom`), on another machine if need be.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
RUNNING, EVERYTHING = "requirements.lock", "requirements-dev.lock"
ADVISORIES = "https://osv.dev (PyPI ecosystem)"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\]+))?", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Component(NamedTuple):
    """One pinned package."""

    name: str
    version: str
    hashes: tuple[str, ...]
    licence: str | None  # None: it is not installed here (another system's, or an extra).


def components(lock: str = RUNNING) -> list[Component]:
    """What a lock pins, by name."""
    text = (ROOT / lock).read_text("utf-8")
    pins = list(_PIN.finditer(text))
    ends = [*(pin.start() for pin in pins[1:]), len(text)]
    return sorted(Component(pin[1], pin[2], tuple(_HASH.findall(text[pin.start():end])), licence_of(pin[1]))
                  for pin, end in zip(pins, ends, strict=True))


def licence_of(name: str) -> str | None:
    """What an installed package says of its licence: the expression, else the classifiers, else its first line."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    if expression := told.get("License-Expression"):
        return str(expression)
    classified = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier", [])
                  if one.startswith("License :: ") and one != "License :: OSI Approved"]
    first = (told.get("License") or "").strip().split("\n")[0]
    return " AND ".join(sorted(classified)) or first or "not said"


def bill(lock: str = RUNNING) -> dict[str, Any]:
    """The bill of materials; the same lock gives the same bytes."""
    found = components(lock)
    serial = uuid.UUID(bytes=hashlib.sha256((ROOT / lock).read_bytes()).digest()[:16], version=4)
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "xueshi-ledger", "name": "xueshi-ledger",
            "version": metadata.version("xueshi-ledger"), "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": [_told(one) for one in found],
        "dependencies": [{"ref": "xueshi-ledger", "dependsOn": [_purl(one) for one in found]}],
    }


def _told(one: Component) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "library", "bom-ref": _purl(one), "name": one.name, "version": one.version, "purl": _purl(one),
        "externalReferences": [{"type": "distribution", "url": f"https://pypi.org/project/{one.name}/{one.version}/",
                                "hashes": [{"alg": "SHA-256", "content": each} for each in one.hashes]}]}
    if one.licence is not None:
        told["licenses"] = [{"license": {"name": one.licence}}]
    return told


def _purl(one: Component) -> str:
    return f"pkg:pypi/{one.name.lower().replace('_', '-')}@{one.version}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sbom", description=__doc__)
    parser.add_argument("--all", action="store_true", help="with extras and what only tests want")
    parser.add_argument("--table", action="store_true", help="for people: name, version, licence")
    given = parser.parse_args(arguments)
    lock = EVERYTHING if given.all else RUNNING
    if not given.table:
        print(json.dumps(bill(lock), ensure_ascii=False, indent=1))
        return 0
    for one in components(lock):
        print(f"{one.name:30} {one.version:14} {one.licence or 'not installed here'}")
    print(f"No advisories were asked for: that wants a network. The database is {ADVISORIES}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
