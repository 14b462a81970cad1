"""What a part of a step hands on, as data: parts that run side by side write nothing themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sluicegate.core.text import one_line
from sluicegate.runtime import commands
from sluicegate.runtime.crash import report_crash


class Level(StrEnum):
    """How the runner shows a line: the name of the function of `commands`."""

    TEXT = "show"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


Line = tuple[Level, str]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a part of a step found.

    Attributes:
        lines: for the log, in order.
        path: the value of the part's output; None where it has none.
        code: not 0 where the job must not go on.
    """

    lines: tuple[Line, ...] = ()
    path: Path | None = None
    code: int = 0


def one(level: Level, text: str, *, path: Path | None = None, code: int = 0) -> StepResult:
    """An answer of one line, whatever the text holds."""
    return StepResult(((level, one_line(text)),), path, code)


def show(answer: StepResult) -> None:
    """Write the lines to the log. No text can give commands to the runner."""
    for level, text in answer.lines:
        getattr(commands, level)(text)


def bug(error: Exception, code: int = 0) -> StepResult:
    """The answer of a part that met a bug of ours: the crash report is written."""
    report_crash(error)
    text = f"This is a bug of Sluicegate, not of your input: {type(error).__name__}"
    return one(Level.ERROR if code else Level.WARNING, text, code=code)
