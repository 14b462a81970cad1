"""Every snippet of the README and of the pages in `docs/` is real: it parses, it validates, it runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from sluicegate.cli.main import COMMANDS, main
from sluicegate.policy.resolve import check_policy, valid
from support.snippets import FENCE, PAGES, is_workflow, snippets
from support.workflows import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
ORGANISATION = (ROOT / "examples" / "policy-organisation.yml").read_bytes()
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


YAML = snippets("yaml")
COMMAND_LINES = [
    line[2:]
    for text in snippets("console").values()
    for line in text.splitlines()
    if line.startswith("$ sluicegate")
]


@pytest.mark.parametrize("place", YAML)
def test_a_yaml_snippet_is_a_workflow_or_a_valid_policy(place: str) -> None:
    text = YAML[place]
    document = yaml.safe_load(text)
    if is_workflow(document) or isinstance(document, list):
        return  # workflows and steps are linted with the examples
    valid(
        check_policy(text.encode(), "sluicegate.yml", lambda _path: b"", pinned=lambda _pinned: ORGANISATION)
    )


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_a_command_of_a_snippet_exists_with_these_options(line: str) -> None:
    name, *arguments = shlex.split(line, comments=True)[1:]
    assert name in COMMANDS
    command = main.get_command(click.Context(main), name)
    assert command is not None
    command.make_context(name, arguments, resilient_parsing=False)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    targets = _LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    assert [t for t in targets if not ((ROOT / page).parent / t).exists()] == []


def test_the_readme_shows_a_workflow_within_its_first_thirty_lines() -> None:
    head = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:30])
    match = FENCE.search(head)
    assert match is not None
    assert is_workflow(yaml.safe_load(match[2]))


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_readme_leads_to_every_page_and_every_example() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = [*(ROOT / "docs").glob("*.md"), *EXAMPLES]
    assert [p.name for p in found if f"/{p.name})" not in readme] == []


def test_help_lists_every_command() -> None:
    output = CliRunner().invoke(main, ["--help"]).output
    assert [c for c in COMMANDS if c not in output] == []
