"""Visits before an evaluator has its flags get what the code has, so they are counted for neither version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import proxy
from support.fake_server import serving
from support.flagd_rig import FLAG, a_file, a_flag
from support.shop import NOT_READY, shop
from support.unleash import Server
from support.unleash_fake import FakeUnleash

USERS = [f"user-{number}" for number in range(300)]

pytestmark = pytest.mark.slow


def test_dd_trace_py_16650_openfeature_answers_no_default_at_100_percent(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    path.write_bytes(a_file(a_flag(targeting={"fractional": [["on", 100], ["off", 0]]})))
    with shop(flag=FLAG, path=str(path)) as own:
        early = own.visits(USERS)
        own.wait_until_ready()
        assert own.visits(USERS) == {"on": len(USERS)}
    assert early.keys() <= {NOT_READY, "on"}, json.dumps(early)


def test_dd_trace_py_16650_unleash_answers_no_default_before_its_first_fetch() -> None:
    with serving(FakeUnleash()) as url, proxy.before(url) as before:
        server = Server(url)
        flag = server.flag("new-checkout")
        flag.add(rollout="100")
        flag.do("POST", "on")
        before.for_which, before.always = lambda _asked: True, proxy.UNREACHABLE
        with shop(flag=flag.name, url=before.url, token=server.client) as own:
            assert own.visits(USERS) == {NOT_READY: len(USERS)}
            before.always = None
            own.wait_until_ready()
            assert own.visits(USERS)["off"] == 0
