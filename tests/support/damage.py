"""Ledgers that somebody damaged: objects of a bare repository, and documents of any shape."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sluicegate.ledger.documents import path_of
from support.ledgers import AT, Place, recorded, sha
from support.pullrequest import git

REF = "refs/sluicegate/ledger"


def changed(change: Mapping[str, object], *, of: object = "hostile", **top: object) -> tuple[str, bytes]:
    """Path and bytes of a recorded report, with other values in its body, and at its top."""
    value: dict[str, Any] = {**json.loads(recorded(of).data), **top}
    value["body"] = {**value["body"], **change}
    return placed(json.dumps(value).encode(), key=sha(of), at=str(value["at"]))


def placed(data: bytes, *, kind: str = "report", key: str = "", at: str = AT) -> tuple[str, bytes]:
    """Bytes at the path that is theirs."""
    return path_of(kind, key or sha("hostile"), at, data), data


def push(place: Place, *entries: tuple[str, str, bytes], ref: str = REF) -> None:
    """A commit on the ledger that adds entries of mode, path and bytes, as anybody can push it."""
    tip = place.at_remote("for-each-ref", "--format=%(objectname)", ref)
    head = f"commit {ref}\ncommitter x <x@example.com> 1800000000 +0000\ndata 0\n"
    stream = [head.encode(), f"from {tip}\n".encode() if tip else b""]
    for mode, path, data in entries:
        if mode == "160000":
            stream.append(f"M {mode} {sha(1)} {path}\n".encode())
        else:
            stream.append(f"M {mode} inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    command = ["git", "fast-import", "--quiet", "--force"]
    subprocess.run(command, cwd=place.remote, input=b"".join(stream), check=True)


def object_at(place: Place, name: str) -> Path:
    """The file of an object of the remote, alone."""
    _unpack(place.remote)
    full = place.at_remote("rev-parse", name)
    return place.remote / "objects" / full[:2] / full[2:]


def _unpack(remote: Path) -> None:
    for pack in [*(remote / "objects" / "pack").glob("*.pack")]:
        aside = pack.rename(remote / pack.name)
        for rest in pack.parent.glob(f"{pack.stem}.*"):
            rest.unlink()
        with aside.open("rb") as data:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=remote, stdin=data, check=True)


def spoil(place: Place, name: str, how: str) -> None:
    """An object of the remote that is `gone`, `cut` short, or `other` bytes."""
    file = object_at(place, name)
    data = file.read_bytes()
    file.unlink()
    if how != "gone":
        file.write_bytes(data[:20] if how == "cut" else b"x" * 30)


def tag(place: Place, name: str) -> str:
    """An annotated tag of an object, in the remote."""
    git(place.remote, "tag", "--annotate", "--message=x", "hostile", name)
    return place.at_remote("rev-parse", "refs/tags/hostile")
