"""The dependencies of manifests and lock files, and how they differ between two commits. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sluicegate.release.impact import lockfiles, manifests
from sluicegate.release.impact.model import Dependency, Place, Step
from sluicegate.release.impact.packages import Package
from sluicegate.release.impact.versions import major_of, step_of

Reader = Callable[[str], Iterator[Package]]


@dataclass(frozen=True, slots=True)
class Format:
    """A file that names dependencies.

    Attributes:
        path: a regular expression that its path holds.
        ecosystem: `PyPI`, `npm`, `Go`, `crates.io`, `Maven`, `RubyGems`, `Packagist`, `image`, `action`.
        is_lock: it has what is installed, direct or not; else it has what is asked for.
    """

    path: re.Pattern[str]
    ecosystem: str
    read: Reader
    is_lock: bool = False


def _format(path: str, ecosystem: str, read: Reader, *, is_lock: bool = False) -> Format:
    return Format(re.compile(path), ecosystem, read, is_lock)


FORMATS: Sequence[Format] = (
    _format(r"(?:^|/)(?:uv|poetry|pdm)\.lock$", "PyPI", lockfiles.toml_packages, is_lock=True),
    _format(r"(?:^|/)Pipfile\.lock$", "PyPI", lockfiles.pipfile, is_lock=True),
    _format(r"(?:^|/)pyproject\.toml$", "PyPI", manifests.pyproject),
    _format(r"(?:^|/)Pipfile$", "PyPI", manifests.pipfile),
    _format(r"(?:^|/)[\w.-]*requirements[\w.-]*\.(?:txt|in)$|(?:^|/)requirements/[^/]+\.(?:txt|in)$", "PyPI",
            manifests.requirements),
    _format(r"(?:^|/)(?:package-lock|npm-shrinkwrap)\.json$", "npm", lockfiles.npm, is_lock=True),
    _format(r"(?:^|/)yarn\.lock$", "npm", lockfiles.yarn, is_lock=True),
    _format(r"(?:^|/)pnpm-lock\.yaml$", "npm", lockfiles.pnpm, is_lock=True),
    _format(r"(?:^|/)package\.json$", "npm", manifests.package_json),
    _format(r"(?:^|/)go\.mod$", "Go", manifests.go_mod),
    _format(r"(?:^|/)Cargo\.lock$", "crates.io", lockfiles.cargo, is_lock=True),
    _format(r"(?:^|/)Cargo\.toml$", "crates.io", manifests.cargo),
    _format(r"(?:^|/)pom\.xml$", "Maven", manifests.pom),
    _format(r"(?:^|/)[\w.-]*\.gradle(?:\.kts)?$", "Maven", manifests.gradle),
    _format(r"(?:^|/)[\w.-]*\.versions\.toml$", "Maven", manifests.version_catalogue),
    _format(r"(?:^|/)Gemfile\.lock$", "RubyGems", lockfiles.gemfile, is_lock=True),
    _format(r"(?:^|/)composer\.json$", "Packagist", manifests.composer),
    _format(r"(?:^|/)composer\.lock$", "Packagist", lockfiles.composer, is_lock=True),
    _format(r"(?:^|/)(?:Dockerfile[\w.-]*|Containerfile|[\w.-]+\.Dockerfile)$", "image",
            manifests.dockerfile),
    _format(r"^\.github/workflows/[^/]+\.ya?ml$|(?:^|/)action\.ya?ml$", "action", manifests.workflow),
)  # fmt: skip
_OUTSIDE = re.compile(r"(?:^|/)(?:node_modules|vendor|third_party|testdata|fixtures|__fixtures__)/")


def format_of(path: str) -> Format | None:
    """The format of a file, by its path; None for another file, and for what is vendored."""
    if _OUTSIDE.search(path):
        return None
    return next((each for each in FORMATS if each.path.search(path)), None)


@dataclass(slots=True)
class Versions:
    """All versions on one side, by ecosystem and name: of locks, of manifests, of direct ones in locks."""

    locked: dict[tuple[str, str], dict[str, Place]] = field(default_factory=dict)
    asked: dict[tuple[str, str], dict[str, Place]] = field(default_factory=dict)
    direct: dict[tuple[str, str], dict[str, Place]] = field(default_factory=dict)

    def add(self, format_: Format, path: str, packages: Iterator[Package]) -> None:
        """Take the packages of a file."""
        for package in packages:
            key = format_.ecosystem, package.name
            place = Place(path, package.line)
            if package.direct:
                found = self.direct.setdefault(key, {})
                if package.version:
                    found.setdefault(package.version, place)
            elif format_.is_lock:
                self.locked.setdefault(key, {}).setdefault(package.version, place)
            else:
                self.asked.setdefault(key, {}).setdefault(package.version, place)

    def names(self) -> Iterator[str]:
        """The names of all packages."""
        return (key[1] for found in (self.locked, self.asked, self.direct) for key in found)

    def is_direct(self, key: tuple[str, str]) -> bool:
        """Is the package asked for?"""
        return key in self.direct or key in self.asked

    def of(self, key: tuple[str, str]) -> Mapping[str, Place]:
        """The versions of a package: of a direct one those that are installed for it, where that is known."""
        locked, asked = self.locked.get(key, {}), self.asked.get(key, {})
        majors = {major_of(version) for version in asked} - {None}
        fitting = {v: place for v, place in locked.items() if major_of(v) in majors}
        return self.direct.get(key) or fitting or locked or asked


def compared(before: Versions, after: Versions) -> Iterator[Dependency]:
    """Majors that moved, and packages that came or went; of images and actions every change."""
    keys = {key for side in (before, after) for found in (side.locked, side.asked) for key in found}
    for key in sorted(keys):
        old, new = before.of(key), after.of(key)
        direct = before.is_direct(key) or after.is_direct(key)
        if bool(old) != bool(new):
            step = Step.ADDED if new else Step.REMOVED
            yield _dependency(key, step, old, new, direct)
        elif set(old) != set(new):
            yield from _moved(key, old, new, direct)


def _moved(
    key: tuple[str, str], old: Mapping[str, Place], new: Mapping[str, Place], direct: bool
) -> Iterator[Dependency]:
    step = step_of(_highest(old), _highest(new))
    is_pinned = key[0] == "image" or (key[0] == "action" and step is Step.UNKNOWN)
    if is_pinned or step in (Step.MAJOR_UP, Step.MAJOR_DOWN):
        yield _dependency(key, step, _without(old, new), _without(new, old), direct)


def _without(side: Mapping[str, Place], other: Mapping[str, Place]) -> Mapping[str, Place]:
    """The versions that only this side has; all of them where the other has them, too."""
    return {version: place for version, place in side.items() if version not in other} or side


def _highest(versions: Mapping[str, Place]) -> str:
    known = [(major, v) for v in versions if (major := major_of(v)) is not None]
    return max(known)[1] if known else next(iter(sorted(versions)), "")


_MAX_SHOWN = 4


def _dependency(
    key: tuple[str, str], step: Step, old: Mapping[str, Place], new: Mapping[str, Place], direct: bool
) -> Dependency:
    shown = [", ".join(sorted(filter(None, side))[:_MAX_SHOWN]) for side in (old, new)]
    places = tuple(dict.fromkeys((new or old).values()))[:_MAX_SHOWN]
    return Dependency(key[1], key[0], step, shown[0], shown[1], direct, places)
