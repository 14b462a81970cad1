"""What `init` says and writes for every kind of project, as files to look at.

Write them again with `SLUICEGATE_GOLDEN=write pytest tests/starter`, and look at the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sluicegate.starter.plan import found, ignored_by, outputs, plan
from support.starter import KINDS, look, steps

GOLDEN = Path(__file__).with_name("golden")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_and_written_is_known(tmp_path: Path, kind: str) -> None:
    project = look(tmp_path, KINDS[kind])
    policy, workflow = plan(project, "standard", "main").values()
    said = found(project) + steps(project, ignored_by(outputs(project)))
    text = f"{said}\n--- sluicegate.yml\n{policy.partition('# More options')[0]}\n--- workflow\n{workflow}"
    path = GOLDEN / f"{kind}.txt"
    if os.environ.get("SLUICEGATE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(KINDS)
