from __future__ import annotations

import subprocess
import sys

import pytest

from sluicegate.report.formats import NAMES, render
from support import reports as r


def test_the_formats_have_their_names() -> None:
    assert NAMES == ("terminal", "markdown", "json", "sarif", "html")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("report", r.NAMED)
def test_every_format_renders_every_report(name: str, report: str) -> None:
    text = render(name, r.NAMED[report]())
    assert text.endswith("\n")
    text.encode()


@pytest.mark.parametrize(
    ("name", "free_of"),
    [("json", {"rich", "jinja2"}), ("markdown", {"rich", "jinja2"}), ("sarif", {"rich", "jinja2"}),
     ("terminal", {"jinja2"}), ("html", {"rich"})],
)  # fmt: skip
def test_a_format_imports_only_what_it_needs(name: str, free_of: set[str]) -> None:
    program = f"""
import sys
sys.path[:0] = {sys.path!r}
from datetime import date
from sluicegate.core.model import Commit, PolicyRef, Report, ReportStatus
from sluicegate.report.formats import render
report = Report(ReportStatus.PASS, Commit(), date(2026, 1, 1), PolicyRef("preset", "x", ""), ())
assert render({name!r}, report)
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not free_of & set(done.stdout.split())
