from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.records import CaseOutcome, TestsRecord
from sluicegate.evidence.tests.case import MAX_DETAILS
from sluicegate.evidence.tests.junit import READER, matches
from sluicegate.evidence.tests.suites import MAX_CASES
from support.coverage_reports import sample
from support.examples import at_most
from support.gen_results import write_junit
from support.results import RESULTS, counts, mutate, read_junit, suite, survives

fuzzing = settings(
    max_examples=at_most(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def outcomes(folder: Path, xml: str) -> list[tuple[str, CaseOutcome]]:
    return [(case.name, case.outcome) for case in read_junit(folder, xml).cases]


def test_counts_each_outcome(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a pass", "b fail", "c error", "d skip"]))
    assert (record.tests, counts(record)) == (4, {"passed": 1, "failed": 1, "errors": 1, "skipped": 1})
    assert record.duration == 2.0


def test_names_failures_first_then_flaky_then_skipped(tmp_path: Path) -> None:
    names = [
        name for name, _ in outcomes(tmp_path, suite(["a skip", "b flaky", "c pass", "d fail", "e error"]))
    ]
    assert names == ["d", "e", "b", "a"]


def test_reads_nested_suites(tmp_path: Path) -> None:
    inner = f"<testsuite>{suite(['b fail'])}</testsuite>"
    xml = f"<testsuites><testsuite name='outer'>{suite(['a pass'])}{inner}</testsuite></testsuites>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1, "failed": 1}


def test_reads_the_root_of_eclipse(tmp_path: Path) -> None:
    cases = "<testcase name='a' ignored='true'/><testcase name='b'/>"
    xml = f"<testrun tests='2'><testsuite name='s'>{cases}</testsuite></testrun>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1, "skipped": 1}


@pytest.mark.parametrize("attributes", ["status='notrun'", "status='disabled'", "result='suppressed'"])
def test_a_case_that_did_not_run_is_skipped(tmp_path: Path, attributes: str) -> None:
    xml = f"<testsuite><testcase name='a' {attributes}/></testsuite>"
    assert counts(read_junit(tmp_path, xml)) == {"skipped": 1}


def test_a_case_that_did_not_run_keeps_its_name_before_a_failure(tmp_path: Path) -> None:
    xml = (
        "<testsuite><testcase name='a' status='notrun'/><testcase name='b'><failure/></testcase></testsuite>"
    )
    assert outcomes(tmp_path, xml) == [("b", CaseOutcome.FAILED), ("a", CaseOutcome.SKIPPED)]


def test_a_failed_status_without_a_failure_element_fails(tmp_path: Path) -> None:
    assert counts(read_junit(tmp_path, "<testsuite><testcase name='a' status='failed'/></testsuite>")) == {
        "failed": 1
    }


def test_a_suite_without_cases_counts_by_its_attributes(tmp_path: Path) -> None:
    xml = "<testsuites><testsuite tests='9' failures='1' errors='2' skipped='3' time='1,000.5'/></testsuites>"
    record = read_junit(tmp_path, xml)
    assert counts(record) == {"passed": 3, "failed": 1, "errors": 2, "skipped": 3}
    assert (record.duration, record.cases_dropped) == (1000.5, 6)


def test_a_file_without_tests_has_none(tmp_path: Path) -> None:
    assert read_junit(tmp_path, "<testsuites/>").tests == 0


def test_joins_several_failures_of_one_case(tmp_path: Path) -> None:
    failures = "<failure message='one'>x</failure><failure message='two'>y</failure>"
    xml = f"<testsuite><testcase name='a'>{failures}</testcase></testsuite>"
    record = read_junit(tmp_path, xml)
    assert counts(record) == {"failed": 1}
    assert (record.cases[0].message, record.cases[0].details) == ("one", "x\n\ny")


@pytest.mark.parametrize("lines", [500, 100_000])
def test_of_a_long_trace_the_end_is_kept_and_its_first_line_is_the_message(
    tmp_path: Path, lines: int
) -> None:
    trace = "\n".join(["ValueError: no", *(f"  at line {n}" for n in range(lines)), "the end"])
    xml = f"<testsuite><testcase name='a'><failure>{trace}</failure></testcase></testsuite>"
    case = read_junit(tmp_path, xml).cases[0]
    assert (case.message, case.details[-7:], len(case.details)) == ("ValueError: no", "the end", MAX_DETAILS)


def test_of_a_long_message_the_end_is_kept(tmp_path: Path) -> None:
    message = f"expected {'x' * 5000} to be sorted"
    xml = f"<testsuite><testcase name='a'><failure message='{message}'/></testcase></testsuite>"
    found = read_junit(tmp_path, xml).cases[0].message
    assert (found[:10], found[-12:]) == ("expected x", "to be sorted")


def test_output_and_properties_are_no_results(tmp_path: Path) -> None:
    xml = (
        "<testsuite><properties><property name='error' value='x'/></properties><testcase name='a'>"
        "<properties><property name='failure'/></properties><system-out>&lt;failure/&gt;</system-out>"
        "</testcase><system-err>boom</system-err></testsuite>"
    )
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1}


def test_finds_the_place_of_a_case(tmp_path: Path) -> None:
    attributes = "name='a' file='tests/a.py' line='7' time='1'"
    xml = f"<testsuite name='s'><testcase {attributes}><failure/></testcase></testsuite>"
    case = read_junit(tmp_path, xml).cases[0]
    assert (case.suite, case.path, case.line, case.duration) == ("s", "tests/a.py", 7, 1.0)


def test_a_case_without_a_name_is_named_after_its_suite(tmp_path: Path) -> None:
    case = read_junit(tmp_path, "<testsuite name='s'><testcase><failure/></testcase></testsuite>").cases[0]
    assert (case.suite, case.name) == ("", "s")


@pytest.mark.parametrize("texts", [["1.5", "soon"], ["<<computed>>"], [""]])
def test_an_invalid_time_leaves_the_duration_unknown(tmp_path: Path, texts: list[str]) -> None:
    cases = "".join(f"<testcase name='{n}' time={quoteattr(text)}/>" for n, text in enumerate(texts))
    assert read_junit(tmp_path, f"<testsuite>{cases}</testsuite>").duration is None


def test_reads_elements_with_a_namespace_prefix(tmp_path: Path) -> None:
    case = "<j:testcase name='a'><j:failure message='no'/></j:testcase><j:testcase name='b'/>"
    xml = f"<j:testsuites xmlns:j='urn:j'><j:testsuite name='s'>{case}</j:testsuite></j:testsuites>"
    assert matches("x.xml", xml.encode())
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1, "failed": 1}


def test_the_names_of_cases_are_those_of_their_records(tmp_path: Path) -> None:
    xml = "<testsuite name='s'><testcase><failure/></testcase><testcase name='a' classname='c'/></testsuite>"
    assert read_junit(tmp_path, xml).names == frozenset({"::s", "c::a"})


def test_a_failure_of_the_suite_is_the_name_of_no_case(tmp_path: Path) -> None:
    xml = "<testsuite name='s'><error/><testcase name='a'/></testsuite>"
    assert read_junit(tmp_path, xml).names == frozenset({"s::a"})


@pytest.mark.parametrize("attributes", [{"errors": "1"}, {"tests": "9"}])
def test_a_file_that_does_not_list_all_names_none(tmp_path: Path, attributes: dict[str, str]) -> None:
    stated = " ".join(f"{k}='{v}'" for k, v in attributes.items())
    assert read_junit(tmp_path, f"<testsuites {stated}>{suite(['a pass'])}</testsuites>").names is None


# --- retries ---


def test_failed_then_passed_is_one_flaky_case(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a fail", "b pass", "a pass"]))
    assert counts(record) == {"passed": 2, "flaky": 1}
    assert [(c.name, c.outcome, c.message) for c in record.cases] == [("a", CaseOutcome.FLAKY, "no")]
    assert record.source.note == "1 retry merged"


def test_passed_then_failed_stays_failed(tmp_path: Path) -> None:
    assert counts(read_junit(tmp_path, suite(["a pass", "a fail"]))) == {"passed": 1, "failed": 1}


def test_parametrised_cases_of_one_name_count_each(tmp_path: Path) -> None:
    assert counts(read_junit(tmp_path, suite(["a pass"] * 3, tests=3))) == {"passed": 3}


def test_the_declared_count_identifies_a_rerun_that_looks_passed_twice(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a pass", "b pass", "b pass", "c pass"], name="pytest", tests=3))
    assert (record.tests, counts(record)) == (3, {"passed": 3, "flaky": 1})
    assert [(c.name, c.outcome) for c in record.cases] == [("b", CaseOutcome.FLAKY)]


def test_a_rerun_that_fails_in_the_end_failed_once(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a pass", "a pass", "a fail", "b pass"], name="pytest", tests=2))
    assert counts(record) == {"passed": 1, "failed": 1}


def test_a_failure_whose_teardown_broke_stays_a_failure_and_an_error(tmp_path: Path) -> None:
    cases = ["a fail", "a error", "a fail", "a error", "b pass"]
    record = read_junit(tmp_path, suite(cases, name="pytest", tests=4))
    assert counts(record) == {"passed": 1, "failed": 1, "errors": 1}
    assert [c.outcome for c in record.cases] == [CaseOutcome.FAILED, CaseOutcome.ERROR]


def test_suites_of_one_name_are_shards_and_never_retries(tmp_path: Path) -> None:
    xml = f"<testsuites>{suite(['a fail'], name='pytest')}{suite(['a pass'], name='pytest')}</testsuites>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1, "failed": 1}


def test_the_file_of_a_case_is_part_of_its_identity(tmp_path: Path) -> None:
    failed = "<testcase name='a' file='x'><failure/></testcase>"
    xml = f"<testsuite>{failed}<testcase name='a' file='y'/></testsuite>"
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1, "failed": 1}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("name='adds' line='3'", "name='adds' line='9'"),
        ("name='adds' file='x'", "name='adds' file='y'"),
        ("", ""),
        ("name=''", "name=''"),
        ("id='tests/a.hurl'", "id='tests/b.hurl'"),
    ],
)
def test_two_cases_are_no_attempts_of_one(tmp_path: Path, first: str, second: str) -> None:
    cases = f"<testcase {first}><failure/></testcase><testcase {second}/>"
    assert counts(read_junit(tmp_path, f"<testsuite>{cases}</testsuite>")) == {"passed": 1, "failed": 1}


def test_an_identifier_that_the_runner_draws_anew_does_not_tell_attempts_apart(tmp_path: Path) -> None:
    cases = "<testcase name='a' id='1'><failure/></testcase><testcase name='a' id='2'/>"
    assert counts(read_junit(tmp_path, f"<testsuite>{cases}</testsuite>")) == {"passed": 1, "flaky": 1}


@pytest.mark.parametrize(("root", "expected"), [("testsuites", 1), ("testrun", 1), ("testsuite", 0)])
def test_cases_of_no_suite_are_no_attempts(tmp_path: Path, root: str, expected: int) -> None:
    cases = "<testcase name='a'><failure/></testcase><testcase name='a'/>"
    assert read_junit(tmp_path, f"<{root}>{cases}</{root}>").failed == expected


def test_jest_leaves_what_is_to_do_out_of_its_count_and_nothing_is_a_retry(tmp_path: Path) -> None:
    cases = ["same pass", "same pass", "later pass"]
    assert counts(read_junit(tmp_path, suite(cases, tests=2))) == {"passed": 3}


def test_surefire_states_flaky_and_rerun_in_one_element(tmp_path: Path) -> None:
    assert counts(read_junit(tmp_path, suite(["a flaky", "b fail rerun", "c rerun"]))) == {
        "passed": 1,
        "flaky": 1,
        "failed": 2,
    }


def test_names_a_bounded_number_of_cases(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite([f"t{i} fail" for i in range(MAX_CASES + 7)]))
    assert (len(record.cases), record.cases_dropped) == (MAX_CASES, 7)


# --- damage ---


def test_replaces_control_characters(tmp_path: Path) -> None:
    failure = b"<failure message='&#x1b;[31m'>\x00\x1b\xff</failure>"
    xml = b"<testsuite><testcase name='a'>" + failure + b"</testcase></testsuite>"
    record = read_junit(tmp_path, xml)
    assert counts(record) == {"failed": 1}
    assert record.source.note == "4 characters replaced that XML forbids"


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "not xml",
        "<html><body/></html>",
        "<testsuite><testcase name='a'>",
        "<testsuite>" * 200,
        '<!DOCTYPE t [<!ENTITY a "b">]><testsuite/>',
        '<?xml version="1.0" encoding="utf-7"?><testsuite/>',
        '<?xml version="1.0" encoding="no-such"?><testsuite/>',
        "<testsuite name='&nbsp;'/>",
    ],
)
def test_refuses_what_is_no_report(tmp_path: Path, xml: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_junit(tmp_path, xml)
    assert caught.value.where == "junit.xml"


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"<?xml version='1.0' encoding='utf8'?>{}", "encoding 'utf8' read as UTF-8"),
        (b"<?xml version='1.0' encoding='UTF_8'?>{}", "encoding 'UTF_8' read as UTF-8"),
        (b"<?xml version='1.0' encoding='utf-16'?>{}", "encoding 'utf-16' read as UTF-8"),
        ("<?xml version='1.0' encoding='utf-8'?>{}".encode("utf-16"), "encoding 'utf-8' read as UTF-16LE"),
        ("<?xml version='1.0' encoding='utf-16'?>{}".encode("utf-16"), ""),
        ("{}".encode("utf-16"), ""),
        (b"\n \r\n<?xml version='1.0'?>{}", "blank before the XML declaration left out"),
        ("\ufeff\n<?xml version='1.0'?>{}".encode(), "blank before the XML declaration left out"),
        ("\n<?xml version='1.0'?>{}".encode("utf-16"), "blank before the XML declaration left out"),
    ],
)
def test_tolerates_a_beginning_that_loses_nothing(tmp_path: Path, data: bytes, note: str) -> None:
    mark = data[:2] == b"\xff\xfe"
    body = suite(["\u00e9 fail"]).encode("utf-16-le" if mark else "utf-8")
    xml = data.replace("{}".encode("utf-16-le") if mark else b"{}", body)
    assert matches("x.xml", xml[:4096])
    record = read_junit(tmp_path, xml)
    assert ([c.name for c in record.cases], record.source.note) == (["\u00e9"], note)


def test_a_tolerated_beginning_and_a_forbidden_character_are_both_noted(tmp_path: Path) -> None:
    xml = b"\n<?xml version='1.0' encoding='utf8'?><testsuite><testcase name='\x1b'/></testsuite>"
    assert read_junit(tmp_path, xml).source.note == (
        "blank before the XML declaration left out; encoding 'utf8' read as UTF-8; "
        "1 character replaced that XML forbids"
    )


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (
            "<testsuite name='pytest'>\n<testcase name='a'>",
            "line 2, in the case 'a' of the suite 'pytest' (written by pytest)",
        ),
        ("<testsuite name='s'>\n<testcase name='a'/>\n</testsuites>", "line 3, in the suite 's'"),
        ("\n\n<?xml version='1.0'?>\n<testsuite><testcase/>", "line 4"),
    ],
)
def test_damage_names_line_element_and_producer(tmp_path: Path, xml: str, said: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_junit(tmp_path, xml)
    assert caught.value.what.endswith(f"at {said}")


def test_refuses_an_attribute_that_would_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="one XML tag"):
        read_junit(tmp_path, b"<testsuite name='" + b"x" * (40 << 20) + b"'/>")


def test_a_doctype_alone_is_normal(tmp_path: Path) -> None:
    xml = '<!DOCTYPE testsuite SYSTEM "junit.dtd">' + suite(["a pass"])
    assert counts(read_junit(tmp_path, xml)) == {"passed": 1}


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.sampled_from(sorted(RESULTS)), max_size=3)), max_size=20
    )
)
@fuzzing
def test_a_file_with_a_failing_last_attempt_is_never_green(
    tmp_path: Path, cases: list[tuple[str, list[str]]]
) -> None:
    record = read_junit(tmp_path, suite([f"{name} {' '.join(results)}" for name, results in cases]))
    bad = {name for name, results in dict(cases).items() if {"fail", "error", "rerun"} & set(results)}
    assert record.failed + record.errors >= len(bad)


@given(st.binary(max_size=300))
@fuzzing
def test_any_bytes_give_a_record_or_our_error(tmp_path: Path, data: bytes) -> None:
    matches("x", data)
    survives(lambda: read_junit(tmp_path, data), "junit.xml")


@given(st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=6)), min_size=1, max_size=4))
@fuzzing
def test_a_damaged_file_gives_a_record_or_our_error(tmp_path: Path, edits: list[tuple[int, bytes]]) -> None:
    good = suite(["a pass", "b fail", "b pass", "c error", "d skip", "e flaky", "d pass"], tests=6).encode()
    survives(lambda: read_junit(tmp_path, mutate(good, edits)), "junit.xml")


# --- recognition ---


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"<testsuites>", True),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- <coverage> -->\n<testsuite name="x">', True),
        (b"<!DOCTYPE x [<!ELEMENT a ANY>]>\n<testsuite/>", True),
        ("<testsuites>".encode("utf-16"), True),
        (b"<testrun name='x'>", True),
        (b"<coverage><testsuite/>", False),
        (b"<testsuiteful>", False),
        (b"", False),
    ],
)
def test_recognises_by_the_root(head: bytes, expected: bool) -> None:
    assert READER.matches("any.xml", head) is expected


# --- real files, and size ---


@pytest.mark.parametrize(
    ("name", "tests", "expected"),
    [
        ("junit-eclipse-plugin.xml", 3366, {"passed": 3366}),
        ("junit-jest.xml", 4239, {"passed": 4207, "failed": 2, "skipped": 30}),
        ("junit-pulsar.xml", 808, {"passed": 793, "failed": 1, "skipped": 14}),
        ("junit-pytest-gloo.xml", 97, {"passed": 80, "skipped": 17}),
        # Not well-formed (`time="<<computed>>"`), and its attributes disagree with its cases.
        ("junit-retries.xml", 7, {"passed": 5, "failed": 1, "skipped": 1, "flaky": 1}),
    ],
)
def test_real_files_have_the_totals_that_they_tell(name: str, tests: int, expected: dict[str, int]) -> None:
    path = sample(f"tests/{name}")
    record = READER.read(path, name)
    assert isinstance(record, TestsRecord)
    assert READER.matches(name, path.read_bytes()[:4096])
    assert (record.tests, counts(record)) == (tests, expected)


def test_reads_what_the_generator_writes(tmp_path: Path) -> None:
    write_junit(tmp_path / "big.xml", 3001)
    record = READER.read(tmp_path / "big.xml", "big.xml")
    assert isinstance(record, TestsRecord)
    assert counts(record) == {"passed": 2994, "failed": 4, "skipped": 3}


def test_all_cases_are_named_as_their_findings_are(tmp_path: Path) -> None:
    record = read_junit(tmp_path, suite(["a pass", "b fail", "Class::c skip", "d flaky", "d pass"]))
    assert record.names == frozenset({"suite::a", "suite::b", "Class::c", "suite::d"})
    assert {f"{c.suite}::{c.name}" for c in record.cases} <= record.names


def test_a_case_without_a_class_has_the_name_of_its_suite(tmp_path: Path) -> None:
    assert read_junit(tmp_path, '<testsuite name="s"><testcase name="a"/></testsuite>').names == frozenset(
        {"s::a"}
    )


def test_a_suite_that_only_counts_names_no_cases(tmp_path: Path) -> None:
    assert read_junit(tmp_path, '<testsuite name="s" tests="2"/>').names is None


def test_too_many_names_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluicegate.evidence.tests.suites.MAX_NAMES", 1)
    assert read_junit(tmp_path, suite(["a pass", "b pass"])).names is None
