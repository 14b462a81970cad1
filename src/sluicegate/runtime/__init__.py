"""What every process of ours needs: streams and signals, crash logs, whole files, the runner's log."""
