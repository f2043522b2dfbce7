"""Everything that is asked outside about the service's log: witnesses, time-stamping authorities, its own address.

Nothing is set, nothing is asked. `tests/witness/test_submitting.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api.doctor.checks import Check
from api.register.register import Register, stop_what_is_behind
from api.settings import Settings
from api.witness.authorities import read_authorities
from api.witness.public_log import PublicLog
from api.witness.stamping import Stamper
from api.witness.submitting import Submitter, read_policy
from ledger.witnessing.kept import Kept


class Outside:
    """What is asked outside, begun and ended together. `may` says whether it is this process's turn."""

    def __init__(self, settings: Settings, register: Register, *, may: Callable[[], bool]) -> None:
        self._register = register
        kept = Kept(register.folder.witnessed)
        self._stamper = None if not settings.time_stamps else Stamper(
            register.signer, read_authorities(Path(settings.time_stamps)), kept, is_witnessed=bool(settings.witnesses),
            wanted=kept.wanted, may=may)
        self._submitter = None if not settings.witnesses else Submitter(
            register.ledger.store, register.signer, read_policy(Path(settings.witnesses)), kept, may=may)

        self._public = None if not settings.public_address else PublicLog(
            settings.public_address, register.signer, kept, may=may)

    def look(self) -> None:
        """See what witnesses have seen, before anything is recorded."""
        if self._submitter is not None:
            self._submitter.look()
            stop_what_is_behind(self._register.ledger, self._register.signer, self._register.clock_checked)

    def start(self) -> None:
        """Begin."""
        if self._submitter is not None:
            self._submitter.start()
        if self._stamper is not None:
            self._stamper.start()
        if self._public is not None:
            self._public.start()

    def stop(self) -> None:
        """End."""
        if self._submitter is not None:
            self._submitter.stop()
        if self._stamper is not None:
            self._stamper.stop()
        if self._public is not None:
            self._public.stop()

    def checks(self) -> list[Check]:
        """What `/readyz` asks of it."""
        found = []
        if self._submitter is not None:
            found.append(Check("witnesses", self._submitter.check))
        if self._stamper is not None:
            found.append(Check("time_stamps", self._stamper.check))
        if self._public is not None:
            found.append(Check("public_log", self._public.check))
        return found
