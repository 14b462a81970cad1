"""A flag at a server: what all its providers do alike.

A provider inherits `RemoteFlag` and says how it reads, writes and kills with one client. Errors of the server
become errors of the flag here, and no answer, however broken, becomes any other error.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Protocol, TypeVar

from sluicegate.flags.interface import Exposure, FlagError, FlagState, Rights, Warnings
from sluicegate.flags.normal import moved
from sluicegate.net.client import ApiError, PatientClient, Refusal

UNREAD: Final = "cannot be read"
UNWRITTEN: Final = "was perhaps not changed"
ALIVE: Final = "was perhaps not switched off"
UNTRIED: Final = "was not changed, and the rights of the token are not known"
"""What became of a flag when a request failed, for people."""

DENIED: Final = (Refusal.UNAUTHENTICATED, Refusal.DENIED)
CONFLICT: Final = (409,)

_BROKEN: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What code raises that is given an answer of another form than its server ever sends."""

T = TypeVar("T")


class Reached(Protocol):
    """The server of a flag."""

    def client(self) -> PatientClient:
        """A client for one operation.

        Raises:
            ApiError: the settings lead to no server.
        """
        ...

    def remedy(self, error: ApiError, needs: str) -> str:
        """What to do about an error; `needs` says which token with which rights."""
        ...

    def without_tokens(self, text: str) -> str:
        """The text without the tokens that the server gets."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteFlag(ABC):
    """One flag at a server. See `FlagProvider` for its methods.

    Attributes:
        needs: which token with which rights the provider needs, for people.
        conflicts: statuses with which the server refuses a write because the flag changed.
    """

    server: Reached
    needs: ClassVar[str]
    conflicts: ClassVar[Collection[int]] = CONFLICT

    @property
    @abstractmethod
    def name(self) -> str:
        """See `FlagProvider`."""

    def read(self) -> FlagState:
        """See `FlagProvider`."""
        with self._asking(UNREAD) as client:
            return self._without_tokens(self._state(client))

    def write(self, target: Exposure, seen: FlagState) -> Warnings:
        """See `FlagProvider`."""
        with self._asking(UNWRITTEN) as client:
            return self._write(client, target, seen) or ()

    def kill(self) -> None:
        """See `FlagProvider`."""
        with self._asking(ALIVE) as client:
            self._kill(client)

    @abstractmethod
    def _state(self, client: PatientClient) -> FlagState:
        """The state of the flag now."""

    @abstractmethod
    def _write(self, client: PatientClient, target: Exposure, seen: FlagState) -> Warnings | None:
        """Set the exposure, as `write` of `FlagProvider` says."""

    @abstractmethod
    def _kill(self, client: PatientClient) -> None:
        """Switch the flag off, as `kill` of `FlagProvider` says."""

    def _special(self, what: str, error: ApiError) -> FlagError | None:
        """What an error means at this provider alone; None if it means what it means at all of them."""
        return None

    @contextmanager
    def _asking(self, what: str) -> Iterator[PatientClient]:
        """A client for one operation; `what` becomes of the flag if it fails.

        Raises:
            FlagError: the server refused, did not answer, or sent a broken answer.
        """
        try:
            yield self.server.client()
        except ApiError as error:
            raise self._failed(what, error) from error
        except FlagError as error:
            error.what = self.server.without_tokens(error.what)
            error.args = (error.what,)
            raise
        except _BROKEN as error:
            raise FlagError(
                f"the flag {what}: the answer of the server is broken ({type(error).__name__})",
                where=self.name, remedy="Check that the address is the server's own, and report its answer.",
            ) from error  # fmt: skip

    def _failed(self, what: str, error: ApiError) -> FlagError:
        if special := self._special(what, error):
            return special
        if what == UNWRITTEN and error.status in self.conflicts:
            return moved(f"the flag changed meanwhile: {error.message}", self.name)
        remedy = self.server.remedy(error, self.needs)
        return FlagError(f"the flag {what}: {error.message}", where=self.name, remedy=remedy)

    def _without_tokens(self, state: FlagState) -> FlagState:
        """The state; a server that repeats a token must not publish it by us."""
        hide = self.server.without_tokens
        driver = None if state.driver is None else hide(state.driver)
        return replace(state, reason=hide(state.reason), driver=driver, bucketing=hide(state.bucketing))

    def _rights(self, error: ApiError, lack: str) -> Rights:
        """The lack of a right that an error of a trial shows.

        Raises:
            FlagError: the error shows nothing about rights.
        """
        if error.refusal in DENIED:
            return Rights((lack,))
        raise self._failed(UNTRIED, error) from error


def retried(act: Callable[[], T], tries: int, statuses: Collection[int] = CONFLICT) -> T:
    """Call `act` until no other write came first, so many times at the most.

    Raises:
        ApiError: the last call lost the race too, or a call failed for another reason.
    """
    for _ in range(tries - 1):
        try:
            return act()
        except ApiError as error:
            if error.status not in statuses:
                raise
    return act()
