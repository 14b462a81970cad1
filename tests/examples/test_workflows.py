"""The workflows: this project's own, and those that users copy."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import rig

ROOT = Path(__file__).resolve().parents[2]
OWN = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXAMPLES = sorted(p for p in (ROOT / "examples").glob("*.yml") if not p.name.startswith("policy-"))
ZIZMOR = ROOT / ".github" / "zizmor.yml"
ALL = [*OWN, *EXAMPLES]

WITHOUT_GATE = ("override.yml",)
"""They start what others judge."""

GRANTED = {"override.yml": {"actions": "write", "pull-requests": "read"}}
"""What the job of a workflow may do, where it is more than to read the contents."""

WITHOUT_CHECKOUT = ("fork-trusted.yml",)
"""They have nothing of the repository on the disk."""

JUDGING = [p for p in EXAMPLES if p.name not in WITHOUT_GATE]
every = pytest.mark.parametrize("path", ALL, ids=lambda p: p.name)
example = pytest.mark.parametrize("path", JUDGING, ids=lambda p: p.name)

PINNED = re.compile(r"uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$")
OWN_ACTIONS = ("sluicegate/sluicegate@v0", "./")
OURS = ("uses: sluicegate/sluicegate@v0", "uses: ./")


def steps(path: Path) -> Iterator[dict[str, Any]]:
    """Every step of a workflow, by GitHub's parser."""
    for job in rig.parse("workflow", path)["template"]["jobs"].values():
        yield from job.get("steps", ())


def gate_steps(path: Path) -> list[dict[str, Any]]:
    return [s for s in steps(path) if s.get("uses") in OWN_ACTIONS]


@every
def test_github_s_parser_finds_no_error(path: Path) -> None:
    assert rig.parse("workflow", path)["errors"] == []


@every
def test_actionlint_finds_nothing(path: Path) -> None:
    assert rig.lint(path) == []


@every
def test_the_schema_of_workflows_is_met(path: Path) -> None:
    tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*tool, str(path)], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [*ALL, ROOT / "action.yml"], ids=lambda p: p.name)
def test_zizmor_finds_nothing(path: Path, tmp_path: Path) -> None:
    place = tmp_path / (".github/workflows" if path.name != "action.yml" else "")
    place.mkdir(parents=True, exist_ok=True)
    copy = place / path.name
    copy.write_bytes(path.read_bytes())
    tool = Path(sys.executable).with_name("zizmor")
    options = ("--offline", "--no-progress", "--persona=pedantic", f"--config={ZIZMOR}")
    done = subprocess.run(
        [str(tool), *options, str(copy)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@every
def test_actions_of_others_are_pinned_with_their_version(path: Path) -> None:
    if path.name in WITHOUT_GATE:
        return
    lines = [line.strip(" -") for line in path.read_text(encoding="utf-8").splitlines()]
    uses = [line for line in lines if line.startswith("uses:")]
    assert uses
    for line in uses:
        assert line in OURS or PINNED.fullmatch(line), line


@every
def test_the_workflow_grants_nothing_and_each_job_what_it_says(path: Path) -> None:
    template = rig.parse("workflow", path)["template"]
    assert template["permissions"] == {}
    for job in template["jobs"].values():
        allowed = GRANTED.get(path.name, {"contents": "read"})
        assert "write" in job["permissions"].values() or job["permissions"] == allowed


@every
def test_a_job_that_may_write_runs_no_code_of_the_pull_request(path: Path) -> None:
    for job in rig.parse("workflow", path)["template"]["jobs"].values():
        if "write" not in job["permissions"].values() or path.name in WITHOUT_GATE:
            continue
        names = [step.get("uses", "run").partition("@")[0] for step in job["steps"]]
        assert set(names) <= {"actions/download-artifact", "sluicegate/sluicegate"}
        assert all({"report", "merge"} & s["with"].keys() for s in job["steps"] if s["uses"] in OWN_ACTIONS)


@every
def test_each_permission_has_its_reason(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    granted = [line for line in lines if re.match(r"\s+[a-z-]+: (read|write)\b", line)]
    assert granted
    assert [line for line in granted if not re.search(r"(read|write) # to \w+", line)] == []


@every
def test_checkouts_leave_no_credentials(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@example
def test_the_checkout_holds_the_base(path: Path) -> None:
    if path.name in WITHOUT_CHECKOUT:
        return
    depths = [
        s["with"]["fetch-depth"] for s in steps(path) if s.get("uses", "").startswith("actions/checkout@")
    ]
    assert depths
    assert set(depths) == {"2"}


@pytest.mark.parametrize("path", [*JUDGING, ROOT / ".github/workflows/ci.yml"], ids=lambda p: p.name)
def test_failing_tests_get_their_report(path: Path) -> None:
    first = gate_steps(path)[0]
    assert first["if"] in ({"$expression": "!cancelled()"}, "${{ !cancelled() }}", "!cancelled()")


@every
def test_the_gate_is_given_inputs_that_it_has(path: Path) -> None:
    known = rig.parse("action", ROOT / "action.yml")["template"]["inputs"].keys()
    for step in gate_steps(path):
        assert step.get("with", {}).keys() <= known


@every
def test_the_gate_is_asked_for_outputs_that_it_has(path: Path) -> None:
    known = rig.parse("action", ROOT / "action.yml")["template"]["outputs"].keys()
    asked = re.findall(r"steps\.gate\.outputs\.([\w-]+)", path.read_text(encoding="utf-8"))
    assert set(asked) <= known


def test_our_own_gate_uses_the_action_of_this_commit() -> None:
    assert [s["uses"] for s in gate_steps(ROOT / ".github/workflows/ci.yml")] == ["./", "./"]


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = rig.parse("workflow", ROOT / "examples" / name)["template"]
    return found


class TestTheForkPair:
    """What each half must hold; see docs/forks.md."""

    def test_the_half_that_runs_strangers_code_may_write_nothing_and_knows_no_secret(self) -> None:
        path = ROOT / "examples" / "fork-untrusted.yml"
        (job,) = workflow(path.name)["jobs"].values()
        assert job["permissions"] == {"contents": "read"}
        assert "pull_request_target" not in path.read_text(encoding="utf-8")
        assert "secrets" not in path.read_text(encoding="utf-8")

    def test_an_honest_run_with_failing_tests_ends_well_and_no_other_step_is_excused(self) -> None:
        found = list(steps(ROOT / "examples" / "fork-untrusted.yml"))
        excused = [s["name"] for s in found if "continue-on-error" in s]
        (gate,) = gate_steps(ROOT / "examples" / "fork-untrusted.yml")
        assert (excused, gate["with"]["warn-only"]) == (["Test"], "true")

    def test_no_hidden_file_is_uploaded_and_each_attempt_has_a_name(self) -> None:
        upload = list(steps(ROOT / "examples" / "fork-untrusted.yml"))[-1]["with"]
        assert "include-hidden-files" not in upload
        assert "run_attempt" in str(upload["name"])

    def test_the_half_that_may_write_has_nothing_on_the_disk_but_the_bundle(self) -> None:
        names = [
            s.get("uses", "run").partition("@")[0] for s in steps(ROOT / "examples" / "fork-trusted.yml")
        ]
        assert names == ["actions/download-artifact", "sluicegate/sluicegate"]

    def test_the_bundle_is_that_of_the_run_that_ended(self) -> None:
        download, judge = steps(ROOT / "examples" / "fork-trusted.yml")
        assert download["with"]["run-id"] == {"$expression": "github.event.workflow_run.id"}
        assert (download["continue-on-error"], judge["with"]["merge"]) in (
            (True, "bundles"),
            ("true", "bundles"),
        )

    def test_one_waits_for_the_other(self) -> None:
        trusted = workflow("fork-trusted.yml")
        (waits_for,) = trusted["on"]["workflow_run"]["workflows"]
        assert waits_for == workflow("fork-untrusted.yml")["name"]
        assert trusted["on"]["workflow_run"]["types"] == ["completed"]

    def test_the_shard_that_one_leaves_is_the_one_that_the_other_expects(self) -> None:
        (left,) = gate_steps(ROOT / "examples" / "fork-untrusted.yml")
        (judged,) = gate_steps(ROOT / "examples" / "fork-trusted.yml")
        assert Path(left["with"]["bundle"]).name == judged["with"]["expect"]
