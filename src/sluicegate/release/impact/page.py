"""The impact of a release as people read it: what matters first, each group with its table. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sluicegate.core.text import plural
from sluicegate.release.impact.model import (
    Alert,
    Api,
    Danger,
    Dependency,
    Group,
    Impact,
    Kind,
    Migration,
    Runbook,
    Setting,
    Step,
    Unread,
)
from sluicegate.release.impact.rules import RULES
from sluicegate.report.sections import Block, Fact, Grid, Note, Page, Part, Rank, Section, Task, Tone

_TITLES = {
    Group.SETTINGS: "Settings",
    Group.MIGRATIONS: "Migrations",
    Group.APIS: "APIs",
    Group.ALERTS: "Alerts and dashboards",
    Group.DEPENDENCIES: "Dependencies",
}
_MAX_ROWS = 50
_MAX_TASKS = 30
_MAX_UNREAD = 10
_MAJORS = (Step.MAJOR_UP, Step.MAJOR_DOWN)


def page(impact: Impact) -> Page:
    """The page of an impact."""
    sections = tuple(_section(impact, group) for group in Group)
    tasks = tuple(_tasks(impact))
    is_empty = not impact.unread and not any(runbook.changed for runbook in impact.runbooks)
    status = "WARN" if any(s.status != "PASS" for s in sections) else "PASS"
    return Page(
        status=status,
        word=f"{plural(impact.files, 'file')} changed",
        sentence="nothing changed for operators" if is_empty else _sentence(impact),
        sections=sections,
        facts=tuple(_facts(impact)),
        title=f"Impact of {impact.range}",
        noun="group",
        tasks=tasks[:_MAX_TASKS],
    )


def _sentence(impact: Impact) -> str:
    """What there is to look at, in a clause."""
    breaking = sum(len(api.breaking) for api in impact.apis)
    removed = sum(s.kind is Kind.REMOVED for s in impact.settings)
    majors = sum(d.step in _MAJORS and d.direct for d in impact.dependencies)
    parts = (
        plural(len(impact.dangers), "dangerous statement") * bool(impact.dangers),
        plural(breaking, "breaking API change") * bool(breaking),
        plural(removed, "removed setting") * bool(removed),
        plural(majors, "new major", "new majors") * bool(majors),
        plural(len(impact.unread), "file could not be read", "files could not be read") * bool(impact.unread),
    )
    return ", ".join(filter(None, parts)) or "nothing dangerous was found"


def _facts(impact: Impact) -> Iterator[Fact]:
    yield Fact("from", impact.base[:12] or "nothing")
    yield Fact("to", impact.head[:12])
    files = ", ".join(impact.runbook_files[:3]) or "none"
    more = len(impact.runbook_files) - 3
    yield Fact("runbooks touched", files, f"and {more} more" if more > 0 else "")


def _tasks(impact: Impact) -> Iterator[Task]:
    for migration in impact.migrations:
        for danger in migration.dangers:
            shown = danger.text.replace("`", "")
            text = f"`{shown}` {RULES[danger.rule]}"
            yield Task("WARN", danger.rule, text, _place(migration, danger))
    for api in impact.apis:
        for change in api.breaking:
            yield Task("WARN", api.format, f"`{change.where}`: {change.what}", api.path)
    for unread in impact.unread:
        yield Task("UNKNOWN", _TITLES[unread.group], f"not looked at: {unread.reason}", unread.path)


def _place(migration: Migration, danger: Danger) -> str:
    return f"{migration.path}:{danger.line}" if danger.line else migration.path


def _section(impact: Impact, group: Group) -> Section:
    found, is_bad = _BLOCKS[group](impact)
    unread = [u for u in impact.unread if u.group is group]
    runbook = next(r for r in impact.runbooks if r.group is group)
    blocks = [*_runbook(runbook), *found, *_unread(unread)]
    return Section(
        _TITLES[group],
        "UNKNOWN" if unread else "WARN" if is_bad else "PASS",
        _summary(impact, runbook),
        tuple(blocks),
        rank=Rank.BODY if blocks else Rank.QUIET,
    )


def _summary(impact: Impact, runbook: Runbook) -> str:
    if not runbook.changed:
        return "nothing changed"
    touched = "yes" if runbook.touched else "no"
    return f"{_SUMMARIES[runbook.group](impact)}; runbook touched: {touched}"


def _runbook(runbook: Runbook) -> Iterator[Note]:
    if runbook.changed:
        yield Note(Tone.INFO if runbook.touched else Tone.WARNING, runbook_line(runbook))


def _unread(unread: Sequence[Unread]) -> Iterator[Note]:
    yield from (Note(Tone.PROBLEM, f"not looked at: {u.reason}", u.path) for u in unread[:_MAX_UNREAD])
    if len(unread) > _MAX_UNREAD:
        yield Note(Tone.PROBLEM, f"{len(unread) - _MAX_UNREAD} more were not looked at")


def runbook_line(runbook: Runbook) -> str:
    """`runbook touched: yes, and it names DATABASE_URL`."""
    if not runbook.touched:
        return "runbook touched: no"
    if not runbook.names:
        return "runbook touched: yes, and it names nothing of this group"
    return f"runbook touched: yes, and it names {', '.join(f'`{name}`' for name in runbook.names)}"


def _grid(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid:
    return Grid(title, columns, rows[:_MAX_ROWS], more=max(len(rows) - _MAX_ROWS, 0))


def _kinds(kinds: Sequence[Kind]) -> str:
    """`2 added, 1 removed`."""
    counts = ((kind, kinds.count(kind)) for kind in Kind)
    return ", ".join(f"{count} {kind}" for kind, count in counts if count)


# --- groups ------------------------------------------------------------------------------------

_Blocks = tuple[list[Block], bool]
"""The blocks of a group, and whether there is something to look at."""


def _settings(impact: Impact) -> _Blocks:
    if not impact.settings:
        return [], False
    order = {Kind.REMOVED: 0, Kind.ADDED: 1, Kind.CHANGED: 2}
    rows = [_setting(s) for s in sorted(impact.settings, key=lambda s: (order[s.kind], s.name))]
    grid = _grid("Keys", ("", "name", "type", "before", "after", "where"), rows)
    return [grid], any(
        s.kind is Kind.REMOVED or (s.kind is Kind.ADDED and not s.after) for s in impact.settings
    )


def _setting(setting: Setting) -> tuple[str, ...]:
    more = len(setting.places) - 2
    where = ", ".join(map(str, setting.places[:2])) + (f" and {more} more" if more > 0 else "")
    return setting.kind, setting.name, setting.type, setting.before, setting.after, where


def _migrations(impact: Impact) -> _Blocks:
    if not impact.migrations:
        return [], False
    dangers = [
        (danger.rule, danger.text, _place(migration, danger))
        for migration in impact.migrations
        for danger in migration.dangers
    ]
    rows = [
        (m.kind, m.path, m.framework, str(len(m.dangers) or ""), ", ".join(m.unjudged))
        for m in impact.migrations
    ]
    blocks: list[Block] = []
    if dangers:
        blocks.append(_grid("Dangerous statements", ("rule", "statement", "where"), dangers))
        named = dict.fromkeys(rule for rule, _, _ in dangers)
        blocks += [Note(Tone.INFO, f"`{rule}`: {RULES[rule]}") for rule in named]
    blocks.append(_grid("Files", ("", "file", "framework", "dangers", "not judged"), rows))
    return blocks, bool(dangers)


def _apis(impact: Impact) -> _Blocks:
    if not impact.apis:
        return [], False
    rows = [(api.kind, api.path, api.format, _api(api)) for api in impact.apis]
    blocks: list[Block] = [_grid("Descriptions", ("", "file", "format", "changes"), rows)]
    breaking, others = _changes(impact, is_breaking=True), _changes(impact, is_breaking=False)
    if breaking:
        blocks.append(_grid("Breaking changes", _CHANGE_COLUMNS, breaking))
    if others:
        blocks.append(Part("Other changes", (_grid("Other changes", _CHANGE_COLUMNS, others),)))
    return blocks, bool(breaking)


_CHANGE_COLUMNS = ("where", "what", "file")


def _changes(impact: Impact, *, is_breaking: bool) -> list[tuple[str, ...]]:
    pairs = ((api, change) for api in impact.apis for change in api.changes)
    return [(c.where, c.what, api.path) for api, c in pairs if c.breaking is is_breaking]


def _api(api: Api) -> str:
    if api.unjudged:
        return f"not known: {api.unjudged}"
    if api.kind is Kind.CHANGED and not api.changes:
        return "none that is judged"
    return f"{len(api.changes)}, {len(api.breaking)} of them breaking" if api.changes else ""


def _alerts(impact: Impact) -> _Blocks:
    if not impact.alerts:
        return [], False
    rows = [_alert(alert) for alert in impact.alerts]
    grid = _grid("What changed", ("", "name", "type", "what", "before", "after", "where"), rows)
    return [grid], any(alert.kind is Kind.REMOVED for alert in impact.alerts)


def _alert(alert: Alert) -> tuple[str, ...]:
    return alert.kind, alert.name, alert.type, alert.what, alert.before, alert.after, str(alert.place)


def _dependencies(impact: Impact) -> _Blocks:
    direct = [d for d in impact.dependencies if d.direct]
    others = [d for d in impact.dependencies if not d.direct]
    blocks: list[Block] = [*_dependency_grid("What is asked for", direct), *_indirect(others)]
    return blocks, not {*_MAJORS, Step.UNKNOWN}.isdisjoint(d.step for d in direct)


def _indirect(dependencies: Sequence[Dependency]) -> Iterator[Block]:
    majors = [d for d in dependencies if d.step in _MAJORS]
    yield from _dependency_grid("Majors of what they need themselves", majors)
    steps = [d.step for d in dependencies]
    if len(steps) > len(majors):
        counts = f"{steps.count(Step.ADDED)} added, {steps.count(Step.REMOVED)} removed"
        yield Note(Tone.INFO, f"indirect dependencies: {counts}", rank=Rank.QUIET)


def _dependency_grid(title: str, dependencies: Sequence[Dependency]) -> list[Block]:
    columns = ("", "name", "ecosystem", "before", "after", "where")
    return [_grid(title, columns, _dependency_rows(dependencies))] if dependencies else []


def _dependency_rows(dependencies: Sequence[Dependency]) -> list[tuple[str, ...]]:
    order = {step: n for n, step in enumerate(Step)}
    ordered = sorted(dependencies, key=lambda d: (order[d.step], d.ecosystem, d.name))
    return [
        (
            _STEPS.get(d.step, str(d.step)),
            d.name,
            d.ecosystem,
            d.before,
            d.after,
            ", ".join(map(str, d.places[:2])),
        )
        for d in ordered
    ]


_STEPS = {Step.MINOR: "changed", Step.UNKNOWN: "changed"}


def _summary_of_migrations(impact: Impact) -> str:
    kinds = _kinds([m.kind for m in impact.migrations])
    return f"{kinds}; {plural(len(impact.dangers), 'dangerous statement')}"


def _summary_of_apis(impact: Impact) -> str:
    breaking = sum(len(api.breaking) for api in impact.apis)
    return f"{_kinds([a.kind for a in impact.apis])}; {plural(breaking, 'breaking change')}"


def _summary_of_dependencies(impact: Impact) -> str:
    direct = [d.step for d in impact.dependencies if d.direct]
    counts = ((step, direct.count(step)) for step in (*_MAJORS, Step.ADDED, Step.REMOVED))
    shown = ", ".join(f"{count} {step}" for step, count in counts if count)
    return shown or "only indirect ones, images or pins changed"


_BLOCKS = {
    Group.SETTINGS: _settings,
    Group.MIGRATIONS: _migrations,
    Group.APIS: _apis,
    Group.ALERTS: _alerts,
    Group.DEPENDENCIES: _dependencies,
}
_SUMMARIES = {
    Group.SETTINGS: lambda impact: _kinds([s.kind for s in impact.settings]),
    Group.MIGRATIONS: _summary_of_migrations,
    Group.APIS: _summary_of_apis,
    Group.ALERTS: lambda impact: _kinds([a.kind for a in impact.alerts]),
    Group.DEPENDENCIES: _summary_of_dependencies,
}
