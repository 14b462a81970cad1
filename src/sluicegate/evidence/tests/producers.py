"""What the `tests` of a suite counts, where it is not the cases that the file lists. Pure.

| producer | told by | its `tests` counts |
| --- | --- | --- |
| pytest | the suite `pytest`, the root `pytest tests` | also passing subtests and broken teardowns |
| Catch2 | `hostname="tbd"` | assertions |
| doctest | `doctest_version` | assertions |
| Surefire | its schema | every run of a case that was run again |
| mocha-junit-reporter | the root `Mocha Tests` | also pending tests, which it does not list |

Sources: files that pytest 9.2 and 8, doctest 2.5 and mocha-junit-reporter wrote, and in their repositories
pytest-dev/pytest `src/_pytest/junitxml.py` (`pytest_sessionfinish`) and doctest/doctest `doctest/doctest.h`
(`JUnitReporter::test_run_end`); catchorg/Catch2 `src/catch2/reporters/catch_reporter_junit.cpp` (`writeRun`);
of Surefire `gh-237/TEST-io.olamy.FlakyTest.xml` among the test data of jenkinsci/junit-plugin.
"""

from __future__ import annotations

from collections.abc import Mapping

PYTEST = "pytest"
ASSERTIONS = "Catch2 or doctest"
SUREFIRE = "Maven Surefire"
MOCHA = "mocha-junit-reporter"

COUNTS_OTHERWISE = frozenset({PYTEST, ASSERTIONS, SUREFIRE})
"""Producers whose sums say nothing of cases that the file does not list."""


_BY_NAME = {
    ("testsuite", "pytest"): PYTEST,
    ("testsuites", "pytest tests"): PYTEST,
    ("testsuites", "Mocha Tests"): MOCHA,
}


def producer_of(tag: str, attributes: Mapping[str, str]) -> str:
    """The producer that the attributes of a root or suite give away; empty for another one."""
    named = _BY_NAME.get((tag, attributes.get("name", "")))
    if named:
        return named
    if "doctest_version" in attributes or attributes.get("hostname") == "tbd":
        return ASSERTIONS
    schema = attributes.get("xsi:noNamespaceSchemaLocation", "")
    return SUREFIRE if "surefire-test-report" in schema else ""
