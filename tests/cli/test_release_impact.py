"""`sluicegate release impact` as a user runs it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluicegate.cli.main import main
from sluicegate.core.errors import UsageError
from sluicegate.release.impact.model import IMPACT
from support.page_text import page_text
from support.pullrequest import git

GOLDEN = Path(__file__).with_name("golden")
BEFORE = {
    "app.py": "import os\nos.environ['OLD_KEY']\nos.getenv('PORT', '80')\n",
    "openapi.yaml": "openapi: 3.0.0\ninfo: {}\npaths:\n  /a: {get: {}}\n  /b: {get: {}}\n",
    "alerts.yml": "groups:\n- rules:\n  - {alert: Slow, expr: p95 > 1, for: 5m}\n",
    "requirements.txt": "django==4.2\n",
}
AFTER = {
    "app.py": "import os\nos.environ['NEW_KEY']\nos.getenv('PORT', '90')\n",
    "openapi.yaml": "openapi: 3.0.0\ninfo: {}\npaths:\n  /a: {get: {}, post: {}}\n",
    "alerts.yml": "groups:\n- rules:\n  - {alert: Slow, expr: p95 > 2, for: 5m}\n",
    "requirements.txt": "django==5.0\n",
    "db/migrations/2.sql": "-- `users` | @all\nALTER TABLE `users` DROP COLUMN `name`;\n",
    "docs/runbooks/keys.md": "Set NEW_KEY first.\n",
    "pyproject.toml": "[",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(tmp_path, "init", "-q")
    for files in (BEFORE, AFTER):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", "x")
        git(tmp_path, "tag", "-f", "v1" if files is BEFORE else "v2")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> str:
    result = CliRunner().invoke(main, ["release", "impact", *words], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def golden(name: str, text: str, folder: Path) -> None:
    for tag in ("v1", "v2"):
        text = text.replace(git(folder, "rev-parse", tag)[:12], f"COMMIT-OF-{tag}")
    target = GOLDEN / f"release-impact.{name}"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        target.write_text(text, encoding="utf-8")
    assert text == target.read_text(encoding="utf-8")


def test_text_and_markdown(folder: Path) -> None:
    golden("txt", run(), folder)
    golden("md", run("v1..v2", "--format", "markdown"), folder)


def test_the_document_and_the_page(folder: Path) -> None:
    said = run("--format", "json", "--output", "html=../impact.html", "--output", "json=../impact.json")
    assert (folder.parent / "impact.json").read_text(encoding="utf-8") == said
    found = IMPACT.decode(said.encode(), "impact.json")
    assert json.loads(said)["schema"] == "sluicegate.release-impact/1"
    assert [(s.name, str(s.kind)) for s in found.settings] == [
        ("NEW_KEY", "added"), ("OLD_KEY", "removed"), ("PORT", "changed"),
    ]  # fmt: skip
    text = page_text((folder.parent / "impact.html").read_text(encoding="utf-8"))
    assert "drop-column" in text
    assert "runbook touched: yes, and it names NEW_KEY" in text


def test_runbooks_of_the_policy(folder: Path) -> None:
    policy = "extends: standard\nrelease: {evidence: {runbooks: {files: [app.py]}}}\n"
    (folder.parent / "p.yml").write_text(policy, encoding="utf-8")
    assert json.loads(run("--format", "json", "--policy", "../p.yml"))["runbook_files"] == ["app.py"]


def test_nothing_changed(folder: Path) -> None:
    assert "nothing changed for operators" in run("v2..v2")


def test_errors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no commit of this clone"):
        run("nope..HEAD")
    with pytest.raises(UsageError, match="FORMAT=FILE"):
        run("--output", "pdf=x")
    monkeypatch.chdir(folder.parent)
    with pytest.raises(UsageError, match="no git repository"):
        run()
