"""Both halves of a fork's pull request, through `action.yml`, and bundles that a stranger forged."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from sluicegate.bundle.layout import MANIFEST
from sluicegate.core.statuses import ReportStatus
from sluicegate.github.publish.outcome import Channel, OutcomeKind
from sluicegate.github.publish.settings import CommentMode, PublishSettings
from support import reports as r
from support.bundles import forge, forge_part
from support.composite import Result
from support.forks import Fork, fork_of, serving
from support.githubapi import REPOSITORY
from support.hostile import HOSTILE
from support.publishing import at, publish
from support.pullrequest import git
from support.uses import BAD, GOOD, Project, shown

pytestmark = pytest.mark.slow

R = f"/repos/{REPOSITORY}"
Forging = Callable[[Path], object]
"""Changes a bundle as a stranger can, who writes every byte of it."""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> tuple[Project, Path]:
    """The pull request, and the bundle that the fork's own run left of good evidence."""
    project = fork_of(tmp_path_factory.mktemp("fork"), environment)
    with serving(project) as made:
        return project, made.measure(GOOD)


@pytest.fixture
def fork(measured: tuple[Project, Path], tmp_path: Path) -> Iterator[Fork]:
    project = replace(measured[0], root=tmp_path)
    (tmp_path / "served").symlink_to(measured[0].root / "served")
    with serving(project) as made:
        yield made


@pytest.fixture
def bundle(measured: tuple[Project, Path], tmp_path: Path) -> Path:
    """A copy of the good bundle, to be forged."""
    return Path(shutil.copytree(measured[1], tmp_path / "pr"))


def body(fork: Fork) -> str:
    """The one comment."""
    (comment,) = fork.hub.comments
    text: str = comment["body"]
    return text


def assert_nothing_else(fork: Fork, result: Result) -> None:
    """Nothing was written but the comment on this pull request and the status on its head."""
    allowed = {f"{R}/issues/7/comments", f"{R}/statuses/{fork.pull.head}"}
    assert {c.path for c in fork.hub.writes()} <= allowed, shown(result)
    assert (dict(result.environment), list(result.path)) == ({}, [])
    assert fork.token not in result.log + result.summary + "".join(c["body"] for c in fork.hub.comments)


@pytest.fixture(scope="module")
def judged(
    measured: tuple[Project, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Fork, Result]]:
    """The good bundle judged, which several tests look at."""
    root = tmp_path_factory.mktemp("judged")
    (root / "served").symlink_to(measured[0].root / "served")
    with serving(replace(measured[0], root=root)) as made:
        yield made, made.judge(measured[1])


def test_good_evidence_is_a_success_that_is_labelled(judged: tuple[Fork, Result]) -> None:
    fork, result = judged
    assert (result.conclusion, result.exit_code, fork.statuses()) == ("success", 0, ["success"]), shown(
        result
    )
    assert result.outputs["patch-coverage"] == "100"
    assert "measured by the fork's own run (run 77, attempt 1)" in body(fork)
    assert f"[The run that measured this]({fork.git_url}/{REPOSITORY}/actions/runs/77)" in body(fork)
    assert_nothing_else(fork, result)


def test_bad_evidence_blocks_with_the_failing_case_and_the_lines(fork: Fork) -> None:
    result = fork.judge(fork.left(BAD), check_run="true")
    assert (result.exit_code, fork.statuses()) == (1, ["failure"]), shown(result)
    assert "t.bad0 failed" in body(fork)
    assert result.commands("error") == [], "annotations of this run would stand on another commit"
    # Lines 8 and 10 of the test merge are 6 and 8 of the head: the base put two lines in front.
    there = [a for a in fork.hub.annotations[fork.hub.checks[0]["id"]] if a["path"] == "src/app.py"]
    assert {a["start_line"] for a in there} == {6, 8}


def test_a_run_that_failed_is_blocked_however_good_its_evidence(fork: Fork, bundle: Path) -> None:
    result = fork.judge(bundle, payload=fork.payload(conclusion="cancelled"))
    assert (result.exit_code, fork.statuses()) == (1, ["failure"]), shown(result)
    assert "ended with 'cancelled'" in body(fork)


def test_a_run_that_left_nothing_is_blocked_and_not_silent(fork: Fork) -> None:
    result = fork.judge(payload=fork.payload(conclusion="failure"), expect="pr")
    assert (result.exit_code, fork.statuses()) == (1, ["failure"]), shown(result)
    assert "the run left no bundle" in body(fork)


def test_an_older_commit_s_run_leaves_the_comment_alone(fork: Fork, bundle: Path) -> None:
    first = fork.pull.head
    fork.hub.head = "e" * 40
    result = fork.judge(bundle, payload=fork.payload(head=first))
    assert (fork.hub.comments, fork.statuses(first)) == ([], ["success"]), shown(result)


def test_a_commit_of_this_repository_gets_no_status(fork: Fork, bundle: Path) -> None:
    git(fork.pull.remote, "update-ref", "refs/heads/release", fork.pull.head)
    try:
        result = fork.judge(bundle, check_run="true")
    finally:
        git(fork.pull.remote, "update-ref", "-d", "refs/heads/release")
    assert (fork.statuses(), fork.hub.checks) == ([], []), shown(result)
    assert "the tip of the branch `release`" in body(fork)


def test_a_fork_s_evidence_leaves_the_status_of_the_repository_s_own_run(fork: Fork, bundle: Path) -> None:
    head = fork.pull.head
    own = publish(fork.hub, at(r.blocked(), head), settings=PublishSettings(CommentMode.NEVER, status=True))
    assert own[Channel.STATUS].kind is OutcomeKind.CREATED
    result = fork.judge(bundle)
    assert (result.exit_code, fork.statuses()) == (0, ["failure"]), shown(result)


def test_the_status_of_a_fork_s_evidence_says_so_in_its_address(judged: tuple[Fork, Result]) -> None:
    fork, _ = judged
    (status,) = fork.hub.statuses[fork.pull.head]
    assert status["context"] == "sluicegate/gate"
    assert status["target_url"].endswith("?pr=7&measured=fork")


def test_a_report_that_a_fork_made_is_not_published(fork: Fork, bundle: Path) -> None:
    result = fork.job(bundle).run(report="report.json", merge="")
    assert (result.exit_code, fork.hub.writes()) == (2, []), shown(result)
    assert "its content is not trusted" in result.commands("error")[0]


# --- forged bundles ----------------------------------------------------------------------------


def first_file(**values: object) -> Forging:
    """Changes what the manifest says of the first file of evidence."""

    def change(manifest: dict[str, Any]) -> None:
        next(f for f in manifest["files"] if f["name"].startswith("e")).update(values)

    return lambda folder: forge(folder, change)


def manifest(**values: object) -> Forging:
    """Changes the manifest."""
    return lambda folder: forge(folder, lambda document: document.update(values))


def link(name: str, target: str) -> Forging:
    """Puts a link in place of a file."""

    def change(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return change


def content(name: str, data: bytes) -> Forging:
    """Replaces a file, and makes the manifest agree unless it is the manifest."""

    def change(folder: Path) -> None:
        if name == MANIFEST:
            (folder / name).write_bytes(data)
        else:
            forge_part(folder, name, data)

    return change


BROKEN: dict[str, Forging] = {
    "a path that leads out": first_file(name="../../../../etc/passwd"),
    "a link to a file": link("e0001.xml", "/etc/passwd"),
    "a link to the event": link("change.json", "../../../temp/_github_workflow/event.json"),
    "a manifest that is a link": link(MANIFEST, "/dev/zero"),
    "a manifest that is giant": content(MANIFEST, b" " * (17 * 1024**2)),
    "a manifest that is deep": content(MANIFEST, b"[" * 300_000),
    "a deep part": content("analysis.json", b'{"runs":' * 100_000),
    "a giant number of lines": content("change.json", b'{"change":{"files":{}},"x":' + b"9" * 5_000 + b"}"),
    "a verdict": manifest(verdict="PASS", status="PASS", gates_passed=True),
    "another run": manifest(run={"id": 78, "attempt": 1}),
    "a shard that is a command": manifest(shard="::set-output name=status::PASS"),
    "another commit": manifest(commit={"head": "HEAD", "tested": "$(touch x)", "base": "main"}),
}


@pytest.mark.parametrize("forging", BROKEN.values(), ids=BROKEN)
def test_a_forged_bundle_is_blocked(fork: Fork, bundle: Path, forging: Forging) -> None:
    forging(bundle)
    report = fork.check(bundle, expect=("pr",))
    assert report.status is ReportStatus.BLOCKED
    assert "root:" not in str(report)


THROUGH_THE_ACTION = (
    "a link to the event", "a shard that is a command",
    *(pytest.param(name, marks=pytest.mark.soak) for name in ("a deep part", "a verdict")),
)  # fmt: skip


@pytest.mark.parametrize("name", THROUGH_THE_ACTION)
def test_a_forged_bundle_is_no_success_and_changes_nothing_else(fork: Fork, bundle: Path, name: str) -> None:
    BROKEN[name](bundle)
    result = fork.judge(bundle, expect="pr")
    assert (result.exit_code, result.outputs["status"], fork.statuses()) == (1, "BLOCKED", ["failure"]), (
        shown(result)
    )
    assert "Sluicegate: blocked" in body(fork)
    assert "root:" not in body(fork) + result.log
    assert_nothing_else(fork, result)


def test_another_pull_request_s_evidence_is_none_about_this_one(fork: Fork, bundle: Path) -> None:
    theirs = {"head": fork.pull.base, "tested": fork.pull.base, "base": fork.pull.base}
    manifest(commit=theirs)(bundle)
    result = fork.judge(bundle)
    assert (result.outputs["status"], fork.statuses(), fork.statuses(fork.pull.base)) == (
        "BLOCKED", ["failure"], [],
    ), shown(result)  # fmt: skip
    assert "that was tested is neither" in body(fork)


def test_a_forged_change_is_not_looked_at(fork: Fork, bundle: Path) -> None:
    """The lines that no test runs are said not to have changed, and to be another file's."""
    forge_part(bundle, "change.json", {"reason": "nothing changed"})
    xml = (bundle / "e0001.xml").read_text(encoding="utf-8")
    forge_part(bundle, "e0001.xml", xml.replace('number="8" hits="1"', 'number="8" hits="0"').encode())
    result = fork.judge(bundle)
    assert result.outputs["patch-coverage"] == "50", shown(result)


def hostile_junit() -> bytes:
    """Results whose every text is an attacker's, as far as XML can hold it."""
    plain = [re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", t) for t in HOSTILE]
    cases = "".join(
        f'<testcase classname={quoteattr(t)} name={quoteattr(t)} file={quoteattr(t)} time="1">'
        f"<failure message={quoteattr(t)}>{escape(t)}\n::error::x\n</failure></testcase>"
        for t in plain
    )
    suite = f'<testsuite name={quoteattr(plain[0])} tests="{len(plain)}">{cases}</testsuite>'
    return suite.encode()


def test_texts_of_an_attacker_stay_texts(fork: Fork, bundle: Path) -> None:
    document = json.loads((bundle / MANIFEST).read_bytes())
    junit = next(f["name"] for f in document["files"] if f["kind"] == "tests")
    forge_part(bundle, junit, hostile_junit())
    forge(
        bundle, lambda m: m.update(notices=[{"level": "warning", "code": "x", "message": t} for t in HOSTILE])
    )
    result = fork.judge(bundle)
    text = body(fork)
    assert result.outputs["status"] == "BLOCKED", shown(result)
    rest = re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", text)  # traces of tests stand in code blocks
    assert not re.search(r"<script|<img|(?<![\w`])@everyone|\]\(http://e\.x|(?<![\w`])https://evil", rest)
    assert "\x1b[31mred" not in result.log
    assert "\u202e" not in result.log + text
    assert [c for c in result.commands("error") + result.commands("warning") if "injected" in c] == []
    assert result.commands("set-output") == []
    assert json.loads(result.outputs["gates"])["tests"] == "FAIL"
    assert text.count("<!-- sluicegate") == 1
    assert_nothing_else(fork, result)


def test_the_digest_of_a_bundle_is_no_proof_of_anything(fork: Fork, bundle: Path) -> None:
    """An all-pass bundle of a stranger is judged like any: what it can forge is its own evidence."""
    (bundle / "e0001.xml").write_bytes(b"<x/>")
    digest = hashlib.sha256(b"<x/>").hexdigest()
    first_file(sha256=digest, size=4)(bundle)
    result = fork.judge(bundle)
    assert (result.outputs["status"], fork.statuses()) == ("BLOCKED", ["failure"]), shown(result)
