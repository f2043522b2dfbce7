"""Which addresses a secret may travel to: over TLS anywhere, without it only within this machine; and who has it.

`tests/api/test_client.py` and `tests/api/test_settings.py` show it.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

OPERATOR: Final = "xueshi.operator"
"""Of a request: that whoever asks has the machine before them, and may be told where a file of it lies. A header can
not say so: what those say has another name."""


def is_secret_way(address: str) -> bool:
    """Whether what is said at an address stays between the two who say it."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or not address.isascii() or not address.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host))


def is_this_machine(host: str) -> bool:
    """Whether a host is this one, whatever it is called elsewhere."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
