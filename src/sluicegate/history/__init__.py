"""What was recorded of earlier commits, as plain values: entries, baseline, series, flaky cases. Pure."""
