"""Changes a file of flags, while others change other flags of it."""

from __future__ import annotations

from collections.abc import Callable

from sluicegate.flags.files.places import Place, Stored
from sluicegate.flags.interface import FlagConflict

TRIES = 5
"""Of one write."""


def change(place: Place, edit: Callable[[Stored], bytes], message: str) -> None:
    """Write what `edit` makes of the file, anew for each version of it; nothing if it stays the same.

    Args:
        place: of the file.
        edit: the new bytes of the file; its errors are raised.
        message: of a commit.

    Raises:
        FlagConflict: others changed the file at every try.
        FlagRefused: a rule of the branch refuses it.
        FlagError: the file was not read or not written, or that is not known.
    """
    for left in reversed(range(TRIES)):
        stored = place.read()
        data = edit(stored)
        if data == stored.data:
            return
        try:
            place.write(data, stored, message)
        except FlagConflict:
            if not left:
                raise
        else:
            return
