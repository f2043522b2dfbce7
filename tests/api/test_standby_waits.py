"""While the standby that must confirm is away the service stays ready, and says that writing waits."""

from __future__ import annotations

from contextlib import closing
from functools import partial

from postgres_kit import Server, waiting_for_a_standby

from api.doctor.checks import Check, standby
from api.service.app import create_app
from ledger.stores.postgres_standby import StandbyRecorder
from tests.waiting import until


def test_it_is_ready_and_tells_whoever_asks_that_writing_waits(postgres: str, postgres_server: Server) -> None:
    with closing(StandbyRecorder(postgres)) as store:  # It is asked the same as the one that writes.
        app = create_app(checks=[Check("database_standby", partial(standby, store.waits_for_standby))])
        well = app.test_client().get("/readyz")
        with waiting_for_a_standby(postgres_server):
            # The server tells its connections one after the other.
            told = until(lambda: (now := app.test_client().get("/readyz")).get_json()["checks"] !=
                         well.get_json()["checks"] and now)

    assert (well.status_code, well.get_json().get("detail")) == (200, None)
    assert (told.status_code, told.get_json()["status"]) == (200, "ready"), "no other host would be better"
    assert told.get_json()["checks"] == [{"check": "database_standby", "level": "warn"}]
    assert "备用服务器" in told.get_json()["detail"] and "503" in told.get_json()["detail"]
