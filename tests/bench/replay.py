"""The whole history under one law and under two: ten million entries of a million people, and the way to get there.

Each person has about ten entries over three years, in one of five places; 2,110 distinct cases. Ours gives hours for
each entry, totals and the verdict for each person-year. DuckDB and polars (streaming engine) are given the rulings
already, as a table, and give hours for each entry and totals, no verdict: duplicates, which this history has none of,
are asked of nobody. All are held equal to the last hundredth before any of them is timed. A plain Python loop does the
same for a hundredth of the people. OpenFisca, which has no running sums, is asked for less, of a tenth of the people:
the totals of each person-year, entries of one bucket capped together.

The coded ledger is read from the projections' files; its peer loops over the library's notifications of as many events
of the same content and maps each into a domain event, which is what the library does before a projection sees it.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import duckdb
import msgspec
import numpy as np
import polars as pl
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import DatetimeAsISO, JSONTranscoder, Mapper, UUIDAsHex
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from api.telling import logs
from ledger.events.claim import ClaimSubmitted
from ledger.keys.master import FileMasterKey
from ledger.keys.vault import Vault
from ledger.ledger import Ledger
from ledger.stores.append import Append
from policies.law import Law
from policies.person import Bench
from policies.shelf import drafts, shipped
from projections.entries import Entries
from projections.files.batch import read_batch
from projections.files.file import ProjectionFile
from projections.files.places import path_of
from projections.people import People
from projections.replay.coded import Case, Coded, Zone
from projections.replay.compiled import NONE, Compiled, compile_over
from projections.replay.kernel import replay
from projections.replay.reading import Snapshot, read_all
from projections.replay.replayed import EXAM, Replayed, room
from tests.bench import Figure, Race, seconds
from tests.bench.claims import approved, encoded, submitted

ENTRIES = 10_000_000
EACH = 10
FIRST, LAST = 2022, 2024
ZONES = (Zone("330203", "industry", None), Zone("330302", "general", None), Zone("330106", "environment", None),
         Zone("330402", "natural_resources", None), Zone("330000", "general", None))
ROUNDS = 5
CLAIMS = 100_000


def rows() -> Iterator[Race | Figure]:
    yield from _kernel()
    yield from _reading()


# ── the kernel ────────────────────────────────────────────────────────────────────────────────────────────────────────


def history(entries: int, law: Law, seed: int = 7) -> Coded:
    """People, spread over places and three years, each entry one of some two thousand cases; always the same."""
    shapes = list(_shapes(Bench(law)))
    return drawn(entries, tuple(Case(one, shape, None, None) for one in ZONES for shape in shapes), seed)


def drawn(entries: int, cases: tuple[Case, ...], seed: int) -> Coded:
    """The same, of cases that are there: as many in each place, one place after the other."""
    random, people, years = np.random.default_rng(seed), entries // EACH, LAST - FIRST + 1
    shapes = len(cases) // len(ZONES)
    counts = random.poisson(EACH, people)
    first = np.append(0, np.cumsum(counts)).astype(np.int64)
    owner = np.repeat(np.arange(people), counts)
    zone = random.integers(0, len(ZONES), people).astype(np.int16)
    begin, end = date(FIRST, 1, 1).toordinal(), date(LAST, 12, 31).toordinal()
    day = random.integers(begin, end + 1, len(owner)).astype(np.int32)
    day = (np.sort(owner << 32 | day) & 0xFFFF_FFFF).astype(np.int32)   # In the order of each person's days.
    starts = [date(year, 1, 1).toordinal() for year in range(FIRST, LAST + 1)]
    year = (FIRST - 1 + np.searchsorted(starts, day, side="right")).astype(np.int16)
    case = (zone[owner].astype(np.int32) * shapes + random.integers(0, shapes, len(owner))).astype(np.int32)
    none, alone = np.zeros(0, dtype=np.int32), np.arange(people + 1, dtype=np.int64)
    return Coded(
        people=("",) * people, zones=ZONES, cases=cases, first_entry=first, case=case, day=day,
        row=(owner * years + year - FIRST).astype(np.int32), submitted=none, place=none,
        first_year_row=alone * years, first_year=np.full(people, FIRST, dtype=np.int16),
        standing=np.repeat(zone, years), first_belonging=alone, belonging=zone,
        belongs_from=np.full(people, FIRST, dtype=np.int16), group=np.zeros(1, dtype=np.int64),
        keyed=np.zeros(0, dtype=np.int64))


def _shapes(bench: Bench) -> Iterator[dict[str, Any]]:
    def shape(**values: Any) -> dict[str, Any]:
        return bench.entry(id="1", person="p", date="2023-05-03", **values).shape.values

    for halves in range(1, 41):
        days = f"{halves // 2}.5" if halves % 2 else str(halves // 2)
        for level in ("national", "provincial", "municipal", "county"):
            yield shape(category="professional", route="advanced_seminar", level=level, days=days)
        for route in ("unit_training", "other_training", "society_training"):
            yield shape(category="professional", route=route, days=days)
    for hours in range(1, 60):
        for by in ("exam", "completion"):
            yield shape(category="general_public", route="course", hours=str(hours), completed_by=by)
    for level in ("core", "national", "provincial", "other"):
        for rank in range(1, 7):
            yield shape(category="professional", route="paper", level=level, rank=rank)


def _kernel() -> Iterator[Race | Figure]:
    law, amended = Law(shipped().books), Law([*shipped().books, *drafts().books])
    coded = history(ENTRIES, law)
    compiled = compile_over(law, coded)
    other = compile_over(amended, coded, compiled)
    out, beside = room(coded, compiled), room(coded, other)
    replay(coded, compiled, fast=True, out=out)
    slow = replay(coded, compiled, fast=False)
    assert all(np.array_equal(one, two) for one, two in zip(out, slow, strict=True)), "the two kernels are one"
    many = f"{coded.entries:,} entries, {coded.years:,} person-years"
    took = [seconds(lambda: replay(coded, compiled, fast=True, out=out)) for _ in range(15)]
    yield Figure(f"replay of {many}, numba, best of 15", min(took) * 1e3, "ms", most=50)
    yield Figure("the same, median", statistics.median(took) * 1e3, "ms")
    took = [seconds(lambda: replay(coded, compiled, fast=False)) for _ in range(3)]
    yield Figure("the same, numpy alone, best of 3", min(took), "s", most=3)

    def difference() -> Any:
        replay(coded, compiled, fast=True, out=out)
        replay(coded, other, fast=True, out=beside, known=(compiled, out))
        return np.flatnonzero((out.sums[:, 0] != beside.sums[:, 0]) | (out.verdict != beside.verdict))

    difference()
    took = [seconds(difference) for _ in range(15)]
    yield Figure("difference of two rulebooks over the same, numba, best of 15", min(took) * 1e3, "ms", most=100)
    small = history(ENTRIES // 10, law)
    compiled_small = compile_over(law, small)
    out_small = room(small, compiled_small)
    replay(small, compiled_small, fast=True, out=out_small)
    pairs = [(seconds(lambda: replay(coded, compiled, fast=True, out=out)),
              seconds(lambda: replay(small, compiled_small, fast=True, out=out_small))) for _ in range(15)]
    growth = min(big for big, _ in pairs) / min(little for _, little in pairs)
    yield Figure("time for ten times the entries, 1 to 10 million", growth, "x", most=11)
    yield Figure("memory of a process that replays them, numba", _memory() / 1e6, "MB", most=600)

    duck, polar = _Duck(coded, compiled), _Polars(coded, compiled)
    for peer in (duck, polar):
        _equal(out, *peer.answer())
    ours = lambda: replay(coded, compiled, fast=True, out=out)  # noqa: E731 - one thing, raced three times
    yield Race("hours and totals, 10 million entries (ours: verdicts too)", "entries", coded.entries, ours,
               duck.run, "DuckDB", 15, ROUNDS)
    duck.close()
    yield Race("the same", "entries", coded.entries, ours, polar.run, "polars streaming", 25, ROUNDS)
    fisca = _Fisca(small, compiled_small)
    assert np.array_equal(out_small.sums[fisca.rows, :EXAM], fisca.run()), "totals are the same to the last hundredth"
    yield Race("the same, a tenth of the people (the peer: totals alone)", "entries", small.entries,
               lambda: replay(small, compiled_small, fast=True, out=out_small), fisca.run, "OpenFisca", rounds=3)
    table, edges = _plain(coded, compiled), compiled.edges.tolist()
    some = int(coded.first_entry[len(coded.people) // 100])
    yield Race("the same, a hundredth of the people against a loop", "entries", some,
               lambda: replay(small_of(coded), compiled, fast=True), lambda: _loop(coded, compiled, table, edges, some),
               "Python loop", rounds=3)


def small_of(coded: Coded) -> Coded:
    """The first hundredth of the people."""
    people = len(coded.people) // 100
    last, row = int(coded.first_entry[people]), int(coded.first_year_row[people])
    return replace(
        coded, people=coded.people[:people], first_entry=coded.first_entry[:people + 1], case=coded.case[:last],
        day=coded.day[:last], row=coded.row[:last], first_year_row=coded.first_year_row[:people + 1],
        first_year=coded.first_year[:people], standing=coded.standing[:row],
        first_belonging=coded.first_belonging[:people + 1], belonging=coded.belonging[:people],
        belongs_from=coded.belongs_from[:people])


def _memory() -> int:
    """Bytes of memory of its own (RssAnon) of a process that has replayed the history."""
    program = "import tests.bench.replay as bench; bench.weigh()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])
    return int(done.stdout)


def weigh() -> None:
    """Say how much a replay takes: the columns, the room, the process; what made the history is let go before."""
    law = Law(shipped().books)
    coded = history(ENTRIES, law)
    compiled = compile_over(law, coded)
    replay(coded, compiled, out=room(coded, compiled))
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(status.split("RssAnon:")[1].split()[0]) * 1024)


def _equal(ours: Replayed, counted: Any, totals: Any) -> None:
    assert np.array_equal(ours.counted, counted), "hours are the same to the last hundredth"
    assert np.array_equal(ours.sums[:, :EXAM], totals), "and so are totals"


def _rulings(compiled: Compiled) -> dict[str, Any]:
    """The rulings of cells as columns: what the peers join."""
    known = np.flatnonzero(compiled.table != NONE)
    number = compiled.table[known]
    rulings = compiled.rulings
    return {
        "cell": known.astype(np.int32), "hours": np.where(rulings.counts, rulings.hours, 0)[number].astype(np.int32),
        "category": rulings.category[number], "cap": np.where(rulings.counts, rulings.cap, NONE)[number],
        "bucket": rulings.bucket[number],
    }


def _years(coded: Coded) -> Any:
    """The year of each entry; everyone has all of them."""
    return (FIRST + coded.row % (LAST - FIRST + 1)).astype(np.int16)


def _columns(coded: Coded, compiled: Compiled) -> dict[str, Any]:
    """Entries as columns: person, place among all, year, and the cell of case and stretch, which we find as well."""
    cells = coded.case * (len(compiled.edges) + 1) + np.searchsorted(compiled.edges, coded.day, side="right")
    owner = np.repeat(np.arange(len(coded.people), dtype=np.int32), np.diff(coded.first_entry))
    assert not (compiled.rulings.credit > 0).any(), "nobody is asked for what this law does not have"
    return {"person": owner, "place": np.arange(coded.entries, dtype=np.int32),
            "year": _years(coded), "cell": cells.astype(np.int32)}


class _Duck:
    """The task in SQL: a window for what has a cap, a plain join for what has none."""

    def __init__(self, coded: Coded, compiled: Compiled) -> None:
        self.connection = duckdb.connect(config={"threads": 2})
        for name, columns in (("entries", _columns(coded, compiled)), ("rulings", _rulings(compiled))):
            self.connection.register("given", columns)
            self.connection.execute(f"CREATE TABLE {name} AS FROM given")
        self.shape = (len(coded.people), LAST - FIRST + 1)

    def run(self) -> None:
        self.connection.execute("""
            CREATE OR REPLACE TABLE counted AS
            SELECT place, person, year, category, hours FROM entries JOIN rulings USING (cell) WHERE cap < 0
            UNION ALL
            SELECT place, person, year, category, (least(until, cap) - least(until - hours, cap))::INTEGER AS hours
            FROM (
                SELECT place, person, year, category, hours, cap,
                       sum(hours) OVER (PARTITION BY person, year, bucket ORDER BY place) AS until
                FROM entries JOIN rulings USING (cell) WHERE cap >= 0);
            CREATE OR REPLACE TABLE totals AS
            SELECT person, year, sum(hours) FILTER (category = 0) AS one, sum(hours) FILTER (category = 1) AS two,
                   sum(hours) FILTER (category = 2) AS three FROM counted GROUP BY person, year""")

    def answer(self) -> tuple[Any, Any]:
        self.run()
        counted = self.connection.execute("SELECT hours FROM counted ORDER BY place").fetchnumpy()["hours"]
        found = self.connection.execute(
            "SELECT person, year, coalesce(one, 0)::INTEGER AS one, coalesce(two, 0)::INTEGER AS two, "
            "coalesce(three, 0)::INTEGER AS three FROM totals").fetchnumpy()
        return counted, _laid_out(found, self.shape)

    def close(self) -> None:
        self.connection.close()


class _Polars:
    """The task in polars, by its streaming engine."""

    def __init__(self, coded: Coded, compiled: Compiled) -> None:
        self.entries, self.rulings = pl.DataFrame(_columns(coded, compiled)), pl.DataFrame(_rulings(compiled))
        self.shape = (len(coded.people), LAST - FIRST + 1)

    def run(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        joined = self.entries.lazy().join(self.rulings.lazy(), on="cell", how="inner", maintain_order="left")
        until = pl.col("hours").cum_sum().over("person", "year", "bucket")
        cut = (pl.min_horizontal(until, "cap") - pl.min_horizontal(until - pl.col("hours"), "cap")).alias("hours")
        plain = joined.filter(pl.col("cap") < 0).select("place", "person", "year", "category", "hours")
        capped = joined.filter(pl.col("cap") >= 0).select("place", "person", "year", "category", cut)
        counted = pl.concat([plain, capped]).collect(engine="streaming")
        of = [pl.col("hours").filter(pl.col("category") == at).sum().alias(name)
              for at, name in enumerate(("one", "two", "three"))]
        return counted, counted.lazy().group_by("person", "year").agg(of).collect(engine="streaming")

    def answer(self) -> tuple[Any, Any]:
        counted, totals = self.run()
        return counted.sort("place")["hours"].to_numpy(), _laid_out(
            {name: totals[name].to_numpy() for name in totals.columns}, self.shape)


def _laid_out(found: dict[str, Any], shape: tuple[int, int]) -> Any:
    """Totals by person and year, as ours lie."""
    totals = np.zeros((shape[0] * shape[1], EXAM), dtype=np.int64)
    row = found["person"].astype(np.int64) * shape[1] + found["year"] - FIRST
    for column, name in enumerate(("one", "two", "three")):
        totals[row, column] = found[name]
    return totals


class _Fisca:
    """The task in OpenFisca: entries are members of person-years, a formula a category, and rates as it gets them."""

    def __init__(self, coded: Coded, compiled: Compiled) -> None:
        given = _columns(coded, compiled)
        owner = given["person"].astype(np.int64) * (LAST - FIRST + 1) + given["year"] - FIRST
        self.rows, group = np.unique(owner, return_inverse=True)
        entry = build_entity("entry", "entries", "An entry", is_person=True)
        year = build_entity("person_year", "person_years", "A person's year",
                            roles=[{"key": "member", "plural": "members", "label": "Entries"}])
        system = TaxBenefitSystem([entry, year])
        shared = {"value_type": int, "definition_period": DateUnit.ETERNITY, "label": "-"}
        system.add_variable(type("cell", (Variable,), {**shared, "entity": entry}))
        rulings = _rulings(compiled)
        for category in range(EXAM):
            formula = _formula(category, rulings, len(compiled.table))
            system.add_variable(type(f"total_{category}", (Variable,), {**shared, "entity": year, "formula": formula}))
        builder = SimulationBuilder()
        builder.create_entities(system)
        builder.declare_person_entity("entry", np.arange(coded.entries))
        years = builder.declare_entity("person_year", np.arange(len(self.rows)))
        builder.join_with_persons(years, group, np.full(coded.entries, "member"))
        self.simulation = builder.build(system)
        self.simulation.set_input("cell", "eternity", given["cell"])

    def run(self) -> Any:
        names = [f"total_{category}" for category in range(EXAM)]
        for name in names:
            self.simulation.delete_arrays(name)
        return np.stack([self.simulation.calculate(name, FIRST) for name in names], axis=1)


def _formula(category: int, rulings: dict[str, Any], cells: int) -> Any:
    """The total of a category: what has no cap, and of each bucket no more than its cap."""
    hours, cap, bucket = np.zeros(cells, np.int32), np.full(cells, NONE, np.int32), np.zeros(cells, np.int32)
    of = rulings["category"] == category
    hours[rulings["cell"][of]] = rulings["hours"][of]
    cap[rulings["cell"]], bucket[rulings["cell"]] = rulings["cap"], rulings["bucket"]

    def formula(person_year: Any, period: Any) -> Any:
        cell = person_year.members("cell", period)
        worth, within, most = hours[cell], bucket[cell], cap[cell]
        total = person_year.sum(worth * (most == NONE))
        for number in range(1, int(bucket.max()) + 1):
            is_in = (within == number) & (most != NONE)
            total = total + np.minimum(person_year.sum(worth * is_in), person_year.max(most * is_in))
        return total

    return formula


def _plain(coded: Coded, compiled: Compiled) -> list[tuple[Any, ...] | None]:
    rulings = compiled.rulings
    gains = list(zip(rulings.counts.tolist(), rulings.category.tolist(), rulings.hours.tolist(), rulings.cap.tolist(),
                     rulings.bucket.tolist(), strict=True))
    return [None if number == NONE else gains[number] for number in compiled.table.tolist()]


def _loop(coded: Coded, compiled: Compiled, table: list[Any], edges: list[int], some: int) -> Any:
    """Hours and totals as one would write them down."""
    counted, totals, used = [0] * some, {}, {}  # type: ignore[var-annotated]
    people = np.repeat(np.arange(len(coded.people)), np.diff(coded.first_entry))[:some].tolist()
    columns = zip(people, *(column[:some].tolist() for column in (coded.case, coded.day, _years(coded))), strict=True)
    for at, (person, case, day, year) in enumerate(columns):
        counts, category, hours, cap, bucket = table[case * (len(edges) + 1) + bisect_right(edges, day)]
        if not counts:
            continue
        if cap >= 0:
            before = used.get((person, year, bucket), 0)
            hours = min(hours, cap - before)
            used[person, year, bucket] = before + hours
        counted[at] = hours
        sums = totals.setdefault((person, year), [0, 0, 0])
        sums[category] += hours
    return counted, totals


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Recorded(DomainEvent):
    """A claim's event as the library keeps one."""

    kind: str
    body: dict[str, Any]


def _reading() -> Iterator[Race | Figure]:
    logs.configure("warning")
    with TemporaryDirectory() as name:
        folder = Path(name)
        ledger = Ledger.in_file(folder / "ledger.db", Vault(folder / "people.db", FileMasterKey.create(folder / "key")))
        _fill(ledger)
        answers = folder / "answers"
        answers.mkdir()
        for projection in (People(), Entries()):
            file = ProjectionFile(projection, path_of(answers, projection))
            while batch := read_batch(ledger, file.position):
                file.apply(batch, ledger)
            file.connection.close()
        recorder, mapper = _library(folder / "library.db")

        def ours() -> None:
            with Snapshot(answers) as snapshot:
                assert len(read_all(snapshot).claims["day"]) == CLAIMS

        def library() -> None:
            start, seen = 1, 0
            while found := recorder.select_notifications(start, 1_000):
                for one in found:
                    mapper.to_domain_event(one)
                start, seen = found[-1].id + 1, seen + len(found)
            assert seen == 2 * CLAIMS

        yield Race("coded ledger read from the projections, in the events that it stands for", "events", 2 * CLAIMS,
                   ours, library, "a loop over the library's notifications and mapper", 5, 3, enough=500_000)
        ledger.close()


def _submitted(number: int) -> ClaimSubmitted:
    """A claim of one of some eight thousand studies: days and lengths, as classes are that many people went to."""
    claim = submitted()
    starts = date(2024, 1, 1) + timedelta(days=number)
    days_half = 2 + (number * 7 + claim.evidence[0].sha256.count("a")) % 8
    study = msgspec.structs.replace(claim.study, starts=starts, ends=starts, evidence_on=starts, days_half=days_half)
    return msgspec.structs.replace(claim, study=study)


def _fill(ledger: Ledger) -> None:
    for _ in range(CLAIMS // 1_000):
        events = []
        for number in range(1_000):
            claim = _submitted(number)
            events += [encoded(claim), encoded(approved(claim), 2)]
        ledger.store.append(Append(tuple(events)))


def _library(path: Path) -> tuple[SQLiteApplicationRecorder, Mapper[UUID]]:
    """The library's recorder with the same facts, as its own events."""
    recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(path)))
    recorder.create_table()
    transcoder = JSONTranscoder()
    for one in (UUIDAsHex(), DatetimeAsISO()):
        transcoder.register(one)
    mapper: Mapper[UUID] = Mapper(transcoder)
    for _ in range(CLAIMS // 1_000):
        stored = []
        for number in range(1_000):
            claim, stream = _submitted(number), uuid4()
            for version, event in enumerate((claim, approved(claim)), 1):
                body = json.loads(msgspec.json.encode(event))
                one = Recorded(originator_id=stream, originator_version=version,
                               timestamp=Recorded.create_timestamp(), kind=type(event).__name__, body=body)
                stored.append(mapper.to_stored_event(one))
        recorder.insert_events(stored)
    return recorder, mapper

