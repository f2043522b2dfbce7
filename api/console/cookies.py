"""What cookies are called: over TLS a browser keeps them to this host, by their names' beginning (RFC 6265bis 4.1.3).

`__Host-` is taken by a browser only with Secure, for the whole of this very host; `__Secure-` where a cookie has a path
of its own. In clear, which is this machine alone, neither would be taken at all. `tests/api/test_cookies.py` shows it.
"""

from __future__ import annotations

from typing import Final

from flask import current_app, request

SESSION: Final = "xueshi_session"
SIGN_ON: Final = "xueshi_sign_on"


def is_over_tls() -> bool:
    """Whether a cookie may be held back from connections in clear; a proxy in front may be what speaks TLS."""
    return request.is_secure or bool(current_app.config["SESSION_COOKIE_SECURE"])


def of_host(name: str) -> str:
    """Call a cookie that is for every path."""
    return f"__Host-{name}" if is_over_tls() else name


def of_path(name: str) -> str:
    """Call a cookie that is for one path."""
    return f"__Secure-{name}" if is_over_tls() else name


def session() -> str:
    """What the browser sent of its session; nothing where it sent none."""
    return request.cookies.get(of_host(SESSION), "")
