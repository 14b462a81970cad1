"""The streaming readers stay below 100 MiB however large the file is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support import needs
from support.gen_coverage import totals, write_cobertura, write_lcov
from support.peaks import read_alone

MIB = 1024  # KiB


@pytest.mark.slow
@needs.linux
@pytest.mark.parametrize(
    ("files", "most"), [(400, 40 * MIB), pytest.param(2_000, 100 * MIB, marks=pytest.mark.soak)]
)
@pytest.mark.parametrize(("format", "write"), [("cobertura", write_cobertura), ("lcov", write_lcov)])
def test_files_of_four_hundred_lines_each(
    format: str, write: Callable[[Path, int, int], None], files: int, most: int, tmp_path: Path
) -> None:
    path = tmp_path / "report"
    write(path, files, 400)
    taken = read_alone(format, path)
    lines, branches = totals(files, 400)
    assert taken.figures == (*lines, *branches)
    assert taken.peak < most
