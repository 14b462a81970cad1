"""The gate `coverage`: how much of the code, and of the change, do the tests run?

`total` is coverage.py's own combined figure, (covered lines + taken branches) / (executable
lines + branches); without branches it equals the line rate. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from operator import itemgetter

from sluicegate.core.change import Change, FileChange
from sluicegate.core.model import Better, Measure, Table
from sluicegate.core.text import plural, some
from sluicegate.core.units import format_value
from sluicegate.criteria import Measures, Relative, comparisons
from sluicegate.evidence.coverage.summary import (
    CoverageCounts,
    count_file,
    count_record,
    count_uncovered,
    unite,
)
from sluicegate.evidence.records import CoverageRecord, Evidence, FileCoverage
from sluicegate.gates import patch as patches
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.measures import by_name, count, not_applicable, not_measured, percentage, table
from sluicegate.gates.patch import NOTHING_ADDED, PatchFile


def united(records: Sequence[CoverageRecord], context: Context) -> CoverageRecord:
    """Several reports as one, without the files that the policy leaves out.

    A file that occurs in two is united line by line; see `summary.unite` for its branches.
    """
    if len(records) == 1 and not any(map(context.excludes, records[0].files)):
        return records[0]  # with the totals that it states
    files: dict[str, FileCoverage] = {}
    for path, file in chain.from_iterable(record.files.items() for record in records):
        if not context.excludes(path):
            files[path] = unite(files[path], file) if path in files else file
    return CoverageRecord(records[0].source, files, any(r.has_branches for r in records))


def measure(evidence: Evidence, context: Context) -> Measured:
    """Measures of the whole, of the change, and of each file when a criterion asks for it."""
    problems = evidence.problems.get("coverage", ())
    if not evidence.coverage:
        return Measured(absent=evidence.absent.get("coverage") or "no coverage was found", problems=problems)
    record = united(evidence.coverage, context)
    files, whole = record.files, count_record(record)
    patch, unseen = patches.patch_of(evidence, files), patches.hidden(evidence, files)
    bad = sorted(filter(_uncovered, files.values()), key=lambda f: (-_uncovered(f), f.path))
    cautions = list(_cautions(evidence, context, patch))
    measures = [
        *_whole(record, whole),
        *(patches.in_doubt(m, unseen) for m in _of_change(evidence, patch, record.has_branches)),
    ]
    return Measured(
        measures=Measures(by_name(measures), _items(context, files, record.has_branches)),
        summary=_summary(whole, patch, record.has_branches),
        findings=tuple(patches.findings(patch)),
        problems=problems,
        tables=(
            *_changed_files(evidence, context, files),
            *patches.uncovered_table(patch),
            *_worst_files(bad),
        ),
        sources=tuple(r.source for r in evidence.coverage),
        remedies=_remedies(bad, patch),
        cases=frozenset(files) if _compares_uncovered(context) else None,
        cautions=tuple(caution for caution, _ in cautions),
        advice=tuple(advice for _, advice in cautions),
        incomparable=_incomparable(evidence, context, record),
        recorded=_recorded(files),
    )


MAX_RECORDED = 1_000
"""Files whose coverage is recorded; of more, none is, since a part would say nothing of the others."""


def _recorded(files: Mapping[str, FileCoverage]) -> dict[str, Measure]:
    """The coverage of each file, to be shown beside that of a later commit."""
    if len(files) > MAX_RECORDED:
        return {}
    return {f'file["{path}"].total': _total(file) for path, file in files.items()}


def _total(file: FileCoverage) -> Measure:
    return percentage("total", *count_file(file).total, empty="no executable line")


def _changed_files(
    evidence: Evidence, context: Context, files: Mapping[str, FileCoverage]
) -> tuple[Table, ...]:
    """The coverage of each changed file, and where it is known, of the same file in the baseline.

    The file that lost most comes first.
    """
    changed = evidence.change.files if isinstance(evidence.change, Change) else {}
    rows = []
    for path in changed.keys() & files.keys():
        after, before = _total(files[path]).value, _recorded_total(context, changed[path])
        if after is not None:
            lost = Fraction(0) if before is None else before - after
            rows.append((-lost, path, (path, _share(before), _share(after), _moved(before, after))))
    if any(before for *_, (_, before, *_) in rows):
        return table("Changed files", ("file", "before", "after", "Δ"), "lrrr", sorted(rows), itemgetter(2))
    return table("Changed files", ("file", "total"), "lr", sorted(rows), lambda row: (row[1], row[2][2]))


def _recorded_total(context: Context, change: FileChange) -> Fraction | None:
    """The coverage of a file in the baseline, by its path there; None where it is not known."""
    found = context.baseline.items.get("file", {}).get(change.old_path or change.path, {}).get("total")
    return found.value if found is not None else None


def _share(value: Fraction | None) -> str:
    return "" if value is None else format_value(value, "%", against=Fraction(100))


def _moved(old: Fraction | None, new: Fraction) -> str:
    """`▼ 2.6pp`, `=`, or empty where the value before is not known."""
    if old is None or old == new:
        return "" if old is None else "="
    return f"{'▲' if new > old else '▼'} {format_value(abs(new - old), 'pp', against=Fraction(0))}"


_SAY_WHICH = (
    "tell the tool which sources to measure (coverage.py `source`, c8 `--all`, Jest `collectCoverageFrom`)"
)
_WRITE_RELATIVE = (
    "Let the tool write paths relative to the repository (coverage.py `relative_files = true`, "
    "gcovr `--root`, lcov `--substitute`)."
)


def _cautions(evidence: Evidence, context: Context, patch: Sequence[PatchFile]) -> Iterator[tuple[str, str]]:
    """What the reports lack of the change and of the sources; each with what to do."""
    paths = [path for record in evidence.coverage for path in record.files]
    if paths and all(map(context.policy.source.is_test, paths)):
        yield "the report holds only test files", f"T{_SAY_WHICH[1:]}."
    missing = patches.unmeasured_sources(evidence, context.policy, context.settings.exclude)
    if missing:
        files, named = plural(len(missing), "changed file"), some(missing[:3], len(missing))
        left_out = "what is not to be measured goes into `exclude` of the gate `coverage`"
        load = f"Let a test load {named}, or {_SAY_WHICH}; {left_out}."
        advice = _WRITE_RELATIVE if patches.unclear(evidence, patch) else load
        yield f"{files} in no coverage report: {named}", advice


def _compares_uncovered(context: Context) -> bool:
    """Does a criterion compare the uncovered lines of the whole with the baseline's?"""
    return any(
        c.measure.name == "uncovered" and c.selector is None and isinstance(c.bound, Relative)
        for c in comparisons(context.settings.criteria)
    )


def _incomparable(evidence: Evidence, context: Context, record: CoverageRecord) -> dict[str, str]:
    """Why fewer uncovered lines than in the baseline may only mean that fewer files were measured.

    A file that the baseline measured must be measured now, unless it is gone or no longer counts.
    """
    if not _compares_uncovered(context):
        return {}
    if context.before.names is None:
        return {"uncovered": "it does not say which files it measured"}
    there = set(context.before.names) - record.files.keys() - _gone(evidence)
    if evidence.files is not None:
        there = there.intersection(evidence.files)
    lost = sorted(path for path in there if not context.excludes(path))
    if not lost:
        return {}
    files = plural(len(lost), "file")
    return {"uncovered": f"it measured {files} that no report has now: {some(lost[:3], len(lost))}"}


def _gone(evidence: Evidence) -> set[str]:
    changed = evidence.change.files.values() if isinstance(evidence.change, Change) else ()
    return {f.path for f in changed if f.deleted} | {f.old_path for f in changed if f.old_path != f.path}


def _whole(record: CoverageRecord, c: CoverageCounts) -> list[Measure]:
    """The measures of the whole; a report without a line has measured nothing."""
    total, line, branch = _ratios("", c, record.has_branches)
    if c.lines[1]:
        return [total, line, branch, count("uncovered", sum(map(count_uncovered, record.files.values())))]
    reason = "the report has no executable line"
    ratios = (not_measured(name, reason, "%", Better.HIGHER) for name in ("total", "line"))
    return [*ratios, branch, not_measured("uncovered", reason)]


def _of_change(evidence: Evidence, patch: Sequence[PatchFile], has_branches: bool) -> list[Measure]:
    added = sum((p.counts for p in patch), CoverageCounts())
    found = [*_ratios("patch.", added, has_branches, empty=NOTHING_ADDED), *patches.counts(patch)]
    return patches.absent(evidence, patch) or found


def _ratios(
    prefix: str, c: CoverageCounts, has_branches: bool, empty: str = "no executable line"
) -> list[Measure]:
    ratios = [
        percentage(f"{prefix}total", *c.total, empty=empty),
        percentage(f"{prefix}line", *c.lines, empty=empty),
    ]
    if has_branches:
        none = empty if prefix else "no branch"
        return [*ratios, percentage(f"{prefix}branch", *c.branches, empty=none)]
    reason = "the report has no branches; measure them with `coverage run --branch`"
    return [*ratios, not_applicable(f"{prefix}branch", reason, "%", Better.HIGHER)]


def _items(
    context: Context, files: Mapping[str, FileCoverage], has_branches: bool
) -> dict[str, dict[str, dict[str, Measure]]]:
    if not any(c.selector and c.selector.kind == "file" for c in comparisons(context.settings.criteria)):
        return {}
    found = {}
    for path, file in files.items():
        ratios = _ratios("", count_file(file), has_branches)
        found[path] = by_name([*ratios, count("uncovered", count_uncovered(file))])
    return {"file": found}


def _summary(whole: CoverageCounts, patch: Sequence[PatchFile], has_branches: bool) -> str:
    lines = f"{whole.lines[0]:,} of {plural(whole.lines[1], 'line')}"
    taken, possible = whole.branches
    branches = f", {taken:,} of {plural(possible, 'branch', 'branches')}" if has_branches else ""
    covered, added = sum((p.counts for p in patch), CoverageCounts()).total
    both = " and branches" if has_branches else ""
    change = f"; patch.total {covered:,} of {plural(added, 'line')}{both}" if added else ""
    return lines + branches + change


def _uncovered(file: FileCoverage) -> int:
    return (file.executable & ~file.covered).bit_count()


def _line_rate(file: FileCoverage) -> str:
    """As the criteria show it: two decimals, and never 100% for a file with an uncovered line."""
    rate = Fraction(100 * file.covered.bit_count(), file.executable.bit_count())
    return format_value(rate, "%", against=Fraction(100))


def _worst_files(bad: Sequence[FileCoverage]) -> tuple[Table, ...]:
    def row(file: FileCoverage) -> tuple[str, ...]:
        where = patches.ranges_text(file.executable & ~file.covered, 6)
        return file.path, _line_rate(file), f"{_uncovered(file):,}", where

    columns = ("file", "line", "uncovered", "where")
    return table("Files with the most uncovered lines", columns, "lrrl", bad, row)


def _remedies(bad: Sequence[FileCoverage], patch: Sequence[PatchFile]) -> dict[str, tuple[str, ...]]:
    named = ", ".join(f"{f.path} ({plural(_uncovered(f), 'line')})" for f in bad[:3])
    text = f"Add tests for the files with the most uncovered lines: {named}."
    return (dict.fromkeys(("total", "line", "uncovered"), (text,)) if named else {}) | patches.remedies(patch)


GATE = Gate("coverage", measure)
