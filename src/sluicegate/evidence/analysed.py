"""Typed records of what our own engines and the user's commands found. Plain values, no I/O.

Paths are POSIX and relative to the repository.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from sluicegate.core.fields import Line, RepositoryPath
from sluicegate.core.model import Finding, Measure, Problem, Source


class FunctionState(enum.StrEnum):
    """What the change did to a function."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class FunctionComplexity:
    """Cyclomatic complexity of one function or method.

    Attributes:
        name: qualified, `Class.method` or `outer.<locals>.inner`.
        before: complexity in the base, None for a new function or without a base.
        state: None when there is no change to compare with.
    """

    path: RepositoryPath
    name: str
    line: Line
    end_line: Line
    complexity: int
    before: int | None = None
    state: FunctionState | None = None


@dataclass(frozen=True, slots=True)
class ComplexityRecord:
    """Every function of the sources, in order of path and line; `looked_at` as of `FindingsRecord`."""

    source: Source
    functions: tuple[FunctionComplexity, ...]
    problems: tuple[Problem, ...] = ()
    looked_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicName:
    """A public module, class, function or method. `kind` is one of those words.

    `new` is None without a change to compare with; `before` says whether the base documents it, None where it
    is new, or there is no base.
    """

    path: RepositoryPath
    name: str
    kind: str
    line: Line
    documented: bool
    new: bool | None = None
    before: bool | None = None


@dataclass(frozen=True, slots=True)
class DocsRecord:
    """The public API of the sources; `looked_at` as of `FindingsRecord`."""

    source: Source
    names: tuple[PublicName, ...]
    problems: tuple[Problem, ...] = ()
    looked_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment or mark that switches a check off: `noqa`, `nosec`, `pragma: no cover`, a skip.

    `kind` is the family (`noqa`, `nosec`, `no-cover`, `type-ignore`, `pylint-disable`, `lint-disable`,
    `test-skip`); `text` is the trimmed source line. An `unsafe` one silences checks of security, or takes
    lines out of the coverage.
    """

    path: RepositoryPath
    line: Line
    kind: str
    text: str
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class GateChange:
    """A changed file that is part of the gate itself. `what` describes it: `a workflow was added`."""

    path: RepositoryPath
    what: str


@dataclass(frozen=True, slots=True)
class LostTest:
    """A test that the change deletes, or out of which it takes assertions.

    Attributes:
        path: of its file; for a deleted test, in the base.
        line: where it begins in the head; 0 for a deleted test, and for a file counted as a whole.
        name: `Class.test_name`, or its title; empty for a file counted as a whole.
        before: how many assertions it had in the base.
        after: how many it has; None for a deleted test.
    """

    path: RepositoryPath
    line: Line
    name: str
    before: int
    after: int | None = None


@dataclass(frozen=True, slots=True)
class ChangesRecord:
    """What the change does to the gate itself, and the suppressions that it adds.

    Attributes:
        lost: tests that it deletes or weakens.
        unseen: changed files that were not looked at, and why.
        looked_at: the others.
    """

    source: Source
    suppressions: tuple[Suppression, ...]
    gate_changes: tuple[GateChange, ...]
    lost: tuple[LostTest, ...] = ()
    unseen: tuple[Problem, ...] = ()
    looked_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a user's own command (`run:`) printed.

    Attributes:
        measures: by name, for a command that prints JSON; empty for SARIF.
        findings: for a command that prints SARIF.
        unresolved: paths of the findings that are no file of the repository.
    """

    source: Source
    measures: Mapping[str, Measure] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    unresolved: tuple[str, ...] = ()
