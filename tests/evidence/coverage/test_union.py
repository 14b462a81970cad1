"""Reports of several runs of one program, united, are what coverage.py makes of the runs together."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

import pytest

from sluicegate.evidence.coverage import cobertura, coveragepy_json, lcov
from sluicegate.evidence.coverage.summary import unite
from sluicegate.evidence.reader import Reader
from sluicegate.evidence.records import CoverageRecord, FileCoverage
from support.python_project import coverage

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


def covered(reader: Reader, path: Path) -> FileCoverage:
    record = reader.read(path, path.name)
    assert isinstance(record, CoverageRecord)
    return record.files["program.py"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reports of each run, and of all of them combined."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "program.py").write_text(PROGRAM)
    names = [f"run{number}" for number in range(len(RUNS))]
    coverage(
        folder,
        *(
            ["run", "--branch", f"--data-file={name}", "program.py", *arguments]
            for name, arguments in zip(names, RUNS, strict=True)
        ),
        ["combine", "--keep", "--data-file=whole", *names],
        ["json", "--data-file=whole", "-o", "whole.json"],
        *([c, f"--data-file={name}", "-o", f"{name}.{c}"] for name in names for c in READERS),
    )
    return folder


READERS = {"xml": cobertura.READER, "json": coveragepy_json.READER, "lcov": lcov.READER}
"""By the command of coverage.py that writes what they read."""


@pytest.mark.slow
@pytest.mark.parametrize("command", READERS)
def test_the_union_is_exact(runs: Path, command: str) -> None:
    parts = [covered(READERS[command], runs / f"run{n}.{command}") for n in range(len(RUNS))]
    united, whole = reduce(unite, parts), covered(coveragepy_json.READER, runs / "whole.json")
    assert (united.branches, united.covered) == (whole.branches, whole.covered)
    assert max(sum(taken for taken, _ in part.branches.values()) for part in parts) < 15
