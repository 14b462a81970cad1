"""A plan: the flags of a rollout, its stages, and the criteria that let it go on or turn it back. Pure.

A plan is read once, by `plan_read`; `start` writes it into the journal, and from then on that copy counts.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from sluicegate.core.errors import PolicyError
from sluicegate.core.fields import Count, Exact, Items, Number, Text, Whole
from sluicegate.core.text import cut, one_line
from sluicegate.criteria.metrics import CountCriterion, MetricSpec, metric_criterion
from sluicegate.documents.codec import Codec
from sluicegate.flags.interface import EVERYONE, OFF, Exposure
from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.metrics.interface import Query
from sluicegate.rollout.freeze import Window, parse_window


class OnBreach(enum.StrEnum):
    """What a broken criterion does."""

    ROLLBACK = "rollback"
    PAUSE = "pause"


class StageKind(enum.StrEnum):
    """What kind of users see the new variation."""

    DARK = "dark"  # nobody: the version is deployed, the flag is off
    SEGMENT = "segment"
    PERCENT = "percent"
    GA = "ga"  # everybody, and the flag may be removed from the code


class Promotion(enum.StrEnum):
    """Who promotes from a stage to the next."""

    AUTO = "auto"
    MANUAL = "manual"


class MetricOf(enum.StrEnum):
    """Whose events a metric counts."""

    SERVICE = "service"
    EXPOSED = "exposed"


class Counted(enum.StrEnum):
    """What the totals of the arms are counts of."""

    USERS = "users"
    REQUESTS = "requests"


Name = Annotated[str, Text(100, 1)]


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """A provider of flags or metrics: its name, and its settings as a JSON object."""

    name: Name
    settings: Annotated[str, Text(20_000)]

    @property
    def values(self) -> Mapping[str, Any]:
        """The settings by key, as the plan has them."""
        values: Mapping[str, Any] = json.loads(self.settings)
        return values


@dataclass(frozen=True, slots=True)
class Metric:
    """Two counts, bad events and all events.

    Attributes:
        counted: the provider's expression for the bad events, for the good ones, or a histogram of durations.
        total: the one for all events.
        counts_good: does `counted` count the good events?
        durations: is `counted` a histogram of durations?
        approximate: is the count an estimate?
    """

    name: Name
    provider: ProviderSettings
    counted: Annotated[str, Text(4000, 1)]
    total: Annotated[str, Text(4000, 1)]
    counts_good: bool = False
    durations: bool = False
    of: MetricOf = MetricOf.SERVICE
    approximate: bool = False

    @property
    def spec(self) -> MetricSpec:
        """The metric, as criteria see it."""
        return MetricSpec(self.name, self.counts_good, self.durations)

    def query(self, over: Fraction | None) -> Query:
        """What is asked of the provider; for good events, `bad` counts these."""
        of: Literal["service", "exposed"] = "exposed" if self.of is MetricOf.EXPOSED else "service"
        return Query(self.name, self.counted, self.total, of, self.approximate, over)


@dataclass(frozen=True, slots=True)
class PlanCriterion:
    """A criterion of a stage.

    Attributes:
        id: by default its normalised text.
        expect: its text.
        on_breach: what it does when it is broken.
        shadow: is it only reported?
        min_bad: bad events in the exposed arm without which it is not broken.
        dispersion: how many times as much as independent events the counts vary; 1 or more.
    """

    id: Annotated[str, Text(300, 1)]
    expect: Annotated[str, Text(300, 1)]
    on_breach: OnBreach = OnBreach.ROLLBACK
    shadow: bool = False
    min_bad: Annotated[int, Whole(1, 1_000_000)] = 5
    dispersion: Annotated[float, Number(1, 1000)] = 1.0


@dataclass(frozen=True, slots=True)
class Arms:
    """How metrics tell exposed users from the others.

    Attributes:
        label: whose values are the arms, for people.
        exposed, control: its values.
        counted: what the totals count: it decides how far the share may be off.
        metric: whose totals are compared with the stage's share.
    """

    label: Name
    exposed: Name
    control: Name
    counted: Counted = Counted.REQUESTS
    metric: Annotated[str, Text(100)] = ""

    @property
    def tolerance(self) -> float:
        """By what part a measured share may differ from the stage's."""
        return 0.2 if self.counted is Counted.USERS else 0.5


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage.

    Attributes:
        share: of all users by percentage, from 0 to 1.
        segments: named groups that see the new variation, those of earlier stages among them.
        bake: seconds that it lasts at least.
        min_samples: events of the exposed arm without which it lasts on.
        wait: seconds after which a person is called.
        promotion: who promotes to the next stage.
        criteria: what must hold in it.
    """

    name: Name
    kind: StageKind
    share: Exact
    segments: tuple[Name, ...]
    bake: Count
    min_samples: Count
    wait: Count
    promotion: Promotion
    criteria: tuple[PlanCriterion, ...]

    @property
    def exposure(self) -> Exposure:
        """Who sees the new variation."""
        if self.share == 1:
            return EVERYONE
        return Exposure(self.share, self.segments) if self.share or self.segments else OFF

    @property
    def is_compared(self) -> bool:
        """Are there two arms of a known share?"""
        return self.kind is StageKind.PERCENT and self.share < 1


@dataclass(frozen=True, slots=True)
class Limits:
    """How long what is not known may last.

    Attributes:
        errors: seconds of errors of the metric provider, or of a flag that cannot be read.
        silence: seconds without data.
    """

    errors: Count = 1800
    silence: Count = 3600


@dataclass(frozen=True, slots=True)
class FrozenTime:
    """A freeze window with its reason."""

    when: Annotated[str, Text(100, 1)]
    reason: Annotated[str, Text(300)] = ""

    @property
    def window(self) -> Window:
        """The window, parsed."""
        return parse_window(self.when)


def time_zone(name: str) -> ZoneInfo:
    """The zone of a name of the IANA database.

    Raises:
        PolicyError: without a place: this machine has no zone of that name.
    """
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        what = f"unknown time zone '{cut(one_line(name), 60)}'"
        remedy = (
            "Write a name of the IANA database, for example Europe/Berlin. A machine without that database "
            "takes it from a package: pip install tzdata."
        )
        raise PolicyError(what, remedy=remedy) from None


@dataclass(frozen=True, slots=True)
class Freeze:
    """When nothing is promoted: windows in a time zone of the IANA database."""

    zone: Name = "UTC"
    windows: tuple[FrozenTime, ...] = ()

    @property
    def time_zone(self) -> ZoneInfo:
        """The time zone.

        Raises:
            PolicyError: this machine does not know it.
        """
        return time_zone(self.zone)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan.

    Attributes:
        flags: in the order in which they are written.
        arms: how metrics tell exposed users from the others; None where they do not.
        shared_bucketing: do all flags expose the same users at the same share?
        alpha: the chance of a false alarm in the whole rollout, at the most.
        width: seconds of a bin.
        lag: seconds after its end until a bin is complete.
        tick: seconds between two ticks, for the alarm about those that are overdue.
        approvers: who may promote: `write`, `maintain`, `admin`, logins and teams with an `@`.
        environment: the deployment environment whose commit is rolled out.
        issue: number of the issue on which the rollout is shown, as a comment; 0 for an issue of its own.
    """

    name: Name
    flags: Annotated[tuple[ProviderSettings, ...], Items(20, 1)]
    metrics: tuple[Metric, ...]
    arms: Arms | None
    stages: Annotated[tuple[Stage, ...], Items(50, 1)]
    alpha: Annotated[float, Number(0, 0.5, is_above=True)] = 0.05
    width: Annotated[int, Whole(1, 86400)] = 60
    lag: Count = 90
    tick: Count = 900
    limits: Limits = Limits()
    freeze: Freeze = Freeze()
    approvers: tuple[Name, ...] = ("write",)
    environment: Name = "production"
    shared_bucketing: bool = False
    issue: Count = 0

    @property
    def providers(self) -> tuple[tuple[str, ProviderSettings], ...]:
        """The providers, with their groups."""
        metrics = dict.fromkeys((METRICS, metric.provider) for metric in self.metrics)
        return (*((FLAGS, flag) for flag in self.flags), *metrics)

    def stage(self, name: str) -> int | None:
        """The index of a stage by its name, `25%`; None when there is none."""
        return next((i for i, stage in enumerate(self.stages) if stage.name.lower() == name.lower()), None)

    def metric(self, name: str) -> Metric:
        """A metric by its name."""
        return next(metric for metric in self.metrics if metric.name == name)

    def parsed(self, criterion: PlanCriterion) -> CountCriterion:
        """A criterion as a hypothesis about counts."""
        specs = [metric.spec for metric in self.metrics]
        return metric_criterion(criterion.expect, specs, name=criterion.id)

    def inapplicable(self, stage: Stage, criterion: CountCriterion) -> str:
        """Why a criterion does not judge in a stage; empty where it does."""
        if criterion.compared and not stage.is_compared:
            return "there is no control arm of a known share in this stage"
        if self.metric(criterion.metric).of is MetricOf.EXPOSED and stage.kind is StageKind.DARK:
            return "nobody is exposed in this stage"
        return ""

    def judged(self) -> Iterator[tuple[Stage, PlanCriterion]]:
        """Each pair of a stage and a criterion that judges in it."""
        for stage in self.stages:
            for criterion in stage.criteria:
                if not self.inapplicable(stage, self.parsed(criterion)):
                    yield stage, criterion

    @property
    def alpha_each(self) -> float:
        """The chance of a false alarm of one criterion in one stage."""
        return self.alpha / max(1, sum(1 for _ in self.judged()))

    @property
    def data(self) -> bytes:
        """The plan as the journal has it; equal for equal plans."""
        return CODEC.encode(self)

    @property
    def sha256(self) -> str:
        """Of the plan as the journal has it."""
        return hashlib.sha256(self.data).hexdigest()


CODEC: Final = Codec(Plan, "sluicegate.rollout-plan/1", limit=1 << 20)
"""How a plan is written into the journal."""

MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class DefaultStage:
    """A stage of the default plan: what it lasts and needs where the user says nothing."""

    stage: str
    bake: int
    min_samples: int = 1000
    promotion: Promotion = Promotion.AUTO


DEFAULT_STAGES: Final = (
    DefaultStage("dark", 30 * MINUTE),
    DefaultStage("internal", HOUR, 0, Promotion.MANUAL),
    DefaultStage("5%", HOUR),
    DefaultStage("25%", 2 * HOUR),
    DefaultStage("50%", 4 * HOUR),
    DefaultStage("100%", DAY),
    DefaultStage("GA", 0, 0),
)
"""The sequence of the field: deployed and off, the team, a canary, more, everybody, and the flag removed."""

DEFAULT_CRITERIA: Final = ("error_rate <= 5%", "p95 <= 2s", "error_rate <= control + 0.5pp")
"""Those of them whose metrics the plan has, where it names no criteria."""
