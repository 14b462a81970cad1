"""Which repository holds the ledger, where the user names none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluicegate.core.errors import UsageError
from sluicegate.ledger.open import Choice, remote_for
from support.repo import opened, repository


def chosen(folder: Path, *remotes: str) -> str:
    """The name of what is chosen in a repository with these remotes."""
    made = repository(folder, {"x": "1\n"})
    for name in remotes:
        made.git("remote", "add", name, f"https://example.com/{name}.git")
    return remote_for(Choice(), opened(made.root), {}).name


@pytest.mark.parametrize(
    ("remotes", "name"),
    [((), "this repository"), (("up",), "up"), (("up", "origin"), "origin"), (("a.b",), "a.b")],
)
def test_origin_or_the_only_remote_holds_it(tmp_path: Path, remotes: tuple[str, ...], name: str) -> None:
    assert chosen(tmp_path / "r", *remotes) == name


def test_of_several_without_origin_none_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no remote 'origin' and there are 2 others") as caught:
        chosen(tmp_path / "r", "up", "mine")
    assert "--remote up" in caught.value.remedy
