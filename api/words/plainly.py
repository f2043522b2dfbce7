"""What the API says of JSON, to somebody who typed it into a field of a form or a cell of a sheet.

`tests/api/test_import_lists.py` shows it of a sheet.
"""

from __future__ import annotations

import re

from api.refusals import refusals


def plainly(words: str) -> str:
    """The same without what holds of JSON alone."""
    for json, field in (("，不带引号", ""), ("带引号的", ""), ("这个字段必须给出", "请填写")):
        words = words.replace(json, field)
    return refusals.without_names(re.sub(r'如 "([0-9.]+)"', r"如 \1", words))
