"""Readers of findings."""
