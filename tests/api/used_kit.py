"""A register that was in use: people, claims on their way and approved, statements, and everything signed.

    used(tmp_path)                  # in tmp_path / "data"; commands run in tmp_path find it
    use(tmp_path, people=1)         # and later some more
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from house_kit import BODY, Someone, Town, house_in, study


@dataclass
class Used:
    """What is known of it from outside."""

    statements: list[bytes] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)


def used(folder: Path, people: int = 2, start: int = 1) -> Used:
    """Use the register of a folder, made where there is none; units and numbers begin at `start`."""
    found = Used()
    with house_in(folder / "data") as town:
        for _ in range(start - 1):
            next(town.numbers)
        works = town.unit(f"甬江机械厂{start}", "330203", "industry")
        officer = town.officer(works, "unit", "330203", unit=works["unit"])
        for _ in range(people):
            person = _lives(town, works, officer)
            found.people.append(person.id)
            found.tokens.append(str(person.token))
            made = person.did(f"/v1/persons/{person.id}/statements", {})
            found.statements.append(person.get(f"/v1/statements/{made['statement']}/file").get_data())
        assert town.house.settled() is None
        town.house.register.signer.checkpoint()
        town.house.register.access_signer.checkpoint()
    return found


def _lives(town: Town, works: BODY, officer: Someone) -> Someone:
    person = town.person("郑三五")
    town.belongs(person, works, "2020-01-01")
    claim = person.submit(study(date="2026-04-02"), certificate_issuer="某会", certificate_number="七号")
    officer.act(claim, "approval")
    person.submit(study(date="2026-05-02"))
    return person
