"""A rollout as a page of sections: its state, its stages, flags, readings, events and commands. Pure.

A stage is a section, so the overview is the ladder of stages. The renderers escape every text for its place.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sluicegate.core.text import plural
from sluicegate.report.sections import (
    Block,
    Criteria,
    CriterionRow,
    Fact,
    Grid,
    Headline,
    Item,
    Items,
    Note,
    Page,
    Part,
    Rank,
    Section,
    Task,
    Tone,
)
from sluicegate.rollout.drift import exposure_text, is_off
from sluicegate.rollout.entries import Entry, EventKind, Wait
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


@dataclass(frozen=True, slots=True)
class Asking:
    """How people give commands where the page is read.

    Attributes:
        prefix: before the name of a command: `sluicegate rollout`, or `/sluicegate rollout` in a comment.
        ending: behind its arguments, such as options that name the ledger.
        because: what asks for a reason: `--reason`, or `because` in a comment.
        can_list: can the events be asked for there?
    """

    prefix: str = "sluicegate rollout"
    ending: str = ""
    because: str = "--reason"
    can_list: bool = True

    def command(self, *words: str, reason: str = "") -> str:
        """A command ready to copy; a word with other characters is quoted."""
        parts = [self.prefix, *map(shlex.quote, words), self.ending]
        if reason:
            parts += [self.because, shlex.quote(reason) if self.because.startswith("-") else reason]
        return " ".join(filter(None, parts))


ON_TERMINAL: Final = Asking()
IN_COMMENT: Final = Asking("/sluicegate rollout", because="because", can_list=False)


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
        return Page("UNKNOWN", "unknown", what, (), facts, (*_notes(status),), title="Rollout", noun="stage")
    return Page(
        status=str(state.phase),
        word=f"{_words(state.phase)} {where(state)}",
        sentence=_sentence(status, state),
        sections=tuple(_ladder(status, state)),
        facts=tuple(_facts(status, state)),
        before=tuple(_notes(status)),
        tables=tuple(_flags(status)),
        after=(_commands(state, asking), *_events(status.entries)),
        title=f"Rollout {state.plan.name}",
        noun="stage",
        tasks=tuple(_tasks(status, state, asking)),
    )


def _words(phase: Phase) -> str:
    return str(phase).replace("_", " ").lower()


def _sentence(status: Status, state: State) -> str:
    """Where it is, and what comes next; of one that ended, why."""
    if state.phase in ENDED:
        return f"{where(state)}; {state.reason or 'it is over'}"
    why = f"; {state.reason}" if state.phase is Phase.PAUSED and state.reason else ""
    following = next_text(status.outcome)
    return f"{where(state)}{why}" + (f"; next: {following}" if following != state.reason else "")


def _facts(status: Status, state: State) -> Iterator[Fact]:
    yield Fact("rollout", state.id)
    yield Fact("commit", status.commit[:12] or "unknown", f"({status.go})" if status.go else "")
    first = status.entries[0] if status.entries else None
    if first is not None:
        yield Fact("started", moment(first.at), f"by {_who(first)}")
        yield Fact("recorded last", moment(state.at), f"({plural(len(status.entries), 'event')})")


def _notes(status: Status) -> Iterator[Note]:
    outcome = status.outcome
    if outcome.failed is not None:
        yield Note(Tone.PROBLEM, str(outcome.failed), rank=Rank.VERDICT)
    for alarm in outcome.alarms:
        yield Note(Tone.WARNING, alarm, rank=Rank.VERDICT)
    if outcome.state is not None and outcome.state.conflict:
        yield Note(Tone.PROBLEM, f"{outcome.state.conflict}; only a rollback is done", rank=Rank.VERDICT)
    if status.changed:
        what = "The plan of the working tree is another one; the rollout follows the one that it began with."
        yield Note(Tone.INFO, what, rank=Rank.MAIN)


def _tasks(status: Status, state: State, asking: Asking) -> Iterator[Task]:
    """What only a person can do."""
    phase, name = str(state.phase), state.plan.name
    if state.phase is Phase.ROLLBACK_FAILED:
        again = asking.command("rollback", name)
        for card in status.cards:
            if not is_off(card.view):
                what = "Switch the flag off at its provider, then record it."
                yield Task(phase, card.name, what, command=again)
    elif state.phase is Phase.PAUSED:
        command = asking.command("resume", name, reason="WHY")
        yield Task(phase, "A person decides", "Resume, or roll back.", command=command)
    elif state.waiting in (Wait.APPROVAL, Wait.PERSON, Wait.CONTROL) and (following := _next(state)):
        command = asking.command("promote", name, "--to", following.name)
        yield Task(phase, "A person decides", "Promote, or roll back.", command=command)


def _next(state: State) -> Stage | None:
    stages = state.plan.stages
    return stages[state.stage + 1] if state.stage + 1 < len(stages) else None


# --- stages ------------------------------------------------------------------------------------


def _ladder(status: Status, state: State) -> Iterator[Section]:
    confirmed = [e for e in status.entries if e.event is EventKind.CONFIRMED]
    for index, stage in enumerate(state.plan.stages):
        entered = next((e.at for e in confirmed if e.stage == stage.name), 0)
        is_here = index == max(state.stage, 0)
        yield Section(
            stage.name,
            _standing(state, index, entered),
            _about(state, index, entered),
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


def _about(state: State, index: int, entered: int) -> str:
    stage = state.plan.stages[index]
    if index < state.stage:
        return f"since {moment(entered)}" if entered else "skipped"
    if index == state.stage:
        return f"since {moment(entered)}{_bakes(state, stage)}"
    if state.phase in ENDED | GOING_BACK:
        return "not reached"
    if state.intent is not None and state.intent.stage == index:
        return state.intent.failed or "it is being written"
    return _asks(stage)


def _bakes(state: State, stage: Stage) -> str:
    if state.phase in ENDED | GOING_BACK or not stage.bake:
        return ""
    if state.skipped_bake:
        return "; its bake is skipped"
    return f"; bakes until {moment(state.epoch + stage.bake)}"


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
        yield Criteria(tuple(map(_row, readings)), every=True)
    for skipped in health.skipped if health is not None else ():
        yield Note(Tone.SKIPPED, f"`{skipped.id}` does not judge: {skipped.reason}")
    if health is not None and health.control:
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


def _row(reading: Reading) -> CriterionRow:
    rate = f"{100 * reading.bad / reading.total:.2f}%" if reading.total else ""
    return CriterionRow(
        str(reading.status),
        reading.expect,
        rate,
        f"{reading.bad:,} of {reading.total:,}" if reading.total else "",
        reason="; ".join(_remarks(reading)),
        advisory=reading.shadow,
    )


def _remarks(reading: Reading) -> Iterator[str]:
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
    yield "rollback ready", f"no: {card.unready}" if card.unready else f"yes{_soon(status.outcome.state)}"
    yield "kill delay", f"{card.kill_delay} s until clients see it" if card.lever else "unknown"


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


# --- events and commands -----------------------------------------------------------------------


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


def _commands(state: State, asking: Asking) -> Items:
    items = [Item(label, (command,), rank=Rank.BODY) for label, command in _asked(state, asking)]
    return Items(items, rank=Rank.BODY)


def _asked(state: State, asking: Asking) -> Iterator[tuple[str, str]]:
    """What may be asked now, with the command for it."""
    name, following = state.plan.name, _next(state)
    if state.phase is Phase.PAUSED:
        yield "resume:", asking.command("resume", name, reason="WHY")
    if state.phase in (Phase.RUNNING, Phase.WAITING):
        if following is not None:
            yield f"promote to {following.name}:", asking.command("promote", name, "--to", following.name)
        if state.stage != NOT_STARTED and state.plan.stages[state.stage].bake and not state.skipped_bake:
            yield "end the bake:", asking.command("skip-bake", name, reason="WHY")
        yield "pause:", asking.command("pause", name, reason="WHY")
    if state.phase is not Phase.ROLLED_BACK:
        yield "switch off:", asking.command("rollback", name, reason="WHY")
    if asking.can_list:
        yield "all events:", asking.command("history", name)
