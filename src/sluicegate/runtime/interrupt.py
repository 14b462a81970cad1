"""An interrupt while a program is still being imported ends it without a traceback.

Once a command or a step runs, it says itself that it was interrupted; see `process`. The interpreter
ends with the signal, which a shell shows as 130, whatever is printed.
"""

from __future__ import annotations

import sys
from types import TracebackType


def is_program() -> bool:
    """Is the package being imported as a program: by `python -m`, or by the script `sluicegate`?

    While `-m` looks for its module, it takes that module's place among the arguments (`sys.argv`).
    """
    name = sys.argv[0] if getattr(sys, "argv", None) else ""
    return name == "-m" or name.replace("\\", "/").rpartition("/")[2] in ("sluicegate", "sluicegate.exe")


def end_quietly() -> None:
    """Print one word for an interrupt that nothing catches."""
    sys.excepthook = _show


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("interrupted\n")
    else:
        sys.__excepthook__(kind, error, trace)
