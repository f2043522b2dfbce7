"""Paper set as PDF by Typst: PDF/A-3a, that is tagged and with its fonts in it. It wants the extra `pdf`.

A character that the font lacks makes no empty box: the standard forbids it, so nothing is handed out. All words come in
as data; the same data at the same moment are the same bytes. What is long is set in a process of its own: Typst takes
some 130 kB a row of a table and keeps what its last ten documents took. `tests/api/printing/test_statement_pdf.py`,
`tests/api/printing/test_typeset_apart.py` and `tests/api/test_case_notices.py` show it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import typst

FONT: Final = "Noto Serif CJK SC"
_FONT_FOLDERS: Final = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk", "/usr/local/share/fonts")
_ONE_AT_A_TIME: Final = threading.Lock()  # Its cache is one for all, and two cores would not be faster.
_ONE_APART: Final = threading.Lock()      # Some hundred megabytes each; whoever wants a page does not wait for them.
_APART_S: Final = 300                     # A hundred pages take one second of a processor.


_LACKING: Final = re.compile('the text `"(.+?)"` could not be displayed')
_IMPOSSIBLE: Final = 3
_ROOM: Final = "多为内存不足，请稍后重试，或请管理员运行 xueshi doctor"


class PdfImpossible(Exception):
    """What a PDF is made with is not here (`is_total`), or the text has a character that the font lacks."""

    def __init__(self, found: str, cure: str, *, is_total: bool = False) -> None:
        self.found, self.cure, self.is_total = found, cure, is_total
        super().__init__(f"做不出 PDF：{found}。{cure}；打印页和文本不受影响。")


def typeset(template: str, data: Mapping[str, Any], at: datetime, **files: str) -> bytes:
    """Set what a template of ours makes of data; `at` is the only date that the file bears."""
    given = {"data": json.dumps({**data, "font": FONT}, ensure_ascii=False), **files}
    with _ONE_AT_A_TIME:
        compiler = _compiler()
        import typst  # It is there: the compiler is.

        try:
            made, warnings = compiler.compile_with_warnings(
                input=_template(template), format="pdf", sys_inputs=given, pdf_standards=["a-3a"], timestamp=at)
        except typst.TypstError as error:
            if not error.message.startswith("PDF/A"):
                raise  # Nobody's data: a template of ours names what it was not given, or is broken.
            lacking = _LACKING.search(error.message)
            found = f"字体 {FONT} 里没有“{lacking[1]}”" if lacking else f"排版不成（{error.message}）"
            raise PdfImpossible(found, "请核对姓名、单位和项目名称中的字") from error
    if warnings or not isinstance(made, bytes):
        raise PdfImpossible(f"排版有疑（{'；'.join(one.message for one in warnings)}）", "请安装 fonts-noto-cjk")
    return made


def typeset_apart(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """The same in a process of its own, whose memory is given back when it ends."""
    asked = json.dumps({"template": template, "data": data, "at": at.isoformat()}, ensure_ascii=False)
    child = [sys.executable, "-P", "-m", __name__]
    with _ONE_APART:
        try:
            ended = subprocess.run(child, input=asked.encode(), capture_output=True, timeout=_APART_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PdfImpossible(f"排版的进程没有排完（{type(error).__name__}）", _ROOM) from error
    if ended.returncode == 0:
        return ended.stdout
    if ended.returncode == _IMPOSSIBLE:
        raise PdfImpossible(**json.loads(ended.stdout))
    raise PdfImpossible(f"排版的进程中途退出（{ended.returncode}）", _ROOM)


def _as_asked() -> int:
    """What the process of its own does: one document, from its standard input to its standard output."""
    asked = json.loads(sys.stdin.buffer.read())
    try:
        made = typeset(asked["template"], asked["data"], datetime.fromisoformat(asked["at"]))
    except PdfImpossible as no:
        sys.stdout.write(json.dumps({"found": no.found, "cure": no.cure, "is_total": no.is_total}))
        return _IMPOSSIBLE
    sys.stdout.buffer.write(made)
    return 0


@cache
def _template(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()


@cache
def _compiler() -> typst.Compiler:
    """Reading the fonts takes longer than setting a page: it is done once."""
    try:
        import typst
    except ImportError as error:
        raise PdfImpossible("没有安装排版程序", "请安装附加项 xueshi-ledger[pdf]", is_total=True) from error
    folders = [one for one in _FONT_FOLDERS if os.path.isdir(one)]  # noqa: PTH112
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    if FONT not in fonts.families():
        raise PdfImpossible(f"没有字体 {FONT}", "请执行 apt-get install fonts-noto-cjk", is_total=True)
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


if __name__ == "__main__":
    sys.exit(_as_asked())
