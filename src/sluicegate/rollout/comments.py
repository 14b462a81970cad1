"""Commands in comments on the issue of a rollout: what a comment asks, if it asks anything. Pure.

    /sluicegate rollout promote NAME --to 25% because REASON

The command is the first line of the comment, alone, and of plain ASCII. What is quoted, shown as code,
doubled, or only looks like a command asks for nothing, and gets an answer that says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sluicegate.core.text import cut, one_line
from sluicegate.github.comments import PREFIX, flaw_of, parse_command
from sluicegate.rollout.actions import KILLS, Command, CommandKind
from sluicegate.rollout.entries import Entry, EventKind
from sluicegate.rollout.plan import Plan

STATUS: Final = "status"
"""The verb that asks for nothing but the status."""

_MENTION = re.compile(rf"{PREFIX}[ \t]+rollout\b", re.IGNORECASE | re.ASCII)
_VERBS: Final = {STATUS: None, **{str(kind): kind for kind in CommandKind}}
_HOW: Final = (
    "Write one command as the first line of a new comment, for example "
    f"`{PREFIX} rollout promote NAME --to 25%` or `{PREFIX} rollout rollback NAME because REASON`."
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a comment asks.

    Attributes:
        name: of the rollout.
        command: without who gives it; None for the status.
    """

    name: str
    command: Command | None = None

    @property
    def verb(self) -> str:
        """The word that names it."""
        return str(self.command.kind) if self.command is not None else STATUS

    @property
    def stops(self) -> bool:
        """Is it on the safe side, so that nobody else must approve it?"""
        return self.command is None or self.command.kind in KILLS or self.command.kind is CommandKind.PAUSE


@dataclass(frozen=True, slots=True)
class Misread:
    """A comment that speaks of rollouts and asks for nothing: why, and what to write."""

    why: str
    remedy: str = _HOW


def understand(body: str) -> Request | Misread | None:
    """What a comment asks; None where it does not speak of rollouts."""
    if not _MENTION.search(body):
        return None
    flaw = flaw_of(body)
    if flaw:
        return Misread(flaw)
    found = parse_command(body)
    if found is None:
        return Misread("the command is not complete")
    if found.name != "rollout":
        return None
    strange = next((word for word in found.words if not word.isascii()), "")
    if strange:
        return Misread(f"'{cut(one_line(strange), 60)}' has characters that are not ASCII")
    return _request(found.words, found.reason)


def _request(words: tuple[str, ...], reason: str) -> Request | Misread:
    if len(words) < 2 or words[0] not in _VERBS:
        verbs = ", ".join(_VERBS)
        return Misread(
            f"'{cut(' '.join(words[:1]), 40)}' is no command with a name; the commands are {verbs}"
        )
    verb, name, *options = words
    kind = _VERBS[verb]
    if kind is not CommandKind.PROMOTE:
        if options:
            return Misread(f"'{verb}' takes a name and nothing else")
        return Request(name, Command(kind, reason=reason) if kind is not None else None)
    return _promotion(name, options, reason)


def _promotion(name: str, options: list[str], reason: str) -> Request | Misread:
    """A promotion: `--to STAGE` or `--full`, and `--override-freeze` for the same reason."""
    flags, stages = _parted(options)
    if "--to" in flags or not {"--full", "--override-freeze"}.issuperset(flags):
        return Misread("'promote' takes --to STAGE or --full, and --override-freeze")
    if bool(stages) == ("--full" in flags):
        return Misread("'promote' takes either --to STAGE or --full")
    override = "--override-freeze" in flags
    if override and not reason:
        return Misread("'--override-freeze' needs a reason")
    return Request(
        name,
        Command(
            CommandKind.PROMOTE, reason=reason, to=stages, full=not stages,
            override_freeze=reason if override else "",
        ),
    )  # fmt: skip


def _parted(options: list[str]) -> tuple[list[str], str]:
    """The words that are no stage, and the stage: behind the first `--to`, up to the next option."""
    if "--to" not in options:
        return options, ""
    begin = options.index("--to") + 1
    end = next((n for n, word in enumerate(options) if n >= begin and word.startswith("--")), len(options))
    stage = " ".join(options[begin:end])
    return [*options[: begin - 1], *options[end:], *([] if stage else ["--to"])], stage


_EVENTS: Final = {
    EventKind.PROMOTED: CommandKind.PROMOTE,
    EventKind.RESUMED: CommandKind.RESUME,
    EventKind.SKIPPED_BAKE: CommandKind.SKIP_BAKE,
}


def asks_for(request: Request, entry: Entry, plan: Plan) -> bool:
    """Does a comment ask for an event of the journal?"""
    command = request.command
    if command is None or command.kind is not _EVENTS.get(entry.event):
        return False
    if command.kind is not CommandKind.PROMOTE:
        return True
    stage = plan.stage(entry.stage)
    if stage is None or bool(entry.override) > bool(command.override_freeze):
        return False
    return plan.stages[stage].share == 1 if command.full else plan.stage(command.to) == stage
