"""Kept results: a warm run gives what a cold one gives, whatever happened in between."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from sluicegate.core.model import Finding, Severity
from sluicegate.engines import cache, pool
from sluicegate.engines.analyse import Analysis, analyse
from sluicegate.engines.interface import Workspace
from sluicegate.engines.worker import FileResult, WorkerJob
from sluicegate.runtime.caches import folder
from support import needs
from support.sources import silent, workspace

ALL = {"bandit", "complexity", "docs"}
FILES = {
    "a.py": "def f(x):\n    return eval(x) if x else 1\n",
    "b.py": '"""B."""\nclass C:\n    def m(self): assert self or 1\n',
    "c.py": "import pickle\n\ndef g(x):\n    return pickle.loads(x)\n",
}


@pytest.fixture(autouse=True)
def _even_few_sources_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PARALLEL_BYTES", 0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "caches" / "sluicegate"


def given(tmp_path: Path, place: Path | None, base: dict[str, str] | None = None) -> Workspace:
    found = workspace(tmp_path / "repo", FILES, base)
    return replace(found, cache=place)


def run(workspace: Workspace, *wanted: str) -> Analysis:
    return analyse(workspace, set(wanted) or ALL, silent)


def looked_at(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, *wanted: str) -> list[str]:
    """The files that a run does not take from the cache."""
    seen: list[str] = []
    real = pool.run

    def spy(job: WorkerJob, tasks: list[pool.Sized], *rest: Any) -> dict[str, FileResult]:
        seen.extend(task.path for _, task in tasks)
        return real(job, tasks, *rest)

    monkeypatch.setattr(pool, "run", spy)
    run(workspace, *wanted)
    return seen


def kept(place: Path) -> Path:
    (file,) = place.iterdir()
    return file


@pytest.mark.parametrize("base", [None, FILES, {**FILES, "a.py": "def f(x): pass\n"}, {}])
def test_a_warm_run_gives_what_a_cold_one_gives(
    tmp_path: Path, place: Path, base: dict[str, str] | None
) -> None:
    cold = run(given(tmp_path, None, base))
    assert run(given(tmp_path, place, base)) == cold
    assert run(given(tmp_path, place, base)) == cold


def test_results_hold_whatever_the_next_run_compares_with(tmp_path: Path, place: Path) -> None:
    run(given(tmp_path, place, FILES))
    assert run(given(tmp_path, place)) == run(given(tmp_path, None))
    assert run(given(tmp_path, place, FILES)) == run(given(tmp_path, None, FILES))


def test_a_warm_run_looks_at_nothing(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(given(tmp_path, place))
    assert looked_at(given(tmp_path, place), monkeypatch) == []


def test_an_edited_file_is_looked_at_again(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(given(tmp_path, place))
    edited = given(tmp_path, place)
    before = (edited.root / "a.py").stat()
    text = dedent(FILES["a.py"]).replace("1", "2")
    (edited.root / "a.py").write_text(text)
    os.utime(edited.root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert looked_at(edited, monkeypatch) == ["a.py"]


def test_a_file_that_the_change_touches_is_looked_at(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(given(tmp_path, place, FILES))
    touched = given(tmp_path, place, {**FILES, "b.py": ""})
    assert looked_at(touched, monkeypatch) == ["b.py"]


def test_other_engines_have_results_of_their_own(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(given(tmp_path, place), "complexity")
    assert looked_at(given(tmp_path, place), monkeypatch, "docs") == sorted(FILES)


def test_other_settings_of_bandit_have_results_of_their_own(tmp_path: Path, place: Path) -> None:
    root = given(tmp_path, place).root
    (root / "bandit.yaml").write_text("skips: [B307]\n")
    assert [f.rule for f in findings(given(tmp_path, place))] == ["B101", "B403", "B301"]
    (root / "bandit.yaml").write_text("skips: [B301]\n")
    assert [f.rule for f in findings(given(tmp_path, place))] == ["B307", "B101", "B403"]


def findings(given: Workspace) -> list[Finding]:
    record = run(given).bandit
    assert record is not None
    return list(record.security)


def test_a_rule_of_ours_and_a_password_are_kept_as_they_were_found(tmp_path: Path, place: Path) -> None:
    here = given(tmp_path, place)
    (here.root / "a.py").write_text("x.check_hostname = False\npassword = 'hunter2Correct9Horse'\n")
    cold = findings(here)
    assert [(f.rule, f.tool, f.severity) for f in cold[:2]] == [
        ("SG101", "sluicegate", Severity.MEDIUM),
        ("B105", "bandit", Severity.MEDIUM),
    ]
    assert findings(here) == cold


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:100] + b"x" + data[101:],
        lambda data: b"\xff" * 1000,
    ],
    ids=["empty", "cut", "one byte", "binary"],
)
def test_a_damaged_file_of_results_counts_as_absent(
    tmp_path: Path, place: Path, damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(given(tmp_path, place))
    file = kept(place)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert looked_at(given(tmp_path, place), monkeypatch) == sorted(FILES)
    assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert run(given(tmp_path, tmp_path / "file" / "sluicegate")) == run(given(tmp_path, None))


def test_a_file_that_does_not_parse_stays_a_problem(tmp_path: Path, place: Path) -> None:
    broken = given(tmp_path, place)
    (broken.root / "a.py").write_text("def f(:")
    for _ in range(2):
        record = run(broken).complexity
        assert record is not None
        assert [p.path for p in record.problems] == ["a.py"]


def test_the_number_of_files_is_bounded_and_the_oldest_go(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_MAX_FILES", 3)
    place.mkdir(parents=True)
    for n in range(5):
        (place / f"{n}.results").touch()
        os.utime(place / f"{n}.results", (n, n))
    run(given(tmp_path, place))
    assert len(list(place.iterdir())) == 3
    assert {"3.results", "4.results"} < {file.name for file in place.iterdir()}


def test_results_that_are_too_large_are_not_kept(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_MAX_BYTES", 100)
    run(given(tmp_path, place))
    assert not place.exists()


def test_many_runs_at_once_leave_one_whole_file(tmp_path: Path, place: Path) -> None:
    expected = run(given(tmp_path, None))
    here = given(tmp_path, place)
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: run(here, "complexity").complexity, range(8))) == {
            expected.complexity
        }
    assert run(here, "complexity").complexity == expected.complexity
    assert kept(place).suffix == ".results"


# --- where ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HOME": "/h", "SLUICEGATE_CACHE": "/c"}, "/c"),
        ({"HOME": "/h", "SLUICEGATE_CACHE": "/c", "CI": "true"}, "/c"),
        ({"HOME": "/h", "SLUICEGATE_CACHE": "off"}, None),
        ({"HOME": "/h", "SLUICEGATE_CACHE": ""}, None),
        ({"HOME": "/h", "SLUICEGATE_CACHE": "in/the/checkout"}, None),
        ({"HOME": "/h", "CI": "true"}, None),
        ({"HOME": "/h", "GITHUB_ACTIONS": "true"}, None),
        ({}, None),
    ],
)
def test_where_results_are_kept(environment: dict[str, str], expected: str | None) -> None:
    assert folder(environment) == (Path(expected) if expected else None)


@needs.linux
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HOME": "/h"}, "/h/.cache/sluicegate"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/sluicegate"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "x"}, None),
    ],
)
def test_a_users_results_are_kept_with_the_users_caches(
    environment: dict[str, str], expected: str | None
) -> None:
    assert folder(environment) == (Path(expected) if expected else None)


def rewritten(file: Path, change: Callable[[Any], Any]) -> None:
    """Change the results in a file, which stays whole."""
    body = json.dumps(change(json.loads(file.read_bytes()[64:]))).encode()
    file.write_bytes(hashlib.sha256(body).hexdigest().encode() + body)


def everywhere(value: Any) -> Callable[[Any], Any]:
    """A change: each file has this in place of its results."""
    return lambda kept: {path: value(entry) if callable(value) else value for path, entry in kept.items()}


SHAPES: dict[str, Callable[[Any], Any]] = {
    "a list": lambda _kept: [],
    "a number": lambda _kept: 7,
    "no entry": everywhere(None),
    "a short entry": everywhere(lambda e: e[:3]),
    "a number for a digest": everywhere(lambda e: [7, *e[1:]]),
    "functions of texts": everywhere(lambda e: [e[0], ["f", "g"], *e[2:]]),
    "a function at line true": everywhere(lambda e: [e[0], [["f", True, 1, 1]], *e[2:]]),
    "a function at an absurd line": everywhere(lambda e: [e[0], [["f", 10**30, 1, 1]], *e[2:]]),
    "a negative complexity": everywhere(lambda e: [e[0], [["f", 1, 1, -1]], *e[2:]]),
    "a name too many": everywhere(lambda e: [*e[:2], [["f", "function", 1, True, None]], *e[3:]]),
    "an issue of nothing": everywhere(lambda e: [*e[:3], [[]], e[4]]),
    "an issue of an unknown severity": everywhere(
        lambda e: [*e[:3], [["B1", "awful", "text", 1, 1, "mark", "u"]], e[4]]
    ),
    "an issue of lists": everywhere(lambda e: [*e[:3], [["B1", [], {}, 1, 1, "mark", "u"]], e[4]]),
    "failures of text": everywhere(lambda e: [*e[:4], "no"]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_whole_results_of_another_shape_count_as_absent(tmp_path: Path, place: Path, name: str) -> None:
    cold = run(given(tmp_path, place))
    rewritten(kept(place), SHAPES[name])
    assert run(given(tmp_path, place)) == cold
    assert run(given(tmp_path, place)) == cold


@needs.linux
def test_results_in_another_s_place_count_as_absent(tmp_path: Path, place: Path) -> None:
    cold = run(given(tmp_path, place))
    file = kept(place)
    for stand_in in (os.mkfifo, partial(os.symlink, "/dev/zero"), partial(os.symlink, "missing"), os.mkdir):
        file.unlink()
        stand_in(file)
        assert run(given(tmp_path, place)) == cold
