"""GitHub fails at each call in turn; the pull request ends with one comment all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.github.publish.outcome import Channel, ChannelOutcome, OutcomeKind
from support import reports as r
from support.examples import at_most
from support.githubapi import Call, Fault, Hub, Reply, limited, running
from support.publishing import HEAD, Time, a_run, publish

pytestmark = pytest.mark.slow

CALLS = 12
"""What a publication to all channels asks when nothing fails."""

REPORT = r.blocked(60)  # two batches of annotations

Injected = Callable[[Time, Callable[[], Reply]], Reply]


def _cut_after(_time: Time, serve: Callable[[], Reply]) -> Reply:
    serve()
    return Reply(0, cut=True)


def _lost_answer(_time: Time, serve: Callable[[], Reply]) -> Reply:
    serve()
    return Reply(502, {"message": "Server Error"})


PASSING: dict[str, Injected] = {
    "500": lambda _time, _serve: Reply(500, {"message": "Server Error"}),
    "502": lambda _time, _serve: Reply(502, "<html>Bad Gateway</html>"),
    "502 although it was done": _lost_answer,
    "403 until the reset": lambda time, _serve: limited(time.seconds, 40),
    "403 secondary": lambda _time, _serve: Reply(
        403, {"message": "You have exceeded a secondary rate limit."}, {"retry-after": "7"}
    ),
    "429": lambda _time, _serve: Reply(429, {"message": "Too Many Requests"}, {"retry-after": "3"}),
    "cut before": lambda _time, _serve: Reply(0, cut=True),
    "cut after": _cut_after,
}
"""Faults that pass when one waits."""


def once(at: int, injected: Injected, time: Time) -> Fault:
    """The fault at call number `at`."""

    def fault(index: int, _call: Call, serve: Callable[[], Reply]) -> Reply | None:
        return injected(time, serve) if index == at else None

    return fault


def run_with(at: int, injected: Injected) -> tuple[Hub, dict[Channel, ChannelOutcome], Time]:
    hub, time = Hub(HEAD), Time()
    hub.fault = once(at, injected, time)
    with running(hub) as url:
        outcomes = publish(url, REPORT, time)
    return hub, outcomes, time


weather = st.lists(st.sampled_from([None, None, *PASSING.values()]), max_size=40)


@given(weather)
@settings(max_examples=at_most(60), deadline=None)
def test_whatever_the_weather_the_next_run_leaves_one_comment_with_its_words(
    faults: list[Injected | None],
) -> None:
    """Any number of faults in any order: nothing twice, and what was not done is done by the next run."""
    hub, time = Hub(HEAD), Time()

    def fault(index: int, _call: Call, serve: Callable[[], Reply]) -> Reply | None:
        injected = faults[index] if index < len(faults) else None
        return injected(time, serve) if injected else None

    hub.fault = fault
    publish(hub, REPORT, time)
    assert len(hub.comments) <= 1
    assert len(hub.checks) <= 1
    hub.fault = None
    publish(hub, REPORT, run=a_run(2))
    (comment,) = hub.comments
    assert '"run":[2,1]' in comment["body"]
    assert hub.statuses[HEAD][0]["target_url"] == a_run(2).url


def test_the_number_of_calls_without_a_fault() -> None:
    hub, _, time = run_with(-1, PASSING["500"])
    assert len(hub.calls) == CALLS
    assert sum(time.waits) < 10


SOME = {name: range(n % 3, CALLS, 3) for n, name in enumerate(PASSING)}
"""At which calls each fault is tried: a kind at a third of the calls, a call with two kinds at least."""


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        *SOME.items(),
        *(pytest.param(n, range(CALLS), marks=pytest.mark.soak, id=f"{n}, all") for n in PASSING),
    ],
)
def test_a_fault_that_passes_changes_nothing(name: str, calls: range) -> None:
    for at in calls:
        hub, outcomes, _ = run_with(at, PASSING[name])
        assert [o.kind for o in outcomes.values() if o.kind.is_bad] == [], (at, outcomes)
        assert len(hub.comments) == 1, at
        assert len(hub.checks) == 1, at
        assert len(hub.annotations[hub.checks[0]["id"]]) == 70, at
        assert len(hub.statuses[HEAD]) == 1, at


@pytest.mark.parametrize(
    "calls", [range(0, CALLS, 3), pytest.param(range(CALLS), marks=pytest.mark.soak)], ids=["some", "all"]
)
def test_a_token_that_expires_is_said_and_the_next_run_mends_it(calls: range) -> None:
    for at in calls:
        hub, outcomes, _ = run_with(at, lambda _time, _serve: Reply(401, {"message": "Bad credentials"}))
        bad = [o for o in outcomes.values() if o.kind.is_bad]
        assert bad, at
        assert all(o.kind is OutcomeKind.DENIED and "does not accept the token" in o.message for o in bad)
        hub.fault = None
        with running(hub) as url:
            publish(url, REPORT, run=a_run(2))
        assert len(hub.comments) == 1, at


def test_the_reset_is_waited_for() -> None:
    _, _, time = run_with(2, PASSING["403 until the reset"])
    assert 41.0 in time.waits


def test_the_server_s_own_wait_is_kept() -> None:
    _, _, time = run_with(2, PASSING["429"])
    assert 3.0 in time.waits


def test_a_server_that_is_down_ends_within_the_time_and_says_so() -> None:
    hub, time = Hub(HEAD), Time()
    hub.fault = lambda _n, _call, _serve: Reply(503, {"message": "Unavailable"})
    with running(hub) as url:
        outcomes = publish(url, REPORT, time, max_wait=30.0)
    assert {o.kind for o in outcomes.values()} == {OutcomeKind.FAILED}
    assert "503: Unavailable" in outcomes[Channel.COMMENT].message
    assert sum(time.waits) <= 30


def test_a_reset_beyond_the_time_is_not_waited_for() -> None:
    hub, time = Hub(HEAD), Time()
    hub.fault = lambda _n, _call, _serve: limited(time.seconds, 3000)
    with running(hub) as url:
        outcomes = publish(url, REPORT, time)
    assert time.waits == []
    assert "the next try would be in 3001 s, and 180 s are left" in outcomes[Channel.COMMENT].message


def test_a_connection_that_is_refused_is_a_failure_of_the_network() -> None:
    outcomes = publish("http://127.0.0.1:9", REPORT)
    assert {o.kind for o in outcomes.values()} == {OutcomeKind.FAILED}
    assert "ConnectionError" in outcomes[Channel.COMMENT].message
