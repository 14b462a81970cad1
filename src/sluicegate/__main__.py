"""`python -m sluicegate`.

Python puts the current folder first on its import path then, where a checkout's `click.py` would be
imported in place of the package.
"""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    sys.path.pop(0)

from sluicegate.cli.main import run

if __name__ == "__main__":
    run()
