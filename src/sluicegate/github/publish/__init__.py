"""Publishing a report on GitHub: a sticky comment, a commit status, a check run.

`identity`, `settings`, `target`, `plan` and `content` are pure; `comments`, `statuses` and `checks` call the
server through `sluicegate.github.client`; `publisher` runs them.
"""
