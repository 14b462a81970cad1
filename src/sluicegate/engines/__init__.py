"""The tools that we run ourselves to make evidence, one module each; `analyse` runs them all."""
