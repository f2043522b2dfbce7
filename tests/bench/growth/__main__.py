"""`python -m tests.bench.growth [--people 2500,10000,25000] [--years 2] [--folder FOLDER] [--write]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from tests.bench.growth import PEOPLE, YEARS
from tests.bench.growth.measured import measure
from tests.bench.growth.told import PAGE, page, write
from tests.torture import commit


def main() -> int:
    """Measure registers of these sizes, smallest first; those that were measured in the folder before are kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description="how cost grows with people")
    parser.add_argument("--people", type=sizes_in, default=list(PEOPLE), help="two sizes or more, with commas between")
    parser.add_argument("--years", type=int, default=YEARS, help="how many years each lasts")
    parser.add_argument("--folder", type=Path, help="where the registers are made and kept; else nowhere")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} and its drawing as well")
    options = parser.parse_args()
    made = commit(PAGE)    # Before: it is the code that ran.
    with nullcontext(str(options.folder)) if options.folder else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        found = [measure(folder / str(people), people, options.years, _shown) for people in options.people]
    print(page(found, made))
    if options.write:
        write(found, made)
    return 0


def sizes_in(text: str) -> list[int]:
    """The sizes of `--people`, smallest first; of one alone nobody could say how cost grows."""
    try:
        sizes = sorted({int(one) for one in text.split(",")})
    except ValueError:
        sizes = []
    if len(sizes) < 2 or sizes[0] < 1:
        raise argparse.ArgumentTypeError(f"give two different numbers of people or more, as 2500,10000, not {text!r}")
    return sizes


def _shown(step: str) -> None:
    print(f"{step} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
