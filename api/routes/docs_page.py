"""The description of the doors as a page to read and to try (`/v1/docs`): Swagger UI, from here and nowhere else.

Its two files are vendored as they were published, with version, licence and digest in `api/vendored/manifest.toml`. The
page loads nothing from outside and runs nothing that stands in it (Content-Security-Policy); whoever tries an operation
types their token, which is kept nowhere. `tests/api/test_docs_page.py` shows it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Final

from flask import Blueprint, Response

from api.refusals.problems import Problem

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TYPES: Final = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
_FILES: Final = {"swagger-ui-bundle.js": "vendored", "swagger-ui.css": "vendored", "docs.js": "static"}
_PAGE: Final = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>学时账 · 接口说明</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{css}">
<script src="{bundle}"></script>
<script src="{own}"></script>
</head>
<body>
<div id="docs"></div>
<noscript>这一页需要脚本；同样的内容见 <a href="/openapi.json">/openapi.json</a>。</noscript>
</body>
</html>
"""


def docs_routes() -> Blueprint:
    """The page and its files, ready to be put into a service."""
    docs = Blueprint("docs", __name__)
    docs.add_url_rule("/v1/docs", view_func=page, methods=["GET"])
    docs.add_url_rule("/v1/docs/<name>.<digest>.<ending>", view_func=file, methods=["GET"])
    docs.after_request(_secured)
    return docs


def page() -> Response:
    """The page itself, which only names its files."""
    addresses = {"css": "swagger-ui.css", "bundle": "swagger-ui-bundle.js", "own": "docs.js"}
    text = _PAGE.format(**{place: _address(name) for place, name in addresses.items()})
    return Response(text, content_type="text/html; charset=utf-8")


def file(name: str, digest: str, ending: str) -> Response:
    """A file of the page, under an address that changes with it."""
    whole = f"{name}.{ending}"
    if whole not in _FILES or digest != _digest(whole):
        raise Problem("not_found")
    response = Response(_content(whole), content_type=_TYPES[ending])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@cache
def _content(name: str) -> bytes:
    return resources.files("api").joinpath(_FILES[name], name).read_bytes()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:16]


def _address(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    return f"/v1/docs/{stem}.{_digest(name)}.{ending}"


def _secured(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response
