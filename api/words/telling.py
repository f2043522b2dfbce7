"""How answers are told on a terminal: pairs of a name and a value, and tables in columns of plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from api.words.codes import SERIES, TITLE_LEVELS

_Command = TypeVar("_Command", bound=Callable[..., Any])

STATES: Final = {
    # units and actors
    "registered": "待核验", "verified": "已核验", "rejected": "不予核验", "merged": "已并入", "closed": "已注销",
    "active": "在任", "suspended": "已停用", "dismissed": "已终止",
    # transfers and claims
    "requested": "待接收单位确认", "confirmed": "已确认", "refused": "已驳回", "withdrawn": "已撤回",
    "submitted": "已提交", "under_review": "审核中", "endorsed": "审核中", "returned": "退回修改", "approved": "已登记",
    "frozen": "已冻结", "revoked": "已撤销",
    # statements
    "issued": "有效", "valid": "有效", "superseded": "已被更新的取代", "voided": "已作废",
}
PLAN_STATES: Final = {"filed": "待备案", "returned": "退回修改", "acknowledged": "已备案", "evaluated": "已评估"}
CLASS_STATES: Final = {
    "filed": "待备案", "accepted": "已备案", "announced": "部门自办", "refused": "不予备案", "held": "已举办",
}
CASE_KINDS: Final = {
    "falsification": "弄虚作假", "double_count": "重复登记", "impersonated_exam": "替考", "self_approval": "自办自批",
    "misconduct": "履职问题",
}
"""What cases are about, as it is chosen; one of another kind is called by its code."""
ROSTER_STATES: Final = {"open": "登记中", "closed": "已登记", "abandoned": "已放弃"}
CARD_STATES: Final = {"issued": "有效", "voided": "已作废"}
CLASS_PAPERS: Final = {
    "handed_in": "已报送", "lacking": "缺", "late": "开班之后才报", "to_come": "办班结束后提交",
    "returned": "已退回，待重新报送", "unknown": "本系统看不出，请另行核对",
}
"""How a paper of a class stands that the law wants (W 13)."""

GRADES: Final = {"excellent": "优", "qualified": "合格", "unqualified": "不合格"}
RESULTS: Final = {"passed": "合格", "failed": "不合格"}
ROLES: Final = {
    "system_administrator": "系统管理员", "security_administrator": "安全管理员", "audit_administrator": "审计管理员",
    "human_resources": "人力社保部门", "sector_authority": "行业主管部门", "unit": "用人单位",
    "blasting_association": "爆破协会", "talent_market": "人才市场", "recognised_organiser": "认定的举办单位",
    "title_committee": "职称评审委员会",
    "policy_office": "政策部门", "supervisor": "监督部门", "claimant": "申报人",
    "person": "本人", "applicant": "登记单位", "founder": "系统安装者", "system": "系统",
}

_LAWS: Final = {"then": "各日期当时有效的细则", "now": "现行细则"}


def pairs(rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values side by side; what is not known is left out."""
    from projections.statement.columns import fill, visible, width

    known = [(name, visible(str(value))) for name, value in rows if value not in (None, "", [], ())]
    wide = max((width(name) for name, _ in known), default=0)
    for name, value in known:
        click.echo(f"  {fill(name, wide)}  {value}")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "没有记录。") -> None:
    """Print a table; each column as wide as what stands in it, free text last."""
    from projections.statement.columns import fill, visible, width

    cells = [[visible("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
        return
    wide = [max(map(width, column)) for column in zip(heads, *cells, strict=True)]
    for line in (list(heads), *cells):
        click.echo("  ".join(map(fill, line, wide)).rstrip())


def day(microseconds: int) -> str:
    """The legal date of a time."""
    from datetime import UTC, datetime

    from ledger.vocabulary import LOCAL

    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).astimezone(LOCAL).date().isoformat()


def filed(body: Mapping[str, Any]) -> str:
    """When a class was filed, and how long before or after it began."""
    days = body["lead_days"]
    return f"{body['filed_on']}（开班前 {days} 天）" if days >= 0 else f"{body['filed_on']}（开班后 {-days} 天）"


def state(code: Any) -> str:
    """A status in words; an unknown one as it is, since lists of statuses may grow."""
    return STATES.get(str(code), str(code))


def role(code: Any) -> str:
    """A role in words."""
    return ROLES.get(str(code), str(code))


def grades(evaluations: Iterable[Mapping[str, Any]]) -> str:
    """How each department judged a plan, in a line (P 12)."""
    return "、".join(f"{role(one['recipient'])} {GRADES.get(one['grade'], one['grade'])}" for one in evaluations)


def funded(items: Iterable[Mapping[str, Any]]) -> int:
    """For how many of a plan's items public money is sought (P 12)."""
    return sum(one["seeks_funding"] for one in items)


def source_of(system: str) -> str:
    """A source by its code; another ledger, whose code is its log's name, as what it is."""
    origin = system.removeprefix("log:")
    return system if origin == system else f"账 {origin}"


def title_name(level: str, series: str | None) -> str:
    """A title: its level and series."""
    return TITLE_LEVELS.get(level, level) + (f"（{SERIES.get(series, series)}）" if series else "")


def word(kind: str, code: Any) -> str:
    """A word of the law (route, level, category, sector) in Chinese."""
    from policies.words import base_vocabulary

    words = base_vocabulary()
    if kind == "route":
        return words.route_name(code)
    names: Mapping[str, str] = {"category": words.categories, "sector": words.sectors, "level": words.levels}[kind]
    return names.get(code, str(code))


def steps(why: Iterable[Mapping[str, Any]], indent: str = "  ") -> None:
    """Print the steps of a ruling: article and arithmetic, and the words they rest on."""
    for number, step in enumerate(why, 1):
        article = " ".join(str(step[name]) for name in ("rulebook", "article") if step.get(name))
        click.echo(f"{indent}{number}. {article + '：' if article else ''}{step.get('arithmetic', '')}")
        if step.get("quote"):
            click.echo(f"{indent}   原文：{step['quote']}")


def verdict(status: str) -> str:
    """How the law rules, in words."""
    from policies.trial import VERDICTS

    return str({**VERDICTS, "duplicate": "重复"}.get(status, status))


def minimums(due: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, bool | None]]:
    """Yearly requirements with what there is and what is needed; those that ask the same are told once."""
    from policies.words import base_vocabulary

    words = base_vocabulary().minimums
    asked: dict[tuple[object, ...], list[str]] = {}
    for one in due:
        same = tuple(one.get(name) for name in ("name", "need", "have", "met", "from", "to"))
        asked.setdefault(same, []).append(f"{one['rulebook']} {one['article']}")
    for (name, need, have, met, first, last), articles in asked.items():
        span = f"（{first}–{last}）" if first is not None else ""
        known = words[str(name)].name if name in words else str(name)
        yield f"{known}{span} {have} / {need}  {'；'.join(articles)}", met if isinstance(met, bool) else None


def law(basis: Mapping[str, Any]) -> str:
    """By which law an answer was given, in words, and as `--law` takes it."""
    named = basis["law"]
    return f"规则 {_LAWS[named]}（{named}）" if named in _LAWS else f"规则 {named}"


def axes(basis: Mapping[str, Any]) -> None:
    """The three axes of an answer, in a line."""
    when = (basis["as_of_time"] or "")[:19].replace("T", " ")
    happened = basis["valid_on"] or "不限"
    click.echo(f"记录时间 截至 {when} · 第 {basis['as_of']} 个事件　发生时间 {happened}　{law(basis)}")


def with_options(options: Sequence[Any]) -> Callable[[_Command], _Command]:
    """Give a command several options at once."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def next_page(body: Mapping[str, Any]) -> None:
    """Say how to go on where there is more."""
    if body.get("next_cursor"):
        click.echo(f"还有。下一页：--cursor {body['next_cursor']}")


PAGE: Final = (
    click.option("--cursor", help="从上一页给出的位置继续"),
    click.option("--limit", type=click.IntRange(1, 200), help="最多列出多少条"),
)
AS_OF: Final = click.option("--as-of", help="记录时间：到此为止已知的（事件序号、RFC 3339 时间或日期）")
AXES: Final = (
    AS_OF,
    click.option("--valid-on", help="发生时间：到这一天为止已发生的（YYYY-MM-DD）"),
    click.option("--law", help="规则：各日期当时有效的（then，默认）、现行的（now）或恰为这些（set:细则,细则）"),
)
LOG_SIZE: Final = click.option("--log-size", type=click.IntRange(1),
                               help="再问一次旧答：规则为现行的时只看账本到这么长为止施行的细则（旧答的 log_size）")
