"""Unleash: one flag in one environment of an Unleash server, by its admin API.

`model` reads what the server answers and computes who sees the flag, `changes` says which requests lead to
another exposure (both pure), `provider` sends them.
"""
