"""A file of GO Feature Flag: flags as YAML or JSON in the repository or in a folder, evaluated by its library
or its relay proxy.

`model` computes who sees a flag, and the flag of another exposure (pure); `provider` reads and writes the
file.
"""
