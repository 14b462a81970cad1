"""A flag's way through its stages: `plan`, `judge`, `readings`, `state`, `decide`, `simulate`, all pure."""
