"""Sources of newer Pythons, looked at by the engines under each Python that this machine has."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

import pytest

from sluicegate.bundle.join import Pool, evidence_of, join, pool_of
from sluicegate.bundle.layout import ANALYSIS
from sluicegate.core.model import Problem
from sluicegate.evidence.records import Evidence
from support import evidence as ev
from support.pythons import run_under

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SOURCES = {
    "3.11": "def old(x):\n    try:\n        return x\n    except* ValueError:\n        pass\n",
    "3.12": "type Pair[T] = tuple[T, T]\n\n\ndef both[T](x: T) -> Pair[T]:\n    return (x, x)\n",
    "3.13": "def one[T = int](x: T) -> T:\n    return x\n",
    "3.14": "def page(x):\n    return t'{x}'\n",
}
"""By Python, a source that it is the first to parse (PEP 654, 695, 696 and 750)."""

PROGRAM = """
import json
from dataclasses import asdict
from pathlib import Path
from sluicegate.bundle.layout import AnalysisPart
from sluicegate.core.change import Change, FileChange
from sluicegate.engines.analyse import analyse
from sluicegate.engines.interface import Workspace

found = []
for names in json.loads(sys.argv[2]):
    change = Change({name: FileChange(name, name, added=2) for name in names})
    analysed = analyse(Workspace(Path(sys.argv[1]), tuple(names), change, lambda path: None),
                       {"bandit", "complexity", "docs"}, lambda *progress: None)
    found.append(asdict(AnalysisPart((analysed.bandit,), analysed.complexity, analysed.docs)))
print(json.dumps(found))
"""
"""Looks at some files after the other."""

pytestmark = pytest.mark.slow


def name(version: str) -> str:
    return f"for_{version.replace('.', '_')}.py"


PARTS = (PYTHONS, *(("3.11", newer) for newer in PYTHONS[1:]))
"""The sources that a shard has: all, and an old one with one that is newer."""


@cache
def under(version: str) -> dict[tuple[str, ...], Evidence]:
    """What the engines make of each part of the sources, as a shard of that Python brings it."""
    with tempfile.TemporaryDirectory() as folder:
        for source, text in SOURCES.items():
            Path(folder, name(source)).write_text(text, encoding="utf-8")
        names = [[name(source) for source in part] for part in PARTS]
        printed = json.loads(run_under(version, PROGRAM, folder, json.dumps(names)))
    return dict(zip(PARTS, map(shard, names, printed), strict=True))


def shard(names: list[str], printed: object) -> Evidence:
    part = ANALYSIS.take(printed, "analysis")
    change = ev.change("\n".join(f"{name}: 1" for name in names))
    return Evidence(change=change, findings=part.findings, complexity=part.complexity, docs=part.docs)


def problems(evidence: Evidence) -> tuple[Problem, ...]:
    return evidence.findings[0].problems


@pytest.mark.parametrize("version", PYTHONS)
def test_a_python_looks_at_what_it_parses_and_says_what_it_does_not(version: str) -> None:
    evidence = under(version)[PYTHONS]
    newer = PYTHONS[PYTHONS.index(version) + 1 :]
    assert [p.path for p in problems(evidence)] == [name(v) for v in newer]
    assert all(p.message.startswith(f"does not parse as Python {version}: ") for p in problems(evidence))
    assert all(f"`pipx install --python python{newer[0]} sluicegate`" in p.remedy for p in problems(evidence))
    assert evidence.complexity is not None
    assert evidence.complexity.looked_at == tuple(name(v) for v in PYTHONS if v not in newer)


def united(*shards: Evidence) -> Evidence:
    pool = Pool()
    for shard, evidence in enumerate(shards):
        pool = join(pool, pool_of(f"s{shard}", evidence))
    return evidence_of(pool)


@pytest.mark.parametrize(("older", "newer"), [("3.11", "3.12"), ("3.12", "3.13"), ("3.11", "3.13")])
def test_what_the_shard_of_the_newer_python_read_is_read(older: str, newer: str) -> None:
    one, two = under(older)["3.11", newer], under(newer)["3.11", newer]
    assert [p.path for p in problems(one)] == [name(newer)]
    assert united(one, two) == united(two, one)
    assert problems(united(one, two)) == ()
    complexity = united(one, two).complexity
    assert complexity is not None
    assert {f.path for f in complexity.functions} == {name("3.11"), name(newer)}


def test_what_no_shard_could_read_stays_a_problem() -> None:
    one, two = (under(version)["3.11", "3.13"] for version in ("3.11", "3.12"))
    assert {p.path for p in problems(united(one, two))} == {name("3.13")}
    assert united(one, two) == united(two, one)
