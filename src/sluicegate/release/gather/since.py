"""The last release before a commit, and the files that were changed since; by git in the clone."""

from __future__ import annotations

from sluicegate.core.errors import WorldError
from sluicegate.core.globs import matches_any
from sluicegate.core.text import plural, some
from sluicegate.git import Git
from sluicegate.release.facts import Fact, LastRelease, measured, unknown
from sluicegate.release.settings import MEASURES, EvidenceSource

_PRE_RELEASES = (
    "*-rc*", "*-alpha*", "*-beta*", "*-pre*", "*-dev*", "*[0-9]rc[0-9]*", "*[0-9]a[0-9]*", "*[0-9]b[0-9]*",
)  # fmt: skip
"""Tags of pre-releases, as semver.org and PEP 440 spell them."""


def last_release(git: Git | None, commit: str) -> LastRelease:
    """The release of the nearest tag of an earlier commit; tags of pre-releases are passed over.

    Raises:
        WorldError: the clone lacks the commit or its history.
    """
    if git is None or not git.commit(commit):
        remedy = f"Fetch it: git fetch origin {commit}."
        raise WorldError(f"this clone does not have the commit {commit[:12]}", remedy=remedy)
    if git.is_shallow():
        remedy = "Check out with `fetch-depth: 0`, or run: git fetch --unshallow --tags."
        raise WorldError("this clone is shallow, so the last release is not known", remedy=remedy)
    tag = git.tag_before(commit, *_PRE_RELEASES)
    return LastRelease(tag, git.commit(f"refs/tags/{tag}")) if tag else LastRelease()


def changed_files(git: Git, since: LastRelease, commit: str) -> dict[str, bool]:
    """The files that differ between a release and a commit: is each still there? All of them without one.

    Raises:
        WorldError: git failed.
    """
    if not since.commit:
        return dict.fromkeys(git.names(commit), True)
    asked = ("diff", "--name-status", "-z", "--no-renames", "--no-ext-diff", since.commit, commit, "--")
    fields = git.run(*asked).decode("utf-8", "surrogateescape").split("\0")
    return {path: status != "D" for status, path in zip(fields[::2], fields[1::2], strict=False)}


def changed_fact(source: EvidenceSource, git: Git | None, commit: str) -> Fact:
    """The fact of a source of the kind `changed`."""
    specs = MEASURES["changed"]
    try:
        since = last_release(git, commit)
        files = changed_files(git, since, commit) if git is not None else {}
    except WorldError as error:
        return unknown(specs, error.what, error.remedy)
    changed = [path for path in files if matches_any(source.value, path)]
    answered = any(is_there and matches_any(source.needs, path) for path, is_there in files.items())
    return Fact(
        {
            "missing": measured(
                specs["missing"], bool(changed) and not answered, _missing(changed, source, since)
            ),
            "files": measured(specs["files"], len(changed), _changed(changed, since)),
        }
    )


def _changed(paths: list[str], since: LastRelease) -> str:
    if not paths:
        return ""
    return f"{plural(len(paths), 'file')} changed since {since}: {some(paths[:3], len(paths))}"


def _missing(paths: list[str], source: EvidenceSource, since: LastRelease) -> str:
    return f"{_changed(paths, since)}; nothing of {', '.join(source.needs)} did" if paths else ""
