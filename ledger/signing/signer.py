"""The signer: says what the log is at a size, and never says two things.

Signing keys, and the last checkpoint that anyone may have seen, lie outside the database: a restored older copy does
not take them back with it. Before it signs, the signer demands that the log it is given extends what it published last;
a log that is shorter, or other, is refused with both roots as evidence. One signer at a time, by a lease; whoever is
asked to sign meanwhile waits for it.

`tests/ledger/test_signer.py` shows it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ledger.durable import write_durably, write_new
from ledger.errors import LedgerError
from ledger.lease import FileLease, LeaseUnreachable
from ledger.log_name import names_of
from ledger.proof.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.proof.keys import PublicKey, SigningKey, format_skey, format_vkey, generate_key, parse_skey
from ledger.proof.merkle import EMPTY_ROOT
from ledger.proof.notes import NoteUnverified, NoteVerifier, format_note, open_note, parse_note, sign
from ledger.signing.faults import BadSigningKey as BadSigningKey  # By these names everybody knows them.
from ledger.signing.faults import CannotPublish as CannotPublish
from ledger.signing.faults import CheckpointDamaged as CheckpointDamaged
from ledger.signing.faults import LogBehind as LogBehind
from ledger.signing.faults import LogForked as LogForked
from ledger.signing.faults import OtherKeys as OtherKeys
from ledger.signing.faults import SignerElsewhere as SignerElsewhere
from ledger.signing.former_keys import former_keys
from ledger.stores.recorder import AppendingRecorder, StoredCheckpoint

WAIT_MS: Final = 5_000
_ASK_EVERY_MS: Final = 5
_IN_DATABASE: Final = "数据库中"


class Signer:
    """Signs the checkpoints of one log. Several keys in the file all sign: that is how keys are exchanged."""

    def __init__(
        self, store: AppendingRecorder, *, origin: str, folder: Path, name: str = "ledger", wait_ms: int = WAIT_MS
    ) -> None:
        self._store, self._wait_ms = store, wait_ms
        self.origin = origin
        self._published_file = folder / f"{name}.published"
        self._seen_file = folder / f"{name}.seen"
        self.cosigned: Callable[[], bytes | None] = lambda: None
        self._lease = FileLease(folder / f"{name}.signer.lock")
        self._folder, self._name = folder, name
        self._key_file = folder / f"{name}.signing.key"
        self._loaded = _stamp(self._key_file), load_keys(self._key_file, origin)
        self._threads = threading.Lock()

    @property
    def keys(self) -> list[SigningKey]:
        """The keys that sign, as the file now has them: one that is added signs from the next checkpoint on."""
        stamp, keys = self._loaded
        if (now := _stamp(self._key_file)) != stamp:
            self._loaded = now, load_keys(self._key_file, self.origin)
            keys = self._loaded[1]
        return keys

    @property
    def vkeys(self) -> list[str]:
        """The public keys, one line each."""
        return [format_vkey(key.public()) for key in self.keys]

    def published(self) -> bytes | None:
        """The last checkpoint that anyone may have seen, as a note."""
        return self._published_file.read_bytes() if self._published_file.exists() else None

    def latest(self) -> bytes:
        """The last checkpoint that this log can prove: what was published, or the first one, signed now.

        Of a log that does not extend what was published, it is the last one that came with it.
        """
        note, stored = self.published(), self._store.last_checkpoint()
        if note is None:
            return self.checkpoint()
        if stored is not None and stored.note != note:  # Only then is there anything to ask: one read, no hash.
            try:
                self.demand_extension()
            except (LogBehind, LogForked):
                return stored.note
        return self._with_witnesses(note)

    def handed_out(self) -> bytes:
        """What everybody is given: the newest checkpoint that its witnesses saw, or where there are none the newest.

        Of a restored older copy too: what was published is not taken back.
        """
        return self._with_witnesses(self.published() or self.checkpoint())

    def checkpoint(self) -> bytes:
        """Sign the log as it is now, persist the note, then hand it out; the same size gives the same note again.

        With its cosignatures, where witnesses have seen this very size.
        """
        try:
            with self._threads, self._alone():
                note = self._sign()
        except LeaseUnreachable as error:
            raise CannotPublish(self._published_file.parent, error.cause) from error
        except OSError as error:
            raise CannotPublish(self._published_file.parent, error) from error
        seen = self.cosigned()
        return seen if seen is not None and parse_note(seen)[0] == parse_note(note)[0] else note

    def must_extend(self, note: bytes, where: str = "见证人处") -> bool:
        """Take from a witness, or whoever bears it, what this log has signed; says whether the log extends it.

        Unless it does, it signs nothing from now on.

        Raises CheckpointDamaged where no key of this log signed the note: nobody else's word stops a log.
        """
        checkpoint = self._read(note, where)
        if self._extends(checkpoint):  # What it extends now it always will: nobody need wait for that.
            return True
        try:
            with self._threads, self._alone():
                if not any(self._is_beyond(known, checkpoint) for known in self._seen()):
                    write_durably(self._seen_file, note, mode=0o644)
        except LeaseUnreachable as error:
            raise CannotPublish(self._seen_file.parent, error.cause) from error
        except OSError as error:
            raise CannotPublish(self._seen_file.parent, error) from error
        return False

    def demand_extension(self) -> None:
        """See that the log extends all that was published, and sign nothing; raises what signing would."""
        known = self._known()  # Before the size: another process may record and sign in between.
        self._demand_each(known, self._store.size())

    def _sign(self) -> bytes:
        size = self._store.size()
        frontier = self._store.frontier(size)
        self._demand_each(self._known(), size)
        text = format_checkpoint(Checkpoint(self.origin, size, frontier.root()))
        note = format_note(text, [sign(text, key) for key in self.keys])
        self._store.save_checkpoint(StoredCheckpoint(size, note))
        if note != self.published():
            write_durably(self._published_file, note, mode=0o644)
        return note

    def _known(self) -> tuple[list[Checkpoint], list[CheckpointDamaged]]:
        """What lies outside the database and what lies in it, the larger first: either may have been lost.

        One that cannot be read does not hide what the other says.
        """
        notes = {f"文件 {self._published_file} 中": self.published()}
        known: list[Checkpoint] = []
        if (stored := self._store.last_checkpoint()) is not None:
            if (former := self._of_a_former_name(stored.note)) is None:
                notes[_IN_DATABASE] = stored.note
            else:
                known.append(former)
        damaged: list[CheckpointDamaged] = []
        try:
            known += self._seen()
        except CheckpointDamaged as error:
            damaged.append(error)
        for where, note in notes.items():
            if note is not None:
                try:
                    known.append(self._read(note, where))
                except CheckpointDamaged as error:
                    damaged.append(error)
        return sorted(known, key=lambda checkpoint: checkpoint.size, reverse=True), damaged

    def _with_witnesses(self, note: bytes) -> bytes:
        """The newest checkpoint that its witnesses have seen; without any, the newest that was signed."""
        cosigned = self.cosigned()
        if cosigned is None:
            return note
        seen, signed = (parse_checkpoint(parse_note(each)[0]) for each in (cosigned, note))
        return cosigned if seen.origin == signed.origin and seen.size <= signed.size else note

    def _extends(self, checkpoint: Checkpoint) -> bool:
        return checkpoint.size <= self._store.size() and \
            self._store.frontier(checkpoint.size).root() == checkpoint.root

    def _is_beyond(self, known: Checkpoint, checkpoint: Checkpoint) -> bool:
        """Whether what is known already stops the log, and further on than this would."""
        return known.size >= checkpoint.size and not self._extends(known)

    def _seen(self) -> list[Checkpoint]:
        """What a witness showed us, under the name that the log has now."""
        if not self._seen_file.exists():
            return []
        note = self._seen_file.read_bytes()
        with contextlib.suppress(LedgerError):
            if parse_checkpoint(parse_note(note)[0]).origin != self.origin:
                return []  # The log goes on under another name since; its first event cites this.
        return [self._read(note, f"文件 {self._seen_file} 中")]

    def _of_a_former_name(self, note: bytes) -> Checkpoint | None:
        """What the log said last under another name: its key is gone, but its tree must be extended all the same."""
        with contextlib.suppress(LedgerError):
            checkpoint = parse_checkpoint(parse_note(note)[0])
            if checkpoint.origin != self.origin and checkpoint.origin in names_of(self._store)[:-1]:
                return checkpoint
        return None

    def _read(self, note: bytes, where: str) -> Checkpoint:
        known = {format_vkey(key): key for key in
                 [*(key.public() for key in self.keys), *former_keys(self._folder, self._name)]}
        verifiers: list[NoteVerifier] = [NoteVerifier(key) for key in known.values()]  # Also of a restored older copy.
        try:
            checkpoint = parse_checkpoint(open_note(note, verifiers).text)
        except LedgerError as error:
            is_strange = where == _IN_DATABASE and isinstance(error, NoteUnverified)
            raise (OtherKeys if is_strange else CheckpointDamaged)(where, error) from error
        if checkpoint.origin != self.origin:
            raise CheckpointDamaged(where, f"它属于另一个日志 {checkpoint.origin}")
        return checkpoint

    def _demand_each(self, known: tuple[list[Checkpoint], list[CheckpointDamaged]], size: int) -> None:
        checkpoints, damaged = known
        for error in damaged:
            if isinstance(error, OtherKeys):  # Whether that log extends ours does not matter.
                raise error
        for last in checkpoints:
            self._demand_extension(last, size)
        if damaged:
            raise damaged[0]

    def _demand_extension(self, last: Checkpoint, size: int) -> None:
        if size < last.size:
            raise LogBehind(size=size, published=last)
        computed = self._store.frontier(last.size).root()
        if computed != last.root:
            raise LogForked(published=last, computed=computed)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lease while one checkpoint is signed, and wait as long as several others may take.

        It is a lock on a file, whatever the store: the last checkpoint lies beside it, and both are this host's.
        """
        until = time.monotonic_ns() + self._wait_ms * 1_000_000
        while not self._lease.try_take():
            if time.monotonic_ns() > until:
                raise SignerElsewhere(self._lease.path)
            time.sleep(_ASK_EVERY_MS / 1_000)  # not hours: seconds
        try:
            yield
        finally:
            self._lease.release()


def create_signing_key(folder: Path, origin: str, *, name: str = "ledger") -> PublicKey:
    """Make the first signing key of a log; never over an existing one."""
    Checkpoint(origin, 0, EMPTY_ROOT)  # A name under which nothing could be signed is refused now.
    key = generate_key(origin)
    write_new(folder / f"{name}.signing.key", f"{format_skey(key)}\n".encode(), mode=0o600)
    return key.public()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Tell one content of a file from another, without reading it; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def load_keys(path: Path, origin: str) -> list[SigningKey]:
    try:
        mode, lines = path.stat().st_mode, path.read_text("ascii").splitlines()
    except FileNotFoundError:
        raise BadSigningKey(path, "文件不存在") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSigningKey(path, f"读不出（{error.__class__.__name__}）") from error
    if mode & 0o077:
        raise BadSigningKey(path, f"权限是 {mode & 0o777:o}，他人可读；请改为 600")
    try:
        keys = [parse_skey(line) for line in lines if line]
    except LedgerError as error:
        raise BadSigningKey(path, str(error).partition("。")[0]) from error  # Its cure is for a line by itself.
    if not keys:
        raise BadSigningKey(path, "里面没有密钥")
    if len({key.seed for key in keys}) != len(keys):
        raise BadSigningKey(path, "同一把密钥出现两次")
    if any(key.name != origin for key in keys):
        raise BadSigningKey(path, f"密钥的名称不是日志名 {origin}")
    return keys
