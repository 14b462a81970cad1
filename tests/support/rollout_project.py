"""A project with a rollout: a flagd file, counts of its users in a file, and a clock that a test sets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from click.testing import CliRunner

from sluicegate.cli.main import main
from sluicegate.core.errors import SluicegateError
from sluicegate.net.client import Clock
from support.flagd_rig import a_file, a_flag

START = 1_800_000_000
COMMIT = "a" * 40
MINUTE = 60
PER_MINUTE = 2000
PLAN = """\
flags: [{flagd-file: {file: flags.json, flag: new-checkout, where: local, refresh: 5}}]
metrics-from: {file: {file: counts.jsonl}}
metrics:
  error_rate: {bad: errors, total: requests, of: exposed}
  service_errors: {bad: errors, total: requests}
arms: {label: variant, exposed: "on", control: "off"}
criteria: [service_errors <= 5%, error_rate <= 5%, error_rate <= control + 0.5pp]
stages:
  - {stage: dark, bake: 10min, min-samples: 100}
  - {stage: staff, bake: 10min}
  - {stage: 5%, bake: 10min}
  - {stage: 50%, bake: 10min}
  - GA
tick-every: 5min
"""
NAME = "new-checkout"


@dataclass(frozen=True)
class Said:
    """What a command printed, errors too, and its exit code."""

    output: str
    exit_code: int


@dataclass
class Project:
    """The project, at a moment.

    Attributes:
        root: its folder.
        ledger: options that name the ledger.
        bad: the parts of requests that fail, off and on.
        anew: write the files of the project first.
    """

    root: Path
    ledger: tuple[str, ...] = ("--dir", "ledger")
    bad: tuple[float, float] = (0.01, 0.01)
    now: float = START
    said: list[str] = field(default_factory=list)
    anew: bool = True

    def __post_init__(self) -> None:
        if not self.anew:
            return
        (self.root / "rollouts").mkdir(exist_ok=True)
        (self.root / "rollouts" / f"{NAME}.yml").write_text(PLAN, encoding="utf-8")
        self.flags.write_bytes(a_file(a_flag()))
        (self.root / "counts.jsonl").write_text("", encoding="utf-8")

    @property
    def flags(self) -> Path:
        """The flagd file."""
        return self.root / "flags.json"

    @property
    def share(self) -> Fraction:
        """What part of the users the flag's rule names by percentage."""
        targeting = json.loads(self.flags.read_bytes())["flags"][NAME].get("targeting", {})
        targeting = targeting.get("if", [targeting])[-1]
        weights = dict(targeting.get("fractional", [["on", 0], ["off", 1]]))
        return Fraction(weights["on"], sum(weights.values()))

    def plan_stage(self, index: int) -> str:
        """The name of a stage of the plan."""
        return ("dark", "staff", "5%", "50%", "GA")[index]

    def clock(self) -> Clock:
        """The clock of the machine; sleeping lets time pass, in which users come."""
        return Clock(lambda: self.now, lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        """Time passes."""
        times, rest = divmod(seconds, MINUTE)
        self.passes(round(times))
        if rest:
            self.passes(1, round(rest))

    def passes(self, times: int, seconds: int = MINUTE) -> None:
        """So many minutes, or other times, pass, in which users come."""
        share = float(self.share) or 0.01
        with (self.root / "counts.jsonl").open("a", encoding="utf-8") as file:
            for _ in range(times):
                self.now += seconds
                for arm, part, bad in (("on", share, self.bad[1]), ("off", 1 - share, self.bad[0])):
                    requests = round(PER_MINUTE * part * seconds / MINUTE)
                    counts = {"requests": requests, "errors": round(requests * bad)}
                    line = {"time": int(self.now) - 1, "arm": arm, "counts": counts}
                    file.write(json.dumps(line) + "\n")

    def run(self, *arguments: str, code: int = 0) -> str:
        """A command of rollouts on the ledger; what it printed."""
        found = self.invoked(*arguments)
        assert found.exit_code == code, (arguments, found)
        self.said += found.output.splitlines()
        return found.output

    def invoked(self, *arguments: str) -> Said:
        """The same, whatever its exit code is."""
        plain = arguments[0] in ("validate", "simulate")
        words = ["rollout", *arguments, *(() if plain else self.ledger)]
        result = CliRunner().invoke(main, words, standalone_mode=False)
        if isinstance(result.exception, SluicegateError):
            said = f"sluicegate: error: {result.exception}\n"
            return Said(result.output + said, int(result.exception.exit_code))
        if result.exception is not None:
            raise result.exception
        code: object = result.return_value
        return Said(result.output, code if isinstance(code, int) else 0)

    def start(self) -> str:
        """Start the rollout."""
        return self.run("start", NAME, "--commit", COMMIT, "--without-go", "a test", "--deployed", COMMIT)

    def tick(self, code: int = 0) -> str:
        """One tick."""
        return self.run("tick", NAME, "--deployed", COMMIT, code=code)
