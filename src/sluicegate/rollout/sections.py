"""A rollout as a page of sections: its state, its stages, flags, readings, events and commands. Pure.

A stage is a section, so the overview is the ladder of stages. The renderers escape every text for its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sluicegate.core.text import plural
from sluicegate.report.sections import (
    Block,
    Criteria,
    CriterionRow,
    Fact,
    Grid,
    Headline,
    Note,
    Page,
    Part,
    Plots,
    Rank,
    Section,
    Tone,
)
from sluicegate.rollout.asking import ON_TERMINAL, Asking, commands, tasks
from sluicegate.rollout.criterion_plots import criterion_plots
from sluicegate.rollout.drift import exposure_text
from sluicegate.rollout.entries import Entry, EventKind
from sluicegate.rollout.exposure_plots import exposure_graph
from sluicegate.rollout.plan import Promotion, Stage
from sluicegate.rollout.readings import Health, Reading, ReadingClass, acting, evidence_text
from sluicegate.rollout.state import ENDED, GOING_BACK, NOT_STARTED, Phase, State
from sluicegate.rollout.status import (
    FlagCard,
    Status,
    event_text,
    moment,
    next_text,
    span,
    where,
    written_text,
)

NEWEST: Final = 10
"""Events that are shown; older ones are folded."""

MOST_OLDER: Final = 200
"""Older events that are kept on the page."""


def status_page(status: Status, asking: Asking = ON_TERMINAL) -> Page:
    """The page of a rollout.

    Args:
        status: of the rollout.
        asking: how commands are written where it is read.
    """
    outcome, state = status.outcome, status.outcome.state
    if state is None:
        what = "its journal cannot be read, so nothing is done but a rollback"
        facts = (Fact("rollout", outcome.id),)
        return Page(
            "UNKNOWN", "unknown", what, (), facts, (*_notes(status, what),), title="Rollout", noun="stage"
        )
    sentence = _sentence(status, state)
    return Page(
        status=str(state.phase),
        word=f"{_words(state.phase)} {_at(state)}".rstrip(),
        sentence=sentence,
        sections=tuple(_ladder(status, state)),
        facts=tuple(_facts(status, state)),
        before=tuple(_notes(status, sentence)),
        between=(*_flags(status), *_exposure(status, state)),
        after=(commands(state, asking), *_events(status.entries)),
        title=f"Rollout {state.plan.name}",
        noun="stage",
        tasks=tuple(tasks(status, state, asking)),
    )


def _at(state: State) -> str:
    return "" if state.stage == NOT_STARTED else f"at {state.plan.stages[state.stage].name}"


def _words(phase: Phase) -> str:
    return str(phase).replace("_", " ").lower()


def _sentence(status: Status, state: State) -> str:
    """Where it is, and what comes next; of one that ended, why."""
    if state.phase in ENDED:
        return f"{where(state)}; {state.reason or 'it is over'}"
    following = next_text(status.outcome)
    return f"{where(state)}; {'next: ' if state.phase is Phase.RUNNING else ''}{following}"


def _facts(status: Status, state: State) -> Iterator[Fact]:
    yield Fact("rollout", state.id)
    yield Fact("commit", status.commit[:12] or "unknown", f"({status.go})" if status.go else "")
    first = status.entries[0] if status.entries else None
    if first is not None:
        yield Fact("started", moment(first.at), f"by {_who(first)}")
        if status.now:
            yield Fact("as of", moment(status.now))
        yield Fact("recorded last", moment(state.at), f"({plural(len(status.entries), 'event')})")


def _notes(status: Status, said: str) -> Iterator[Note]:
    outcome = status.outcome
    if outcome.failed is not None:
        yield Note(Tone.PROBLEM, str(outcome.failed), rank=Rank.VERDICT)
    for alarm in outcome.alarms:
        if alarm in said:
            continue
        yield Note(Tone.WARNING, alarm, rank=Rank.VERDICT)
    if outcome.state is not None and outcome.state.conflict:
        yield Note(Tone.PROBLEM, f"{outcome.state.conflict}; only a rollback is done", rank=Rank.VERDICT)
    if status.changed:
        what = "The plan of the working tree is another one; the rollout follows the one that it began with."
        yield Note(Tone.INFO, what, rank=Rank.MAIN)


# --- stages ------------------------------------------------------------------------------------


def _ladder(status: Status, state: State) -> Iterator[Section]:
    confirmed = [e for e in status.entries if e.event is EventKind.CONFIRMED]
    for index, stage in enumerate(state.plan.stages):
        entered = next((e.at for e in confirmed if e.stage == stage.name), 0)
        is_here = index == max(state.stage, 0)
        yield Section(
            stage.name,
            _standing(state, index, entered),
            _about(status, state, index, entered),
            tuple(_readings(status, state, index)),
            Headline(exposure_text(stage.exposure), exposure_text(stage.exposure), ""),
            rank=Rank.MAIN if is_here else Rank.QUIET,
        )


def _standing(state: State, index: int, entered: int) -> str:
    if index < state.stage or (index == state.stage and state.phase is Phase.COMPLETED):
        return "PASS" if entered else "SKIPPED"
    if index == max(state.stage, 0):
        return str(state.phase)
    return "SKIPPED" if state.phase in ENDED | GOING_BACK else "PENDING"


def _about(status: Status, state: State, index: int, entered: int) -> str:
    stage = state.plan.stages[index]
    if index < state.stage:
        return f"since {moment(entered)}" if entered else "skipped"
    if index == state.stage:
        return f"since {moment(entered)}{_bakes(state, stage, status.now)}"
    if state.phase in ENDED | GOING_BACK:
        return "not reached"
    if state.intent is not None and state.intent.stage == index:
        return state.intent.failed or "it is being written"
    return _asks(stage)


def _bakes(state: State, stage: Stage, now: int) -> str:
    if state.phase in ENDED | GOING_BACK or not stage.bake:
        return ""
    if state.skipped_bake:
        return "; its bake is skipped"
    end = state.epoch + stage.bake
    return "; its bake is over" if 0 < end <= now else f"; bakes until {moment(end)}"


def _asks(stage: Stage) -> str:
    """What a stage needs until the next."""
    parts = [f"bakes {span(stage.bake)}"] if stage.bake else []
    parts += [f"{stage.min_samples:,} samples"] if stage.min_samples else []
    parts += ["promoted by hand"] if stage.promotion is Promotion.MANUAL else []
    return ", ".join(parts)


# --- readings ----------------------------------------------------------------------------------


def _readings(status: Status, state: State, index: int) -> Iterator[Block]:
    """What the metrics say of a stage now, or said last."""
    health = status.outcome.health if index == state.stage else None
    readings = health.readings if health is not None else _recorded(status.entries, state, index)
    if readings:
        estimated = _estimated(state, index)
        yield Criteria(tuple(_row(one, one.id in estimated) for one in readings), every=True)
    if health is not None:
        yield from _not_judged(health)
    drawn = [period for period in status.periods if period.stage == index]
    yield from criterion_plots(state.plan, drawn[-1]) if drawn else ()


def _not_judged(health: Health) -> Iterator[Note]:
    for skipped in health.skipped:
        yield Note(Tone.SKIPPED, f"`{skipped.id}` does not judge: {skipped.reason}")
    if health.control:
        yield Note(Tone.WARNING, f"the control arm is unhealthy: {health.control}")


def _recorded(entries: Sequence[Entry], state: State, index: int) -> tuple[Reading, ...]:
    """The readings that the journal has last of a stage: of all events until another stage is confirmed."""
    here, found = "", tuple[Reading, ...]()
    for entry in entries:
        if entry.event is EventKind.CONFIRMED:
            here = entry.stage
        elif here == state.plan.stages[index].name and entry.readings:
            found = entry.readings
    return found


def _estimated(state: State, index: int) -> frozenset[str]:
    """The criteria of a stage whose counts are estimates."""
    plan = state.plan
    return frozenset(
        one.id for one in plan.stages[index].criteria if plan.metric(plan.parsed(one).metric).approximate
    )


def _row(reading: Reading, is_estimate: bool) -> CriterionRow:
    rate = f"{100 * reading.bad / reading.total:.2f}%" if reading.total else ""
    return CriterionRow(
        str(reading.status),
        reading.expect,
        rate,
        f"{reading.bad:,} of {reading.total:,}" if reading.total else "",
        reason="; ".join(_remarks(reading, is_estimate)),
        advisory=reading.shadow,
    )


def _remarks(reading: Reading, is_estimate: bool) -> Iterator[str]:
    if is_estimate:
        yield "the counts are estimates"
    if reading.total:
        yield f"interval {100 * reading.low:.2f}% to {100 * reading.high:.2f}%"
        if reading.control_total:
            rate = 100 * reading.control_bad / reading.control_total
            yield f"control {rate:.2f}% ({reading.control_bad:,} of {reading.control_total:,})"
        yield evidence_text(reading)
    if reading.reason:
        yield reading.reason


# --- flags -------------------------------------------------------------------------------------


def _flags(status: Status) -> Iterator[Grid]:
    for card in status.cards:
        yield Grid(card.name, ("", ""), tuple(_card(card, status)), rank=Rank.MAIN)


def _card(card: FlagCard, status: Status) -> Iterator[tuple[str, str]]:
    health = status.outcome.health
    yield "planned", exposure_text(card.planned)
    yield "written", written_text(card.view)
    yield "measured", _measured(health)
    yield "health", _health(health)
    yield "rollback ready", _ready(card, status.outcome.state)
    yield "kill delay", f"{card.kill_delay} s until clients see it" if card.lever else "unknown"


def _ready(card: FlagCard, state: State | None) -> str:
    """Can a rollback be expected to work?"""
    failed = state is not None and state.phase is Phase.ROLLBACK_FAILED
    why = card.unready or (state.reason if failed and state is not None else "")
    return f"no: {why}" if why else f"yes{_soon(state)}"


def _soon(state: State | None) -> str:
    """When a fault that is proven is switched off."""
    if state is None or state.phase in ENDED:
        return ""
    return f"; a proven fault is off at the next tick (every {span(state.plan.tick)}) or look of 'watch'"


def _measured(health: Health | None) -> str:
    share = health.share if health is not None else None
    if share is None or not share.total:
        return "not measured"
    part = 100 * share.exposed / share.total
    return f"{part:.2f}% ({share.exposed:,} of {share.total:,} events), {share.verdict}"


def _health(health: Health | None) -> str:
    """How many criteria are of which class, the worst first."""
    if health is None:
        return "not read"
    counts = Counter(reading.status for reading in acting(health.readings))
    classes = ", ".join(f"{counts[kind]} {kind}" for kind in ReadingClass if counts[kind])
    return classes or "no criterion judges"


def _exposure(status: Status, state: State) -> Iterator[Block]:
    if status.periods:
        names = [card.name for card in status.cards]
        graph = exposure_graph(state.plan, status.entries, status.periods, names)
        yield Part("Exposure over time", (Plots((graph,)),), Rank.VERBOSE)


# --- events -----------------------------------------------------------------------


def _events(entries: Sequence[Entry]) -> Iterator[Block]:
    """The newest first; that a tick looked is no news."""
    rows = [_event(entry) for entry in reversed(entries) if entry.event is not EventKind.HEARTBEAT]
    columns = ("when", "who", "event")
    if rows:
        yield Grid("Events", columns, rows[:NEWEST], rank=Rank.QUIET)
    older = rows[NEWEST:]
    if older:
        left = len(older[MOST_OLDER:])
        kept = Grid("The events before", columns, older[:MOST_OLDER], more=left, rank=Rank.QUIET)
        yield Part(plural(len(older), "older event"), (kept,), Rank.QUIET, folded=True)


def _event(entry: Entry) -> tuple[str, str, str]:
    return moment(entry.at), _who(entry), event_text(entry)


def _who(entry: Entry) -> str:
    return f"@{entry.actor.login}" if entry.actor.login else entry.actor.source
