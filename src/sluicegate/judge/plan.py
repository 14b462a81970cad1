"""The matrix of jobs that a change needs: the command `plan` calls it.

The document is `{"has_work": …, "expect": […], "matrix": {"include": [{…}, …]}}`. A workflow guards the
matrix by `has_work`. GitHub refuses an empty one, so `include` then holds one entry whose texts are empty.

Where the policy judges the whole beside its components, every component has work: totals over a part
of the repository would be other totals.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sluicegate.collect.base import find_change
from sluicegate.collect.output import WorkingTree, without_output
from sluicegate.core.errors import UsageError
from sluicegate.core.text import plural
from sluicegate.git import open_repository
from sluicegate.judge.choose import choose
from sluicegate.judge.question import Question
from sluicegate.policy.model import GateSettings, Policy
from sluicegate.policy.touched import left_out

MAX_JOBS = 256
"""Jobs that GitHub lets a matrix have (GitHub's page "Workflow syntax", `strategy.matrix`)."""

By = Literal["component", "gate"]


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One job: the name of its bundle, the component or nothing, and what its Action's input `gate` holds."""

    shard: str
    component: str
    gates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobPlan:
    """The jobs, and the components that are left out, each with the reason."""

    entries: tuple[PlannedJob, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, Any]:
        """The plan as JSON values."""
        include = [
            {
                "shard": e.shard,
                "component": e.component,
                "gate": e.gates[0] if len(e.gates) == 1 else "",
                "gates": "\n".join(e.gates),
            }
            for e in self.entries or (PlannedJob("", "", ()),)
        ]
        expect = [f"{e.shard}={','.join(e.gates)}" for e in self.entries]
        return {"has_work": bool(self.entries), "expect": expect, "matrix": {"include": include}}


def plan(question: Question, by: By) -> JobPlan:
    """The plan for a checkout, under the policy that `choosing.choose` picks.

    Raises:
        UsageError: a name is wrong, or there are more than `MAX_JOBS`.
        SluicegateError: as the parts raise.
    """
    chosen = choose(question)
    root, loaded = chosen.root, chosen.policy
    git = open_repository(root)
    _, change = find_change(git, question.base, question.event)
    change = without_output(change, WorkingTree.of(root, git))
    idle = left_out(loaded, change)
    entries = tuple(_entries(loaded, idle, by))
    if len(entries) > MAX_JOBS:
        raise UsageError(
            f"the plan has {plural(len(entries), 'job')}, and a matrix has at most {MAX_JOBS}",
            where=f"--by {by}",
            remedy="Plan --by component, or let one component cover several folders.",
        )
    return JobPlan(entries, tuple(idle.items()))


def _entries(policy: Policy, left_out: Container[str], by: By) -> Iterator[PlannedJob]:
    components = [c for c in policy.components if c.name not in left_out]
    for component in components:
        yield from _jobs(component.name, tuple(g.name for g in component.gates), by)
    if not policy.components:
        yield from _jobs("", tuple(g.name for g in _fed(policy)), by)
    elif components and (rest := _gates_of_no_component(policy)):
        yield from _jobs("", rest, by, shard="rest")


def _gates_of_no_component(policy: Policy) -> tuple[str, ...]:
    """What needs a job of its own: not what only a preset brings, such as benchmarks of no project here."""
    in_components = {g.name for c in policy.components for g in c.gates}
    return tuple(g.name for g in _fed(policy) if g.required and g.name not in in_components)


def _fed(policy: Policy) -> Iterator[GateSettings]:
    """The gates that jobs feed."""
    return (g for g in policy.gates if not g.of_run)


def _jobs(component: str, gates: tuple[str, ...], by: By, shard: str = "all") -> Iterator[PlannedJob]:
    name = component or shard
    if by == "component":
        yield PlannedJob(name, component, gates)
    else:
        yield from (PlannedJob(f"{name}.{gate}", component, (gate,)) for gate in gates)
