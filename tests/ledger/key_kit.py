"""Programs that stand for key services, good and bad, and vaults that are killed while they are worked on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ledger.keys.command import CommandMasterKey

ROOT = Path(__file__).parents[2]
PEER = Path(__file__).with_name("key_service_peer.py")
READS = "import json, sys, os, time\nfor line in sys.stdin:\n    request = json.loads(line)\n"


def program(path: Path, text: str) -> Path:
    """Write an executable program in Python."""
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o700)
    return path


def service(folder: Path, name: str = "service") -> Path:
    """Install the example program with a secret of its own."""
    path = program(folder / f"{name}.py", PEER.read_text())
    path.with_suffix(".secret").write_bytes(os.urandom(32))
    return path


def answering(path: Path, body: str, *, timeout_s: float = 20) -> CommandMasterKey:
    """Make a master key of a program that does this with each request."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return CommandMasterKey(program(path, READS + indented), timeout_s=timeout_s)


def child(script: str, *arguments: object, before: Sequence[str] = (), **more: object) -> subprocess.Popen[str]:
    """Run a script of ours in a process of its own, which can be killed."""
    ours = os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "ledger")))
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": ours}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [*before, sys.executable, "-c", script, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env=environment, **more)
