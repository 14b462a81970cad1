"""A patient client for one service of AWS, by botocore, which the extra `aws` installs.

Credentials come from the environment as the AWS SDKs find them, and requests go where these send them:
nothing of a plan names a server. botocore sends each request once; `PatientClient` decides on the next try.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Any

from sluicegate.core.errors import UsageError
from sluicegate.core.text import one_line
from sluicegate.net.client import (
    Answer,
    ApiError,
    Body,
    Clock,
    LostConnection,
    PatientClient,
    Refusal,
    without,
)
from sluicegate.net.rules import ServerRules
from sluicegate.net.transport import check_address

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

EXTRA = "aws"
"""Of this package: what installs botocore."""

RULES = ServerRules(messages=("message", "Message"))

_NO_ANSWER = (AttributeError, KeyError, TypeError, ValueError, RecursionError, IndexError)
"""What botocore comes upon, beside its own `ResponseParserError`, where an answer is not of the form that its
description has.
"""
_THROTTLED = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown")
_UNSIGNED = re.compile(r"UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature|AuthFailure")
_DENIED = re.compile(r"AccessDenied|NotAuthorized|UnauthorizedOperation")

_making = Lock()
"""A session of botocore makes one client at a time."""


@dataclass(frozen=True)
class Aws:
    """One service in one region.

    Attributes:
        service: as botocore names it: `appconfig`.
        region: empty for that of the environment.
        clock: the time.
        seconds: that all requests of one operation may take, waits included.
        timeout: seconds that one answer may take.
    """

    service: str
    region: str = ""
    clock: Clock = field(default_factory=Clock, repr=False)
    seconds: float = 90.0
    timeout: float = 15.0

    def client(self) -> PatientClient:
        """A client for one operation: its budget begins with its first request.

        Its paths are names of operations of the service, its bodies their parameters.

        Raises:
            ApiError: the environment does not lead to AWS.
        """
        return PatientClient(AwsTransport(self.api), self.clock, seconds=self.seconds, rules=RULES)

    @cached_property
    def api(self) -> Any:  # noqa: ANN401 - botocore has no types
        """The client of botocore.

        Raises:
            ApiError: the environment names no region, or a server that is not reached safely.
        """
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        config = Config(
            connect_timeout=self.timeout, read_timeout=self.timeout, retries={"total_max_attempts": 1}
        )
        try:
            with _making:
                session = _session(_own_variables())
                api = session.create_client(self.service, region_name=self.region or None, config=config)
            check_address(api.meta.endpoint_url, "the variable AWS_ENDPOINT_URL")
        except (BotoCoreError, ValueError, UsageError) as error:
            raise ApiError(Refusal.UNREACHABLE, one_line(str(error))) from error
        return api

    def without_tokens(self, text: str) -> str:
        """A text without the credentials that requests are signed with."""
        return without(text, AwsTransport(self.api).secrets())

    def remedy(self, error: ApiError, needs: str) -> str:
        """What to do about an error.

        Args:
            error: of a request.
            needs: which permissions, for people.
        """
        match error.refusal:
            case Refusal.UNAUTHENTICATED:
                return (
                    "Put credentials of AWS into the environment, in a workflow by "
                    "aws-actions/configure-aws-credentials before this step."
                )
            case Refusal.UNREACHABLE:
                return "Set AWS_REGION, or `region` in the plan, and look at the other variables of AWS."
            case Refusal.DENIED:
                return f"Allow the role {needs}."
            case Refusal.MISSING:
                return "Look whether region, account and ids are those of AWS."
            case Refusal.INVALID:
                return "AWS may be newer than what this was written for."
            case _:
                return "Look whether AWS can be reached from here; the next try may succeed."


def _own_variables() -> tuple[tuple[str, str], ...]:
    """What of the environment leads botocore to its settings and to credentials."""
    homes = ("HOME", "USERPROFILE")
    return tuple(sorted(v for v in os.environ.items() if v[0].startswith("AWS_") or v[0] in homes))


@lru_cache(maxsize=4)
def _session(_environment: tuple[tuple[str, str], ...]) -> Any:  # noqa: ANN401 - botocore has no types
    """What makes clients in one environment of the process: it looks for credentials once for all of them."""
    import botocore.session

    session = botocore.session.Session()
    session.register_component("data_loader", _descriptions())
    return session


@cache
def _descriptions() -> Any:  # noqa: ANN401 - botocore has no types
    """botocore's descriptions of services, which are read once."""
    import botocore.session

    return botocore.session.Session().get_component("data_loader")


def aws(service: str, region: str, environment: Mapping[str, str], clock: Clock) -> Aws:
    """One service in one region; without a request.

    Args:
        service: as botocore names it.
        region: of the plan; where empty, that of `AWS_REGION` or `AWS_DEFAULT_REGION`, else of the profile.
        environment: of the process. Credentials botocore itself takes from it.
        clock: the time.

    Raises:
        UsageError: botocore is not installed.
    """
    if find_spec("botocore") is None:
        raise UsageError(
            "the package botocore is not installed", where=service,
            remedy=f"Install sluicegate[{EXTRA}]; in a workflow, give the Action `extras: {EXTRA}`.",
        )  # fmt: skip
    named = (region, environment.get("AWS_REGION"), environment.get("AWS_DEFAULT_REGION"))
    return Aws(service, next(filter(None, named), ""), clock)


@dataclass(frozen=True, slots=True)
class AwsTransport:
    """Sends requests by a client of botocore, each once.

    Attributes:
        api: the client.
    """

    api: Any = field(repr=False)

    def send(self, verb: str, path: str, parameters: Mapping[str, Any], body: Body | None) -> Answer:
        """The answer of the operation `path`, as JSON; bytes in it are Base64.

        Raises:
            LostConnection: no whole answer came.
            ApiError: the request could not be made.
        """
        from botocore import exceptions as e
        from botocore.parsers import ResponseParserError

        given = dict(body) if isinstance(body, Mapping) else dict(parameters)
        try:
            found = self.api._make_api_call(path, given)
            return _answer(200, _headers(found), _plain(found))
        except e.ClientError as error:
            return self._refused(error)
        except (e.NoCredentialsError, e.CredentialRetrievalError, e.PartialCredentialsError) as error:
            message = f"there are no credentials of AWS: {self._clean(error)}"
            raise ApiError(Refusal.UNAUTHENTICATED, message) from error
        except e.ParamValidationError as error:
            raise ApiError(Refusal.INVALID, self._clean(error)) from error
        except (e.HTTPClientError, e.ResponseStreamingError, OSError) as error:
            raise LostConnection(self._clean(error)) from error
        except (ResponseParserError, *_NO_ANSWER) as error:
            return Answer(200, {}, f"no answer of AWS: {type(error).__name__}: {self._clean(error)}")

    def _refused(self, error: ClientError) -> Answer:
        found: Mapping[str, Any] = error.response
        code = str(found.get("Error", {}).get("Code", ""))
        status = int(found.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        said = found.get("Error", {}).get("Message") or found.get("Message") or found.get("message")
        words = self._clean(": ".join(dict.fromkeys(part for part in (code, str(said or "")) if part)))
        return _answer(_status(code, status), _headers(found), {"message": words, "code": code})

    def _clean(self, said: object) -> str:
        """A message on one line, without what the request was signed with."""
        return without(one_line(str(said)), self.secrets())

    def secrets(self) -> list[str]:
        """The credentials that requests are signed with."""
        try:
            used = self.api._request_signer._credentials.get_frozen_credentials()
        except Exception:  # there are none, or they cannot be had: no request was signed then
            return []
        return [each for each in (used.secret_key, used.token, used.access_key) if each]


def _status(code: str, status: int) -> int:
    """The status that says what a code of AWS means; some services answer 400 to everything."""
    for pattern, meant in ((_THROTTLED, 429), (_UNSIGNED, 401), (_DENIED, 403)):
        if pattern.search(code):
            return meant
    return status


def _headers(found: Mapping[str, Any]) -> Mapping[str, str]:
    given = found.get("ResponseMetadata", {})
    return {str(k).lower(): str(v) for k, v in given.get("HTTPHeaders", {}).items()}


def _answer(status: int, headers: Mapping[str, str], body: object) -> Answer:
    return Answer(status, headers, json.dumps(body))


def _plain(value: Any) -> Any:  # noqa: ANN401 - botocore has no types
    """A parsed answer as JSON: times are seconds since 1970, bytes Base64."""
    match value:
        case dict():
            return {str(k): _plain(each) for k, each in value.items() if k != "ResponseMetadata"}
        case list():
            return [_plain(each) for each in value]
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case str() | bool() | int() | float() | None:
            return value
    if hasattr(value, "timestamp"):
        return value.timestamp()
    return _plain(value.read())  # a stream of the body
