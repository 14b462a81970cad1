"""Thresholds that a project's tools hold: what is found, and what the policy makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.statuses import Otherwise
from sluicegate.criteria import Criterion
from sluicegate.policy.model import Policy
from sluicegate.starter.plan import found, plan
from sluicegate.starter.thresholds import find_thresholds
from support.policies import policy
from support.starter import KINDS, POLICY, PYPROJECT, look, run_of_tests, write


def criteria_of(judged: Policy, name: str) -> tuple[Criterion, ...]:
    """The criteria of a gate."""
    gate = judged.gate(name)
    assert gate is not None
    return gate.criteria


PROJECT_CODECOV = "coverage:\n  status:\n    project:\n      default: {target: %s}\n"
NEXT_CONFIG = "export default {\n  coverageThreshold: {\n    global: {\n      lines: 71, // soon 80\n    },\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": "[tool.coverage.report]\nfail_under = 90\n"}, ["total >= 90%"]),
        ({".coveragerc": "[report]\nfail_under = 87.5\n"}, ["total >= 87.5%"]),
        ({"setup.cfg": "[coverage:report]\nfail_under = 100\n"}, ["total >= 100%"]),
        ({"pyproject.toml": "[tool.coverage.report]\nfail_under = 0\n"}, []),
        ({"pyproject.toml": "[tool.coverage.report]\nfail_under = true\n"}, []),
        ({"pytest.ini": "[pytest]\naddopts = -ra --cov-fail-under=75\n"}, ["total >= 75%"]),
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['--cov-fail-under 60']\n"},
            ["total >= 60%"],
        ),
        (
            {"pyproject.toml": "[tool.ruff.lint]\nselect = ['C901']\nmccabe.max-complexity = 8\n"},
            ["max_cyclomatic <= 8"],
        ),
        (
            {"ruff.toml": "lint.extend-select = ['C90']\nlint.mccabe.max-complexity = 8\n"},
            ["max_cyclomatic <= 8"],
        ),
        ({"pyproject.toml": "[tool.ruff.lint]\nmccabe.max-complexity = 8\n"}, []),  # the rule is off
        ({".flake8": "[flake8]\nmax-complexity = 11\n"}, ["max_cyclomatic <= 11"]),
        ({"tox.ini": "[flake8]\nmax-complexity = -1\n"}, []),
        ({"pyproject.toml": "[tool.interrogate]\nfail-under = 95\n"}, ["documented >= 95%"]),
        ({"pyproject.toml": "[tool.interrogate]\nfail-under = 95\nwhitelist-regex = ['test_.*']\n"}, []),
        (
            {"package.json": '{"jest": {"coverageThreshold": {"global": {"lines": 70, "branches": 60}}}}'},
            ["line >= 70%", "branch >= 60%"],
        ),
        (
            {"jest.config.ts": NEXT_CONFIG},
            ["line >= 71%"],
        ),
        ({"jest.config.js": "module.exports = { coverageThreshold: { './src/': { lines: 71 } } }"}, []),
        (
            {"vitest.config.ts": "coverage: { thresholds: { lines: 85, 'branches': 70.5 } }"},
            ["line >= 85%", "branch >= 70.5%"],
        ),
        ({"vite.config.js": "thresholds: { 100: true }"}, ["line >= 100%", "branch >= 100%"]),
        ({"vitest.config.ts": "// thresholds: { lines: 85 }\n"}, []),
        ({"codecov.yml": PROJECT_CODECOV % "85%"}, ["total >= 85%"]),
        ({".codecov.yml": PROJECT_CODECOV % "auto, threshold: 1%"}, ["total >= baseline - 1pp"]),
        ({".github/codecov.yml": PROJECT_CODECOV % "auto"}, ["total >= baseline"]),
        (
            {"codecov.yml": "coverage:\n  status:\n    patch:\n      default: {target: 70%}\n"},
            ["patch.total >= 70%"],
        ),
        ({"codecov.yml": "coverage:\n  status:\n    project: off\n"}, []),
        ({"codecov.yml": ": ["}, []),
        (
            {
                "pyproject.toml": "[tool.coverage.report]\nfail_under = 90\n",
                "codecov.yml": PROJECT_CODECOV % "85%",
            },
            ["total >= 90%"],  # the tool's own goes before the service's
        ),
    ],
)
def test_thresholds_are_found(tmp_path: Path, files: Mapping[str, str], expected: list[str]) -> None:
    assert [t.expect for t in find_thresholds(write(tmp_path, files))] == expected


@pytest.mark.parametrize(
    "name", ["codecov.yml", "vitest.config.ts", "jest.config.js", ".flake8", "setup.cfg"]
)
@given(
    data=st.one_of(
        st.binary(max_size=80),
        st.text(alphabet="thresholds: {}100lines,'\"/*\n", max_size=80).map(str.encode),
    )
)
@settings(deadline=None, max_examples=40)
def test_whatever_a_file_holds_every_threshold_is_one_of_the_policy(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / name).write_bytes(data)
    write(root, KINDS["pip"])
    policy(plan(look(root, {}), "standard", "main")[POLICY])


@pytest.mark.parametrize("preset", ["standard", "strict", "legacy"])
@pytest.mark.parametrize("kind", ["thresholds", "thresholds-javascript"])
def test_a_kept_threshold_is_what_the_policy_asks_for(tmp_path: Path, kind: str, preset: str) -> None:
    project = look(tmp_path, KINDS[kind])
    judged = policy(plan(project, preset, "main")[POLICY])
    for threshold in filter(lambda t: t.gate in ("coverage", "docs"), project.thresholds):
        criteria = [c for c in criteria_of(judged, threshold.gate) if c.expect == threshold.expect]
        assert [c.otherwise for c in criteria] == [Otherwise.WARN if threshold.warns else Otherwise.BLOCK]


@pytest.mark.parametrize("preset", ["standard", "strict", "legacy"])
def test_a_kept_maximum_of_complexity_replaces_every_number_of_the_preset(
    tmp_path: Path, preset: str
) -> None:
    judged = policy(plan(look(tmp_path, KINDS["thresholds"]), preset, "main")[POLICY])
    texts = [c.expect for c in criteria_of(judged, "complexity") if "baseline" not in c.expect]
    plain = [t for t in texts if t.split()[0].endswith("max_cyclomatic")]
    assert plain
    assert all(t.endswith("max_cyclomatic <= 12") for t in plain)


def test_a_lower_threshold_of_javascript_is_not_raised_by_the_preset(tmp_path: Path) -> None:
    judged = policy(plan(look(tmp_path, KINDS["thresholds-javascript"]), "standard", "main")[POLICY])
    assert [c.expect for c in criteria_of(judged, "coverage")][:2] == ["line >= 85%", "branch >= 70.5%"]
    assert not [c for c in criteria_of(judged, "coverage") if c.expect.startswith("total ")]


def test_what_is_kept_and_what_is_not_is_said(tmp_path: Path) -> None:
    said = found(look(tmp_path, KINDS["thresholds-javascript"])).splitlines()
    assert "kept coverage: line >= 85% (lines: thresholds in vitest.config.ts)" in said
    assert "not kept: functions of thresholds in vitest.config.ts, which no gate measures" in said


def test_a_threshold_holds_for_what_was_measured_so_far(tmp_path: Path) -> None:
    own = {"pyproject.toml": PYPROJECT + "[tool.coverage.report]\nfail_under = 90\n", "tests/test_x.py": ""}
    assert "--cov-branch" not in run_of_tests(tmp_path / "a", own)
    assert "--cov-branch" in run_of_tests(tmp_path / "b", {**own, "pyproject.toml": PYPROJECT})
