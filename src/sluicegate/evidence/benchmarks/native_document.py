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
class BenchmarkMachine:
    """Identifies the kind of machine; never a host name."""

    system: Label = ""
    architecture: Label = ""
    processor: Label = ""
    cores: Count = 0
    runtime: Label = ""


@dataclass(frozen=True, slots=True)
class MeasuredCommit:
    """A commit that was measured, or compared with, and its name."""

    commit: Label = ""
    ref: Label = ""


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """How the samples were taken.

    Attributes:
        looks: how often a sequential plan looked at the samples.
        order: the order of base and head within a pair.
        seed: of that order.
        clock: the quantity that was timed, and the tool.
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
class BenchmarkSeries:
    """One benchmark.

    Attributes:
        unit: of samples and cpu, and of their base.
        samples: wall time of a call, in the order measured.
        base_samples: of the base; each measured together with its sample.
        cpu: CPU time of a run.
        base_cpu: of the base; one for each value of cpu.
        memory: peak bytes of a run.
        base_memory: of the base; one for each value of memory.
        pairs_per_round: a sequential plan looks after whole rounds of this number of pairs; 1 if absent.
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
    throughput: Amount | None = None
    error_rate: Annotated[float, Number(0, 100)] | None = None


@dataclass(frozen=True, slots=True)
class BenchmarkFailure:
    """A failed measurement; the gate is then ERROR."""

    message: Name
    remedy: Label = ""


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """The document.

    Attributes:
        tool: the tool that measured.
        base: the commit compared with.
        head: the commit measured.
        removed: benchmarks that the base has and the head has not.
        problems: failed measurements; the gate is then ERROR.
    """

    benchmarks: tuple[BenchmarkSeries, ...]
    tool: Label = ""
    version: Label = ""
    machine: BenchmarkMachine = field(default_factory=BenchmarkMachine)
    base: MeasuredCommit = field(default_factory=MeasuredCommit)
    head: MeasuredCommit = field(default_factory=MeasuredCommit)
    plan: SamplingPlan = field(default_factory=SamplingPlan)
    removed: tuple[Name, ...] = ()
    problems: tuple[BenchmarkFailure, ...] = ()


BENCHMARKS = Codec(
    Benchmarks,
    "sluicegate.benchmarks/1",
    remedy="Compare it with the schema that `sluicegate schema benchmarks` prints.",
    portable=True,
)


def native_schema() -> JsonSchema:
    """The JSON Schema; a copy is in `docs/benchmarks.schema.json`, kept equal by a test."""
    about = "Benchmarks with raw samples, as `sluicegate bench` writes them."
    return BENCHMARKS.json_schema("Sluicegate benchmarks", about)
