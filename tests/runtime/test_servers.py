"""The server that the settings of a provider name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.runtime.servers import server_of
from support.make_provider import around

URL = "https://flags.example.com"


@pytest.mark.parametrize(
    ("settings", "headers"),
    [
        ({"token": "FLAGS_TOKEN"}, {"X-Key": "Own t0ken"}),
        ({"token": "FLAGS_TOKEN", "header": "X-Other", "scheme": "Bearer"}, {"X-Other": "Bearer t0ken"}),
        ({"token": "FLAGS_TOKEN", "header": "X-Other", "scheme": "none"}, {"X-Other": "t0ken"}),
        ({}, {}),
        ({"token": None}, {}),
    ],
)
def test_what_the_plan_says_of_the_token_counts_before_what_the_provider_does(
    settings: dict[str, str], headers: dict[str, str]
) -> None:
    given = around(Path(), None, FLAGS_TOKEN="t0ken")
    made = server_of({"url": URL, **settings}, given, header="X-Key", scheme="Own")
    assert made.headers == headers
