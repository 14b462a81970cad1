"""Reports of several runs of one program, united, are what coverage.py makes of the runs together."""

from __future__ import annotations

import subprocess
import sys
from functools import reduce
from pathlib import Path

import pytest

from sluicegate.evidence.coverage import cobertura, coveragepy_json, lcov
from sluicegate.evidence.coverage.summary import unite
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import CoverageRecord, FileCoverage

PROGRAM = """\
import sys


def judge(x, y):
    if x > 1:
        a = 1
    for _ in range(y):
        if x == 5:
            break
    else:
        a = 3
    while y:
        y -= 1
        if y == 7:
            return 1
    match x:
        case 1:
            a = 4
        case 2 | 3:
            a = 5
        case _:
            a = 6
    if x and y or a:
        return a


judge(int(sys.argv[1]), int(sys.argv[2]))
"""
RUNS = (("1", "0"), ("2", "2"), ("5", "9"), ("0", "3"))


def coverage(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "coverage", *arguments], cwd=folder, check=True, capture_output=True
    )


def covered(reader: Reader, path: Path) -> FileCoverage:
    record = reader.read(path, path.name)
    assert isinstance(record, CoverageRecord)
    return record.files["program.py"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data of each run, and of all of them combined."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "program.py").write_text(PROGRAM)
    for number, arguments in enumerate(RUNS):
        coverage(folder, "run", "--branch", f"--data-file=run{number}", "program.py", *arguments)
    names = [f"run{number}" for number in range(len(RUNS))]
    coverage(folder, "combine", "--keep", "--data-file=whole", *names)
    coverage(folder, "json", "--data-file=whole", "-o", "whole.json")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "reader"),
    [("xml", cobertura.READER), ("json", coveragepy_json.READER), ("lcov", lcov.READER)],
)
def test_the_union_is_exact(runs: Path, command: str, reader: Reader) -> None:
    parts = []
    for number in range(len(RUNS)):
        path = runs / f"{command}{number}"
        coverage(runs, command, f"--data-file=run{number}", "-o", path.name)
        parts.append(covered(reader, path))
    united, whole = reduce(unite, parts), covered(coveragepy_json.READER, runs / "whole.json")
    assert (united.branches, united.covered) == (whole.branches, whole.covered)
    assert max(sum(taken for taken, _ in part.branches.values()) for part in parts) < 15
