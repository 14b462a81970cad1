from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.model import Problem
from sluicegate.engines.syntax import Parsed, newer_python, parse, quiet

VALID = b"""# -*- coding: utf-8 -*-
class A:
    @property
    def f(self, *, a: int = 1) -> str:
        return f"{a!r:>{2}}" if a else '\\d'
"""


def message(data: bytes) -> str:
    with quiet():
        found = parse(data, "pkg/a.py")
    assert isinstance(found, Problem)
    assert found.path == "pkg/a.py"
    assert found.remedy
    return found.message


def constant(data: bytes) -> object:
    with quiet():
        tree = parse(data, "a.py")
    assert isinstance(tree, ast.Module)
    return next(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))


@pytest.mark.parametrize(
    ("data", "value"),
    [
        pytest.param("x = 'ä'".encode(), "ä", id="utf-8 by default"),
        pytest.param(b"\xef\xbb\xbfx = '\xc3\xa4'", "ä", id="byte order mark"),
        pytest.param(b"# coding: latin-1\nx = '\xe4'", "ä", id="declared encoding"),
        pytest.param(b"x = 1\r\ny = 2\r\n", 1, id="windows line ends"),
    ],
)
def test_a_source_is_decoded_as_python_decodes_it(data: bytes, value: object) -> None:
    assert constant(data) == value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"def f(:\n", "at line 1", id="syntax error"),
        pytest.param(b"x = 1\nprint 'x'\n", "at line 2", id="python 2"),
        pytest.param(b"# coding: nonsense\n", "unknown encoding", id="unknown encoding"),
        pytest.param(b"x = '\xe4'", "does not parse", id="not utf-8"),
        pytest.param(b"x = 1  # \x80", "does not parse", id="not utf-8 in a comment"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\n", "does not parse", id="two encodings"),
        pytest.param(b"x = 1\0", "null bytes", id="null byte"),
        pytest.param(b"(" * 5_000 + b")" * 5_000, "does not parse", id="deep parentheses"),
        pytest.param(b"-" * 100_000 + b"1", "nested too deeply", id="deep operators"),
        pytest.param(b"a" + b".b" * 50_000, "nested too deeply", id="long chain"),
    ],
)
def test_a_source_that_does_not_parse_is_a_problem(data: bytes, says: str) -> None:
    assert says in message(data)


def test_warnings_about_the_source_do_not_leak() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with quiet():
            assert isinstance(parse(b"x = '\\d'; y = 1 is 1; 0x1for x in y", "a.py"), ast.Module)


@given(st.binary())
def test_any_bytes_give_a_tree_or_a_problem(data: bytes) -> None:
    with quiet():
        assert isinstance(Parsed.of(data, "a.py"), Parsed | Problem)


@given(st.integers(0, len(VALID)), st.binary(max_size=3), st.integers(0, 3))
def test_any_damage_gives_a_tree_or_a_problem(at: int, new: bytes, length: int) -> None:
    with quiet():
        found = Parsed.of(VALID[:at] + new + VALID[at + length :], "a.py")
    assert isinstance(found, Parsed | Problem)


def test_lines_are_split_where_python_counts_them() -> None:
    data = b"a = 1\rb = '''\x0c\x0b\x1c'''\r\ndef f():\n    pass  \n"
    with quiet():
        parsed = Parsed.of(data, "a.py")
    assert isinstance(parsed, Parsed)
    function = parsed.tree.body[-1]
    assert isinstance(function, ast.FunctionDef)
    assert parsed.segment(function) == b"def f():\n    pass"


def test_a_segment_begins_with_the_decorators() -> None:
    with quiet():
        parsed = Parsed.of(b"x = 1\n@a\n@b\ndef f(): pass\n", "a.py")
    assert isinstance(parsed, Parsed)
    function = parsed.tree.body[-1]
    assert isinstance(function, ast.FunctionDef)
    assert parsed.segment(function) == b"@a\n@b\ndef f(): pass"


@pytest.mark.parametrize(("version", "later"), [((3, 11), "3.12"), ((3, 12), "3.13"), ((3, 13), "3.14")])
def test_the_remedy_names_the_next_python(version: tuple[int, int], later: str) -> None:
    remedy = newer_python(version)
    assert f"Python {later} or later" in remedy
    assert f"`pipx install --python python{later} sluicegate`" in remedy
