"""The folder of the subject of a run that ended: one step writes it, later steps read it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sluicegate.core.errors import SluicegateError, UsageError, WorldError
from sluicegate.evidence.limits import read_bytes
from sluicegate.github.event import EventContext
from sluicegate.github.publish.target import target_of
from sluicegate.github.subject import FILE, REPOSITORY, SUBJECT, Subject
from sluicegate.runtime.files import write_text


def write_subject(
    event: EventContext, folders: Sequence[Path], target: Path, environment: Mapping[str, str], token: str
) -> Subject:
    """Find the subject and write it to the folder `target`, which must not exist.

    Raises:
        UsageError: the folder exists, or the event is not the end of a run.
        WorldError: GitHub cannot be read, or the disk failed.
    """
    # Readers of a subject do not need these imports.
    from sluicegate.github.client import connect
    from sluicegate.github.find_subject import find_subject
    from sluicegate.github.objects import create

    target_of(event)  # the repository's name becomes a part of an address
    if target.exists():
        raise UsageError("exists already", where=str(target), remedy="Name a folder that does not exist.")
    client = connect(token, environment.get("GITHUB_API_URL", ""))
    try:
        url = f"{event.server_url}/{event.repository}"
        objects = create(target / REPOSITORY, url, token, environment)
        subject = find_subject(event, folders, client, objects)
        write_text(target / FILE, SUBJECT.encode(subject).decode())
    except (SluicegateError, OSError) as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            raise WorldError(f"cannot be written: {error.strerror}", where=str(target)) from error
        raise
    return subject


def read_subject(folder: Path) -> Subject:
    """The subject that `write_subject` wrote to a folder.

    Raises:
        EvidenceError: it is missing or cannot be read.
    """
    data, _ = read_bytes(folder / FILE, str(folder / FILE), limit=SUBJECT.limit)
    return SUBJECT.decode(data, str(folder / FILE))
