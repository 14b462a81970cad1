"""Which literals look like real passwords."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Severity
from sluicegate.engines.password_shape import NOTE, is_like_a_password, literal_of
from support.sources import analysis, workspace
from support.speed import soon


@pytest.mark.parametrize(
    "literal",
    [
        "hunter2Correct9Horse",
        "password1",
        "Passw0rd",
        "s3cr3t-t0k3n",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "123e4567-e89b-12d3-a456-426614174000",
        "p@ssw0rd!",
        "hunter12345_x",
    ],
)
def test_a_real_password_is_recognised(literal: str) -> None:
    assert is_like_a_password(literal)


@pytest.mark.parametrize(
    "literal",
    [
        "",
        "secret",
        "hunter2",
        "correcthorse",
        "12345678901",
        "correct horse 9 battery",
        "pbkdf2_sha256",
        "oauth-2.0",
        "django.contrib.auth2.tokens",
        "reset_password_v2",
        "https://example.org/token/1234abcd",
        "postgres://localhost/db1",
        "www.example.org/token1",
        "/run/secrets/token1",
        "./secrets/token1",
        "~/.token1/file",
        "C:\\secrets\\token1",
        "secrets/v1/token",
        "auth\\v1\\token",
    ],
)
def test_a_name_an_address_and_a_path_are_not(literal: str) -> None:
    assert not is_like_a_password(literal)


WORDS = st.lists(st.from_regex(r"[a-z]{1,9}[0-9]{0,4}", fullmatch=True), min_size=2, max_size=4)


@given(WORDS, st.sampled_from("_-."))
def test_joined_words_never_are(words: list[str], sign: str) -> None:
    assert not is_like_a_password(sign.join(words))


@given(st.text(max_size=30))
def test_what_is_recognised_has_letters_digits_and_no_blank(literal: str) -> None:
    if is_like_a_password(literal):
        assert len(literal) >= 8
        assert any(c.isalpha() for c in literal)
        assert any(c.isdigit() for c in literal)
        assert not any(c.isspace() for c in literal)


@given(st.text(string.ascii_letters, min_size=4, max_size=9), st.text(string.digits, min_size=5, max_size=9))
def test_one_word_with_a_number_is(word: str, number: str) -> None:
    assert is_like_a_password(word + number)


@pytest.mark.parametrize("part", ["a", "a1", "a_", "a/", "1.", "/"])
def test_no_literal_takes_long(part: str) -> None:
    with soon(1):
        is_like_a_password(part * 100_000 + "!")


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("password = {}\n", "B105"),
        ("x = {{'token': {}}}\n", "B105"),
        ("if password == {}: pass\n", "B105"),
        ("login(password={})\n", "B106"),
        ("def f(password={}): pass\n", "B107"),
    ],
)
@pytest.mark.parametrize(
    ("literal", "severity"), [("hunter2Correct9Horse", Severity.MEDIUM), ("secret", Severity.LOW)]
)
def test_a_finding_is_medium_for_its_shape_and_says_so(
    tmp_path: Path, source: str, rule: str, literal: str, severity: Severity
) -> None:
    found = analysis(workspace(tmp_path, {"a.py": source.format(repr(literal))}), "bandit").bandit
    assert found is not None
    assert [(f.rule, f.severity, NOTE in f.message) for f in found.security] == [
        (rule, severity, severity is Severity.MEDIUM)
    ]


@pytest.mark.parametrize(
    ("message", "literal"),
    [
        ("Possible hardcoded password: 'it's 1'", "it's 1"),
        ("Possible hardcoded password: 'a\nb'", "a\nb"),
        ("Use of exec detected.", ""),
    ],
)
def test_the_literal_is_the_one_that_the_message_quotes(message: str, literal: str) -> None:
    assert literal_of(message) == literal
