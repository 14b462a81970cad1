"""An aggregate beside its parts counts once; shards with the same cases count each."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml

from sluicegate.evidence.records import TestsRecord
from sluicegate.evidence.tests import junit
from sluicegate.evidence.tests.repeats import once, repeats


def part(name: str, *times: str, stamp: str = "2026-11-30T06:00:00", package: bool = False) -> str:
    """A suite of the class `p.NAME`; as Ant's aggregate writes it, its package stands in an attribute."""
    cases = "".join(
        f"<testcase classname='p.{name}' name='t{n}' time='{time}'/>" for n, time in enumerate(times)
    )
    names = f"name='{name}' package='p' id='0'" if package else f"name='p.{name}'"
    timestamp = f" timestamp='{stamp}'" if stamp else ""
    return f"<testsuite {names}{timestamp} tests='{len(times)}'>{cases}</testsuite>"


def together(*suites: str) -> str:
    return f"<testsuites>{''.join(suites)}</testsuites>"


def left_out(folder: Path, **files: str) -> dict[str, str]:
    records: list[TestsRecord] = []
    for name, xml in files.items():
        (folder / name).write_text(xml)
        records.append(junit.read(folder / name, name))
    return repeats(records)


A, B = part("A", "0.1", "0.2"), part("B", "0.3")
ALL = together(part("A", "0.1", "0.2", package=True), part("B", "0.3", package=True))


def test_an_aggregate_beside_its_parts_is_left_out(tmp_path: Path) -> None:
    assert left_out(tmp_path, all=ALL, a=A, b=B) == {"all": "holds the cases of a, b, which count"}


def test_a_part_is_left_out_where_the_aggregate_holds_more(tmp_path: Path) -> None:
    assert left_out(tmp_path, all=ALL, a=A) == {"a": "holds the cases of all, which count"}


def test_of_two_copies_one_counts(tmp_path: Path) -> None:
    assert left_out(tmp_path, x=A, y=A).keys() == {"y"}


def test_of_three_copies_one_counts(tmp_path: Path) -> None:
    assert left_out(tmp_path, x=A, y=A, z=A).keys() == {"y", "z"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (A, part("A", "0.1", "0.3")),
        (A, part("A", "0.1", "0.2", stamp="2026-11-30T06:00:01")),
        (A, A.replace("name='t0' time='0.1'/>", "name='t0' time='0.1'><failure/></testcase>")),
        (part("A", "0.001", "0.001", "0", stamp=""), part("A", "0.001", "0.001", "0", stamp="")),
        (part("A", "0.000", stamp=""), part("A", "0.000", stamp="")),
    ],
    ids=["times", "timestamps", "outcomes", "nothing but small times", "no times"],
)
def test_shards_with_the_same_cases_count_each(tmp_path: Path, one: str, two: str) -> None:
    assert left_out(tmp_path, one=one, two=two) == {}


def test_without_timestamps_times_that_differ_tell_a_copy(tmp_path: Path) -> None:
    suite = part("A", "0.101", "0.202", "0.303", stamp="")
    assert left_out(tmp_path, one=suite, two=together(suite)).keys() == {"two"}


def test_a_file_that_holds_one_suite_twice_is_no_repeat_of_one_that_holds_it_once(tmp_path: Path) -> None:
    assert left_out(tmp_path, twice=together(A, A), once=A).keys() == {"once"}


def test_empty_files_are_no_repeats(tmp_path: Path) -> None:
    assert left_out(tmp_path, one="<testsuites/>", two="<testsuites/>") == {}


WRITTEN = Path(__file__).parent / "written"


def written(*folders: str) -> list[TestsRecord]:
    """The records of all result files that tools wrote below these folders, `written/README.md`."""
    paths = sorted(path for folder in folders for path in (WRITTEN / folder).rglob("*.xml"))
    shown = [path.relative_to(WRITTEN).as_posix() for path in paths]
    found = [(path, name) for path, name in zip(paths, shown, strict=True) if "testng-results" not in name]
    return [junit.read(path, name) for path, name in found]


def counted(records: list[TestsRecord]) -> list[str]:
    return [record.source.path for record in once(records).records]


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("testng", "testng/surefire-reports/TEST-TestSuite.xml"),
        ("rows", "rows/surefire-reports/TEST-p.CalcTest.xml"),
        ("set-up", "set-up/surefire-reports/TEST-TestSuite.xml"),
    ],
)
def test_what_testng_writes_beside_surefire_is_left_out(folder: str, file: str) -> None:
    assert counted(written(folder)) == [file]


def test_without_its_runner_testng_counts_by_class() -> None:
    records = [r for r in written("testng") if not r.source.path.endswith("TEST-TestSuite.xml")]
    assert counted(records) == [
        "testng/surefire-reports/junitreports/TEST-p.CalcTest.xml",
        "testng/surefire-reports/junitreports/TEST-p.TextTest.xml",
    ]


def test_what_testng_wrote_elsewhere_counts() -> None:
    files = [r for r in written("testng", "rows") if ("rows" in r.source.path) == (r.source.tool == "TestNG")]
    assert [r.source.path.partition("/")[0] for r in once(files).records] == ["rows", "testng"]


def of_testng(folder: Path, xml: str, name: str = "target/junitreports/TEST-p.A.xml") -> TestsRecord:
    """A file of TestNG's reporter."""
    path = folder / "testng.xml"
    path.write_text(f"<!-- Generated by org.testng.reporters.JUnitReportReporter -->{xml}")
    return junit.read(path, name)


def of_runner(folder: Path, xml: str, name: str = "target/TEST-p.A.xml") -> TestsRecord:
    """A file of the runner."""
    path = folder / "runner.xml"
    path.write_text(xml)
    return junit.read(path, name)


FAILING = "<testcase classname='p.A' name='t9'><failure/></testcase>"


@pytest.mark.parametrize(
    ("own", "runner"),
    [
        (part("A", "1"), part("B", "1")),
        (part("A", "1", "2"), part("A", "1")),
        (f"<testsuite>{FAILING}</testsuite>", f"<testsuite>{FAILING.replace('<failure/>', '')}</testsuite>"),
        ("<testsuite tests='1' failures='1'/>", part("A", "1")),
    ],
    ids=["other class", "more cases", "fails only here", "names none"],
)
def test_what_only_testng_wrote_counts(tmp_path: Path, own: str, runner: str) -> None:
    assert not repeats([of_testng(tmp_path, own), of_runner(tmp_path, runner)])


def test_the_row_that_surefire_adds_to_a_name_is_no_other_case(tmp_path: Path) -> None:
    named = part("A", "1").replace("name='t0'", "name='t0[1, 2](1)'")
    assert repeats([of_testng(tmp_path, part("A", "2")), of_runner(tmp_path, named)])


def test_of_gradle_the_reports_of_testng_are_left_out(tmp_path: Path) -> None:
    own = of_testng(tmp_path, part("A", "2"), "build/reports/tests/test/junitreports/TEST-p.A.xml")
    assert repeats([own, of_runner(tmp_path, part("A", "1"), "build/test-results/test/TEST-p.A.xml")])


def test_what_testng_wrote_in_another_place_counts(tmp_path: Path) -> None:
    own = of_testng(tmp_path, part("A", "2"), "b/target/junitreports/TEST-p.A.xml")
    assert not repeats([own, of_runner(tmp_path, part("A", "1"), "a/target/TEST-p.A.xml")])


def test_the_aggregate_of_ant_is_left_out() -> None:
    assert counted(written("ant")) == ["ant/TEST-p.CalcTest.xml", "ant/TEST-p.TextTest.xml"]


def test_the_same_tests_in_two_browsers_count_each() -> None:
    assert counted(written("karma")) == ["karma/TESTS-One.xml", "karma/TESTS-Two.xml"]


def test_files_that_junitparser_merged_are_left_out(tmp_path: Path) -> None:
    names = ("jest-same-name.xml", "vitest-same-name.xml", "pytest-subtests.xml")
    merged = JUnitXml()
    for name in names:
        merged += JUnitXml.fromfile(str(WRITTEN / name))
    merged.write(str(tmp_path / "all.xml"))
    parts = [junit.read(WRITTEN / name, name) for name in names]
    assert repeats([*parts, junit.read(tmp_path / "all.xml", "all.xml")]).keys() == {"all.xml"}


def test_files_that_junit_report_merger_merged_are_left_out() -> None:
    names = ["jest-same-name", "vitest-same-name", "mocha-same-name", "mocha-junit-reporter"]
    names += ["pytest-subtests", "pytest-teardown", "merged-by-junit-report-merger"]
    records = [junit.read(WRITTEN / f"{name}.xml", name) for name in names]
    assert repeats(records).keys() == {"merged-by-junit-report-merger"}


@pytest.mark.parametrize("root", ["failsafe-summary", "testng-results"])
def test_summaries_are_no_results(root: str) -> None:
    assert not junit.matches("summary.xml", f"<?xml version='1.0'?><{root}>".encode())


def test_a_file_that_another_suite_repeats_counts_in_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(A)
    record = junit.read(tmp_path / "a.xml", "a.xml")
    one, two = replace(record, suite="unit"), replace(record, suite="all")
    assert once([one, two]).records == (one, two)


def test_a_file_counts_in_the_suite_in_which_it_repeats_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(A)
    (tmp_path / "b.xml").write_text(A)
    a, b = (junit.read(tmp_path / name, name) for name in ("a.xml", "b.xml"))
    unit = [replace(r, suite="unit") for r in (a, b)]
    every = replace(b, suite="all")
    assert once([*unit, every]).records == (unit[0], every)


def test_an_aggregate_that_unites_suites_of_one_name_is_left_out(tmp_path: Path) -> None:
    one, two = part("A", "0.1"), part("A", "0.2", "0.3", stamp="2026-11-30T07:00:00")
    whole = (
        part("A", "0.1", "0.2", "0.3").replace("name='t2'", "name='t1'").replace("name='t1'", "name='t0'", 1)
    )
    assert left_out(tmp_path, one=one, two=two, whole=whole).keys() == {"whole"}


@pytest.mark.parametrize("other", ["0.4", "0"], ids=["another time", "no times"])
def test_the_cases_of_two_shards_in_a_third_with_other_times_count_each(tmp_path: Path, other: str) -> None:
    whole = together(part("A", "0", stamp="x"), part("B", other, stamp="y"))
    assert left_out(tmp_path, a=part("A", "0"), b=part("B", "0"), whole=whole) == {}


TWICE = "<testcase name='a' time='0.1'><failure/></testcase><testcase name='a' time='0.2'/>"


def test_a_file_that_lost_who_wrote_it_is_no_repeat_where_it_has_fewer_failures(tmp_path: Path) -> None:
    suite = f"<testsuite timestamp='x'>{TWICE}</testsuite>"
    known = f"<testsuites name='vitest tests'>{suite}</testsuites>"
    assert left_out(tmp_path, known=known, merged=together(suite)) == {}


def test_of_files_that_lost_who_wrote_them_the_parts_count(tmp_path: Path) -> None:
    suite = f"<testsuite timestamp='x'>{TWICE}</testsuite>"
    known = f"<testsuites name='vitest tests'>{suite}</testsuites>"
    assert left_out(tmp_path, known=known, a=A, merged=together(suite, A)).keys() == {"merged"}


def test_an_aggregate_with_a_failure_that_its_parts_do_not_have_counts(tmp_path: Path) -> None:
    suite = f"<testsuite timestamp='x'>{TWICE}</testsuite>"
    whole = f"<testsuites name='vitest tests'>{suite}{A}</testsuites>"
    assert "whole" not in left_out(tmp_path, part=suite, a=A, whole=whole)


a_case = st.builds(
    "<testcase classname='A' name='{}' time='{}'>{}</testcase>".format,
    st.sampled_from(["t", "@BeforeClass t", "t[1]"]),
    st.sampled_from(["0", "0.1"]),
    st.sampled_from(["", "<failure/>", "<error/>", "<skipped/>", "<flakyFailure/>"]),
)
a_file = st.builds(
    "<testsuites name='{}'><testsuite timestamp='x'>{}</testsuite></testsuites>".format,
    st.sampled_from(["", "vitest tests"]),
    st.lists(a_case, min_size=1, max_size=2).map("".join),
)


@given(st.lists(a_file, max_size=4))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_run_with_a_failure_keeps_one_whatever_is_left_out(tmp_path: Path, files: list[str]) -> None:
    runner = [of_runner(tmp_path, xml, f"target/{n}.xml") for n, xml in enumerate(files)]
    own = [of_testng(tmp_path, xml, f"target/junitreports/{n}.xml") for n, xml in enumerate(files[1:])]
    records = [*runner[: len(files) // 2 + 1], *own]
    kept = once(records).records
    assert any(r.tests for r in records) == any(r.tests for r in kept)
    assert any(r.failed + r.errors for r in records) == any(r.failed + r.errors for r in kept)
