"""A flagd file: feature flags as JSON in the repository or in a folder, evaluated by flagd or its libraries.

`model` computes who sees a flag, and the flag of another exposure, `text` changes one flag in a file and
nothing else (both pure), `places` read and write the file, `provider` joins them.
"""
