"""The demonstration of rollouts does what it says, in simulated time, with the real commands."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from demo import rollout
from demo.shop import Flags, Shop
from sluicegate.cli import rollout_sessions
from sluicegate.cli.main import main
from sluicegate.flags.files.flag import Variants
from sluicegate.flags.flagd.model import Flag, exposed
from sluicegate.flags.interface import Exposure
from sluicegate.net.client import Clock
from support.evaluators import within

pytestmark = pytest.mark.slow

USERS = [f"user-{n}" for n in range(4000)]
VISITS = 2000


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("GITHUB_EVENT_NAME", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    rollout.write_project(tmp_path / "demo")
    monkeypatch.chdir(tmp_path / "demo")
    return tmp_path / "demo"


@pytest.mark.parametrize(
    ("version", "code", "word"),
    [pytest.param(0, 0, "COMPLETED", marks=pytest.mark.real), (1, 1, "ROLLED_BACK")],
)
def test_a_version_ends_as_it_is_announced(
    project: Path, monkeypatch: pytest.MonkeyPatch, version: int, code: int, word: str
) -> None:
    of, now = rollout.VERSIONS[version], [1_800_000_000.0]
    shop = Shop(
        project / "flags.json", of.name, project / f"{of.name}.jsonl", {"on": of.bad, "off": 0.01},
        random.Random(1),
    )  # fmt: skip

    def sleep(seconds: float) -> None:
        for _ in range(max(1, round(seconds))):
            now[0] += 1
            shop.serve(VISITS, now[0])

    def run(*words: str) -> int:
        done = CliRunner().invoke(main, ["rollout", *words, "--dir", "journal"], standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        return int(done.return_value or 0)

    monkeypatch.setattr(rollout_sessions, "clock", lambda: Clock(lambda: now[0], lambda: now[0], sleep))
    sleep(1)
    assert rollout.show(of, run) == code
    page = (project / f"{of.name}.html").read_text(encoding="utf-8")
    assert word in page
    assert page.count('class="plot"') > 4


@pytest.mark.parametrize("percent", [0, 5, 25, 50, 100])
def test_the_shop_exposes_what_the_flag_says(project: Path, percent: int) -> None:
    document = json.loads((project / "flags.json").read_bytes())
    body, evaluators = document["flags"]["new-search"], document["$evaluators"]
    flag = Flag("new-search", body, evaluators, Variants("on", "off"))
    document["flags"]["new-search"] = exposed(flag, Exposure(Fraction(percent, 100)), "here")
    seen = sum(Flags(document).variant("new-search", user) == "on" for user in USERS)
    assert within(seen, percent / 100, len(USERS))


def test_the_shop_shows_the_staff_the_new_version(project: Path) -> None:
    document = json.loads((project / "flags.json").read_bytes())
    flag = Flag("new-search", document["flags"]["new-search"], document["$evaluators"], Variants("on", "off"))
    document["flags"]["new-search"] = exposed(flag, Exposure(Fraction(0), ("staff",)), "here")
    variants = [Flags(document).variant("new-search", user) for user in ("user-0", "user-499", "user-500")]
    assert variants == ["on", "on", "off"]
