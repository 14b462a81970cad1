"""The texts of a rollout on GitHub: its page, calls for people, the issue about a rollback that failed. Pure.

Names of flags, reasons and answers of servers are strangers' text, and are escaped. Mentions come from the
plan alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sluicegate.github.publish.identity import Mark
from sluicegate.report import markdown
from sluicegate.report.escape import md, md_code, md_prose
from sluicegate.rollout.asking import IN_COMMENT
from sluicegate.rollout.drift import is_off
from sluicegate.rollout.journal import name_of
from sluicegate.rollout.publish.calls import Call, Spell, mentions
from sluicegate.rollout.publish.marks import page_head
from sluicegate.rollout.sections import status_page
from sluicegate.rollout.state import State
from sluicegate.rollout.status import FlagCard, Status, written_text

_LONGEST: Final = 1500
"""Characters of a stranger's text in a call."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A rollout as it is to be shown.

    Attributes:
        status: after what was done.
        now: seconds since 1970.
        run_url: of the run that did it; empty for none.
        is_pending: could the Deployments not be written, so that the next run shall try again?
    """

    status: Status
    now: int
    run_url: str = ""
    is_pending: bool = False

    @property
    def id(self) -> str:
        """Of the rollout."""
        return self.status.outcome.id

    @property
    def name(self) -> str:
        """Of the rollout, without its time."""
        return name_of(self.id)

    @property
    def state(self) -> State | None:
        """Of its journal; None where that cannot be read."""
        return self.status.outcome.state

    def mark(self, key: str) -> Mark:
        """What a text of a key shows: the state of the journal, and when it was looked at."""
        seq = self.state.next_seq if self.state is not None else 0
        return Mark(key, (seq, self.now), self.status.commit, self._digest, "")

    @property
    def _digest(self) -> str:
        """Sixteen digits that change when something matters: not for counts and times that pass."""
        outcome = self.status.outcome
        matters = [
            str(self.state.phase) if self.state is not None else "",
            [_without_numbers(alarm) for alarm in outcome.alarms],
            _without_numbers(str(outcome.failed or "")),
            [written_text(card.view) for card in self.status.cards],
            self.status.changed,
            self.is_pending,
        ]
        return hashlib.sha256(json.dumps(matters).encode()).hexdigest()[:16]


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "0", text)


# --- the page ----------------------------------------------------------------------------------


def page_title(this: Publication) -> str:
    """The title of the page's issue."""
    return f"Rollout {this.id}"


def page_body(this: Publication, limit: int) -> str:
    """The page, of at most so many bytes."""
    head = page_head(this.name, this.mark(this.id))
    links = (("The run that wrote this", this.run_url),) if this.run_url else ()
    page = replace(status_page(this.status, IN_COMMENT), links=links)
    return head + markdown.render(page, limit=limit - len(head.encode()))


# --- calls -------------------------------------------------------------------------------------


_WHAT: Mapping[Spell, str] = {
    Spell.ROLLBACK_FAILED: "🚨 **The rollback has failed: users may still see the new variation.**",
    Spell.PAUSED: "⏸️ **The rollout is paused.**",
    Spell.WAITING: "⏳ **The rollout waits for a person.**",
    Spell.OVERDUE: "⏰ **Ticks are overdue.**",
}


def call_mark(call: Call) -> Mark:
    """The mark of a call: it never changes."""
    return Mark(call.key, (0, 0), "", "call", "")


def call_body(this: Publication, call: Call, limit: int) -> str:
    """The comment of a call, of at most so many bytes."""
    return _fitting([call_mark(call).comment(), *_call(this, call)], limit)


def _call(this: Publication, call: Call) -> Iterator[str]:
    again = f" (call {call.number + 1})" if call.number else ""
    yield f"{_WHAT[call.spell]}{again}"
    yield f"> {md_prose(call.text[:_LONGEST])}"
    yield from _advice(this, call)
    names = mentions(this.state.plan.approvers) if this.state is not None else ""
    yield f"{names}" if names else ""


def _advice(this: Publication, call: Call) -> Iterator[str]:
    match call.spell:
        case Spell.ROLLBACK_FAILED:
            yield from _by_hand(this)
        case Spell.PAUSED:
            yield f"Go on: {_command('resume', this)}"
            yield f"Switch it off: {_command('rollback', this)}"
        case Spell.WAITING:
            yield f"Go on: {_promote(this)}"
            yield f"Switch it off: {_command('rollback', this)}"
        case Spell.OVERDUE:
            yield "No stage was skipped. Look whether the workflow that ticks is scheduled and succeeds."


def _command(words: str, this: Publication) -> str:
    return md_code(IN_COMMENT.command(words, this.name, reason="WHY"))


def _promote(this: Publication) -> str:
    stages = this.state.plan.stages if this.state is not None else ()
    after = stages[this.state.stage + 1 :] if this.state is not None else ()
    if not after:
        return "look at the page"
    return md_code(IN_COMMENT.command("promote", this.name, "--to", after[0].name))


# --- a rollback that failed --------------------------------------------------------------------


def failure_key(this: Publication) -> str:
    """Names the issue about a rollback that failed; one at a time for a name."""
    return f"rollback-failed {this.name}"


def failure_title(this: Publication) -> str:
    """Its title."""
    return f"The rollback of {this.name} has failed"


def failure_body(this: Publication, text: str, limit: int) -> str:
    """Its text, of at most so many bytes: what failed, and what to do by hand."""
    names = mentions(this.state.plan.approvers) if this.state is not None else ""
    failure = [
        this.mark(failure_key(this)).comment(),
        _WHAT[Spell.ROLLBACK_FAILED],
        f"> {md_prose(text[:_LONGEST])}",
        *_by_hand(this),
        f"Then record it with {md_code(f'sluicegate rollout rollback {this.name}')}, or wait: {_TICKS}",
        f"Rollout {md_code(this.id)}{_run(this)}",
        names,
    ]
    return _fitting(failure, limit)


def resolved_body(this: Publication) -> str:
    """Its last text, after the flags are off; the mark is the same."""
    mark = this.mark(failure_key(this)).comment()
    return f"{mark}\n\n✅ **The flags of rollout {md_code(this.id)} are off.**{_run(this)}\n"


def _run(this: Publication) -> str:
    return f" · [the run that wrote this]({this.run_url})" if this.run_url else ""


_TICKS = "each tick tries again, and closes this issue when the flags are off."
_LEVERS: Mapping[str, str] = {
    "enabled": "switch it off, by its own switch and not by its percentage",
    "targeting": "remove its targeting and let everybody get the variation that is off",
    "percent": "set its percentage to 0",
}


def _by_hand(this: Publication) -> Iterator[str]:
    """What to do at the provider for each flag that is not certainly off."""
    cards = [card for card in this.status.cards if not is_off(card.view)]
    if not cards:
        plan = md_code(f"rollouts/{this.name}.yml")
        yield f"At the provider, switch off every flag that the plan ({plan}) names, now."
        return
    items = [f"- {_flag(this, card)}: {_LEVERS.get(card.lever, 'switch it off')}" for card in cards]
    yield "\n".join(["At the provider, now:", "", *items])


def _flag(this: Publication, card: FlagCard) -> str:
    """The flag with its place, and what it exposes now."""
    name = card.name
    if not card.lever and this.state is not None:  # its provider cannot be used; the plan says more
        own = next((one for one in this.state.plan.flags if one.name == card.name), None)
        name = f"{card.name} {own.settings[:300]}" if own is not None else name
    return f"{md_code(name)} ({md(written_text(card.view)[:300])})"


def _fitting(parts: list[str], limit: int) -> str:
    """The paragraphs that fit, the first ones first."""
    text = ""
    for part in filter(None, parts):
        longer = f"{text}\n\n{part}" if text else part
        if len(longer.encode()) > limit:
            break
        text = longer
    return f"{text}\n"
