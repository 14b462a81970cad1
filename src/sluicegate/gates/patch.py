"""The coverage of a change: which of its lines ran, and which are unknown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product

from sluicegate.core.change import Change, bits_to_lines, bits_to_ranges
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Absence, Better, Finding, Measure, Severity, Table
from sluicegate.core.text import plural, some
from sluicegate.evidence.coverage.resolve import may_mean
from sluicegate.evidence.coverage.summary import CoverageCounts, count_file, partial_lines
from sluicegate.evidence.records import CoverageRecord, Evidence, FileCoverage
from sluicegate.gates.measures import count, not_applicable, not_measured, table
from sluicegate.policy.model import Policy

NOTHING_ADDED = "the change adds no executable line"

_LANGUAGES = re.compile(
    r"(?<!\.d)\.(?:pyx?|[cm]?[jt]sx?|vue|svelte|java|kt|kts|scala|groovy|clj|go|rs|c|cc|cpp|cxx|m|mm|swift"
    r"|cs|fs|vb|rb|php|dart|exs?|erl|hs|jl|lua|p[lm]|r|R|nim|zig)$"
)
_PAGES = re.compile(
    r"(?:^|/)(?:(?:lcov-report|htmlcov)/.*|(?:block-navigation|prettify|sorter|coverage_html_cb_\w+)\.js)$"
)
"""The scripts of HTML reports by Istanbul and coverage.py, which a working tree may hold untracked."""

_RATIOS = ("patch.total", "patch.line", "patch.branch")
_COUNTS = ("patch.uncovered", "patch.lines")


@dataclass(frozen=True, slots=True)
class PatchFile:
    """A changed file that was measured; `added` is the bitset of the lines that the change adds."""

    file: FileCoverage
    added: int

    @property
    def counts(self) -> CoverageCounts:
        """Counts of the added lines."""
        return count_file(self.file, self.added)

    @property
    def not_run(self) -> int:
        """Bitset of the added lines that did not run."""
        return self.file.executable & ~self.file.covered & self.added

    @property
    def partial(self) -> list[int]:
        """The added lines that ran, with a branch that was not taken."""
        return [line for line in partial_lines(self.file) if self.added >> line & 1]

    @property
    def uncovered(self) -> int:
        """How many added lines did not run, or have a branch that was not taken."""
        return self.not_run.bit_count() + len(self.partial)


def patch_of(evidence: Evidence, files: Mapping[str, FileCoverage]) -> list[PatchFile]:
    """The files of the change that were measured and gain lines, in order."""
    if not isinstance(evidence.change, Change):
        return []
    return [
        PatchFile(files[path], change.added)
        for path, change in sorted(evidence.change.files.items())
        if path in files and change.added
    ]


def absent(evidence: Evidence, patch: Sequence[PatchFile]) -> list[Measure]:
    """The measures of the change where they do not apply or are not known; empty where they are."""
    make, reason = not_measured, unclear(evidence, patch)
    if not isinstance(evidence.change, Change):
        make, reason = not_applicable, evidence.change.reason
    elif not reason:
        return []
    return [*(make(n, reason, "%", Better.HIGHER) for n in _RATIOS), *(make(n, reason) for n in _COUNTS)]


def counts(patch: Sequence[PatchFile]) -> list[Measure]:
    """How many executable lines the change adds, and how many of them are not covered."""
    lines = sum(p.counts.lines[1] for p in patch)
    uncovered, size = _COUNTS
    if not lines:
        return [not_applicable(uncovered, NOTHING_ADDED), not_applicable(size, NOTHING_ADDED)]
    return [count(uncovered, sum(p.uncovered for p in patch)), count(size, lines)]


def unclear(evidence: Evidence, patch: Sequence[PatchFile]) -> str:
    """Why the coverage of the change is unknown; empty when it is known, and without a change."""
    records, change = evidence.coverage, evidence.change
    if not isinstance(change, Change):
        return ""
    is_foreign = all(len(r.unresolved) >= max(len(r.files), 1) for r in records)
    if not patch and change.files and is_foreign:
        return "no path of the coverage report is a file of this repository"
    missing = unmeasured(records, change)
    raws = chain.from_iterable(record.unresolved for record in records)
    pairs = sorted(filter(lambda pair: may_mean(*pair), product(raws, missing)))
    named = some([f"{raw.strip('<>')} may be {path}" for raw, path in pairs[:2]], len(pairs))
    return f"the report has paths that may or may not be files of the change: {named}" if pairs else ""


def unmeasured(records: Iterable[CoverageRecord], change: Change) -> list[str]:
    """The files that gain lines and are in no report, in order."""
    measured = {path for record in records for path in record.files}
    return sorted(path for path, file in change.files.items() if file.added and path not in measured)


def unmeasured_sources(evidence: Evidence, policy: Policy, exclude: Sequence[str] = ()) -> list[str]:
    """The project's own sources, tests apart, that gain lines and are in no report, in order.

    Sources are files of languages that coverage is measured in; C headers and type declarations
    have no code that runs, and the pages of reports are not the project's.
    """
    if not isinstance(evidence.change, Change) or not evidence.coverage:
        return []
    own = (path for path in unmeasured(evidence.coverage, evidence.change) if _is_own(path, policy))
    return [path for path in own if not matches_any(exclude, path)]


def _is_own(path: str, policy: Policy) -> bool:
    """Is it a source in a language that coverage is measured in, and no test?"""
    if not _LANGUAGES.search(path) or _PAGES.search(path):
        return False
    return policy.source.is_analysed(path) and not policy.source.is_test(path)


def hidden(evidence: Evidence, files: Mapping[str, FileCoverage]) -> list[str]:
    """Changed files that were measured, and whose lines git does not show, or numbers otherwise."""
    changed = evidence.change.files if isinstance(evidence.change, Change) else {}
    return sorted(path for path in changed.keys() & files.keys() if changed[path].is_obscure)


def in_doubt(measure: Measure, files: Sequence[str]) -> Measure:
    """A measure of the change while the lines of a measured file are not known: git takes it for binary."""
    if not files:
        return measure
    reason = f"lines of {plural(len(files), 'changed file')} are not known: {some(files[:3], len(files))}"
    if measure.value is not None:
        return replace(measure, doubt=reason)
    if measure.reason == NOTHING_ADDED:
        return replace(measure, absence=Absence.NOT_MEASURED, reason=reason)
    return measure


def findings(patch: Sequence[PatchFile]) -> Iterator[Finding]:
    """The added lines that did not run, a run of lines each; and those with a branch that was not taken."""
    for item in patch:
        path = item.file.path
        for first, last in bits_to_ranges(item.not_run):
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


def uncovered_table(patch: Sequence[PatchFile]) -> tuple[Table, ...]:
    """The added lines that did not run, by file, the most first."""
    return table(
        "Uncovered lines of the change",
        ("file", "lines", "not covered"),
        "lrl",
        sorted((p for p in patch if p.not_run), key=lambda p: (-p.not_run.bit_count(), p.file.path)),
        lambda p: (p.file.path, f"{p.not_run.bit_count():,}", ranges_text(p.not_run)),
    )


def remedies(patch: Sequence[PatchFile]) -> dict[str, tuple[str, ...]]:
    """Where the uncovered lines of the change begin, and where its untaken branches are, by measure."""
    lines = [f"{p.file.path}:{next(bits_to_lines(p.not_run))}" for p in patch if p.not_run]
    branches = [f"{p.file.path}:{p.partial[0]}" for p in patch if p.partial]
    run = f"Add tests that run the uncovered lines of this change, from {_places(lines)}." if lines else ""
    take = f"Test both outcomes of the conditions that begin at {_places(branches)}." if branches else ""
    texts = {
        "patch.total": (run, take),
        "patch.line": (run,),
        "patch.branch": (take,),
        "patch.uncovered": (run, take),
    }
    return {name: kept for name, both in texts.items() if (kept := tuple(filter(None, both)))}


def _places(places: Sequence[str]) -> str:
    more = f" and in {plural(len(places) - 5, 'more file')}" if len(places) > 5 else ""
    return ", ".join(places[:5]) + more
