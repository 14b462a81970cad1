"""Ten small programs of different kinds, each a fresh process that says how long its work took.

    python -I -S workloads.py NAME PIECES

A workload does so many equal pieces of work: 5 % more pieces are a slowdown of 5 % that is real, and
no scaled number. What is not the work (starting Python, preparing data) is not counted; each imports only
what it needs, so that a run is short.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib import import_module

Piece = Callable[[], object]


def allocation() -> Piece:
    return lambda: [[i, str(i)] for i in range(250)]


def arithmetic() -> Piece:
    return lambda: sum(i * i % 7 for i in range(1000))


def copying() -> Piece:
    block = bytearray(1 << 20)
    return lambda: bytes(block[::64]) and bytes(block)


def dictionaries() -> Piece:
    words = [f"word{i * 7919 % 1009}" for i in range(1000)]

    def piece() -> object:
        counts: dict[str, int] = {}
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        return counts

    return piece


def documents() -> Piece:
    json = import_module("json")
    document = {"name": "x" * 20, "values": list(range(20)), "nested": {str(i): i / 7 for i in range(10)}}
    return lambda: json.loads(json.dumps(document))


def files() -> Piece:
    temporary = import_module("tempfile").gettempdir()
    path = import_module("pathlib").Path(temporary, f"workload-{os.getpid()}")

    def piece() -> object:
        path.write_bytes(b"content" * 100)
        path.read_bytes()
        path.unlink()
        return None

    return piece


def hashing() -> Piece:
    sha256 = import_module("hashlib").sha256
    block = bytes(range(256)) * 16
    return lambda: sha256(block).digest()


def patterns() -> Piece:
    pattern = import_module("re").compile(r"(\w+)@(\w+)\.(com|org)")
    text = "some words and a person@example.org among them, more words, " * 3
    return lambda: pattern.findall(text)


def processes() -> Piece:
    return lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


def sorting() -> Piece:
    values = [i * 7919 % 10007 for i in range(1000)]
    return lambda: sorted(values, key=lambda v: -v)


WORKLOADS: dict[str, tuple[Callable[[], Piece], int]] = {
    "allocation": (allocation, 500),
    "arithmetic": (arithmetic, 300),
    "copying": (copying, 200),
    "dictionaries": (dictionaries, 240),
    "documents": (documents, 1000),
    "files": (files, 40),
    "hashing": (hashing, 6000),
    "patterns": (patterns, 2000),
    "processes": (processes, 20),
    "sorting": (sorting, 200),
}
"""By name: how it is prepared, and how many pieces take some 20 to 30 ms."""


def seconds(name: str, pieces: int) -> float:
    """How long so many pieces take, after one that is not counted."""
    piece = WORKLOADS[name][0]()
    piece()
    started = time.perf_counter()
    for _ in range(pieces):
        piece()
    return time.perf_counter() - started


def main() -> None:
    """One run."""
    sys.stdout.write(f"{seconds(sys.argv[1], int(sys.argv[2]))}\n")
    sys.stdout.flush()
    os._exit(0)  # what Python does at its end is not waited for


if __name__ == "__main__":
    main()
