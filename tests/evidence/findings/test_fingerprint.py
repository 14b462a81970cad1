import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.change import Change, FileChange, bits_to_lines, lines_to_bits
from sluicegate.core.model import Finding, Severity
from sluicegate.evidence.findings.fingerprint import fingerprint, mark_new_by_lines
from sluicegate.evidence.findings.meant import ChangedPaths

findings = st.builds(
    Finding,
    rule=st.just("R"),
    severity=st.just(Severity.LOW),
    message=st.just("m"),
    path=st.sampled_from(["a.py", "b.py"]),
    line=st.integers(0, 30),
    end_line=st.integers(0, 30),
    fingerprint=st.sampled_from("xyz"),
)


@given(st.text(), st.text(), st.text(), st.text())
def test_parts_do_not_run_into_each_other(rule: str, path: str, one: str, other: str) -> None:
    same = one.split() == other.split()
    assert (fingerprint(rule, path, one) == fingerprint(rule, path, other)) is same
    assert fingerprint(rule + "a", path, one) != fingerprint(rule, "a" + path, one)


def test_indentation_does_not_matter() -> None:
    assert fingerprint("R", "a.py", "  x =  1\n") == fingerprint("R", "a.py", "x = 1")


@given(st.lists(findings), st.sets(st.integers(1, 40)))
def test_new_by_lines_meets_an_added_line(found: list[Finding], lines: set[int]) -> None:
    change = Change({"a.py": FileChange("a.py", "a.py", added=lines_to_bits(lines))})
    for before, after in zip(found, mark_new_by_lines(found, ChangedPaths(change)), strict=True):
        own = set(range(before.line, max(before.line, before.end_line) + 1)) if before.line else set()
        added = set(bits_to_lines(change.added(before.path)))
        assert after.new is bool(own & added if before.line else added)


def test_without_a_line_the_file_decides() -> None:
    change = Change({"a.py": FileChange("a.py"), "b.py": FileChange("b.py", old_path="b.py")})
    found = [Finding("R", Severity.LOW, "m", path) for path in ("a.py", "b.py", "c.py", "")]
    assert [f.new for f in mark_new_by_lines(found, ChangedPaths(change))] == [True, False, False, None]


@pytest.mark.parametrize(("path", "line"), [("src/a.js", 0), ("web/package-lock.json", 1), ("Cargo.lock", 0)])
def test_a_finding_without_a_line_of_its_own_is_new_in_an_edited_file(path: str, line: int) -> None:
    change = Change({path: FileChange(path, path, added=lines_to_bits([40]))})
    found = Finding("R", Severity.CRITICAL, "m", path, line, line)
    assert mark_new_by_lines([found], ChangedPaths(change))[0].new


def test_a_finding_without_a_line_is_new_where_lines_went() -> None:
    change = Change({"a.js": FileChange("a.js", "a.js", removed=lines_to_bits([4]))})
    assert mark_new_by_lines([Finding("R", Severity.HIGH, "m", "a.js")], ChangedPaths(change))[0].new


def test_what_is_known_stays() -> None:
    known = Finding("R", Severity.LOW, "m", "a.py", line=1, new=False)
    change = Change({"a.py": FileChange("a.py", added=lines_to_bits([1]))})
    assert mark_new_by_lines([known], ChangedPaths(change)) == (known,)


@pytest.mark.parametrize("how", ["binary", "unaligned"])
def test_a_finding_in_a_file_whose_lines_are_not_known_is_new(how: str) -> None:
    change = Change(
        {"a.py": FileChange("a.py", "a.py", binary=how == "binary", unaligned=how == "unaligned")}
    )
    assert mark_new_by_lines([Finding("R", Severity.LOW, "m", "a.py", line=9)], ChangedPaths(change))[0].new


def test_a_finding_in_an_added_file_is_new_on_any_line() -> None:
    change = Change({"a.js": FileChange("a.js", added=lines_to_bits([1, 2, 3]))})
    assert mark_new_by_lines([Finding("R", Severity.LOW, "m", "a.js", line=32)], ChangedPaths(change))[0].new
