"""Who asks: told by a token and nothing else, and which role of theirs serves."""

from __future__ import annotations

from pathlib import Path

from api.cases.standing import may_see, role_for
from api.operational.callers import Tokens
from api.operational.operations import Operations
from ledger.errors import Refusal
from ledger.events.actor import Scope
from ledger.streams.standing import Actor, Matter
from ledger.vocabulary import ActorId, UnitId

NOW = 1_795_000_000_000_000
NINGBO = Matter("330203", "industry", "professional", UnitId("unt_a"))


def actor(*scopes: Scope) -> Actor:
    return Actor(ActorId("acr_x"), UnitId("unt_x"), None, scopes=scopes)


def code(refusal: Refusal | None) -> str | None:
    return None if refusal is None else refusal.code


def test_each_token_is_one_callers(tmp_path: Path) -> None:
    given = Operations(tmp_path / "operations.db", b"k" * 32)
    tokens = Tokens("founder-token", "reader-token", given)
    person, officer = (given.issue(holder, request=b"1", now=NOW) for holder in ("per_1", "acr_1"))

    def kind(token: str | None) -> str:
        found = tokens.caller(token, now=NOW)
        return found.code if isinstance(found, Refusal) else found.kind

    assert [kind(one) for one in (None, "founder-token", "reader-token", person, officer, "x", "", "名")] == [
        "nobody", "founder", "reader", "person", "actor", "token_unknown", "token_unknown", "token_unknown"]
    given.close()


def test_a_session_of_the_page_is_no_token_of_the_api(tmp_path: Path) -> None:
    given = Operations(tmp_path / "operations.db", b"k" * 32)
    session = given.issue("per_1", request=b"1", now=NOW, kind="session", lasts_s=60)

    found = Tokens("founder-token", "reader-token", given).caller(session, now=NOW)

    assert code(found if isinstance(found, Refusal) else None) == "token_unknown"
    given.close()


def test_of_several_roles_the_first_that_serves_is_taken_and_else_one_that_is_held() -> None:
    both = actor(Scope(role="supervisor", region="33"), Scope(role="unit", region="3303"))

    assert role_for(both, ("unit", "supervisor"), NINGBO) == "supervisor"
    assert role_for(actor(Scope(role="unit", region="3303")), ("supervisor", "unit"), NINGBO) == "unit"
    assert role_for(actor(), ("supervisor", "unit"), NINGBO) == "supervisor"


def test_a_scope_reaches_a_persons_place_whatever_its_category() -> None:
    assert may_see(actor(Scope(role="human_resources", region="330203", category="general_public")), NINGBO) is None
    assert code(may_see(actor(Scope(role="unit", region="330203", unit=UnitId("unt_b"))), NINGBO)) == "outside_scope"
    assert code(may_see(actor(Scope(role="sector_authority", region="33", sector="environment")), NINGBO)) == (
        "outside_scope")


def test_whoever_runs_the_system_looks_at_nobody() -> None:
    for role in ("system_administrator", "security_administrator", "audit_administrator", "policy_office"):
        assert code(may_see(actor(Scope(role=role, region="33")), NINGBO)) is not None


def test_whoever_acts_for_a_unit_looks_at_its_people_however_wide_their_region() -> None:
    """An organiser that a province recognises is no office of the province: it has no business with everybody in it."""
    for role in ("recognised_organiser", "unit"):
        guest = actor(Scope(role=role, region="33"))
        assert code(may_see(guest, NINGBO)) == code(may_see(guest, None)) == "outside_scope"
        assert may_see(guest, NINGBO._replace(unit=guest.organisation)) is None
