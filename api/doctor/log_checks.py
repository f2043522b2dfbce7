"""How long this machine keeps what is written about requests: the service's lines, and the proxy's with addresses.

Six months at least (网络安全法). `tests/api/test_log_checks.py` shows it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from api.doctor.checks import Answer, Level

LOG_MONTHS: Final = 6
_DAYS: Final = 184    # Of the longest six months.
_JOURNAL: Final = Path("/etc/systemd/journald@xueshi.conf")
_NGINX: Final = Path("/etc/nginx/nginx.conf")
_ROTATED: Final = Path("/etc/logrotate.d/nginx")
_PERIODS: Final = {"hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}


def service_log(level: str) -> Answer:
    """The lines of the service are kept for six months at least, and say what such lines say."""
    if level in ("warning", "error"):
        return Level.WARN, f"log_level 为 {level}：不记录每个请求", "设 log_level = \"info\"：网络日志须留存"
    cure = f"安装 api/deploy/journald@xueshi.conf 为 {_JOURNAL}，或确认别处留存不少于 {LOG_MONTHS} 个月"
    try:
        text = _JOURNAL.read_text("utf-8")
    except OSError:
        return Level.WARN, f"看不出服务日志是否留存 {LOG_MONTHS} 个月", cure
    told = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    if told.get("Storage") != "persistent" or _months(told.get("MaxRetentionSec", "")) < LOG_MONTHS:
        return Level.FAIL, f"服务日志的留存少于 {LOG_MONTHS} 个月", cure
    return Level.OK, f"服务日志留存 {told['MaxRetentionSec']}", ""


def _months(span: str) -> int:
    """Read the one form that our file uses; anything else is not known to be enough."""
    number, _, unit = span.strip().partition("month")
    return int(number) if number.strip().isdigit() and unit in ("", "s") else 0


def proxy_log(public_address: str) -> Answer:
    """So are the lines of nginx: the service's own have no address. What a distribution installs keeps two weeks."""
    if not _NGINX.exists():
        return Level.OK, f"本机没有 nginx；反向代理在别处的，那里的日志也须留存 {LOG_MONTHS} 个月", ""
    cure = f"安装 api/deploy/logrotate-nginx 为 {_ROTATED}，或确认别处留存不少于 {LOG_MONTHS} 个月"
    try:
        days = _days(_ROTATED.read_text("utf-8"))
    except OSError:
        return Level.WARN, f"看不出 nginx 的日志是否留存 {LOG_MONTHS} 个月", cure
    if days < _DAYS:
        message = f"nginx 的日志只留存 {days:.0f} 天，来源地址只在其中"
        return Level.FAIL if public_address else Level.WARN, message, cure
    return Level.OK, f"nginx 的日志留存 {days:.0f} 天", ""


def _days(text: str) -> float:
    """For how many days logrotate keeps what it turns over; none where it does not say."""
    words = [line.split("#")[0].split() for line in text.splitlines()]
    period = next((_PERIODS[line[0]] for line in words if line and line[0] in _PERIODS), 0)
    kept = {line[0]: int(line[1]) for line in words
            if len(line) == 2 and line[0] in ("rotate", "maxage") and re.fullmatch(r"\d{1,6}", line[1])}
    return min(kept.get("rotate", 0) * period, kept.get("maxage", 10**6))
