"""A page does not stay blank where it should say something: what its view never gave is an error, found in any test."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from flask import render_template_string
from jinja2 import UndefinedError

from api.service.app import create_app


class One(NamedTuple):
    words: str


def page(source: str, **known: Any) -> str:
    with create_app().app_context():
        return render_template_string(source, **known)


@pytest.mark.parametrize("source", [
    "{{ detial }}", "{% if detial %}x{% endif %}", "{{ detial or '' }}", "{% if detial == 'x' %}x{% endif %}",
    "{% for one in detial %}{{ one }}{% endfor %}", "{% if one.wrods %}x{% endif %}", "{{ one.wrods or '' }}",
    "{{ answer.wrods }}", "{% for one in answer.wrods %}{{ one }}{% endfor %}", "{{ answer.wrods | length }}",
])
def test_a_misspelled_name_is_an_error_and_no_blank(source: str) -> None:
    with pytest.raises(UndefinedError):
        page(source, one=One("在"), answer={"words": "在"}, detail="在")


@pytest.mark.parametrize(("source", "said"), [
    ("{% if answer.reason %}{{ answer.reason }}{% else %}没有理由{% endif %}", "没有理由"),
    ("{{ answer.reason or '—' }}", "—"), ("{{ answer['reason'] | default('—') }}", "—"),
    ("{% if answer.reason == 'x' %}是{% else %}否{% endif %}", "否"),
    ("{% if answer.reason != 'x' %}是{% endif %}", "是"), ("{% if answer.reason is defined %}有{% endif %}", ""),
    ("{% if answer.words %}{{ answer.words }}{% endif %}", "在"),
])
def test_what_an_answer_leaves_out_may_be_asked_about(source: str, said: str) -> None:
    assert page(source, answer={"words": "在"}) == said
