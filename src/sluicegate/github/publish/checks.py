"""The check run: created with the first annotations, updated with the others.

GitHub shows the check run that was created last, and annotations can be added but not removed. So each
run of a workflow writes a check run of its own, with its mark as `external_id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sluicegate.core.text import cut
from sluicegate.github.client import Client, number_at, text_at
from sluicegate.github.places import LineMap, with_prefix
from sluicegate.github.publish.content import BATCH, CHECK, LIMITS, TITLE, Draft, check_annotations
from sluicegate.github.publish.identity import read_mark
from sluicegate.github.publish.outcome import Channel, ChannelOutcome, OutcomeKind
from sluicegate.github.publish.plan import CheckRun, newest_check
from sluicegate.github.publish.target import Target
from sluicegate.net.client import ApiError, Refusal

JsonObject = dict[str, Any]


def publish_check(
    client: Client, target: Target, draft: Draft, map_line: LineMap, prefix: str
) -> ChannelOutcome:
    """Write this run's check run on the target's `head`, unless a newer run has.

    `map_line` leads from the tested tree's lines to the head's; `prefix` leads from the top of the repository
    to the judged folder.

    Raises:
        ApiError: the server refused or the network failed.
    """
    return _Publisher(client, target, draft).run(
        check_annotations(with_prefix(draft.report, prefix), map_line, draft.settings.annotations)
    )


class _Publisher:
    def __init__(self, client: Client, target: Target, draft: Draft) -> None:
        self.client = client
        self.target = target
        self.draft = draft
        self.path = f"/repos/{target.repository}/check-runs"
        self.limit = 0  # index of LIMITS

    def run(self, annotations: Sequence[JsonObject]) -> ChannelOutcome:
        newest = self._newest()
        mark = newest.mark if newest else None
        if newest and mark and mark.order > self.draft.run.order:
            return _superseded(newest)
        if newest and mark == self.draft.mark:
            left = self._append(newest.id, annotations, newest.annotations)
            return self._after(newest, OutcomeKind.UPDATED if left else OutcomeKind.UNCHANGED)
        found = _check(self._create(annotations[:BATCH]))
        self._append(found.id, annotations, BATCH)
        return self._after(found, OutcomeKind.CREATED)

    def _after(self, found: CheckRun, kind: OutcomeKind) -> ChannelOutcome:
        """Read again: our check run may hide one that a newer run wrote meanwhile."""
        newest = self._newest()
        mark = newest.mark if newest else None
        if newest and mark and mark.order > self.draft.run.order:
            if newest.id < found.id:
                output = {"title": newest.title, "summary": newest.summary}
                body = {"conclusion": newest.conclusion, "external_id": mark.text(), "output": output}
                self.client.write("PATCH", f"{self.path}/{found.id}", body)
            return _superseded(newest)
        return ChannelOutcome(Channel.CHECK_RUN, kind, self.draft.conclusion, found.url)

    def _newest(self) -> CheckRun | None:
        path = f"/repos/{self.target.repository}/commits/{self.target.head}/check-runs"
        there = self.client.pages(path, "check_runs", check_name=self.draft.named(CHECK), filter="all")
        return newest_check((_check(found) for found in there), self.draft.run.key)

    def _create(self, annotations: Sequence[JsonObject]) -> JsonObject:
        body: JsonObject = {
            "name": self.draft.named(CHECK),
            "head_sha": self.target.head,
            "status": "completed",
            "conclusion": self.draft.conclusion,
            "external_id": self.draft.mark.text(),
        }
        if self.draft.details_url:
            body["details_url"] = self.draft.details_url
        while True:
            try:
                sent = {**body, "output": self._output(annotations)}
                return self.client.write("POST", self.path, sent, self._landed)
            except ApiError as error:
                if error.refusal is not Refusal.INVALID or self.limit + 1 == len(LIMITS):
                    raise
                self.limit += 1

    def _append(self, number: int, annotations: Sequence[JsonObject], there: int) -> bool:
        """Add the annotations after the first `there`, which the check run has; was any missing?"""
        path = f"{self.path}/{number}"
        for start in range(there, len(annotations), BATCH):
            batch = annotations[start : start + BATCH]
            grown = partial(self._grown, path, start + len(batch))
            self.client.write("PATCH", path, {"output": self._output(batch)}, grown)
        return there < len(annotations)

    def _grown(self, path: str, count: int) -> JsonObject | None:
        found = self.client.get(path)
        return found if _check(found).annotations >= count else None

    def _landed(self) -> JsonObject | None:
        """This run's check run, if it was created although no answer came."""
        newest = self._newest()
        if newest is None or newest.mark != self.draft.mark:
            return None
        return {"id": newest.id, "html_url": newest.url}

    def _output(self, annotations: Sequence[JsonObject]) -> JsonObject:
        return {
            "title": cut(self.draft.sentence, TITLE),
            "summary": self.draft.summary(LIMITS[self.limit]),
            "annotations": list(annotations),
        }


def _superseded(newest: CheckRun) -> ChannelOutcome:
    message = "a newer run has published"
    return ChannelOutcome(Channel.CHECK_RUN, OutcomeKind.SUPERSEDED, message, newest.url)


def _check(found: JsonObject) -> CheckRun:
    return CheckRun(
        id=number_at(found, "id"),
        mark=read_mark(text_at(found, "external_id")),
        conclusion=text_at(found, "conclusion"),
        title=text_at(found, "output", "title"),
        summary=text_at(found, "output", "summary"),
        annotations=number_at(found, "output", "annotations_count"),
        url=text_at(found, "html_url"),
    )
