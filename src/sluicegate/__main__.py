"""`python -m sluicegate`."""

from sluicegate.cli.main import run

if __name__ == "__main__":
    run()
