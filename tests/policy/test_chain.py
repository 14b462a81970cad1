"""Presets of other repositories in a policy: who speaks for whom, and what a path means there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sluicegate.core.errors import PresetError
from sluicegate.policy.model import Policy
from sluicegate.policy.pinned import Pinned, ReadPinned, parse_pinned
from sluicegate.policy.resolve import CheckedPolicy, check_policy
from support.policies import files

SHA, LATER = "8f3c1d0a7b6e5f4d3c2b1a0918273645a1b2c3d4", "1b2c3d48f3c1d0a7b6e5f4d3c2b1a0918273645a"
PIN = f"acme/policies/quality.yml@{SHA}"
OURS = "gates: {coverage: {criteria: [total >= 90%]}}\n"


def pins(contents: Mapping[str, str]) -> ReadPinned:
    """Presets that exist only here, by reference; `PATH@SHA` is one of `acme/policies`."""

    def read(pinned: Pinned) -> bytes:
        name = str(pinned) if str(pinned) in contents else f"{pinned.path}@{pinned.sha}"
        if name not in contents:
            raise PresetError(f"the preset '{pinned}' has not been fetched")
        return contents[name].encode()

    return read


def checked(text: str, name: str = "sluicegate.yml", **others: str) -> CheckedPolicy:
    """A policy over presets of `acme/policies` at `SHA`: `quality_yml`, and a `dir/` as `dir__`."""
    read = pins({f"{k.replace('__', '/').replace('_', '.')}@{SHA}": v for k, v in others.items()})
    return check_policy(text.encode(), name, files({}), pinned=read)


def resolved(text: str, **others: str) -> Policy:
    found = checked(text, **others)
    assert found.policy is not None, found.errors
    return found.policy


def errors(text: str, **others: str) -> list[str]:
    return [str(e) for e in checked(text, **others).errors]


def required(policy: Policy, name: str) -> bool:
    gate = policy.gate(name)
    assert gate is not None
    return gate.required


def test_a_gate_that_only_a_preset_of_others_names_is_auto() -> None:
    assert not required(resolved(f"extends: {PIN}\n", quality_yml=OURS), "coverage")


def test_unless_the_preset_says_that_it_is_required() -> None:
    preset = "gates: {coverage: {required: true, criteria: [total >= 90%]}}\n"
    assert required(resolved(f"extends: {PIN}\n", quality_yml=preset), "coverage")


def test_a_gate_that_the_user_s_own_file_names_too_is_required() -> None:
    assert required(resolved(f"extends: {PIN}\ngates: {{coverage: {{}}}}\n", quality_yml=OURS), "coverage")


def test_standard_lies_under_it_unless_it_says_otherwise() -> None:
    assert resolved(f"extends: {PIN}\n", quality_yml=OURS).gate("security") is not None
    assert resolved(f"extends: {PIN}\n", quality_yml="extends: []\n" + OURS).gate("security") is None
    strict = resolved(f"extends: {PIN}\n", quality_yml="extends: strict\n" + OURS)
    assert strict.made_of == ("preset standard", "preset strict", PIN, "sluicegate.yml")


def test_the_files_are_told_the_lowest_first() -> None:
    found = resolved(f"extends: {PIN}\n", quality_yml=OURS)
    assert found.made_of == ("preset standard", PIN, "sluicegate.yml")


def test_a_path_in_it_is_a_file_of_its_repository_at_its_commit() -> None:
    found = resolved(
        f"extends: acme/policies/python/web.yml@{SHA}\n",
        python__web_yml="extends: ../quality.yml\n",
        quality_yml=OURS,
    )
    assert PIN in found.made_of


def test_a_path_in_it_does_not_leave_its_repository() -> None:
    (error,) = errors(f"extends: {PIN}\n", quality_yml="extends: ../../etc/passwd.yml\n")
    assert error.startswith(f"{PIN}:1:10: the path '../../etc/passwd.yml' leads out of the repository")


def test_it_may_extend_another_one_that_is_pinned() -> None:
    read = pins({PIN: f"extends: other/base/q.yml@{LATER}\n", f"other/base/q.yml@{LATER}": OURS})
    found = check_policy(f"extends: {PIN}\n".encode(), "sluicegate.yml", files({}), pinned=read).policy
    assert found is not None
    assert found.made_of[1:3] == (f"other/base/q.yml@{LATER}", PIN)


def test_files_that_extend_each_other_at_one_commit_are_a_circle() -> None:
    (error,) = errors(f"extends: {PIN}\n", quality_yml="extends: ./quality.yml\n")
    assert f"'extends' goes in a circle: {PIN} -> {PIN}" in error


def test_what_it_locks_stays_locked() -> None:
    preset = "locked: [gates.coverage.criteria]\n" + OURS
    text = f"extends: {PIN}\ngates: {{coverage: {{criteria: [total >= 1%]}}}}\n"
    (error,) = errors(text, quality_yml=preset)
    assert error.startswith("sluicegate.yml:2:")
    assert f"'gates.coverage.criteria' is locked at {PIN}:1:10" in error
    locked = resolved(f"extends: {PIN}\n", quality_yml=preset).locked
    assert locked == {"gates.coverage.criteria": f"{PIN}:1:10"}


def test_the_digest_of_the_policy_covers_it() -> None:
    one = resolved(f"extends: {PIN}\n", quality_yml=OURS)
    other = resolved(f"extends: {PIN}\n", quality_yml=OURS.replace("90", "89"))
    assert one.ref.sha256 != other.ref.sha256


def test_an_error_in_it_names_its_place() -> None:
    (error,) = errors(f"extends: {PIN}\n", quality_yml="gates:\n  covrage: {}\n")
    assert error.startswith(f"{PIN}:2:3: unknown gate 'covrage'")


def test_the_difference_of_two_pins_is_that_of_their_contents() -> None:
    one = checked(f"extends: {PIN}\n", quality_yml=OURS)
    assert one.files["preset acme/policies/quality.yml"] == OURS.encode()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("sluicegate.yml", "`sluicegate fetch`"),
        (".github/sluicegate.yml", "`sluicegate fetch`"),
        ("ci/my policy.yml", "`sluicegate fetch --policy 'ci/my policy.yml'`"),
    ],
)
def test_what_was_not_fetched_is_said_with_the_command(name: str, command: str) -> None:
    (error,) = checked(f"extends: [standard, {PIN}]\n", name).errors
    assert isinstance(error, PresetError)
    assert str(error).startswith(f"{name}:1:21: the preset '{PIN}' has not been fetched. Run {command} first")


def test_a_branch_is_refused_with_its_place() -> None:
    (error,) = errors("extends: acme/policies/quality.yml@main\n")
    assert error.startswith("sluicegate.yml:1:10: 'main' does not pin the preset")


def test_a_path_that_looks_like_a_reference_without_a_commit_gets_a_hint() -> None:
    (error,) = errors("extends: acme/policies/quality.yml\n")
    assert "For a file of another repository write OWNER/REPOSITORY/PATH.yml@COMMIT." in error


def test_a_chain_of_presets_has_a_limit_before_the_next_one_is_read() -> None:
    asked: list[Pinned] = []

    def read(pinned: Pinned) -> bytes:
        asked.append(pinned)
        return f"extends: acme/policies/q{len(asked)}.yml@{SHA}\n".encode()

    (error,) = check_policy(f"extends: {PIN}\n".encode(), "sluicegate.yml", files({}), pinned=read).errors
    assert "longer than 10 files in a row" in error.what
    assert len(asked) == 9


def test_a_reference_is_asked_for_as_it_is_parsed() -> None:
    assert parse_pinned(PIN) == Pinned("acme", "policies", "quality.yml", SHA)
