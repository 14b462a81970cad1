"""No file of 10 MiB makes a reader of JSON take more than 256 MiB, whatever it holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sluicegate.documents.parsing import estimate, takes_too_much
from sluicegate.evidence.reader import HEAD_BYTES, readers
from support import needs
from support.benchmark_files import GOOD, go_json
from support.peaks import read_alone

SIZE = 10 * 1024**2
MOST = 256 * 1024  # KiB
IN_PART = 5
"""Of the two sizes, a streaming reader is tried with this part; `make test-real` has them whole."""
START = 24 * 1024
"""KiB of Python and its modules."""

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
    """Each reader with a shape of which it would take too much, and some with one that they read.

    `make test-real` has the product.
    """
    costly = [shape for shape in SHAPES if shape not in ("texts", "numbers")]
    some = [(f, [costly[n % len(costly)], *["texts", "numbers"][: n % 6 == 0]]) for n, f in enumerate(FILES)]
    return [
        *(pytest.param(f, shapes, id=f) for f, shapes in some),
        *(pytest.param(f, list(SHAPES), id=f"{f}, all", marks=pytest.mark.soak) for f in FILES),
    ]


@pytest.mark.slow
@needs.linux
@pytest.mark.parametrize(("name", "shapes"), pairs())
def test_a_file_full_of_unused_values(name: str, shapes: list[str], tmp_path: Path) -> None:
    file, data = FILES[name]
    path = tmp_path / Path(file).name
    for shape in shapes:
        path.write_bytes(filled(data, shape))
        (reader,) = [r for r in readers() if r.format == name]
        assert reader.matches(Path(file).name, path.read_bytes()[:HEAD_BYTES])
        assert read_alone(name, path).peak < MOST, shape


KEYS = ["executed_lines", "missing_branches", "summary"]
ITEMS = [*SHAPES.values(), "[1,2]"]


@pytest.mark.slow
@needs.linux
@pytest.mark.parametrize(
    ("key", "items", "part", "most"),
    [
        *(
            pytest.param(key, ITEMS[n :: len(KEYS)], IN_PART, START + MOST // IN_PART, id=key)
            for n, key in enumerate(KEYS)
        ),
        *(pytest.param(key, ITEMS, 1, MOST, id=f"{key}, all", marks=pytest.mark.soak) for key in KEYS),
    ],
)
def test_a_coverage_report_with_something_else_where_numbers_belong(
    key: str, items: list[str], part: int, most: int, tmp_path: Path
) -> None:
    path = tmp_path / "coverage.json"
    for item in items:
        values = ",".join([item] * (SIZE // part // (len(item) + 1)))
        path.write_text(json.dumps(COVERAGE).replace('"summary": {}', f'"{key}": [{values}]'))
        assert read_alone("coveragepy-json", path).peak < most, item


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
