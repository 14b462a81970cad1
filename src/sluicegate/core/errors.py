"""Every error that a user can get: what happened, where, what to do next, and the exit code.

Exit codes: 0 not blocked, 1 blocked, 2 the user's input is wrong, 3 network, API or disk failed,
4 a bug of ours. Only `cli.main` turns an exception into an exit.
"""

from __future__ import annotations

import enum

from sluicegate.core.text import redact


class ExitCode(enum.IntEnum):
    """What the process tells its caller."""

    OK = 0
    BLOCKED = 1
    USAGE = 2
    WORLD = 3
    BUG = 4


class SluicegateError(Exception):
    """Base of all expected errors. None holds a secret of an address that an argument or a setting names.

    Args:
        what: one line, what is wrong, without a final full stop.
        where: the place: `sluicegate.yml:12:5`, a path, a reference; empty without one.
        remedy: what the user can do next, as a full sentence; empty only when there is nothing to do.
    """

    exit_code: ExitCode = ExitCode.USAGE

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(redact(what))
        self.what = redact(what)
        self.where = redact(where)
        self.remedy = redact(remedy)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f". {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"


class PolicyError(SluicegateError):
    """The policy is not valid; `where` is `FILE:LINE:COLUMN`."""


class PresetError(PolicyError):
    """A preset of another repository that the policy extends is not at hand."""


class CriterionError(SluicegateError):
    """A criterion does not parse, names an unknown measure, or has a wrong unit."""


class EvidenceError(SluicegateError):
    """A file is not what it claims to be, or is over a limit; `where` is its path.

    Named on the command line it ends the run with exit code 2; merely discovered, it makes
    its own gate ERROR.
    """


class UsageError(SluicegateError):
    """An argument is wrong, or a named file or revision does not exist."""


class EngineError(SluicegateError):
    """A tool that we ran failed; its gate is ERROR."""


class WorldError(SluicegateError):
    """The world failed: a disk, a process, a network."""

    exit_code = ExitCode.WORLD
