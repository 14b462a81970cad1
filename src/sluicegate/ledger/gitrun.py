"""Running git for the ledger, in a bare repository of its own that is made for it and goes with it.

Nothing of the user's repository is touched: not its index, HEAD, settings, hooks, objects or refs, nor
what a shallow clone has of history. Only a push changes refs, those that it names.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sluicegate.errors import WorldError
from sluicegate.git import environment
from sluicegate.github import gitconfig

PROTOCOLS = "file:https:http:ssh"
"""What a remote may be reached by; never `ext`, which runs a program that the address names."""

TIMEOUT = 120.0
"""Seconds that one call of git may take."""

MAX_OUTPUT = 256 * 1024**2
"""Bytes that git may say: a hostile tree unfolds to more than any ledger."""

_ERRORS = 64 * 1024

_SETTINGS = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("protocol.version", "2"),
    ("push.gpgSign", "false"),
    ("push.followTags", "false"),
    ("submodule.recurse", "false"),
    ("fastimport.unpackLimit", "0"),
    ("transfer.credentialsInUrl", "allow"),
)

_TALK = ("GIT_TRACE", "GIT_CURL_VERBOSE")
"""Beginnings of the variables that make git talk among its errors, which are read here."""


@dataclass(frozen=True, slots=True)
class Done:
    """What git answered."""

    code: int
    out: bytes
    err: str

    @property
    def ok(self) -> bool:
        """Did it succeed?"""
        return self.code == 0

    @property
    def line(self) -> str:
        """The output without its end."""
        return self.out.decode("utf-8", "replace").strip() if self.ok else ""


Run = Callable[..., Done]
"""`run(*arguments, stdin=b"")`: git in the scratch repository."""


def variables(inherited: Mapping[str, str], settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The environment: guarded as `git.environment` does, with the network, and with settings added.

    Ours stand behind those, which may include a clone's own: the last one holds. What git traces may go
    to files, not among its errors.
    """
    quiet = {k: v for k, v in inherited.items() if not k.startswith(_TALK) or v.startswith("/")}
    guarded = environment(quiet, PROTOCOLS) | {"GIT_NO_LAZY_FETCH": "0"}
    return gitconfig.with_settings(guarded, [*settings, *_SETTINGS])


def runner(folder: Path, environ: Mapping[str, str], timeout: float = TIMEOUT) -> Run:
    """A git that runs in the bare repository `folder` with `environ`.

    The repository is named, not found: `safe.bareRepository=explicit` forbids to find it.
    """
    named = {**environ, "GIT_DIR": str(folder)}

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        return _run(["git", "--no-pager", "-C", str(folder), *arguments], named, stdin, timeout)

    return run


@contextlib.contextmanager
def in_scratch() -> Iterator[None]:
    """Errors of the disk that the scratch repository is on, as ours.

    Raises:
        WorldError: one occurred.
    """
    try:
        yield
    except OSError as error:
        raise WorldError(
            f"the temporary folder cannot be written: {error.strerror}",
            where=tempfile.gettempdir(),
            remedy="Make room there, or name another by TMPDIR.",
        ) from error


def _run(command: Sequence[str], environ: Mapping[str, str], stdin: bytes, timeout: float) -> Done:
    """Run a command.

    Raises:
        WorldError: git is missing, or there is no room for what it is given.
    """
    with contextlib.ExitStack() as stack:
        with in_scratch():
            given, errors = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(2))
            given.write(stdin)
            given.seek(0)
        try:
            process = subprocess.Popen(
                list(command), stdin=given, stdout=subprocess.PIPE, stderr=errors, env=dict(environ)
            )
        except FileNotFoundError as error:
            raise WorldError("git is not installed", remedy="Install git.") from error
        except OSError as error:
            raise WorldError(f"git cannot be started: {error.strerror}") from error
        out, late = _listen(process, timeout)
        errors.seek(0)
        said = errors.read(_ERRORS).decode("utf-8", "replace")
    if late:
        return Done(124, b"", f"fatal: timed out after {timeout:.0f} s\n{said}")
    if len(out) > MAX_OUTPUT:
        return Done(125, b"", f"fatal: git said more than {MAX_OUTPUT:,} bytes")
    return Done(process.returncode, out, said)


def _listen(process: subprocess.Popen[bytes], timeout: float) -> tuple[bytes, bool]:
    """What the process says until its end, and whether it had to be ended because it was late."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(timeout, end)
    timer.start()
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        with process.stdout as stream:
            out = stream.read(MAX_OUTPUT + 1)
            if len(out) > MAX_OUTPUT:
                process.kill()
        process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        timer.cancel()
    return out, late.is_set()
