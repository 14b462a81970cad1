"""What git and servers say, and what is made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.ledger.answers import GitFailure, meaning, words

SAID = {
    "!\tabc:refs/sluicegate/ledger\t[rejected] (stale info)": GitFailure.CONFLICT,
    "! [remote rejected] x -> y (cannot lock ref 'y': is at 1 but expected 2)": GitFailure.CONFLICT,
    "! [remote rejected] x -> y (failed to update ref)": GitFailure.CONFLICT,
    "! [remote rejected] x -> y (reference already exists)": GitFailure.CONFLICT,
    "fatal: unable to access 'https://x/': The requested URL returned error: 403": GitFailure.READ_ONLY,
    "remote: Permission to o/r.git denied to github-actions[bot].": GitFailure.READ_ONLY,
    "remote: Write access to repository not granted.": GitFailure.READ_ONLY,
    "remote: error: GH013: Repository rule violations found for refs/heads/q.": GitFailure.READ_ONLY,
    "remote: error: GH006: x\n! [remote rejected] (protected branch hook declined)":
        GitFailure.READ_ONLY,
    "fatal: unable to access 'https://x/': Could not resolve host: x": GitFailure.OVERLOADED,
    "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502": GitFailure.OVERLOADED,
    "fatal: the remote end hung up unexpectedly": GitFailure.OVERLOADED,
    "fatal: timed out after 120 s": GitFailure.OVERLOADED,
    "fatal: remote error: upload-pack: not our ref 11b9c802655ef750a9a6055b6307cc11a738817b":
        GitFailure.DAMAGED,
    "fatal: git upload-pack: aborting due to possible repository corruption on the remote side.\n"
    "fatal: early EOF": GitFailure.DAMAGED,
    "error: inflate: data stream error (incorrect header check)": GitFailure.DAMAGED,
    "error: unable to unpack 11b9c802655ef750a9a6055b6307cc11a738817b header": GitFailure.DAMAGED,
    "fatal: unable to read 11b9c802655ef750a9a6055b6307cc11a738817b": GitFailure.DAMAGED,
    "fatal: expected 'packfile'": GitFailure.DAMAGED,
    "fatal: Authentication failed for 'https://github.com/o/r/'": GitFailure.REFUSED,
    "git@github.com: Permission denied (publickey).": GitFailure.REFUSED,
    "fatal: repository 'https://github.com/o/r/' not found": GitFailure.REFUSED,
}  # fmt: skip


@pytest.mark.parametrize(("said", "answer"), SAID.items())
def test_the_meaning(said: str, answer: GitFailure) -> None:
    assert meaning(said) is answer


def test_words_leave_progress_and_hints_out() -> None:
    said = "Enumerating objects: 3\nhint: try again\nremote: error: no.\nTo https://x\nfatal: stop"
    assert words(said) == "error: no; fatal: stop"


@given(st.text(alphabet="abcdef0123456789", min_size=12, max_size=30), st.text(max_size=30))
def test_no_secret_is_left(secret: str, around: str) -> None:
    said = f"{around}fatal: https://x-access-token:{secret}@github.com/ {secret}{around}"
    assert secret not in words(said, [secret])


def test_users_in_addresses_are_left_out() -> None:
    assert (
        words("fatal: unable to access 'https://me:pass@host/x'")
        == "fatal: unable to access 'https://***@host/x'"
    )


def test_what_a_hook_of_the_server_did_is_told() -> None:
    said = (
        "To ssh://host/x.git\n!\tabc:refs/sluicegate/ledger\t[remote rejected] (pre-receive hook declined)\n"
        "error: failed to push some refs to 'ssh://host/x.git'"
    )
    assert "pre-receive hook declined" in words(said)
