from __future__ import annotations

import ast
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from radon.visitors import Class, ComplexityVisitor, Function

from sluicegate.core.model import Problem
from sluicegate.engines.complexity import functions
from sluicegate.engines.syntax import parse, quiet
from sluicegate.evidence.analysed import ComplexityRecord, FunctionState
from support.examples import at_most
from support.sources import Text, analysis, workspace

STDLIB = Path(sysconfig.get_paths()["stdlib"])


def tree_of(source: str) -> ast.Module:
    with quiet():
        tree = parse(source.encode(), "a.py")
    assert isinstance(tree, ast.Module)
    return tree


def counted(source: str) -> dict[str, int]:
    return {function.name: function.complexity for function in functions(tree_of(dedent(source)))}


def body(text: str) -> int:
    return counted("def f(a, b, c):\n" + indent(dedent(text), "    "))["f"]


def radon(tree: ast.Module) -> Counter[tuple[int, str, int]]:
    """Line, name and complexity of every function that radon lists, closures and inner classes too."""
    visitor = ComplexityVisitor.from_ast(tree)
    listed = [f for f in visitor.functions for f in _closures(f)]
    listed += [f for c in visitor.classes for f in _methods(c)]
    return Counter((f.lineno, f.name, f.complexity) for f in listed)


def _closures(function: Function) -> Iterator[Function]:
    yield function
    for inner in function.closures:
        yield from _closures(inner)


def _methods(outer: Class) -> Iterator[Function]:
    for method in outer.methods:
        yield from _closures(method)
    for inner in outer.inner_classes:
        yield from _methods(inner)


def missing(tree: ast.Module) -> Counter[tuple[int, str, int]]:
    """What radon lists and we do not, with the same number."""
    ours = Counter((f.node.lineno, f.node.name, f.complexity) for f in functions(tree))
    return radon(tree) - ours


@pytest.mark.parametrize(
    ("text", "complexity"),
    [
        ("pass", 1),
        ("if a: pass", 2),
        ("if a: pass\nelif b: pass\nelse: pass", 3),
        ("for x in a: pass", 2),
        ("for x in a: pass\nelse: pass", 3),
        ("while a: pass\nelse: pass", 3),
        ("try: pass\nexcept A: pass\nexcept B: pass\nelse: pass\nfinally: pass", 4),
        ("try: pass\nexcept* A: pass", 1),
        ("return a and b and c or a", 4),
        ("return a if b else c", 2),
        ("assert a or b", 2),
        ("return [x for x in a if x if b for y in x]", 5),
        ("return lambda x: x or a", 2),
        ("match a:\n  case 1: pass\n  case [x, 2]: pass\n  case _: pass", 3),
        ("match a:\n  case 1: pass\n  case 2: pass", 3),
        ("with a: pass", 1),
    ],
)
def test_a_construct_counts_as_radon_counts_it(text: str, complexity: int) -> None:
    assert body(text) == complexity


def test_names_are_qualified() -> None:
    source = """
        def outer():
            def inner():
                class Local:
                    def method(self): pass
        class A:
            class B:
                async def m(self): pass
        if True:
            def conditional(): pass
    """
    assert list(counted(source)) == [
        "outer",
        "outer.<locals>.inner",
        "outer.<locals>.inner.<locals>.Local.method",
        "A.B.m",
        "conditional",
    ]


def test_a_nested_function_adds_nothing_to_the_one_around_it() -> None:
    source = """
        def outer(a):
            @a.mark(1 if a else 2)
            def inner(b=a or 3):
                if b: pass
    """
    assert counted(source) == {"outer": 1, "outer.<locals>.inner": 2}


def test_no_nesting_that_parses_is_too_deep() -> None:
    chain = "a" + " + a" * 900
    assert body(f"return {chain}") == 1


# --- equality with radon ------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c", "f'{(a or b)!r:>{a if b else c}}'"])
EXPRESSIONS = st.recursive(
    NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]} and {p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} or {p[1]} or {p[2]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} if {p[1]} else {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"[{p[0]} for x in {p[1]} if x if a]"),
        st.tuples(inner, inner).map(lambda p: f"{{**{p[0]}, a: {p[1]}}}"),
        inner.map(lambda e: f"(lambda x=a or b: {e})"),
        inner.map(lambda e: f"a({e}, k={e})[{e}:]"),
        inner.map(lambda e: f"(y := {e})"),
    ),
    max_leaves=6,
)


def _block(template: str) -> st.SearchStrategy[str]:
    """A compound statement with `{e}` for an expression, `{b}` and `{c}` for blocks."""
    return st.tuples(EXPRESSIONS, st.deferred(lambda: BLOCKS), st.deferred(lambda: BLOCKS)).map(
        lambda p: template.format(e=p[0], b=indent(p[1], "  "), c=indent(p[2], "  "))
    )


STATEMENTS: st.SearchStrategy[str] = st.one_of(
    EXPRESSIONS.map(lambda e: f"x = {e}"),
    EXPRESSIONS.map(lambda e: f"x: {e} = {e}"),
    EXPRESSIONS.map(lambda e: f"assert {e}, {e}"),
    EXPRESSIONS.map(lambda e: f"del a[{e}]"),
    st.sampled_from(["import a", "from a import b", "global a", "pass", "..."]),
    _block("if {e}:\n{b}\nelif {e}:\n{c}"),
    _block("if {e}:\n{b}\nelse:\n{c}"),
    _block("for x in {e}:\n{b}\nelse:\n{c}"),
    _block("async for x in {e}:\n{b}"),
    _block("while {e}:\n{b}\nelse:\n{c}"),
    _block("with {e} as x:\n{b}"),
    _block("try:\n{b}\nexcept {e}:\n{c}\nelse:\n{b}\nfinally:\n{c}"),
    _block("try:\n{b}\nexcept* {e}:\n{c}"),
    st.tuples(EXPRESSIONS, st.sampled_from(["_", "x", "x as y", "[_, x]", "{'k': 1}", "a.b()"])).map(
        lambda p: (
            f"match a:\n  case 1 if {p[0]}: x = {p[0]}\n  case None | [_, *_]: pass\n  case {p[1]}: pass"
        )
    ),
    _block("@a({e})\ndef f(x={e}) -> {e}:\n{b}"),
    _block("@a({e})\nasync def g():\n{b}"),
    _block("class C({e}):\n{b}\n  def m(self, x={e}): {e}"),
)
BLOCKS: st.SearchStrategy[str] = st.lists(STATEMENTS, min_size=1, max_size=3).map("\n".join)


@pytest.mark.slow
@settings(
    max_examples=at_most(100), deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)  # `st.recursive` leaves out what grows too large
@given(BLOCKS)
def test_every_function_that_radon_lists_has_radons_number(source: str) -> None:
    assert not missing(tree_of(source))


def _stdlib(pattern: str) -> list[Path]:
    return [p for p in sorted(STDLIB.glob(pattern)) if "site-packages" not in p.parts]


def _unequal(files: list[Path]) -> dict[str, Counter[tuple[int, str, int]]]:
    unequal = {}
    for path in files:
        with quiet():
            tree = parse(path.read_bytes(), path.name)
        if not isinstance(tree, Problem) and (lacking := missing(tree)):
            unequal[str(path)] = lacking
    return unequal


@pytest.mark.slow
def test_numbers_equal_radons_over_a_part_of_the_standard_library() -> None:
    files = _stdlib("[a-f]*.py")
    assert len(files) > 30
    assert _unequal(files) == {}


@pytest.mark.soak
def test_numbers_equal_radons_over_the_whole_standard_library() -> None:
    files = _stdlib("**/*.py")
    assert len(files) > 500
    assert _unequal(files) == {}


# --- against the base ---------------------------------------------------------------------------


def record(
    root: Path,
    head: dict[str, Text],
    base: dict[str, Text] | None,
    renamed: dict[str, str] | None = None,
) -> ComplexityRecord:
    found = analysis(workspace(root, head, base, renamed=renamed), "complexity").complexity
    assert found is not None
    return found


def states(found: ComplexityRecord) -> list[tuple[str, int | None, int, FunctionState | None]]:
    return [(f.name, f.before, f.complexity, f.state) for f in found.functions]


def test_without_a_change_nothing_has_a_state(tmp_path: Path) -> None:
    assert states(record(tmp_path, {"a.py": "def f(): pass"}, None)) == [("f", None, 1, None)]


def test_new_changed_and_same_functions_are_distinguished(tmp_path: Path) -> None:
    base = "def same(): pass\ndef grown(a):\n    return a\n"
    head = "\n# moved\ndef same(): pass\ndef grown(a):\n    return a or 1\ndef new(): pass\n"
    assert states(record(tmp_path, {"a.py": head}, {"a.py": base})) == [
        ("same", 1, 1, FunctionState.SAME),
        ("grown", 1, 2, FunctionState.CHANGED),
        ("new", None, 1, FunctionState.NEW),
    ]


def test_a_new_decorator_is_a_change(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "@d\ndef f(): pass\n"}, {"a.py": "def f(): pass\n"})
    assert states(found) == [("f", 1, 1, FunctionState.CHANGED)]


def test_functions_of_one_name_are_matched_in_their_order(tmp_path: Path) -> None:
    base = "def _(a): return a or 1\ndef _(b): return b\n"
    head = base + "def _(c): return c\n"
    assert [s for *_, s in states(record(tmp_path, {"a.py": head}, {"a.py": base}))] == [
        FunctionState.SAME,
        FunctionState.SAME,
        FunctionState.NEW,
    ]


def test_a_file_that_the_change_does_not_touch_is_the_same(tmp_path: Path) -> None:
    files: dict[str, Text] = {"a.py": "def f(a): return a or 1\n"}
    assert states(record(tmp_path, files, files)) == [("f", 2, 2, FunctionState.SAME)]


def test_a_new_file_has_new_functions_only(tmp_path: Path) -> None:
    assert states(record(tmp_path, {"a.py": "def f(): pass\n"}, {})) == [("f", None, 1, FunctionState.NEW)]


def test_a_renamed_file_is_compared_with_its_old_self(tmp_path: Path) -> None:
    text = "def f(): pass\n"
    found = record(tmp_path, {"new.py": text}, {"old.py": text}, {"new.py": "old.py"})
    assert states(found) == [("f", 1, 1, FunctionState.SAME)]


def test_a_base_that_does_not_parse_makes_everything_new(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "def f(): pass\n"}, {"a.py": "def f(:\n"})
    assert states(found) == [("f", None, 1, FunctionState.NEW)]
    assert found.problems == ()


def test_a_file_that_does_not_parse_is_a_problem_and_the_others_stand(tmp_path: Path) -> None:
    found = record(tmp_path, {"a.py": "def f(:", "b.py": "def g(): pass\n"}, None)
    assert [f.name for f in found.functions] == ["g"]
    assert [p.path for p in found.problems] == ["a.py"]


def test_functions_are_in_order_of_path_and_line(tmp_path: Path) -> None:
    files: dict[str, Text] = {"b.py": "def z(): pass\ndef a(): pass\n", "a.py": "def m(): pass\n"}
    found = record(tmp_path, files, None)
    assert [(f.path, f.name, f.line, f.end_line) for f in found.functions] == [
        ("a.py", "m", 1, 1),
        ("b.py", "z", 1, 1),
        ("b.py", "a", 2, 2),
    ]


def test_the_record_says_its_definition(tmp_path: Path) -> None:
    source = record(tmp_path, {"a.py": ""}, None).source
    assert source.tool == "sluicegate"
    assert "radon" in source.note
