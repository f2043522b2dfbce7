"""What a process of the service is put together from: the one place where a store, a key or a clock becomes part of it.

`tests/api/test_serve.py` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final

from flask import Blueprint, Flask

from api.beside.access_keeping import keep_for
from api.beside.following import apart
from api.beside.keeper import Keeper
from api.beside.memory import giving_back
from api.cases.forgetting.erasure_purge import purge_all
from api.cases.investigating.bundle_contents import EVENTS_MOST
from api.cases.investigating.bundle_jobs import tidy_bundles
from api.cases.law.replay_reports import tidy_replays
from api.cases.learning.studying import settle_all
from api.cases.tidying import tidy_evidence
from api.console.screens import page_routes
from api.console.statement.statement_pages import statement_routes
from api.console.statement.verification_page import verification_routes
from api.doctor.asked_outside import asked_outside
from api.doctor.checks import Check, Reach, standby
from api.doctor.machine_checks import ready_checks
from api.erasing import rule_of as erasing_of
from api.house import House, open_house
from api.log_routes import log_routes
from api.operational.addresses import PROXIES, networks
from api.operational.second_factor import rule_of
from api.register.home import note
from api.register.register import Register, open_register
from api.replays.runner import Runner, cores_beside
from api.routes.case_papers import DIRECT
from api.service.app import create_app
from api.service.bulk_runner import BULKS, BUNDLES, BulkRunner
from api.settings import Settings
from api.witness.outside import Outside
from api.witness.routes import witnessed_routes
from ledger.lease import PostgresLease
from ledger.witnessing.kept import Kept
from projections.looks import keep_up

BODY_BYTES_MOST: Final = 8 * 1024 * 1024


@contextmanager
def composed(
    settings: Settings, *, serves: bool = True, clock: Callable[[], int] = time.time_ns
) -> Iterator[Flask]:
    """Choose the parts, and let go of them. A command that only asks has no pages and does not what takes long."""
    with ExitStack() as parts:
        register = open_register(settings, create=True, clock=clock)
        parts.callback(register.close)
        if serves:
            note(register.folder, register.ledger.store.size())
        keeper = Keeper(register, every_s=settings.checkpoint_seconds, lease=_lease(settings, "keeper"), clock=clock)
        outside = Outside(settings, register, may=keeper.holds)
        outside.look()  # What a witness has seen is known before anything is recorded.
        house = parts.enter_context(open_house(
            register, lambda: clock() // 1_000, apart=apart(settings), outside=asked_outside(settings),
            factor_rule=rule_of(settings), bundle_hours=settings.bundle_hours, erasing=erasing_of(settings)))
        keeper.hourly += _hourly(house, register, settings)
        runner = Runner(house.jobs, register.folder.replays, register.folder.root, at_once=settings.replays_at_once,
                        cores=cores_beside(settings.workers) if settings.one_core else (),
                        may_begin=lambda: not any(lag.building for lag in house.follower.lag().values()))
        bulks = [BulkRunner(house, lease=_lease(settings, work.kind.replace("_", "-")), work=work)
                 for work in (BULKS, BUNDLES)]
        keeper.start()
        # Ended from the last on, also of a service that could not be made: what writes to the log before the log.
        for ending in (runner.stop, keeper.stop, outside.stop, *(one.stop for one in bulks)):
            parts.callback(ending)
        if serves:
            for begin in (outside.start, runner.start, *(one.start for one in bulks)):
                begin()
        leases = {"keeper": keeper.holds, "follower": lambda: house.follower.follows}
        app = create_app(house, checks=_checks(house, register, settings, keeper, outside), leases=leases,
                         blueprints=[log_routes(register), witnessed_routes(Kept(register.folder.witnessed)),
                                     *(_pages(settings) if serves else ())])
        app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MOST
        if not serves:
            app.config[DIRECT] = EVENTS_MOST  # A command waits, and nobody else: it needs no job.
        app.config[PROXIES] = networks(settings.trusted_proxies)
        app.config["SESSION_COOKIE_SECURE"] = settings.public_address.startswith("https:")
        if serves:
            parts.enter_context(_watched(app, house, leases, settings))
        yield app


def _hourly(house: House, register: Register, settings: Settings) -> list[Callable[[], object]]:
    """What is tidied and made final beside the requests."""
    return [
        lambda: tidy_evidence(house),
        lambda: house.operations.tidy(now=house.now),
        lambda: house.accounts.tidy(now=house.now),
        lambda: house.factors.tidy(now=house.now),
        lambda: house.claim_drafts.tidy(now=house.now),
        lambda: house.opened_papers.tidy(now=house.now),
        lambda: house.event_notes.tidy(),
        lambda: settle_all(house),
        lambda: purge_all(house),
        lambda: tidy_bundles(house),
        lambda: tidy_replays(house),
        lambda: keep_up(register.access, register.folder.projections),
        lambda: keep_for(register, months=settings.access_months, now=house.now),
    ]


def _checks(house: House, register: Register, settings: Settings, keeper: Keeper, outside: Outside) -> list[Check]:
    """What tells whether the service is well; what reads the log has nothing to say while that cannot be reached."""
    reach = Reach(register.ledger.store.size)
    kept = [Check("checkpoints", keeper.check), *house.checks()]
    if settings.database:
        kept.append(Check("database_standby", partial(standby, register.ledger.store.waits_for_standby)))
    return [*ready_checks(settings), reach.check(), *map(reach.before, kept), *outside.checks()]


@contextmanager
def _watched(
    app: Flask, house: House, leases: Mapping[str, Callable[[], bool]], settings: Settings
) -> Iterator[None]:
    """Count what is done, and tell a collector where one is set; what that needs is loaded only by a service."""
    from api.metrics.door import measure

    measure(app, house, leases)
    with ExitStack() as beside:
        beside.enter_context(giving_back())
        if settings.telemetry_address:
            from api.telling.telemetry import telling

            beside.enter_context(telling(app, house.ledger.store, settings.telemetry_address))
        yield


def _lease(settings: Settings, name: str) -> PostgresLease | None:
    return PostgresLease(settings.database, name) if settings.database else None


def _pages(settings: Settings) -> list[Blueprint]:
    return [page_routes(), statement_routes(), verification_routes(settings.public_address), *_sign_on(settings)]


def _sign_on(settings: Settings) -> list[Blueprint]:
    """The doors of single sign-on, where a provider is set; what they need is loaded only then."""
    if not settings.sign_on_issuer:
        return []
    from api.console.door.sign_on_page import sign_on_routes
    from api.outside.provider import provider_of

    return [sign_on_routes(provider_of(settings))]
