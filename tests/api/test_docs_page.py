"""The page of the doors: all of it from here, as it was published, under a policy that lets nothing else in."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

from api.routes.docs_page import POLICY
from tests.api.house_kit import Town

VENDORED = Path(__file__).parents[2] / "api" / "vendored"


def test_what_is_vendored_is_what_the_manifest_names_with_its_licence() -> None:
    files = tomllib.loads((VENDORED / "manifest.toml").read_text("utf-8"))["file"]

    assert {one["name"]: one["sha256"] for one in files} == {
        one["name"]: hashlib.sha256((VENDORED / one["name"]).read_bytes()).hexdigest() for one in files}
    named = {name for one in files for name in (one["name"], one["text"])}
    assert {one.name for one in VENDORED.iterdir()} == {*named, "manifest.toml"}
    words = {"Apache-2.0": "Apache License", "0BSD": "Zero-Clause BSD"}
    assert all(one["version"] and words[one["licence"]] in (VENDORED / one["text"]).read_text("utf-8") for one in files)


def test_the_page_loads_only_files_of_ours_and_runs_nothing_that_stands_in_it(town: Town) -> None:
    page = town.nobody.get("/v1/docs")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.get_data(as_text=True))

    assert (page.status_code, page.headers["Content-Security-Policy"]) == (200, POLICY)
    assert "unsafe" not in POLICY and re.findall(r"https?:", page.get_data(as_text=True)) == []
    assert re.findall(r"<script(?! src=)|<style|style=| on\w+=", page.get_data(as_text=True)) == []
    for address in addresses:
        if address == "data:,":  # No picture, and none is asked for.
            continue
        found = town.nobody.get(address)
        assert found.status_code == 200, address
        if address != "/openapi.json":
            assert "immutable" in found.headers["Cache-Control"] and found.headers["Content-Security-Policy"] == POLICY


def test_another_digest_or_another_file_is_not_there(town: Town) -> None:
    for address in ("/v1/docs/docs.0000000000000000.js", "/v1/docs/manifest.0000000000000000.toml"):
        assert town.nobody.get(address).status_code == 404
