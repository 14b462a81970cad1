"""Publishing for tests: reports of a commit, runs, a clock that nobody waits for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sluicegate.action.publish import Request, send
from sluicegate.core.model import Report
from sluicegate.github import client as github_client
from sluicegate.github.client import Client
from sluicegate.github.event import EventContext
from sluicegate.github.publish import publisher
from sluicegate.github.publish.identity import PublishingRun
from sluicegate.github.publish.outcome import Channel, ChannelOutcome, OutcomeKind
from sluicegate.github.publish.publisher import Publication
from sluicegate.github.publish.settings import CommentMode, PublishSettings
from sluicegate.github.publish.target import Target
from sluicegate.net.client import Answer, Body, Clock, LostConnection
from support import reports as r
from support.githubapi import REPOSITORY, TOKEN, Call, Server

HEAD = r.HEAD
EVERYTHING = PublishSettings(CommentMode.ALWAYS, status=True, check_run=True)


PAUSE = 0.02
"""Seconds that `wait_shortly` lets a wait take at most."""


def wait_shortly(patched: pytest.MonkeyPatch) -> None:
    """Let the clients of GitHub in this process wait shortly: their servers are on this machine."""
    clock = Clock(sleep=lambda seconds: time.sleep(min(seconds, PAUSE)))
    patched.setattr(github_client, "Clock", lambda: clock)


class Time:
    """A clock that passes only when somebody waits."""

    def __init__(self, start: float = 1_900_000_000.0) -> None:
        self.seconds = start
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        """The clock as the client takes it."""
        return Clock(lambda: self.seconds, lambda: self.seconds, self.sleep)


def at(report: Report, head: str = HEAD) -> Report:
    """The report, of another commit."""
    return replace(report, commit=replace(report.commit, head=head))


def a_run(number: int = 1, attempt: int = 1, key: str = "quality.yml:gate") -> PublishingRun:
    """A run of the workflow; later numbers are later runs."""
    url = f"https://github.com/{REPOSITORY}/actions/runs/{9000 + number}"
    return PublishingRun(
        key, False, number, attempt, 9000 + number, url + (f"/attempts/{attempt}" * (attempt > 1))
    )


class InMemory:
    """A transport to a server in this process, without HTTP."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def send(self, verb: str, path: str, parameters: Mapping[str, Any], body: Body | None) -> Answer:
        """The server's answer, through JSON as on a wire."""
        query = {name: str(value) for name, value in parameters.items()}
        sent = json.loads(json.dumps(body))
        reply = self.server.answer(Call(verb, path, query, sent, TOKEN))
        if reply.cut:
            raise LostConnection("cut")
        return Answer(reply.status, reply.headers, "" if reply.body is None else json.dumps(reply.body))


def client(server: Server, time: Time | None = None, **given: Any) -> Client:
    """A client of a server in this process."""
    return Client(InMemory(server), (time or Time()).clock(), secret=TOKEN, **given)


def publish(
    there: str | Server, report: Report, time: Time | None = None, **given: Any
) -> dict[Channel, ChannelOutcome]:
    """Publish to pull request 7 (or `number`) of a server or of the one at a URL; outcomes by channel."""
    given.setdefault("run", a_run())
    given.setdefault("settings", EVERYTHING)
    number = given.pop("number", 7)
    if isinstance(there, Server):
        target = given.pop("target", Target(REPOSITORY, report.commit.head, number, "main", "main"))
        publication = Publication(report, target, **given)
        return {o.channel: o for o in publisher.publish(publication, client(there, time))}
    clock = given.pop("clock", None) or (time or Time()).clock()
    request = Request(
        report=report,
        target=Target(REPOSITORY, report.commit.head, number, "main", "main"),
        event=EventContext(),
        root=Path("/"),
        token=TOKEN,
        api_url=there,
        **given,
    )
    return {outcome.channel: outcome for outcome in send(request, clock)}


def kinds(outcomes: dict[Channel, ChannelOutcome]) -> list[OutcomeKind]:
    """How each channel went: comment, status, check run."""
    return [outcomes[channel].kind for channel in Channel if channel in outcomes]
