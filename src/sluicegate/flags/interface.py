"""The seam of the flag providers: what one reads, writes and says of itself.

A provider is a module with a `FlagFactory`, named by an entry point of the group `sluicegate.flags`; ours are
in the same group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol, runtime_checkable

from sluicegate.core.errors import WorldError
from sluicegate.core.text import cut, encodable, one_line
from sluicegate.policy.keys import Key
from sluicegate.runtime.surroundings import Surroundings

GROUP = "sluicegate.flags"
_LONGEST = 1000
"""Characters of what a server says, for people."""

Lock = Literal["version", "revision", "test-patch", "etag", "none"]
"""What makes the provider refuse a write if the flag changed since it was read."""


Warnings = Sequence[str]
"""What a person must know about a write that was done, a line each."""


class FlagError(WorldError):
    """A provider could not be asked, or its answer was no answer."""


class FlagConflict(FlagError):
    """The flag is no longer in the state that the write was decided on; the write was not carried out."""


class FlagRefused(FlagError):
    """The provider does not act on the flag as it is, or not to that exposure; nothing was written."""


class WaitingForApproval(FlagError):
    """The provider took the write as a request that a person must approve.

    Attributes:
        link: to the request; empty unless it is an address of the web.
    """

    def __init__(self, what: str, *, link: str, where: str = "", remedy: str = "") -> None:
        super().__init__(one_line(what), where=where, remedy=one_line(remedy))
        self.link = one_line(link) if link.startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who sees the new variation.

    Attributes:
        share: of all users by percentage, from 0 to 1.
        segments: named groups that see it whatever the percentage is, sorted, each once.
    """

    share: Fraction
    segments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"a share lies from 0 to 1, and this is {self.share}")
        object.__setattr__(self, "segments", tuple(sorted(set(map(encodable, self.segments)))))


OFF = Exposure(Fraction(0))
EVERYONE = Exposure(Fraction(1))


@dataclass(frozen=True, slots=True)
class FlagState:
    """What a provider says of a flag now.

    Attributes:
        exposure: the effective one, of the whole state; None when it cannot be computed, and nothing may
            be raised then.
        enabled: is the flag switched on?
        reason: how the exposure was computed, or why it cannot be, for people.
        driver: names the vendor's automation that changes the flag by itself; None without one.
        fingerprint: of the whole normalised state: two equal ones are the same state.
        version: what locks a write, or None.
        bucketing: what decides which users are in a share (salt, seed, group, ids of segments). A rollout
            in which it changes draws its users anew.
    """

    exposure: Exposure | None
    enabled: bool
    reason: str
    driver: str | None
    fingerprint: str
    version: str | None
    bucketing: str

    def __post_init__(self) -> None:
        """Make harmless what a server wrote: one line for people, and text that a journal can hold."""
        driver = None if self.driver is None else cut(one_line(self.driver), _LONGEST)
        object.__setattr__(self, "reason", cut(one_line(self.reason), _LONGEST))
        object.__setattr__(self, "driver", driver)
        object.__setattr__(self, "version", None if self.version is None else encodable(self.version))
        object.__setattr__(self, "bucketing", encodable(self.bucketing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider states of itself; `rollout validate` warns from it.

    Attributes:
        step: the smallest step of a share, 1/100 for whole percents.
        lock: what makes the provider refuse a write when the flag moved.
        approvals: may a write become a request that a person approves?
        sticky: what keeps its answer over time: a user, or the process that calls.
        without_key: what a user without a key gets, for people.
        kill_delay: seconds from the confirmed kill until clients see it.
        kill: the lever of a kill: `enabled` and `targeting` are others than promotion's `percent`.
        refuses: on what it does not act, for people.
        token: which token with which scopes it needs, for people.
        flag: what the flag must look like, for people.
        segments: what a segment of the plan must name, for people; empty if there are no segments.
    """

    step: Fraction
    lock: Lock
    approvals: bool = False
    sticky: Literal["user", "caller"] = "user"
    without_key: str
    kill_delay: int
    kill: Literal["enabled", "percent", "targeting"]
    refuses: tuple[str, ...]
    token: str
    flag: str
    segments: str = ""


class FlagProvider(Protocol):
    """One flag at one provider. Its caller confirms every write by reading the flag again."""

    @property
    def name(self) -> str:
        """The flag with its place at the provider, for people: `new-checkout in default/production`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the provider states of itself; without a request."""
        ...

    def read(self) -> FlagState:
        """The state of the flag now.

        Raises:
            FlagError: it cannot be read.
        """
        ...

    def write(self, target: Exposure, seen: FlagState) -> Warnings | None:
        """Set the exposure; return when the provider has taken it, or has it already.

        What is returned, if anything, are warnings about the write, which the user must see.

        Args:
            target: who should see the new variation.
            seen: the state that the decision was made on.

        Raises:
            FlagConflict: the flag is not, or was not, in the state `seen`.
            FlagRefused: the provider does not act on such a flag, or not to that exposure.
            WaitingForApproval: the write waits for a person.
            FlagError: whether it was written is not known, or it was not.
        """
        ...

    def kill(self) -> None:
        """Let nobody see the new variation, whatever the flag's state is; idempotent, without a lock.

        Raises:
            FlagError: it was not done, or that is not known.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rights:
    """What came of trying what a token may do.

    Attributes:
        lacks: what it may not do and a rollout does, a line each, for people.
        untried: why the right to write was not tried; empty if it was.
    """

    lacks: tuple[str, ...] = ()
    untried: str = ""


@runtime_checkable
class TriesRights(Protocol):
    """A provider of flags that can try the rights of its token; `rollout validate --live` asks it to."""

    def try_rights(self) -> Rights:
        """Try what a rollout does, in a way that changes nothing.

        Raises:
            FlagError: it could not be tried.
        """
        ...


@dataclass(frozen=True, slots=True)
class FlagFactory:
    """Makes a provider of one kind.

    Attributes:
        keys: of its section in a plan. A token is never among them, only the name of its variable.
        create: the provider; given the values of `keys` by the names of fields (`-` written as `_`), defaults
            filled in. Raises `UsageError` for a wrong address or a missing token.
    """

    keys: Mapping[str, Key]
    create: Callable[[Mapping[str, Any], Surroundings], FlagProvider]
