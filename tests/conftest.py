"""Settings for the whole suite."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from hypothesis import HealthCheck, settings

# What one run keeps must not decide another, nor stand in the folder of who runs the tests.
os.environ["SLUICEGATE_CACHE"] = "off"

# A shell that runs us in its background has us ignore interrupts, and nohup has us ignore hang-ups,
# and our children with us; they must not, where a test is about being asked to end.
if threading.current_thread() is threading.main_thread():
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Loaded machines are slow, not wrong. Continuous integration repeats the same examples, so that a
# red run is about the change; laptops go on looking.
settings.register_profile(
    "laptop", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30
)
settings.register_profile("ci", settings.get_profile("laptop"), derandomize=True, print_blob=True)
# `make gate` wants the lines that run, and no search: that is for `make test`, and the long one for
# `make test-real`.
settings.register_profile("gate", settings.get_profile("ci"), max_examples=5)
settings.register_profile("search", settings.get_profile("laptop"), max_examples=1000)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "laptop")


@pytest.hookimpl(trylast=True)  # after Hypothesis has marked its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage of slow tests, nor of searches: it makes them slower, and limits of time wrong.

    What a search runs, a test with plain values runs too.
    """
    for item in items:
        if item.get_closest_marker("slow") or item.get_closest_marker("hypothesis"):
            item.add_marker("no_cover")


@pytest.fixture
def true_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh interpreters in place of forked ones: for what a program finds, and imports, as it starts."""
    monkeypatch.setenv("SLUICEGATE_TESTS_TRUE_STARTS", "1")
