"""The seam of the metric providers: bad events and all events, counted in bins of time.

A provider is a module with a `MetricFactory`, named by an entry point of the group `sluicegate.metrics`; ours
are in the same group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol

from sluicegate.core.errors import WorldError
from sluicegate.policy.keys import Key
from sluicegate.runtime.surroundings import Surroundings

GROUP = "sluicegate.metrics"
ARM = "$arm"
"""What an expression has in place of the arm's label value."""


class MetricError(WorldError):
    """A provider could not be asked, or its answer cannot be used (PROVIDER_ERROR)."""


@dataclass(frozen=True, slots=True)
class Query:
    """One metric as two counts.

    Attributes:
        name: in the plan.
        bad: the provider's expression for the bad events.
        total: the one for all events.
        of: does it count the whole service, or only the users of one arm (`$arm` in both expressions)?
        approximate: is the count an estimate, which the report says then?
        over: seconds; where set, `bad` names a histogram of durations, and an event is bad when it took
            longer. It must be a bound of the histogram's buckets. `total` may name the histogram too.
    """

    name: str
    bad: str
    total: str
    of: Literal["service", "exposed"] = "service"
    approximate: bool = False
    over: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Whole bins of time, one after another.

    Attributes:
        start: of the first bin, seconds since 1970.
        width: of a bin, seconds.
        count: of bins.
        lag: seconds after its end until a bin is complete; a window has complete ones only.
    """

    start: int
    width: int
    count: int
    lag: int = 90

    def __post_init__(self) -> None:
        if self.width < 1 or self.count < 0:
            raise ValueError("a window has bins of at least a second, and zero or more of them")

    @property
    def end(self) -> int:
        """Of the last bin, seconds since 1970."""
        return self.start + self.width * self.count

    @property
    def starts(self) -> range:
        """The starts of its bins."""
        return range(self.start, self.end, self.width)


@dataclass(frozen=True, slots=True)
class Bin:
    """What happened from `start` (without it) to the bin's end (with it).

    Attributes:
        start: seconds since 1970.
        bad: events, at most `total`.
        total: events.
        known: False when the provider has no data for the bin; it counts nothing then.
    """

    start: int
    bad: int
    total: int
    known: bool = True


class MetricProvider(Protocol):
    """Counts events."""

    def counts(self, query: Query, arm: str | None, window: Window) -> tuple[Bin, ...]:
        """The bins of the window, each of them once and in order.

        All events present and the bad ones absent is zero bad events; all events absent is no data.

        Args:
            query: what to count.
            arm: the label value that replaces `$arm`; None for a query of the whole service.
            window: when.

        Raises:
            MetricError: the provider failed, or more bad events were counted than events.
        """
        ...

    def examine(self, query: Query, arm: str | None, now: int) -> tuple[str, ...]:
        """What is wrong with a query before it is used, for people: a name or a label that nothing has.

        Args:
            query: what to count.
            arm: the label value that replaces `$arm`.
            now: seconds since 1970.

        Raises:
            MetricError: the provider failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class MetricFactory:
    """Makes a provider of one kind.

    Attributes:
        keys: of its section in a plan. A token is never among them, only the name of its variable.
        create: the provider; given the values of `keys` by the names of fields (`-` written as `_`), defaults
            filled in. Raises `UsageError` for a wrong address or a missing token.
        tells_arms: does it tell the arms apart by itself, so that expressions need no `$arm`?
    """

    keys: Mapping[str, Key]
    create: Callable[[Mapping[str, Any], Surroundings], MetricProvider]
    tells_arms: bool = False
