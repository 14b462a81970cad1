"""A page in GitHub's Markdown: for a comment, a check run, a job summary.

The verdict first, one table row a section, failures opened, the rest folded. When the text is above
the limit it sheds detail, in the order of `LEVELS`, and names what it left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, groupby
from urllib.parse import quote

from sluicegate.core.text import clean, one_line, plural, some
from sluicegate.core.text import cut as cut_text
from sluicegate.report import sections as model
from sluicegate.report.escape import html_text, md, md_code, md_prose
from sluicegate.report.sections import SIGNS, Rank

_DOTS = {"critical": "🟣", "high": "🔴", "medium": "🟠", "low": "🟡", "info": "🔵", "unknown": "⚪"}


@dataclass(frozen=True, slots=True)
class MarkdownDetail:
    """How much to show: blocks of `least` and above, and rows. `lost` names what this level leaves out."""

    least: Rank
    findings: int
    rows: int
    sections: int = 10_000
    lost: str = ""


LEVELS: tuple[MarkdownDetail, ...] = (
    MarkdownDetail(Rank.QUIET, findings=200, rows=50),
    MarkdownDetail(Rank.QUIET, findings=50, rows=20, lost="findings beyond the first 50 of a gate"),
    MarkdownDetail(Rank.SOURCE, 50, 20, lost="trends, sources of gates, the criteria of gates that passed"),
    MarkdownDetail(Rank.BODY, 20, 10, lost="the list of evidence, findings beyond the first 20"),
    MarkdownDetail(Rank.BODY, 5, 3, lost="findings beyond the first 5 of a gate"),
    MarkdownDetail(Rank.BODY, 0, 0, lost="findings and tables"),
    MarkdownDetail(Rank.MAIN, 0, 0, lost="everything but the table of gates"),
    MarkdownDetail(Rank.MAIN, 0, 0, sections=20, lost="all but the first 20 gates"),
    MarkdownDetail(Rank.VERDICT, 0, 0, sections=0, lost="everything but the verdict"),
)
"""From everything to the bare verdict; the first that fits is taken."""

_SIDES = {"r": "--:"}
_MAX_TEXT, _MAX_NOTES, _MAX_TRENDS = 500, 20, 20


def render(page: model.Page, *, limit: int = 65_000) -> str:
    """The page as Markdown.

    Args:
        page: to render.
        limit: UTF-8 bytes at the most. GitHub counts characters in a comment (65,536) and bytes
            in a summary (1 MiB); bytes are never fewer. Below 1,000 it may not be kept.
    """
    text = ""
    for level in LEVELS:
        text = _at(page, level)
        if len(text.encode()) <= limit:
            break
    return text


def _at(page: model.Page, level: MarkdownDetail) -> str:
    whole = level.least <= Rank.MAIN
    sentence = _cut(page.sentence, _MAX_TEXT if whole else 100)
    shown = page.sections[: level.sections]
    columns = ("", page.noun.capitalize(), "Result", "Measure", "Against the baseline")
    sections = [s for s in page.sections if s.rank >= level.least and s.blocks]
    blocks = [
        f"## {SIGNS[page.status][0]} {md(page.title)}: {page.word}",
        f"**{md(sentence[:1].upper() + sentence[1:])}.**",
        *_blocks(page.before, level),
        _table(columns, [_row(s) for s in shown], "lllrr") if shown else "",
        *_blocks(page.beside, level),
        *(_section(s, level) for s in sections),
        *_blocks(page.after, level),
        f"<sub>{' · '.join(map(_fact, page.facts))}</sub>",
        f"<sub>Left out for length: {level.lost}.</sub>" if level.lost else "",
        " · ".join(_links(page)),
    ]
    return _paragraphs(blocks) + "\n"


def _paragraphs(blocks: Iterable[str]) -> str:
    return "\n\n".join(filter(None, blocks))


def _cut(text: str, length: int) -> str:
    return cut_text(one_line(text), length)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """A table of cells that are already escaped; `align` holds `l` or `r` a column.

    A column that is empty in every row is left out, but for the first two.
    """
    marks = [_SIDES.get(side, ":--") for side in align.ljust(len(columns), "l")[: len(columns)]]
    kept = [n < 2 or any(row[n].strip() for row in rows) for n in range(len(columns))]
    filled = ([cell or " " for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(compress(line, kept))} |" for line in (columns, marks, *filled))


def _row(section: model.Section) -> tuple[str, ...]:
    headline = section.headline
    return (
        f"{SIGNS[section.status][0]} {section.status}" + " (advisory)" * section.advisory,
        f"**{md(_cut(section.title, 100))}**",
        md(_cut(section.summary, 300)),
        md(headline.text) if headline else "",
        md(str(headline.delta or "")) if headline else "",
    )


def _section(section: model.Section, level: MarkdownDetail) -> str:
    opened = " open" if section.status in ("FAIL", "ERROR") else ""
    name, summary = html_text(section.title), html_text(_cut(section.summary, 300))
    head = f"<details{opened}><summary>{SIGNS[section.status][0]} <b>{name}</b>: {summary}</summary>"
    return _paragraphs((head, *_blocks(section.blocks, level), "</details>"))


def _fact(fact: model.Fact) -> str:
    about = f" {html_text(_cut(fact.about, 100))}" if fact.about else ""
    return f"{md(fact.name)} {md_code(_cut(fact.value, 100))}{about}"


def _links(page: model.Page) -> Iterator[str]:
    for name, url in page.links:
        if url.startswith(("https://", "http://")):
            yield f"[{md(name)}]({quote(url, safe='/:?&=#%@+,;~-._')})"


# --- blocks ------------------------------------------------------------------------------------


def _blocks(blocks: Sequence[model.Block], level: MarkdownDetail) -> Iterator[str]:
    """A paragraph a block; notes that follow each other are a list."""
    for is_note, group in groupby(model.ranked(blocks, level.least), lambda b: isinstance(b, model.Note)):
        shown = [RENDERERS[type(b)](b, level) for b in group]
        yield "\n".join(shown[:_MAX_NOTES]) if is_note else _paragraphs(shown)


def _note(note: model.Note, _: MarkdownDetail) -> str:
    place = f"{md_code(_cut(note.place, 300))}: " if note.place else ""
    remedy = f". {md_prose(_cut(note.remedy, _MAX_TEXT))}" if note.remedy else ""
    icon = f"{SIGNS[note.tone][0]} ".lstrip()
    return f"- {icon}{place}{md_prose(_cut(note.text, _MAX_TEXT))}{remedy}"


def _criterion(row: model.CriterionRow) -> tuple[str, ...]:
    worst = [f"worst: {md_code(_cut(row.worst, 200))}"] if row.worst else []
    return (
        f"{SIGNS[row.status][0]} {row.status}",
        md_code(_cut(row.expected, 300)),
        md((row.actual or "—") + (f" ({row.ratio})" if row.ratio else "")),
        md(str(row.delta or "")),
        "; ".join(worst + [md(_cut(text, 300)) for text in row.remarks]),
    )


def _criteria(block: model.Criteria, _: MarkdownDetail) -> str:
    columns = ("", "Criterion", "Actual", "Against the baseline", "Note")
    return _table(columns, [_criterion(r) for r in block.rows], "llrrl")


def _findings(block: model.Findings, level: MarkdownDetail) -> str:
    """The worst findings as a table, and how many of which severity were left out."""
    if not level.findings:
        return ""
    shown, more = block.rows[: level.findings], model.left_out(block.rows[level.findings :])
    table = _table(("Severity", "Where", "Rule", "Finding"), [_finding(r) for r in shown], "llll")
    older = model.left_out(block.older, "older finding")
    return _paragraphs((table if shown else "", more and f"…and {more}", older))


def _finding(row: model.FindingRow) -> tuple[str, ...]:
    rule = md_code(_cut(row.rule, 100))
    return (
        f"{_DOTS[row.severity]} {row.severity}" + ", new" * (row.new is True) + ", waived" * row.waived,
        md_code(_cut(row.place, 300)),
        f"[{rule}]({row.link})" if rule and row.link else rule,
        md(_cut(row.message, _MAX_TEXT)),
    )


def _grid(grid: model.Grid, level: MarkdownDetail) -> str:
    if not level.rows:
        return ""
    shown = [[md(_cut(cell, 200)) for cell in row] for row in model.cells(grid, level.rows)]
    left = len(grid.rows) - len(shown) + grid.more
    columns = [md(_cut(c, 60)) or " " for c in grid.columns] or [" "]
    more = f"…and {plural(left, 'more row')}" if left else ""
    return _paragraphs((f"**{md(_cut(grid.title, 100))}**", _table(columns, shown, grid.align), more))


def _diff(diff: model.Diff, level: MarkdownDetail) -> str:
    limit = 4 * level.rows
    if not limit:
        return ""
    left = len(diff.lines) - len(diff.lines[:limit]) + diff.more
    more = [f"…and {plural(left, 'more line')}"] if left else []
    return _folded(diff.title, [*diff.lines[:limit], *more], "diff")


def _traces(block: model.Traces, level: MarkdownDetail) -> str:
    """The last lines of the first traces, each folded."""
    shown = block.traces[: level.findings] if level.rows else ()
    return _paragraphs(_folded(t.title, t.lines[-level.rows :], "text") for t in shown)


def _folded(title: str, lines: Iterable[str], kind: str) -> str:
    """Lines as they are, behind their title."""
    shown = [clean(line).replace("\n", " ").replace("<!--", "<\u200b!--") for line in lines]
    runs = "".join(c if c == "`" else " " for c in "\n".join(shown)).split()
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    body = "\n".join((f"{fence}{kind}", *shown, fence))
    return f"<details><summary>{html_text(_cut(title, 300))}</summary>\n\n{body}\n\n</details>"


def _items(block: model.Items, level: MarkdownDetail) -> str:
    items = model.ranked(block.items, level.least)
    if block.label:
        return f"<sub>{md(block.label)} {some([_named(i) for i in items[:10]], len(items))}</sub>"
    shown = [f"- {md(i.label)} {_named(i)}" for i in items[:50]]
    left = len(items) - len(shown)
    return "\n".join([*shown, f"- …and {left:,} more"] if left else shown)


def _named(item: model.Item) -> str:
    names = ", ".join(md_code(_cut(name, 300)) for name in item.names[:20])
    return f"{names} ({md(_cut(item.about, 200))})" if item.about else names


def _trends(block: model.Trends, _: MarkdownDetail) -> str:
    shown = block.rows[:_MAX_TRENDS]
    rows = [
        (f"**{md(_cut(t.name, 100))}**", f"`{t.spark}`", md(t.now), md(str(t.delta or "")), md(t.span))
        for t in shown
    ]
    table = _table(("Measure", "Course", "Now", "Change", "Since"), rows, "llrrl")
    left = len(block.rows) - len(shown)
    charts = (f"```mermaid\n{t.mermaid}\n```" for t in block.rows if t.mermaid)
    return _paragraphs((table, f"…and {left:,} more" if left else "", *charts))


def _part(part: model.Part, level: MarkdownDetail) -> str:
    head = f"<details><summary>{html_text(part.title)}</summary>"
    return _paragraphs((head, *_blocks(part.blocks, level), "</details>"))


RENDERERS: Mapping[type[model.Block], Callable[..., str]] = {
    model.Note: _note,
    model.Criteria: _criteria,
    model.Findings: _findings,
    model.Grid: _grid,
    model.Diff: _diff,
    model.Traces: _traces,
    model.Items: _items,
    model.Trends: _trends,
    model.Part: _part,
    model.Measures: lambda *_: "",
    model.Code: lambda *_: "",
}
"""By kind of block; charts and code are for pages."""
