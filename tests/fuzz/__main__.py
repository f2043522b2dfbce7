"""Fuzz one parser: `python -m tests.fuzz TARGET --seconds N`, led by coverage (atheris), or `--mutations N` by chance.

What is new to the coverage is kept in a scratch folder; what is a finding is printed and written into the corpus of the
target, from where `make test` gives it to the parser again, for ever. `--examples` writes what corpora begin with.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from random import Random
from zlib import crc32

CORPUS = Path(__file__).with_name("corpus")
INPUT_BYTES_MOST = 1 << 16
SECONDS_MOST = 1
MEGABYTES_MOST = 1_024


def corpus(name: str) -> list[bytes]:
    """What is kept of a target, by name of the file."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]


def keep(name: str, data: bytes) -> Path:
    """Keep a finding."""
    path = CORPUS / name / f"found-{hashlib.sha256(data).hexdigest()[:12]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def by_chance(name: str, many: int) -> dict[str, int]:
    """Give a target so many mutations of its corpus, always the same; says how each ended, by code."""
    from tests.fuzz.mutate import mutated
    from tests.fuzz.targets import TARGETS, read

    rng, kept = Random(crc32(name.encode())), corpus(name)
    ends: dict[str, int] = {}
    for number in range(many):
        data = mutated(kept[number % len(kept)], kept, rng)
        began = time.process_time()
        try:
            end = read(TARGETS[name], data)
        except BaseException:    # A panic of a library in Rust is no Exception.
            print(f"{name}: {keep(name, data)}", file=sys.stderr)
            raise
        took = time.process_time() - began
        assert took < SECONDS_MOST, f"{took:.1f} s for {keep(name, data)}"
        ends[end] = ends.get(end, 0) + 1
    return ends


def by_coverage(name: str, seconds: int) -> int:
    """Let atheris look for what no input has reached yet. It never returns otherwise, so this is its process."""
    import atheris

    with atheris.instrument_imports(include=["ledger", "policies", "projections", "api"]):
        from tests.fuzz.targets import TARGETS, read

    def one(data: bytes) -> None:
        try:
            read(TARGETS[name], data)
        except BaseException:
            traceback.print_exc()
            print(f"FOUND {keep(name, data)}", flush=True)
            raise

    scratch = tempfile.mkdtemp(prefix=f"fuzz-{name}-")
    atheris.Setup([
        "fuzz", scratch, str(CORPUS / name), f"-max_total_time={seconds}", f"-timeout={SECONDS_MOST * 5}",
        f"-rss_limit_mb={MEGABYTES_MOST}", f"-max_len={INPUT_BYTES_MOST}", "-print_final_stats=1",
        f"-artifact_prefix={CORPUS / name}/found-", "-seed=1",
    ], one)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


def write_examples(target: str) -> None:
    """Write what corpora begin with, or one does; what was found stays."""
    from tests.fuzz.examples import examples

    with tempfile.TemporaryDirectory() as folder:
        for name, all_of_it in examples(Path(folder)).items():
            if target not in ("", name):    # The others are signed by one key: they are written together.
                continue
            (CORPUS / name).mkdir(parents=True, exist_ok=True)
            for number, data in enumerate(all_of_it, 1):
                (CORPUS / name / f"example-{number}").write_bytes(data)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="?", default="")
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--mutations", type=int, default=1_000)
    parser.add_argument("--examples", action="store_true")
    given = parser.parse_args(arguments)
    if given.examples:
        write_examples(given.target)
        return 0
    known = sorted(path.name for path in CORPUS.iterdir())
    names = [given.target] if given.target else known
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no target {unknown[0]}; there are {', '.join(known)}")
    if given.seconds:
        return by_coverage(names[0], given.seconds)
    for name in names:
        began = time.process_time()
        ends = by_chance(name, given.mutations)
        print(f"{name:22} {time.process_time() - began:5.1f} s  {ends}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
