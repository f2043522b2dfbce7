"""Rebuilding a claim is many times as fast as the library's decorated aggregate of the same life."""

from __future__ import annotations

from rebuild_speed import library_life, measure, rebuild_with_library, rebuilt

from ledger.streams.claim import Status


def test_both_sides_of_the_comparison_rebuild_all_ten_events() -> None:
    ours, theirs = rebuilt(), rebuild_with_library(library_life())

    assert ours is not None and theirs.version == 10
    assert ours.status is Status.APPROVED
    for field in ("status", "revision", "year", "study", "ruling", "evidence", "steps", "revoked_by", "person"):
        assert getattr(ours, field) == getattr(theirs, field)


def test_a_claim_of_ten_events_is_rebuilt_many_times_as_fast_as_a_decorated_aggregate() -> None:
    """On a quiet machine it is eleven times: half of that is asked, so that no noisy neighbour fails it."""
    speed = measure()

    assert speed.ratio >= 5, speed
