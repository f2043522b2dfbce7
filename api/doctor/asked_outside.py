"""Whom the installation has asked besides: a list of breached passwords, a scanner of papers; and whether they answer.

None of them comes along and none is needed; each is a setting. `tests/api/test_breached.py` and
`tests/api/test_scanner.py` show them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from api.doctor.checks import Check, Level
from api.outside.breached import Breached, Unusable
from api.outside.scanner import COMMAND, Scanner, ScannerAway, harmless
from api.settings import Settings


class AskedOutside(NamedTuple):
    """Those who are set."""

    breached: Breached | None = None
    scanner: Scanner | None = None


NOBODY: Final = AskedOutside()


def asked_outside(settings: Settings) -> AskedOutside:
    """Those whom the settings name."""
    breached, scanner = settings.breached_passwords, settings.paper_scanner
    return AskedOutside(Breached(Path(breached)) if breached else None,
                        Scanner(Path(scanner.removeprefix(COMMAND))) if scanner else None)


def outside_checks(settings: Settings) -> list[Check]:
    """What `xueshi doctor` asks of them."""
    breached, scanner = asked_outside(settings)
    return [*([Check("breached_passwords", lambda: _breached(breached))] if breached else []),
            *([Check("paper_scanner", lambda: _scanner(scanner))] if scanner else [])]


def _breached(breached: Breached) -> tuple[Level, str, str]:
    try:
        size = breached.demand_usable()
    except Unusable as why:
        cure = "请核对设置 breached_passwords：一行一个 SHA-1（大写十六进制），按摘要排序；在此之前不能设置口令"
        return Level.FAIL, f"泄露口令的清单不能用（{why}）", cure
    return Level.OK, f"泄露口令的清单可用（{size:,} 字节）", ""


def _scanner(scanner: Scanner) -> tuple[Level, str, str]:
    cure = "请核对设置 paper_scanner 所指的程序：从标准输入读文件，无害退出 0，有害退出 1；在此之前不收佐证文件"
    try:
        if scanner.finds(b"%PDF-1.7\n%%EOF\n"):
            return Level.FAIL, "佐证文件的扫描程序把无害的文件当作有害的", cure
        if not scanner.finds(harmless()):
            return Level.FAIL, "佐证文件的扫描程序没有认出人人都认得的测试文件（EICAR）", cure
    except ScannerAway as away:
        return Level.FAIL, f"佐证文件的扫描程序没有答复（{away.why}）", cure
    return Level.OK, "佐证文件的扫描程序已答复，认得测试文件（EICAR）", ""
