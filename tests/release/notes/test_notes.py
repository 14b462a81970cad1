"""Release notes: messages, changes, pairs, groups, Markdown. Cases of others' bugs have their numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.core.errors import UsageError
from sluicegate.release.notes.body import BEGIN, END, LIMIT, put
from sluicegate.release.notes.changes import Change, CommitText, PullText, changes_of, pulls_by_message
from sluicegate.release.notes.groups import Categories, Group, group_of, notes_of
from sluicegate.release.notes.messages import breaking_notes, header_of
from sluicegate.release.notes.pairs import settle
from sluicegate.release.notes.read import categories_from
from sluicegate.release.notes.text import Notes, as_json, notes_from, render, upgrade_of
from support.examples import at_most


def commit(n: int, message: str = "x", *parents: int) -> CommitText:
    return CommitText(f"{n:040x}", tuple(f"{p:040x}" for p in parents or (n - 1,)), "Ann", message)


def pull(number: int, title: str, *labels: str, body: str = "", author: str = "ann") -> Change:
    of = PullText(number, title, labels, author, body)
    return Change(of, (commit(number, f"{title} (#{number})"),))


def names(*changes: Change) -> list[str]:
    return [change.name for change in settle(changes).changes]


NO_FILE = Categories()


def notes(*changes: Change, categories: Categories = NO_FILE) -> Notes:
    commits = [c for change in changes for c in change.commits]
    return notes_from("v1..v2", commits, changes, categories, ())


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("feat: add x", ("feat", "", False, "add x")),
        ("Fix(core)!: mend: y", ("fix", "core", True, "mend: y")),
        ("refactor(a-b/c)!: z (#1)", ("refactor", "a-b/c", True, "z (#1)")),
        ("add x", None),
        ("feat:no space", None),
        ("feat : x", None),
        (": x", None),
        ("feat(a(b)): x", None),
    ],
)
def test_a_header(title: str, found: tuple[str, str, bool, str] | None) -> None:
    header = header_of(title)
    assert (header and (header.type, header.scope, header.is_breaking, header.subject)) == found


def test_every_breaking_footer_of_a_squash_is_found() -> None:
    """dbus-native #379: the second one was lost."""
    message = (
        "feat: x (#1)\n\n* feat: a\n\nBREAKING CHANGE: one\nmore of it\n\n* feat: b\n\n"
        "Reviewed-by: Z\nBREAKING-CHANGE: two\nRefs #3\nno part of it\n"
    )
    assert breaking_notes(message) == ("one\nmore of it\n\n* feat: b", "two")
    assert notes_of(Change(None, (commit(1, message),))) == ("one\nmore of it", "two")


def test_a_merge_that_repeats_the_title_is_one_change() -> None:
    """OpenAPPA #23."""
    merge = commit(3, "Merge pull request #5 from o/b\n\nfeat: x", 1, 2)
    listed = [merge, commit(2, "feat: x")]
    (change,) = changes_of(listed, pulls_by_message(listed))
    assert (change.name, change.title, len(change.commits)) == ("#5", "feat: x", 2)


def test_a_squash_into_a_release_branch_is_a_change_of_its_own() -> None:
    """release-changelog-builder #671."""
    merge = commit(4, "Merge pull request #9 from o/release\n\nRelease", 1, 3)
    listed = [merge, commit(3, "fix: y (#8)"), commit(2, "feat: x (#7)", 1)]
    assert {c.name for c in changes_of(listed, pulls_by_message(listed))} == {"#7", "#8", "#9"}


def test_commits_without_a_pull_request_are_counted_and_listed() -> None:
    """release-changelog-builder #631: 63 commits vanished without a word."""
    alone = (Change(None, (commit(3, "tidy up"),)), Change(None, (commit(4, "fix: y"),)))
    text = render(notes(pull(2, "feat: x"), *alone))
    assert "2 commits of 3 without a pull request, 1 of them listed above" in text
    assert "- tidy up (000000000000)" in text
    assert text.count("- y (000000000000)") == 1


def test_a_revert_of_a_revert_counts() -> None:
    first, second = pull(1, "feat: x"), pull(2, 'Revert "feat: x"', body="Reverts o/r#1")
    third = pull(3, 'Revert "Revert "feat: x""', body="Reverts o/r#2")
    assert names(first, second) == []
    assert names(first, second, third) == ["#1"]
    assert names(first, second, third, pull(4, "Revert it", body="Reverts o/r#3")) == []
    assert "not listed: #2 by #3." in render(notes(first, second, third))


@pytest.mark.parametrize(
    "revert",
    [
        Change(None, (commit(9, f'Revert "feat: x (#1)"\n\nThis reverts commit {1:040x}.'),)),
        Change(None, (commit(9, 'Revert "feat: x (#1)" (#9)'),)),
        Change(None, (commit(9, f"revert: feat: x\n\nThis reverts commit {1:040x}."),)),
    ],
)
def test_a_revert_names_its_change_in_many_ways(revert: Change) -> None:
    assert names(pull(1, "feat: x"), pull(2, "feat: y"), revert) == ["#2"]


def test_a_revert_of_an_earlier_release_is_a_change() -> None:
    old = pull(9, 'Revert "feat: w"', body="Reverts o/r#1\n\nThis reverts commit abcdef1.")
    assert names(pull(2, "feat: x"), old) == ["#2", "#9"]
    both = pull(9, "Revert two", body="Reverts #2, reverts #1")
    assert names(pull(2, "feat: x"), both) == ["#9"]


def test_a_pull_request_that_reverts_by_the_way_takes_nothing_away() -> None:
    by_the_way = Change(PullText(2, "feat: y"), (commit(2, f"feat: y\n\nThis reverts commit {1:040x}."),))
    assert names(pull(1, "feat: x"), by_the_way) == ["#1", "#2"]


def test_a_backport_is_once() -> None:
    picked = Change(None, (commit(8, f"fix: x\n\n(cherry picked from commit {1:040x})"),))
    named = pull(9, "[Backport 1.x] fix: x", "backport", body="Backport of #1")
    (change,) = settle([pull(1, "fix: x"), picked, named]).changes
    assert change.backports == ("000000000000", "#9")
    assert names(named) == ["#9"]
    assert names(picked, Change(None, (commit(7, picked.commits[0].message),))) == ["000000000000"]


def test_a_backport_of_a_backport_is_not_lost() -> None:
    first, second = pull(1, "x", "backport", body="Backport of #2"), pull(2, "x", "backport", body="#3")
    (change,) = settle([first, second, pull(3, "x")]).changes
    assert (change.name, change.backports) == ("#3", ("#2", "#1"))


@pytest.mark.parametrize(
    ("title", "labels", "group"),
    [
        ("Add x", ("kind/feature",), Group.FEATURES),
        ("feat: x", ("bug",), Group.FIXES),
        ("feat: x", ("bug", "Security"), Group.SECURITY),
        ("x", ("type: enhancement",), Group.IMPROVEMENTS),
        ("x", ("breaking-change", "bug"), Group.BREAKING),
        ("fix(security): x", (), Group.SECURITY),
        ("perf: x", (), Group.IMPROVEMENTS),
        ("chore!: x", (), Group.BREAKING),
        ("docs: x", ("documentation",), Group.OTHER),
        ("Merge it", (), Group.OTHER),
    ],
)
def test_the_group_of_a_change(title: str, labels: tuple[str, ...], group: Group) -> None:
    assert group_of(pull(1, title, *labels), Categories()) == group


def test_the_file_of_github_decides() -> None:
    text = b"""
changelog:
  exclude: {labels: [ignore], authors: [octocat]}
  categories:
    - {title: Fun, labels: [fun], exclude: {authors: [bob]}}
    - {title: Rest, labels: ['*']}
"""
    found = notes(
        pull(1, "feat!: a", "Fun"), pull(2, "b", "fun", author="bob"), pull(3, "c", "fun", "ignore"),
        pull(4, "d", author="octocat"), pull(5, "fix!: e"),
        categories=categories_from(text, "release.yml"),
    )  # fmt: skip
    assert {title: [c.name for c in group] for title, group in found.groups.items()} == {
        "Breaking changes": ["#5"], "Fun": ["#1"], "Rest": ["#2"],
    }  # fmt: skip
    assert [c.name for c in found.excluded] == ["#3", "#4"]


def test_a_hostile_title_is_text() -> None:
    title = "<img src=x> @everyone closes #1 [a](javascript:x) | {{contributors}} " + BEGIN
    text = render(notes(pull(2, title, author="a b](x)")))
    assert "<img" not in text
    assert "@everyone" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert not re.search(r"closes #1", text)
    assert "{{contributors}}" in text.replace("\\", "")
    assert BEGIN not in text
    assert " by @" not in text


def test_upgrade_notes_come_from_their_section() -> None:
    body = (
        "# What\n\nx\n\n## Upgrade notes\n\n- Run <b>`db up`</b>\n\n```sh\n@x <y>\n```\n\n## Tests\n\nyes\n"
    )
    text = render(notes(pull(1, "feat: x", body=body)))
    part = text.partition("### Upgrade notes")[2].partition("###")[0]
    assert "- Run &#60;b&#62;`db up`&#60;/b&#62;" in part
    assert "```\n@x <y>\n```" in part
    assert "yes" not in part
    assert upgrade_of(pull(1, "x", body="## Upgrade notes\n\nNone.\n")) == ""
    assert upgrade_of(pull(1, "x", body="<!-- ## Upgrade notes\n\nwrite here -->")) == ""


def test_a_template_is_taken() -> None:
    found = notes(pull(1, "feat: x"))
    assert (
        render(found, "# {{range}}\n{{ breaking }}\n{{contributors}}")
        == "# v1..v2\n\n### Contributors\n\n@ann\n"
    )
    with pytest.raises(UsageError, match="unknown name"):
        render(found, "{{nothing}}")


def test_what_people_wrote_around_the_marks_stays() -> None:
    first = put("Hello\r\nyou", "one")
    assert first == f"Hello\nyou\n\n{BEGIN}\none\n{END}"
    assert put(first + "\nafter", "two") == f"Hello\nyou\n\n{BEGIN}\ntwo\n{END}\nafter"
    assert put(first, "one") == first
    for damaged in (BEGIN, f"{END}{BEGIN}", first + first):
        with pytest.raises(UsageError, match="damaged"):
            put(damaged, "x")


def test_what_is_too_long_ends_with_a_whole_line() -> None:
    text = put("", "\n".join(["- a line"] * 20_000))
    assert len(text) < LIMIT + 200
    assert re.search(r"- a line\n\n[\d,]+ more lines did not fit\.\n", text)


TITLES = st.sampled_from(["feat: a", "fix!: b", "c", 'Revert "c"', 'Reapply "c"', "revert: d"])
BODIES = st.sampled_from(["", "Reverts #1", "Reverts #2", "Reverts #3", "Backport of #1", "Backport of #2"])


@given(st.lists(st.tuples(TITLES, BODIES, st.sampled_from(["bug", "backport"])), max_size=6))
@settings(max_examples=at_most(40))
def test_each_change_is_listed_or_accounted_for_once(parts: list[tuple[str, str, str]]) -> None:
    changes = [pull(n, title, label, body=body) for n, (title, body, label) in enumerate(parts, 1)]
    found = as_json(notes(*changes))
    listed = [c for group in found["groups"].values() for c in group]
    shown = [c["name"] for c in listed] + [name for c in listed for name in c["backports"]]
    gone = {name for pair in found["reverted"] for name in pair}
    assert len(shown) == len(set(shown))
    assert set(shown) | gone == {c.name for c in changes}
    assert not set(shown) & {change for change, _ in found["reverted"]}


def test_a_backport_of_a_backport_is_listed_with_the_first_change() -> None:
    first = pull(1, "feat: a", "feature")
    second = pull(2, "c", "backport", body="Backport of #3")
    third = pull(3, "d", "backport", body="Backport of #1")
    (listed,) = (c for group in as_json(notes(first, second, third))["groups"].values() for c in group)
    assert (listed["name"], sorted(listed["backports"])) == ("#1", ["#2", "#3"])


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=at_most(40))
def test_notes_put_twice_are_put_once(text: str, around: str) -> None:
    first = put(around.replace("<!-- sluicegate-notes", ""), text)
    assert put(first, text) == first
    assert first.count(BEGIN) == first.count(END) == 1
