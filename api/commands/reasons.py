"""Why something is returned or refused, on the command line: the options that say so, and how it is told.

`tests/api/test_reasons.py` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

GIVEN: Final = (
    click.option("--reason", help="理由代码，见 xueshi rulebook reasons；不写即其他（other）"),
    click.option("--words", required=True, help="说给对方的理由"),
)


def sent(reason: str | None, words: str) -> dict[str, str]:
    """What goes into the request."""
    return {"words": words} | ({} if reason is None else {"reason": reason})


def tell(reason: Mapping[str, Any] | None, indent: str = "  ") -> None:
    """Tell a reason by its code: what it is called, what to do, and the words of law that hold there."""
    if reason is None:
        return
    click.echo(f"{indent}理由：{reason['title']} [{reason['code']}]。{reason['cure']}")
    for rule in reason["rules"]:
        click.echo(f"{indent}  {rule['document']} {rule['article']}：{rule['quote']}")
