"""What some tests need of the machine: the markers that skip them, and the one way to miss a program."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: /proc, or copies of a process")
posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system: its shell, pipes and signals")


def missing(reason: str) -> NoReturn:
    """Skip the test on a laptop, and fail it under `CI=true`, where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
