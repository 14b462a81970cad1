"""The requests that lead from a flag's strategies to another exposure. Pure.

Between two of them nobody sees the flag who sees it neither before nor after.
No strategy is deleted, so that ids, groups and stickiness stay for the life of a rollout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sluicegate.flags.interface import Exposure, FlagRefused
from sluicegate.flags.normal import the_one, whole_percent
from sluicegate.flags.unleash.model import ROLLOUT, Flag, Strategy

TITLE = "Rollout by Sluicegate"
_KEEP_ONE = (
    "Leave the flag one active strategy for everybody, flexibleRollout with a sticky key, and one for each "
    "segment."
)


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of one strategy, refused by the server where the strategy is no longer as it was.

    Attributes:
        strategy: its id.
        operations: of a JSON Patch (RFC 6902), tests first.
        rollout: the percentage that it has afterwards; None to leave it.
        disabled: whether it counts afterwards.
    """

    strategy: str
    operations: tuple[Mapping[str, object], ...]
    rollout: str | None
    disabled: bool

    def is_done(self, flag: Flag) -> bool:
        """Does the strategy have its new form?"""
        found = next((s for s in flag.strategies if s.id == self.strategy), None)
        if found is None or found.disabled != self.disabled:
            return False
        return self.rollout is None or found.parameters.get("rollout") == self.rollout


@dataclass(frozen=True, slots=True)
class Create:
    """A new strategy.

    Attributes:
        body: of the request.
        known: the ids that were there before.
    """

    body: Mapping[str, object]
    known: frozenset[str]

    def is_done(self, flag: Flag) -> bool:
        """Is such a strategy there that was not there before?"""
        return any(s.id not in self.known and self._is(s) for s in flag.strategies)

    def _is(self, strategy: Strategy) -> bool:
        wanted = (self.body["parameters"], self.body["segments"])
        return (dict(strategy.parameters), list(strategy.segments)) == wanted and not strategy.constraints


Change = Patch | Create


def changes(flag: Flag, target: Exposure, stickiness: str, where: str) -> tuple[Change, ...]:
    """What to send, in order; nothing if the strategies need no change.

    Args:
        flag: as it is.
        target: with a share or a segment.
        stickiness: of a strategy that is added.
        where: names the flag in errors.

    Raises:
        FlagRefused: the flag has strategies that are not a rollout's, or the server no such segment.
    """
    rollout = _rollout(flag, where)
    percent = str(whole_percent(target.share, where))
    first = tuple(_of_share(flag, rollout, percent, stickiness))
    numbers = [_segment(flag, name, where) for name in target.segments]
    then = tuple(change for number in numbers for change in _of_segment(flag, number, stickiness))
    last = tuple(_switch(s, disabled=True) for s in _unwanted(flag, target, where))
    return (*first, *then, *last)


def _rollout(flag: Flag, where: str) -> Strategy | None:
    """The strategy whose percentage is changed."""
    opened = flag.opened
    if len(opened) > 1:
        raise FlagRefused(f"it has {len(opened)} strategies for everybody", where=where, remedy=_KEEP_ONE)
    if not opened:
        return None
    if opened[0].kind != ROLLOUT or opened[0].parameters.get("stickiness") == "random":
        raise FlagRefused(f"{opened[0].in_words} is not a rollout's", where=where, remedy=_KEEP_ONE)
    return opened[0]


def _of_share(flag: Flag, rollout: Strategy | None, percent: str, stickiness: str) -> Iterator[Change]:
    if rollout is None:
        if percent != "0":
            yield _created(flag, percent, (), stickiness)
    elif rollout.parameters.get("rollout") != percent:
        change = {"op": "replace", "path": "/parameters/rollout", "value": percent}
        yield Patch(rollout.id, (*_tests(rollout), change), percent, rollout.disabled)


def _segment(flag: Flag, name: str, where: str) -> int:
    found = [s.id for s in flag.segments.values() if s.name == name]
    remedy = "Name a segment of Unleash in the plan, as it is spelt there."
    return the_one(found, "Unleash has", f"segments named '{name}'", where, remedy)


def _of_segment(flag: Flag, number: int, stickiness: str) -> Iterator[Change]:
    """The strategy of a segment: there, switched on again, or added."""
    name = flag.segments[number].name
    there = [s for s in flag.strategies if flag.named(s) == name]
    if any(not s.disabled for s in there):
        return
    yield _switch(there[0], disabled=False) if there else _created(flag, "100", (number,), stickiness)


def _unwanted(flag: Flag, target: Exposure, where: str) -> Iterator[Strategy]:
    """Strategies of segments that must not see the flag."""
    for strategy in flag.active:
        if strategy.is_open or strategy.percent == 0:
            continue
        name = flag.named(strategy)
        if name is None:
            what = f"{strategy.in_words} is for a part of the users that is no whole segment"
            raise FlagRefused(what, where=where, remedy=_KEEP_ONE)
        if name not in target.segments:
            yield strategy


def _created(flag: Flag, percent: str, segments: tuple[int, ...], stickiness: str) -> Create:
    body = {
        "name": ROLLOUT,
        "title": TITLE,
        "parameters": {"rollout": percent, "stickiness": stickiness, "groupId": flag.name},
        "constraints": [],
        "segments": list(segments),
        "variants": [],
    }
    return Create(body, frozenset(s.id for s in flag.strategies))


def _switch(strategy: Strategy, *, disabled: bool) -> Patch:
    change = {"op": "replace", "path": "/disabled", "value": disabled}
    return Patch(strategy.id, (*_tests(strategy), change), None, disabled)


def _tests(strategy: Strategy) -> tuple[Mapping[str, object], ...]:
    """That the strategy is still as it was read."""
    seen = {
        "/parameters": dict(strategy.parameters),
        "/constraints": list(strategy.constraints),
        "/segments": list(strategy.segments),
        "/disabled": strategy.disabled,
    }
    return tuple({"op": "test", "path": path, "value": value} for path, value in seen.items())
