"""Compiles the kernel of replays, while tests are still being collected.

    python -m tests.compiled

What numba made is kept beside the source, so it is made once for a folder: 20 s of a processor. Where nobody had made
it, each process that replayed in the first minute of a run made it for itself.
"""

from __future__ import annotations

from policies.law import Law
from policies.shelf import drafts, shipped
from projections.replay.compiled import compile_over
from projections.replay.kernel import replay
from tests.projections.replay.coder import Coder


def main() -> None:
    coded = Coder().coded()  # Of nobody: what is compiled hangs on kinds of columns, not on what stands in them.
    before = compile_over(Law(shipped().books), coded)
    after = compile_over(Law([*shipped().books, *drafts().books]), coded, before)
    replay(coded, after, fast=True, known=(before, replay(coded, before, fast=True)))


if __name__ == "__main__":
    main()
