"""Facts of the world: health addresses, metric providers, files of the commit, reports of the ledger."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sluicegate.core.model import Absence, Better, Commit, Measure, PolicyRef, Report, Verdict
from sluicegate.core.statuses import GateStatus, ReportStatus
from sluicegate.core.trust import Override
from sluicegate.git import open_repository
from sluicegate.ledger.directory import directory_store
from sluicegate.ledger.interface import Update
from sluicegate.ledger.record import report_document
from sluicegate.net.client import Clock
from sluicegate.release.facts import Fact, LastRelease
from sluicegate.release.gather.files import file_fact
from sluicegate.release.gather.reports import report_facts
from sluicegate.release.gather.servers import health_fact, metric_fact
from sluicegate.release.gather.since import changed_fact, last_release
from sluicegate.release.notes.read import range_of
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


# --- since the last release --------------------------------------------------------------------


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A release v1.0.0, a pre-release behind it, and code of an interface that was changed before that."""
    git(tmp_path, "init", "-q")
    for name in ("src/api/users.py", "src/core.py", "docs/api.md", "migrations/1.sql"):
        written(tmp_path, name, "one")
    committed(tmp_path)
    git(tmp_path, "tag", "v1.0.0")
    written(tmp_path, "src/api/users.py", "two")
    committed(tmp_path)
    git(tmp_path, "tag", "v1.1.0-rc1")
    return tmp_path


def written(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def committed(root: Path) -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    return git(root, "rev-parse", "HEAD")


DOCUMENTED = EvidenceSource("api-docs", "changed", ("src/api/**",), needs=("docs/api.md", "openapi.*"))


def missing(root: Path, commit: str) -> tuple[dict[str, float | None], str]:
    fact = changed_fact(DOCUMENTED, open_repository(root), commit)
    return values(fact), fact.measures["missing"].reason


def test_files_need_a_change_of_others_since_the_last_release(released: Path) -> None:
    commit = committed(released)
    found, reason = missing(released, commit)
    assert found == {"missing": 1, "files": 1}
    assert reason == "1 file changed since v1.0.0: src/api/users.py; nothing of docs/api.md, openapi.* did"
    written(released, "docs/api.md", "two")
    assert missing(released, committed(released))[0] == {"missing": 0, "files": 1}


def test_a_document_that_was_deleted_was_not_changed(released: Path) -> None:
    (released / "docs/api.md").unlink()
    assert missing(released, committed(released))[0] == {"missing": 1, "files": 1}


def test_code_that_was_deleted_or_moved_away_was_changed(released: Path) -> None:
    git(released, "reset", "-q", "--hard", "v1.0.0")
    git(released, "mv", "src/api/users.py", "src/users.py")
    assert missing(released, committed(released))[0] == {"missing": 1, "files": 1}


def test_what_did_not_change_needs_nothing(released: Path) -> None:
    git(released, "tag", "v1.1.0")
    written(released, "src/core.py", "two")
    assert missing(released, committed(released)) == ({"missing": 0, "files": 0}, "")


def test_in_a_first_release_every_file_is_new(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    written(tmp_path, "src/api/users.py", "one")
    commit = committed(tmp_path)
    assert last_release(open_repository(tmp_path), commit) == LastRelease()
    found, reason = missing(tmp_path, commit)
    assert found == {"missing": 1, "files": 1}
    assert "since the first commit" in reason


@pytest.mark.parametrize("is_deep", [False, True])
def test_a_release_on_a_merged_side_is_the_last_one(tmp_path: Path, is_deep: bool) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "a")
    git(tmp_path, "tag", "v1.0.0")
    git(tmp_path, "checkout", "-q", "-b", "release")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "b")
    git(tmp_path, "tag", "v1.1.0")
    git(tmp_path, "checkout", "-q", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "c")
    git(tmp_path, "merge", "-q", "--no-ff", "-m", "d", "release")
    if is_deep:
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", "e")
    head = git(tmp_path, "rev-parse", "HEAD")
    git(tmp_path, "tag", "v2.0.0")
    clone = open_repository(tmp_path)
    assert clone is not None
    assert last_release(clone, head).tag == "v1.1.0"
    assert range_of(clone, "").shown == "v1.1.0..HEAD"


def test_without_its_history_the_last_release_is_not_known(released: Path, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{released}", str(shallow))
    fact = changed_fact(DOCUMENTED, open_repository(shallow), git(shallow, "rev-parse", "HEAD"))
    assert set(values(fact).values()) == {None}
    assert "fetch-depth: 0" in fact.remedy


# --- reports -----------------------------------------------------------------------------------


def recorded(root: Path, report: Report, at: str = AT) -> None:
    made = report_document(report, sha("head"), at, tree="", committed=NOW - 100)
    directory_store(root).update(lambda _view: Update({made.path: made.data}, "report"))


def report(status: ReportStatus, gate: GateStatus, **more: Any) -> Report:
    commit, policy = Commit(sha("head"), sha("head")), PolicyRef("head", "p", "")
    verdict = Verdict("tests", gate, True, "2 failed")
    from datetime import date

    return Report(status, commit, date(2026, 11, 21), policy, (verdict,), **more)


def facts_of(root: Path) -> dict[str, Fact]:
    return report_facts(directory_store(root).view(), sha("head"), NOW + 60)


def test_the_newest_report_of_the_commit_counts(tmp_path: Path) -> None:
    recorded(tmp_path, report(ReportStatus.BLOCKED, GateStatus.FAIL), "2026-11-21T11:00:00Z")
    recorded(tmp_path, report(ReportStatus.PASS, GateStatus.PASS))
    found = facts_of(tmp_path)
    assert values(found["report"]) == {
        "blocked": 0, "warned": 0, "age": 60, "patch_total": None, "patch_line": None,
    }  # fmt: skip
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


SINCE = LastRelease("v1.3.0", sha("base"))


def covered(
    of: tuple[int, int] | None, *, base: str = "base", component: str | None = None, unread: str = ""
) -> Report:
    """A report of the coverage of the change since a commit."""
    value = None if of is None else Fraction(100 * of[0], of[1])
    absence = Absence.NOT_MEASURED if unread else None if of else Absence.NOT_APPLICABLE
    why = unread or ("" if of else "the change adds no executable line")
    measure = Measure("patch.total", value, "%", Better.HIGHER, of, absence=absence, reason=why)
    made = report(ReportStatus.PASS, GateStatus.PASS)
    verdict = replace(
        made.verdicts[0], gate="coverage", component=component, measures={"patch.total": measure}
    )
    commit = Commit(sha("head"), sha("head"), sha(base))
    return replace(made, commit=commit, verdicts=(verdict,))


def patch_total(root: Path, since: LastRelease | str = SINCE) -> Measure:
    return report_facts(directory_store(root).view(), sha("head"), NOW + 60, since)["report"].measures[
        "patch_total"
    ]


def test_the_coverage_since_the_last_release_is_that_of_a_report_against_it(tmp_path: Path) -> None:
    """The newest report is against the parent of the commit; that one commit is not the range."""
    recorded(tmp_path, covered((8, 10)), "2026-11-21T11:00:00Z")
    recorded(tmp_path, covered((1, 1), base="parent"))
    found = patch_total(tmp_path)
    assert found.value == 80
    assert found.reason == "8 of 10 since v1.3.0"


def test_without_a_report_against_the_last_release_it_is_not_known(tmp_path: Path) -> None:
    recorded(tmp_path, covered((1, 1), base="parent"))
    assert patch_total(tmp_path).value is None
    assert "`sluicegate check --base v1.3.0`" in patch_total(tmp_path).reason
    assert patch_total(tmp_path, LastRelease()).reason == "there is no release before this commit"
    assert patch_total(tmp_path, "this clone is shallow").reason == "this clone is shallow"


def test_what_adds_no_line_is_covered_and_what_was_not_measured_is_not_known(tmp_path: Path) -> None:
    recorded(tmp_path, covered(None))
    assert patch_total(tmp_path).value == 100
    recorded(tmp_path, covered(None, unread="lines of a.py are not known"), "2026-11-21T12:00:30Z")
    assert (patch_total(tmp_path).value, patch_total(tmp_path).reason) == (
        None,
        "lines of a.py are not known",
    )


def test_components_are_counted_together(tmp_path: Path) -> None:
    one, other = covered((9, 10), component="api"), covered((0, 10), component="web")
    parts = (*one.verdicts, *other.verdicts)
    recorded(tmp_path, replace(one, verdicts=parts))
    assert patch_total(tmp_path).value == 45
    whole = covered((8, 10)).verdicts  # of the repository, with what no component has
    recorded(tmp_path, replace(one, verdicts=(*parts, *whole)), "2026-11-21T12:00:30Z")
    assert patch_total(tmp_path).value == 80
