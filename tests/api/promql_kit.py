"""As much of PromQL as the alert rules use, over a few scrapes: whether an expression would fire. No test lives here.

A vector maps labels to a value; a scalar is a number. What is not used is not understood, and says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Matcher = tuple[str, str, str]
Scrape = Mapping[tuple[str, Labels], float]


class At(NamedTuple):
    """What was scraped at a second."""

    second: int
    scrape: Scrape


_TOKEN = re.compile(r'\s*("[^"]*"|[a-zA-Z_:][\w:]*|[0-9.]+(?:e[0-9]+)?|\[[0-9]+[smhd]\]|=~|!~|!=|==|[(){},=<>*/])')
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_MATCH: dict[str, Callable[[str, str], bool]] = {
    "=": lambda value, wanted: value == wanted, "!=": lambda value, wanted: value != wanted,
    "=~": lambda value, wanted: re.fullmatch(wanted, value) is not None,
    "!~": lambda value, wanted: re.fullmatch(wanted, value) is None,
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda one, two: one > two, "<": lambda one, two: one < two, "==": lambda one, two: one == two,
}


def fires(expression: str, history: Sequence[At]) -> Vector:
    """The series for which an expression is true at the last scrape."""
    reader = _Reader(_tokens(expression), history)
    found = reader.alternatives()
    assert reader.at == len(reader.tokens), f"{expression}: not understood from {reader.tokens[reader.at:]}"
    assert isinstance(found, dict)
    return found


def selectors(expression: str) -> list[tuple[str, list[Matcher]]]:
    """Each measure that is asked for, with its matchers."""
    reader = _Reader(_tokens(expression), [At(0, {})])
    reader.alternatives()
    return reader.asked


def _tokens(expression: str) -> list[str]:
    tokens, at, text = [], 0, expression.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token is not None, f"{text}: not understood from {text[at:]}"
        tokens.append(token[1])
        at = token.end()
    return tokens


class _Reader:
    def __init__(self, tokens: list[str], history: Sequence[At]) -> None:
        self.tokens, self.history, self.at = tokens, history, 0
        self.asked: list[tuple[str, list[Matcher]]] = []

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.next
        assert not wanted or token == wanted, f"{wanted} is wanted where {token} stands"
        self.at += 1
        return token

    def took(self, token: str) -> bool:
        is_here = self.next == token
        self.at += is_here
        return is_here

    def alternatives(self) -> Any:
        found = self.exceptions()
        while self.took("or"):
            found = {**self.exceptions(), **found}
        return found

    def exceptions(self) -> Any:
        found = self.comparison()
        while self.took("unless"):
            labels = self.names() if self.took("on") else None
            other = {_only(key, labels) for key in self.comparison()}
            found = {key: value for key, value in found.items() if _only(key, labels) not in other}
        return found

    def comparison(self) -> Any:
        found = self.product()
        if self.next in _COMPARE:
            compare, bound = _COMPARE[self.take()], self.product()
            assert isinstance(bound, float)
            found = {key: value for key, value in found.items() if compare(value, bound)}
        return found

    def product(self) -> Any:
        found = self.single()
        while self.next in ("*", "/"):
            is_product, other = self.take() == "*", self.single()
            if isinstance(found, float):
                found = found * other if is_product else found / other
            else:  # One vector by another: of series that both have; nothing by nothing is no number.
                found = {key: value / other[key] if other[key] else math.nan for key, value in found.items()
                         if key in other}
        return found

    def single(self) -> Any:
        if self.took("("):
            found = self.alternatives()
            self.take(")")
            return found
        name = self.take()
        if name[0].isdigit():
            return float(name)
        called = getattr(self, f"do_{name}", None)
        return self.selected(name)[-1][1] if called is None else called()

    def selected(self, name: str) -> list[tuple[int, Vector]]:
        """The series of a measure at each scrape of the range, or at the last."""
        matchers: list[Matcher] = []
        if self.took("{"):
            while not self.took("}"):
                label, how = self.take(), self.take()
                matchers.append((label, how, self.take().strip('"')))  # One label may be asked twice.
                self.took(",")
        self.asked.append((name, matchers))
        since = 0
        if self.next.startswith("["):
            span = self.take()[1:-1]
            since = int(span[:-1]) * _SECONDS[span[-1]]
        last = self.history[-1].second
        return [(one.second, {
            labels: value for (named, labels), value in one.scrape.items() if named == name and all(
                _MATCH[how](dict(labels).get(label, ""), wanted) for label, how, wanted in matchers)
        }) for one in self.history if one.second >= last - since]

    def names(self) -> set[str]:
        self.take("(")
        found = set()
        while not self.took(")"):
            found.add(self.take())
            self.took(",")
        return found

    def aggregated(self, how: Callable[[list[float]], float]) -> Vector:
        labels = self.names() if self.took("by") else set()
        self.take("(")
        groups: dict[Labels, list[float]] = {}
        for key, value in self.alternatives().items():
            groups.setdefault(_only(key, labels), []).append(value)
        self.take(")")
        return {key: how(values) for key, values in groups.items()}

    def do_sum(self) -> Vector:
        return self.aggregated(sum)

    def do_max(self) -> Vector:
        return self.aggregated(max)

    def do_rate(self) -> Vector:
        return {key: gain / seconds for key, gain, seconds, _ in self.grown()}

    def do_predict_linear(self) -> Vector:
        grown = list(self.grown(closes=False))
        self.take(",")
        ahead = self.alternatives()
        self.take(")")
        return {key: last + gain / seconds * ahead for key, gain, seconds, last in grown}

    def grown(self, *, closes: bool = True) -> list[tuple[Labels, float, int, float]]:
        self.take("(")
        (start, first), *_, (end, last) = [(0, {}), *self.selected(self.take())][-max(2, len(self.history)):]
        if closes:
            self.take(")")
        return [(key, value - first[key], end - start, value) for key, value in last.items() if key in first]

    def do_absent(self) -> Vector:
        self.take("(")
        found = self.alternatives()
        self.take(")")
        return {} if found else {frozenset(): 1.0}

    def do_histogram_quantile(self) -> Vector:
        self.take("(")
        share = self.single()
        self.take(",")
        buckets = sorted((float(dict(key)["le"]), value) for key, value in self.alternatives().items())
        self.take(")")
        if not buckets or not buckets[-1][1]:
            return {}
        wanted = share * buckets[-1][1]
        bound = next(bound for bound, count in buckets if count >= wanted)
        return {frozenset(): min(bound, buckets[-2][0])}  # Of what lies beyond the last bound it says that bound.


def _only(labels: Labels, names: set[str] | None) -> Labels:
    return labels if names is None else frozenset((name, value) for name, value in labels if name in names)
