from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.engines.coverage_marks import marks
from sluicegate.engines.source_text import UndecodableError
from sluicegate.engines.suppression_patterns import PYTHON_TEXT
from sluicegate.engines.suppressions import added, find
from support.sources import Text, as_bytes, file_change


def kinds(source: Text, path: str = "a.py") -> list[tuple[int, str]]:
    return [(found.line, found.kind) for found in find(as_bytes(source), path)]


def brought(head: Text, base: Text | None = None, path: str = "a.py") -> list[tuple[int, str]]:
    change = file_change(path, head, base)
    base_bytes = None if base is None else as_bytes(base)
    return [(s.line, s.kind) for s in added(as_bytes(head), lambda: base_bytes, change)]


@pytest.mark.parametrize(
    ("path", "comment", "unsafe"),
    [
        ("a.py", "# nosec", True),
        ("a.py", "# nosec B602", True),
        ("a.py", "# nosemgrep", True),
        ("a.py", "# noqa", True),
        ("a.py", "# NOQA because", True),
        ("a.py", "# noqa: see S3 for it", True),  # flake8 and ruff take it for a bare one
        ("a.py", "# flake8: noqa", True),
        ("a.py", "# noqa: S602", True),
        ("a.py", "# noqa:E501,S602", True),
        ("a.py", "# noqa: E501 s101", True),
        ("a.py", "# ruff: noqa: S101", True),
        ("a.py", "# ruff: disable[E501, S602]", True),
        ("a.py", "# noqa: E501", False),
        ("a.py", "# noqa: SIM102, F401", False),
        ("a.py", "# noqa: E501 - the bucket S3 is long", False),
        ("a.py", "# ruff: noqa: F401", False),
        ("a.py", "# ruff: disable[E501]", False),
        ("a.py", "# pragma: no cover", True),
        ("a.py", "# pragma: no branch", False),
        ("a.py", "# type: ignore", False),
        ("a.py", "# pylint: disable=eval-used", False),
        ("a.go", "// #nosec G204", True),
        ("a.go", "//nolint", True),
        ("a.go", "//nolint:gosec", True),
        ("a.go", "//nolint:errcheck", False),
        ("a.js", "/* istanbul ignore next */", True),
        ("a.js", "// eslint-disable-next-line", False),
        ("a.cc", "// NOSONAR", True),
        ("a.cc", "// LCOV_EXCL_LINE", True),
    ],
)
def test_what_silences_security_or_coverage_is_unsafe(path: str, comment: str, unsafe: bool) -> None:
    source = f"x = 1  {comment}\n"
    (found,) = added(source.encode(), lambda: None, file_change(path, source, None))
    assert found.unsafe is unsafe


@pytest.mark.parametrize(
    ("comment", "kind"),
    [
        ("# noqa", "noqa"),
        ("#noqa:E501", "noqa"),
        ("# NOQA", "noqa"),
        ("# ruff: noqa: F401", "noqa"),
        ("# flake8: noqa", "noqa"),
        ("# nosec", "nosec"),
        ("# nosec B602", "nosec"),
        ("# nosecure", "nosec"),
        ("# ruff: disable[E501]", "noqa"),
        ("# ruff: file-ignore[F401]", "noqa"),
        ("# nosemgrep", "nosec"),
        ("# pragma: no cover", "no-cover"),
        ("# pragma: no coverage", "no-cover"),
        ("# pragma nocover", "no-cover"),
        ("# pragma: no branch", "no-branch"),
        ("# type: ignore", "type-ignore"),
        ("# type: ignore[attr-defined]", "type-ignore"),
        ("# pyright: ignore", "type-ignore"),
        ("# mypy: ignore-errors", "type-ignore"),
        ("# pylint: disable=too-many-lines", "pylint-disable"),
        ("# pylint: skip-file", "pylint-disable"),
        ("# because of x, pylint: disable=no-member", "pylint-disable"),
        ("# mypy: disable-error-code=misc", "type-ignore"),
        ("# pyright: reportMissingImports=false", "type-ignore"),
    ],
)
def test_a_comment_that_switches_a_check_off_is_found(comment: str, kind: str) -> None:
    assert kinds(f"x = 1  {comment}\n") == [(1, kind)]


@pytest.mark.parametrize(
    "source",
    [
        "x = f'{a}  # nosec'\n",
        "x = '# type: ignore'\n",
        "x = 1  # Pragma: No Cover\n",
        "if TYPE_CHECKING:\n    import a\n",
        "x = 1  # a comment about noqa\n",
        "x = 1  # type: int\n",
        "x = 1  # pylint: enable=all\n",
    ],
)
def test_what_only_holds_the_words_does_not_count(source: str) -> None:
    assert kinds(source) == []


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("x = '# noqa'\n", "noqa"),
        ("x = '''# pragma: no cover'''\n", "no-cover"),
        ("x = y  # pragma:\nnocover = 1\n", "no-cover"),
    ],
)
def test_flake8_and_coverage_search_the_text_strings_and_line_ends_included(source: str, kind: str) -> None:
    assert kinds(source) == [(1, kind)]


def test_the_patterns_of_coverage_and_bandit_are_their_own() -> None:
    from coverage.config import DEFAULT_EXCLUDE, DEFAULT_PARTIAL

    from sluicegate.engines import bandit_scan

    assert [DEFAULT_EXCLUDE[0], DEFAULT_PARTIAL[0]] == [pattern.pattern for _, pattern in PYTHON_TEXT[:2]]
    assert vars(bandit_scan)["manager"].NOSEC_COMMENT.pattern.startswith(r"#\s*nosec")


@pytest.mark.parametrize(
    "data",
    [
        "x = 'é'  # nosec\n".encode("utf-8-sig"),
        "# coding: latin-1\nx = 'é'  # nosec\n".encode("latin-1"),
        b"# coding: utf-7\nx = 1  +ACM- nosec\n",
        "x = 1  # nosec\n".encode("utf-16"),
        b"x = '\xff'  # nosec\n",
        b"x = 1  # \0\ny = 1  # nosec\n",
        b"x = 1\ry = 2  # nosec\r",
        b"x = 1\f\ny = 2  # nosec\n",
    ],
)
def test_no_encoding_hides_a_comment(data: bytes) -> None:
    assert [kind for _, kind in kinds(data)] == ["nosec"]


@pytest.mark.parametrize("name", ["punycode", "idna", "no-such-codec"])
def test_an_encoding_that_is_not_read_is_refused(name: str) -> None:
    with pytest.raises(UndecodableError):
        find(f"# coding: {name}\nx = 1  # nosec\n".encode(), "a.py")


def test_where_lines_are_not_gits_own_every_line_counts() -> None:
    change = replace(file_change("a.py", b"", b""), added=0)
    assert [s.line for s in added(b"a = 1\rx = 1  # nosec\r", lambda: b"a = 1\r", change)] == [2]


def test_a_binary_source_is_compared_as_a_whole() -> None:
    change = replace(file_change("a.py", b"", b""), binary=True)
    head, base = b"x = 1  # \0\ny = 1  # nosec\n", b"z = 1  # \0\n"
    assert [s.line for s in added(head, lambda: base, change)] == [2]


def test_a_script_is_python_by_its_first_line() -> None:
    assert kinds("#!/usr/bin/env python3\nx = 1  # nosec\n", "bin/tool") == [(2, "nosec")]


def test_one_comment_may_switch_two_checks_off() -> None:
    assert kinds("x = 1  # type: ignore  # noqa: E501\n") == [(1, "noqa"), (1, "type-ignore")]


def test_a_source_that_cannot_be_tokenized_is_read_line_by_line() -> None:
    assert kinds("x = (1  # noqa\n") == [(1, "noqa")]


@pytest.mark.parametrize(
    "source",
    [
        "import pytest\n@pytest.mark.skip\ndef test(): pass\n",
        "import pytest\n@pytest.mark.skip(reason='x')\ndef test(): pass\n",
        "import pytest\n@pytest.mark.skipif(True, reason='x')\ndef test(): pass\n",
        "import pytest\n@pytest.mark.xfail\ndef test(): pass\n",
        "import pytest\npytestmark = pytest.mark.skip\n",
        "import pytest\ndef test():\n  pytest.skip('x')\n",
        "import pytest\npytest.importorskip('x')\n",
        "import pytest\nx = pytest.param(1, marks=pytest.mark.xfail(strict=True))\n",
        "import pytest as p\np.skip('x')\n",
        "from pytest import skip\nskip('x')\n",
        "from pytest import mark as m\n@m.skip\ndef test(): pass\n",
        "import unittest\n@unittest.skip('x')\nclass A: pass\n",
        "from unittest import skipIf\n@skipIf(True, 'x')\nclass A: pass\n",
        "import unittest\n@unittest.expectedFailure\ndef test(): pass\n",
        "class A(B):\n  def test(self):\n    self.skipTest('x')\n",
        "def test():\n  from pytest import skip\n  skip('x')\n",
        "import unittest\nraise unittest.SkipTest('x')\n",
        "class A:\n  __test__ = False\n",
        "import pytest\npytest.skip('x'\n",
    ],
)
def test_a_skipped_test_is_found_once(source: str) -> None:
    assert [kind for _, kind in kinds(source)] == ["test-skip"]


@pytest.mark.parametrize("source", ["skip('x')\n", "a.skip()\n", "@mark.skip\ndef f(): pass\n", "x = skip\n"])
def test_another_skip_is_no_skipped_test(source: str) -> None:
    assert kinds(source) == []


@pytest.mark.parametrize(
    ("path", "line", "kind"),
    [
        ("a.js", "// eslint-disable-next-line no-eval", "eslint-disable"),
        ("a.ts", "/* eslint-disable */", "eslint-disable"),
        ("a.js", "/* istanbul ignore next */", "istanbul-ignore"),
        ("a.ts", "// @ts-ignore", "type-ignore"),
        ("a.cpp", "int x; // NOLINT(bugprone)", "nolint"),
        ("a.go", "x() //nolint:errcheck", "nolint"),
        ("a.go", "x() // #nosec G104", "nosec"),
        ("A.java", "x(); // NOSONAR", "no-sonar"),
        ("A.java", '@SuppressWarnings("unchecked")', "lint-disable"),
        ("src/test/ATest.java", '@Disabled("later")', "test-skip"),
        ("a.test.ts", "it.skip('adds', () => {})", "test-skip"),
        ("a.test.ts", "describe.only('x', () => {})", "test-skip"),
        ("a.spec.js", "xit('adds', () => {})", "test-skip"),
        ("a_test.go", "t.Skip()", "test-skip"),
        ("a.rs", "#[ignore]", "test-skip"),
        ("run.sh", "# shellcheck disable=SC2086", "lint-disable"),
        (".github/workflows/ci.yml", "  x: 1 # zizmor: ignore[template-injection]", "nosec"),
    ],
)
def test_other_languages_are_read_line_by_line(path: str, line: str, kind: str) -> None:
    assert kinds(f"\n{line}\n".encode(), path) == [(2, kind)]


@pytest.mark.parametrize(
    ("path", "line"), [("README.md", "// NOLINT"), ("a.js", "model.fit(x)"), ("a.test.js", "fit")]
)
def test_prose_and_other_names_do_not_count(path: str, line: str) -> None:
    assert kinds(f"{line}\n".encode(), path) == []


def test_what_a_conftest_ignores_is_not_collected() -> None:
    assert kinds("collect_ignore = ['a.py']\n", "tests/conftest.py") == [(1, "test-skip")]
    assert kinds("collect_ignore = ['a.py']\n", "a.py") == []


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (".coveragerc", "[report]\nexclude_also =\n    nocov\n"),
        (
            "pyproject.toml",
            "[tool.coverage.report]\nexclude_also = ['# nocov', 'raise NotImplementedError']\n",
        ),
        ("tox.ini", "[coverage:report]\nexclude_lines = x  #\\s*nocov\n"),
    ],
)
def test_the_marks_of_the_project_s_own_settings_count(settings: str, text: str) -> None:
    own = marks({settings: text})
    source = b"x  # nocov\nraise NotImplementedError\n"
    assert [(f.line, f.kind) for f in find(source, "a.py", own)] == [(1, "no-cover")]


@pytest.mark.parametrize("pattern", ["(a+)+x", ".*.*.*.*x", "[", "x" * 300])
def test_a_pattern_that_could_take_long_is_left_out(pattern: str) -> None:
    assert marks({".coveragerc": f"[report]\nexclude_also = {pattern}\n"}) == ()


def test_a_binary_file_holds_nothing() -> None:
    assert kinds(b"\0// NOLINT", "a.bin") == []


# --- added by the change ------------------------------------------------------------------------


def test_a_new_file_adds_what_it_holds() -> None:
    assert brought("x = 1\ny = 2  # noqa\n") == [(2, "noqa")]


def test_a_suppression_on_an_old_line_is_not_added() -> None:
    assert brought("x = 1  # noqa\ny = 2\n", "x = 1  # noqa\n") == []


def test_a_moved_line_adds_nothing() -> None:
    assert brought("a = 1\nb = 2\nx = 1  # noqa\n", "x = 1  # noqa\na = 1\nb = 2\n") == []


def test_editing_the_code_beside_a_comment_adds_nothing() -> None:
    assert brought("x = 2  # noqa: E501\n", "x = 1  # noqa: E501\n") == []


def test_widening_a_comment_adds_one() -> None:
    assert brought("x = 1  # noqa\n", "x = 1  # noqa: E501\n") == [(1, "noqa")]


def test_a_second_copy_is_added_and_it_is_the_new_line_that_is_named() -> None:
    base = "x = 1  # noqa\n"
    assert brought("y = 1  # noqa\n" + base, base) == [(1, "noqa")]


def test_of_edited_and_new_lines_as_many_count_as_came() -> None:
    head = "a = 2  # noqa\nb = 2  # noqa\nc = 3  # noqa\n"
    assert len(brought(head, "a = 1  # noqa\nb = 1  # noqa\n")) == 1


def test_the_text_is_the_source_line() -> None:
    head = b"if x:\n    y = 1  # noqa\n"
    (found,) = added(head, lambda: None, file_change("a.py", head, None))
    assert (found.path, found.text) == ("a.py", "y = 1  # noqa")


def test_the_base_is_not_asked_for_when_nothing_is_suppressed() -> None:
    def base() -> bytes:
        raise AssertionError("asked")

    head = b"x = 1\n"
    assert added(head, base, file_change("a.py", head, b"")) == []


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from(["a.py", "a.js", "a"]))
def test_any_bytes_give_a_list(head: bytes, base: bytes, path: str) -> None:
    with suppress(UndecodableError):
        assert isinstance(added(head, lambda: base, file_change(path, head, base)), list)


PIECES = st.lists(
    st.sampled_from(["x = 1\n", "y = 2  # noqa\n", "# nosec\n", "'''\n", "(", "\f", "pytest.skip()\n"])
)


@given(PIECES, PIECES)
def test_no_more_is_added_than_the_head_has_more(head: list[str], base: list[str]) -> None:
    new, old = "".join(head).encode(), "".join(base).encode()
    found = added(new, lambda: old, file_change("a.py", new, old))
    assert len(found) <= len(find(new, "a.py"))
    if head == base:
        assert found == []
