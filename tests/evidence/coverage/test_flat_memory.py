"""The streaming readers stay below 100 MiB however large the file is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sluicegate.evidence.coverage.summary import CoverageCounts
from support import needs
from support.gen_coverage import totals, write_cobertura, write_lcov

FILES, LINES = 2_000, 400

_READ = """
import sys
from importlib import import_module
from pathlib import Path
from sluicegate.evidence.coverage.summary import count_record
record = import_module(sys.argv[1]).READER.read(Path(sys.argv[2]), "report")
counts = count_record(record)
status = Path("/proc/self/status").read_text()
print(*counts.lines, *counts.branches, status.split("VmHWM:")[1].split()[0])
"""


@pytest.mark.slow
@needs.linux
@pytest.mark.parametrize(("module", "write"), [("cobertura", write_cobertura), ("lcov", write_lcov)])
def test_eight_hundred_thousand_lines(
    module: str, write: Callable[[Path, int, int], None], tmp_path: Path
) -> None:
    path = tmp_path / "report"
    write(path, FILES, LINES)
    command = [sys.executable, "-c", _READ, f"sluicegate.evidence.coverage.{module}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    covered, lines, taken, branches, peak = map(int, done.stdout.split())
    assert CoverageCounts((covered, lines), (taken, branches)) == CoverageCounts(*totals(FILES, LINES))
    assert peak < 100 * 1024, "KiB; not getrusage, which counts the parent's memory before exec"
