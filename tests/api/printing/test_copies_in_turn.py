"""A copy of the register served for a while, then the original again: papers of both are shown to the one that is left.

Neither folder knows of the other. What was handed out does: it bears the log's signature over events that this log
lacks. Its bearer is not told that it was never issued, and nothing more is recorded beside it.
"""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from tests.api.house_kit import Someone, Town
from tests.api.printing_kit import issued, printing_house, settled


def shown(house: Town, data: bytes) -> tuple[int, str]:
    answer = house.client().post("/verify", data={"file": (io.BytesIO(data), "statement")})
    return answer.status_code, answer.get_data(as_text=True)


@pytest.mark.torture
def test_a_paper_of_the_other_copy_is_not_called_forged_and_stops_this_one(tmp_path: Path) -> None:
    with printing_house(tmp_path / "here") as town:
        person = settled(town)
        before = issued(person)
        early = person.get(f"/v1/statements/{before['statement']}/file").data
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    with printing_house(tmp_path / "there") as town:
        again = Someone(town.client(), person.token, person.id)
        made = issued(again)
        paper = again.get(f"/v1/statements/{made['statement']}/file").data

    with printing_house(tmp_path / "here") as town:
        assert "查无此件" in town.client().get(f"/verify?code={made['code']}").text, "a code alone proves nothing"
        assert shown(town, early)[0] == 200

        status, told = shown(town, paper)
        assert status == 503 and "较旧的副本" in told and "查无此件" not in told and "不成立" not in told
        refused = Someone(town.client(), person.token, person.id).post(f"/v1/persons/{person.id}/statements", {})
        assert (refused.status_code, refused.get_json()["code"]) == (503, "log_behind")
        assert town.nobody.get("/v1/verifications", code=made["code"]).get_json()["code"] == "log_behind"
        assert town.nobody.saw("/v1/verifications", code=before["code"])["state"] == "valid"

    with printing_house(tmp_path / "there") as town:
        assert "有效" in shown(town, paper)[1], "the other copy knows it"
