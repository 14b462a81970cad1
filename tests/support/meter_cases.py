"""What every metric provider must do: a new one inherits these cases, with a rig of its own.

`MeterCases` are for all, `HttpMeterCases` for those behind HTTP: faults come from a proxy before the server.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from sluicegate.core.errors import ExitCode
from sluicegate.metrics.interface import Bin, MetricError, MetricProvider, Query, Window
from support.flag_cases import Patience
from support.proxy import LOST, UNREACHABLE, Asked, Fault, Proxy, answered

BINS = 12
WIDTH = 60
ARMS = ("on", "off")
HOSTILE = (
    'on"} or vector(1) #', "on' OR variant = 'off", "on'", "\\' OR TRUE OR variant = \\'", "on\\", "on`",
    "on} by {host", "*", "on OR variant:off", "on OR *", "on,!env:prod",
    "on,env:*", 'on"}[60s])) or sum(count_over_time({app=~".+"', "on' -- ", "$arm",
    "o\nn", "\u201con\u201d",
)  # fmt: skip
"""Label values that would be code, were they not quoted."""

NO_ANSWERS = (
    "", "null", "[]", "{}", "1", '"x"', '{"a": 1}', "[" * 5000, '{"status": "success"}',
    '{"status": "ok"}', '{"data": null}', '{"status": "ok", "series": "invalid"}',
    '{"status": "ok", "series": [1]}', '{"status": "ok", "series": [{"pointlist": [[1, 2]]}]}',
    '{"status": "ok", "series": [{"interval": 60, "pointlist": [[1]]}]}',
    '{"status": "success", "data": {"result": [1]}}',
    '{"status": "success", "data": {"result": [{"metric": {}, "values": [[1]]}]}}',
    '{"status": "success", "data": {"result": [{"metric": {}, "values": [["x", "1"]]}]}}',
    '{"status": "success", "data": {"result": [{"metric": {}, "values": [[1, null]]}]}}',
    '{"data": {"actor": {"account": {"nrql": null}}}}',
    '{"data": {"actor": {"account": {"nrql": {"results": [1]}}}}}',
    '{"data": {"actor": {"account": {"nrql": {"results": [{"count": 1}]}}}}}',
)  # fmt: skip
"""Bodies with the status 200 that are no counts: of proxies, of other servers, and broken ones."""

Counts = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """What happened to the users of the arm `on`, by bin; None is silence.

    The arm `off` has ten times as many requests and no error.
    """

    bad: Counts
    total: Counts

    @property
    def happened(self) -> Iterator[tuple[int, str, str, int]]:
        """Bin, kind, arm and number of what happened."""
        for index, (bad, total) in enumerate(zip(self.bad, self.total, strict=True)):
            if total is not None:
                yield index, "requests", "on", total
                yield index, "requests", "off", total * 10
            if bad is not None:
                yield index, "errors", "on", bad


def _every(value: int | None, count: int = BINS) -> Counts:
    return (value,) * count


USUAL = (1, 0, 2, 3, 0, 0, 5, 8, 0, 1, 0, 4)
SCENES: Mapping[str, Scene] = {
    "usual": Scene(tuple(n or None for n in USUAL), tuple(range(20, 20 + BINS))),
    "clean": Scene(_every(None), _every(20)),
    "nothing": Scene(_every(None), _every(None)),
    "silent": Scene((2, *_every(None, 11)), (20, 20, 20, *_every(None, 9))),
    "gap": Scene((2, *_every(None, 10), 3), (20, 20, *_every(None, 9), 20)),
    "late": Scene((*_every(None, 8), 4, 4, 4, 4), _every(20)),
    "broken": Scene(_every(40), _every(20)),
}


class MeterRig(ABC):
    """A provider with a world whose scene a test chooses.

    Attributes:
        patience: the clock of its providers.
        start: of the window; bins and the server's own steps begin there.
        durations: the threshold of a query whose bad events are those of the scene; None without any.
    """

    start: int = 1_800_000_000
    durations: Query | None = None

    def __init__(self) -> None:
        self.patience = Patience()

    @property
    def window(self) -> Window:
        """The bins of a scene."""
        return Window(self.start, WIDTH, BINS)

    @property
    def now(self) -> int:
        """A moment after the scene."""
        return self.window.end

    @property
    @abstractmethod
    def query(self) -> Query:
        """Errors of requests, of one arm."""

    @property
    @abstractmethod
    def service(self) -> Query:
        """Errors of requests, of the whole service."""

    @abstractmethod
    def show(self, scene: str) -> None:
        """Let the world be that of a scene."""

    @abstractmethod
    def provider(self) -> MetricProvider:
        """A provider, as the factory makes it."""

    def counts(self, scene: str, arm: str | None = "on", window: Window | None = None) -> tuple[Bin, ...]:
        """What a provider counts in a scene; of the whole service for no arm."""
        self.show(scene)
        query = self.service if arm is None else self.query
        return self.provider().counts(query, arm, window or self.window)


class MeterCases:
    """Cases of every provider; a subclass has the fixture `rig`."""

    def test_events_are_counted_in_their_bins(self, rig: MeterRig) -> None:
        bins = rig.counts("usual")
        assert [one.start for one in bins] == list(rig.window.starts)
        assert [one.bad for one in bins] == list(USUAL)
        assert [one.total for one in bins] == list(SCENES["usual"].total)
        assert all(one.known for one in bins)

    def test_the_whole_service_is_all_arms(self, rig: MeterRig) -> None:
        bins = rig.counts("usual", None)
        assert [one.total for one in bins] == [11 * (20 + n) for n in range(BINS)]
        assert [one.bad for one in bins] == list(USUAL)

    def test_absent_bad_events_are_none_where_all_events_are_there(self, rig: MeterRig) -> None:
        assert {(one.bad, one.total, one.known) for one in rig.counts("clean")} == {(0, 20, True)}

    def test_the_first_bad_event_makes_no_gap_before_it(self, rig: MeterRig) -> None:
        bins = rig.counts("late")
        assert [one.bad for one in bins] == [0] * 8 + [4] * 4
        assert all(one.known for one in bins)

    def test_nothing_at_all_is_no_data(self, rig: MeterRig) -> None:
        for arm in ("on", None):
            assert {(one.bad, one.total, one.known) for one in rig.counts("nothing", arm)} == {(0, 0, False)}

    def test_an_arm_that_nothing_has_is_no_data(self, rig: MeterRig) -> None:
        assert not any(one.known for one in rig.counts("usual", "canary"))

    def test_silence_is_no_data_and_not_zero_events(self, rig: MeterRig) -> None:
        bins = rig.counts("silent")
        assert not bins[-1].known
        assert all(one.known for one in bins[:3])
        assert (sum(one.bad for one in bins), sum(one.total for one in bins)) == (2, 60)

    def test_events_after_a_gap_count_once(self, rig: MeterRig) -> None:
        bins = rig.counts("gap")
        assert bins[-1].known
        assert not all(one.known for one in bins)
        assert (sum(one.bad for one in bins), sum(one.total for one in bins)) == (5, 60)

    def test_every_look_sees_the_same_bins(self, rig: MeterRig) -> None:
        whole = rig.counts("usual")
        for count in (0, 1, 2, 7, BINS - 1):
            assert rig.counts("usual", window=Window(rig.start, WIDTH, count)) == whole[:count]

    def test_bins_that_begin_at_any_second_count_each_event_once(self, rig: MeterRig) -> None:
        counted = 0
        for late in (1, 17, 59):
            window = Window(rig.start + late, WIDTH, BINS - 1)
            bins = rig.counts("usual", window=window)
            assert [one.start for one in bins] == list(window.starts)
            whole = sum(n for n in SCENES["usual"].total[1 : BINS - 1] if n)
            counted = sum(one.total for one in bins)
            assert whole <= counted <= whole + 20 + 31
            assert rig.counts("usual", window=Window(window.start, WIDTH, 5)) == bins[:5]

    def test_more_bad_events_than_events_are_an_error(self, rig: MeterRig) -> None:
        with pytest.raises(MetricError, match="more bad events") as caught:
            rig.counts("broken")
        assert caught.value.remedy

    def test_durations_over_a_threshold_are_bad(self, rig: MeterRig) -> None:
        if rig.durations is None:
            return  # it has none
        rig.show("usual")
        bins = rig.provider().counts(rig.durations, "on", rig.window)
        assert [one.bad for one in bins] == list(USUAL)
        assert [one.total for one in bins] == list(SCENES["usual"].total)

    def test_an_arm_is_no_code(self, rig: MeterRig) -> None:
        for arm in HOSTILE:
            refused: MetricError | None = None
            bins: tuple[Bin, ...] = ()
            try:
                bins = rig.counts("usual", arm)
            except MetricError as error:
                refused = error
            assert not any(one.known for one in bins), arm
            assert refused is None or (refused.remedy and refused.where == rig.query.name), arm

    def test_an_arm_that_is_missing_is_an_error(self, rig: MeterRig) -> None:
        rig.show("usual")
        if "$arm" not in rig.query.total:
            return  # it tells arms apart by itself
        with pytest.raises(MetricError, match="not of an arm") as caught:
            rig.provider().counts(rig.query, None, rig.window)
        assert caught.value.remedy

    def test_what_nothing_has_is_said_before_the_start(self, rig: MeterRig) -> None:
        rig.show("usual")
        provider = rig.provider()
        assert provider.examine(rig.query, "on", rig.now) == ()
        assert provider.examine(rig.service, None, rig.now) == ()
        assert rig.query.name in " ".join(provider.examine(rig.query, "canary", rig.now))
        rig.show("nothing")
        assert provider.examine(rig.service, None, rig.now)


@dataclass
class HttpMeterRig(MeterRig):
    """A provider behind HTTP.

    Attributes:
        proxy: before its server.
        secrets: what no message may hold, by the header that carries it.
        no_answers: bodies with the status 200 that the server would not send.
    """

    proxy: Proxy
    secrets: Mapping[str, str] = field(default_factory=dict)
    no_answers: tuple[str, ...] = NO_ANSWERS

    def __post_init__(self) -> None:
        MeterRig.__init__(self)

    @abstractmethod
    def poison(self, value: object) -> None:
        """Let the server write a value, of JSON, in place of each count."""

    @abstractmethod
    def says(self, words: str) -> Fault:
        """An answer in which the server says that the query failed, with the status 200 where it has such."""


def _failing(rig: HttpMeterRig) -> MetricError:
    with pytest.raises(MetricError) as caught:
        rig.counts("usual")
    assert caught.value.exit_code is ExitCode.WORLD
    assert caught.value.remedy
    return caught.value


class HttpMeterCases(MeterCases):
    """Cases of the providers behind HTTP; the rig has a proxy."""

    @pytest.fixture
    def proxy(self, rig: HttpMeterRig) -> Proxy:
        """The rig's proxy; its faults are for every request."""
        rig.proxy.for_which = lambda asked: True
        return rig.proxy

    def test_faults_that_pass_are_waited_for(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        whole = rig.counts("usual")
        proxy.faults = [LOST, answered(503), UNREACHABLE, answered(200, "<html>a proxy</html>")]
        assert rig.counts("usual") == whole

    def test_a_rate_limit_is_waited_for_as_the_server_asks(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        proxy.faults = [answered(429, retry_after="7")]
        assert len(rig.counts("usual")) == BINS
        assert 7 in rig.patience.slept

    def test_a_rate_limit_that_lasts_too_long_is_an_error(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        proxy.always = answered(429, retry_after="3000")
        assert "429" in str(_failing(rig))

    @pytest.mark.parametrize("fault", [answered(500), answered(504), LOST, UNREACHABLE])
    def test_faults_that_stay_are_an_error(self, rig: HttpMeterRig, proxy: Proxy, fault: Fault) -> None:
        proxy.always = fault
        _failing(rig)

    def test_a_fault_in_the_middle_is_no_part_of_an_answer(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        rig.counts("usual")
        asked = len(proxy.asked)
        assert asked > 1
        proxy.calm()
        last = [False]

        def of_last(_asked: Asked) -> bool:
            last[0] = len(proxy.asked) >= asked
            return last[0]

        proxy.for_which, proxy.always = of_last, answered(500)
        _failing(rig)

    def test_what_the_server_says_is_shown(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        proxy.always = rig.says("the query is out of order")
        assert "the query is out of order" in str(_failing(rig))

    def test_what_is_no_answer_of_the_server(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        for text in rig.no_answers:
            proxy.always = answered(200, text)
            _failing(rig)

    def test_what_is_no_count_is_an_error(self, rig: HttpMeterRig) -> None:
        for value in (-1, 1.5, True, [3], {"a": 1}, 1e300, "NaN", "Infinity", "x", ""):
            rig.poison(value)
            with pytest.raises(MetricError) as caught:
                rig.counts("clean")
            assert caught.value.remedy

    def test_an_answer_that_is_cut_short_is_no_answer(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        proxy.changed = lambda answer: answer[:-9]
        _failing(rig)

    def test_a_newer_server_that_says_more(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        whole = rig.counts("usual")

        def more(answer: bytes) -> bytes:
            head, _, body = answer.partition(b"\r\n\r\n")
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
            body = body.replace(b"{", b'{"added": [1, {"b": null}], ', 1)
            return b"\r\n".join([*lines, b"content-length: %d" % len(body), b"", b""]) + body

        proxy.changed = more
        assert rig.counts("usual") == whole

    def test_a_redirect_to_another_server_gets_no_token(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        proxy.for_which = lambda asked: "elsewhere" not in asked.path
        other = proxy.url.replace("127.0.0.1", "localhost")
        proxy.always = answered(302, location=f"{other}/elsewhere")
        _failing(rig)
        assert not [asked for asked in proxy.asked if "elsewhere" in asked.path]

    def test_the_tokens_are_sent_in_their_headers_alone(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        rig.counts("usual")
        assert rig.secrets
        assert proxy.asked
        for asked in proxy.asked:
            for header, secret in rig.secrets.items():
                assert secret in asked.headers[header]
                assert secret not in asked.path
                assert secret.encode() not in asked.body

    def test_no_message_holds_a_token(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        for secret in rig.secrets.values():
            said = f'{{"message": "no: {secret}", "error": "{secret}", "errors": ["{secret}"]}}'
            faults = [answered(status, said) for status in (400, 401, 403, 404, 422, 429, 500)]
            for fault in (*faults, answered(400, f"no: {secret}"), rig.says(secret)):
                proxy.always = fault
                error = _failing(rig)
                assert secret not in f"{error} {error!r} {error.remedy} {error.__cause__!r}"
            assert secret not in repr(rig.provider())
            proxy.always = None
            rig.poison(secret)
            assert secret not in str(_failing(rig))

    def test_a_wrong_token_names_its_variable(self, rig: HttpMeterRig, proxy: Proxy) -> None:
        for status in (401, 403):
            proxy.always = answered(status, '{"message": "no"}')
            assert "METRICS_" in _failing(rig).remedy
