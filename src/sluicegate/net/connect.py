"""A patient client for a server that an operator names, and what its errors mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sluicegate.core.errors import UsageError
from sluicegate.net.client import ApiError, Clock, PatientClient, Refusal, Rules, without
from sluicegate.net.transport import HttpTransport, check_address


@dataclass(frozen=True, slots=True)
class Server:
    """A server, the token for it, and how long one operation may take.

    Attributes:
        address: as `check_address` returns it.
        rules: of its answers.
        token: appears in no message; empty for none.
        also: more texts that appear in no message: further tokens, other forms of one, or parts of it.
        headers: of every request, the token's among them.
        variable: that held the token, for people.
        clock: the time.
        seconds: that all requests of one operation may take, waits included.
        timeout: seconds that one answer may take.
    """

    address: str
    rules: Rules
    token: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    variable: str = ""
    clock: Clock = field(default_factory=Clock, repr=False)
    seconds: float = 60.0
    timeout: float = 15.0
    also: tuple[str, ...] = field(default=(), repr=False)

    def client(self, *, if_match: str = "", content_type: str = "") -> PatientClient:
        """A client for one operation: its budget begins with its first request.

        Args:
            if_match: the header of that name; empty for none.
            content_type: of what is sent; empty for plain JSON.
        """
        own = {"If-Match": if_match, "Content-Type": content_type}
        headers = {**self.headers, **{name: value for name, value in own.items() if value}}
        transport = HttpTransport(self.address, headers, self.timeout)
        return PatientClient(
            transport, self.clock, seconds=self.seconds, longest=2 * self.seconds, secret=self.token,
            also=self.also, rules=self.rules,
        )  # fmt: skip

    def without_tokens(self, text: str) -> str:
        """What a server said, without the tokens that it was sent."""
        return without(text, (self.token, *self.also))

    def remedy(self, error: ApiError, needs: str) -> str:
        """What to do about an error.

        Args:
            error: of a request.
            needs: which token with which rights, for people.
        """
        match error.refusal:
            case Refusal.UNAUTHENTICATED | Refusal.DENIED:
                which = "The variables" if " and " in self.variable else "The variable"
                held = f"{which} {self.variable} must hold " if self.variable else "The server wants "
                return f"{held}{needs}."
            case Refusal.MISSING:
                return "Look whether address and names are written as the server has them."
            case Refusal.INVALID:
                return "The server may be newer or older than what this was written for."
            case _:
                return f"Look whether {self.address} can be reached from here; the next try may succeed."


def server(
    url: str,
    rules: Rules,
    *,
    where: str,
    environment: Mapping[str, str],
    variable: str = "",
    header: str = "Authorization",
    scheme: str = "",
    clock: Clock | None = None,
) -> Server:
    """The server at an address, with the token of a variable.

    Args:
        url: https, or on this machine.
        rules: of its answers.
        where: the setting that holds the address, for people.
        environment: variables of the process.
        variable: that holds the token; empty where none is wanted.
        header: that carries the token.
        scheme: before the token in the header, `Bearer`.
        clock: the time.

    Raises:
        UsageError: the address is wrong, or the variable is not set.
    """
    address = check_address(url, where)
    token = _token(environment, variable, where) if variable else ""
    headers = {header: f"{scheme} {token}".strip()} if token else {}
    return Server(address, rules, token, headers, variable, clock=clock or Clock())


def with_token(made: Server, header: str, variable: str, environment: Mapping[str, str]) -> Server:
    """A server that wants a further token.

    Args:
        made: the server.
        header: that carries the further token.
        variable: that holds it.
        environment: variables of the process.

    Raises:
        UsageError: the variable is not set.
    """
    token = _token(environment, variable, "url")
    return replace(
        made,
        headers={**made.headers, header: token},
        variable=f"{made.variable} and {variable}",
        also=(*made.also, token),
    )


def _token(environment: Mapping[str, str], variable: str, where: str) -> str:
    """The token in a variable.

    Raises:
        UsageError: the variable is empty, or holds no token.
    """
    token = environment.get(variable, "").strip()
    if not token:
        raise UsageError(
            f"the variable {variable} is empty or not set", where=where,
            remedy=f"Put the token into {variable}; in a workflow as a secret of the environment.",
        )  # fmt: skip
    if any(ord(c) < 33 or ord(c) > 126 for c in token):
        raise UsageError(
            f"the variable {variable} holds no token: it has blanks or other characters", where=where,
            remedy="Copy the token anew.",
        )  # fmt: skip
    return token
