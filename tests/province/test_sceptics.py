"""What was followed from another ledger holds under every check of our own: rows, names, map, projections, export."""

from __future__ import annotations

from pathlib import Path

from province_kit import entries, three

from tests.api.command_kit import xueshi


def test_a_province_that_followed_its_cities_passes_every_check_of_its_own(tmp_path: Path) -> None:
    with three(tmp_path) as there:
        li = there.living()
        claim = there.city.counted(li.in_city)
        there.brought(there.city)
        frozen = there.city.clerk.act(claim, "freeze", {"words": "核查"})
        there.brought(there.city)
        there.city.clerk.act(frozen, "revocation", {"basis": "falsified", "words": "查实"})
        there.other.believes(there.city)
        there.other.took(li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_data())
        there.city.counted(li.in_city, date="2026-05-02")
        there.other.took(li.in_city.get(f"/v1/persons/{li.in_city.id}/carried").get_data())
        for city in (there.city, there.other):
            there.brought(city)
        assert [one["status"] for one in entries(li.in_province)] == ["revoked", "approved"]
    data = ("--data", str(tmp_path / "zhejiang"))
    for check in (("fsck", "--map"), ("rebuild", "--compare")):
        ended = xueshi(tmp_path, *check, *data, XUESHI_ORIGIN="zhejiang.example/log")
        assert ended.returncode == 0, ended.stdout + ended.stderr
