"""A draft on the command line: saved, shown, tried, submitted and let go, in the API's own words."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.command_kit import made, xueshi


def test_a_draft_is_saved_over_what_stands_shown_and_let_go(tmp_path: Path) -> None:
    assert xueshi(tmp_path, "init").returncode == 0
    born = made(tmp_path, "person", "register", "--name", "李明", "--id-number", "330102199003070019")
    person, mine = str(born["person"]), {"XUESHI_TOKEN": str(born["token"])}

    first = made(tmp_path, "draft", "save", person, "welding", "route=training", "days=2", **mine)
    second = xueshi(tmp_path, "draft", "save", person, "welding", "--title", "焊接工艺", **mine)
    shown = xueshi(tmp_path, "draft", "show", person, "welding", **mine)
    tried = xueshi(tmp_path, "draft", "submit", person, "welding", "--dry-run", "--json", **mine)
    listed = made(tmp_path, "draft", "list", person, **mine)
    dropped = xueshi(tmp_path, "draft", "drop", person, "welding", **mine)
    after = xueshi(tmp_path, "draft", "list", person, **mine)

    assert (first["version"], first["study"]) == (1, {"route": "training", "days": "2"})
    assert (second.returncode, shown.returncode, "焊接工艺" in shown.stdout) == (0, 0, True), second.stderr
    assert [one["version"] for one in listed["items"]] == [2]
    assert (tried.returncode, json.loads(tried.stdout)["errors"][0]["pointer"]) == (2, "/study/category")
    assert dropped.returncode == 0, dropped.stderr
    assert ("已删去" in dropped.stdout, "没有草稿" in after.stdout) == (True, True)
