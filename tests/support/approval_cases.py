"""What every provider must do whose vendor may want an approval of a write, and one with limits of its own.

A new one inherits these cases beside `HttpFlagCases`; its rig has the methods of `ApprovalRig` or `LimitRig`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Protocol

import pytest

from sluicegate.flags.interface import OFF, FlagError, FlagProvider, WaitingForApproval
from support.flag_cases import HttpFlagRig, Patience, share
from support.proxy import LOST, Proxy, answered


class ApprovalRig(HttpFlagRig):
    """A flag in an environment that may demand approvals."""

    @abstractmethod
    def demand_approval(self) -> None:
        """Let the vendor want an approval of each write from now on."""

    @abstractmethod
    def approvals(self) -> int:
        """How many requests for an approval are open."""

    @abstractmethod
    def approve(self) -> None:
        """Let a person approve the newest request."""


class ApprovalCases:
    """Cases of the providers whose writes may wait for a person."""

    def test_it_says_that_a_write_may_wait(self, rig: ApprovalRig) -> None:
        assert rig.provider().capabilities.approvals

    def test_a_write_waits_with_a_link_and_changes_nothing(self, rig: ApprovalRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.demand_approval()
        with pytest.raises(WaitingForApproval) as caught:
            provider.write(share(25), provider.read())
        assert caught.value.link.startswith(("http://127.0.0.1", "https://"))
        assert caught.value.remedy
        assert rig.share() == Fraction(5, 100)

    def test_an_approval_is_asked_for_once(self, rig: ApprovalRig) -> None:
        rig.demand_approval()
        for _ in range(3):
            with pytest.raises(WaitingForApproval):
                rig.provider().write(share(5), rig.provider().read())
        assert rig.approvals() == 1

    def test_an_approval_is_asked_for_once_although_the_answer_is_lost(self, rig: ApprovalRig) -> None:
        rig.demand_approval()
        rig.proxy.for_which = lambda asked: asked.verb == "POST"
        rig.proxy.faults = [LOST, LOST]
        with pytest.raises(WaitingForApproval):
            rig.provider().write(share(5), rig.provider().read())
        assert rig.approvals() == 1

    def test_a_request_for_another_share_takes_the_place_of_the_one_before(self, rig: ApprovalRig) -> None:
        rig.demand_approval()
        for percent in (5, 25):
            with pytest.raises(WaitingForApproval):
                rig.provider().write(share(percent), rig.provider().read())
        assert rig.approvals() == 1
        rig.approve()
        self._resume(rig, 25)
        assert rig.share() == Fraction(25, 100)

    def test_an_approved_write_is_there_after_the_next_try(self, rig: ApprovalRig) -> None:
        rig.demand_approval()
        with pytest.raises(WaitingForApproval):
            rig.provider().write(share(5), rig.provider().read())
        assert rig.provider().read().exposure == OFF
        rig.approve()
        self._resume(rig, 5)
        assert rig.provider().read().exposure == share(5)
        assert rig.approvals() == 0

    def _resume(self, rig: ApprovalRig, percent: int) -> None:
        provider = rig.provider()
        seen = provider.read()
        if seen.exposure != share(percent):
            provider.write(share(percent), seen)

    def test_a_refused_request_names_no_token(self, rig: ApprovalRig) -> None:
        rig.demand_approval()
        rig.proxy.for_which = lambda asked: asked.verb == "POST"
        rig.proxy.always = answered(403, f'{{"message": "no approval for {rig.secret}"}}')
        with pytest.raises(FlagError) as caught:
            rig.provider().write(share(5), rig.provider().read())
        assert rig.secret not in f"{caught.value} {caught.value.remedy}"
        assert not isinstance(caught.value, WaitingForApproval)


class LimitRig(Protocol):
    """A flag whose vendor states its limits by headers of its own."""

    proxy: Proxy
    patience: Patience

    def provider(self) -> FlagProvider:
        """See `FlagRig`."""

    def limits(self, seconds: int) -> Sequence[Mapping[str, str]]:
        """The headers of answers that ask to wait so long: each of the vendor's ways to say so."""


class LimitCases:
    """Cases of the providers whose vendor states limits by other headers than `Retry-After` alone."""

    def test_a_limit_is_waited_for_by_whatever_header_there_is(self, rig: LimitRig) -> None:
        provider = rig.provider()
        for number in range(len(rig.limits(30))):
            seconds = 30 + number
            rig.patience.slept.clear()
            headers = rig.limits(seconds)[number]
            rig.proxy.faults = [answered(429, '{"message": "slow down"}', **headers)]
            provider.write(share(seconds), provider.read())
            assert any(seconds - 2 < slept <= seconds for slept in rig.patience.slept), headers
            assert provider.read().exposure == share(seconds)
