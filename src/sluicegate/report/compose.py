"""A report as a page of sections, one function a part. Pure; nothing is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace

from sluicegate.core.change import UNTOUCHED
from sluicegate.core.model import (
    NO_TESTS,
    SEVERITY_ORDER,
    WHOLE,
    CriterionResult,
    Finding,
    Report,
    Source,
    Table,
    Verdict,
)
from sluicegate.core.statuses import GateStatus, Otherwise, ProposedStatus
from sluicegate.core.text import plural
from sluicegate.policy.catalogue import find_spec
from sluicegate.report import charts, listing, trends, values, view
from sluicegate.report import sections as model
from sluicegate.report.figures import Segment
from sluicegate.report.places import Link, linked, nowhere
from sluicegate.report.sections import Rank, Tone
from sluicegate.report.todo import tasks
from sluicegate.report.uncovered import compared, uncovered_code

DETAILS, MEASURED = "The whole report", "The run that measured this"
"""Names of the links that a publisher adds."""


def page(
    report: Report,
    *,
    title: str = "Sluicegate",
    links: Sequence[tuple[str, str]] = (),
    sources: Mapping[str, list[str]] | None = None,
    link: Link = nowhere,
) -> model.Page:
    """The report, as every renderer takes it.

    `links` are names and addresses of what belongs to it, as the whole report; `sources` the lines of the
    files whose uncovered lines should be shown, by path; `link` gives the addresses of files and lines.
    """
    change = report.policy_change
    whole = any(notice.code == WHOLE for notice in report.notices)
    return model.Page(
        status=str(report.status),
        word=view.WORDS[report.status],
        sentence=view.sentence(report),
        sections=[section(v, sources, link, whole=whole) for v in report.verdicts if not view.is_absent(v)],
        facts=list(_facts(report)),
        tasks=tasks(report, link),
        before=[*_proposal(report), *_notices(report, Tone.WARNING)],
        beside=list(_absences(report)),
        after=[
            *(
                [model.Diff("Difference of the policy", change.diff, change.more)]
                if change and change.diff
                else ()
            ),
            *_notices(report, Tone.INFO),
            *_details(report),
        ],
        title=title,
        links=links,
    )


def section(
    verdict: Verdict,
    sources: Mapping[str, list[str]] | None = None,
    link: Link = nowhere,
    *,
    whole: bool = False,
) -> model.Section:
    """One gate; `sources` and `link` as of `page`.

    With `whole`, one that judged nothing shows all that it measured.
    """
    skipped = verdict.status is GateStatus.SKIPPED
    shown = _as_whole(verdict) if skipped and whole else None
    if shown is not None:
        return replace(section(shown, sources, link), status=str(verdict.status), advisory=True)
    return model.Section(
        title=view.title(verdict),
        status=str(verdict.status),
        summary=verdict.summary,
        blocks=[] if skipped else list(_blocks(verdict, sources or {}, link)),
        headline=_headline(verdict),
        advisory=not verdict.blocking,
        skipped=view.skip_text(verdict) if skipped else "",
        rank=Rank.QUIET if verdict.status is GateStatus.PASS and not _brings(verdict) else Rank.BODY,
    )


def _as_whole(verdict: Verdict) -> Verdict | None:
    """What a gate that judged nothing measured, as one that warns; None where it measured nothing."""
    if all(m.value is None for m in verdict.measures.values()):
        return None
    measured = verdict.summary.removeprefix("not judged: ").partition("; ")[2] or verdict.summary
    return replace(verdict, status=GateStatus.WARN, criteria=(), summary=measured)


def _brings(verdict: Verdict) -> bool:
    """Has it findings of the change that are shown one by one?"""
    return _finding_rank(verdict) > Rank.VERBOSE and any(f.new and f.waiver is None for f in verdict.findings)


def _facts(report: Report) -> Iterator[model.Fact]:
    commit, policy = report.commit, report.policy
    if commit.head:
        dirty = "with uncommitted changes" if commit.dirty else ""
        yield model.Fact("commit", view.short(commit.head), dirty)
    if commit.base:
        label = f"({commit.base_label})" if commit.base_label else ""
        yield model.Fact("against", view.short(commit.base), label)
    origin = {"base": "of the base branch", "head": "of this change"}.get(policy.origin, "")
    yield model.Fact("preset" if policy.origin == "preset" else "policy", policy.ref, origin)
    yield model.Fact("evaluated on", report.evaluated_on.isoformat(), rank=Rank.VERBOSE)


def _notices(report: Report, tone: Tone) -> list[model.Note]:
    """The notices of one level: warnings come before the overview, the others at the end.

    What the sentence says is left out.
    """
    said = (NO_TESTS,) if view.judged(report) else (NO_TESTS, WHOLE)
    own = (n for n in listing.notices(report) if n.code not in said)
    found = (n for n in own if (n.level == "warning") == (tone is Tone.WARNING))
    return [model.Note(tone, n.message, rank=Rank.MAIN) for n in found]


def _absences(report: Report) -> Iterator[model.Note]:
    """One line for all gates that measured nothing, and one for the components that are left alone."""
    absent = list(filter(view.is_absent, report.verdicts))
    if nothing := [v for v in absent if not _left_alone(v)]:
        detail = map(view.skip_text, nothing if report.discovery.taken else ())
        whose = "its" if len(nothing) == 1 else "their"
        yield _skipped(f"nothing of {whose} kind here", map(view.title, nothing), detail)
    if alone := [str(v.component) for v in absent if _left_alone(v)]:
        yield _skipped("not touched by the change", dict.fromkeys(alone))


def _left_alone(verdict: Verdict) -> bool:
    return bool(verdict.component) and verdict.summary.startswith(UNTOUCHED)


def _skipped(why: str, names: Iterable[str], detail: Iterable[str] = ()) -> model.Note:
    text = f"skipped, {why}: {', '.join(names)}"
    return model.Note(Tone.SKIPPED, text, "", "", Rank.MAIN, [*detail], "what was looked for")


def _proposal(report: Report) -> Iterator[model.Note]:
    if change := report.policy_change:
        judged = "This change edits the policy; the base branch's policy judged it."
        yield model.Note(Tone.WARNING, judged, rank=Rank.VERDICT)
        text = f"Under the new {change.ref} it would be {change.status}: "
        if change.status == ProposedStatus.UNKNOWN:
            text = f"The verdict under the new {change.ref} is unknown: "
        yield model.Note(Tone.WARNING, text + change.summary, rank=Rank.MAIN)


def _details(report: Report) -> Iterator[model.Part]:
    if rows := trends.rows(report.trends):
        yield model.Part(f"Trends of {plural(len(rows), 'measure')}", (model.Trends(rows),), Rank.QUIET)

    found = report.discovery
    over = (model.Item("passed over", (path,), why, Rank.QUIET) for path, why in sorted(found.passed_over))
    if items := [*_items("took", found.taken), *over, *_looked_for(report)]:
        yield model.Part("Evidence", (model.Items(items),))


def _looked_for(report: Report) -> Iterator[model.Item]:
    """The patterns of each kind of evidence, but for those that the line of a skipped gate names."""
    found = report.discovery
    named = {v.gate: v.summary for v in report.verdicts if view.is_absent(v) and found.taken}
    rank = Rank.VERBOSE if found.taken else Rank.SOURCE
    for kind, patterns in sorted(found.looked_for.items()):
        if kind not in named or not all(p in named[kind] for p in patterns):
            yield model.Item(f"looked for {kind}:", patterns, rank=rank)


def _items(label: str, sources: Sequence[Source], rank: Rank = Rank.SOURCE) -> list[model.Item]:
    items = []
    for source in sorted(sources, key=astuple):
        path, tool = listing.near(source.path), " ".join(filter(None, (source.tool, source.version)))
        words = (source.format if source.format != path else "", tool, listing.near(source.note))
        items.append(model.Item(label, (path,), view.joined(w for w in words if w != path), rank))
    return items


def _headline(verdict: Verdict) -> model.Headline | None:
    measure = values.headline(verdict)
    if measure is None:
        return None
    drawn = (charts.bullet(c) for c in verdict.criteria if values.expected(c).startswith(f"{measure.name} "))
    return model.Headline(
        text=values.headline_text(verdict),
        value=values.value_text(measure),
        name=measure.name,
        base=values.headline_base(verdict),
        delta=values.headline_delta(verdict),
        bullet=next(filter(None, drawn), None),
        segments=_segments(verdict),
    )


def _segments(verdict: Verdict) -> list[Segment]:
    if not listing.is_graded(verdict):
        return []  # its findings have one severity a kind, so a bar shows nothing
    return charts.severity_bar(listing.severity_counts(verdict.findings))


def _blocks(verdict: Verdict, sources: Mapping[str, list[str]], link: Link) -> Iterator[model.Block]:
    for problem in verdict.problems:
        yield model.Note(Tone.PROBLEM, problem.message, problem.path, problem.remedy)
    if verdict.criteria:
        yield model.Criteria([_criterion(c, verdict, link) for c in verdict.criteria])
    for waiver in listing.used_waivers(verdict):
        text = f"waived until {waiver.expires.isoformat()} by {waiver.owner}: {waiver.reason}"
        yield model.Note(Tone.WAIVER, text, waiver.label())
    if verdict.findings:
        yield _findings(verdict, link)
    yield from _traces(verdict)
    yield from compared(verdict)
    for table in verdict.tables:
        yield _grid(table, verdict, link)
    for remedy in verdict.remedies:
        yield model.Note(Tone.REMEDY, remedy)
    yield from _measures(verdict)
    yield from uncovered_code(verdict, sources, link)
    if verdict.sources:
        yield model.Items(_items("from", verdict.sources, Rank.QUIET), "Measured from", Rank.QUIET)


def _criterion(result: CriterionResult, verdict: Verdict, link: Link) -> model.CriterionRow:
    return model.CriterionRow(
        status=view.shown_status(result),
        expected=values.expected(result),
        actual="" if result.actual is None else values.actual_text(result),
        ratio=values.ratio_of(result, verdict),
        delta=values.delta_of(result, verdict),
        worst=result.subject,
        reason=result.reason,
        advisory=result.otherwise is Otherwise.WARN,
        waived=result.waiver is not None,
        chart=charts.bullet(result),
        url=link(result.subject, 0, 0) if "/" in result.subject else "",
    )


def _grid(table: Table, verdict: Verdict, link: Link) -> model.Grid:
    """A table, the rows first that name what does not satisfy a criterion."""
    worst = _worst_places(verdict)
    rows = sorted(table.rows, key=worst.isdisjoint)
    links = {
        (n, column): pieces
        for n, row in enumerate(rows)
        for column, pieces in linked(row, table.columns, link).items()
    }
    return model.Grid(table.title, table.columns, rows, table.align, table.more, links)


def _worst_places(verdict: Verdict) -> set[str]:
    """The places and names of what does not satisfy a criterion."""
    failed = [c for c in view.unmet(verdict) if c.waiver is None]
    found = [c.subject for c in failed if c.subject]
    for is_counted in [listing.counting(c, verdict) for c in failed]:
        found += map(listing.place, filter(is_counted, verdict.findings))
    return set(filter(None, found))


def _findings(verdict: Verdict, link: Link) -> model.Findings:
    shown, older = listing.parted(verdict)
    rows, old = ([_finding(f, link) for f in part] for part in (shown, older))
    return model.Findings(rows, old, _finding_rank(verdict))


def _finding_rank(verdict: Verdict) -> Rank:
    """Findings are shown in short only where no table of the gate names their places."""
    spec = find_spec(verdict.gate)
    named = spec is not None and spec.tables_place_findings and verdict.tables
    return Rank.VERBOSE if named else Rank.BODY


def _traces(verdict: Verdict) -> Iterator[model.Traces]:
    traced = [f for f in listing.order(verdict.findings) if f.trace]
    if traced:
        yield model.Traces([model.Trace(f"Trace of {f.fingerprint}", f.trace.splitlines()) for f in traced])


def _finding(finding: Finding, link: Link) -> model.FindingRow:
    return model.FindingRow(
        severity=str(finding.severity),
        order=SEVERITY_ORDER[finding.severity],
        place=listing.place(finding),
        path=finding.path,
        line=finding.line,
        rule=finding.rule,
        message=finding.message,
        new=finding.new,
        waived=finding.waiver is not None,
        help=finding.help,
        link=view.help_url(finding),
        url=link(finding.path, finding.line, finding.end_line) if finding.path else "",
    )


def _measures(verdict: Verdict) -> Iterator[model.Measures]:
    """The measures as bars where they are shares, the others that are not zero as values."""
    plain = values.plain_measures(verdict)
    meters = charts.meters(plain)
    drawn, segments = {m.name for m in meters}, _segments(verdict)
    rest = [m for m in plain if m.value and m.name not in drawn]
    if meters or rest or segments:
        yield model.Measures(meters, [(m.name, values.value_text(m)) for m in rest], segments)
