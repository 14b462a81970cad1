"""PostHog: one feature flag of a project, by the private API.

`model` reads what the server answers and computes who sees the flag, `changes` says which requests lead to
another exposure (both pure), `provider` sends them.
"""
