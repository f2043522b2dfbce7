"""Documents lead somewhere: links, anchors and named files exist, and each package explains itself.

No place is named that only its author's machine has.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("ledger", "policies", "projections", "api")
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)

# A file named in passing: `tests/ledger/test_x.py`, `policies/README.md`, `tests/torture-results.md`.
NAMED = re.compile(
    r"(?<![\w/.*<-])((?:tests|ledger|policies|projections|api)/[\w./-]+\.(?:py|md|toml|sh|txt))(?![\w*])"
)
NAMED_MD = re.compile(r"(?<![\w/.*<-])([a-z][a-z-]*\.md)\b")

# Places that only the author's machine has. Written in pieces, or this file would find itself.
FOREIGN = re.compile(
    "|".join(
        "/".join(pieces)
        for pieces in (
            ("", "work", ""), ("", "root", ""), ("", "opt", ""), ("", "Users", ""), (r"", r"home", r"(?!user)"),
            ("", "tmp", "brief"), (r"(?<![\w/])shared", ""),
        )
    )
)


@cache
def files() -> tuple[Path, ...]:
    """What the repository holds, or would hold after the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode()
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def documents() -> list[Path]:
    return [path for path in files() if path.suffix == ".md"]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""    # A picture or a frozen log.


def anchors(text: str) -> set[str]:
    """The anchors that code hosts give to headings: lower case, hyphens for spaces, numbered when repeated."""
    seen: dict[str, int] = {}
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.replace("`", ""))
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def dead_links(path: Path, text: str) -> list[str]:
    dead = []
    for first, second in LINK.findall(CODE.sub("", FENCE.sub("", text))):
        target = unquote(first or second)
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        place = (path.parent / name).resolve() if name else path
        if not place.exists() or (anchor and anchor not in anchors(text if place == path else text_of(place))):
            dead.append(target)
    return dead


def test_no_link_in_a_document_is_dead() -> None:
    dead = [f"{path.relative_to(ROOT)}: {link}" for path in documents() for link in dead_links(path, text_of(path))]

    assert dead == []


def test_a_dead_link_and_a_dead_anchor_are_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# 一 Words, and `more`\n")

    assert dead_links(page, page.read_text() + "[a](page.md#一-words-and-more) [b](#一-words-and-more)") == []
    assert dead_links(page, "[a](gone.md) [b](page.md#gone) ![c](gone.png)") == ["gone.md", "page.md#gone", "gone.png"]


def test_every_file_that_is_named_in_passing_exists() -> None:
    """A docstring that says which test shows it must be right about that."""
    names = {path.name for path in files()}
    missing = sorted(
        f"{path.relative_to(ROOT)} names {name}"
        for path in files()
        if path.suffix in (".py", ".md", ".toml", ".sh") and path != Path(__file__)
        for name in {*NAMED.findall(text_of(path)), *NAMED_MD.findall(text_of(path))}
        if not ((ROOT / name).exists() if "/" in name else name in names)
    )

    assert missing == []


def test_what_the_tour_says_to_open_stands_in_the_file() -> None:
    shown = re.findall(r"\]\(([\w/]+\.py)\) 的 `(?:\w+\.)?(\w+)`", text_of(ROOT / "README.md"))

    assert len(shown) >= 7
    assert [one for one in shown if not re.search(rf"def {one[1]}\(", text_of(ROOT / one[0]))] == []


def test_no_place_of_the_authors_machine_is_named() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in files()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if path != Path(__file__) and (FOREIGN.search(line) or str(ROOT) in line)
    ]

    assert found == []


@pytest.mark.parametrize("room", ROOMS)
def test_each_package_explains_itself_under_four_headings(room: str) -> None:
    text = text_of(ROOT / room / "README.md")
    headings = re.findall(r"^## (.+)$", FENCE.sub("", text), re.MULTILINE)

    assert headings[:1] == ["Purpose"]
    assert [each for each in headings if each in ("Purpose", "Words", "Promises", "Decisions")] == [
        "Purpose", "Words", "Promises", "Decisions",
    ]


def test_decisions_are_dated() -> None:
    undated = [
        f"{room}: {decision[:60]}"
        for room in ROOMS
        for decision in re.findall(r"^## (.+)$", text_of(ROOT / room / "decisions.md"), re.MULTILINE)
        if not re.match(r"20\d\d-\d\d-\d\d", decision)
    ]

    assert undated == []


def test_the_changelog_keeps_its_form() -> None:
    text = text_of(ROOT / "CHANGELOG.md")
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)

    assert re.match(r"# Changelog\n", text)
    assert re.search(r"^## \[Unreleased\]$", text, re.MULTILINE)
    assert set(kinds) <= {"Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"}
