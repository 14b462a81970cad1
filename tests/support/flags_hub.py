"""A file of the repository `octo-org/octo-repo` on a server that is held to GitHub's description."""

from __future__ import annotations

import base64
import copy
import hashlib
from urllib.parse import unquote

from support import openapi
from support.githubapi import Call, Hub, Reply

SLUG = "octo-org/octo-repo"
RULES = "Repository rule violations found\n\nChanges"
PATH = "deploy/flags.json"
_R = "/repos/{owner}/{repo}"
_S = f"/repos/{SLUG}"


class FlagsHub(Hub):
    """Branches with one file each; a write makes a commit.

    Attributes:
        branches: the file's bytes by branch.
        protected: branches that refuse commits.
        messages: of the commits.
        path: of the file.
        may_write: may the token?
    """

    def __init__(self, data: bytes) -> None:
        super().__init__("a" * 40)
        self.branches: dict[str, bytes] = {"main": data}
        self.protected: set[str] = set()
        self.messages: list[str] = []
        self.path = PATH
        self.may_write = True
        self.routes[:0] = [
            ("GET", _S, self._repository),
            ("GET", rf"{_S}/branches/(.+)", self._branch),
            ("POST", rf"{_S}/git/refs", self._make),
            ("GET", rf"{_S}/contents/(.+)", self._content),
            ("PUT", rf"{_S}/contents/(.+)", self._put),
        ]

    def _repository(self, _call: Call) -> Reply:
        found = copy.deepcopy(openapi.example("get", _R, 200))
        found["source"]["language"] = found["language"] = None  # the example lacks what the schema asks for
        return Reply(200, found | {"full_name": SLUG, "default_branch": "main"})

    def _branch(self, _call: Call, name: str) -> Reply:
        if unquote(name) not in self.branches:
            return Reply(404, {"message": "Not Found"})
        found = copy.deepcopy(openapi.example("get", _R + "/branches/{branch}", 200))
        found["commit"]["sha"] = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
        return Reply(200, found | {"name": unquote(name)})

    def _make(self, call: Call) -> Reply:
        name = call.body["ref"].removeprefix("refs/heads/")
        if name in self.branches:
            return Reply(422, {"message": "Reference already exists"})
        self.branches[name] = self.branches["main"]
        return Reply(201, copy.deepcopy(openapi.example("post", _R + "/git/refs", 201)))

    def _content(self, call: Call, path: str) -> Reply:
        data = self.branches.get(call.query.get("ref", "main"))
        if data is None or unquote(path) != self.path:
            return Reply(404, {"message": "Not Found"})
        found = copy.deepcopy(openapi.example("get", _R + "/contents/{path}", 200))
        found |= {"path": path, "size": len(data), "sha": blob(data)}
        return Reply(200, found | {"content": base64.encodebytes(data).decode(), "encoding": "base64"})

    def _put(self, call: Call, path: str) -> Reply:
        branch = call.body.get("branch", "main")
        if not self.may_write:
            return Reply(403, {"message": "Resource not accessible by integration"})
        if branch in self.protected:
            return Reply(409, {"message": f"{RULES} must be made through a pull request."})
        if blob(self.branches[branch]) != call.body.get("sha"):
            return Reply(409, {"message": f"{unquote(path)} does not match {call.body.get('sha')}"})
        self.branches[branch] = base64.b64decode(call.body["content"])
        self.messages.append(call.body["message"])
        return Reply(200, copy.deepcopy(openapi.example("put", _R + "/contents/{path}", 200)))


def blob(data: bytes) -> str:
    """The name that git gives to these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
