"""Folders of a checkout that pass for repositories, as plain committed files can make them."""

from __future__ import annotations

import subprocess
from pathlib import Path


def trap(folder: Path, name: str = "trap") -> tuple[Path, Path]:
    """A program that leaves a mark when it runs, and the mark, which holds its environment."""
    folder.mkdir(parents=True, exist_ok=True)
    program, mark = folder / name, folder / f"{name}.ran"
    program.write_text(f"#!/bin/sh\nenv > '{mark}'\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    return program, mark


def git_directory(folder: Path, *settings: str) -> None:
    """Make a folder a git directory by plain files alone, with lines of its `config`."""
    for part in ("objects", "refs"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    text = "\n".join(("[core]", "\trepositoryformatversion = 0", "\tbare = false", *settings, ""))
    (folder / "config").write_text(text, encoding="utf-8")


def bare_copy(source: Path, target: Path, command: Path | None = None) -> None:
    """A bare repository at `target`; with a command it is partial, and fetches what it lacks by that."""
    target.parent.mkdir(parents=True, exist_ok=True)
    filters = ["--filter=blob:none"] if command else []
    subprocess.run(
        ["git", "-c", "uploadpack.allowFilter=true", "clone", "-q", "--bare", *filters,
         source.as_uri(), str(target)], check=True,
    )  # fmt: skip
    if command:
        for key, value in (("uploadpack", str(command)), ("url", str(source))):
            subprocess.run(["git", "-C", str(target), "config", f"remote.origin.{key}", value], check=True)
