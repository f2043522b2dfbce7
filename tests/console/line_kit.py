"""The line between a page and the house, in a test's hand: what is sent arrives, and is answered, when it says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.waiting import until


class Sent:
    """Something that a page sent: it waits on the line."""

    def __init__(self, route: Any) -> None:
        self._route, self._answer = route, None
        self.is_by_itself = "hx-request" in route.request.headers

    def arrives(self) -> int:
        """Let it arrive; its answer waits on the line. Gives the status of it."""
        self._answer = self._route.fetch(max_redirects=0)
        return int(self._answer.status)

    def is_answered(self) -> None:
        """Let the answer arrive; what has not arrived does so now."""
        if self._answer is None:
            self.arrives()
        self._route.fulfill(response=self._answer)

    def breaks(self, status: int | None = None, **headers: str) -> None:
        """It never arrives: something on the way answers, or nothing does."""
        if status is None:
            self._route.abort()
        else:
            self._route.fulfill(status=status, body="", headers=headers)


class Line:
    """Everything that a page sends to an address, in the order in which it was sent."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.sent = page, list[Sent]()
        page.route(address, lambda one: self.sent.append(Sent(one)) if one.request.method == "POST" else
                   one.continue_())

    def next(self, does: Callable[[], Any] | None = None) -> Sent:
        """What is sent next, when something was done."""
        known = len(self.sent)
        if does is not None:
            does()
        return self.at(known)

    def at(self, number: int) -> Sent:
        """What was sent after so many others, once it is."""
        def is_sent() -> bool:
            self.page.wait_for_timeout(10)  # What is sent is told while a page is waited upon, and not otherwise.
            return len(self.sent) > number

        until(is_sent, "nothing was sent")
        return self.sent[number]
