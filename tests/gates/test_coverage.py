"""The gate `coverage`."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import Change, FileChange, NoChange, lines_to_bits
from sluicegate.core.model import Problem, Source
from sluicegate.core.statuses import CriterionStatus, GateStatus
from sluicegate.criteria import Items, Measures
from sluicegate.evidence.coverage.summary import count_file
from sluicegate.evidence.records import CoverageRecord, Evidence, FileCoverage
from sluicegate.gates.coverage import MAX_RECORDED, measure
from sluicegate.gates.interface import Context
from sluicegate.gates.measures import by_name, count, percentage
from sluicegate.history.baseline import Before
from sluicegate.policy.model import SourceSettings
from support.evidence import change, coverage, policy, settings, value, verdict

LINES = "src/a.py: 1+ 2+ 3- 4+\nsrc/b.py: 1+ 2-"
BRANCHES = "src/a.py: 1+ 2+(1/2) 3- 4+(2/2)"


def test_total_is_the_line_rate_without_branches() -> None:
    result = verdict(Evidence(coverage=(coverage(LINES),)), settings("coverage", "total >= 60%"))
    assert result.measures["total"].value == Fraction(400, 6)
    assert result.measures["total"].of == (4, 6)


def test_total_combines_lines_and_branches_as_coveragepy_does() -> None:
    result = verdict(Evidence(coverage=(coverage(BRANCHES),)), settings("coverage", "total >= 60%"))
    assert result.measures["total"].of == (3 + 3, 4 + 4)
    assert (value(result, "line"), value(result, "branch")) == (75.0, 75.0)


def test_nothing_is_rounded_towards_a_pass() -> None:
    lines = " ".join(f"{n}{'+' if n <= 7999 else '-'}" for n in range(1, 10_001))
    result = verdict(Evidence(coverage=(coverage(f"a.py: {lines}"),)), settings("coverage", "total >= 80%"))
    assert result.status is GateStatus.FAIL


def test_the_patch_counts_only_added_executable_lines() -> None:
    evidence = Evidence(coverage=(coverage(LINES),), change=change("src/a.py: 2-9\nREADME.md: 1"))
    result = verdict(evidence, settings("coverage", "patch.line >= 60%"))
    assert result.measures["patch.line"].of == (2, 3)


def test_uncovered_added_lines_are_findings_with_their_place() -> None:
    evidence = Evidence(coverage=(coverage("a.py: 1+ 2- 3- 5-"),), change=change("a.py: 1-5"))
    result = verdict(evidence, settings("coverage", "patch.line >= 60%"))
    assert [(f.path, f.line, f.end_line) for f in result.findings] == [("a.py", 2, 3), ("a.py", 5, 5)]


def test_a_partial_branch_of_the_change_is_a_finding() -> None:
    evidence = Evidence(coverage=(coverage(BRANCHES),), change=change("src/a.py: 2"))
    result = verdict(evidence, settings("coverage", "patch.branch >= 10%"))
    assert [(f.rule, f.line) for f in result.findings] == [("partial-branch", 2)]


def test_the_remedy_names_file_and_line() -> None:
    evidence = Evidence(coverage=(coverage("a.py: 1+ 2- 3-"),), change=change("a.py: 1-3"))
    result = verdict(evidence, settings("coverage", "patch.line >= 90%"))
    assert any("a.py:2" in r for r in result.remedies)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("README.md: 1-3", "the change adds no executable line"),
        ("src/a.py: 99", "the change adds no executable line"),
    ],
)
def test_a_change_without_executable_lines_skips_the_patch(text: str, reason: str) -> None:
    evidence = Evidence(coverage=(coverage(LINES),), change=change(text))
    result = verdict(evidence, settings("coverage", "patch.line >= 90%"))
    assert [(c.status, c.reason) for c in result.criteria] == [(CriterionStatus.SKIPPED, reason)]


def test_without_a_change_the_patch_is_skipped_with_the_reason() -> None:
    evidence = Evidence(coverage=(coverage(LINES),), change=NoChange("not a git repository"))
    result = verdict(evidence, settings("coverage", "patch.line >= 90%", "total >= 10%"))
    assert result.criteria[0].reason == "not a git repository"
    assert result.status is GateStatus.PASS


def test_a_report_of_other_paths_makes_the_patch_unknown() -> None:
    record = coverage("elsewhere/a.py: 1+")
    record = CoverageRecord(record.source, record.files, False, unresolved=("elsewhere/a.py",))
    evidence = Evidence(coverage=(record,), change=change("src/a.py: 1"))
    result = verdict(evidence, settings("coverage", "patch.line >= 90%"))
    assert result.status is GateStatus.ERROR


def test_a_path_that_may_be_a_changed_file_makes_the_patch_unknown() -> None:
    record = coverage("src/a.py: 1+\n/usr/src/other/lib/b.py: 1+")
    record = replace(record, unresolved=("/usr/src/other/lib/b.py",))
    evidence = Evidence(coverage=(record,), change=change("src/a.py: 1\nlib/b.py: 1"))
    result = verdict(evidence, settings("coverage", "patch.line >= 90%"))
    assert result.criteria[0].status is CriterionStatus.UNKNOWN
    assert "/usr/src/other/lib/b.py may be lib/b.py" in result.criteria[0].reason


def test_a_path_that_ends_like_a_changed_file_which_is_measured_is_another_file() -> None:
    record = coverage("lib/a.c: 1+ 2- 3- 4-\n/usr/src/zlib/lib/a.c: 1+ 2+ 3+ 4+")
    record = replace(record, unresolved=("/usr/src/zlib/lib/a.c",))
    evidence = Evidence(coverage=(record,), change=change("lib/a.c: 1-4"))
    assert value(verdict(evidence, settings("coverage", "patch.line >= 1%")), "patch.line") == 25.0


def test_two_reports_of_one_file_are_united() -> None:
    evidence = Evidence(coverage=(coverage("a.py: 1+ 2-", "unit.xml"), coverage("a.py: 1- 2+", "e2e.xml")))
    assert value(verdict(evidence, settings("coverage", "line >= 1%")), "line") == 100.0


def test_a_selector_judges_every_file_and_names_the_worst() -> None:
    result = verdict(Evidence(coverage=(coverage(LINES),)), settings("coverage", 'file["src/*"].line >= 60%'))
    assert (result.criteria[0].status, result.criteria[0].subject) == (CriterionStatus.FAIL, "src/b.py")


def test_excluded_files_do_not_count() -> None:
    source = SourceSettings(exclude=("src/b.py",))
    result = verdict(Evidence(coverage=(coverage(LINES),)), settings("coverage", "line >= 1%"), source=source)
    assert result.measures["line"].of == (3, 4)


def test_the_remedy_of_an_untaken_branch_names_its_line() -> None:
    evidence = Evidence(coverage=(coverage(BRANCHES),), change=change("src/a.py: 2"))
    result = verdict(evidence, settings("coverage", "patch.uncovered == 0"))
    assert result.remedies == ("Test both outcomes of the conditions that begin at src/a.py:2.",)


def test_required_without_a_report_is_an_error_with_a_remedy() -> None:
    result = verdict(Evidence(), settings("coverage", "total >= 80%"))
    assert result.status is GateStatus.ERROR
    assert "required: auto" in result.problems[0].remedy


def test_from_a_preset_without_a_report_is_skipped() -> None:
    result = verdict(Evidence(), settings("coverage", "total >= 80%", required=False))
    assert result.status is GateStatus.SKIPPED


def test_an_unreadable_report_is_an_error_even_when_not_required() -> None:
    evidence = Evidence(problems={"coverage": (Problem("is empty", "coverage.xml"),)})
    result = verdict(evidence, settings("coverage", "total >= 80%", required=False))
    assert result.status is GateStatus.ERROR


LINE_SETS = st.sets(st.integers(1, 60), min_size=1)


@given(executable=LINE_SETS, ran=LINE_SETS, more=st.integers(1, 60))
def test_covering_one_more_line_never_gives_a_worse_status(
    executable: set[int], ran: set[int], more: int
) -> None:
    def status(lines: set[int]) -> GateStatus:
        file = FileCoverage("a.py", lines_to_bits(executable), lines_to_bits(lines & executable))
        record = CoverageRecord(Source("c.xml", "cobertura"), {"a.py": file}, False)
        return verdict(Evidence(coverage=(record,)), settings("coverage", "total >= 50%")).status

    assert (status(ran), status(ran | {more})) != (GateStatus.PASS, GateStatus.FAIL)


@given(executable=LINE_SETS, ran=LINE_SETS, added=LINE_SETS)
def test_the_patch_is_what_counting_by_hand_gives(
    executable: set[int], ran: set[int], added: set[int]
) -> None:
    text = " ".join(f"{n}{'+' if n in ran else '-'}" for n in executable)
    evidence = Evidence(
        coverage=(coverage(f"a.py: {text}"),), change=change("a.py: " + " ".join(map(str, added)))
    )
    measure = verdict(evidence, settings("coverage", "total >= 0%")).measures["patch.line"]
    expected = (len(ran & executable & added), len(executable & added))
    assert measure.of == (expected if expected[1] else None)


@pytest.mark.parametrize("name", ["total", "line"])
def test_a_report_without_a_line_has_measured_nothing(name: str) -> None:
    result = verdict(Evidence(coverage=(coverage("src/a.py:"),)), settings("coverage", f"{name} >= 80%"))
    assert (result.criteria[0].status, result.status) == (CriterionStatus.UNKNOWN, GateStatus.ERROR)


@pytest.mark.parametrize(("lines", "rate"), [("1+ 2+ 3-", "66.67%"), ("1+ 2-", "50%")])
def test_a_files_rate_has_the_precision_of_a_criterion(lines: str, rate: str) -> None:
    result = verdict(Evidence(coverage=(coverage(f"a.py: {lines}"),)), settings("coverage"))
    assert result.tables[-1].rows[0][1] == rate


def test_a_file_with_an_uncovered_line_is_never_shown_as_whole() -> None:
    lines = " ".join(f"{n}{'-' if n == 1 else '+'}" for n in range(1, 100_001))
    result = verdict(Evidence(coverage=(coverage(f"a.py: {lines}"),)), settings("coverage"))
    assert result.tables[-1].rows[0][1] == "99.999%"


@pytest.mark.parametrize("how", ["binary", "unaligned"])
@pytest.mark.parametrize(
    ("lines", "status"), [("src/b.py: 1", CriterionStatus.WARN), ("", CriterionStatus.UNKNOWN)]
)
def test_a_measured_file_whose_lines_are_not_known_leaves_the_patch_in_doubt(
    lines: str, status: CriterionStatus, how: str
) -> None:
    hidden = FileChange("src/a.py", "src/a.py", binary=how == "binary", unaligned=how == "unaligned")
    changed = Change({**change(lines).files, "src/a.py": hidden})
    result = verdict(
        Evidence(coverage=(coverage(LINES),), change=changed), settings("coverage", "patch.line >= 10%")
    )
    assert result.criteria[0].status is status
    assert "src/a.py" in result.criteria[0].reason


# --- uncovered lines -----------------------------------------------------------------------------


def test_uncovered_are_lines_not_run_and_lines_with_an_untaken_branch() -> None:
    text = "a.py: 1+ 2- 3+(1/2) 4-(0/2) 5+(2/2)\nb.py: 1-"
    result = verdict(Evidence(coverage=(coverage(text),)), settings("coverage", "uncovered <= 4"))
    assert value(result, "uncovered") == 4


def test_of_the_change_only_added_lines_are_counted() -> None:
    evidence = Evidence(coverage=(coverage(BRANCHES),), change=change("src/a.py: 2-3"))
    result = verdict(evidence, settings("coverage", "patch.uncovered <= 4"))
    assert (value(result, "patch.uncovered"), value(result, "patch.lines")) == (2, 2)


def test_a_file_has_uncovered_lines_too() -> None:
    chosen = settings("coverage", 'file["src/*"].uncovered <= 0')
    (criterion,) = verdict(Evidence(coverage=(coverage(LINES),)), chosen).criteria
    assert (criterion.status, str(criterion.actual)) == (CriterionStatus.FAIL, "1")


def test_a_change_without_executable_lines_has_no_uncovered_ones() -> None:
    evidence = Evidence(coverage=(coverage(LINES),), change=change("README.md: 1"))
    result = verdict(evidence, settings("coverage", "patch.total >= 80% or patch.uncovered <= 3"))
    assert result.criteria[0].status is CriterionStatus.SKIPPED


NEVER_LESS = "total >= baseline or uncovered <= baseline"


def shrunk(
    text: str, *measured: str, files: str = "a.py b.py", change: Change | None = None
) -> CriterionStatus:
    """What comes of a baseline of 90 % with 10 uncovered lines, which measured these files."""
    before = by_name([percentage("total", 90, 100, empty=""), count("uncovered", 10)])
    evidence = Evidence(
        coverage=(coverage(text),), files=frozenset(files.split()), change=change or NoChange("none")
    )
    chosen = settings("coverage", NEVER_LESS)
    result = verdict(evidence, chosen, baseline=Measures(before), before=Before(measured or None))
    return result.criteria[0].status


TEN_UNCOVERED = "a.py: " + " ".join(f"{n}{'-' if n <= 10 else '+'}" for n in range(1, 91))
NINE_UNCOVERED = "a.py: " + " ".join(f"{n}{'-' if n <= 9 else '+'}" for n in range(1, 71))


@pytest.mark.parametrize("text", [TEN_UNCOVERED, NINE_UNCOVERED])
def test_deleting_covered_lines_does_not_fail(text: str) -> None:
    assert shrunk(text, "a.py") is CriterionStatus.PASS


def test_a_report_that_lost_a_file_does_not_pass_by_its_fewer_lines() -> None:
    assert shrunk(NINE_UNCOVERED, "a.py", "b.py") is CriterionStatus.FAIL


def test_alone_it_is_unknown_and_names_the_files() -> None:
    before = Measures(by_name([count("uncovered", 10)]))
    evidence = Evidence(coverage=(coverage(NINE_UNCOVERED),), files=frozenset({"a.py", "b.py"}))
    chosen = settings("coverage", "uncovered <= baseline")
    (found,) = verdict(evidence, chosen, baseline=before, before=Before(("a.py", "b.py"))).criteria
    assert found.status is CriterionStatus.UNKNOWN
    assert "b.py" in found.reason


def test_a_deleted_file_need_not_be_measured() -> None:
    assert shrunk(NINE_UNCOVERED, "a.py", "b.py", files="a.py") is CriterionStatus.PASS


def test_a_renamed_file_need_not_be_measured_under_its_old_name() -> None:
    renamed = Change({"a.py": FileChange("a.py", "b.py")})
    assert shrunk(NINE_UNCOVERED, "a.py", "b.py", change=renamed) is CriterionStatus.PASS


def test_a_baseline_that_names_no_files_counts_for_nothing() -> None:
    assert shrunk(NINE_UNCOVERED) is CriterionStatus.FAIL


def test_the_measured_files_are_kept_where_a_criterion_compares_them() -> None:
    evidence = Evidence(coverage=(coverage(LINES),))
    assert verdict(evidence, settings("coverage", NEVER_LESS)).cases == frozenset({"src/a.py", "src/b.py"})
    assert verdict(evidence, settings("coverage", "total >= baseline")).cases is None


def changed(base: str = "", edited: str = "src/a.py: 2-9\nsrc/b.py: 1") -> list[tuple[str, ...]]:
    """The table of changed files, its head first; `base` is the coverage of the baseline's files."""
    found = coverage(base).files.values()
    before = {f.path: by_name([percentage("total", *count_file(f).total, empty="")]) for f in found}
    return changed_rows(before, change(edited))


def changed_rows(before: Items, edited: Change) -> list[tuple[str, ...]]:
    chosen = settings("coverage", "total >= 1%")
    context = Context(policy(chosen), chosen, baseline=Measures({}, {"file": before}))
    tables = measure(Evidence(coverage=(coverage(LINES),), change=edited), context).tables
    table = next(table for table in tables if table.title == "Changed files")
    return [table.columns, *table.rows]


def test_changed_files_are_shown_with_their_coverage() -> None:
    assert changed() == [("file", "total"), ("src/a.py", "75%"), ("src/b.py", "50%")]


def test_changed_files_are_compared_with_the_baseline_the_one_that_lost_most_first() -> None:
    assert changed("src/a.py: 1+ 2-\nsrc/b.py: 1+ 2+\nsrc/c.py: 1+") == [
        ("file", "before", "after", "Δ"),
        ("src/b.py", "100%", "50%", "▼ 50pp"),
        ("src/a.py", "50%", "75%", "▲ 25pp"),
    ]


def test_a_file_that_the_baseline_lacks_has_no_value_before() -> None:
    assert changed("src/a.py: 1+ 2+ 3- 4+")[1:] == [
        ("src/a.py", "75%", "75%", "="),
        ("src/b.py", "", "50%", ""),
    ]


def test_a_renamed_file_is_compared_with_itself() -> None:
    files = {"src/a.py": FileChange("src/a.py", old_path="src/old.py", added=lines_to_bits([2]))}
    before = {"src/old.py": by_name([percentage("total", 1, 2, empty="")])}
    assert changed_rows(before, Change(files))[1:] == [("src/a.py", "50%", "75%", "▲ 25pp")]


def test_the_coverage_of_files_is_recorded_up_to_a_number_of_files() -> None:
    def recorded(files: int) -> set[str]:
        text = "\n".join(f"src/f{n}.py: 1+" for n in range(files))
        return set(verdict(Evidence(coverage=(coverage(text),)), settings("coverage", "total >= 1%")).items)

    assert recorded(2) == {'file["src/f0.py"].total', 'file["src/f1.py"].total'}
    assert len(recorded(MAX_RECORDED)) == MAX_RECORDED
    assert recorded(MAX_RECORDED + 1) == set()


def test_the_summary_names_the_measure_of_the_change() -> None:
    evidence = Evidence(coverage=(coverage(BRANCHES),), change=change("src/a.py: 2-3"))
    result = verdict(evidence, settings("coverage", "total >= 1%"))
    assert result.summary == "3 of 4 lines, 3 of 4 branches; patch.total 2 of 4 lines and branches"
