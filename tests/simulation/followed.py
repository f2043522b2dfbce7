"""The follower of a history and those who read what it wrote, held against the fold of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.errors import NotBuilt, ProjectionError
from tests.simulation.parts import Broken
from tests.simulation.watch import CURRENT

if TYPE_CHECKING:
    from tests.simulation.world import World


class Followed:
    """What follows and what is read, as a part of the world."""

    def _follow_on(self: World) -> None:
        chance = self.rng.random()
        if not self.calm and chance < 0.05:
            self.trace("the follower dies, another follows")
            self._kill_follower()
            return self._follow()
        if not self.calm and chance < 0.1:
            self.trace("the follower stops, another follows")
            self.follower.stop()
            return self._follow()
        if not self.calm and chance < 0.11:
            self.follower.rebuild(self.projection.name)
        elif not self.calm and chance < 0.16:
            self.projection.unlucky = True
        self.follower.step()
        return None

    def _kill_follower(self: World) -> None:
        follower = self.follower
        for track in follower._tracks.values():
            for file in track._files():
                file.connection.rollback()
                file.connection.close()
        if follower._telling is not None:
            follower._telling.close()
        if follower._ownership is not None:
            follower._ownership._lease.release()

    def _read(self: World) -> None:
        """Read beside the follower: what is said is the fold of the log up to where it says that it speaks."""
        try:
            position = self.reader.position()
            rows = self.reader.rows(CURRENT, (position, position))
        except NotBuilt:
            return
        except ProjectionError as error:
            raise Broken(f"a reader cannot read: {error}") from error
        if position < self.read_last:
            raise Broken(f"a reader was told of {self.read_last}, and now of {position}")
        self.read_last = position
        if position > len(self.envelopes):
            raise Broken(f"a reader is told of {position}, the log has {len(self.envelopes)}")
        if rows != self._fold_at(position):
            raise Broken(f"at {position} a reader does not find what the log comes to")

    def _fold_at(self: World, position: int) -> list[tuple[str, int, int]]:
        while len(self.folds) <= position:
            self.folds.append(self.fold.take(self.envelopes[len(self.folds) - 1]))
        return self.folds[position]
