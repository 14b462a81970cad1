"""The header and the word that carry a token: of a plan, which may be a stranger's."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from sluicegate.core.errors import PolicyError, UsageError
from sluicegate.metrics.json_api import JsonApi
from sluicegate.metrics.loki import Loki
from sluicegate.metrics.prometheus import Prometheus
from support.make_provider import around, make_metrics

PROVIDERS = ("prometheus", "loki", "json")


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key", "x_y.z", "PRIVATE-TOKEN", "Cookie"])
def test_a_name_of_a_header(name: str, header: str) -> None:
    given = around(Path(), None, METRICS_TOKEN="t0ken")
    text = f"url: https://metrics.example.com\ntoken: METRICS_TOKEN\nheader: {header}\nscheme: none\n"
    made = cast("Prometheus | Loki | JsonApi", make_metrics(name, text, given))
    assert made.server.headers == {header: "t0ken"}


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    ("header", "why"),
    [
        ('"X-A: b"', "no name of a header"), ('"X A"', "no name of a header"), ('"X\\r\\nHost"', "no name"),
        ('"X\\n"', "no name of a header"), ('"X\\0"', "no name of a header"), ('""', "empty"),
        ('"H\u00f6st"', "no name of a header"), (f'"{"x" * 101}"', "characters"),
        ("Host", "how a request is sent"), ("content-LENGTH", "how a request is sent"),
        ("Transfer-Encoding", "how a request is sent"), ("Connection", "how a request is sent"),
        ("User-Agent", "how a request is sent"),
    ],
)  # fmt: skip
def test_what_cannot_carry_a_token_is_refused(name: str, header: str, why: str) -> None:
    given = around(Path(), None, METRICS_TOKEN="t0ken")
    with pytest.raises(PolicyError, match=why) as caught:
        make_metrics(name, f"url: https://metrics.example.com\nheader: {header}\n", given)
    assert "header" in str(caught.value)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("scheme", ['"a b"', '"a\\r\\nHost: x"', '"\u00e4"', '" "'])
def test_a_word_before_a_token_is_one_word(name: str, scheme: str) -> None:
    with pytest.raises(PolicyError) as caught:
        make_metrics(name, f"url: https://metrics.example.com\nscheme: {scheme}\n", around(Path(), None))
    assert caught.value.remedy


@pytest.mark.parametrize("header", ["X-Scope-OrgID", "x-scope-orgid"])
def test_the_header_of_loki_s_tenant_carries_no_token(header: str) -> None:
    given = around(Path(), None, METRICS_TOKEN="t0ken")
    text = f"url: https://loki.example.com\ntoken: METRICS_TOKEN\nheader: {header}\nscheme: none\n"
    with pytest.raises(UsageError, match="carries the tenant, and cannot carry the token") as caught:
        make_metrics("loki", f"{text}tenant: me\n", given)
    assert "Authorization" in caught.value.remedy
    assert cast("Loki", make_metrics("loki", text, given)).server.headers == {header: "t0ken"}
