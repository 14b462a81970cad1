"""What holds when no policy file says anything else."""

from __future__ import annotations

PRESET = "standard"
"""The preset that lies under every policy that names no other."""

FILES = ("sluicegate.yml", ".sluicegate.yml", ".github/sluicegate.yml")
"""Where the policy is looked for, relative to the top of the repository."""

TESTS = (
    "tests/**",
    "test/**",
    "**/tests/**",
    "**/test/**",
    "**/__tests__/**",
    "**/test_*.py",
    "**/*_test.py",
    "**/conftest.py",
    "spec/**",
    "**/*_spec.rb",
    "**/*_test.go",
    "**/*.test.{js,jsx,ts,tsx,mjs,cjs}",
    "**/*.spec.{js,jsx,ts,tsx,mjs,cjs}",
    "**/src/test/**",
    "**/*Test.{java,kt,php}",
    "**/*Tests.{cs,java,kt,swift}",
    "**/*_test.{cc,cpp,rs,exs,dart}",
)
"""Names of test code: pytest's and unittest's, and the usual ones of other languages."""

VENDORED = (
    "**/_vendor/**",
    "**/vendor/**",
    "**/vendored/**",
    "**/third_party/**",
    "**/node_modules/**",
    "**/site-packages/**",
    "**/.venv/**",
    "**/venv/**",
    "**/.tox/**",
    "**/.nox/**",
    "**/.eggs/**",
    "build/**",
    "dist/**",
    "**/*_pb2.py",
    "**/*_pb2_grpc.py",
)
"""Foreign and generated code. `build` and `dist` count only at the top: packages have such names."""
