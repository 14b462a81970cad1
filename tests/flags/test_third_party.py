"""Providers of a third party: a package with entry points, and they are in everything that ours are in."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sluicegate.flags.interface import GROUP as FLAGS
from sluicegate.flags.interface import FlagProvider
from sluicegate.metrics.interface import GROUP as METRICS
from sluicegate.metrics.interface import Bin, Query, Window
from sluicegate.policy.plugins import plugins
from sluicegate.rollout.providers import provider_names, tells_arms
from support import fake_server, programs, proxy, third_party
from support.flag_cases import TIMEOUT, HttpFlagCases, HttpFlagRig
from support.make_provider import around, make_flag, make_metrics
from support.policies import SOURCES
from support.programs import Completed
from support.proxy import Proxy
from support.third_party import AcmeServer

TOKEN = "acme-token-of-the-test"
NUMBERS = itertools.count(1)
PLAN = """\
flags: [{acme: {url: URL, flag: new-checkout}}]
metrics-from: {acme-counts: {file: counts.txt}}
metrics: {errors: {bad: errors, total: requests}}
criteria: [errors <= 5%]
stages: [{stage: 5%, bake: 10min}, GA]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return third_party.install(tmp_path_factory.mktemp("acme") / "site")


@pytest.fixture
def _installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(site))
    plugins.cache_clear()
    yield
    plugins.cache_clear()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[AcmeServer, str]]:
    server = AcmeServer(TOKEN)
    with fake_server.serving(server) as url:
        yield server, url


class AcmeRig(HttpFlagRig):
    """A flag at Acme."""

    secret = TOKEN

    def __init__(self, server: AcmeServer, before: Proxy) -> None:
        super().__init__(before)
        self.server, self.flag = server, f"flag-{next(NUMBERS)}"

    def provider(self) -> Any:
        """See `FlagRig`."""
        given = around(Path(), self.patience.clock(), ACME_TOKEN=TOKEN)
        return make_flag("acme", f"url: {self.proxy.url}\nflag: {self.flag}\n", given)

    def impatient(self) -> FlagProvider:
        """See `FlagRig`."""
        made = self.provider()
        changed: FlagProvider = replace(made, server=replace(made.server, timeout=TIMEOUT))
        return changed

    def meddle(self, percent: int) -> None:
        """See `FlagRig`."""
        self.server.change(self.flag, percent=percent, on=True)

    def share(self) -> Fraction:
        """See `FlagRig`."""
        flag = self.server.flag(self.flag)
        return Fraction(str(flag["percent"])) / 100 if flag["on"] else Fraction(0)

    def newer(self) -> None:
        """See `FlagRig`."""
        self.server.more = {"invented": {"deep": [1]}}


@pytest.mark.usefixtures("_installed")
class TestAsEveryProvider(HttpFlagCases):
    """The cases that every provider has, by the package's own code."""

    @pytest.fixture
    def rig(self, served: tuple[AcmeServer, str]) -> Iterator[AcmeRig]:
        with proxy.before(served[0]) as before:
            yield AcmeRig(served[0], before)


@pytest.mark.usefixtures("_installed")
def test_they_are_among_ours() -> None:
    assert "acme" in provider_names(FLAGS)
    assert "acme-counts" in provider_names(METRICS)
    assert tells_arms("acme-counts")


@pytest.mark.usefixtures("_installed")
def test_what_it_counts(tmp_path: Path) -> None:
    (tmp_path / "counts.txt").write_text("61 on requests 20\n61 off requests 80\n62 on errors 3\n")
    given = make_metrics("acme-counts", "file: counts.txt", around(tmp_path))
    query = Query("errors", "errors", "requests", "exposed")
    assert given.counts(query, "on", Window(60, 60, 1)) == (Bin(60, 3, 20),)


def run(root: Path, site: Path | None, *arguments: str) -> Completed:
    path = [SOURCES, *([site] if site else [])]
    environment = {**os.environ, "ACME_TOKEN": TOKEN}
    return programs.run([sys.executable, "-m", "sluicegate", *arguments], root, environment, path=path)


def project(root: Path, url: str, plan: str = PLAN) -> Path:
    (root / "rollouts").mkdir()
    (root / "rollouts" / "new-checkout.yml").write_text(plan.replace("URL", url), encoding="utf-8")
    (root / "counts.txt").write_text("1800000000 on requests 1000\n", encoding="utf-8")
    return root


@pytest.mark.slow
def test_a_plan_with_them_goes_from_the_start_to_five_percent_and_is_killed(
    tmp_path: Path, site: Path, served: tuple[AcmeServer, str]
) -> None:
    server, url = served
    root = project(tmp_path, url)
    valid = run(root, site, "rollout", "validate", "--live")
    assert valid.returncode == 0, valid.stderr + valid.stdout
    assert "new-checkout at Acme exposes" in valid.stdout
    common = ("new-checkout", "--dir", "ledger")
    start = run(root, site, "rollout", "start", *common, "--commit", "a" * 40, "--without-go", "a test")
    assert start.returncode == 0, start.stderr + start.stdout
    assert server.flag("new-checkout") | {"revision": 0} == {"percent": 5, "on": True, "revision": 0}
    shown = run(root, site, "rollout", "status", *common).stdout
    assert "3 s until clients see it" in shown
    ended = run(root, site, "rollout", "rollback", *common, "--reason", "a test")
    assert ended.returncode in (0, 1), ended.stderr + ended.stdout
    assert server.flag("new-checkout")["on"] is False


def test_their_keys_are_checked(tmp_path: Path, site: Path) -> None:
    root = project(tmp_path, "https://acme.example.com", PLAN.replace("flag: new", "flog: new"))
    said = run(root, site, "rollout", "validate").stderr
    assert "unknown key 'flog'" in said
    assert "Perhaps you meant 'flag'" in said


def test_they_are_in_the_schema_with_what_their_keys_mean(tmp_path: Path, site: Path) -> None:
    schema = json.loads(run(tmp_path, site, "schema", "policy").stdout)
    keys = schema["$defs"]["AcmeFlagProvider"]["properties"]
    assert keys["flag"]["description"] == "Name of the flag at Acme."
    assert "AcmeCountsMetricProvider" in schema["$defs"]


def test_where_they_are_not_installed_the_plan_says_which_there_are(tmp_path: Path) -> None:
    root = project(tmp_path, "https://acme.example.com")
    said = run(root, None, "rollout", "validate").stderr
    assert "unknown provider 'acme'" in said
    assert "unleash" in said
