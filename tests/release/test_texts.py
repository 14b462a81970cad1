"""What changelogs, runbooks and descriptions say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.release.texts import changelog_entry, fragments, gaps, open_items, parts_of
from support.examples import at_most

CHANGELOG = """\
# Changelog

## [Unreleased]

## [1.4.0] - 2026-12-01

### Added

- A new checkout.

### Fixed

## 1.3.0

- Old.

v1.2.0
------

- Older.
"""


@pytest.mark.parametrize(
    ("release", "line", "is_empty"),
    [("v1.4.0", 5, False), ("1.4.0", 5, False), ("release/1.3.0", 13, False), ("1.2.0", 17, False)],
)
def test_the_entry_of_a_version_is_found(release: str, line: int, is_empty: bool) -> None:
    entry = changelog_entry(CHANGELOG, release)
    assert entry is not None
    assert (entry.line, entry.is_empty) == (line, is_empty)


@pytest.mark.parametrize("release", ["1.4", "1.4.0-rc1", "11.4.0", "2.0.0", "1.4.00"])
def test_no_other_version_is_taken_for_it(release: str) -> None:
    assert changelog_entry(CHANGELOG, release) is None


def test_a_pre_release_has_an_entry_of_its_own() -> None:
    text = "## 1.4.0-rc1\n\n- a\n"
    assert changelog_entry(text, "1.4.0") is None
    assert changelog_entry(text, "v1.4.0-rc1") is not None


def test_fragments_of_towncrier_and_scriv_are_known() -> None:
    paths = [
        "newsfragments/12.feature.md", "changelog.d/20261201_alice_checkout.md", "pkg/changes/7.bugfix.rst",
        "newsfragments/README.md", "changelog.d/.gitkeep", "changelog.d/_template.md", "docs/changes.md",
        "changelog.d/template.j2",
    ]  # fmt: skip
    assert fragments(paths) == sorted(paths[:3])


def test_gaps_are_marks_and_empty_sections_outside_of_code() -> None:
    code = "## Logs\n\n```\nTODO\n## no heading\n```\n`TODO` is code\n"
    text = f"# Runbook\n\n## Restart\n\nTBD\n\n## Rollback\n\n<!-- text -->\n\n{code}"
    assert gaps(text) == ["line 5: TBD", "line 7: 'Rollback' is empty"]
    assert gaps(text, 10)[0] == "line 15: TBD"
    assert gaps("All is said about the mastodon.\n") == []


def test_a_section_that_has_only_subsections_with_text_is_not_empty() -> None:
    assert gaps("# A\n\n## B\n\ntext\n") == []
    assert gaps("# A\n\n## B\n") == ["line 1: 'A' is empty", "line 3: 'B' is empty"]


ITEMS = ("Deployment plan", "Support briefed", "Tests passing")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("- [x] Deployment plan\n* [X] **Support briefed** (by Ann)\n1. Tests passing\n", ["Tests passing"]),
        ("- [ ] Deployment plan\n- [x] Support briefed.\n- [x] tests  passing", ["Deployment plan"]),
        ("<!--\n- [x] Deployment plan\n-->\n- [x] Support briefedly\n", [*ITEMS]),
        ("", [*ITEMS]),
    ],
)
def test_an_item_is_done_when_its_box_is_ticked(text: str, left: list[str]) -> None:
    assert open_items(text, ITEMS) == left


@given(st.text(alphabet="#-=`<!>\n aTBDxX[]*", max_size=200))
@settings(max_examples=at_most(200))
def test_any_text_has_parts_in_their_order(text: str) -> None:
    lines = [part.line for part in parts_of(text)]
    assert lines == sorted(lines)
    gaps(text)
    open_items(text, ITEMS)
