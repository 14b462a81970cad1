"""What a part of a step hands on, as data: parts that run side by side write nothing themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from sluicegate.core.text import one_line
from sluicegate.runtime import commands


class Level(Enum):
    """How the runner shows a line."""

    TEXT = auto()
    NOTICE = auto()
    WARNING = auto()
    ERROR = auto()


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
        match level:
            case Level.TEXT:
                commands.show(text)
            case Level.NOTICE:
                commands.notice(text)
            case Level.WARNING:
                commands.warning(text)
            case Level.ERROR:
                commands.error(text)
