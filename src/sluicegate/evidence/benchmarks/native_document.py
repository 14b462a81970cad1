"""Our own benchmarks document, `sluicegate.benchmarks/1`, which `sluicegate bench` writes. Pure.

Anything that has raw samples can write it. `unit` is that of `samples` and `cpu` and of their base; pair i is
`samples[i]` with `base_samples[i]`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from sluicegate.core.fields import Amount, Count, Items, Number, Positive, Text, Whole
from sluicegate.core.readings import MAX_NAME
from sluicegate.documents.codec import Codec, JsonSchema

Label = Annotated[str, Text(MAX_NAME)]
Name = Annotated[str, Text(MAX_NAME, least=1)]
Few = Annotated[int, Whole(1, 1000)]


@dataclass(frozen=True, slots=True)
class Machine:
    """What tells kinds of machine apart; never a host name."""

    system: Label = ""
    architecture: Label = ""
    processor: Label = ""
    cores: Count = 0
    runtime: Label = ""


@dataclass(frozen=True, slots=True)
class Side:
    """What was measured, or compared with: a commit, and what it is called."""

    commit: Label = ""
    ref: Label = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the samples were taken.

    Attributes:
        looks: how often a sequential plan looked at the samples.
        order: the order of base and head within a pair.
        seed: of that order.
        clock: what was timed, and by whom.
        warmup: runs thrown away before the first sample.
        stopped: why no more samples were taken.
    """

    looks: Few = 1
    order: Label = ""
    seed: int = 0
    clock: Label = ""
    warmup: Count = 0
    stopped: Label = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One benchmark.

    Attributes:
        unit: of samples and cpu, and of their base.
        samples: wall time of a call, in the order measured.
        base_samples: of the base; each measured together with its sample.
        cpu: CPU time of a run.
        base_cpu: as many as cpu.
        memory: peak bytes of a run.
        base_memory: as many as memory.
        pairs_per_round: a sequential plan looked after whole rounds of so many pairs; 1 if absent.
        throughput: a second.
        error_rate: per cent of the calls that failed.
    """

    name: Name
    unit: Literal["ns", "us", "ms", "s"]
    samples: Annotated[tuple[Positive, ...], Items(least=1)]
    base_samples: tuple[Positive, ...] = ()
    cpu: tuple[Amount, ...] = ()
    base_cpu: tuple[Amount, ...] = ()
    memory: tuple[Positive, ...] = ()
    base_memory: tuple[Positive, ...] = ()
    pairs_per_round: Few = 1
    instructions: Count | None = None
    base_instructions: Count | None = None
    throughput: Amount | None = None
    error_rate: Annotated[float, Number(0, 100)] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be measured; the gate is then ERROR."""

    message: Name
    remedy: Label = ""


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """The document.

    Attributes:
        tool: what measured.
        base: what was compared with.
        head: what was measured.
        removed: benchmarks that the base has and the head has not.
        problems: what could not be measured; the gate is then ERROR.
    """

    benchmarks: tuple[Series, ...]
    tool: Label = ""
    version: Label = ""
    machine: Machine = field(default_factory=Machine)
    base: Side = field(default_factory=Side)
    head: Side = field(default_factory=Side)
    plan: Plan = field(default_factory=Plan)
    removed: tuple[Name, ...] = ()
    problems: tuple[Failure, ...] = ()


BENCHMARKS = Codec(
    Benchmarks,
    "sluicegate.benchmarks/1",
    remedy="Compare it with the schema that `sluicegate schema benchmarks` prints.",
    portable=True,
)


def native_schema() -> JsonSchema:
    """The JSON Schema; a copy stands in `docs/benchmarks.schema.json`, kept equal by a test."""
    about = "Benchmarks with raw samples, as `sluicegate bench` writes them."
    return BENCHMARKS.json_schema("Sluicegate benchmarks", about)
