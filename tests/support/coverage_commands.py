"""A program that runs commands of coverage.py in the current folder, one after the other.

Its argument is a list of their words, as JSON; it ends with 1 after the first that fails.
"""

from __future__ import annotations

import json
import sys

from coverage.cmdline import main

if __name__ == "__main__":
    commands = json.loads(sys.argv[1])
    sys.path[0] = ""  # as of `coverage run`: what a program imports is beside it
    sys.exit(any(main(words) for words in commands))
