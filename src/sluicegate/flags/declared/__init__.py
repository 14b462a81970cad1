"""A flag at any HTTP API, declared in the plan: how to read it, to write it, and to switch it off.

`model` computes who sees the flag from what was read and fills in what is sent (pure), `provider` sends it,
`keys` are those of the plan.
"""
