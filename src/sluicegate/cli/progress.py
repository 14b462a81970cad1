"""A progress line on a terminal, and nothing elsewhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from sluicegate.engines.interface import Progress

_BAR = 24
_INTERVAL = 0.1


@contextmanager
def progress_bar(stream: TextIO) -> Iterator[Progress]:
    """A callback that draws one line on `stream`, and removes it at the end."""
    if not stream.isatty():
        yield lambda label, done, total: None
        return
    last = 0.0

    def draw(label: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _INTERVAL and done < total:
            return
        last = now
        filled = _BAR * done // max(total, 1)
        line = f"{label} [{'#' * filled}{'.' * (_BAR - filled)}] {done:,}/{total:,}"
        stream.write(f"\r{line[: shutil.get_terminal_size().columns - 1]}\x1b[K")
        stream.flush()

    try:
        yield draw
    finally:
        stream.write("\r\x1b[K")
        stream.flush()
