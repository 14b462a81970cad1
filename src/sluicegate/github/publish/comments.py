"""The sticky comment: one per key on a pull request, from the newest run."""

from __future__ import annotations

from sluicegate.github.client import Client
from sluicegate.github.publish.identity import mark_of
from sluicegate.github.publish.outcome import Channel, ChannelOutcome
from sluicegate.github.publish.plan import StickyDraft, plan_comment
from sluicegate.github.publish.sticky import Comments, Sticky
from sluicegate.github.publish.target import Target


def publish_comment(client: Client, target: Target, draft: StickyDraft) -> ChannelOutcome:
    """Update the sticky comment of the pull request or issue to what the newest run says.

    Raises:
        ApiError: the server refused or the network failed.
    """
    sticky = Sticky(
        client,
        Comments(client, target.repository, target.number),
        lambda there, author: plan_comment(there, draft, author),
        draft.comment,
        lambda body: mark_of(body) == draft.mark,
        draft.settings.author,
    )
    plan = sticky.run()
    return ChannelOutcome(Channel.COMMENT, plan.kind, plan.message, sticky.url, sticky.removed)
