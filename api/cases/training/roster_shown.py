"""What is told of a list that was checked: counts, worth, what is wrong with which row; and the list with that in red.

`tests/api/test_http_rosters.py` shows it.
"""

from __future__ import annotations

from typing import Any, Final

from api.cases.training.roster_judging import Checked
from api.cases.training.roster_lists import Listed, marks_of, told
from api.paper.sheets import cell_name, returned
from ledger.vocabulary import format_hours

TOLD_MOST: Final = 200
"""So many rows are told in an answer; the workbook that goes back has them all."""


def preview(checked: Checked) -> dict[str, Any]:
    """What a list would come to: which column is what, how many are new, known already or wrong, and why."""
    wrong = checked.wrong
    return {
        "columns": told(checked.columns),
        "ignored_columns": list(checked.columns.unknown),
        "rows": len(checked.rows),
        "new": len(checked.new),
        "duplicates": len(checked.duplicates),
        "errors": len(wrong),
        "attended": checked.attended,
        "registered": checked.registered,
        "beyond": checked.beyond,
        "passed": checked.passed,
        "beyond_passed": checked.beyond_passed,
        "papers": checked.papers,
        "problems": [{"row": one.row + 1, "code": one.wrongs[0].code, "detail": words_of(one)}
                     for one in wrong[:TOLD_MOST]],
        "duplicate_rows": [row + 1 for row in checked.duplicates[:TOLD_MOST]],
        "worth": [
            {"days": format_hours(days * 50), "hours": format_hours(ruling.assessed_centi), "status": ruling.status,
             "rulebook": ruling.rulebook, "clauses": list(ruling.clauses), "flags": list(ruling.flags),
             "people": people}
            for (days, ruling), people in checked.worth.most_common()
        ],
    }


def words_of(one: Listed) -> str:
    """What is wrong with a row, with the place on the screen."""
    words = "".join(wrong.words for wrong in one.wrongs)
    place = one.wrongs[0].column
    if words.startswith("第 "):
        return words
    where = f"第 {one.row + 1} 行" if place is None else cell_name(one.row, place)
    return f"{where}：{words}"


def returned_workbook(checked: Checked) -> bytes | None:
    """The list as it came, what is wrong in red with the reason; None where nothing is."""
    if not checked.wrong:
        return None
    wide = max(len(row) for row in checked.sheet.rows)
    return returned(checked.sheet.rows, checked.columns.row, marks_of(checked.rows, wide))
