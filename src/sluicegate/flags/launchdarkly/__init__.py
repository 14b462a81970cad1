"""LaunchDarkly: one flag in one environment, by its REST API.

`reading` takes what the API answers, `model` computes who sees the flag, `instructions` is the table of what
is sent, `changes` says which instructions lead to another exposure (all pure). `approvals` asks a person
where the environment demands it, `provider` reads, writes and kills, `keys` has the settings of a plan.
"""
