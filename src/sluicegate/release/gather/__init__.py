"""The facts on a commit, of the ledger, GitHub, the commit's files, and servers. Failures are facts too.

`collect.gather` is the door; `people` reads what was said, anew at every evaluation.
"""
