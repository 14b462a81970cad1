"""Bundles: a shard's raw evidence in a folder, to be judged elsewhere, and the joining of shards.

`layout` defines the files of a bundle, `write` and `read` are its two ends, `join` unites the evidence
of shards (pure), and `gather` chooses and joins the bundles of a run.
"""
