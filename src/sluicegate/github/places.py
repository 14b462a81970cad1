"""Locations of findings on GitHub: paths from the top of the repository, lines of the head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sluicegate.core.model import Report
from sluicegate.git import open_repository
from sluicegate.github.event import EventContext
from sluicegate.github.lines import LineMap, line_map, same_line


def map_to_head(root: Path, event: EventContext) -> LineMap:
    """The map from lines of the test merge to the head's; the identity where the head was tested."""
    git = open_repository(root)
    if git is None or git.parents("HEAD")[1:] != [event.head_sha]:
        return same_line
    shape = ("--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")
    diff = git.run("diff", "-U0", "--no-renames", "--no-relative", *shape, "HEAD^2", "HEAD", check=False)
    return line_map(diff)


def with_top_paths(report: Report, root: Path) -> Report:
    """The report with its findings' paths from the top of the repository that holds `root`."""
    git = open_repository(root)
    prefix = git.prefix if git else ""
    if not prefix:
        return report
    verdicts = (
        replace(
            verdict,
            findings=tuple(replace(f, path=prefix + f.path if f.path else "") for f in verdict.findings),
            problems=tuple(replace(p, path=prefix + p.path if p.path else "") for p in verdict.problems),
        )
        for verdict in report.verdicts
    )
    return replace(report, verdicts=tuple(verdicts))
