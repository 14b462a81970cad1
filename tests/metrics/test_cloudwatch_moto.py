"""moto's CloudWatch and AppConfig, as far as they go: sums of what was put, and versions of a profile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from sluicegate.flags.appconfig.service import Service
from sluicegate.metrics.cloudwatch.provider import CloudWatch
from sluicegate.metrics.interface import Query, Window
from sluicegate.net.aws import Aws
from support import moto
from support.appconfig_rig import VARIABLES
from support.make_provider import around, make_metrics

pytestmark = pytest.mark.real

NOW = int(time.time()) // 60 * 60
WINDOW = Window(NOW - 1200, 60, 20)
QUERY = Query("errors", 'Shop Errors{arm="$arm"}', 'Shop Requests{arm="$arm"}', "exposed")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with moto.moto() as url:
        yield url


@pytest.fixture(autouse=True)
def _environment(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**VARIABLES, "AWS_ENDPOINT_URL": server}.items():
        monkeypatch.setenv(name, value)


def provider() -> CloudWatch:
    return cast("CloudWatch", make_metrics("cloudwatch", "region: eu-central-1\n", around(Path())))


def test_sums_are_what_was_put() -> None:
    own = provider()
    for minute in range(20):
        at = datetime.fromtimestamp(WINDOW.start + 60 * minute, tz=UTC)
        data = [("Requests", "on", 7.0), ("Requests", "on", 13.0), ("Requests", "off", 90.0)]
        data += [("Errors", "on", 1.0)] if minute >= 10 else []
        metrics = [
            {
                "MetricName": name,
                "Dimensions": [{"Name": "arm", "Value": arm}],
                "Timestamp": at,
                "Value": value,
            }
            for name, arm, value in data
        ]
        own.server.api.put_metric_data(Namespace="Shop", MetricData=metrics)
    bins = own.counts(QUERY, "on", WINDOW)
    assert [(b.bad, b.total, b.known) for b in bins] == [(0, 20, True)] * 10 + [(1, 20, True)] * 10
    assert [(b.bad, b.total) for b in own.counts(QUERY, "off", WINDOW)] == [(0, 90)] * 20
    assert not any(b.known for b in own.counts(QUERY, "other", WINDOW))
    assert own.examine(QUERY, "on", NOW) == ()
    assert 'Shop Requests{arm="off"}' in own.examine(QUERY, "other", NOW)[0]


def test_versions_of_a_profile_are_made_and_read() -> None:
    aws = Aws("appconfig", "eu-central-1")
    application = aws.api.create_application(Name="shop")["Id"]
    profile = aws.api.create_configuration_profile(
        ApplicationId=application, Name="flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
    )["Id"]
    service = Service(aws.client(), application, "none000", profile)
    content = b'{"version": "1", "flags": {}, "values": {}}\n'
    number = service.create(content, "new-checkout 5 %", None, known=0)
    assert service.content(str(number)) == content
