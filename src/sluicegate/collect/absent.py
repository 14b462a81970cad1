"""Why there is nothing of a gate's kind, in words for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import chain

from sluicegate.collect.discovery import FOREIGN, Unread, told
from sluicegate.collect.parallel_data import REASON
from sluicegate.collect.sieve import NOT_TAKEN
from sluicegate.core.globs import matches_any
from sluicegate.core.model import Notice
from sluicegate.core.text import cut, one_line, plural, some
from sluicegate.engines.analyse import OF_SOURCES
from sluicegate.evidence.records import Kind
from sluicegate.policy.catalogue import gates_reading
from sluicegate.policy.model import GateSettings


def _unmatched(settings: GateSettings, fixtures: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is said of a gate, and of its suites, of which no file is there, or only tracked ones."""
    parts = {settings.name: (*settings.files, *(p for s in settings.suites for p in s.files))}
    parts |= {f"{settings.name}.{suite.name}": suite.files for suite in settings.suites}
    for name, patterns in parts.items():
        if patterns:
            yield name, cut(_none_of(patterns, fixtures), 200)


def _none_of(patterns: Sequence[str], fixtures: Sequence[str]) -> str:
    what = ", ".join(map(one_line, patterns))
    kept = [path for path in fixtures if matches_any(patterns, path)]
    if not kept:
        return f"no file matches {what}"
    return f"what matches {what} is tracked, and not of this run: {some(kept[:3], len(kept))}"


def absent(
    gates: Sequence[GateSettings],
    looked_for: Mapping[str, Sequence[str]],
    passed_over: Sequence[tuple[str, str]],
    unread: Mapping[str, Sequence[Unread]],
    *,
    has_sources: bool,
    has_names: bool,
) -> dict[str, str]:
    """Why a gate would have nothing, in words, by gate and by `GATE.SUITE`.

    Args:
        gates: that were collected for.
        looked_for: what discovery looks for, by gate.
        passed_over: files that were not taken, each with the reason.
        unread: reports that were found in formats that are not read, by gate.
        has_sources: there are Python sources.
        has_names: the command line names evidence, so patterns were not all that was looked for.
    """
    names = {g.name for g in gates}
    strangers = {"coverage": _foreign(passed_over)}
    found = {
        g: _nothing(looked_for[g], unread.get(g, ()), strangers.get(g, "")) for g in names & looked_for.keys()
    }
    if not has_sources:
        found |= {g.name: "no Python sources were found" for g in gates if _needs_sources(g)}
    return found if has_names else found | _by_pattern(gates, passed_over)


def _by_pattern(gates: Sequence[GateSettings], passed_over: Sequence[tuple[str, str]]) -> dict[str, str]:
    fixtures = [path for path, reason in passed_over if reason in NOT_TAKEN]
    return dict(chain.from_iterable(_unmatched(settings, fixtures) for settings in gates))


def _needs_sources(settings: GateSettings) -> bool:
    """Does its evidence come of the Python sources alone?"""
    spec = settings.spec
    return spec is not None and spec.engine in OF_SOURCES and not spec.reads


def _nothing(looked_for: Sequence[str], reports: Sequence[Unread], strangers: str) -> str:
    """What was looked for; or what was found in formats that are not read, and a way to one that is."""
    return (
        unread_words(reports) if reports else f"nothing found; looked for {'; '.join(looked_for)}{strangers}"
    )


def unread_words(reports: Sequence[Unread]) -> str:
    """Reports of one kind in formats that are not read, and the way of the first to one that is."""
    first = reports[0]
    others = plural(len(reports) - 1, "other file")
    more = f" (nor {'is' if len(reports) == 2 else 'are'} {others})" if len(reports) > 1 else ""
    return f"{first.path} {first.reason}{more}. {first.format.remedy}"


def _foreign(passed_over: Sequence[tuple[str, str]]) -> str:
    foreign = [path for path, reason in passed_over if "format" in reason]
    parallel = [path for path, reason in passed_over if reason == REASON]
    said = f"; passed over {', '.join(foreign[:3])} (not in a format that is read here)" if foreign else ""
    return said + (f"; {some(parallel[:3], len(parallel))} {REASON}" if parallel else "")


def unknown_notices(passed_over: Sequence[tuple[str, str]], known: Set[Kind]) -> Iterator[Notice]:
    """Files that have the name of a report and are none, where nothing else of their kind is there.

    Args:
        passed_over: files that were not taken, each with the reason.
        known: the kinds of which a report was taken, or named because its format is not read.
    """
    strangers = [path for path, reason in passed_over if reason == FOREIGN]
    for kind in sorted(set(Kind) - known):
        paths = [path for path in strangers if told(path.rpartition("/")[2]) is kind]
        if paths:
            text = (
                f"{some(paths[:3], len(paths))}: {FOREIGN}; see `sluicegate explain {gates_reading(kind)[0]}`"
            )
            yield Notice("warning", "report-unknown", text)
