"""What is shown, as a page of sections: the one model that Markdown, terminal and HTML render.

A subject (a check, later a release or a rollout) becomes a `Page` by a pure function of its own;
the renderers handle blocks, whatever the subject. Texts are plain and as strangers wrote them: a
renderer escapes each for its place. Where a text is called prose, backticks mark code.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.report.figures import Bullet, Delta, Meter, Plot, Segment, Trend
from sluicegate.report.places import Pieces


class Rank(enum.IntEnum):
    """How much something matters: a renderer that is short of room leaves out the lowest first."""

    VERBOSE = 0  # only where everything is shown
    QUIET = 1  # of what is in order
    SOURCE = 2  # where it comes from
    BODY = 3  # what is wrong, and what to do
    MAIN = 4  # the overview
    VERDICT = 5


class Tone(enum.StrEnum):
    """The kind of a note."""

    PROBLEM = "problem"
    REMEDY = "remedy"
    WAIVER = "waiver"
    WARNING = "warning"
    INFO = "info"
    SKIPPED = "skipped"


SIGNS: Mapping[str, tuple[str, str, str]] = {
    "PASS": ("✅", "✓", "green"),
    "WARN": ("⚠️", "!", "yellow"),
    "CONDITIONAL": ("🟡", "~", "yellow"),
    "FAIL": ("❌", "✗", "red"),
    "ERROR": ("💥", "✗", "red"),
    "BLOCKED": ("❌", "✗", "red"),
    "GO": ("✅", "✓", "green"),
    "NO-GO": ("❌", "✗", "red"),
    "SKIPPED": ("⚪", "-", "dim"),
    "UNKNOWN": ("❔", "?", "magenta"),
    "PENDING": ("⬜", "·", "dim"),
    "RUNNING": ("▶️", ">", "cyan"),
    "WAITING": ("⏳", "~", "yellow"),
    "PAUSED": ("⏸️", "!", "yellow"),
    "ROLLING_BACK": ("⏪", "✗", "red"),
    "ROLLED_BACK": ("⏪", "✗", "red"),
    "ROLLBACK_FAILED": ("🚨", "✗", "red"),
    "COMPLETED": ("✅", "✓", "green"),
    "OK": ("✅", "✓", "green"),
    "BREACH": ("❌", "✗", "red"),
    "INSUFFICIENT": ("⏳", "~", "yellow"),
    "NO_DATA": ("❔", "?", "magenta"),
    "PROVIDER_ERROR": ("💥", "✗", "red"),
    Tone.PROBLEM: ("", "✗", "red"),
    Tone.REMEDY: ("👉", "→", "cyan"),
    Tone.WAIVER: ("🟡", "~", "yellow"),
    Tone.WARNING: ("⚠️", "!", "yellow"),
    Tone.INFO: ("💡", "·", "dim"),
    Tone.SKIPPED: ("⚪", "-", "dim"),
}
"""Of each status and tone: its icon in Markdown, its mark and style on a terminal."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do, in a line.

    Attributes:
        status: of what asks for it, PASS or worse.
        title: of its section.
        text: what is wrong, prose.
        place: the file and line; `url` shows it, empty for no link.
        command: shows, when it succeeds, that it is done; empty for none.
    """

    status: str
    title: str
    text: str
    place: str = ""
    url: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A marked paragraph of prose; consecutive ones are a list.

    Attributes:
        place: the file that it is about.
        remedy: what to do, prose.
        detail: what it sums up, a line each; `detail_name` names these.
    """

    tone: Tone
    text: str
    place: str = ""
    remedy: str = ""
    rank: Rank = Rank.BODY
    detail: Sequence[str] = ()
    detail_name: str = ""


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion: what is required, the value (empty when there is none), and remarks.

    `ratio` is the value as `4 of 9`, `worst` the worst item of a selector, which `url` shows.
    """

    status: str
    expected: str
    actual: str
    ratio: str = ""
    delta: Delta | None = None
    worst: str = ""
    reason: str = ""
    advisory: bool = False
    waived: bool = False
    chart: Bullet | None = None
    url: str = ""

    @property
    def remarks(self) -> list[str]:
        """The reason, and in a word each that it only warns or is waived."""
        words = (self.reason, "advisory" * self.advisory, "waived" * self.waived)
        return [word for word in words if word]


@dataclass(frozen=True, slots=True)
class Criteria:
    """Criteria with their outcomes; where only those that are not met matter, unless `every` one does."""

    rows: Sequence[CriterionRow]
    rank: Rank = Rank.BODY
    every: bool = False


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding. `order` sorts severities, worst first; `link` is a page that is safe to link to.

    `url` shows the place; `new` is None when unknown; `help` is a text.
    """

    severity: str
    order: int
    place: str
    path: str
    line: int
    rule: str
    message: str
    new: bool | None = None
    waived: bool = False
    help: str = ""
    link: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings, worst first; those in `older` were there before the change and need only be counted."""

    rows: Sequence[FindingRow]
    older: Sequence[FindingRow] = ()
    rank: Rank = Rank.BODY


@dataclass(frozen=True, slots=True)
class Trace:
    """The last lines of what something printed; `title` names it."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Traces:
    """Traces, those that matter most first; folded where that is possible."""

    traces: Sequence[Trace]
    rank: Rank = Rank.BODY


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: `align` holds `l` or `r` a column, `more` rows were left out already.

    `links` are, by row and column, the pieces of a cell and their addresses.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: str = ""
    more: int = 0
    links: Mapping[tuple[int, int], Pieces] = field(default_factory=dict)
    rank: Rank = Rank.BODY


@dataclass(frozen=True, slots=True)
class Measures:
    """Values, as bars and as pairs of name and text."""

    meters: Sequence[Meter]
    stats: Sequence[tuple[str, str]]
    segments: Sequence[Segment]
    rank: Rank = Rank.VERBOSE


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of source. `kind` is uncovered, partial, context, or gap (lines were left out)."""

    number: int
    text: str
    kind: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of one file; `about` describes them."""

    path: str
    about: str
    lines: Sequence[CodeLine]
    folded: bool = False
    url: str = ""
    rank: Rank = Rank.VERBOSE


@dataclass(frozen=True, slots=True)
class Diff:
    """A difference, line by line; `more` lines were left out already."""

    title: str
    lines: Sequence[str]
    more: int = 0
    rank: Rank = Rank.BODY


@dataclass(frozen=True, slots=True)
class Item:
    """Something named: `took` `coverage.xml` (cobertura)."""

    label: str
    names: Sequence[str]
    about: str = ""
    rank: Rank = Rank.SOURCE


@dataclass(frozen=True, slots=True)
class Items:
    """Things named, a line each; with a `label` for all of them they are one small paragraph."""

    items: Sequence[Item]
    label: str = ""
    rank: Rank = Rank.SOURCE


@dataclass(frozen=True, slots=True)
class Trends:
    """Courses of measures."""

    rows: Sequence[Trend]
    rank: Rank = Rank.QUIET


@dataclass(frozen=True, slots=True)
class Graph:
    """Plots over the same time, one below the other, and the same as a table."""

    plots: Sequence[Plot]
    numbers: Grid


@dataclass(frozen=True, slots=True)
class Plots:
    """Charts over time, for pages."""

    rows: Sequence[Graph]
    rank: Rank = Rank.VERBOSE


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks under a heading of their own, in Markdown folded; on a page too if it says so."""

    title: str
    blocks: Sequence[Block]
    rank: Rank = Rank.SOURCE
    folded: bool = False


Block = Note | Criteria | Findings | Traces | Grid | Measures | Code | Diff | Items | Trends | Plots | Part


@dataclass(frozen=True, slots=True)
class Headline:
    """The value that represents a section: `text` alone, or `value` large with its `name` small.

    `base` is the value that it is compared with.
    """

    text: str
    value: str
    name: str
    delta: Delta | None = None
    bullet: Bullet | None = None
    segments: Sequence[Segment] = ()
    base: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What is judged as one: a row or a card of the overview, and a part of its own.

    `skipped` is the sentence that is shown instead where nothing was judged.
    """

    title: str
    status: str
    summary: str
    blocks: Sequence[Block] = ()
    headline: Headline | None = None
    advisory: bool = False
    skipped: str = ""
    rank: Rank = Rank.BODY


@dataclass(frozen=True, slots=True)
class Fact:
    """`commit` `4f1c2d9be0` with uncommitted changes."""

    name: str
    value: str
    about: str = ""
    rank: Rank = Rank.MAIN


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that is shown of one subject.

    Attributes:
        status: the overall one; `word` ends the sentence `Sluicegate: …`.
        sentence: what decided it, without a full stop.
        noun: what a section is, in the singular.
        tasks: what to do first, at the top.
        before: blocks ahead of the overview; `beside`: of it; `between`: it and the sections; `after`: at
            the end.
        links: names and addresses; anything but http(s) is ignored.
    """

    status: str
    word: str
    sentence: str
    sections: Sequence[Section]
    facts: Sequence[Fact] = ()
    before: Sequence[Block] = ()
    beside: Sequence[Note] = ()
    between: Sequence[Block] = ()
    after: Sequence[Block] = ()
    title: str = "Sluicegate"
    noun: str = "gate"
    links: Sequence[tuple[str, str]] = ()
    tasks: Sequence[Task] = ()
