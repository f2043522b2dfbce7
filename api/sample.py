"""A register with something to show: a made-up history, and upon it fictitious people in four places, this morning.

`xueshi serve --sample` seeds an empty register once; one that holds anything is left alone. The history (`api.demo`) is
years that are over; the sample upon it is played by requests (`api.sample_requests`). Tokens are written to a file that
only its owner can read; one account of each role is told when the service starts.

`tests/journeys/test_sample.py` shows it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from api.client import Client, InProcess
from api.house import House
from api.register.folder import folder_of
from api.register.occupancy import ADDRESS_FILE, Served, occupying
from api.register.register import is_there
from api.sample_requests import Sample, clerk, script
from api.settings import Settings
from api.terminal.progress import Progress
from ledger.ids import kind_of

HISTORY_PEOPLE: Final = 120
HISTORY_YEARS: Final = 6
_STREAMS_OF_A_NEW_REGISTER: Final = frozenset({"log", "rulebook"})


def begin(settings: Settings, progress: Progress) -> bool:
    """Write a made-up history where there is no register yet; say whether it was. A database gets none."""
    from api.demo.calendar import day_of, last_morning
    from api.demo.history import Told
    from api.demo.making import make
    from api.telling import logs

    logs.configure("error", settings.log_format)
    folder = settings.data_folder
    if settings.database or (folder.is_dir() and any(one.name != ADDRESS_FILE for one in folder.iterdir())):
        return False
    last = day_of(last_morning(time.time_ns() // 1_000)).year - 1  # Over before anybody of the sample comes in.
    make(folder, Told(HISTORY_PEOPLE, last - HISTORY_YEARS + 1, last, seed=1), progress)
    return True


def prepare(
    settings: Settings, *, upon_history: bool = False, clock: Callable[[], int] = time.time_ns
) -> bool:
    """Seed the register of a data folder if it is empty, or holds the history alone; say whether it was."""
    from api.telling import logs

    logs.configure("error", settings.log_format)
    with suppress(OSError):  # What is wrong with the folder, the service that starts next says with its cure.
        settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return settings.data_folder.is_dir() and _seed(settings, clock, upon_history=upon_history)
    except Served:           # So it does of a service that runs already.
        return False


def _seed(settings: Settings, clock: Callable[[], int], *, upon_history: bool) -> bool:
    from api.service.composed import composed

    if upon_history or not is_there(settings):  # What was begun by the hour at which it is goes on by it.
        clock = in_the_morning(clock)
    with occupying(settings.data_folder), composed(settings, clock=clock) as app:
        house: House = app.extensions["house"]
        if not upon_history and not is_empty(house):
            return False
        path = folder_of(settings).sample_accounts
        former = path.read_text("utf-8").partition("\n\n")[2] if upon_history else ""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as accounts:
            told = script()
            sample = Sample(Client(InProcess(app.test_client())), house.register.founder_token, accounts, house.today)
            sample.play(told)
            sample.take_in_hand(told["in_hand"])
            accounts.write(former)  # Of those who are in the history alone, after those to begin with.
    structlog.contextvars.clear_contextvars()  # The service that starts now is none of the accounts.
    return True


def in_the_morning(clock: Callable[[], int]) -> Callable[[], int]:
    """A clock, in nanoseconds, by which the sample is made on a working morning that is over, at whatever hour it is.

    Offices that decide at night are a pattern of their own (D08); nobody of the sample is to be suspected of it.
    """
    from api.demo.calendar import last_morning

    now = clock()
    behind = now - last_morning(now // 1_000) * 1_000
    return lambda: clock() - behind


def is_empty(house: House) -> bool:
    """Say whether the register holds nothing but its own beginning and the rulebooks."""
    beginning = house.ledger.read(0, 100)
    return all(kind_of(one.envelope.stream) in _STREAMS_OF_A_NEW_REGISTER for one in beginning)


def shown(accounts: Path) -> Iterable[tuple[str, str, str]]:
    """One account of each role, to begin with: its role in words, its name, its token."""
    lines = accounts.read_text("utf-8").splitlines()
    told = script()
    named = [(one.get("shown"), one["name"]) for one in told["person"]]
    named += [(one.get("shown"), clerk(one)) for one in told["unit"]]
    named += [(one.get("shown"), one["account"]) for one in told["office"]]
    for role, name in named:
        if role is not None and name in lines:
            yield role, name, lines[lines.index(name) + 2].strip()
