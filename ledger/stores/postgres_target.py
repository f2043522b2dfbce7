"""Where a log lies in PostgreSQL: the address as it was given, what is added to it, and how it may be shown.

No password is in any text, log line or `repr` of ours: an address that cannot be read is not repeated, one that can is
shown without. `tests/ledger/stores/test_postgres_store.py` shows it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ledger.stores.errors import BadConninfo, first_line

_PARAMETERS: Final[dict[str, Any]] = {  # The address may say otherwise.
    # A server whose cable is cut says nothing: five seconds of silence end a connection, idle or not. One that is busy
    # still acknowledges what it is sent; of one that was silent and comes back it is asked whether a batch stands.
    "connect_timeout": 5, "keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3,
    "tcp_user_timeout": 5_000, "fallback_application_name": "xueshi", "client_encoding": "utf8",
}
_UNLIKELY: Final = 8  # Characters, not all of them letters: neither a word nor a port.
_FIELD: Final = r"""(?<!\w){0}(?=@)|((?i:password)\s*(?:=\s*['"]?|['"])){0}(?!\w)"""
_WRITABLE: Final = ("primary", "read-write")  # Of several servers that an address names, the one that is not behind.


@dataclass(frozen=True, slots=True)
class Target:
    """A log in a database: how to get there, and the schema it has there."""

    conninfo: str = field(repr=False)
    schema: str
    anywhere: bool = field(default=False, kw_only=True)
    """Whether a standby will do: it may be behind, so whoever asks there has to say so."""
    parameters: dict[str, Any] = field(init=False, repr=False)
    shown: str = field(init=False)
    """Where it is, fit to be shown."""

    def __post_init__(self) -> None:
        try:
            given = conninfo_to_dict(self.conninfo)
        except psycopg.Error:
            raise BadConninfo("不是一个有效的地址") from None  # The driver's words quote what it could not read.
        if any("@" in str(given.get(part, "")) for part in ("host", "dbname")):
            raise BadConninfo("主机或库名中有 @（密码中的符号未转写？）")  # Then half a password stands there.
        if not all(port.isdecimal() for port in str(given.get("port", 0)).split(",") if port):
            raise BadConninfo("端口不是数字（密码中的符号未转写？）")
        hosts, ports = (str(given.get(part) or other).split(",") for part, other in (("host", "本机"), ("port", 5432)))
        ports = ports * len(hosts) if len(ports) == 1 else ports
        servers = "、".join(f"{host}:{port}" for host, port in zip(hosts, ports, strict=False))
        place = f"{servers}/{given.get('dbname') or ''}"
        parameters = {**_PARAMETERS, **given}
        if not self.anywhere and parameters.get("target_session_attrs") not in _WRITABLE:
            parameters["target_session_attrs"] = "primary"
        object.__setattr__(self, "parameters", parameters)
        object.__setattr__(self, "shown", f"PostgreSQL {place}")

    @property
    def servers(self) -> list[dict[str, Any]]:
        """What leads to each of the servers that the address names."""
        hosts, ports = (str(self.parameters.get(name) or "").split(",") for name in ("host", "port"))
        if len(hosts) == 1 or "hostaddr" in self.parameters:
            return [self.parameters]
        ports = ports * len(hosts) if len(ports) == 1 else ports
        return [{**self.parameters, "host": host, "port": port} for host, port in zip(hosts, ports, strict=True)]

    def words(self, error: BaseException) -> RuntimeError:
        """What an error says first, without a password, whatever the driver or the server quoted."""
        return RuntimeError(_masked(first_line(error), str(self.parameters.get("password") or "")))


def _masked(words: str, password: str) -> str:
    """Without the password: one that no sentence has by chance wherever it is, any other where a password could stand.

    A short one masked within other words would be told by what is missing there ("permissi***n").
    """
    for secret in {password, quote(password, safe="")} - {""}:
        if len(secret) >= _UNLIKELY and not secret.isalpha():
            words = words.replace(secret, "***")
        else:
            words = re.sub(_FIELD.format(re.escape(secret)), r"\1***", words)
    return words
