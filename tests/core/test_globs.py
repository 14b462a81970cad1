"""Globs, by example and against a slow oracle that expands braces and recurses over characters."""

import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.globs import glob_matches, matches_any
from support.examples import at_most

# --- the oracle ---------------------------------------------------------------------------------


def expanded(pattern: str) -> list[str]:
    """Every pattern without braces that a well-formed pattern stands for."""
    close = pattern.find("}")
    if close < 0:
        return [pattern]
    opening = pattern.rfind("{", 0, close)
    head, tail = pattern[:opening], pattern[close + 1 :]
    return [p for option in pattern[opening + 1 : close].split(",") for p in expanded(head + option + tail)]


def oracle(pattern: str, name: str) -> bool:
    return any(simple(p, name) for p in expanded(pattern))


def simple(pattern: str, name: str) -> bool:
    """A pattern of letters, slashes, `?`, `*`, `**`, and classes of letters."""

    @cache
    def at(p: int, n: int) -> bool:
        if p == len(pattern):
            return n == len(name)
        if pattern.startswith("**/", p) and (p == 0 or pattern[p - 1] == "/"):
            return at(p + 3, n) or any(name[k] == "/" and at(p + 3, k + 1) for k in range(n, len(name)))
        if pattern.startswith("**", p):
            return any(at(p + 2, k) for k in range(n, len(name) + 1))
        if pattern[p] == "*":
            return at(p + 1, n) or (n < len(name) and name[n] != "/" and at(p, n + 1))
        return n < len(name) and one(p, n)

    def one(p: int, n: int) -> bool:
        if pattern[p] == "?":
            return name[n] != "/" and at(p + 1, n + 1)
        if pattern[p] == "[":
            end = pattern.index("]", p)
            body = pattern[p + 1 : end]
            inside = (name[n] in body.lstrip("!")) != body.startswith("!")
            return name[n] != "/" and inside and at(end + 1, n + 1)
        return name[n] == pattern[p] and at(p + 1, n + 1)

    return at(0, 0)


# Well-formed patterns: braces that close, and classes of letters.
atoms = st.sampled_from(["a", "b", "/", "?", "*a", "*/", "**/", "/**/", "**", "[ab]", "[!a]"])
flat = st.lists(atoms, max_size=5).map("".join)
braced = st.recursive(
    flat,
    lambda inner: st.tuples(flat, st.lists(inner, min_size=1, max_size=3), flat).map(
        lambda t: f"{t[0]}x{{{','.join(t[1])}}}{t[2]}"
    ),
    max_leaves=4,
)
names = st.text("ab/x", max_size=14)


@given(flat, names)
@settings(max_examples=at_most(500))
def test_patterns_match_as_the_oracle_says(pattern: str, name: str) -> None:
    assert glob_matches(pattern, name) is oracle(pattern, name)


TOO_MANY_WAYS = "{,}" * 30
"""Changes nothing but the way of matching: sets of positions instead of a regular expression."""


@pytest.mark.slow
@given(flat, names)
@settings(max_examples=at_most(1000))
def test_patterns_match_by_positions_as_the_oracle_says(pattern: str, name: str) -> None:
    assert glob_matches(pattern + TOO_MANY_WAYS, name) is oracle(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("ab*b", "ab", False),
        ("ab*b", "abb", True),
        ("a*/b", "a/a/b", False),
        ("a?*b", "ab", False),
        ("x/**/a", "x/b/a", True),
        ("x/**/a", "x/ba", False),
        ("**/a", "ba", False),
        ("b**a", "ab", False),
    ],
)
def test_positions_never_go_back(pattern: str, name: str, matches: bool) -> None:
    assert glob_matches(pattern + TOO_MANY_WAYS, name) is matches


@given(braced, names)
@settings(max_examples=at_most(300))
def test_alternatives_match_as_their_expansions_do(pattern: str, name: str) -> None:
    assert glob_matches(pattern, name) is any(glob_matches(p, name) for p in expanded(pattern))


@given(st.text("ab/*?[]!{,}x-", max_size=12), names)
@settings(max_examples=at_most(500))
def test_both_ways_of_matching_agree(pattern: str, name: str) -> None:
    by_expression = glob_matches(pattern, name)
    by_positions = glob_matches(pattern + TOO_MANY_WAYS, name)
    assert by_expression is by_positions


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_a_pattern(pattern: str, name: str) -> None:
    assert glob_matches(pattern, name) in (True, False)


@given(st.text(st.characters(exclude_characters="*?[{"), max_size=60))
def test_text_without_wildcards_matches_itself_alone(text: str) -> None:
    assert glob_matches(text, text)
    assert not glob_matches(text, text + "x")


# --- examples -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("src/**", "src/a.py"),
        ("src/**", "src/a/b/c.py"),
        ("**/x.py", "x.py"),
        ("**/x.py", "a/b/x.py"),
        ("src/**/x.py", "src/x.py"),
        ("src/**/x.py", "src/a/b/x.py"),
        ("**/templates/**", "a/templates/b/c.html"),
        ("*.py", ".py"),
        ("a**b", "a/x/b"),
        ("x{,/**}", "x"),
        ("x{,/**}", "x/y/z"),
        ("{**/a,b}", "a"),
        ("{**/a,b}", "x/y/a"),
        ("{a,{b,c}d}", "cd"),
        ("*.{yml,yaml}", "ci.yaml"),
        ("[!a]x", "bx"),
        ("[!]a]", "b"),
        ("[]a]", "]"),
        ("[a-c]", "b"),
        ("[a-]", "-"),
        ("[\\]", "\\"),
        ("parse[utf-8]", "parse[utf-8]"),
        ("**", ""),
        ("**", "a/b"),
        ("a\nb*", "a\nbc\n"),
        ("[z-a]", "[z-a]"),
        ("{a,b", "{a,b"),
        ("{a,{b}", "{a,b"),
        ("a}", "a}"),
        ("[", "["),
    ],
)
def test_matches(pattern: str, name: str) -> None:
    assert glob_matches(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("src/**", "src"),
        ("src/*", "src/a/b"),
        ("*.py", "a/b.py"),
        ("?", "/"),
        ("[!a]", "/"),
        ("[/]", "/"),
        ("[+-9]", "/"),
        ("[!]a]", "]"),
        ("x.py", "xxpy"),
        ("**/x.py", "ax.py"),
        ("a/**/b", "ab"),
        ("{a,b}", "c"),
        ("src/**", "my/src/a"),
    ],
)
def test_does_not_match(pattern: str, name: str) -> None:
    assert not glob_matches(pattern, name)


def test_any_of_several() -> None:
    assert matches_any(["a", "b*"], "bc")
    assert not matches_any(["a", "b*"], "c")
    assert not matches_any([], "c")


def test_a_pattern_of_absurd_length_is_plain_text() -> None:
    pattern = "*" * 3000
    assert glob_matches(pattern, pattern)
    assert not glob_matches(pattern, "a")


# --- hostile input ------------------------------------------------------------------------------

HOSTILE = [
    ("**/" * 600 + "x", "a/" * 2000 + "y"),
    ("*a" * 500 + "b", "a" * 4000),
    ("**a" * 400 + "b", "a" * 4000),
    ("{a,aa}" * 300 + "b", "a" * 4000),
    ("{,a}" * 450 + "b", "a" * 450),
    ("{**,*}/" * 250 + "x", "a/" * 2000),
    ("{a,{b,{c" * 200, "abc"),
    ("{" * 900 + "}" * 900, "x"),
    ("{a," * 450 + "b" + "}" * 450, "b"),
    ("[" * 1900 + "]", "[" * 100),
    ("[!" * 900, "[!" * 900 + "x"),
    ("?*" * 900, "a" * 4000 + "/"),
]


@pytest.mark.parametrize(("pattern", "name"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_patterns_end_soon(pattern: str, name: str) -> None:
    begin = time.process_time()
    glob_matches(pattern, name)
    assert time.process_time() - begin < 2


@given(st.lists(st.sampled_from(["**/", "*", "**", "a", "{", "}", ",", "[", "]", "?", "!"]), max_size=400))
@settings(max_examples=at_most(50), deadline=2000)
def test_no_mixture_of_wildcards_takes_long(parts: list[str]) -> None:
    glob_matches("".join(parts), "a/aa/" * 100)
