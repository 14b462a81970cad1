"""Two processes with two clones drive one rollout, before a true Unleash server whose answers get lost.

What is checked is the server's own event log.
"""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import pytest

from sluicegate.rollout.state import Phase
from support import proxy
from support.proxy import LOST, Asked, Fault, Proxy, answered, silent
from support.pullrequest import git
from support.rollout_project import COMMIT, START
from support.unleash import Flag, Server
from support.unleash_log import NOBODY, Exposed, shown
from support.unleash_project import Clone, flag_lines

PLAN = """\
metrics-from: {file: {file: counts.jsonl}}
metrics:
  error_rate: {bad: errors, total: requests, of: exposed}
  service_errors: {bad: errors, total: requests}
arms: {label: variant, exposed: "on", control: "off"}
criteria: [service_errors <= 5%, error_rate <= 5%]
stages:
  - {stage: dark, bake: 10min, min-samples: 100}
  - {stage: 5%, bake: 10min}
  - {stage: 50%, bake: 10min}
  - GA
tick-every: 5min
"""
LADDER = [(Fraction(percent, 100), frozenset[int]()) for percent in (0, 5, 50, 100)]
FAILED_AFTER = replace(answered(500), reaches=True)
"""The server has done it, and something on the way says that it failed."""

pytestmark = pytest.mark.real_large


@dataclass
class Pair:
    """Two clones, and the proxy between them and the server."""

    clones: tuple[Clone, Clone]
    flag: Flag
    before: Proxy
    now: float = START
    bad: float = 0.01

    def patience(self, seconds: int) -> None:
        """How long both wait for an answer."""
        for clone in self.clones:
            clone.more["SLUICEGATE_TEST_TIMEOUT"] = str(seconds)

    @property
    def tick(self) -> tuple[str, ...]:
        """The words of a tick."""
        return ("tick", self.flag.name, "--deployed", COMMIT)

    @property
    def exposed(self) -> list[Exposed]:
        """What was exposed, from the first event to now."""
        return [NOBODY, *(s.exposed for s in shown(self.flag))]

    @property
    def steps(self) -> list[Exposed]:
        """The same, each as long as it lasted once."""
        return [key for key, _ in itertools.groupby(self.exposed)]

    def passes(self, minutes: int) -> None:
        """Time passes, in which users come."""
        lines = ""
        for _ in range(minutes):
            self.now += 60
            for arm, total, bad in (("on", 100, self.bad), ("off", 1900, 0.01)):
                counts = {"requests": total, "errors": round(total * bad)}
                lines += json.dumps({"time": int(self.now) - 1, "arm": arm, "counts": counts}) + "\n"
        for clone in self.clones:
            with (clone.at.work / "counts.jsonl").open("a", encoding="utf-8") as file:
                file.write(lines)

    def both_tick(self) -> set[int]:
        """Both tick at once; their exit codes."""
        with ExitStack() as stack:
            running = [stack.enter_context(c.running(*self.tick, now=self.now)) for c in self.clones]
            codes = {process.wait(240) for process in running}
        assert not any("Traceback" in c.said for c in self.clones), [c.said for c in self.clones]
        return codes

    def one_ticks(self) -> None:
        """One ticks when nothing fails and no lease is in its way."""
        self.before.calm()
        self.passes(6)
        self.clones[0].run(*self.tick, now=self.now)

    def to_canary(self) -> None:
        """Start it, and come to 5 %."""
        assert self.clones[0].start(self.flag.name, now=self.now).returncode == 0
        self.passes(13)
        self.clones[0].run(*self.tick, now=self.now)
        assert self.exposed[-1] == LADDER[1]


@pytest.fixture
def pair(tmp_path: Path, server: Server) -> Iterator[Pair]:
    flag = server.flag(f"pair-{time.time_ns()}")
    with proxy.before(server.url) as before:
        first = Clone.made(tmp_path / "one", server.admin)
        first.plan(flag.name, flag_lines(before.url, flag) + PLAN)
        second = first.another(tmp_path / "two")
        made = Pair((first, second), flag, before)
        made.patience(200)
        yield made


@pytest.mark.parametrize(
    "fault",
    [Fault(), LOST, FAILED_AFTER, silent(8), answered(409), answered(429, retry_after="1"), answered(500)],
    ids=["none", "lost", "500 after it", "time-out", "409", "429", "500"],
)
def test_two_at_once_take_every_stage_once_and_end_off_on_a_breach(pair: Pair, fault: Fault) -> None:
    pair.to_canary()
    pair.patience(4)
    pair.passes(18)
    pair.before.faults = [fault]
    assert pair.both_tick() <= {0, 3}
    assert pair.exposed[-1] in LADDER[1:3]
    pair.one_ticks()
    assert pair.exposed[-1] == LADDER[2]
    pair.bad = 0.5
    pair.passes(10)
    pair.before.faults = [fault]
    assert pair.both_tick() <= {1, 3}
    pair.one_ticks()
    assert pair.steps == [*LADDER[:3], NOBODY]
    assert pair.clones[0].recorded(pair.flag.name).state.phase is Phase.ROLLED_BACK


@dataclass
class Meanwhile:
    """A rollback from the other clone, while a write is on its way; `codes` are its exit codes."""

    pair: Pair
    codes: list[int] = field(default_factory=list)

    def __call__(self) -> None:
        self.pair.before.calm()
        words = ("rollback", self.pair.flag.name, "--reason", "it hurts")
        with self.pair.clones[1].running(*words, now=self.pair.now + 1) as process:
            self.codes.append(process.wait(240))


@pytest.mark.parametrize("write", ["on", "strategies"])
def test_a_late_promotion_that_meets_a_rollback_is_off_in_the_end(pair: Pair, write: str) -> None:
    """The write is held on its way until a rollback is done: the percentage raises nothing then; the switch
    does, and is taken back by who wrote it.
    """
    name = pair.flag.name
    if write == "strategies":
        pair.to_canary()
        pair.passes(18)
    else:
        assert pair.clones[0].start(name, now=pair.now).returncode == 0
        pair.passes(13)
    rollback = Meanwhile(pair)

    def is_late(asked: Asked) -> bool:
        return asked.is_write and f"/{write}" in asked.path

    pair.before.for_which, pair.before.faults = is_late, [Fault(first=rollback)]
    with pair.clones[0].running(*pair.tick, now=pair.now) as process:
        code = process.wait(240)
    assert rollback.codes == [0], pair.clones[1].said
    assert code == 1, pair.clones[0].said
    assert pair.steps == [NOBODY, LADDER[1], NOBODY]
    assert pair.clones[0].recorded(name).state.phase is Phase.ROLLED_BACK


def test_a_ledger_that_hangs_does_not_keep_the_flag_on(pair: Pair) -> None:
    pair.to_canary()
    clone, name = pair.clones[1], pair.flag.name
    with socket.create_server(("127.0.0.1", 0)) as silent_server:  # accepts, and never answers
        git(
            clone.at.work,
            "remote",
            "set-url",
            "origin",
            f"http://127.0.0.1:{silent_server.getsockname()[1]}/x",
        )
        with clone.running("rollback", name, now=pair.now) as process:
            while pair.exposed[-1] != NOBODY:
                assert process.poll() is None, clone.said
            assert process.poll() is None, "the flag was switched off only when the ledger had failed"
    assert pair.clones[0].recorded(name).state.phase is Phase.RUNNING
    assert pair.clones[0].run("rollback", name, now=pair.now).returncode == 0
    assert pair.clones[0].recorded(name).state.phase is Phase.ROLLED_BACK
