"""The kind of this machine."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from sluicegate.evidence.benchmarks.native_document import BenchmarkMachine

_MODEL = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)


def this_machine() -> BenchmarkMachine:
    """The kind of this machine; unknown parts are empty. Cores are those that this process may use."""
    return BenchmarkMachine(
        system=platform.system(),
        architecture=platform.machine(),
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1,
        runtime=f"{platform.python_implementation()} {platform.python_version()}",
    )


def _processor() -> str:
    try:
        if sys.platform == "darwin":
            command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        found = _MODEL.search(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    except (OSError, subprocess.SubprocessError):
        found = None
    return found[1].strip() if found else platform.processor()
