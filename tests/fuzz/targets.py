"""Every parser of bytes that come from elsewhere, each as one function: what it is given, it reads or refuses.

To refuse is to return a `Refusal` or to raise an error of ours, which bears a code and says in Chinese what is wrong.
Anything else that comes out is a finding: it would be a stack trace at somebody's door. Each target is given bytes
alone, since that is what a fuzzer has; what else a parser asks for is made once, here.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from waitress.adjustments import Adjustments

from api.cases.importing import import_lists
from api.cases.learning import result_lists
from api.cases.training import roster_lists
from api.evidence.types import type_of
from api.operational.second_factor import _hidden, _step_of
from api.paper.sheets import read as read_sheet
from api.refusals.faults import BadFields
from api.refusals.problems import Problem
from api.routes.paging import read_cursor
from api.routes.sent import _json
from api.settings import SettingsError, _file_values
from api.sockets.server import Parser
from ledger import envelope
from ledger.copies import manifest
from ledger.errors import LedgerError
from ledger.hand_over.file import parse_header
from ledger.identifiers import id_number, names, phones, unit_code
from ledger.identifiers.errors import BadIdentifier
from ledger.ids import parse_verify_code
from ledger.keys import backup as key_backup
from ledger.offline import plain_zip, statement_file, verify
from ledger.offline.case_file import parse_manifest
from ledger.proof import bundle, checkpoint, keys, map_proof, notes, policy, tiles
from ledger.proof.policy import trust
from ledger.signing.rotation import parse_succession
from ledger.vocabulary import parse_hours
from ledger.witnessing.fork import check_fork, parse_fork
from ledger.witnessing.request import parse_request
from policies.building import build
from policies.cases import outcome, read_cases
from policies.errors import RulebookError
from policies.evaluate import main_evaluate
from policies.law import Law
from policies.person import Bench
from policies.shelf import shipped
from projections.basis import read_axes
from projections.errors import ProjectionError
from projections.findings.marks import marks_of
from projections.statement.reading import read_statement
from tests.fuzz import answered, asked, fetched, rehung, sealed
from tests.memory_kit import temporary
from tests.witness.witness_kit import LOG_KEY

Target = Callable[[bytes], object]

TODAY: Final = date(2026, 11, 22)
KEY: Final = b"k" * 32
OURS: Final = (LedgerError, RulebookError, ProjectionError, BadFields, Problem, BadIdentifier, asked.Refused)
_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")


def read(target: Target, data: bytes) -> str:
    """Give bytes to a target; say by which code they were refused, or that they were read. Anything else escapes."""
    try:
        target(data)
    except OURS as error:
        code = error.faults[0].code if isinstance(error, BadFields) else str(error.code)
        assert _CODE.fullmatch(code), f"{error!r} has no stable code"
        return code
    return "read"


@cache
def _policy() -> policy.Policy:
    """Trust the key under which the examples were signed."""
    return policy.trust(keys.parse_vkey(Path(__file__).with_name("corpus").joinpath("vkey/example-1").read_bytes()))


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=temporary()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _in_file(name: str, data: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(data)
    return path


def _text(parse: Callable[[str], object]) -> Target:
    """Text that somebody typed, or a line of a file that was read as UTF-8 before."""
    def target(data: bytes) -> object:
        return parse(data.decode("utf-8", "replace"))
    return target


def _vkey(data: bytes) -> object:
    return keys.parse_vkey(data)


def _open_note(data: bytes) -> object:
    return notes.open_note(data, [notes.NoteVerifier(keys.generate_key("a").public())])


def _leaf(data: bytes) -> object:
    read_it = envelope.decode(data)
    envelope.check_canonical(data)
    return read_it


def _archive(data: bytes) -> object:
    file = io.BytesIO(data)
    return [plain_zip.read_content(file, member) for member in plain_zip.read_members(file)]


def _backup(data: bytes) -> object:
    return manifest.read_manifest(_in_file(manifest.MANIFEST, data).parent)


def _key_backup(data: bytes) -> object:
    return key_backup.read_manifest(_in_file(key_backup.MANIFEST, data).parent)


def _verify(data: bytes) -> object:
    return verify.verify_file(_in_file("any", data), _policy())


def _fork(data: bytes) -> object:
    return check_fork(parse_fork(data), trust(LOG_KEY.public()))


def _request_head(data: bytes) -> object:
    """The first bytes of a connection: read, refused with a status, or not all there yet; and nothing is raised."""
    parser = Parser(Adjustments())
    while data and not parser.completed:
        consumed = parser.received(data)
        assert consumed > 0, "it would be given the same bytes for ever"
        data = data[consumed:]
    assert parser.error is None or 400 <= parser.error.code < 600, parser.error
    return parser.completed


def _rulebook(data: bytes) -> object:
    return build("any.toml", data, hashlib.sha256(data).hexdigest(), None)


@cache
def _bench() -> Bench:
    return Bench(Law(shipped().books))


def _rule_cases(data: bytes) -> object:
    return [outcome(_bench(), case)[1] for case in read_cases(_in_file("any.cases.toml", data))]


def _evaluate(data: bytes) -> object:
    out, said = io.BytesIO(), io.StringIO()
    status = main_evaluate(io.BytesIO(data), out, said, None, False)
    assert status in (0, 2), status
    assert status == 0 or (said.getvalue() and not out.getvalue()), "a bad line is told, and no ruling is given"
    return status


def _cursor(data: bytes) -> object:
    return read_cursor(KEY, "q", data.decode("latin-1"))


def _axes(text: str) -> object:
    as_of, _, rest = text.partition("\n")
    valid_on, _, law = rest.partition("\n")
    return read_axes(as_of or None, valid_on or None, law or None)


def _identifiers(text: str) -> None:
    for parse in (lambda: id_number.parse("resident_id", text, today=TODAY), lambda: unit_code.parse(text),
                  lambda: names.parse(text), lambda: phones.parse(text),
                  lambda: id_number.parse("passport", text, today=TODAY)):
        with suppress(BadIdentifier):
            parse()


def _code(data: bytes) -> object:
    """A code of a second factor, as a form or JSON may bring it: also half of a character."""
    text = data.decode("utf-8", "surrogateescape")
    return _hidden(text), _step_of(KEY[:20], text, now=1_795_000_005_000_000)


def _settings(data: bytes) -> object:
    try:
        return list(_file_values(_in_file("settings.toml", data), is_named=True))
    except SettingsError:  # It stops the program with words of its own, before there is anything with codes.
        return None


def _hours(text: str) -> object:
    try:
        return parse_hours(text)
    except ValueError:  # The one that says so in its contract.
        return None


TARGETS: Final[dict[str, Target]] = {
    "note": _open_note,
    "checkpoint": checkpoint.parse_checkpoint,
    "vkey": _vkey,
    "skey": keys.parse_skey,
    "trust_policy": policy.parse_policy,
    "tlog_proof": bundle.parse_bundle,
    "map_proof": map_proof.parse_presence,
    "tile_path": _text(tiles.parse_tile_path),
    "leaf": _leaf,
    "statement": statement_file.parse_statement,
    "statement_text": _text(read_statement),
    "archive": _archive,
    "case_manifest": parse_manifest,
    "year_line": rehung.year_line,
    "year_archive": lambda data: rehung.archive(_folder(), data),
    "hand_over": rehung.hand_over,
    "hand_over_header": parse_header,
    "backup_manifest": _backup,
    "key_backup_manifest": _key_backup,
    "succession": parse_succession,
    "witness_request": parse_request,
    "witness_answer": answered.witness_answer,
    "fork": _fork,
    "log_tiles": fetched.log_tiles,
    "service_answer": fetched.service_answer,
    "columns": lambda data: fetched.columns(_folder(), data),
    "time_stamp": answered.time_stamp,
    "key_answer": answered.key_answer,
    "verify": _verify,
    "sealed_pdf": sealed.sealed_pdf,
    "rulebook": _rulebook,
    "rule_cases": _rule_cases,
    "facts": _evaluate,
    "request_head": _request_head,
    "request": asked.request,
    "body": _json,
    "cursor": _cursor,
    "axes": _text(_axes),
    "identifiers": _text(_identifiers),
    "hours": _text(_hours),
    "id_token": rehung.id_token,
    "provider_answers": rehung.provider_answers,
    "one_time_code": _code,
    "settings": _settings,
    "verify_code": _text(parse_verify_code),
    "evidence": type_of,
    "evidence_marks": marks_of,
    "sheet": read_sheet,
    "import_list": import_lists.listing,
    "roster": lambda data: roster_lists.listed(read_sheet(data), TODAY),
    "results": lambda data: result_lists.listed(data, TODAY),
}
"""By name: the name of the folder of its corpus, too."""

