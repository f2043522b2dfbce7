"""What would change without the entries of a case: asked by those who work on it, before deciding (P 16, N 10).

Whoever asks is shown the hours, statements, assessments and titles of everyone whose entries they are: each is recorded
as seen (`case_simulation`), for a purpose. Nothing is written but that. The case is the one that stands now; what rests
on its entries is asked on all three axes.

`tests/api/test_case_simulation.py` shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from api.cases import cases
from api.cases.belonging.unit_years import identities
from api.house import House
from api.operational.callers import Caller
from api.paper.tables_out import Table
from ledger.errors import Refusal
from ledger.streams.case_bulk import BULK_MOST
from projections.basis import Axes, read_axes
from projections.cases import is_named, named_in
from projections.without import COUNTED, without

SIMULATED_MOST: Final = BULK_MOST
"""So many entries at once as can be revoked at once, for whoever does that wants to know before."""

ALL: Final = "all"
HELD: Final = "held"

_MET: Final = {True: "是", False: "否", None: "未定"}
_HEADS: Final = (
    "人员", "姓名", "证件号码", "不计的学时（项）", "年度", "达标", "不计后达标", "合计", "不计后合计", "认定合计",
    "不计后认定合计", "专业", "不计后专业", "行业公需", "不计后行业公需", "一般公需", "不计后一般公需", "情况表（份）",
    "职称申报（件）", "授予的职称（项）",
)
_CATEGORIES: Final = ("professional", "sector_public", "general_public")


class Wanted(NamedTuple):
    """The question: which entries to leave out, on which axes, and whether other frozen entries count."""

    axes: Axes
    claims: tuple[str, ...] | None = None   # None: as `only` says.
    only: str = ALL                         # all, held: what stands frozen in the case.
    held: str = COUNTED


def wanted_of(query: Mapping[str, Any]) -> Wanted:
    """Read the question as an address asks it; raises what is wrong with its axes."""
    axes = read_axes(query.get("as_of"), query.get("valid_on"), query.get("law"), query.get("log_size"))
    return Wanted(axes, query.get("claims"), query.get("only", ALL), query.get("held", COUNTED))


def simulate(house: House, caller: Caller, case: str, wanted: Wanted, purpose: str | None) -> dict[str, Any] | Refusal:
    """Everything that would be different without these entries, with everyone whom it touches."""
    if (behind := house.settled()) is not None:
        return behind
    entered = cases.let_in(house, caller, case, purpose, what="case_simulation")
    if isinstance(entered, Refusal):
        return entered
    claims = _chosen(house, case, wanted)
    if isinstance(claims, Refusal):
        return claims
    told = without(house.answers, claims, wanted.axes, held=wanted.held)
    persons = [one["person"] for one in told["persons"]]
    assert purpose is not None, "without one nobody is let in"
    cases.seen(house, caller, entered.actor, persons, purpose, "case_simulation")
    known = dict(identities(house, persons))
    return {"case": case, **told, "persons": [{**one, **known[one["person"]]} for one in told["persons"]]}


def _chosen(house: House, case: str, wanted: Wanted) -> tuple[str, ...] | Refusal:
    """The entries that are asked about, all of them the case's."""
    if wanted.claims is not None:
        strange = [one for one in wanted.claims if not is_named(house.answers, case, one)]
        return Refusal.because("claim_not_of_case", claims=strange) if strange else wanted.claims
    kind = "held" if wanted.only == HELD else "claims"
    named = named_in(house.answers, case, kind, limit=SIMULATED_MOST)
    if named.next is not None:
        return Refusal.because("too_many_entries", most=SIMULATED_MOST)
    return tuple(named.items) or Refusal.because("claim_not_of_case", claims=[])


def table(found: Mapping[str, Any]) -> Table:
    """Everyone whom it touches, a line for each of their years."""
    basis = found["basis"]
    asked = {"案件": found["case"], "不计的学时": f"{len(found['claims'])} 项", "规则": basis["law"],
             "其他冻结的学时": "计入" if found["held"] == COUNTED else "不计",
             "账本": f"{basis['log_size']} · {basis['root']}"}
    if basis["valid_on"] is not None:
        asked["发生时间截至"] = basis["valid_on"]
    return Table("simulation", f"案件 {found['case']}：如果所列学时不计", _HEADS, list(_rows(found)), basis["as_of"],
                 basis["as_of_time"], asked)


def _rows(found: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    papers = {kind: [one["person"] for one in found[kind]] for kind in ("statements", "applications", "titles")}
    for one in found["persons"]:
        head = (one["person"], one["name"], one["id_number"], len(one["claims"]))
        rests = tuple(papers[kind].count(one["person"]) for kind in papers)
        for year in one["years"]:
            stands, rest = year["stands"], year["without"]
            hours = [Decimal(side["evaluated"]["total"]) for side in (stands, rest)]
            hours += [Decimal(side["decided"]["total"]) for side in (stands, rest)]
            hours += [Decimal(side["evaluated"][name]) for name in _CATEGORIES for side in (stands, rest)]
            met = (_MET[side["evaluated"]["met"]] for side in (stands, rest))
            yield (*head, year["year"], *met, *hours, *rests)
        if not one["years"]:
            yield (*head, None, *[None] * 12, *rests)
