"""Rollouts by the command line on metrics of vendors: to 5 %, and back when a metric proves a fault."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluicegate.cli import rollout_sessions
from support import datadog_fake, loki_fake, newrelic_fake
from support.fake_server import Fake, serving
from support.rollout_project import MINUTE, NAME, PLAN, START, Project
from support.scene_store import Store

pytestmark = pytest.mark.slow

BEGIN = START + 17
"""No whole minute, as stages begin at any second."""
PER_MINUTE = 200


@dataclass(frozen=True)
class Vendor:
    """A vendor's fake, what a plan says of it, and its tokens.

    Attributes:
        fake: makes one; it has a `store`.
        settings: of the provider but its address.
        error, request: expressions, without and with the arm.
        rough: what makes an estimate of one.
    """

    fake: Callable[[], Fake]
    settings: str
    error: tuple[str, str]
    request: tuple[str, str]
    tokens: dict[str, str]
    rough: str


_NRQL = "FROM Transaction WHERE appName = 'shop'"
VENDORS = {
    "datadog": Vendor(
        datadog_fake.Datadog, "",
        ("shop.errors", "shop.errors{variant:$arm}"),
        ("shop.requests", "shop.requests{variant:$arm}"),
        {"DD_API_KEY": datadog_fake.API_KEY, "DD_APP_KEY": datadog_fake.APP_KEY},
        "sum:{}.as_count().rollup(sum, $width)",
    ),
    "loki": Vendor(
        loki_fake.Loki, f", tenant: {loki_fake.TENANT}, token: LOKI_TOKEN",
        ('{app="shop",level="error"}', '{app="shop",level="error"} | variant="$arm"'),
        ('{app="shop"}', '{app="shop"} | variant="$arm"'),
        {"LOKI_TOKEN": loki_fake.TOKEN},
        "sum(count_over_time({} [$width]))",
    ),
    "newrelic": Vendor(
        newrelic_fake.NewRelic, f", account: {newrelic_fake.ACCOUNT}",
        (f"{_NRQL} AND error IS TRUE", f"{_NRQL} AND variant = '$arm' AND error IS TRUE"),
        (_NRQL, f"{_NRQL} AND variant = '$arm'"),
        {"NEW_RELIC_API_KEY": newrelic_fake.KEY},
        "SELECT count(*) {} EXTRAPOLATE",
    ),
}  # fmt: skip


def plan_of(name: str, url: str, *, approximate: bool = False) -> str:
    """The plan of `rollout_project` with the metrics of a vendor."""
    own = VENDORS[name]
    flags, _, rest = PLAN.partition("metrics-from:")
    arms = rest[rest.index("arms:") :]
    bad, total = own.error[1], own.request[1]
    if approximate:
        bad, total = own.rough.replace("{}", bad), own.rough.replace("{}", total)
    metrics = {
        "service_errors": {"bad": own.error[0], "total": own.request[0]},
        "error_rate": {"bad": bad, "total": total, "of": "exposed", "approximate": approximate},
    }
    source = f"metrics-from: {{{name}: {{url: '{url}'{own.settings}}}}}\n"
    return f"{flags}{source}metrics: {json.dumps(metrics)}\n{arms}"


@dataclass
class Shop:
    """A project, and the vendor's store of what its users do."""

    project: Project
    store: Store

    def passes(self, minutes: int, bad: float = 0.01) -> None:
        """Minutes in which users come; a part of the requests of exposed ones fails, 1 % of the others'."""
        share = float(self.project.share) or 0.05
        for _ in range(minutes):
            middle = int(self.project.now) + MINUTE // 2
            for arm, part, rate in (("on", share, bad), ("off", 1 - share, 0.01)):
                requests = round(PER_MINUTE * 10 * part)
                self.store.happened.append((middle, "requests", arm, requests))
                if wrong := round(requests * rate):
                    self.store.happened.append((middle, "errors", arm, wrong))
            self.project.now += MINUTE


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


Make = Callable[..., Shop]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendor: str) -> Iterator[Make]:
    for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("USER", "alice")
    monkeypatch.chdir(tmp_path)
    for name, value in VENDORS[vendor].tokens.items():
        monkeypatch.setenv(name, value)
    with contextlib.ExitStack() as stack:

        def made(*, approximate: bool = False) -> Shop:
            fake = VENDORS[vendor].fake()
            url = stack.enter_context(serving(fake))
            project = Project(tmp_path, now=BEGIN)
            plan = plan_of(vendor, url, approximate=approximate)
            (tmp_path / "rollouts" / f"{NAME}.yml").write_text(plan, encoding="utf-8")
            monkeypatch.setattr(rollout_sessions, "clock", project.clock)
            store = vars(fake)["store"]
            assert isinstance(store, Store)
            return Shop(project, store)

        yield made


def at_five(shop: Shop) -> Project:
    """A rollout that has just come to 5 %."""
    project = shop.project
    project.start()
    shop.passes(15)
    project.tick()
    shop.passes(15)
    project.run("promote", NAME, "--to", "5%")
    assert float(project.share) == 0.05
    return project


def test_a_good_version_goes_on_and_a_bad_one_is_rolled_back(make: Make) -> None:
    shop = make()
    project = at_five(shop)
    shop.passes(20)
    assert float(project.share) == 0.05
    project.tick()
    assert float(project.share) == 0.5
    shop.passes(10, bad=0.3)
    said = project.tick(code=1)
    assert "_errors <= 5% is broken at 50%" in said or "error_rate <= 5% is broken at 50%" in said
    assert project.share == 0


def test_a_silent_vendor_promotes_nothing_and_its_return_does(make: Make) -> None:
    shop = make()
    project = at_five(shop)
    project.now += 30 * MINUTE
    assert "there are no data" in project.tick()
    assert float(project.share) == 0.05
    shop.passes(20)
    project.tick()
    assert float(project.share) == 0.5


def test_a_plan_is_tried_before_the_start(make: Make, vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make()
    shop.passes(30)
    assert "valid" in shop.project.run("validate", "--live")
    shop.store.happened.clear()
    assert "of the last hour" in shop.project.run("validate", "--live", code=2)
    for name, value in VENDORS[vendor].tokens.items():
        monkeypatch.setenv(name, "wrong-token")
        said = shop.project.run("validate", "--live", code=3)
        assert f"The variable {name} must hold" in said or f"{name}" in said.partition("The variables ")[2]
        assert "wrong-token" not in said
        monkeypatch.setenv(name, value)


def test_estimates_are_named_in_the_report(make: Make) -> None:
    shop = make(approximate=True)
    project = at_five(shop)
    shop.passes(5)
    project.tick()
    said = project.run("status", NAME)
    assert "the counts are estimates; interval" in said
    assert said.count("the counts are estimates") == 2  # of its guard and its comparison
    assert "compares estimates" in project.run("validate")
