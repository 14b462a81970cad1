"""Flipt v2: one boolean flag in one environment, by the management API.

`model` reads what the server answers and computes who sees the flag, `changes` makes the flag of another
exposure (both pure), `provider` sends it, straight or by a branch and a pull request (`branch`).
"""
