"""The server's side of a REST service of AWS, by botocore's description of it.

Requests are matched to operations, their parameters taken from path, query, headers and body, and checked by
the validator that botocore's Stubber uses; so is each answer. What does not fit fails the test.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import botocore.session
from botocore.validate import validate_parameters

from support.fake_server import Fake, Request, Response


@dataclass(frozen=True)
class AwsFault(Exception):
    """An error that the service answers: the name of its shape in the description."""

    code: str
    message: str
    status: int | None = None


Operation = Callable[[dict[str, Any]], dict[str, Any]]


class AwsService(Fake):
    """A service; `operations` has a function for each operation that it serves.

    Attributes:
        calls: the operations that were asked for, with their parameters.
        wrong: what did not fit the description, a line each.
        denied: operations that the role may not use.
        more: added to each answer that is JSON, as by a newer service.
    """

    def __init__(self, name: str, operations: Mapping[str, Operation]) -> None:
        super().__init__()
        self.model = botocore.session.Session().get_service_model(name)
        self.operations = operations
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.wrong: list[str] = []
        self.denied: set[str] = set()
        self.more: dict[str, Any] = {}

    def serve(self, request: Request) -> Response:
        """See `Fake`."""
        operation = self._operation(request)
        if operation is None:
            self.wrong.append(f"no operation: {request.verb} {request.path}")
            return Response(404, {"message": "unknown"})
        asked = self._asked(operation, request)
        self._check(operation.name, asked, operation.input_shape)
        self.calls.append((operation.name, asked))
        try:
            if operation.name in self.denied:
                raise AwsFault("AccessDeniedException", f"not authorized to perform {operation.name}", 403)
            answer = self.operations[operation.name](asked)
        except AwsFault as fault:
            return self._fault(operation, fault)
        self._check(f"answer of {operation.name}", answer, operation.output_shape)
        return self._answer(operation, answer)

    def _check(self, what: str, value: dict[str, Any], shape: Any) -> None:
        if shape is None:
            return
        if unknown := value.keys() - shape.members.keys():
            self.wrong.append(f"{what}: unknown {sorted(unknown)}")
        try:
            validate_parameters(value, shape)
        except Exception as error:
            self.wrong.append(f"{what}: {error}")

    def _operation(self, request: Request) -> Any:
        for found, path in self._known:
            if found.http["method"] == request.verb and path.fullmatch(request.path):
                return found
        return None

    @cached_property
    def _known(self) -> list[tuple[Any, re.Pattern[str]]]:
        operations = [self.model.operation_model(name) for name in self.operations]
        return [(each, self._path(each)) for each in operations]

    def _path(self, operation: Any) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", operation.http["requestUri"])
        return re.compile(
            "".join(f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
        )

    def _asked(self, operation: Any, request: Request) -> dict[str, Any]:
        match = self._path(operation).fullmatch(request.path)
        assert match
        asked: dict[str, Any] = {}
        body = request.body if isinstance(request.body, dict) else {}
        for name, shape in operation.input_shape.members.items():
            where, key = shape.serialization.get("location"), shape.serialization.get("name", name)
            value: Any = body.get(name)
            if where == "uri":
                value = unquote(match[key])
            elif where == "querystring":
                value = next(iter(request.query.get(key, [])), None)
            elif where == "header":
                value = request.headers.get(key.lower())
            elif operation.input_shape.serialization.get("payload") == name:
                value = request.raw
            if value is not None:
                asked[name] = _typed(value, shape.type_name) if where else value
        if unknown := body.keys() - operation.input_shape.members.keys():
            payload = operation.input_shape.serialization.get("payload")
            if not payload:
                self.wrong.append(f"{operation.name}: unknown {sorted(unknown)}")
        return asked

    def _fault(self, operation: Any, fault: AwsFault) -> Response:
        known = {shape.name: shape for shape in operation.error_shapes}
        if fault.status is None and fault.code not in known:
            self.wrong.append(f"{operation.name} has no error {fault.code}")
        status = fault.status or known[fault.code].metadata["error"]["httpStatusCode"]
        return Response(status, {"Message": fault.message}, {"x-amzn-errortype": fault.code})

    def _answer(self, operation: Any, answer: dict[str, Any]) -> Response:
        shape, status = operation.output_shape, operation.http["responseCode"]
        if shape is None:
            return Response(status)
        headers = {
            s.serialization["name"]: str(answer[n])
            for n, s in shape.members.items()
            if s.serialization.get("location") == "header" and n in answer
        }
        payload = shape.serialization.get("payload")
        if payload:
            return Response(status, answer[payload], headers)
        body = {n: v for n, v in answer.items() if shape.members[n].serialization.get("location") != "header"}
        return Response(status, json.loads(json.dumps({**body, **self.more}, default=_written)), headers)


def _typed(value: str, kind: str) -> Any:
    match kind:
        case "integer":
            return int(value)
        case "boolean":
            return value == "true"
    return value


def _written(value: Any) -> str:
    assert isinstance(value, datetime.datetime)
    return value.isoformat()
