"""The coverage of what was added since the last release, by reports that were judged against it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from sluicegate.core.model import Absence, Measure, Report, Verdict
from sluicegate.release.facts import LastRelease, measured, unmeasured
from sluicegate.release.settings import PATCH, REPORT


def patch_measures(reports: Sequence[Report], since: LastRelease | str) -> dict[str, Measure]:
    """The measures of `PATCH`, by their short names.

    Args:
        reports: of the commit, against the last release: one of each judged folder.
        since: the last release; a text says why it is not known.
    """
    names = {key.rpartition(".")[2]: measure for key, measure in PATCH.items()}
    if why := _unknown(reports, since):
        return {name: unmeasured(REPORT[name], why) for name in names}
    verdicts = [verdict for report in reports for verdict in _of_coverage(report)]
    return {
        name: _ratio(name, [v.measures[measure] for v in verdicts if measure in v.measures], str(since))
        for name, measure in names.items()
    }


def _unknown(reports: Sequence[Report], since: LastRelease | str) -> str:
    """Why the coverage is not known; empty where reports say it."""
    if isinstance(since, str):
        return since
    if not since.commit:
        return "there is no release before this commit"
    if reports:
        return ""
    command = f"`sluicegate check --base {since}`, then `sluicegate ledger record`"
    return f"no report of this commit is against {since}: {command}"


def _of_coverage(report: Report) -> Iterable[Verdict]:
    """The verdict on the whole repository; those on components where there is no other."""
    found = [v for v in report.verdicts if v.gate == "coverage"]
    return [v for v in found if v.component is None] or found


def _ratio(name: str, found: Sequence[Measure], since: str) -> Measure:
    """One ratio of all counts; a part that was not measured leaves all of it unknown."""
    spec = REPORT[name]
    for reason in _not_measured(found):
        return unmeasured(spec, reason)
    counts = [m.of for m in found if m.of is not None]
    covered, added = sum(c[0] for c in counts), sum(c[1] for c in counts)
    if not added:
        return measured(spec, 100, f"no executable line was added since {since}")
    return measured(spec, Fraction(100 * covered, added), f"{covered:,} of {added:,} since {since}")


def _not_measured(found: Sequence[Measure]) -> Iterator[str]:
    """Why a ratio is not known, a line for each part."""
    if not found:
        yield "the reports against the last release have no coverage of the change"
    for measure in found:
        if measure.absence is Absence.NOT_MEASURED:
            yield measure.reason
