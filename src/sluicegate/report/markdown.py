"""A page in GitHub's Markdown: for a comment, a check run, a job summary.

The verdict first, then what to do, one table row a section, failures opened, the rest folded. When the text
is above the limit it sheds detail, in the order of `LEVELS`, and names what it left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, groupby
from urllib.parse import quote

from sluicegate.core.text import clean, one_line, plural, shortened, some
from sluicegate.core.text import cut as cut_text
from sluicegate.report import sections as model
from sluicegate.report.escape import html_text, md, md_code, md_prose, md_spaced
from sluicegate.report.places import Pieces
from sluicegate.report.room import cells, left_out, ranked
from sluicegate.report.sections import SIGNS, Rank

_DOTS = {"critical": "🟣", "high": "🔴", "medium": "🟠", "low": "🟡", "info": "🔵", "unknown": "⚪"}


@dataclass(frozen=True, slots=True)
class MarkdownDetail:
    """How much to show: blocks of `least` and above, and rows. `lost` names what this level leaves out.

    `text` are the characters of a paragraph, at the most; `links` says whether tables have addresses.
    """

    least: Rank
    findings: int
    rows: int
    sections: int = 10_000
    lost: str = ""
    text: int = 500
    links: bool = False


LEVELS: tuple[MarkdownDetail, ...] = (
    MarkdownDetail(Rank.QUIET, findings=200, rows=50, text=10_000, links=True),
    MarkdownDetail(Rank.QUIET, 50, 20, lost="findings beyond the first 50 of a gate", text=2_000, links=True),
    MarkdownDetail(
        Rank.SOURCE,
        50,
        20,
        lost="trends, sources of gates, criteria of gates that passed, links in tables",
    ),
    MarkdownDetail(Rank.BODY, 20, 10, lost="the list of evidence, findings beyond the first 20"),
    MarkdownDetail(Rank.BODY, 5, 3, lost="findings beyond the first 5 of a gate"),
    MarkdownDetail(Rank.BODY, 0, 0, lost="findings and tables"),
    MarkdownDetail(Rank.MAIN, 0, 0, lost="everything but what to do and the table of gates", text=300),
    MarkdownDetail(Rank.MAIN, 0, 0, sections=20, lost="all but the first 20 gates", text=200),
    MarkdownDetail(Rank.VERDICT, 0, 0, sections=0, lost="everything but the verdict", text=100),
)
"""From everything to the bare verdict; the first that fits is taken."""

_SIDES = {"r": "--:"}
_MAX_NOTES, _MAX_TRENDS = 20, 20
_MAX_PLACE = 300


def render(page: model.Page, *, limit: int = 65_000) -> str:
    """The page as Markdown.

    Args:
        page: to render.
        limit: UTF-8 bytes at the most. GitHub counts characters in a comment (65,536) and bytes
            in a summary (1 MiB); bytes are never fewer. Below 1,000 it may not be kept.
    """
    return Rendered(page).within(limit)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page for several limits: each level of detail is rendered once."""

    page: model.Page
    _texts: list[str] = field(default_factory=list, repr=False, compare=False)

    def within(self, limit: int) -> str:
        """The page as Markdown; `limit` as of `render`."""
        text = ""
        for number, level in enumerate(LEVELS):
            if number == len(self._texts):
                self._texts.append(_at(self.page, level))
            text = self._texts[number]
            if len(text.encode()) <= limit:
                break
        return text


def _at(page: model.Page, level: MarkdownDetail) -> str:
    sentence = _text(page.sentence, level)
    sections = [s for s in page.sections if s.rank >= level.least and s.blocks]
    blocks = [
        f"## {SIGNS[page.status][0]} {md(page.title)}: {page.word}",
        f"**{md(sentence[:1].upper() + sentence[1:])}.**",
        "\n".join(f"{n}. {_task(task, level)}" for n, task in enumerate(page.tasks, 1) if level.sections),
        *_blocks(page.before, level),
        _overview(page, level),
        *_blocks(page.beside, level),
        *_blocks(page.between, level),
        *(_section(s, level) for s in sections),
        *_blocks(page.after, level),
        f"<sub>{' · '.join(map(_fact, page.facts))}</sub>",
        f"<sub>Left out for length: {level.lost}.</sub>" if level.lost else "",
        " · ".join(_links(page)),
    ]
    return _paragraphs(blocks) + "\n"


def _overview(page: model.Page, level: MarkdownDetail) -> str:
    shown = page.sections[: level.sections]
    columns = ("", page.noun.capitalize(), "Measure", "Value", "Base", "Δ", "Result")
    return _table(columns, [_row(s, level) for s in shown], "lllrrrl") if shown else ""


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


def _text(text: str, level: MarkdownDetail) -> str:
    return shortened(one_line(text), level.text)


def _task(task: model.Task, level: MarkdownDetail) -> str:
    place = f" {_linked(md_code(_cut(task.place, _MAX_PLACE)), task.url)}" if task.place else ""
    command = f" → {md_code(_cut(task.command, _MAX_PLACE))}" if task.command else ""
    text = md_prose(_text(task.text, level))
    return f"{SIGNS[task.status][0]} **{md(_cut(task.title, 100))}**{place}: {text}{command}"


def _linked(escaped: str, url: str) -> str:
    """What is already escaped, as a link where there is an address."""
    return f"[{escaped}]({_address(url)})" if escaped and url.startswith(("https://", "http://")) else escaped


def _address(url: str) -> str:
    return quote(url, safe="/:?&=#%@+,;~-._")


def _row(section: model.Section, level: MarkdownDetail) -> tuple[str, ...]:
    head = section.headline
    return (
        f"{SIGNS[section.status][0]} {section.status}" + " (advisory)" * section.advisory,
        f"**{md(_cut(section.title, 100))}**",
        *((md_code(_cut(head.name, 100)), md(head.value), md(head.base)) if head else ("", "", "")),
        md(str(head.delta or "")) if head else "",
        md(_text(section.summary, level)),
    )


def _section(section: model.Section, level: MarkdownDetail) -> str:
    opened = " open" if section.status in ("FAIL", "ERROR") or section.rank >= Rank.MAIN else ""
    name, summary = html_text(section.title), html_text(_text(section.summary, level))
    head = f"<details{opened}><summary>{SIGNS[section.status][0]} <b>{name}</b>: {summary}</summary>"
    return _paragraphs((head, *_blocks(section.blocks, level), "</details>"))


def _fact(fact: model.Fact) -> str:
    about = f" {html_text(_cut(fact.about, 100))}" if fact.about else ""
    return f"{md(fact.name)} {md_code(_cut(fact.value, 100))}{about}"


def _links(page: model.Page) -> Iterator[str]:
    for name, url in page.links:
        if url.startswith(("https://", "http://")):
            yield f"[{md(name)}]({_address(url)})"


# --- blocks ------------------------------------------------------------------------------------


def _blocks(blocks: Sequence[model.Block], level: MarkdownDetail) -> Iterator[str]:
    """A paragraph a block; notes that follow each other are a list."""
    for is_note, group in groupby(ranked(blocks, level.least), lambda b: isinstance(b, model.Note)):
        shown = [RENDERERS[type(b)](b, level) for b in group]
        yield "\n".join(shown[:_MAX_NOTES]) if is_note else _paragraphs(shown)


def _note(note: model.Note, level: MarkdownDetail) -> str:
    place = f"{md_code(_cut(note.place, _MAX_PLACE))}: " if note.place else ""
    remedy = f". {md_prose(_text(note.remedy, level))}" if note.remedy else ""
    icon = f"{SIGNS[note.tone][0]} ".lstrip()
    return f"- {icon}{place}{md_prose(_text(note.text, level))}{remedy}"


def _criterion(row: model.CriterionRow, level: MarkdownDetail) -> tuple[str, ...]:
    worst = [f"worst: {_linked(md_code(_cut(row.worst, 200)), row.url)}"] if row.worst else []
    return (
        f"{SIGNS[row.status][0]} {row.status}",
        md_code(_cut(row.expected, 300)),
        md((row.actual or "—") + (f" ({row.ratio})" if row.ratio else "")),
        md(str(row.delta or "")),
        "; ".join(worst + [md(_text(text, level)) for text in row.remarks]),
    )


def _criteria(block: model.Criteria, level: MarkdownDetail) -> str:
    columns = ("", "Criterion", "Actual", "Δ", "Note")
    return _table(columns, [_criterion(r, level) for r in block.rows], "llrrl")


def _findings(block: model.Findings, level: MarkdownDetail) -> str:
    """The worst findings as a table, and how many of which severity were left out; old ones are folded."""
    if not level.findings:
        return ""
    older = left_out(block.older, "older finding")
    if older and level.least < Rank.BODY:
        head = f"<details><summary>{older}</summary>"
        older = _paragraphs((head, *_finding_rows(block.older, level), "</details>"))
    return _paragraphs((*_finding_rows(block.rows, level), older))


def _finding_rows(rows: Sequence[model.FindingRow], level: MarkdownDetail) -> Iterator[str]:
    shown, more = rows[: level.findings], left_out(rows[level.findings :])
    if shown:
        columns = ("Severity", "Where", "Rule", "Finding")
        yield _table(columns, [_finding(r, level) for r in shown], "llll")
    if more:
        yield f"…and {more}"


def _finding(row: model.FindingRow, level: MarkdownDetail) -> tuple[str, ...]:
    rule = md_code(_cut(row.rule, 100))
    return (
        f"{_DOTS[row.severity]} {row.severity}" + ", new" * (row.new is True) + ", waived" * row.waived,
        _linked(md_code(_cut(row.place, _MAX_PLACE)), row.url),
        f"[{rule}]({row.link})" if rule and row.link else rule,
        md(_text(row.message, level)),
    )


def _grid(grid: model.Grid, level: MarkdownDetail) -> str:
    if not level.rows:
        return ""
    shown = [
        [
            _cell(cell, grid.links.get((n, column), ()) if level.links else (), level)
            for column, cell in enumerate(row)
        ]
        for n, row in enumerate(cells(grid, level.rows))
    ]
    left = len(grid.rows) - len(shown) + grid.more
    columns = [md(_cut(c, 60)) or " " for c in grid.columns] or [" "]
    more = f"…and {plural(left, 'more row')}" if left else ""
    return _paragraphs((f"**{md(_cut(grid.title, 100))}**", _table(columns, shown, grid.align), more))


def _cell(text: str, pieces: Pieces, level: MarkdownDetail) -> str:
    """A cell; where its pieces have addresses, one after the other with the space between them."""
    if not any(url for _, url in pieces):
        return md(_cut(text, min(level.text, 1000)))
    return "".join(_linked(md(part), url) if url else md_spaced(part) for part, url in pieces)


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
    shown = [clean(line).replace("\n", " ").replace("<!--", "< !--") for line in lines]
    runs = "".join(c if c == "`" else " " for c in "\n".join(shown)).split()
    fence = "`" * max(3, 1 + max(map(len, runs), default=0))
    body = "\n".join((f"{fence}{kind}", *shown, fence))
    return f"<details><summary>{html_text(_cut(title, 300))}</summary>\n\n{body}\n\n</details>"


def _items(block: model.Items, level: MarkdownDetail) -> str:
    items = ranked(block.items, level.least)
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
    model.Plots: lambda *_: "",
}
"""By kind of block; charts and code are for pages."""
