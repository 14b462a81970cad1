from pathlib import Path

import pytest

from support import needs
from support.gen_results import write_junit
from support.peaks import read_alone

MIB = 1024  # KiB


@pytest.mark.slow
@needs.linux
@pytest.mark.parametrize(
    ("cases", "most"), [(100_000, 60 * MIB), pytest.param(1_000_000, 100 * MIB, marks=pytest.mark.soak)]
)
def test_a_file_of_any_number_of_cases_is_read_in_little_memory(
    tmp_path: Path, cases: int, most: int
) -> None:
    path = tmp_path / "big.xml"
    write_junit(path, cases)
    taken = read_alone("junit", path)
    path.unlink()
    assert taken.figures == (cases, cases // 1000, cases // 1000)
    assert taken.peak < most
