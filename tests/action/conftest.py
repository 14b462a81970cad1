"""Fixtures of the Action's tests: an installed environment for all of them, and a project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.uses import Project, project, shared_environment


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Action's environment, installed once for all workers of a test run."""
    base = tmp_path_factory.getbasetemp()
    return shared_environment(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture
def small(tmp_path: Path, environment: Path) -> Project:
    """A small project with a pull request."""
    return project(tmp_path, environment)
