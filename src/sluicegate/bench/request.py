"""The command line as settings. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from sluicegate.bench.model import Command, Settings
from sluicegate.core.errors import UsageError
from sluicegate.core.text import cut, one_line, plural
from sluicegate.core.units import UNITS

LONGEST = 6 * 3600.0
"""Seconds; the limit of a job on a hosted runner."""

_TIME = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|m|min|h)?")
_LONGEST_NAME = 200


def checked(settings: Settings) -> Settings:
    """The settings, unless they contradict each other.

    Raises:
        UsageError: they do.
    """
    if settings.reads and len(settings.commands) > 1:
        raise UsageError(
            "cannot be combined with several commands", where="--reads", remedy="Run bench once for each."
        )
    if settings.max_rounds and (settings.min_rounds or 0) > settings.max_rounds:
        raise UsageError("must not exceed --max-rounds", where="--min-rounds", remedy="Lower it.")
    return settings


def parse_time(text: str, option: str) -> float:
    """Seconds: `90`, `90s`, `10m`, `1h`.

    Raises:
        UsageError: it is no time, or out of range.
    """
    found = _TIME.fullmatch(text.strip())
    unit = (found[2] or "s") if found else "s"
    seconds = float(found[1]) * float(UNITS["min" if unit == "m" else unit].factor) if found else 0.0
    if not 0 < seconds <= LONGEST:
        raise UsageError(
            f"'{cut(one_line(text), 40)}' is no time above 0 and up to 6h", where=option,
            remedy="Write it as 90s, 10m or 1h.",
        )  # fmt: skip
    return seconds


def parse_commands(
    words: Sequence[str], lines: Sequence[str], names: Sequence[str], shell: str
) -> tuple[Command, ...]:
    """The commands to measure, each with its name.

    Args:
        words: what stands behind `--`: one command.
        lines: each `--command`, a command in one text.
        names: each `--name`, in this order; a command without one is called as it is written.
        shell: the program of the shell that runs them; empty for none.

    Raises:
        UsageError: there is no command, a text cannot be cut into words, there are more names than
            commands, or two have the same name.
    """
    texts = [(shlex.join(words) if len(words) > 1 else words[0], tuple(words))] if words else []
    texts += [(line, ()) for line in lines]
    if not texts or not all(text.strip() for text, _ in texts):
        raise UsageError(
            "no command", where="bench", remedy="For example: sluicegate bench --base main -- python bench.py"
        )
    called = _called([text for text, _ in texts], names)
    given = zip(called, texts, strict=True)
    return tuple(Command(name, _words(text, own, shell)) for name, (text, own) in given)


def _called(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    if len(names) > len(texts):
        text = f"{plural(len(names), 'name')} for {plural(len(texts), 'command')}"
        raise UsageError(text, where="--name", remedy="Give one name per command.")
    called = [_named(name) for name in (*names, *texts[len(names) :])]
    twice = next((name for name in called if called.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            f"two commands are called '{twice}'", where="--name", remedy="Give each a different name."
        )
    return called


def _named(name: str) -> str:
    shown = cut(one_line(name), _LONGEST_NAME)
    if not shown:
        raise UsageError("must not be empty", where="--name", remedy="Give it a name.")
    return shown


def _words(text: str, given: tuple[str, ...], shell: str) -> tuple[str, ...]:
    if "\0" in text:
        raise UsageError("must not contain a NUL", where="bench", remedy="Correct the command.")
    if shell:
        return (shell, "-c", text)
    if given:
        return given
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"cannot be cut into words: {error}", where=f"--command {one_line(text)}",
            remedy="Close its quotes, or add --shell bash.",
        ) from error  # fmt: skip


def inside(path: str, option: str) -> str:
    """A path below the folder in which commands run.

    Raises:
        UsageError: it is absolute, leads out, or is the folder itself.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or not parts or "\0" in path:
        raise UsageError(
            f"'{one_line(path)}' is no path below the current folder", where=option,
            remedy="Give it relative to the current folder; it is the same in both checkouts.",
        )  # fmt: skip
    return "/".join(parts)
