"""The jobs, and who does them: sluicegate's readers and commands, its peers, and bare parsers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import inputs
from bench.measuring import Contender, Job


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the inputs are, and how often everything is run.

    `stdlib` and `slice` take one in so many files of the standard library, for complexity and
    for bandit.
    """

    rounds: int
    cases: int
    classes: int
    lines: int
    results: int
    stdlib: int
    slice: int
    modules: int


QUICK = Sizes(
    rounds=1, cases=200_000, classes=500, lines=470, results=10_000, stdlib=8, slice=24, modules=500
)
DEFAULT = Sizes(
    rounds=3, cases=1_000_000, classes=2_000, lines=470, results=71_000, stdlib=1, slice=8, modules=3_000
)
FULL = Sizes(
    rounds=3, cases=1_000_000, classes=10_000, lines=750, results=71_000, stdlib=1, slice=1, modules=3_000
)

CHANGED = 20

_READ = """
import sys
from pathlib import Path
from sluicegate.evidence.{0} import READER
READER.read(Path(sys.argv[1]), "generated")
"""
_ITERPARSE = """
import sys, xml.etree.ElementTree as tree
for _, element in tree.iterparse(sys.argv[1]):
    if element.tag == sys.argv[2]:
        element.clear()
"""
_EXPAT = """
import sys, xml.parsers.expat
parser = xml.parsers.expat.ParserCreate()
parser.StartElementHandler = lambda name, attributes: None
with open(sys.argv[1], "rb") as stream:
    parser.ParseFile(stream)
"""
_JUNITPARSER = (
    "import sys, junitparser; sum(1 for s in junitparser.JUnitXml.fromfile(sys.argv[1]) for _ in s)"
)
_JSON = "import sys, json; json.load(open(sys.argv[1], 'rb'))"
_ENGINE = """
import os, sys
from pathlib import Path
from sluicegate.core.change import NoChange
from sluicegate.engines.analyse import analyse
from sluicegate.engines.interface import Workspace
root, kept = Path(sys.argv[1]), Path(sys.argv[3]) if sys.argv[3:] else None
files = tuple(p.relative_to(root).as_posix() for p in root.rglob("*.py"))
given = Workspace(root, files, NoChange("none"), lambda path: None, os.cpu_count() or 1, kept)
analyse(given, {sys.argv[2]}, lambda *told: None)
"""


def jobs(sizes: Sizes) -> list[Job]:
    """Every job, its inputs made."""
    peer = str(inputs.peers())
    return [
        _start(),
        _junit(sizes, peer),
        _cobertura(sizes, peer),
        _sarif(sizes),
        _complexity(sizes, peer),
        _bandit(sizes, peer),
        _check(sizes, peer),
    ]


def _python(
    label: str, code: str, *arguments: str, interpreter: str = sys.executable, **more: Any
) -> Contender:
    return Contender(label, (interpreter, "-c", code, *arguments), inputs.ROOT, **more)


def _start() -> Job:
    ours = Contender("sluicegate --version", _sluicegate("--version"), inputs.ROOT, ours=True, warm=True)
    bare = _python("python -c pass", "pass")
    return Job("Start", (ours, bare))


def _sluicegate(*arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).with_name("sluicegate")), *arguments)


def _junit(sizes: Sizes, peer: str) -> Job:
    path = inputs.junit(sizes.cases)
    return Job(
        f"JUnit, {sizes.cases:,} cases, {_size(path)}",
        (
            _python("sluicegate's reader", _READ.format("tests.junit"), str(path), ours=True, warm=True),
            _python("xml.etree iterparse alone", _ITERPARSE, str(path), "testcase"),
            _python("junitparser", _JUNITPARSER, str(path), interpreter=peer),
        ),
    )


def _cobertura(sizes: Sizes, peer: str) -> Job:
    folder = inputs.cobertura(sizes.classes, sizes.lines)
    path = folder / "coverage.xml"
    check = _sluicegate("check", "--gate", "coverage")
    compare = (peer, "-m", "diff_cover.diff_cover_tool", "coverage.xml", "--compare-branch", "main")
    return Job(
        f"Cobertura, {sizes.classes:,} files of {sizes.lines} lines, {_size(path)}",
        (
            _python(
                "sluicegate's reader", _READ.format("coverage.cobertura"), str(path), ours=True, warm=True
            ),
            Contender("sluicegate check --gate coverage", check, folder, ours=True, ok=(0, 1)),
            _python("expat alone", _EXPAT, str(path)),
            _python("xml.etree iterparse alone", _ITERPARSE, str(path), "class"),
            Contender("diff-cover", compare, folder),
        ),
    )


def _sarif(sizes: Sizes) -> Job:
    path = inputs.sarif(sizes.results)
    return Job(
        f"SARIF, {sizes.results:,} results, {_size(path)}",
        (
            _python("sluicegate's reader", _READ.format("findings.sarif"), str(path), ours=True, warm=True),
            _python("json.load alone", _JSON, str(path)),
        ),
    )


def _complexity(sizes: Sizes, peer: str) -> Job:
    folder = inputs.stdlib(sizes.stdlib)
    radon = (peer, "-m", "radon", "cc", "--json", str(folder))
    return Job(
        f"Complexity, {_sources(folder)} of the standard library",
        (*_engine("complexity", folder), Contender("radon", radon, inputs.CACHE)),
    )


def _bandit(sizes: Sizes, peer: str) -> Job:
    folder = inputs.stdlib(sizes.slice)
    bandit = (peer, "-m", "bandit", "-q", "-r", "-f", "json", str(folder))
    return Job(
        f"bandit's findings, {_sources(folder)} of the standard library",
        (*_engine("bandit", folder), Contender("bandit", bandit, inputs.CACHE, ok=(0, 1))),
    )


def _engine(name: str, folder: Path) -> tuple[Contender, Contender]:
    kept = str(inputs.CACHE / "kept")
    return (
        _python("sluicegate, cold", _ENGINE, str(folder), name, ours=True),
        _python("sluicegate, warm", _ENGINE, str(folder), name, kept, ours=True, warm=True),
    )


def _check(sizes: Sizes, peer: str) -> Job:
    folder = inputs.repository(sizes.modules, CHANGED)
    check, kept = _sluicegate("check"), {"SLUICEGATE_CACHE": str(inputs.CACHE / "kept")}
    peers = {
        "bandit, changed files": ("bandit", "-q", "-f", "json", *_changed(folder)),
        "bandit, all files": ("bandit", "-q", "-r", "-f", "json", "src"),
        "radon, all files": ("radon", "cc", "--json", "src"),
        "diff-cover": ("diff_cover.diff_cover_tool", "coverage.xml", "--compare-branch", "main"),
    }
    return Job(
        f"The whole check, {sizes.modules:,} files, {CHANGED} changed",
        (
            Contender("sluicegate check, warm", check, folder, kept, ours=True, warm=True, ok=(0, 1)),
            Contender("sluicegate check, cold", check, folder, ours=True, ok=(0, 1)),
            *(Contender(label, (peer, "-m", *rest), folder, ok=(0, 1)) for label, rest in peers.items()),
            _python("junitparser", _JUNITPARSER, str(folder / "junit.xml"), interpreter=peer),
        ),
    )


def _changed(folder: Path) -> list[str]:
    command = ("git", "-C", str(folder), "diff", "--name-only", "main")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def _sources(folder: Path) -> str:
    sizes = [path.stat().st_size for path in folder.rglob("*.py")]
    return f"{len(sizes):,} files, {sum(sizes) / 1e6:.1f} MB"


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.0f} MB"
