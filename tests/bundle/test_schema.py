"""The schema of `bundle.json`: what is written is valid, and what it refuses the reader refuses too."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.bundle.layout import MANIFEST, bundle_schema
from sluicegate.bundle.read import open_bundle
from sluicegate.core.errors import EvidenceError
from support import bundles, coverage_reports
from support.examples import at_most

VALIDATOR = jsonschema.Draft202012Validator(bundle_schema())
FILES = {
    "reports/junit.xml": bundles.junit("+F"),
    "reports/coverage.xml": coverage_reports.cobertura({"src/a.py": "1+ 2-"}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundles.shard(tmp_path_factory.mktemp("bundles") / "s", FILES)


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return found


def refused(folder: Path, document: object) -> bool:
    (folder / MANIFEST).write_text(json.dumps(document), encoding="utf-8")
    try:
        open_bundle(folder)
    except EvidenceError:
        return True
    return False


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(bundle_schema())


def test_a_bundle_that_was_written_is_valid(manifest: dict[str, Any]) -> None:
    VALIDATOR.validate(manifest)


def test_a_bundle_with_everything_is_valid(manifest: dict[str, Any], folder: Path) -> None:
    full = manifest | {
        "version": "1.0",
        "run": {"id": 7, "attempt": 2},
        "problems": {"tests": [{"message": "no", "path": "a.xml", "remedy": "Look."}]},
        "absent": {"coverage": "nothing"},
        "passed_over": [["a.xml", "old"]],
        "notices": [{"level": "info", "code": "x", "message": "y"}],
    }
    VALIDATOR.validate(full)
    assert not refused(folder, full)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], "sluicegate.bundle/2"),
        (["shard"], "../x"),
        (["gates"], "tests"),
        (["extra"], 1),
        (["files"], []),
        (["files", 0, "name"], "/etc/passwd"),
        (["files", 0, "kind"], "code"),
        (["files", 0, "size"], -1),
        (["files", 0, "size"], 1 << 60),
        (["files", 0, "extra"], ""),
        (["commit", "head"], 7),
        (["run"], {"id": -1}),
        (["passed_over"], [["a"]]),
        (["absent"], {"a": None}),
        (["notices"], [{}]),
    ],
)
def test_what_the_schema_refuses_the_reader_refuses(
    manifest: dict[str, Any], folder: Path, path: list[str | int], value: object
) -> None:
    changed = set_at(manifest, path, value)
    assert not VALIDATOR.is_valid(changed)
    assert refused(folder, changed)


def set_at(document: dict[str, Any], path: list[str | int], value: object) -> dict[str, Any]:
    """A copy with another value at a place."""
    changed = copy.deepcopy(document)
    node: Any = changed
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return changed


TEXTS = st.text(max_size=5)
PLAIN = st.none() | st.booleans() | st.integers(-3, 1 << 54) | st.floats(allow_nan=False) | TEXTS
VALUES = PLAIN | st.lists(TEXTS, max_size=2) | st.dictionaries(TEXTS, TEXTS, max_size=2)
TOP = ("schema", "shard", "gates", "files", "run", "commit", "problems", "absent", "passed_over", "new")
OF_A_FILE = ("name", "kind", "sha256", "size", "path", "also", "suite", "new")
PLACES = st.sampled_from(
    [*([key] for key in TOP), ["gates", 0], ["commit", "dirty"], *(["files", 4, key] for key in OF_A_FILE)]
)


@given(PLACES, VALUES)
@settings(max_examples=at_most(150), deadline=None)
def test_whatever_the_schema_refuses_the_reader_refuses(
    manifest: dict[str, Any], folder: Path, path: list[str | int], value: object
) -> None:
    changed = set_at(manifest, path, value)
    assert VALIDATOR.is_valid(changed) or refused(folder, changed)
