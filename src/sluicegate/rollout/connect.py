"""The providers of a plan, and what they say now: flags read, metrics asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sluicegate.core.errors import PolicyError, SluicegateError
from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.flags.interface import (
    Capabilities,
    Exposure,
    FlagError,
    FlagFactory,
    FlagProvider,
    FlagState,
)
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.metrics.interface import Bin, MetricError, MetricFactory, MetricProvider, Window
from sluicegate.rollout.actions import FlagView, Unread
from sluicegate.rollout.contacts import Contacts
from sluicegate.rollout.periods import Period
from sluicegate.rollout.plan import Metric, Plan, ProviderSettings
from sluicegate.rollout.providers import factory, settings_of
from sluicegate.rollout.readings import Health, Needed, needed, read_stage, stage_window
from sluicegate.rollout.series import Answer, Answers, Failed, Series
from sluicegate.runtime.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers of a plan.

    Attributes:
        flags: in the order of the plan.
        metrics: by their settings; the reason where one cannot be used.
    """

    flags: tuple[FlagProvider, ...]
    metrics: Mapping[ProviderSettings, MetricProvider | str]

    def of(self, metric: Metric) -> MetricProvider | str:
        """The provider of a metric."""
        return self.metrics[metric.provider]

    @property
    def delay(self) -> int:
        """Seconds from a confirmed write until all clients see it."""
        return max((flag.capabilities.kill_delay for flag in self.flags), default=0)


def connect(plan: Plan, around: Surroundings, contacts: Contacts | None = None) -> Providers:
    """Make the providers of a plan.

    Args:
        plan: of the project, or of a journal.
        around: what the providers are given.
        contacts: what the project names, where the plan is a journal's.

    Raises:
        UsageError: a flag's address or token is wrong or missing, or a journal's that the project does not
            name.
        PolicyError: a setting of a flag is not one of its provider, or the provider is not installed.
        WorldError: the package of a flag's provider cannot be used.
    """
    flags = tuple(_flag(own, around, contacts) for own in plan.flags)
    return Providers(flags, {m.provider: _metrics(m.provider, around, contacts) for m in plan.metrics})


def connect_to_kill(plan: Plan, around: Surroundings, contacts: Contacts | None = None) -> Providers:
    """The flags of a plan, for a kill: one whose provider cannot be made does not keep the others on."""
    return Providers(tuple(_flag_or_reason(own, around, contacts) for own in plan.flags), {})


def _flag_or_reason(own: ProviderSettings, around: Surroundings, contacts: Contacts | None) -> FlagProvider:
    try:
        return _flag(own, around, contacts)
    except SluicegateError as error:
        return _Unusable(own.name, str(error))


@dataclass(frozen=True, slots=True)
class _Unusable:
    """A flag whose provider could not be made."""

    name: str
    reason: str

    @property
    def capabilities(self) -> Capabilities:
        raise FlagError(self.reason)

    def read(self) -> FlagState:
        raise FlagError(self.reason)

    def write(self, target: Exposure, seen: FlagState) -> None:
        raise FlagError(self.reason)

    def kill(self) -> None:
        raise FlagError(self.reason)


def _flag(own: ProviderSettings, around: Surroundings, contacts: Contacts | None) -> FlagProvider:
    made = _factory(FLAGS, own, contacts)
    if not isinstance(made, FlagFactory):
        raise PolicyError(f"'{own.name}' is no provider of flags", remedy="Name another in the plan.")
    return made.create(settings_of(own.values, FLAGS, own.name), around)


def _metrics(own: ProviderSettings, around: Surroundings, contacts: Contacts | None) -> MetricProvider | str:
    try:
        made = _factory(METRICS, own, contacts)
        if not isinstance(made, MetricFactory):
            return f"'{own.name}' is no provider of metrics"
        return made.create(settings_of(own.values, METRICS, own.name), around)
    except SluicegateError as error:
        return str(error)


def _factory(group: str, own: ProviderSettings, contacts: Contacts | None) -> object:
    try:
        if contacts is not None:
            contacts.check(group, own)
        return factory(group, own.name)
    except KeyError:
        what = f"the provider '{own.name}' is not installed here"
        raise PolicyError(what, remedy="Install the package that has it.") from None


def read_flags(flags: Sequence[FlagProvider]) -> tuple[FlagView, ...]:
    """Every flag as it is now."""
    return tuple(map(_read_flag, flags))


def _read_flag(flag: FlagProvider) -> FlagView:
    try:
        return flag.read()
    except FlagError as error:
        return Unread(str(error))
    except Exception as error:  # a fault of one provider hides no other flag
        return Unread(f"the provider of {flag.name} failed: {type(error).__name__}")


def read_health(plan: Plan, stage: int, epoch: int, now: int, providers: Providers) -> Health:
    """The readings of a stage, of what the metric providers say now.

    Args:
        plan: of the rollout.
        stage: its index.
        epoch, now: seconds since 1970.
        providers: of the plan.
    """
    answers = read_answers(plan, stage, stage_window(plan, epoch, now), providers)
    return read_stage(plan, plan.stages[stage], answers)


def read_answers(plan: Plan, stage: int, window: Window, providers: Providers) -> Answers:
    """What the metric providers say of a stage.

    Args:
        plan: of the rollout.
        stage: its index.
        window: the bins that are asked for.
        providers: of the plan.
    """
    return {
        (asked.metric, asked.over): ask(providers.of(plan.metric(asked.metric)), asked, window)
        for asked in needed(plan, plan.stages[stage])
    }


def read_periods(plan: Plan, found: Sequence[Period], providers: Providers) -> tuple[Period, ...]:
    """Periods of a rollout with what the metric providers say of them now."""
    return tuple(
        replace(one, answers=read_answers(plan, one.stage, one.window(plan), providers)) for one in found
    )


def ask(provider: MetricProvider | str, asked: Needed, window: Window) -> Answer:
    """What a provider says of one metric; of no bin it is not asked.

    Args:
        provider: as of `Providers.of`.
        asked: the metric, and of which arms.
        window: the bins.
    """
    if isinstance(provider, str):
        return Failed(provider)
    try:
        return Series(*(_bins(provider, asked, arm, window) for arm in asked.arms))
    except MetricError as error:
        return Failed(str(error))


def _bins(provider: MetricProvider, asked: Needed, arm: str | None, window: Window) -> tuple[Bin, ...]:
    if not window.count:
        return ()
    bins = provider.counts(asked.query, arm, window)
    if [found.start for found in bins] != list(window.starts):
        raise MetricError("the provider's bins are not those that were asked for", where=asked.metric)
    return bins
