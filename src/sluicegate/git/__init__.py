"""One runner of git, and what uses it: the user's clone, scratch repositories, remotes.

A checkout is a stranger's text: nothing here runs, imports or configures itself from it. `clone` reads
the user's repository without any network; `runner` starts git; `address`, `remote` and `credentials` say
where a server is and how it is reached. Enter by `open_repository`.
"""

from sluicegate.git.clone import Git, open_repository

__all__ = ["Git", "open_repository"]
