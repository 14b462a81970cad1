"""The gate `coverage`: how much of the code, and of the change, do the tests run?

`total` is coverage.py's own combined figure, (covered lines + taken branches) / (executable
lines + branches); without branches it equals the line rate. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from sluicegate.change import Change, bits_to_lines, bits_to_ranges
from sluicegate.criteria import Measures
from sluicegate.evidence.coverage.summary import Counts, count_file, count_record, unite
from sluicegate.evidence.records import CoverageRecord, Evidence, FileCoverage
from sluicegate.gates.interface import Context, Gate, Measured
from sluicegate.gates.measures import by_name, not_applicable, not_measured, percentage
from sluicegate.globs import matches_any
from sluicegate.model import Absence, Better, Finding, Measure, Severity, Table
from sluicegate.text import plural, some
from sluicegate.units import format_value

_ROWS = 15
_NOTHING_ADDED = "the change adds no executable line"


def united(records: Sequence[CoverageRecord], keeps: Callable[[str], bool]) -> CoverageRecord:
    """Several reports as one, without the files that the policy leaves out.

    A file that stands in two is united line by line; see `summary.unite` for its branches.
    """
    if len(records) == 1 and all(keeps(path) for path in records[0].files):
        return records[0]
    files: dict[str, FileCoverage] = {}
    for record in records:
        for path, file in record.files.items():
            if keeps(path):
                files[path] = unite(files[path], file) if path in files else file
    return CoverageRecord(records[0].source, files, any(r.has_branches for r in records))


def measure(evidence: Evidence, context: Context) -> Measured:
    """Measures of the whole, of the change, and of each file when a criterion asks for it."""
    problems = evidence.problems.get("coverage", ())
    if not evidence.coverage:
        return Measured(absent=evidence.absent.get("coverage") or "no coverage was found", problems=problems)
    source, exclude = context.policy.source, context.settings.exclude
    record = united(
        evidence.coverage, lambda path: not (source.is_excluded(path) or matches_any(exclude, path))
    )
    files, whole = record.files, count_record(record)
    patch, hidden = _patch(evidence, files), _hidden(evidence, files)
    measures = [
        *_whole(whole, record.has_branches),
        *(_in_doubt(m, hidden) for m in _patch_measures(evidence, patch, record.has_branches)),
    ]
    return Measured(
        measures=Measures(by_name(measures), _items(context, files, record.has_branches)),
        summary=_summary(whole, patch, record.has_branches),
        findings=tuple(_findings(patch)),
        problems=problems,
        tables=(*_patch_table(patch), *_worst_files(files)),
        sources=tuple(r.source for r in evidence.coverage),
        remedies=_remedies(files, patch),
    )


def _whole(c: Counts, has_branches: bool) -> list[Measure]:
    """The measures of the whole; a report without a line has measured nothing."""
    total, line, branch = _ratios("", c, has_branches)
    if c.lines[1]:
        return [total, line, branch]
    reason = "the report has no executable line"
    return [*(not_measured(name, reason, "%", Better.HIGHER) for name in ("total", "line")), branch]


def _ratios(prefix: str, c: Counts, has_branches: bool, empty: str = "no executable line") -> list[Measure]:
    ratios = [
        percentage(f"{prefix}total", *c.total, empty=empty),
        percentage(f"{prefix}line", *c.lines, empty=empty),
    ]
    if has_branches:
        none = empty if prefix else "no branch"
        return [*ratios, percentage(f"{prefix}branch", *c.branches, empty=none)]
    reason = "the report has no branches; measure them with `coverage run --branch`"
    return [*ratios, not_applicable(f"{prefix}branch", reason, "%", Better.HIGHER)]


@dataclass(frozen=True, slots=True)
class _PatchFile:
    file: FileCoverage
    added: int

    @property
    def uncovered(self) -> int:
        return self.file.executable & ~self.file.covered & self.added

    @property
    def partial(self) -> list[int]:
        return [
            n
            for n, (taken, possible) in sorted(self.file.branches.items())
            if n and self.added >> n & 1 and taken < possible and not self.uncovered >> n & 1
        ]


def _patch(evidence: Evidence, files: Mapping[str, FileCoverage]) -> list[_PatchFile]:
    if not isinstance(evidence.change, Change):
        return []
    return [
        _PatchFile(files[path], change.added)
        for path, change in sorted(evidence.change.files.items())
        if path in files and change.added
    ]


def _patch_measures(evidence: Evidence, patch: Sequence[_PatchFile], has_branches: bool) -> list[Measure]:
    names = ("patch.total", "patch.line", "patch.branch")
    if not isinstance(evidence.change, Change):
        return [not_applicable(n, evidence.change.reason, "%", Better.HIGHER) for n in names]
    if not patch and evidence.change.files and _nothing_resolved(evidence.coverage):
        reason = "no path of the coverage report is a file of this repository"
        return [not_measured(n, reason, "%", Better.HIGHER) for n in names]
    whole = sum((count_file(p.file, p.added) for p in patch), Counts())
    return _ratios("patch.", whole, has_branches, empty=_NOTHING_ADDED)


def _hidden(evidence: Evidence, files: Mapping[str, FileCoverage]) -> list[str]:
    """Changed files that were measured, and whose lines git does not show, or numbers otherwise."""
    changed = evidence.change.files if isinstance(evidence.change, Change) else {}
    return sorted(path for path in changed.keys() & files.keys() if changed[path].is_obscure)


def _in_doubt(measure: Measure, hidden: Sequence[str]) -> Measure:
    """A measure of the change while the lines of a measured file are not known: git takes it for binary."""
    if not hidden:
        return measure
    reason = f"lines of {plural(len(hidden), 'changed file')} are not known: {some(hidden[:3], len(hidden))}"
    if measure.value is not None:
        return replace(measure, doubt=reason)
    if measure.reason == _NOTHING_ADDED:
        return replace(measure, absence=Absence.NOT_MEASURED, reason=reason)
    return measure


def _nothing_resolved(records: Iterable[CoverageRecord]) -> bool:
    return all(r.unresolved and len(r.unresolved) >= len(r.files) for r in records)


def _items(
    context: Context, files: Mapping[str, FileCoverage], has_branches: bool
) -> dict[str, dict[str, dict[str, Measure]]]:
    wanted = {c.selector.kind for c in context.settings.criteria if c.selector}
    if "file" not in wanted:
        return {}
    return {"file": {path: by_name(_ratios("", count_file(f), has_branches)) for path, f in files.items()}}


def _summary(whole: Counts, patch: Sequence[_PatchFile], has_branches: bool) -> str:
    lines = f"{whole.lines[0]:,} of {plural(whole.lines[1], 'line')}"
    taken, possible = whole.branches
    branches = f", {taken:,} of {plural(possible, 'branch', 'branches')}" if has_branches else ""
    covered, added = sum((count_file(p.file, p.added) for p in patch), Counts()).lines
    change = f"; of the change {covered:,} of {plural(added, 'line')}" if added else ""
    return lines + branches + change


def _findings(patch: Sequence[_PatchFile]) -> Iterable[Finding]:
    for item in patch:
        path = item.file.path
        for first, last in bits_to_ranges(item.uncovered):
            lines = plural(last - first + 1, "added line")
            yield Finding(
                "uncovered", Severity.LOW, f"{lines} not run by any test", path, first, last,
                new=True, fingerprint=f"uncovered:{path}:{first}",
            )  # fmt: skip
        for line in item.partial:
            taken, possible = item.file.branches[line]
            yield Finding(
                "partial-branch", Severity.LOW, f"{taken} of {possible} branches taken", path, line,
                line, new=True, fingerprint=f"partial-branch:{path}:{line}",
            )  # fmt: skip


def ranges_text(bits: int, limit: int = 12) -> str:
    """`3, 7-9, 20`, at most `limit` runs."""
    runs = bits_to_ranges(bits)
    texts = [str(a) if a == b else f"{a}-{b}" for a, b in runs[:limit]]
    return some(texts, len(runs))


def _patch_table(patch: Sequence[_PatchFile]) -> tuple[Table, ...]:
    bad = sorted((p for p in patch if p.uncovered), key=lambda p: (-p.uncovered.bit_count(), p.file.path))
    if not bad:
        return ()
    rows = tuple((p.file.path, f"{p.uncovered.bit_count():,}", ranges_text(p.uncovered)) for p in bad[:_ROWS])
    columns = ("file", "lines", "not covered")
    return (Table("Uncovered lines of the change", columns, rows, "lrl", max(len(bad) - _ROWS, 0)),)


def _uncovered(file: FileCoverage) -> int:
    return (file.executable & ~file.covered).bit_count()


def _line_rate(file: FileCoverage) -> str:
    """As the criteria show it: two decimals, and never 100% for a file with an uncovered line."""
    rate = Fraction(100 * file.covered.bit_count(), file.executable.bit_count())
    return format_value(rate, "%", against=Fraction(100))


def _worst_files(files: Mapping[str, FileCoverage]) -> tuple[Table, ...]:
    bad = sorted((f for f in files.values() if _uncovered(f)), key=lambda f: (-_uncovered(f), f.path))
    if not bad:
        return ()
    rows = tuple(
        (
            f.path,
            _line_rate(f),
            f"{_uncovered(f):,}",
            ranges_text(f.executable & ~f.covered, 6),
        )
        for f in bad[:_ROWS]
    )
    columns = ("file", "line", "uncovered", "where")
    return (Table("Files with the most uncovered lines", columns, rows, "lrrl", max(len(bad) - _ROWS, 0)),)


def _remedies(files: Mapping[str, FileCoverage], patch: Sequence[_PatchFile]) -> dict[str, tuple[str, ...]]:
    worst = sorted((f for f in files.values() if _uncovered(f)), key=lambda f: (-_uncovered(f), f.path))[:3]
    named = ", ".join(f"{f.path} ({plural(_uncovered(f), 'line')})" for f in worst)
    remedies: dict[str, tuple[str, ...]] = {}
    if named:
        text = f"Add tests for the files with the most uncovered lines: {named}."
        remedies = dict.fromkeys(("total", "line"), (text,))
    lines = [f"{p.file.path}:{next(bits_to_lines(p.uncovered))}" for p in patch if p.uncovered]
    if lines:
        more = f" and {len(lines) - 5} more files" if len(lines) > 5 else ""
        text = f"Add tests that run the uncovered lines of this change, from {', '.join(lines[:5])}{more}."
        remedies |= dict.fromkeys(("patch.total", "patch.line"), (text,))
    return remedies


GATE = Gate("coverage", measure)
