"""A second factor as it is kept: what its codes open, once and in their time; and what nobody reads out of the file."""

from __future__ import annotations

from base64 import b32decode, b32encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.operational.second_factor import PAPER_CODES, Rule, SecondFactors, code_at, rule_of
from api.settings import Settings
from ledger.keys.master import FileMasterKey
from ledger.keys.ring import KeyGone
from ledger.keys.vault import Vault

NOW = 1_795_000_005_000_000
STEP = 30_000_000
HOUR = 3_600_000_000
LI, WANG = "per_0000000000000000000001", "per_0000000000000000000002"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    vault = Vault(tmp_path / "people.db", FileMasterKey.create(tmp_path / "master.key"))
    yield vault
    vault.close()


@pytest.fixture
def factors(tmp_path: Path, vault: Vault) -> Iterator[SecondFactors]:
    kept = SecondFactors(tmp_path / "operations.db", bytes(32), vault, Rule())
    yield kept
    kept.close()


def enrolled(factors: SecondFactors, holder: str = LI, request: bytes = b"first", now: int = NOW
             ) -> tuple[str, tuple[str, ...]]:
    """Somebody sets one up: their authenticator's secret, and their codes on paper."""
    secret = factors.offer(holder, request=request, now=now).secret
    papers = factors.take(holder, code_at(secret, now), request=request, now=now)
    assert papers is not None
    return secret, papers


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")])
def test_codes_are_those_of_every_authenticator(at: int, code: str) -> None:
    """RFC 6238, appendix B, of which an authenticator shows the last six digits."""
    assert code_at(b32encode(b"12345678901234567890").decode(), at * 1_000_000) == code


def test_what_was_offered_opens_nothing_until_a_code_of_it_came_back(factors: SecondFactors) -> None:
    secret = factors.offer(LI, request=b"first", now=NOW).secret
    assert factors.has(LI).since is None
    assert factors.accept(LI, code_at(secret, NOW), now=NOW) is None

    assert factors.take(LI, "000000", request=b"first", now=NOW) is None
    assert factors.take(LI, code_at(secret, NOW), request=b"first", now=NOW + HOUR + STEP) is None, "it is over"
    assert factors.take(LI, code_at(secret, NOW), request=b"first", now=NOW) is not None
    assert factors.has(LI) == (NOW, PAPER_CODES)


def test_a_code_serves_for_its_half_minute_and_the_one_on_either_side(factors: SecondFactors) -> None:
    secret, _ = enrolled(factors)
    later = NOW + 10 * STEP

    assert factors.accept(LI, code_at(secret, later - 2 * STEP), now=later) is None
    assert factors.accept(LI, code_at(secret, later + 2 * STEP), now=later) is None
    assert factors.accept(LI, code_at(secret, later - STEP), now=later) == "clock"
    assert factors.accept(LI, code_at(secret, later), now=later) == "clock"
    assert factors.accept(LI, code_at(secret, later + STEP), now=later) == "clock"


def test_whoever_saw_a_code_typed_has_nothing(factors: SecondFactors) -> None:
    secret, _ = enrolled(factors)

    assert factors.accept(LI, code_at(secret, NOW), now=NOW) is None, "it served to confirm"
    assert factors.accept(LI, code_at(secret, NOW + STEP), now=NOW) == "clock"
    assert factors.accept(LI, code_at(secret, NOW + STEP), now=NOW) is None
    assert factors.accept(LI, code_at(secret, NOW), now=NOW) is None, "nor one before it"


def test_a_clock_that_was_wrong_for_a_while_keeps_nobody_out(factors: SecondFactors) -> None:
    secret, _ = enrolled(factors, now=NOW + 365 * 24 * HOUR)

    assert factors.accept(LI, code_at(secret, NOW), now=NOW) == "clock"
    assert factors.accept(LI, code_at(secret, NOW), now=NOW) is None


def test_each_code_on_paper_serves_once_however_it_is_typed(factors: SecondFactors) -> None:
    _, papers = enrolled(factors)
    assert len(set(papers)) == PAPER_CODES

    assert factors.accept(LI, f"  {papers[3].lower().replace('-', ' ')}", now=NOW) == "paper"
    assert factors.accept(LI, papers[3], now=NOW) is None
    assert factors.has(LI).paper_left == PAPER_CODES - 1
    assert factors.accept(WANG, papers[4], now=NOW) is None
    enrolled(factors, WANG, request=b"another")
    assert factors.accept(WANG, papers[4], now=NOW) is None, "whoever has codes of their own has no other's"
    assert factors.accept(LI, papers[4], now=NOW) == "paper"


def test_new_codes_on_paper_end_the_old_ones_and_asking_again_brings_none_back(factors: SecondFactors) -> None:
    _, old = enrolled(factors)
    new = factors.new_papers(LI, request=b"more")
    assert factors.accept(LI, old[0], now=NOW) is None
    assert factors.accept(LI, new[0], now=NOW) == "paper"

    assert factors.new_papers(LI, request=b"more") == new
    assert factors.accept(LI, new[0], now=NOW) is None
    assert factors.take(LI, "000000", request=b"first", now=NOW) == old, "whose answer was lost is answered again"
    assert factors.accept(LI, old[1], now=NOW) is None


def test_another_device_takes_the_place_of_the_first_when_it_is_confirmed(factors: SecondFactors) -> None:
    first, _ = enrolled(factors)
    second = factors.offer(LI, request=b"second", now=NOW).secret
    later = NOW + 10 * STEP
    assert factors.accept(LI, code_at(first, later), now=later) == "clock"

    assert factors.take(LI, code_at(second, later), request=b"second", now=later) is not None
    assert factors.accept(LI, code_at(first, later + STEP), now=later + STEP) is None
    assert factors.accept(LI, code_at(second, later + STEP), now=later + STEP) == "clock"


def test_the_secret_cannot_be_read_from_the_file_and_goes_with_its_holders_key(
    tmp_path: Path, factors: SecondFactors, vault: Vault
) -> None:
    secret, papers = enrolled(factors)
    held = b"".join(path.read_bytes() for path in tmp_path.glob("operations.db*"))
    for one in (b32decode(secret), secret.encode(), papers[0].encode(), papers[0].replace("-", "").encode()):
        assert one not in held

    vault.destroy(LI)
    assert factors.accept(LI, code_at(secret, NOW + STEP), now=NOW + STEP) is None
    with pytest.raises(KeyGone):
        factors.offer(LI, request=b"again", now=NOW)
    factors.tidy(now=NOW)
    assert factors.has(LI) == (None, 0)


def test_whoever_is_halfway_in_is_so_for_ten_minutes_and_arrives_once(factors: SecondFactors) -> None:
    factors.set_out("browser", LI, now=NOW)
    assert factors.halfway("browser", now=NOW + 599_000_000) == LI
    assert factors.halfway("browser", now=NOW + 600_000_000) is None
    assert factors.halfway("another", now=NOW) is None

    assert factors.arrive("browser")
    assert not factors.arrive("browser")


def test_a_second_factor_is_demanded_of_offices_where_others_reach_the_service() -> None:
    own, open_to_others = Settings(), Settings(public_address="https://xueshi.example.gov.cn")

    assert not rule_of(own).demands(["supervisor"])
    assert rule_of(open_to_others).demands(["unit", "supervisor"])
    assert not rule_of(open_to_others).demands(["unit"]) and not rule_of(open_to_others).demands([])
    assert rule_of(Settings(second_factor="everyone")).demands(["unit"])
    assert rule_of(Settings(second_factor="offices")).demands(["human_resources"])
    assert not rule_of(Settings(second_factor="optional", public_address="https://a.example")).demands(["supervisor"])
