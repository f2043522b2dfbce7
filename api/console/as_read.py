"""A list as a file that is written while it is read: nobody holds the whole of it, and its first lines come at once.

A file says itself what it is and that it is whole (`api.paper.tables_out.streamed`); whoever stops being let in, or
whatever breaks, is said where the rows end, as what is written cannot be taken back. The first piece is read before
anything is answered: what is refused is refused as on a page. `tests/console/test_timeline_screens.py` shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from flask import Response

from api.console.form import of_refusal
from api.paper.saved import disposition
from api.paper.tables_out import FORMS, Table, Value, plain_of, streamed, words_of
from api.refusals.problems import told_of
from ledger.errors import LedgerError, Refusal


class Piece(Protocol):
    """Some of a list in order, and where the following piece begins, if there is one."""

    @property
    def items(self) -> Sequence[dict[str, Any]]: ...

    @property
    def next(self) -> Any: ...


_Piece = TypeVar("_Piece", bound=Piece)


def file_as_read(
    table: Table, begun: _Piece, following: Callable[[Any], _Piece | Refusal],
    tell: Callable[[Sequence[dict[str, Any]]], Iterable[Sequence[Value]]],
) -> Response:
    """Answer the file of a list whose first piece was read; `following` reads what comes after a place."""
    def parts() -> Iterator[list[Sequence[Value]] | str]:
        found: _Piece | Refusal = begun
        while not isinstance(found, Refusal):
            yield list(tell(found.items))
            if found.next is None:
                return
            try:
                found = following(found.next)
            except LedgerError as error:
                yield told_of(error)
                return
        yield of_refusal(found).words

    return Response(streamed(table, parts()), content_type=FORMS["csv"], headers={
        "Content-Disposition": disposition(words_of(table), plain_of(table, "csv"))})
