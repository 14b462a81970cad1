"""Text from strangers made harmless."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.text import clean, cut, cut_middle, has_words, one_line, plural, redact, some

any_text = st.text(st.characters())  # surrogates too


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\\x0db"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u061cb", "a\\u061cb"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("soft\xadhyphen", "soft\\xadhyphen"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("lone \ud800 surrogate", "lone \\ud800 surrogate"),
        ("grün 測試 🙂", "grün 測試 🙂"),
    ],
)
def test_what_could_lie_or_steer_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(any_text)
def test_clean_text_can_be_printed_and_hides_nothing(text: str) -> None:
    result = clean(text)
    result.encode("utf-8")
    hidden = {c for c in result if unicodedata.category(c) in ("Cc", "Cs")} - {"\t", "\n"}
    assert not hidden
    assert not [c for c in result if unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF")]


@given(any_text)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(any_text)
def test_one_line_is_one_line(text: str) -> None:
    result = one_line(text)
    assert len(result.splitlines()) <= 1
    assert "  " not in result
    assert result == result.strip()


@given(st.text(), st.integers(1, 30))
def test_a_text_without_its_middle_keeps_its_end(text: str, length: int) -> None:
    result, head = cut_middle(text, length), length // 4
    assert len(result) <= length
    if result != text:
        assert result[:head] == text[:head]
        assert text.endswith(result[head + 1 :])
        assert len(result) - head - 1 >= head


@given(st.text(), st.integers(-2, 30))
def test_cut_text_is_never_longer_than_asked(text: str, length: int) -> None:
    result = cut(text, length)
    assert len(result) <= max(length, 0)
    assert result == text or result.removesuffix("…") == text[: max(length - 1, 0)]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 tests"), (1, "1 test"), (2, "2 tests"), (1204, "1,204 tests")]
)
def test_plural(count: int, text: str) -> None:
    assert plural(count, "test") == text


def test_plural_takes_an_irregular_form() -> None:
    assert plural(2, "branch", "branches") == "2 branches"
    assert plural(1, "branch", "branches") == "1 branch"


@pytest.mark.parametrize(
    ("first", "total", "text"),
    [(["a"], 1, "a"), (["a", "b"], 2, "a, b"), (["a", "b"], 1_002, "a, b and 1,000 more"), ([], 0, "")],
)
def test_some_names_the_first_and_counts_the_rest(first: list[str], total: int, text: str) -> None:
    assert some(first, total) == text


@pytest.mark.parametrize("text", ["a", "7", "é", "語", "\u200bx", "a\u0301"])
def test_a_letter_or_a_digit_is_a_word(text: str) -> None:
    assert has_words(text)


@pytest.mark.parametrize(
    "text", ["", " \t\n", "\u3164", "\u2800", "\u200d\ufe0f", "\xad", "\U000e0061", "?!", "\u0301"]
)
def test_what_is_blank_or_a_mark_is_no_word(text: str) -> None:
    assert not has_words(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://mona:hunter2@github.com/o/r", "https://***@github.com/o/r"),
        ("https://mona:hun/ter@h/x", "https://mona:hun/ter@h/x"),  # no address: a password has no slash
        ("https://0123abcd@github.com/o/r", "https://***@github.com/o/r"),
        ("ssh://git@github.com/o/r", "ssh://***@github.com/o/r"),
        ("git@github.com:o/r", "git@github.com:o/r"),
        ("https://h/x?token=s3cret&page=2", "https://h/x?token=***&page=2"),
        ("https://h/x?page=2&access_token=s3cret#a", "https://h/x?page=2&access_token=***#a"),
        ("https://h/x?X-Amz-Signature=12ab", "https://h/x?X-Amz-Signature=***"),
        ("https://h/#id_token=s3cret", "https://h/#id_token=***"),
        ("it says ghp_0123456789abcdef0123", "it says ***"),
        ("Authorization: Basic eDpnaHA=", "Authorization: Basic ***"),
        ("https://h/x?page=2&sort=asc", "https://h/x?page=2&sort=asc"),
        ("the token lacks the permission; monkey = 3", "the token lacks the permission; monkey = 3"),
    ],
)
def test_what_may_be_a_secret_is_left_out(text: str, shown: str) -> None:
    assert redact(text) == shown


@given(any_text)
def test_redacting_again_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)
