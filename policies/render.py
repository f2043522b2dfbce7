"""The rows of a rulebook in plain Chinese: one sentence a row, with the passages of the text that give it.

`page.py` sets them beside the official text, `rules.py` compares two versions by them.

`tests/policies/test_rulebook_page.py` shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.vocabulary import format_hours
from policies.rulebook import ApplicationRule, Clause, Condition, Minimum, Rulebook, Share
from policies.steps import REASONS, UNIT_NAMES
from policies.words import Vocabulary, base_vocabulary


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its table, its article, its words, the passages that give it, and how it was read."""

    kind: str
    article: str
    words: str
    quotes: tuple[str, ...]
    readings: tuple[str, ...] = ()     # Ids of the readings that set one of its parameters.
    covers: tuple[int, ...] = ()       # Of a row that several clauses share: their numbers.

    @property
    def place(self) -> str:
        """`条款 第八条`: where to find it."""
        return f"{base_vocabulary().label(self.kind)} {self.article}"


def words_of(book: Rulebook) -> Vocabulary:
    """The words that a rulebook uses."""
    return base_vocabulary().with_declared([book.declares])


def rows_of(book: Rulebook) -> list[Row]:
    """Every row of a rulebook, in the order of its tables."""
    words = words_of(book)
    return [*_clauses(book, words), *_conditions(book, words), *_minimums(book, words), *_others(book, words)]


def shared_rows(book: Rulebook) -> list[Row]:
    """What several clauses have from one passage: the yearly cap of every route, the shares of every author."""
    words = words_of(book)
    found: dict[tuple[str, str, str, str], list[Clause]] = {}
    for clause in book.clauses:
        if clause.cap is not None:
            told = f"每年最多 {format_hours(clause.cap.hours_centi)} 学时，各自计算"
            found.setdefault(("cap", clause.cap.article, told, clause.cap.quote), []).append(clause)
        if clause.share is not None:
            key = ("share", clause.article, _share(clause.share, words), clause.share.quote)
            found.setdefault(key, []).append(clause)
        if clause.class_limit is not None:
            found.setdefault(("limit", clause.article, _limit(clause), clause.class_limit.quote), []).append(clause)
    return [
        Row(kind, article, f"{told}：{'、'.join(dict.fromkeys(one.article for one in clauses))}", (quote,),
            covers=tuple(one.index for one in clauses))
        for (kind, article, told, quote), clauses in found.items()
    ]


def clause_words(book: Rulebook, clause: Clause, words: Vocabulary) -> str:
    """One row of rates in one sentence."""
    routes = " / ".join(words.route_name(route) for route in clause.routes)
    if clause.refuses is not None:
        levels = "、".join(_level(clause, level, words) for level in clause.levels)
        return f"{routes}：{levels} 不计（{REASONS.get(clause.refuses, clause.refuses)}）"
    return "；".join([routes, *_rate(clause, words), *_shared(book, clause, words), *_conditional(clause, words)])


def _rate(clause: Clause, words: Vocabulary) -> Iterator[str]:
    rate = clause.rate
    assert rate is not None
    if clause.when is not None:
        among = "、".join(words.value_name(clause.when.field, one) for one in clause.when.among)
        yield f"仅当{words.field_name(clause.when.field)}为{among}"
    if clause.threshold is not None:
        over = format_hours(clause.threshold.more_than_centi)
        yield f"{words.field_name(clause.threshold.field)}超过 {over}"
    unit = f"整 {rate.of} 分钟" if rate.each == "whole_minutes" else UNIT_NAMES.get(rate.each, rate.each)
    if rate.hours_centi is not None:
        yield f"每{unit} {format_hours(rate.hours_centi)} 学时"
    else:
        each = (f"{_level(clause, level, words)} {format_hours(hours)}" for level, hours in rate.by_level.items())
        yield f"每{unit} {'、'.join(each)} 学时"
    if rate.without_level is not None:
        yield f"没有级别的 {format_hours(rate.without_level)}"
    for level, target in clause.analogy.items():
        yield f"{_level(clause, level, words)}比照{_level(clause, target, words)}"


def _shared(book: Rulebook, clause: Clause, words: Vocabulary) -> Iterator[str]:
    if clause.share is not None:
        yield _share(clause.share, words)
    if clause.bonus is not None:
        yield "按作者顺序另加 " + "、".join(format_hours(hours) for hours in clause.bonus.by_rank)
    if clause.class_limit is not None:
        yield _limit(clause)
    if clause.cap is not None:
        together = sum(one.bucket == clause.bucket for one in book.clauses if one.cap is not None) > 1
        name = "同条" if clause.bucket == clause.article else clause.bucket
        yield f"每年最多 {format_hours(clause.cap.hours_centi)}" + (f"（{name}合计）" if together else "")
    if clause.class_ is not None:
        yield f"{clause.class_} 类"


def _conditional(clause: Clause, words: Vocabulary) -> Iterator[str]:
    if clause.claim_within is not None:
        december = clause.claim_within.december_until
        until = f"（12 月的到次年 {december}）" if december is not None else ""
        yield f"{clause.claim_within.days} 天内申报{until}"
    if clause.credit is not None:
        name = words.categories.get(clause.credit.category, clause.credit.category)
        yield f"另给{name} {format_hours(clause.credit.hours_centi)}"
    yield from (condition_words(condition, words) for condition in clause.conditions)


def _share(share: Share, words: Vocabulary) -> str:
    ranks = zip("一二三四五六七八九", share.percent, strict=False)
    listed = "、".join(f"第{number} {percent}%" for number, percent in ranks)
    role = "、".join(words.value_name("author_role", one) for one in share.equal_to_first)
    return f"按作者顺序：{listed}、其后 {share.then}%" + (f"，{role}视同第一" if role else "")


def _limit(clause: Clause) -> str:
    limit = clause.class_limit
    assert limit is not None
    soft = "一般" if limit.force == "ordinarily" else ""
    return f"{'每天' if limit.per == 'day' else '每班次'}{soft}不超过 {format_hours(limit.hours_centi)}"


def _level(clause: Clause, level: str, words: Vocabulary) -> str:
    return words.level_name(level, clause.routes[0])


def condition_words(condition: Condition, words: Vocabulary) -> str:
    """What must be shown."""
    when = ""
    if condition.when is not None:
        among = "、".join(words.value_name(condition.when.field, one) for one in condition.when.among)
        when = f"{words.field_name(condition.when.field)}为{among}的，"
    binds = "（对范围内所有人）" if condition.binds is not None else ""
    if condition.filing is not None:
        soft = "，晚于此的计入并标注" if condition.filing.force == "ordinarily" else ""
        often = "一般" if condition.filing.force == "ordinarily" else ""
        return f"{when}须在开始前备案，{often}提前 {condition.filing.days} 天{soft}{binds}"
    assert condition.field is not None
    name = words.field_name(condition.field)
    values = " / ".join(words.value_name(condition.field, one) for one in condition.among or condition.not_among)
    return f"{when}{name}{'须为' if condition.among else '不得为'} {values}{binds}"


def minimum_words(minimum: Minimum, words: Vocabulary) -> str:
    """What a year or a cycle must hold."""
    name = words.minimums[minimum.name].name if minimum.name in words.minimums else minimum.name
    need = f"{format_hours(minimum.hours_centi)} 学时"
    if minimum.percent is not None and minimum.percent_of is not None:
        need = f"{words.minimums[minimum.percent_of].name}的 {minimum.percent}%"
    span = "每年"
    if minimum.cycle is not None:
        kinds = {"fixed": "固定周期", "rolling": "任意连续", "personal_start": "自本人进入之年起"}
        span = f"{kinds[minimum.cycle.kind]} {minimum.cycle.years} 年（{minimum.cycle.start} 年起）"
    class_ = f"（{minimum.class_} 类）" if minimum.class_ is not None and minimum.class_ not in name else ""
    return f"{span}{name}{class_}不少于 {need}{_judged(minimum)}"


def _judged(minimum: Minimum) -> str:
    """Which years a requirement judges, where they are not all those of its rulebook."""
    first, last = minimum.first_year, minimum.last_year
    if first is not None and first == last:
        return f"，只判 {first} 年"
    since, until = "" if first is None else f"从 {first} 年判起", "" if last is None else f"判到 {last} 年"
    return "".join(f"，{one}" for one in (since, until) if one)


def _clauses(book: Rulebook, words: Vocabulary) -> Iterator[Row]:
    seen: dict[str, int] = {}
    for clause in book.clauses:
        number = seen[clause.article] = seen.get(clause.article, 0) + 1
        quotes = (clause.quote, *(part.quote for part in (clause.bonus, clause.credit, clause.claim_within) if part))
        names = (f"clause.{clause.article}#{number}.", *((f"clause.{clause.article}.",) if number == 1 else ()))
        yield Row("clause", clause.article, clause_words(book, clause, words), quotes, _read_as(book, names),
                  (clause.index,))


def _conditions(book: Rulebook, words: Vocabulary) -> Iterator[Row]:
    for one in book.conditions:
        quotes = (one.quote, *((one.filing.quote,) if one.filing is not None else ()))
        yield Row("condition", one.article, condition_words(one, words), quotes,
                  _read_as(book, (f"condition.{one.name}.",)))


def _minimums(book: Rulebook, words: Vocabulary) -> Iterator[Row]:
    for one in book.minimums:
        names = (f"minimum.{one.name}.",)
        yield Row("minimum", one.article, minimum_words(one, words), (one.quote,), _read_as(book, names))
    for relief in book.relief:
        forgiven = (f"{family} 的{words.minimums[name].name if name in words.minimums else name}"
                 for family, _, name in (one.partition(" ") for one in relief.minimums))
        told = f"{'、'.join(map(str, relief.years))} 年不再判：{'、'.join(forgiven)}"
        yield Row("relief", relief.article, told, (relief.quote,))
    for window in book.make_up:
        told = (f"{window.from_} 到 {window.to} 可补 {'、'.join(map(str, window.years))} 年，"
                f"限平台 {'、'.join(window.platforms)}")
        yield Row("make_up", window.article, told, (window.quote,))


def _others(book: Rulebook, words: Vocabulary) -> Iterator[Row]:
    if book.application is not None:
        yield from _application(book, book.application)
    for one in book.registrars:
        categories = "、".join(words.categories[category] for category in one.categories)
        offices = "或".join(words.labels.get(f"office_{office}") or words.label(office) for office in one.offices)
        system = f"，登记于{one.system}" if one.system is not None else ""
        told = f"{words.label(one.person)}的{categories}由{offices}登记{system}"
        yield Row("registrar", one.article, told, (one.quote,))
    if book.steps is not None:
        names = {"registrar": words.label("registrar_office")}
        claim = " → ".join(names.get(step, words.label(step)) for step in book.steps.claim)
        yield Row("steps", book.steps.article, f"申报经过：{claim}", (book.steps.quote,))
    for duty in book.duties:
        yield Row("duty", duty.article, duty.what, (duty.quote,), _read_as(book, (f"duty.{duty.article}.",)))
    for follows in book.consequences:
        when = "、".join(words.label(one) for one in follows.when)
        lasts = f"（{words.label(follows.lasts)}）" if follows.lasts else ""
        told = f"{when}：{words.label(follows.effect)}{lasts}"
        yield Row("consequence", follows.article, told, (follows.quote,),
                  _read_as(book, (f"consequence.{follows.article}.",)))


def _application(book: Rulebook, rule: ApplicationRule) -> Iterator[Row]:
    title_year = "计" if rule.count_title_year else "不计"
    yield Row("application", rule.article, f"达标年份的总数达到最低资历年限；取得现职称当年{title_year}", (rule.quote,),
              _read_as(book, ("application.count_title_year",)))
    pairs = " 或 ".join(_pair(pair) for pair in rule.first_half_pairs)
    others = " 或 ".join(_pair(pair) for pair in rule.other_pairs)
    yield Row("application", rule.article, f"{rule.first_half_ends} 及以前申报：{pairs}连续达标；此后：{others}",
              (rule.pairs_quote,), _read_as(book, ("application.first_half_pairs", "application.other_pairs")))
    yield Row("application", rule.article, "不满足的，给出最早可申报的年份", (rule.postponed_quote,))
    yield Row("application", rule.article, "市外评委会的只列年数，不作结论", (rule.elsewhere_quote,))


def _pair(pair: tuple[int, int]) -> str:
    names = {0: "申报当年", -1: "上一年", -2: "前两年"}
    return "与".join(names.get(step, f"前 {-step} 年") for step in sorted(pair, reverse=True))


def _read_as(book: Rulebook, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one.id for one in book.readings if one.parameter and f"{one.parameter}.".startswith(names))
