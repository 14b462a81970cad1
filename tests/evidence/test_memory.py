"""No file of 10 MiB makes a reader of JSON take more than 256 MiB, whatever it holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sluicegate.documents.parsing import estimate, takes_too_much
from sluicegate.evidence.reader import HEAD_BYTES, readers
from support import needs
from support.benchmark_files import GOOD, go_json

SIZE = 10 * 1024**2
MOST = 256 * 1024  # KiB

SHAPES = {
    "deep lists": "[" * 900 + "]" * 900,
    "empty lists": "[]",
    "small lists": "[0]",
    "empty objects": "{}",
    "small objects": '{"a":0}',
    "texts": '"ab"',
    "numbers": "300",
}
"""What an array of 10 MiB is filled with."""

_READ = """
import sys
from pathlib import Path
from sluicegate.core.errors import EvidenceError
from sluicegate.evidence.reader import readers
reader = next(r for r in readers() if r.format == sys.argv[1])
for path in sys.argv[2:]:
    try:
        reader.read(Path(path), "report")
    except EvidenceError:
        pass
status = Path("/proc/self/status").read_text()  # unlike ru_maxrss not what the parent had
print(status.split("VmHWM:")[1].split()[0])
"""

COVERAGE = {
    "meta": {"version": "7.0", "branch_coverage": True},
    "files": {"a.py": {"executed_lines": [1], "missing_lines": [2], "summary": {}}},
    "totals": {},
}
RUFF = [
    {"code": "F401", "message": "m", "filename": "a.py", "location": {"row": 1, "column": 1},
     "end_location": {"row": 1, "column": 2}}
]  # fmt: skip
SARIF = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": []}]}
FILES = {
    "coveragepy-json": ("coverage.json", json.dumps(COVERAGE).encode()),
    "ruff": ("ruff.json", json.dumps(RUFF).encode()),
    "sarif": ("a.sarif", json.dumps(SARIF).encode()),
    **{name: file for name, file in GOOD.items() if file[1].lstrip()[:1] in b"{["},
    "go-bench": ("bench.json", go_json("BenchmarkA-8 \t 10\t 5 ns/op\n")),
}


def filled(data: bytes, shape: str) -> bytes:
    """The file with one more key, which nobody knows, in its last object."""
    text = data.decode().rstrip()
    end = text.rindex("}")
    item = SHAPES[shape]
    values = ",".join([item] * (SIZE // (len(item) + 1)))
    return f'{text[:end]},"unknown":[{values}]{text[end:]}'.encode()


def test_every_reader_is_tried_or_reads_no_json() -> None:
    other = {"cobertura", "lcov", "coveragepy-data", "junit", "locust"}
    assert FILES.keys() == {reader.format for reader in readers()} - other


def pairs() -> list[object]:
    """Each reader with two shapes, and each shape with several readers; `make test-real` has the product."""
    names = list(SHAPES)
    some = [(f, [names[n % len(names)], names[(n + 3) % len(names)]]) for n, f in enumerate(FILES)]
    return [
        *(pytest.param(f, shapes, id=f) for f, shapes in some),
        *(pytest.param(f, names, id=f"{f}, all", marks=pytest.mark.soak) for f in FILES),
    ]


@pytest.mark.slow
@needs.linux
@pytest.mark.parametrize(("name", "shapes"), pairs())
def test_a_file_full_of_unused_values(name: str, shapes: list[str], tmp_path: Path) -> None:
    file, data = FILES[name]
    paths = [tmp_path / f"{number}-{Path(file).name}" for number, _ in enumerate(shapes)]
    for path, shape in zip(paths, shapes, strict=True):
        path.write_bytes(filled(data, shape))
        (reader,) = [r for r in readers() if r.format == name]
        assert reader.matches(Path(file).name, path.read_bytes()[:HEAD_BYTES])
    command = [sys.executable, "-c", _READ, name, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert int(done.stdout) < MOST


KEYS = ["executed_lines", "missing_branches", "summary"]
ITEMS = [*SHAPES.values(), "[1,2]"]


@pytest.mark.slow
@needs.linux
@pytest.mark.parametrize(
    ("key", "items"),
    [
        *(pytest.param(key, ITEMS[n :: len(KEYS)], id=key) for n, key in enumerate(KEYS)),
        *(pytest.param(key, ITEMS, id=f"{key}, all", marks=pytest.mark.soak) for key in KEYS),
    ],
)
def test_a_coverage_report_with_something_else_where_numbers_belong(
    key: str, items: list[str], tmp_path: Path
) -> None:
    paths = []
    for number, item in enumerate(items):
        values = ",".join([item] * (SIZE // (len(item) + 1)))
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(COVERAGE).replace('"summary": {}', f'"{key}": [{values}]'))
        paths.append(str(path))
    command = [sys.executable, "-c", _READ, "coveragepy-json", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert int(done.stdout) < MOST


@pytest.mark.parametrize("shape", SHAPES)
def test_the_estimate_is_not_below_what_python_takes(shape: str) -> None:
    values = ",".join([SHAPES[shape]] * 200)
    assert estimate(f"[{values}]".encode()) >= size_of(json.loads(f"[{values}]"))


def size_of(value: object) -> int:
    """Bytes of a parsed value, each part counted once, with what the collector adds."""
    total, todo = 0, [value]
    while todo:
        part = todo.pop()
        total += sys.getsizeof(part)
        if isinstance(part, list | dict):
            total += 16
            todo += part.values() if isinstance(part, dict) else part
    return total


def test_what_tools_write_is_far_from_refused() -> None:
    long = b",".join([GOOD["pytest-benchmark"][1]] * 20_000)
    assert len(long) > SIZE
    assert not takes_too_much(long)
