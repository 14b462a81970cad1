"""ConfigCat: one feature flag in one environment, by its Public Management API.

`model` reads what the API answers and computes who sees the flag, `changes` says which operations of a JSON
Patch lead to another exposure (both pure). `approvals` proposes a change where the environment demands that,
`provider` reads, writes and kills, and `keys` has the settings of a plan.
"""
