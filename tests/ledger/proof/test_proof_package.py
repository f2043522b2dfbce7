"""The package stands alone: a sceptic needs the standard library, one signature library and `ledger.errors`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import ledger.proof

PACKAGE = Path(ledger.proof.__file__).parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def test_it_imports_nothing_of_ours_but_itself_and_the_errors() -> None:
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                names = [node.module or ""]
            for name in names:
                root = name.split(".")[0]
                assert (root in sys.stdlib_module_names or root == "cryptography" or name == "ledger.errors"
                        or name.startswith("ledger.proof.")), f"{path.name} imports {name}"


def test_reading_and_hashing_load_no_signature_library() -> None:
    program = "; ".join([
        "import sys", *(f"import ledger.proof.{name}" for name in MODULES if name != "__init__"),
        "foreign = {'cryptography', 'eventsourcing', 'flask', 'msgspec'} & {*sys.modules}",
        "assert not foreign, foreign",
    ])

    assert len(MODULES) > 10
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PACKAGE.parent.parent)


def test_every_error_has_its_own_stable_code() -> None:
    program = "\n".join([
        *(f"import ledger.proof.{name}" for name in MODULES if name != "__init__"),
        "from ledger.errors import LedgerError",
        "def all_of(base):",
        "    return [base] + [each for child in base.__subclasses__() for each in all_of(child)]",
        "print(*sorted(error.code for error in all_of(LedgerError)))",
    ])
    found = subprocess.run([sys.executable, "-c", program], check=True, cwd=PACKAGE.parent.parent,
                           capture_output=True, text=True).stdout.split()

    assert found == sorted([
        "bundle_malformed", "checkpoint_malformed", "entry_too_large", "frontier_mismatch", "inconsistent",
        "key_algorithm_unsupported", "key_ambiguous", "key_malformed", "ledger_error", "log_untrusted", "malformed",
        "map_proof_malformed", "map_unproven", "multiproof_malformed",
        "note_malformed", "note_unverified", "out_of_tree", "policy_malformed", "quorum_unmet", "signature_invalid",
        "tile_malformed", "unprovable",
    ])
