"""How one language of a project is set up, installed and tested in a job. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Run:
    """The steps for one language.

    Attributes:
        language: `Python` or `JavaScript`.
        setup: YAML of the steps that bring the language and its package manager, at the steps' indentation.
        install, test: commands of a shell; both empty where it is not known how the project is tested.
        install_above: folders to go up for `install`, to the one with the lock file.
        environment: variables of the test step.
        tests, coverage: whether `test` leaves test results, and whether it leaves coverage.
        outputs: POSIX paths that `test` writes, relative to the project.
        local: the command to try on a laptop.
    """

    language: str
    setup: str
    install: tuple[str, ...]
    test: tuple[str, ...]
    install_above: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    tests: bool = True
    coverage: bool = True
    outputs: tuple[str, ...] = ()
    local: str = ""
