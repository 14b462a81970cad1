"""A flagd file: feature flags as JSON in the repository or in a folder, evaluated by flagd or its libraries.

`model` computes who sees a flag, and the flag of another exposure (pure); `provider` reads and writes the
file.
"""
