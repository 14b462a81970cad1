"""The gates: one module each, pure; `judge` turns what they measure into verdicts."""
