"""Making the demo's register: a data folder that is empty before and whole after, and says so in between.

While it is being made a file says that it is not finished: `serve` and every other command refuse it, and only another
`xueshi demo` removes what was left behind. The register's log is called `demo.invalid/xueshi`, so that no statement and
no proof out of it can pass for one of a real register.

`tests/api/demo/test_demo.py` shows it.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from api.cases.actors import hidden_account
from api.demo.calendar import Calendar, moment
from api.demo.claims import Claims
from api.demo.country import Country
from api.demo.dice import Dice
from api.demo.faults import Faults
from api.demo.law import LawOfTheDay
from api.demo.pen import Pen
from api.demo.people import People, evenly
from api.demo.rosters import Rosters
from api.demo.statements import PEOPLE_MOST, Statements
from api.demo.studies import Studies
from api.exits import Exit, Stop
from api.occupancy import ADDRESS_FILE, Served, occupying
from api.operations import Operations
from api.progress import Progress
from api.register import ACCESS, SYSTEM, Folder
from api.settings import FILE_NAME, Settings
from ledger.events.act import LogOpened
from ledger.events.base import Draft
from ledger.ledger import Ledger
from ledger.signer import Signer, create_signing_key, keep_names, write_durably
from ledger.vault import FileMasterKey, Vault, open_vault
from policies.archive import Archive

ORIGIN: Final = "demo.invalid/xueshi"
FAULTS: Final = "demo-faults.ndjson"
PEOPLE_A_UNIT: Final = 25
_CACHE_KIB: Final = 256 * 1024
_BESIDE: Final = ("", "-wal", "-shm", "-journal")


class Told(NamedTuple):
    """What the history is made from: the same gives the same."""

    people: int
    first_year: int
    last_year: int
    seed: int

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.first_year, 1, 1)

    @property
    def last(self) -> date:
        """The last day."""
        return date(self.last_year, 12, 31)


class Made(NamedTuple):
    """What came of it."""

    events: int
    people: int
    root: str


def make(folder: Path, told: Told, progress: Progress = lambda done, total: None) -> Made:
    """Make a register with a history in a folder that is empty or not there."""
    paths = Folder(folder)
    _demand_free(paths)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with occupying(folder):
            _demand_free(paths)  # Another one may have been quicker.
            with _unfinished(paths, told), _without_collecting():
                history = _write(paths, told, progress)
                root = _finish(paths, history)
            return Made(history.pen.written, history.people.registered, root)
    except Served as other:
        raise Stop(Exit.WORLD_IS_WRONG, "already_serving", f"{folder} 已有服务在运行：{other.address}",
                   "请换一个空的文件夹") from None


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no cycles: everyone who ever came is still there, and is plain values."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def settings_of(folder: Path) -> Settings:
    """The settings of a demo's register, as its own file of settings says."""
    return Settings(data_folder=folder, origin=ORIGIN)


class History:
    """Everything a history is written with, and its days one after the other."""

    def __init__(self, ledger: Ledger, archive: Archive, told: Told, dice: Dice) -> None:
        self.told = told
        self.pen, self.calendar = Pen(ledger), Calendar(dice, told.first, told.last)
        self.law = LawOfTheDay(self.pen, archive)
        key = ledger.vault.secret("requests")
        self.country = Country(self.pen, self.calendar, dice, lambda name: hidden_account(key, name))
        self.studies = Studies(dice, self.law)
        self.claims = Claims(self.pen, self.calendar, dice, self.law, self.country)
        self.people = People(self.pen, self.calendar, dice, self.country, self.claims, self.studies)
        self.rosters = Rosters(self.pen, self.calendar, dice, self.law, self.country, self.people)
        self.faults = Faults(self.calendar, dice, self.country, self.claims, self.people, self.rosters)
        self._dice = dice

    def play(self, progress: Progress) -> None:
        """Let every day happen."""
        self._begin()
        days = (self.told.last - self.told.first).days + 1
        for day in range(days):
            self.calendar.work_off()
            progress(day + 1, days)
        self.pen.flush()

    def _begin(self) -> None:
        told, calendar = self.told, self.calendar
        at = moment(told.first, 0, 1)
        self.pen.write(at, (Draft(LogOpened(origin=ORIGIN)),), SYSTEM)
        for day, books in self.law.days(told.first, told.last).items():
            calendar.at(moment(day, 0, 2), lambda books=books: self.law.enact(calendar.now, books))
        calendar.at(moment(told.first, 9), lambda: self.country.open(calendar.now))
        self._settle_units()
        self._let_people_come()
        self.country.live_on(told.first, told.last, 1 + told.people // 2_000)
        self.rosters.announce(told.first, told.last)
        self.faults.announce(told.first, told.last, told.people)
        for year in range(told.first_year + 2, told.last_year + 1):
            calendar.at(moment(date(year, 6, 15), 10), self._forget_some)

    def _settle_units(self) -> None:
        """Units of every place, in its first weeks."""
        seats = [seat for seat, weight in self.country.seats for _ in range(weight)]
        wanted = [seat for seat, _ in self.country.seats]
        wanted += [self._dice.one_of(seats) for _ in range(self.told.people // PEOPLE_A_UNIT - len(wanted))]
        for number, seat in enumerate(wanted):
            at = evenly(self.told.first + timedelta(days=1), self.told.first + timedelta(days=9), number, len(wanted))
            self.calendar.at(at, lambda seat=seat: self.country.settle(seat, self.calendar.now))

    def _let_people_come(self) -> None:
        """Nearly half in the first months, the others by and by."""
        told = self.told
        early = told.people * 45 // 100
        first = told.first + timedelta(days=12)
        for last, count in ((first + timedelta(days=90), early), (told.last - timedelta(days=75), told.people - early)):
            self.calendar.at(moment(first, 8), self._come, first, last, 0, count)
            first = last

    def _come(self, first: date, last: date, number: int, count: int) -> None:
        """One comes, and then the next."""
        if number < count:
            self.people.register()
            self.calendar.at(evenly(first, last, number + 1, count), self._come, first, last, number + 1, count)

    def _forget_some(self) -> None:
        """The keys of few who left are destroyed each year."""
        for whose in self.people.gone[: 1 + self.told.people // 20_000]:
            self.people.gone.remove(whose)
            if whose.is_open:
                self.people.forget(whose)


def _write(paths: Folder, told: Told, progress: Progress) -> History:
    """Write the history, from the keys to the last event."""
    dice = Dice(told.seed)
    paths.keys.mkdir(mode=0o700)
    vault = Vault(paths.people, FileMasterKey.create(paths.master), random=dice.random)
    try:
        ledger = Ledger(vault, {"PERSISTENCE_MODULE": "api.demo.store:HistoryFactory",
                                "SQLITE_DBNAME": str(paths.ledger), "SQLITE_CACHE_KIB": str(_CACHE_KIB)})
        try:
            archive = Archive(paths.rulebooks)
            history = History(ledger, archive, told, dice)
            history.play(progress)
            if told.people <= PEOPLE_MOST:
                papers = Statements(history.pen, history.calendar, dice, history.country, ORIGIN)
                papers.hand_out(history.people.known, archive, paths.projections)
            return history
        finally:
            ledger.close()
    finally:
        vault.close()


def _finish(paths: Folder, history: History) -> str:
    """Make it a register like any other: settings, signing keys, tokens, a checkpoint. Gives the root."""
    write_durably(paths.root / FILE_NAME, f'origin = "{ORIGIN}"\n'.encode(), mode=0o600)
    for name, log in (("ledger", ORIGIN), ("access", ORIGIN + ACCESS)):
        create_signing_key(paths.keys, log, name=name)
    with (paths.root / FAULTS).open("x", encoding="utf-8") as listed:
        for plant in history.faults.listed():
            listed.write(json.dumps(plant, ensure_ascii=False) + "\n")
    vault = open_vault(paths.people)  # From here on chance is the system's: whoever knows the seed gets no token.
    try:
        operations = Operations(paths.operations, vault.secret("tokens"))
        try:
            _hand_out(paths, history, operations)
        finally:
            operations.close()
        ledger = Ledger.in_file(paths.ledger, vault)
        try:
            Signer(ledger.store, origin=ORIGIN, folder=paths.keys).checkpoint()
            return ledger.store.frontier().root().hex()
        finally:
            ledger.close()
    finally:
        vault.close()


def _hand_out(paths: Folder, history: History, operations: Operations) -> None:
    """Give tokens to offices, to the first units and people, in a file that only its owner can read."""
    houses = [*history.country.offices(), *(found[0] for found in history.country.units.values())]
    holders: list[tuple[str, str]] = [(hand.name, hand.state.actor) for house in houses for hand in house.hands]
    holders += [(identity.name, whose.id) for identity, whose in history.people.known]
    descriptor = os.open(paths.sample_accounts, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as accounts:
        accounts.write("示例账号（虚构）。令牌用于登录页面，或 XUESHI_TOKEN。\n\n")
        for name, holder in holders:
            token = operations.issue(holder, request=os.urandom(16), now=time.time_ns() // 1_000)
            accounts.write(f"{name}\n  {holder}\n  {token}\n")


# The folder


def _demand_free(paths: Folder) -> None:
    """See that nothing is there but what an unfinished demo left, which is removed."""
    if not paths.root.exists():
        return
    if not paths.root.is_dir():
        raise Stop(Exit.BAD_INPUT, "not_a_folder", f"{paths.root} 不是文件夹", "请用 --data 另指一个新的文件夹")
    if paths.demo_unfinished.exists():
        _remove(paths)
    expected = (ADDRESS_FILE, paths.demo_unfinished.name)
    left = sorted(one.name for one in paths.root.iterdir() if one.name not in expected)
    if left:
        cure = "请用 --data 另指一个新的文件夹；示例历史只写入空的文件夹"
        raise Stop(Exit.WORLD_IS_WRONG, "folder_not_empty", f"{paths.root} 里已有 {'、'.join(left[:3])}", cure)


def _remove(paths: Folder) -> None:
    """Remove what a demo writes, and nothing else; the mark goes last."""
    for path in (paths.ledger, paths.access, paths.operations):
        for ending in _BESIDE:
            path.with_name(path.name + ending).unlink(missing_ok=True)
    for folder in (paths.keys, paths.rulebooks, paths.projections):
        shutil.rmtree(folder, ignore_errors=True)
    for path in (paths.root / FILE_NAME, paths.root / FAULTS, paths.sample_accounts):
        path.unlink(missing_ok=True)


@contextmanager
def _unfinished(paths: Folder, told: Told) -> Iterator[None]:
    """Let the folder say that it is not finished, until it is."""
    write_durably(paths.demo_unfinished, json.dumps(told._asdict()).encode() + b"\n", mode=0o600)
    yield
    paths.demo_unfinished.unlink()
    keep_names(paths.root)
