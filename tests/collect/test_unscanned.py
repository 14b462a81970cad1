"""A changed Python source that could not be scanned is an ERROR of `security`, whoever asked for the gate."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sluicegate.collect.submodules import unscanned
from sluicegate.core.change import Change, FileChange
from sluicegate.core.model import Report, Verdict
from sluicegate.core.statuses import GateStatus
from sluicegate.engines import interface
from sluicegate.engines.interface import MAX_SOURCE_BYTES
from sluicegate.evidence.limits import open_regular
from sluicegate.policy.model import SourceSettings
from support.judging import judged
from support.repo import Repo, pull_request

SOURCE = "def f(x):\n    return x\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"


def changed(root: Path) -> Repo:
    """The checkout of a pull request that changes `a.py`."""
    return pull_request(root, {"a.py": SOURCE, "b.py": SOURCE}, {"a.py": SOURCE + "y = 1\n"})


def security(report: Report) -> Verdict:
    return next(verdict for verdict in report.verdicts if verdict.gate == "security")


def replaced(data: bytes) -> Callable[[Path], None]:
    return lambda path: void(path.write_bytes(data))


def void(_: object) -> None: ...


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


REASONS = {
    "newer syntax": (replaced(b"match nonsense as\n"), "does not parse as Python", "pipx install"),
    "not UTF-8": (replaced(b"x = '\xe4'\n"), "does not parse as Python", "source.exclude"),
    "unknown encoding": (replaced(b"# coding: nonsense\n"), "unknown encoding", "source.exclude"),
    "a NUL": (replaced(b"x = 1\0\n"), "null bytes", "source.exclude"),
    "UTF-16": (replaced("x = 1\n".encode("utf-16")), "does not parse", "source.exclude"),
    "too deep": (replaced(b"-" * 100_000 + b"1"), "nested too deeply", "source.exclude"),
    "too large": (replaced(b"x = 1\n" * (MAX_SOURCE_BYTES // 6 + 1)), "has more than", "source.exclude"),
    "Git LFS": (replaced(POINTER), "is a pointer of Git LFS, not the source", "`lfs: true`"),
    "not there": (Path.unlink, "is not on the disk", "`sparse-checkout`"),
    "leads out": (linked, "leads out of the repository", "source.exclude"),
    "a folder": (folder, "is not a regular file", "source.exclude"),
}


def asked_for() -> list[object]:
    """Each reason, where the policy asks for the gate or where it does not; `make test-real` has both."""
    return [
        pytest.param(*reason, is_asked == (n % 2 == 0), id=f"{name}, {how}", marks=marks)
        for n, (name, reason) in enumerate(REASONS.items())
        for is_asked, how, marks in ((True, "now", ()), (False, "later", pytest.mark.soak))
    ]


@pytest.mark.parametrize(("spoil", "message", "remedy", "required"), asked_for())
def test_it_is_an_error_with_a_remedy(
    tmp_path: Path, spoil: Callable[[Path], None], message: str, remedy: str, required: bool
) -> None:
    repo = changed(tmp_path)
    spoil(repo.root / "a.py")
    verdict = security(judged(repo, required=required, names=("security",)))
    assert verdict.status is GateStatus.ERROR
    (problem,) = verdict.problems
    assert (problem.path, message in problem.message, remedy in problem.remedy) == ("a.py", True, True)


@pytest.mark.parametrize("spoil", [reason[0] for reason in REASONS.values() if reason[0] is not Path.unlink])
def test_an_unchanged_file_is_no_problem(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    repo = changed(tmp_path)
    spoil(repo.root / "b.py")
    assert security(judged(repo, required=True, names=("security",))).status is GateStatus.PASS


def test_so_is_one_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = changed(tmp_path)

    def refuse(path: Path) -> object:
        if path.name == "a.py":
            raise PermissionError(13, "Permission denied", str(path))
        return open_regular(path)

    monkeypatch.setattr(interface, "open_regular", refuse)
    verdict = security(judged(repo, required=False, names=("security",)))
    assert verdict.status is GateStatus.ERROR
    assert [p.message for p in verdict.problems] == ["cannot be read: Permission denied"]
    assert "Give the user who runs Sluicegate read access" in verdict.problems[0].remedy


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root reads every file")
def test_permissions_are_the_systems_own(tmp_path: Path) -> None:
    repo = changed(tmp_path)
    (repo.root / "a.py").chmod(0)
    assert security(judged(repo, required=False, names=("security",))).status is GateStatus.ERROR


FAILS = "import importlib\nimportlib.import_module()\n"  # a check of bandit looks for the argument, and fails


def test_so_is_one_on_which_a_check_of_bandit_fails(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"a.py": SOURCE}, {"a.py": FAILS})
    verdict = security(judged(repo, required=False, names=("security",)))
    assert verdict.status is GateStatus.ERROR
    assert [p.message for p in verdict.problems] == [
        "was not scanned by 1 check of bandit, which failed on it"
    ]


def test_a_check_that_failed_on_the_base_too_blocks_no_one(tmp_path: Path) -> None:
    repo = pull_request(tmp_path, {"a.py": FAILS}, {"a.py": FAILS + "y = 1\n"})
    assert security(judged(repo, required=True, names=("security",))).status is GateStatus.PASS


# --- submodules ---


def with_submodule(root: Path, names: tuple[str, ...], *, checked_out: bool = True) -> Repo:
    """A pull request that moves the submodule `lib`, in whose checkout files of these names stand."""
    repo = pull_request(root, {"a.py": SOURCE}, {"b.py": SOURCE})
    repo.git("checkout", "-q", "feature")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib")
    repo.git("commit", "-q", "-m", "move lib")
    repo.git("checkout", "-q", "--detach", "main")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "feature")
    if checked_out:
        repo.write({"lib/.git": "gitdir: ../.git/modules/lib\n", **{f"lib/{n}": SOURCE for n in names}})
    return repo


@pytest.mark.parametrize("name", ["x.py", "deep/in/vendor/x.py", "x.pyw"])
def test_a_submodule_that_brings_python_is_one(tmp_path: Path, name: str) -> None:
    repo = with_submodule(tmp_path, (name,))
    verdict = security(judged(repo, required=False, names=("security",)))
    assert verdict.status is GateStatus.ERROR
    assert [(p.path, p.message) for p in verdict.problems] == [
        ("lib", "is a submodule with Python sources, which are not scanned")
    ]


def test_another_submodule_is_no_problem(tmp_path: Path) -> None:
    repo = with_submodule(tmp_path, ("x.c",))
    assert security(judged(repo, required=True, names=("security",))).status is GateStatus.PASS


def test_a_submodule_that_is_not_checked_out_is_no_problem(tmp_path: Path) -> None:
    repo = with_submodule(tmp_path, (), checked_out=False)
    assert security(judged(repo, required=True, names=("security",))).status is GateStatus.PASS


MOVED = Change({"lib": FileChange("lib", "lib", submodule=True)})


@pytest.mark.parametrize("source", [SourceSettings(exclude=("lib/**",)), SourceSettings(tests=("lib/**",))])
def test_a_submodule_of_excluded_sources_is_no_problem(tmp_path: Path, source: SourceSettings) -> None:
    Repo(tmp_path).write({"lib/.git": "gitdir: x\n", "lib/x.py": SOURCE})
    assert list(unscanned(tmp_path, MOVED, SourceSettings()))
    assert not list(unscanned(tmp_path, MOVED, source))


def test_a_link_in_place_of_a_submodule_is_not_followed(tmp_path: Path) -> None:
    Repo(tmp_path / "other").write({".git": "gitdir: x\n", "x.py": SOURCE})
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "lib").symlink_to(tmp_path / "other")
    assert not list(unscanned(tmp_path / "root", MOVED, SourceSettings()))
