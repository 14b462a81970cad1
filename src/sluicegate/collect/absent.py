"""Explanations of missing evidence, by gate. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from sluicegate.collect.discovery import FOREIGN, UnsupportedReport, kind_by_name
from sluicegate.collect.parallel_data import REASON
from sluicegate.collect.tracked import NOT_TAKEN
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Notice
from sluicegate.core.text import cut, one_line, plural, some
from sluicegate.engines.analyse import OF_SOURCES
from sluicegate.evidence.records import Kind
from sluicegate.policy.catalogue import gates_reading
from sluicegate.policy.model import GateSettings


def absent(
    gates: Sequence[GateSettings],
    looked_for: Mapping[str, Sequence[str]],
    passed_over: Sequence[tuple[str, str]],
    unread: Mapping[str, Sequence[UnsupportedReport]],
    *,
    has_sources: bool,
    has_names: bool,
) -> dict[str, str]:
    """Explain missing evidence, by gate and by `GATE.SUITE`.

    Args:
        gates: the gates whose evidence was collected.
        looked_for: the places and names that discovery searches, by gate.
        passed_over: files that were not taken, each with the reason.
        unread: reports found in unsupported formats, by gate.
        has_sources: there are Python sources.
        has_names: the command line names evidence, so patterns were not all that was looked for.
    """
    found = {
        g.name: _nothing(g.name, looked_for[g.name], unread.get(g.name, ()), passed_over)
        for g in gates
        if g.name in looked_for
    }
    if not has_sources:
        found |= {g.name: "no Python sources were found" for g in gates if _needs_sources(g)}
    return found if has_names else found | _by_pattern(gates, passed_over)


def _nothing(
    gate: str,
    looked_for: Sequence[str],
    reports: Sequence[UnsupportedReport],
    passed_over: Sequence[tuple[str, str]],
) -> str:
    if reports:
        return unread_words(reports)
    more = _foreign(passed_over) if gate == "coverage" else ""
    return f"nothing found; looked for {'; '.join(looked_for)}{more}"


def _needs_sources(settings: GateSettings) -> bool:
    """Does its evidence come of the Python sources alone?"""
    spec = settings.spec
    return spec is not None and spec.engine in OF_SOURCES and not spec.reads


def _by_pattern(gates: Sequence[GateSettings], passed_over: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Each gate or suite whose patterns match no file, or tracked ones only, with the explanation."""
    fixtures = [path for path, reason in passed_over if reason in NOT_TAKEN]
    patterns: dict[str, tuple[str, ...]] = {}
    for gate in gates:
        patterns[gate.name] = (*gate.files, *(p for s in gate.suites for p in s.files))
        patterns |= {f"{gate.name}.{suite.name}": suite.files for suite in gate.suites}
    return {name: cut(_none_of(own, fixtures), 200) for name, own in patterns.items() if own}


def _none_of(patterns: Sequence[str], fixtures: Sequence[str]) -> str:
    what = ", ".join(map(one_line, patterns))
    kept = [path for path in fixtures if matches_any(patterns, path)]
    if not kept:
        return f"no file matches {what}"
    return f"the files that match {what} are tracked, and not from this run: {some(kept[:3], len(kept))}"


def unread_words(reports: Sequence[UnsupportedReport]) -> str:
    """Describe the reports of one kind in unsupported formats, with the remedy of the first."""
    first = reports[0]
    others = plural(len(reports) - 1, "other file")
    more = f" (nor {'is' if len(reports) == 2 else 'are'} {others})" if len(reports) > 1 else ""
    return f"{first.path} {first.reason}{more}. {first.format.remedy}"


def _foreign(passed_over: Sequence[tuple[str, str]]) -> str:
    foreign = [path for path, reason in passed_over if "format" in reason]
    parallel = [path for path, reason in passed_over if reason == REASON]
    listed = f"; passed over {', '.join(foreign[:3])} (not in a supported format)" if foreign else ""
    return listed + (f"; {some(parallel[:3], len(parallel))} {REASON}" if parallel else "")


def unknown_notices(passed_over: Sequence[tuple[str, str]], known: Set[Kind]) -> Iterator[Notice]:
    """Notices of files named like reports that are not reports, where no report of their kind was found.

    Args:
        passed_over: files that were not taken, each with the reason.
        known: the kinds with a report that was read, or that is in an unsupported format.
    """
    unrecognised = [path for path, reason in passed_over if reason == FOREIGN]
    for kind in sorted(set(Kind) - known):
        paths = [path for path in unrecognised if kind_by_name(path.rpartition("/")[2]) is kind]
        if paths:
            see = f"see `sluicegate explain {gates_reading(kind)[0]}`"
            yield Notice("warning", "report-unknown", f"{some(paths[:3], len(paths))}: {FOREIGN}; {see}")
