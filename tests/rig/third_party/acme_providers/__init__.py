"""Providers of Acme, which imports of Sluicegate only what its pages name."""
