"""The steps of the composite Action, each run as `python -I -m sluicegate.action.NAME`."""
