"""Statsig: one gate of a project, by its Console API.

`model` reads the gate and computes who passes it, `changes` says which rules lead to another exposure (both
pure), `provider` sends them.
"""
