"""A child that runs something and is killed at its n-th step that changes the disk: an audit hook counts them.

    python kill_child.py N module:function [ARGUMENTS...]

Python itself tells of every file that is opened for writing, moved or removed, so nothing of what runs is replaced. It
is killed before the step is taken. Without a step of that number it ends as the function does, and prints `done`.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

STEPS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "os.link"}


def main() -> None:
    number, (module, _, function) = int(sys.argv[1]), sys.argv[2].partition(":")
    found = getattr(importlib.import_module(module), function)
    left = [number]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if event in STEPS or (writes and "__pycache__" not in str(arguments[0])):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    found(*sys.argv[3:])
    print("done", flush=True)


if __name__ == "__main__":
    main()
