"""`python -m tests.bench.december [--factor N/M] [--workers N] [--write]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import structlog

from tests.bench.december import WORKERS
from tests.bench.december.place import furnished
from tests.bench.december.promises import promises
from tests.bench.december.run import run
from tests.bench.december.shape import shape
from tests.bench.december.told import PAGE, page, write


def main() -> int:
    """Let it happen, and say what came of it: 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.december", description="a province in December")
    parser.add_argument("--factor", type=Fraction, help="of the province, as 1/4; else what shape.toml says")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"processes that serve (default {WORKERS})")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} and its drawing as well")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    told = shape(options.factor)
    with tempfile.TemporaryDirectory() as folder:
        print(f"making a register of {told.tries:,} people ...", file=sys.stderr, flush=True)
        place = furnished(Path(folder) / "data", told)

        def progress(second: int, seconds: int) -> None:
            print(f"\r{second} of {seconds} s", end="", file=sys.stderr, flush=True)

        ran = run(place, told, workers=options.workers, progress=progress)
        print(file=sys.stderr)
        kept = promises(ran, place)
        print(page(ran, place, kept))
        if options.write:
            write(ran, place, kept)
    return 0 if all(one.is_kept for one in kept) else 1


if __name__ == "__main__":
    sys.exit(main())
