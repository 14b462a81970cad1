"""A log that a runner of GitHub Actions reads: nothing that we print there is taken for a command.

The runner obeys a line that starts with `::` behind white space, and `##[` anywhere in a line (GitHub's page
"Workflow commands for GitHub Actions"; the second is what came before it and is still understood). Names
of benchmarks, messages of tests and the output of commands are those of strangers, so outside of the
Action's own steps the last character of such a mark is written as `\\uNNNN`. In JSON that means the same.
"""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from collections.abc import Mapping
from typing import TextIO

_MARK = re.compile(r"(^\s*:):|(##)\[")
_LINE = re.compile(r"[^\r\n]*[\r\n]|[^\r\n]+")
_BEGINS = re.compile(r"\s*:?")


def neutral(before: str, part: str) -> str:
    """A part of a line, without what makes the line a command; `before` is what the line already holds."""
    return _MARK.sub(_broken, before + part)[len(before) :]


def _broken(found: re.Match[str]) -> str:
    return f"{found[1]}\\u003a" if found[1] is not None else f"{found[2]}\\u005b"


class RunnerLog(io.TextIOWrapper):
    """Standard output or standard error, in which no line becomes a command but by `obey`."""

    _before = ""

    def write(self, text: str) -> int:
        """Write text of strangers; the number of characters that were asked for."""
        super().write("".join(map(self._part, _LINE.findall(text))))
        return len(text)

    def obey(self, line: str) -> None:
        """Write a line that the runner may obey."""
        super().write(f"\n{line}\n" if self._before else f"{line}\n")
        self._before = ""

    def _part(self, part: str) -> str:
        shown = neutral(self._before, part)
        line = self._before + shown
        # Of a line, what can still become a mark: its beginning, or its last two characters.
        self._before = "" if part[-1] in "\r\n" else line if _BEGINS.fullmatch(line) else f".{line[-2:]}"
        return shown


def guard(environment: Mapping[str, str]) -> None:
    """On a runner, let standard output and standard error give no commands.

    A file takes what is written to it as it is: the runner does not read it.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if (
            isinstance(stream, io.TextIOWrapper)
            and not isinstance(stream, RunnerLog)
            and not _is_file(stream)
        ):
            stream.flush()
            log = RunnerLog(
                stream.buffer, stream.encoding, stream.errors, line_buffering=stream.line_buffering,
                write_through=stream.write_through,
            )  # fmt: skip
            setattr(sys, name, log)


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
