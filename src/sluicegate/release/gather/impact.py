"""Facts on what the commit changes for operators since another one, by git in the clone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sluicegate.core.errors import SluicegateError
from sluicegate.core.model import Measure
from sluicegate.core.text import some
from sluicegate.git import Git
from sluicegate.release.facts import Fact, measured, unknown, unmeasured
from sluicegate.release.impact.model import Group, Impact, Kind, Step
from sluicegate.release.impact.read import impact_of
from sluicegate.release.notes.read import range_of
from sluicegate.release.settings import MEASURES, EvidenceSource

NEAREST = "nearest-tag"
_SHOWN = 3


def impact_fact(source: EvidenceSource, git: Git | None, commit: str, runbooks: Sequence[str]) -> Fact:
    """The fact of a source of the kind `impact`.

    Args:
        source: names the commit or tag that is compared with, or `NEAREST`.
        git: the clone.
        commit: what is decided on.
        runbooks: globs.
    """
    specs = MEASURES["impact"]
    if git is None or not git.commit(commit):
        reason = f"this clone does not have the commit {commit[:12]}"
        return unknown(specs, reason, f"Fetch it: git fetch origin {commit}.")
    (base,) = source.value
    try:
        found = impact_of(git, range_of(git, f"{'' if base == NEAREST else base}..{commit}"), runbooks)
    except SluicegateError as error:
        return unknown(specs, error.what, error.remedy)
    return Fact({name: _measure(name, found) for name in specs}, remedy=_REMEDY)


_REMEDY = "`sluicegate release impact` names the files that cannot be read; mend them."


def _measure(name: str, impact: Impact) -> Measure:
    """A measure; where a file of its group could not be read, it is not known."""
    spec = MEASURES["impact"][name]
    group, count = _COUNTS[name]
    unread = [u for u in impact.unread if group in (u.group, None)]
    if unread:
        first = [f"{u.path or 'some files'}: {u.reason}" for u in unread[:_SHOWN]]
        return unmeasured(spec, f"not looked at: {some(first, len(unread))}")
    found = count(impact)
    return measured(spec, len(found), some(found[:_SHOWN], len(found)))


def _dangers(impact: Impact) -> list[str]:
    return [f"{m.path}:{d.line}: {d.rule}" for m in impact.migrations for d in m.dangers]


def _breaking(impact: Impact) -> list[str]:
    return [f"{change.where}: {change.what}" for api in impact.apis for change in api.breaking]


def _majors(impact: Impact) -> list[str]:
    moved = (d for d in impact.dependencies if d.direct and d.step in (Step.MAJOR_UP, Step.MAJOR_DOWN))
    return [f"{d.name} {d.before} to {d.after}" for d in moved]


_COUNTS: Mapping[str, tuple[Group | None, Callable[[Impact], list[str]]]] = {
    "migrations": (
        Group.MIGRATIONS,
        lambda impact: [m.path for m in impact.migrations if m.kind is not Kind.REMOVED],
    ),
    "dangerous_migrations": (Group.MIGRATIONS, _dangers),
    "breaking_apis": (Group.APIS, _breaking),
    "removed_settings": (
        Group.SETTINGS,
        lambda impact: [s.name for s in impact.settings if s.kind is Kind.REMOVED],
    ),
    "removed_alerts": (
        Group.ALERTS,
        lambda impact: [a.name for a in impact.alerts if a.kind is Kind.REMOVED],
    ),
    "majors": (Group.DEPENDENCIES, _majors),
    "without_runbook": (
        None,
        lambda impact: [str(r.group) for r in impact.runbooks if r.changed and not r.touched],
    ),
}
"""By measure: its group, and what it counts; of no group where it is about all."""
