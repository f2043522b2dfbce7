"""Sources of imports: from which systems records are taken over, and what each may register (P 14, R 6, R 9).

Whoever may bring records of a place in registers the systems of that place: its own, a classroom for public courses, a
platform of a sector. What is not registered is refused before a row is looked at. A system from which something was
taken over before there was a register of sources stays known by that, and may register what it did.

`tests/api/test_import_sources.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.cases.doing import Asked, Done, Reading, do
from api.cases.importing.import_lists import Wrong
from api.cases.standing import HUMAN_RESOURCES, acting, by_actor, may_look, present, role_for
from api.house import House
from api.law_of import law_now
from api.operational.callers import Caller
from ledger.errors import Refusal
from ledger.events.import_source import stream_of
from ledger.events.imports import ImportOpened
from ledger.events.study import Study
from ledger.streams import import_source as sources
from ledger.streams.decision import Decision
from ledger.streams.import_source import ImportSource
from ledger.streams.standing import Actor, Matter, standing
from ledger.vocabulary import Category
from policies.systems import importing_roles
from projections.imports import Source
from projections.imports import imports as known_imports
from projections.imports import sources as known_sources

KINDS: Final = {
    "local_system": "当地或部门的登记系统", "classroom": "公需课程的网络课堂", "sector_platform": "行业学习平台",
    "other": "其他系统",
}
"""What a system is, as its office says: those of P 14, N 8 and W 3, the classrooms of N 8, the platforms of R 6."""

_OTHER_CATEGORY: Final = Wrong(
    "category_not_of_source", "这个来源没有登记可以报送这个科目；请核对科目，或停用后按现在的范围重新登记来源。",
    ("category",))
_OTHER_PLATFORM: Final = Wrong(
    "platform_not_of_source", "这个来源登记的是另一个学习平台；请核对平台的名称。", ("platform",))
WORDS: Final = {one.code: one for one in (_OTHER_CATEGORY, _OTHER_PLATFORM)}


def register(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Say what a system is, and let its records be taken over."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    found = importer_in(house, actor, Matter(fields["region"], fields.get("sector")))
    if isinstance(found, Refusal):
        return found
    role, system = found[1], fields["system"]
    other = place_of(house, system)  # What an older register took over is of some place already.
    if other is not None and (no := standing(actor, role, other)):
        return no
    command = sources.RegisterImportSource(
        role=role, **{**fields, "categories": tuple(map(Category, fields["categories"]))})

    def decide(reading: Reading) -> Decision:
        known = reading.state(stream_of(system), sources.evolve)
        return sources.decide_source_registration(known, command, present(reading, caller))

    return do(house.ledger, by_actor(caller, actor, role), asked, decide)


def close(house: House, caller: Caller, fields: dict[str, Any], asked: Asked) -> Done | Refusal:
    """Take nothing more over from a system."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    system = fields["system"]
    known = source_of(house, system)
    if known is None:
        return may_look(actor) or Refusal.because("import_source_absent")
    found = importer_in(house, actor, known.matter)
    if isinstance(found, Refusal):
        return found
    command = sources.CloseImportSource(role=found[1], why=fields["why"])

    def decide(reading: Reading) -> Decision:
        return sources.decide_source_closing(
            reading.state(stream_of(system), sources.evolve), command, present(reading, caller))

    return do(house.ledger, by_actor(caller, actor, found[1]), asked, decide)


def listed(house: House, caller: Caller, *, as_of: int) -> list[dict[str, Any]] | Refusal:
    """Every source, to an official."""
    actor = acting(house, caller)
    if isinstance(actor, Refusal):
        return actor
    if (no := may_look(actor)) is not None:
        return no
    return [_view(one) for one in known_sources(house.answers, as_of=as_of)]


def one(house: House, caller: Caller, system: str, *, as_of: int) -> dict[str, Any] | Refusal:
    """A source as it stood, to an official."""
    found = listed(house, caller, as_of=as_of)
    if isinstance(found, Refusal):
        return found
    return next((each for each in found if each["system"] == system), Refusal.because("import_source_absent"))


def admitted(house: House, system: str) -> ImportSource | Refusal | None:
    """The source that a file says it comes from, if its records are taken over. None: known from before."""
    known = source_of(house, system)
    if known is None:
        return Refusal.because("import_source_absent", system=system) if place_of(house, system) is None else None
    return known if known.closed is None else Refusal.because("import_source_closed", system=system)


def misplaced(source: ImportSource, study: Study) -> Wrong | None:
    """Say why a source may not register a study."""
    if study.category not in source.registered.categories:
        return _OTHER_CATEGORY
    wanted = source.registered.platform
    return _OTHER_PLATFORM if wanted is not None and study.platform not in (None, wanted) else None


def source_of(house: House, system: str) -> ImportSource | None:
    """A source as it stands now."""
    return house.ledger.load(stream_of(system), sources.evolve).state


def place_of(house: House, system: str) -> Matter | None:
    """Whose records a system's are: as it was registered, or as its first import said. None: it is unknown."""
    if (known := source_of(house, system)) is not None:
        return known.matter
    found = known_imports(house.answers, system=system, limit=1)
    first = found.items[0].opened if found.items else next(
        (event for event in house.lately.since(found.as_of)
         if isinstance(event, ImportOpened) and event.system == system), None)
    return None if first is None else Matter(first.region, first.sector)


def importer_in(house: House, actor: Actor, matter: Matter) -> tuple[Actor, str] | Refusal:
    """An actor and the role in which they bring records of a place in, as its law names it."""
    roles = importing_roles(law_now(house.answers), house.today, str(matter.region), matter.sector)
    role = role_for(actor, roles or (HUMAN_RESOURCES,), matter)  # Where no rulebook speaks, nobody is found in scope.
    return standing(actor, role, matter) or (actor, role)


def view(source: ImportSource) -> dict[str, Any]:
    """A source as it stands after it was acted upon."""
    said = source.registered
    return {
        "system": said.system, "name": said.name, "kind": said.kind, "region": said.region, "sector": said.sector,
        "categories": [one.value for one in said.categories], "platform": said.platform, "document": said.document,
        "status": "open" if source.closed is None else "closed",
        "why": None if source.closed is None else source.closed.why,
    }


def _view(one: Source) -> dict[str, Any]:
    return {**view(ImportSource(one.registered)), "status": "open" if one.why is None else "closed", "why": one.why,
            "event": one.event}
