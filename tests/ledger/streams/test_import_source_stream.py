"""A source of imports is registered by an office of its place, once at a time, until it is closed."""

from __future__ import annotations

from msgspec.structs import replace

from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.streams import import_source as sources
from ledger.streams.decision import Decision, rebuild
from ledger.streams.standing import Actor
from ledger.vocabulary import ActorId, Category, UnitId

OFFICE = Actor(ActorId("acr_office"), UnitId("unt_office"), None,
               scopes=(Scope(role="human_resources", region="3302"),))
ELSEWHERE = replace(OFFICE, scopes=(Scope(role="human_resources", region="3303"),))
REGISTER = sources.RegisterImportSource(
    system="ningbo", role="human_resources", name="宁波市学时登记系统", kind="local_system", region="330200",
    categories=(Category.GENERAL_PUBLIC,))
CLOSE = sources.CloseImportSource(role="human_resources", why="replaced")


def after(*decisions: Decision) -> sources.ImportSource | None:
    events = [draft.event for one in decisions if not isinstance(one, Refusal) for draft in one]
    assert len(events) == len(decisions)
    return rebuild(sources.evolve, events)


def code(decided: Decision) -> str:
    return decided.code if isinstance(decided, Refusal) else "done"


REGISTERED = after(sources.decide_source_registration(None, REGISTER, OFFICE))
CLOSED = after(sources.decide_source_registration(None, REGISTER, OFFICE),
               sources.decide_source_closing(REGISTERED, CLOSE, OFFICE))


def test_a_source_says_what_it_is_of_which_place_and_what_it_may_register() -> None:
    assert REGISTERED is not None and REGISTERED.registered.stream == "src_ningbo"
    assert (REGISTERED.matter.region, REGISTERED.registered.categories) == ("330200", (Category.GENERAL_PUBLIC,))
    assert REGISTERED.registered.subjects() == () and REGISTERED.closed is None


def test_every_command_in_every_state() -> None:
    for state, registering, closing in ((None, "done", "import_source_absent"),
                                        (REGISTERED, "import_source_exists", "done"),
                                        (CLOSED, "done", "import_source_closed")):
        assert code(sources.decide_source_registration(state, REGISTER, OFFICE)) == registering
        assert code(sources.decide_source_closing(state, CLOSE, OFFICE)) == closing


def test_nobody_registers_a_source_of_elsewhere_or_takes_the_code_of_another_place() -> None:
    assert code(sources.decide_source_registration(None, REGISTER, ELSEWHERE)) == "outside_scope"
    taking = replace(REGISTER, region="330300")
    assert code(sources.decide_source_registration(CLOSED, taking, ELSEWHERE)) == "outside_scope"
    assert code(sources.decide_source_closing(REGISTERED, CLOSE, ELSEWHERE)) == "outside_scope"
    other_role = replace(REGISTER, role="sector_authority")
    assert code(sources.decide_source_registration(None, other_role, OFFICE)) == "role_not_held"
