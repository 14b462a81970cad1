"""The report for a terminal: the verdict first, a row a gate, then what is wrong and what to do.

Laid out with rich, which knows the widths of wide characters; nothing is read as its markup.
Without colour there is no escape byte in the text at all. Lines never exceed the width, but for a
long URL in a paragraph, which stands on a line of its own.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from sluicegate.core.model import Discovery, Report, Verdict
from sluicegate.core.text import one_line
from sluicegate.report import listing, trusted, view
from sluicegate.report.terminal_parts import (
    MARKS,
    STYLES,
    Layout,
    criteria,
    findings,
    gate_table,
    grid,
    indented,
    note,
    problems,
    room_beside,
)

_ROOMY = 34
"""Columns that the results of gates need to be read with ease."""

MIN_WIDTH = 20
"""Narrower terminals are treated as this wide."""


def render(report: Report, *, width: int, color: bool, verbose: bool = False) -> str:
    """The report as text with a final line feed.

    Args:
        report: to render.
        width: columns of the terminal; below `MIN_WIDTH` counts as that.
        color: with ANSI colours; False gives no escape byte.
        verbose: every criterion, more findings, and all of the search for evidence.
    """
    out = io.StringIO()
    console = _console(out, max(width, MIN_WIDTH), color=color)
    _print(console, report, verbose=verbose)
    lines = out.getvalue().split("\n")
    return "\n".join(line.rstrip() for line in lines)


def render_gate(verdict: Verdict, *, width: int, color: bool) -> str:
    """Everything about one gate, with a final line feed: for a folded part of a log."""
    out = io.StringIO()
    console = _console(out, max(width, MIN_WIDTH), color=color)
    layout = Layout(console.width, verbose=True)
    _print_parts(console, (*_stacked(verdict), *_section(verdict, layout)[1:]))
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n"))


def render_svg(report: Report, *, width: int = 100) -> str:
    """The terminal's picture of the report as SVG; fonts are the viewer's own, none is fetched."""
    console = _console(io.StringIO(), max(width, MIN_WIDTH), color=True, record=True)
    _print(console, report, verbose=False)
    template = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(
        title="sluicegate check", theme=DIMMED_MONOKAI, code_format=template, unique_id="sluicegate"
    )


def _console(out: io.StringIO, width: int, *, color: bool, record: bool = False) -> Console:
    return Console(
        file=out,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        record=record,
        _environ={},
    )


def _print(console: Console, report: Report, *, verbose: bool) -> None:
    layout = Layout(console.width, verbose)
    for block in _blocks(report, layout):
        _print_parts(console, block)
        if block:
            console.print()


def _print_parts(console: Console, parts: Iterable[RenderableType]) -> None:
    """Print them; what is not to be wrapped runs beyond the width."""
    for part in parts:
        if isinstance(part, Text) and part.no_wrap:
            console.print(part, no_wrap=True, overflow="ignore", crop=False)
        else:
            console.print(part)


def _blocks(report: Report, layout: Layout) -> Iterator[list[RenderableType]]:
    yield _head(report, layout)
    yield _notices(report, layout, "warning")
    yield _gates(report, layout)
    for verdict in view.judged(report):
        if layout.verbose or not view.is_quiet(verdict):
            yield _section(verdict, layout)
    yield list(_policy_change(report, layout))
    yield _notices(report, layout, "info")
    yield list(_evidence(report, layout))


def _head(report: Report, layout: Layout) -> list[RenderableType]:
    status = Text(f"{MARKS[report.status]} {report.status}", style=f"bold {STYLES[report.status]}")
    sentence = Text(one_line(view.sentence(report)))
    return [
        grid([[status, sentence]], "ll", layout, flexible=1),
        Padding(Text(_context(report), style="dim"), (0, 0, 0, 2)),
    ]


def _context(report: Report) -> str:
    commit, words = report.commit, []
    if commit.head:
        dirty = " with uncommitted changes" if commit.dirty else ""
        words.append(view.short(commit.head) + dirty)
    if commit.base:
        label = f" ({one_line(commit.base_label)})" if commit.base_label else ""
        words.append(f"against {view.short(commit.base)}{label}")
    kind = "preset" if report.policy.origin == "preset" else "policy"
    words.append(f"{kind} {one_line(report.policy.ref)}")
    return ", ".join(words)


def _gates(report: Report, layout: Layout) -> list[RenderableType]:
    judged = view.judged(report)
    rows: list[RenderableType] = []
    if judged and layout.wide:
        rows.append(_gate_grid([_row(v) for v in judged], layout))
    elif judged:
        rows.extend(line for v in judged for line in _stacked(v))
    return [*rows, *_skipped(report, layout)]


def _gate_grid(rows: list[list[Text]], layout: Layout) -> RenderableType:
    """A row a gate; where the results would be squeezed, they take in the comparison with the baseline."""
    *left, result, value, delta = zip(*rows, strict=True)
    if room_beside((*left, value, delta), layout.width - 2) >= _ROOMY:
        return grid(rows, "lllrl", layout, indent=2, flexible=2)
    told = [Text(", ").join((r, d)) if d else r for r, d in zip(result, delta, strict=True)]
    narrow = [list(row) for row in zip(*left, told, value, strict=True)]
    return grid(narrow, "lllr", layout, indent=2, flexible=2)


def _skipped(report: Report, layout: Layout) -> Iterator[RenderableType]:
    """A line a gate, but one for all that had no evidence; when verbose with what was looked for."""
    absent, room = view.absent(report), Layout(layout.width - 2, layout.verbose)
    lines = [view.skip_text(v) for v in view.skipped(report) + (absent if layout.verbose else [])]
    for why, names in () if layout.verbose else view.absences(report):
        told = why == view.NOT_TOUCHED or not report.discovery.taken
        hint = "" if told else " (-v says what was looked for)"
        lines.append(f"skipped, {why}: {', '.join(names)}{hint}")
    for line in lines:
        yield from (indented(p, 2) for p in note(MARKS["SKIPPED"], "dim", line, room, dim=True))


def _status(verdict: Verdict) -> Text:
    return Text(f"{MARKS[verdict.status]} {verdict.status}", style=STYLES[verdict.status])


def _summary(verdict: Verdict) -> Text:
    text = Text(one_line(verdict.summary))
    if not verdict.blocking:
        text.append(" (advisory)", style="dim")
    return text


def _row(verdict: Verdict) -> list[Text]:
    return [
        _status(verdict),
        Text(view.title(verdict), style="bold"),
        _summary(verdict),
        Text(one_line(view.headline_text(verdict)), style="bold"),
        _delta(verdict),
    ]


def _delta(verdict: Verdict) -> Text:
    delta = view.headline_delta(verdict)
    if delta is None or not delta.text:
        return Text("")
    return Text(str(delta), style="red" if delta.word == "worse" else "green")


def _stacked(verdict: Verdict) -> Iterator[RenderableType]:
    yield Text.assemble(_status(verdict), " ", (view.title(verdict), "bold"))
    yield Padding(_summary(verdict), (0, 0, 0, 2))


def _section(verdict: Verdict, layout: Layout) -> list[RenderableType]:
    head = Text(f"{MARKS[verdict.status]} {view.title(verdict)}", style=f"bold {STYLES[verdict.status]}")
    body: list[RenderableType] = [
        *problems(verdict, layout),
        *criteria(verdict, layout),
        *(part for t in verdict.tables for part in gate_table(t, layout)),
        *findings(verdict, layout),
        *(part for r in verdict.remedies for part in note("→", "cyan", one_line(r), layout.inside)),
    ]
    if layout.verbose:
        body.extend(
            Text(f"from {listing.source_line(s)}", style="dim") for s in listing.sources(verdict.sources)
        )
    return [head, *(indented(part, layout.indent) for part in body)]


def _policy_change(report: Report, layout: Layout) -> Iterator[RenderableType]:
    change = report.policy_change
    if change is None:
        return
    yield from note("!", "yellow", trusted.change_sentence(change), layout)
    for line in trusted.diff_lines(change, 1000 if layout.verbose else 20):
        style = {"+": "green", "-": "red"}.get(line[:1], "dim")
        yield Padding(Text(line, style=style), (0, 0, 0, layout.indent))


def _notices(report: Report, layout: Layout, level: str) -> list[RenderableType]:
    """The notices of one level: warnings are for the head of the report, the others for its end."""
    mark, style, warns = ("!", "yellow", True) if level == "warning" else ("·", "dim", False)
    texts = [one_line(n.message) for n in listing.notices(report) if (n.level == "warning") == warns]
    return [part for text in texts for part in note(mark, style, text, layout)]


def _evidence(report: Report, layout: Layout) -> Iterator[RenderableType]:
    found = report.discovery
    lines: list[str] = [f"took {listing.source_line(s)}" for s in listing.sources(found.taken)]
    if layout.verbose:
        lines += [
            f"passed over {one_line(path)}: {one_line(why)}" for path, why in listing.passed_over(found)
        ]
    if layout.verbose or not found.taken:
        told = view.absent(report) if layout.verbose else []
        lines += _looked_for(found, told)
    return (Text(line, style="dim") for line in lines)


def _looked_for(found: Discovery, told: Iterable[Verdict]) -> Iterator[str]:
    """A line a kind of evidence, but for kinds that the line of a skipped gate has told."""
    summaries = {verdict.gate: verdict.summary for verdict in told}
    for kind, patterns in sorted(found.looked_for.items()):
        if kind not in summaries or not all(p in summaries[kind] for p in patterns):
            yield f"looked for {one_line(kind)}: {_joined(patterns)}"


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(map(one_line, texts))
