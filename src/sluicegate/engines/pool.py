"""Many files over several processes, with the same result whatever their number."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext

from sluicegate.core.errors import EngineError
from sluicegate.engines.isolation import starting_interpreters
from sluicegate.engines.syntax import quiet
from sluicegate.engines.worker import FileResult, FileTask, Worker, WorkerJob, collecting_rarely

PARALLEL_BYTES = 400_000
"""Below this much source another process costs more than it saves."""

_SMALLEST_CHUNK = 64 * 1024
_LARGEST_CHUNK = 1024**2

Sized = tuple[int, FileTask]
"""A task and its file's size in bytes."""


def run(
    job: WorkerJob, tasks: Sequence[Sized], workers: int, done: Callable[[int], None]
) -> dict[str, FileResult]:
    """The outcome of every task, by path.

    Args:
        job, tasks: what all tasks share, and they in any order.
        workers: how many processes may work at once; with 1, or little to do, none is started.
        done: called with the number of finished files.

    Raises:
        EngineError: bandit does not accept its settings, or a process died.
    """
    total = sum(size for size, _ in tasks)
    if workers <= 1 or total < PARALLEL_BYTES:
        outcomes = _here(job, tasks, done)
    else:
        outcomes = _in_processes(job, list(chunks(tasks, workers)), workers, done)
    return {outcome.path: outcome for outcome in outcomes}


def chunks(tasks: Sequence[Sized], workers: int) -> Iterator[list[FileTask]]:
    """Tasks in portions of about equal work, the largest files first: at the end no process waits for one."""
    total = sum(size for size, _ in tasks)
    target = min(max(total // (workers * 8), _SMALLEST_CHUNK), _LARGEST_CHUNK)
    chunk: list[FileTask] = []
    filled = 0
    for size, task in sorted(tasks, key=lambda sized: (-sized[0], sized[1].path)):
        chunk.append(task)
        filled += size
        if filled >= target:
            yield chunk
            chunk, filled = [], 0
    if chunk:
        yield chunk


def _here(job: WorkerJob, tasks: Sequence[Sized], done: Callable[[int], None]) -> Iterator[FileResult]:
    with quiet(), collecting_rarely():
        worker = Worker(job)
        for count, (_, task) in enumerate(tasks, 1):
            yield worker.look(task)
            done(count)


def _in_processes(
    job: WorkerJob, portions: list[list[FileTask]], workers: int, done: Callable[[int], None]
) -> Iterator[FileResult]:
    count = 0
    workers = min(workers, len(portions))
    with starting_interpreters(os.environ):
        pool = ProcessPoolExecutor(workers, _context(), initializer=_start, initargs=(job,))
    try:
        with starting_interpreters(os.environ):
            futures = [pool.submit(_work, portion) for portion in portions]
        for future in as_completed(futures):
            outcomes = future.result()
            yield from outcomes
            count += len(outcomes)
            done(count)
    except BrokenProcessPool as error:
        raise EngineError(
            "a process that analyses Python sources died",
            remedy="It may have run out of memory: exclude large generated files under `source.exclude`.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _context() -> BaseContext:
    """Copies of this process where that is safe and cheap, else fresh interpreters.

    A copy of a process with several threads may inherit a lock that is never released.
    """
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


_REQUESTS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_workers: list[Worker] = []
"""In a process of the pool its own."""


def _start(job: WorkerJob) -> None:
    """Prepare this process; it does nothing else until it ends."""
    for number in _REQUESTS:  # a copy of a process has its handlers, which unwind and do not end it
        signal.signal(number, signal.SIG_DFL)
    warnings.simplefilter("ignore")
    gc.disable()
    _workers.append(Worker(job))
    gc.freeze()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End when the parent is gone: a killed parent sends no signal, and we would wait forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(tasks: list[FileTask]) -> list[FileResult]:
    return [_workers[0].look(task) for task in tasks]
