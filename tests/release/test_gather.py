"""Facts of the world: health addresses, metric providers, files of the commit, reports of the ledger."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sluicegate.core.model import Commit, PolicyRef, Report, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.core.trust import Override
from sluicegate.git import open_repository
from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.interface import Update
from sluicegate.ledger.record import report_document
from sluicegate.net.client import Clock
from sluicegate.release.facts import Fact
from sluicegate.release.gather.files import file_fact
from sluicegate.release.gather.reports import report_facts
from sluicegate.release.gather.servers import health_fact, metric_fact
from sluicegate.release.settings import EvidenceSource, MetricSource
from sluicegate.rollout.plan import ProviderSettings
from sluicegate.runtime.surroundings import Surroundings
from support.ledgers import AT, sha
from support.pullrequest import git

NOW = 1_795_262_400  # 2026-11-21T12:00:00Z


def values(fact: Fact) -> dict[str, float | None]:
    return {name: None if m.value is None else float(m.value) for name, m in fact.measures.items()}


# --- servers -----------------------------------------------------------------------------------


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code = 200 if self.path == "/ok" else 503
        self.send_response(code)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Health) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "up", "why"), [("/ok", 1, "it answered 200"), ("/bad", 0, "it answered 503")]
)
def test_an_address_is_up_when_it_answers_well(address: str, path: str, up: int, why: str) -> None:
    fact = health_fact(EvidenceSource("api", "health", (f"{address}{path}",)), Surroundings({}, Path()))
    assert values(fact)["up"] == up
    assert fact.measures["up"].reason == why
    assert fact.measures["time"].value is not None


def test_an_address_that_does_not_answer_is_down_and_its_time_not_known() -> None:
    around = Surroundings({}, Path(), Clock(sleep=lambda _s: None))
    found = values(health_fact(EvidenceSource("api", "health", ("http://127.0.0.1:9",)), around))
    assert found == {"up": 0, "time": None}


def test_a_metric_is_the_bad_events_of_all(tmp_path: Path) -> None:
    counted = {NOW - 600: {"bad": 5, "all": 200}, NOW - 300: {"bad": 1, "all": 100}}
    text = "".join(json.dumps({"time": at, "counts": counts}) + "\n" for at, counts in counted.items())
    (tmp_path / "counts.jsonl").write_text(text, encoding="utf-8")
    provider = ProviderSettings("file", json.dumps({"file": "counts.jsonl"}))
    around = Surroundings({}, tmp_path, Clock(now=lambda: NOW))
    source = EvidenceSource("backups", "metric", metric=MetricSource(provider, "bad", "all", 3600))
    assert values(metric_fact(source, around)) == {"rate": 2, "events": 300}
    nothing = EvidenceSource("backups", "metric", metric=MetricSource(provider, "bad", "none", 3600))
    assert set(values(metric_fact(nothing, around)).values()) == {None}
    absent = MetricSource(ProviderSettings("no-such", "{}"), "bad", "all", 3600)
    assert set(values(metric_fact(EvidenceSource("b", "metric", metric=absent), around)).values()) == {None}


# --- files -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("files")
    for name, text in {
        "CHANGELOG.md": "## 1.0.0\n\n- a\n\n## 1.1.0\n",
        "changelog.d/1.feature.md": "A fragment. TODO\n",
        "docs/runbooks/a.md": "# A\n\ntext\n",
        "docs/runbooks/b.md": "# B\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    (root / "CHANGELOG.md").write_text("## 2.0.0\n\n- only in the working tree\n", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("release", "entry", "reason", "missing"),
    [
        ("v1.0.0", 1, "", 0),
        ("v1.1.0", 0, "CHANGELOG.md:5: the entry is empty", 0),
        ("v2.0.0", 1, "", 1),  # the fragment stands for it; the working tree is not looked at
    ],
)
def test_a_changelog_is_that_of_the_commit(
    repository: Path, release: str, entry: int, reason: str, missing: int
) -> None:
    source, clone = EvidenceSource("changelog", "changelog", ("CHANGELOG.md",)), open_repository(repository)
    fact = file_fact(source, clone, git(repository, "rev-parse", "HEAD"), release)
    assert (values(fact)["entry"], values(fact)["gaps"]) == (entry, missing)
    assert not reason or fact.measures["entry"].reason == reason


def test_files_are_counted_and_their_gaps_named(repository: Path) -> None:
    source = EvidenceSource("runbooks", "files", ("docs/runbooks/**",))
    fact = file_fact(source, open_repository(repository), git(repository, "rev-parse", "HEAD"), "v1")
    assert values(fact) == {"files": 2, "gaps": 1}
    assert fact.measures["gaps"].reason == "docs/runbooks/b.md, line 1: 'B' is empty"


def test_a_commit_that_the_clone_lacks_is_not_known(repository: Path) -> None:
    source = EvidenceSource("runbooks", "files", ("docs/**",))
    fact = file_fact(source, open_repository(repository), "e" * 40, "v1")
    assert set(values(fact).values()) == {None}
    assert fact.remedy == f"Fetch it: git fetch origin {'e' * 40}."


# --- reports -----------------------------------------------------------------------------------


def recorded(root: Path, report: Report, at: str = AT) -> None:
    made = report_document(report, sha("head"), at, tree="", committed=NOW - 100)
    directory_store(root).update(lambda _view: Update({made.path: made.data}, "report"))


def report(status: ReportStatus, gate: GateStatus, **more: object) -> Report:
    commit, policy = Commit(sha("head"), sha("head")), PolicyRef("head", "p", "")
    verdict = Verdict("tests", gate, True, "2 failed")
    from datetime import date

    return Report(status, commit, date(2026, 11, 21), policy, (verdict,), **more)  # type: ignore[arg-type]


def facts_of(root: Path) -> dict[str, Fact]:
    return report_facts(directory_store(root).view(), sha("head"), NOW + 60)


def test_the_newest_report_of_the_commit_counts(tmp_path: Path) -> None:
    recorded(tmp_path, report(ReportStatus.BLOCKED, GateStatus.FAIL), "2026-11-21T11:00:00Z")
    recorded(tmp_path, report(ReportStatus.PASS, GateStatus.PASS))
    found = facts_of(tmp_path)
    assert values(found["report"]) == {"blocked": 0, "warned": 0, "age": 60}
    assert found["gate"].items["tests"]["blocked"].value == 0
    assert found["report"].evidence is not None
    assert len(found["report"].evidence.sha256) == 64


def test_an_override_of_the_report_is_a_condition_and_the_gate_stays_bad(tmp_path: Path) -> None:
    override = Override("comment", "alice", AT, "the feed is down", "", sha("head"))
    recorded(tmp_path, report(ReportStatus.CONDITIONAL, GateStatus.FAIL, override=override))
    found = facts_of(tmp_path)
    assert values(found["report"])["blocked"] == 0
    assert found["report"].conditions == ("the report is CONDITIONAL: @alice overrode it: the feed is down",)
    assert found["gate"].items["tests"]["blocked"].value == 1


def test_a_gate_that_was_skipped_is_not_known(tmp_path: Path) -> None:
    recorded(tmp_path, report(ReportStatus.PASS, GateStatus.SKIPPED))
    assert facts_of(tmp_path)["gate"].items["tests"]["blocked"].value is None


def test_a_report_that_cannot_be_read_may_be_the_one_that_blocks(tmp_path: Path) -> None:
    recorded(tmp_path, report(ReportStatus.PASS, GateStatus.PASS))
    (path,) = (tmp_path / "report").rglob("*.json")
    path.write_bytes(b"{}")
    found = facts_of(tmp_path)["report"]
    assert set(values(found).values()) == {None}
    assert "cannot be read" in found.measures["blocked"].reason
