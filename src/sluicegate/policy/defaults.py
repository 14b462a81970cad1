"""The defaults where no policy file has anything else."""

from __future__ import annotations

PRESET = "standard"
"""The preset that lies under every policy that names no other."""

FILES = ("sluicegate.yml", ".sluicegate.yml", ".github/sluicegate.yml")
"""Where the policy is looked for, relative to the top of the repository."""
