"""A policy after checking and resolution: plain values, presets already merged. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluicegate.core.globs import matches_any
from sluicegate.core.model import PolicyRef, Waiver
from sluicegate.criteria import Criterion, MeasureSpec
from sluicegate.policy.gatespec import GateSpec


class Scope(enum.StrEnum):
    """Which functions or names a gate looks at."""

    ALL = "all"
    CHANGED = "changed"
    NEW = "new"


class RunOutput(enum.StrEnum):
    """What a `run:` command prints on its standard output."""

    MEASURES = "measures"  # a JSON object, measure name -> number
    SARIF = "sarif"
    NOTHING = "nothing"  # only its exit code counts


@dataclass(frozen=True, slots=True)
class Suite:
    """A named part of the tests: its result files (globs) and its own criteria."""

    name: str
    files: tuple[str, ...]
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """A gate that is a command of the user's own.

    Attributes:
        command: run by `bash -c` (or `sh -c` where there is no bash) in `directory`, relative to
            the repository.
        timeout: seconds.
        ok_exit_codes: codes after which the output is read; any other makes the gate ERROR
            (for `RunOutput.NOTHING` the code itself is the measure `exit_code`).
        units: by measure name, the unit symbol that the printed numbers have.
    """

    command: str
    output: RunOutput
    timeout: float = 300.0
    directory: str = ""
    ok_exit_codes: tuple[int, ...] = (0,)
    measures: Mapping[str, MeasureSpec] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GateSettings:
    """One gate of the policy.

    Attributes:
        required: the user's own file names it, so it fails closed; else only a preset does.
        blocking: False when the policy made the whole gate advisory.
        files: globs of the evidence to take, instead of discovery; empty for discovery.
        exclude: globs of paths whose findings, functions and names do not count.
        baseline: path of a baseline file (performance only).
        where: the place of its name in the highest file that has it.
        places: the place of each criterion's text, by id; the highest that decides.
        spec: its entry in the catalogue; None for a `run:` gate.
    """

    name: str
    criteria: tuple[Criterion, ...] = ()
    required: bool = False
    blocking: bool = True
    files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    scope: Scope = Scope.ALL
    suites: tuple[Suite, ...] = ()
    baseline: str = ""
    run: RunSettings | None = None
    where: str = field(default="", compare=False)
    places: Mapping[str, str] = field(default_factory=dict, compare=False)
    spec: GateSpec | None = field(default=None, compare=False, repr=False)

    @property
    def of_run(self) -> bool:
        """Does it judge the run of the workflow, which no shard feeds?"""
        return self.spec is not None and self.spec.of_run

    @property
    def all_criteria(self) -> tuple[Criterion, ...]:
        """Its own, then those of its suites."""
        return (*self.criteria, *(c for suite in self.suites for c in suite.criteria))


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """Which files are the project's own source code, as globs; tests are recognised by name.

    Coverage counts every file that its report holds unless `exclude` matches; the engines look
    at the Python files that `include` matches (all tracked ones when it is empty), and leave out
    what `vendored` matches: foreign and generated code that reports of other tools may keep. What
    `fixtures` matches looks like results and is never taken for them. `shipped` are folders and modules, the
    longest first, that are named like tests and are not: in a folder only what is named as a test is one.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    vendored: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    shipped: tuple[str, ...] = ()

    def is_excluded(self, path: str) -> bool:
        """Is the path outside the project's own sources?"""
        is_included = not self.include or matches_any(self.include, path)
        return not is_included or matches_any(self.exclude, path)

    def is_analysed(self, path: str) -> bool:
        """Do the project's own engines look at the path?"""
        return not self.is_excluded(path) and not matches_any(self.vendored, path)

    def is_test(self, path: str) -> bool:
        """Is the path test code?"""
        shipped = next((p for p in self.shipped if path == p or path.startswith(f"{p}/")), "")
        return matches_any(self.tests, path[len(shipped) + 1 :] if shipped else path)

    def is_scanned(self, path: str) -> bool:
        """Is the path a Python source of the project's own, and no test?

        The endings are those that bandit takes of a folder (PyCQA/bandit, `bandit/core/config.py`, "use sane
        defaults").
        """
        return path.endswith((".py", ".pyw")) and self.is_analysed(path) and not self.is_test(path)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a monorepo, with verdicts of its own.

    Attributes:
        paths: globs of its files.
        jobs: ids of the jobs of the workflow that are its own.
        gates: its gates, resolved: the policy's, with the component's own keys over them.
    """

    name: str
    paths: tuple[str, ...]
    gates: tuple[GateSettings, ...] = ()
    jobs: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Is the path one of its files?"""
        return matches_any(self.paths, path)


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it. `gates` keeps the order of the catalogue, then of the user's file.

    `off` are the gates that do not judge: name -> place of the word that switched it off, empty
    for a built-in gate that no file names. With `report_only` nothing blocks. `whole` is False where
    the components are judged in place of the repository as a whole. `made_of` are the names of its
    files, the lowest first; `locked` the keys that one of them locks, with the place of the lowest.
    `sections` are those of other rooms, by name, with defaults filled in.
    """

    ref: PolicyRef
    gates: tuple[GateSettings, ...]
    source: SourceSettings = field(default_factory=SourceSettings)
    waivers: tuple[Waiver, ...] = ()
    off: Mapping[str, str] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    whole: bool = True
    report_only: bool = False
    made_of: tuple[str, ...] = ()
    locked: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, Any] = field(default_factory=dict)

    @property
    def everywhere(self) -> tuple[GateSettings, ...]:
        """The gates of the whole, then those of the components."""
        return (*self.gates, *(gate for component in self.components for gate in component.gates))

    @property
    def charted(self) -> tuple[tuple[str, str], ...]:
        """Gate and measure of everything whose course a report shows, in the order of the gates."""
        specs = {g.name: g.spec for g in self.everywhere if g.spec is not None}
        return tuple((name, measure) for name, spec in specs.items() for measure in spec.charted)

    def gate(self, name: str) -> GateSettings | None:
        """The settings of one gate."""
        return next((g for g in self.gates if g.name == name), None)
