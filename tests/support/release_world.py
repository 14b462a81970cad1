"""A clone with a release to decide on, a ledger in a folder, a server, and a clock that a test sets."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner

from sluicegate.cli import rollout_sessions
from sluicegate.cli.main import main
from sluicegate.core.errors import SluicegateError
from sluicegate.core.model import Commit, PolicyRef, Report, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.interface import Update
from sluicegate.ledger.record import report_document
from sluicegate.net.client import Clock
from support.githubapi import REPOSITORY, TOKEN
from support.publishing import wait_shortly
from support.pullrequest import git
from support.release_hub import ReleaseHub

START = 1_800_000_000  # 2027-01-15T08:00:00Z
POLICY = """\
release:
  evidence:
    staging: {deployment: staging}
  dimensions:
    code-quality: {checks: [{id: gates, expect: report.blocked == 0}]}
    security: {checks: [{id: security, expect: 'gate["security"].blocked == 0'}]}
    performance: off
    infrastructure:
      checks: [incidents.open == 0, staging.current == 1, {expect: smoke.passed == 1, else: warn}]
    documentation: {checks: [{id: changelog, expect: changelog.entry == 1}]}
    team-readiness: {checks: [{id: business, expect: 'checklist["business"].open == 0', else: warn}]}
  checklists: {business: [Marketing ready, Support trained]}
  roles:
    release-manager: {from: ["@alice"]}
    qa: {from: ["@bob", "@octo-org/qa"]}
  waivers-by: ["@alice"]
"""


@dataclass(frozen=True)
class Output:
    """What a command printed, errors too, and its exit code."""

    text: str
    exit_code: int


class World:
    """All of it.

    Attributes:
        root: the clone.
        hub: the server.
        now: seconds since 1970, by the clock of the machine.
        number: of the pull request.
    """

    def __init__(self, root: Path, hub: ReleaseHub) -> None:
        self.root, self.hub = root, hub
        self.now = float(START)
        self.ledger = root / "ledger"
        self.number = 7

    @classmethod
    def create(cls, folder: Path, monkeypatch: pytest.MonkeyPatch, hub: ReleaseHub, url: str) -> Self:
        """A new one, in which the process runs; it has no commit yet."""
        for name in [n for n in os.environ if n.startswith(("GITHUB_", "GH_"))]:
            monkeypatch.delenv(name)
        root = folder / "project"
        root.mkdir()
        monkeypatch.chdir(root)
        git(root, "init", "-q")
        (root / "sluicegate.yml").write_text(POLICY, encoding="utf-8")
        (root / "CHANGELOG.md").write_text("## [1.4.0]\n\n- A new checkout.\n", encoding="utf-8")
        made = cls(root, hub)
        monkeypatch.setattr(
            rollout_sessions, "clock", lambda: Clock(lambda: made.now, lambda: made.now, lambda _s: None)
        )
        hub.url = url
        for name, value in {
            "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": url, "USER": "alice",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        return made

    def commit(self, text: str) -> str:
        """A new commit; its name."""
        (self.root / "a.txt").write_text(text, encoding="utf-8")
        git(self.root, "add", "a.txt", "CHANGELOG.md", "sluicegate.yml")
        git(self.root, "commit", "-q", "--allow-empty", "-m", text)
        return git(self.root, "rev-parse", "HEAD")

    def record(self, commit: str, security: GateStatus = GateStatus.PASS) -> None:
        """The gates' report of a commit."""
        bad = security is GateStatus.FAIL
        status = ReportStatus.BLOCKED if bad else ReportStatus.PASS
        verdicts = (
            Verdict("tests", GateStatus.PASS, True, "all pass"),
            Verdict("security", security, True, "2 findings" if bad else "no findings"),
        )
        policy = PolicyRef("head", "sluicegate.yml", "f" * 64)
        report = Report(status, Commit(commit, commit), date(2027, 1, 15), policy, verdicts)
        at = datetime.fromtimestamp(self.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = report_document(report, commit, at, tree="", committed=START)
        directory_store(self.ledger).update(lambda _view: Update({made.path: made.data}, "report"))

    def run(self, *words: str, code: int = 0) -> str:
        """A command; what it printed."""
        found = self.invoked("release", *words)
        assert found.exit_code == code, found.text
        return found.text

    def invoked(self, group: str, *words: str) -> Output:
        """The same, whatever its exit code is."""
        given = [group, *words, "--dir", "ledger"]
        result = CliRunner().invoke(main, given, standalone_mode=False)
        if isinstance(result.exception, SluicegateError):
            printed = f"{result.output}sluicegate: error: {result.exception}\n"
            return Output(printed, int(result.exception.exit_code))
        if result.exception is not None:
            raise result.exception
        code: object = result.return_value
        return Output(result.output, code if isinstance(code, int) else 0)

    def decide(self, code: int = 0) -> dict[str, Any]:
        """Decide on the pull request."""
        self.now += 60
        words = ("decide", "v1.4.0", "--number", str(self.number), "--format", "json")
        found: dict[str, Any] = json.loads(self.run(*words, code=code))
        return found

    def published(self, run: int, code: int = 0) -> dict[str, Any]:
        """Decide, and show it in a run of a workflow: the one comment of the pull request says the same."""
        self.now += 60
        words = ("decide", "v1.4.0", "--number", str(self.number), "--publish", "--output", "json=found.json")
        with pytest.MonkeyPatch.context() as patched:
            wait_shortly(patched)
            for name in ("GITHUB_RUN_NUMBER", "GITHUB_RUN_ID"):
                patched.setenv(name, str(run))
            self.run(*words, code=code)
        found: dict[str, Any] = json.loads((self.root / "found.json").read_text(encoding="utf-8"))
        (shown,) = (text for text in self.comments() if text.startswith("<!-- sluicegate"))
        assert f"Release v1.4.0: {found['outcome']}" in shown
        return found

    def comments(self) -> list[str]:
        """The texts of the comments of the pull request."""
        return [comment["body"] for comment in self.hub.comments]
