"""What the value of a setting has to look like: each check says None, or how it should be written.

What was written is never repeated: it may hold a password.

`tests/api/test_settings.py` shows it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from api.secrecy import is_secret_way

_ORIGIN: Final = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9._-]+)+")


def port(value: int) -> str | None:
    return None if 0 <= value <= 65535 else "应为 0 到 65535 之间的整数（0 表示任选一个空闲端口）"


def between(least: int, most: int) -> Callable[[int], str | None]:
    """A whole number that law or reason bounds on both sides."""
    return lambda value: None if least <= value <= most else f"应为 {least} 到 {most} 之间的整数"


def positive(limit: int) -> Callable[[int], str | None]:
    return lambda value: None if 1 <= value <= limit else f"应为 1 到 {limit} 之间的整数"


def one_of(*words: str) -> Callable[[str], str | None]:
    return lambda value: None if value in words else f"应为以下之一：{'、'.join(words)}"


def some_of(*words: str) -> Callable[[str], str | None]:
    """Several of these words, separated by commas, or all of them."""
    said = f"应为 all，或以下若干项，逗号分隔：{'、'.join(words)}"
    return lambda value: None if value == "all" or {one.strip() for one in value.split(",")} <= {*words} else said


def day_or_always(value: str) -> str | None:
    try:
        is_right = value in ("", "always") or date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_right = False
    return None if is_right else "应为 YYYY-MM-DD，或 always"


def address(value: str) -> str | None:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return "应为 IP 地址，例如 127.0.0.1"
    return None


def origin(value: str) -> str | None:
    # A checkpoint's first line: no scheme, no spaces, no plus sign (C2SP tlog-checkpoint, signed-note).
    return None if _ORIGIN.fullmatch(value) else "应为不带协议的网址，例如 log.example.gov.cn/xueshi"


def database(value: str) -> str | None:
    # What was written is not repeated: it holds a password.
    wanted = "应为 postgresql:// 开头的连接串，例如 postgresql://xueshi@localhost/xueshi；用 SQLite 时留空"
    if not value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return wanted
    named = parts.path.strip("/") or "dbname=" in parts.query
    return None if parts.scheme in ("postgresql", "postgres") and named and value.isprintable() else wanted


def master_key(value: str) -> str | None:
    make, _, path = value.partition(":")
    is_named = make in ("file", "command") and Path(path).is_absolute() and value.isprintable()
    wanted = "应为 file（密钥库所记的文件，起初是 keys/master.key）、file:绝对路径，或 command:程序的绝对路径"
    return None if value == "file" or is_named else wanted


def scanner(value: str) -> str | None:
    make, _, path = value.partition(":")
    is_named = make == "command" and Path(path).is_absolute() and value.isprintable()
    return None if not value or is_named else "应为 command:程序的绝对路径；不扫描时留空"


def networks(value: str) -> str | None:
    try:
        found = [ipaddress.ip_network(one.strip()) for one in value.split(",") if one.strip()]
    except ValueError:
        return "应为 IP 地址或网段，以逗号分隔，例如 10.0.0.5,10.0.1.0/28"
    return "不能是所有地址：那样谁都可以自称来自别处" if any(not one.prefixlen for one in found) else None


def shared(value: str) -> str | None:
    wanted = "应为各台主机都能写入的文件夹的绝对路径，例如 /mnt/xueshi；只有一台主机时留空"
    return None if not value or (Path(value).is_absolute() and value.isprintable()) else wanted


def archives(value: str) -> str | None:
    wanted = "应为文件夹的绝对路径，例如 /mnt/archives；归档都在移出时所在之处的留空"
    return None if not value or (Path(value).is_absolute() and value.isprintable()) else wanted


def public_address(value: str) -> str | None:
    wanted = "应为本服务对外的网址，https:// 开头，后面没有路径，例如 https://xueshi.example.gov.cn"
    is_bare = re.fullmatch(r"https?://[^/?#\\]+", value) is not None
    return None if not value or (is_bare and is_secret_way(value)) else wanted


def issuer(value: str) -> str | None:
    wanted = "应为提供方的 issuer，https:// 开头，没有 ? 和 #，例如 https://sso.example.gov.cn/realms/staff"
    return None if not value or (is_secret_way(value) and not set("?#") & set(value)) else wanted


def collector(value: str) -> str | None:
    wanted = "应为收集器的地址，在本机或以 https:// 开头，后面没有 /v1/traces，例如 http://127.0.0.1:4318"
    return None if not value or (is_secret_way(value) and not set("?#") & set(value)) else wanted


def plain(value: str) -> str | None:
    return None if value.isascii() and value.isprintable() else "应为可见的 ASCII 字符"


def file_name(value: str) -> str | None:
    return None if value.isprintable() else "应为文件的路径"
