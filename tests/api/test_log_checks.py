"""What is written about requests stays for half a year: by the service, and by the proxy, which has the addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.doctor import log_checks
from api.doctor.checks import Level
from api.doctor.log_checks import proxy_log, service_log

DEPLOY = Path(__file__).parents[2] / "api" / "deploy"
OF_DEBIAN = """/var/log/nginx/*.log {
\tdaily
\tmissingok
\trotate 14
\tcompress
\tcreate 0640 www-data adm
}
"""


@pytest.mark.parametrize(("text", "expected"), [
    ("", Level.FAIL),
    ("[Journal]\nStorage=volatile\nMaxRetentionSec=12month\n", Level.FAIL),
    ("[Journal]\nStorage=persistent\nMaxRetentionSec=3month\n", Level.FAIL),
    ("[Journal]\nStorage=persistent\nMaxRetentionSec=7month\n", Level.OK),
])
def test_lines_of_the_service_are_kept_for_half_a_year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: Level
) -> None:
    monkeypatch.setattr(log_checks, "_JOURNAL", tmp_path / "journald.conf")
    assert service_log("info")[0] is Level.WARN, "it cannot be seen"
    assert service_log("error")[0] is Level.WARN, "requests are not kept"

    (tmp_path / "journald.conf").write_text(text)
    assert service_log("info")[0] is expected


@pytest.fixture
def rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a machine with nginx says how long it keeps its lines."""
    (tmp_path / "nginx.conf").write_text("")
    monkeypatch.setattr(log_checks, "_NGINX", tmp_path / "nginx.conf")
    monkeypatch.setattr(log_checks, "_ROTATED", tmp_path / "rotated")
    return tmp_path / "rotated"


@pytest.mark.parametrize(("text", "expected"), [
    ((DEPLOY / "logrotate-nginx").read_text("utf-8"), Level.OK), (OF_DEBIAN, Level.FAIL), ("", Level.FAIL),
    ("weekly\nrotate 27\n", Level.OK), ("weekly\nrotate 26\n", Level.FAIL),
    ("daily\nrotate 300\nmaxage 90\n", Level.FAIL), ("monthly # rotate 99\n", Level.FAIL),
    ("daily\nrotate many\n", Level.FAIL),
])
def test_lines_of_the_proxy_are_kept_as_long(rotated: Path, text: str, expected: Level) -> None:
    rotated.write_text(text)

    found, message, cure = proxy_log("https://xueshi.example.gov.cn")
    assert found is expected and message and (cure or found is Level.OK)
    assert proxy_log("")[0] is (Level.OK if expected is Level.OK else Level.WARN), "nobody comes from outside yet"


def test_where_it_cannot_be_seen_how_long_it_is_said(rotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_log("https://xueshi.example.gov.cn")[0] is Level.WARN

    monkeypatch.setattr(log_checks, "_NGINX", rotated.with_name("none"))
    assert proxy_log("https://xueshi.example.gov.cn")[0] is Level.OK, "there is none here"
