"""What every flag provider must do: a new one inherits these cases, with a rig of its own.

`FlagCases` are for all, `HttpFlagCases` for those behind HTTP: faults come from a proxy before the server.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest

from sluicegate.core.errors import ExitCode
from sluicegate.flags.interface import (
    OFF,
    Exposure,
    FlagConflict,
    FlagError,
    FlagProvider,
    FlagRefused,
    TriesRights,
)
from sluicegate.net.client import Clock, PatientClient
from support.broken_answers import Replayed, broken
from support.proxy import LOST, SILENT, UNREACHABLE, Fault, Proxy, answered

TIMEOUT = 0.2
"""Seconds that an impatient provider waits for an answer."""

PERCENTS = (1, 5, 25, 50, 100)


def share(percent: int | str) -> Exposure:
    """A share of all users, in percent."""
    return Exposure(Fraction(str(percent)) / 100)


@dataclass(slots=True)
class Patience:
    """A clock that does not wait, and remembers for how long it should have."""

    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.slept.append(seconds)

    def clock(self) -> Clock:
        """The clock."""
        return Clock(lambda: time.monotonic() + sum(self.slept), time.time, self.sleep)


class FlagRig(ABC):
    """A flag that is off and may be rolled out, and what a test does to it by hand.

    Attributes:
        patience: the clock of its providers.
        segments: two names that its plan may use; empty where there are none.
    """

    segments: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.patience = Patience()

    @abstractmethod
    def provider(self) -> FlagProvider:
        """A provider, as the factory makes it."""

    @abstractmethod
    def meddle(self, percent: int) -> None:
        """Set the share by hand, past the provider."""

    @abstractmethod
    def share(self) -> Fraction:
        """The share of users who see it, by a look past the provider; 0 when it is switched off."""


class HttpFlagRig(FlagRig):
    """A flag behind HTTP.

    Attributes:
        proxy: before its server.
        secret: what no message may hold.
    """

    secret: str = ""

    def __init__(self, before: Proxy) -> None:
        super().__init__()
        self.proxy = before

    @abstractmethod
    def impatient(self) -> FlagProvider:
        """A provider that waits for `TIMEOUT` at the most."""

    @abstractmethod
    def newer(self) -> None:
        """Let the server add what we do not know to its answers."""


class FlagCases:
    """Cases of every provider; a subclass has the fixture `rig`."""

    def test_a_flag_that_is_off_is_seen_by_nobody(self, rig: FlagRig) -> None:
        state = rig.provider().read()
        assert state.exposure == OFF
        assert state.driver is None

    @pytest.mark.parametrize("percent", PERCENTS)
    def test_what_is_written_is_read_and_is_there(self, rig: FlagRig, percent: int) -> None:
        provider = rig.provider()
        provider.write(share(percent), provider.read())
        state = provider.read()
        assert state.exposure == share(percent)
        assert state.enabled
        assert rig.share() == Fraction(percent, 100)

    def test_a_rollout_goes_up_and_back_and_draws_the_same_users(self, rig: FlagRig) -> None:
        provider = rig.provider()
        drawn = {provider.read().bucketing}
        for percent in (*PERCENTS, 25, 5):
            provider.write(share(percent), provider.read())
            drawn.add(provider.read().bucketing)
        assert len(drawn) == 1
        provider.write(OFF, provider.read())
        assert provider.read().exposure == OFF
        assert rig.share() == 0

    def test_a_share_that_is_finer_than_the_step_is_refused_before_writing(self, rig: FlagRig) -> None:
        provider = rig.provider()
        seen = provider.read()
        with pytest.raises(FlagRefused) as caught:
            provider.write(Exposure(provider.capabilities.step / 7), seen)
        assert caught.value.remedy
        assert provider.read() == seen

    def test_writing_again_what_is_there_changes_nothing(self, rig: FlagRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        before = provider.read()
        own = rig.proxy if isinstance(rig, HttpFlagRig) else None
        if own:
            own.calm()
        provider.write(share(5), before)
        assert provider.read() == before
        assert not own or own.writes == []

    def test_a_hand_edit_between_reading_and_writing_is_a_conflict_and_stays(self, rig: FlagRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        rig.meddle(37)
        with pytest.raises(FlagConflict) as caught:
            provider.write(share(25), seen)
        assert caught.value.exit_code is ExitCode.WORLD
        assert rig.share() == Fraction(37, 100)

    def test_a_hand_edit_is_drift_and_its_undoing_is_none(self, rig: FlagRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        before = provider.read()
        rig.meddle(37)
        drifted = provider.read()
        assert drifted.fingerprint != before.fingerprint
        assert drifted.exposure == share(37)
        rig.meddle(5)
        assert provider.read().exposure == share(5)

    def test_a_kill_needs_no_reading_and_may_be_repeated(self, rig: FlagRig) -> None:
        provider = rig.provider()
        provider.write(share(50), provider.read())
        for _ in range(3):
            provider.kill()
            assert provider.read().exposure == OFF
            assert rig.share() == 0

    def test_a_kill_heeds_no_hand_edit(self, rig: FlagRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.meddle(37)
        provider.kill()
        assert provider.read().exposure == OFF

    def test_segments_see_it_whatever_the_share_is(self, rig: FlagRig) -> None:
        provider = rig.provider()
        if not rig.segments:
            with pytest.raises(FlagRefused, match="segments"):
                provider.write(Exposure(Fraction(0), ("staff",)), provider.read())
            return
        for target in (
            Exposure(Fraction(0), rig.segments[:1]),
            Exposure(Fraction(5, 100), rig.segments[:1]),
            Exposure(Fraction(25, 100), rig.segments),
            Exposure(Fraction(25, 100), rig.segments[1:]),
            Exposure(Fraction(1), rig.segments),
            share(50),
        ):
            provider.write(target, provider.read())
            assert provider.read().exposure == target

    def test_an_unknown_segment_is_refused_before_writing(self, rig: FlagRig) -> None:
        provider = rig.provider()
        seen = provider.read()
        with pytest.raises(FlagRefused):
            provider.write(Exposure(Fraction(1, 100), ("nobody-knows",)), seen)
        assert provider.read() == seen

    def test_it_says_of_itself_what_a_plan_must_know(self, rig: FlagRig) -> None:
        provider = rig.provider()
        about = provider.capabilities
        assert provider.name
        assert 0 < about.step <= Fraction(1, 100)
        assert all((about.without_key, about.token, about.flag, about.refuses))
        assert about.kill_delay >= 0
        assert bool(about.segments) == bool(rig.segments)


Act = Callable[[FlagProvider], None]


def _write(provider: FlagProvider) -> None:
    provider.write(share(25), provider.read())


def _kill(provider: FlagProvider) -> None:
    provider.kill()


OTHER_FAULTS = [
    pytest.param(act, status, marks=pytest.mark.soak)
    for act, status in [(_kill, 500), (_write, 502), (_kill, 503), (_write, 504)]
]


@contextmanager
def _replaying(provider: Any) -> Iterator[Replayed]:
    """Record what the server of a provider answers, and answer so again."""
    replayed, kind = Replayed(), type(provider.server)
    make = kind.client

    def client(server: Any, **more: str) -> PatientClient:
        made: PatientClient = make(server, **more)
        replayed.real = replayed.real if replayed.answers else made.transport
        made.transport = replayed
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "client", client)
        yield replayed


def _read_or_refused(provider: FlagProvider) -> Exposure | None:
    """The exposure of a state that a log and a journal can hold; None where it is not computed."""
    try:
        state = provider.read()
    except FlagError as error:
        if not error.remedy:
            raise
        return None
    assert "\n" not in f"{state.reason} {state.driver}"
    assert repr(state).encode()
    assert f"{state.reason} {state.driver} {state.bucketing} {state.version}".encode()
    return state.exposure


def _is_within(one: Exposure | None, other: Exposure) -> bool:
    """Does everybody of the first see it in the second?"""
    if one is None or other.share == 1:
        return one is not None
    return one.share <= other.share and set(one.segments) <= set(other.segments)


class HttpFlagCases(FlagCases):
    """Cases of the providers behind HTTP; the rig has a proxy."""

    @pytest.fixture
    def proxy(self, rig: HttpFlagRig) -> Proxy:
        """The rig's proxy, with the flag at 5 %."""
        provider = rig.provider()
        provider.write(share(5), provider.read())
        rig.proxy.calm()
        return rig.proxy

    @pytest.mark.parametrize(("act", "percent"), [(_write, 25), (_kill, 0)])
    def test_an_answer_that_is_lost_after_the_write_took_effect(
        self, rig: HttpFlagRig, proxy: Proxy, act: Act, percent: int
    ) -> None:
        proxy.faults = [LOST]
        act(rig.provider())
        assert rig.share() == Fraction(percent, 100)
        assert rig.provider().read().exposure == share(percent)

    def test_a_write_whose_answer_is_lost_is_not_sent_twice(self, rig: HttpFlagRig, proxy: Proxy) -> None:
        proxy.faults = [LOST]
        _write(rig.provider())
        sent = [(asked.verb, asked.path, asked.body) for asked in proxy.writes]
        assert sent
        assert len(set(sent)) == len(sent)

    def test_the_answers_to_a_first_write_are_lost_one_after_the_other(self, rig: HttpFlagRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        expected = len(rig.proxy.writes)
        provider.kill()
        provider.write(share(5), provider.read())
        assert expected > 0
        for lost in range(3):
            provider.write(OFF, provider.read())
            rig.proxy.calm()
            rig.proxy.faults = [*[Fault()] * lost, LOST]
            provider.write(share(25), provider.read())
            assert rig.share() == Fraction(25, 100)
            assert provider.read().exposure == share(25)

    def test_a_flag_that_is_new_is_set_up_once_although_every_answer_is_lost(self, rig: HttpFlagRig) -> None:
        provider = rig.provider()
        rig.proxy.always = LOST
        provider.write(share(5), provider.read())
        assert rig.share() == Fraction(5, 100)
        assert len({asked.path for asked in rig.proxy.writes}) == len(rig.proxy.writes)

    def test_a_kill_while_a_promotion_is_written_stays(self, rig: HttpFlagRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        rig.proxy.faults = [Fault(after=rig.provider().kill)]
        with suppress(FlagConflict):
            provider.write(share(25), seen)
        assert rig.share() == 0

    def test_a_kill_between_the_look_of_a_promotion_and_its_write_stays(self, rig: HttpFlagRig) -> None:
        provider = rig.provider()
        provider.write(share(5), provider.read())
        seen = provider.read()
        rig.proxy.faults = [Fault(first=rig.provider().kill)]
        with suppress(FlagError):
            provider.write(share(25), seen)
        assert rig.share() == 0
        assert provider.read().exposure == OFF

    def test_a_switch_whose_answer_is_lost_is_not_sent_again_after_a_kill(self, rig: HttpFlagRig) -> None:
        provider = rig.provider()
        if provider.capabilities.kill != "enabled":
            return  # it has no switch
        provider.write(share(5), provider.read())
        provider.write(OFF, provider.read())
        rig.proxy.calm()
        provider.write(share(25), provider.read())
        number = len(rig.proxy.writes) - 1
        provider.write(OFF, provider.read())
        rig.proxy.faults = [*[Fault()] * number, Fault(lost=True, after=rig.provider().kill)]
        with pytest.raises(FlagConflict):
            provider.write(share(50), provider.read())
        assert rig.share() == 0
        assert provider.read().exposure == OFF

    @pytest.mark.slow
    @pytest.mark.parametrize(("act", "percent"), [(_write, 25), (_kill, 0)])
    def test_a_server_that_is_silent_after_the_write_took_effect(
        self, rig: HttpFlagRig, proxy: Proxy, act: Act, percent: int
    ) -> None:
        proxy.faults = [SILENT]
        act(rig.impatient())
        assert rig.share() == Fraction(percent, 100)

    @pytest.mark.parametrize("act", [_write, _kill])
    def test_a_rate_limit_is_waited_for_as_the_server_asks(
        self, rig: HttpFlagRig, proxy: Proxy, act: Act
    ) -> None:
        proxy.faults = [answered(429, retry_after="7")]
        act(rig.provider())
        assert 7 in rig.patience.slept
        assert rig.share() != Fraction(5, 100)

    @pytest.mark.parametrize(
        ("act", "status"),
        [(_write, 500), (_kill, 502), (_write, 503), (_kill, 504), *OTHER_FAULTS],
    )
    def test_a_fault_of_the_server_that_passes(
        self, rig: HttpFlagRig, proxy: Proxy, act: Act, status: int
    ) -> None:
        proxy.faults = [answered(status), UNREACHABLE]
        act(rig.provider())
        assert rig.share() != Fraction(5, 100)

    @pytest.mark.parametrize("act", [_write, _kill])
    def test_a_fault_that_stays_is_an_error_and_changes_nothing(
        self, rig: HttpFlagRig, proxy: Proxy, act: Act
    ) -> None:
        proxy.always = answered(500, '{"message": "out of order"}')
        with pytest.raises(FlagError) as caught:
            act(rig.provider())
        assert caught.value.exit_code is ExitCode.WORLD
        assert caught.value.remedy
        assert "out of order" in str(caught.value)
        assert not isinstance(caught.value, FlagConflict)
        assert rig.share() == Fraction(5, 100)

    def test_a_conflict_that_the_server_sees(self, rig: HttpFlagRig, proxy: Proxy) -> None:
        proxy.always = answered(409, '{"message": "somebody else was first"}')
        with pytest.raises(FlagConflict):
            _write(rig.provider())
        assert rig.share() == Fraction(5, 100)

    def test_a_server_that_cannot_be_reached(self, rig: HttpFlagRig, proxy: Proxy) -> None:
        proxy.for_which, proxy.always = lambda asked: True, UNREACHABLE
        for act in (_write, _kill):
            with pytest.raises(FlagError) as caught:
                act(rig.provider())
            assert caught.value.remedy

    def test_what_is_no_answer_of_the_server(self, rig: HttpFlagRig, proxy: Proxy) -> None:
        proxy.for_which = lambda asked: True
        for text in ("<html>Welcome to the proxy</html>", "[]", "null", '{"a": 1}', '"x"', "[" * 5000):
            proxy.always = answered(200, text)
            assert self._is_not_understood(rig.provider())

    def _is_not_understood(self, provider: FlagProvider) -> bool:
        try:
            return provider.read().exposure is None
        except FlagError as error:
            return bool(error.remedy)

    @pytest.mark.slow
    def test_a_broken_answer_is_a_state_or_an_error_and_shows_no_less(self, rig: HttpFlagRig) -> None:
        provider = rig.provider()
        if not hasattr(provider, "server"):
            return  # its file is read by GitHub's client, and its text has tests of its own
        provider.write(Exposure(Fraction(5, 100), rig.segments[:1]), provider.read())
        with _replaying(provider) as replayed:
            whole = provider.read().exposure
            replayed.real = None
            for key, answer in list(replayed.answers.items()):
                for made in broken(answer):
                    replayed.answers[key] = made.answer
                    found = _read_or_refused(provider)
                    with suppress(FlagError):
                        provider.kill()
                    with suppress(FlagError):
                        assert not isinstance(provider, TriesRights) or provider.try_rights()
                    assert found is None or not made.is_other_kind or _is_within(whole, found), made
                replayed.answers[key] = answer

    def test_a_redirect_to_another_server_gets_no_token(self, rig: HttpFlagRig, proxy: Proxy) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(proxy, "for_which", lambda asked: "elsewhere" not in asked.path)
            other = proxy.url.replace("127.0.0.1", "localhost")
            proxy.always = answered(302, location=f"{other}/elsewhere")
            for act in (_write, _kill):
                with pytest.raises(FlagError):
                    act(rig.provider())
        assert not [asked for asked in proxy.asked if "elsewhere" in asked.path]

    def test_no_message_holds_the_token(self, rig: HttpFlagRig, proxy: Proxy) -> None:
        assert rig.secret
        sent = []
        for status in (400, 401, 403, 404, 409, 422, 500):
            proxy.for_which = lambda asked: True
            proxy.always = answered(status, f'{{"message": "no: {rig.secret}"}}')
            for act in (_write, _kill):
                with pytest.raises(FlagError) as caught:
                    act(rig.provider())
                sent.append(f"{caught.value} {caught.value!r} {caught.value.remedy}")
        assert all(rig.secret not in text for text in sent)
        assert rig.secret not in repr(rig.provider())

    def test_a_newer_server_that_says_more(self, rig: HttpFlagRig, proxy: Proxy) -> None:
        rig.newer()
        provider = rig.provider()
        before = provider.read()
        assert before.exposure == share(5)
        provider.write(share(25), before)
        assert provider.read().exposure == share(25)
        assert rig.share() == Fraction(25, 100)
