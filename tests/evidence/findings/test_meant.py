"""Which files of a change a finding may be about."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import Change, FileChange, lines_to_bits
from sluicegate.core.model import Finding, Severity
from sluicegate.evidence.findings.fingerprint import mark_new_by_lines
from sluicegate.evidence.findings.meant import MAX_PATH, ChangedPaths
from sluicegate.evidence.findings.sarif_places import as_path


def added(*paths: str) -> Change:
    return Change({path: FileChange(path) for path in paths})


def edited(path: str, *lines: int) -> Change:
    return Change({path: FileChange(path, path, added=lines_to_bits(lines))})


def is_new(path: str, change: Change, *, report: str = "", resolved: bool = False) -> bool | None:
    """Is a finding on line 2 of this path new?"""
    meanings = ChangedPaths(change, report, () if resolved else [path])
    return mark_new_by_lines([Finding("R", Severity.HIGH, "m", path, 2, 2)], meanings)[0].new


@pytest.mark.parametrize(
    "name",
    [
        "src\\evil.js", "src/e\nvil.js", "src/ evil.js ", "src/e  vil.js", "src/ev%69l.js", "file:/evil.js",
        "src/caf\u0065\u0301.js", "深" * 300 + "/evil.js",
    ],
)  # fmt: skip
def test_no_name_hides_a_finding_of_an_added_file(name: str) -> None:
    assert is_new(as_path(name), added(name))


names = st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1, max_size=20)
paths = st.lists(names.filter(lambda name: name not in {".", ".."}), min_size=1, max_size=4).map("/".join)


@given(paths, st.booleans())
def test_no_path_hides_a_finding_of_an_added_file(path: str, is_encoded: bool) -> None:
    written = as_path(quote(path) if is_encoded else path)
    assert is_new(written, added(path), resolved=written == path)


def test_a_name_that_is_no_utf_8_hides_no_finding() -> None:
    assert is_new("src/evil\\xff.js", added("src/evil\udcff.js"))


def test_a_finding_whose_path_is_another_file_as_well_as_an_odd_name_is_new() -> None:
    assert is_new("src/evil.js", added("src\\evil.js"), resolved=True)


def test_one_of_two_files_that_a_path_may_mean_is_enough() -> None:
    assert is_new("internal/evil.go", added("services/api/internal/evil.go", "docs/internal/evil.go"))


def test_lines_decide_in_the_file_that_may_be_meant() -> None:
    assert is_new("internal/x.go", edited("api/internal/x.go", 2))
    assert is_new("internal/x.go", edited("api/internal/x.go", 9)) is False


def test_a_bare_name_may_mean_a_file_of_any_folder() -> None:
    assert is_new("evil.go", added("services/api/evil.go"))


def test_a_path_with_folders_may_mean_a_file_at_the_top() -> None:
    assert is_new("/workspace/evil.go", added("evil.go"))


def test_letters_that_a_tool_garbles_hide_no_finding() -> None:
    assert is_new("src/caf\u00c3\u00a9.js", added("src/caf\u00e9.js"))


def test_a_finding_of_an_image_is_not_new_because_a_file_has_its_name() -> None:
    assert is_new("usr/lib/python3/six/__init__.py", added("src/app/__init__.py")) is False


@pytest.mark.parametrize("how", ["link", "moved"])
def test_a_finding_behind_a_changed_link_is_new(how: str) -> None:
    link = FileChange("src/link", "" if how == "link" else "src/link", added=lines_to_bits([1]))
    assert is_new("src/link/evil.js", Change({"src/link": link}))


def test_a_finding_in_a_folder_that_was_a_file_is_judged_by_its_own_lines() -> None:
    assert is_new("src/x/a.js", Change({"src/x": FileChange("src/x", "src/x", deleted=True)})) is False


def test_a_path_may_begin_at_a_folder_above_the_report() -> None:
    change, report = added("services/api/src/evil.js"), "services/api/reports/x.sarif"
    assert is_new("src/evil.js", change, report=report, resolved=True)
    assert is_new("src/evil.js", change, report="reports/x.sarif", resolved=True) is False


def test_a_path_that_readers_cut_hides_no_finding() -> None:
    name = f"{'a' * 200}/" * 20 + "evil.js"
    assert len(as_path(name)) == MAX_PATH
    assert is_new(as_path(name), added(name))
