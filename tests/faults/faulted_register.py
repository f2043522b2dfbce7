"""A small register in which there is something to do of everything that takes several steps on the disk.

What is done to it, with a fault in it, stands in `faulted_operations.py`.
"""

from __future__ import annotations

import csv
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from api.cli import run
from projections.replay.store import open_coded
from tests.api.command_kit import made, xueshi
from tests.api.house_kit import BODY, Someone, house_in, resident_id, study
from tests.province.province_kit import office_in

if TYPE_CHECKING:
    from tests.faults.faulted_operations import Operation

HEADS = ("来源记录号", "版本", "证件号码", "姓名", "科目类别", "途径", "日期", "学时", "完成方式", "课程名称")


class Lived(NamedTuple):
    """What is known of the scene from outside."""

    person: str
    tokens: Mapping[str, str]
    waiting: BODY
    approved: BODY
    size: int


@dataclass(frozen=True)
class Scene:
    """The register as it was made, and a place in which copies of it are tried, always under one name."""

    origin: Path
    place: Path
    lived: Lived
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.place / "data"

    def fresh(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.origin, self.place)

    def begin(self, operation: Operation) -> None:
        """A copy in which the operation is about to be done; what comes before it is done once."""
        made = self.origin.with_name(f"before {operation.name}")
        if not made.exists():
            self.fresh()
            operation.before(self)
            shutil.copytree(self.place, made)
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(made, self.place)

    def ran(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Run a command on the copy, here and without a fault."""
        return xueshi(self.place, *arguments, XUESHI_DATA_FOLDER=str(self.data), **environment)

    def run(self, *arguments: str, **environment: str) -> int:
        """Run a command on the copy: what a child does."""
        os.chdir(self.place)
        names = tempfile._RandomNameSequence()    # type: ignore[attr-defined]  # Files are met by their names.
        names._rng, names._rng_pid = Random(0), os.getpid()
        tempfile._name_sequence = names    # type: ignore[attr-defined]
        secrets._sysrand = Random(0)    # type: ignore[attr-defined]
        os.environ.update(XUESHI_DATA_FOLDER=str(self.data), **environment)
        return int(run(arguments))


def made_in(folder: Path) -> Scene:
    """Make the scene: a person with an approved entry, a waiting one and one elsewhere, a statement, a backup."""
    origin = folder / "origin"
    with house_in(origin / "data") as town:
        works, bureau = town.unit("某厂", "330203", "industry"), town.unit("市人社局", "330200", "general")
        officer = town.officer(works, "unit", "330203", unit=works["unit"])
        source = town.officer(bureau, "human_resources", "3302")
        source.sends("ningbo")
        number = resident_id(7_001)
        made_person = town.nobody.did("/v1/persons", {"name": "李明", "id_kind": "resident_id", "id_number": number})
        li = Someone(town.client(), made_person["token"], made_person["person"])
        town.belongs(li, works, "2020-01-01")
        approved = officer.act(li.submit(study(date="2026-04-02")), "approval")
        li.did(f"/v1/persons/{li.id}/statements", {})
        town.house.register.signer.checkpoint()
        town.house.register.access_signer.checkpoint()
        assert town.house.settled() is None
        open_coded(town.house.register.folder.projections, town.house.ledger)
        made(origin, "backup", "earlier")
        waiting = li.submit(study(date="2026-05-02"))
        assert town.house.settled() is None
        size = town.house.ledger.store.size()
        with office_in(folder / "city", "city.example/log") as city:
            there = city.person(number, "李明")
            city.counted(there, "在甬培训")
            carried = there.get(f"/v1/persons/{there.id}/carried").get_data()
            town.house.register.folder.ledgers_policy.write_text(f"log {city.vkey}\nquorum none\n", "utf-8")
    made(origin, "rebuild", "differences")  # How far a house comes with them beside its requests is chance.
    (origin / "carried.ndjson").write_bytes(carried)
    with (origin / "records.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADS, *(
            (f"k-{record}", "1", number, "李明", "一般公需", "course", "2026-05-04", "4", "exam", "网络课程")
            for record in range(3))])
    tokens = {"officer": str(officer.token), "source": str(source.token), "person": str(li.token)}
    return Scene(origin, folder / "there", Lived(li.id, tokens, waiting, approved, size))
