"""What a change makes of the policy, where presets that it extends are not at hand."""

from __future__ import annotations

from sluicegate.core.errors import PolicyError, PresetError
from sluicegate.policy.proposal import MAX_LINES, unread
from sluicegate.policy.resolve import CheckedPolicy, preset_policy

MISSING = PresetError("the preset 'a/b/c.yml@1' has not been fetched", where="sluicegate.yml:1:10")
BASE = CheckedPolicy(preset_policy(), (), {"sluicegate.yml": b"extends: old\n", "preset a/b/c.yml": b"{}\n"})


def now(text: str, *others: PolicyError) -> CheckedPolicy:
    """The change's policy, which extends what is not there."""
    return CheckedPolicy(None, (MISSING, *others), {"sluicegate.yml": text.encode()})


def test_the_difference_is_of_the_repository_s_own_files() -> None:
    found = unread(BASE, now("extends: new\n"), None)
    assert found is not None
    assert found.diff[2:] == ("@@ -1 +1 @@", "-extends: old", "+extends: new")
    assert (found.ref, found.why) == ("sluicegate.yml", f"sluicegate.yml:1:10: {MISSING.what}")


def test_what_was_there_before_the_change_is_none_of_it() -> None:
    assert unread(BASE, now("extends: new\n"), ("", now("extends: new\n"))) is None


def test_a_long_difference_is_cut() -> None:
    found = unread(BASE, now("a\n" * 500), None)
    assert found is not None
    assert (len(found.diff), found.more) == (MAX_LINES, 504 - MAX_LINES)


def test_unread_is_only_what_is_not_wrong_otherwise() -> None:
    assert (now("").is_unread, now("", PolicyError("wrong")).is_unread, BASE.is_unread) == (
        True,
        False,
        False,
    )
