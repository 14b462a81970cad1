"""The repository `acme/policies` on a server that is held to GitHub's description."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from support import openapi
from support.githubapi import Call, Hub, Reply

SLUG = "acme/policies"
SHA = "8f3c1d0a7b6e5f4d3c2b1a0918273645a1b2c3d4"
OTHER = "1b2c3d48f3c1d0a7b6e5f4d3c2b1a0918273645a"
PATH = "quality.yml"
PIN = f"{SLUG}/{PATH}@{SHA}"
READER = "ghp_tokenThatReadsPresets"
_R = "/repos/{owner}/{repo}"
_S = f"/repos/{SLUG}"


class PresetsHub(Hub):
    """Commits of `acme/policies` by their sha, each with its files.

    Attributes:
        commits: what a test put there; those in `merged` are in the history of the default branch.
        private: only `READER` may read it.
        peeled: tags, by their own sha, with that of their commit.
        changed: what is different in the answers about contents.
    """

    def __init__(self, files: Mapping[str, str] | None = None, head: str = OTHER) -> None:
        super().__init__(head)
        self.commits: dict[str, Mapping[str, str]] = {SHA: files or {}}
        self.merged = {SHA}
        self.private = False
        self.peeled: dict[str, str] = {}
        self.changed: dict[str, Any] = {}
        self.routes[:0] = [
            ("GET", _S, self._repository),
            ("GET", rf"{_S}/compare/main\.\.\.(\w+)", self._compare),
            ("GET", rf"{_S}/git/commits/(\w+)", self._commit),
            ("GET", rf"{_S}/contents/(.+)", self._content),
        ]

    def about_policies(self, call: Call) -> Reply:
        """The answer about `acme/policies`, for another server that has it too."""
        return self._routed(call)

    def _routed(self, call: Call) -> Reply:
        hidden = self.private and call.path.startswith(_S) and call.token != READER
        return Reply(404, {"message": "Not Found"}) if hidden else super()._routed(call)

    def _repository(self, _call: Call) -> Reply:
        found = copy.deepcopy(openapi.example("get", _R, 200))
        found["source"]["language"] = found["language"] = None  # the example lacks what the schema asks for
        return Reply(200, found | {"full_name": SLUG, "default_branch": "main"})

    def _compare(self, _call: Call, name: str) -> Reply:
        sha = self.peeled.get(name, name)
        if sha not in self.commits:
            return Reply(404, {"message": "Not Found"})
        found = copy.deepcopy(openapi.example("get", _R + "/compare/{basehead}", 200))
        found["merge_base_commit"]["sha"] = sha if sha in self.merged else "0" * 40
        return Reply(200, found)

    def _commit(self, _call: Call, sha: str) -> Reply:
        if sha not in self.commits:
            return Reply(404, {"message": "Not Found"})
        found = copy.deepcopy(openapi.example("get", _R + "/git/commits/{commit_sha}", 200))
        return Reply(200, found | {"sha": sha})

    def _content(self, call: Call, path: str) -> Reply:
        sha = self.peeled.get(call.query["ref"], call.query["ref"])
        text = self.commits.get(sha, {}).get(unquote(path))
        if text is None:
            return Reply(404, {"message": "Not Found"})
        data = text.encode()
        found = copy.deepcopy(openapi.example("get", _R + "/contents/{path}", 200))
        found |= {
            "path": path,
            "size": len(data),
            "sha": hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest(),
            "content": base64.encodebytes(data).decode(),
        }
        return Reply(200, found | self.changed)

    @property
    def contents(self) -> list[Call]:
        """The calls for a file's content."""
        return [call for call in self.calls if "/contents/" in call.path]
