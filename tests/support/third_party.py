"""The package of `tests/rig/third_party/`, built and installed as anybody's, and the server that it asks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.fake_server import Fake, Request, Response
from support.rig import RIG

SOURCE = RIG / "third_party"


def install(site: Path) -> Path:
    """Build the package from its `pyproject.toml` and install it into a folder of its own."""
    uv = Path(sys.executable).with_name("uv")
    command = (
        uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation", "--no-cache",
        "--python", sys.executable, "--target", site, SOURCE,
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return site


class AcmeServer(Fake):
    """A server of flags; a flag that nobody asked for before is off."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.flags: dict[str, dict[str, object]] = {}
        self.more: dict[str, object] = {}

    def flag(self, name: str) -> dict[str, object]:
        """A flag."""
        return self.flags.setdefault(name, {"percent": 0, "on": False, "revision": 1})

    def change(self, name: str, **changes: object) -> None:
        """Change a flag; its revision rises."""
        flag = self.flag(name)
        revision = flag["revision"]
        assert isinstance(revision, int)
        flag |= {**changes, "revision": revision + 1}

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Response(401, {"message": "who are you?"})
        name = request.path.split("/")[2]
        match request.verb:
            case "PUT":
                if request.body["revision"] != self.flag(name)["revision"]:
                    return Response(409, {"message": "the revision is another"})
                self.change(name, percent=request.body["percent"], on=request.body["on"])
            case "POST":
                self.change(name, on=False)
        return Response(200, {**self.flag(name), **self.more})
