"""Whoever follows links never ends at a page that is not there or that is not theirs: every role, over the sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.composed import composed
from api.register import Folder
from api.sample import begin, prepare, shown
from api.settings import load
from tests.console.crawl_kit import crawled, logged_in


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("links") / "data"
    options = {"data_folder": folder}
    has_history = begin(load(options), lambda done, total: None)
    assert prepare(load(options), upon_history=has_history)
    with composed(load(options)) as app:
        yield app, {role: token for role, _, token in shown(Folder(folder).sample_accounts)}


ROLES = ("本人", "用人单位", "人力社保部门", "行业主管部门", "举办单位", "职称评审委员会", "政策部门", "监督部门")


@pytest.mark.parametrize("role", ROLES)
def test_no_link_leads_to_nothing_or_to_what_its_reader_may_not_see(
    sample: tuple[Any, dict[str, str]], role: str
) -> None:
    app, tokens = sample
    seen = list(crawled(app, logged_in(app, tokens[role]), of_each=2))

    assert [(one.address, one.status, one.found_on) for one in seen if one.status not in (200, 303)] == []
    assert len({one.screen for one in seen}) >= 8
    assert max(one.bytes for one in seen if "." not in one.address) < 400_000
