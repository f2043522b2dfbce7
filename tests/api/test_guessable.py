"""What is guessed first is no password, and what is long and nobody's habit is one."""

from __future__ import annotations

import pytest

from api.operational.accounts import unfit
from api.operational.guessable import is_guessable


@pytest.mark.parametrize("password", [
    "password1234", "Password2024!", "P@ssw0rd1234", "qwertyuiop123", "1234567890123", "0987654321098", "aaaaaaaaaaaa",
    "abcabcabcabc", "xueshi2026xueshi", "学时账学时账2026年12月", "zhejiang123456", "1qaz2wsx3edc4rfv", "iloveyou1234",
    "admin20260101", "宁波市人社局2026年", "lkjhgfdsa1234",
])
def test_a_password_made_by_habit_is_refused_with_what_to_do(password: str) -> None:
    assert is_guessable(password)
    said = unfit(password)
    assert said is not None and (len(password) < 12 or "不相干的词" in said)


@pytest.mark.parametrize("password", [
    "correct horse battery", "今天的雨下得比昨天晚了一刻", "tulip-97-anchor-moss", "Gx7#mq2Lp9vT",
    "春眠不觉晓，处处闻啼鸟。", "学时账里的那棵枣树还没有开花",
])
def test_a_password_of_unrelated_words_is_taken_whatever_its_signs(password: str) -> None:
    assert unfit(password) is None


def test_a_long_password_is_looked_at_soon() -> None:
    assert is_guessable("ab" * 64)
    assert not is_guessable("".join(chr(0x4E00 + number * 7) for number in range(128)))
