"""The cases of `meter_cases` for providers that are not of a vendor: Prometheus, JSON over HTTP, a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluicegate.metrics.interface import MetricProvider, Query
from support import prometheus, proxy
from support.fake_server import Fake, Request, Response
from support.make_provider import around, make_metrics
from support.meter_cases import SCENES, WIDTH, HttpMeterCases, HttpMeterRig, MeterCases, MeterRig
from support.prometheus import Series
from support.proxy import Fault, Proxy, answered
from support.scene_store import Store

TOKEN = "token-of-the-metric-server"


# --- a file ------------------------------------------------------------------------------------


class FileRig(MeterRig):
    """A file with a line for each thing that happened."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    @property
    def query(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", "errors", "requests", "exposed")

    @property
    def service(self) -> Query:
        """See `MeterRig`."""
        return Query("errors", "errors", "requests")

    def show(self, scene: str) -> None:
        """See `MeterRig`."""
        store = Store()
        store.show(scene)
        lines = [{"time": t, "arm": arm, "counts": {kind: n}} for t, kind, arm, n in store.happened]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (self.folder / "counts.jsonl").write_text(text, encoding="utf-8")

    def provider(self) -> MetricProvider:
        """See `MeterRig`."""
        return make_metrics("file", "file: counts.jsonl\n", around(self.folder))


class TestFile(MeterCases):
    """A local file."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> FileRig:
        """The rig."""
        return FileRig(tmp_path)


# --- JSON over HTTP ----------------------------------------------------------------------------


class Counts(Fake):
    """An API of counts by bin; null for what it has none of."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(401, {"message": "who is it?"})
        asked = {name: values[0] for name, values in request.query.items()}
        first, last, width = (int(asked[name]) for name in ("from", "to", "every"))
        counts = [
            self.store.count(asked["what"], asked.get("arm"), start, start + width)
            for start in range(first, last, width)
        ]
        points = [{"n": None if count is None else self.store.written(count)} for count in counts]
        return Response(200, {"points": points})


class JsonRig(HttpMeterRig):
    """The API behind a proxy."""

    def __init__(self, before: Proxy, fake: Counts) -> None:
        super().__init__(
            before, {"authorization": TOKEN}, ("", "<html>", "[" * 5000, '{"points": [{"n": 1}]}')
        )
        self.fake = fake

    @property
    def query(self) -> Query:
        """See `MeterRig`."""
        return self._query("&arm=$arm", "exposed")

    @property
    def service(self) -> Query:
        """See `MeterRig`."""
        return self._query("", "service")

    def _query(self, more: str, of: str) -> Query:
        bad, total = (
            f"/counts?what={kind}&from=$first&to=$last&every=$width{more} $.points[*].n"
            for kind in ("errors", "requests")
        )
        return Query("errors", bad, total, "exposed" if of == "exposed" else "service")

    def show(self, scene: str) -> None:
        """See `MeterRig`."""
        self.fake.store.show(scene)

    def provider(self) -> MetricProvider:
        """See `MeterRig`."""
        given = around(Path(), self.patience.clock(), METRICS_TOKEN=TOKEN)
        return make_metrics("json", f"url: {self.proxy.url}\ntoken: METRICS_TOKEN\n", given)

    def poison(self, value: object) -> None:
        """See `HttpMeterRig`."""
        self.fake.store.instead = (value,)

    def says(self, words: str) -> Fault:
        """See `HttpMeterRig`."""
        return answered(400, json.dumps({"message": words}))


class TestJson(HttpMeterCases):
    """An API that answers JSON."""

    @pytest.fixture
    def rig(self) -> Iterator[JsonRig]:
        """The rig."""
        fake = Counts()
        with proxy.before(fake) as before:
            yield JsonRig(before, fake)


# --- Prometheus --------------------------------------------------------------------------------


def _history() -> Iterator[Series]:
    """Counters of all scenes, scraped at the end of each bin, and durations of which the bad are over 2 s."""
    for scene, about in SCENES.items():
        known = [at for at, total in enumerate(about.total) if total is not None]
        for name, arm, counts in (
            ("requests_total", "on", about.total),
            ("requests_total", "off", tuple(n and n * 10 for n in about.total)),
            ("errors_total", "on", about.bad),
        ):
            samples, value, is_there = [], 0, name == "requests_total"
            for at in known:
                value, is_there = value + (counts[at] or 0), is_there or counts[at] is not None
                if at == known[0] and name == "requests_total":
                    samples.append((MeterRig.start, 0.0))
                if is_there:
                    samples.append((MeterRig.start + (at + 1) * WIDTH, float(value)))
            if samples:
                yield name, {"scene": scene, "arm": arm}, samples


class PrometheusRig(MeterRig):
    """A server with the history of all scenes."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.scene = url, "usual"

    @property
    def query(self) -> Query:
        """See `MeterRig`."""
        bad, total = (f'{name}_total{{scene="{self.scene}",arm="$arm"}}' for name in ("errors", "requests"))
        return Query("errors", bad, total, "exposed")

    @property
    def service(self) -> Query:
        """See `MeterRig`."""
        bad, total = (f'{name}_total{{scene="{self.scene}"}}' for name in ("errors", "requests"))
        return Query("errors", bad, total)

    def show(self, scene: str) -> None:
        """See `MeterRig`."""
        self.scene = scene

    def provider(self) -> MetricProvider:
        """See `MeterRig`."""
        return make_metrics("prometheus", f"url: {self.url}\n", around(Path(), self.patience.clock()))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with prometheus.prometheus(list(_history())) as url:
        yield url


class TestPrometheus(MeterCases):
    """A server that runs."""

    @pytest.fixture
    def rig(self, server: str) -> PrometheusRig:
        """The rig."""
        return PrometheusRig(server)
