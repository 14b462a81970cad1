"""A flag of LaunchDarkly, and who sees it. Pure.

Source: LaunchDarkly's OpenAPI description (2.0, 2026-03), and answers of its server SDK for Python 9.20. A
flag that is off, and one whose prerequisites do not hold, serves the off variation. Else individual targets
come first, then the rules in their order, then the default rule. A context without the kind that users are
drawn by gets the first variation of the rollout's list, even one of weight 0; a context without the attribute
is in bucket 0, and gets the first one that has a weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction

from sluicegate.flags.interface import OFF, Exposure, FlagState
from sluicegate.flags.normal import and_segments, fingerprint, items, percent

WHOLE = 100_000
"""The weight of everybody: LaunchDarkly counts thousandths of a percent."""

SEGMENT = "segmentMatch"
"""The operator of a clause that holds for the contexts of named segments."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the plan says of the flag.

    Attributes:
        new, old: the two variations, by name or value.
        context_kind, bucket_by: how a rollout that is added draws its users.
        keyed: does every context have what users are drawn by?
    """

    new: str = "true"
    old: str = "false"
    context_kind: str = "user"
    bucket_by: str = "key"
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Variation:
    """One variation; its value as text."""

    id: str
    name: str
    value: str

    def is_called(self, text: str) -> bool:
        """Does the plan name it?"""
        return text in (self.name, self.value)


@dataclass(frozen=True, slots=True)
class Served:
    """What a rule serves: variations by their indexes, with weights, in the order of the list.

    Attributes:
        weights: one of `WHOLE` for a single variation; empty if it is not understood.
        context_kind, bucket_by: what users are drawn by; empty for a single variation.
        seed: replaces key and salt of the flag in the draw.
        experiment: the kind of the automation that has the rollout, or empty.
    """

    weights: tuple[tuple[int, int], ...]
    context_kind: str = ""
    bucket_by: str = ""
    seed: str = ""
    experiment: str = ""

    @property
    def is_rollout(self) -> bool:
        """Are users drawn?"""
        return bool(self.context_kind)

    def share(self, index: int) -> Fraction | None:
        """The share of a variation; None if it is uncertain."""
        found = dict(self.weights)
        if not found or len(found) != len(self.weights) or sum(found.values()) != WHOLE:
            return None
        return Fraction(found.get(index, 0), WHOLE)

    @property
    def drawn(self) -> tuple[int, ...]:
        """The variations that have a weight, in order."""
        return tuple(index for index, weight in self.weights if weight)

    @property
    def first(self) -> frozenset[int]:
        """What contexts get that cannot be drawn: without the kind, and without the attribute."""
        return frozenset((self.weights[0][0], self.drawn[0])) if self.is_rollout else frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A targeting rule.

    Attributes:
        id: of LaunchDarkly; empty for one that is about to be added.
        clauses: that must all hold.
        serves: what its contexts get.
    """

    id: str
    clauses: tuple[Mapping[str, object], ...]
    serves: Served

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments whose members it is for, each as a whole; empty for any other rule."""
        if len(self.clauses) != 1:
            return ()
        clause = self.clauses[0]
        names = items(clause.get("values"))
        if clause.get("op") != SEGMENT or clause.get("negate") is not False:
            return ()
        return tuple(map(str, names))


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag in one environment.

    Attributes:
        key: of the flag.
        on: is its targeting switched on?
        variations: of the flag.
        off: the index of the variation that it serves when it is off, or None.
        targets: single contexts with the index of their variation.
        rules: in their order, without disabled ones.
        fallthrough: the default rule.
        prerequisites: flags that must serve a variation for this one to be on.
        segments: what LaunchDarkly says of the segments that are used or wanted, by key.
        purpose: `migration` for a flag that LaunchDarkly handles in another way.
        driver: the automation that changes it, or None.
    """

    key: str
    on: bool
    archived: bool
    variations: tuple[Variation, ...]
    off: int | None
    targets: tuple[tuple[int, tuple[str, ...]], ...]
    rules: tuple[Rule, ...]
    fallthrough: Served
    prerequisites: tuple[object, ...]
    segments: Mapping[str, object]
    salt: str
    version: str
    purpose: str
    settings: Settings
    driver: str | None = None

    def index(self, text: str) -> int | None:
        """The index of the only variation that the plan calls so, or None."""
        found = [number for number, each in enumerate(self.variations) if each.is_called(text)]
        return found[0] if len(found) == 1 else None

    @property
    def new(self) -> int:
        """The index of the new variation; -1 without one."""
        found = self.index(self.settings.new)
        return -1 if found is None else found

    @property
    def old(self) -> int:
        """The index of the old variation; -1 without one."""
        found = self.index(self.settings.old)
        return -1 if found is None else found

    @property
    def used(self) -> tuple[str, ...]:
        """Keys of the segments in its rules, each once."""
        clauses = [clause for rule in self.rules for clause in rule.clauses if clause.get("op") == SEGMENT]
        return tuple(dict.fromkeys(str(key) for clause in clauses for key in items(clause.get("values"))))

    def exposure(self) -> tuple[Exposure | None, str]:
        """Who sees the new variation now, and why."""
        problem = self._problem()
        if problem:
            return None, problem
        if self.archived or not self.on:
            return OFF, "it is archived" if self.archived else "it is switched off in the environment"
        return self.if_on()

    def _problem(self) -> str:
        """Why a rollout cannot have this flag; empty if it can."""
        for text, index in ((self.settings.new, self.new), (self.settings.old, self.old)):
            if index < 0:
                return f"no variation, or more than one, has the name or the value '{text}'"
        if self.new == self.old:
            return "the new and the old variation are the same"
        if self.purpose == "migration":
            return "it is a migration flag, which has stages of its own"
        if self.off is None:
            return "it has no off variation: when it is off the calling code's default counts"
        if self.off != self.old:
            return f"its off variation is not '{self.settings.old}', which a kill must lead to"
        return ""

    def if_on(self) -> tuple[Exposure | None, str]:
        """Who sees the new variation where the flag is switched on: the union of targets and rules."""
        if any(index == self.new and values for index, values in self.targets):
            return None, f"single contexts are targeted with '{self.settings.new}'"
        serving = self.serving
        if not all(rule.segments and rule.serves.share(self.new) == 1 for rule in serving):
            return None, f"a rule serves '{self.settings.new}' to contexts that are no whole segment"
        share, reason = self._default()
        if share is None:
            return None, reason
        exposure = Exposure(share, segments_of(serving))
        also = and_segments(exposure.segments)
        return exposure, f"{reason}{also}{self._less()}"

    @property
    def serving(self) -> tuple[Rule, ...]:
        """The rules that serve the new variation, or may do so."""
        return tuple(rule for rule in self.rules if rule.serves.share(self.new) != 0)

    def _default(self) -> tuple[Fraction | None, str]:
        """The share of the default rule."""
        serves = self.fallthrough
        share = serves.share(self.new)
        if share is None:
            return None, "the weights of its default rule are no whole"
        if serves.seed:
            return None, "its default rule draws users by a seed, as experiments do"
        if not set(serves.drawn) <= {self.new, self.old}:
            return None, "its default rule serves a third variation"
        if share < 1 and self.new in serves.first and not self.settings.keyed:
            return None, (
                f"its default rule lists '{self.settings.new}' first, which all contexts without "
                f"{serves.context_kind} {serves.bucket_by} get"
            )
        return share, f"its default rule serves '{self.settings.new}' to {percent(share)}"

    def _less(self) -> str:
        """What may keep it from some, for people."""
        parts = []
        if self.prerequisites:
            parts.append("its prerequisites hold")
        if any(values for _, values in self.targets) or any(not r.serves.share(self.new) for r in self.rules):
            parts.append("no target or rule serves another variation first")
        return f", where {' and '.join(parts)}" if parts else ""

    @property
    def drawn_by(self) -> str:
        """What decides which users are in a share, for people and to compare."""
        serves = self.fallthrough
        order = list_order(self)
        kind = serves.context_kind or self.settings.context_kind
        by = serves.bucket_by or self.settings.bucket_by
        seed = f", seed {serves.seed}" if serves.seed else ""
        names = ", ".join(self.variations[index].value for index in order)
        return f"flag {self.key}, salt {self.salt}, {kind} {by}, order {names}{seed}"


def segments_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The segments that rules are for."""
    return tuple(key for rule in rules for key in rule.segments)


def list_order(flag: Flag) -> tuple[int, ...]:
    """The two variations in the order of the default rule's list; that of the flag where it has no list."""
    pair = {flag.new, flag.old}
    listed = [index for index, _ in flag.fallthrough.weights if index in pair]
    order = listed if len(listed) == 2 else sorted(pair)
    return tuple(index for index in order if 0 <= index < len(flag.variations))


def state_of(flag: Flag) -> FlagState:
    """The normalised state of a flag."""
    exposure, reason = flag.exposure()
    return FlagState(
        exposure=exposure,
        enabled=flag.on and not flag.archived,
        reason=reason,
        driver=flag.driver,
        fingerprint=fingerprint(_normal(flag)),
        version=flag.version,
        bucketing=flag.drawn_by,
    )


def _normal(flag: Flag) -> dict[str, object]:
    """All that decides what an SDK answers."""
    whole = asdict(flag)
    for key in ("version", "settings", "driver"):
        del whole[key]
    return {**whole, "segments": {key: flag.segments.get(key) for key in flag.used}}
