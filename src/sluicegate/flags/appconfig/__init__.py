"""AWS AppConfig: one flag with variants in a hosted profile of feature flags, deployed to one environment.

`model` reads a version's content, and computes who sees the flag and what it must be for another exposure
(pure); `service` asks AppConfig for deployments and versions; `provider` and `kill` decide what to write in
which order, by the `steps` that they share.
"""
