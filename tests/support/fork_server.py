"""A Python that has imported the package and runs nothing of it, and forks a child for each program.

It is given to an interpreter as a text, so it needs the standard library alone, its imports are those of
that interpreter, and the module `__main__` stays empty. Its programs wait shortly: for the next try, and
for GitHub's lists to follow a write. A request is one message on the socket: JSON with
`program` (a module, or a file that ends in `.py`), `arguments`, `folder` and `environment`, and the child's
three streams as file descriptors. The answers are `{"pid": …}` as the child begins and `{"code": …}` when it
has ended. The other side is `support.programs`.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
import time
from typing import Any

PACKAGE = "sluicegate"

PAUSE = 0.02
"""Seconds that a wait for a server takes at most: what is waited for is on this machine."""

Request = dict[str, Any]


wait = time.sleep


def wait_shortly(seconds: float) -> None:
    """Wait in place of `time.sleep`, where the package has taken it as a clock of its own."""
    wait(min(seconds, PAUSE))


def prepare() -> None:
    """Be as an interpreter that has started and has imported every module of the package."""
    if not sys.flags.safe_path:
        sys.path.pop(0)  # that of `-c`; each child puts its own folder there
    sys.argv = ["-m"]  # from this the package knows that it is imported by a program
    vars(time)["sleep"] = wait_shortly  # what the package's clocks take as they are defined
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        importlib.import_module(module.name)
    vars(time)["sleep"] = wait
    compile_once()
    gc.collect()
    gc.freeze()  # what is never looked at again is never copied for a child


def compile_once() -> None:
    """Make what policies, documents and reports need and no run changes: half of what a small one takes."""
    importlib.import_module(f"{PACKAGE}.policy.resolve").preset_policy()  # what the package's own YAML says
    codecs = importlib.import_module(f"{PACKAGE}.documents.codec")
    for codec in (found for found in gc.get_objects() if type(found) is codecs.Codec):
        _ = codec._adapter
    templates = importlib.import_module(f"{PACKAGE}.report.html")._environment()
    for name in templates.list_templates():
        templates.get_template(name)


def serve(channel: socket.socket) -> Request:
    """Fork for each request; returns in each child, with its request."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, 1 << 20, 3)
        if not message:
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            channel.close()
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
            os.closerange(3, max(descriptors) + 1)
            request: Request = json.loads(message)
            return request
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(json.dumps({"pid": pid}).encode())
        _, status = os.waitpid(pid, 0)
        channel.send(json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode())


def become(request: Request) -> None:
    """Take the program's folder, environment and arguments; its streams are on the descriptors of ours."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    module, arguments = request["program"], request["arguments"]
    if is_file(module):
        sys.path.insert(0, os.path.dirname(module))  # noqa: PTH120
        sys.argv = [module, *arguments]
        return
    if not sys.flags.ignore_environment:
        folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        added = [folder for folder in folders if folder not in ("", *sys.path)]
        sys.path[:0] = added
        if added:
            look_for_plugins_again()
    if not sys.flags.safe_path:
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    sys.argv = ["-m", *arguments]
    sys.orig_argv = [sys.executable, *(["-I"] if sys.flags.isolated else []), "-m", module, *arguments]
    # The module that is the program is not yet imported as another.
    is_package = hasattr(sys.modules.get(module), "__path__")
    sys.modules.pop(f"{module}.__main__" if is_package else module, None)


def look_for_plugins_again() -> None:
    """Forget what the package knows of policies: other packages on the path may add to it."""
    for name in ("catalogue", "chain", "plugins", "settings"):
        for value in vars(sys.modules[f"{PACKAGE}.policy.{name}"]).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def is_file(program: str) -> bool:
    """Is the program a file, and not a module?"""
    return program.endswith(".py")


def exit_code(program: str) -> int:
    """Run the program as `python FILE` or `python -m MODULE` does; what the interpreter would exit with."""
    try:
        if is_file(program):
            runpy.run_path(program, run_name="__main__")
        else:
            runpy._run_module_as_main(program)  # type: ignore[attr-defined]  # what `-m` itself calls
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        sys.stderr.write(f"{end.code}\n")
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    else:
        return 0
    return 1


def end(code: int) -> None:
    """End as an interpreter does, but for taking every module apart: that takes longer than most programs."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 120
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def main(channel: socket.socket) -> None:
    """Serve; in each child, be what was asked for."""
    prepare()
    request = serve(channel)
    become(request)
    end(exit_code(request["program"]))


if __name__ == "fork_server":
    main(socket.socket(fileno=int(sys.argv.pop())))
