"""Large things are published within GitHub's limits: the change, the findings, the text, the shards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sluicegate.core.model import Report
from sluicegate.core.statuses import ReportStatus
from sluicegate.github.event import EventContext
from sluicegate.github.publish.outcome import Channel, OutcomeKind
from sluicegate.judge import merge as merging
from sluicegate.judge.check import CheckOptions, check
from sluicegate.report import compose, document, markdown
from sluicegate.report.document import read_report
from support import bundles, coverage_reports
from support import reports as r
from support.githubapi import Call, Hub, running
from support.publishing import EVERYTHING, HEAD, Time, a_run, at, kinds, publish
from support.repo import Repo, pull_request

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 21)
BODY, SUMMARY, TITLE, DESCRIPTION = 65_536, 65_535, 255, 140
"""GitHub's limits, in characters."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub(HEAD)
    yield server
    assert server.wrong == []


def assert_within_the_limits(hub: Hub) -> None:
    """Everything that was sent fits, and was sent in few requests."""
    (comment,), (checked,) = hub.comments, hub.checks
    assert len(comment["body"]) <= BODY
    assert len(checked["output"]["summary"]) <= SUMMARY
    assert len(checked["output"]["title"]) <= TITLE
    assert len(hub.statuses[hub.head][0]["description"]) <= DESCRIPTION
    assert max(len(call.body["output"]["annotations"]) for call in hub.writes("check-runs")) <= 50
    assert len(hub.calls) <= 20


def reread(report: Report) -> Report:
    """The report as the job that publishes has it: from its document."""
    return read_report(document.render(report).encode(), where="report.json")


# --- a change of many files --------------------------------------------------------------------


BEFORE = '"""Module."""\n\n\ndef run(command: str) -> str:\n    """Tell it."""\n    return command\n'
ADDED = (
    '\n\ndef call(command: str) -> int:\n    """Run it."""\n    return subprocess.call(command, shell=True)\n'
)
AFTER = BEFORE.replace("\n\n\n", "\n\nimport subprocess\n\n\n", 1) + ADDED


def large_pull_request(folder: Path, files: int) -> Repo:
    """A pull request that touches every one of many modules, each with a finding in the new lines."""
    names = [f"src/part_{n % 60:02d}/module_{n:04d}.py" for n in range(files)]
    repo = pull_request(folder, dict.fromkeys(names, BEFORE), dict.fromkeys(names, AFTER))
    lines = dict.fromkeys(names, "6+ 8+ 11+ 13-")
    repo.write({"coverage.xml": coverage_reports.cobertura(lines), "junit.xml": bundles.junit("+" * 500)})
    return repo


@pytest.mark.parametrize("files", [310, pytest.param(3_000, marks=pytest.mark.soak)])
def test_a_pull_request_that_touches_more_files_than_github_lists(tmp_path: Path, files: int) -> None:
    repo = large_pull_request(tmp_path / "project", files)
    head, base = repo.git("rev-parse", "HEAD^2"), repo.git("rev-parse", "HEAD^1")
    event = EventContext(
        name="pull_request",
        is_pull_request=True,
        is_merge_commit=True,
        head_sha=head,
        tested_sha=repo.git("rev-parse", "HEAD"),
        base_ref="main",
        base_sha=base,
        number=7,
    )
    report = check(CheckOptions(directory=repo.root, event=event), lambda: TODAY).report
    measures = {v.gate: v.measures for v in report.verdicts}
    assert report.status is ReportStatus.BLOCKED
    assert measures["security"]["new.high"].value == files
    assert measures["coverage"]["patch.line"].of == (files, 2 * files)
    hub = Hub(head)
    with running(hub) as url:
        outcomes = publish(url, reread(report), Time())
    assert kinds(outcomes) == [OutcomeKind.CREATED] * 3
    assert_within_the_limits(hub)
    assert asked_about_files(hub.calls) == []


def asked_about_files(calls: list[Call]) -> list[str]:
    """GitHub lists 300 or 3,000 files of a pull request and no more: nobody may ask it for them."""
    return [call.path for call in calls if call.path.endswith(("/files", ".diff", "/compare"))]


# --- many findings, and a long report ----------------------------------------------------------


def test_5_000_findings(hub: Hub) -> None:
    publish(hub, reread(r.blocked(5_000)))
    assert_within_the_limits(hub)
    there = hub.annotations[hub.checks[0]["id"]]
    assert len(there) == 250
    assert there[-1]["message"].endswith("more)")


def long_report() -> Report:
    """A report of more than 400 KiB of Markdown."""
    verdicts = (replace(r.security_fail(200), suite=f"part-{n}") for n in range(25))
    report = r.report(*verdicts, status=ReportStatus.BLOCKED)
    assert len(markdown.render(compose.page(report), limit=10**9).encode()) > 400 * 1024
    return at(report)


def shed(text: str) -> int:
    """The level of detail that a text says it is at."""
    return next((n for n, level in enumerate(markdown.LEVELS) if level.lost and f"{level.lost}." in text), 0)


def test_a_report_of_400_kib_is_folded_and_links_the_whole(hub: Hub) -> None:
    assert publish(hub, reread(long_report()))[Channel.COMMENT].kind is OutcomeKind.CREATED
    assert_within_the_limits(hub)
    body = hub.comments[0]["body"]
    assert body.count("Left out for length: ") == 1
    assert "<details" in body
    assert f"]({a_run().url})" in body


def test_a_report_of_400_kib_loses_its_detail_in_the_stated_order() -> None:
    report = long_report()
    limits = (500_000, 120_000, 65_000, 30_000, 10_000, 3_000, 1_000)
    rendered = markdown.Rendered(compose.page(report))
    levels = [shed(rendered.within(limit)) for limit in limits]
    assert levels[0] == 0
    assert levels == sorted(levels)
    assert len(set(levels)) > 3


def test_where_the_server_takes_less_it_is_folded_further(hub: Hub) -> None:
    hub.most = 12_000
    publish(hub, reread(long_report()), settings=EVERYTHING)
    assert len(hub.comments[0]["body"]) <= hub.most
    assert len(hub.comments) == 1


# --- 200 shards --------------------------------------------------------------------------------


SHARDS = 200


def leave_shards(folder: Path, count: int) -> None:
    """The bundles of a matrix: each has 20 cases, and covers one line of each file of its own."""
    for n in range(count):
        lines = dict.fromkeys(("src/a.py", "src/b.py"), f"{n + 1}+ {SHARDS + n + 1}-")
        files = {"coverage.xml": coverage_reports.cobertura(lines), "junit.xml": bundles.junit("+" * 20)}
        bundles.shard(folder / "bundles" / f"shard-{n:03d}", files)


POLICY = "extends: []\ngates: {tests: {criteria: [tests >= 1]}, coverage: {criteria: [total >= 50%]}}\n"


def judged(folder: Path) -> Report:
    (folder / "sluicegate.yml").write_text(POLICY, encoding="utf-8")
    names = tuple(f"shard-{n:03d}" for n in range(SHARDS))
    options = merging.MergeOptions(folder, bundles=("bundles",), expect=names)
    return merging.merge(options, lambda: TODAY).report


def test_200_shards_are_one_comment(tmp_path: Path, hub: Hub) -> None:
    leave_shards(tmp_path, SHARDS)
    report = judged(tmp_path)
    measures = {v.gate: v.measures for v in report.verdicts}
    assert report.status is ReportStatus.PASS
    assert measures["tests"]["tests"].value == 20 * SHARDS
    assert measures["coverage"]["total"].of == (2 * SHARDS, 4 * SHARDS)
    hub.head = report.commit.head
    publish(hub, reread(report))
    assert_within_the_limits(hub)


def test_of_200_shards_one_that_is_lost_is_named(tmp_path: Path, hub: Hub) -> None:
    leave_shards(tmp_path, SHARDS - 1)
    report = judged(tmp_path)
    hub.head = report.commit.head
    publish(hub, reread(report))
    assert report.status is ReportStatus.BLOCKED
    assert "shard-199" in json.dumps(hub.comments[0]["body"])
