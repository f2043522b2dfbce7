"""A person's line of a closed year stands under the checkpoint that was time-stamped, however late it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tsa_kit import authority_in

from api.service.app import create_app
from api.witness.authorities import read_authorities
from api.witness.routes import witnessed_routes
from api.witness.stamping import Stamper
from ledger.witnessing.kept import Kept
from tests.api.command_kit import answering, xueshi
from tests.api.house_kit import house_in
from tests.api.test_year_closing import Closed

pytestmark = pytest.mark.requires_system("openssl")


def test_a_line_that_is_asked_for_later_still_proves_when_the_year_was_closed(tmp_path: Path) -> None:
    with authority_in(tmp_path / "tsa") as (_, settings), house_in(tmp_path / "data") as town:
        made, register = Closed(town), town.house.register
        kept = Kept(register.folder.witnessed)
        app = create_app(town.house, blueprints=[witnessed_routes(kept)])
        closed = made.close()
        assert made.li.saw(f"/v1/year-closings/2025/persons/{made.li.id}")["time_stamps"] == [], "not yet"
        Stamper(register.signer, read_authorities(settings), kept, is_witnessed=False, wanted=kept.wanted).round()
        made.approve(made.open)
        register.signer.checkpoint()
        with answering(app) as address:
            ended = xueshi(tmp_path, "year", "line", "2025", made.li.id, "--out", "line", "--server", address,
                           XUESHI_TOKEN=str(made.li.token))
        assert ended.returncode == 0 and (tmp_path / "line.test-tsa.tsr").exists(), ended.stderr
        vkey, ca = register.signer.vkeys[0], str(tmp_path / "tsa" / "ca.pem")
        checked = xueshi(tmp_path, "verify", "line", "--key", vkey, "--tsa", ca)
        assert checked.returncode == 0 and "时间戳 line.test-tsa.tsr：CN=A test TSA 证明这个检查点在" in checked.stdout
        assert f"关账（事件 {closed['events'][0]}）" in checked.stdout
        assert "没有核验：请用 --tsa" in xueshi(tmp_path, "verify", "line", "--key", vkey).stdout

        stamp = tmp_path / "line.test-tsa.tsr"
        stamp.write_bytes(stamp.read_bytes()[:-1] + b"x")
        assert xueshi(tmp_path, "verify", "line", "--key", vkey, "--tsa", ca).returncode == 1
