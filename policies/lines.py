"""Rulings as the lines of `xueshi evaluate`: exact names, exact order, hours as decimal strings.

The text that every entry of one distinct fact shares is written once per ruling; `--explain` adds the steps.

`tests/policies/test_evaluate_contract.py` shows every field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from ledger.vocabulary import format_hours
from policies.application import ApplicationRuling
from policies.assess import DUPLICATE, RULED, Ruling
from policies.entries import MEMORY_MOST
from policies.law import CATEGORIES
from policies.person import PersonRuling, Ruled
from policies.steps import Step, of_ruling
from policies.words import base_vocabulary
from policies.year import GENERAL_PUBLIC, IN_PROGRESS, PROFESSIONAL, SECTOR_PUBLIC, MinimumRuling, YearRuling

text = lru_cache(maxsize=65_536)(format_hours)
"""Hours as written; a file holds few distinct numbers."""


def json_text(value: object) -> str:
    """Compact JSON, Chinese as it is."""
    return msgspec.json.encode(value).decode()


def why_json(steps: Iterable[Step]) -> str:
    """The value of `why`."""
    return json_text([step.as_json() for step in steps])


class Lines:
    """Writes the lines of one person after another, as UTF-8: what is shared is encoded once."""

    def __init__(self, *, explain: bool) -> None:
        self.explain = explain
        # By the identity of a `Due`: the law keeps each for ever.
        self._minimums: dict[tuple[object, ...], bytes] = {}

    def entries(self, person: PersonRuling, person_json: str) -> list[bytes]:
        """One line per entry, in the order in which they were handed in."""
        lost, counted, lines, explain = person.folded.lost, person.folded.counted, [], self.explain
        for place, (ruling, _, year, _, _) in enumerate(person.weighed):
            name = person.entries[place].id
            name_json = f'"{name}"' if name.isalnum() and name.isascii() else json_text(name)
            written = ruling.written or self._write(ruling)
            head = f'{{"kind":"entry","id":{name_json},"person":{person_json},"year":{year},'.encode()
            if explain or place in lost:
                lines.append(head + self._told(person, place))
            elif counted[place] == ruling.assessed:
                lines.append(head + written[2])
            else:
                lines.append(b"%b%b%b%b}\n" % (head, written[0], text(counted[place]).encode(), written[1]))
        return lines

    def _write(self, ruling: Ruling) -> tuple[bytes, bytes, bytes]:
        """What stands before and after the counted hours, and the whole where all that is assessed counts."""
        before = (
            f'"status":"{ruling.status}","rulebook":{json_text(ruling.rulebook)},"clause":{json_text(ruling.article)},'
            f'"assessed":"{text(ruling.assessed)}","counted":"'
        )
        after = f'","flags":{json_text(ruling.flags)}'
        why = ""
        if not self.explain and ruling.status != RULED:
            why = f',"why":{why_json(of_ruling(ruling))}'   # What the law does not simply rule says why, always.
        whole = f"{before}{text(ruling.assessed)}{after}{why}}}\n"
        ruling.written = before.encode(), after.encode(), whole.encode()
        return ruling.written

    def _told(self, person: PersonRuling, place: int) -> bytes:
        """The rest of a line that is told in full, or of a duplicate, which names the entry that is kept."""
        ruling = person.weighed[place].ruling
        before, after, _ = ruling.written or self._write(ruling)
        if place in person.folded.lost:
            before = before.replace(b'"status":"%b"' % ruling.status.encode(), b'"status":"%b"' % DUPLICATE.encode(), 1)
        steps = entry_steps(person, place) if self.explain else [_duplicate_step(person, place)]
        counted = text(person.folded.counted[place])
        return b'%b%b%b,"why":%b}\n' % (before, counted.encode(), after, why_json(steps).encode())

    def year(self, person: PersonRuling, person_json: str, one: YearRuling) -> bytes:
        """One line of a year."""
        sums = one.sums
        head = (
            f'{{"kind":"year","person":{person_json},"year":{one.year},"total":"{text(sums.total)}",'
            f'"professional":"{text(sums.by_category[PROFESSIONAL])}",'
            f'"sector_public":"{text(sums.by_category[SECTOR_PUBLIC])}",'
            f'"general_public":"{text(sums.by_category[GENERAL_PUBLIC])}","exam_hours":"{text(sums.exam)}",'
            f'"met":{_verdict(one.met)},"minimums":['
        )
        why = f',"why":{why_json(year_steps(person, one))}'.encode() if self.explain else b""
        return b"%b%b]%b}\n" % (head.encode(), b",".join([self._minimum(minimum) for minimum in one.minimums]), why)

    def _minimum(self, one: MinimumRuling) -> bytes:
        due, have, need, met, reason, span = one
        key = (id(due), have, need, met, reason, span)
        known = self._minimums.get(key)
        if known is None:
            if len(self._minimums) >= MEMORY_MOST:
                self._minimums.clear()
            known = self._minimums[key] = _minimum_json(one).encode()
        return known

    def application(self, one: ApplicationRuling, person_json: str) -> bytes:
        """One line of an application."""
        why = f',"why":{why_json(one.steps)}' if self.explain else ""
        return (
            f'{{"kind":"application","person":{person_json},"applied_on":"{one.application.applied_on}",'
            f'"eligible":{_verdict(one.eligible)},"years_met":{one.years_met},'
            f'"years_needed":{one.application.minimum_years},"consecutive":{json_text(one.consecutive)},'
            f'"reasons":{json_text(one.reasons)}{why}}}\n'
        ).encode()


def _minimum_json(one: MinimumRuling) -> str:
    book, minimum = one.due.rulebook, one.due.minimum
    reason = f',"reason":"{one.reason}"' if one.reason is not None else ""
    span = f',"from":{one.span[0]},"to":{one.span[1]}' if one.span is not None else ""
    return (
        f'{{"name":"{minimum.name}","rulebook":"{book.id}","article":{json_text(minimum.article)},'
        f'"need":"{text(one.need)}","have":"{text(one.have)}","met":{_verdict(one.met)}{reason}{span}}}'
    )


def _verdict(met: bool | None) -> str:
    return "null" if met is None else "true" if met else "false"


def entry_steps(person: Ruled, place: int) -> list[Step]:
    """Every reason of one entry: its ruling, then what duplicates and caps made of it."""
    weighed = person.weighed[place]
    ruling, steps = weighed.ruling, list(of_ruling(weighed.ruling))
    if place in person.folded.lost:
        return [*steps, _duplicate_step(person, place)]
    if ruling.status == RULED and ruling.cap is not None:
        steps.append(_cap_step(person, place))
    if ruling.credit is not None:
        assert ruling.clause is not None
        name = base_vocabulary().categories.get(ruling.credit.category, ruling.credit.category)
        words = f"另给{name} {text(ruling.credit.hours_centi)} 学时"
        steps.append(Step("credit", ruling.rulebook, ruling.article, ruling.credit.quote, words))
    if str(weighed.year) != person.entries[place].date[:4]:
        words = f"佐证日期 {person.entries[place].date}，所跨两年中计入 {weighed.year} 年，不拆分"
        steps.insert(0, Step("year", ruling.rulebook, None, None, words))
    return steps


def entry_as_json(person: PersonRuling, place: int) -> Any:
    """The line of one entry with all its reasons, as a value."""
    line = Lines(explain=True).entries(person, json_text(person.entries[place].person))[place]
    return msgspec.json.decode(line)


def _cap_step(person: Ruled, place: int) -> Step:
    """How much of the bucket was left, and who had filled it."""
    folded, ruling, year = person.folded, person.weighed[place].ruling, person.weighed[place].year
    assert ruling.clause is not None and ruling.clause.cap is not None
    cap, used, filled = ruling.clause.cap, 0, []
    for other in folded.order:
        if other == place:
            break
        same = person.weighed[other]
        if same.ruling.bucket == ruling.bucket and same.year == year and folded.counted[other]:
            used += folded.counted[other]
            filled.append(f"{person.entries[other].id} {text(folded.counted[other])}")
    before = f"此前已计 {text(used)}（{'，'.join(filled)}）" if filled else "此前已计 0"
    words = (
        f"{ruling.clause.bucket} 在 {year} 年最多计 {text(cap.hours_centi)}：{before}，"
        f"余 {text(cap.hours_centi - used)}；核定 {text(ruling.assessed)} → 计入 {text(folded.counted[place])}"
    )
    return Step("cap", ruling.rulebook, cap.article, cap.quote, words)


def _duplicate_step(person: Ruled, place: int) -> Step:
    """Which entry is kept in place of this one, and why."""
    kept, row = person.folded.lost[place], person.entries[place]
    other = person.entries[kept]
    mine, theirs = person.weighed[place], person.weighed[kept]
    keys = zip(("occasion", "output"), mine[3:], theirs[3:], strict=True)
    shared = [name for name, one, two in keys if one is not None and one == two]
    words = (
        f"与 {other.id} 同一 {'、'.join(shared)}，只计一次：保留 {other.id}（核定 {text(theirs.ruling.assessed)}），"
        f"{row.id} 核定 {text(mine.ruling.assessed)}，计入 0"
    )
    return Step("duplicate", mine.ruling.rulebook, mine.ruling.article, None, words)


def year_steps(person: Ruled, one: YearRuling) -> list[Step]:
    """The sums of a year written out, then each requirement with what is still missing."""
    steps = []
    for category, code in enumerate(CATEGORIES):
        parts = [
            f"{person.entries[place].id} {text(person.folded.counted[place])}"
            for place in person.folded.order
            if person.weighed[place].year == one.year and person.weighed[place].ruling.category == category
            and person.folded.counted[place]
        ]
        parts += [
            f"{person.entries[place].id} 另给 {text(credit.hours_centi)}"
            for place, credit in _credits(person, one.year) if credit.category == code
        ]
        name = base_vocabulary().categories[code]
        words = f"{name}：{' + '.join(parts) or '0'} = {text(one.sums.by_category[category])}"
        steps.append(Step("sum", None, None, None, words))
    words = f"总学时：{' + '.join(map(text, one.sums.by_category))} = {text(one.sums.total)}"
    steps.append(Step("sum", None, None, None, words))
    if not one.minimums:
        steps.append(Step("none", None, None, None, "没有适用的年度要求：年末没有归属，或适用的细则尚未开始判这一年"))
    return [*steps, *(minimum_step(minimum) for minimum in one.minimums)]


def _credits(person: Ruled, year: int) -> Iterator[tuple[int, Any]]:
    for place, weighed in enumerate(person.weighed):
        if weighed.ruling.credit is not None and weighed.year == year and place not in person.folded.lost:
            yield place, weighed.ruling.credit


def minimum_step(one: MinimumRuling) -> Step:
    """How a requirement stands, in words: what is there, what is needed, what is missing."""
    book, minimum = one.due.rulebook, one.due.minimum
    words_of = {**{code: word.name for code, word in base_vocabulary().minimums.items()},
                **{word.code: word.name for word in book.declares.minimums}}
    name = words_of.get(minimum.name, minimum.name)
    span = f"（{one.span[0]}—{one.span[1]} 年周期）" if one.span is not None else ""
    stands = f"有 {text(one.have)}，需 {text(one.need)}"
    if one.met:
        words = f"{name}{span}达到：{stands}"
    else:
        open_because = {None: "", IN_PROGRESS: "；周期未满，不判"}.get(one.reason, "；有待定的记录可能补足，不判")
        words = f"{name}{span}还差 {text(one.need - one.have)}：{stands}{open_because}"
    return Step("minimum", book.id, minimum.article, minimum.quote, words)


def person_lines(lines: Lines, person: PersonRuling, name: str) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """The lines of one person: entries, years, applications."""
    name_json = json_text(name)
    return (
        lines.entries(person, name_json),
        [lines.year(person, name_json, one) for one in person.years],
        [lines.application(one, name_json) for one in person.applications],
    )


