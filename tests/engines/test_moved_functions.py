"""Functions that a change renames or moves are known again by their bodies."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.core.model import Problem
from sluicegate.engines.complexity import Compared, compare
from sluicegate.engines.moved_functions import pair_moved
from sluicegate.engines.syntax import Parsed, parse, quiet
from sluicegate.engines.tree_digest import tree_digest
from sluicegate.evidence.analysed import FunctionComplexity, FunctionState
from support.sources import Text, analysis, workspace
from support.speed import soon

BRANCHES = "    if x and y:\n        return 1\n    return 2\n"
LOOP = "    for z in x:\n        y += z\n    return y\n"
NEW, CHANGED, SAME = FunctionState.NEW, FunctionState.CHANGED, FunctionState.SAME


def rows(root: Path, head: Mapping[str, Text], base: Mapping[str, Text]) -> list[FunctionComplexity]:
    found = analysis(workspace(root, head, base), "complexity").complexity
    assert found is not None
    return list(found.functions)


def states(
    root: Path, head: Mapping[str, Text], base: Mapping[str, Text]
) -> dict[str, tuple[int | None, FunctionState | None]]:
    return {f"{f.path}:{f.name}": (f.before, f.state) for f in rows(root, head, base)}


def test_a_renamed_function_is_not_new(tmp_path: Path) -> None:
    head, base = {"a.py": f"def g(x, y):\n{BRANCHES}"}, {"a.py": f"def f(x, y):\n{BRANCHES}"}
    assert states(tmp_path, head, base) == {"a.py:g": (3, CHANGED)}


def test_a_function_that_is_moved_as_it_is_is_the_same(tmp_path: Path) -> None:
    head = {"a.py": "x = 1\n", "b.py": f"def f(x, y):\n{BRANCHES}"}
    assert states(tmp_path, head, {"a.py": f"def f(x, y):\n{BRANCHES}"}) == {"b.py:f": (3, SAME)}


def test_a_function_of_a_deleted_file_is_known_where_it_went(tmp_path: Path) -> None:
    head = {"pkg/b.py": "class A:\n" + indent(f"def f(self, x, y):  # moved\n{BRANCHES}", "    ")}
    assert states(tmp_path, head, {"a.py": f"def f(x, y):\n{BRANCHES}"}) == {"pkg/b.py:A.f": (3, CHANGED)}


def test_the_deleted_file_itself_is_in_no_record(tmp_path: Path) -> None:
    base = {"a.py": f"def f(x, y):\n{BRANCHES}", "broken.py": "def f(:"}
    found = analysis(workspace(tmp_path, {"b.py": "x = 1\n"}, base), "complexity", "docs", "bandit")
    assert found.complexity is not None
    assert found.docs is not None
    assert (found.complexity.functions, found.complexity.looked_at) == ((), ("b.py",))
    assert [n.path for n in found.docs.names] == ["b.py"]
    assert found.complexity.problems == ()
    assert found.notices == ()


def test_of_two_copies_one_is_new(tmp_path: Path) -> None:
    head = {"a.py": f"def g(x, y):\n{BRANCHES}", "b.py": f"def h(x, y):\n{BRANCHES}"}
    found = states(tmp_path, head, {"a.py": f"def f(x, y):\n{BRANCHES}"})
    assert found == {"a.py:g": (3, CHANGED), "b.py:h": (None, NEW)}


def test_an_edited_body_is_not_known_again(tmp_path: Path) -> None:
    edited = BRANCHES.replace("and", "or")
    head = {"a.py": f"def g(x, y):\n{edited}"}
    assert states(tmp_path, head, {"a.py": f"def f(x, y):\n{BRANCHES}"}) == {"a.py:g": (None, NEW)}


def test_a_body_that_moved_to_a_helper_is_old_and_the_function_around_it_new(tmp_path: Path) -> None:
    head = {"a.py": f"def f(x, y):\n    with lock:\n        return _f(x, y)\ndef _f(x, y):\n{BRANCHES}"}
    found = states(tmp_path, head, {"a.py": f"def f(x, y):\n{BRANCHES}"})
    assert found == {"a.py:f": (None, NEW), "a.py:_f": (3, CHANGED)}


def test_functions_that_exchange_their_names_are_both_known(tmp_path: Path) -> None:
    base = {"a.py": f"def f(x, y):\n{BRANCHES}def h(x, y):\n{LOOP}"}
    head = {"a.py": f"def g(x, y):\n{BRANCHES}def f(x, y):\n{LOOP}"}
    assert states(tmp_path, head, base) == {"a.py:g": (3, CHANGED), "a.py:f": (2, CHANGED)}


def test_a_function_of_a_file_that_the_change_leaves_alone_stays_there(tmp_path: Path) -> None:
    head = {"a.py": f"def f(x, y):\n{BRANCHES}", "b.py": f"def g(x, y):\n{BRANCHES}"}
    found = states(tmp_path, head, {"a.py": f"def f(x, y):\n{BRANCHES}"})
    assert found == {"a.py:f": (3, SAME), "b.py:g": (None, NEW)}


# --- stubs of overload --------------------------------------------------------------------------


@pytest.mark.parametrize("decorator", ["overload", "typing.overload", "t.overload"])
@pytest.mark.parametrize("body", ["...", "pass", "'Docstring.'", "'Docstring.'\n    ..."])
def test_a_stub_of_overload_is_no_function_of_its_own(tmp_path: Path, decorator: str, body: str) -> None:
    source = f"@{decorator}\ndef f(x: int) -> int:\n    {body}\ndef f(x):\n    return x\n"
    found = rows(tmp_path, {"a.py": source}, {})
    assert [(f.name, f.line) for f in found] == [("f", 4 + body.count("\n"))]


def test_a_new_stub_makes_no_function_new(tmp_path: Path) -> None:
    real = f"def f(x, y):\n{BRANCHES}"
    head = {"a.py": f"@overload\ndef f(x, y): ...\n@overload\ndef f(x, y: int): ...\n{real}"}
    assert states(tmp_path, head, {"a.py": real}) == {"a.py:f": (3, SAME)}


def test_code_does_not_hide_under_overload(tmp_path: Path) -> None:
    found = rows(tmp_path, {"a.py": f"@overload\ndef f(x, y):\n{BRANCHES}"}, {})
    assert [f.complexity for f in found] == [3]


# --- digests --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two", "equal"),
    [
        ("f(x,  y)  # a comment", "\n\nf(x, y)", True),
        ("f('a')", 'f(u"a")', True),
        ("f('a')", "f(b'a')", False),
        ("f(1)", "f(True)", False),
        ("f(1)", "f(1.0)", False),
        ("f(x, y)", "f(x)(y)", False),
        ("f([x], y)", "f([x, y])", False),
        ("f(a=x)", "f(b=x)", False),
        ("f('x\\n)')", "f('x', ')')", False),
        (f"f(0x{'f' * 9000})", f"f(0x{'e' * 9000})", False),
        ("a" + " + a" * 900, "a" + " + a" * 901, False),
        ("f('\\ud800')", "f('\\ud801')", False),
    ],
)
def test_digests_are_equal_where_trees_are(one: str, two: str, *, equal: bool) -> None:
    trees = [ast.parse(text) for text in (one, two)]
    assert (tree_digest(trees[0]) == tree_digest(trees[1])) is equal


NAMES = st.sampled_from(
    ["a", "b", "c", "f(a)", "a.b", "a[b]", "'a'", "1", "-1", "lambda a: b", "[a, b]", "{a: b}"]
)
SOURCES = st.lists(st.tuples(NAMES, st.sampled_from(["=", "+=", ": c ="]), NAMES), max_size=3).map(
    lambda lines: "\n".join(f"x {sign} {right}\nif {left}: pass" for left, sign, right in lines)
)


@given(SOURCES, SOURCES)
def test_digests_say_what_the_dumped_trees_say(one: str, two: str) -> None:
    trees = [ast.parse(text) for text in (one, two)]
    same = ast.dump(trees[0]) == ast.dump(trees[1])
    assert (tree_digest(trees[0]) == tree_digest(trees[1])) is same


# --- properties -----------------------------------------------------------------------------------

BODIES = ["    return x\n", BRANCHES, LOOP, "    return x or y\n", "    pass\n"]
FUNCTION = st.tuples(st.sampled_from("fgh"), st.integers(0, len(BODIES) - 1))
FILES = st.dictionaries(
    st.sampled_from(["a.py", "b.py", "c.py"]), st.lists(FUNCTION, max_size=4, unique_by=lambda f: f[0])
)


def text_of(functions: Sequence[tuple[str, int]]) -> str:
    return "".join(f"def {name}(x, y):\n{BODIES[body]}" for name, body in functions)


def compared(
    head: Mapping[str, Sequence[tuple[str, int]]], base: Mapping[str, Sequence[tuple[str, int]]]
) -> dict[str, Compared]:
    def parsed(functions: Sequence[tuple[str, int]]) -> Parsed:
        with quiet():
            found = Parsed.of(text_of(functions).encode(), "a.py")
        assert not isinstance(found, Problem)
        return found

    paths = {*head, *base}
    files = {p: compare(parsed(head.get(p, ())), p, parsed(base.get(p, ())), p) for p in paths}
    pair_moved(files)
    return files


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(FILES, FILES)
def test_no_body_is_old_more_often_than_the_base_has_it(
    head: dict[str, list[tuple[str, int]]], base: dict[str, list[tuple[str, int]]]
) -> None:
    files = compared(head, base)
    known: Counter[int] = Counter()
    for path, functions in head.items():
        names = {name for name, _ in base.get(path, ())}
        for (name, body), row in zip(functions, files[path].functions, strict=True):
            paired = row.state is not NEW
            assert (row.before is not None) is paired
            if paired and (name not in names or (name, body) in base.get(path, ())):
                known[body] += 1  # by its body, not only by its name
    had = Counter(body for functions in base.values() for _, body in functions)
    assert known <= had


@given(FILES, st.data())
def test_a_change_that_only_renames_and_moves_adds_nothing(
    base: dict[str, list[tuple[str, int]]], data: st.DataObject
) -> None:
    bodies = data.draw(st.permutations([body for functions in base.values() for _, body in functions]))
    head = {"z.py": [(f"n{n}", body) for n, body in enumerate(bodies)]}
    assert NEW not in {f.state for f in compared(head, base)["z.py"].functions}


@given(FILES, FILES)
def test_the_order_of_files_does_not_matter(
    head: dict[str, list[tuple[str, int]]], base: dict[str, list[tuple[str, int]]]
) -> None:
    backwards = [dict(reversed(list(files.items()))) for files in (head, base)]
    one, two = compared(head, base), compared(*backwards)
    assert {p: f.functions for p, f in one.items()} == {p: f.functions for p, f in two.items()}


def test_the_time_for_many_copies_is_not_quadratic() -> None:
    def copies(prefix: str) -> Parsed:
        text = "".join(f"def {prefix}{n}(x): return x\n" for n in range(4_000))
        tree = parse(text.encode(), "a.py")
        assert isinstance(tree, ast.Module)
        return Parsed(text.encode(), tree, text.encode().splitlines())

    file = compare(copies("f"), "a.py", copies("g"), "a.py")
    with soon(1.5):
        pair_moved({"a.py": file})
    assert {f.state for f in file.functions} == {CHANGED}
