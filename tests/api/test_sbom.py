"""The bill of materials names what the lock pins, with digests and licences, and says what it cannot know."""

from __future__ import annotations

import json
import re

import pytest

from tests.sbom import EVERYTHING, RUNNING, bill, components, main


@pytest.mark.parametrize("lock", [RUNNING, EVERYTHING])
def test_every_pin_is_a_component_with_its_version_and_digests(lock: str) -> None:
    told = bill(lock)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", told["serialNumber"])
    references = [one["bom-ref"] for one in told["components"]]
    assert len(references) == len(set(references)) == len(components(lock)) > 40
    assert sorted(told["dependencies"][0]["dependsOn"]) == sorted(references)
    assert all(one["externalReferences"][0]["hashes"] for one in told["components"])


def test_the_same_lock_gives_the_same_bytes() -> None:
    assert json.dumps(bill()) == json.dumps(bill())


def test_what_runs_bears_a_licence_under_which_it_may_be_used_beside_ours() -> None:
    """No licence that would reach over to what is built with it: LGPL (the database driver) is linked to."""
    strict = {one.name: one.licence for one in components() if one.licence is not None
              and re.search(r"\bA?GPL|General Public", one.licence) and "LGPL" not in one.licence}
    assert strict == {}
    assert "not said" not in {one.licence for one in components()}


def test_it_says_that_no_advisories_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--table"]) == 0
    assert "No advisories were asked for" in capsys.readouterr().out
