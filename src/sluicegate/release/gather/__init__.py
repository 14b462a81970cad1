"""The facts on a commit: of the ledger, GitHub, the commit's files, servers. Failures to read are facts too.

`collect.gather` gathers them all; `people` reads comments and reviews anew at every evaluation.
"""
