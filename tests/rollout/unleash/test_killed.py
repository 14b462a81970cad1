"""Processes that are killed by SIGKILL between any two of their calls, with a true Unleash server.

What is checked is the server's own event log and what its clients see; the journal is not asked. In each
life of a rollout every command is killed at one point; the next life kills it at the next, until every point
of every command has killed it once.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from support import evaluators, needs
from support.figures import figures
from support.rollout_project import COMMIT, START
from support.unleash import Flag, Server
from support.unleash_log import NOBODY, Exposed, Shown, shown
from support.unleash_project import STAFF, Clone, flag_lines

LINES = """\
metrics-from: {file: {file: counts.jsonl}}
metrics:
  error_rate: {bad: errors, total: requests, of: exposed}
arms: {label: variant, exposed: "on", control: "off"}
criteria: [error_rate <= 5%]
stages:
  - {stage: staff, bake: 10min, promotion: auto}
  - {stage: 5%, bake: 10min}
  - {stage: 50%, bake: 10min}
  - GA
tick-every: 5min
"""
LEASE = 400
"""Seconds after which nobody waits for a process that was killed."""
USERS = [f"user-{number}" for number in range(10_000)]
CACHED = 5
"""Seconds within which the server serves to clients what it was told."""
EVERYONE: Exposed = (Fraction(1), frozenset())
STARTS, CANARY, HALF, EVERYBODY = "starts", "to 5%", "to 50%", "to everybody"
ENDS, BREAKS, GOES_BACK = "ends", "breaks", "goes back"
OF_END = {
    ENDS: (STARTS, CANARY, HALF, EVERYBODY, ENDS), BREAKS: (STARTS, BREAKS), GOES_BACK: (STARTS, GOES_BACK),
}  # fmt: skip
"""The commands of a life, by how it ends."""

pytestmark = [needs.posix, pytest.mark.real_large]


@dataclass
class Coverage:
    """At which points commands were killed, and what clients saw.

    Attributes:
        points: of each command, when one has lived.
        killed: how many processes.
        looked: states of the flag that clients were asked about.
    """

    points: dict[str, int] = field(default_factory=dict)
    next: dict[str, int] = field(default_factory=dict)
    killed: int = 0
    looked: dict[object, int] = field(default_factory=dict)

    def point(self, command: str) -> int:
        """The next one at which to kill this command; -1 when all are done."""
        number = self.next.setdefault(command, 0)
        if number >= self.points.get(command, 10_000):
            return -1
        self.next[command] += 1
        return number

    def is_done(self, command: str) -> bool:
        """Was it killed at every point?"""
        return self.next.get(command, 0) >= self.points.get(command, 10_000)


@dataclass
class Life:
    """One rollout.

    Attributes:
        staff: the exposure of the segment's stage.
        bad: the part of requests that fails for exposed users.
    """

    clone: Clone
    flag: Flag
    coverage: Coverage
    staff: Exposed
    now: float = START
    bad: float = 0.01

    def __post_init__(self) -> None:
        self.clone.plan(self.flag.name, flag_lines(self.flag.server.url, self.flag) + LINES)
        (self.clone.at.work / "counts.jsonl").write_text("", encoding="utf-8")

    @property
    def log(self) -> list[Shown]:
        """What was exposed."""
        return shown(self.flag)

    @property
    def exposed(self) -> Exposed:
        """What is exposed now."""
        log = self.log
        return log[-1].exposed if log else NOBODY

    def passes(self, minutes: int) -> None:
        """Time passes, in which users come: 100 exposed ones a minute, and 1,900 others."""
        with (self.clone.at.work / "counts.jsonl").open("a", encoding="utf-8") as file:
            for _ in range(minutes):
                self.now += 60
                for arm, total, bad in (("on", 100, self.bad), ("off", 1900, 0.01)):
                    counts = {"requests": total, "errors": round(total * bad)}
                    file.write(json.dumps({"time": int(self.now) - 1, "arm": arm, "counts": counts}) + "\n")

    def killed(self, name: str, target: Exposed, *words: str, code: int = 0) -> None:
        """Kill the command at its next points, up to the first at which it had changed something."""
        before = self.exposed
        while (point := self.coverage.point(name)) >= 0:
            journal = self.clone.at.at_remote("for-each-ref")
            done = self.clone.run(*words, now=self.now, point=point)
            if done.returncode != -9:
                assert done.returncode == code, (name, done)
                self.coverage.points[name] = self.clone.points
                return
            self.coverage.killed += 1
            assert self.exposed in (before, target)
            if (self.clone.at.at_remote("for-each-ref"), self.exposed) != (journal, before):
                self.clients_agree()
                self.passes(LEASE // 60)
                return

    def command(self, name: str, target: Exposed, *words: str, code: int = 0) -> None:
        """The same, and run it again: now the flag exposes the target."""
        self.killed(name, target, *words, code=code)
        done = self.clone.run(*words, now=self.now)
        assert done.returncode == code, (name, done)
        assert self.exposed == target, (name, self.exposed)
        self.clients_agree()

    def clients_agree(self) -> None:
        """Ten thousand users get what the event log says: once in each state that a flag comes to have."""
        log = self.log
        if not log:
            return
        state = (log[-1].enabled, frozenset(log[-1].strategies.values()))
        if state in self.coverage.looked:
            return
        share, segments = log[-1].exposed
        patience = time.monotonic() + CACHED
        while True:
            *seen, staff = self.served()
            agree = evaluators.within(sum(seen), float(share), len(USERS)) and staff is bool(
                segments or share == 1
            )
            if agree or time.monotonic() > patience:
                break
        self.coverage.looked[state] = sum(seen)
        assert agree, (state, sum(seen), staff)

    def served(self) -> list[bool]:
        """What the client of Unleash answers to each user, and to one of the staff."""
        server = self.flag.server
        users = [*USERS, STAFF[1]]
        return evaluators.unleash(server.url, server.client, self.flag.name, users)

    def live(self, end: str) -> None:
        """From the start to one of the three ends."""
        name, staff = self.flag.name, self.staff[1]
        tick = ("tick", name, "--deployed", COMMIT)
        start = ("start", name, "--commit", COMMIT, "--without-go", "a test")
        self.killed(STARTS, self.staff, *start)
        self.clone.run(*start, now=self.now)  # refused where it has started
        self.clone.run(*tick, now=self.now)  # confirms what a killed one has written
        assert self.exposed == self.staff
        match end:
            case "ends":
                steps = [(CANARY, (Fraction(1, 20), staff)), (HALF, (Fraction(1, 2), staff)),
                         (EVERYBODY, EVERYONE), (ENDS, EVERYONE)]  # fmt: skip
                for step, target in steps:
                    self.passes(18)
                    self.command(step, target, *tick)
            case "breaks":
                self.bad = 0.5
                self.passes(10)
                self.command(BREAKS, NOBODY, *tick, code=1)
            case "goes back":
                self.passes(3)
                self.command(GOES_BACK, NOBODY, "rollback", name)
        self.check(end)

    def check(self, end: str) -> None:
        """No stage was skipped, none came twice, and nothing was raised after the flag was off again."""
        staff = self.staff[1]
        ladder = [NOBODY, self.staff, NOBODY]
        if end == ENDS:
            half = [(Fraction(1, 20), staff), (Fraction(1, 2), staff)]
            ladder[2:] = [*half, EVERYONE]
        every = [key for key, _ in itertools.groupby(s.exposed for s in self.log)]
        assert every == ladder, every


@pytest.fixture
def lives(tmp_path: Path, server: Server) -> Iterator[Life]:
    """New lives, without end, with one repository and one count of points."""
    numbers, coverage = itertools.count(1), Coverage()
    clone = Clone.made(tmp_path / "all", server.admin)
    stem = f"life-{os.getpid()}-{tmp_path.name[-8:].strip('_').replace('_', '-')}"

    def made() -> Iterator[Life]:
        segments = server.call("GET", "/api/admin/segments")["segments"]
        (staff,) = (s["id"] for s in segments if s["name"] == "staff")
        for number in numbers:
            yield Life(clone, server.flag(f"{stem}-{number}"), coverage, (Fraction(0), frozenset({staff})))

    return made()


def test_commands_that_are_killed_at_any_point_are_mended_by_the_next(lives: Iterator[Life]) -> None:
    for number, life in enumerate(lives):
        coverage = life.coverage
        ends = [end for end, own in OF_END.items() if not all(map(coverage.is_done, own))]
        if not ends:
            break
        life.live(ends[number % len(ends)])
        figures(f"life {number + 1}: {coverage.killed} kills, up to {coverage.next}")
    figures(f"{coverage.killed} kills in {number} lives; points: {coverage.points}")
    seen = ", ".join(map(str, coverage.looked.values()))
    figures(f"{len(coverage.looked)} states, {len(USERS):,} users asked in each; seen by {seen}")
    assert coverage.killed >= 50
