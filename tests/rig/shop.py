"""A small shop whose new checkout is behind a flag: run by the interpreter of the evaluators.

One argument, a JSON object: `port`, `flag`, and either `url` and `token` of an Unleash server or `path` of a
flagd file. It answers

- `GET /visit?user=ID`: `on` or `off`, what the user sees, with the status 200, or 500 where the visit fails;
- `PUT /faults?on=0.08&off=0.01`: what part of the visits fails from now on, by what is seen;
- `GET /metrics`: counters for Prometheus;
- `GET /health`: 200.

Until its evaluator has got the flags it would answer what the code has for want of one. Such visits get 503
and are not counted: they say nothing about either version.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Evaluate = Callable[[str], bool]


def unleash(asked: dict[str, Any]) -> Evaluate:
    """The flag by Unleash's own client, when that has fetched it."""
    from UnleashClient import UnleashClient
    from UnleashClient.cache import FileCache

    client = UnleashClient(
        f"{asked['url']}/api", "shop", custom_headers={"Authorization": asked["token"]}, disable_metrics=True,
        disable_registration=True, cache=FileCache("shop", tempfile.mkdtemp(dir=asked["folder"])),
        refresh_interval=1,
    )  # fmt: skip
    client.initialize_client()
    while asked["flag"] not in client.feature_definitions():  # a first fetch may fail, and says nothing
        time.sleep(0.05)
    return lambda user: bool(client.is_enabled(asked["flag"], {"userId": user}))


def flagd(asked: dict[str, Any]) -> Evaluate:
    """The flag by flagd's own evaluator; `set_provider` alone would return before that has read the file."""
    from openfeature import api
    from openfeature.contrib.provider.flagd import FlagdProvider
    from openfeature.contrib.provider.flagd.config import ResolverType
    from openfeature.evaluation_context import EvaluationContext

    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=asked["path"])
    api.set_provider_and_wait(provider)
    client = api.get_client()
    return lambda user: client.get_boolean_value(asked["flag"], False, EvaluationContext(user))


class Shop:
    """What it counts, and how it fails.

    Attributes:
        evaluate: None until the flags are there.
    """

    def __init__(self) -> None:
        self.evaluate: Evaluate | None = None
        self.faults = {"on": 0.01, "off": 0.01}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.chance = random.Random(1)
        self.lock = threading.Lock()

    def visit(self, user: str) -> tuple[int, str]:
        """One visit: status and answer."""
        if self.evaluate is None:
            return 503, "not ready"
        variant = "on" if self.evaluate(user) else "off"
        with self.lock:
            status = 500 if self.chance.random() < self.faults[variant] else 200
            self.counts[variant, str(status)] += 1
        return status, variant

    def metrics(self) -> str:
        """The counters as Prometheus reads them."""
        with self.lock:
            counts = sorted(self.counts.items())
        lines = [f'requests_total{{variant="{variant}",code="{code}"}} {n}' for (variant, code), n in counts]
        return "\n".join(["# TYPE requests_total counter", *lines, ""])

    def answer(self, verb: str, target: str) -> tuple[int, str]:
        """Status and body."""
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        match verb, parts.path:
            case "GET", "/visit":
                return self.visit(query["user"])
            case "PUT", "/faults":
                self.faults = {key: float(query[key]) for key in ("on", "off")}
                return 200, ""
            case "GET", "/metrics":
                return 200, self.metrics()
            case "GET", "/health":
                return 200, ""
        return 404, ""


def handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    """The handler of its requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            status, text = shop.answer(self.command, self.path)
            head = f"HTTP/1.1 {status} x\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n\r\n"
            self.wfile.write(f"{head}{text}".encode())

        do_GET = do_PUT = _handle  # noqa: N815 - http.server calls them

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def main() -> None:
    """Serve until the process is ended."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    shop = Shop()
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadingHTTPServer(("127.0.0.1", asked["port"]), handler(shop)) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        make = unleash if "url" in asked else flagd
        shop.evaluate = make({**asked, "folder": folder})
        threading.Event().wait()


if __name__ == "__main__":
    main()
