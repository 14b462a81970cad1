"""A release as people and programs see it: the answer, what blocks and who unblocks it, the matrix. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sluicegate.core.decision import Decision, Decisions, ReleaseOutcome
from sluicegate.core.text import plural
from sluicegate.ledger.documents import Document
from sluicegate.release.checkpoints import CheckpointState, CheckpointView
from sluicegate.release.entries import Journal, ReleaseEntry, ReleaseEvent
from sluicegate.release.evaluation import Evaluation
from sluicegate.release.matrix import CheckStatus, Row, rows_worst_first
from sluicegate.release.roles import line_to_copy
from sluicegate.release.signoffs import Signature
from sluicegate.release.ticks import Tick
from sluicegate.report.sections import (
    Block,
    Criteria,
    CriterionRow,
    Fact,
    Grid,
    Note,
    Page,
    Rank,
    Section,
    Task,
    Tone,
)


def moment(seconds: int) -> str:
    """A moment in UTC, for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def span(seconds: int) -> str:
    """A time for people: `5 h 20 min`, `40 s`."""
    if seconds < 60:
        return f"{seconds} s"
    days, rest = divmod(seconds, 86_400)
    parts = ((days, "d"), (rest // 3600, "h"), (rest % 3600 // 60, "min"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)


# --- the page ----------------------------------------------------------------------------------


def page(seen: Evaluation) -> Page:
    """The page of a commit as it was found."""
    outcome = seen.decided.outcome
    return Page(
        status=str(outcome),
        word=seen.decided.sentence,
        sentence=_sentence(seen),
        sections=tuple(_section(seen, name.name, name.title) for name in seen.matrix.dimensions),
        facts=tuple(_facts(seen)),
        before=tuple(_before(seen)),
        after=tuple(_after(seen)),
        title=f"Release {seen.facts.release}",
        noun="dimension",
        tasks=tuple(_task(row) for row in seen.matrix.blocking),
    )


def _sentence(seen: Evaluation) -> str:
    blocking = seen.matrix.blocking
    if seen.decided.outcome is ReleaseOutcome.NO_GO:
        if not blocking:
            return seen.decided.frozen
        failing = [row for row in blocking if row.status is CheckStatus.FAIL]
        unknown = plural(len(blocking) - len(failing), "check is not known", "checks are not known")
        fails = plural(len(failing), "check fails", "checks fail")
        return " and ".join(filter(None, (fails * bool(failing), unknown * (len(failing) < len(blocking)))))
    if seen.decided.conditions:
        return f"{plural(len(seen.decided.conditions), 'check is', 'checks are')} accepted on conditions"
    return "every check passes, and every role has signed off"


def _task(row: Row) -> Task:
    why = row.line.removeprefix(f"{row.id}: ")
    text = f"{why}. {row.remedy}" if row.remedy else why
    return Task("FAIL" if row.status is CheckStatus.FAIL else "UNKNOWN", row.id, text, url=row.url)


def _section(seen: Evaluation, name: str, title: str) -> Section:
    rows = seen.matrix.of(name)
    status = _status(rows)
    good = sum(row.status is CheckStatus.PASS for row in rows)
    blocks: list[Block] = [Criteria(tuple(_criterion(row) for row in rows_worst_first(rows)))]
    blocks += _remedies(rows)
    rank = Rank.QUIET if status == "PASS" else Rank.BODY
    summary = f"{good} of {plural(len(rows), 'check passes', 'checks pass')}"
    return Section(title, status, summary, tuple(blocks), rank=rank)


def _status(rows: Sequence[Row]) -> str:
    """The worst of the rows; a blocking one that is not known counts as it is."""
    blocking = {row.status for row in rows if row.blocks}
    if blocking:
        return str(CheckStatus.FAIL if CheckStatus.FAIL in blocking else CheckStatus.UNKNOWN)
    if any(row.is_conditional for row in rows):
        return "CONDITIONAL"
    return "PASS" if {row.status for row in rows} <= {CheckStatus.PASS} else "WARN"


def _criterion(row: Row) -> CriterionRow:
    reason = row.reason
    if row.waiver is not None:
        until = row.waiver.until.isoformat()
        reason = f"{reason}; accepted by {row.waiver.owner} until {until}: {row.waiver.reason}".lstrip("; ")
    expected = row.expect if row.expect.startswith(row.id) else f"{row.id}: {row.expect}"
    return CriterionRow(
        str(row.status), expected, row.actual, reason="; ".join(filter(None, (reason, *row.conditions))),
        advisory=row.advisory, waived=row.waiver is not None, url=row.url,
    )  # fmt: skip


def _remedies(rows: Sequence[Row]) -> Iterator[Note]:
    """What to do, each once, with the checks that ask for it."""
    asking: dict[str, list[Row]] = {}
    for row in rows_worst_first(rows):
        if row.status is not CheckStatus.PASS and row.remedy:
            asking.setdefault(row.remedy, []).append(row)
    for remedy, asked in asking.items():
        names = ", ".join(f"`{row.id}`" for row in asked)
        rank = Rank.BODY if any(row.blocks for row in asked) else Rank.QUIET
        yield Note(Tone.REMEDY, f"{names}: {remedy}", rank=rank)


def _facts(seen: Evaluation) -> Iterator[Fact]:
    yield Fact("release", seen.facts.release)
    yield Fact("commit", seen.facts.commit[:12])
    plan = seen.journal.plan
    if plan is not None:
        yield Fact("planned for", moment(plan.planned))
    document = seen.decision
    if document is not None:
        is_same = document.body.outcome is seen.decided.outcome
        about = "" if is_same else "and another one is due"
        yield Fact("recorded", f"{document.body.outcome} of {moment(document.body.at)}", about)
        if document.body.outcome is not ReleaseOutcome.NO_GO:
            yield Fact("counts until", moment(document.body.expires))


def _before(seen: Evaluation) -> Iterator[Block]:
    if seen.decided.frozen:
        yield Note(Tone.INFO, seen.decided.frozen)
    if seen.decided.excepted is not None:
        waiver = seen.decided.excepted
        what = f"excepted from the freeze by {waiver.owner} until {waiver.until.isoformat()}"
        yield Note(Tone.WAIVER, f"{what}: {waiver.reason}")
    for condition in seen.decided.conditions:
        until = f" until {condition.until}" if condition.until else ""
        owner = f" ({condition.owner}{until})" if condition.owner else ""
        yield Note(Tone.WAIVER, f"`{condition.check}`: {condition.reason}{owner}")


def _after(seen: Evaluation) -> Iterator[Block]:
    if seen.checkpoints:
        rows = [_checkpoint(view) for view in seen.checkpoints]
        yield Grid("Checkpoints", ("checkpoint", "due", "state", "decision", "changed since"), rows)
    if seen.facts.ticks:
        yield Grid("Checklists", ("checklist", "ticked by", "items"), _tick_rows(seen.facts.ticks))
    yield from sign_off_blocks(seen)


def _tick_rows(ticks: Sequence[Tick]) -> list[tuple[str, ...]]:
    """A row for each list and person."""
    items: dict[tuple[str, str], list[str]] = {}
    for tick in ticks:
        who = f"@{tick.who}" if tick.who else f"not known: {tick.why}"
        items.setdefault((tick.checklist, who), []).append(tick.item)
    return [(*row, ", ".join(names)) for row, names in items.items()]


def _checkpoint(view: CheckpointView) -> tuple[str, str, str, str, str]:
    late = f", {span(view.late)} late" if view.state is CheckpointState.DONE and view.late else ""
    decision = str(view.look.outcome) if view.look is not None else ""
    point = view.checkpoint
    return point.label, moment(point.due), f"{view.state}{late}", decision, "; ".join(view.changed)


def sign_off_blocks(seen: Evaluation) -> Iterator[Block]:
    """Who signed off, what does not count and why, and the lines to copy."""
    rows = [
        (s.role, f"@{s.who}", _says(s), s.at, f"{s.form}, by {s.by}")
        for s in sorted(seen.found.signatures, key=lambda s: (s.role, s.at))
    ]
    if rows:
        yield Grid("Sign-offs", ("role", "who", "says", "when", "how"), rows)
    for void in seen.found.voids:
        yield Note(Tone.WARNING, void.line)
    for problem in seen.thread.problems:
        yield Note(Tone.WARNING, problem)
    for row in seen.matrix.rows:
        if row.id.startswith("signoff.") and row.is_bad:
            role = row.id.removeprefix("signoff.")
            line = line_to_copy(role, seen.facts.commit)
            yield Note(Tone.INFO, f"To sign off as {role}, comment `{line}`")


def _says(signature: Signature) -> str:
    return "approves" if signature.approves else f"rejects: {signature.reason}"


# --- plain values ------------------------------------------------------------------------------


def as_json(seen: Evaluation) -> dict[str, Any]:
    """A commit as it was found, as plain values."""
    document = seen.decision
    return {
        "schema": "sluicegate.release/1",
        "release": seen.facts.release,
        "commit": seen.facts.commit,
        "outcome": str(seen.decided.outcome),
        "goes": seen.goes,
        "sentence": seen.decided.sentence,
        "freeze": _freeze_json(seen),
        "blocking": list(seen.decided.blocking),
        "conditions": [
            {"check": c.check, "reason": c.reason, "owner": c.owner, "until": c.until or None}
            for c in seen.decided.conditions
        ],
        "checks": [_row_json(row) for row in seen.matrix.rows],
        "checkpoints": [_checkpoint_json(view) for view in seen.checkpoints],
        "sign_offs": [
            {"role": s.role, "who": s.who, "approves": s.approves, "at": s.at, "how": s.form, "url": s.url}
            for s in seen.found.signatures
        ],
        "ticks": [_tick_json(tick) for tick in seen.facts.ticks],
        "not_counted": [void.line for void in seen.found.voids],
        "decision": None if document is None else decision_json(document),
    }


def _freeze_json(seen: Evaluation) -> dict[str, Any] | None:
    """The freeze that holds the release, or the exception from it; None where there is no freeze."""
    held, excepted = seen.decided.held, seen.decided.excepted
    if held is not None:
        return {"window": held.window.text, "until": held.until.isoformat(), "excepted_by": None}
    if excepted is not None:
        by = f"{excepted.owner} until {excepted.until.isoformat()}: {excepted.reason}"
        return {"window": None, "until": None, "excepted_by": by}
    return None


def _tick_json(tick: Tick) -> dict[str, str | None]:
    return {
        "checklist": tick.checklist,
        "item": tick.item,
        "who": tick.who or None,
        "at": tick.at or None,
        "reason": tick.why or None,
    }


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "dimension": row.dimension,
        "expect": row.expect,
        "status": str(row.status),
        "blocks": row.blocks,
        "actual": row.actual or None,
        "reason": row.reason or None,
        "remedy": row.remedy or None,
        "url": row.url or None,
        "waiver": None if row.waiver is None else f"{row.waiver.owner} until {row.waiver.until}",
    }


def _checkpoint_json(view: CheckpointView) -> dict[str, Any]:
    return {
        "checkpoint": view.checkpoint.label,
        "due": moment(view.checkpoint.due),
        "state": str(view.state),
        "late_seconds": view.late,
        "outcome": str(view.look.outcome) if view.look is not None else None,
        "changed": list(view.changed),
    }


def decision_json(document: Document[Decision]) -> dict[str, Any]:
    """A recorded decision, as plain values."""
    body = document.body
    return {
        "path": document.path,
        "outcome": str(body.outcome),
        "at": moment(body.at),
        "expires": moment(body.expires),
        "policy_sha256": body.policy_sha256,
    }


# --- history -----------------------------------------------------------------------------------


def history_lines(journal: Journal, decisions: Decisions) -> list[str]:
    """The plans, looks and decisions of a release, the oldest first."""
    lines = [(d.at, 0, _decision_line(d)) for d in decisions.values()]
    seen: set[tuple[int, str]] = set()
    for entry in journal.entries:
        checkpoint = (entry.planned, entry.checkpoint)
        lines.append((entry.at, 1, _entry_line(entry, is_first=checkpoint not in seen)))
        seen.add(checkpoint)
    return [text for _, _, text in sorted(lines)]


def _entry_line(entry: ReleaseEntry, *, is_first: bool) -> str:
    """The line of an event; only the first look in a checkpoint's time is the checkpoint's."""
    by = f" by @{entry.by}" if entry.by else ""
    if entry.event is ReleaseEvent.PLANNED:
        reason = f": {entry.reason}" if entry.reason else ""
        return f"{moment(entry.at)}  planned    for {moment(entry.planned)}{by}{reason}"
    at = _at_checkpoint(entry) if entry.checkpoint and is_first else ""
    bad = [c.id for c in entry.checks if c.status in (CheckStatus.FAIL, CheckStatus.UNKNOWN)]
    found = f"; not passing: {', '.join(bad[:6])}" if bad else ""
    return f"{moment(entry.at)}  evaluated  {entry.commit[:12]}{at}{by}: {entry.outcome}{found}"


def _at_checkpoint(entry: ReleaseEntry) -> str:
    late = f", {span(entry.late)} late" if entry.late else ""
    return f" at {entry.checkpoint}{late}"


def _decision_line(decision: Decision) -> str:
    replaces = ", supersedes the one before" if decision.supersedes else ""
    why = f": {decision.blocking[0]}" if decision.blocking else ""
    return f"{moment(decision.at)}  decided    {decision.commit[:12]} {decision.outcome}{replaces}{why}"
