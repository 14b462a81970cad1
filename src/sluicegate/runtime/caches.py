"""Where things are kept between runs; `files` writes and reads them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SLUICEGATE_CACHE"
"""The environment variable that names the folder; `off` or nothing for no cache."""


def folder(environment: Mapping[str, str]) -> Path | None:
    """Where results are kept; None for nowhere.

    In a workflow nothing is kept unless `SLUICEGATE_CACHE` says where: on a runner that outlives
    its jobs, the code of one pull request could write what the gate of the next one reads.
    """
    named = environment.get(VARIABLE)
    if named is not None:
        return Path(named) if named not in ("", "off") and Path(named).is_absolute() else None
    if environment.get("CI") or environment.get("GITHUB_ACTIONS"):
        return None
    base = _user_caches(environment)
    return base / "sluicegate" if base and base.is_absolute() else None


def _user_caches(environment: Mapping[str, str]) -> Path | None:
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return Path(local) if local else None
    home = environment.get("HOME")
    if sys.platform == "darwin":
        return Path(home, "Library", "Caches") if home else None
    caches = environment.get("XDG_CACHE_HOME")
    return Path(caches) if caches else Path(home, ".cache") if home else None
