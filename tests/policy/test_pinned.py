"""References to presets of other repositories: only the full sha of a commit pins."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sluicegate.core.errors import PolicyError
from sluicegate.policy.pinned import Pinned, parse_pinned

SHA = "8f3c1d0a7b6e5f4d3c2b1a0918273645a1b2c3d4"


def refused(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse_pinned(text)
    return str(caught.value)


def test_owner_repository_path_and_commit() -> None:
    found = parse_pinned(f"acme/policies/python/quality.yml@{SHA}")
    assert found == Pinned("acme", "policies", "python/quality.yml", SHA)
    assert (found.slug, found.place) == ("acme/policies", "acme/policies/python/quality.yml")


def test_upper_case_digits_are_the_same_commit() -> None:
    assert parse_pinned(f"acme/policies/q.yml@{SHA.upper()}") == parse_pinned(f"acme/policies/q.yml@{SHA}")


def test_the_last_at_sign_divides() -> None:
    found = parse_pinned(f"acme/policies/a@b/q.yml@{SHA}")
    assert found is not None
    assert found.path == "a@b/q.yml"


@pytest.mark.parametrize(
    "text",
    ["standard", "./shared.yml", "ci/shared.yml", f"./a@b/q.yml@{SHA}", f"../q@{SHA}", ".github/q@1.yml"],
)
def test_what_has_no_at_sign_or_begins_with_a_dot_is_a_path_or_a_name(text: str) -> None:
    assert parse_pinned(text) is None


@pytest.mark.parametrize(
    ("commit", "why"),
    [
        ("main", "a branch or a tag can be moved"),
        ("v1.2.3", "a branch or a tag can be moved"),
        (SHA[:7], "other commits may begin with these 7 digits"),
        (SHA[:39], "other commits may begin with these 39 digits"),
        (SHA + "0", "has 41 digits: it is no commit"),
        (SHA[:39] + "g", "a branch or a tag"),
        ("", "there is no commit behind the '@'"),
    ],
)
def test_anything_but_a_full_sha_says_why_and_how_to_get_one(commit: str, why: str) -> None:
    message = refused(f"acme/policies/quality.yml@{commit}")
    assert why in message
    assert "Write its full sha, 40 digits" in message
    assert f"gh api repos/acme/policies/commits/{commit or 'REVISION'} --jq .sha" in message


@pytest.mark.parametrize("commit", ["$(id)", "a b", "`x`", "-x", "x" * 200])
def test_the_command_that_it_names_is_safe_to_copy(commit: str) -> None:
    command = re.search(r"`(gh api .*?) --jq", refused(f"acme/policies/q.yml@{commit}"))
    assert command is not None
    assert command[1] == "gh api repos/acme/policies/commits/REVISION"


@pytest.mark.parametrize(
    "place",
    ["acme", "acme/policies", "acme/policies/", "/acme/policies/q.yml", "acme//q.yml", "acme/../q.yml",
     "acme/policies/../q.yml", "acme/policies/./q.yml", "acme/policies//q.yml", "a b/policies/q.yml",
     "acme/pol?icies/q.yml", "acme/policies/q\\w.yml", "acme/policies/q\n.yml", "github:acme/policies/q.yml"],
)  # fmt: skip
def test_what_names_no_file_of_a_repository_is_refused_with_the_form(place: str) -> None:
    message = refused(f"{place}@{SHA}")
    assert "names no file of a repository. Write OWNER/REPOSITORY/PATH.yml@COMMIT" in message
    assert "begins with './'" in message


def test_an_address_is_refused_with_the_form() -> None:
    assert "cannot be extended. Write OWNER/" in refused(f"https://github.com/acme/policies/blob/{SHA}/q.yml")


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,20}", fullmatch=True)
paths = st.lists(st.from_regex(r"[A-Za-z0-9_ @-]{1,8}", fullmatch=True), min_size=1, max_size=4).map("/".join)


@given(names, names, paths, st.from_regex(r"[0-9a-f]{40}", fullmatch=True))
def test_a_reference_reads_back_as_it_is_written(owner: str, repository: str, path: str, sha: str) -> None:
    pinned = Pinned(owner, repository, f"{path}.yml", sha)
    assert parse_pinned(str(pinned)) == pinned


@given(st.text(max_size=80) | st.text("a/.@:\\\n0fF-", max_size=120))
@example("@" * 50)
@example("a/b/c@" + "0" * 40 + "\n")
def test_any_text_is_a_reference_a_path_or_an_error_of_one_line(text: str) -> None:
    result: Pinned | PolicyError | None
    try:
        result = parse_pinned(text)
    except PolicyError as error:
        result = error
    if isinstance(result, PolicyError):
        assert result.remedy
        assert "\n" not in str(result)
        assert len(str(result)) < 1000
    elif result is None:
        assert "@" not in text or text.startswith(".")
    else:
        assert re.fullmatch(r"[0-9a-f]{40}", result.sha)
        assert not {"", ".", ".."} & set(str(result).split("/"))
