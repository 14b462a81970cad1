"""The project's own settings for bandit, found as a user expects them.

By itself bandit's command line reads only an INI file `.bandit` in its targets, and takes YAML or
`pyproject.toml` with `-c`. Nobody can pass `-c` here, so the first of these in the top folder counts:

1. `.bandit` as INI with a section `[bandit]`: `tests`, `skips`, `exclude`, `ignore-nosec`, `profile`, and
   `configfile`, which names what `-c` would; one that holds YAML is read as what some pass with `-c`;
2. `pyproject.toml` with `[tool.bandit]`;
3. `bandit.yaml`, `bandit.yml`, `.bandit.yaml`, `.bandit.yml`.

An INI file without `configfile` is joined with the first of 2 and 3. `exclude` and `exclude_dirs` mean what
they mean to bandit: a glob over the path, or a part of it. Bandit's default exclusions, its thresholds
(`level`, `confidence`) and baselines are not taken over: the policy has its own.
"""

from __future__ import annotations

import configparser
import fnmatch
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from sluicegate.core.errors import EngineError
from sluicegate.core.model import Problem
from sluicegate.engines.interface import read_source

MAX_CONFIG_BYTES = 1024**2
"""Larger settings files are refused."""

_REMEDY = "Fix bandit's settings file."
_MAX_VALUES = 20_000
"""Values of one settings file, each as often as it is named."""

_NAMES = ("pyproject.toml", "bandit.yaml", "bandit.yml", ".bandit.yaml", ".bandit.yml")


@dataclass(frozen=True, slots=True)
class BanditSettings:
    """The project's settings for bandit.

    Attributes:
        config_file: what `-c` would name, an absolute path; empty for none.
        tests, skips: test names or ids from the INI file, added to those of the settings file.
        profile: a legacy profile of the settings file; empty for none.
        excluded: globs or parts of paths.
        ignore_nosec: `# nosec` comments do not count.
        note: which files were read, for people.
    """

    config_file: str = ""
    tests: tuple[str, ...] = ()
    skips: tuple[str, ...] = ()
    profile: str = ""
    excluded: tuple[str, ...] = ()
    ignore_nosec: bool = False
    note: str = "bandit's defaults; no settings of the project found"

    def excludes(self, path: str) -> bool:
        """Whether the settings exclude a file, for bandit run on `.` or on its top folder."""
        pairs = product(self.excluded, (f"./{path}", path))
        return any(fnmatch.fnmatch(spelling, pattern) or pattern in spelling for pattern, spelling in pairs)


def load(root: Path) -> BanditSettings:
    """The project's settings.

    Raises:
        EngineError: a settings file is there and is not valid; `where` is its path.
    """
    ini = _ini(root)
    options = ini or {}
    named = options.get("configfile", "")
    name, config = (named, _config(root, named)) if named else _first_config(root, ini is None)
    read = [".bandit"] if ini is not None else []
    if name:
        read.append(f"{name} [tool.bandit]" if name.endswith(".toml") else name)
    note = f"settings from {' and '.join(read)}" if read else BanditSettings().note
    return BanditSettings(
        config_file=str(root / name) if name else "",
        tests=_parts(options, "tests"),
        skips=_parts(options, "skips"),
        profile=options.get("profile", ""),
        excluded=(*_listed(config, name), *(_folder(root, part) for part in _parts(options, "exclude"))),
        ignore_nosec=options.get("ignore-nosec", "").strip().lower() in {"1", "true", "yes", "on"},
        note=note,
    )


def _read(root: Path, name: str, *, required: bool = False) -> str | None:
    """A settings file's text, None when it is not there."""
    if not required and not (root / name).exists():
        return None
    data = read_source(root, name, limit=MAX_CONFIG_BYTES)
    if isinstance(data, Problem):
        raise EngineError(data.message, where=name, remedy=_REMEDY)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken(name, error) from error


def _broken(name: str, error: Exception) -> EngineError:
    lines = str(error).splitlines() or [type(error).__name__]
    what = f"is not valid as bandit's settings: {lines[0][:200]}"
    return EngineError(what, where=name, remedy=_REMEDY)


def _ini(root: Path) -> dict[str, str] | None:
    """`.bandit` as INI; None when it is missing or holds something else."""
    text = _read(root, ".bandit")
    if text is None:
        return None
    parser = configparser.RawConfigParser()  # a value could name others without end
    try:
        parser.read_string(text)
        return dict(parser.items("bandit"))
    except configparser.Error:
        return None


def _first_config(root: Path, with_dot_bandit: bool) -> tuple[str, dict[str, Any]]:
    names = (".bandit", *_NAMES) if with_dot_bandit else _NAMES
    found = ((name, _config(root, name, required=False)) for name in names)
    return next((pair for pair in found if pair[1]), ("", {}))


def _config(root: Path, name: str, *, required: bool = True) -> dict[str, Any]:
    """The settings that bandit reads with `-c`; empty when an optional file is missing or empty."""
    text = _read(root, name, required=required)
    if text is None:
        return {}
    try:
        if name.endswith(".toml"):
            config = tomllib.loads(text).get("tool", {}).get("bandit", {})
        else:
            config = yaml.safe_load(text) or {}
        _check_size(config)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, AttributeError, ValueError, RecursionError) as error:
        raise _broken(name, error) from error
    if not isinstance(config, dict):
        raise _broken(name, TypeError("a mapping is expected"))
    return config


def _check_size(config: object) -> None:
    """Refuse more than `_MAX_VALUES` values: an alias of YAML may refer to a list of aliases, and so on."""
    left, rest = _MAX_VALUES, [config]
    while rest:
        value = rest.pop()
        left -= 1
        if left < 0:
            raise ValueError(f"there are more than {_MAX_VALUES:,} values")
        if isinstance(value, dict):
            rest += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set):
            rest += value


def _listed(config: Mapping[str, Any], name: str) -> tuple[str, ...]:
    excluded = config.get("exclude_dirs") or []
    if isinstance(excluded, str) or not isinstance(excluded, Iterable):
        raise _broken(name, TypeError("exclude_dirs must be a list"))
    items = tuple(excluded)
    if not all(isinstance(item, str) for item in items):
        raise _broken(name, TypeError("exclude_dirs must be a list of texts"))
    return items


def _folder(root: Path, part: str) -> str:
    """A part of the INI file's `exclude`: a folder includes its contents."""
    return f"{part.rstrip('/')}/*" if (root / part.lstrip("/")).is_dir() else part


def _parts(options: Mapping[str, str], key: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, options.get(key, "").split(","))))
