"""Whose policy judges: the base's, unless it has none that is valid."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.collect.base import base_tip
from sluicegate.core.errors import PolicyError
from sluicegate.git import open_repository
from sluicegate.github.event import EventContext
from sluicegate.policy.origin import Chosen, PolicyLocation, find_at, of_base
from support.repo import Repo, pull_request

STRICT = "gates: {tests: {criteria: [pass_rate == 100%]}}\n"
LAX = "gates: {tests: {criteria: [pass_rate >= 1%]}}\n"
BROKEN = "gates: [\n"


def event(repo: Repo) -> EventContext:
    return EventContext(
        name="pull_request", is_pull_request=True, is_merge_commit=True, base_ref="main",
        head_sha=repo.git("rev-parse", "feature"), base_sha=repo.git("rev-parse", "main"),
    )  # fmt: skip


def chosen(repo: Repo, folder: str = "", named: str = "") -> Chosen:
    directory = repo.root / folder
    git = open_repository(directory)
    assert git is not None
    tip = base_tip(git, "", event(repo))
    return of_base(PolicyLocation(directory, named), git, tip, git.merge_base(tip, "HEAD"))


def expectation(found: Chosen) -> str:
    gate = found.policy.gate("tests")
    assert gate is not None
    return gate.criteria[0].expect


def codes(found: Chosen) -> list[str]:
    return [n.code for n in found.notices]


def test_the_base_s_policy_judges_and_the_new_one_is_shown(tmp_path: Path) -> None:
    found = chosen(pull_request(tmp_path, {"sluicegate.yml": STRICT}, {"sluicegate.yml": LAX}))
    assert (found.policy.ref.origin, expectation(found)) == ("base", "pass_rate == 100%")
    assert found.proposed is not None
    assert found.proposed.policy.ref.origin == "head"
    assert found.proposed.diff[:2] == ("--- a/sluicegate.yml", "+++ b/sluicegate.yml")
    assert f"+{LAX.strip()}" in found.proposed.diff


def test_an_untouched_policy_is_no_change(tmp_path: Path) -> None:
    found = chosen(pull_request(tmp_path, {"sluicegate.yml": STRICT}, {"a.py": ""}))
    assert (found.policy.ref.origin, found.proposed, found.notices) == ("base", None, ())


def test_a_waiver_of_the_change_does_not_count_yet(tmp_path: Path) -> None:
    waiver = (
        "waivers: [{gate: tests, criterion: pass_rate == 100%, reason: r, owner: o, expires: 2099-01-01}]\n"
    )
    found = chosen(pull_request(tmp_path, {"sluicegate.yml": STRICT}, {"sluicegate.yml": STRICT + waiver}))
    assert found.policy.waivers == ()
    assert found.proposed is not None
    assert len(found.proposed.policy.waivers) == 1


def test_extended_files_are_read_from_the_same_commit(tmp_path: Path) -> None:
    base = {"sluicegate.yml": "extends: ./ci/shared.yml\n", "ci/shared.yml": STRICT}
    found = chosen(pull_request(tmp_path, base, {"ci/shared.yml": LAX}))
    assert expectation(found) == "pass_rate == 100%"
    assert found.proposed is not None
    assert found.proposed.diff[1] == "+++ b/ci/shared.yml"


@pytest.mark.parametrize("base", [{}, {"sluicegate.yml": BROKEN}, {"sluicegate.yml": "extends: ./no.yml\n"}])
def test_without_a_valid_policy_in_the_base_the_change_s_own_judges_and_that_is_said(
    tmp_path: Path, base: dict[str, str]
) -> None:
    found = chosen(pull_request(tmp_path, base, {"sluicegate.yml": LAX}))
    assert (found.policy.ref.origin, expectation(found)) == ("head", "pass_rate >= 1%")
    assert (codes(found), found.proposed) == (["policy-from-head"], None)


def test_without_any_policy_nothing_is_said(tmp_path: Path) -> None:
    found = chosen(pull_request(tmp_path, {}, {"a.py": ""}))
    assert (found.policy.ref.origin, found.notices) == ("preset", ())


def test_an_invalid_new_policy_is_an_error_with_its_place(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"sluicegate.yml": STRICT}, {"sluicegate.yml": BROKEN})
    with pytest.raises(PolicyError) as caught:
        chosen(repo)
    assert caught.value.where.startswith("sluicegate.yml:")


def test_a_deleted_policy_still_judges(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"sluicegate.yml": STRICT, "a.py": ""}, {"a.py": "1\n"})
    (repo.root / "sluicegate.yml").unlink()
    found = chosen(repo)
    assert found.policy.ref.origin == "base"
    assert found.proposed is not None
    assert found.proposed.policy.ref.ref == "standard"


@pytest.mark.parametrize("other", [".sluicegate.yml", ".github/sluicegate.yml"])
def test_a_policy_that_moves_is_found_where_the_base_has_it(tmp_path: Path, other: str) -> None:
    repo = pull_request(tmp_path, {"sluicegate.yml": STRICT, "a.py": ""}, {"a.py": "1\n"})
    (repo.root / "sluicegate.yml").unlink()
    repo.write({other: LAX})
    assert expectation(chosen(repo)) == "pass_rate == 100%"


def test_a_new_policy_in_a_folder_below_does_not_hide_the_one_above(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"sluicegate.yml": STRICT, "sub/a.py": ""}, {"sub/sluicegate.yml": LAX})
    found = chosen(repo, "sub")
    assert (found.policy.ref.origin, expectation(found)) == ("base", "pass_rate == 100%")
    assert found.root == repo.root


def test_a_policy_behind_a_link_is_read_through_it(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"ci/policy.yml": STRICT}, {"a.py": ""})
    repo.git("checkout", "-q", "main")
    (repo.root / "sluicegate.yml").symlink_to("ci/policy.yml")
    repo.commit({})
    repo.git("checkout", "-q", "--detach")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    assert chosen(repo).policy.ref.origin == "base"


def test_a_named_policy_is_the_base_s_file_of_that_name(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"sub/ci/p.yml": STRICT}, {"sub/ci/p.yml": LAX})
    for folder, named in (("sub", "ci/p.yml"), ("", "sub/ci/p.yml"), ("sub/ci", "../ci/p.yml")):
        assert expectation(chosen(repo, folder, named)) == "pass_rate == 100%"


def test_a_policy_that_an_absolute_path_names_is_the_base_s_file(tmp_path: Path) -> None:
    repo = pull_request(tmp_path / "r", {"sub/ci/p.yml": STRICT}, {"sub/ci/p.yml": LAX})
    (tmp_path / "way").symlink_to(tmp_path / "r")
    for top in (repo.root, tmp_path / "way", repo.root / "sub" / ".."):
        for folder in ("", "sub"):
            assert expectation(chosen(repo, folder, str(top / "sub/ci/p.yml"))) == "pass_rate == 100%"


def test_a_named_policy_outside_the_repository_is_the_tree_s(tmp_path: Path) -> None:
    (tmp_path / "p.yml").write_text(LAX, encoding="utf-8")
    repo = pull_request(tmp_path / "repo", {"sluicegate.yml": STRICT}, {"a.py": ""})
    found = chosen(repo, named="../p.yml")
    assert (expectation(found), codes(found)) == ("pass_rate >= 1%", ["policy-from-head"])


def test_a_base_that_is_not_in_the_clone_is_said_with_what_to_set(tmp_path: Path) -> None:
    repo = pull_request(tmp_path / "origin", {"sluicegate.yml": STRICT}, {"sluicegate.yml": LAX})
    repo.git("branch", "merge", "HEAD")
    repo.git("clone", "-q", "--depth=1", "--branch=merge", f"file://{repo.root}", str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone")
    git = open_repository(clone.root)
    assert git is not None
    found = of_base(PolicyLocation(clone.root), git, base_tip(git, "", event(repo)), "")
    assert (codes(found), found.policy.ref.origin) == (["policy-base-missing"], "head")
    assert "fetch-depth: 2" in found.notices[0].message


def test_a_policy_that_only_the_base_changed_is_no_change_of_this_one(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"sluicegate.yml": LAX}, {"a.py": ""})
    repo.git("checkout", "-q", "main")
    repo.commit({"sluicegate.yml": STRICT})
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    repo.git("checkout", "-q", "feature")  # a workflow that checks out the head itself
    found = chosen(repo)
    assert (expectation(found), found.proposed) == ("pass_rate == 100%", None)


def test_a_long_difference_is_cut(tmp_path: Path) -> None:
    longer = LAX + "".join(f"# {n}\n" for n in range(500))
    found = chosen(pull_request(tmp_path, {"sluicegate.yml": STRICT}, {"sluicegate.yml": longer}))
    assert found.proposed is not None
    assert (len(found.proposed.diff), found.proposed.more > 300) == (120, True)


@given(
    data=st.binary(max_size=60),
    prefix=st.sampled_from(["", "a/", "a/b/"]),
    named=st.sampled_from(["", "p.yml", "../p.yml", "../../../p.yml", "./a//p.yml"]),
)
def test_any_bytes_in_the_base_give_a_policy_or_its_errors(data: bytes, prefix: str, named: str) -> None:
    found = find_at(lambda path: data if path.endswith("yml") else None, prefix, named)
    if found is not None:
        assert (found[1].policy is None) == bool(found[1].errors)
        assert not found[0].startswith("..")
