"""Tests and assertions that a change takes out."""

from __future__ import annotations

import pytest

from sluicegate.engines.functions_of_tests import TestFunction
from sluicegate.engines.functions_of_tests import tests_of as functions_of
from sluicegate.engines.lost_tests import ChangedTestFile, lost
from support.sources import Text, as_bytes
from support.speed import soon

TWO = "def test_a():\n    assert f(1) == 2\n    assert f(2) == 3\n"


def versions(path: str, head: Text | None, base: Text | None, old_path: str = "") -> ChangedTestFile:
    def tests(text: Text | None) -> dict[str, TestFunction]:
        return {} if text is None else functions_of(as_bytes(text), path)

    return ChangedTestFile(path, "" if base is None else old_path or path, tests(head), tests(base))


def taken(*files: ChangedTestFile) -> list[tuple[str, int, int | None]]:
    return [(one.name, one.before, one.after) for one in lost(files)]


def test_a_test_that_is_gone_is_named_with_its_assertions() -> None:
    assert taken(versions("test_a.py", "x = 1\n", TWO)) == [("test_a", 2, None)]


def test_a_deleted_file_takes_all_its_tests() -> None:
    assert taken(versions("test_a.py", None, TWO)) == [("test_a", 2, None)]


def test_an_assertion_that_is_gone_is_counted() -> None:
    assert taken(versions("test_a.py", "def test_a():\n    assert f(1) == 2\n", TWO)) == [("test_a", 2, 1)]


@pytest.mark.parametrize("line", ["assert True", "f(2)", "assert 1"])
def test_what_asserts_nothing_is_no_assertion(line: str) -> None:
    assert taken(versions("test_a.py", f"def test_a():\n    assert f(1) == 2\n    {line}\n", TWO)) == [
        ("test_a", 2, 1)
    ]


@pytest.mark.parametrize(
    "head",
    [
        TWO,
        TWO + "def test_b():\n    pass\n",
        "def test_b():\n" + TWO.partition("\n")[2],  # renamed
        "class TestA:\n" + "".join(f"    {line}\n" for line in TWO.splitlines()),  # moved into a class
        "def check(x):\n    assert f(x) == x + 1\n\ndef test_a():\n    check(1)\n    check(2)\n",
        "def test_a():\n    with pytest.raises(E):\n        f(1)\n    self.assertEqual(f(2), 3)\n",
    ],
)
def test_a_test_that_stays_as_strict_takes_nothing_out(head: str) -> None:
    assert taken(versions("test_a.py", head, TWO)) == []


def test_a_test_that_moves_to_another_file_is_not_gone() -> None:
    assert taken(versions("test_a.py", None, TWO), versions("test_b.py", TWO, None)) == []


def test_a_test_that_moves_and_is_weakened_is_named_where_it_is() -> None:
    weak = "def test_a():\n    assert f(1) == 2\n"
    (found,) = lost([versions("test_a.py", None, TWO), versions("test_b.py", weak, None)])
    assert (found.path, found.line, found.before, found.after) == ("test_b.py", 1, 2, 1)


def test_a_renamed_test_whose_body_is_much_the_same_is_not_gone() -> None:
    base = "def test_a():\n" + "".join(f"    assert f({n})\n" for n in range(9))
    head = base.replace("test_a", "test_b").replace("f(3)", "f(30)")
    assert taken(versions("test_a.py", head, base)) == []


def test_a_source_that_does_not_parse_hides_nothing() -> None:
    assert taken(versions("test_a.py", "def test_b(:\n", TWO)) == [("test_a", 2, None)]


@pytest.mark.parametrize(
    ("path", "base", "name"),
    [
        ("a.test.ts", "it('adds', () => { expect(f(1)).toBe(2) })\n", "adds"),
        ("a.test.ts", "test.each([1, 2])('adds %s', (x) => {})\n", "adds %s"),
        ("a_test.go", "func TestAdd(t *testing.T) {\n}\n", "TestAdd"),
        ("ATest.java", "@Test\n  public void adds() {}\n", "adds"),
        ("tests/a.rs", "#[test]\nfn adds() {}\n", "adds"),
        ("a_spec.rb", "it 'adds' do\nend\n", "adds"),
        ("tests/ATests.cs", "[Fact]\npublic void Adds() {}\n", "Adds"),
    ],
)
def test_tests_of_other_languages_are_known_by_name(path: str, base: str, name: str) -> None:
    assert [one[0] for one in taken(versions(path, "x\n", base))] == [name]


def test_of_other_languages_assertions_are_counted_for_the_file() -> None:
    base = "it('a', () => { expect(1).toBe(1); expect(2).toBe(2) })\n"
    assert taken(versions("a.test.js", "it('a', () => { expect(1).toBe(1) })\n", base)) == [("", 2, 1)]


@pytest.mark.slow
def test_a_helper_that_calls_itself_or_all_others_costs_nothing() -> None:
    names = [f"test_{n}" for n in range(150)]
    source = "".join(f"def {n}():\n    " + "; ".join(f"{m}()" for m in names) + "\n" for n in names)
    assert len(functions_of(source.encode(), "test_a.py")) == 150


PATHS = ["tests/test_a.py", "a.test.js", "spec/a_spec.rb", "ATests.cs", "a_test.go"]
TRAPS = ["\n", "it\n", "it((", "it('x')", "[Test ", "func ", "def ", "@Test void ", "it.a("]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("trap", TRAPS)
def test_tests_of_any_text_are_found_in_a_time_that_grows_with_its_length(path: str, trap: str) -> None:
    with soon(10):
        functions_of(b"print 'x'\n" + trap.encode() * (200_000 // len(trap)), path)
