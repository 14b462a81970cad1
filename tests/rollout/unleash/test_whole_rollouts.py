"""Whole rollouts by true processes: Unleash, Prometheus, and a shop whose users it draws, by the true clock.

What users saw is counted by what the shop answered them.
"""

from __future__ import annotations

import itertools
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from sluicegate.rollout.entries import Entry
from sluicegate.rollout.readings import Reading, ReadingClass
from sluicegate.rollout.state import Phase
from support import evaluators
from support.figures import figures
from support.prometheus import Series, prometheus
from support.rollout_project import COMMIT
from support.shop import Shop, shop
from support.unleash import Flag, Server
from support.unleash_log import shown
from support.unleash_project import STAFF, Clone, flag_lines

NAME = "new-checkout"
METRICS = """\
metrics:
  error_rate: {bad: 'requests_total{code="500",variant="$arm"}', total: 'requests_total{variant="$arm"}', of: exposed}
  service_errors: {bad: 'requests_total{code="500"}', total: requests_total}
arms: {label: variant, exposed: "on", control: "off"}
criteria: [service_errors <= 5%, error_rate <= 5%, error_rate <= control + 2pp]
bin: 5s
lag: 3s
tick-every: 5s
"""  # noqa: E501
BIN = 5
UP = """\
stages:
  - {stage: dark, bake: 8s, min-samples: 200}
  - {stage: staff, bake: 8s, promotion: auto}
  - {stage: 5%, bake: 10s, min-samples: 300}
  - {stage: 25%, bake: 10s, min-samples: 300}
  - {stage: 50%, bake: 10s, min-samples: 300}
  - {stage: GA, bake: 10s}
"""
CANARY = "stages: [{stage: dark, bake: 8s, min-samples: 200}, {stage: 5%, bake: 1d}, GA]\n"
FEW = 40
"""Failures that prove that half of the visits of exposed users fail, after an hour, in one bin or many."""
SETTLED = 3.0
"""Seconds after a change from which every client has seen it: the shop asks every second."""

pytestmark = pytest.mark.real_large


@dataclass
class World:
    """A shop with its flag, its Prometheus, and the clone that rolls out.

    Attributes:
        seen: by what the flag's page said, what users got who came while it said so: each came once.
    """

    shop: Shop
    flag: Flag
    clone: Clone
    seen: dict[tuple[Fraction, bool], Counter[str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def page(self) -> tuple[Fraction, bool]:
        """The share of all users, and whether the staff sees the flag as well, by the server's page."""
        page = self.flag.page()
        active = [s for s in page["strategies"] if page["enabled"] and not s["disabled"]]
        shares = [Fraction(int(s["parameters"]["rollout"]), 100) for s in active if not s["segments"]]
        return max(shares, default=Fraction(0)), any(s["segments"] for s in active)

    def users_come_while(self, process: subprocess.Popen[str]) -> int:
        """New users come until the process ends; its exit code."""
        before, changed = self.page(), time.monotonic()
        while process.poll() is None:
            got = self.shop.visits(f"user-{next(self.numbers)}" for _ in range(400))
            staff = self.shop.visits(STAFF)
            now = self.page()
            if now != before:
                before, changed = now, time.monotonic()
            elif time.monotonic() - changed > SETTLED + 1:
                self.seen.setdefault(now, Counter()).update(got)
                assert staff["on"] == len(STAFF) or not now[1]
        return process.returncode

    def broken(self) -> Entry:
        """The event of the journal that has the proof."""
        return next(e for e in self.clone.recorded(NAME).entries if _breaches(e))


def _breaches(entry: Entry) -> list[Reading]:
    return [reading for reading in entry.readings if reading.status is ReadingClass.BREACH]


@contextmanager
def world(root: Path, server: Server, stages: str, history: list[Series] | None = None) -> Iterator[World]:
    flag = server.flag(f"{NAME}-{time.time_ns()}")
    with shop(flag=flag.name, url=server.url, token=server.client) as own:
        own.wait_until_ready()
        with prometheus(history or [], [own.address]) as url:
            clone = Clone.made(root, server.admin)
            head = flag_lines(server.url, flag, refresh=1)
            clone.plan(NAME, f"{head}metrics-from: {{prometheus: {{url: '{url}'}}}}\n{METRICS}{stages}")
            yield World(own, flag, clone)


def watch(of: World, lasts: str = "8min") -> int:
    """Watch it to its end, while users come."""
    words = ("watch", NAME, "--for", lasts, "--every", "2s", "--deployed", COMMIT)
    with of.clone.running(*words) as process:
        return of.users_come_while(process)


def test_a_good_version_goes_from_dark_to_everybody(tmp_path: Path, server: Server) -> None:
    with world(tmp_path, server, UP) as own:
        started = own.clone.start(NAME)
        assert started.returncode == 0, started.stderr
        assert watch(own) == 0, own.clone.said
        assert own.clone.recorded(NAME).state.phase is Phase.COMPLETED, own.clone.said
        for (share, staff), got in own.seen.items():
            total = got.total()
            part = f"{got['on']:,} of {total:,} users, {got['on'] / total:.2%}"
            figures(f"at {float(share):.0%}{', staff' * staff}: {part}")
            assert evaluators.within(got["on"], float(share), total), (share, got)
        assert [share for share, _ in own.seen] == [0, 0, *(Fraction(p, 100) for p in (5, 25, 50, 100))]
        exposed = [s.exposed[0] for s in shown(own.flag)]
        assert exposed == sorted(exposed)


def test_a_version_that_fails_in_8_percent_is_rolled_back_at_the_canary(
    tmp_path: Path, server: Server
) -> None:
    with world(tmp_path, server, CANARY) as own:
        own.shop.fails(on=0.08)
        assert own.clone.start(NAME).returncode == 0
        assert watch(own) == 1, own.clone.said
        state = own.clone.recorded(NAME).state
        assert (state.phase, state.plan.stages[state.stage].name) == (Phase.ROLLED_BACK, "5%")
        assert own.page()[0] == 0
        assert {s.exposed[0] for s in shown(own.flag)} == {0, Fraction(5, 100)}
        proof = own.broken()
        for r in _breaches(proof):
            figures(f"{r.expect}: {r.bad} of {r.total} in {(r.until - state.epoch) // BIN} bins")


def healthy(begin: int, end: int) -> list[Series]:
    """The counters of a good version at 5 %, which stop at the end."""
    made: list[Series] = []
    for variant, good, bad in (("on", 99, 1), ("off", 1881, 19)):
        for code, step in (("200", good), ("500", bad)):
            labels = {"instance": "of before", "variant": variant, "code": code}
            times = range(begin, end, BIN)
            made.append(("requests_total", labels, [(t, float(step * n)) for n, t in enumerate(times, 1)]))
    return made


def test_a_fault_after_an_hour_of_healthy_bins_is_found_as_fast(tmp_path: Path, server: Server) -> None:
    now = int(time.time())
    begin = now - 4000
    with world(tmp_path, server, CANARY, healthy(begin - 100, now)) as own:
        assert own.clone.start(NAME, now=begin).returncode == 0
        tick = ("tick", NAME, "--deployed", COMMIT)
        assert own.clone.run(*tick, now=begin + 30).returncode == 0
        assert own.page()[0] == Fraction(5, 100)
        with own.clone.running("watch", NAME, "--for", "15s", "--every", "2s") as process:
            assert own.users_come_while(process) == 0, own.clone.said
        epoch = own.clone.recorded(NAME).state.epoch
        known = (now - epoch) // BIN + own.shop.failed  # before the fault
        own.shop.fails(on=0.5)
        fault = time.time()
        assert watch(own) == 1, own.clone.said
        assert own.page()[0] == 0
        proof = min(_breaches(own.broken()), key=lambda reading: reading.until)
        later, failed = proof.until - fault, proof.bad - known
        figures(f"{(fault - epoch) // BIN:.0f} healthy bins; {failed} failures in {later:.0f} s prove it")
        assert later <= 2 * BIN or failed <= FEW, own.clone.said
