"""Settings for the whole suite."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
from collections.abc import Generator, Iterable

import coverage
import pytest
from hypothesis import HealthCheck, settings

# What one run keeps must not decide another, nor stand in the folder of who runs the tests.
os.environ["SLUICEGATE_CACHE"] = "off"

# Texts are as wide on every terminal, and without one.
os.environ["COLUMNS"] = "100"

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
    "laptop", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=20
)
settings.register_profile(
    "ci", settings.get_profile("laptop"), derandomize=True, print_blob=True, max_examples=10
)
# `make gate` wants the lines that run, and no search: that is for `make test`, and the long one for
# `make test-real`.
settings.register_profile("gate", settings.get_profile("ci"), max_examples=5)
settings.register_profile("search", settings.get_profile("laptop"), max_examples=1000)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "laptop")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--first-rows", action="store_true", help="run one row of each test")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("first_rows"):
        kept = first_rows(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def first_rows(items: Iterable[pytest.Item]) -> dict[pytest.Item, None]:
    """Of each test with several rows the first, in the order of the items."""
    first: dict[tuple[pytest.Item | pytest.Collector | None, str], pytest.Item] = {}
    for item in items:
        first.setdefault((item.parent, getattr(item, "originalname", item.name)), item)
    return dict.fromkeys(first.values())


class Measured:
    """Coverage of what the tests run, and not of pytest around them: the tracer doubles what that takes.

    Neither slow tests nor searches are measured: it makes them slower, and limits of time wrong. What a
    search runs, a test with plain values runs too. Of a test with many rows the first is measured: all of
    them run 4 % more lines and branches, and measuring takes a third as long as the tests do.
    """

    def __init__(self, running: coverage.Coverage) -> None:
        self.coverage = running
        self.measured: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        kept = (i for i in session.items if not any(map(i.get_closest_marker, ("slow", "hypothesis"))))
        self.measured = {item.nodeid for item in first_rows(kept)}

    def of(self, item: pytest.Item) -> contextlib.AbstractContextManager[None]:
        return self.coverage.collect() if item.nodeid in self.measured else contextlib.nullcontext()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, object, object]:
        if isinstance(collector, pytest.Module):
            # It is imported here; what cannot be is collected next, which says why.
            with self.coverage.collect(), contextlib.suppress(Exception, pytest.skip.Exception):
                _ = collector.obj
        if not isinstance(collector, pytest.Directory):
            return (yield)  # the session collects folders and modules meanwhile
        with self.coverage.collect():  # a folder imports its conftest.py
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        with self.of(item):
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        with self.of(item):
            return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        with self.of(item):
            return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect without a search for garbage, and never search what was collected: it lives to the end."""
    wait_for_the_tests(session.config)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def wait_for_the_tests(config: pytest.Config) -> None:
    """Let coverage, which pytest-cov has started, wait for the tests.

    In a worker it has started two, of which only the newer is read: the older would go on in each pause.
    """
    running = None
    while started := coverage.Coverage.current():
        started.stop()
        running = running or started
    if running:
        config.pluginmanager.register(Measured(running))


@pytest.fixture
def true_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh interpreters in place of forked ones: for what a program finds, and imports, as it starts."""
    monkeypatch.setenv("SLUICEGATE_TESTS_TRUE_STARTS", "1")
