"""Readers of tests."""
