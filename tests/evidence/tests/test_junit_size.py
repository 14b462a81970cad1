import subprocess
import sys
from pathlib import Path

import pytest

from support import needs
from support.gen_results import write_junit

MIB = 1024 * 1024
READ = """
import sys
from pathlib import Path
from sluicegate.evidence.tests.junit import READER
record = READER.read(Path(sys.argv[1]), "big.xml")
status = Path("/proc/self/status").read_text()  # unlike ru_maxrss not what the parent had at the fork
peak = 1024 * int(status.split("VmHWM:")[1].split()[0])
print(record.tests, record.failed, record.skipped, peak)
"""


@pytest.mark.slow
@needs.linux
def test_a_million_cases_are_read_below_100_mebibytes(tmp_path: Path) -> None:
    path = tmp_path / "big.xml"
    write_junit(path, 1_000_000)
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    path.unlink()
    tests, failed, skipped, peak = map(int, done.stdout.split())
    assert (tests, failed, skipped) == (1_000_000, 1000, 1000)
    assert peak < 100 * MIB
