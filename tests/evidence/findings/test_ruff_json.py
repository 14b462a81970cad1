import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import EvidenceError
from sluicegate.core.model import Severity
from sluicegate.evidence.findings.ruff_json import READER, matches, read
from sluicegate.evidence.records import FindingsRecord
from support.examples import at_most
from support.results import mutate, survives

fuzzing = settings(
    max_examples=at_most(80), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def diagnostic(**changes: Any) -> dict[str, Any]:
    return {
        "code": "F821",
        "filename": "/home/me/src/a.py",
        "location": {"row": 3, "column": 1},
        "end_location": {"row": 4, "column": 1},
        "message": "Undefined name `x`",
        "noqa_row": 3,
        "severity": "error",
        "url": "https://docs.astral.sh/ruff/rules/undefined-name",
    } | changes


def reading(folder: Path, contents: object) -> FindingsRecord:
    path = folder / "ruff.json"
    path.write_bytes(contents if isinstance(contents, bytes) else json.dumps(contents).encode())
    return read(path, "ruff.json")


def test_reads_a_diagnostic(tmp_path: Path) -> None:
    record = reading(tmp_path, [diagnostic()])
    (finding,) = record.lint
    assert (finding.rule, finding.path, finding.line, finding.end_line) == ("F821", "/home/me/src/a.py", 3, 4)
    assert (finding.severity, finding.tool, record.security) == (Severity.CRITICAL, "ruff", ())


def test_an_empty_array_has_no_findings(tmp_path: Path) -> None:
    assert reading(tmp_path, []).lint == ()


@pytest.mark.parametrize("changes", [{"code": None}, {"code": "invalid-syntax"}])
def test_a_syntax_error_is_critical(tmp_path: Path, changes: dict[str, Any]) -> None:
    (finding,) = reading(tmp_path, [diagnostic(**changes)]).lint
    assert (finding.rule, finding.severity) == ("invalid-syntax", Severity.CRITICAL)


@pytest.mark.parametrize(
    "contents", [{}, [1], [{}], [diagnostic(filename=None)], [diagnostic(message="")], b"[", b""]
)
def test_refuses_what_is_not_ruffs(tmp_path: Path, contents: object) -> None:
    with pytest.raises(EvidenceError) as caught:
        reading(tmp_path, contents)
    assert caught.value.where == "ruff.json"


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("ruff.json", b"[]", True),
        ("ruff-report.json", b" [ ]\n", True),
        ("results.json", b"[]", False),
        ("results.json", json.dumps([diagnostic()]).encode(), True),
        ("results.json", b'[{"code": "F821", "message": ""', False),
        ("ruff.json", b'[{"cell": null, "code": "F821", "fix": {"edits": "', True),
        ("ruff.json", b'{"code": 1}', False),
        ("ruff.json", b"", False),
    ],
)
def test_claims_only_what_is_ruffs(name: str, head: bytes, expected: bool) -> None:
    assert READER.matches(name, head) is expected


def test_reads_what_ruff_writes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\nprint(undefined)\n")
    (tmp_path / "b.py").write_text("def f(:\n")
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    command = [ruff, "check", "--isolated", "--no-cache", "--select", "F", "--output-format", "json", "."]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout
    assert matches("any.json", output[:4096])
    found = {(f.rule, Path(f.path).name, f.severity) for f in reading(tmp_path, output).lint}
    assert {
        ("F401", "a.py", Severity.HIGH),
        ("F821", "a.py", Severity.CRITICAL),
        ("invalid-syntax", "b.py", Severity.CRITICAL),
    } <= found


@given(st.binary(max_size=200))
@fuzzing
def test_any_bytes_give_a_record_or_our_error(tmp_path: Path, data: bytes) -> None:
    matches("ruff.json", data)
    survives(lambda: reading(tmp_path, data), "ruff.json")


@given(st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=6)), min_size=1, max_size=4))
@fuzzing
def test_a_damaged_file_gives_a_record_or_our_error(tmp_path: Path, edits: list[tuple[int, bytes]]) -> None:
    good = json.dumps([diagnostic(), diagnostic(code="E501")]).encode()
    survives(lambda: reading(tmp_path, mutate(good, edits)), "ruff.json")
