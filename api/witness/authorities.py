"""The time-stamping authorities that an installation asks: a TOML file that the setting `time_stamps` names.

    [[authority]]
    name   = "example-tsa"                  # in file names and on the status page
    url    = "https://tsa.example.org/tsr"
    ca     = "example-tsa-ca.pem"           # beside this file, or an absolute path
    policy = "1.2.3.4.1"                    # optional: the policy that its time-stamps must be made under

`tests/witness/test_stamps.py` shows it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

from api.terminal.exits import Exit, Stop
from api.witness.asking import is_address

_NAME: Final = re.compile(r"[a-z0-9-]{1,40}")
_OID: Final = re.compile(r"[0-2](\.[0-9]{1,20}){1,20}")


class Authority(NamedTuple):
    """One authority, with the certificates (PEM) under which its time-stamps are believed."""

    name: str
    url: str
    roots: bytes
    policy: str = ""


def read_authorities(path: Path) -> list[Authority]:
    """Read the file; what cannot be used is told with its place."""
    cure = "每个机构一节 [[authority]]，有 name、url、ca，可有 policy；见 api/settings.md"
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        place = "相对的路径从启动服务的文件夹起；宜写绝对路径"
        raise _unusable(path.absolute(), f"读不出（{error.strerror}）", place) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unusable(path, "不是 TOML", cure) from error
    sections = document.get("authority")
    if not isinstance(sections, list) or not sections or document.keys() != {"authority"}:
        raise _unusable(path, "没有 [[authority]]，或有别的内容", cure)
    found = [_authority(path, number, section) for number, section in enumerate(sections, 1)]
    if len({one.name for one in found}) != len(found):
        raise _unusable(path, "两个机构同名", "请各取一个名称")
    return found


def _authority(path: Path, number: int, section: Any) -> Authority:
    where = f"第 {number} 个机构"
    if not isinstance(section, dict) or not {"name", "url", "ca"} <= section.keys() <= {"name", "url", "ca", "policy"} \
            or not all(isinstance(value, str) for value in section.values()):
        raise _unusable(path, f"{where}不成形", "应有 name、url、ca，可有 policy，都是带引号的文字")
    if not _NAME.fullmatch(section["name"]):
        raise _unusable(path, f"{where}的 name 不能用", "应为小写字母、数字、连字符，至多 40 个")
    if not is_address(section["url"]):
        raise _unusable(path, f"{where}的 url 不能用", "应为 http:// 或 https:// 开头，不带 ? 和 #")
    if section.get("policy") and not _OID.fullmatch(section["policy"]):
        raise _unusable(path, f"{where}的 policy 不能用", "应为 OID，例如 1.2.3.4.1")
    try:
        roots = (path.parent / section["ca"]).read_bytes()
    except OSError as error:
        raise _unusable(path, f"{where}的 ca（{section['ca']}）读不出", "应为 PEM 文件的路径") from error
    if b"-----BEGIN CERTIFICATE-----" not in roots:
        raise _unusable(path, f"{where}的 ca（{section['ca']}）不是 PEM 格式的证书", "请向机构取得其 CA 证书（PEM）")
    return Authority(section["name"], section["url"], roots, section.get("policy", ""))


def _unusable(path: Path, found: str, cure: str) -> Stop:
    return Stop(Exit.BAD_INPUT, "time_stamps_malformed", f"时间戳机构的文件 {path}：{found}", cure)
