"""How a command waits for a job of the service: it asks again and again, and shows how far the job is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from api.commands.replay import STEPS

if TYPE_CHECKING:
    from api.client import Client, Reply
    from api.commands.asking import Asking


def waited(asking: Asking, client: Client, job: str) -> Reply:
    """Wait until the job is over, with its progress shown."""
    from api.terminal.progress import bars

    with bars(quiet=asking.as_json) as line:
        steps: dict[str, Any] = {}
        while True:
            reply = client.get(f"/v1/jobs/{job}")
            if not reply.ok or "retry-after" not in reply.headers:
                return reply
            if (progress := reply.json["progress"]) is not None:
                step = progress["step"]
                if step not in steps:
                    steps[step] = line(STEPS.get(step, step))
                steps[step](progress["done"], progress["total"])
            time.sleep(int(reply.headers["retry-after"]))
