"""What a file is called that somebody saves: in Chinese, whose or what it is and as of when; beside it, in ASCII.

One place for every download of pages and API. The Chinese name travels as RFC 6266 and RFC 8187 have it (`filename*`),
the other for whatever reads no more than `filename`. A name of an official's folder says what is in it without being
opened; it holds no more of anybody than the file does: names are masked there as they are in it.

`tests/api/test_saved.py` shows it, and that nothing names a file by itself.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from flask import Response

from ledger.offline.statement_file import parse_statement
from projections.statement.reading import UnreadableStatement, read_statement

_MOST: Final = 100
"""Characters of a name before its ending: of three bytes each, still more than a file system or a folder's path takes
without complaint."""

_WIDE: Final = str.maketrans('\\/:*?"<>|', "＼／：＊？＂＜＞｜")
"""What no file's name may hold: the star of a masked name among it."""


def disposition(words: str, plain: str) -> str:
    """The header: `words` without an ending, which is that of the plain name."""
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(named(words, plain), safe='')}"


def named(words: str, plain: str) -> str:
    """The whole name, as a file system takes it."""
    told = re.sub(r"[\s\x00-\x1f\x7f]+", " ", words).translate(_WIDE).strip(" .")
    return f"{told[:_MOST].rstrip(' .')}.{plain.rpartition('.')[2]}"


def as_it_is_called(name: str, *, is_shown: bool = False) -> str:
    """The header of a file that came with a name of its own, which it keeps."""
    return f"{'inline' if is_shown else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}"


def attached(content: Any, media_type: str, words: str, plain: str) -> Response:
    """A file to be saved."""
    return Response(content, content_type=media_type, headers={"Content-Disposition": disposition(words, plain)})


def of_statement(file: bytes, what: str = "继续教育学时登记情况表") -> str:
    """Whose statement it is, of which years, issued when: as it says itself."""
    try:
        told = read_statement(parse_statement(file).text.decode())
    except UnreadableStatement:  # Of another version of the format: what it is can still be said.
        return what
    years = sorted({line.year for line in told.years})
    span = "" if not years else f"{years[0]}年度" if len(years) == 1 else f"{years[0]}至{years[-1]}年度"
    day = re.search(r"\d{4}-\d\d-\d\d", told.fields.get("记录时间", ""), re.ASCII)
    return "-".join(filter(None, (what, told.fields.get("姓名"), span, day and day[0])))
