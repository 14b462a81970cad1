"""Reads the commits of a range, and `.github/release.yml`, from the clone."""

from __future__ import annotations

from dataclasses import dataclass

from sluicegate.core.errors import UsageError, WorldError
from sluicegate.core.text import cut, one_line
from sluicegate.git import Git
from sluicegate.policy.document import Node
from sluicegate.policy.yaml_positions import read_document
from sluicegate.release.notes.changes import CommitText
from sluicegate.release.notes.groups import Categories, Category, Excluded

MAX_COMMITS = 10_000
FILES = (".github/release.yml", ".github/release.yaml")
_MAX_FILE = 1 << 20
_LOG = (
    "log", "-z", "--topo-order", f"--max-count={MAX_COMMITS + 1}", "--encoding=UTF-8", "--no-show-signature",
    "--no-color", "--no-mailmap", "--format=%H%n%P%n%an%n%B",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Range:
    """Commits that are reachable from one and not from another; without `base` all of them.

    Attributes:
        shown: as people write it.
        base, head: full names; `base` is empty for a first release.
    """

    shown: str
    base: str
    head: str


def range_of(git: Git, text: str) -> Range:
    """The range that `FROM..TO`, `FROM..`, `TO` or nothing means: to HEAD, from the nearest tag before it.

    Raises:
        UsageError: a revision is not in this clone.
        WorldError: the clone is shallow.
    """
    if git.is_shallow():
        remedy = "Check out with `fetch-depth: 0`, or run: git fetch --unshallow --tags."
        raise WorldError("this clone is shallow, so the commits of a release are not known", remedy=remedy)
    base, dots, head = text.partition("..")
    if not dots:
        base, head = "", base
    head = head or "HEAD"
    if head.startswith("."):
        raise UsageError("a range has two dots", where="RANGE", remedy="Write it as v1.3.0..v1.4.0.")
    to = _commit(git, head)
    base = base or git.tag_before(to)
    return Range(f"{base}..{head}" if base else head, _commit(git, base) if base else "", to)


def _commit(git: Git, name: str) -> str:
    found = git.commit(name)
    if not found:
        remedy = "Name a tag, a branch or a commit of this clone; `git fetch --tags` fetches tags."
        raise UsageError(
            f"'{cut(one_line(name), 60)}' is no commit of this clone", where="RANGE", remedy=remedy
        )
    return found


def commits_of(git: Git, range_: Range) -> list[CommitText]:
    """The commits of a range, newest first.

    Raises:
        UsageError: there are more than `MAX_COMMITS`.
        WorldError: git failed.
    """
    asked = [range_.head, *([f"^{range_.base}"] if range_.base else [])]
    out = git.run(*_LOG, *asked, "--")
    found = []
    for entry in out.decode("utf-8", "replace").split("\0"):
        if entry.strip():
            sha, parents, author, message = entry.lstrip("\n").split("\n", 3)
            found.append(CommitText(sha, tuple(parents.split()), author, message))
    if len(found) > MAX_COMMITS:
        what = f"the range {range_.shown} has more than {MAX_COMMITS:,} commits"
        raise UsageError(what, where="RANGE", remedy="Name the release before: FROM..TO.")
    return found


def categories_of(git: Git, commit: str) -> Categories:
    """What `.github/release.yml` of a commit says; what GitHub does not document is left out.

    Raises:
        PolicyError: it is not YAML.
    """
    for name in FILES:
        data = git.file_at(commit, name, _MAX_FILE)
        if data is not None and data.strip():
            return categories_from(data, name)
    return Categories()


def categories_from(data: bytes, name: str) -> Categories:
    """The categories of a file's bytes.

    Raises:
        PolicyError: it is not YAML.
    """
    changelog = _below(read_document(data, name).top, "changelog")
    entries = _below(changelog, "categories").value
    made = [
        Category(one_line(str(title)), _texts(_below(entry, "labels")), _excluded(entry))
        for entry in (entries if isinstance(entries, list) else [])
        if (title := _below(entry, "title").value) and not isinstance(title, (list, dict))
    ]
    return Categories(tuple(made), _excluded(changelog))


_NOTHING = Node(None, (1, 1))


def _below(node: Node, key: str) -> Node:
    return node.value.get(key, _NOTHING) if isinstance(node.value, dict) else _NOTHING


def _texts(node: Node) -> frozenset[str]:
    """The texts of a list, in lower case."""
    items = node.value if isinstance(node.value, list) else []
    return frozenset(str(item.value).lower() for item in items if not isinstance(item.value, (list, dict)))


def _excluded(node: Node) -> Excluded:
    found = _below(node, "exclude")
    return Excluded(_texts(_below(found, "labels")), _texts(_below(found, "authors")))
