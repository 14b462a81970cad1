from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.engines import complexity
from sluicegate.engines.analyse import ENGINES, Analysis, analyse
from sluicegate.engines.complexity import Function
from sluicegate.evidence.analysed import FunctionState
from support.examples import at_most
from support.sources import Text, analysis, silent, workspace

VALID = b"""
'''Module.'''
import subprocess
class A:
    '''Class.'''
    def method(self, x=None):
        return [subprocess.call(y, shell=True) for y in x if y and x]  # nosec
"""


def problems(found: Analysis) -> set[tuple[str, str]]:
    assert found.bandit
    assert found.complexity
    assert found.docs
    records = (found.bandit, found.complexity, found.docs)
    said = {frozenset((p.path, p.message) for p in record.problems) for record in records}
    assert len(said) == 1
    return set(said.pop())


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_what_is_not_wanted_is_not_made(tmp_path: Path, engine: str) -> None:
    found = analysis(workspace(tmp_path, {"a.py": "x = 1\n"}), engine)
    made = {name for name in ENGINES if getattr(found, name) is not None}
    assert made == {engine}


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bandid"):
        analysis(workspace(tmp_path, {}), "bandid")


def test_no_files_give_empty_records(tmp_path: Path) -> None:
    found = analysis(workspace(tmp_path, {}), *ENGINES)
    assert found.complexity is not None
    assert (found.complexity.functions, problems(found)) == ((), set())


def test_progress_begins_at_nothing_and_ends_with_everything(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    given = workspace(tmp_path, {"a.py": "x = 1\n", "b.py": "y = 1\n"})
    analyse(given, {"docs"}, lambda *args: told.append(args))
    assert told == [("Analysing Python sources", done, 2) for done in (0, 1, 2)]


def test_only_changed_files_are_looked_up_in_the_base(tmp_path: Path) -> None:
    given = workspace(tmp_path, {"a.py": "x = 1\n", "b.py": "y = 1\n"}, {"a.py": "x = 1\n", "b.py": ""})
    asked: list[str] = []

    def base_text(path: str) -> bytes | None:
        asked.append(path)
        return given.base_text(path)

    watched = type(given)(given.root, given.files, given.change, base_text)
    analyse(watched, {"complexity", "docs", "bandit"}, silent)
    assert asked == ["b.py"]


def test_a_file_that_cannot_be_read_is_a_problem_of_every_engine(tmp_path: Path) -> None:
    given = workspace(tmp_path, {"a.py": "x = 1\n", "b.py": "def f(): pass\n"})
    (tmp_path / "a.py").unlink()
    found = analyse(given, ENGINES, silent)
    assert problems(found) == {("a.py", "is not on the disk")}
    assert found.complexity is not None
    assert [f.name for f in found.complexity.functions] == ["f"]


def _too_deep(_: ast.Module) -> list[Function]:
    raise RecursionError


def test_a_tree_that_is_too_deep_to_walk_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complexity, "functions", _too_deep)
    found = analysis(workspace(tmp_path, {"a.py": "def f(): pass\n"}), "complexity").complexity
    assert found is not None
    assert [p.message for p in found.problems] == ["cannot be analysed: it nests too deeply"]


def test_settings_that_bandit_refuses_leave_the_other_engines_standing(tmp_path: Path) -> None:
    given = workspace(tmp_path, {"bandit.yaml": "[[", "a.py": "def f(): pass\n"})
    found = analysis(given, *ENGINES)
    assert found.bandit is not None
    assert found.bandit.problems
    assert found.complexity is not None
    assert found.complexity.problems == ()


def test_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    given = workspace(tmp_path, {"a.py": "def f(): pass\n"})
    twice = type(given)(given.root, ("a.py", "a.py"), given.change, given.base_text)
    found = analysis(twice, "complexity").complexity
    assert found is not None
    assert len(found.functions) == 1


def test_all_engines_see_one_file(tmp_path: Path) -> None:
    head: dict[str, Text] = {"pkg/a.py": VALID}
    found = analysis(workspace(tmp_path, head, {}), *ENGINES)
    assert found.complexity is not None
    assert [(f.name, f.complexity, f.state) for f in found.complexity.functions] == [
        ("A.method", 4, FunctionState.NEW)
    ]
    assert found.docs is not None
    assert [(n.name, n.documented, n.new) for n in found.docs.names] == [
        ("pkg.a", True, True),
        ("A", True, True),
        ("A.method", False, True),
    ]
    assert found.bandit is not None
    assert [(f.rule, f.new) for f in found.bandit.security] == [("B404", True)]
    assert found.changes is not None
    assert [s.kind for s in found.changes.suppressions] == ["nosec"]


@settings(
    max_examples=at_most(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=80), st.integers(0, len(VALID)), st.integers(0, 40))
def test_any_bytes_give_records(tmp_path: Path, noise: bytes, at: int, length: int) -> None:
    damaged = VALID[:at] + noise + VALID[at + length :]
    found = analysis(workspace(tmp_path, {"a.py": damaged, "b.py": noise}, {"a.py": VALID}), *ENGINES)
    assert {path for path, _ in problems(found)} <= {"a.py", "b.py"}
